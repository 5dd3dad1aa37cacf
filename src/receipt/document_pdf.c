/* A document as PDF. */
#include <cairo-pdf.h>
#include <cairo.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LABEL_WIDTH 46.0      /* millimetres */
#define SIGNATURE_HEIGHT 18.0 /* without a statement */
#define CODES_MAX (CLV_CODES_MAX + 1)

/* ---- text ------------------------------------------------------------------------------------ */

static void draw_title(struct paper *p)
{
    const struct clv_document *d = p->doc;
    char line[256];
    paper_wrapped(p, &font_title, paper_left(p), paper_text_width(p),
                  given(d->title) ? d->title : d->kind);
    snprintf(line, sizeof line, "Ceremony %s%s%s", d->ceremony_id,
             given(d->printed_at) ? ", printed " : "", given(d->printed_at) ? d->printed_at : "");
    paper_wrapped(p, &font_body, paper_left(p), paper_text_width(p), line);
    p->y += mm(3);
}

static void draw_row(struct paper *p, const struct clv_document_row *row)
{
    double x = paper_left(p), label = mm(LABEL_WIDTH);
    const struct page_font *font = row->mono ? &font_mono : &font_body;
    if (!given(row->label) && !given(row->value)) {
        p->y += mm(3);
        return;
    }
    if (!given(row->value)) {
        paper_need(p, mm(12)); /* no heading alone at the foot of a page */
        p->y += mm(2);
        paper_wrapped(p, &font_heading, x, paper_text_width(p), row->label);
        return;
    }
    paper_need(p, mm(6));
    double top = p->y, after_label = p->y;
    unsigned page = p->page;
    if (given(row->label)) {
        paper_wrapped(p, &font_label, x, label - mm(3), row->label);
        after_label = p->y;
        if (p->page == page)
            p->y = top;
    }
    page = p->page;
    paper_wrapped(p, font, x + label, paper_text_width(p) - label, row->value);
    if (p->page == page)
        p->y = fmax(p->y, after_label);
    p->y += mm(0.6);
}

/* A name, and beside it a date, on the width that is given. */
static void draw_signature_line(struct paper *p, const struct clv_document_line *line, double x,
                                double width)
{
    double date = x + width * 0.68;
    paper_need(p, mm(SIGNATURE_HEIGHT));
    p->y += mm(3);
    if (given(line->statement))
        paper_wrapped(p, &font_body, x, width, line->statement);
    p->y += mm(8);
    paper_rule(p, x, p->y, width * 0.62);
    paper_rule(p, date, p->y, width * 0.32);
    p->y += mm(1);
    paper_text(p, &font_small, date, p->y + font_small.size, "date and time", 13);
    paper_wrapped(p, &font_small, x, width * 0.62, given(line->who) ? line->who : "");
}

/* ---- codes ----------------------------------------------------------------------------------- */

struct drawn_codes {
    size_t num;
    struct clv_qr *qr[CODES_MAX];
    char caption[CODES_MAX][64];
};

static void codes_clear(struct drawn_codes *c)
{
    for (size_t i = 0; i < CODES_MAX; i++)
        clv_qr_free(&c->qr[i]);
}

/* The check value at the end of a code's text names it on paper. */
static const char *code_tag(const char *text)
{
    const char *dot = strrchr(text, '.');
    return dot ? dot + 1 : "";
}

static clv_status make_codes(const struct clv_document *doc, struct drawn_codes *c,
                             struct clv_error *err)
{
    clv_status status = CLV_OK;
    if (doc->num_codes > CLV_CODES_MAX)
        return clv_fail(err, CLV_E_INPUT, "a document has at most %d codes", CLV_CODES_MAX);
    for (size_t i = 0; i < doc->num_codes && status == CLV_OK; i++) {
        snprintf(c->caption[i], sizeof c->caption[i], "Receipt %s, code %zu of %zu: %.8s",
                 doc->serial, i + 1, doc->num_codes, code_tag(doc->codes[i]));
        status = clv_qr_new(doc->codes[i], CLV_QR_Q, CODE_VERSION_MAX, &c->qr[c->num++], err);
    }
    if (status == CLV_OK && given(doc->slip)) {
        snprintf(c->caption[c->num], sizeof c->caption[c->num], "Slip: %.8s", code_tag(doc->slip));
        status = clv_qr_new(doc->slip, CLV_QR_M, SLIP_VERSION_MAX, &c->qr[c->num++], err);
    }
    return status;
}

/* Upwards to a dot of 150 dpi, a quarter of a module, so that no reader sees blurred edges. */
static double on_grid(double v)
{
    return ceil(v / (QR_MODULE / 4)) * (QR_MODULE / 4);
}

/* One code, or two beside each other, the right one a little lower: a reader then sees one at a
 * time. *ret_right: where the right half of the sheet is free again. */
static void draw_code_row(struct paper *p, const struct drawn_codes *c, size_t first,
                          double *ret_right)
{
    double quiet = QR_QUIET * QR_MODULE, column = paper_text_width(p) / 2, height = 0;
    size_t end = first + 2 < c->num ? first + 2 : c->num;
    for (size_t i = first; i < end; i++)
        height = fmax(height, (clv_qr_width(c->qr[i]) + 2 * QR_QUIET) * QR_MODULE);
    height += mm(5 + 6);
    paper_need(p, height);
    *ret_right = p->y;
    for (size_t i = first; i < end; i++) {
        double side = clv_qr_width(c->qr[i]) * QR_MODULE;
        double x = on_grid(paper_left(p) + (double)(i - first) * column + quiet);
        double y = on_grid(p->y + quiet + (double)(i - first) * mm(5));
        double caption = y + side + quiet + font_small.size / 2;
        paper_qr(p, c->qr[i], x, y);
        paper_text(p, &font_small, x, caption, c->caption[i], strlen(c->caption[i]));
        if (i > first)
            *ret_right = caption + font_small.size;
    }
    p->y += height;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool lines_fit(const struct paper *p, double top)
{
    for (size_t i = 0; i < p->doc->num_lines; i++)
        if (given(p->doc->lines[i].statement))
            return false;
    return paper_has(p, top, (double)p->doc->num_lines * mm(SIGNATURE_HEIGHT));
}

static void draw_lines(struct paper *p, double x, double width)
{
    for (size_t i = 0; i < p->doc->num_lines; i++)
        draw_signature_line(p, &p->doc->lines[i], x, width);
}

/* The signature lines stand in the right half, beside or below the last code, so that a receipt of
 * two people is one sheet; where they do not fit there, below it all. */
static void draw_codes_and_lines(struct paper *p, const struct drawn_codes *c)
{
    double half = paper_text_width(p) / 2, right = p->height;
    for (size_t i = 0; i < c->num; i += 2)
        draw_code_row(p, c, i, &right);
    if (!lines_fit(p, right)) {
        draw_lines(p, paper_left(p), paper_text_width(p));
        return;
    }
    p->y = right;
    draw_lines(p, paper_left(p) + half, half);
}

static void draw_document(struct paper *p, const struct drawn_codes *codes)
{
    const struct clv_document *d = p->doc;
    paper_begin(p);
    draw_title(p);
    for (size_t i = 0; i < d->num_rows; i++)
        draw_row(p, &d->rows[i]);
    if (codes->num)
        p->y += mm(3);
    draw_codes_and_lines(p, codes);
    paper_end(p);
}

static cairo_status_t collect(void *ctx, const unsigned char *data, unsigned len)
{
    struct clv_writer *w = ctx;
    clv_write_bytes(w, data, len);
    return w->failed ? CAIRO_STATUS_NO_MEMORY : CAIRO_STATUS_SUCCESS;
}

/* Draws once; out NULL: for the number of pages only. */
static clv_status draw_once(const struct clv_document *doc, const struct drawn_codes *codes,
                            struct clv_writer *out, unsigned *pages, struct clv_error *err)
{
    struct paper p = {.doc = doc,
                      .width = doc->letter ? 612 : mm(210),
                      .height = doc->letter ? 792 : mm(297),
                      .num_pages = *pages};
    cairo_surface_t *surface =
        cairo_pdf_surface_create_for_stream(out ? collect : NULL, out, p.width, p.height);
    /* The caller's clock, not the machine's: the same document gives the same bytes. */
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   given(doc->printed_at) ? doc->printed_at : "1970-01-01");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, doc->serial);
    p.cr = cairo_create(surface);
    draw_document(&p, codes);
    cairo_status_t failed = cairo_status(p.cr);
    cairo_destroy(p.cr);
    cairo_surface_finish(surface);
    if (failed == CAIRO_STATUS_SUCCESS)
        failed = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (failed != CAIRO_STATUS_SUCCESS)
        return clv_fail(err, failed == CAIRO_STATUS_NO_MEMORY ? CLV_E_MEMORY : CLV_E_INTERNAL,
                        "the document could not be drawn: %s", cairo_status_to_string(failed));
    *pages = p.page;
    return CLV_OK;
}

clv_status document_draw(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                         struct clv_error *err)
{
    struct drawn_codes codes = {0};
    struct clv_writer w = {0};
    unsigned pages = 0;
    clv_writer_init(&w);
    clv_status status = make_codes(doc, &codes, err);
    if (status == CLV_OK)
        status = draw_once(doc, &codes, NULL, &pages, err);
    if (status == CLV_OK)
        status = draw_once(doc, &codes, &w, &pages, err);
    if (status == CLV_OK)
        status = clv_writer_detach(&w, ret_pdf, ret_len, err);
    clv_writer_clear(&w);
    codes_clear(&codes);
    return status;
}

clv_status clv_document_pdf(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                            struct clv_error *err)
{
    clv_status status = document_check(doc, err);
    if (status == CLV_OK)
        status = document_draw_apart(doc, ret_pdf, ret_len, err);
    return clv_while(err, status, "making the document %s", doc->serial);
}

clv_status clv_document_write_pdf(const struct clv_document *doc, const char *path,
                                  struct clv_error *err)
{
    uint8_t *pdf = NULL;
    size_t len = 0;
    clv_status status = clv_document_pdf(doc, &pdf, &len, err);
    if (status == CLV_OK)
        status = clv_file_create(path, pdf, len, err);
    free(pdf);
    return status;
}
