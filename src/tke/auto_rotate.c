/* auto-mk-rotate: a new key from a recovery crypto unit in place of the one that is in use. */
#include <stdio.h>
#include <string.h>

#include "auto.h"

/* In its new register; or live there already, while another unit still has it to come. */
static bool made_new(struct clv_tke *t, const struct clv_unit_state *s,
                     const struct clv_order *order)
{
    bool waiting = false;
    for (size_t i = 0; i < t->num_rows; i++)
        waiting = waiting ||
                  (!t->rows[i].failed && clv_tke_holds_new(clv_auto_state(t, &t->rows[i]), order));
    return clv_tke_holds_new(s, order) || (clv_tke_holds_current(s, order) && waiting);
}

static void check_rotation(struct clv_tke *t, const struct clv_tke_spread *s)
{
    const struct clv_order order = clv_auto_order(s);
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_tke_row *row = &t->rows[i];
        if (row->failed)
            continue;
        if (clv_auto_state(t, row)->imprint)
            clv_tke_refuse_as(t, row->unit, 179, 34);
        clv_tke_check_old_key(t, row->unit, clv_auto_state(t, row), &order);
        clv_auto_check_new(t, row, &order);
        clv_auto_check_permissions(t, row, s);
    }
    clv_tke_hold_all(t);
}

/* The phrase names the new key: nobody can say beforehand that storage is re-enciphered to it. */
static clv_status rotate(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    char warning[CLV_TKE_ROTATION_WARNING], verb[80], to[CLV_TKE_SHORT_PATTERN];
    clv_status st = CLV_OK;
    check_rotation(t, s);
    if (!clv_auto_any_failed(t))
        st = clv_auto_check_signers(t, s, err);
    if (st != CLV_OK || clv_auto_any_failed(t))
        return st;
    st = clv_tke_spread(t, s, err);
    if (st != CLV_OK)
        return st;
    const struct clv_order order = clv_auto_order(s);
    struct clv_tke_change change = clv_tke_rotation(t, &order, warning);
    clv_tke_short_pattern(s->pattern, to);
    snprintf(verb, sizeof(verb), "storage is re-enciphered to %s, rotate", to);
    change.verb = verb;
    return clv_tke_spread_finish(t, s, &change, err);
}

clv_status clv_tke_auto_rotate(struct clv_tke *t, struct clv_error *err)
{
    struct clv_tke_spread s = {0};
    clv_status st = clv_auto_check_instance(t, err);
    if (st == CLV_OK)
        st = clv_auto_find_source(t, made_new, &s, err);
    if (st != CLV_OK)
        return st;
    clv_auto_name_left_out(t);
    st = clv_tke_begin(t, "auto-mk-rotate", err);
    if (st == CLV_OK)
        st = rotate(t, &s, err);
    return clv_auto_over(t, st, err);
}
