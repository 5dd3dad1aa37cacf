/* Paper: text and codes on pages, pure black. */
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define MARGIN_X 20.0 /* millimetres */
#define MARGIN_Y 14.0
#define HEADER 10.0
#define FOOTER 14.0
#define LINE_FACTOR 1.35

static const char sans[] = "DejaVu Sans";
static const char fixed[] = "DejaVu Sans Mono";

const struct page_font font_world = {sans, true, 12};
const struct page_font font_title = {sans, true, 16};
const struct page_font font_heading = {sans, true, 10.5};
const struct page_font font_body = {sans, false, 9.5};
const struct page_font font_label = {sans, true, 9.5};
const struct page_font font_mono = {fixed, false, 9};
const struct page_font font_small = {sans, false, 8};

double mm(double millimetres)
{
    return millimetres * 72.0 / 25.4;
}

double paper_left(const struct paper *p)
{
    (void)p;
    return mm(MARGIN_X);
}

double paper_text_width(const struct paper *p)
{
    return p->width - 2 * mm(MARGIN_X);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void use_font(struct paper *p, const struct page_font *font)
{
    cairo_select_font_face(p->cr, font->family, CAIRO_FONT_SLANT_NORMAL,
                           font->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(p->cr, font->size);
}

/* A longer piece never fits a line. */
#define PIECE_MAX 400

static void copy_piece(char out[PIECE_MAX + 1], const char *text, size_t len)
{
    if (len > PIECE_MAX)
        len = PIECE_MAX;
    memcpy(out, text, len);
    out[len] = '\0';
}

double paper_measure(struct paper *p, const struct page_font *font, const char *text, size_t len)
{
    char piece[PIECE_MAX + 1];
    cairo_text_extents_t e;
    if (len > PIECE_MAX)
        return HUGE_VAL;
    copy_piece(piece, text, len);
    use_font(p, font);
    cairo_text_extents(p->cr, piece, &e);
    return e.x_advance;
}

void paper_text(struct paper *p, const struct page_font *font, double x, double y, const char *text,
                size_t len)
{
    char piece[PIECE_MAX + 1];
    copy_piece(piece, text, len);
    use_font(p, font);
    cairo_move_to(p->cr, x, y);
    cairo_show_text(p->cr, piece);
}

struct fitting {
    struct paper *paper;
    const struct page_font *font;
    double width;
};

static bool fits_width(void *ctx, const char *text, size_t n)
{
    struct fitting *f = ctx;
    return paper_measure(f->paper, f->font, text, n) <= f->width;
}

void paper_wrapped(struct paper *p, const struct page_font *font, double x, double width,
                   const char *text)
{
    struct fitting f = {p, font, width};
    double line = font->size * LINE_FACTOR;
    do {
        size_t skip = 0, len = line_break(text, fits_width, &f, &skip);
        paper_need(p, line);
        paper_text(p, font, x, p->y + font->size, text, len);
        p->y += line;
        text += skip;
    } while (*text);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static void text_right(struct paper *p, const struct page_font *font, double y, const char *text)
{
    double width = paper_measure(p, font, text, strlen(text));
    paper_text(p, font, p->width - mm(MARGIN_X) - width, y, text, strlen(text));
}

static void draw_header(struct paper *p)
{
    const struct clv_document *d = p->doc;
    const char *world = d->test ? WORLD_TEST : WORLD_PRODUCTION;
    char right[256];
    double y = mm(MARGIN_Y) + font_world.size;
    paper_text(p, &font_world, paper_left(p), y, world, strlen(world));
    snprintf(right, sizeof right, "%s  %s", d->kind, d->serial);
    text_right(p, &font_label, y, right);
    paper_rule(p, paper_left(p), y + mm(1.5), paper_text_width(p));
    p->y = mm(MARGIN_Y + HEADER);
}

static void draw_footer(struct paper *p)
{
    const struct clv_document *d = p->doc;
    const char *world = d->test ? WORLD_TEST : WORLD_PRODUCTION;
    char line[256];
    double y = p->height - mm(MARGIN_Y);
    paper_rule(p, paper_left(p), y - mm(8), paper_text_width(p));
    paper_text(p, &font_world, paper_left(p), y, world, strlen(world));
    snprintf(line, sizeof line, "page %u of %u", p->page, p->num_pages);
    text_right(p, &font_label, y, line);
    snprintf(line, sizeof line, "%s%s%s", d->ceremony_id, given(d->footer) ? "  " : "",
             given(d->footer) ? d->footer : "");
    paper_text(p, &font_small, paper_left(p), y - mm(4.8), line, strlen(line));
}

void paper_begin(struct paper *p)
{
    cairo_set_source_rgb(p->cr, 0, 0, 0);
    p->page = 1;
    draw_header(p);
}

void paper_end(struct paper *p)
{
    draw_footer(p);
    cairo_show_page(p->cr);
}

bool paper_has(const struct paper *p, double y, double height)
{
    return y + height <= p->height - mm(MARGIN_Y + FOOTER - 4);
}

void paper_need(struct paper *p, double height)
{
    if (paper_has(p, p->y, height))
        return;
    paper_end(p);
    p->page++;
    draw_header(p);
}

/* ---- shapes ---------------------------------------------------------------------------------- */

void paper_rule(struct paper *p, double x, double y, double width)
{
    cairo_set_line_width(p->cr, 0.7);
    cairo_move_to(p->cr, x, y);
    cairo_line_to(p->cr, x + width, y);
    cairo_stroke(p->cr);
}

/* Dark modules side by side become one rectangle, all of them one path: no hairlines between. */
void paper_qr(struct paper *p, const struct clv_qr *qr, double x, double y)
{
    unsigned width = clv_qr_width(qr);
    for (unsigned row = 0; row < width; row++) {
        for (unsigned column = 0; column < width; column++) {
            unsigned end = column;
            while (clv_qr_dark(qr, end, row))
                end++;
            if (end > column)
                cairo_rectangle(p->cr, x + column * QR_MODULE, y + row * QR_MODULE,
                                (end - column) * QR_MODULE, QR_MODULE);
            column = end;
        }
    }
    cairo_fill(p->cr);
}
