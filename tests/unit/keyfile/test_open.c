#include "fixtures.h"

#include <stdlib.h>

TestSuite(open, .fini = temp_dir_remove);

Test(open, tells_a_wrong_password_and_takes_the_right_one_after_it)
{
    struct clv_view file = document_file("clvkey-part");
    char *path = temp_write("lena.clvkey", file);
    struct clv_kdf *kdf = new_kdf();
    struct clv_secret *wrong = secret_text("eight ducks cross the quiet harbouR");
    struct clv_secret *right = secret_text(PASSWORD), *payload = NULL;
    struct clv_keyfile_info info = {0};
    struct clv_error err = {0};

    cr_assert_eq(clv_keyfile_open(kdf, path, wrong, &payload, &info, &err), CLV_E_PASSWORD);
    cr_assert_null(payload);
    cr_assert_str_eq(err.fact, "wrong password");
    cr_assert_str_eq(err.whiles[0], "opening lena.clvkey");
    cr_assert(err.hint[0] && err.kept[0]);
    cr_assert_eq(info.kind, CLV_KEYFILE_ANY, "outputs change only on success");
    cr_assert_eq(clv_keyfile_open(kdf, path, right, &payload, &info, NULL), CLV_OK);
    cr_assert_eq(clv_secret_len(payload), CLV_PART_LEN);
    clv_secret_free(&payload);
    clv_secret_free(&wrong);
    clv_secret_free(&right);
    clv_kdf_free(&kdf);
    free(path);
    free((void *)(uintptr_t)file.data);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(open, header_alone_needs_no_password)
{
    struct clv_view file = document_file("clvkey-signature");
    char *path = temp_write("dana.clvkey", file);
    struct clv_keyfile_info info;

    cr_assert_eq(clv_keyfile_read_header(path, &info, NULL), CLV_OK);
    cr_assert_eq(info.kind, CLV_KEYFILE_SIGKEY);
    cr_assert_str_eq(info.owner, "Dana Ruiz");
    free(path);
    free((void *)(uintptr_t)file.data);
}

Test(open, worlds_refuse_each_other)
{
    struct clv_keyfile_info rehearsal = {.test_world = true}, real = {0};
    struct clv_error err = {0};

    cr_assert_eq(clv_keyfile_check_world(&rehearsal, true, NULL), CLV_OK);
    cr_assert_eq(clv_keyfile_check_world(&real, false, NULL), CLV_OK);
    cr_assert_eq(clv_keyfile_check_world(&rehearsal, false, &err), CLV_E_WORLD);
    cr_assert(strstr(err.fact, "TEST"));
    cr_assert_eq(clv_keyfile_check_world(&real, true, NULL), CLV_E_WORLD);
}

Test(open, expectations_of_a_turn)
{
    struct clv_keyfile_info info = {
        .kind = CLV_KEYFILE_PART, .owner = "Lena Vogt", .slot = 2, .ceremony = "load-7"};
    static const struct {
        struct clv_keyfile_expected expected;
        clv_status want;
    } cases[] = {
        {{0}, CLV_OK},
        {{CLV_KEYFILE_PART, "lena  vogt", "load-7", 2}, CLV_OK},
        {{CLV_KEYFILE_SIGKEY, NULL, NULL, 0}, CLV_E_FOREIGN},
        {{CLV_KEYFILE_PART, "Carl Abt", NULL, 0}, CLV_E_FOREIGN},
        {{CLV_KEYFILE_PART, NULL, "load-8", 0}, CLV_E_FOREIGN},
        {{CLV_KEYFILE_PART, NULL, NULL, 1}, CLV_E_FOREIGN},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_eq(clv_keyfile_check_expected(&info, &cases[i].expected, NULL), cases[i].want,
                     "%zu", i);
}
