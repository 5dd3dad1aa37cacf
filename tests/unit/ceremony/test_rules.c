/* Scenarios at the engine: what is reached, what is refused, what is offered. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "play.h"

#define REHEARSAL "ceremony-scripts/rehearsal.yaml"
#define LOAD "ceremony-scripts/load-existing-parts.yaml"
#define SEVERAL "tests/scripts/two-owners-three-signers.yaml"
#define NO_ADMINS "tests/scripts/load-without-administrators.yaml"

static struct play p;

static struct clv_task task_now(void)
{
    struct clv_task task;
    clv_ceremony_task(p.c, &task);
    return task;
}

static void reaches_the_end(const char *script)
{
    play_begin(&p, script);
    if (strcmp(script, NO_ADMINS) == 0)
        for (unsigned i = 1; i <= PLAY_UNITS; i++)
            p.units[i] =
                (struct clv_observed){.num_admins = 1, .sign_threshold = 1, .revoke_threshold = 1};
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.units[i].current_state, CLV_CURRENT_VALID);
    play_end(&p);
}

Test(ceremony, every_script_reaches_its_end)
{
    reaches_the_end(REHEARSAL);
    reaches_the_end(LOAD);
    reaches_the_end(SEVERAL);
    reaches_the_end(NO_ADMINS);
}

Test(ceremony, replaying_the_accepted_events_gives_the_same_ceremony)
{
    struct clv_ceremony *again = NULL;
    struct clv_effects effects;
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    cr_assert_eq(clv_ceremony_new(p.script, &again, NULL), CLV_OK);
    for (size_t i = 0; i < p.num_log; i++)
        cr_assert_eq(clv_ceremony_step(again, &p.log[i], &effects, NULL), CLV_OK);
    cr_assert_eq(memcmp(again->units, p.c->units, PLAY_UNITS * sizeof(p.c->units[0])), 0);
    struct clv_unit_record *units = again->units;
    again->units = p.c->units;
    cr_assert_eq(memcmp(again, p.c, sizeof(*again)), 0);
    again->units = units;
    clv_ceremony_free(&again);
    play_end(&p);
}

Test(ceremony, one_person_cannot_hold_two_duties)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_ROLL_CALL, CLV_PHASE_NONE);
    struct clv_event e = {.kind = CLV_EVENT_PERSON_HERE,
                          .person = clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 1)};
    snprintf(e.name, sizeof(e.name), "Lena Vogt");
    cr_assert_eq(play_step(&p, e), CLV_OK);
    e.person = clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 2);
    snprintf(e.name, sizeof(e.name), "lena  VOGT");
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    cr_assert_not(p.c->seats[e.person - 1].here);
    e.person = clv_ceremony_seat(p.c, CLV_ROLE_SIGNER, 1);
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_ROLL_COMPLETE}), CLV_E_RULE);
    play_end(&p);
}

Test(ceremony, somebody_else_may_go_first_and_nothing_is_lost)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    unsigned first = task_now().person;
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_BEGUN, .person = first}),
                 CLV_OK);
    cr_assert_eq(
        play_step(&p, (struct clv_event){.kind = CLV_EVENT_PASSWORD_WRONG, .person = first}),
        CLV_OK);
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_LATER, .person = first}),
                 CLV_OK);
    cr_assert_neq(task_now().person, first);
    cr_assert(play_task(&p));
    cr_assert(play_task(&p));
    cr_assert_eq(task_now().person, first);
    cr_assert_eq(p.c->num_wrong_passwords, 1);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    play_end(&p);
}

Test(ceremony, a_part_that_does_not_match_its_commitment_is_refused)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    struct clv_task task = task_now();
    struct clv_event e = {.kind = CLV_EVENT_PART_OPENED, .person = task.person, .slot = task.slot};
    cr_assert_eq(
        play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_BEGUN, .person = task.person}),
        CLV_OK);
    e.digest[0] = 0x99;
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    e.digest[0] = (uint8_t)(0x10 + task.slot);
    e.slot = task.slot % 3 + 1;
    cr_assert_eq(play_step(&p, e), CLV_E_RULE, "another owner's slot");
    e.slot = task.slot;
    cr_assert_eq(play_step(&p, e), CLV_OK);
    play_end(&p);
}

Test(ceremony, the_same_commitment_cannot_stand_for_two_parts)
{
    play_begin(&p, LOAD);
    play_until(&p, CLV_STATE_COMMITMENTS, CLV_PHASE_NONE);
    for (int i = 0; i < 2; i++) {
        struct clv_task task = task_now();
        struct clv_event e = {
            .kind = CLV_EVENT_COMMITMENT, .person = task.person, .slot = task.slot};
        e.digest[0] = 0x42;
        cr_assert_eq(
            play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_BEGUN, .person = task.person}),
            CLV_OK);
        cr_assert_eq(play_step(&p, e), i == 0 ? CLV_OK : CLV_E_RULE);
        if (i == 0)
            cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_ENDED,
                                                          .person = task.person}),
                         CLV_OK);
    }
    play_end(&p);
}

/* Where a unit stood that restarted: it alone goes the way again, whatever the others hold. */
static void loads_the_rest(enum clv_phase phase)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, phase);
    play_restart(&p, 2);
    cr_assert(play_task(&p));
    cr_assert(play_task(&p));
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    cr_assert(clv_ceremony_retry_needs_parts(p.c));
    cr_assert_eq(clv_ceremony_recommended(p.c), CLV_DECIDE_RETRY);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_RETRY, 0)), CLV_OK);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.num_orders[i][CLV_PHASE_IMPORTERS], i == 2 ? 2 : 1, "unit %u", i);
    play_until(&p, CLV_STATE_PATTERN, CLV_PHASE_NONE);
    struct clv_event other = {.kind = CLV_EVENT_PATTERN, .pattern = {1, 2, 3}};
    cr_assert_eq(play_step(&p, other), CLV_E_RULE, "another key than the one that units hold");
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        cr_assert_eq(p.units[i].current_state, CLV_CURRENT_VALID, "unit %u", i);
        cr_assert_eq(p.num_orders[i][CLV_PHASE_SET_IMMEDIATE], 1, "unit %u", i);
    }
    play_end(&p);
}

Test(ceremony, a_unit_that_restarts_is_the_only_one_that_is_loaded_again)
{
    loads_the_rest(CLV_PHASE_LOAD);
    loads_the_rest(CLV_PHASE_COMMIT);
    loads_the_rest(CLV_PHASE_SET_IMMEDIATE);
}

Test(ceremony, a_fleet_with_two_keys_is_left_to_people)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_SET_IMMEDIATE);
    play_task(&p);
    p.units[2].current_pattern[0] ^= 1;
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    struct clv_task task = task_now();
    for (int d = 0; d < CLV_NUM_DECISIONS; d++)
        cr_assert_eq(task.options[d], d == CLV_DECIDE_WAIT || d == CLV_DECIDE_STOP, "%s",
                     clv_decision_name((enum clv_decision)d));
    cr_assert_eq(clv_ceremony_recommended(p.c), CLV_DECIDE_STOP);
    play_end(&p);
}

/* A script that demands a pattern: the one of a ceremony before. */
static void demand(const uint8_t *pattern)
{
    play_begin(&p, LOAD);
    p.script->has_expected_pattern = true;
    memcpy(p.script->expected_pattern, pattern, 32);
    play_replay(&p);
}

Test(ceremony, another_key_than_the_script_demands_is_refused)
{
    static const uint8_t other[32] = {1, 2, 3};
    demand(other);
    play_until(&p, CLV_STATE_PATTERN, CLV_PHASE_NONE);
    struct clv_event e = {.kind = CLV_EVENT_PATTERN};
    memcpy(e.pattern, play_pattern, 32);
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    cr_assert(strstr(p.err.fact, "not the one whose pattern the script demands"), "%s", p.err.fact);
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_PART_REFUSED}), CLV_OK);
    cr_assert(p.c->has_pattern, "what the script demands does not change");
    play_end(&p);
}

Test(ceremony, a_unit_that_holds_what_the_script_demands_is_led_on)
{
    demand(play_pattern);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_IMPORTERS);
    p.units[1].new_state = CLV_NEW_UNCOMMITTED;
    p.units[2].new_state = CLV_NEW_COMMITTED;
    for (unsigned i = 1; i <= 2; i++)
        memcpy(p.units[i].new_pattern, play_pattern, 32);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    cr_assert_eq(p.num_orders[1][CLV_PHASE_LOAD], 0);
    cr_assert_eq(p.num_orders[1][CLV_PHASE_COMMIT], 1);
    cr_assert_eq(p.num_orders[2][CLV_PHASE_COMMIT], 0);
    cr_assert_eq(p.num_orders[3][CLV_PHASE_LOAD], 1);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.num_orders[i][CLV_PHASE_SET_IMMEDIATE], 1, "unit %u", i);
    play_end(&p);
}

Test(ceremony, an_old_load_is_cleared_by_decision)
{
    demand(play_pattern);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_IMPORTERS);
    p.units[1].new_state = CLV_NEW_UNCOMMITTED;
    p.units[1].new_pattern[0] = 0x77;
    play_task(&p);
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    cr_assert(task_now().options[CLV_DECIDE_ROLL_BACK]);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_ROLL_BACK, 0)), CLV_OK);
    play_until(&p, CLV_STATE_ROLLED_BACK, CLV_PHASE_CLEAR_NEW);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_LOAD_AGAIN, 0)), CLV_OK);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    play_end(&p);
}

static void forecasts(enum clv_decision decision, const char *text)
{
    struct clv_writer w = {0};
    clv_ceremony_forecast(p.c, decision, &w);
    clv_write_u8(&w, 0);
    cr_assert_str_eq((const char *)w.data, text);
    clv_writer_clear(&w);
}

Test(ceremony, what_a_decision_will_do_to_every_unit_is_told_before)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    forecasts(CLV_DECIDE_WAIT, "Units 1-3: asked again.");
    forecasts(CLV_DECIDE_RETRY, "Units 1, 3: nothing is sent. Unit 2: asked again, and the "
                                "answer decides.");
    forecasts(CLV_DECIDE_SET_ASIDE,
              "Units 1, 3: part of what follows. Unit 2: nothing more is sent.");
    forecasts(CLV_DECIDE_ROLL_BACK, "Units 1, 3: new register cleared. Unit 2: new register "
                                    "cleared, if there is an answer.");
    forecasts(CLV_DECIDE_STOP, "Units 1-3: nothing more is sent.");
    play_end(&p);
}

Test(ceremony, a_unit_that_dies_stops_at_the_barrier_with_every_safe_way_out)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    cr_assert(play_task(&p));
    cr_assert_eq(p.c->state, CLV_STATE_BARRIER, "doubt is settled by a query first");
    cr_assert(play_task(&p));
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    struct clv_task task = task_now();
    cr_assert(task.options[CLV_DECIDE_WAIT] && task.options[CLV_DECIDE_RETRY] &&
              task.options[CLV_DECIDE_SET_ASIDE] && task.options[CLV_DECIDE_ROLL_BACK] &&
              task.options[CLV_DECIDE_STOP]);
    cr_assert_not(task.options[CLV_DECIDE_LOAD_AGAIN]);
    struct clv_writer w = {0};
    cr_assert(play_task(&p) == false);
    clv_ceremony_standing(p.c, &w);
    cr_assert(strstr((char *)w.data, "Nothing of this ceremony is live."));
    clv_writer_clear(&w);
    play_end(&p);
}

Test(ceremony, a_retry_repeats_the_order_only_where_the_query_says_it_is_due)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    p.dead[2] = false;
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_RETRY, 0)), CLV_OK);
    cr_assert_eq(p.c->state, CLV_STATE_BARRIER, "a query comes first");
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_DISPATCH);
    cr_assert(!p.c->units[0].due && p.c->units[1].due && !p.c->units[2].due);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    cr_assert_eq(p.c->num_retries, 1);
    play_end(&p);
}

Test(ceremony, a_command_that_worked_although_its_answer_was_lost_is_not_repeated)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    p.dead[2] = false;
    p.units[2].new_state = CLV_NEW_COMMITTED;
    size_t before = p.num_log;
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_SET_IMMEDIATE);
    for (size_t i = before; i < p.num_log; i++)
        cr_assert_neq(p.log[i].kind, CLV_EVENT_INTENT);
    play_end(&p);
}

Test(ceremony, a_unit_set_aside_gets_nothing_more)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    size_t before = p.num_log;
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_SET_ASIDE, 2)), CLV_OK);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    for (size_t i = before + 1; i < p.num_log; i++)
        cr_assert_neq(p.log[i].unit, 2);
    cr_assert(p.c->units[1].set_aside);
    play_end(&p);
}

Test(ceremony, rolling_back_clears_every_unit_and_owners_load_again)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_LOAD);
    p.lies[3] = true;
    play_task(&p);
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_ROLL_BACK, 0)), CLV_OK);
    play_until(&p, CLV_STATE_ROLLED_BACK, CLV_PHASE_CLEAR_NEW);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.units[i].new_state, CLV_NEW_EMPTY);
    p.lies[3] = false;
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_LOAD_AGAIN, 0)), CLV_OK);
    cr_assert(p.effects.wipe_parts);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    play_end(&p);
}

Test(ceremony, nothing_is_rolled_back_once_something_is_live)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_SET_IMMEDIATE);
    p.dead[2] = true;
    play_task(&p);
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_TROUBLE);
    cr_assert_not(task_now().options[CLV_DECIDE_ROLL_BACK]);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_ROLL_BACK, 0)), CLV_E_RULE);
    play_end(&p);
}

Test(ceremony, set_immediate_and_reset_want_a_second_person)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_SET_IMMEDIATE);
    unsigned first = task_now().person;
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_CONFIRM);
    cr_assert(task_now().second_person);
    cr_assert_neq(task_now().person, first);
    play_task(&p);
    cr_assert_eq(p.c->state, CLV_STATE_DISPATCH);
    play_end(&p);
}

Test(ceremony, the_key_that_is_live_already_is_refused)
{
    play_begin(&p, NO_ADMINS);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        p.units[i] = (struct clv_observed){.num_admins = 1, .sign_threshold = 1};
    play_until(&p, CLV_STATE_PATTERN, CLV_PHASE_NONE);
    p.c->units[1].observed.current_state = CLV_CURRENT_VALID;
    memcpy(p.c->units[1].observed.current_pattern, play_pattern, 32);
    struct clv_event e = {.kind = CLV_EVENT_PATTERN};
    memcpy(e.pattern, play_pattern, 32);
    e.pattern[31] = 0x77; /* newer units zero the tail: it does not count */
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    cr_assert(strstr(p.err.fact, "unit 2"));
    play_end(&p);
}

Test(ceremony, stopping_lists_and_wipes_and_ends)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_PATTERN, CLV_PHASE_NONE);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_STOP, 0)), CLV_OK);
    cr_assert(p.effects.wipe_parts && p.effects.wipe_signers && p.effects.checkpoint);
    play_until(&p, CLV_STATE_STOPPED, CLV_PHASE_NONE);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_STOP, 0)), CLV_E_RULE);
    play_end(&p);
}

Test(ceremony, deviations_are_numbered_without_gaps)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_ROLL_CALL, CLV_PHASE_NONE);
    struct clv_event e = {.kind = CLV_EVENT_DEVIATION, .number = 2};
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    e.number = 1;
    cr_assert_eq(play_step(&p, e), CLV_OK);
    cr_assert_eq(play_step(&p, e), CLV_E_RULE);
    cr_assert_eq(p.c->num_deviations, 1);
    play_end(&p);
}
