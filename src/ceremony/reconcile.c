/* The closed table: what a unit shows, what it means, what may be done next.
 *
 * source  docs/ceremony.md "Reconciliation" */
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum content { EMPTY, OURS, OTHER };

struct row {
    enum clv_ep11_new_state new_state;
    enum content new_content;
    enum content current;
    enum clv_position position;
};

/* clang-format off */
static const struct row rows[] = {
    /* new register        holds  current  means */
    { CLV_NEW_EMPTY,       EMPTY, EMPTY,   CLV_POS_EMPTY },
    { CLV_NEW_EMPTY,       EMPTY, OURS,    CLV_POS_LIVE },
    { CLV_NEW_EMPTY,       EMPTY, OTHER,   CLV_POS_OTHER_LIVE },
    { CLV_NEW_UNCOMMITTED, OURS,  EMPTY,   CLV_POS_LOADED },
    { CLV_NEW_UNCOMMITTED, OURS,  OURS,    CLV_POS_REDUNDANT },
    { CLV_NEW_UNCOMMITTED, OURS,  OTHER,   CLV_POS_ROTATION },
    { CLV_NEW_UNCOMMITTED, OTHER, EMPTY,   CLV_POS_FOREIGN_NEW },
    { CLV_NEW_UNCOMMITTED, OTHER, OURS,    CLV_POS_FOREIGN_NEW },
    { CLV_NEW_UNCOMMITTED, OTHER, OTHER,   CLV_POS_FOREIGN_NEW },
    { CLV_NEW_COMMITTED,   OURS,  EMPTY,   CLV_POS_READY },
    { CLV_NEW_COMMITTED,   OURS,  OURS,    CLV_POS_REDUNDANT },
    { CLV_NEW_COMMITTED,   OURS,  OTHER,   CLV_POS_ROTATION },
    { CLV_NEW_COMMITTED,   OTHER, EMPTY,   CLV_POS_FOREIGN_NEW },
    { CLV_NEW_COMMITTED,   OTHER, OURS,    CLV_POS_FOREIGN_NEW },
    { CLV_NEW_COMMITTED,   OTHER, OTHER,   CLV_POS_FOREIGN_NEW },
};

static const struct {
    const char *meaning, *next;
} positions[] = {
    [CLV_POS_UNKNOWN]     = { "no answer: in doubt",
                              "query it again; set it aside only by decision" },
    [CLV_POS_IMPRINT]     = { "in imprint mode, administrators not set",
                              "add administrators and set thresholds" },
    [CLV_POS_EMPTY]       = { "not loaded", "load; the key parts are needed" },
    [CLV_POS_LOADED]      = { "loaded with the expected pattern, not committed",
                              "commit; the signature keys are needed, the key parts are not" },
    [CLV_POS_READY]       = { "committed with the expected pattern",
                              "wait for the others, then set immediate" },
    [CLV_POS_LIVE]        = { "done: the expected key is live", "nothing" },
    [CLV_POS_FOREIGN_NEW] = { "another key is in the new register",
                              "stop; clear the new register, then load" },
    [CLV_POS_ROTATION]    = { "another key is live: this would be a rotation",
                              "re-encipher key storage in a rotation; never set immediate here" },
    [CLV_POS_REDUNDANT]   = { "the expected key is live already, and loaded once more",
                              "clear the new register" },
    [CLV_POS_OTHER_LIVE]  = { "another key is live",
                              "rotate, or reset the unit and lose what that key protects" },
};
/* clang-format on */

static enum content content_of(bool full, const uint8_t *pattern, const uint8_t *expected)
{
    if (!full)
        return EMPTY;
    return expected && clv_pattern_equal(pattern, expected) ? OURS : OTHER;
}

enum clv_position clv_reconcile(const struct clv_observed *observed, bool known,
                                const uint8_t *expected)
{
    if (!known)
        return CLV_POS_UNKNOWN;
    if (observed->imprint)
        return CLV_POS_IMPRINT;
    enum content current = content_of(observed->current_state == CLV_CURRENT_VALID,
                                      observed->current_pattern, expected);
    enum content new_content =
        content_of(observed->new_state != CLV_NEW_EMPTY, observed->new_pattern, expected);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].new_state == observed->new_state && rows[i].new_content == new_content &&
            rows[i].current == current)
            return rows[i].position;
    return CLV_POS_UNKNOWN;
}

const char *clv_position_meaning(enum clv_position position)
{
    return positions[position].meaning;
}

const char *clv_position_next(enum clv_position position)
{
    return positions[position].next;
}

/* ---- behind which barrier a unit is ---- */

static bool admins_are_ours(const struct clv_ceremony *c, const struct clv_observed *o)
{
    if (o->num_admins != c->script->num_signers)
        return false;
    for (unsigned i = 0; i < c->script->num_signers; i++) {
        bool found = false;
        for (unsigned k = 0; k < o->num_admins; k++)
            found = found || memcmp(o->admin_ski[k], c->signers[i].ski, CLV_SKI_LEN) == 0;
        if (!found)
            return false;
    }
    return true;
}

static bool is_clean(const struct clv_observed *o)
{
    return o->imprint && o->num_admins == 0 && o->new_state == CLV_NEW_EMPTY &&
           o->current_state == CLV_CURRENT_EMPTY;
}

/* Clean means reset: looking clean is not enough, the order must have gone out. */
static const char *why_not_reset(const struct clv_unit_record *unit)
{
    if (!is_clean(&unit->observed))
        return "not clean after the reset";
    return unit->reset_sent ? NULL : "it looks clean, but it was not reset";
}

static bool thresholds_are_ours(const struct clv_ceremony *c, const struct clv_observed *o)
{
    return !o->imprint && o->sign_threshold == c->script->sign_threshold &&
           o->revoke_threshold == c->script->revoke_threshold;
}

/* The step `administrators` is optional: without it the units keep the ones they have. */
static bool script_sets_admins(const struct clv_script *script)
{
    for (size_t i = 0; i < script->num_steps; i++)
        if (script->steps[i].kind == CLV_STEP_ADMINISTRATORS)
            return true;
    return false;
}

/* A load may begin again for one unit that lost everything; where the others have come to by our
 * orders is no step back. Nor is where a unit stands that was set aside in a ceremony before, with
 * the key that the script demands. */
static bool was_led_beyond(const struct clv_ceremony *c, const struct clv_unit_record *unit,
                           enum clv_position pos, enum clv_phase phase)
{
    static const enum clv_phase leads_to[CLV_NUM_POSITIONS] = {
        [CLV_POS_LOADED] = CLV_PHASE_LOAD,
        [CLV_POS_READY] = CLV_PHASE_COMMIT,
        [CLV_POS_LIVE] = CLV_PHASE_SET_IMMEDIATE,
    };
    bool ours = c->script->has_expected_pattern || leads_to[pos] <= unit->furthest;
    return c->has_pattern && phase < leads_to[pos] && ours;
}

static const char *why_not_passed(const struct clv_ceremony *c, const struct clv_unit_record *unit,
                                  enum clv_phase phase)
{
    const struct clv_observed *o = &unit->observed;
    enum clv_position pos = clv_reconcile(o, unit->known, c->has_pattern ? c->pattern : NULL);
    if (!unit->known)
        return positions[CLV_POS_UNKNOWN].meaning;
    if (phase >= CLV_PHASE_IMPORTERS && phase <= CLV_PHASE_COMMIT &&
        was_led_beyond(c, unit, pos, phase))
        return NULL;
    switch (phase) {
    case CLV_PHASE_RESET:
        return why_not_reset(unit);
    case CLV_PHASE_ADMINS:
        return admins_are_ours(c, o) ? NULL : "its administrators are not the ones of this plan";
    case CLV_PHASE_THRESHOLDS:
        if (!admins_are_ours(c, o))
            return "its administrators are not the ones of this plan";
        return thresholds_are_ours(c, o) ? NULL : "its thresholds are not the ones of the script";
    case CLV_PHASE_IMPORTERS:
        if (o->imprint)
            return positions[CLV_POS_IMPRINT].meaning;
        if (o->new_state != CLV_NEW_EMPTY)
            return "its new register is not empty";
        if (o->current_state != CLV_CURRENT_EMPTY)
            return positions[CLV_POS_OTHER_LIVE].meaning;
        return unit->importer ? NULL : "it has no importer key for this load";
    case CLV_PHASE_LOAD:
        return pos == CLV_POS_LOADED ? NULL : positions[pos].meaning;
    case CLV_PHASE_COMMIT:
        return pos == CLV_POS_READY ? NULL : positions[pos].meaning;
    case CLV_PHASE_SET_IMMEDIATE:
        return pos == CLV_POS_LIVE ? NULL : positions[pos].meaning;
    case CLV_PHASE_COMPARE:
        if (pos != CLV_POS_LIVE)
            return positions[pos].meaning;
        if (script_sets_admins(c->script) && (!admins_are_ours(c, o) || !thresholds_are_ours(c, o)))
            return "its administrators or thresholds are not the ones of this plan";
        return NULL;
    case CLV_PHASE_CLEAR_NEW:
        return o->new_state == CLV_NEW_EMPTY ? NULL : "its new register is not empty";
    case CLV_PHASE_NONE:
    case CLV_PHASE_SURVEY:
    case CLV_NUM_PHASES:
        break;
    }
    return NULL;
}

bool clv_phase_passed(const struct clv_ceremony *c, const struct clv_unit_record *unit,
                      enum clv_phase phase, char *reason, size_t cap)
{
    const char *why = why_not_passed(c, unit, phase);
    if (why && reason) {
        if (unit->trouble[0])
            snprintf(reason, cap, "%s", unit->trouble);
        else
            snprintf(reason, cap, "%s", why);
    }
    return why == NULL;
}

/* ---- what holds the key, what is live ---- */

/* "1-3, 5": numbers of the units in a position. Returns how many. */
static size_t list_units(const struct clv_ceremony *c, enum clv_position position,
                         struct clv_writer *w)
{
    size_t num = 0;
    unsigned first = 0, last = 0;
    for (size_t i = 0; i <= c->num_units; i++) {
        const struct clv_unit_record *unit = i < c->num_units ? &c->units[i] : NULL;
        bool in = unit && !unit->set_aside &&
                  clv_reconcile(&unit->observed, unit->known, c->has_pattern ? c->pattern : NULL) ==
                      position;
        if (in) {
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

void clv_ceremony_standing(const struct clv_ceremony *c, struct clv_writer *w)
{
    bool any_live = false;
    for (int p = 0; p < CLV_NUM_POSITIONS; p++) {
        struct clv_writer numbers = {0};
        size_t num = list_units(c, (enum clv_position)p, &numbers);
        if (num > 0) {
            clv_write_text(w, num == 1 ? "Unit " : "Units ");
            clv_write_writer(w, &numbers);
            clv_write_format(w, ": %s. ", positions[p].meaning);
        }
        any_live = any_live || (num > 0 && p == CLV_POS_LIVE);
        clv_writer_clear(&numbers);
    }
    clv_write_text(w, any_live ? "The new key is live on the units named so."
                               : "Nothing of this ceremony is live.");
}
