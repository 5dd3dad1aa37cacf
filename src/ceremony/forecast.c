/* What a decision in trouble will do to each unit, told before it is taken.
 *
 * source  docs/ceremony.md "Phases and barriers" */
#include <string.h>

#include "internal.h"

static enum clv_position position_of(const struct clv_ceremony *c,
                                     const struct clv_unit_record *unit)
{
    return clv_reconcile(&unit->observed, unit->known, c->has_pattern ? c->pattern : NULL);
}

static bool is_to_be_loaded(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    return units_may_load_rest(c) && position_of(c, unit) == CLV_POS_EMPTY;
}

static const char *retry_does(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    if (!unit->known)
        return "asked again, and the answer decides";
    if (clv_phase_passed(c, unit, c->phase, NULL, 0))
        return "nothing is sent";
    if (units_may_retry(c))
        return "the order once more";
    if (is_to_be_loaded(c, unit))
        return unit->sealed ? "loaded once more"
                            : "a new importer key, every part opened and sealed for it alone, then "
                              "loaded";
    return "nothing is sent";
}

static const char *roll_back_does(const struct clv_unit_record *unit)
{
    if (!unit->known)
        return "new register cleared, if there is an answer";
    return unit->observed.new_state == CLV_NEW_EMPTY ? "nothing to clear" : "new register cleared";
}

static const char *set_aside_does(const struct clv_ceremony *c, const struct clv_unit_record *unit)
{
    if (clv_phase_passed(c, unit, c->phase, NULL, 0))
        return "part of what follows";
    return "nothing more is sent";
}

/* NULL: the decision says nothing about units. */
static const char *what_it_does(const struct clv_ceremony *c, enum clv_decision decision,
                                const struct clv_unit_record *unit)
{
    switch (decision) {
    case CLV_DECIDE_WAIT:
        return "asked again";
    case CLV_DECIDE_RETRY:
        return retry_does(c, unit);
    case CLV_DECIDE_SET_ASIDE:
        return set_aside_does(c, unit);
    case CLV_DECIDE_ROLL_BACK:
        return roll_back_does(unit);
    case CLV_DECIDE_LOAD_AGAIN:
        return "a new importer key, then loaded";
    case CLV_DECIDE_STOP:
        return "nothing more is sent";
    case CLV_DECIDE_REPEAT:
    case CLV_DECIDE_WAIVE:
    case CLV_NUM_DECISIONS:
        break;
    }
    return NULL;
}

/* "1-3, 5": every active unit of which the decision says this. */
static size_t list_units(const struct clv_ceremony *c, enum clv_decision decision, const char *text,
                         struct clv_writer *w)
{
    size_t num = 0;
    unsigned first = 0, last = 0;
    for (size_t i = 0; i <= c->num_units; i++) {
        const struct clv_unit_record *unit = i < c->num_units ? &c->units[i] : NULL;
        if (unit && !unit->set_aside && strcmp(what_it_does(c, decision, unit), text) == 0) {
            first = first ? first : unit->number;
            last = unit->number;
            num++;
        } else if (first) {
            clv_write_format(w, last > first ? "%s%u-%u" : "%s%u", w->len ? ", " : "", first, last);
            first = 0;
        }
    }
    return num;
}

static bool was_said(const struct clv_ceremony *c, enum clv_decision decision, size_t at)
{
    const char *text = what_it_does(c, decision, &c->units[at]);
    for (size_t i = 0; i < at; i++)
        if (!c->units[i].set_aside && strcmp(what_it_does(c, decision, &c->units[i]), text) == 0)
            return true;
    return false;
}

void clv_ceremony_forecast(const struct clv_ceremony *c, enum clv_decision decision,
                           struct clv_writer *w)
{
    for (size_t i = 0; i < c->num_units; i++) {
        const char *text = what_it_does(c, decision, &c->units[i]);
        struct clv_writer numbers = {0};
        if (text == NULL || c->units[i].set_aside || was_said(c, decision, i))
            continue;
        size_t num = list_units(c, decision, text, &numbers);
        clv_write_format(w, "%s%s ", w->len ? " " : "", num == 1 ? "Unit" : "Units");
        clv_write_writer(w, &numbers);
        clv_write_format(w, ": %s.", text);
        clv_writer_clear(&numbers);
    }
}

bool clv_ceremony_retry_needs_parts(const struct clv_ceremony *c)
{
    return units_may_load_rest(c) && !units_may_retry(c) && units_need_parts(c);
}

/* A split fleet stops; where some are live, finishing comes before anything else; a unit that is
 * silent may come back. */
enum clv_decision clv_ceremony_recommended(const struct clv_ceremony *c)
{
    struct clv_task task;
    clv_ceremony_task(c, &task);
    if (units_are_split(c))
        return CLV_DECIDE_STOP;
    if (c->state == CLV_STATE_ROLLED_BACK)
        return CLV_DECIDE_LOAD_AGAIN;
    if (task.options[CLV_DECIDE_RETRY])
        return CLV_DECIDE_RETRY;
    return task.options[CLV_DECIDE_SET_ASIDE] ? CLV_DECIDE_SET_ASIDE : CLV_DECIDE_STOP;
}
