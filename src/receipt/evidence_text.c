/* The report on a piece of evidence, for people. */
#include <inttypes.h>
#include <stdlib.h>

#include "internal.h"

static void write_world(struct clv_writer *w, bool test)
{
    clv_write_format(w, "%s\n", test ? WORLD_TEST : WORLD_PRODUCTION);
}

static void write_hash(struct clv_writer *w, const char *label, const uint8_t hash[CLV_HASH_LEN])
{
    char groups[CLV_HASH_LEN * 3 + 1];
    clv_hex_groups(hash, CLV_HASH_LEN, 4, groups, sizeof groups);
    clv_write_format(w, "  %-14s%s\n", label, groups);
}

static void write_key(struct clv_writer *w, const struct clv_vkey *key, bool given_by_caller)
{
    char text[CLV_VKEY_TEXT];
    clv_vkey_format(key, text);
    clv_write_format(w, "  %-14s%s\n", "journal key", text);
    clv_write_format(w, "  %-14s%s\n", "",
                     given_by_caller ? "the key you gave" : "named by this evidence, not by you");
}

static void write_receipt(struct clv_writer *w, const struct clv_evidence_report *r)
{
    const struct clv_receipt_facts *f = &r->facts;
    char *entry = NULL;
    write_world(w, f->test);
    clv_write_format(w, "  %-14s%s\n", "ceremony", f->ceremony_id);
    if (r->serial[0])
        clv_write_format(w, "  %-14s%s (from the codes' label, not signed)\n", "serial", r->serial);
    clv_write_format(w, "  %-14s%" PRIu64 " of %" PRIu64 "\n", "entry", f->seq, f->size);
    write_hash(w, "log root", f->root);
    write_key(w, &f->key, f->key_given);
    if (clv_entry_text(clv_view_of(f->entry.text, f->entry.len), &entry, NULL) == CLV_OK)
        clv_write_format(w, "What is recorded:\n%s", entry);
    free(entry);
}

static void write_journal(struct clv_writer *w, const struct clv_journal_report *j)
{
    clv_write_format(w, "  %-14s%s\n", "ceremony", j->ceremony_id);
    clv_write_format(w, "  %-14s%" PRIu64 ", signed %" PRIu64 ", checkpoints %" PRIu64 "\n",
                     "entries", j->size, j->signed_size, j->num_checkpoints);
    write_hash(w, "log root", j->root);
    write_key(w, &j->key, j->key_given);
}

static void write_slip(struct clv_writer *w, const struct clv_slip *s)
{
    write_world(w, s->test);
    clv_write_format(w, "  %-14s%s\n", "ceremony", s->ceremony_id);
    if (s->kind[0])
        clv_write_format(w, "  %-14s%s\n", "kind", s->kind);
    clv_write_format(w, "  %-14s%" PRIu64 "\n", "entries", s->size);
    write_hash(w, "log root", s->root);
}

/* Who said so, and whether that was looked at. */
static void write_cosigners(struct clv_writer *w, const struct clv_evidence_report *r)
{
    for (size_t i = 0; i < r->num_cosigners; i++) {
        const struct clv_evidence_cosigner *c = &r->cosigners[i];
        char time[CLV_TIME_TEXT];
        clv_time_text((int64_t)c->time * 1000, time);
        clv_write_format(w, "  %-14s%s+%08x\n  %-14s%" PRIu64 " entries, %s: %s\n",
                         i == 0 ? "cosigned by" : "", c->name, c->id, "", c->size, time,
                         c->holds ? "holds" : "NOT CHECKED, no --witness-key was given for it");
    }
}

/* Facts are shown only when they were verified: text that is not signed is not repeated. */
static void write_facts(struct clv_writer *w, const struct clv_evidence_report *r)
{
    switch (r->kind) {
    case CLV_EVIDENCE_RECEIPT:
    case CLV_EVIDENCE_CODES:
        if (r->code == CLV_OK)
            write_receipt(w, r);
        break;
    case CLV_EVIDENCE_SLIP:
    case CLV_EVIDENCE_CHECKPOINT:
        if (r->code == CLV_OK)
            write_slip(w, &r->slip);
        break;
    case CLV_EVIDENCE_JOURNAL:
        if (r->journal.ceremony_id[0]) {
            write_world(w, r->journal.test);
            write_journal(w, &r->journal);
        }
        break;
    case CLV_EVIDENCE_UNKNOWN:
        break;
    }
}

clv_status clv_evidence_text(const struct clv_evidence_report *report, char **ret_text,
                             struct clv_error *err)
{
    struct clv_writer w = {0};
    uint8_t *text = NULL;
    size_t len = 0;
    clv_writer_init(&w);
    if (report->code == CLV_OK)
        clv_write_format(&w, "HOLDS: %s. %s\n", clv_evidence_kind_name(report->kind),
                         report->verdict);
    else
        clv_write_format(&w, "DOES NOT HOLD: %s: %s (%s)\n", clv_evidence_kind_name(report->kind),
                         report->verdict, clv_code_name(report->code));
    write_facts(&w, report);
    if (report->code == CLV_OK)
        write_cosigners(&w, report);
    if (report->kind != CLV_EVIDENCE_JOURNAL && report->journal.size > 0 && report->code == CLV_OK)
        clv_write_format(&w, "It agrees with the journal of %" PRIu64 " entries (%s).\n",
                         report->journal.size, clv_journal_verdict_name(report->journal.verdict));
    if (report->advice[0])
        clv_write_format(&w, "%s\n", report->advice);
    clv_write_u8(&w, 0);
    clv_status status = clv_writer_detach(&w, &text, &len, err);
    clv_writer_clear(&w);
    if (status == CLV_OK)
        *ret_text = (char *)text;
    return status;
}
