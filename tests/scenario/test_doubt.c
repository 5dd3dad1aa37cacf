/* In doubt is a state: no answer, half an answer, a late one, a counter that moved, a unit that
 * restarted. The unit is asked, somebody decides, and what follows is a new intent. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"

#define SCRIPT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define NUM_UNITS 3
#define BAD 3

static void assert_said(const struct scene *s, const char *text)
{
    cr_assert(scene_said(s, text), "nobody said \"%s\":\n%s", text, s->run.output);
}

static void play(struct scene *s, const char *faults)
{
    scene_play(s, "--script", SCRIPT, "--keys", house_keys(), "--units", "3", "--faults", faults,
               NULL);
    cr_assert_eq(s->run.exit_code, 0, "%s", s->run.output);
    journal_check(&s->journal, 2);
    cr_assert_eq(journal_replay(&s->journal, SCRIPT), CLV_STATE_CLOSED);
}

static void assert_all_live(const struct scene *s)
{
    const struct journal *j = &s->journal;
    size_t pattern = journal_next(j, CLV_EVENT_PATTERN, 0);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++) {
        const struct clv_observed *last = NULL;
        for (size_t i = 0; i < j->num; i++)
            if (j->event[i].kind == CLV_EVENT_UNIT_STATE && j->event[i].unit == unit)
                last = &j->event[i].observed;
        cr_assert(last);
        cr_assert_eq(last->current_state, CLV_CURRENT_VALID, "unit %u", unit);
        cr_assert_arr_eq(last->current_pattern, j->event[pattern].pattern,
                         CLV_EP11_PATTERN_SIGNIFICANT);
    }
    cr_assert_str_eq(journal_last(j)->name, "complete");
    cr_assert_str_eq(journal_last(j)->text2, "");
}

/* ---- a unit restarts ---- */

static void answer_parts_again(struct scene *s)
{
    scene_answer(s, "trouble", "retry");
    scene_answer(s, "part.1.open.password", KOFI_PASSWORD);
    scene_answer(s, "part.2.open.password", LENA_PASSWORD);
}

/* Only the unit that lost its key gets another one; only for it are the parts opened again. */
static void assert_only_bad_was_loaded_again(const struct scene *s)
{
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++) {
        size_t num = unit == BAD ? 2 : 1;
        cr_assert_eq(journal_outcomes(&s->journal, CLV_PHASE_IMPORTERS, unit, "done"), num,
                     "unit %u", unit);
    }
    for (unsigned unit = 1; unit < BAD; unit++)
        cr_assert_eq(journal_outcomes(&s->journal, CLV_PHASE_LOAD, unit, "done"), 1);
    cr_assert_eq(journal_count(&s->journal, CLV_EVENT_IMPORTER_GONE), 1);
    cr_assert_eq(journal_count(&s->journal, CLV_EVENT_PART_OPENED), 4, "both owners, twice");
    cr_assert_eq(journal_count(&s->journal, CLV_EVENT_COMMITMENT), 2, "committed once");
}

Test(doubt, a_unit_that_restarts_before_its_load_is_sealed_for_again)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    answer_parts_again(&s);
    play(&s, "3:load:restart");
    assert_all_live(&s);
    assert_only_bad_was_loaded_again(&s);
    assert_said(&s, "Unit 3 no longer holds the importer key that parts were sealed for.");
    assert_said(&s, "Units 1-2: nothing is sent. Unit 3: a new importer key, every part opened and "
                    "sealed for it alone, then loaded. Needed: Kofi Eklund, Lena "
                    "Fähnrich (key-part owners). Recommended.");
    scene_clear(&s);
}

Test(doubt, a_unit_that_restarts_before_it_is_live_catches_up)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    answer_parts_again(&s);
    scene_answer(&s, "confirm.commit", "commit 1,2,3");
    scene_answer(&s, "confirm.set-immediate", "set immediate 1,2,3");
    scene_answer(&s, "confirm.set-immediate.second", "set immediate 1,2,3");
    play(&s, "3:setimm:restart");
    assert_all_live(&s);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++)
        cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, unit, "done"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 1, "done"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, BAD, "done"), 2);
    assert_said(&s, "Unit 3: not loaded. Units 1-2: done: the expected key is live.");
    scene_clear(&s);
}

/* ---- one order, three kinds of doubt --------------------------------------------------------- */

/* Intents of a phase to a unit. The counter is that of the query before: only one command can use
 * it, so one that arrives late does nothing. */
static size_t intents(const struct scene *s, enum clv_phase phase, unsigned unit)
{
    const uint8_t *before = NULL;
    size_t num = 0;
    for (size_t i = 0; i < s->journal.num; i++) {
        const struct clv_event *e = &s->journal.event[i];
        if (e->kind != CLV_EVENT_INTENT || e->phase != phase || e->unit != unit)
            continue;
        cr_assert(!before || memcmp(e->counter, before, sizeof(e->counter)) >= 0, "entry %zu", i);
        before = e->counter;
        num++;
    }
    return num;
}

/* The first unit never got it, the second obeyed and was cut off, to the third the counter had
 * moved. All are asked; one decision; two new intents. */
Test(doubt, no_answer_half_an_answer_and_a_counter_that_moved)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "retry");
    play(&s, "1:commit:drop,2:commit:cut-short,3:commit:reject-counter");
    assert_all_live(&s);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 1, "in-doubt"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 2, "in-doubt"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 3, "refused"), 1);
    cr_assert_eq(intents(&s, CLV_PHASE_COMMIT, 1), 2);
    cr_assert_eq(intents(&s, CLV_PHASE_COMMIT, 2), 1, "it had obeyed: the query says so");
    cr_assert_eq(intents(&s, CLV_PHASE_COMMIT, 3), 2);
    assert_said(&s, "Unit 1, Committing the new register: in doubt. no whole answer: the "
                    "connection ended without an answer");
    assert_said(&s, "Unit 2, Committing the new register: in doubt. the answer cannot be read");
    assert_said(&s, "Unit 3, Committing the new register: refused. the unit refused");
    assert_said(&s, "return code 163, reason 19");
    assert_said(&s, "Units 1, 3: loaded with the expected pattern, not committed. Unit 2: "
                    "committed with the expected pattern. Nothing of this ceremony is live.");
    assert_said(&s, "Units 1, 3: the order once more. Unit 2: nothing is sent. Recommended.");
    scene_clear(&s);
}

/* Another life of the domain is not believed: it may be another unit's story. */
Test(doubt, a_unit_that_comes_back_empty_is_set_aside)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "wait");
    scene_answer(&s, "trouble", "set-aside");
    scene_answer(&s, "trouble.unit", "3");
    scene_answer(&s, "trouble.reason", "it lost everything");
    scene_answer(&s, "trouble.approved-by", "Ada Brandt");
    scene_phrases(&s, NUM_UNITS, BAD);
    scene_answer_only(&s, "confirm.commit", "commit 1,2,3");
    play(&s, "3:commit:come-back-empty");
    assert_said(&s, "the answer is from another life of the domain: it was zeroized by somebody "
                    "else, or the answer is old");
    assert_said(&s, "Units 1-2: part of what follows. Unit 3: nothing more is sent.");
    cr_assert(strncmp(journal_last(&s.journal)->text2, "unit 3 (TEST", 12) == 0);
    scene_clear(&s);
}
