/* What is around every screen: title bar with the TEST banner, step, rail, record, keys. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define RAIL_FROM_COLS 100
#define RAIL_COLS 30
#define RECORD_MIN 3
#define OUR_NAME "claviger  "
#define TEST_BANNER " TEST - REHEARSAL "

static void draw_too_small(struct clv_tui *t)
{
    struct clv_tui_grid *g = &t->grid;
    struct clv_page page = {.width = g->cols, .utf8 = g->utf8, .focus = -1};
    int top = 0;
    if (t->stage.s.test_world)
        clv_page_add(&page, 0, CLV_STYLE_TEST, "TEST - REHEARSAL");
    clv_page_format(&page, 0, CLV_STYLE_TEXT,
                    "This window is %dx%d. The ceremony needs %dx%d. Enlarge it to go on.", g->cols,
                    g->rows, CLV_TUI_MIN_COLS, CLV_TUI_MIN_ROWS);
    (void)clv_page_draw(&page, g, (struct clv_tui_area){.rows = g->rows, .cols = g->cols}, &top);
    clv_page_clear(&page);
}

static void draw_title(struct clv_tui *t)
{
    struct clv_tui_grid *g = &t->grid;
    const struct clv_stage *s = &t->stage.s;
    int end = g->cols;
    clv_grid_fill(g, (struct clv_tui_area){.rows = 1, .cols = g->cols}, CLV_STYLE_TITLE);
    if (s->test_world) {
        end -= (int)strlen(TEST_BANNER);
        (void)clv_grid_text(g, 0, end, g->cols, CLV_STYLE_TEST, TEST_BANNER);
    }
    if (s->ceremony_id != NULL) {
        end -= (int)clv_text_width(s->ceremony_id) + 1;
        (void)clv_grid_text(g, 0, end, g->cols, CLV_STYLE_TITLE, s->ceremony_id);
    }
    const char *title = s->title != NULL ? s->title : "";
    int col = 1; /* the ceremony's name matters more than ours */
    if (col + (int)strlen(OUR_NAME) + (int)clv_text_width(title) < end)
        col = clv_grid_text(g, 0, col, end, CLV_STYLE_TITLE, OUR_NAME);
    (void)clv_grid_text(g, 0, col, end - 1, CLV_STYLE_TITLE, title);
}

/* "Step 4 of 11 · Key parts · Lena at the keyboard (key-part owner 2 of 3)" */
static void draw_step(struct clv_tui *t)
{
    struct clv_tui_grid *g = &t->grid;
    const struct clv_stage *s = &t->stage.s;
    const char *dot = g->utf8 ? " \u00b7 " : " - ";
    int col = 1, end = g->cols - 1;
    if (s->step > 0 && s->step <= s->num_steps) {
        col = clv_grid_format(g, 1, col, end, CLV_STYLE_TEXT, "Step %u of %u%s", s->step,
                              s->num_steps, dot);
        col = clv_grid_text(g, 1, col, end, CLV_STYLE_HEADING, s->step_titles[s->step - 1]);
    }
    if (s->person == NULL || s->person[0] == '\0')
        return;
    if (col > 1)
        col = clv_grid_text(g, 1, col, end, CLV_STYLE_TEXT, dot);
    col = clv_grid_text(g, 1, col, end, CLV_STYLE_HEADING, s->person);
    int room = end - col - (int)clv_text_width(s->role);
    if (room >= (int)strlen(" at the keyboard ()"))
        (void)clv_grid_format(g, 1, col, end, CLV_STYLE_TEXT, " at the keyboard (%s)", s->role);
    else if (room >= (int)strlen(" ()"))
        (void)clv_grid_format(g, 1, col, end, CLV_STYLE_TEXT, " (%s)", s->role);
}

static void draw_rail_row(struct clv_tui *t, int row, unsigned step)
{
    const struct clv_stage *s = &t->stage.s;
    bool done = step < s->step, now = step == s->step;
    const char *mark = done ? "[ok]" : now ? "[>>]" : "[  ]";
    enum clv_tui_style text = now ? CLV_STYLE_SELECTED : CLV_STYLE_TEXT;
    (void)clv_grid_text(&t->grid, row, 1, RAIL_COLS - 1,
                        done  ? CLV_STYLE_DONE
                        : now ? CLV_STYLE_SELECTED
                              : CLV_STYLE_TEXT,
                        mark);
    (void)clv_grid_format(&t->grid, row, 6, RAIL_COLS - 1, text, "%2u %s", step,
                          s->step_titles[step - 1]);
}

/* The list of steps at the left, with now in sight. */
static void draw_rail(struct clv_tui *t, int first_row, int rows)
{
    const struct clv_stage *s = &t->stage.s;
    unsigned room = (unsigned)rows, from = 1;
    if (s->num_steps > room && s->step > room / 2)
        from = s->step - room / 2;
    if (s->num_steps > room && from + room > s->num_steps + 1)
        from = s->num_steps + 1 - room;
    for (unsigned i = 0; i < room && from + i <= s->num_steps; i++)
        draw_rail_row(t, first_row + (int)i, from + i);
    clv_grid_bar(&t->grid, RAIL_COLS - 1, first_row, rows);
}

/* The last lines of what happened, in the rows that the screen left. */
static void draw_record(struct clv_tui *t, struct clv_tui_area area)
{
    int most = t->grid.rows >= 30 ? 8 : 5;
    int room = area.rows - 1 < most ? area.rows - 1 : most;
    int num = t->record.num < (size_t)room ? (int)t->record.num : room;
    if (area.rows < RECORD_MIN || num == 0)
        return;
    int row = area.row + area.rows - num - 1;
    clv_grid_rule(&t->grid, (struct clv_tui_area){row, area.col, 1, area.cols}, "Record");
    for (int i = 0; i < num; i++) {
        enum clv_tone tone = CLV_TONE_INFO;
        const char *line =
            clv_tui_record_line(&t->record, t->record.num - (size_t)(num - i), &tone);
        int end = area.col + area.cols;
        (void)clv_grid_text(&t->grid, row + 1 + i, area.col, end, clv_tui_mark_style(tone),
                            clv_tui_mark(tone));
        (void)clv_grid_text(&t->grid, row + 1 + i, area.col + 5, end, CLV_STYLE_TEXT, line);
        if (area.col + 5 + (int)clv_text_width(line) > end) /* F5 has the whole line */
            (void)clv_grid_text(&t->grid, row + 1 + i, end - 4, end, CLV_STYLE_TEXT, " ...");
    }
}

static void draw_footer(struct clv_tui *t, const struct clv_tui_screen *screen)
{
    struct clv_tui_grid *g = &t->grid;
    struct clv_tui_hint hints[CLV_TUI_HINTS];
    size_t num = screen->hints(t, hints);
    int col = 1, row = g->rows - 1;
    for (size_t i = 0; i < num; i++) {
        col = clv_grid_text(g, row, col, g->cols, CLV_STYLE_KEY, hints[i].key);
        col = clv_grid_format(g, row, col, g->cols, CLV_STYLE_TEXT, " %s  ", hints[i].what);
    }
}

/* Set into the lines above and below the body: no text is hidden by it. */
static void draw_more(struct clv_tui_grid *g)
{
    static const char above[] = " more above: PgUp ", below[] = " more below: PgDn ";
    int col = g->cols - (int)sizeof above;
    if (g->more_above)
        (void)clv_grid_text(g, 2, col, g->cols, CLV_STYLE_KEY, above);
    if (g->more_below)
        (void)clv_grid_text(g, g->rows - 2, col, g->cols, CLV_STYLE_KEY, below);
}

static void draw_framed(struct clv_tui *t, const struct clv_tui_screen *screen)
{
    struct clv_tui_grid *g = &t->grid;
    bool rail = g->cols >= RAIL_FROM_COLS && t->stage.s.num_steps > 0;
    int left = rail ? RAIL_COLS + 1 : 1, top = 3, rows = g->rows - 5;
    struct clv_tui_area body = {top, left, rows, g->cols - left - 1};
    draw_title(t);
    draw_step(t);
    clv_grid_rule(g, (struct clv_tui_area){2, 0, 1, g->cols}, NULL);
    clv_grid_rule(g, (struct clv_tui_area){g->rows - 2, 0, 1, g->cols}, NULL);
    if (rail)
        draw_rail(t, top, rows);
    int used = screen->draw(t, g, body);
    draw_record(t, (struct clv_tui_area){top + used + 1, left, rows - used - 1, body.cols});
    draw_more(g);
    draw_footer(t, screen);
}

void clv_tui_draw(struct clv_tui *t)
{
    const struct clv_tui_screen *screen = t->over != NULL ? t->over : t->base;
    int rows = 0, cols = 0;
    clv_display_size(t->display, &rows, &cols);
    if (!clv_grid_resize(&t->grid, rows, cols))
        return;
    t->too_small = rows < CLV_TUI_MIN_ROWS || cols < CLV_TUI_MIN_COLS;
    if (t->too_small)
        draw_too_small(t);
    else if (screen->whole)
        (void)screen->draw(t, &t->grid, (struct clv_tui_area){.rows = rows, .cols = cols});
    else
        draw_framed(t, screen);
    /* What was written past curses, it cannot take away by itself. */
    clv_display_show(t->display, &t->grid, t->repaint || t->revealed);
    t->repaint = false;
    t->revealed = t->grid.reveal != NULL;
}
