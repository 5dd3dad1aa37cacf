/* The engine's outside: making one, stepping it, asking what to do now. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char *const state_names[] = {
#define NAME(name, text, guarantee) [CLV_STATE_##name] = text,
    CLV_STATES(NAME)
#undef NAME
};
static const char *const state_guarantees[] = {
#define GUARANTEE(name, text, guarantee) [CLV_STATE_##name] = guarantee,
    CLV_STATES(GUARANTEE)
#undef GUARANTEE
};
static const char *const phase_names[] = {
    [CLV_PHASE_NONE] = "none",
    [CLV_PHASE_SURVEY] = "survey",
    [CLV_PHASE_RESET] = "reset",
    [CLV_PHASE_ADMINS] = "administrators",
    [CLV_PHASE_THRESHOLDS] = "thresholds",
    [CLV_PHASE_IMPORTERS] = "importer keys",
    [CLV_PHASE_LOAD] = "load",
    [CLV_PHASE_COMMIT] = "commit",
    [CLV_PHASE_SET_IMMEDIATE] = "set immediate",
    [CLV_PHASE_COMPARE] = "compare",
    [CLV_PHASE_CLEAR_NEW] = "clear new",
};

const char *clv_state_name(enum clv_state state)
{
    return state_names[state];
}

const char *clv_state_guarantee(enum clv_state state)
{
    return state_guarantees[state];
}

const char *clv_phase_name(enum clv_phase phase)
{
    return phase_names[phase];
}

clv_status clv_ceremony_new(const struct clv_script *script, struct clv_ceremony **ret,
                            struct clv_error *err)
{
    struct clv_ceremony *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a ceremony");
    c->script = script;
    c->has_pattern = script->has_expected_pattern;
    memcpy(c->pattern, script->expected_pattern, sizeof(c->pattern));
    clv_status st = seats_fill(c, err);
    if (st != CLV_OK) {
        clv_ceremony_free(&c);
        return st;
    }
    *ret = c;
    return CLV_OK;
}

void clv_ceremony_free(struct clv_ceremony **c)
{
    if (*c == NULL)
        return;
    free((*c)->units);
    free((*c)->deviations);
    free(*c);
    *c = NULL;
}

clv_status clv_ceremony_step(struct clv_ceremony *c, const struct clv_event *event,
                             struct clv_effects *ret_effects, struct clv_error *err)
{
    struct clv_effects effects = {0};
    clv_status st = rules_apply(c, event, &effects, err);
    if (st == CLV_OK)
        *ret_effects = effects;
    return st;
}

/* ---- what to do now ---- */

/* clang-format off */
static const enum clv_task_kind tasks[] = {
    [CLV_STATE_NEW]               = CLV_TASK_OPEN,
    [CLV_STATE_SELF_CHECK]        = CLV_TASK_SELF_CHECK,
    [CLV_STATE_SELF_CHECK_FAILED] = CLV_TASK_JUDGE_CHECKS,
    [CLV_STATE_ROLL_CALL]         = CLV_TASK_ROLL_CALL,
    [CLV_STATE_FIND_UNITS]        = CLV_TASK_FIND_UNITS,
    [CLV_STATE_REVIEW_UNITS]      = CLV_TASK_REVIEW_UNITS,
    [CLV_STATE_SIGNATURE_KEYS]    = CLV_TASK_SIGNATURE_KEY,
    [CLV_STATE_OPEN_SIGNERS]      = CLV_TASK_OPEN_SIGNER,
    [CLV_STATE_CREATE_PARTS]      = CLV_TASK_CREATE_PART,
    [CLV_STATE_COMMITMENTS]       = CLV_TASK_COMMITMENT,
    [CLV_STATE_OPEN_PARTS]        = CLV_TASK_OPEN_PART,
    [CLV_STATE_PATTERN]           = CLV_TASK_PATTERN,
    [CLV_STATE_CONFIRM]           = CLV_TASK_CONFIRM,
    [CLV_STATE_DISPATCH]          = CLV_TASK_ORDER,
    [CLV_STATE_BARRIER]           = CLV_TASK_QUERY,
    [CLV_STATE_TROUBLE]           = CLV_TASK_DECIDE,
    [CLV_STATE_ROLLED_BACK]       = CLV_TASK_DECIDE,
    [CLV_STATE_RECEIPTS]          = CLV_TASK_RECEIPTS,
    [CLV_STATE_SIGN_OFF]          = CLV_TASK_SIGN_OFF,
    [CLV_STATE_CLOSING]           = CLV_TASK_CLOSE,
    [CLV_STATE_CLOSED]            = CLV_TASK_NONE,
    [CLV_STATE_STOPPED]           = CLV_TASK_NONE,
};
/* clang-format on */

/* Only what is safe is offered: rolling back once something is live would split the fleet. */
static void decide_options(const struct clv_ceremony *c, bool *options)
{
    options[CLV_DECIDE_STOP] = true;
    if (c->state == CLV_STATE_SELF_CHECK_FAILED) {
        options[CLV_DECIDE_REPEAT] = true;
        options[CLV_DECIDE_WAIVE] = true;
        return;
    }
    if (c->state == CLV_STATE_ROLLED_BACK) {
        options[CLV_DECIDE_LOAD_AGAIN] = true;
        return;
    }
    options[CLV_DECIDE_WAIT] = true;
    if (units_are_split(c))
        return; /* one fleet with two keys: a matter for people outside of this ceremony */
    options[CLV_DECIDE_RETRY] =
        c->phase != CLV_PHASE_SURVEY && c->phase != CLV_PHASE_COMPARE && units_retry_may_help(c);
    options[CLV_DECIDE_SET_ASIDE] = clv_ceremony_num_active(c) > 1;
    options[CLV_DECIDE_ROLL_BACK] = (c->phase == CLV_PHASE_LOAD || c->phase == CLV_PHASE_COMMIT ||
                                     (c->phase == CLV_PHASE_IMPORTERS && units_any_full(c))) &&
                                    !units_any_live(c);
}

/* Those who are here first. */
static unsigned next_to_sign_off(const struct clv_ceremony *c)
{
    unsigned away = 0;
    for (unsigned i = c->num_seats; i > 0; i--) {
        const struct clv_seat *seat = &c->seats[i - 1];
        if (!seat->signed_off && !seat->away)
            return i;
        if (!seat->signed_off && away == 0)
            away = i;
    }
    return away;
}

static unsigned confirming_person(const struct clv_ceremony *c)
{
    enum clv_role role = c->first_confirmed ? CLV_ROLE_WITNESS : CLV_ROLE_ADMINISTRATOR;
    return clv_ceremony_seat(c, role, 1);
}

void clv_ceremony_task(const struct clv_ceremony *c, struct clv_task *ret)
{
    *ret = (struct clv_task){.kind = tasks[c->state], .phase = c->phase};
    ret->person = clv_ceremony_seat(c, CLV_ROLE_ADMINISTRATOR, 1);
    unsigned awaited = clv_ceremony_waits_for(c);
    if (awaited != 0) {
        ret->kind = CLV_TASK_WAIT_FOR;
        ret->person = awaited;
        return;
    }
    switch (ret->kind) {
    case CLV_TASK_SIGNATURE_KEY:
    case CLV_TASK_OPEN_SIGNER:
    case CLV_TASK_CREATE_PART:
    case CLV_TASK_COMMITMENT:
    case CLV_TASK_OPEN_PART:
        ret->person = c->turn ? c->turn : queue_next(c);
        ret->slot = ret->person ? c->seats[ret->person - 1].index : 0;
        break;
    case CLV_TASK_ORDER:
        ret->slot = c->round + 1;
        break;
    case CLV_TASK_CONFIRM:
        ret->person = confirming_person(c);
        ret->second_person = c->first_confirmed;
        break;
    case CLV_TASK_SIGN_OFF:
        ret->person = next_to_sign_off(c);
        break;
    case CLV_TASK_JUDGE_CHECKS:
    case CLV_TASK_DECIDE:
        decide_options(c, ret->options);
        break;
    case CLV_TASK_OPEN:
    case CLV_TASK_SELF_CHECK:
    case CLV_TASK_ROLL_CALL:
    case CLV_TASK_FIND_UNITS:
    case CLV_TASK_REVIEW_UNITS:
    case CLV_TASK_PATTERN:
    case CLV_TASK_QUERY:
    case CLV_TASK_RECEIPTS:
    case CLV_TASK_WAIT_FOR:
    case CLV_TASK_CLOSE:
    case CLV_TASK_NONE:
        break;
    }
}
