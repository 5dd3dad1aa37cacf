/* Receipts: a journal entry, its proof, and the same facts as text, codes and PDF. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_SIGNATURES (CLV_MAX_SEATS + 1)

struct prepared_receipt {
    unsigned number;
    char serial[CLV_SERIAL_MAX + 1];
    char stem[64]; /* file name without ending */
    char footer[160], printed[CLV_TIME_TEXT], slip[CLV_SLIP_TEXT];
    char who[MAX_SIGNATURES][200];
    struct clv_document_line lines[MAX_SIGNATURES];
    size_t num_lines, num_rows;
    struct clv_document_row rows[MAX_DOCUMENT_ROWS];
    struct cosigner_rows cosigners;
    struct clv_codes codes;
    struct clv_document doc; /* of the texts above */
    char *path;              /* of the PDF */
};

static void add_signature(struct clv_conductor *c, struct prepared_receipt *p, unsigned person)
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
                            struct prepared_receipt *p)
{
    if (!r->whole_cast) {
        add_signature(c, p, r->person);
        add_signature(c, p, clv_ceremony_seat(c->ceremony, CLV_ROLE_WITNESS, 1));
        return;
    }
    for (unsigned i = 1; i <= c->ceremony->num_seats; i++)
        add_signature(c, p, i);
}

clv_status record_receipt(struct clv_conductor *c, const struct receipt_request *r,
                          struct receipt_entry *ret, struct clv_error *err)
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
    *ret = (struct receipt_entry){.number = e.number, .seq = clv_journal_size(c->journal) - 1};
    return st;
}

clv_status record_receipt_void(struct clv_conductor *c, unsigned serial, const char *why,
                               struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_RECEIPT_VOID);
    e.number = serial;
    SET(e.text, "%s", why);
    return record(c, &e, err);
}

static clv_status fill_parts(struct clv_conductor *c, const struct receipt_request *r,
                             const struct receipt_entry *entry, struct prepared_receipt *p,
                             struct clv_error *err)
{
    uint8_t root[CLV_HASH_LEN];
    char script[9], head[17];
    struct clv_slip slip = {0};
    clv_journal_root(c->journal, root);
    clv_hex(c->config.script->hash, 4, script);
    clv_hex(root, 8, head);
    snprintf(p->footer, sizeof(p->footer), "script %s, entry %llu, log head %s", script,
             (unsigned long long)entry->seq, head);
    snprintf(p->serial, sizeof(p->serial), "%.4s-%02u", c->id + strlen(c->id) - 4, entry->number);
    snprintf(p->stem, sizeof(p->stem), "%02u-%s", entry->number, r->kind);
    clv_time_text(clv_now_wall_ms(c->config.clock), p->printed);
    fill_signatures(c, r, p);
    fill_cosigners(c->journal, &p->cosigners);
    const struct issue issue = {.journal = c->journal,
                                .dir = c->receipts_dir,
                                .stem = p->stem,
                                .serial = p->serial,
                                .seq = entry->seq};
    clv_status st = issue_receipt(&issue, &p->codes, err);
    if (st == CLV_OK)
        st = clv_slip_of(c->journal, "RECEIPT", &slip, err);
    return st == CLV_OK ? clv_slip_format(&slip, p->slip, err) : st;
}

static struct clv_document document_of(const struct clv_conductor *c,
                                       const struct receipt_request *r,
                                       const struct prepared_receipt *p)
{
    return (struct clv_document){
        .kind = strcmp(r->kind, RECEIPT_OF_CEREMONY) == 0 ? "Ceremony receipt" : "Key-part receipt",
        .title = r->title,
        .serial = p->serial,
        .ceremony_id = c->id,
        .test = c->config.test_world,
        .printed_at = p->printed,
        .rows = p->rows,
        .num_rows = p->num_rows,
        .lines = p->lines,
        .num_lines = p->num_lines,
        .codes = p->codes.text,
        .num_codes = p->codes.num,
        .slip = p->slip,
        .footer = p->footer,
    };
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

void prepared_free(struct prepared_receipt **prepared)
{
    if (*prepared)
        free((*prepared)->path);
    free(*prepared);
    *prepared = NULL;
}

clv_status prepare_receipt(struct clv_conductor *c, const struct receipt_request *r,
                           const struct receipt_entry *entry, struct prepared_receipt **ret,
                           struct clv_error *err)
{
    struct prepared_receipt *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a receipt");
    p->number = entry->number;
    clv_status st = fill_parts(c, r, entry, p, err);
    if (st == CLV_OK)
        *ret = p;
    else
        prepared_free(&p);
    return st;
}

/* The paper: the facts of the request as they are now. */
static clv_status write_paper(struct clv_conductor *c, const struct receipt_request *r,
                              struct prepared_receipt *p, struct clv_error *err)
{
    size_t most = MAX_DOCUMENT_ROWS - MAX_COSIGNERS;
    size_t num = r->num_rows < most ? r->num_rows : most;
    memcpy(p->rows, r->rows, num * sizeof(p->rows[0]));
    p->num_rows = num + add_cosigners(&p->cosigners, p->rows + num);
    p->doc = document_of(c, r, p);
    clv_status st = issue_path(c->receipts_dir, p->stem, ".pdf", &p->path, err);
    return st == CLV_OK ? clv_document_write_pdf(&p->doc, p->path, err) : st;
}

static clv_status record_and_prepare(struct clv_conductor *c, const struct receipt_request *r,
                                     struct prepared_receipt **ret, struct clv_error *err)
{
    struct receipt_entry entry = {0};
    clv_status st = record_receipt(c, r, &entry, err);
    if (st == CLV_OK)
        st = record_checkpoint(c, err);
    return st == CLV_OK ? prepare_receipt(c, r, &entry, ret, err) : st;
}

/* Each try is a document of its own, with its own serial and entry; the first may be prepared. */
static clv_status make_once(struct clv_conductor *c, struct receipt_request *r, bool *ret_again,
                            struct clv_error *err)
{
    struct prepared_receipt *p = r->prepared;
    clv_status st = CLV_OK;
    r->prepared = NULL;
    if (p == NULL)
        st = record_and_prepare(c, r, &p, err);
    if (st == CLV_OK)
        st = write_paper(c, r, p, err);
    if (st == CLV_OK) {
        tell(c, CLV_TONE_DONE, "Receipt %s, written and read back: %s", p->serial, p->path);
        st = show_receipt(c, &p->doc, err);
    }
    if (st == CLV_OK)
        st = print_receipt(c, p->path, p->number, p->serial, ret_again, err);
    prepared_free(&p);
    return clv_while(err, st, "making a receipt");
}

/* A receipt that cannot be written must not undo the turn it documents. */
clv_status make_receipt(struct clv_conductor *c, struct receipt_request *r, struct clv_error *err)
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
        if (st == CLV_E_FULL && make_room_for_receipt(c))
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
