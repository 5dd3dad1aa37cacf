/* Signature keys that sign through a service: counted, given up in the middle of an order, opened
 * again at the retry. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "play.h"

#define SEVERAL "tests/scripts/two-owners-three-signers.yaml"

static struct play p;

static clv_status of_key(enum clv_event_kind kind, unsigned slot, unsigned number)
{
    struct clv_event e = {.kind = kind, .slot = slot, .number = number, .phase = p.c->phase};
    return play_step(&p, e);
}

Test(signers, what_a_service_signed_is_counted_and_survives_a_restart)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_LOAD);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 2, 4), CLV_OK, "%s", p.err.fact);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 2, 3), CLV_OK);
    cr_assert_eq(p.c->signers[1].num_service_signatures, 7);
    cr_assert_eq(p.c->signers[0].num_service_signatures, 0);
    play_replay(&p);
    cr_assert_eq(p.c->signers[1].num_service_signatures, 7);
    play_end(&p);
}

Test(signers, only_keys_of_the_ceremony_and_only_while_an_order_runs)
{
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_LOAD);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 0, 1), CLV_E_RULE);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 4, 1), CLV_E_RULE);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 99, 1), CLV_E_RULE);
    cr_assert_eq(of_key(CLV_EVENT_SIGNER_CLOSED, 99, 0), CLV_E_RULE);
    play_until(&p, CLV_STATE_CONFIRM, CLV_PHASE_COMMIT);
    cr_assert_eq(of_key(CLV_EVENT_SERVICE_SIGNED, 1, 1), CLV_E_RULE);
    cr_assert_eq(of_key(CLV_EVENT_SIGNER_CLOSED, 1, 0), CLV_E_RULE);
    play_end(&p);
}

/* Nothing was sent to anybody: the retry begins with the one key that was given up. */
Test(signers, a_key_that_was_given_up_is_opened_again)
{
    struct clv_task task;
    play_begin(&p, SEVERAL);
    play_until(&p, CLV_STATE_DISPATCH, CLV_PHASE_COMMIT);
    cr_assert_eq(of_key(CLV_EVENT_SIGNER_CLOSED, 2, 0), CLV_OK, "%s", p.err.fact);
    cr_assert_not(p.effects.wipe_signers, "the others stay open");
    cr_assert_eq(
        play_step(&p, (struct clv_event){.kind = CLV_EVENT_ORDER_OVER, .phase = CLV_PHASE_COMMIT}),
        CLV_OK);
    play_until(&p, CLV_STATE_TROUBLE, CLV_PHASE_COMMIT);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_RETRY, 0)), CLV_OK, "%s", p.err.fact);
    play_until(&p, CLV_STATE_OPEN_SIGNERS, CLV_PHASE_NONE);
    clv_ceremony_task(p.c, &task);
    cr_assert_eq(task.kind, CLV_TASK_OPEN_SIGNER);
    cr_assert_eq(task.slot, 2);
    play_until(&p, CLV_STATE_CLOSED, CLV_PHASE_NONE);
    for (unsigned unit = 1; unit <= PLAY_UNITS; unit++)
        cr_assert_eq(p.num_orders[unit][CLV_PHASE_COMMIT], 1);
    play_end(&p);
}
