/* What lies in a folder under the name of a key file: refused with the reason, without Argon2. */
#include "edits.h"
#include "fixtures.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct clv_kdf *kdf;
static struct clv_secret *password;

static void setup(void)
{
    kdf = new_kdf();
    password = secret_text(PASSWORD);
}

static void teardown(void)
{
    clv_kdf_free(&kdf);
    clv_secret_free(&password);
    temp_dir_remove();
}

TestSuite(hostile, .init = setup, .fini = teardown);

static void assert_refused(const char *path, clv_status want)
{
    struct clv_secret *payload = NULL;
    struct clv_keyfile_info info;
    struct clv_error err = {0};
    clv_status got = clv_keyfile_open(kdf, path, password, &payload, &info, &err);

    cr_assert_eq(got, want, "%s: %s, not %s", path, clv_code_name(got), clv_code_name(want));
    cr_assert_null(payload);
    cr_assert_gt(err.num_whiles, 0);
    cr_assert_eq(clv_keyfile_read_header(path, &info, NULL), want);
    cr_assert_eq(clv_kdf_runs(kdf), 0, "Argon2 must not have run");
}

static char *good_file(const char *name)
{
    struct clv_view file = document_file("clvkey-part");
    char *path = temp_write(name, file);

    free((void *)(uintptr_t)file.data);
    return path;
}

Test(hostile, what_is_not_a_plain_file)
{
    char *fifo = temp_path("fifo.clvkey"), *dir = temp_path("dir.clvkey");
    char *link = temp_path("link.clvkey"), *target = good_file("target.clvkey");

    cr_assert_eq(mkfifo(fifo, 0600), 0);
    cr_assert_eq(mkdir(dir, 0700), 0);
    cr_assert_eq(symlink(target, link), 0);
    assert_refused(fifo, CLV_E_IO);
    assert_refused(dir, CLV_E_IO);
    assert_refused(link, CLV_E_IO);
    assert_refused("/dev/zero", CLV_E_IO);
    free(fifo);
    free(dir);
    free(link);
    free(target);
}

Test(hostile, what_others_can_read_or_name)
{
    char *path = good_file("loose.clvkey"), *second = temp_path("second.clvkey");

    for (mode_t mode = 0601; mode <= 0677; mode++) {
        cr_assert_eq(chmod(path, mode), 0);
        assert_refused(path, CLV_E_PERMISSION);
    }
    cr_assert_eq(chmod(path, 0600), 0);
    cr_assert_eq(link(path, second), 0);
    assert_refused(path, CLV_E_PERMISSION);
    free(path);
    free(second);
}

Test(hostile, what_is_missing_empty_or_huge)
{
    char *missing = temp_path("missing.clvkey");
    char *empty = temp_write("empty.clvkey", clv_view_of("", 0));
    char *huge = temp_write("huge.clvkey", clv_view_of("", 0));

    cr_assert_eq(truncate(huge, (off_t)1 << 30), 0);
    assert_refused(missing, CLV_E_MISSING);
    assert_refused(empty, CLV_E_DAMAGED);
    assert_refused(huge, CLV_E_IO);
    free(missing);
    free(empty);
    free(huge);
}

Test(hostile, what_is_damaged_or_asks_too_much)
{
    static const struct {
        const char *name, *line;
        bool fitting;
        clv_status want;
    } bad[] = {
        {"owner", "owner: Carl Abt", false, CLV_E_DAMAGED},
        {"version", "version: 2", true, CLV_E_UNSUPPORTED},
        {"kdf", "kdf: argon2id v=19 m=67108864 t=3 p=4 standard", true, CLV_E_UNSUPPORTED},
        {"kdf", "kdf: argon2id v=19 m=262144 t=4000000000 p=4 high", true, CLV_E_UNSUPPORTED},
        {"kdf", "kdf: argon2id v=19 m=262144 t=3 p=16777215 standard", true, CLV_E_UNSUPPORTED},
        {"slot", "slot: 99", true, CLV_E_FORMAT},
        {"nonce", "nonce: 00", true, CLV_E_FORMAT},
    };
    struct clv_view file = document_file("clvkey-part");

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct edit e = edit_open(file);
        edit_replace(&e, edit_find(&e, bad[i].name), bad[i].line);
        struct clv_view changed = edit_close(&e, bad[i].fitting);
        char *path = temp_write("bad.clvkey", changed);
        assert_refused(path, bad[i].want);
        free(path);
        free((void *)(uintptr_t)changed.data);
    }
    free((void *)(uintptr_t)file.data);
}

/* Positive control of the counter the others rely on. */
Test(hostile, a_good_file_does_run_argon2)
{
    char *path = good_file("good.clvkey");
    struct clv_secret *payload = NULL;
    struct clv_keyfile_info info;

    cr_assert_eq(clv_keyfile_open(kdf, path, password, &payload, &info, NULL), CLV_OK);
    cr_assert_eq(clv_kdf_runs(kdf), 1);
    clv_secret_free(&payload);
    free(path);
}
