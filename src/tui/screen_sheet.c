/* A document to look at: its text, its code, what the code says; Tab turns the page. */
#include <string.h>

#include "internal.h"

static int draw_text(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    const struct clv_sheet *sheet = t->sheet;
    clv_page_add(&page, 0, CLV_STYLE_HEADING, sheet->title);
    if (sheet->secret != NULL) {
        g->reveal = sheet->secret;
        g->reveal_area = (struct clv_tui_area){body.row + 4, body.col + 2, 6, body.cols - 4};
        clv_page_blank(&page);
        clv_page_add(&page, 0, CLV_STYLE_TEXT, "Write it down. It is shown only now:");
    } else if (sheet->text != NULL) {
        clv_page_add(&page, 0, CLV_STYLE_TEXT, sheet->text);
    }
    if (sheet->qr_ascii != NULL) {
        clv_page_blank(&page);
        clv_page_add(&page, 0, CLV_STYLE_HEADING, "What the code says:");
        clv_page_add(&page, 0, CLV_STYLE_TEXT, sheet->qr_ascii);
    }
    int used = clv_page_draw(&page, g, body, &t->base_top);
    if (sheet->secret != NULL)
        used = body.rows; /* no record beneath it */
    clv_page_clear(&page);
    return used;
}

static bool turns(const struct clv_tui *t, const struct clv_tui_key *k)
{
    return t->sheet->qr != NULL &&
           (k->code == CLV_KEY_TAB || k->code == CLV_KEY_LEFT || k->code == CLV_KEY_RIGHT);
}

static bool text_key(struct clv_tui *t, const struct clv_tui_key *k)
{
    if (turns(t, k)) {
        t->base = &clv_tui_code_sheet_screen;
        t->repaint = true;
        return false;
    }
    if (clv_tui_scroll(&t->base_top, k, t->grid.rows - 8))
        return false;
    return k->code == CLV_KEY_ENTER;
}

static bool code_key(struct clv_tui *t, const struct clv_tui_key *k)
{
    if (turns(t, k)) {
        t->base = &clv_tui_text_sheet_screen;
        t->repaint = true;
        return false;
    }
    return k->code == CLV_KEY_ENTER;
}

static size_t text_hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    size_t n = 0;
    ret[n++] = (struct clv_tui_hint){"Enter", "go on"};
    if (t->sheet->qr != NULL)
        ret[n++] = (struct clv_tui_hint){"Tab", "code"};
    if (t->sheet->secret == NULL)
        ret[n++] = (struct clv_tui_hint){"PgUp PgDn", "scroll"};
    ret[n++] = (struct clv_tui_hint){"^L", "redraw"};
    return n;
}

static size_t code_hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    (void)t;
    ret[0] = (struct clv_tui_hint){"Enter", "go on"};
    ret[1] = (struct clv_tui_hint){"Tab", "text"};
    return 2;
}

static int draw_code(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    clv_tui_code_draw(t, g, body);
    return body.rows;
}

const struct clv_tui_screen clv_tui_text_sheet_screen = {
    .draw = draw_text, .key = text_key, .hints = text_hints};
const struct clv_tui_screen clv_tui_code_sheet_screen = {
    .draw = draw_code, .key = code_key, .hints = code_hints, .whole = true};

clv_status clv_tui_face_show(void *ctx, const struct clv_sheet *sheet, bool wait,
                             struct clv_error *err)
{
    struct clv_tui *t = ctx;
    bool idle = true;
    clv_status status = CLV_OK;
    t->sheet = sheet;
    clv_tui_flush(t);
    if (!wait)
        status = clv_tui_glance(t, &clv_tui_text_sheet_screen, err);
    if (!wait && status == CLV_OK && sheet->qr != NULL)
        status = clv_tui_glance(t, &clv_tui_code_sheet_screen, err);
    while (wait && idle && status == CLV_OK && sheet->secret == NULL)
        status = clv_tui_run(t, &clv_tui_text_sheet_screen, &idle, err);
    if (wait && sheet->secret != NULL) /* left alone, a shown secret goes away */
        status = clv_tui_run(t, &clv_tui_text_sheet_screen, &idle, err);
    clv_tui_nothing_asked(t);
    if (sheet->secret != NULL)
        clv_tui_draw(t);
    t->sheet = NULL;
    return status;
}
