/* While something works: how far, how long, unit by unit. Nothing spins. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define BAR_COLS 40
#define HEAD_ROWS 6 /* title, bar, times and the blanks between */

static void add_bar(const struct clv_progress *p, struct clv_page *page)
{
    char bar[BAR_COLS + 1];
    int64_t percent = p->total > 0         ? (int64_t)p->done * 100 / p->total
                      : p->estimate_ms > 0 ? (int64_t)p->elapsed_ms * 100 / p->estimate_ms
                                           : -1;
    if (percent < 0)
        return;
    /* An estimate that ran out is not an end. */
    percent = percent > 99 && p->total == 0 ? 99 : percent > 100 ? 100 : percent;
    int full = (int)(percent * BAR_COLS / 100);
    memset(bar, '.', BAR_COLS);
    memset(bar, '#', (size_t)full);
    bar[BAR_COLS] = '\0';
    clv_page_format(page, 0, CLV_STYLE_TEXT, "[%s] %3d%%", bar, (int)percent);
}

static void add_times(const struct clv_progress *p, struct clv_page *page)
{
    char units[64] = "";
    if (p->total > 0)
        (void)snprintf(units, sizeof units, "%u of %u done, ", p->done, p->total);
    if (p->estimate_ms >= 1000)
        clv_page_format(page, 0, CLV_STYLE_TEXT, "%s%d s of about %d s", units,
                        p->elapsed_ms / 1000, (p->estimate_ms + 500) / 1000);
    else
        clv_page_format(page, 0, CLV_STYLE_TEXT, "%s%d s", units, p->elapsed_ms / 1000);
}

static int draw(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    const struct clv_progress *p = t->progress;
    int top = 0;
    clv_page_add_marked(&page, "[..]", CLV_STYLE_KEY, p->title);
    clv_page_blank(&page);
    add_bar(p, &page);
    add_times(p, &page);
    if (p->num_lines > 0)
        clv_page_blank(&page);
    /* Of a fleet that does not fit, the units that answered last. */
    size_t fit = body.rows > HEAD_ROWS ? (size_t)(body.rows - HEAD_ROWS) : 1;
    for (size_t i = p->num_lines > fit ? p->num_lines - fit : 0; i < p->num_lines; i++)
        clv_page_add(&page, 2, CLV_STYLE_TEXT, p->lines[i]);
    int used = clv_page_draw(&page, g, body, &top);
    clv_page_clear(&page);
    return used;
}

static bool key(struct clv_tui *t, const struct clv_tui_key *k)
{
    (void)t;
    (void)k;
    return false;
}

static size_t hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    (void)t;
    ret[0] = (struct clv_tui_hint){"^C", "ask to stop"};
    return 1;
}

const struct clv_tui_screen clv_tui_progress_screen = {.draw = draw, .key = key, .hints = hints};

clv_status clv_tui_face_progress(void *ctx, const struct clv_progress *p, struct clv_error *err)
{
    struct clv_tui *t = ctx;
    t->working = true;
    t->progress = p;
    clv_status status = clv_tui_glance(t, &clv_tui_progress_screen, err);
    t->progress = NULL;
    return status;
}

void clv_tui_face_progress_end(void *ctx)
{
    struct clv_tui *t = ctx;
    t->working = false;
    clv_tui_nothing_asked(t);
}
