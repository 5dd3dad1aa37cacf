/* Receipts: a journal entry, its proof, and the same facts as text, codes and PDF. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_SIGNATURES (CLV_MAX_SEATS + 1)

struct sheet_parts {
    char serial[CLV_SERIAL_MAX + 1];
    char stem[64]; /* file name without ending */
    char footer[160], printed[CLV_TIME_TEXT], slip[CLV_SLIP_TEXT];
    char who[MAX_SIGNATURES][200];
    struct clv_document_line lines[MAX_SIGNATURES];
    size_t num_lines;
    struct clv_codes codes;
    uint8_t *proof;
    size_t proof_len;
};

static clv_status write_beside(struct clv_conductor *c, const char *stem, const char *ending,
                               const void *data, size_t len, char **ret_path, struct clv_error *err)
{
    char name[100];
    snprintf(name, sizeof(name), "%s%s", stem, ending);
    char *path = clv_path_join(c->receipts_dir, name);
    if (path == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    clv_status st = data ? clv_file_create(path, data, len, err) : CLV_OK;
    if (st == CLV_OK && ret_path)
        *ret_path = path;
    else
        free(path);
    return st;
}

static void add_signature(struct clv_conductor *c, struct sheet_parts *p, unsigned person)
{
    const struct clv_seat *seat = seat_of(c, person);
    if (seat == NULL || !seat->here || p->num_lines == MAX_SIGNATURES)
        return;
    snprintf(p->who[p->num_lines], sizeof(p->who[0]), "%.120s, %s", seat->name,
             clv_role_name(seat->role));
    p->lines[p->num_lines] = (struct clv_document_line){.who = p->who[p->num_lines]};
    p->num_lines++;
}

static void fill_signatures(struct clv_conductor *c, const struct receipt_request *r,
                            struct sheet_parts *p)
{
    if (!r->whole_cast) {
        add_signature(c, p, r->person);
        add_signature(c, p, clv_ceremony_seat(c->ceremony, CLV_ROLE_WITNESS, 1));
        return;
    }
    for (unsigned i = 1; i <= c->ceremony->num_seats; i++)
        add_signature(c, p, i);
}

static clv_status record_receipt(struct clv_conductor *c, const struct receipt_request *r,
                                 struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_RECEIPT);
    const struct clv_seat *seat = seat_of(c, r->person);
    e.number = ++c->num_documents;
    e.person = r->person;
    e.ok = c->config.test_world;
    SET(e.name, "%s", r->kind);
    SET(e.text2, "%s", c->id);
    SET(e.text, "%s; %s; units %zu; deviations %zu", r->title, seat ? seat->name : "everybody",
        clv_ceremony_num_active(c->ceremony), c->ceremony->num_deviations);
    if (r->pattern)
        memcpy(e.pattern, r->pattern, sizeof(e.pattern));
    if (r->digest)
        memcpy(e.digest, r->digest, sizeof(e.digest));
    clv_status st = record(c, &e, err);
    return st == CLV_OK ? record_checkpoint(c, err) : st;
}

static clv_status fill_parts(struct clv_conductor *c, const struct receipt_request *r,
                             struct sheet_parts *p, struct clv_error *err)
{
    uint8_t root[CLV_HASH_LEN];
    char script[9], head[17];
    struct clv_slip slip = {0};
    uint64_t seq = clv_journal_size(c->journal) - 1;
    clv_journal_root(c->journal, root);
    clv_hex(c->config.script->hash, 4, script);
    clv_hex(root, 8, head);
    snprintf(p->footer, sizeof(p->footer), "script %s, entry %llu, log head %s", script,
             (unsigned long long)seq, head);
    snprintf(p->serial, sizeof(p->serial), "%.4s-%02u", c->id + strlen(c->id) - 4,
             c->num_documents);
    snprintf(p->stem, sizeof(p->stem), "%02u-%s", c->num_documents, r->kind);
    clv_time_text(clv_now_wall_ms(c->config.clock), p->printed);
    fill_signatures(c, r, p);
    clv_status st = clv_receipt_encode(c->journal, seq, &p->proof, &p->proof_len, err);
    if (st == CLV_OK)
        st = clv_receipt_codes(clv_view_of(p->proof, p->proof_len), p->serial, &p->codes, err);
    if (st == CLV_OK)
        st = clv_slip_of(c->journal, "RECEIPT", &slip, err);
    return st == CLV_OK ? clv_slip_format(&slip, p->slip, err) : st;
}

static struct clv_document document_of(const struct clv_conductor *c,
                                       const struct receipt_request *r, const struct sheet_parts *p)
{
    return (struct clv_document){
        .kind = strcmp(r->kind, "ceremony") == 0 ? "Ceremony receipt" : "Key-part receipt",
        .title = r->title,
        .serial = p->serial,
        .ceremony_id = c->id,
        .test = c->config.test_world,
        .printed_at = p->printed,
        .rows = r->rows,
        .num_rows = r->num_rows,
        .lines = p->lines,
        .num_lines = p->num_lines,
        .codes = p->codes.text,
        .num_codes = p->codes.num,
        .slip = p->slip,
        .footer = p->footer,
    };
}

/* The codes as a reader would print them: what `claviger verify` takes when paper was scanned. */
static clv_status write_codes(struct clv_conductor *c, const struct sheet_parts *p,
                              struct clv_error *err)
{
    struct clv_writer w = {0};
    for (size_t i = 0; i < p->codes.num; i++)
        clv_write_format(&w, "%s\n", p->codes.text[i]);
    clv_status st = clv_writer_done(&w, err);
    if (st == CLV_OK)
        st = write_beside(c, p->stem, ".codes", w.data, w.len, NULL, err);
    clv_writer_clear(&w);
    return st;
}

/* A receipt counts when what was written proves what was meant: the file again from disk, and the
 * same file from the codes. */
static clv_status read_back(struct clv_conductor *c, const struct sheet_parts *p,
                            struct clv_error *err)
{
    struct clv_receipt_facts *facts = calloc(1, sizeof(*facts));
    uint8_t *file = NULL, *from_codes = NULL, *codes = NULL;
    size_t file_len = 0, from_codes_len = 0, codes_len = 0;
    char name[100], codes_name[100];
    snprintf(name, sizeof(name), "%s.tlog-proof", p->stem);
    snprintf(codes_name, sizeof(codes_name), "%s.codes", p->stem);
    char *path = clv_path_join(c->receipts_dir, name);
    char *codes_path = clv_path_join(c->receipts_dir, codes_name);
    clv_status st = path && codes_path && facts
                        ? clv_file_read(path, CLV_RECEIPT_MAX, &file, &file_len, err)
                        : clv_fail(err, CLV_E_MEMORY, "no memory to read a receipt back");
    if (st == CLV_OK)
        st = clv_receipt_verify(clv_view_of(file, file_len), clv_journal_key(c->journal), facts,
                                err);
    if (st == CLV_OK)
        st = clv_file_read(codes_path, CLV_RECEIPT_MAX, &codes, &codes_len, err);
    if (st == CLV_OK)
        st = clv_receipt_from_codes(clv_view_of(codes, codes_len), &from_codes, &from_codes_len,
                                    NULL, err);
    if (st == CLV_OK &&
        !clv_view_equal(clv_view_of(file, file_len), clv_view_of(from_codes, from_codes_len)))
        st = clv_fail(err, CLV_E_MISMATCH, "the codes do not give the receipt's file back");
    free(file);
    free(from_codes);
    free(codes);
    free(path);
    free(codes_path);
    free(facts);
    return st == CLV_OK ? st : clv_while(err, "reading the receipt back");
}

static clv_status show_receipt(struct clv_conductor *c, const struct clv_document *doc,
                               struct clv_error *err)
{
    char *text = NULL, *qr = NULL;
    clv_status st = clv_document_text(doc, &text, err);
    if (st == CLV_OK)
        st = clv_qr_render_text(doc->slip, CLV_QR_DARK_GLYPHS, &qr, err);
    struct clv_sheet sheet = {.title = doc->title, .text = text, .qr = qr, .qr_ascii = doc->slip};
    if (st == CLV_OK)
        st = c->face->show(c->face->ctx, &sheet, true, err);
    free(text);
    free(qr);
    return st;
}

/* Each try is a document of its own, with its own serial and entry. */
static clv_status make_once(struct clv_conductor *c, const struct receipt_request *r,
                            bool *ret_again, struct clv_error *err)
{
    struct sheet_parts *p = calloc(1, sizeof(*p));
    char *path = NULL;
    if (p == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a receipt");
    clv_status st = record_receipt(c, r, err);
    if (st == CLV_OK)
        st = fill_parts(c, r, p, err);
    struct clv_document doc = document_of(c, r, p);
    if (st == CLV_OK)
        st = write_beside(c, p->stem, ".tlog-proof", p->proof, p->proof_len, NULL, err);
    if (st == CLV_OK)
        st = write_codes(c, p, err);
    if (st == CLV_OK)
        st = read_back(c, p, err);
    if (st == CLV_OK)
        st = write_beside(c, p->stem, ".pdf", NULL, 0, &path, err);
    if (st == CLV_OK)
        st = clv_document_write_pdf(&doc, path, err);
    if (st == CLV_OK) {
        tell(c, CLV_TONE_DONE, "Receipt %s, written and read back: %s", p->serial, path);
        st = show_receipt(c, &doc, err);
    }
    if (st == CLV_OK)
        st = print_receipt(c, path, p->serial, ret_again, err);
    free(path);
    free(p->proof);
    free(p);
    return st == CLV_OK ? st : clv_while(err, "making a receipt");
}

/* A receipt that cannot be written must not undo the turn it documents. */
clv_status make_receipt(struct clv_conductor *c, const struct receipt_request *r,
                        struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"retry", "It is mended: make the receipt again", "With a new serial."},
        {"go-on", "Go on without it; record a deviation", "The journal has every fact."},
    };
    for (;;) {
        struct clv_error why = {0};
        char text[2048];
        size_t choice = 0;
        bool again = false;
        clv_status st = make_once(c, r, &again, &why);
        if (st == CLV_OK && again)
            continue;
        if (st == CLV_OK)
            return st;
        if (st == CLV_E_INTERRUPTED || st == CLV_E_TERMINAL) {
            if (err)
                *err = why;
            return st;
        }
        clv_kept(&why, "What the receipt is about is done and in the journal.");
        clv_error_format(&why, text, sizeof(text));
        const char *lines[] = {text};
        struct clv_question q = {.id = "receipt.failed",
                                 .title = "A receipt is missing",
                                 .lines = lines,
                                 .num_lines = 1,
                                 .prompt = "What now?",
                                 .choices = choices,
                                 .num_choices = 2};
        st = ask_choice(c, &q, &choice, err);
        if (st == CLV_OK && choice == 1)
            return record_deviation(c, err);
        if (st != CLV_OK)
            return st;
    }
}
