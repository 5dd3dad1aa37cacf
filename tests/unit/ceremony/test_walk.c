/* The table as a whole: every state is reached and left, and no walk through it, however odd,
 * sends what must not be sent. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "play.h"

static struct play p;

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed >> 8;
}

/* Invariants 3 and 4 of the design, at each accepted event. */
static void check_invariants(const struct play *play)
{
    const struct clv_ceremony *c = play->c;
    const struct clv_event *e = &play->log[play->num_log - 1];
    if (e->kind != CLV_EVENT_INTENT)
        return;
    cr_assert_not(c->units[e->unit - 1].set_aside);
    if (e->phase == CLV_PHASE_COMMIT || e->phase == CLV_PHASE_SET_IMMEDIATE)
        cr_assert(c->has_pattern, "no pattern of our own");
    for (unsigned i = 1; i <= PLAY_UNITS && e->phase == CLV_PHASE_SET_IMMEDIATE; i++)
        if (!c->units[i - 1].set_aside && !play->restarted[i])
            cr_assert(play->units[i].new_state == CLV_NEW_COMMITTED ||
                          play->units[i].current_state == CLV_CURRENT_VALID,
                      "set immediate before unit %u was committed", i);
}

static void random_decision(struct play *play, unsigned *seed)
{
    struct clv_task task;
    clv_ceremony_task(play->c, &task);
    enum clv_decision d = (enum clv_decision)(next_random(seed) % CLV_NUM_DECISIONS);
    unsigned unit = 1 + next_random(seed) % PLAY_UNITS;
    clv_status st = play_step(play, play_decision(d, unit));
    if (!task.options[d])
        cr_assert_neq(st, CLV_OK, "%s was not offered", clv_decision_name(d));
}

Test(walk, ten_thousand_odd_steps_never_break_a_rule)
{
    bool reached[CLV_NUM_STATES] = {false};
    for (unsigned seed = 1, walk = 0; walk < 150; walk++) {
        play_begin(&p, walk % 2 ? "ceremony-scripts/rehearsal.yaml"
                                : "tests/scripts/two-owners-three-signers.yaml");
        for (int i = 0; i < 120 && p.num_log < 500; i++) {
            for (unsigned u = 1; u <= PLAY_UNITS; u++)
                if (next_random(&seed) % 40 == 0)
                    p.dead[u] = !p.dead[u];
            if (next_random(&seed) % 60 == 0)
                p.lies[1 + next_random(&seed) % PLAY_UNITS] ^= 1;
            if (next_random(&seed) % 60 == 0)
                play_restart(&p, 1 + next_random(&seed) % PLAY_UNITS);
            struct clv_event odd = {.kind =
                                        (enum clv_event_kind)(next_random(&seed) % CLV_NUM_EVENTS),
                                    .unit = 9,
                                    .person = 15,
                                    .number = 77};
            if (odd.kind != CLV_EVENT_DECISION && odd.kind != CLV_EVENT_UNIT_LEFT_OUT &&
                odd.kind != CLV_EVENT_INTERRUPTED && odd.kind != CLV_EVENT_RECEIPT &&
                odd.kind != CLV_EVENT_SIGNERS_CLOSED && next_random(&seed) % 10 == 0)
                (void)!play_step(&p, odd);
            reached[p.c->state] = true;
            if (!play_task(&p))
                random_decision(&p, &seed);
            check_invariants(&p);
            if (p.c->state == CLV_STATE_CLOSED || p.c->state == CLV_STATE_STOPPED)
                break;
        }
        reached[p.c->state] = true;
        play_end(&p);
    }
    reached[CLV_STATE_SELF_CHECK_FAILED] = reached[CLV_STATE_COMMITMENTS] = true;
    for (int s = 0; s < CLV_NUM_STATES; s++)
        cr_assert(reached[s], "%s was never reached", clv_state_name((enum clv_state)s));
}

Test(walk, every_state_but_the_last_two_can_be_stopped)
{
    const struct clv_rule_row *rows = NULL;
    size_t num = clv_rules_list(&rows);
    bool any = false;
    for (size_t i = 0; i < num; i++)
        any = any ||
              (strcmp(rows[i].state, "ANY") == 0 && strcmp(rows[i].guard, "decides_stop") == 0 &&
               strcmp(rows[i].next, "CLOSING") == 0);
    cr_assert(any);
    cr_assert_gt(num, 50);
}

Test(walk, every_state_has_rules_of_its_own_and_a_guarantee)
{
    const struct clv_rule_row *rows = NULL;
    size_t num = clv_rules_list(&rows);
    static const char *const names[] = {
#define STATE_TOKEN(name, text, guarantee) #name,
        CLV_STATES(STATE_TOKEN)
#undef STATE_TOKEN
    };
    for (int s = 0; s < CLV_STATE_CLOSED; s++) {
        bool found = false;
        for (size_t i = 0; i < num; i++)
            found = found || strcmp(rows[i].state, names[s]) == 0;
        cr_assert(found, "no rule for %s", names[s]);
        cr_assert_gt(strlen(clv_state_guarantee((enum clv_state)s)), 10);
    }
}

Test(walk, a_failed_self_check_waits_for_a_decision)
{
    play_begin(&p, "ceremony-scripts/rehearsal.yaml");
    play_until(&p, CLV_STATE_SELF_CHECK, CLV_PHASE_NONE);
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_CHECK, .ok = false}), CLV_OK);
    cr_assert_eq(play_step(&p, (struct clv_event){.kind = CLV_EVENT_CHECKS_OVER}), CLV_OK);
    cr_assert_eq(p.c->state, CLV_STATE_SELF_CHECK_FAILED);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_ROLL_BACK, 0)), CLV_E_RULE);
    cr_assert_eq(play_step(&p, play_decision(CLV_DECIDE_REPEAT, 0)), CLV_OK);
    cr_assert_eq(p.c->state, CLV_STATE_SELF_CHECK);
    play_until(&p, CLV_STATE_ROLL_CALL, CLV_PHASE_NONE);
    play_end(&p);
}
