/* The journal on two media, in folders one and two: an acknowledged entry is on both, whichever of
 * them fails and whenever; what is behind catches up. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_walk.h"
#include "logs.h"

static struct clv_journal *journal;

static char *path_in(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    cr_assert(path);
    return path;
}

static void start(const char *dir)
{
    (void)dir;
    cr_assert_eq(clv_secret_init(NULL), CLV_OK);
    logs_forget();
}

static void let_go(void)
{
    clv_journal_free(&journal);
}

static clv_status open_two(const char *dir, struct clv_journal **ret, struct clv_error *err)
{
    size_t moved = 0;
    char one[600], two[600], log[620];
    (void)snprintf(one, sizeof one, "%s/one", dir);
    (void)snprintf(two, sizeof two, "%s/two", dir);
    (void)snprintf(log, sizeof log, "%s/%s", one, CLV_JOURNAL_LOG);
    if (access(log, F_OK) != 0)
        return clv_journal_create_mirrored(one, two, LOGS_ID, true, clv_random_system(), ret, err);
    clv_status status = clv_journal_open_mirrored(one, two, ret, err);
    if (status != CLV_E_DAMAGED)
        return status;
    status = clv_journal_set_torn_aside(one, &moved, err);
    if (status == CLV_OK)
        status = clv_journal_set_torn_aside(two, &moved, err);
    return status == CLV_OK ? clv_journal_open_mirrored(one, two, ret, err) : status;
}

static clv_status write_all(const char *dir, struct clv_error *err)
{
    struct clv_journal *j = NULL;
    clv_status status = open_two(dir, &j, err);
    if (status == CLV_OK)
        status = logs_write(j, LOGS_NUM, err);
    clv_journal_free(&j);
    return status;
}

static void check(const char *dir, clv_status status, const struct clv_error *err)
{
    char *one = path_in(dir, "one"), *two = path_in(dir, "two");
    (void)status;
    (void)err;
    logs_check(one, walk_point());
    logs_check(two, walk_point());
    free(one);
    free(two);
}

static void is_whole(const char *dir)
{
    char *one = path_in(dir, "one"), *two = path_in(dir, "two");
    logs_check_whole(one, walk_point());
    logs_check_whole(two, walk_point());
    free(one);
    free(two);
}

Test(fault_media, begun_and_written)
{
    walk_sweep(&(struct walk){.name = "a journal on two media",
                              .prepare = start,
                              .act = write_all,
                              .check = check,
                              .recover = write_all,
                              .settled = is_whole});
}

/* ---- paused and mended ----------------------------------------------------------------------- */

static void begin_half(const char *dir)
{
    struct clv_error err = {0};
    start(dir);
    cr_assert_eq(open_two(dir, &journal, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(journal, 3, &err), CLV_OK, "%s", err.fact);
}

static clv_status append_here(const char *dir, struct clv_error *err)
{
    (void)dir;
    return logs_write(journal, LOGS_NUM, err);
}

static clv_status mend_and_append(const char *dir, struct clv_error *err)
{
    (void)dir;
    clv_status status = clv_journal_mend(journal, err);
    return status == CLV_OK ? logs_write(journal, LOGS_NUM, err) : status;
}

Test(fault_media, paused_and_mended)
{
    walk_sweep(&(struct walk){.name = "a journal on two media, paused and mended",
                              .prepare = begin_half,
                              .act = append_here,
                              .check = check,
                              .recover = mend_and_append,
                              .settled = is_whole,
                              .end = let_go});
}
