/* A question: facts, problem, prompt, and the field or the choices. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define TYPING_MARK "typing..."

static bool is_text(const struct clv_question *q)
{
    return q->kind == CLV_ASK_TEXT || q->kind == CLV_ASK_PHRASE;
}

/* compact: what a choice will do stands below it once it is selected. */
static void add_choices(const struct clv_tui_ask *ask, bool compact, struct clv_page *page)
{
    const struct clv_question *q = ask->q;
    for (size_t i = 0; i < q->num_choices; i++) {
        bool selected = i == ask->selected;
        clv_page_format(page, 0, selected ? CLV_STYLE_SELECTED : CLV_STYLE_TEXT, "%s %2zu  %s ",
                        selected ? ">" : " ", i + 1, q->choices[i].label);
        if (selected)
            page->focus = page->num_rows - 1;
        if (q->choices[i].hint != NULL && (selected || !compact))
            clv_page_add(page, 6, CLV_STYLE_TEXT, q->choices[i].hint);
    }
}

static const char *default_prompt(enum clv_ask_kind kind)
{
    switch (kind) {
    case CLV_ASK_CONTINUE:
        return "Press Enter to go on.";
    case CLV_ASK_CHOICE:
        return "Choose with a number or the arrows, then press Enter";
    case CLV_ASK_PHRASE:
        return "Type it here";
    case CLV_ASK_TEXT:
    case CLV_ASK_SECRET:
        break;
    }
    return "Answer";
}

static bool has_field(const struct clv_question *q)
{
    return q->kind != CLV_ASK_CONTINUE && q->kind != CLV_ASK_CHOICE;
}

/* "What now?" needs no colon. */
static bool ends_itself(const char *prompt)
{
    return strchr("?.!:", prompt[strlen(prompt) - 1]) != NULL;
}

/* A line that begins with a mark: what follows it hangs behind it. */
static void add_fact(const char *line, struct clv_page *page)
{
    for (enum clv_tone tone = CLV_TONE_DONE; tone <= CLV_TONE_FAIL; tone++) {
        const char *mark = clv_tui_mark(tone);
        size_t len = strlen(mark);
        if (strncmp(line, mark, len) == 0 && line[len] == ' ') {
            clv_page_add_marked(page, mark, clv_tui_mark_style(tone), line + len + 1);
            return;
        }
    }
    clv_page_add(page, 0, CLV_STYLE_TEXT, line);
}

/* What stands above the prompt. */
static void add_facts(const struct clv_question *q, struct clv_page *page)
{
    clv_page_add(page, 0, CLV_STYLE_HEADING, q->title);
    if (q->num_lines > 0)
        clv_page_blank(page);
    for (size_t i = 0; i < q->num_lines; i++)
        add_fact(q->lines[i], page);
    if (q->problem != NULL) {
        clv_page_blank(page);
        clv_page_add_marked(page, "[!!]", CLV_STYLE_FAIL, q->problem);
    }
    clv_page_blank(page);
    if (q->kind == CLV_ASK_PHRASE)
        clv_page_format(page, 0, CLV_STYLE_HEADING, "To go on, type exactly:  %s", q->phrase);
}

static void add_prompt(const struct clv_question *q, struct clv_page *page)
{
    bool own = q->prompt != NULL && q->prompt[0] != '\0';
    const char *prompt = own ? q->prompt : default_prompt(q->kind);
    const char *end = ends_itself(prompt) ? "" : q->kind == CLV_ASK_CONTINUE ? "." : ":";
    clv_page_format(page, 0, CLV_STYLE_TEXT, "%s%s", prompt, end);
}

/* Returns the row of the prompt. */
static int fill_question(const struct clv_tui_ask *ask, bool compact, struct clv_page *page)
{
    const struct clv_question *q = ask->q;
    add_facts(q, page);
    add_prompt(q, page);
    int prompt = page->num_rows - 1;
    page->focus = prompt;
    if (q->kind == CLV_ASK_CHOICE)
        add_choices(ask, compact, page);
    return prompt;
}

/* Fills the page; returns the row where the cursor belongs: field, selected choice or prompt. From
 * prompt to note all is to be seen, if rows allow it: facts can be scrolled back to, but a choice
 * that is out of sight is not made. */
static int fill_page(struct clv_tui *t, struct clv_page *page, int rows)
{
    const struct clv_tui_ask *ask = &t->ask;
    const struct clv_question *q = ask->q;
    int prompt = fill_question(ask, false, page);
    /* Facts are to be seen beside long choices. */
    if (q->kind == CLV_ASK_CHOICE && page->num_rows > rows && page->num_rows - prompt > rows / 2) {
        clv_page_clear(page);
        prompt = fill_question(ask, true, page);
    }
    if (has_field(q)) {
        clv_page_blank(page);
        page->focus = page->num_rows - 1;
    }
    int cursor = page->focus;
    if (ask->note[0] != '\0')
        clv_page_add_marked(page, "[--]", CLV_STYLE_WARN, ask->note);
    if (page->num_rows - prompt <= rows)
        page->focus = page->num_rows - 1;
    return cursor;
}

static void draw_input(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body, int row)
{
    const struct clv_tui_ask *ask = &t->ask;
    int cols = body.cols - 2 < 64 ? body.cols - 2 : 64, col = body.col + 2;
    bool is_secret = ask->q->kind == CLV_ASK_SECRET;
    (void)clv_grid_text(g, row, body.col, col, CLV_STYLE_KEY, ">");
    if (ask->shown != NULL || (is_secret && t->typing.secret == NULL)) {
        (void)clv_grid_text(g, row, col, col + cols, CLV_STYLE_FIELD,
                            ask->shown != NULL ? ask->shown : TYPING_MARK);
        return;
    }
    if (!is_secret) {
        clv_tui_field_draw(&ask->field, g, row, col, cols);
        return;
    }
    const char *mark = ask->typed ? TYPING_MARK : "(nothing typed)";
    clv_grid_fill(g, (struct clv_tui_area){row, col, 1, cols}, CLV_STYLE_FIELD);
    g->cursor_row = row; /* where it does not move with what is typed */
    g->cursor_col = clv_grid_text(g, row, col, col + cols, CLV_STYLE_FIELD, mark) + 1;
}

/* Answers to what has no field stand behind the prompt. */
static void draw_shown(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body, int row)
{
    if (t->ask.shown == NULL || t->ask.shown[0] == '\0')
        return;
    (void)clv_grid_format(g, row, body.col + 40, body.col + body.cols, CLV_STYLE_HEADING, "> %s",
                          t->ask.shown);
}

static int draw(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body)
{
    struct clv_page page = {.width = body.cols, .utf8 = g->utf8, .focus = -1};
    int focus = fill_page(t, &page, body.rows);
    if (t->scrolled)
        page.focus = -1;
    else
        t->base_top = 0;
    int used = clv_page_draw(&page, g, body, &t->base_top);
    int row = clv_page_row_at(&page, body, t->base_top, focus);
    if (row >= 0 && has_field(t->ask.q)) {
        draw_input(t, g, body, row);
    } else if (row >= 0) {
        g->cursor_row = row;
        g->cursor_col = body.col;
        draw_shown(t, g, body, row);
    }
    clv_page_clear(&page);
    return used;
}

/* ---- keys ---- */

static void note(struct clv_tui *t, const char *text)
{
    (void)snprintf(t->ask.note, sizeof t->ask.note, "%s", text);
}

static void select_choice(struct clv_tui *t, size_t choice)
{
    t->ask.selected = choice;
}

/* "1" takes the first, "1" "2" then the twelfth, if there are so many. */
static void select_digit(struct clv_tui *t, size_t digit)
{
    size_t num = t->ask.q->num_choices, both = t->ask.number * 10 + digit;
    t->ask.number = both <= num ? both : digit;
    if (t->ask.number >= 1 && t->ask.number <= num)
        select_choice(t, t->ask.number - 1);
}

static bool choice_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    struct clv_tui_ask *ask = &t->ask;
    size_t num = ask->q->num_choices, now = ask->selected;
    if (key->code == CLV_KEY_CHAR && !key->pasted && key->text[0] >= '0' && key->text[0] <= '9') {
        select_digit(t, (size_t)(key->text[0] - '0'));
        return false;
    }
    ask->number = 0;
    if (key->code == CLV_KEY_DOWN && num > 0)
        select_choice(t, now + 1 < num ? now + 1 : now == num ? 0 : now);
    if (key->code == CLV_KEY_UP && num > 0)
        select_choice(t, now == num ? num - 1 : now > 0 ? now - 1 : 0);
    if (key->code != CLV_KEY_ENTER)
        return false;
    if (now == num)
        note(t, "Choose first: type a number or use the arrows.");
    ask->reply.choice = now;
    return now < num;
}

static bool text_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    struct clv_tui_ask *ask = &t->ask;
    if (key->pasted && ask->q->kind == CLV_ASK_PHRASE) {
        note(t, "This has to be typed: nothing of the paste was taken.");
        return false;
    }
    if (key->code == CLV_KEY_ENTER) {
        (void)snprintf(ask->reply.text, sizeof ask->reply.text, "%s", ask->field.text);
        return true;
    }
    (void)clv_tui_field_key(&ask->field, key);
    if (ask->field.full)
        (void)snprintf(ask->note, sizeof ask->note,
                       "No more than %zu bytes: the last key was not taken.", ask->field.max_len);
    return false;
}

static const char *typed_note(enum clv_typed typed)
{
    switch (typed) {
    case CLV_TYPED_FULL:
        return "That is too long: the last key was not taken.";
    case CLV_TYPED_CONTROL:
        return "That key cannot be part of it and was not taken.";
    case CLV_TYPED_PASTED:
        return "A secret has to be typed, so that it never was on a clipboard: nothing was taken.";
    case CLV_TYPED_NOTHING:
    case CLV_TYPED_MORE:
    case CLV_TYPED_ENTER:
    case CLV_TYPED_KEY:
    case CLV_TYPED_CTRL:
    case CLV_TYPED_END:
        break;
    }
    return "";
}

static bool secret_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    struct clv_tui_ask *ask = &t->ask;
    ask->typed = t->typing.len > 0;
    if (key->code == CLV_KEY_NO_SUSPEND)
        note(t, "Suspending is refused while a secret is typed.");
    if (key->code == CLV_KEY_TYPED)
        note(t, typed_note(key->typed));
    if (key->code != CLV_KEY_ENTER)
        return false;
    if (t->typing.len == 0) {
        note(t, "Nothing was typed.");
        return false;
    }
    ask->reply.secret = clv_typing_take(&t->typing);
    return true;
}

/* What has to be read is read from its beginning: Enter turns the page as long as there is one. */
static bool continue_key(struct clv_tui *t, const struct clv_tui_key *key)
{
    bool enter = key->code == CLV_KEY_ENTER;
    if (enter && t->grid.more_below)
        t->base_top += t->grid.rows - 8;
    return enter && !t->grid.more_below;
}

static bool key(struct clv_tui *t, const struct clv_tui_key *k)
{
    static bool (*const keys[])(struct clv_tui * t, const struct clv_tui_key *key) = {
        [CLV_ASK_CONTINUE] = continue_key, [CLV_ASK_TEXT] = text_key,
        [CLV_ASK_SECRET] = secret_key,     [CLV_ASK_CHOICE] = choice_key,
        [CLV_ASK_PHRASE] = text_key,
    };
    struct clv_tui_ask *ask = &t->ask;
    ask->note[0] = '\0';
    if (k->code == CLV_KEY_DEVIATION && ask->q->may_deviate) {
        ask->reply.kind = CLV_REPLY_DEVIATION;
        return true;
    }
    if (k->code == CLV_KEY_PAGE_UP || k->code == CLV_KEY_PAGE_DOWN) {
        t->scrolled = true;
        return !clv_tui_scroll(&t->base_top, k, t->grid.rows - 8);
    }
    t->scrolled = ask->q->kind == CLV_ASK_CONTINUE;
    if (!has_field(ask->q) && k->code == CLV_KEY_CHAR && strcmp(k->text, "?") == 0 && !k->pasted) {
        clv_tui_help(t);
        return false;
    }
    return keys[ask->q->kind](t, k);
}

static size_t hints(struct clv_tui *t, struct clv_tui_hint *ret)
{
    const struct clv_question *q = t->ask.q;
    size_t n = 0;
    ret[n++] = (struct clv_tui_hint){"Enter", q->kind == CLV_ASK_CHOICE ? "take it" : "go on"};
    if (q->kind == CLV_ASK_CHOICE)
        ret[n++] = (struct clv_tui_hint){"1-9", "choose"};
    if (has_field(q))
        ret[n++] = (struct clv_tui_hint){"^U", "clear"};
    ret[n++] = (struct clv_tui_hint){has_field(q) ? "F1" : "?", "help"};
    ret[n++] = (struct clv_tui_hint){"F2", "units"};
    if (q->may_deviate)
        ret[n++] = (struct clv_tui_hint){"F4", "deviation"};
    ret[n++] = (struct clv_tui_hint){"F5", "record"};
    ret[n++] = (struct clv_tui_hint){"^L", "redraw"};
    return n;
}

const struct clv_tui_screen clv_tui_ask_screen = {.draw = draw, .key = key, .hints = hints};

/* ---- the face ---- */

static size_t initial_choice(const struct clv_question *q)
{
    for (size_t i = 0; i < q->num_choices && q->initial != NULL; i++) {
        if (strcmp(q->choices[i].key, q->initial) == 0)
            return i;
    }
    return q->num_choices;
}

static void start(struct clv_tui *t, const struct clv_question *q)
{
    bool drafted = t->draft.id[0] != '\0' && strcmp(t->draft.id, q->id) == 0;
    t->ask = (struct clv_tui_ask){.q = q, .selected = initial_choice(q)};
    clv_tui_field_set(&t->ask.field, drafted ? t->draft.text : q->initial, q->max_len);
    t->draft = (struct clv_tui_draft){0};
}

/* The question is asked again after the deviation: what was typed is still there then. */
static void keep_draft(struct clv_tui *t)
{
    (void)snprintf(t->draft.id, sizeof t->draft.id, "%s", t->ask.q->id);
    (void)snprintf(t->draft.text, sizeof t->draft.text, "%s", t->ask.field.text);
}

clv_status clv_tui_face_ask(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                            struct clv_error *err)
{
    struct clv_tui *t = ctx;
    bool idle = false;
    clv_status status = CLV_OK;
    start(t, q);
    if (q->kind == CLV_ASK_SECRET)
        status = clv_typing_init(&t->typing, q->max_len ? q->max_len : t->ask.field.max_len, err);
    t->typing.may_paste = q->may_paste;
    if (status == CLV_OK) {
        clv_tui_flush(t);
        status = clv_tui_run(t, &clv_tui_ask_screen, &idle, err);
    }
    if (status == CLV_OK && q->may_scan)
        clv_terminal_settle(t->terminal);
    clv_typing_clear(&t->typing);
    clv_tui_nothing_asked(t);
    if (status == CLV_OK && idle)
        t->ask.reply.kind = CLV_REPLY_IDLE;
    if (status == CLV_OK && t->ask.reply.kind == CLV_REPLY_DEVIATION && is_text(q))
        keep_draft(t);
    if (status == CLV_OK)
        *ret = t->ask.reply;
    clv_wipe(&t->ask, sizeof t->ask);
    return status;
}

clv_status clv_tui_face_present(void *ctx, const struct clv_question *q, const char *shown,
                                struct clv_error *err)
{
    struct clv_tui *t = ctx;
    start(t, q);
    t->ask.shown = shown;
    for (size_t i = 0; shown != NULL && i < q->num_choices; i++)
        if (strcmp(q->choices[i].label, shown) == 0)
            t->ask.selected = i; /* what it will do is seen, too */
    clv_status status = clv_tui_glance(t, &clv_tui_ask_screen, err);
    clv_tui_nothing_asked(t);
    t->ask = (struct clv_tui_ask){0};
    return status;
}
