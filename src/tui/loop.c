#include "internal.h"

void clv_tui_flush(struct clv_tui *t)
{
    clv_display_flush(t->display);
    clv_terminal_flush(t->terminal);
    t->pasting = false;
}

static bool scroll_by(int *top, int rows)
{
    *top = *top + rows > 0 ? *top + rows : 0; /* drawing knows the end */
    return true;
}

bool clv_tui_scroll(int *top, const struct clv_tui_key *key, int page)
{
    switch ((int)key->code) {
    case CLV_KEY_UP:
        return scroll_by(top, -1);
    case CLV_KEY_DOWN:
        return scroll_by(top, 1);
    case CLV_KEY_PAGE_UP:
        return scroll_by(top, -page);
    case CLV_KEY_PAGE_DOWN:
        return scroll_by(top, page);
    default:
        return false;
    }
}

static void lay_over(struct clv_tui *t, const struct clv_tui_screen *screen)
{
    t->over = screen;
    t->over_top = 0;
    t->typing.deaf = screen != NULL;
}

void clv_tui_help(struct clv_tui *t)
{
    lay_over(t, &clv_tui_help_screen);
}

void clv_tui_nothing_asked(struct clv_tui *t)
{
    t->base = &clv_tui_between_screen;
    lay_over(t, NULL);
}

/* Keys that mean the same on every screen. */
static bool common_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    switch ((int)key->code) {
    case CLV_KEY_NONE:
        return true;
    case CLV_KEY_REPAINT:
        t->repaint = true;
        return true;
    case CLV_KEY_HELP:
        lay_over(t, &clv_tui_help_screen);
        return true;
    case CLV_KEY_UNITS:
        lay_over(t, &clv_tui_units_screen);
        return true;
    case CLV_KEY_RECORD:
        lay_over(t, &clv_tui_record_screen);
        return true;
    default:
        return false;
    }
}

/* In a window that is too small letters still count, so that none is lost; nothing else happens. */
static bool is_blind(const struct clv_tui *t, const struct clv_tui_key *key)
{
    return t->too_small && key->code != CLV_KEY_CHAR && key->code != CLV_KEY_TYPED &&
           key->code != CLV_KEY_BACKSPACE;
}

static bool handle(struct clv_tui *t, const struct clv_tui_key *key)
{
    bool overlays = !t->base->whole;
    if (is_blind(t, key))
        return false;
    if (t->over != NULL) {
        if (!common_key(t, key) && t->over->key(t, key))
            lay_over(t, NULL);
        return false;
    }
    if ((overlays || key->code == CLV_KEY_NONE || key->code == CLV_KEY_REPAINT) &&
        common_key(t, key))
        return false;
    return t->base->key(t, key);
}

/* How long until the person counts as gone; -1: never. */
static int idle_left(const struct clv_tui *t)
{
    if (!t->stage.s.secret_turn || t->stage.s.idle_seconds == 0)
        return -1;
    int64_t left = t->last_key_ms + (int64_t)t->stage.s.idle_seconds * 1000 - clv_now_ms(t->clock);
    return left > 0 ? (int)left : 0;
}

static void enter(struct clv_tui *t, const struct clv_tui_screen *screen)
{
    t->base = screen;
    t->base_top = 0;
    t->scrolled = screen == &clv_tui_ask_screen && t->ask.q->kind == CLV_ASK_CONTINUE;
    lay_over(t, NULL);
    t->last_key_ms = clv_now_ms(t->clock);
}

clv_status clv_tui_run(struct clv_tui *t, const struct clv_tui_screen *screen, bool *ret_idle,
                       struct clv_error *err)
{
    enter(t, screen);
    *ret_idle = false;
    for (;;) {
        struct clv_tui_key key = {0};
        clv_tui_draw(t);
        clv_status status = clv_tui_next_key(t, idle_left(t), &key, err);
        if (status != CLV_OK)
            return status;
        if (key.code != CLV_KEY_NONE)
            t->last_key_ms = clv_now_ms(t->clock);
        else if (idle_left(t) == 0)
            break;
        if (handle(t, &key))
            return CLV_OK;
    }
    *ret_idle = true;
    return CLV_OK;
}

clv_status clv_tui_glance(struct clv_tui *t, const struct clv_tui_screen *screen,
                          struct clv_error *err)
{
    struct clv_tui_key key = {0};
    if (t->base != screen)
        enter(t, screen);
    clv_tui_draw(t);
    for (;;) {
        clv_status status = clv_tui_next_key(t, 0, &key, err);
        if (status != CLV_OK || key.code == CLV_KEY_NONE)
            return status;
        if (key.code == CLV_KEY_REPAINT)
            t->repaint = true;
    }
}
