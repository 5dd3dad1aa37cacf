/* A write of the journal that fails pauses the ceremony: people mend it, go on with one copy, or
 * stop. Nothing goes on that is not on record. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum pause { PAUSE_RETRY, PAUSE_ONE_COPY, PAUSE_STOP };

/* The copy that is left when the one that failed is given up; NULL: there is none. */
static const char *other_copy(const struct clv_conductor *c)
{
    size_t failed = clv_journal_failed_medium(c->journal);
    if (failed >= CLV_JOURNAL_MEDIA)
        return NULL;
    for (size_t i = 0; i < CLV_JOURNAL_MEDIA; i++)
        if (i != failed && clv_journal_medium(c->journal, i))
            return clv_journal_medium(c->journal, i);
    return NULL;
}

static clv_status ask_pause(struct clv_conductor *c, const struct clv_error *why, enum pause *ret,
                            struct clv_error *err)
{
    struct clv_choice choices[3] = {
        {"retry", "I have made room or mended it: write again", NULL},
    };
    enum pause meaning[3] = {PAUSE_RETRY};
    size_t num = 1;
    const char *other = other_copy(c);
    char text[2048], label[600];
    if (other) {
        snprintf(label, sizeof(label), "Go on with the copy in %s alone", other);
        choices[num] = (struct clv_choice){"one-copy", label,
                                           "A deviation. The other copy catches up when the "
                                           "ceremony is resumed with both."};
        meaning[num++] = PAUSE_ONE_COPY;
    }
    choices[num] =
        (struct clv_choice){"stop", "Stop here; the journal is whole up to the entry before", NULL};
    meaning[num++] = PAUSE_STOP;
    clv_error_format(why, text, sizeof(text));
    const char *lines[] = {text, "",
                           "Nothing goes on that is not in the journal. Nothing is lost."};
    struct clv_question q = {.kind = CLV_ASK_CHOICE,
                             .id = "journal.full",
                             .title = "The journal cannot be written",
                             .lines = lines,
                             .num_lines = 3,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = num};
    struct clv_reply reply = {0};
    do {
        clv_status st = c->face->ask(c->face->ctx, &q, &reply, err);
        if (st != CLV_OK)
            return st;
    } while (reply.kind != CLV_REPLY_ANSWER);
    *ret = meaning[reply.choice];
    return CLV_OK;
}

static clv_status mend(struct clv_conductor *c, enum pause how, struct clv_error *why)
{
    size_t failed = clv_journal_failed_medium(c->journal);
    if (how == PAUSE_RETRY)
        return clv_journal_mend(c->journal, why);
    SET(c->given_up.folder, "%s", clv_journal_medium(c->journal, failed));
    clv_status st = clv_journal_give_up(c->journal, failed, why);
    if (st == CLV_OK)
        c->given_up.medium = (unsigned)failed + 1;
    return st;
}

/* Asked again until it can be written, or people stop. */
static clv_status settle(struct clv_conductor *c, struct clv_error *why, struct clv_error *err)
{
    clv_status st;
    do {
        enum pause what = PAUSE_STOP;
        st = ask_pause(c, why, &what, err);
        if (st != CLV_OK)
            return st;
        if (what == PAUSE_STOP) {
            if (err)
                *err = *why;
            return clv_while(err, why->code, "writing the journal");
        }
        *why = (struct clv_error){0};
        st = mend(c, what, why);
    } while (st != CLV_OK);
    return CLV_OK;
}

/* People should know while there is still time to make room. */
static void watch_reserve(struct clv_conductor *c)
{
    size_t left = clv_journal_reserve_left(c->journal);
    if (left < c->reserve_seen)
        tell(c, CLV_TONE_WARN,
             "The disk is full. The journal goes on in the space set aside: %zu KiB are left. Make "
             "room.",
             left / 1024);
    c->reserve_seen = left;
}

static clv_status write_or_pause(struct clv_conductor *c, const struct clv_view *line,
                                 struct clv_error *err)
{
    for (;;) {
        struct clv_error why = {0};
        clv_status st = line ? clv_journal_append(c->journal, *line, NULL, &why)
                             : clv_journal_checkpoint(c->journal, &why);
        if (st == CLV_OK) {
            watch_reserve(c);
            return CLV_OK;
        }
        st = settle(c, &why, err);
        if (st != CLV_OK)
            return st;
    }
}

clv_status space_or_pause(struct clv_conductor *c, struct clv_error *err)
{
    for (;;) {
        struct clv_error why = {0};
        clv_status st = set_space_aside(c, &why);
        if (st == CLV_OK)
            return st;
        st = settle(c, &why, err);
        if (st != CLV_OK)
            return st;
    }
}

clv_status append_or_pause(struct clv_conductor *c, struct clv_view line, struct clv_error *err)
{
    return write_or_pause(c, &line, err);
}

clv_status record_checkpoint(struct clv_conductor *c, struct clv_error *err)
{
    clv_status st = write_or_pause(c, NULL, err);
    return st == CLV_OK ? note_given_up(c, err) : clv_while(err, st, "signing the journal's head");
}
