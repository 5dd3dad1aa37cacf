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

static bool keys_are_missing(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->script->num_signers; i++)
        if (!c->signers[i].ready)
            return true;
    return false;
}

static bool parts_are_missing(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->script->num_owners; i++)
        if (!c->parts[i].made)
            return true;
    return false;
}

static bool parts_are_closed(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->script->num_owners; i++)
        if (!c->parts[i].opened)
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
    { CLV_STATE_SIGNATURE_KEYS, CLV_PHASE_NONE,          keys_are_missing },
};
static const struct station administrators[] = {
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_ADMINS,        always },
    { CLV_STATE_BARRIER,        CLV_PHASE_ADMINS,        always },
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_THRESHOLDS,    always },
    { CLV_STATE_BARRIER,        CLV_PHASE_THRESHOLDS,    always },
};
static const struct station create_parts[] = {
    { CLV_STATE_CREATE_PARTS,   CLV_PHASE_NONE,          parts_are_missing },
};
static const struct station load[] = {
    { CLV_STATE_COMMITMENTS,    CLV_PHASE_NONE,          commitments_are_missing },
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_IMPORTERS,     always },
    { CLV_STATE_BARRIER,        CLV_PHASE_IMPORTERS,     always },
    { CLV_STATE_OPEN_PARTS,     CLV_PHASE_NONE,          parts_are_closed },
    { CLV_STATE_PATTERN,        CLV_PHASE_NONE,          always },
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
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
static const struct station roll_back[] = {
    { CLV_STATE_OPEN_SIGNERS,   CLV_PHASE_NONE,          signers_are_closed },
    { CLV_STATE_DISPATCH,       CLV_PHASE_CLEAR_NEW,     always },
    { CLV_STATE_BARRIER,        CLV_PHASE_CLEAR_NEW,     always },
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

struct program {
    const struct station *stations;
    size_t num;
};
#define STATIONS(stations) { stations, sizeof(stations) / sizeof((stations)[0]) }
#define PROGRAM(kind, stations) [kind] = STATIONS(stations)
static const struct program roll_back_program = STATIONS(roll_back);
static const struct program programs[] = {
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
        c->retry = c->resumed = c->from_start = false;
    }
}

void program_let_go(struct clv_ceremony *c, bool signers, bool parts)
{
    for (unsigned i = 0; i < CLV_MAX_SIGNERS && signers; i++)
        c->signers[i].open = false;
    for (unsigned i = 0; i < CLV_MAX_SLOTS && parts; i++)
        c->parts[i].opened = false;
    for (size_t i = 0; i < c->num_units && parts; i++)
        c->units[i].importer = c->units[i].sealed = false;
    c->holds_parts = c->holds_parts && !parts;
}

/* Keys and parts do not outlive the steps that need them. After commit the owners are not needed
 * again: what was sealed from their parts may go. */
static void leave_step(struct clv_ceremony *c, enum clv_step_kind kind)
{
    bool signers = kind == CLV_STEP_ADMINISTRATORS || kind == CLV_STEP_SET_IMMEDIATE;
    program_let_go(c, signers, kind == CLV_STEP_COMMIT);
}

static const struct program *program_of(const struct clv_ceremony *c, size_t step)
{
    return c->rolling_back ? &roll_back_program : &programs[c->script->steps[step].kind];
}

static bool enter_first_needed(struct clv_ceremony *c)
{
    for (; c->step < c->script->num_steps; c->step++, c->station = 0) {
        const struct program *program = program_of(c, c->step);
        for (; c->station < program->num; c->station++) {
            const struct station *s = &program->stations[c->station];
            if (!s->needed(c))
                continue;
            enter(c, s->state, s->phase);
            return true;
        }
        leave_step(c, c->script->steps[c->step].kind);
    }
    return false;
}

void program_enter_again(struct clv_ceremony *c)
{
    if (!enter_first_needed(c))
        enter(c, CLV_STATE_CLOSING, CLV_PHASE_NONE);
}

void program_start(struct clv_ceremony *c)
{
    c->step = c->station = 0;
    program_enter_again(c);
}

void program_advance(struct clv_ceremony *c)
{
    c->station++;
    program_enter_again(c);
}

void program_return(struct clv_ceremony *c, enum clv_state state, enum clv_phase phase)
{
    const struct program *program = program_of(c, c->step);
    for (size_t i = 0; i < program->num; i++)
        if (program->stations[i].state == state && program->stations[i].phase == phase)
            c->station = i;
    enter(c, state, phase);
}

void program_roll_back(struct clv_ceremony *c)
{
    c->rolling_back = true;
    c->station = 0;
    program_enter_again(c);
}

static void to_load(struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->script->num_steps; i++)
        if (c->script->steps[i].kind == CLV_STEP_LOAD)
            c->step = i;
    c->rolling_back = false;
    c->station = 0;
}

/* Once units hold the key no other one may follow; a roll back has taken it from them. */
void program_restart_load(struct clv_ceremony *c)
{
    c->has_pattern = c->script->has_expected_pattern || (c->has_pattern && !c->rolling_back);
    to_load(c);
    program_let_go(c, false, true);
    program_enter_again(c);
}

void program_load_rest(struct clv_ceremony *c)
{
    for (unsigned i = 0; i < CLV_MAX_SLOTS && units_need_parts(c); i++)
        c->parts[i].opened = false;
    to_load(c);
    program_enter_again(c);
}

/* ---- after an interruption ---- */

void program_mark_order(struct clv_ceremony *c)
{
    c->last_order = (struct clv_place){
        .known = true, .rolling_back = c->rolling_back, .step = c->step, .station = c->station};
}

static bool leads_to_an_order(enum clv_state state)
{
    return state == CLV_STATE_OPEN_SIGNERS || state == CLV_STATE_CONFIRM;
}

void program_to_keys(struct clv_ceremony *c)
{
    const struct station *stations = program_of(c, c->step)->stations;
    while (c->station > 0 && leads_to_an_order(stations[c->station - 1].state))
        c->station--;
    program_enter_again(c);
}

/* A signature-key owner may have left meanwhile; a reset needs no key. */
static bool keys_are_needed(const struct clv_ceremony *c)
{
    return c->phase != CLV_PHASE_RESET && signers_are_closed(c);
}

/* In front of an order stand keys to open and a phrase to type. */
void program_order_again(struct clv_ceremony *c)
{
    if (!c->resumed && !keys_are_needed(c)) {
        program_return(c, CLV_STATE_DISPATCH, c->phase);
        return;
    }
    while (program_of(c, c->step)->stations[c->station].state != CLV_STATE_DISPATCH)
        c->station--;
    program_to_keys(c);
}

/* ---- going back because of people ---- */

static size_t find_step(const struct clv_ceremony *c, enum clv_step_kind kind)
{
    size_t step = 0;
    while (step < c->script->num_steps && c->script->steps[step].kind != kind)
        step++;
    return step;
}

bool program_has(const struct clv_ceremony *c, enum clv_step_kind kind)
{
    return find_step(c, kind) < c->script->num_steps;
}

bool program_ordered_behind(const struct clv_ceremony *c, enum clv_step_kind kind)
{
    return c->last_order.known && c->last_order.step > find_step(c, kind);
}

/* The last order in front of a step, as if nothing had been sent behind it. */
static struct clv_place last_order_before(const struct clv_ceremony *c, size_t end)
{
    struct clv_place place = {0};
    for (size_t step = 0; step < end; step++) {
        const struct program *program = &programs[c->script->steps[step].kind];
        for (size_t i = 0; i < program->num; i++)
            if (program->stations[i].state == CLV_STATE_DISPATCH && program->stations[i].needed(c))
                place = (struct clv_place){.known = true, .step = step, .station = i};
    }
    return place;
}

void program_go_back(struct clv_ceremony *c, enum clv_step_kind kind)
{
    size_t to = find_step(c, kind);
    if (c->step < to)
        return;
    if (c->last_order.known && c->last_order.step >= to)
        c->last_order = last_order_before(c, to);
    program_let_go(c, false, true);
    c->rolling_back = c->retry = c->undecided = c->from_start = false;
    c->step = to;
    c->station = 0;
    program_enter_again(c);
}

/* The survey's place; false when the ceremony has not come so far. */
static bool find_survey(const struct clv_ceremony *c, struct clv_place *ret)
{
    for (size_t step = 0; step < c->script->num_steps && step <= c->step; step++) {
        const struct program *program = &programs[c->script->steps[step].kind];
        for (size_t i = 0; i < program->num && (step < c->step || i <= c->station); i++)
            if (program->stations[i].phase == CLV_PHASE_SURVEY) {
                *ret = (struct clv_place){.known = true, .step = step, .station = i};
                return true;
            }
    }
    return false;
}

bool clv_ceremony_knows_units(const struct clv_ceremony *c)
{
    struct clv_place survey;
    return c->state != CLV_STATE_NEW && find_survey(c, &survey);
}

void program_resume(struct clv_ceremony *c)
{
    struct clv_place place = c->last_order;
    if (place.known)
        place.station++; /* a barrier stands behind every order */
    else if (!find_survey(c, &place))
        place = (struct clv_place){.step = c->step, .station = c->station};
    c->rolling_back = place.rolling_back;
    c->step = place.step;
    c->station = place.station;
    program_enter_again(c);
}

static bool takes_turns_of(enum clv_state state, enum clv_role role)
{
    if (role == CLV_ROLE_SIGNER)
        return state == CLV_STATE_SIGNATURE_KEYS || state == CLV_STATE_OPEN_SIGNERS;
    return role == CLV_ROLE_OWNER &&
           (state == CLV_STATE_CREATE_PARTS || state == CLV_STATE_COMMITMENTS ||
            state == CLV_STATE_OPEN_PARTS);
}

bool clv_ceremony_needs(const struct clv_ceremony *c, enum clv_role role)
{
    size_t station = c->station;
    for (size_t step = c->step; step < c->script->num_steps; step++, station = 0) {
        const struct program *program = &programs[c->script->steps[step].kind];
        for (; station < program->num; station++)
            if (takes_turns_of(program->stations[station].state, role) &&
                program->stations[station].needed(c))
                return true;
    }
    return false;
}
