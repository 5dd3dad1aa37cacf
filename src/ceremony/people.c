/* Seats, turns and who may hold what. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const char *const role_names[] = {
    [CLV_ROLE_ADMINISTRATOR] = "ceremony administrator",
    [CLV_ROLE_WITNESS] = "witness",
    [CLV_ROLE_OWNER] = "key-part owner",
    [CLV_ROLE_SIGNER] = "signature-key owner",
};

const char *clv_role_name(enum clv_role role)
{
    return role_names[role];
}

static void add_seats(struct clv_ceremony *c, enum clv_role role, unsigned num)
{
    for (unsigned i = 1; i <= num && c->num_seats < CLV_MAX_SEATS; i++)
        c->seats[c->num_seats++] = (struct clv_seat){.role = role, .index = i};
}

clv_status seats_fill(struct clv_ceremony *c, struct clv_error *err)
{
    const struct clv_script *s = c->script;
    if (1 + s->num_witnesses + s->num_owners + s->num_signers > CLV_MAX_SEATS ||
        s->num_owners > CLV_MAX_SLOTS || s->num_signers > CLV_MAX_SIGNERS)
        return clv_fail(err, CLV_E_SCRIPT, "the script seats more people than a ceremony has");
    add_seats(c, CLV_ROLE_ADMINISTRATOR, 1);
    add_seats(c, CLV_ROLE_WITNESS, s->num_witnesses);
    add_seats(c, CLV_ROLE_SIGNER, s->num_signers);
    add_seats(c, CLV_ROLE_OWNER, s->num_owners);
    return CLV_OK;
}

unsigned clv_ceremony_seat(const struct clv_ceremony *c, enum clv_role role, unsigned index)
{
    for (unsigned i = 0; i < c->num_seats; i++)
        if (c->seats[i].role == role && c->seats[i].index == index)
            return i + 1;
    return 0;
}

/* The rules of custody speak of holders, not of seats. */
static const enum clv_holder_role holder_roles[] = {
    [CLV_ROLE_ADMINISTRATOR] = CLV_HOLDS_ADMINISTRATION,
    [CLV_ROLE_WITNESS] = CLV_HOLDS_WITNESS,
    [CLV_ROLE_OWNER] = CLV_HOLDS_PART,
    [CLV_ROLE_SIGNER] = CLV_HOLDS_SIGNATURE_KEY,
};

static unsigned allowed_by(const struct clv_script *script)
{
    return (script->allow_part_owner_to_sign ? CLV_ALLOW_PART_AND_SIGNATURE : 0u) |
           (script->allow_witness_other_role ? CLV_ALLOW_WITNESS_HOLDS : 0u);
}

static clv_status check_custody(const struct clv_ceremony *c, const struct clv_event *e,
                                struct clv_error *err)
{
    struct clv_holder holders[CLV_MAX_SEATS];
    size_t num = 0;
    for (unsigned i = 0; i < c->num_seats; i++) {
        const struct clv_seat *seat = &c->seats[i];
        bool now = i + 1 == e->person;
        if (seat->here || now)
            holders[num++] = (struct clv_holder){now ? e->name : seat->name,
                                                 holder_roles[seat->role], seat->index};
    }
    return clv_custody_check(holders, num, allowed_by(c->script), err);
}

clv_status seat_take(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err)
{
    if (e->person == 0 || e->person > c->num_seats)
        return clv_fail(err, CLV_E_RULE, "the script has no seat %u", e->person);
    clv_status st = clv_text_check(e->name, CLV_NAME_MAX, "name", err);
    if (st == CLV_OK)
        st = check_custody(c, e, err);
    if (st != CLV_OK) {
        clv_kept(err, "Nobody was seated.");
        return st;
    }
    struct clv_seat *seat = &c->seats[e->person - 1];
    snprintf(seat->name, sizeof(seat->name), "%s", e->name);
    seat->here = true;
    return CLV_OK;
}

/* ---- leaving, coming back, being replaced ---- */

/* A part or key that is in use cannot pass to somebody else within a ceremony: only who made it can
 * open it. */
static clv_status check_replaceable(const struct clv_ceremony *c, const struct clv_seat *seat,
                                    struct clv_error *err)
{
    if (seat->role == CLV_ROLE_OWNER && c->has_pattern)
        (void)clv_fail(err, CLV_E_RULE,
                       "the combined key is made with key part %u: only %s can open it again",
                       seat->index, seat->name);
    else if (seat->role == CLV_ROLE_SIGNER && program_ordered_behind(c, CLV_STEP_SIGNATURE_KEYS))
        (void)clv_fail(
            err, CLV_E_RULE,
            "signature key %u has signed for the crypto units: only %s can open it again",
            seat->index, seat->name);
    else
        return CLV_OK;
    clv_kept(err, "Nobody was replaced.");
    clv_hint(err, "Wait for them, or stop: what was done so far is on record.");
    return CLV_E_RULE;
}

clv_status seat_replace(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err)
{
    struct clv_seat *seat = &c->seats[e->person - 1];
    clv_status st = check_replaceable(c, seat, err);
    if (st == CLV_OK && clv_same_person(seat->name, e->name))
        st = clv_fail(err, CLV_E_RULE, "%s has this seat already", seat->name);
    if (st == CLV_OK)
        st = seat_take(c, e, err);
    if (st != CLV_OK)
        return st;
    seat->away = seat->signed_off = seat->agrees = false;
    if (seat->role == CLV_ROLE_OWNER)
        c->parts[seat->index - 1] = (struct clv_part_record){0};
    if (seat->role == CLV_ROLE_SIGNER)
        c->signers[seat->index - 1] = (struct clv_signer_record){0};
    if (c->turn == e->person)
        c->turn = 0;
    return CLV_OK;
}

void seat_leave(struct clv_ceremony *c, const struct clv_event *e)
{
    struct clv_seat *seat = &c->seats[e->person - 1];
    seat->away = true;
    seat->num_absences++;
    seat->left_ms = e->wall_ms;
    if (seat->role == CLV_ROLE_SIGNER)
        c->signers[seat->index - 1].open = false;
    if (c->turn == e->person)
        c->turn = 0;
}

unsigned seats_missing(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->num_seats && c->state != CLV_STATE_CLOSING; i++)
        if (c->seats[i].away &&
            (c->seats[i].role == CLV_ROLE_ADMINISTRATOR || c->seats[i].role == CLV_ROLE_WITNESS))
            return i + 1;
    return 0;
}

bool clv_ceremony_notes_people(const struct clv_ceremony *c)
{
    return c->state > CLV_STATE_ROLL_CALL && c->state < CLV_STATE_CLOSING &&
           c->state != CLV_STATE_DISPATCH && seats_all_here(c);
}

static bool takes_turns(enum clv_state state)
{
    return state == CLV_STATE_SIGNATURE_KEYS || state == CLV_STATE_OPEN_SIGNERS ||
           state == CLV_STATE_CREATE_PARTS || state == CLV_STATE_COMMITMENTS ||
           state == CLV_STATE_OPEN_PARTS;
}

unsigned clv_ceremony_waits_for(const struct clv_ceremony *c)
{
    unsigned missing = seats_missing(c);
    if (missing != 0 || !takes_turns(c->state) || c->turn != 0 || queue_next(c) != 0)
        return missing;
    return c->queue[0];
}

bool seats_all_here(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->num_seats; i++)
        if (!c->seats[i].here)
            return false;
    return true;
}

bool seats_all_signed_off(const struct clv_ceremony *c)
{
    for (unsigned i = 0; i < c->num_seats; i++)
        if (!c->seats[i].signed_off)
            return false;
    return true;
}

/* Whether this seat has nothing left to do in the state that is being entered. */
static bool seat_done(const struct clv_ceremony *c, const struct clv_seat *seat)
{
    unsigned i = seat->index - 1;
    if (c->state == CLV_STATE_OPEN_SIGNERS)
        return c->signers[i].open;
    if (c->state == CLV_STATE_SIGNATURE_KEYS)
        return c->signers[i].ready;
    if (c->state == CLV_STATE_CREATE_PARTS)
        return c->parts[i].made;
    if (c->state == CLV_STATE_COMMITMENTS)
        return c->parts[i].committed;
    return c->parts[i].opened;
}

void queue_fill(struct clv_ceremony *c, enum clv_role role)
{
    size_t n = 0;
    memset(c->queue, 0, sizeof(c->queue));
    for (unsigned i = 0; i < c->num_seats; i++)
        if (c->seats[i].role == role && !seat_done(c, &c->seats[i]))
            c->queue[n++] = i + 1;
}

unsigned queue_next(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < CLV_MAX_SEATS && c->queue[i] != 0; i++)
        if (!c->seats[c->queue[i] - 1].away)
            return c->queue[i];
    return 0;
}

bool queue_any(const struct clv_ceremony *c)
{
    return c->queue[0] != 0;
}

bool clv_ceremony_others_wait(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < CLV_MAX_SEATS && c->queue[i] != 0; i++)
        if (c->queue[i] != c->turn && !c->seats[c->queue[i] - 1].away)
            return true;
    return false;
}

void queue_drop(struct clv_ceremony *c, unsigned seat)
{
    size_t to = 0;
    for (size_t i = 0; i < CLV_MAX_SEATS; i++)
        if (c->queue[i] != seat)
            c->queue[to++] = c->queue[i];
    while (to < CLV_MAX_SEATS)
        c->queue[to++] = 0;
}

void queue_later(struct clv_ceremony *c, unsigned seat)
{
    queue_drop(c, seat);
    size_t end = 0;
    while (end < CLV_MAX_SEATS && c->queue[end] != 0)
        end++;
    if (end < CLV_MAX_SEATS)
        c->queue[end] = seat;
}
