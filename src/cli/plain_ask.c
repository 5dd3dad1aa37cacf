/* Questions, line by line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plain_internal.h"

#define DEFAULT_MAX 200

static void print_choices(struct clv_plain *p, const struct clv_question *q)
{
    for (size_t i = 0; i < q->num_choices; i++) {
        const struct clv_choice *c = &q->choices[i];
        clv_plain_print(p, "  %zu  %s\n", i + 1, c->label);
        if (c->hint != NULL)
            clv_plain_lines(p, "     ", c->hint);
    }
}

void clv_plain_question(struct clv_plain *p, const struct clv_question *q)
{
    clv_plain_print(p, "\n-- %s --%s\n", q->title, p->test_world ? " [TEST]" : "");
    for (size_t i = 0; i < q->num_lines; i++)
        clv_plain_print(p, "%s\n", q->lines[i]);
    if (q->problem != NULL)
        clv_plain_lines(p, "[!!] ", q->problem);
    print_choices(p, q);
    if (q->kind == CLV_ASK_PHRASE)
        clv_plain_print(p, "To go on, type exactly: %s\n", q->phrase);
    if (q->may_deviate)
        clv_plain_text(p, "(!deviation records a deviation)\n");
}

static size_t initial_choice(const struct clv_question *q)
{
    for (size_t i = 0; i < q->num_choices && q->initial != NULL; i++) {
        if (strcmp(q->choices[i].key, q->initial) == 0)
            return i;
    }
    return q->num_choices;
}

/* "What now?" needs no colon. */
static bool ends_itself(const char *prompt)
{
    return strchr("?.!:", prompt[strlen(prompt) - 1]) != NULL;
}

static void make_prompt(const struct clv_question *q, char *out, size_t cap)
{
    const char *prompt = q->prompt != NULL ? q->prompt : "";
    const char *gap = prompt[0] != '\0' ? " " : "";
    size_t initial = initial_choice(q);
    switch (q->kind) {
    case CLV_ASK_CONTINUE:
        (void)snprintf(out, cap, "%s [? help] ", prompt[0] != '\0' ? prompt : "Enter goes on");
        return;
    case CLV_ASK_TEXT:
        if (q->initial != NULL && q->initial[0] != '\0')
            (void)snprintf(out, cap, "%s [Enter keeps: %s]: ", prompt, q->initial);
        else
            (void)snprintf(out, cap, "%s: ", prompt);
        return;
    case CLV_ASK_SECRET:
        (void)snprintf(out, cap, "%s (not shown): ", prompt);
        return;
    case CLV_ASK_CHOICE:
        if (initial < q->num_choices)
            (void)snprintf(out, cap, "%s%s[1-%zu, Enter takes %zu, ? help]: ", prompt, gap,
                           q->num_choices, initial + 1);
        else
            (void)snprintf(out, cap, "%s%s[1-%zu, ? help]: ", prompt, gap, q->num_choices);
        return;
    case CLV_ASK_PHRASE:
        (void)snprintf(out, cap, "%s: ", prompt[0] != '\0' ? prompt : "Phrase");
        return;
    }
}

static void print_help(struct clv_plain *p, const struct clv_question *q)
{
    clv_plain_text(p, "\nHelp\n");
    clv_plain_lines(p, "  ", q->help != NULL ? q->help : "There is no further help here.");
    print_choices(p, q);
}

/* A number, or the key of a choice; false with the reason printed. */
static bool parse_choice(struct clv_plain *p, const struct clv_question *q, const char *line,
                         size_t *ret_choice)
{
    char *end = NULL;
    if (line[0] == '\0') {
        *ret_choice = initial_choice(q);
    } else {
        unsigned long number = strtoul(line, &end, 10);
        bool numeric = line[0] >= '0' && line[0] <= '9' && *end == '\0';
        *ret_choice =
            numeric && number >= 1 && number <= q->num_choices ? number - 1 : q->num_choices;
    }
    if (*ret_choice < q->num_choices)
        return true;
    clv_plain_print(p, "[!!] Type a number from 1 to %zu.\n", q->num_choices);
    return false;
}

static size_t max_len(const struct clv_question *q, size_t limit)
{
    size_t max = q->max_len != 0 ? q->max_len : DEFAULT_MAX;
    return max < limit ? max : limit;
}

/* Whether line answers q; the reply is filled then. */
static bool take_line(struct clv_plain *p, const struct clv_question *q, const char *line,
                      struct clv_reply *reply)
{
    size_t max = max_len(q, sizeof reply->text - 1);
    switch (q->kind) {
    case CLV_ASK_CONTINUE:
        if (line[0] != '\0')
            clv_plain_text(p, "[!!] Press Enter alone to go on.\n");
        return line[0] == '\0';
    case CLV_ASK_CHOICE:
        return parse_choice(p, q, line, &reply->choice);
    case CLV_ASK_TEXT:
    case CLV_ASK_PHRASE:
        if (line[0] == '\0' && q->initial != NULL && q->kind == CLV_ASK_TEXT)
            line = q->initial;
        if (strlen(line) > max) {
            clv_plain_print(p, "[!!] That is longer than %zu bytes.\n", max);
            return false;
        }
        (void)snprintf(reply->text, sizeof reply->text, "%s", line);
        return true;
    case CLV_ASK_SECRET:
        break;
    }
    return false;
}

/* What works at every prompt: help, deviation, idle. True when the line is dealt with. */
static bool take_common(struct clv_plain *p, const struct clv_question *q, int key,
                        enum clv_plain_got got, struct clv_reply *reply, bool *ret_done)
{
    *ret_done = got == CLV_PLAIN_IDLE || (key == '!' && q->may_deviate);
    if (got == CLV_PLAIN_IDLE) {
        clv_plain_text(p, "\n");
        reply->kind = CLV_REPLY_IDLE;
    } else if (key == '!' && q->may_deviate) {
        reply->kind = CLV_REPLY_DEVIATION;
    } else if (key == '!') {
        clv_plain_text(p, "[!!] No deviation can be recorded here.\n");
    } else if (key == '?') {
        print_help(p, q);
    } else if (got == CLV_PLAIN_TOO_LONG) {
        clv_plain_text(p, "[!!] That line is too long.\n");
    } else {
        return false;
    }
    return true;
}

static int line_key(const char *line)
{
    return strcmp(line, "?") == 0 ? '?' : strcmp(line, "!deviation") == 0 ? '!' : 0;
}

/* One prompt and what was typed. */
static clv_status ask_once(struct clv_plain *p, const struct clv_question *q, const char *prompt,
                           struct clv_reply *reply, bool *ret_done, struct clv_error *err)
{
    char line[CLV_PLAIN_LINE] = "";
    int key = 0;
    enum clv_plain_got got = CLV_PLAIN_LINE_READ;
    clv_status status;
    if (q->kind == CLV_ASK_SECRET)
        status = clv_plain_read_secret(p, prompt, max_len(q, 4096), q->may_paste, &reply->secret,
                                       &key, &got, err);
    else
        status = clv_plain_read_line(p, prompt, line, &got, err);
    if (status != CLV_OK)
        return status;
    if (q->kind != CLV_ASK_SECRET && got == CLV_PLAIN_LINE_READ)
        key = line_key(line);
    if (!take_common(p, q, key, got, reply, ret_done))
        *ret_done = q->kind == CLV_ASK_SECRET || take_line(p, q, line, reply);
    return clv_plain_check(p, err);
}

clv_status clv_plain_ask(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                         struct clv_error *err)
{
    struct clv_plain *p = ctx;
    struct clv_reply reply = {.kind = CLV_REPLY_ANSWER};
    char prompt[CLV_PLAIN_LINE];
    bool done = false;
    clv_plain_question(p, q);
    make_prompt(q, prompt, sizeof prompt);
    while (!done) {
        clv_status status = ask_once(p, q, prompt, &reply, &done, err);
        if (status != CLV_OK) {
            clv_secret_free(&reply.secret);
            return status;
        }
    }
    if (q->may_scan)
        clv_terminal_settle(p->terminal);
    *ret = reply;
    return CLV_OK;
}

clv_status clv_plain_present(void *ctx, const struct clv_question *q, const char *shown,
                             struct clv_error *err)
{
    struct clv_plain *p = ctx;
    unsigned wake = 0;
    const char *prompt = q->prompt != NULL && q->prompt[0] != '\0' ? q->prompt : "Answer";
    clv_plain_question(p, q);
    if (q->kind != CLV_ASK_CONTINUE)
        clv_plain_print(p, "%s%s %s\n", prompt, ends_itself(prompt) ? "" : ":",
                        shown != NULL ? shown : "(not shown)");
    clv_status status = clv_terminal_wait(p->terminal, -1, 0, &wake, err);
    return status == CLV_OK ? clv_plain_check(p, err) : status;
}
