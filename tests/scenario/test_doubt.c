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

Test(doubt, a_unit_that_restarts_before_its_commit_is_loaded_again)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    answer_parts_again(&s);
    scene_answer(&s, "confirm.commit", "commit 1,2,3");
    play(&s, "3:commit:restart");
    assert_all_live(&s);
    assert_only_bad_was_loaded_again(&s);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++)
        cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, unit, "done"), 1);
    assert_said(&s, "Unit 3: not loaded. Units 1-2: committed with the expected pattern.");
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
