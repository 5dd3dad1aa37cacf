/* One call for any piece of evidence: what is it, and does it hold? */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "internal.h"

static const char *const kind_names[] = {
    [CLV_EVIDENCE_UNKNOWN] = "unknown",
    [CLV_EVIDENCE_JOURNAL] = "journal",
    [CLV_EVIDENCE_RECEIPT] = "receipt (tlog-proof)",
    [CLV_EVIDENCE_CODES] = "receipt (scanned codes)",
    [CLV_EVIDENCE_SLIP] = "slip",
    [CLV_EVIDENCE_CHECKPOINT] = "signed checkpoint",
};

const char *clv_evidence_kind_name(enum clv_evidence_kind kind)
{
    return kind_names[kind];
}

static void __attribute__((format(printf, 3, 4)))
judge(struct clv_evidence_report *r, clv_status code, const char *fmt, ...)
{
    va_list args;
    r->code = code;
    va_start(args, fmt);
    vsnprintf(r->verdict, sizeof r->verdict, fmt, args);
    va_end(args);
}

static void judge_error(struct clv_evidence_report *r, const struct clv_error *why)
{
    judge(r, why->code, "%s", why->fact);
    snprintf(r->advice, sizeof r->advice, "%s", why->hint);
}

static void advise(struct clv_evidence_report *r, const char *advice)
{
    if (!r->advice[0])
        snprintf(r->advice, sizeof r->advice, "%s", advice);
}

/* ---- against the journal --------------------------------------------------------------------- */

/* ret_report->journal is filled; CLV_E_FOREIGN when it is another ceremony's. */
static clv_status hold_against_journal(const struct clv_evidence_expect *expect,
                                       const struct clv_vkey *key, const char *id, bool test,
                                       const struct clv_journal_anchor *anchor,
                                       struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_journal_expect want = {.key = key, .anchors = anchor, .num_anchors = 1};
    clv_status status = clv_journal_verify(expect->journal_dir, &want, &r->journal, err);
    if (status != CLV_OK)
        return status;
    const struct clv_journal_report *j = &r->journal;
    if (j->ceremony_id[0] && (strcmp(j->ceremony_id, id) != 0 || j->test != test))
        judge(r, CLV_E_FOREIGN, "it is of ceremony %s, the journal of %s", id, j->ceremony_id);
    else if (j->code != CLV_OK && j->code != CLV_E_MISMATCH)
        judge(r, j->code, "the journal: %s", j->fault);
    return CLV_OK;
}

/* ---- witnesses ------------------------------------------------------------------------------- */

/* The lines of others than the journal, as far as there is room. */
static void list_cosigners(struct clv_evidence_report *r, const struct clv_note *note,
                           const struct clv_checkpoint *c)
{
    for (size_t i = 0; i < note->num_signatures && r->num_cosigners < CLV_WITNESSES_MAX; i++) {
        const struct clv_note_signature *line = &note->signatures[i];
        struct clv_evidence_cosigner *to = &r->cosigners[r->num_cosigners];
        struct clv_cosignature cosignature;
        if (clv_view_equal(line->name, c->origin) || line->name.len > CLV_NOTE_NAME_MAX ||
            !clv_cosignature_of_line(line, &cosignature))
            continue;
        *to = (struct clv_evidence_cosigner){
            .id = line->id, .time = cosignature.time, .size = c->size};
        memcpy(to->name, line->name.data, line->name.len);
        r->num_cosigners++;
    }
}

static void mark_held(struct clv_evidence_report *r, const struct clv_vkey *witness)
{
    for (size_t i = 0; i < r->num_cosigners; i++)
        if (r->cosigners[i].id == witness->id && strcmp(r->cosigners[i].name, witness->name) == 0)
            r->cosigners[i].holds = true;
}

/* Of a note whose own signature holds. */
static void check_cosigned(struct clv_evidence_report *r, const struct clv_evidence_expect *expect,
                           struct clv_view note_text)
{
    struct clv_note note;
    struct clv_checkpoint c;
    struct clv_error why = {0};
    if (clv_note_parse(note_text, &note, NULL) != CLV_OK ||
        clv_checkpoint_parse(note.text, &c, NULL) != CLV_OK)
        return;
    list_cosigners(r, &note, &c);
    for (size_t i = 0; expect && r->code == CLV_OK && i < expect->num_witnesses; i++) {
        if (clv_note_check_cosigned(&note, &expect->witnesses[i], NULL, &why) == CLV_OK)
            mark_held(r, &expect->witnesses[i]);
        else
            judge_error(r, &why);
    }
}

static void check_receipt_cosigned(struct clv_evidence_report *r,
                                   const struct clv_evidence_expect *expect, struct clv_view text)
{
    struct proof p;
    if (proof_parse(text, &p, NULL) != CLV_OK)
        return;
    check_cosigned(r, expect, p.note_text);
    proof_clear(&p);
}

static void list_journal_cosigners(struct clv_evidence_report *r,
                                   const struct clv_evidence_expect *expect)
{
    for (size_t i = 0; expect && i < expect->num_witnesses; i++) {
        struct clv_evidence_cosigner *to = &r->cosigners[r->num_cosigners++];
        *to = (struct clv_evidence_cosigner){.id = expect->witnesses[i].id,
                                             .time = r->journal.cosigned[i].time,
                                             .size = r->journal.cosigned[i].size,
                                             .holds = true};
        memcpy(to->name, expect->witnesses[i].name, sizeof to->name);
    }
}

static void advise_key(struct clv_evidence_report *r, bool key_given)
{
    if (!key_given)
        advise(r, "The key was named by this evidence itself. Compare it with the one on paper, or "
                  "give it, before you rely on it.");
}

/* ---- each kind ------------------------------------------------------------------------------- */

static clv_status verify_journal(const char *dir, const struct clv_evidence_expect *expect,
                                 struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_journal_expect want = {0};
    if (expect)
        want = (struct clv_journal_expect){.key = expect->key,
                                           .witnesses = expect->witnesses,
                                           .num_witnesses = expect->num_witnesses};
    r->kind = CLV_EVIDENCE_JOURNAL;
    clv_status status = clv_journal_verify(dir, &want, &r->journal, err);
    if (status != CLV_OK)
        return status;
    const struct clv_journal_report *j = &r->journal;
    if (j->code != CLV_OK) {
        judge(r, j->code, "%s", j->fault);
        return CLV_OK;
    }
    judge(r, CLV_OK, "All %" PRIu64 " entries are signed and unchanged.", j->size);
    list_journal_cosigners(r, expect);
    advise_key(r, j->key_given);
    advise(r, "An older copy of the whole folder looks the same: compare the number of entries and "
              "the root with the latest slip or receipt.");
    return CLV_OK;
}

static clv_status verify_receipt(struct clv_view text, const struct clv_evidence_expect *expect,
                                 struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_error why = {0};
    struct clv_receipt_facts *f = &r->facts;
    if (clv_receipt_verify(text, expect ? expect->key : NULL, f, &why) != CLV_OK) {
        judge_error(r, &why);
        return CLV_OK;
    }
    judge(r, CLV_OK,
          "Entry %" PRIu64 " is unchanged, and in the signed log of %" PRIu64 " entries.", f->seq,
          f->size);
    clv_status status = CLV_OK;
    struct clv_journal_anchor anchor = {.size = f->size};
    memcpy(anchor.root, f->root, CLV_HASH_LEN);
    if (expect && expect->journal_dir)
        status = hold_against_journal(expect, &f->key, f->ceremony_id, f->test, &anchor, r, err);
    if (status == CLV_OK && r->code == CLV_OK)
        check_receipt_cosigned(r, expect, text);
    if (r->code == CLV_OK)
        advise_key(r, f->key_given);
    return status;
}

static clv_status verify_codes(struct clv_view scanned, const struct clv_evidence_expect *expect,
                               struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_error why = {0};
    uint8_t *text = NULL;
    size_t len = 0;
    if (clv_receipt_from_codes(scanned, &text, &len, r->serial, &why) != CLV_OK) {
        judge_error(r, &why);
        return CLV_OK;
    }
    clv_status status = verify_receipt(clv_view_of(text, len), expect, r, err);
    free(text);
    return status;
}

static clv_status verify_slip(struct clv_view text, const struct clv_evidence_expect *expect,
                              struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_error why = {0};
    struct clv_slip *s = &r->slip;
    if (clv_slip_parse(text, s, &why) != CLV_OK) {
        judge_error(r, &why);
        return CLV_OK;
    }
    struct clv_journal_anchor anchor = {.size = s->size};
    memcpy(anchor.root, s->root, CLV_HASH_LEN);
    if (expect && expect->journal_dir) {
        judge(r, CLV_OK, "The journal's first %" PRIu64 " entries are those on the slip.", s->size);
        return hold_against_journal(expect, expect->key, s->ceremony_id, s->test, &anchor, r, err);
    }
    judge(r, CLV_OK, "The slip was read without error: %" PRIu64 " entries.", s->size);
    advise(r, "A slip is not signed. It proves something only when held against the journal.");
    return CLV_OK;
}

static void checkpoint_facts(const struct clv_checkpoint *c, struct clv_evidence_report *r,
                             struct clv_error *why)
{
    r->slip.size = c->size;
    memcpy(r->slip.root, c->root, CLV_HASH_LEN);
    if (clv_origin_parse(c->origin, r->slip.ceremony_id, &r->slip.test, why) != CLV_OK)
        judge_error(r, why);
}

static clv_status verify_checkpoint(struct clv_view text, const struct clv_evidence_expect *expect,
                                    struct clv_evidence_report *r, struct clv_error *err)
{
    struct clv_note note;
    struct clv_checkpoint c;
    struct clv_error why = {0};
    clv_status status = CLV_OK;
    const struct clv_vkey *key = expect ? expect->key : NULL;
    if (clv_note_parse(text, &note, &why) != CLV_OK ||
        clv_checkpoint_parse(note.text, &c, &why) != CLV_OK) {
        judge_error(r, &why);
        return CLV_OK;
    }
    judge(r, CLV_OK, "The checkpoint of %" PRIu64 " entries is signed.", c.size);
    checkpoint_facts(&c, r, &why);
    struct clv_journal_anchor anchor = {.size = c.size};
    memcpy(anchor.root, c.root, CLV_HASH_LEN);
    if (r->code == CLV_OK && expect && expect->journal_dir) {
        status =
            hold_against_journal(expect, key, r->slip.ceremony_id, r->slip.test, &anchor, r, err);
        key = &r->journal.key;
    }
    if (status != CLV_OK || r->code != CLV_OK)
        return status;
    if (!key) {
        judge(r, CLV_E_MISSING, "The checkpoint cannot be checked without the journal's key.");
        advise(r, "Give the key from paper or from a receipt, or the journal's folder.");
    } else if (clv_note_verify(&note, key, &why) != CLV_OK) {
        judge_error(r, &why);
    } else {
        check_cosigned(r, expect, text);
    }
    return CLV_OK;
}

/* ---- which kind ------------------------------------------------------------------------------ */

/* form NULL: of any, or what a keyboard made of one. */
static bool has_code(struct clv_view text, const struct code_form *form)
{
    for (struct clv_view code; take_code(&text, &code);)
        if (form ? code_starts(code, form) : clv_code_resembles(code))
            return true;
    return false;
}

static enum clv_evidence_kind sniff(struct clv_view bytes)
{
    struct clv_note note;
    struct clv_checkpoint c;
    if (view_starts(bytes, "c2sp.org/tlog-proof@"))
        return CLV_EVIDENCE_RECEIPT;
    if (has_code(bytes, &code_receipt))
        return CLV_EVIDENCE_CODES;
    if (has_code(bytes, &code_slip))
        return CLV_EVIDENCE_SLIP;
    if (clv_note_parse(bytes, &note, NULL) == CLV_OK &&
        clv_checkpoint_parse(note.text, &c, NULL) == CLV_OK)
        return CLV_EVIDENCE_CHECKPOINT;
    return has_code(bytes, NULL) ? CLV_EVIDENCE_CODES : CLV_EVIDENCE_UNKNOWN;
}

clv_status clv_evidence_verify_bytes(struct clv_view bytes,
                                     const struct clv_evidence_expect *expect,
                                     struct clv_evidence_report *ret_report, struct clv_error *err)
{
    struct clv_evidence_report r = {.kind = sniff(bytes)};
    clv_status status = CLV_OK;
    switch (r.kind) {
    case CLV_EVIDENCE_RECEIPT:
        status = verify_receipt(bytes, expect, &r, err);
        break;
    case CLV_EVIDENCE_CODES:
        status = verify_codes(bytes, expect, &r, err);
        break;
    case CLV_EVIDENCE_SLIP:
        status = verify_slip(bytes, expect, &r, err);
        break;
    case CLV_EVIDENCE_CHECKPOINT:
        status = verify_checkpoint(bytes, expect, &r, err);
        break;
    case CLV_EVIDENCE_JOURNAL: /* is a folder, never bytes */
    case CLV_EVIDENCE_UNKNOWN:
        judge(&r, CLV_E_FORMAT, "This is no receipt, code, slip or checkpoint of claviger.");
        advise(&r, "It takes a ceremony folder, a .tlog-proof file, or the text of the QR codes, "
                   "one code a line.");
        break;
    }
    if (status == CLV_OK)
        *ret_report = r;
    return status;
}

clv_status clv_evidence_verify(const char *path, const struct clv_evidence_expect *expect,
                               struct clv_evidence_report *ret_report, struct clv_error *err)
{
    struct stat st;
    uint8_t *data = NULL;
    size_t len = 0;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        struct clv_evidence_report r = {0};
        clv_status status = verify_journal(path, expect, &r, err);
        if (status == CLV_OK)
            *ret_report = r;
        return status;
    }
    clv_status status = clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, err);
    if (status == CLV_OK)
        status = clv_evidence_verify_bytes(clv_view_of(data, len), expect, ret_report, err);
    free(data);
    return status;
}
