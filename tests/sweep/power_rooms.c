/* Power cuts, room by room: at every point of a trace, whatever the disk kept, there is the old
 * state or the new one, and what was acknowledged is there. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/keyfile.h"
#include "logs.h"
#include "power.h"
#include "run.h"
#include "secrets.h"
#include "shim.h"
#include "src/unitd/store.h"

#define PASSWORD "eight ducks cross the quiet harbour"

/* ---- recording and looking ------------------------------------------------------------------- */

static char *top, *replayed; /* one folder for the run, one that is built again and again */
static const struct power *now;

static char *new_folder(void)
{
    char *dir = strdup("/dev/shm/claviger-power-XXXXXX");
    if (dir && mkdtemp(dir))
        return dir;
    free(dir);
    return folder_make();
}

static void setup(void)
{
    cr_assert_eq(clv_secret_init(NULL), CLV_OK);
    cr_assert_eq(clv_crypto_init(NULL), CLV_OK);
    top = new_folder();
    replayed = new_folder();
}

static void teardown(void)
{
    folder_remove(&top);
    folder_remove(&replayed);
}

TestSuite(power, .init = setup, .fini = teardown);

static void record(void (*walk)(const char *dir), const char *trace)
{
    int fd = open(trace, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert_geq(fd, 0);
    shim_trace(fd);
    shim_watch(top);
    walk(top);
    shim_off();
    shim_trace(-1);
    close(fd);
}

/* Runs the walk, then looks at every tree it may leave. second: a folder that is a medium of its
 * own, or NULL. */
static void sweep_media(const char *name, void (*walk)(const char *dir), power_look *look,
                        const char *second)
{
    char trace[64];
    size_t points = 0, trees = 0;
    (void)snprintf(trace, sizeof trace, "%s.trace", replayed);
    record(walk, trace);
    struct power *p = power_new(trace);
    power_split(p, second);
    now = p;
    do {
        trees += power_each_tree(p, replayed, look, NULL);
        points++;
    } while (power_next(p));
    power_free(&p);
    unlink(trace);
    cr_assert_gt(trees, points / 2);
    printf("%s: power cut at %zu points, %zu trees: old or new\n", name, points, trees);
    fflush(stdout);
}

static void sweep(const char *name, void (*walk)(const char *dir), power_look *look)
{
    sweep_media(name, walk, look, NULL);
}

/* ---- the journal ----------------------------------------------------------------------------- */

static void mark_acked(void)
{
    char text[60];
    (void)snprintf(text, sizeof text, "%u %u", (unsigned)logs_acked.entries,
                   (unsigned)logs_acked.signed_entries);
    shim_mark(text);
}

static void take_acked(void)
{
    unsigned entries = 0, signed_entries = 0;
    (void)sscanf(power_mark(now), "%u %u", &entries, &signed_entries);
    logs_acked = (struct logs_acked){.entries = entries, .signed_entries = signed_entries};
}

static void write_journal(const char *dir)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    logs_forget();
    logs_on_acked = mark_acked;
    cr_assert_eq(logs_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_reserve(j, 4096, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    logs_on_acked = NULL;
}

static void go_on(const char *what)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(logs_open(replayed, &j, &err), CLV_OK, "%s: %s", what, err.fact);
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s: %s", what, err.fact);
    clv_journal_free(&j);
    logs_check_whole(replayed, what);
}

static void look_at_journal(void *ctx, const char *what)
{
    (void)ctx;
    take_acked();
    logs_check(replayed, what);
    go_on(what);
}

Test(power, journal)
{
    sweep("a journal begun and written", write_journal, look_at_journal);
}

/* A power cut tears it, it is set aside, and the power goes once more. */
static void tear_and_mend(const char *dir)
{
    char path[600];
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    size_t moved = 0;
    logs_forget();
    logs_on_acked = mark_acked;
    cr_assert_eq(logs_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(j, 3, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    (void)snprintf(path, sizeof path, "%s/%s", dir, CLV_JOURNAL_LOG);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    cr_assert(fd >= 0 && write(fd, "3 0123456789ab", 14) == 14 && fsync(fd) == 0);
    close(fd);
    cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(moved, 14);
    write_journal(dir);
}

Test(power, torn_end)
{
    sweep("a torn journal set aside", tear_and_mend, look_at_journal);
}

/* ---- the journal on two media ---------------------------------------------------------------- */

struct two {
    char *one, *two;
};

static struct two two_in(const char *dir)
{
    struct two t = {clv_path_join(dir, "one"), clv_path_join(dir, "two")};
    struct clv_error err = {0};
    cr_assert_eq(clv_dir_private(t.one, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_dir_private(t.two, &err), CLV_OK, "%s", err.fact);
    return t;
}

static void two_clear(struct two *t)
{
    free(t->one);
    free(t->two);
}

static struct clv_journal *open_two(const char *dir, const char *what)
{
    struct two t = two_in(dir);
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(logs_open_mirrored(t.one, t.two, &j, &err), CLV_OK, "%s: %s", what, err.fact);
    two_clear(&t);
    return j;
}

static void write_two(const char *dir)
{
    struct clv_error err = {0};
    logs_forget();
    logs_on_acked = mark_acked;
    struct clv_journal *j = open_two(dir, "the walk");
    cr_assert_eq(clv_journal_reserve(j, 4096, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    logs_on_acked = NULL;
}

/* Nothing that was acknowledged is lost on either, and the bytes of one copy begin with all whole
 * entries of the other: so nobody may say that they disagree. */
static void look_at_two(void *ctx, const char *what)
{
    struct two t = two_in(replayed);
    struct clv_error err = {0};
    (void)ctx;
    take_acked();
    logs_check(t.one, what);
    logs_check(t.two, what);
    struct clv_journal *j = open_two(replayed, what);
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s: %s", what, err.fact);
    clv_journal_free(&j);
    logs_check_whole(t.one, what);
    logs_check_whole(t.two, what);
    two_clear(&t);
}

Test(power, journal_on_two_media)
{
    sweep_media("a journal on two media begun and written", write_two, look_at_two, "two");
}

/* A write to the second copy fails, and the first is cut back, which nothing brings to the disk
 * before the entry is written again. */
static void write_two_with_a_fault(const char *dir)
{
    struct clv_error err = {0};
    logs_forget();
    logs_on_acked = mark_acked;
    struct clv_journal *j = open_two(dir, "the walk");
    cr_assert_eq(logs_write(j, 2, &err), CLV_OK, "%s", err.fact);
    /* The write and the sync of the first copy, then half of the write to the second. */
    shim_fail(&(struct shim_fault){
        .at = shim_calls() + 3, .times = 2, .errnum = ENOSPC, .shortened = true});
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_E_FULL, "%s", err.fact);
    shim_fail(&(struct shim_fault){0});
    cr_assert_eq(clv_journal_failed_medium(j), 1);
    cr_assert_eq(clv_journal_mend(j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    logs_on_acked = NULL;
}

Test(power, a_failed_write_on_the_second_medium)
{
    sweep_media("an entry that the second medium refused, written again", write_two_with_a_fault,
                look_at_two, "two");
}

/* One copy alone got the last entries; which of the two is the test's. */
static size_t ahead;

static void catch_up(const char *dir)
{
    struct two t = two_in(dir);
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    logs_forget();
    j = open_two(dir, "the walk");
    cr_assert_eq(logs_write(j, 2, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    cr_assert_eq(clv_journal_open(ahead == 0 ? t.one : t.two, &j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(j, 4, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    shim_mark("behind");
    j = open_two(dir, "the walk");
    cr_assert_eq(logs_write(j, LOGS_NUM, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&j);
    two_clear(&t);
}

/* What was acknowledged with one copy is on that one, and on both when all is done. */
static void look_at_catching_up(void *ctx, const char *what)
{
    struct two t = two_in(replayed);
    if (strcmp(power_mark(now), "behind") == 0) {
        logs_acked = (struct logs_acked){.entries = 4, .signed_entries = 4};
        logs_check(ahead == 0 ? t.one : t.two, what);
    }
    two_clear(&t);
    look_at_two(ctx, what);
}

Test(power, a_copy_that_catches_up)
{
    for (ahead = 0; ahead < 2; ahead++) {
        sweep_media(ahead == 0 ? "a second copy that catches up" : "a first copy that catches up",
                    catch_up, look_at_catching_up, "two");
        teardown();
        setup();
    }
}

/* ---- key files ------------------------------------------------------------------------------- */

static struct clv_kdf *kdf;
static struct clv_secret *password, *part;

static clv_status create(const char *dir, struct clv_error *err)
{
    struct clv_keyfile_info made, info = {.kind = CLV_KEYFILE_PART,
                                          .test_world = true,
                                          .slot = 1,
                                          .owner = "Lena Vogt",
                                          .description = "Part of a power cut",
                                          .created_ms = INT64_C(1795425164) * 1000,
                                          .profile = CLV_KDF_STANDARD};
    struct clv_keyfile_request request = {.dir = dir,
                                          .info = &info,
                                          .password = password,
                                          .payload = part,
                                          .random = clv_random_system()};
    char *path = NULL;
    clv_status status = clv_keyfile_create(kdf, &request, &made, &path, err);
    free(path);
    return status;
}

static void create_two(const char *dir)
{
    struct clv_error err = {0};
    char *keys = clv_path_join(dir, "keys");
    cr_assert_eq(create(keys, &err), CLV_OK, "%s", err.fact);
    shim_mark("1");
    cr_assert_eq(create(keys, &err), CLV_OK, "%s", err.fact);
    shim_mark("2");
    free(keys);
}

static void look_at_keys(void *ctx, const char *what)
{
    struct clv_keyfile_list list = {0};
    struct clv_error err = {0};
    (void)ctx;
    char *keys = clv_path_join(replayed, "keys");
    cr_assert_eq(clv_keyfile_list(keys, CLV_KEYFILE_ANY, &list, &err), CLV_OK, "%s: %s", what,
                 err.fact);
    cr_assert_geq(list.num_entries, (size_t)atoi(power_mark(now)), "%s: a key file is lost", what);
    for (size_t i = 0; i < list.num_entries; i++) {
        struct clv_secret *payload = NULL;
        struct clv_keyfile_info info;
        cr_assert(list.entries[i].good, "%s: half a key file: %s", what, list.entries[i].why.fact);
        cr_assert_eq(clv_keyfile_open(kdf, list.entries[i].path, password, &payload, &info, &err),
                     CLV_OK, "%s: %s", what, err.fact);
        clv_secret_free(&payload);
    }
    clv_keyfile_list_clear(&list);
    free(keys);
}

/* Reading 256 MiB of zeros behind each derivation is what would take the time. */
bool __wrap_clv_matrix_is_zero(const void *matrix, size_t len);
bool __wrap_clv_matrix_is_zero(const void *matrix, size_t len)
{
    (void)matrix;
    (void)len;
    return true;
}

Test(power, key_files)
{
    uint8_t bytes[CLV_PART_LEN];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i + 1);
    password = secret_text(PASSWORD);
    part = secret_of(bytes, sizeof bytes);
    cr_assert_eq(clv_kdf_new(CLV_KDF_STANDARD, &kdf, NULL), CLV_OK);
    sweep("two key files created", create_two, look_at_keys);
    clv_kdf_free(&kdf);
    clv_secret_free(&password);
    clv_secret_free(&part);
}

/* ---- the units' store ------------------------------------------------------------------------ */

static clv_status load(struct store *store, const char *dir, struct clv_unitd_vault **ret,
                       struct clv_error *err)
{
    struct clv_unitd_setup setup = {.num_units = {1}, .ports = &store->ports};
    clv_status status = store_open(store, dir, err);
    if (status == CLV_OK)
        status = store_load(store, ret, err);
    if (status == CLV_OK && !*ret) {
        status = clv_unitd_vault_new(&setup, ret, err);
        if (status == CLV_OK)
            status = store_create(store, *ret, err);
    }
    if (status == CLV_OK)
        status = store_publish(store, *ret, err);
    return status;
}

/* The state three times, told apart by a flag of the unit. */
static void change_units(const char *dir)
{
    struct store store;
    struct clv_unitd_vault *vault = NULL;
    struct clv_error err = {0};
    char *units = clv_path_join(dir, "units");
    cr_assert_eq(load(&store, units, &vault, &err), CLV_OK, "%s", err.fact);
    shim_mark("1");
    for (uint32_t i = 2; i <= 3; i++) {
        char text[12];
        struct clv_writer w = {0};
        clv_unitd_vault_domain(vault, 0)->base_flags = i;
        cr_assert_eq(clv_unitd_vault_encode(vault, &w, &err), CLV_OK, "%s", err.fact);
        cr_assert_eq(store.ports.save(store.ports.ctx, w.data, w.len, &err), CLV_OK, "%s",
                     err.fact);
        clv_writer_clear(&w);
        (void)snprintf(text, sizeof text, "%u", i);
        shim_mark(text);
    }
    clv_unitd_vault_free(&vault);
    store_close(&store);
    free(units);
}

static void look_at_units(void *ctx, const char *what)
{
    struct store store;
    struct clv_unitd_vault *vault = NULL;
    struct clv_error err = {0};
    uint32_t acked = (uint32_t)atoi(power_mark(now));
    (void)ctx;
    char *units = clv_path_join(replayed, "units");
    cr_assert_eq(load(&store, units, &vault, &err), CLV_OK, "%s: %s", what, err.fact);
    uint32_t is = clv_unitd_vault_domain(vault, 0)->base_flags;
    if (acked > 1)
        cr_assert(is == acked || is == acked + 1, "%s: state %u, acknowledged %u", what, is, acked);
    clv_unitd_vault_free(&vault);
    store_close(&store);
    free(units);
}

Test(power, units)
{
    sweep("the state of software units changed", change_units, look_at_units);
}
