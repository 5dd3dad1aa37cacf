/* A new file that cannot be opened again, or holds something else: it is taken away, and the error
 * says so. The linker puts __wrap_clv_keyfile_open() where the proof opens the file. */
#include "fixtures.h"

#include <stdlib.h>
#include <unistd.h>

static enum { REFUSE, OTHER_PAYLOAD, FILE_GONE } fault;

clv_status __wrap_clv_keyfile_open(struct clv_kdf *kdf, const char *path,
                                   const struct clv_secret *password,
                                   struct clv_secret **ret_payload,
                                   struct clv_keyfile_info *ret_info, struct clv_error *err);

clv_status __wrap_clv_keyfile_open(struct clv_kdf *kdf, const char *path,
                                   const struct clv_secret *password,
                                   struct clv_secret **ret_payload,
                                   struct clv_keyfile_info *ret_info, struct clv_error *err)
{
    (void)kdf;
    (void)password;
    cr_assert_eq(access(path, F_OK), 0, "the file is there before it is proven");
    if (fault == FILE_GONE)
        cr_assert_eq(unlink(path), 0);
    if (fault != OTHER_PAYLOAD)
        return clv_fail(err, CLV_E_PASSWORD, "wrong password");
    *ret_info = (struct clv_keyfile_info){.kind = CLV_KEYFILE_PART};
    *ret_payload = secret_hex("00");
    return CLV_OK;
}

static void assert_taken_back(clv_status want)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_keyfile_info info = {0};
    struct clv_error err = {0};
    char *path = NULL;

    request_part(&r);
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &info, &path, &err), want);
    cr_assert_null(path);
    cr_assert_eq(info.kind, CLV_KEYFILE_ANY);
    cr_assert_eq(temp_dir_count(), 0);
    cr_assert(strstr(err.kept, "removed again"), "%s", err.kept);
    request_clear(&r);
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(proof, .fini = temp_dir_remove);

Test(proof, a_file_that_does_not_open_is_taken_away)
{
    fault = REFUSE;
    assert_taken_back(CLV_E_PASSWORD);
}

Test(proof, a_file_that_holds_something_else_is_taken_away)
{
    fault = OTHER_PAYLOAD;
    assert_taken_back(CLV_E_MISMATCH);
}

Test(proof, a_file_that_is_gone_is_not_asked_for_again)
{
    fault = FILE_GONE;
    assert_taken_back(CLV_E_PASSWORD);
}
