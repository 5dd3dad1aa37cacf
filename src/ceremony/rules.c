/* The rules: in a state, on an event, if a guard holds, do an action and go somewhere.
 *
 * The first row that fits is taken. A pair that no row lists is refused with a reason; so is an
 * event whose action refuses it. Rows of ANY stand last. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct step {
    struct clv_ceremony *c;
    const struct clv_event *e;
    struct clv_effects *effects;
    struct clv_error *err;
};

/* ---- guards ---- */

static bool always(const struct step *s)
{
    (void)s;
    return true;
}

static bool checks_good(const struct step *s)
{
    return s->c->num_failed_checks == 0;
}

static bool all_here(const struct step *s)
{
    return seats_all_here(s->c);
}

static bool some_units(const struct step *s)
{
    return clv_ceremony_num_active(s->c) > 0;
}

static bool reset_or_clean(const struct step *s)
{
    if (s->e->ok)
        return s->c->script->reset_units != CLV_RESET_NEVER;
    return s->c->script->reset_units == CLV_RESET_NEVER ||
           (s->c->script->reset_units == CLV_RESET_IF_NOT_CLEAN && !units_need_reset(s->c));
}

static bool turn_free(const struct step *s)
{
    return s->c->turn == 0 && s->e->person != 0 && s->e->person == queue_next(s->c);
}

static bool their_turn(const struct step *s)
{
    return s->c->turn != 0 && s->c->turn == s->e->person;
}

static bool their_turn_and_more(const struct step *s)
{
    return their_turn(s) && queue_next(s->c) != 0;
}

static bool somebody_else_waits(const struct step *s)
{
    return their_turn(s) && (queue_next(s->c) != s->e->person || s->c->queue[1] != 0);
}

static bool their_own_slot(const struct step *s)
{
    return their_turn(s) && s->c->seats[s->e->person - 1].index == s->e->slot;
}

static bool part_matches(const struct step *s)
{
    const struct clv_part_record *part = &s->c->parts[their_own_slot(s) ? s->e->slot - 1 : 0];
    return their_own_slot(s) && part->committed &&
           memcmp(part->commitment, s->e->digest, sizeof(part->commitment)) == 0;
}

static bool wants_second(const struct step *s)
{
    bool wanted =
        (s->e->phase == CLV_PHASE_SET_IMMEDIATE && s->c->script->second_person_for_set_immediate) ||
        (s->e->phase == CLV_PHASE_RESET && s->c->script->second_person_for_zeroize);
    return s->e->phase == s->c->phase && wanted && !s->c->first_confirmed;
}

static bool right_phase(const struct step *s)
{
    return s->e->phase == s->c->phase;
}

static bool rolling_back(const struct step *s)
{
    return s->c->phase == CLV_PHASE_CLEAR_NEW;
}

static bool unit_waits(const struct step *s)
{
    const struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    return unit && unit->due && unit->progress == CLV_UNIT_IDLE && s->e->phase == s->c->phase;
}

static bool unit_is_out(const struct step *s)
{
    const struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    return unit && unit->due && s->e->phase == s->c->phase &&
           (unit->progress == CLV_UNIT_SENT || unit->progress == CLV_UNIT_IDLE);
}

static bool unit_known(const struct step *s)
{
    return unit_find(s->c, s->e->unit) != NULL;
}

static bool more_admins(const struct step *s)
{
    return s->c->phase == CLV_PHASE_ADMINS && units_all_done(s->c) &&
           s->c->round + 1 < s->c->script->num_signers;
}

static bool all_passed(const struct step *s)
{
    return units_all_passed(s->c, s->c->phase);
}

static bool rolled_back(const struct step *s)
{
    return rolling_back(s) && all_passed(s);
}

static bool retry_is_safe(const struct step *s)
{
    return s->c->retry && units_may_retry(s->c);
}

static bool decides(const struct step *s, enum clv_decision decision)
{
    struct clv_task task;
    clv_ceremony_task(s->c, &task);
    return s->e->decision == decision && task.options[decision];
}

#define DECIDES(name, decision)                                                                    \
    static bool name(const struct step *s)                                                         \
    {                                                                                              \
        return decides(s, decision);                                                               \
    }
DECIDES(decides_repeat, CLV_DECIDE_REPEAT)
DECIDES(decides_waive, CLV_DECIDE_WAIVE)
DECIDES(decides_wait, CLV_DECIDE_WAIT)
DECIDES(decides_retry, CLV_DECIDE_RETRY)
DECIDES(decides_roll_back, CLV_DECIDE_ROLL_BACK)
DECIDES(decides_load_again, CLV_DECIDE_LOAD_AGAIN)

static bool decides_set_aside(const struct step *s)
{
    const struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    return decides(s, CLV_DECIDE_SET_ASIDE) && unit && !unit->set_aside;
}

/* Stopping is always allowed: what is left is listed, nothing more is sent. */
static bool decides_stop(const struct step *s)
{
    return s->e->decision == CLV_DECIDE_STOP && !s->c->stopping;
}

static bool all_signed_off(const struct step *s)
{
    return seats_all_signed_off(s->c);
}

static bool stopping(const struct step *s)
{
    return s->c->stopping;
}

/* ---- actions: may refuse, then nothing has changed ---- */

static clv_status none(struct step *s)
{
    (void)s;
    return CLV_OK;
}

static clv_status note_opened(struct step *s)
{
    snprintf(s->c->id, sizeof(s->c->id), "%.63s", s->e->name);
    s->c->test_world = s->e->ok;
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status note_check(struct step *s)
{
    s->c->num_failed_checks += !s->e->ok;
    return CLV_OK;
}

static clv_status forget_checks(struct step *s)
{
    s->c->num_failed_checks = 0;
    return CLV_OK;
}

static clv_status note_person(struct step *s)
{
    return seat_take(s->c, s->e, s->err);
}

static clv_status sign_head(struct step *s)
{
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status note_unit(struct step *s)
{
    return unit_add(s->c, s->e, s->err);
}

/* What an order failed with says more than the query that follows it. */
static bool failed(const struct clv_unit_record *unit)
{
    return unit->progress >= CLV_UNIT_REFUSED && unit->trouble[0] != '\0';
}

static clv_status note_observed(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->observed = s->e->observed;
    unit->known = true;
    if (!failed(unit))
        unit->trouble[0] = '\0';
    return CLV_OK;
}

static clv_status note_silent(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->known = false;
    if (!failed(unit))
        snprintf(unit->trouble, sizeof(unit->trouble), "%.239s", s->e->text);
    return CLV_OK;
}

static clv_status note_review(struct step *s)
{
    s->c->reset_wanted = s->e->ok;
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status begin_turn(struct step *s)
{
    s->c->turn = s->e->person;
    return CLV_OK;
}

static clv_status end_turn(struct step *s)
{
    s->c->turn = 0;
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status put_off(struct step *s)
{
    queue_later(s->c, s->e->person);
    return end_turn(s);
}

static clv_status count_wrong(struct step *s)
{
    s->c->num_wrong_passwords++;
    return CLV_OK;
}

static clv_status note_sigkey(struct step *s)
{
    for (unsigned i = 0; i < s->c->script->num_signers; i++)
        if (i + 1 != s->e->slot && s->c->signers[i].ready &&
            memcmp(s->c->signers[i].ski, s->e->digest, CLV_SKI_LEN) == 0)
            return clv_fail(s->err, CLV_E_RULE, "this is signature key %u already", i + 1);
    struct clv_signer_record *signer = &s->c->signers[s->e->slot - 1];
    *signer = (struct clv_signer_record){.ready = true, .open = true};
    memcpy(signer->ski, s->e->digest, sizeof(signer->ski));
    snprintf(signer->name, sizeof(signer->name), "%s", s->e->name);
    snprintf(signer->file, sizeof(signer->file), "%.255s", s->e->text);
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

static clv_status note_signer_open(struct step *s)
{
    struct clv_signer_record *signer = &s->c->signers[s->e->slot - 1];
    if (memcmp(signer->ski, s->e->digest, CLV_SKI_LEN) != 0)
        return clv_fail(s->err, CLV_E_RULE, "this is not signature key %u of this ceremony",
                        s->e->slot);
    signer->open = true;
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

static clv_status close_signers(struct step *s)
{
    program_let_go(s->c, true, false);
    return CLV_OK;
}

/* The same file, or the same commitment, cannot stand for two parts. */
static clv_status check_part_is_new(struct step *s)
{
    for (unsigned i = 0; i < s->c->script->num_owners; i++)
        if (i + 1 != s->e->slot && s->c->parts[i].committed &&
            memcmp(s->c->parts[i].commitment, s->e->digest, 32) == 0)
            return clv_fail(s->err, CLV_E_RULE, "this is the commitment of key part %u already",
                            i + 1);
    return CLV_OK;
}

static clv_status note_commitment(struct step *s)
{
    clv_status st = check_part_is_new(s);
    if (st != CLV_OK)
        return st;
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    part->committed = true;
    memcpy(part->commitment, s->e->digest, sizeof(part->commitment));
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

static clv_status note_part_made(struct step *s)
{
    clv_status st = note_commitment(s);
    if (st != CLV_OK)
        return st;
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    part->made = true;
    memcpy(part->pattern, s->e->pattern, sizeof(part->pattern));
    snprintf(part->file, sizeof(part->file), "%s", s->e->name);
    return CLV_OK;
}

static clv_status note_part_opened(struct step *s)
{
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    part->opened = true;
    s->c->holds_parts = true;
    snprintf(part->file, sizeof(part->file), "%s", s->e->name);
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

static clv_status note_pattern(struct step *s)
{
    for (size_t i = 0; i < s->c->num_units; i++) {
        const struct clv_observed *o = &s->c->units[i].observed;
        if (o->current_state == CLV_CURRENT_VALID &&
            clv_pattern_equal(o->current_pattern, s->e->pattern))
            return clv_fail(s->err, CLV_E_RULE,
                            "the combined key is the current master key of unit %u already",
                            s->c->units[i].number);
    }
    s->c->has_pattern = true;
    memcpy(s->c->pattern, s->e->pattern, sizeof(s->c->pattern));
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status note_first(struct step *s)
{
    s->c->first_confirmed = true;
    return CLV_OK;
}

static clv_status note_intent(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->progress = CLV_UNIT_SENT;
    unit->known = false;
    memcpy(unit->last_counter, s->e->counter, sizeof(unit->last_counter));
    return CLV_OK;
}

static const struct {
    const char *name;
    enum clv_unit_progress progress;
} outcomes[] = {
    {"done", CLV_UNIT_DONE},           {"refused", CLV_UNIT_REFUSED},
    {"not-sent", CLV_UNIT_NOT_SENT},   {"in-doubt", CLV_UNIT_DOUBT},
    {"untrusted", CLV_UNIT_UNTRUSTED},
};

static clv_status note_outcome(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (strcmp(outcomes[i].name, s->e->name) != 0)
            continue;
        unit->progress = outcomes[i].progress;
        snprintf(unit->trouble, sizeof(unit->trouble), "%.239s", s->e->text);
        return CLV_OK;
    }
    return clv_fail(s->err, CLV_E_RULE, "no such outcome of an order");
}

static clv_status next_admin(struct step *s)
{
    s->c->round++;
    units_make_due(s->c, false);
    return CLV_OK;
}

static clv_status ask_retry(struct step *s)
{
    s->c->retry = true;
    s->c->num_retries++;
    return CLV_OK;
}

static clv_status set_aside(struct step *s)
{
    unit_find(s->c, s->e->unit)->set_aside = true;
    s->c->retry = true; /* the others go on where the query says they are due */
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status note_deviation(struct step *s)
{
    struct clv_ceremony *c = s->c;
    if (s->e->number != c->num_deviations + 1)
        return clv_fail(s->err, CLV_E_RULE, "the next deviation is number %zu",
                        c->num_deviations + 1);
    struct clv_deviation *grown =
        realloc(c->deviations, (c->num_deviations + 1) * sizeof(c->deviations[0]));
    if (grown == NULL)
        return clv_fail(s->err, CLV_E_MEMORY, "no memory for another deviation");
    c->deviations = grown;
    struct clv_deviation *d = &grown[c->num_deviations++];
    *d = (struct clv_deviation){.number = s->e->number, .step = (unsigned)c->step + 1};
    snprintf(d->expected, sizeof(d->expected), "%s", s->e->text);
    snprintf(d->happened, sizeof(d->happened), "%s", s->e->name);
    snprintf(d->decided, sizeof(d->decided), "%s", s->e->text2);
    return CLV_OK;
}

static clv_status count_receipt(struct step *s)
{
    s->c->num_receipts++;
    return CLV_OK;
}

static clv_status note_sign_off(struct step *s)
{
    struct clv_ceremony *c = s->c;
    if (s->e->person == 0 || s->e->person > c->num_seats || c->seats[s->e->person - 1].signed_off)
        return clv_fail(s->err, CLV_E_RULE, "this seat is not waiting to sign off");
    c->seats[s->e->person - 1].signed_off = true;
    c->seats[s->e->person - 1].agrees = s->e->ok;
    return CLV_OK;
}

static clv_status stop(struct step *s)
{
    s->c->stopping = true;
    s->effects->checkpoint = true;
    program_let_go(s->c, true, true);
    return CLV_OK;
}

static clv_status close_record(struct step *s)
{
    s->effects->checkpoint = true;
    program_let_go(s->c, true, true);
    return CLV_OK;
}

/* ---- where to go ---- */

enum next { STAY, ADVANCE, TO_TROUBLE, TO_BARRIER, TO_DISPATCH, TO_ROLL_BACK, TO_LOAD, TO_STATE };

struct rule {
    enum clv_state state; /* CLV_NUM_STATES: any */
    enum clv_event_kind event;
    bool (*guard)(const struct step *s);
    clv_status (*action)(struct step *s);
    enum next next;
    enum clv_state to; /* TO_STATE */
    struct clv_rule_row row;
};

#define ROW(s, sname, ev, g, a, n, t, nname)                                                       \
    {                                                                                              \
        s, CLV_EVENT_##ev, g, a, n, t,                                                             \
        {                                                                                          \
            sname, #ev, #g, #a, nname                                                              \
        }                                                                                          \
    }
#define IN(st, ev, g, a, n) ROW(CLV_STATE_##st, #st, ev, g, a, n, CLV_STATE_##st, #n)
#define GO(st, ev, g, a, t) ROW(CLV_STATE_##st, #st, ev, g, a, TO_STATE, CLV_STATE_##t, #t)
#define ANY(ev, g, a, n) ROW(CLV_NUM_STATES, "ANY", ev, g, a, n, CLV_NUM_STATES, #n)
#define ANY_GO(ev, g, a, t) ROW(CLV_NUM_STATES, "ANY", ev, g, a, TO_STATE, CLV_STATE_##t, #t)

/* clang-format off */
static const struct rule rules[] = {
    /* in state            on event        if                    do                next */
    IN(NEW,               OPENED,         always,               note_opened,      ADVANCE),

    IN(SELF_CHECK,        CHECK,          always,               note_check,       STAY),
    IN(SELF_CHECK,        CHECKS_OVER,    checks_good,          sign_head,        ADVANCE),
    GO(SELF_CHECK,        CHECKS_OVER,    always,               none,             SELF_CHECK_FAILED),
    GO(SELF_CHECK_FAILED, DECISION,       decides_repeat,       forget_checks,    SELF_CHECK),
    IN(SELF_CHECK_FAILED, DECISION,       decides_waive,        sign_head,        ADVANCE),

    IN(ROLL_CALL,         PERSON_HERE,    always,               note_person,      STAY),
    IN(ROLL_CALL,         ROLL_COMPLETE,  all_here,             sign_head,        ADVANCE),

    IN(FIND_UNITS,        UNIT_SEEN,      always,               note_unit,        STAY),
    IN(FIND_UNITS,        UNITS_FOUND,    some_units,           none,             ADVANCE),
    IN(REVIEW_UNITS,      REVIEWED,       reset_or_clean,       note_review,      ADVANCE),

    IN(SIGNATURE_KEYS,    TURN_BEGUN,     turn_free,            begin_turn,       STAY),
    IN(SIGNATURE_KEYS,    SIGKEY_READY,   their_own_slot,       note_sigkey,      STAY),
    IN(SIGNATURE_KEYS,    TURN_LATER,     somebody_else_waits,  put_off,          STAY),
    IN(SIGNATURE_KEYS,    TURN_ENDED,     their_turn_and_more,  end_turn,         STAY),
    IN(SIGNATURE_KEYS,    TURN_ENDED,     their_turn,           end_turn,         ADVANCE),

    IN(OPEN_SIGNERS,      TURN_BEGUN,     turn_free,            begin_turn,       STAY),
    IN(OPEN_SIGNERS,      SIGNER_OPENED,  their_own_slot,       note_signer_open, STAY),
    IN(OPEN_SIGNERS,      TURN_LATER,     somebody_else_waits,  put_off,          STAY),
    IN(OPEN_SIGNERS,      TURN_ENDED,     their_turn_and_more,  end_turn,         STAY),
    IN(OPEN_SIGNERS,      TURN_ENDED,     their_turn,           end_turn,         ADVANCE),

    IN(CREATE_PARTS,      TURN_BEGUN,     turn_free,            begin_turn,       STAY),
    IN(CREATE_PARTS,      PART_MADE,      their_own_slot,       note_part_made,   STAY),
    IN(CREATE_PARTS,      TURN_LATER,     somebody_else_waits,  put_off,          STAY),
    IN(CREATE_PARTS,      TURN_ENDED,     their_turn_and_more,  end_turn,         STAY),
    IN(CREATE_PARTS,      TURN_ENDED,     their_turn,           end_turn,         ADVANCE),

    IN(COMMITMENTS,       TURN_BEGUN,     turn_free,            begin_turn,       STAY),
    IN(COMMITMENTS,       COMMITMENT,     their_own_slot,       note_commitment,  STAY),
    IN(COMMITMENTS,       TURN_LATER,     somebody_else_waits,  put_off,          STAY),
    IN(COMMITMENTS,       TURN_ENDED,     their_turn_and_more,  end_turn,         STAY),
    IN(COMMITMENTS,       TURN_ENDED,     their_turn,           end_turn,         ADVANCE),

    IN(OPEN_PARTS,        TURN_BEGUN,     turn_free,            begin_turn,       STAY),
    IN(OPEN_PARTS,        PART_OPENED,    part_matches,         note_part_opened, STAY),
    IN(OPEN_PARTS,        PART_REFUSED,   their_own_slot,       none,             STAY),
    IN(OPEN_PARTS,        TURN_LATER,     somebody_else_waits,  put_off,          STAY),
    IN(OPEN_PARTS,        TURN_ENDED,     their_turn_and_more,  end_turn,         STAY),
    IN(OPEN_PARTS,        TURN_ENDED,     their_turn,           end_turn,         ADVANCE),
    IN(PATTERN,           PATTERN,        always,               note_pattern,     ADVANCE),
    IN(PATTERN,           PART_REFUSED,   always,               none,             TO_LOAD),

    IN(CONFIRM,           CONFIRMED,      wants_second,         note_first,       STAY),
    IN(CONFIRM,           CONFIRMED,      right_phase,          sign_head,        ADVANCE),

    IN(DISPATCH,          INTENT,         unit_waits,           note_intent,      STAY),
    IN(DISPATCH,          OUTCOME,        unit_is_out,          note_outcome,     STAY),
    IN(DISPATCH,          ORDER_OVER,     more_admins,          next_admin,       STAY),
    IN(DISPATCH,          ORDER_OVER,     rolling_back,         none,             TO_BARRIER),
    IN(DISPATCH,          ORDER_OVER,     always,               sign_head,        ADVANCE),

    IN(BARRIER,           UNIT_STATE,     unit_known,           note_observed,    STAY),
    IN(BARRIER,           UNIT_SILENT,    unit_known,           note_silent,      STAY),
    GO(BARRIER,           BARRIER_OVER,   rolled_back,          sign_head,        ROLLED_BACK),
    IN(BARRIER,           BARRIER_OVER,   all_passed,           sign_head,        ADVANCE),
    IN(BARRIER,           BARRIER_OVER,   retry_is_safe,        sign_head,        TO_DISPATCH),
    IN(BARRIER,           BARRIER_OVER,   always,               sign_head,        TO_TROUBLE),

    IN(TROUBLE,           DECISION,       decides_wait,         none,             TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_retry,        ask_retry,        TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_set_aside,    set_aside,        TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_roll_back,    sign_head,        TO_ROLL_BACK),
    IN(ROLLED_BACK,       DECISION,       decides_load_again,   none,             TO_LOAD),

    IN(RECEIPTS,          RECEIPTS_OVER,  always,               sign_head,        ADVANCE),
    IN(SIGN_OFF,          SIGNED_OFF,     always,               note_sign_off,    STAY),
    IN(SIGN_OFF,          ROLL_COMPLETE,  all_signed_off,       sign_head,        ADVANCE),
    GO(CLOSING,           CLOSED,         stopping,             close_record,     STOPPED),
    GO(CLOSING,           CLOSED,         always,               close_record,     CLOSED),

    ANY(                  PASSWORD_WRONG, their_turn,           count_wrong,      STAY),
    ANY(                  FILE_REFUSED,   their_turn,           none,             STAY),
    ANY(                  SIGNERS_CLOSED, always,               close_signers,    STAY),
    ANY(                  RECEIPT,        always,               count_receipt,    STAY),
    ANY(                  DEVIATION,      always,               note_deviation,   STAY),
    ANY(                  INTERRUPTED,    always,               sign_head,        STAY),
    ANY_GO(               DECISION,       decides_stop,         stop,             CLOSING),
};
/* clang-format on */
#define NUM_RULES (sizeof(rules) / sizeof(rules[0]))

static bool is_over(const struct clv_ceremony *c)
{
    return c->state == CLV_STATE_CLOSED || c->state == CLV_STATE_STOPPED;
}

static void go(struct clv_ceremony *c, const struct rule *rule)
{
    switch (rule->next) {
    case STAY:
        break;
    case ADVANCE:
        if (c->state == CLV_STATE_NEW)
            program_start(c);
        else
            program_advance(c);
        break;
    case TO_TROUBLE:
        c->retry = false;
        c->state = CLV_STATE_TROUBLE;
        break;
    case TO_BARRIER:
        program_return(c, CLV_STATE_BARRIER, c->phase);
        break;
    case TO_DISPATCH:
        program_return(c, CLV_STATE_DISPATCH, c->phase);
        break;
    case TO_ROLL_BACK:
        program_return(c, CLV_STATE_DISPATCH, CLV_PHASE_CLEAR_NEW);
        break;
    case TO_LOAD:
        program_restart_load(c);
        break;
    case TO_STATE:
        c->state = rule->to;
        break;
    }
}

static bool any_signer_open(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < CLV_MAX_SIGNERS; i++)
        if (c->signers[i].open)
            return true;
    return false;
}

clv_status rules_apply(struct clv_ceremony *c, const struct clv_event *e,
                       struct clv_effects *effects, struct clv_error *err)
{
    struct step s = {c, e, effects, err};
    for (size_t i = 0; i < NUM_RULES && !is_over(c); i++) {
        const struct rule *rule = &rules[i];
        if ((rule->state != c->state && rule->state != CLV_NUM_STATES) || rule->event != e->kind ||
            !rule->guard(&s))
            continue;
        bool had_signers = any_signer_open(c), had_parts = c->holds_parts;
        clv_status st = rule->action(&s);
        if (st != CLV_OK)
            return st;
        go(c, rule);
        effects->wipe_signers = had_signers && !any_signer_open(c);
        effects->wipe_parts = had_parts && !c->holds_parts;
        return CLV_OK;
    }
    return clv_fail(err, CLV_E_RULE, "\"%s\" is not possible now (%s)", clv_event_name(e->kind),
                    clv_state_name(c->state));
}

size_t clv_rules_list(const struct clv_rule_row **ret_rows)
{
    static struct clv_rule_row rows[NUM_RULES];
    for (size_t i = 0; i < NUM_RULES; i++)
        rows[i] = rules[i].row;
    *ret_rows = rows;
    return NUM_RULES;
}
