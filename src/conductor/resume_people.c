/* Who goes on with an interrupted ceremony: administrator and witnesses say their names. Somebody
 * else takes a seat as at any other time: with a reason, and the others agree. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const struct clv_seat *seat_at(const struct clv_conductor *c, const struct resume_seat *r)
{
    return seat_of(c, r->person);
}

/* One person, one duty: as the seats are on record, and as they are named now. The administrator's
 * seat is the first that changes hands: who had it may watch. */
static bool has_other_duty(const struct clv_conductor *c, const struct resume_people *p,
                           const struct resume_seat *of)
{
    if (seat_at(c, of)->role == CLV_ROLE_WITNESS && c->config.script->allow_witness_other_role)
        return false;
    for (unsigned i = 1; i <= c->ceremony->num_seats; i++) {
        const struct clv_seat *seat = seat_of(c, i);
        if (i != of->person && seat->here && seat->role != CLV_ROLE_ADMINISTRATOR &&
            clv_same_person(seat->name, of->name))
            return true;
    }
    for (size_t i = 0; i < p->num; i++)
        if (&p->seat[i] != of && clv_same_person(p->seat[i].name, of->name))
            return true;
    return false;
}

/* ---- names ---- */

static clv_status ask_name(struct clv_conductor *c, struct resume_people *p, struct resume_seat *r,
                           struct clv_error *err)
{
    const struct clv_seat *seat = seat_at(c, r);
    bool witness = seat->role == CLV_ROLE_WITNESS;
    char line[400] = "The roll call had not come so far.", id[40] = "resume.administrator";
    if (witness)
        snprintf(id, sizeof(id), "resume.witness.%u", seat->index);
    if (seat->here)
        snprintf(line, sizeof(line), "On record as %s: %s.", clv_role_name(seat->role), seat->name);
    const char *lines[] = {line, "Somebody else may take the seat; that is a deviation, and on the "
                                 "receipt."};
    struct clv_question q = {.id = id,
                             .title = witness ? "Who watches" : "Who goes on",
                             .lines = lines,
                             .num_lines = seat->here ? 2 : 1,
                             .prompt = witness ? "Name of the witness now" : "Your name",
                             .help = "The name stands in the journal as typed."};
    for (;;) {
        clv_status st = ask_text(c, &q, CLV_NAME_MAX, r->name, sizeof(r->name), err);
        if (st != CLV_OK)
            return st;
        if (!has_other_duty(c, p, r))
            break;
        q.problem = "That person has another duty in this ceremony.";
    }
    r->replaced = seat->here && !clv_same_person(seat->name, r->name);
    return CLV_OK;
}

/* ---- agreement ---- */

/* Administrator and witnesses but the one it is about: those of today, two at most. */
static clv_status ask_agreement(struct clv_conductor *c, const struct resume_people *p,
                                struct resume_seat *about, bool *ret_agreed, struct clv_error *err)
{
    const struct clv_seat *seat = seat_at(c, about);
    char what[2 * CLV_NAME_MAX * 4 + 100];
    size_t num = 0;
    clv_status st = CLV_OK;
    snprintf(what, sizeof(what), "%s takes the seat of %s (%s).", about->name, seat->name,
             clv_role_name(seat->role));
    *ret_agreed = true;
    for (size_t i = 0; st == CLV_OK && *ret_agreed && i < p->num && num < 2; i++) {
        if (&p->seat[i] == about)
            continue;
        const struct consent x = {.name = p->seat[i].name,
                                  .role = seat_at(c, &p->seat[i])->role,
                                  .what = what,
                                  .reason = about->reason,
                                  .refusing = "Everything is left as it is; nothing is written."};
        st = ask_consent(c, &x, ret_agreed, about->approved_by, sizeof(about->approved_by), err);
        num++;
    }
    return st;
}

static clv_status ask_replacement(struct clv_conductor *c, const struct resume_people *p,
                                  struct resume_seat *r, bool *ret_agreed, struct clv_error *err)
{
    clv_status st = ask_reason(c, "Somebody is replaced", r->reason, sizeof(r->reason), err);
    return st == CLV_OK ? ask_agreement(c, p, r, ret_agreed, err) : st;
}

/* ---- before the event, and behind it ---- */

static void list_seats(const struct clv_conductor *c, struct resume_people *ret)
{
    ret->seat[ret->num++].person = clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1);
    for (unsigned i = 1; i <= c->config.script->num_witnesses; i++) {
        unsigned person = clv_ceremony_seat(c->ceremony, CLV_ROLE_WITNESS, i);
        const struct clv_seat *seat = seat_of(c, person);
        if (seat && seat->here && !seat->away) /* who left is waited for as in any ceremony */
            ret->seat[ret->num++].person = person;
    }
}

clv_status resume_ask_people(struct clv_conductor *c, struct resume_people *ret, bool *ret_leave,
                             struct clv_error *err)
{
    clv_status st = CLV_OK;
    bool agreed = true;
    list_seats(c, ret);
    for (size_t i = 0; st == CLV_OK && i < ret->num; i++)
        st = ask_name(c, ret, &ret->seat[i], err);
    for (size_t i = 0; st == CLV_OK && agreed && i < ret->num; i++)
        if (ret->seat[i].replaced)
            st = ask_replacement(c, ret, &ret->seat[i], &agreed, err);
    if (st == CLV_OK)
        *ret_leave = !agreed;
    return st;
}

static clv_status record_one(struct clv_conductor *c, const struct resume_seat *r,
                             struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PERSON_REPLACED);
    const struct clv_seat before = *seat_at(c, r);
    e.person = r->person;
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    SET(e.name, "%s", r->name);
    SET(e.text, "%s", r->reason);
    SET(e.text2, "%s", r->approved_by);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record: %s is replaced by %s.", e.number,
             before.name, e.name);
    return st;
}

clv_status resume_record_people(struct clv_conductor *c, const struct resume_people *people,
                                struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < people->num; i++)
        if (people->seat[i].replaced)
            st = record_one(c, &people->seat[i], err);
    return st;
}
