/* Creating a key file: there is one that opens with the password, or there is none. */
#include <stdlib.h>
#include <string.h>

#include "claviger/keyfile.h"
#include "fault_walk.h"
#include "secrets.h"

#define PASSWORD "eight ducks cross the quiet harbour"

/* Reading 256 MiB of zeros behind each derivation is what would take the time. */
bool __wrap_clv_matrix_is_zero(const void *matrix, size_t len);
bool __wrap_clv_matrix_is_zero(const void *matrix, size_t len)
{
    (void)matrix;
    (void)len;
    return true;
}

static struct clv_kdf *kdf;
static struct clv_secret *password, *part;

static void open_all(void)
{
    uint8_t bytes[CLV_PART_LEN];
    struct clv_error err = {0};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(0xa0 + i);
    cr_assert_eq(clv_secret_init(&err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_crypto_init(&err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_kdf_new(CLV_KDF_STANDARD, &kdf, &err), CLV_OK, "%s", err.fact);
    password = secret_text(PASSWORD);
    part = secret_of(bytes, sizeof bytes);
}

static void close_all(void)
{
    clv_secret_free(&password);
    clv_secret_free(&part);
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(fault_keyfile, .init = open_all, .fini = close_all);

static void nothing(const char *dir)
{
    (void)dir;
}

static clv_status create(const char *dir, struct clv_error *err)
{
    struct clv_keyfile_info info = {.kind = CLV_KEYFILE_PART,
                                    .test_world = true,
                                    .slot = 1,
                                    .owner = "Lena Vogt",
                                    .description = "Part of a sweep",
                                    .created_ms = INT64_C(1795425164) * 1000,
                                    .profile = CLV_KDF_STANDARD};
    struct clv_keyfile_request request = {.dir = dir,
                                          .info = &info,
                                          .password = password,
                                          .payload = part,
                                          .random = clv_random_system()};
    struct clv_keyfile_info made;
    char *path = NULL;
    clv_status status = clv_keyfile_create(kdf, &request, &made, &path, err);
    free(path);
    return status;
}

static void check_opens(const char *path)
{
    struct clv_secret *payload = NULL;
    struct clv_keyfile_info info;
    struct clv_error err = {0};
    cr_assert_eq(clv_keyfile_open(kdf, path, password, &payload, &info, &err), CLV_OK, "%s: %s",
                 walk_point(), err.fact);
    cr_assert(clv_secret_equal(payload, part), "%s", walk_point());
    clv_secret_free(&payload);
}

/* Whatever stands in the list opens. Returns how many do. */
static size_t num_good(const char *dir)
{
    struct clv_keyfile_list list = {0};
    struct clv_error err = {0};
    cr_assert_eq(clv_keyfile_list(dir, CLV_KEYFILE_PART, &list, &err), CLV_OK, "%s", err.fact);
    for (size_t i = 0; i < list.num_entries; i++) {
        cr_assert(list.entries[i].good, "%s: half a key file", walk_point());
        check_opens(list.entries[i].path);
    }
    size_t num = list.num_entries;
    clv_keyfile_list_clear(&list);
    return num;
}

static void check(const char *dir, clv_status status, const struct clv_error *err)
{
    size_t num = num_good(dir);
    if (!walk_fault_lasts())
        cr_assert_eq(folder_num_drafts(dir), 0, "%s", walk_point());
    if (status == CLV_OK)
        cr_assert_eq(num, 1, "%s", walk_point());
    else if (!walk_fault_lasts())
        cr_assert_eq(num, 0, "%s: %s, and there is a file", walk_point(), err->fact);
    cr_assert(status == CLV_OK || err->kept[0], "%s: does not say whether a key file was made: %s",
              walk_point(), err->fact);
}

static clv_status create_again(const char *dir, struct clv_error *err)
{
    struct clv_keyfile_list list = {0};
    clv_status status = clv_keyfile_list(dir, CLV_KEYFILE_PART, &list, err);
    bool there = list.num_entries > 0;
    clv_keyfile_list_clear(&list);
    return status != CLV_OK || there ? status : create(dir, err);
}

static void is_there(const char *dir)
{
    cr_assert_geq(num_good(dir), 1, "%s", walk_point());
    cr_assert_eq(clv_secret_alive(), 2, "%s: a secret stays alive", walk_point());
}

Test(fault_keyfile, create)
{
    walk_sweep(&(struct walk){.name = "a key file created",
                              .prepare = nothing,
                              .act = create,
                              .check = check,
                              .recover = create_again,
                              .settled = is_there});
}

/* ---- reading: nothing is changed by it ------------------------------------------------------- */

static void put_one(const char *dir)
{
    struct clv_error err = {0};
    cr_assert_eq(create(dir, &err), CLV_OK, "%s", err.fact);
}

static clv_status read_all(const char *dir, struct clv_error *err)
{
    struct clv_keyfile_list list = {0};
    struct clv_secret *payload = NULL;
    struct clv_keyfile_info info;
    clv_status status = clv_keyfile_list(dir, CLV_KEYFILE_PART, &list, err);
    for (size_t i = 0; status == CLV_OK && i < list.num_entries; i++) {
        if (!list.entries[i].good) {
            *err = list.entries[i].why;
            status = err->code;
        } else {
            status = clv_keyfile_open(kdf, list.entries[i].path, password, &payload, &info, err);
        }
    }
    clv_secret_free(&payload);
    clv_keyfile_list_clear(&list);
    return status;
}

static void check_read(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)err;
    cr_assert_neq(status, CLV_E_PASSWORD, "%s: a fault passes for a wrong password", walk_point());
    cr_assert_neq(status, CLV_E_DAMAGED, "%s: a fault passes for a damaged file", walk_point());
    cr_assert_eq(num_good(dir), 1, "%s", walk_point());
}

Test(fault_keyfile, listed_and_opened)
{
    walk_sweep(&(struct walk){.name = "key files listed and opened",
                              .prepare = put_one,
                              .act = read_all,
                              .check = check_read,
                              .recover = read_all,
                              .settled = is_there});
}
