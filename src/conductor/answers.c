/* The face that takes its answers from a file and shows everything on another face. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"

static bool matches(const struct clv_answer_line *line, const struct clv_question *q)
{
    if (!line->open_ended)
        return !line->used && strcmp(line->id, q->id) == 0;
    /* Given once more to the question that just refused it, it would be refused for ever. */
    bool again = q->problem != NULL && strcmp(line->last_id, q->id) == 0;
    return !again && strncmp(line->id, q->id, strlen(line->id)) == 0;
}

/* An exact line that is left, else an open-ended one. */
static struct clv_answer_line *find(struct clv_answers *answers, const struct clv_question *q)
{
    struct clv_answer_line *open_ended = NULL;
    for (size_t i = 0; i < answers->num_lines; i++) {
        struct clv_answer_line *line = &answers->lines[i];
        if (!matches(line, q))
            continue;
        if (!line->open_ended)
            return line;
        if (open_ended == NULL)
            open_ended = line;
    }
    return open_ended;
}

static void mark_used(struct clv_answer_line *line, const struct clv_question *q)
{
    line->used = true;
    if (line->open_ended)
        (void)snprintf(line->last_id, sizeof line->last_id, "%s", q->id);
    else
        clv_secret_free(&line->value);
}

static clv_status fail_missing(const struct clv_question *q, struct clv_error *err)
{
    if (q->problem != NULL)
        (void)clv_fail(err, CLV_E_USAGE, "no further answer to `%s` in the answers file: %s", q->id,
                       q->problem);
    else
        (void)clv_fail(err, CLV_E_USAGE, "no answer to `%s` in the answers file", q->id);
    clv_hint(err, "Add a line `%s: ...` to it; nothing is ever guessed.", q->id);
    return CLV_E_USAGE;
}

static clv_status fail_choice(const struct clv_question *q, unsigned number, struct clv_error *err)
{
    char keys[CLV_ERROR_TEXT] = "";
    for (size_t i = 0, len = 0; i < q->num_choices && len < sizeof keys; i++)
        len += (size_t)snprintf(keys + len, sizeof keys - len, "%s%s", i > 0 ? ", " : "",
                                q->choices[i].key);
    (void)clv_fail(err, CLV_E_USAGE, "line %u of the answers file is no choice of `%s`", number,
                   q->id);
    clv_hint(err, "Choose one of: %s.", keys);
    return CLV_E_USAGE;
}

static clv_status answer_text(const char *value, unsigned number, struct clv_reply *reply,
                              struct clv_error *err)
{
    if (strlen(value) >= sizeof reply->text)
        return clv_fail(err, CLV_E_USAGE, "line %u of the answers file is longer than %zu bytes",
                        number, sizeof reply->text - 1);
    (void)snprintf(reply->text, sizeof reply->text, "%s", value);
    return CLV_OK;
}

static clv_status answer_secret(const char *value, unsigned number, struct clv_reply *reply,
                                struct clv_error *err)
{
    size_t len = strlen(value);
    if (len == 0)
        return clv_fail(err, CLV_E_USAGE, "line %u of the answers file has no secret", number);
    clv_status status = clv_secret_new(len, &reply->secret, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(reply->secret), value, len);
    clv_secret_close(reply->secret);
    return CLV_OK;
}

static clv_status answer_choice(const struct clv_question *q, const char *value, unsigned number,
                                struct clv_reply *reply, struct clv_error *err)
{
    for (size_t i = 0; i < q->num_choices; i++) {
        if (strcmp(q->choices[i].key, value) == 0) {
            reply->choice = i;
            return CLV_OK;
        }
    }
    return fail_choice(q, number, err);
}

static clv_status answer(const struct clv_question *q, const char *value, unsigned number,
                         struct clv_reply *reply, struct clv_error *err)
{
    if (strcmp(value, "!interrupt") == 0)
        return clv_fail(err, CLV_E_INTERRUPTED, "interrupted by line %u of the answers file",
                        number);
    if (strcmp(value, "!deviation") == 0 && q->may_deviate) {
        reply->kind = CLV_REPLY_DEVIATION;
        return CLV_OK;
    }
    if (strcmp(value, "!idle") == 0 && q->kind == CLV_ASK_SECRET) {
        reply->kind = CLV_REPLY_IDLE;
        return CLV_OK;
    }
    switch (q->kind) {
    case CLV_ASK_TEXT:
    case CLV_ASK_PHRASE:
        return answer_text(value, number, reply, err);
    case CLV_ASK_SECRET:
        return answer_secret(value, number, reply, err);
    case CLV_ASK_CHOICE:
        return answer_choice(q, value, number, reply, err);
    case CLV_ASK_CONTINUE:
        return CLV_OK;
    }
    return clv_fail(err, CLV_E_INTERNAL, "a question of an unknown kind");
}

/* What the screen says was answered; NULL for secrets. */
static const char *shown(const struct clv_question *q, const struct clv_reply *reply)
{
    if (reply->kind == CLV_REPLY_DEVIATION)
        return "(a deviation is recorded first)";
    if (reply->kind == CLV_REPLY_IDLE)
        return "(nobody types)";
    switch (q->kind) {
    case CLV_ASK_TEXT:
    case CLV_ASK_PHRASE:
        return reply->text;
    case CLV_ASK_CHOICE:
        return q->choices[reply->choice].label;
    case CLV_ASK_CONTINUE:
        return "";
    case CLV_ASK_SECRET:
        break;
    }
    return NULL;
}

static clv_status ask(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                      struct clv_error *err)
{
    struct clv_answers *answers = ctx;
    struct clv_answer_line *line = find(answers, q);
    struct clv_reply reply = {.kind = CLV_REPLY_ANSWER};
    clv_status status = CLV_OK;
    if (line == NULL && q->kind != CLV_ASK_CONTINUE)
        return fail_missing(q, err);
    if (line != NULL) {
        status = answer(q, (const char *)clv_secret_read(line->value), line->number, &reply, err);
        clv_secret_close(line->value);
        mark_used(line, q);
    }
    if (status == CLV_OK)
        status = answers->inner->present(answers->inner->ctx, q, shown(q, &reply), err);
    if (status != CLV_OK)
        clv_secret_free(&reply.secret);
    else
        *ret = reply;
    return status;
}

/* ---- everything else goes through, and nothing waits ---- */

static void stage(void *ctx, const struct clv_stage *s)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    inner->stage(inner->ctx, s);
}

static clv_status present(void *ctx, const struct clv_question *q, const char *text,
                          struct clv_error *err)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    return inner->present(inner->ctx, q, text, err);
}

static void tell(void *ctx, enum clv_tone tone, const char *line)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    inner->tell(inner->ctx, tone, line);
}

static clv_status show(void *ctx, const struct clv_sheet *sheet, bool wait, struct clv_error *err)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    (void)wait;
    return inner->show(inner->ctx, sheet, false, err);
}

static clv_status curtain(void *ctx, const char *previous, const char *next, const char *next_role,
                          bool wait, struct clv_error *err)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    (void)wait;
    return inner->curtain(inner->ctx, previous, next, next_role, false, err);
}

static clv_status progress(void *ctx, const struct clv_progress *p, struct clv_error *err)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    return inner->progress(inner->ctx, p, err);
}

static void progress_end(void *ctx)
{
    const struct clv_face *inner = ((struct clv_answers *)ctx)->inner;
    inner->progress_end(inner->ctx);
}

clv_status clv_answers_face(struct clv_answers *answers, const struct clv_face *inner,
                            struct clv_face *ret, struct clv_error *err)
{
    if (answers->inner != NULL)
        return clv_fail(err, CLV_E_INTERNAL, "the answers feed a face already");
    answers->inner = inner;
    *ret = (struct clv_face){
        .ctx = answers,
        .stage = stage,
        .ask = ask,
        .present = present,
        .tell = tell,
        .show = show,
        .curtain = curtain,
        .progress = progress,
        .progress_end = progress_end,
    };
    return CLV_OK;
}

size_t clv_answers_unused(const struct clv_answers *answers, unsigned *ret_line)
{
    size_t num = 0;
    for (size_t i = 0; i < answers->num_lines; i++) {
        const struct clv_answer_line *line = &answers->lines[i];
        if (line->used)
            continue;
        if (num == 0)
            *ret_line = line->number;
        num++;
    }
    return num;
}
