/* What a screen looks like: cells with a style, and where the cursor is. Knows no terminal. */
#ifndef CLV_TUI_GRID_H
#define CLV_TUI_GRID_H

#include <wchar.h>

#include "claviger/base.h"

enum clv_tui_style {
    CLV_STYLE_TEXT,
    CLV_STYLE_TITLE, /* the bar on top */
    CLV_STYLE_TEST,  /* the TEST banner */
    CLV_STYLE_RULE,  /* lines */
    CLV_STYLE_HEADING,
    CLV_STYLE_FIELD,    /* where text is typed */
    CLV_STYLE_SELECTED, /* the choice that Enter would take; the step that is now */
    CLV_STYLE_KEY,      /* names of keys */
    CLV_STYLE_DONE,     /* marks */
    CLV_STYLE_WARN,
    CLV_STYLE_FAIL,
    CLV_STYLE_PAPER, /* of a code: black on white */
    CLV_STYLE_INK,   /* of a code: white on black */
    CLV_NUM_STYLES,
};

struct clv_tui_area {
    int row, col, rows, cols;
};

struct clv_tui_cell {
    wchar_t text[3]; /* a character, perhaps a combining one; empty: right half of a wide one */
    unsigned char style;
};

struct clv_tui_grid {
    int rows, cols;
    struct clv_tui_cell *cells;
    bool utf8;                       /* else everything beyond ASCII becomes '?' */
    int cursor_row, cursor_col;      /* row -1: no cursor */
    bool more_above, more_below;     /* the text that was drawn goes on out of sight */
    const struct clv_secret *reveal; /* to be written over the grid, straight to the terminal */
    struct clv_tui_area reveal_area;
};

/* errors  false: no memory; the grid is as before */
bool clv_grid_resize(struct clv_tui_grid *g, int rows, int cols);
void clv_grid_clear(struct clv_tui_grid *g);
void clv_grid_free(struct clv_tui_grid *g);
struct clv_tui_cell *clv_grid_cell(struct clv_tui_grid *g, int row, int col); /* NULL outside */

/* Writes text of len bytes at row, col, cutting what does not fit before column end. Control
 * characters and broken UTF-8 become '?'. Returns the column behind it. */
int clv_grid_put(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                 const char *text, size_t len);
int clv_grid_text(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                  const char *text);
int clv_grid_format(struct clv_tui_grid *g, int row, int col, int end, enum clv_tui_style style,
                    const char *fmt, ...) __attribute__((format(printf, 6, 7)));
void clv_grid_fill(struct clv_tui_grid *g, struct clv_tui_area area, enum clv_tui_style style);
/* A horizontal line with a label in it (or NULL); a vertical one. */
void clv_grid_rule(struct clv_tui_grid *g, struct clv_tui_area area, const char *label);
void clv_grid_bar(struct clv_tui_grid *g, int col, int row, int rows);

/* One character at text of len bytes: its bytes, columns (0 for combining ones) and code; anything
 * that cannot be shown is one byte, one column and '?'. */
struct clv_glyph {
    size_t len;
    int columns;
    wchar_t code;
};
struct clv_glyph clv_glyph_next(const char *text, size_t len, bool utf8);

#endif
