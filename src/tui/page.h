/* Text for one screen, broken into rows of a width; drawn with scrolling. */
#ifndef CLV_TUI_PAGE_H
#define CLV_TUI_PAGE_H

#include "grid.h"

struct clv_page_row {
    char *text;
    enum clv_tui_style style;
    int indent;
    const char *mark; /* "[ok]", in mark_style before the text; NULL: none */
    enum clv_tui_style mark_style;
};

struct clv_page {
    int width;
    bool utf8;
    struct clv_page_row *rows;
    int num_rows, cap;
    int focus; /* row that must be visible; -1: none */
};

/* A page starts as {.width = ..., .utf8 = ..., .focus = -1}. Without memory rows are missing. */
void clv_page_clear(struct clv_page *page);
/* Breaks text at blanks and '\n'. What follows the first row is as deep as it. */
void clv_page_add(struct clv_page *page, int indent, enum clv_tui_style style, const char *text);
void clv_page_format(struct clv_page *page, int indent, enum clv_tui_style style, const char *fmt,
                     ...) __attribute__((format(printf, 4, 5)));
/* As clv_page_add() behind a mark of four columns and a blank. */
void clv_page_add_marked(struct clv_page *page, const char *mark, enum clv_tui_style mark_style,
                         const char *text);
void clv_page_blank(struct clv_page *page);

/* Draws from row *top on, which is moved so that the focus is visible and no room is wasted. Tells
 * the grid when there is more above or below. Returns the number of rows used. */
int clv_page_draw(const struct clv_page *page, struct clv_tui_grid *g, struct clv_tui_area area,
                  int *top);
/* Where row number i of the page stands in the area after clv_page_draw(); -1: not visible. */
int clv_page_row_at(const struct clv_page *page, struct clv_tui_area area, int top, int i);

#endif
