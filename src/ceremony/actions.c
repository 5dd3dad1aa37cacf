/* The actions of the rules: what an accepted event changes in what the engine knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions.h"

clv_status act_none(struct step *s)
{
    (void)s;
    return CLV_OK;
}

clv_status act_note_opened(struct step *s)
{
    snprintf(s->c->id, sizeof(s->c->id), "%.63s", s->e->name);
    s->c->test_world = s->e->ok;
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_note_check(struct step *s)
{
    s->c->num_failed_checks += !s->e->ok;
    return CLV_OK;
}

clv_status act_forget_checks(struct step *s)
{
    s->c->num_failed_checks = 0;
    return CLV_OK;
}

clv_status act_note_person(struct step *s)
{
    return seat_take(s->c, s->e, s->err);
}

clv_status act_sign_head(struct step *s)
{
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_note_unit(struct step *s)
{
    return unit_add(s->c, s->e, s->err);
}

/* What an order failed with says more than the query that follows it. */
static bool failed(const struct clv_unit_record *unit)
{
    return unit->progress >= CLV_UNIT_REFUSED && unit->trouble[0] != '\0';
}

clv_status act_note_observed(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->observed = s->e->observed;
    unit->known = true;
    if (!failed(unit))
        unit->trouble[0] = '\0';
    return CLV_OK;
}

clv_status act_note_silent(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->known = false;
    if (!failed(unit))
        snprintf(unit->trouble, sizeof(unit->trouble), "%.239s", s->e->text);
    return CLV_OK;
}

/* What was sealed for that key opens nowhere any more. */
clv_status act_note_importer_gone(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    unit->importer = unit->sealed = false;
    return CLV_OK;
}

clv_status act_note_left_out(struct step *s)
{
    return unit_leave_out(s->c, s->e, s->err);
}

clv_status act_note_review(struct step *s)
{
    s->c->reset_wanted = s->e->ok;
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_begin_turn(struct step *s)
{
    s->c->turn = s->e->person;
    return CLV_OK;
}

clv_status act_end_turn(struct step *s)
{
    s->c->turn = 0;
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_put_off(struct step *s)
{
    queue_later(s->c, s->e->person);
    return act_end_turn(s);
}

clv_status act_count_wrong(struct step *s)
{
    s->c->num_wrong_passwords++;
    return CLV_OK;
}

clv_status act_note_sigkey(struct step *s)
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

clv_status act_note_signer_open(struct step *s)
{
    struct clv_signer_record *signer = &s->c->signers[s->e->slot - 1];
    if (memcmp(signer->ski, s->e->digest, CLV_SKI_LEN) != 0)
        return clv_fail(s->err, CLV_E_RULE, "this is not signature key %u of this ceremony",
                        s->e->slot);
    signer->open = true;
    snprintf(signer->file, sizeof(signer->file), "%s", s->e->name);
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

clv_status act_close_signer(struct step *s)
{
    s->c->signers[s->e->slot - 1].open = false;
    return CLV_OK;
}

clv_status act_count_signatures(struct step *s)
{
    s->c->signers[s->e->slot - 1].num_service_signatures += s->e->number;
    return CLV_OK;
}

clv_status act_close_signers(struct step *s)
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

clv_status act_note_commitment(struct step *s)
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

clv_status act_take_back(struct step *s)
{
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    *part = (struct clv_part_record){0};
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_note_part_made(struct step *s)
{
    clv_status st = act_note_commitment(s);
    if (st != CLV_OK)
        return st;
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    part->made = true;
    memcpy(part->pattern, s->e->pattern, sizeof(part->pattern));
    snprintf(part->file, sizeof(part->file), "%s", s->e->name);
    return CLV_OK;
}

clv_status act_note_part_opened(struct step *s)
{
    struct clv_part_record *part = &s->c->parts[s->e->slot - 1];
    part->opened = true;
    s->c->holds_parts = true;
    snprintf(part->file, sizeof(part->file), "%s", s->e->name);
    queue_drop(s->c, s->e->person);
    return CLV_OK;
}

static clv_status check_expected(const struct step *s)
{
    const struct clv_script *script = s->c->script;
    if (script->has_expected_pattern && !clv_pattern_equal(s->e->pattern, script->expected_pattern))
        return clv_fail(s->err, CLV_E_RULE,
                        "the combined key is not the one whose pattern the script demands");
    return CLV_OK;
}

/* Parts that were opened again for the rest of the units are the same parts. */
static clv_status check_same_pattern(const struct step *s)
{
    if (s->c->has_pattern && memcmp(s->c->pattern, s->e->pattern, sizeof(s->c->pattern)) != 0)
        return clv_fail(s->err, CLV_E_RULE,
                        "the combined key is not the one that some units hold already");
    return CLV_OK;
}

clv_status act_note_pattern(struct step *s)
{
    clv_status st = check_expected(s);
    if (st == CLV_OK)
        st = check_same_pattern(s);
    if (st != CLV_OK)
        return st;
    for (size_t i = 0; i < s->c->num_units && !s->c->has_pattern; i++) {
        const struct clv_observed *o = &s->c->units[i].observed;
        if (o->current_state == CLV_CURRENT_VALID &&
            clv_pattern_equal(o->current_pattern, s->e->pattern))
            return clv_fail(s->err, CLV_E_RULE,
                            "the combined key is the current master key of unit %u already",
                            s->c->units[i].number);
    }
    for (size_t i = 0; i < s->c->num_units; i++)
        s->c->units[i].sealed = s->c->units[i].importer;
    s->c->has_pattern = true;
    memcpy(s->c->pattern, s->e->pattern, sizeof(s->c->pattern));
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_note_first(struct step *s)
{
    s->c->first_confirmed = true;
    return CLV_OK;
}

static void note_furthest(struct clv_unit_record *unit, enum clv_phase phase)
{
    if (phase == CLV_PHASE_RESET || phase == CLV_PHASE_CLEAR_NEW)
        unit->furthest = CLV_PHASE_NONE;
    else if (phase >= CLV_PHASE_LOAD && phase > unit->furthest)
        unit->furthest = phase;
}

clv_status act_note_intent(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    program_mark_order(s->c);
    unit->progress = CLV_UNIT_SENT;
    unit->known = false;
    unit->reset_sent = unit->reset_sent || s->c->phase == CLV_PHASE_RESET;
    note_furthest(unit, s->c->phase);
    if (s->c->phase == CLV_PHASE_IMPORTERS)
        unit->importer = unit->sealed = false; /* the old one is replaced */
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

static bool did_nothing(enum clv_unit_progress progress)
{
    return progress == CLV_UNIT_NOT_SENT || progress == CLV_UNIT_REFUSED;
}

clv_status act_note_outcome(struct step *s)
{
    struct clv_unit_record *unit = unit_find(s->c, s->e->unit);
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
        if (strcmp(outcomes[i].name, s->e->name) != 0)
            continue;
        unit->progress = outcomes[i].progress;
        if (s->c->phase == CLV_PHASE_IMPORTERS)
            unit->importer = unit->progress == CLV_UNIT_DONE;
        if (s->c->phase == CLV_PHASE_RESET && did_nothing(unit->progress))
            unit->reset_sent = false;
        snprintf(unit->trouble, sizeof(unit->trouble), "%.239s", s->e->text);
        return CLV_OK;
    }
    return clv_fail(s->err, CLV_E_RULE, "no such outcome of an order");
}

/* The barrier is passed: what was asked for because somebody was not behind it is over. */
clv_status act_pass_barrier(struct step *s)
{
    s->c->retry = s->c->undecided = s->c->from_start = false;
    return act_sign_head(s);
}

clv_status act_next_admin(struct step *s)
{
    s->c->round++;
    units_make_due(s->c, false);
    return CLV_OK;
}

clv_status act_ask_retry(struct step *s)
{
    s->c->retry = s->c->from_start = true;
    s->c->undecided = false;
    s->c->num_retries++;
    return CLV_OK;
}

/* Parts are added up once more: the sum of them that is in memory would cancel out. */
clv_status act_load_rest(struct step *s)
{
    s->effects->wipe_sum = units_need_parts(s->c);
    return act_sign_head(s);
}

clv_status act_set_aside(struct step *s)
{
    unit_find(s->c, s->e->unit)->set_aside = true;
    s->c->retry = true; /* the others go on where the query says they are due */
    s->c->undecided = false;
    s->effects->checkpoint = true;
    return CLV_OK;
}

static clv_status add_deviation(struct step *s, const char *expected, const char *happened,
                                const char *decided)
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
    snprintf(d->expected, sizeof(d->expected), "%s", expected);
    snprintf(d->happened, sizeof(d->happened), "%s", happened);
    snprintf(d->decided, sizeof(d->decided), "%s", decided);
    return CLV_OK;
}

clv_status act_note_deviation(struct step *s)
{
    return add_deviation(s, s->e->text, s->e->name, s->e->text2);
}

/* ---- people who leave ---- */

/* Fits any name of CLV_NAME_MAX characters. */
#define PRESENCE_TEXT (CLV_NAME_MAX * 4 + 80)

clv_status act_note_left(struct step *s)
{
    char expected[PRESENCE_TEXT];
    const struct clv_seat *seat = &s->c->seats[s->e->person - 1];
    snprintf(expected, sizeof(expected), "%s (%s) is in the room until the sign-off", seat->name,
             clv_role_name(seat->role));
    clv_status st = add_deviation(s, expected, "left the room", s->e->text);
    if (st != CLV_OK)
        return st;
    seat_leave(s->c, s->e);
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_note_back(struct step *s)
{
    struct clv_seat *seat = &s->c->seats[s->e->person - 1];
    seat->away = false;
    seat->back_ms = s->e->wall_ms;
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_replace(struct step *s)
{
    char expected[PRESENCE_TEXT], happened[PRESENCE_TEXT];
    const struct clv_seat *seat = &s->c->seats[s->e->person - 1];
    snprintf(expected, sizeof(expected), "%s is %s from the roll call to the sign-off", seat->name,
             clv_role_name(seat->role));
    snprintf(happened, sizeof(happened), "replaced by %s", s->e->name);
    clv_status st = add_deviation(s, expected, happened, s->e->text);
    if (st != CLV_OK)
        return st;
    st = seat_replace(s->c, s->e, s->err);
    if (st != CLV_OK)
        s->c->num_deviations--;
    s->effects->checkpoint = st == CLV_OK;
    return st;
}

clv_status act_count_jump(struct step *s)
{
    s->c->num_clock_jumps++;
    return CLV_OK;
}

clv_status act_count_receipt(struct step *s)
{
    s->c->num_receipts++;
    return CLV_OK;
}

clv_status act_note_void(struct step *s)
{
    if (s->c->num_void < CLV_MAX_VOID)
        s->c->void_receipts[s->c->num_void] = s->e->number;
    s->c->num_void++;
    return CLV_OK;
}

clv_status act_note_sign_off(struct step *s)
{
    struct clv_ceremony *c = s->c;
    if (s->e->person == 0 || s->e->person > c->num_seats || c->seats[s->e->person - 1].signed_off)
        return clv_fail(s->err, CLV_E_RULE, "this seat is not waiting to sign off");
    if (c->seats[s->e->person - 1].away && s->e->ok)
        return clv_fail(s->err, CLV_E_RULE, "%s is not in the room",
                        c->seats[s->e->person - 1].name);
    c->seats[s->e->person - 1].signed_off = true;
    c->seats[s->e->person - 1].agrees = s->e->ok;
    return CLV_OK;
}

clv_status act_roll_back(struct step *s)
{
    s->c->undecided = false;
    return act_sign_head(s);
}

/* What only a process holds is gone. An order that had begun is given again where the query says it
 * is due, unless people were asked to decide and had not. */
clv_status act_resume(struct step *s)
{
    program_let_go(s->c, true, true);
    units_forget(s->c);
    s->c->turn = 0;
    s->c->first_confirmed = false;
    s->c->num_failed_checks = 0;
    s->c->retry = !s->c->undecided;
    s->c->from_start = false;
    s->c->resumed = true;
    s->c->num_resumptions++;
    s->effects->checkpoint = true;
    return CLV_OK;
}

clv_status act_stop(struct step *s)
{
    s->c->stopping = true;
    s->effects->checkpoint = true;
    program_let_go(s->c, true, true);
    return CLV_OK;
}

clv_status act_close_record(struct step *s)
{
    s->effects->checkpoint = true;
    program_let_go(s->c, true, true);
    return CLV_OK;
}
