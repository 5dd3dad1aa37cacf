#include "bench.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "plugin_key.h"
#include "run.h"
#include "start.h"

#define FOLDER "CLAVIGER_TEST_TKE_KEYS"
#define PASSWORD "copper lantern drifts over quiet harbours"

/* ---- the key files -------------------------------------------------------------------------- */

/* No test runs yet: nothing can be asserted. */
static void must(bool good, const char *what, const struct clv_error *err)
{
    if (good)
        return;
    fprintf(stderr, "the tests' key files cannot be made: %s: %s\n", what, err ? err->fact : "");
    exit(99);
}

static struct clv_secret *secret_of(const char *text)
{
    struct clv_secret *s = NULL;
    struct clv_error err = {0};
    must(clv_secret_new(strlen(text), &s, &err) == CLV_OK, "a password", &err);
    memcpy(clv_secret_write(s), text, strlen(text));
    clv_secret_close(s);
    return s;
}

static void make_file(struct clv_kdf *kdf, const char *dir, const char *file, const char *owner,
                      enum clv_part_origin origin, const struct clv_secret *part)
{
    struct clv_error err = {0};
    struct clv_sigkey key = {0};
    struct clv_secret *secret = secret_of(PASSWORD);
    char *path = NULL;
    struct clv_keyfile_info info = {.kind = part ? CLV_KEYFILE_PART : CLV_KEYFILE_SIGKEY,
                                    .origin = origin,
                                    .test_world = true,
                                    .created_ms = INT64_C(1795425164) * 1000,
                                    .profile = CLV_KDF_STANDARD};
    snprintf(info.owner, sizeof(info.owner), "%s", owner);
    snprintf(info.description, sizeof(info.description), "File of the tests");
    if (part == NULL) {
        snprintf(info.admin_name, sizeof(info.admin_name), "%s", owner);
        must(clv_sigkey_generate(&key, &err) == CLV_OK, file, &err);
    }
    struct clv_keyfile_request request = {.dir = dir,
                                          .name = file,
                                          .info = &info,
                                          .password = secret,
                                          .payload = part ? part : key.key,
                                          .random = clv_random_system()};
    must(clv_keyfile_create(kdf, &request, &info, &path, &err) == CLV_OK, file, &err);
    free(path);
    clv_secret_free(&secret);
    clv_sigkey_clear(&key);
}

static void make_files(struct clv_kdf *kdf, const char *dir)
{
    struct clv_secret *kofi = NULL, *lena = NULL, *agnes = NULL;
    must(clv_part_random(clv_random_system(), &kofi, NULL) == CLV_OK, "a part", NULL);
    must(clv_part_random(clv_random_system(), &lena, NULL) == CLV_OK, "a part", NULL);
    must(clv_part_random(clv_random_system(), &agnes, NULL) == CLV_OK, "a part", NULL);
    make_file(kdf, dir, "sofia.clvkey", "Sofia", CLV_ORIGIN_RANDOM, NULL);
    make_file(kdf, dir, "tove.clvkey", "Tove", CLV_ORIGIN_RANDOM, NULL);
    make_file(kdf, dir, "nadia.clvkey", "Nadia", CLV_ORIGIN_RANDOM, NULL);
    make_file(kdf, dir, "kofi.clvkey", "Kofi", CLV_ORIGIN_RANDOM, kofi);
    make_file(kdf, dir, "kofi-again.clvkey", "Emil", CLV_ORIGIN_RANDOM, kofi);
    make_file(kdf, dir, "kofi-typed.clvkey", "Mira", CLV_ORIGIN_TYPED, kofi);
    make_file(kdf, dir, "lena.clvkey", "Lena", CLV_ORIGIN_RANDOM, lena);
    make_file(kdf, dir, "agnes.clvkey", "Agnes", CLV_ORIGIN_RANDOM, agnes);
    plugin_key_write(dir, PLUGIN_P521, "Ines");
    plugin_key_write(dir, PLUGIN_RSA, "Olga");
    clv_secret_free(&kofi);
    clv_secret_free(&lena);
    clv_secret_free(&agnes);
}

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    char dir[] = "/tmp/claviger-tke-XXXXXX";
    struct clv_error err = {0};
    struct clv_kdf *kdf = NULL;
    (void)set;
    must(mkdtemp(dir) != NULL, dir, NULL);
    must(clv_secret_init(&err) == CLV_OK && clv_crypto_init(&err) == CLV_OK, "memory", &err);
    must(clv_kdf_new(CLV_KDF_STANDARD, &kdf, &err) == CLV_OK, "Argon2", &err);
    make_files(kdf, dir);
    clv_kdf_free(&kdf);
    setenv(FOLDER, dir, 1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    char *dir = strdup(getenv(FOLDER));
    (void)stats;
    folder_remove(&dir);
}

/* ---- what a person would give --------------------------------------------------------------- */

static clv_status give_password(void *ctx, const struct clv_tke_key *key, const char *problem,
                                struct clv_secret **ret, struct clv_error *err)
{
    struct bench *b = ctx;
    char text[100] = PASSWORD;
    (void)err;
    cr_assert_null(problem);
    b->num_passwords++;
    if (key->of_plugin)
        plugin_key_password(key->file[0] == 'O' ? PLUGIN_RSA : PLUGIN_P521, text, sizeof(text));
    *ret = secret_of(text);
    return CLV_OK;
}

static clv_status give_phrase(void *ctx, const char *phrase, const char *const *lines,
                              size_t num_lines, struct clv_error *err)
{
    struct bench *b = ctx;
    cr_assert_eq(num_lines, 1);
    cr_assert_gt(strlen(lines[0]), 20);
    snprintf(b->asked, sizeof(b->asked), "%s", phrase);
    return strcmp(b->confirm, phrase) == 0 ? CLV_OK : clv_fail(err, CLV_E_RULE, "not confirmed");
}

/* ---- daemon and sessions -------------------------------------------------------------------- */

static void write_site(const struct bench *b)
{
    char text[1000];
    int len =
        snprintf(text, sizeof(text),
                 "claviger-site: 1\n"
                 "service-instances:\n"
                 "  - name: Bench\n"
                 "    id: %s\n"
                 "    endpoint: unix:%s\n"
                 "    trusted-roots: [%s/root.hex]\n"
                 "    units: all\n"
                 "folders:\n"
                 "  key-files: %s\n"
                 "  receipts: %s\n"
                 "printer: none\n"
                 "deadlines:\n"
                 "  query-seconds: 20\n"
                 "  command-seconds: 20\n",
                 b->process.instance, b->process.socket, b->process.state, getenv(FOLDER), b->dir);
    file_write(b->site, text, (size_t)len);
}

void bench_open(struct bench *b, const char *const *args)
{
    const char *argv[PROCESS_MAX_ARGS] = {"--units", "3"};
    test_start();
    *b = (struct bench){.units = "all", .sigkeys = "sofia.clvkey,tove.clvkey,nadia.clvkey"};
    process_open(&b->process);
    for (size_t i = 0; args && args[i]; i++) {
        argv[i + 2] = args[i];
        b->production = b->production || strcmp(args[i], "--production-tests") == 0;
    }
    process_start(&b->process, argv);
    snprintf(b->dir, sizeof(b->dir), "%s", b->process.dir);
    snprintf(b->site, sizeof(b->site), "%s/site.yaml", b->dir);
    snprintf(b->config, sizeof(b->config), "%s/config", b->dir);
    snprintf(b->state, sizeof(b->state), "%s/var", b->dir);
    write_site(b);
    b->port = (struct clv_tke_port){.password = give_password, .confirm = give_phrase, .ctx = b};
}

void bench_command(struct bench *b)
{
    struct clv_tke_config config = {.config_dir = b->config,
                                    .state_dir = b->state,
                                    .site_file = b->site,
                                    .units = b->units,
                                    .sigkeys = b->sigkeys,
                                    .test_world = !b->production,
                                    .port = &b->port};
    clv_tke_keys_clear(&b->list);
    clv_tke_close(&b->tke);
    b->num_passwords = 0;
    b->asked[0] = '\0';
    b->err = (struct clv_error){0};
    check_ok(clv_tke_open(&config, &b->tke, &b->err), b);
    check_ok(clv_tke_find(b->tke, &b->err), b);
    check_ok(clv_tke_survey(b->tke, &b->err), b);
}

void bench_close(struct bench *b)
{
    clv_tke_keys_clear(&b->list);
    clv_tke_close(&b->tke);
    process_close(&b->process);
    cr_assert_eq(clv_secret_alive(), 0);
}

const struct clv_tke_key *bench_key(struct bench *b, enum clv_keyfile_kind kind, const char *file)
{
    const struct clv_tke_key *key = NULL;
    size_t num = 0;
    clv_tke_keys_clear(&b->list);
    check_ok(clv_tke_list_keys(b->tke, kind, &b->list, &b->err), b);
    check_ok(clv_tke_choose_keys(&b->list, file, &key, 1, &num, &b->err), b);
    return key;
}

void bench_parts(struct bench *b, const char *names, const struct clv_tke_key **ret,
                 size_t *ret_num)
{
    clv_tke_keys_clear(&b->list);
    check_ok(clv_tke_list_keys(b->tke, CLV_KEYFILE_PART, &b->list, &b->err), b);
    check_ok(clv_tke_choose_keys(&b->list, names, ret, 4, ret_num, &b->err), b);
}

/* ---- whole commands ------------------------------------------------------------------------- */

void bench_add(struct bench *b, const char *file)
{
    bench_command(b);
    check_ok(clv_tke_add_admin(b->tke, bench_key(b, CLV_KEYFILE_SIGKEY, file), &b->err), b);
    bench_all_done(b);
}

void bench_thresholds(struct bench *b, unsigned sign, unsigned revoke)
{
    bench_command(b);
    check_ok(clv_tke_set_thresholds(b->tke, sign, revoke, &b->err), b);
    bench_all_done(b);
}

void bench_load(struct bench *b, const char *names)
{
    const struct clv_tke_key *parts[4];
    size_t num = 0;
    bench_command(b);
    bench_parts(b, names, parts, &num);
    check_ok(clv_tke_load(b->tke, parts, num, &b->err), b);
    bench_all_done(b);
}

/* ---- rows ----------------------------------------------------------------------------------- */

const struct clv_tke_row *bench_row(struct bench *b, unsigned unit)
{
    const struct clv_tke_row *row = clv_tke_row(b->tke, unit);
    cr_assert_not_null(row, "no row of unit %u", unit);
    return row;
}

void bench_all_done(struct bench *b)
{
    size_t num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(b->tke, &num);
    for (size_t i = 0; i < num; i++)
        cr_assert(!rows[i].failed, "unit %u: %s", rows[i].unit, rows[i].error.fact);
    cr_assert_eq(clv_tke_total(b->tke), CLV_TKE_ALL);
}

void bench_refused(struct bench *b, unsigned unit, const char *sentence)
{
    const struct clv_tke_row *row = bench_row(b, unit);
    cr_assert(row->failed, "unit %u was not refused: %s", unit, sentence);
    cr_assert(strstr(row->error.fact, sentence), "unit %u says \"%s\", not \"%s\"", unit,
              row->error.fact, sentence);
    cr_assert_gt(strlen(row->error.hint), 0, "unit %u: nothing to do", unit);
    cr_assert(!row->sent);
}

void bench_all_refused(struct bench *b, const char *sentence)
{
    for (unsigned unit = 1; unit <= BENCH_UNITS; unit++)
        bench_refused(b, unit, sentence);
    cr_assert_eq(clv_tke_total(b->tke), CLV_TKE_NONE);
}

struct clv_unit_state *bench_known(struct bench *b, unsigned unit)
{
    return (struct clv_unit_state *)(uintptr_t)clv_fleet_state(clv_tke_fleet(b->tke), unit);
}
