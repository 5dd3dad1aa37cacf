/* Crypto units on a bad day: what people are told, what the journal says, and that nothing which
 * failed is ever called a success. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"

#define SCRIPT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define UNITS "4"
#define NUM_UNITS 4
#define BAD 4 /* the unit that every drill is about */

static void assert_said(const struct scene *s, const char *text)
{
    cr_assert(scene_said(s, text), "nobody said \"%s\":\n%s", text, s->run.output);
}

static void answer_set_aside(struct scene *s)
{
    scene_answer(s, "trouble", "set-aside");
    scene_answer(s, "trouble.unit", "4");
    scene_answer(s, "trouble.reason", "no answer since the commit");
    scene_answer(s, "trouble.approved-by", "Ada Brandt, Wen Castellan");
}

static void answer_stop(struct scene *s)
{
    scene_answer(s, "trouble", "stop");
    scene_answer(s, "trouble.reason", "the unit is sent back");
    scene_answer(s, "trouble.approved-by", "Ada Brandt");
}

static void without_bad_unit(struct scene *s, const char *id)
{
    char phrase[60];
    snprintf(phrase, sizeof(phrase), "%s 1,2,3", strstr(id, "commit") ? "commit" : "set immediate");
    scene_answer_only(s, id, phrase);
}

/* ---- what always holds, however it ended ---- */

/* Only units that answered a query as they should are done with. */
static void assert_no_false_success(const struct scene *s)
{
    const struct journal *j = &s->journal;
    size_t pattern = journal_next(j, CLV_EVENT_PATTERN, 0);
    journal_check(j, 2);
    for (size_t i = 0; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        if (e->kind != CLV_EVENT_INTENT || e->phase != CLV_PHASE_SET_IMMEDIATE)
            continue;
        size_t k = i;
        while (j->event[k].kind != CLV_EVENT_UNIT_STATE || j->event[k].unit != e->unit)
            k--;
        cr_assert_eq(j->event[k].observed.new_state, CLV_NEW_COMMITTED, "entry %zu", i);
        cr_assert_arr_eq(j->event[k].observed.new_pattern, j->event[pattern].pattern,
                         CLV_EP11_PATTERN_SIGNIFICANT);
    }
}

static void assert_live(const struct journal *j, unsigned unit, bool live)
{
    const struct clv_observed *last = NULL;
    for (size_t i = 0; i < j->num; i++)
        if (j->event[i].kind == CLV_EVENT_UNIT_STATE && j->event[i].unit == unit)
            last = &j->event[i].observed;
    cr_assert(last);
    cr_assert_eq(last->current_state == CLV_CURRENT_VALID, live, "unit %u", unit);
}

static void assert_closed(const struct scene *s, const char *ending, const char *set_aside)
{
    const struct clv_event *last = journal_last(&s->journal);
    cr_assert_eq(last->kind, CLV_EVENT_CLOSED, "%s", s->run.output);
    cr_assert_str_eq(last->name, ending);
    cr_assert(strncmp(last->text2, set_aside, strlen(set_aside)) == 0 &&
                  (last->text2[0] != '\0') == (set_aside[0] != '\0'),
              "units set aside: %s", last->text2);
    cr_assert_eq(journal_replay(&s->journal, SCRIPT),
                 strcmp(ending, "complete") == 0 ? CLV_STATE_CLOSED : CLV_STATE_STOPPED);
    assert_no_false_success(s);
}

/* The other units never notice. */
static void assert_others_live(const struct scene *s)
{
    for (unsigned unit = 1; unit < BAD; unit++)
        assert_live(&s->journal, unit, true);
}

/* ---- a unit dies after the load ---- */

static void assert_receipt_names_unit(const struct scene *s)
{
    struct names names;
    struct run r;
    char *dir = ceremony_path(s, "receipts");
    names_list(dir, "-ceremony.pdf", &names);
    cr_assert_eq(names.num, 1);
    char *pdf = clv_path_join(dir, names.name[0]);
    run_program(&r, NULL, "pdftotext", "-layout", pdf, "-", NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    cr_assert(says(r.output, "SET ASIDE: operational; new Full uncommitted, current Empty;"), "%s",
              r.output);
    cr_assert(says(r.output, "expected: every selected unit takes part in \"commit\"; happened: "
                             "unit 4 failed; decided: unit 4 is set aside: no answer since the "
                             "commit (approved by Ada Brandt, Wen Castellan)"),
              "%s", r.output);
    run_clear(&r);
    free(pdf);
    names_clear(&names);
    free(dir);
}

Test(trouble, a_dead_unit_is_set_aside)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    answer_set_aside(&s);
    without_bad_unit(&s, "confirm.set-immediate");
    without_bad_unit(&s, "confirm.set-immediate.second");
    scene_play_short(&s, UNITS, "unit-4-dies");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "unit 4 (TEST");
    assert_others_live(&s);
    assert_live(&s.journal, BAD, false);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, BAD, "in-doubt"), 1);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_DEVIATION), 1);
    assert_said(&s, "Stopped at the barrier of \"commit\"");
    assert_said(&s, "Unit 4, Committing the new register: in doubt. no whole answer: the "
                    "connection ended without an answer");
    assert_said(&s, "Unit 4: no answer: in doubt. Units 1-3: committed with the expected pattern. "
                    "Nothing of this ceremony is live.");
    assert_said(&s, "Units set aside: unit 4 (TEST");
    assert_said(&s, "Load the same key into the units set aside, with the same parts.");
    cr_assert_eq(journal_last(&s.journal)->number, 1, "deviations in the last entry");
    assert_receipt_names_unit(&s);
    scene_clear(&s);
}

Test(trouble, rolled_back_and_loaded_again_without_the_dead_unit)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "roll-back");
    scene_answer(&s, "trouble.reason", "we want all units the same");
    scene_answer(&s, "trouble.approved-by", "Ada Brandt");
    answer_set_aside(&s);
    scene_answer(&s, "trouble", "load-again");
    scene_answer(&s, "trouble.reason", "three units are enough today");
    scene_answer(&s, "trouble.approved-by", "Ada Brandt");
    scene_answer(&s, "part.1.open.password", KOFI_PASSWORD);
    scene_answer(&s, "part.2.open.password", LENA_PASSWORD);
    scene_answer(&s, "confirm.commit", "commit 1,2,3");
    without_bad_unit(&s, "confirm.set-immediate");
    without_bad_unit(&s, "confirm.set-immediate.second");
    scene_play_short(&s, UNITS, "unit-4-dies");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "unit 4 (TEST");
    assert_others_live(&s);
    for (unsigned unit = 1; unit < BAD; unit++) {
        cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_CLEAR_NEW, unit, "done"), 1);
        cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_LOAD, unit, "done"), 2);
    }
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_OPENED), 4, "both owners, twice");
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_COMMITMENT), 2, "committed once");
    scene_clear(&s);
}

Test(trouble, stopped_with_a_list_of_what_is_left)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "wait");
    answer_stop(&s);
    scene_play_short(&s, UNITS, "unit-4-dies");
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    assert_closed(&s, "stopped", "");
    assert_said(&s, "was stopped; its last entry says what is left to do");
    size_t decision = journal_next(&s.journal, CLV_EVENT_DECISION, 0);
    cr_assert_eq(s.journal.event[decision].decision, CLV_DECIDE_WAIT);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 0, "done"), 3,
                 "waiting repeats no order");
    const char *left = journal_last(&s.journal)->text;
    cr_assert(strstr(left, "Units 1-3: committed") && strstr(left, "Stopped in step"), "%s", left);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++)
        assert_live(&s.journal, unit, false);
    scene_clear(&s);
}

/* ---- a unit lies ---- */

Test(trouble, a_lie_about_the_pattern_stops_at_the_barrier)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    answer_set_aside(&s);
    scene_phrases(&s, NUM_UNITS, BAD);
    scene_play_short(&s, UNITS, "lying-unit");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "unit 4 (TEST");
    assert_others_live(&s);
    assert_said(&s, "Stopped at the barrier of \"load\"");
    assert_said(&s, "another key is in the new register");
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, BAD, "done"), 0,
                 "nothing was committed on the word of the unit");
    scene_clear(&s);
}

Test(trouble, a_unit_that_signs_with_another_key_is_never_asked_for_anything)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_phrases(&s, NUM_UNITS, BAD);
    scene_answer_only(&s, "confirm.zeroize", "zeroize 1,2,3");
    scene_answer(&s, "units.not-found", "again");
    scene_answer(&s, "units.not-found", "go-on");
    scene_answer(&s, "deviation.expected", "four units");
    scene_answer(&s, "deviation.happened", "unit 4 signs with another key");
    scene_answer(&s, "deviation.decided", "three units, Ada Brandt");
    scene_play_short(&s, UNITS, "wrong-key-unit");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "unit 4 (unknown)");
    assert_others_live(&s);
    assert_said(&s, "1 of 4 crypto units could not be trusted: unit 4: the answer is not signed by "
                    "the unit's device key");
    assert_said(&s, "Units set aside: unit 4 (unknown)");
    for (size_t i = 0; i < s.journal.num; i++)
        cr_assert(s.journal.event[i].unit != BAD ||
                      s.journal.event[i].kind == CLV_EVENT_UNIT_LEFT_OUT,
                  "entry %zu", i);
    scene_clear(&s);
}

Test(trouble, a_replayed_answer_is_not_believed)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "retry");
    scene_play_short(&s, UNITS, "replaying-unit");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "");
    assert_others_live(&s);
    assert_live(&s.journal, BAD, true);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, BAD, "untrusted"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, BAD, "done"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, 1, "done"), 1,
                 "given again to one unit only");
    assert_said(&s, "Stopped at the barrier of \"set immediate\"");
    assert_said(&s, "old or foreign answer");
    assert_said(&s, "Units 1-3: done: the expected key is live.");
    scene_clear(&s);
}

/* ---- a unit is late ---- */

Test(trouble, a_silent_unit_is_asked_before_the_order_is_given_again)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_answer(&s, "trouble", "retry");
    scene_play_short(&s, UNITS, "silent-unit");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "");
    assert_others_live(&s);
    assert_live(&s.journal, BAD, true);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, BAD, "in-doubt"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, BAD, "done"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 1, "done"), 1);
    assert_said(&s, "the time for an answer is over");
    scene_clear(&s);
}

/* It did what it was told and answered too late: the query settles it, nobody has to decide. */
Test(trouble, a_slow_unit_is_settled_by_a_query)
{
    struct scene s;
    scene_begin_short(&s, NUM_UNITS);
    scene_play_short(&s, UNITS, "slow-unit");
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    assert_closed(&s, "complete", "");
    assert_others_live(&s);
    assert_live(&s.journal, BAD, true);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_LOAD, BAD, "in-doubt"), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_LOAD, BAD, "done"), 0);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_DECISION), 0);
    scene_clear(&s);
}

Test(trouble, there_is_no_such_drill)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_play_short(&s, "1", "volcano");
    cr_assert_eq(s.run.exit_code, 2, "%s", s.run.output);
    assert_said(&s, "there is no drill \"volcano\"");
    scene_clear(&s);
}
