/* People leave, come back, are replaced: who may go on, what is made anew, what is refused. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "play.h"

#define REHEARSAL "ceremony-scripts/rehearsal.yaml"
#define LOAD "ceremony-scripts/load-existing-parts.yaml"
#define SEVERAL "tests/scripts/two-owners-three-signers.yaml"

static struct play p;

static struct clv_task task_now(void)
{
    struct clv_task task;
    clv_ceremony_task(p.c, &task);
    return task;
}

static clv_status people(enum clv_event_kind kind, enum clv_role role, unsigned index,
                         const char *name)
{
    struct clv_event e = {.kind = kind,
                          .person = clv_ceremony_seat(p.c, role, index),
                          .number = (unsigned)p.c->num_deviations + 1,
                          .wall_ms = 1000};
    snprintf(e.name, sizeof(e.name), "%s", name);
    snprintf(e.text, sizeof(e.text), "a reason");
    return play_step(&p, e);
}

static clv_status leaves(enum clv_role role, unsigned index)
{
    return people(CLV_EVENT_PERSON_LEFT, role, index, "");
}

static clv_status is_back(enum clv_role role, unsigned index)
{
    return people(CLV_EVENT_PERSON_BACK, role, index, "");
}

static clv_status replaced(enum clv_role role, unsigned index, const char *name)
{
    return people(CLV_EVENT_PERSON_REPLACED, role, index, name);
}

static void ends_well(void)
{
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    for (unsigned i = 1; i <= PLAY_UNITS; i++)
        cr_assert_eq(p.units[i].current_state, CLV_CURRENT_VALID);
    play_end(&p);
}

static void begin_turn(enum clv_role role, unsigned index)
{
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_BEGUN,
                                                  .person = clv_ceremony_seat(p.c, role, index)}),
                 CLV_OK, "%s", p.err.fact);
}

Test(presence, an_owner_leaves_in_their_turn_and_it_begins_anew)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CREATE_PARTS, CLV_PHASE_NONE);
    begin_turn(CLV_ROLE_OWNER, 1);
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 1), CLV_OK);
    cr_assert(p.effects.checkpoint);
    cr_assert_eq(p.c->turn, 0);
    cr_assert_eq(p.c->num_deviations, 1);
    cr_assert_eq(task_now().person, clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 2), "the next one");
    cr_assert(play_task(&p));
    cr_assert(play_task(&p));
    cr_assert_eq(task_now().kind, CLV_TASK_WAIT_FOR);
    cr_assert_eq(task_now().person, clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 1));
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 1), CLV_E_RULE, "only once");
    cr_assert_eq(is_back(CLV_ROLE_OWNER, 1), CLV_OK);
    cr_assert_eq(is_back(CLV_ROLE_OWNER, 1), CLV_E_RULE);
    cr_assert_eq(task_now().kind, CLV_TASK_CREATE_PART);
    ends_well();
}

Test(presence, nobody_goes_first_when_all_others_are_away)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CREATE_PARTS, CLV_PHASE_NONE);
    begin_turn(CLV_ROLE_OWNER, 1);
    cr_assert(clv_ceremony_others_wait(p.c));
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 2), CLV_OK);
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 3), CLV_OK);
    cr_assert_not(clv_ceremony_others_wait(p.c));
    cr_assert_eq(
        play_step(&p, (struct clv_event){.kind = CLV_EVENT_TURN_LATER, .person = p.c->turn}),
        CLV_E_RULE);
    play_end(&p);
}

Test(presence, a_part_that_was_made_is_made_anew_by_who_comes)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    cr_assert(play_task(&p), "owner 1 opens");
    cr_assert(p.c->holds_parts);
    cr_assert_eq(replaced(CLV_ROLE_OWNER, 2, "person 3"), CLV_E_RULE, "who has another duty");
    cr_assert_eq(
        replaced(CLV_ROLE_OWNER, 2, p.c->seats[clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 2) - 1].name),
        CLV_E_RULE, "who has it already");
    cr_assert_eq(p.c->num_deviations, 0, "what is refused changes nothing");
    cr_assert_eq(replaced(CLV_ROLE_OWNER, 2, "Omar Haddad"), CLV_OK, "%s", p.err.fact);
    cr_assert(p.effects.wipe_parts);
    cr_assert_eq(p.c->state, CLV_STATE_CREATE_PARTS);
    cr_assert_eq(task_now().slot, 2);
    cr_assert(p.c->parts[0].made && p.c->parts[2].made, "the others stay");
    cr_assert_str_eq(p.c->deviations[0].happened, "replaced by Omar Haddad");
    ends_well();
}

Test(presence, a_part_that_was_brought_is_committed_to_anew)
{
    play_begin(&p, LOAD);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    cr_assert_eq(replaced(CLV_ROLE_OWNER, 1, "Omar Haddad"), CLV_OK, "%s", p.err.fact);
    cr_assert_eq(p.c->state, CLV_STATE_COMMITMENTS);
    cr_assert_eq(task_now().slot, 1);
    ends_well();
}

Test(presence, a_part_in_the_combined_key_stays_with_its_owner)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_COMMIT);
    cr_assert_eq(replaced(CLV_ROLE_OWNER, 2, "Omar Haddad"), CLV_E_RULE);
    cr_assert(strstr(p.err.fact, "only Person"), "%s", p.err.fact);
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 2), CLV_OK, "who contributed may go");
    cr_assert_eq(task_now().kind, CLV_TASK_CONFIRM, "and nobody waits");
    play_until(&p, CLV_STATE_SIGN_OFF, CLV_PHASE_NONE);
    struct clv_event e = {.kind = CLV_EVENT_SIGNED_OFF,
                          .ok = true,
                          .person = clv_ceremony_seat(p.c, CLV_ROLE_OWNER, 2)};
    cr_assert_eq(play_step(&p, e), CLV_E_RULE, "who is away cannot agree");
    cr_assert_neq(task_now().person, e.person, "those who are here first");
    e.ok = false;
    cr_assert_eq(play_step(&p, e), CLV_OK);
    ends_well();
}

Test(presence, a_signature_key_leaves_with_its_owner)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_COMMIT);
    cr_assert_eq(leaves(CLV_ROLE_SIGNER, 2), CLV_OK);
    cr_assert_not(p.c->signers[1].open);
    cr_assert_eq(task_now().kind, CLV_TASK_WAIT_FOR);
    cr_assert_eq(replaced(CLV_ROLE_SIGNER, 2, "Omar Haddad"), CLV_E_RULE, "it is an administrator");
    cr_assert_eq(is_back(CLV_ROLE_SIGNER, 2), CLV_OK);
    cr_assert_eq(task_now().kind, CLV_TASK_OPEN_SIGNER);
    cr_assert_eq(task_now().slot, 2);
    ends_well();
}

Test(presence, a_signature_key_is_opened_again_before_a_load)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_OPEN_PARTS, CLV_PHASE_NONE);
    cr_assert_eq(leaves(CLV_ROLE_SIGNER, 1), CLV_OK);
    cr_assert_eq(is_back(CLV_ROLE_SIGNER, 1), CLV_OK);
    play_until(&p, CLV_STATE_OPEN_SIGNERS, CLV_PHASE_NONE);
    cr_assert(p.c->parts[0].opened && p.c->parts[1].opened, "owners are not asked again");
    ends_well();
}

Test(presence, keys_that_left_in_trouble_are_opened_for_the_retry)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_COMMIT);
    p.dead[2] = true;
    play_until(&p, CLV_STATE_TROUBLE, CLV_PHASE_COMMIT);
    cr_assert_eq(leaves(CLV_ROLE_SIGNER, 3), CLV_OK);
    cr_assert_eq(is_back(CLV_ROLE_SIGNER, 3), CLV_OK);
    p.dead[2] = false;
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_RETRY, 0)), CLV_OK);
    play_until(&p, CLV_STATE_OPEN_SIGNERS, CLV_PHASE_NONE);
    ends_well();
    cr_assert_eq(p.num_orders[1][CLV_PHASE_COMMIT], 1);
}

Test(presence, a_signature_key_that_signed_nothing_yet_is_replaced)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_CREATE_PARTS, CLV_PHASE_NONE);
    cr_assert_eq(replaced(CLV_ROLE_SIGNER, 2, "Omar Haddad"), CLV_E_RULE, "it signed");
    play_end(&p);
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_SIGNATURE_KEYS, CLV_PHASE_NONE);
    cr_assert(play_task(&p) && play_task(&p));
    cr_assert_eq(replaced(CLV_ROLE_SIGNER, 2, "Omar Haddad"), CLV_OK, "%s", p.err.fact);
    cr_assert_eq(task_now().kind, CLV_TASK_SIGNATURE_KEY);
    cr_assert_eq(task_now().slot, 2);
    ends_well();
}

Test(presence, nothing_goes_on_without_the_witness)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_SET_IMMEDIATE);
    cr_assert_eq(leaves(CLV_ROLE_WITNESS, 1), CLV_OK);
    cr_assert_eq(task_now().kind, CLV_TASK_WAIT_FOR);
    for (int kind = 0; kind < CLV_NUM_EVENTS; kind++) {
        struct clv_event e = {.kind = (enum clv_event_kind)kind,
                              .phase = CLV_PHASE_SET_IMMEDIATE,
                              .person = 1,
                              .unit = 1,
                              .number = 99,
                              .decision = CLV_DECIDE_RETRY};
        bool harmless = kind == CLV_EVENT_INTERRUPTED || kind == CLV_EVENT_SIGNERS_CLOSED ||
                        kind == CLV_EVENT_RESUMED || kind == CLV_EVENT_CLOCK_JUMPED ||
                        kind == CLV_EVENT_MEDIUM;
        if (!harmless)
            cr_assert_eq(play_step(&p, e), CLV_E_RULE, "%s", clv_event_name(e.kind));
    }
    cr_assert_eq(replaced(CLV_ROLE_WITNESS, 1, "Omar Haddad"), CLV_OK);
    cr_assert_eq(task_now().kind, CLV_TASK_CONFIRM);
    ends_well();
}

Test(presence, a_stop_needs_nobody_else)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_CREATE_PARTS, CLV_PHASE_NONE);
    cr_assert_eq(leaves(CLV_ROLE_ADMINISTRATOR, 1), CLV_OK);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_STOP, 0)), CLV_OK);
    play_until(&p, CLV_STATE_STOPPED, CLV_PHASE_NONE);
    play_end(&p);
}

/* The process ends behind the replacement, wherever it was made: the new owner's part is made all
 * the same, and no command comes twice. */
Test(presence, a_resumption_does_not_jump_over_a_new_part)
{
    static const enum clv_state states[] = {CLV_STATE_CREATE_PARTS, CLV_STATE_OPEN_PARTS};
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        play_begin(&p, REHEARSAL);
        play_until(&p, states[i], CLV_PHASE_NONE);
        cr_assert(play_task(&p));
        cr_assert_eq(replaced(CLV_ROLE_OWNER, 1, "Omar Haddad"), CLV_OK, "%s", p.err.fact);
        play_resume(&p);
        play_until(&p, CLV_STATE_CREATE_PARTS, CLV_PHASE_NONE);
        cr_assert_eq(task_now().slot, 1);
        for (unsigned u = 1; u <= PLAY_UNITS; u++)
            cr_assert_eq(p.num_orders[u][CLV_PHASE_RESET], 1);
        ends_well();
    }
}

Test(presence, before_the_roll_call_there_is_nobody_to_leave)
{
    play_begin(&p, REHEARSAL);
    play_until(&p, CLV_STATE_ROLL_CALL, CLV_PHASE_NONE);
    cr_assert_eq(leaves(CLV_ROLE_OWNER, 1), CLV_E_RULE);
    cr_assert_eq(replaced(CLV_ROLE_OWNER, 1, "Omar Haddad"), CLV_E_RULE);
    play_end(&p);
}
