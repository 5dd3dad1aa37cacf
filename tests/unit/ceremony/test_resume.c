/* A ceremony whose process ends behind any event: another one replays what is on record, goes on,
 * and comes to the same end; no unit obeys a command twice. */
#include <criterion/criterion.h>
#include <string.h>

#include "play.h"

#define REHEARSAL "ceremony-scripts/rehearsal.yaml"
#define SEVERAL "tests/scripts/two-owners-three-signers.yaml"
#define NO_ADMINS "tests/scripts/load-without-administrators.yaml"

static struct play p;

/* Units that were used before: what looks clean afterwards was reset. */
static void begin(const char *script, bool early)
{
    play_begin(&p, script);
    p.early = early;
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        p.units[i] =
            (struct clv_observed){.num_admins = 1, .sign_threshold = 1, .revoke_threshold = 1};
        if (strcmp(script, NO_ADMINS) != 0) {
            p.units[i].new_state = CLV_NEW_UNCOMMITTED;
            p.units[i].new_pattern[0] = 0x55;
        }
    }
}

/* Plays until the power goes behind so many events; false when the ceremony ended before. */
static bool play_to_cut(size_t num_events)
{
    p.power_cut = num_events;
    bool cut = setjmp(p.cut) != 0;
    while (!cut && play_task(&p))
        ;
    p.power_cut = 0;
    return cut;
}

static void assert_the_end(size_t first, size_t second)
{
    cr_assert_eq(p.c->state, CLV_STATE_CLOSED, "cut behind %zu and %zu: %s, %s", first, second,
                 clv_state_name(p.c->state), clv_phase_name(p.c->phase));
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        static const enum clv_phase once[] = {CLV_PHASE_RESET, CLV_PHASE_THRESHOLDS, CLV_PHASE_LOAD,
                                              CLV_PHASE_COMMIT, CLV_PHASE_SET_IMMEDIATE};
        cr_assert_eq(p.units[i].current_state, CLV_CURRENT_VALID);
        cr_assert_arr_eq(p.units[i].current_pattern, play_pattern, sizeof(play_pattern));
        for (size_t k = 0; k < sizeof(once) / sizeof(once[0]); k++)
            cr_assert_leq(p.num_orders[i][once[k]], 1, "cut behind %zu and %zu: unit %u, %s twice",
                          first, second, i, clv_phase_name(once[k]));
        cr_assert_leq(p.num_orders[i][CLV_PHASE_ADMINS], p.script->num_signers);
    }
}

/* Whether the ceremony is longer than so many events; cut behind them, and it goes on. */
static bool survives(const char *script, size_t first, bool early)
{
    begin(script, early);
    bool cut = play_to_cut(first);
    if (cut) {
        play_resume(&p);
        while (play_task(&p))
            ;
        assert_the_end(first, 0);
    }
    play_end(&p);
    return cut;
}

static void survives_everywhere(const char *script)
{
    size_t first = 1;
    while (survives(script, first, true) && survives(script, first, false))
        first++;
    cr_assert_gt(first, 60, "%s has %zu events only", script, first);
}

Test(resume, behind_every_event_of_a_ceremony)
{
    survives_everywhere(REHEARSAL);
    survives_everywhere(SEVERAL);
    survives_everywhere(NO_ADMINS);
}

/* Cut behind first, and once more behind second. */
static bool survives_twice(const char *script, size_t first, size_t second, bool early)
{
    begin(script, early);
    bool cut = play_to_cut(first);
    cr_assert(cut);
    play_resume(&p);
    p.early = !early;
    cut = play_to_cut(second);
    if (cut) {
        play_resume(&p);
        while (play_task(&p))
            ;
        assert_the_end(first, second);
    }
    play_end(&p);
    return cut;
}

Test(resume, interrupted_again_while_it_goes_on)
{
    for (size_t first = 3; survives(REHEARSAL, first, first % 2); first += 7)
        for (size_t second = first + 1; survives_twice(REHEARSAL, first, second, second % 2);)
            second++;
}

Test(resume, resuming_ten_times_changes_nothing)
{
    size_t num_events = 1;
    for (; num_events < 500; num_events += 7) {
        begin(REHEARSAL, true);
        if (!play_to_cut(num_events))
            break;
        play_resume(&p);
        enum clv_state state = p.c->state;
        enum clv_phase phase = p.c->phase;
        for (int i = 0; i < 10; i++)
            play_resume(&p);
        cr_assert(p.c->state == state && p.c->phase == phase, "behind %zu events", num_events);
        while (play_task(&p))
            ;
        assert_the_end(num_events, 0);
        play_end(&p);
    }
    play_end(&p);
}

Test(resume, nothing_is_resumed_before_it_began_or_behind_its_end)
{
    struct clv_event resumed = {.kind = CLV_EVENT_RESUMED, .person = 1};
    begin(REHEARSAL, true);
    cr_assert_eq(play_step(&p, resumed), CLV_E_RULE);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    cr_assert_eq(play_step(&p, resumed), CLV_E_RULE);
    play_end(&p);
}

/* ---- who is needed ---- */

static void go_to(enum clv_state state, enum clv_phase phase)
{
    begin(REHEARSAL, true);
    play_until(&p, state, phase);
}

/* Up to the intent of a unit, which is on record when the power goes. */
static void cut_at_intent(enum clv_phase phase, unsigned unit)
{
    size_t num = 0;
    go_to(CLV_STATE_DISPATCH, phase);
    num = p.num_log + 2 * (unit - 1) + 1;
    cr_assert(play_to_cut(num));
    cr_assert_eq(p.log[p.num_log - 1].kind, CLV_EVENT_INTENT);
    cr_assert_eq(p.log[p.num_log - 1].unit, unit);
    play_resume(&p);
    cr_assert_eq(p.c->state, CLV_STATE_BARRIER);
    cr_assert_eq(p.c->phase, phase);
    cr_assert(play_task(&p));
}

Test(resume, after_the_load_the_owners_are_not_needed)
{
    cut_at_intent(CLV_PHASE_COMMIT, 2);
    cr_assert_eq(p.c->state, CLV_STATE_OPEN_SIGNERS);
    cr_assert(clv_ceremony_needs(p.c, CLV_ROLE_SIGNER));
    cr_assert_not(clv_ceremony_needs(p.c, CLV_ROLE_OWNER));
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_COMMIT);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    cr_assert(!p.c->units[0].due && !p.c->units[1].due && p.c->units[2].due);
    play_end(&p);
}

Test(resume, in_the_middle_of_a_load_every_owner_is_needed_for_the_units_that_are_left)
{
    cut_at_intent(CLV_PHASE_LOAD, 2);
    cr_assert(clv_ceremony_needs(p.c, CLV_ROLE_OWNER));
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_IMPORTERS);
    cr_assert(!p.c->units[0].due && !p.c->units[1].due && p.c->units[2].due);
    play_until(&p, CLV_STATE_PATTERN, CLV_PHASE_NONE);
    struct clv_event other = {.kind = CLV_EVENT_PATTERN, .pattern = {1, 2, 3}};
    cr_assert_eq(play_step(&p, other), CLV_E_RULE, "another key than the one that is loaded");
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_LOAD);
    cr_assert(!p.c->units[0].due && !p.c->units[1].due && p.c->units[2].due);
    play_end(&p);
}

Test(resume, what_is_live_on_one_unit_is_finished_on_the_others)
{
    cut_at_intent(CLV_PHASE_SET_IMMEDIATE, 1);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_SET_IMMEDIATE);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_SET_IMMEDIATE);
    cr_assert(!p.c->units[0].due && p.c->units[1].due && p.c->units[2].due);
    play_end(&p);
}

Test(resume, trouble_that_nobody_decided_is_still_trouble)
{
    go_to(CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    p.dead[2] = false;
    p.units[2].new_state = CLV_NEW_UNCOMMITTED;
    for (int i = 0; i < 2; i++) {
        play_resume(&p);
        cr_assert_eq(p.c->state, CLV_STATE_BARRIER);
    }
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_RETRY, 0)), CLV_OK);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    assert_the_end(0, 0);
    play_end(&p);
}

Test(resume, a_roll_back_is_finished)
{
    go_to(CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    p.dead[2] = false;
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_ROLL_BACK, 0)), CLV_OK);
    cr_assert(play_to_cut(p.num_log + 1));
    play_resume(&p);
    play_until(&p, CLV_STATE_OPEN_SIGNERS, CLV_PHASE_NONE);
    play_until(&p, CLV_STATE_ROLLED_BACK, CLV_PHASE_CLEAR_NEW);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.num_orders[i][CLV_PHASE_CLEAR_NEW], 1);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_LOAD_AGAIN, 0)), CLV_OK);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    play_end(&p);
}

Test(resume, a_reset_is_confirmed_again_and_goes_to_the_rest)
{
    cut_at_intent(CLV_PHASE_RESET, 2);
    cr_assert_eq(p.c->state, CLV_STATE_CONFIRM);
    cr_assert_eq(p.c->phase, CLV_PHASE_RESET);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_RESET);
    cr_assert(!p.c->units[0].due && !p.c->units[1].due && p.c->units[2].due);
    play_end(&p);
}

Test(resume, a_unit_that_looks_clean_is_reset_all_the_same)
{
    play_begin(&p, REHEARSAL);
    p.early = true;
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_RESET);
    cr_assert(play_to_cut(p.num_log + 1));
    play_resume(&p);
    play_until(&p, CLV_STATE_SIGNATURE_KEYS, CLV_PHASE_NONE);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.num_orders[i][CLV_PHASE_RESET], 1);
    play_end(&p);
}
