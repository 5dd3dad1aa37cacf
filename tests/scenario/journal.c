/* What a test may ask of a decoded journal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"
#include "scene.h"

static clv_status take(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    struct journal *j = ctx;
    j->event = realloc(j->event, (j->num + 1) * sizeof(j->event[0]));
    cr_assert(j->event);
    clv_status st = clv_event_decode(entry, &j->event[j->num], err);
    cr_assert_eq(st, CLV_OK, "entry %llu: %s", (unsigned long long)seq, err->fact);
    j->num++;
    return st;
}

void journal_read(const char *dir, struct journal *ret)
{
    struct clv_journal *journal = NULL;
    struct clv_error err = {0};
    *ret = (struct journal){0};
    clv_status st = clv_journal_open_readonly(dir, &journal, &err);
    cr_assert_eq(st, CLV_OK, "%s: %s", dir, err.fact);
    cr_assert_eq(clv_journal_each(journal, 0, take, ret, &err), CLV_OK, "%s", err.fact);
    clv_journal_free(&journal);
}

void journal_clear(struct journal *j)
{
    free(j->event);
    *j = (struct journal){0};
}

size_t journal_next(const struct journal *j, enum clv_event_kind kind, size_t from)
{
    while (from < j->num && j->event[from].kind != kind)
        from++;
    return from;
}

size_t journal_count(const struct journal *j, enum clv_event_kind kind)
{
    size_t num = 0;
    for (size_t i = 0; i < j->num; i++)
        num += j->event[i].kind == kind;
    return num;
}

const struct clv_event *journal_last(const struct journal *j)
{
    cr_assert_gt(j->num, 0, "the journal is empty");
    return &j->event[j->num - 1];
}

size_t journal_outcomes(const struct journal *j, enum clv_phase phase, unsigned unit,
                        const char *word)
{
    size_t num = 0;
    for (size_t i = 0; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        num += e->kind == CLV_EVENT_OUTCOME && e->phase == phase &&
               (unit == 0 || e->unit == unit) && strcmp(e->name, word) == 0;
    }
    return num;
}

/* ---- what always holds ---------------------------------------------------------------------- */

/* One outcome for the intent at `at`, before the order is over; no second intent in between. */
static void check_intent(const struct journal *j, size_t at)
{
    const struct clv_event *intent = &j->event[at];
    for (size_t i = at + 1; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        if (e->kind == CLV_EVENT_OUTCOME && e->unit == intent->unit) {
            cr_assert_eq(e->phase, intent->phase, "entry %zu", i);
            return;
        }
        if (e->kind == CLV_EVENT_RESUMED)
            return; /* the query behind it decides what became of the command */
        if (e->kind == CLV_EVENT_INTENT)
            cr_assert_neq(e->unit, intent->unit, "entry %zu: a command is doubled", i);
        cr_assert_neq(e->kind, CLV_EVENT_ORDER_OVER, "entry %zu: the intent has no outcome", at);
        cr_assert_neq(e->kind, CLV_EVENT_CLOSED, "entry %zu: the intent has no outcome", at);
    }
    cr_assert_eq(journal_last(j)->kind, CLV_EVENT_INTERRUPTED,
                 "entry %zu: the intent has no outcome", at);
}

static void check_pattern(const struct journal *j, size_t at)
{
    static const uint8_t none[CLV_EP11_PATTERN_LEN];
    const struct clv_event *intent = &j->event[at];
    const uint8_t *expected = none;
    if (intent->phase == CLV_PHASE_COMMIT || intent->phase == CLV_PHASE_SET_IMMEDIATE)
        for (size_t i = 0; i < at; i++)
            if (j->event[i].kind == CLV_EVENT_PATTERN)
                expected = j->event[i].pattern;
    cr_assert_arr_eq(intent->pattern, expected, sizeof(none),
                     "entry %zu carries another pattern than ours", at);
}

/* Between an order and the next one stands the barrier of the first. Administrators are added one
 * order a key, and the barrier stands behind the last. */
static void check_barrier(const struct journal *j, size_t at)
{
    for (size_t i = at + 1; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        if (e->kind == CLV_EVENT_BARRIER_OVER && e->phase == j->event[at].phase)
            return;
        if (e->phase == CLV_PHASE_ADMINS && j->event[at].phase == CLV_PHASE_ADMINS)
            continue;
        cr_assert_neq(e->kind, CLV_EVENT_INTENT, "entry %zu: sent before the barrier", i);
    }
}

void journal_check(const struct journal *j, unsigned num_owners)
{
    unsigned committed = 0;
    cr_assert_eq(j->event[0].kind, CLV_EVENT_OPENED);
    for (size_t i = 0; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        if (e->kind == CLV_EVENT_PART_MADE || e->kind == CLV_EVENT_COMMITMENT)
            committed |= 1u << e->slot;
        if (e->kind == CLV_EVENT_PART_OPENED)
            cr_assert_eq(committed, ((1u << num_owners) - 1) << 1,
                         "entry %zu: a part is open before all commitments are on record", i);
        if (e->kind == CLV_EVENT_INTENT) {
            check_intent(j, i);
            check_pattern(j, i);
        }
        if (e->kind == CLV_EVENT_ORDER_OVER)
            check_barrier(j, i);
    }
}

enum clv_state journal_replay(const struct journal *j, const char *script_path)
{
    struct clv_script *script = NULL;
    struct clv_ceremony *engine = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_script_read(script_path, &script, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_ceremony_new(script, &engine, &err), CLV_OK);
    for (size_t i = 0; i < j->num; i++) {
        struct clv_effects effects;
        clv_status st = clv_ceremony_step(engine, &j->event[i], &effects, &err);
        cr_assert_eq(st, CLV_OK, "entry %zu (%s): %s", i, clv_event_name(j->event[i].kind),
                     err.fact);
    }
    enum clv_state state = engine->state;
    clv_ceremony_free(&engine);
    clv_script_free(&script);
    return state;
}

/* ---- signed heads --------------------------------------------------------------------------- */

/* A note's second line is the size of the tree it signs. */
static bool head_at(const char *notes, size_t size)
{
    char line[40];
    snprintf(line, sizeof(line), "\n%zu\n", size);
    return strstr(notes, line) != NULL;
}

void journal_check_heads(const struct journal *j, const char *dir)
{
    char *path = clv_path_join(dir, CLV_JOURNAL_CHECKPOINTS);
    size_t len = 0;
    char *notes = (char *)file_bytes(path, &len);
    for (size_t i = 0; i < j->num; i++) {
        enum clv_event_kind kind = j->event[i].kind;
        /* The last receipts have one head in common, behind the last of them. */
        bool more = kind == CLV_EVENT_RECEIPT && i + 1 < j->num &&
                    j->event[i + 1].kind == CLV_EVENT_RECEIPT;
        bool ends = kind == CLV_EVENT_TURN_ENDED || kind == CLV_EVENT_TURN_LATER ||
                    (kind == CLV_EVENT_RECEIPT && !more) || kind == CLV_EVENT_CLOSED;
        cr_assert(!ends || head_at(notes, i + 1), "no signed head behind entry %zu (%s)", i,
                  clv_event_name(kind));
    }
    free(notes);
    free(path);
}
