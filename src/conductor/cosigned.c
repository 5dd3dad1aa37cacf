/* Cosignatures of witnesses: asked for before the last receipts, or added afterwards. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- in the ceremony ---------------------------------------------------------------------------
 */

#define TYPED_MAX 1024

/* The checkpoint with its proof, one sheet a code. */
static clv_status show_checkpoint(struct clv_conductor *c, const struct clv_vkey *witness,
                                  uint64_t old_size, struct clv_error *err)
{
    struct clv_relay_codes codes;
    struct clv_writer request = {0};
    char title[100], text[300];
    clv_writer_init(&request);
    clv_status st = clv_journal_cosign_request(c->journal, old_size, &request, err);
    if (st == CLV_OK)
        st = clv_relay_request_codes(clv_writer_view(&request), clv_journal_key(c->journal), &codes,
                                     err);
    clv_writer_clear(&request);
    for (size_t i = 0; st == CLV_OK && i < codes.num; i++) {
        char *qr = NULL;
        snprintf(title, sizeof(title), "Checkpoint to be cosigned, code %zu of %zu", i + 1,
                 codes.num);
        snprintf(text, sizeof(text),
                 "Witness, scan this with your own machine: claviger cosign%s\n\n%.200s",
                 c->config.test_world ? " --test" : "", witness->name);
        st = clv_qr_render_text(codes.text[i], CLV_QR_DARK_GLYPHS, &qr, err);
        const struct clv_sheet sheet = {
            .title = title, .text = text, .qr = qr, .qr_ascii = codes.text[i]};
        if (st == CLV_OK)
            st = c->face->show(c->face->ctx, &sheet, true, err);
        free(qr);
    }
    return st;
}

/* What was typed so far is a code or rows, or one more row is wanted.
 * errors  CLV_E_MISSING: more rows; CLV_E_FORMAT: the last line was no good */
static clv_status take_line(char typed[TYPED_MAX], const char *line, struct clv_relayed *ret,
                            struct clv_error *why)
{
    size_t before = strlen(typed);
    snprintf(typed + before, TYPED_MAX - before, "%s\n", line);
    clv_status st = clv_relay_cosignature_read(clv_view_of(typed, strlen(typed)), ret, why);
    if (st != CLV_OK && st != CLV_E_MISSING)
        typed[before] = '\0';
    return st;
}

static clv_status read_file(const char *path, struct clv_relayed *ret, struct clv_error *why)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, why);
    if (st == CLV_OK)
        st = clv_relay_cosignature_read(clv_view_of(data, len), ret, why);
    free(data);
    return st;
}

/* One witness: until their cosignature is in the journal, or they decide otherwise. */
struct asking {
    const struct clv_vkey *witness;
    uint64_t old_size;
    char typed[TYPED_MAX];
    char problem[CLV_ERROR_TEXT];
    bool done, skipped;
};

static clv_status answer(struct clv_conductor *c, struct asking *a, const char *text,
                         struct clv_error *err)
{
    struct clv_relayed relayed = {0};
    struct clv_error why = {0};
    unsigned long long old = 0;
    char end = 0;
    clv_status st;
    if (strcmp(text, "none") == 0) {
        a->skipped = true;
        return CLV_OK;
    }
    if (sscanf(text, "old %18llu%c", &old, &end) == 1) {
        a->old_size = old;
        st = show_checkpoint(c, a->witness, a->old_size, &why);
    } else if (text[0] == '/' || text[0] == '.') {
        st = read_file(text, &relayed, &why);
    } else {
        st = take_line(a->typed, text, &relayed, &why);
    }
    if (st == CLV_OK && old == 0) {
        st = clv_journal_cosigned(c->journal, &relayed.cosignature, a->witness, &why);
        a->done = st == CLV_OK;
        if (st != CLV_OK)
            a->typed[0] = '\0';
    }
    snprintf(a->problem, sizeof(a->problem), "%s", why.fact);
    if (st != CLV_E_INTERRUPTED && st != CLV_E_TERMINAL)
        return CLV_OK;
    if (err)
        *err = why;
    return st;
}

static clv_status ask_witness(struct clv_conductor *c, unsigned number, struct asking *a,
                              struct clv_error *err)
{
    char id[40], who[200];
    snprintf(id, sizeof(id), "cosign.%u", number);
    snprintf(who, sizeof(who), "%.160s", a->witness->name);
    const char *lines[] = {
        who, "Scan the code that your machine shows, or type its eight rows, one after",
        "the other; or the path of a file (starting with / or .).",
        "If your machine names the entries you cosigned last, type: old NUMBER",
        "To go on without it, with a deviation on record, type: none"};
    struct clv_question q = {.kind = CLV_ASK_TEXT,
                             .id = id,
                             .title = "The witness's cosignature",
                             .lines = lines,
                             .num_lines = sizeof(lines) / sizeof(lines[0]),
                             .prompt = "Cosignature",
                             .max_len = 300,
                             .may_deviate = true,
                             .help = "It says that this journal continues what the witness saw of "
                                     "it before, and stands on the receipts that come now."};
    clv_status st = show_checkpoint(c, a->witness, a->old_size, err);
    while (st == CLV_OK && !a->done && !a->skipped) {
        struct clv_reply reply;
        q.problem = a->problem[0] ? a->problem : NULL;
        st = ask(c, &q, &reply, err);
        if (st == CLV_OK)
            st = answer(c, a, reply.text, err);
    }
    return st;
}

static clv_status witness_of(const struct clv_site *site, size_t i, struct clv_vkey *ret,
                             struct clv_error *err)
{
    const char *text = site->witness_keys[i];
    clv_status st = clv_cosigner_parse(clv_view_of(text, strlen(text)), ret, err);
    return st == CLV_OK ? st : clv_while(err, "reading the site's key of witness %zu", i + 1);
}

clv_status check_witnesses(const struct clv_site *site, struct clv_error *err)
{
    struct clv_vkey witness;
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < site->num_witness_keys; i++)
        st = witness_of(site, i, &witness, err);
    return st;
}

clv_status cosign_head(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_site *site = c->config.site;
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < site->num_witness_keys; i++) {
        struct clv_vkey witness;
        st = witness_of(site, i, &witness, err);
        if (st != CLV_OK)
            return st;
        struct asking a = {.witness = &witness,
                           .old_size = clv_journal_cosigned_size(c->journal, &witness)};
        st = ask_witness(c, (unsigned)i + 1, &a, err);
        if (st == CLV_OK && a.done)
            tell(c, CLV_TONE_DONE, "The journal is cosigned by %s.", witness.name);
        if (st == CLV_OK && a.skipped)
            st = record_deviation(c, err);
        if (st == CLV_OK && a.skipped)
            st = record_checkpoint(c, err);
    }
    return st;
}

/* ---- afterwards --------------------------------------------------------------------------------
 */

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

clv_status clv_conductor_add_cosignature(const char *dir, const char *receipts_dir,
                                         const struct clv_cosignature *cosignature,
                                         const struct clv_vkey *witness,
                                         struct clv_cosigned_receipts *ret, struct clv_error *err)
{
    char *own_dir = clv_path_join(dir, "receipts");
    struct reissue r = {.dir = receipts_dir ? receipts_dir : own_dir};
    clv_status st = own_dir ? clv_journal_open(dir, &r.journal, err)
                            : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = clv_journal_cosigned(r.journal, cosignature, witness, err);
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
