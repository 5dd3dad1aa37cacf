#include "page.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK_COLS 5

void clv_page_clear(struct clv_page *page)
{
    for (int i = 0; i < page->num_rows; i++)
        free(page->rows[i].text);
    free(page->rows);
    *page = (struct clv_page){.width = page->width, .utf8 = page->utf8, .focus = -1};
}

static struct clv_page_row *add_row(struct clv_page *page, const char *text, size_t len)
{
    if (page->num_rows == page->cap) {
        int cap = page->cap == 0 ? 32 : page->cap * 2;
        struct clv_page_row *rows = realloc(page->rows, (size_t)cap * sizeof *rows);
        if (rows == NULL)
            return NULL;
        page->rows = rows;
        page->cap = cap;
    }
    char *copy = strndup(text, len);
    if (copy == NULL)
        return NULL;
    struct clv_page_row *row = &page->rows[page->num_rows++];
    *row = (struct clv_page_row){.text = copy};
    return row;
}

/* How many bytes of one line fit into width columns: up to a blank if there is one, else cut. */
static size_t fit(const char *line, size_t len, int width, bool utf8)
{
    size_t at = 0, blank = 0;
    int columns = 0;
    while (at < len) {
        struct clv_glyph c = clv_glyph_next(line + at, len - at, utf8);
        if (columns + c.columns > width)
            return blank > 0 ? blank : at > 0 ? at : c.len;
        if (line[at] == ' ')
            blank = at;
        columns += c.columns;
        at += c.len;
    }
    return len;
}

static void add_line(struct clv_page *page, int indent, enum clv_tui_style style, const char *line,
                     size_t len)
{
    int width = page->width - indent > 8 ? page->width - indent : 8;
    do {
        size_t n = fit(line, len, width, page->utf8);
        struct clv_page_row *row = add_row(page, line, n);
        if (row == NULL)
            return;
        row->style = style;
        row->indent = indent;
        while (n < len && line[n] == ' ')
            n++;
        line += n;
        len -= n;
    } while (len > 0);
}

void clv_page_add(struct clv_page *page, int indent, enum clv_tui_style style, const char *text)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        add_line(page, indent, style, text, len);
        if (text[len] == '\0' || text[len + 1] == '\0')
            return;
        text += len + 1;
    }
}

void clv_page_format(struct clv_page *page, int indent, enum clv_tui_style style, const char *fmt,
                     ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n < 0)
        return;
    clv_page_add(page, indent, style, text);
    free(text);
}

void clv_page_add_marked(struct clv_page *page, const char *mark, enum clv_tui_style mark_style,
                         const char *text)
{
    int first = page->num_rows;
    clv_page_add(page, MARK_COLS, CLV_STYLE_TEXT, text);
    if (first < page->num_rows) {
        page->rows[first].mark = mark;
        page->rows[first].mark_style = mark_style;
    }
}

void clv_page_blank(struct clv_page *page)
{
    (void)add_row(page, "", 0);
}

static void settle(const struct clv_page *page, int rows, int *top)
{
    int most = page->num_rows > rows ? page->num_rows - rows : 0;
    if (page->focus >= 0 && *top < page->focus - rows + 1)
        *top = page->focus - rows + 1;
    *top = *top > most ? most : *top < 0 ? 0 : *top;
}

static void draw_row(const struct clv_page_row *row, struct clv_tui_grid *g, int at,
                     struct clv_tui_area area)
{
    int end = area.col + area.cols;
    if (row->mark != NULL)
        (void)clv_grid_text(g, at, area.col + row->indent - MARK_COLS, end, row->mark_style,
                            row->mark);
    (void)clv_grid_text(g, at, area.col + row->indent, end, row->style, row->text);
}

int clv_page_draw(const struct clv_page *page, struct clv_tui_grid *g, struct clv_tui_area area,
                  int *top)
{
    settle(page, area.rows, top);
    int used = page->num_rows - *top < area.rows ? page->num_rows - *top : area.rows;
    for (int i = 0; i < used; i++)
        draw_row(&page->rows[*top + i], g, area.row + i, area);
    g->more_above = *top > 0;
    g->more_below = *top + used < page->num_rows;
    return used;
}

int clv_page_row_at(const struct clv_page *page, struct clv_tui_area area, int top, int i)
{
    if (i < top || i >= page->num_rows || i - top >= area.rows)
        return -1;
    return area.row + i - top;
}
