/* The rules: in a state, on an event, if a guard holds, do an action and go somewhere.
 *
 * The first row that fits is taken. A pair that no row lists is refused with a reason; so is an
 * event whose action refuses it. Rows of ANY stand last. */
#include <string.h>

#include "actions.h"

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
    return their_turn(s) && queue_any(s->c);
}

static bool somebody_else_waits(const struct step *s)
{
    return their_turn(s) && clv_ceremony_others_wait(s->c);
}

static bool their_own_slot(const struct step *s)
{
    return their_turn(s) && s->c->seats[s->e->person - 1].index == s->e->slot;
}

/* One that was made today has a commitment that nobody typed. */
static bool was_committed(const struct step *s)
{
    const struct clv_part_record *part = &s->c->parts[their_own_slot(s) ? s->e->slot - 1 : 0];
    return their_own_slot(s) && part->committed && !part->made && !part->opened;
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
    return s->c->rolling_back && all_passed(s);
}

/* Empty units are loaded when people asked for a retry, or when a load was interrupted. */
static bool loading_the_rest_is_safe(const struct step *s)
{
    const struct clv_ceremony *c = s->c;
    bool wanted = c->from_start || (c->resumed && c->phase == CLV_PHASE_LOAD);
    return c->retry && wanted && units_may_load_rest(c);
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

static bool seat_known(const struct step *s)
{
    return clv_ceremony_notes_people(s->c) && s->e->person != 0 && s->e->person <= s->c->num_seats;
}

static bool is_present(const struct step *s)
{
    return seat_known(s) && !s->c->seats[s->e->person - 1].away;
}

static bool is_away(const struct step *s)
{
    return seat_known(s) && s->c->seats[s->e->person - 1].away;
}

/* Their key goes with them. */
static bool takes_a_key_away(const struct step *s)
{
    const struct clv_seat *seat = is_present(s) ? &s->c->seats[s->e->person - 1] : NULL;
    return seat && seat->role == CLV_ROLE_SIGNER && s->c->signers[seat->index - 1].open &&
           s->c->phase != CLV_PHASE_RESET;
}

static bool is_ready_key(const struct step *s)
{
    return s->e->slot >= 1 && s->e->slot <= s->c->script->num_signers &&
           s->c->signers[s->e->slot - 1].ready;
}

static bool has_role(const struct step *s, enum clv_role role)
{
    return seat_known(s) && s->c->seats[s->e->person - 1].role == role;
}

static bool made_a_part(const struct step *s)
{
    return has_role(s, CLV_ROLE_OWNER) && program_has(s->c, CLV_STEP_CREATE_PARTS);
}

static bool brought_a_part(const struct step *s)
{
    return has_role(s, CLV_ROLE_OWNER);
}

static bool has_a_key(const struct step *s)
{
    return has_role(s, CLV_ROLE_SIGNER);
}

static bool begun(const struct step *s)
{
    return s->c->state != CLV_STATE_NEW;
}

static bool stopping(const struct step *s)
{
    return s->c->stopping;
}

/* ---- where to go ---- */

enum next {
    STAY,
    ADVANCE,
    AGAIN,
    TO_TROUBLE,
    TO_BARRIER,
    TO_DISPATCH,
    TO_ROLL_BACK,
    TO_LOAD,
    TO_LOAD_REST,
    TO_LAST_ORDER,
    TO_KEYS,
    TO_STEP_KEYS,
    TO_STEP_PARTS,
    TO_STEP_LOAD,
    TO_STATE,
};

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
        s, CLV_EVENT_##ev, g, act_##a, n, t,                                                       \
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
    IN(FIND_UNITS,        UNIT_LEFT_OUT,  always,               note_left_out,    STAY),
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
    IN(OPEN_PARTS,        COMMITMENT_BACK, was_committed,       take_back,        TO_STEP_LOAD),
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
    IN(DISPATCH,          ORDER_OVER,     always,               sign_head,        ADVANCE),

    IN(BARRIER,           UNIT_STATE,     unit_known,           note_observed,    STAY),
    IN(BARRIER,           UNIT_SILENT,    unit_known,           note_silent,      STAY),
    IN(BARRIER,           IMPORTER_GONE,  unit_known,           note_importer_gone, STAY),
    GO(BARRIER,           BARRIER_OVER,   rolled_back,          pass_barrier,     ROLLED_BACK),
    IN(BARRIER,           BARRIER_OVER,   all_passed,           pass_barrier,     ADVANCE),
    IN(BARRIER,           BARRIER_OVER,   retry_is_safe,        sign_head,        TO_DISPATCH),
    IN(BARRIER,           BARRIER_OVER,   loading_the_rest_is_safe, load_rest,    TO_LOAD_REST),
    IN(BARRIER,           BARRIER_OVER,   always,               sign_head,        TO_TROUBLE),

    IN(TROUBLE,           DECISION,       decides_wait,         none,             TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_retry,        ask_retry,        TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_set_aside,    set_aside,        TO_BARRIER),
    IN(TROUBLE,           DECISION,       decides_roll_back,    roll_back,        TO_ROLL_BACK),
    IN(ROLLED_BACK,       DECISION,       decides_load_again,   none,             TO_LOAD),

    IN(RECEIPTS,          RECEIPTS_OVER,  always,               sign_head,        ADVANCE),
    IN(SIGN_OFF,          SIGNED_OFF,     always,               note_sign_off,    STAY),
    IN(SIGN_OFF,          ROLL_COMPLETE,  all_signed_off,       sign_head,        ADVANCE),
    GO(CLOSING,           CLOSED,         stopping,             close_record,     STOPPED),
    GO(CLOSING,           CLOSED,         always,               close_record,     CLOSED),

    IN(SELF_CHECK,        RESUMED,        always,               resume,           AGAIN),
    IN(SELF_CHECK_FAILED, RESUMED,        always,               resume,           AGAIN),
    IN(ROLL_CALL,         RESUMED,        always,               resume,           AGAIN),
    IN(FIND_UNITS,        RESUMED,        always,               resume,           AGAIN),
    IN(SIGN_OFF,          RESUMED,        always,               resume,           AGAIN),
    IN(CLOSING,           RESUMED,        always,               resume,           STAY),
    ANY(                  RESUMED,        begun,                resume,           TO_LAST_ORDER),

    IN(OPEN_SIGNERS,      PERSON_LEFT,    takes_a_key_away,     note_left,        AGAIN),
    IN(CONFIRM,           PERSON_LEFT,    takes_a_key_away,     note_left,        TO_KEYS),
    ANY(                  PERSON_LEFT,    is_present,           note_left,        STAY),
    ANY(                  PERSON_BACK,    is_away,              note_back,        STAY),
    ANY(                  PERSON_REPLACED, has_a_key,           replace,          TO_STEP_KEYS),
    ANY(                  PERSON_REPLACED, made_a_part,         replace,          TO_STEP_PARTS),
    ANY(                  PERSON_REPLACED, brought_a_part,      replace,          TO_STEP_LOAD),
    ANY(                  PERSON_REPLACED, seat_known,          replace,          STAY),

    ANY(                  PASSWORD_WRONG, their_turn,           count_wrong,      STAY),
    ANY(                  FILE_REFUSED,   their_turn,           none,             STAY),
    ANY(                  SIGNERS_CLOSED, always,               close_signers,    STAY),
    IN(DISPATCH,          SIGNER_CLOSED,  is_ready_key,         close_signer,     STAY),
    IN(DISPATCH,          SERVICE_SIGNED, is_ready_key,         count_signatures, STAY),
    ANY(                  RECEIPT,        always,               count_receipt,    STAY),
    ANY(                  RECEIPT_VOID,   always,               note_void,        STAY),
    ANY(                  COSIGNED,       begun,                none,             STAY),
    ANY(                  DEVIATION,      always,               note_deviation,   STAY),
    ANY(                  CLOCK_JUMPED,   begun,                count_jump,       STAY),
    ANY(                  MEDIUM,         begun,                none,             STAY),
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
    case AGAIN:
        program_enter_again(c);
        break;
    case TO_TROUBLE:
        c->retry = c->from_start = false;
        c->undecided = true;
        c->state = CLV_STATE_TROUBLE;
        break;
    case TO_BARRIER:
        program_return(c, CLV_STATE_BARRIER, c->phase);
        break;
    case TO_DISPATCH:
        program_order_again(c);
        break;
    case TO_ROLL_BACK:
        program_roll_back(c);
        break;
    case TO_LAST_ORDER:
        program_resume(c);
        break;
    case TO_LOAD:
        program_restart_load(c);
        break;
    case TO_LOAD_REST:
        program_load_rest(c);
        break;
    case TO_KEYS:
        program_to_keys(c);
        break;
    case TO_STEP_KEYS:
        program_go_back(c, CLV_STEP_SIGNATURE_KEYS);
        break;
    case TO_STEP_PARTS:
        program_go_back(c, CLV_STEP_CREATE_PARTS);
        break;
    case TO_STEP_LOAD:
        program_go_back(c, CLV_STEP_LOAD);
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

/* While administrator or witness is away: who comes, who goes, a stop, and what concerns no step.
 */
static bool waits_for_nobody(const struct clv_event *e)
{
    static const enum clv_event_kind kinds[] = {
        CLV_EVENT_PERSON_LEFT,    CLV_EVENT_PERSON_BACK, CLV_EVENT_PERSON_REPLACED,
        CLV_EVENT_DECISION,       CLV_EVENT_DEVIATION,   CLV_EVENT_INTERRUPTED,
        CLV_EVENT_SIGNERS_CLOSED, CLV_EVENT_RESUMED,     CLV_EVENT_CLOCK_JUMPED,
        CLV_EVENT_MEDIUM,
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i] == e->kind)
            return true;
    return false;
}

static clv_status check_presence(const struct clv_ceremony *c, const struct clv_event *e,
                                 struct clv_error *err)
{
    unsigned missing = seats_missing(c);
    if (missing == 0 || waits_for_nobody(e))
        return CLV_OK;
    const struct clv_seat *seat = &c->seats[missing - 1];
    return clv_fail(err, CLV_E_RULE, "nothing goes on without %s (%s)", seat->name,
                    clv_role_name(seat->role));
}

clv_status rules_apply(struct clv_ceremony *c, const struct clv_event *e,
                       struct clv_effects *effects, struct clv_error *err)
{
    struct step s = {c, e, effects, err};
    clv_status present = check_presence(c, e, err);
    if (present != CLV_OK)
        return present;
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
