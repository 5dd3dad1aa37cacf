#include "grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool clv_grid_resize(struct clv_tui_grid *g, int rows, int cols)
{
    if (rows < 1 || cols < 1 || rows > 1000 || cols > 1000)
        return false;
    if (rows != g->rows || cols != g->cols) {
        struct clv_tui_cell *cells = calloc((size_t)rows * (size_t)cols, sizeof *cells);
        if (cells == NULL)
            return false;
        free(g->cells);
        g->cells = cells;
        g->rows = rows;
        g->cols = cols;
    }
    clv_grid_clear(g);
    return true;
}

void clv_grid_clear(struct clv_tui_grid *g)
{
    clv_grid_fill(g, (struct clv_tui_area){.rows = g->rows, .cols = g->cols}, CLV_STYLE_TEXT);
    g->cursor_row = -1;
    g->reveal = NULL;
    g->more_above = g->more_below = false;
}

void clv_grid_free(struct clv_tui_grid *g)
{
    free(g->cells);
    *g = (struct clv_tui_grid){0};
}

struct clv_tui_cell *clv_grid_cell(struct clv_tui_grid *g, int row, int col)
{
    if (row < 0 || col < 0 || row >= g->rows || col >= g->cols)
        return NULL;
    return &g->cells[(size_t)row * (size_t)g->cols + (size_t)col];
}

struct clv_glyph clv_glyph_next(const char *text, size_t len, bool utf8)
{
    struct clv_utf8 c = clv_utf8_next(text, len);
    wchar_t code = (wchar_t)c.code;
    size_t n = c.len;
    int columns = code < 0x7f ? (code >= 0x20 ? 1 : -1) : utf8 ? wcwidth(code) : -1;
    if (n == 0 || columns < 0 || clv_utf8_is_hidden(c.code))
        return (struct clv_glyph){.len = n == 0 ? 1 : n, .columns = 1, .code = L'?'};
    return (struct clv_glyph){.len = n, .columns = columns, .code = code};
}

static void set_cell(struct clv_tui_grid *g, int row, int col, wchar_t code, unsigned char style)
{
    struct clv_tui_cell *cell = clv_grid_cell(g, row, col);
    if (cell != NULL)
        *cell = (struct clv_tui_cell){.text = {code}, .style = style};
}

static void combine(struct clv_tui_grid *g, int row, int col, wchar_t code)
{
    struct clv_tui_cell *cell = clv_grid_cell(g, row, col);
    if (cell != NULL && cell->text[0] != 0 && cell->text[1] == 0)
        cell->text[1] = code;
}

int clv_grid_put(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                 const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        struct clv_glyph c = clv_glyph_next(text + i, len - i, g->utf8);
        i += c.len;
        if (c.columns == 0) {
            combine(g, row, col - 1, c.code);
            continue;
        }
        if (col + c.columns > end)
            break;
        set_cell(g, row, col, c.code, (unsigned char)style);
        if (c.columns == 2)
            set_cell(g, row, col + 1, 0, (unsigned char)style);
        col += c.columns;
    }
    return col;
}

int clv_grid_text(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                  const char *text)
{
    return clv_grid_put(g, row, col, end, style, text, strlen(text));
}

int clv_grid_format(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                    const char *fmt, ...)
{
    char text[1024];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return n < 0 ? col : clv_grid_text(g, row, col, end, style, text);
}

void clv_grid_fill(struct clv_tui_grid *g, struct clv_tui_area area, enum clv_tui_style style)
{
    for (int row = area.row; row < area.row + area.rows; row++) {
        for (int col = area.col; col < area.col + area.cols; col++)
            set_cell(g, row, col, L' ', (unsigned char)style);
    }
}

void clv_grid_rule(struct clv_tui_grid *g, struct clv_tui_area area, const char *label)
{
    for (int col = area.col; col < area.col + area.cols; col++)
        set_cell(g, area.row, col, g->utf8 ? L'\u2500' : L'-', CLV_STYLE_RULE);
    if (label != NULL)
        (void)clv_grid_format(g, area.row, area.col + 1, area.col + area.cols, CLV_STYLE_RULE,
                              " %s ", label);
}

void clv_grid_bar(struct clv_tui_grid *g, int col, int row, int rows)
{
    for (int i = row; i < row + rows; i++)
        set_cell(g, i, col, g->utf8 ? L'\u2502' : L'|', CLV_STYLE_RULE);
}
