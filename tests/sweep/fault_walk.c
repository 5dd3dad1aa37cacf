#include "fault_walk.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run.h"

/* Unset, only each twenty-ninth second fault is tried, beginning with another each time. */
#define ALL "CLAVIGER_SWEEP_ALL"
#define STRIDE 29

/* ---- a folder -------------------------------------------------------------------------------- */

/* In memory where there is such a folder: a sweep makes thousands. */
static char *new_folder(void)
{
    char *dir = strdup("/dev/shm/claviger-fault-XXXXXX");
    cr_assert(dir);
    if (mkdtemp(dir))
        return dir;
    free(dir);
    return folder_make();
}

static size_t count_names(const char *dir, bool (*wanted)(const char *name, const char *ending),
                          const char *ending)
{
    size_t num = 0;
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        num += wanted(e->d_name, ending);
    if (d)
        closedir(d);
    return num;
}

static bool ends_so(const char *name, const char *ending)
{
    size_t len = strlen(name), end = strlen(ending);
    return name[0] != '.' && len >= end && strcmp(name + len - end, ending) == 0;
}

static bool is_draft(const char *name, const char *ending)
{
    size_t len = strlen(name);
    return name[0] == '.' && len > 4 && strcmp(name + len - 4, ending) == 0;
}

size_t folder_num(const char *dir, const char *ending)
{
    return count_names(dir, ends_so, ending);
}

size_t folder_num_drafts(const char *dir)
{
    return count_names(dir, is_draft, ".tmp");
}

/* ---- one point ------------------------------------------------------------------------------- */

static char point[200];
static bool lasts;

const char *walk_point(void)
{
    return point;
}

bool walk_fault_lasts(void)
{
    return lasts;
}

/* clang-format off */
static const struct shim_fault kinds[] = {
    {.errnum = ENOSPC},
    {.errnum = ENOSPC, .shortened = true},
    {.errnum = EIO},
    {.errnum = EIO, .shortened = true},
    {.errnum = EROFS},
    {.errnum = EINTR},
    {.errnum = 0, .shortened = true},
};
/* clang-format on */
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

static void say_point(const struct walk *walk, const struct shim_fault *f, const char *when)
{
    struct shim_call call = {.path = "?"};
    (void)shim_call_at(f->at, &call);
    (void)snprintf(point, sizeof point, "%s, %s%" PRIu64 ". call (%s %s): %s%s%s", walk->name, when,
                   f->at, shim_op_word(call.op), call.path,
                   f->errnum ? strerrorname_np(f->errnum) : "short", f->shortened ? " half" : "",
                   f->times > 1 ? " for good" : "");
}

static clv_status run_act(const char *dir, clv_status (*act)(const char *, struct clv_error *),
                          const struct shim_fault *fault, struct clv_error *err)
{
    shim_watch(dir);
    if (fault)
        shim_fail(fault);
    clv_status status = act(dir, err);
    shim_off();
    return status;
}

static void check_error(clv_status status, const struct clv_error *err)
{
    if (status == CLV_OK)
        return;
    cr_assert_eq(status, err->code, "%s", point);
    cr_assert(err->fact[0], "%s: says nothing", point);
    cr_assert_neq(status, CLV_E_INTERRUPTED, "%s: taken for a person's ^C: %s", point, err->fact);
    cr_assert_neq(clv_exit_code(status), 0);
}

static void begin(const struct walk *walk, char **ret_dir)
{
    *ret_dir = new_folder();
    walk->prepare(*ret_dir);
}

static void end(const struct walk *walk, char **dir)
{
    if (walk->end)
        walk->end();
    folder_remove(dir);
}

/* Mended: everything goes through, and the walk ends as if nothing had been. */
static void finish(const struct walk *walk, const char *dir)
{
    struct clv_error err = {0};
    lasts = false;
    cr_assert_eq(walk->recover(dir, &err), CLV_OK, "%s: does not go on: %s", point, err.fact);
    walk->settled(dir);
}

/* A second fault at each call of the recovery. Returns how many there were. */
static uint64_t fail_recovery(const struct walk *walk, const struct shim_fault *first)
{
    uint64_t points = 0, stride = getenv(ALL) ? 1 : STRIDE;
    for (uint64_t at = 1 + (stride > 1 ? first->at % stride : 0);; at += stride, points++) {
        char *dir;
        struct clv_error err = {0};
        struct shim_fault second = {.at = at, .times = 1, .errnum = at % 2 ? EIO : ENOSPC};
        begin(walk, &dir);
        (void)run_act(dir, walk->act, first, &err);
        err = (struct clv_error){0};
        clv_status status = run_act(dir, walk->recover, &second, &err);
        bool all_done = shim_failures() == 0;
        say_point(walk, &second, "in the recovery, ");
        check_error(status, &err);
        finish(walk, dir);
        end(walk, &dir);
        if (all_done)
            return points;
    }
}

static void fail_once(const struct walk *walk, const struct shim_fault *fault)
{
    char *dir;
    struct clv_error err = {0};
    begin(walk, &dir);
    lasts = fault->times > 1;
    clv_status status = run_act(dir, walk->act, fault, &err);
    say_point(walk, fault, "");
    check_error(status, &err);
    walk->check(dir, status, &err);
    finish(walk, dir);
    end(walk, &dir);
}

static uint64_t count_calls(const struct walk *walk)
{
    char *dir;
    struct clv_error err = {0};
    begin(walk, &dir);
    (void)snprintf(point, sizeof point, "%s, unbroken", walk->name);
    cr_assert_eq(run_act(dir, walk->act, NULL, &err), CLV_OK, "%s: %s", point, err.fact);
    uint64_t calls = shim_calls();
    walk->check(dir, CLV_OK, &err);
    finish(walk, dir);
    end(walk, &dir);
    return calls;
}

static bool fits(const struct shim_call *call, const struct shim_fault *fault)
{
    if (call->op == SHIM_WRITE)
        return true;
    return !fault->shortened && (call->op != SHIM_READ || fault->errnum == EIO);
}

static void sweep_calls(const struct walk *walk, uint64_t *points, uint64_t *compound)
{
    static struct shim_call calls[SHIM_LISTED];
    uint64_t num = count_calls(walk);
    for (uint64_t i = 0; i < num; i++)
        cr_assert(shim_call_at(i + 1, &calls[i]));
    for (uint64_t i = 0; i < num; i++)
        for (size_t k = 0; k < NUM_KINDS; k++) {
            struct shim_fault fault = kinds[k];
            if (!fits(&calls[i], &fault))
                continue;
            fault.at = i + 1;
            fault.times = 1;
            fail_once(walk, &fault);
            if (fault.errnum == EIO)
                *compound += fail_recovery(walk, &fault);
            fault.times = SHIM_FOR_EVER;
            fail_once(walk, &fault);
            *points += 2;
        }
}

/* A crash shows nothing: with this variable set, each allocation is named before it fails. */
#define TELL "CLAVIGER_SWEEP_TELL"

/* ---- allocation ------------------------------------------------------------------------------ */

#ifdef CLV_SHIM_MEMORY
static uint64_t sweep_memory(const struct walk *walk)
{
    for (uint64_t at = 1;; at++) {
        char *dir;
        struct clv_error err = {0};
        begin(walk, &dir);
        (void)snprintf(point, sizeof point, "%s, %" PRIu64 ". allocation", walk->name, at);
        if (getenv(TELL))
            fprintf(stderr, "%s\n", point);
        shim_memory_fail(at);
        clv_status status = walk->act(dir, &err);
        uint64_t num = shim_memory_stop();
        check_error(status, &err);
        walk->check(dir, status, &err);
        finish(walk, dir);
        end(walk, &dir);
        if (num < at)
            return num;
    }
}
#else
static uint64_t sweep_memory(const struct walk *walk)
{
    (void)walk;
    return 0;
}
#endif

void walk_sweep(const struct walk *walk)
{
    uint64_t points = 0, compound = 0, allocations = 0;
    sweep_calls(walk, &points, &compound);
    if (!walk->no_memory_sweep)
        allocations = sweep_memory(walk);
    printf("%s: %" PRIu64 " faults, %" PRIu64 " with one more in the recovery, %" PRIu64
           " allocations: nothing lost\n",
           walk->name, points, compound, allocations);
    fflush(stdout);
}
