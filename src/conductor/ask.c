/* Questions: validated here, whichever face asks them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void tell(struct clv_conductor *c, enum clv_tone tone, const char *fmt, ...)
{
    char line[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    c->face->tell(c->face->ctx, tone, line);
}

/* Scanners may put a tab before and behind a code. */
static void trim(char *text)
{
    size_t from = strspn(text, " \t"), len = strlen(text + from);
    while (len > 0 && strchr(" \t", text[from + len - 1]))
        len--;
    memmove(text, text + from, len);
    text[len] = '\0';
}

clv_status ask(struct clv_conductor *c, const struct clv_question *q, struct clv_reply *ret,
               struct clv_error *err)
{
    for (;;) {
        memset(ret, 0, sizeof(*ret));
        stage_refresh(c, q->kind == CLV_ASK_SECRET);
        clv_status st = c->face->ask(c->face->ctx, q, ret, err);
        if (st == CLV_OK && q->may_scan)
            trim(ret->text);
        if (st == CLV_OK && ret->kind == CLV_REPLY_ANSWER)
            return CLV_OK;
        clv_secret_free(&ret->secret);
        if (st == CLV_OK && ret->kind == CLV_REPLY_DEVIATION)
            st = off_script(c, err);
        else if (st == CLV_OK)
            st = turn_paused(c, err);
        if (st != CLV_OK)
            return st;
    }
}

clv_status ask_continue(struct clv_conductor *c, const char *id, const char *title,
                        const char *const *lines, size_t num_lines, struct clv_error *err)
{
    struct clv_question q = {.kind = CLV_ASK_CONTINUE,
                             .id = id,
                             .title = title,
                             .lines = lines,
                             .num_lines = num_lines,
                             .prompt = "Press Enter to go on",
                             .may_deviate = !c->only_looking};
    struct clv_reply reply;
    return ask(c, &q, &reply, err);
}

clv_status ask_text(struct clv_conductor *c, const struct clv_question *question, size_t max_chars,
                    char *ret, size_t cap, struct clv_error *err)
{
    struct clv_question q = *question;
    char problem[CLV_ERROR_TEXT];
    q.kind = CLV_ASK_TEXT;
    for (;;) {
        struct clv_reply reply;
        struct clv_error why = {0};
        clv_status st = ask(c, &q, &reply, err);
        if (st != CLV_OK)
            return st;
        if (clv_text_check(reply.text, max_chars, q.prompt, &why) == CLV_OK &&
            strlen(reply.text) < cap) {
            snprintf(ret, cap, "%s", reply.text);
            return CLV_OK;
        }
        snprintf(problem, sizeof(problem), "%s", why.fact[0] ? why.fact : "this is too long");
        q.problem = problem;
    }
}

clv_status ask_choice(struct clv_conductor *c, const struct clv_question *question, size_t *ret,
                      struct clv_error *err)
{
    struct clv_question q = *question;
    struct clv_reply reply;
    q.kind = CLV_ASK_CHOICE;
    clv_status st = ask(c, &q, &reply, err);
    if (st == CLV_OK)
        *ret = reply.choice;
    return st;
}

/* Case and blanks as shown: the point is that somebody reads and repeats it. */
clv_status ask_phrase(struct clv_conductor *c, const struct clv_question *question,
                      struct clv_error *err)
{
    struct clv_question q = *question;
    q.kind = CLV_ASK_PHRASE;
    for (;;) {
        struct clv_reply reply;
        clv_status st = ask(c, &q, &reply, err);
        if (st != CLV_OK || strcmp(reply.text, q.phrase) == 0)
            return st;
        q.problem = "That is not the phrase. Nothing was sent. Type it exactly as shown.";
    }
}

clv_status ask_secret(struct clv_conductor *c, const struct clv_question *question,
                      struct clv_secret **ret, struct clv_error *err)
{
    struct clv_question q = *question;
    struct clv_reply reply;
    q.kind = CLV_ASK_SECRET;
    clv_status st = ask(c, &q, &reply, err);
    if (st == CLV_OK)
        *ret = reply.secret;
    return st;
}

clv_status show_problem(struct clv_conductor *c, const char *id, const struct clv_error *problem,
                        struct clv_error *err)
{
    char text[2048];
    clv_error_format(problem, text, sizeof(text));
    tell(c, CLV_TONE_FAIL, "%s", problem->fact);
    const char *lines[] = {text};
    return ask_continue(c, id, "That did not work", lines, 1, err);
}

/* Expected, happened, decided, by whom. */
clv_status record_deviation(struct clv_conductor *c, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    struct clv_question q = {.title = "Record a deviation from the script", .may_deviate = false};
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = c->seated;
    q.id = "deviation.expected";
    q.prompt = "What should have happened";
    clv_status st = ask_text(c, &q, 160, e.text, sizeof(e.text), err);
    q.id = "deviation.happened";
    q.prompt = "What happened instead";
    if (st == CLV_OK)
        st = ask_text(c, &q, 64, e.name, sizeof(e.name), err);
    q.id = "deviation.decided";
    q.prompt = "What was decided, and by whom";
    if (st == CLV_OK)
        st = ask_text(c, &q, 160, e.text2, sizeof(e.text2), err);
    if (st == CLV_OK)
        st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record.", e.number);
    return st;
}
