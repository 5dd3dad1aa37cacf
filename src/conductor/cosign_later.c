/* A cosignature that comes when the ceremony is over: into the journal, and onto every receipt. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct reissue {
    struct clv_journal *journal;
    const char *dir;
    struct clv_cosigned_receipts done;
};

/* A name that is free: the second witness's receipts do not replace the first one's. */
static clv_status free_stem(const struct reissue *r, const struct clv_event *e, char ret[100],
                            struct clv_error *err)
{
    for (unsigned n = 1; n <= CLV_WITNESSES_MAX + 1; n++) {
        uint8_t *data = NULL;
        char *path = NULL;
        size_t len = 0;
        snprintf(ret, 100, "%02u-%.60s-cosigned", e->number, e->name);
        if (n > 1)
            snprintf(ret + strlen(ret), 100 - strlen(ret), "-%u", n);
        clv_status st = issue_path(r->dir, ret, ".tlog-proof", &path, err);
        if (st != CLV_OK)
            return st;
        st = clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, NULL);
        free(path);
        free(data);
        if (st == CLV_E_MISSING)
            return CLV_OK;
    }
    return clv_fail(err, CLV_E_EXISTS, "there are too many cosigned receipts in %s", r->dir);
}

static clv_status write_paper(const struct reissue *r, const struct clv_event *e, const char *stem,
                              const char *serial, const struct clv_codes *codes,
                              struct clv_error *err)
{
    struct cosigner_rows cosigners;
    char pattern[100], digest[100], time[CLV_TIME_TEXT], printed[CLV_TIME_TEXT], *path = NULL;
    fill_cosigners(r->journal, &cosigners);
    clv_hex_groups(e->pattern, sizeof(e->pattern), 4, pattern, sizeof(pattern));
    clv_hex_groups(e->digest, sizeof(e->digest), 8, digest, sizeof(digest));
    clv_time_text(e->wall_ms, time);
    clv_time_text(clv_now_wall_ms(clv_clock_system()), printed);
    struct clv_document_row rows[6 + MAX_COSIGNERS] = {
        {"Receipt", e->name, false},
        {"Recorded", time, false},
        {"Facts", e->text, false},
        {"EP11-VP", pattern, true},
        {"Commitment or script", digest, true},
        {"Journal key", clv_journal_vkey(r->journal), true}};
    const struct clv_document doc = {.kind = "Cosigned receipt",
                                     .title = "Receipt with the cosignature of a witness",
                                     .serial = serial,
                                     .ceremony_id = clv_journal_ceremony_id(r->journal),
                                     .test = clv_journal_is_test(r->journal),
                                     .printed_at = printed,
                                     .rows = rows,
                                     .num_rows = 6 + add_cosigners(&cosigners, rows + 6),
                                     .codes = codes->text,
                                     .num_codes = codes->num};
    clv_status st = issue_path(r->dir, stem, ".pdf", &path, err);
    if (st == CLV_OK)
        st = clv_document_write_pdf(&doc, path, err);
    free(path);
    return st;
}

static clv_status reissue_entry(void *ctx, uint64_t seq, struct clv_view entry,
                                struct clv_error *err)
{
    struct reissue *r = ctx;
    const char *id = clv_journal_ceremony_id(r->journal);
    size_t id_len = strlen(id);
    struct clv_event e;
    struct clv_codes codes;
    char stem[100], serial[CLV_SERIAL_MAX + 1];
    if (seq >= clv_journal_signed_size(r->journal) || clv_event_decode(entry, &e, NULL) != CLV_OK ||
        e.kind != CLV_EVENT_RECEIPT || strchr(e.name, '/'))
        return CLV_OK;
    clv_status st = free_stem(r, &e, stem, err);
    snprintf(serial, sizeof(serial), "%.4s-%02u", id + (id_len > 4 ? id_len - 4 : 0),
             e.number % 1000);
    const struct issue issue = {
        .journal = r->journal, .dir = r->dir, .stem = stem, .serial = serial, .seq = seq};
    if (st == CLV_OK)
        st = issue_receipt(&issue, &codes, err);
    if (st == CLV_OK)
        st = write_paper(r, &e, stem, serial, &codes, err);
    r->done.num += st == CLV_OK;
    return st;
}

/* A copy that has not got the checkpoint gets it with the next that is written; there is none when
 * the other copy has the cosignature already. */
static clv_status catch_up(struct clv_journal *j, struct clv_error *err)
{
    bool whole = clv_journal_signed_size(j) == clv_journal_size(j);
    return whole ? clv_journal_checkpoint(j, err) : CLV_OK;
}

clv_status clv_conductor_add_cosignature(const struct clv_late_cosignature *late,
                                         struct clv_cosigned_receipts *ret, struct clv_error *err)
{
    char *own_dir = clv_path_join(late->dir, "receipts");
    struct reissue r = {.dir = late->receipts_dir ? late->receipts_dir : own_dir};
    clv_status st = own_dir ? clv_journal_open_mirrored(late->dir, late->mirror, &r.journal, err)
                            : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = clv_journal_cosigned(r.journal, late->cosignature, late->witness, err);
    if (st == CLV_OK && late->mirror)
        st = catch_up(r.journal, err);
    if (st == CLV_OK)
        st = clv_dir_private(r.dir, err);
    if (st == CLV_OK)
        st = clv_journal_each(r.journal, 0, reissue_entry, &r, err);
    if (st == CLV_OK) {
        r.done.size = clv_journal_signed_size(r.journal);
        r.done.test = clv_journal_is_test(r.journal);
        *ret = r.done;
    }
    clv_journal_free(&r.journal);
    free(own_dir);
    return st;
}
