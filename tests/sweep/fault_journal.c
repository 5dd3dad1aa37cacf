/* The journal: whatever fails, what was acknowledged is there, and it can be gone on with. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fault_walk.h"
#include "logs.h"
#include "run.h"

static struct clv_journal *journal; /* open across act() and recover() where a walk wants it so */

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

static clv_status write_all(const char *dir, struct clv_error *err)
{
    struct clv_journal *j = NULL;
    clv_status status = logs_open(dir, &j, err);
    if (status == CLV_OK)
        status = clv_journal_reserve(j, 4096, err);
    if (status == CLV_OK)
        status = logs_write(j, LOGS_NUM, err);
    clv_journal_free(&j);
    return status;
}

static void check(const char *dir, clv_status status, const struct clv_error *err)
{
    (void)status;
    (void)err;
    logs_check(dir, walk_point());
}

static void is_whole(const char *dir)
{
    logs_check_whole(dir, walk_point());
}

/* ---- by another process, later --------------------------------------------------------------- */

Test(fault_journal, begun_and_written)
{
    walk_sweep(&(struct walk){.name = "a journal begun and written",
                              .prepare = start,
                              .act = write_all,
                              .check = check,
                              .recover = write_all,
                              .settled = is_whole});
}

static void begin_half(const char *dir)
{
    struct clv_error err = {0};
    start(dir);
    cr_assert_eq(logs_open(dir, &journal, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(logs_write(journal, 3, &err), CLV_OK, "%s", err.fact);
}

static void leave_half(const char *dir)
{
    begin_half(dir);
    let_go();
}

Test(fault_journal, gone_on_with)
{
    walk_sweep(&(struct walk){.name = "a journal gone on with",
                              .prepare = leave_half,
                              .act = write_all,
                              .check = check,
                              .recover = write_all,
                              .settled = is_whole});
}

static void add_rubbish(const char *dir, const char *name, const char *text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_APPEND);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void tear(const char *dir)
{
    leave_half(dir);
    add_rubbish(dir, CLV_JOURNAL_LOG, "3 0123456789ab");
    add_rubbish(dir, CLV_JOURNAL_CHECKPOINTS, "claviger.invalid/te");
}

/* What was set aside is kept: never less than what was torn. */
static void is_whole_and_kept(const char *dir)
{
    is_whole(dir);
    cr_assert_geq(folder_num(dir, ".torn-1"), 2, "%s: a torn end was thrown away", walk_point());
}

Test(fault_journal, torn_end_set_aside)
{
    walk_sweep(&(struct walk){.name = "a torn journal set aside and gone on with",
                              .prepare = tear,
                              .act = write_all,
                              .check = check,
                              .recover = write_all,
                              .settled = is_whole_and_kept});
}

/* ---- read ------------------------------------------------------------------------------------ */

static void leave_whole(const char *dir)
{
    struct clv_error err = {0};
    start(dir);
    cr_assert_eq(write_all(dir, &err), CLV_OK, "%s", err.fact);
}

static clv_status take(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    (void)ctx;
    (void)seq;
    (void)entry;
    (void)err;
    return CLV_OK;
}

static clv_status read_all(const char *dir, struct clv_error *err)
{
    struct clv_journal *j = NULL;
    struct clv_journal_report report = {0};
    clv_status status = clv_journal_verify(dir, NULL, &report, err);
    if (status == CLV_OK && report.code != CLV_OK)
        status = clv_fail(err, report.code, "%s", report.fault);
    if (status == CLV_OK)
        status = clv_journal_open_readonly(dir, &j, err);
    if (status == CLV_OK)
        status = clv_journal_each(j, 0, take, NULL, err);
    clv_journal_free(&j);
    return status;
}

static void check_read(const char *dir, clv_status status, const struct clv_error *err)
{
    cr_assert(clv_exit_code(status) != 5 && clv_exit_code(status) != 1,
              "%s: a fault passes for a damaged or forged journal: %s", walk_point(), err->fact);
    is_whole(dir);
}

Test(fault_journal, verified_and_read)
{
    walk_sweep(&(struct walk){.name = "a journal verified and read",
                              .prepare = leave_whole,
                              .act = read_all,
                              .check = check_read,
                              .recover = read_all,
                              .settled = is_whole});
}

/* ---- by the same process, when it is mended -------------------------------------------------- */

static clv_status append_here(const char *dir, struct clv_error *err)
{
    (void)dir;
    return logs_write(journal, LOGS_NUM, err);
}

static void check_here(const char *dir, clv_status status, const struct clv_error *err)
{
    check(dir, status, err);
    cr_assert_eq(clv_journal_size(journal), logs_acked.entries, "%s", walk_point());
    cr_assert(status == CLV_OK || status == CLV_E_MEMORY || err->kept[0],
              "%s: does not say what became of the journal", walk_point());
}

/* What the ceremony does: it asks, and writes again; a journal that cannot be cut back is opened
 * anew. */
static clv_status append_again(const char *dir, struct clv_error *err)
{
    clv_status status = journal ? logs_write(journal, LOGS_NUM, err) : CLV_E_INTERNAL;
    if (status != CLV_E_INTERNAL)
        return status;
    clv_journal_free(&journal);
    status = logs_open(dir, &journal, err);
    return status == CLV_OK ? logs_write(journal, LOGS_NUM, err) : status;
}

Test(fault_journal, paused_and_mended)
{
    walk_sweep(&(struct walk){.name = "an open journal, paused and mended",
                              .prepare = begin_half,
                              .act = append_here,
                              .check = check_here,
                              .recover = append_again,
                              .settled = is_whole,
                              .end = let_go});
}

static void begin_with_reserve(const char *dir)
{
    begin_half(dir);
    cr_assert_eq(clv_journal_reserve(journal, 65536, NULL), CLV_OK);
}

Test(fault_journal, with_a_reserve)
{
    walk_sweep(&(struct walk){.name = "an open journal with space set aside",
                              .prepare = begin_with_reserve,
                              .act = append_here,
                              .check = check_here,
                              .recover = append_again,
                              .settled = is_whole,
                              .end = let_go});
}
