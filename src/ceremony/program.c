/* The program of a ceremony: which stations each kind of step passes.
 *
 * A station is a state, perhaps with a phase, and whether it is needed now. Moving on means: the
 * next needed station of this step, else the first needed one of the next step. */
#include "internal.h"

struct station {
    enum clv_state state;
    enum clv_phase phase;
    bool (*needed)(const struct clv_ceremony *c);
};

static bool always(const struct clv_ceremony *c)
{
    (void)c;
    return true;
}

static bool reset_is_wanted(const struct clv_ceremony *c)
{
    return c->reset_wanted;
}

static bool signers_are_closed(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->script->num_signers; i++)
        if (!c->signers[i].open)
            return true;
    return false;
}

static bool commitments_are_missing(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->script->num_owners; i++)
        if (!c->parts[i].committed)
            return true;
    return false;
}

/* clang-format off */
static const struct station self_check[] = {
    { CLV_STATE_SELF_CHECK,     CLV_PHASE_NONE,          always },
};
static const struct station roll_call[] = {
    { CLV_STATE_ROLL_CALL,      CLV_PHASE_NONE,          always },
};
static const struct station units[] = {
    { CLV_STATE_FIND_UNITS,     CLV_PHASE_NONE,          always },
    { CLV_STATE_BARRIER,        CLV_PHASE_SURVEY,        always },
    { CLV_STATE_REVIEW_UNITS,   CLV_PHASE_NONE,          always },
    { CLV_STATE_CONFIRM,        CLV_PHASE_RESET,         reset_is_wanted },
    { CLV_STATE_DISPATCH,       CLV_PHASE_RESET,         reset_is_wanted },
    { CLV_STATE_BARRIER,        CLV_PHASE_RESET,         reset_is_wanted },
};
static const struct station signature_keys[] = {
    { CLV_STATE_SIGNATURE_KEYS, CLV_PHASE_NONE,          always },
};
static const struct station administrators[] = {
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_ADMINS,        always },
    { CLV_STATE_BARRIER,        CLV_PHASE_ADMINS,        always },
    { CLV_STATE_DISPATCH,       CLV_PHASE_THRESHOLDS,    always },
    { CLV_STATE_BARRIER,        CLV_PHASE_THRESHOLDS,    always },
};
static const struct station create_parts[] = {
    { CLV_STATE_CREATE_PARTS,   CLV_PHASE_NONE,          always },
};
static const struct station load[] = {
    { CLV_STATE_COMMITMENTS,    CLV_PHASE_NONE,          commitments_are_missing },
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_IMPORTERS,     always },
    { CLV_STATE_BARRIER,        CLV_PHASE_IMPORTERS,     always },
    { CLV_STATE_OPEN_PARTS,     CLV_PHASE_NONE,          always },
    { CLV_STATE_PATTERN,        CLV_PHASE_NONE,          always },
    { CLV_STATE_DISPATCH,       CLV_PHASE_LOAD,          always },
    { CLV_STATE_BARRIER,        CLV_PHASE_LOAD,          always },
};
static const struct station commit[] = {
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_CONFIRM,        CLV_PHASE_COMMIT,        always },
    { CLV_STATE_DISPATCH,       CLV_PHASE_COMMIT,        always },
    { CLV_STATE_BARRIER,        CLV_PHASE_COMMIT,        always },
};
static const struct station set_immediate[] = {
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_CONFIRM,        CLV_PHASE_SET_IMMEDIATE, always },
    { CLV_STATE_DISPATCH,       CLV_PHASE_SET_IMMEDIATE, always },
    { CLV_STATE_BARRIER,        CLV_PHASE_SET_IMMEDIATE, always },
};
static const struct station compare[] = {
    { CLV_STATE_BARRIER,        CLV_PHASE_COMPARE,       always },
};
static const struct station receipts[] = {
    { CLV_STATE_RECEIPTS,       CLV_PHASE_NONE,          always },
};
static const struct station sign_off[] = {
    { CLV_STATE_SIGN_OFF,       CLV_PHASE_NONE,          always },
};

#define PROGRAM(kind, stations) [kind] = { stations, sizeof(stations) / sizeof((stations)[0]) }
static const struct {
    const struct station *stations;
    size_t num;
} programs[] = {
    PROGRAM(CLV_STEP_SELF_CHECK,     self_check),
    PROGRAM(CLV_STEP_ROLL_CALL,      roll_call),
    PROGRAM(CLV_STEP_UNITS,          units),
    PROGRAM(CLV_STEP_SIGNATURE_KEYS, signature_keys),
    PROGRAM(CLV_STEP_ADMINISTRATORS, administrators),
    PROGRAM(CLV_STEP_CREATE_PARTS,   create_parts),
    PROGRAM(CLV_STEP_LOAD,           load),
    PROGRAM(CLV_STEP_COMMIT,         commit),
    PROGRAM(CLV_STEP_SET_IMMEDIATE,  set_immediate),
    PROGRAM(CLV_STEP_COMPARE,        compare),
    PROGRAM(CLV_STEP_RECEIPTS,       receipts),
    PROGRAM(CLV_STEP_SIGN_OFF,       sign_off),
};
/* clang-format on */

/* What a state starts with, whichever way it is reached. */
static void enter(struct clv_ceremony *c, enum clv_state state, enum clv_phase phase)
{
    c->state = state;
    c->phase = phase;
    c->turn = 0;
    c->first_confirmed = false;
    if (state == CLV_STATE_SIGNATURE_KEYS || state == CLV_STATE_OPEN_SIGNERS)
        queue_fill(c, CLV_ROLE_SIGNER);
    if (state == CLV_STATE_CREATE_PARTS || state == CLV_STATE_COMMITMENTS ||
        state == CLV_STATE_OPEN_PARTS)
        queue_fill(c, CLV_ROLE_OWNER);
    if (state == CLV_STATE_DISPATCH) {
        c->round = 0;
        units_make_due(c, c->retry);
        c->retry = false;
    }
}

void program_let_go(struct clv_ceremony *c, bool signers, bool parts)
{
    for (unsigned i = 0; i < CLV_MAX_SIGNERS && signers; i++)
        c->signers[i].open = false;
    for (unsigned i = 0; i < CLV_MAX_SLOTS && parts; i++)
        c->parts[i].opened = false;
    c->holds_parts = c->holds_parts && !parts;
}

/* Keys and parts do not outlive the steps that need them. After commit the owners are not needed
 * again: what was sealed from their parts may go. */
static void leave_step(struct clv_ceremony *c, enum clv_step_kind kind)
{
    bool signers = kind == CLV_STEP_ADMINISTRATORS || kind == CLV_STEP_SET_IMMEDIATE;
    program_let_go(c, signers, kind == CLV_STEP_COMMIT);
}

static bool enter_first_needed(struct clv_ceremony *c)
{
    for (; c->step < c->script->num_steps; c->step++, c->station = 0) {
        enum clv_step_kind kind = c->script->steps[c->step].kind;
        for (; c->station < programs[kind].num; c->station++) {
            const struct station *s = &programs[kind].stations[c->station];
            if (!s->needed(c))
                continue;
            enter(c, s->state, s->phase);
            return true;
        }
        leave_step(c, kind);
    }
    return false;
}

void program_start(struct clv_ceremony *c)
{
    c->step = c->station = 0;
    if (!enter_first_needed(c))
        enter(c, CLV_STATE_CLOSING, CLV_PHASE_NONE);
}

void program_advance(struct clv_ceremony *c)
{
    c->station++;
    if (!enter_first_needed(c))
        enter(c, CLV_STATE_CLOSING, CLV_PHASE_NONE);
}

void program_return(struct clv_ceremony *c, enum clv_state state, enum clv_phase phase)
{
    enum clv_step_kind kind = c->script->steps[c->step].kind;
    for (size_t i = 0; i < programs[kind].num; i++)
        if (programs[kind].stations[i].state == state && programs[kind].stations[i].phase == phase)
            c->station = i;
    enter(c, state, phase);
}

void program_restart_load(struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->script->num_steps; i++)
        if (c->script->steps[i].kind == CLV_STEP_LOAD)
            c->step = i;
    c->station = 0;
    program_let_go(c, false, true);
    c->has_pattern = false;
    enter_first_needed(c);
}
