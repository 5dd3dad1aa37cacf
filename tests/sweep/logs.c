#include "logs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct logs_acked logs_acked;

void (*logs_on_acked)(void);

static void acked(uint64_t entries, uint64_t signed_entries)
{
    logs_acked = (struct logs_acked){entries, signed_entries};
    if (logs_on_acked)
        logs_on_acked();
}

void logs_forget(void)
{
    logs_acked = (struct logs_acked){0};
}

static bool is_begun(const char *dir, bool *ret, struct clv_error *err)
{
    char *log = clv_path_join(dir, CLV_JOURNAL_LOG);
    if (!log) {
        (void)clv_fail(err, CLV_E_MEMORY, "no memory for a path");
        return false;
    }
    *ret = access(log, F_OK) == 0;
    free(log);
    return true;
}

static bool is_torn(const char *dir)
{
    struct clv_journal_report report = {0};
    return clv_journal_verify(dir, NULL, &report, NULL) == CLV_OK &&
           report.verdict == CLV_JOURNAL_TORN;
}

clv_status logs_open_mirrored(const char *dir, const char *mirror, struct clv_journal **ret,
                              struct clv_error *err)
{
    const char *const dirs[] = {dir, mirror};
    bool begun = false;
    size_t moved = 0, num_torn = 0;
    if (!is_begun(dir, &begun, err))
        return CLV_E_MEMORY;
    if (!begun)
        return clv_journal_create_mirrored(dir, mirror, LOGS_ID, true, clv_random_system(), ret,
                                           err);
    clv_status status = clv_journal_open_mirrored(dir, mirror, ret, err);
    if (status == CLV_OK)
        return status;
    for (size_t i = 0; i < 2; i++)
        if (dirs[i] && is_torn(dirs[i])) {
            status = clv_journal_set_torn_aside(dirs[i], &moved, err);
            num_torn++;
            if (status != CLV_OK)
                return status;
        }
    return num_torn > 0 ? clv_journal_open_mirrored(dir, mirror, ret, err) : status;
}

clv_status logs_open(const char *dir, struct clv_journal **ret, struct clv_error *err)
{
    return logs_open_mirrored(dir, NULL, ret, err);
}

static void entry_text(const char *vkey, uint64_t seq, char out[512])
{
    if (seq == 0)
        snprintf(out, 512, "{\"event\":\"begun\",\"key\":\"%s\"}", vkey);
    else /* long enough to cross the sectors of a disk now and then */
        snprintf(out, 512, "{\"event\":\"turn\",\"n\":%u,\"text\":\"%0*u\"}", (unsigned)seq,
                 (int)seq * 60, (unsigned)seq);
}

static clv_status sign(struct clv_journal *j, struct clv_error *err)
{
    clv_status status = clv_journal_checkpoint(j, err);
    if (status == CLV_OK)
        acked(clv_journal_size(j), clv_journal_signed_size(j));
    return status;
}

clv_status logs_write(struct clv_journal *j, uint64_t num, struct clv_error *err)
{
    clv_status status = CLV_OK;
    while (status == CLV_OK && clv_journal_size(j) < num) {
        char text[512];
        uint64_t seq = clv_journal_size(j);
        entry_text(clv_journal_vkey(j), seq, text);
        status = clv_journal_append(j, clv_view_of(text, strlen(text)), NULL, err);
        if (status == CLV_OK)
            acked(seq + 1, logs_acked.signed_entries);
        if (status == CLV_OK && seq % 2 == 1)
            status = sign(j, err);
    }
    return status == CLV_OK ? sign(j, err) : status;
}

/* ---- looking --------------------------------------------------------------------------------- */

struct looking {
    const struct clv_journal *journal;
    const char *what;
};

static clv_status check_entry(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    struct looking *l = ctx;
    char text[512];
    (void)err;
    entry_text(clv_journal_vkey(l->journal), seq, text);
    cr_assert(entry.len == strlen(text) && memcmp(entry.data, text, entry.len) == 0,
              "%s: entry %u is another", l->what, (unsigned)seq);
    return CLV_OK;
}

static void check_entries(const char *dir, const char *what)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_open_readonly(dir, &j, &err), CLV_OK, "%s: %s", what, err.fact);
    struct looking l = {j, what};
    cr_assert_eq(clv_journal_each(j, 0, check_entry, &l, &err), CLV_OK, "%s: %s", what, err.fact);
    cr_assert_geq(clv_journal_size(j), logs_acked.entries, "%s: entries are lost", what);
    cr_assert_geq(clv_journal_signed_size(j), logs_acked.signed_entries, "%s: checkpoints are lost",
                  what);
    clv_journal_free(&j);
}

void logs_check(const char *dir, const char *what)
{
    struct clv_journal_report r;
    struct clv_error err = {0};
    bool begun = false;
    cr_assert(is_begun(dir, &begun, &err));
    cr_assert(begun || logs_acked.entries == 0, "%s: the journal is gone", what);
    if (!begun)
        return;
    cr_assert_eq(clv_journal_verify(dir, NULL, &r, &err), CLV_OK, "%s: %s", what, err.fact);
    cr_assert(r.verdict == CLV_JOURNAL_INTACT || r.verdict == CLV_JOURNAL_UNSIGNED_TAIL ||
                  r.verdict == CLV_JOURNAL_UNSIGNED || r.verdict == CLV_JOURNAL_TORN,
              "%s: %s: %s", what, clv_journal_verdict_name(r.verdict), r.fault);
    check_entries(dir, what);
}

void logs_check_whole(const char *dir, const char *what)
{
    struct clv_journal_report r;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_verify(dir, NULL, &r, &err), CLV_OK, "%s: %s", what, err.fact);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s: %s", what, r.fault);
    cr_assert_eq(r.size, LOGS_NUM, "%s", what);
    check_entries(dir, what);
}
