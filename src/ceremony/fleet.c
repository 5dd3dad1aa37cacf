/* What the engine knows of the units: who is due for an order, who has passed a barrier. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct clv_unit_record *unit_find(struct clv_ceremony *c, unsigned number)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (c->units[i].number == number)
            return &c->units[i];
    return NULL;
}

/* Its record, or a new one of that number and nothing else. */
static clv_status unit_slot(struct clv_ceremony *c, unsigned number, struct clv_unit_record **ret,
                            struct clv_error *err)
{
    struct clv_unit_record *unit = unit_find(c, number);
    if (number == 0 || (unit == NULL && c->num_units >= CLV_MAX_UNITS))
        return clv_fail(err, CLV_E_RULE, "a ceremony holds units 1 to %d", CLV_MAX_UNITS);
    if (unit == NULL) {
        struct clv_unit_record *grown = realloc(c->units, (c->num_units + 1) * sizeof(c->units[0]));
        if (grown == NULL)
            return clv_fail(err, CLV_E_MEMORY, "no memory for another crypto unit");
        c->units = grown;
        unit = &c->units[c->num_units++];
        *unit = (struct clv_unit_record){.number = number};
    }
    *ret = unit;
    return CLV_OK;
}

clv_status unit_add(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err)
{
    const struct clv_unit_record *known = unit_find(c, e->unit);
    struct clv_unit_record *unit = NULL;
    if (known && !known->left_out &&
        memcmp(known->device_ski, e->digest, sizeof(known->device_ski)) != 0)
        return clv_fail(err, CLV_E_RULE, "crypto unit %u shows another device key than before",
                        e->unit);
    clv_status st = unit_slot(c, e->unit, &unit, err);
    if (st != CLV_OK)
        return st;
    bool set_aside = unit->set_aside && !unit->left_out;
    *unit = (struct clv_unit_record){.number = e->unit, .set_aside = set_aside};
    memcpy(unit->module_id, e->module_id, sizeof(unit->module_id));
    memcpy(unit->device_ski, e->digest, sizeof(unit->device_ski));
    snprintf(unit->serial, sizeof(unit->serial), "%.8s", (const char *)e->module_id);
    snprintf(unit->location, sizeof(unit->location), "%.79s", e->name);
    snprintf(unit->root, sizeof(unit->root), "%.79s", e->text2);
    return CLV_OK;
}

clv_status unit_leave_out(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err)
{
    const struct clv_unit_record *known = unit_find(c, e->unit);
    if (known && !known->left_out)
        return clv_fail(err, CLV_E_RULE, "crypto unit %u was trusted before", e->unit);
    struct clv_unit_record *unit = NULL;
    clv_status st = unit_slot(c, e->unit, &unit, err);
    if (st != CLV_OK)
        return st;
    *unit = (struct clv_unit_record){.number = e->unit, .set_aside = true, .left_out = true};
    snprintf(unit->serial, sizeof(unit->serial), "unknown");
    snprintf(unit->location, sizeof(unit->location), "%.79s", e->name);
    snprintf(unit->trouble, sizeof(unit->trouble), "%.239s", e->text);
    return CLV_OK;
}

size_t clv_ceremony_num_active(const struct clv_ceremony *c)
{
    size_t num = 0;
    for (size_t i = 0; i < c->num_units; i++)
        num += !c->units[i].set_aside;
    return num;
}

static bool has_admin(const struct clv_unit_record *unit, const uint8_t ski[CLV_SKI_LEN])
{
    for (unsigned i = 0; i < unit->observed.num_admins; i++)
        if (memcmp(unit->observed.admin_ski[i], ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

/* An order given again must be due by what the unit shows, not by what we remember. */
bool unit_is_due(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    enum clv_position pos =
        clv_reconcile(&unit->observed, unit->known, c->has_pattern ? c->pattern : NULL);
    if (pos == CLV_POS_UNKNOWN)
        return false;
    switch (c->phase) {
    case CLV_PHASE_RESET:
        return true;
    case CLV_PHASE_ADMINS:
        return !has_admin(unit, c->signers[c->round].ski);
    case CLV_PHASE_THRESHOLDS:
        return unit->observed.imprint;
    case CLV_PHASE_IMPORTERS:
        return !unit->importer && pos == CLV_POS_EMPTY;
    case CLV_PHASE_LOAD:
        return unit->sealed && pos == CLV_POS_EMPTY;
    case CLV_PHASE_COMMIT:
        return pos == CLV_POS_LOADED;
    case CLV_PHASE_SET_IMMEDIATE:
        return pos == CLV_POS_READY;
    case CLV_PHASE_CLEAR_NEW:
        return unit->observed.new_state != CLV_NEW_EMPTY;
    case CLV_PHASE_NONE:
    case CLV_PHASE_SURVEY:
    case CLV_PHASE_COMPARE:
    case CLV_NUM_PHASES:
        break;
    }
    return false;
}

/* Adding an administrator who is there would be refused. Otherwise a unit that was seen behind the
 * barrier needs no order; after an interruption there are such. */
static bool is_superfluous(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    if (c->phase == CLV_PHASE_ADMINS)
        return has_admin(unit, c->signers[c->round].ski);
    return clv_phase_passed(c, unit, c->phase, NULL, 0);
}

void units_make_due(struct clv_ceremony *c, bool retry)
{
    for (size_t i = 0; i < c->num_units; i++) {
        struct clv_unit_record *unit = &c->units[i];
        unit->due =
            !unit->set_aside && !is_superfluous(c, unit) && (!retry || unit_is_due(c, unit));
        if (unit->due) {
            unit->progress = CLV_UNIT_IDLE;
            unit->trouble[0] = '\0';
        }
    }
}

bool units_all_done(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (c->units[i].due && c->units[i].progress != CLV_UNIT_DONE)
            return false;
    return true;
}

bool units_all_passed(const struct clv_ceremony *c, enum clv_phase phase)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (!c->units[i].set_aside && !clv_phase_passed(c, &c->units[i], phase, NULL, 0))
            return false;
    return clv_ceremony_num_active(c) > 0;
}

/* Administrators are added one round a key: what counts is that any of ours is not there. */
static bool may_be_ordered(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    if (c->phase != CLV_PHASE_ADMINS || !unit->known)
        return unit_is_due(c, unit);
    for (unsigned i = 0; i < c->script->num_signers; i++)
        if (!has_admin(unit, c->signers[i].ski))
            return true;
    return false;
}

bool units_may_retry(const struct clv_ceremony *c)
{
    bool any = false;
    for (size_t i = 0; i < c->num_units; i++) {
        const struct clv_unit_record *unit = &c->units[i];
        if (unit->set_aside || clv_phase_passed(c, unit, c->phase, NULL, 0))
            continue;
        if (!may_be_ordered(c, unit))
            return false;
        any = true;
    }
    return any;
}

static bool is_empty(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    return clv_reconcile(&unit->observed, unit->known, c->has_pattern ? c->pattern : NULL) ==
           CLV_POS_EMPTY;
}

bool units_may_load_rest(const struct clv_ceremony *c)
{
    bool any = false;
    if (c->phase < CLV_PHASE_LOAD || c->phase > CLV_PHASE_SET_IMMEDIATE)
        return false;
    for (size_t i = 0; i < c->num_units; i++) {
        const struct clv_unit_record *unit = &c->units[i];
        if (unit->set_aside || clv_phase_passed(c, unit, c->phase, NULL, 0))
            continue;
        if (!is_empty(c, unit) && !unit_is_due(c, unit))
            return false;
        any = any || is_empty(c, unit);
    }
    return any;
}

bool units_retry_may_help(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (!c->units[i].set_aside && !c->units[i].known)
            return true;
    return units_may_retry(c) || units_may_load_rest(c);
}

bool units_are_split(const struct clv_ceremony *c)
{
    bool other = false;
    for (size_t i = 0; i < c->num_units; i++) {
        const struct clv_unit_record *unit = &c->units[i];
        enum clv_position pos =
            clv_reconcile(&unit->observed, unit->known, c->has_pattern ? c->pattern : NULL);
        other =
            other || (!unit->set_aside && (pos == CLV_POS_OTHER_LIVE || pos == CLV_POS_ROTATION));
    }
    return other && units_any_live(c);
}

bool units_need_parts(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (!c->units[i].set_aside && is_empty(c, &c->units[i]) && !c->units[i].sealed)
            return true;
    return false;
}

bool units_any_full(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++)
        if (!c->units[i].set_aside && c->units[i].known &&
            c->units[i].observed.new_state != CLV_NEW_EMPTY)
            return true;
    return false;
}

bool units_any_live(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++) {
        const struct clv_unit_record *unit = &c->units[i];
        enum clv_position pos =
            clv_reconcile(&unit->observed, true, c->has_pattern ? c->pattern : NULL);
        if (c->has_pattern && pos == CLV_POS_LIVE)
            return true;
    }
    return false;
}

void units_forget(struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++) {
        c->units[i].known = false;
        if (c->units[i].progress == CLV_UNIT_SENT)
            c->units[i].progress = CLV_UNIT_DOUBT;
    }
}

/* Clean means reset; a unit that is as the factory leaves it needs none by the looser rule. */
bool units_need_reset(const struct clv_ceremony *c)
{
    for (size_t i = 0; i < c->num_units; i++) {
        const struct clv_observed *o = &c->units[i].observed;
        if (!c->units[i].set_aside &&
            (!o->imprint || o->num_admins > 0 || o->new_state != CLV_NEW_EMPTY ||
             o->current_state != CLV_CURRENT_EMPTY))
            return true;
    }
    return false;
}
