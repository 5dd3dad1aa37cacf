/* The journal of an interrupted ceremony: opened, verified, and stepped through a new engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void history_free(struct history **h)
{
    if (*h)
        free((*h)->units);
    free(*h);
    *h = NULL;
}

/* ---- opening it ---- */

/* Half an entry is what a power cut leaves. It was never acknowledged, so nobody acted on it; but
 * what is in the folder belongs to the people, and they are asked. */
static clv_status ask_torn(struct clv_conductor *c, const struct clv_error *why,
                           struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"set-aside", "Keep the torn end in a file of its own and go on",
         "Nothing that was acknowledged is in it."},
        {"leave", "Leave everything as it is", "Nothing is written."},
    };
    char text[2048];
    clv_error_format(why, text, sizeof(text));
    const char *lines[] = {text, "",
                           "An entry counts when it is whole on the disk. This one was not: "
                           "nothing was done that relied on it."};
    struct clv_question q = {.kind = CLV_ASK_CHOICE,
                             .id = "resume.torn",
                             .title = "The journal ends in half an entry",
                             .lines = lines,
                             .num_lines = 3,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2};
    struct clv_reply reply = {0};
    clv_status st = c->face->ask(c->face->ctx, &q, &reply, err);
    if (st == CLV_OK && (reply.kind != CLV_REPLY_ANSWER || reply.choice != 0))
        st = clv_fail(err, CLV_E_INTERRUPTED, "the torn end of the journal was left as it is");
    return st;
}

static bool is_torn(const char *dir)
{
    struct clv_journal_report report = {0};
    return dir && clv_journal_verify(dir, NULL, &report, NULL) == CLV_OK &&
           report.verdict == CLV_JOURNAL_TORN;
}

/* Either copy may be; each keeps its own torn end. */
static clv_status set_torn_aside(struct clv_conductor *c, struct clv_error *err)
{
    const char *const dirs[] = {c->config.dir, c->mirror};
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        size_t len = 0;
        if (is_torn(dirs[i]))
            st = clv_journal_set_torn_aside(dirs[i], &len, err);
        c->history->torn_len += len;
    }
    return st;
}

static clv_status open_journal(struct clv_conductor *c, struct clv_error *err)
{
    struct clv_error why = {0};
    clv_status st = find_mirror(c, err);
    if (st != CLV_OK)
        return st;
    st = clv_journal_open_mirrored(c->config.dir, c->mirror, &c->journal, &why);
    if (st != CLV_OK && (is_torn(c->config.dir) || is_torn(c->mirror))) {
        st = ask_torn(c, &why, err);
        if (st == CLV_OK)
            st = set_torn_aside(c, err);
        return st == CLV_OK ? clv_journal_open_mirrored(c->config.dir, c->mirror, &c->journal, err)
                            : st;
    }
    if (st != CLV_OK && err)
        *err = why;
    return st;
}

/* ---- stepping through it ---- */

static clv_status check_first(const struct clv_conductor *c, const struct clv_event *e,
                              struct clv_error *err)
{
    const char *what = NULL;
    if (e->kind != CLV_EVENT_OPENED)
        return clv_fail(err, CLV_E_FORMAT, "the journal does not begin with the event \"opened\"");
    if (memcmp(e->digest, c->config.script->hash, sizeof(e->digest)) != 0)
        what = "script";
    /* A rehearsal's units have another address each time, and with it another site. */
    else if (!c->config.test_world &&
             memcmp(e->digest2, c->config.site->hash, sizeof(e->digest2)) != 0)
        what = "site file";
    if (what == NULL)
        return CLV_OK;
    clv_status st =
        clv_fail(err, CLV_E_MISMATCH, "the %s is not the one this ceremony was begun with", what);
    clv_hint(err, "Bring the file whose SHA-256 is in the first entry of the journal.");
    return st;
}

static const char *outcome_text(const char *word)
{
    static const struct {
        const char *word, *text;
    } texts[] = {{"done", "done"},
                 {"refused", "refused"},
                 {"not-sent", "not sent"},
                 {"in-doubt", "in doubt"},
                 {"untrusted", "answer not trusted"}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(texts[i].word, word) == 0)
            return texts[i].text;
    return "in doubt";
}

/* Which of the last receipts are on record while they are not over. */
static void remember_receipt(struct history *h, const struct clv_event *e)
{
    size_t num = 0;
    if (e->kind == CLV_EVENT_RECEIPTS_OVER)
        h->num_last_receipts = 0;
    if (e->kind == CLV_EVENT_RECEIPT && is_last_receipt(e->name) &&
        h->num_last_receipts < CLV_MAX_VOID)
        h->last_receipts[h->num_last_receipts++] = e->number;
    if (e->kind != CLV_EVENT_RECEIPT_VOID)
        return;
    for (size_t i = 0; i < h->num_last_receipts; i++)
        if (h->last_receipts[i] != e->number)
            h->last_receipts[num++] = h->last_receipts[i];
    h->num_last_receipts = num;
}

static void remember(struct clv_conductor *c, uint64_t seq, const struct clv_event *e)
{
    struct history *h = c->history;
    h->last_ms = e->wall_ms;
    h->num_entries = seq + 1;
    if (e->kind == CLV_EVENT_INTENT && e->unit <= CLV_MAX_UNITS)
        h->units[e->unit] = (struct past_unit){e->phase, "sent, no outcome on record"};
    if (e->kind == CLV_EVENT_OUTCOME && e->unit <= CLV_MAX_UNITS)
        h->units[e->unit] = (struct past_unit){e->phase, outcome_text(e->name)};
    if (e->kind == CLV_EVENT_PART_MADE && e->slot <= CLV_MAX_SLOTS) {
        h->part_made[e->slot] = seq;
        h->part_slip[e->slot] = 0;
    }
    if ((e->kind == CLV_EVENT_PART_MADE || e->kind == CLV_EVENT_PART_OPENED) &&
        e->slot <= CLV_MAX_SLOTS)
        snprintf(c->part_checks[e->slot], sizeof(c->part_checks[0]), "%.*s",
                 CLV_CHECK_PART_RECORD - 1, e->text);
    if (e->kind == CLV_EVENT_RECEIPT) {
        const struct clv_seat *seat = seat_of(c, e->person);
        c->num_documents = e->number;
        if (seat && seat->role == CLV_ROLE_OWNER && strcmp(e->name, RECEIPT_OF_PART) == 0)
            h->part_slip[seat->index] = e->number;
    }
    remember_receipt(h, e);
    if (e->kind == CLV_EVENT_PATTERN)
        (void)clv_check_record_read(e->text, e->pattern, &c->checks);
}

static clv_status replay_entry(void *ctx, uint64_t seq, struct clv_view entry,
                               struct clv_error *err)
{
    struct clv_conductor *c = ctx;
    struct clv_event e;
    struct clv_effects effects;
    clv_status st = clv_event_decode(entry, &e, err);
    if (st == CLV_OK && seq == 0)
        st = check_first(c, &e, err);
    if (st == CLV_OK)
        st = clv_ceremony_step(c->ceremony, &e, &effects, err);
    if (st == CLV_OK)
        remember(c, seq, &e);
    return clv_while(err, st, "replaying entry %llu", (unsigned long long)seq);
}

static clv_status check_open(const struct clv_conductor *c, struct clv_error *err)
{
    if (c->ceremony->state != CLV_STATE_CLOSED && c->ceremony->state != CLV_STATE_STOPPED)
        return CLV_OK;
    /* The power may have gone between the last entry and its signature: nothing else would ever
     * bring it. */
    bool is_signed = clv_journal_signed_size(c->journal) == clv_journal_size(c->journal);
    clv_status st = is_signed ? CLV_OK : clv_journal_checkpoint(c->journal, err);
    if (st != CLV_OK)
        return clv_while(err, st, "signing the last entry of the journal");
    st = clv_fail(err, CLV_E_RULE, "ceremony %s is over: it %s", c->id,
                  c->ceremony->state == CLV_STATE_CLOSED ? "is complete"
                                                         : "was stopped by decision");
    clv_kept(err, is_signed ? "Nothing was written."
                            : "Its last entry was not signed yet: that was done now. Nothing else "
                              "was written.");
    clv_hint(err, "Its last entry says what is left to do: claviger verify %s", c->config.dir);
    return st;
}

clv_status history_take(struct clv_conductor *c, struct clv_error *err)
{
    c->history = calloc(1, sizeof(*c->history));
    if (c->history)
        c->history->units = calloc(CLV_MAX_UNITS + 1, sizeof(c->history->units[0]));
    if (c->history == NULL || c->history->units == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for what was on record");
    clv_status st = open_journal(c, err);
    if (st != CLV_OK)
        return st;
    remember_lacks(c);
    snprintf(c->id, sizeof(c->id), "%s", clv_journal_ceremony_id(c->journal));
    if (clv_journal_is_test(c->journal) != c->config.test_world)
        return clv_fail(err, CLV_E_WORLD, "this is the journal of a %s",
                        c->config.test_world ? "production ceremony" : "rehearsal");
    st = clv_journal_each(c->journal, 0, replay_entry, c, err);
    return st == CLV_OK ? check_open(c, err) : st;
}

/* ---- what would come next ---- */

struct foresight {
    struct clv_ceremony *engine;
};

static clv_status step_again(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    struct foresight *f = ctx;
    struct clv_event e;
    struct clv_effects effects;
    (void)seq;
    clv_status st = clv_event_decode(entry, &e, err);
    return st == CLV_OK ? clv_ceremony_step(f->engine, &e, &effects, err) : st;
}

/* As task_query() will, on an engine that is thrown away. */
static clv_status step_barrier(const struct clv_conductor *c, const struct looks *looks,
                               struct clv_ceremony *engine, struct clv_error *err)
{
    struct clv_effects effects;
    struct clv_event over = event_of(CLV_EVENT_BARRIER_OVER);
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < engine->num_units; i++) {
        if (engine->units[i].set_aside)
            continue;
        struct clv_event e = look_event(c, looks, engine->units[i].number);
        st = clv_ceremony_step(engine, &e, &effects, err);
    }
    over.phase = engine->phase;
    return st == CLV_OK ? clv_ceremony_step(engine, &over, &effects, err) : st;
}

clv_status history_foresee(struct clv_conductor *c, const struct looks *looks,
                           struct clv_ceremony **ret, struct clv_error *err)
{
    struct foresight f = {0};
    struct clv_effects effects;
    struct clv_event resumed = event_of(CLV_EVENT_RESUMED);
    clv_status st = clv_ceremony_new(c->config.script, &f.engine, err);
    if (st == CLV_OK)
        st = clv_journal_each(c->journal, 0, step_again, &f, err);
    if (st == CLV_OK)
        st = clv_ceremony_step(f.engine, &resumed, &effects, err);
    /* A barrier that is passed may lead to the next one: comparing comes behind set immediate. */
    for (int i = 0; st == CLV_OK && i < 3 && f.engine->state == CLV_STATE_BARRIER; i++)
        st = step_barrier(c, looks, f.engine, err);
    if (st == CLV_OK)
        *ret = f.engine;
    else
        clv_ceremony_free(&f.engine);
    return st;
}
