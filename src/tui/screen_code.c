/* A QR code in cells: black on white, as large as the window allows. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The lines of a sheet's code: half blocks, dark modules are glyphs. */
struct code {
    const char *lines;
    int rows, cols; /* in half-block cells */
};

static struct code measure(const char *lines)
{
    struct code code = {.lines = lines};
    for (const char *p = lines; *p != '\0';) {
        size_t len = strcspn(p, "\n");
        int cols = 0;
        for (size_t i = 0; i < len;) {
            struct clv_glyph glyph = clv_glyph_next(p + i, len - i, true);
            cols++;
            i += glyph.len;
        }
        code.cols = cols > code.cols ? cols : code.cols;
        code.rows++;
        p += len + (p[len] == '\n');
    }
    return code;
}

/* Without Unicode a module is two cells wide and one high. */
static void size_in_cells(const struct clv_tui_grid *g, struct code code, int *ret_rows,
                          int *ret_cols)
{
    *ret_rows = g->utf8 ? code.rows : code.rows * 2;
    *ret_cols = g->utf8 ? code.cols : code.cols * 2;
}

/* Upper and lower module of a glyph. */
static void modules(const char *glyph, size_t len, bool *ret_upper, bool *ret_lower)
{
    bool full = len == 3 && memcmp(glyph, "\u2588", 3) == 0;
    *ret_upper = full || (len == 3 && memcmp(glyph, "\u2580", 3) == 0);
    *ret_lower = full || (len == 3 && memcmp(glyph, "\u2584", 3) == 0);
}

static void put_module(struct clv_tui_grid *g, int row, int col, bool dark)
{
    (void)clv_grid_text(g, row, col, col + 2, dark ? CLV_STYLE_INK : CLV_STYLE_PAPER, "  ");
}

static void put_line(struct clv_tui_grid *g, int row, int col, const char *line, size_t len)
{
    for (size_t i = 0; i < len;) {
        size_t n = (line[i] & 0x80) == 0 ? 1 : 3;
        n = n < len - i ? n : len - i;
        if (g->utf8) {
            col = clv_grid_put(g, row, col, g->cols, CLV_STYLE_PAPER, line + i, n);
        } else {
            bool upper = false, lower = false;
            modules(line + i, n, &upper, &lower);
            put_module(g, row, col, upper);
            put_module(g, row + 1, col, lower);
            col += 2;
        }
        i += n;
    }
}

static void put_code(struct clv_tui_grid *g, struct code code, int row, int col)
{
    const char *p = code.lines;
    while (*p != '\0') {
        size_t len = strcspn(p, "\n");
        put_line(g, row, col, p, len);
        row += g->utf8 ? 1 : 2;
        p += len + (p[len] == '\n');
    }
}

static void say_too_large(struct clv_tui *t, struct clv_tui_grid *g, int rows, int cols)
{
    struct clv_page page = {.width = g->cols - 4, .utf8 = g->utf8, .focus = -1};
    int top = 0;
    if (t->stage.s.test_world)
        clv_page_add(&page, 0, CLV_STYLE_TEST, " TEST - REHEARSAL ");
    clv_page_add(&page, 0, CLV_STYLE_HEADING, t->sheet->title);
    clv_page_blank(&page);
    clv_page_format(&page, 0, CLV_STYLE_TEXT,
                    "The code needs a window of %dx%d; this one is %dx%d. Enlarge it, or use the "
                    "printed one. What it says is on the page before (Tab).",
                    cols, rows, g->cols, g->rows);
    (void)clv_page_draw(&page, g, (struct clv_tui_area){1, 2, g->rows - 2, g->cols - 4}, &top);
    clv_page_clear(&page);
}

/* Beside the code when there is room: the world, the keys. */
static void put_margin(struct clv_tui *t, struct clv_tui_grid *g, int col)
{
    int row = 0;
    if (t->stage.s.test_world) {
        (void)clv_grid_text(g, row++, col, g->cols, CLV_STYLE_TEST, " TEST ");
        (void)clv_grid_text(g, row++, col, g->cols, CLV_STYLE_TEST, " REHEARSAL ");
    }
    row = g->rows - 2;
    col = clv_grid_text(g, row, col, g->cols, CLV_STYLE_KEY, "Enter") - 5;
    (void)clv_grid_text(g, row, col + 6, g->cols, CLV_STYLE_TEXT, "go on");
    (void)clv_grid_text(g, row + 1, col, g->cols, CLV_STYLE_KEY, "Tab");
    (void)clv_grid_text(g, row + 1, col + 6, g->cols, CLV_STYLE_TEXT, "text");
}

void clv_tui_code_draw(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct code code = measure(t->sheet->qr);
    int rows = 0, cols = 0;
    size_in_cells(g, code, &rows, &cols);
    if (rows > body.rows || cols > body.cols) {
        say_too_large(t, g, rows, cols);
        return;
    }
    int margin = body.cols - cols >= 14 ? 14 : 0;
    int row = (body.rows - rows) / 2, col = (body.cols - margin - cols) / 2;
    put_code(g, code, row, col);
    if (margin > 0)
        put_margin(t, g, body.cols - margin + 1);
}
