/* Who sits at the keyboard: a curtain between two people, each turn on record. */
#include <stdio.h>

#include "internal.h"

const struct clv_seat *seat_of(const struct clv_conductor *c, unsigned person)
{
    if (person == 0 || person > c->ceremony->num_seats)
        return NULL;
    return &c->ceremony->seats[person - 1];
}

static void describe(const struct clv_conductor *c, const struct clv_seat *seat, char *buf,
                     size_t cap)
{
    unsigned of = 0;
    for (unsigned i = 0; i < c->ceremony->num_seats; i++)
        of += c->ceremony->seats[i].role == seat->role;
    if (of > 1)
        snprintf(buf, cap, "%s %u of %u", clv_role_name(seat->role), seat->index, of);
    else
        snprintf(buf, cap, "%s", clv_role_name(seat->role));
}

clv_status seat_person(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    const struct clv_seat *next = seat_of(c, person), *previous = seat_of(c, c->seated);
    if (next == NULL || !next->here || c->seated == person)
        return CLV_OK;
    char role[80];
    describe(c, next, role, sizeof(role));
    clv_status st =
        c->face->curtain(c->face->ctx, previous ? previous->name : "", next->name, role, true, err);
    if (st != CLV_OK)
        return st;
    c->seated = person;
    stage_refresh(c, false);
    return CLV_OK;
}

clv_status begin_turn(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    clv_status st = seat_person(c, person, err);
    if (st == CLV_OK && c->ceremony->turn == 0)
        st = record_simple(c, CLV_EVENT_TURN_BEGUN, person, err);
    stage_refresh(c, false);
    return st;
}

clv_status end_turn(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    return record_simple(c, CLV_EVENT_TURN_ENDED, person, err);
}

clv_status leave_turn(struct clv_conductor *c, unsigned person, enum after_failure how,
                      struct clv_error *err)
{
    if (how == LATER)
        return record_simple(c, CLV_EVENT_TURN_LATER, person, err);
    struct clv_event e = event_of(CLV_EVENT_DECISION);
    e.decision = CLV_DECIDE_STOP;
    e.person = person;
    SET(e.text, "stopped during the turn of %s", seat_of(c, person)->name);
    SET(e.name, "%s", seat_of(c, person)->name);
    return record(c, &e, err);
}
