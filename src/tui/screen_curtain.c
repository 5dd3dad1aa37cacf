/* Between two people: nothing of the one before is on the screen. */
#include <string.h>

#include "internal.h"

static void add_lines(struct clv_tui *t, struct clv_page *page)
{
    if (t->stage.s.test_world) {
        clv_page_add(page, 0, CLV_STYLE_TEST, " TEST - REHEARSAL ");
        clv_page_blank(page);
    }
    clv_page_format(page, 0, CLV_STYLE_HEADING, "Hand over to %s (%s)", t->curtain_next,
                    t->curtain_role);
    clv_page_blank(page);
    if (t->curtain_previous[0] != '\0')
        clv_page_format(page, 0, CLV_STYLE_TEXT,
                        "%s, your turn is over. Nothing of yours is on this screen. Please leave "
                        "the keyboard.",
                        t->curtain_previous);
    clv_page_blank(page);
    clv_page_format(page, 0, CLV_STYLE_TEXT, "%s, sit down. Nobody else should see the keyboard.",
                    t->curtain_next);
    clv_page_blank(page);
    clv_page_format(page, 0, CLV_STYLE_HEADING, "%s: press Enter when you are seated.",
                    t->curtain_next);
}

static int draw(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = 60, .utf8 = g->utf8, .focus = -1};
    int top = 0;
    add_lines(t, &page);
    struct clv_tui_area area = {(body.rows - page.num_rows) / 2, (body.cols - page.width) / 2,
                                page.num_rows, page.width};
    (void)clv_page_draw(&page, g, area, &top);
    g->cursor_row = area.row + page.num_rows - 1;
    g->cursor_col = area.col;
    clv_page_clear(&page);
    return body.rows;
}

static bool key(struct clv_tui *t, const struct clv_tui_key *k)
{
    (void)t;
    return k->code == CLV_KEY_ENTER;
}

static size_t hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    (void)t;
    ret[0] = (struct clv_tui_hint){"Enter", "go on"};
    return 1;
}

const struct clv_tui_screen clv_tui_curtain_screen = {
    .draw = draw, .key = key, .hints = hints, .whole = true};

clv_status clv_tui_face_curtain(void *ctx, const char *previous, const char *next,
                                const char *next_role, bool wait, struct clv_error *err)
{
    struct clv_tui *t = ctx;
    bool idle = true;
    clv_status status = CLV_OK;
    t->curtain_previous = previous;
    t->curtain_next = next;
    t->curtain_role = next_role;
    t->draft = (struct clv_tui_draft){0};
    t->repaint = true;
    clv_tui_flush(t);
    if (!wait)
        status = clv_tui_glance(t, &clv_tui_curtain_screen, err);
    while (wait && idle && status == CLV_OK) /* nobody is too slow for a curtain */
        status = clv_tui_run(t, &clv_tui_curtain_screen, &idle, err);
    clv_tui_flush(t);
    clv_tui_nothing_asked(t);
    return status;
}
