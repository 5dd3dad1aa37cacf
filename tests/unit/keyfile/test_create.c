#include "fixtures.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(create, .fini = temp_dir_remove);

static clv_status create(struct clv_kdf *kdf, struct request *r, struct clv_error *err)
{
    struct clv_keyfile_info info;
    char *path = NULL;
    clv_status st = clv_keyfile_create(kdf, &r->ask, &info, &path, err);

    cr_assert_eq(path != NULL, st == CLV_OK);
    free(path);
    return st;
}

/* With the chance of the worked examples, the very bytes of the worked examples. */
static void assert_example(void (*fill)(struct request *), const char *name, const char *tag)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_view want = document_file(tag);
    char *path = NULL;
    uint8_t *got = NULL;
    size_t len = 0;
    struct stat sb;

    fill(&r);
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &r.info, &path, NULL), CLV_OK);
    cr_assert_str_eq(clv_path_name(path), name);
    cr_assert_eq(clv_file_read_private(path, CLV_KEYFILE_MAX, &got, &len, NULL), CLV_OK);
    cr_assert_eq(len, want.len);
    cr_assert_arr_eq(got, want.data, len);
    cr_assert_eq(stat(path, &sb), 0);
    cr_assert_eq(sb.st_mode & 07777, 0600);
    cr_assert_eq(clv_kdf_runs(kdf), 2, "one to seal, one to prove");
    free(got);
    free(path);
    free((void *)(uintptr_t)want.data);
    request_clear(&r);
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(create, key_part_as_documented)
{
    assert_example(request_part, "lena.clvkey", "clvkey-part");
}

Test(create, signature_key_as_documented)
{
    assert_example(request_sigkey, "dana.clvkey", "clvkey-signature");
}

Test(create, key_of_a_witness_as_documented)
{
    assert_example(request_witness, "wen.clvkey", "clvkey-witness");
}

Test(create, typed_part_without_ceremony_in_production)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_keyfile_info made;
    char *path = NULL, text[CLV_CHECK_TEXT];

    request_part(&r);
    r.info.origin = CLV_ORIGIN_TYPED;
    r.info.test_world = false;
    r.info.slot = 0;
    r.info.ceremony[0] = '\0';
    r.info.created_ms += 999;
    r.ask.name = NULL;
    cr_assert_eq(clv_keyfile_create(kdf, &r.ask, &made, &path, NULL), CLV_OK);
    cr_assert_eq(strncmp(clv_path_name(path), "lena-vogt-part-", 15), 0);
    cr_assert_not(made.has_pattern || made.test_world || made.ceremony[0] || made.slot);
    cr_assert_eq(made.created_ms % 1000, 0);
    clv_keyfile_check_text(&made, text);
    cr_assert_str_eq(text, "KCV-CMAC0 b8f0ef");
    cr_assert_str_eq(clv_keyfile_commitment_kind(&made), "PRODUCTION typed");

    struct clv_secret *payload = NULL;
    struct clv_keyfile_info opened;
    cr_assert_eq(clv_keyfile_open(kdf, path, r.password, &payload, &opened, NULL), CLV_OK);
    cr_assert(clv_secret_equal(payload, r.payload));
    cr_assert_eq(memcmp(&opened, &made, sizeof made), 0);
    clv_secret_free(&payload);
    free(path);
    request_clear(&r);
    clv_kdf_free(&kdf);
}

Test(create, never_touches_an_existing_file)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_error err = {0};
    char *path = temp_write("lena.clvkey", clv_view_of("mine", 4));
    uint8_t *data = NULL;
    size_t len = 0;

    request_part(&r);
    cr_assert_eq(create(kdf, &r, &err), CLV_E_EXISTS);
    cr_assert(strstr(err.kept, "not touched"));
    cr_assert_eq(clv_kdf_runs(kdf), 0, "nobody waits for a name that is taken");
    cr_assert_eq(clv_file_read(path, 100, &data, &len, NULL), CLV_OK);
    cr_assert_str_eq((char *)data, "mine");
    free(data);
    free(path);
    request_clear(&r);
    clv_kdf_free(&kdf);
}

Test(create, refuses_an_open_folder)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();

    request_part(&r);
    cr_assert_eq(chmod(temp_dir(), 0750), 0);
    cr_assert_eq(create(kdf, &r, NULL), CLV_E_PERMISSION);
    cr_assert_eq(temp_dir_count(), 0);
    request_clear(&r);
    clv_kdf_free(&kdf);
}

/* A disk that is full after 100 bytes. */
Test(create, leaves_nothing_behind_when_the_disk_is_full)
{
    struct request r = {0};
    struct clv_kdf *kdf = new_kdf();
    struct clv_error err = {0};
    const struct rlimit small = {100, RLIM_INFINITY}, any = {RLIM_INFINITY, RLIM_INFINITY};

    request_part(&r);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    clv_status st = create(kdf, &r, &err);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &any), 0);
    cr_assert(st == CLV_E_FULL || st == CLV_E_IO, "%s", clv_code_name(st));
    cr_assert_eq(temp_dir_count(), 0);
    request_clear(&r);
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

/* ---- what is refused before Argon2 ---- */

static void empty_owner(struct request *r)
{
    r->info.owner[0] = '\0';
}

static void control_in_owner(struct request *r)
{
    r->info.owner[0] = '\x1b';
}

static void not_utf8_description(struct request *r)
{
    r->info.description[0] = (char)0xff;
}

static void long_description(struct request *r)
{
    memset(r->info.description, 'x', CLV_KEYFILE_DESCRIPTION_MAX + 1);
    r->info.description[CLV_KEYFILE_DESCRIPTION_MAX + 1] = '\0';
}

static void blank_description(struct request *r)
{
    snprintf(r->info.description, sizeof r->info.description, "   ");
}

static void ceremony_with_a_slash(struct request *r)
{
    r->info.ceremony[0] = '/';
}

static void ceremony_called_none(struct request *r)
{
    snprintf(r->info.ceremony, sizeof r->info.ceremony, "none");
}

static void slot_too_high(struct request *r)
{
    r->info.slot = CLV_KEYFILE_SLOT_MAX + 1;
}

static void path_as_name(struct request *r)
{
    r->ask.name = "../lena";
}

static void hidden_name(struct request *r)
{
    r->ask.name = ".lena";
}

static void blank_name(struct request *r)
{
    r->ask.name = "";
}

static void same_bytes(struct request *r)
{
    memset(clv_secret_write(r->payload), 0, CLV_PART_LEN);
    clv_secret_close(r->payload);
}

static void short_part(struct request *r)
{
    clv_secret_shrink(r->payload, 16);
}

static void long_password(struct request *r)
{
    clv_secret_free(&r->password);
    cr_assert_eq(clv_secret_new(CLV_PASSWORD_MAX + 1, &r->password, NULL), CLV_OK);
    r->ask.password = r->password;
}

static const struct {
    void (*spoil)(struct request *);
    clv_status want;
} spoiled[] = {
    {empty_owner, CLV_E_INPUT},          {control_in_owner, CLV_E_INPUT},
    {not_utf8_description, CLV_E_INPUT}, {long_description, CLV_E_INPUT},
    {blank_description, CLV_E_INPUT},    {ceremony_with_a_slash, CLV_E_INPUT},
    {ceremony_called_none, CLV_E_INPUT}, {slot_too_high, CLV_E_INPUT},
    {path_as_name, CLV_E_INPUT},         {hidden_name, CLV_E_INPUT},
    {blank_name, CLV_E_INPUT},           {same_bytes, CLV_E_RULE},
    {short_part, CLV_E_FORMAT},          {long_password, CLV_E_INPUT},
};

Test(create, refuses_bad_requests_before_anybody_waits)
{
    struct clv_kdf *kdf = new_kdf();

    for (size_t i = 0; i < sizeof spoiled / sizeof spoiled[0]; i++) {
        struct request r = {0};
        request_part(&r);
        spoiled[i].spoil(&r);
        clv_status st = create(kdf, &r, NULL);
        cr_assert_eq(st, spoiled[i].want, "%zu: %s", i, clv_code_name(st));
        cr_assert_eq(clv_kdf_runs(kdf), 0);
        cr_assert_eq(temp_dir_count(), 0);
        request_clear(&r);
    }
    clv_kdf_free(&kdf);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(create, refuses_a_scalar_that_is_none)
{
    struct clv_kdf *kdf = new_kdf();
    struct request r = {0};

    request_sigkey(&r);
    memset(clv_secret_write(r.payload), 0xff, CLV_P521_SCALAR_LEN);
    clv_secret_close(r.payload);
    cr_assert_eq(create(kdf, &r, NULL), CLV_E_FORMAT);
    snprintf(r.info.admin_name, sizeof r.info.admin_name, "Zo\u00eb");
    cr_assert_eq(create(kdf, &r, NULL), CLV_E_INPUT);
    cr_assert_eq(clv_kdf_runs(kdf), 0);
    request_clear(&r);
    clv_kdf_free(&kdf);
}
