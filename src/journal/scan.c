/* The one pass that reads a journal: records, their order, checkpoints in between, and what is
 * known from elsewhere. Stops at the first thing wrong. Memory does not grow with the journal. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const struct {
    clv_status code;
    const char *name;
} verdicts[] = {
    [CLV_JOURNAL_INTACT] = {CLV_OK, "intact"},
    [CLV_JOURNAL_UNSIGNED_TAIL] = {CLV_E_MISMATCH, "unsigned tail"},
    [CLV_JOURNAL_UNSIGNED] = {CLV_E_MISMATCH, "unsigned"},
    [CLV_JOURNAL_TORN] = {CLV_E_DAMAGED, "torn"},
    [CLV_JOURNAL_DAMAGED] = {CLV_E_DAMAGED, "damaged"},
    [CLV_JOURNAL_TRUNCATED] = {CLV_E_DAMAGED, "truncated"},
    [CLV_JOURNAL_FORGED] = {CLV_E_FORGED, "forged"},
    [CLV_JOURNAL_FOREIGN] = {CLV_E_FOREIGN, "foreign"},
};

const char *clv_journal_verdict_name(enum clv_journal_verdict verdict)
{
    return verdicts[verdict].name;
}

struct scan {
    struct scan_sources *src;
    const struct clv_journal_expect *expect;
    const struct scan_sink *sink;
    struct clv_journal_report *report;
    struct scan_end end;
    struct clv_frontier frontier;
    bool faulty;        /* the first thing wrong is in the report */
    bool out_of_memory; /* that is no fault of the journal's */
    size_t next_anchor;
    /* The checkpoint that comes next: read and its signature checked, its root not yet reached. */
    bool has_ahead;
    struct clv_writer ahead_note;
    struct clv_checkpoint ahead;
    uint64_t ahead_end;
    uint8_t signed_root[CLV_HASH_LEN];
};

/* Records the first fault; returns false, so that it ends a check. */
static bool __attribute__((format(printf, 4, 5)))
fault(struct scan *s, enum clv_journal_verdict verdict, const uint64_t *at, const char *fmt, ...)
{
    va_list args;
    if (s->faulty)
        return false;
    s->faulty = true;
    s->report->verdict = verdict;
    s->report->code = verdicts[verdict].code;
    s->report->at_entry = at != NULL;
    s->report->fault_seq = at ? *at : 0;
    va_start(args, fmt);
    vsnprintf(s->report->fault, sizeof s->report->fault, fmt, args);
    va_end(args);
    return false;
}

/* ---- the key --------------------------------------------------------------------------------- */

/* The first verifier key of ours in entry 0. */
static bool find_key(struct clv_view entry, struct clv_vkey *ret)
{
    static const char start[] = "claviger.invalid/";
    for (size_t at = 0; at + sizeof start <= entry.len; at++) {
        if (memcmp(entry.data + at, start, sizeof start - 1) != 0)
            continue;
        const uint8_t *plus = memchr(entry.data + at, '+', entry.len - at);
        size_t len = plus ? (size_t)(plus - entry.data) - at + 1 + 8 + 1 + 44 : 0;
        if (len > 0 && len <= entry.len - at &&
            clv_vkey_parse(clv_view_of(entry.data + at, len), ret, NULL) == CLV_OK)
            return true;
    }
    return false;
}

bool entry_names_key(struct clv_view entry, const struct clv_vkey *key)
{
    struct clv_vkey named;
    return find_key(entry, &named) && clv_vkey_equal(&named, key);
}

static bool check_vkey_file(struct scan *s)
{
    char text[CLV_VKEY_TEXT];
    struct clv_view file = s->src->vkey_file;
    clv_vkey_format(&s->report->key, text);
    size_t len = strlen(text);
    if (!s->src->has_vkey_file)
        return true;
    if (file.len != len + 1 || memcmp(file.data, text, len) != 0 || file.data[len] != '\n')
        return fault(s, CLV_JOURNAL_DAMAGED, NULL,
                     "%s is not the key that entry 0 names: it was changed or is another journal's",
                     CLV_JOURNAL_VKEY);
    return true;
}

static bool take_key(struct scan *s, struct clv_view entry)
{
    static const uint64_t first = 0;
    struct clv_journal_report *r = s->report;
    struct clv_vkey named;
    if (!find_key(entry, &named))
        return fault(s, CLV_JOURNAL_FOREIGN, &first, "entry 0 names no journal key");
    if (r->key_given && !clv_vkey_equal(&named, &r->key))
        return fault(s, CLV_JOURNAL_FOREIGN, &first,
                     "the journal is of the key %s+%08x, not of %s+%08x", named.name, named.id,
                     r->key.name, r->key.id);
    r->key = named;
    struct clv_view name = clv_view_of(named.name, strlen(named.name));
    if (clv_origin_parse(name, r->ceremony_id, &r->test, NULL) != CLV_OK)
        return fault(s, CLV_JOURNAL_FOREIGN, &first, "entry 0 names no claviger ceremony");
    return check_vkey_file(s);
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static bool torn_checkpoint(struct scan *s, uint64_t start)
{
    s->report->torn_checkpoint_len = (size_t)(lines_total(&s->src->checkpoints) - start);
    return true;
}

/* Collects one note and the empty line behind it into ahead_note. *ret_any: there was one. */
static bool collect_note(struct scan *s, bool *ret_any)
{
    struct lines *in = &s->src->checkpoints;
    uint64_t start = in->offset;
    bool text_ended = false;
    struct line line;
    *ret_any = false;
    s->ahead_note.len = 0;
    while (lines_next(in, &line)) {
        if (!line.whole && lines_at_end(in))
            return torn_checkpoint(s, start);
        if (line.text.len == 0 && text_ended) {
            *ret_any = true;
            s->ahead_end = in->offset;
            return true;
        }
        text_ended = text_ended || line.text.len == 0;
        if (s->ahead_note.len + line.text.len >= CLV_NOTE_MAX)
            return fault(s, CLV_JOURNAL_DAMAGED, NULL,
                         "the checkpoint behind entry %" PRIu64 " is damaged: it is too long",
                         s->frontier.size - 1);
        clv_write_view(&s->ahead_note, line.text);
        clv_write_u8(&s->ahead_note, '\n');
    }
    return s->ahead_note.len == 0 ? true : torn_checkpoint(s, start);
}

/* A hole where blocks never reached the disk reads as zeros. */
static bool is_hole_at_end(struct scan *s)
{
    return memchr(s->ahead_note.data, 0, s->ahead_note.len) && lines_at_end(&s->src->checkpoints);
}

static bool no_memory(struct scan *s)
{
    s->out_of_memory = true;
    return false;
}

static bool check_signature(struct scan *s)
{
    const struct clv_vkey *key = &s->report->key;
    struct clv_error why = {0};
    struct clv_note note;
    clv_status status = clv_note_parse(clv_writer_view(&s->ahead_note), &note, &why);
    if (status == CLV_OK)
        status = clv_checkpoint_parse(note.text, &s->ahead, &why);
    if (status == CLV_E_MEMORY || s->ahead_note.failed)
        return no_memory(s);
    if (status != CLV_OK)
        return fault(s, CLV_JOURNAL_DAMAGED, NULL,
                     "checkpoint %" PRIu64 " (counted from 1) is damaged: %s",
                     s->report->num_checkpoints + 1, why.fact);
    if (s->ahead.origin.len != strlen(key->name) ||
        memcmp(s->ahead.origin.data, key->name, s->ahead.origin.len) != 0)
        return fault(s, CLV_JOURNAL_FOREIGN, NULL,
                     "checkpoint %" PRIu64 " (counted from 1) is of another log than %s",
                     s->report->num_checkpoints + 1, key->name);
    status = clv_note_verify(&note, key, &why);
    if (status != CLV_OK)
        return fault(s, status == CLV_E_FOREIGN ? CLV_JOURNAL_FOREIGN : CLV_JOURNAL_FORGED, NULL,
                     "the checkpoint of %" PRIu64 " entries: %s", s->ahead.size, why.fact);
    return true;
}

/* Lines of the witnesses who are expected have to hold; whether there are any is seen at the end.
 */
static bool check_cosignatures(struct scan *s)
{
    struct clv_error why = {0};
    struct clv_note note;
    if (!s->expect || clv_note_parse(clv_writer_view(&s->ahead_note), &note, NULL) != CLV_OK)
        return true;
    for (size_t i = 0; i < s->expect->num_witnesses; i++) {
        uint64_t time = 0;
        clv_status status = clv_note_check_cosigned(&note, &s->expect->witnesses[i], &time, &why);
        if (status == CLV_E_FORGED)
            return fault(s, CLV_JOURNAL_FORGED, NULL, "the checkpoint of %" PRIu64 " entries: %s",
                         s->ahead.size, why.fact);
        if (status == CLV_OK) {
            s->report->cosigned[i].size = s->ahead.size;
            s->report->cosigned[i].time = time;
        }
    }
    return true;
}

static bool check_growth(struct scan *s)
{
    uint64_t before = s->report->signed_size;
    if (s->ahead.size == 0 || s->ahead.size < before)
        return fault(s, CLV_JOURNAL_FORGED, NULL,
                     "checkpoints go back from %" PRIu64 " to %" PRIu64 " entries", before,
                     s->ahead.size);
    if (s->ahead.size == before && memcmp(s->ahead.root, s->signed_root, CLV_HASH_LEN) != 0)
        return fault(s, CLV_JOURNAL_FORGED, NULL,
                     "two checkpoints of %" PRIu64 " entries have different roots", before);
    return true;
}

/* False: a fault. Without a next checkpoint has_ahead is false. */
static bool read_ahead(struct scan *s)
{
    bool any = false;
    s->has_ahead = false;
    if (s->report->torn_checkpoint_len > 0)
        return true;
    uint64_t start = s->src->checkpoints.offset;
    if (!collect_note(s, &any))
        return false;
    if (!any)
        return true;
    if (is_hole_at_end(s))
        return torn_checkpoint(s, start);
    if (!check_signature(s) || !check_growth(s) || !check_cosignatures(s))
        return false;
    s->has_ahead = true;
    return true;
}

static bool root_fault(struct scan *s)
{
    uint64_t first = s->report->signed_size, last = s->ahead.size - 1;
    if (first >= last)
        return fault(s, CLV_JOURNAL_FORGED, &last,
                     "entry %" PRIu64 " is not what the checkpoint of %" PRIu64 " entries signs",
                     last, s->ahead.size);
    return fault(s, CLV_JOURNAL_FORGED, &first,
                 "entries %" PRIu64 " to %" PRIu64 " are not what the checkpoint of %" PRIu64
                 " entries signs: at least one was changed, added or left out",
                 first, last, s->ahead.size);
}

/* Compares every checkpoint of the size reached, and reads on to the next. *status: of the sink. */
static bool pass_checkpoints(struct scan *s, clv_status *status, struct clv_error *err)
{
    uint8_t root[CLV_HASH_LEN];
    while (s->has_ahead && s->ahead.size == s->frontier.size) {
        clv_frontier_root(&s->frontier, root);
        if (memcmp(root, s->ahead.root, CLV_HASH_LEN) != 0)
            return root_fault(s);
        s->report->signed_size = s->ahead.size;
        s->report->num_checkpoints++;
        memcpy(s->signed_root, root, CLV_HASH_LEN);
        s->end.checkpoints_len = s->ahead_end;
        if (s->sink)
            *status =
                s->sink->checkpoint(s->sink->ctx, clv_writer_view(&s->ahead_note), &s->ahead, err);
        if (*status != CLV_OK || !read_ahead(s))
            return false;
    }
    return true;
}

/* ---- what is known from elsewhere ------------------------------------------------------------ */

static bool pass_anchors(struct scan *s)
{
    uint8_t root[CLV_HASH_LEN];
    uint64_t last = s->frontier.size - 1;
    if (!s->expect)
        return true;
    for (; s->next_anchor < s->expect->num_anchors; s->next_anchor++) {
        const struct clv_journal_anchor *a = &s->expect->anchors[s->next_anchor];
        if (a->size > s->frontier.size)
            return true;
        clv_frontier_root(&s->frontier, root);
        if (a->size == s->frontier.size && memcmp(root, a->root, CLV_HASH_LEN) != 0)
            return fault(s, CLV_JOURNAL_FORGED, &last,
                         "the first %" PRIu64 " entries are not those that the paper vouches for: "
                         "the journal was rewritten",
                         a->size);
    }
    return true;
}

static bool check_anchors_reached(struct scan *s)
{
    uint64_t size = s->frontier.size;
    if (s->expect && s->next_anchor < s->expect->num_anchors)
        return fault(s, CLV_JOURNAL_TRUNCATED, &size,
                     "the paper vouches for %" PRIu64 " entries, the journal has %" PRIu64
                     ": it was rolled back",
                     s->expect->anchors[s->next_anchor].size, size);
    return true;
}

/* ---- records --------------------------------------------------------------------------------- */

static bool bad_record(struct scan *s, const struct line *line, enum record_fault why)
{
    uint64_t seq = s->frontier.size;
    bool cut = !line->whole || (line->text.len && memchr(line->text.data, 0, line->text.len));
    bool covered = s->has_ahead;
    if (cut && !covered && lines_at_end(&s->src->log)) {
        s->report->torn_len = (size_t)(lines_total(&s->src->log) - line->offset);
        return true;
    }
    if (cut && lines_at_end(&s->src->log))
        return fault(s, CLV_JOURNAL_TRUNCATED, &seq,
                     "the journal breaks off within entry %" PRIu64
                     ", but a checkpoint signs %" PRIu64 " entries",
                     seq, s->ahead.size);
    return fault(s, CLV_JOURNAL_DAMAGED, &seq, "entry %" PRIu64 " is damaged: %s", seq,
                 why == RECORD_BAD_CHECK ? "its text does not fit its check value"
                                         : "its line is not number, check value and text");
}

static bool take_record(struct scan *s, const struct line *line, const struct record *record,
                        clv_status *status, struct clv_error *err)
{
    uint64_t seq = s->frontier.size;
    if (record->seq != seq)
        return fault(s, CLV_JOURNAL_DAMAGED, &seq,
                     "entry %" PRIu64 " is due, but its line is numbered %" PRIu64
                     ": entries are missing, doubled or out of order",
                     seq, record->seq);
    if (seq == 0 && !take_key(s, record->entry))
        return false;
    clv_frontier_add(&s->frontier, record->leaf);
    s->report->size = s->frontier.size;
    s->end.log_len = s->src->log.offset;
    if (s->sink)
        *status = s->sink->entry(s->sink->ctx, record, line->offset, err);
    if (*status != CLV_OK || (seq == 0 && !read_ahead(s)))
        return false;
    return pass_checkpoints(s, status, err) && pass_anchors(s);
}

static bool scan_records(struct scan *s, clv_status *status, struct clv_error *err)
{
    struct line line;
    while (lines_next(&s->src->log, &line)) {
        struct record record = {0};
        enum record_fault why = line.whole ? record_parse(line.text, &record) : RECORD_MALFORMED;
        if (why != RECORD_GOOD)
            return bad_record(s, &line, why);
        if (!take_record(s, &line, &record, status, err))
            return false;
    }
    return true;
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool check_witnesses(struct scan *s)
{
    for (size_t i = 0; s->expect && i < s->expect->num_witnesses; i++)
        if (s->report->cosigned[i].size == 0)
            return fault(s, CLV_JOURNAL_FOREIGN, NULL, "no checkpoint is cosigned by %s+%08x",
                         s->expect->witnesses[i].name, s->expect->witnesses[i].id);
    return true;
}

static bool check_end(struct scan *s)
{
    uint64_t size = s->frontier.size, signed_size = s->report->signed_size;
    if (size == 0 && !lines_at_end(&s->src->checkpoints))
        return fault(s, CLV_JOURNAL_TRUNCATED, &size, "there are checkpoints, but no entries");
    if (s->has_ahead)
        return fault(s, CLV_JOURNAL_TRUNCATED, &size,
                     "a checkpoint signs %" PRIu64 " entries, the journal has %" PRIu64,
                     s->ahead.size, size);
    if (!check_anchors_reached(s))
        return false;
    if (s->report->torn_len > 0)
        return fault(s, CLV_JOURNAL_TORN, &size,
                     "entry %" PRIu64 " breaks off: its writing was not finished", size);
    if (s->report->torn_checkpoint_len > 0)
        return fault(s, CLV_JOURNAL_TORN, NULL,
                     "the last checkpoint breaks off: its writing was not finished");
    if (signed_size == 0)
        return fault(s, CLV_JOURNAL_UNSIGNED, NULL, "no checkpoint signs anything");
    if (size > signed_size)
        return fault(s, CLV_JOURNAL_UNSIGNED_TAIL, &signed_size,
                     "nothing signs the entries from %" PRIu64 " to %" PRIu64, signed_size,
                     size - 1);
    return check_witnesses(s);
}

static clv_status read_failure(const struct scan_sources *src, struct clv_error *err)
{
    if (src->log.failed_errno)
        return clv_fail_errno(err, src->log.failed_errno, "cannot read %s", CLV_JOURNAL_LOG);
    if (src->checkpoints.failed_errno)
        return clv_fail_errno(err, src->checkpoints.failed_errno, "cannot read %s",
                              CLV_JOURNAL_CHECKPOINTS);
    return CLV_OK;
}

clv_status journal_scan(struct scan_sources *src, const struct clv_journal_expect *expect,
                        const struct scan_sink *sink, struct clv_journal_report *report,
                        struct scan_end *ret_end, struct clv_error *err)
{
    struct scan s = {.src = src, .expect = expect, .sink = sink, .report = report};
    clv_status status = CLV_OK;
    *report = (struct clv_journal_report){0};
    if (expect && expect->key) {
        report->key = *expect->key;
        report->key_given = true;
    }
    if (scan_records(&s, &status, err))
        (void)check_end(&s);
    if (status == CLV_OK)
        status = read_failure(src, err);
    if (status == CLV_OK && s.out_of_memory)
        status = clv_fail(err, CLV_E_MEMORY, "there is not enough memory to verify the journal");
    clv_frontier_root(&s.frontier, report->root);
    if (ret_end)
        *ret_end = s.end;
    clv_writer_clear(&s.ahead_note);
    return status;
}
