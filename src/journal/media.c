/* The copies of a journal beside each other: written in order, never one ahead of what was
 * acknowledged by more than the entry that is being written. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

struct medium *media_lead(const struct clv_journal *j)
{
    return (struct medium *)(uintptr_t)&j->medium[j->lead];
}

static bool in_use(const struct medium *m)
{
    return m->dir && !m->out;
}

/* ---- comparing ------------------------------------------------------------------------------- */

struct comparison {
    const struct clv_journal *journal;
    bool differs;
    uint64_t at;
};

/* A record is number, check value and entry, each with one form only: equal leaves are equal
 * bytes. */
static clv_status compare_entry(void *ctx, const struct record *record, uint64_t line_offset,
                                struct clv_error *err)
{
    struct comparison *x = ctx;
    (void)line_offset;
    (void)err;
    if (x->differs || record->seq >= x->journal->tree.size ||
        memcmp(record->leaf, tree_leaf(&x->journal->tree, record->seq), CLV_HASH_LEN) == 0)
        return CLV_OK;
    x->differs = true;
    x->at = record->seq;
    return CLV_OK;
}

static clv_status ignore_checkpoint(void *ctx, struct clv_view note, const struct clv_checkpoint *c,
                                    struct clv_error *err)
{
    (void)ctx;
    (void)note;
    (void)c;
    (void)err;
    return CLV_OK;
}

static clv_status differs(const struct clv_journal *j, const struct medium *m, uint64_t seq,
                          struct clv_error *err)
{
    (void)clv_fail(err, CLV_E_MISMATCH,
                   "the copies of the journal differ from entry %" PRIu64 " on", seq);
    (void)clv_while(err, CLV_E_MISMATCH, "comparing %s with %s", m->dir, media_lead(j)->dir);
    clv_kept(err, "Neither copy was changed.");
    clv_hint(err, "Compare both with the last slip on paper. The copy that agrees is the journal; "
                  "keep the other one apart, as it is.");
    return CLV_E_MISMATCH;
}

/* The bytes of both checkpoint files as far as both go. */
static clv_status compare_checkpoints(const struct clv_journal *j, const struct medium *m,
                                      bool our_own, struct clv_error *err)
{
    const struct logfile *a = &media_lead(j)->log[CHECKPOINTS], *b = &m->log[CHECKPOINTS];
    uint8_t left[4096], right[4096];
    uint64_t both = b->len < a->len ? b->len : a->len;
    bool same = our_own || b->len <= a->len;
    for (uint64_t at = 0; same && at < both;) {
        size_t len = both - at < sizeof left ? (size_t)(both - at) : sizeof left;
        if (!pread_whole(a->fd, left, len, at) || !pread_whole(b->fd, right, len, at))
            return clv_fail(err, CLV_E_IO, "cannot read %s", CLV_JOURNAL_CHECKPOINTS);
        same = memcmp(left, right, len) == 0;
        at += len;
    }
    if (same)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_MISMATCH, "the copies of the journal have different checkpoints");
    clv_kept(err, "Neither copy was changed.");
    return clv_while(err, CLV_E_MISMATCH, "comparing %s with %s", m->dir, media_lead(j)->dir);
}

static clv_status judge(const struct clv_journal *j, const struct medium *m,
                        const struct clv_journal_report *report, const struct comparison *x,
                        bool our_own, struct clv_error *err)
{
    if (x->differs)
        return differs(j, m, x->at, err);
    if (our_own && report->verdict == CLV_JOURNAL_TORN)
        return CLV_OK;
    if (report->verdict != CLV_JOURNAL_INTACT && report->verdict != CLV_JOURNAL_UNSIGNED_TAIL &&
        report->verdict != CLV_JOURNAL_UNSIGNED) {
        return clv_while(err, report_error(report, err), "reading the copy in %s", m->dir);
    }
    if (report->size > j->tree.size && !our_own)
        return differs(j, m, j->tree.size, err);
    return CLV_OK;
}

clv_status media_compare(const struct clv_journal *j, struct medium *m, bool our_own,
                         struct clv_error *err)
{
    struct scan_sources src = {.log.fd = -1, .checkpoints.fd = -1};
    struct comparison x = {.journal = j};
    const struct scan_sink sink = {compare_entry, ignore_checkpoint, &x};
    const struct clv_journal_expect expect = {.key = &j->key};
    struct clv_journal_report report = {0};
    struct scan_end end = {0};
    uint8_t *vkey_file = NULL;
    clv_status status =
        scan_open(&src, m->log[CHECKPOINTS].fd, m->log[ENTRIES].fd, m->dir, &vkey_file, err);
    if (status == CLV_OK)
        status = journal_scan(&src, &expect, &sink, &report, &end, err);
    if (status == CLV_OK)
        status = judge(j, m, &report, &x, our_own, err);
    scan_close(&src);
    free(vkey_file);
    if (status != CLV_OK)
        return status;
    m->log[ENTRIES].len = end.log_len;
    m->log[CHECKPOINTS].len = end.checkpoints_len;
    return our_own && m == media_lead(j) ? CLV_OK : compare_checkpoints(j, m, our_own, err);
}

/* ---- catching up ----------------------------------------------------------------------------- */

static clv_status copy_rest(const struct clv_journal *j, struct medium *m, enum which_log which,
                            struct clv_error *err)
{
    const struct logfile *from = &media_lead(j)->log[which];
    struct logfile *to = &m->log[which];
    if (to->len >= from->len)
        return CLV_OK;
    size_t len = (size_t)(from->len - to->len);
    uint8_t *data = malloc(len);
    if (!data)
        return clv_fail(err, CLV_E_MEMORY, "no memory to bring a copy of the journal up to date");
    clv_status status = CLV_OK;
    if (!pread_whole(from->fd, data, len, to->len))
        status = clv_fail(err, CLV_E_IO, "cannot read %s in %s", medium_log_name(which),
                          media_lead(j)->dir);
    if (status == CLV_OK)
        status = medium_append(m, which, j->disk, clv_view_of(data, len), err);
    free(data);
    return status;
}

static clv_status begin_copy(struct clv_journal *j, struct medium *m, struct clv_error *err)
{
    struct clv_secret *seed = NULL;
    clv_status status = journal_seed(j, &seed, err);
    if (status == CLV_OK)
        status = medium_create(m, j->vkey_text, seed, err);
    clv_secret_free(&seed);
    return status;
}

clv_status media_catch_up(struct clv_journal *j, struct medium *m, struct clv_error *err)
{
    clv_status status = m->begun ? CLV_OK : begin_copy(j, m, err);
    if (status == CLV_OK)
        status = copy_rest(j, m, ENTRIES, err);
    return status == CLV_OK ? copy_rest(j, m, CHECKPOINTS, err) : status;
}

/* ---- appending to all ------------------------------------------------------------------------ */

static bool is_complete(const struct clv_journal *j, const struct medium *m)
{
    const struct medium *lead = media_lead(j);
    return in_use(m) && m->log[ENTRIES].fd >= 0 && m->log[ENTRIES].len >= lead->log[ENTRIES].len &&
           m->log[CHECKPOINTS].len >= lead->log[CHECKPOINTS].len;
}

/* Before the new entry is anywhere: catching up must not meet it in the lead. */
static clv_status make_ready(struct clv_journal *j, struct medium *m, struct clv_error *err)
{
    clv_status status = m->begun ? medium_check(m, err) : CLV_OK;
    return status == CLV_OK && m != media_lead(j) ? media_catch_up(j, m, err) : status;
}

clv_status media_level(struct clv_journal *j, struct clv_error *err)
{
    clv_status status = CLV_OK;
    j->failed = MAX_MEDIA;
    for (size_t i = 0; status == CLV_OK && i < MAX_MEDIA; i++)
        if (in_use(&j->medium[i]) && !is_complete(j, &j->medium[i]) &&
            (status = make_ready(j, &j->medium[i], err)) != CLV_OK)
            j->failed = i;
    return status;
}

clv_status media_append(struct clv_journal *j, enum which_log which, struct clv_view data,
                        struct clv_error *err)
{
    clv_status status = CLV_OK;
    size_t i;
    j->failed = MAX_MEDIA;
    for (i = 0; status == CLV_OK && i < MAX_MEDIA; i++)
        if (in_use(&j->medium[i]) && (status = make_ready(j, &j->medium[i], err)) != CLV_OK)
            j->failed = i;
    if (status != CLV_OK)
        return status;
    for (i = 0; status == CLV_OK && i < MAX_MEDIA; i++)
        if (in_use(&j->medium[i]) &&
            (status = medium_append(&j->medium[i], which, j->disk, data, err)) != CLV_OK)
            j->failed = i;
    for (i = 0; status != CLV_OK && i < j->failed; i++)
        if (in_use(&j->medium[i]))
            logfile_cut(&j->medium[i].log[which], j->disk, data.len);
    return status;
}

/* ---- a medium that failed -------------------------------------------------------------------- */

static clv_status cut_behind(const struct clv_journal *j, struct logfile *f, uint64_t len,
                             struct clv_error *err)
{
    struct stat st;
    if (fstat(f->fd, &st) != 0)
        return clv_fail_errno(err, errno, "cannot examine the journal");
    if ((uint64_t)st.st_size > len && (CLV_AGAIN(j->disk->truncate(f->fd, (off_t)len)) != 0 ||
                                       CLV_AGAIN(j->disk->sync(f->fd)) != 0))
        return clv_fail_errno(err, errno, "cannot cut off what a failed write left");
    return CLV_OK;
}

/* Another copy that has everything leads from now on. */
static bool pass_lead_on(struct clv_journal *j)
{
    for (size_t i = 0; i < MAX_MEDIA; i++)
        if (i != j->lead && is_complete(j, &j->medium[i])) {
            j->lead = i;
            return true;
        }
    return false;
}

/* What is behind the length that was acknowledged is our own failed write; what is in front of it
 * has to be what was acknowledged. */
static clv_status take_back(struct clv_journal *j, struct medium *m, struct clv_error *err)
{
    const uint64_t acknowledged[NUM_LOGS] = {m->log[ENTRIES].len, m->log[CHECKPOINTS].len};
    bool was_lead = m == media_lead(j);
    clv_status status = media_compare(j, m, true, err);
    for (int which = 0; status == CLV_OK && which < NUM_LOGS; which++) {
        struct logfile *f = &m->log[which];
        if (f->len > acknowledged[which])
            f->len = acknowledged[which];
        status = cut_behind(j, f, f->len, err);
        if (status == CLV_OK && f->len < acknowledged[which] && was_lead)
            status = pass_lead_on(j) ? CLV_OK
                                     : clv_fail(err, CLV_E_DAMAGED,
                                                "%s lacks entries that were written to it", m->dir);
    }
    return status;
}

static clv_status reopen(struct clv_journal *j, struct medium *m, struct clv_error *err)
{
    const struct logfile before[NUM_LOGS] = {m->log[ENTRIES], m->log[CHECKPOINTS]};
    medium_close(m);
    clv_status status = medium_open(m, O_RDWR | O_APPEND, err);
    for (int which = 0; which < NUM_LOGS; which++)
        m->log[which].stuck = status != CLV_OK && before[which].stuck;
    if (status == CLV_OK)
        status = take_back(j, m, err);
    if (status != CLV_OK) {
        medium_close(m);
        for (int which = 0; which < NUM_LOGS; which++)
            m->log[which].len = before[which].len;
    }
    return status;
}

clv_status clv_journal_mend(struct clv_journal *j, struct clv_error *err)
{
    clv_status status = CLV_OK;
    if (j->readonly)
        return clv_fail(err, CLV_E_USAGE, "the journal was opened for reading only");
    for (size_t i = 0; status == CLV_OK && i < MAX_MEDIA; i++) {
        struct medium *m = &j->medium[i];
        if (in_use(m) && m->begun && (i == j->failed || medium_check(m, NULL) != CLV_OK))
            status = reopen(j, m, err);
        if (in_use(m) && m->reserve < j->reserve && medium_reserve(m, j->reserve, NULL) != CLV_OK)
            continue; /* the append will tell */
    }
    return clv_while(err, status, "taking up a medium of the journal again");
}

clv_status clv_journal_give_up(struct clv_journal *j, size_t medium, struct clv_error *err)
{
    if (medium >= MAX_MEDIA || !in_use(&j->medium[medium]))
        return clv_fail(err, CLV_E_USAGE, "the journal has no such copy");
    if (medium == j->lead && !pass_lead_on(j)) {
        (void)clv_fail(err, CLV_E_RULE, "no other copy of the journal is complete");
        clv_kept(err, "Both copies are as they were.");
        return CLV_E_RULE;
    }
    medium_close(&j->medium[medium]);
    j->medium[medium].out = true;
    j->failed = MAX_MEDIA;
    return CLV_OK;
}

/* ---- asking ---------------------------------------------------------------------------------- */

const char *clv_journal_medium(const struct clv_journal *j, size_t medium)
{
    return medium < MAX_MEDIA && in_use(&j->medium[medium]) ? j->medium[medium].dir : NULL;
}

size_t clv_journal_failed_medium(const struct clv_journal *j)
{
    return j->failed;
}

uint64_t clv_journal_lacks(const struct clv_journal *j, size_t medium)
{
    uint64_t has = 0;
    if (!clv_journal_medium(j, medium))
        return 0;
    while (has < j->tree.size && j->offsets[has] < j->medium[medium].log[ENTRIES].len)
        has++;
    return j->tree.size - has;
}
