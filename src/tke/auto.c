/* What auto-init, auto-mk-rotate and auto-recover have in common: who may begin, with which source,
 * and from where it goes on. */
#include <string.h>

#include "auto.h"

const struct clv_unit_state *clv_auto_state(struct clv_tke *t, const struct clv_tke_row *row)
{
    return clv_fleet_state(t->fleet, row->unit);
}

static const struct clv_unit *unit_of(struct clv_tke *t, const struct clv_tke_row *row)
{
    return clv_fleet_unit(t->fleet, row->unit);
}

bool clv_auto_any_failed(const struct clv_tke *t)
{
    return clv_tke_num_alive(t) < t->num_rows;
}

struct clv_order clv_auto_order(const struct clv_tke_spread *s)
{
    struct clv_order order = {.kind = CLV_ORDER_SET_IMMEDIATE};
    memcpy(order.pattern, s->pattern, sizeof(order.pattern));
    return order;
}

bool clv_auto_all_live(struct clv_tke *t, const struct clv_tke_spread *s)
{
    const struct clv_order order = clv_auto_order(s);
    for (size_t i = 0; i < t->num_rows; i++)
        if (t->rows[i].failed || !clv_tke_is_live(clv_auto_state(t, &t->rows[i]), &order))
            return false;
    return s->has_key;
}

/* ---- the selection ---- */

bool clv_auto_is_recovery(struct clv_tke *t, const struct clv_tke_row *row)
{
    return !row->failed && unit_of(t, row)->kind == CLV_UNIT_RECOVERY;
}

clv_status clv_auto_no_recovery(struct clv_error *err)
{
    clv_status st =
        clv_fail(err, CLV_E_RULE, "no crypto unit of type RECOVERY is selected, or none answers");
    clv_kept(err, "Nothing was sent.");
    clv_hint(err, "Select one: claviger cryptounit-add. Without any, load a key from key parts: "
                  "claviger cryptounit-mk-load.");
    return st;
}

/* A key that is made belongs to one service instance. */
clv_status clv_auto_check_instance(struct clv_tke *t, struct clv_error *err)
{
    const char *first = unit_of(t, &t->rows[0])->instance_id;
    for (size_t i = 1; i < t->num_rows; i++)
        if (strcmp(unit_of(t, &t->rows[i])->instance_id, first) != 0) {
            clv_status st = clv_fail(err, CLV_E_RULE,
                                     "the selected crypto units belong to several service "
                                     "instances");
            clv_kept(err, "Nothing was sent.");
            clv_hint(err, "One at a time: --units. To give one key to several instances: claviger "
                          "auto-recover.");
            return st;
        }
    return CLV_OK;
}

void clv_auto_name_left_out(struct clv_tke *t)
{
    const char *instance = unit_of(t, &t->rows[0])->instance_id;
    for (unsigned i = 1; i <= clv_fleet_num_units(t->fleet); i++)
        if (clv_tke_row(t, i) == NULL &&
            strcmp(clv_fleet_unit(t->fleet, i)->instance_id, instance) == 0)
            clv_tke_say(t,
                        "Crypto unit %u of this service instance is not selected. It can be given "
                        "the key later: claviger auto-recover.",
                        i);
}

/* ---- the source ---- */

static clv_status consider(struct clv_tke *t, const struct clv_tke_row *row,
                           clv_auto_goes_on *still, struct clv_tke_spread *s, struct clv_error *err)
{
    struct clv_order order = {0};
    struct clv_error why = {0};
    clv_status st = clv_tke_generated_pattern(t, row->unit, order.pattern, &why);
    if (st == CLV_OK && still(t, clv_auto_state(t, row), &order)) {
        s->source = row->unit;
        s->has_key = true;
        memcpy(s->pattern, order.pattern, sizeof(s->pattern));
    }
    if (st == CLV_OK || st == CLV_E_MISSING)
        return CLV_OK;
    if (err)
        *err = why;
    return st;
}

/* The recovery unit whose key is on its way, else the first one, which makes a key. Only a key that
 * is on record here is spread: one that somebody else put there could be known to them. */
clv_status clv_auto_find_source(struct clv_tke *t, clv_auto_goes_on *still,
                                struct clv_tke_spread *s, struct clv_error *err)
{
    unsigned first = 0;
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < t->num_rows && !s->has_key; i++) {
        if (!clv_auto_is_recovery(t, &t->rows[i]))
            continue;
        first = first ? first : t->rows[i].unit;
        st = consider(t, &t->rows[i], still, s, err);
    }
    if (st != CLV_OK)
        return st;
    if (first == 0)
        return clv_auto_no_recovery(err);
    if (!s->has_key)
        s->source = first;
    return CLV_OK;
}

/* ---- what has to be so before anything is sent ---- */

static uint32_t permissions(const struct clv_unit_state *s)
{
    return s->attributes.value[CLV_EP11_ATTR_PERMISSIONS];
}

/* The first of these that the unit does not permit; 0: none. */
static uint32_t missing(const struct clv_unit_state *s, bool imports, bool exports, bool makes)
{
    const struct {
        bool asked;
        uint32_t permission, reason;
    } rows[] = {
        {imports, CLV_EP11_PERM_WK_IMPORT, 80},
        {exports, CLV_EP11_PERM_WK_EXPORT, 131},
        {makes, CLV_EP11_PERM_WK_RANDOM, 52},
        {imports || exports, CLV_EP11_PERM_WK_1PART, 81},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].asked && !(permissions(s) & rows[i].permission))
            return rows[i].reason;
    return 0;
}

/* In imprint mode they are still to be set. */
void clv_auto_check_permissions(struct clv_tke *t, const struct clv_tke_row *row,
                                const struct clv_tke_spread *s)
{
    const struct clv_unit_state *state = clv_auto_state(t, row);
    const struct clv_order order = clv_auto_order(s);
    bool source = row->unit == s->source;
    bool has = clv_tke_holds_new(state, &order) || clv_tke_holds_current(state, &order);
    uint32_t reason =
        state->imprint ? 0 : missing(state, !source && !has, source, source && !s->has_key);
    if (reason)
        clv_tke_refuse_as(t, row->unit, 80, reason);
}

void clv_auto_check_new(struct clv_tke *t, const struct clv_tke_row *row,
                        const struct clv_order *order)
{
    const struct clv_unit_state *s = clv_auto_state(t, row);
    if (s->new_state != CLV_NEW_EMPTY && !clv_tke_holds_new(s, order))
        clv_tke_refuse_full(t, row->unit, s);
}

/* Of auto-init and auto-recover: no other key is there. */
void clv_auto_check_registers(struct clv_tke *t, const struct clv_tke_row *row,
                              const struct clv_order *order)
{
    const struct clv_unit_state *s = clv_auto_state(t, row);
    char theirs[CLV_TKE_SHORT_PATTERN];
    clv_auto_check_new(t, row, order);
    if (s->current_state == CLV_CURRENT_EMPTY || clv_tke_holds_current(s, order))
        return;
    clv_tke_short_pattern(s->current_pattern, theirs);
    clv_tke_refuse(t, row->unit, CLV_E_RULE,
                   "To copy that key to others: claviger auto-recover. If nothing is enciphered "
                   "under it: claviger cryptounit-mk-clrcur.",
                   "its current register holds a master key already (%s)", theirs);
}

/* Everybody who will have to sign is there. Nothing is signed for units that have the key live,
 * except by the source. */
clv_status clv_auto_check_signers(struct clv_tke *t, const struct clv_tke_spread *s,
                                  struct clv_error *err)
{
    static const struct clv_tke_change together = {.together = true};
    struct clv_order order = clv_auto_order(s);
    struct clv_tke_chosen chosen;
    bool due = false;
    order.kind = CLV_ORDER_COMMIT;
    for (size_t i = 0; i < t->num_rows; i++)
        t->rows[i].settled =
            t->rows[i].unit != s->source && clv_tke_is_live(clv_auto_state(t, &t->rows[i]), &order);
    clv_status st = clv_tke_choose_signers(t, &together, &order, &chosen, &due, err);
    clv_tke_next_step(t);
    return st;
}

/* ---- beginning and end of all three ---- */

clv_status clv_auto_over(struct clv_tke *t, clv_status st, struct clv_error *err)
{
    bool sent = false;
    for (size_t i = 0; i < t->num_rows; i++)
        sent |= t->rows[i].sent;
    if (sent && (st == CLV_E_INTERRUPTED || clv_auto_any_failed(t)))
        clv_tke_say(t, "When that is mended, give the same command again: it goes on where it "
                       "stopped.");
    return clv_tke_change_over(t, st, err);
}

void clv_auto_tell_live(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        clv_tke_settle(t, t->rows[i].unit, "this is its current master key already");
}

clv_status clv_auto_bring_live(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    struct clv_tke_change change = clv_tke_set_immediate_change;
    change.verb = NULL; /* confirmed at the beginning */
    clv_status st = clv_tke_spread(t, s, err);
    return st == CLV_OK ? clv_tke_spread_finish(t, s, &change, err) : st;
}
