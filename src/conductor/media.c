/* The journal on two media: what people are asked and told about the second one, and what is put on
 * record. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static clv_status record_medium(struct clv_conductor *c, unsigned medium, const char *what,
                                uint64_t entries, const char *folder, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_MEDIUM);
    e.slot = medium;
    e.number = entries > UINT32_MAX ? UINT32_MAX : (unsigned)entries;
    SET(e.name, "%s", what);
    SET(e.text, "%s", folder);
    return record(c, &e, err);
}

static clv_status deviate(struct clv_conductor *c, const char *folder, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1);
    SET(e.text, "the journal is kept on two media");
    SET(e.name, "one copy of the journal could not be written");
    SET(e.text2, "goes on without the copy in %s, as agreed on the screen", folder);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record: the journal is on one medium now.",
             e.number);
    return st;
}

/* ---- from the beginning ---- */

clv_status note_media(struct clv_conductor *c, struct clv_error *err)
{
    if (c->mirror == NULL)
        return CLV_OK;
    return record_medium(c, 2, "begun", 0, c->mirror, err);
}

clv_status note_given_up(struct clv_conductor *c, struct clv_error *err)
{
    if (c->given_up.medium == 0)
        return CLV_OK;
    unsigned medium = c->given_up.medium;
    char folder[sizeof(c->given_up.folder)];
    snprintf(folder, sizeof(folder), "%s", c->given_up.folder);
    c->given_up.medium = 0;
    clv_status st = record_medium(c, medium, "given-up", 0, folder, err);
    return st == CLV_OK ? deviate(c, folder, err) : st;
}

/* ---- after an interruption ---- */

/* A folder that cannot be looked at is a medium that is not there. */
static bool is_there(const char *folder)
{
    return access(folder, R_OK | W_OK | X_OK) == 0;
}

clv_status find_mirror(struct clv_conductor *c, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"retry", "It is there now: look again", NULL},
        {"one-copy", "Go on with one copy",
         "A deviation. The other copy catches up when the ceremony is resumed with both."},
        {"leave", "Leave everything as it is", "Nothing is written."},
    };
    char line[600];
    while (c->mirror && !is_there(c->mirror)) {
        struct clv_reply reply = {0};
        snprintf(line, sizeof(line),
                 "The journal has a second copy in %s, which cannot be used now: %s.", c->mirror,
                 strerror(errno));
        const char *lines[] = {line, "Connect the medium it is on. Nothing was written."};
        struct clv_question q = {.kind = CLV_ASK_CHOICE,
                                 .id = "resume.mirror",
                                 .title = "The second medium is missing",
                                 .lines = lines,
                                 .num_lines = 2,
                                 .prompt = "What now?",
                                 .choices = choices,
                                 .num_choices = 3};
        clv_status st = c->face->ask(c->face->ctx, &q, &reply, err);
        if (st != CLV_OK)
            return st;
        if (reply.kind != CLV_REPLY_ANSWER)
            continue;
        if (reply.choice == 2)
            return clv_fail(err, CLV_E_INTERRUPTED, "the second medium is not there");
        if (reply.choice == 1) {
            c->given_up.medium = 2;
            SET(c->given_up.folder, "%s", c->mirror);
            c->mirror = NULL;
        }
    }
    return CLV_OK;
}

void remember_lacks(struct clv_conductor *c)
{
    for (size_t i = 0; i < CLV_JOURNAL_MEDIA; i++)
        c->history->lacks[i] = clv_journal_lacks(c->journal, i);
}

void lacks_text(const struct clv_conductor *c, char *buf, size_t cap)
{
    buf[0] = '\0';
    for (size_t i = 0; i < CLV_JOURNAL_MEDIA; i++)
        if (c->history->lacks[i] > 0)
            snprintf(buf, cap, "The copy in %s lacks %llu entries: it gets them when you go on.",
                     clv_journal_medium(c->journal, i), (unsigned long long)c->history->lacks[i]);
}

clv_status note_caught_up(struct clv_conductor *c, struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < CLV_JOURNAL_MEDIA; i++) {
        const char *folder = clv_journal_medium(c->journal, i);
        if (c->history->lacks[i] == 0 || folder == NULL)
            continue;
        st = record_medium(c, (unsigned)i + 1, "caught-up", c->history->lacks[i], folder, err);
        if (st == CLV_OK)
            tell(c, CLV_TONE_DONE, "The copy in %s has caught up: %llu entries.", folder,
                 (unsigned long long)c->history->lacks[i]);
    }
    return st;
}
