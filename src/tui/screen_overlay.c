/* What lies over another screen until it is closed: help, units, record. And the screen between
 * two questions. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static bool close_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    if (clv_tui_scroll(&t->over_top, key, t->grid.rows - 8))
        return false;
    return key->code == CLV_KEY_ENTER || key->code == CLV_KEY_ESCAPE ||
           (key->code == CLV_KEY_CHAR && (key->text[0] == 'q' || key->text[0] == '?'));
}

static size_t close_hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    size_t n = 0;
    (void)t;
    ret[n++] = (struct clv_tui_hint){"Enter", "back"};
    ret[n++] = (struct clv_tui_hint){"PgUp PgDn", "scroll"};
    ret[n++] = (struct clv_tui_hint){"F1", "help"};
    ret[n++] = (struct clv_tui_hint){"F2", "units"};
    ret[n++] = (struct clv_tui_hint){"F5", "record"};
    return n;
}

/* ---- help ---- */

static const char keys_help[] =
    "Enter      go on; take the choice that is marked\n"
    "F1         help; `?` too, where no text is typed\n"
    "F2         the crypto units\n"
    "F4         record a deviation from the script\n"
    "F5         the record of what happened so far\n"
    "^L         draw the screen again\n"
    "^U         clear what was typed\n"
    "PgUp PgDn  scroll\n"
    "^C         ask to stop; nothing is done by it alone\n"
    "^Z         leave the screen for a moment; not while a secret is typed\n"
    "Without function keys: Alt with 1, 2, 4 or 5.";

static int draw_help(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    const struct clv_question *q = t->ask.q;
    if (q != NULL && q->help != NULL) {
        clv_page_format(&page, 0, CLV_STYLE_HEADING, "Help: %s", q->title);
        clv_page_add(&page, 0, CLV_STYLE_TEXT, q->help);
        clv_page_blank(&page);
    }
    clv_page_add(&page, 0, CLV_STYLE_HEADING, "Keys");
    clv_page_add(&page, 2, CLV_STYLE_TEXT, keys_help);
    (void)clv_page_draw(&page, g, body, &t->over_top);
    clv_page_clear(&page);
    return body.rows;
}

const struct clv_tui_screen clv_tui_help_screen = {
    .draw = draw_help, .key = close_key, .hints = close_hints};

/* ---- units ---- */

static void add_unit(struct clv_page *page, const struct clv_stage_unit *u)
{
    char line[400];
    (void)snprintf(line, sizeof line, "%2u  %-9s %-28s %s%s%s", u->number, u->serial, u->location,
                   u->mode, u->note[0] != '\0' ? "  ** " : "", u->note);
    clv_page_add_marked(page, u->trouble ? "[!!]" : "    ",
                        u->trouble ? CLV_STYLE_FAIL : CLV_STYLE_TEXT, line);
    clv_page_format(page, 9, CLV_STYLE_TEXT, "new: %s   current: %s", u->new_reg, u->current);
    clv_page_format(page, 9, CLV_STYLE_TEXT, "administrators: %s", u->admins);
}

static int draw_units(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    const struct clv_stage *s = &t->stage.s;
    clv_page_format(&page, 0, CLV_STYLE_HEADING, "Crypto units: %zu", s->num_units);
    if (s->num_units == 0)
        clv_page_add(&page, 0, CLV_STYLE_TEXT, "Nothing is known of them yet.");
    for (int troubled = 1; troubled >= 0; troubled--) {
        for (size_t i = 0; i < s->num_units; i++) {
            if (s->units[i].trouble == (troubled == 1))
                add_unit(&page, &s->units[i]);
        }
    }
    (void)clv_page_draw(&page, g, body, &t->over_top);
    clv_page_clear(&page);
    return body.rows;
}

const struct clv_tui_screen clv_tui_units_screen = {
    .draw = draw_units, .key = close_key, .hints = close_hints};

/* ---- record ---- */

static void fill_record(struct clv_tui *t, struct clv_page *page)
{
    for (size_t i = t->record.num; i > 0; i--) {
        enum clv_tone tone = CLV_TONE_INFO;
        const char *line = clv_tui_record_line(&t->record, i - 1, &tone);
        clv_page_add_marked(page, clv_tui_mark(tone), clv_tui_mark_style(tone), line);
    }
}

static int draw_record(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    clv_page_add(&page, 0, CLV_STYLE_HEADING, "Record, the newest first");
    if (t->record.num == 0)
        clv_page_add(&page, 0, CLV_STYLE_TEXT, "Nothing happened yet.");
    fill_record(t, &page);
    (void)clv_page_draw(&page, g, body, &t->over_top);
    clv_page_clear(&page);
    return body.rows;
}

const struct clv_tui_screen clv_tui_record_screen = {
    .draw = draw_record, .key = close_key, .hints = close_hints};

/* ---- between two questions ---- */

static int draw_between(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    (void)t;
    (void)g;
    (void)body;
    return 0;
}

static bool between_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    (void)t;
    (void)key;
    return false;
}

static size_t no_hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    (void)t;
    (void)ret;
    return 0;
}

const struct clv_tui_screen clv_tui_between_screen = {
    .draw = draw_between, .key = between_key, .hints = no_hints};
