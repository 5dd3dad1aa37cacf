/* Orders to every unit that has not failed. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void keep_command(struct clv_tke_row *row, const struct clv_result *result)
{
    row->sent |= result->outcome != CLV_OUTCOME_NOT_SENT;
    row->has_reported = result->has_reported;
    memcpy(row->reported_pattern, result->reported_pattern, sizeof(row->reported_pattern));
}

static void on_result(void *ctx, const struct clv_result *result)
{
    struct clv_tke *t = ctx;
    struct clv_tke_row *row = clv_tke_row(t, result->unit);
    if (clv_order_is_command(result->order))
        clv_tke_record_outcome(t, result);
    if (row == NULL)
        return;
    row->order = result->order;
    row->outcome = result->outcome;
    row->return_code = result->return_code;
    row->reason = result->reason;
    if (clv_order_is_command(result->order))
        keep_command(row, result);
    if (result->outcome == CLV_OUTCOME_DONE)
        return;
    row->failed = true;
    row->error = result->error;
}

/* Only units that have something left to do are selected in the fleet while an order runs;
 * afterwards the selection is again that of the command. */
static void select_alive(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        clv_fleet_select(t->fleet, t->rows[i].unit, !t->rows[i].failed && !t->rows[i].settled);
}

static clv_status run(struct clv_tke *t, const struct clv_order *order, struct clv_error *err)
{
    struct clv_fleet_hooks hooks = clv_tke_hooks(t);
    hooks.intent = clv_tke_record_intent;
    hooks.result = on_result;
    select_alive(t);
    if (clv_fleet_num_selected(t->fleet) == 0)
        return clv_fail(err, CLV_E_RULE, "no crypto unit is left to give the order to: %s",
                        clv_order_name(order->kind));
    clv_status st = clv_fleet_run(t->fleet, order, &hooks, err);
    select_alive(t);
    return st;
}

clv_status clv_tke_order(struct clv_tke *t, const struct clv_order *order, struct clv_error *err)
{
    if (clv_order_is_command(order->kind) && t->journal == NULL)
        return clv_fail(err, CLV_E_INTERNAL, "a command without a journal: %s",
                        clv_order_name(order->kind));
    clv_status st = run(t, order, err);
    if (st == CLV_OK && t->journal_failed != CLV_OK) {
        if (err)
            *err = t->journal_error;
        return t->journal_failed;
    }
    return st;
}

static clv_status make_rows(struct clv_tke *t, struct clv_error *err)
{
    size_t num = clv_fleet_num_selected(t->fleet);
    if (num == 0) {
        clv_status st = clv_fail(err, CLV_E_USAGE, "no crypto unit is selected");
        clv_hint(err, "Select some: claviger cryptounit-add. Or name them for this command: "
                      "--units 1,2.");
        return st;
    }
    t->rows = calloc(num, sizeof(*t->rows));
    if (t->rows == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the results");
    for (unsigned i = 1; i <= clv_fleet_num_units(t->fleet); i++)
        if (clv_fleet_unit(t->fleet, i)->selected)
            t->rows[t->num_rows++] = (struct clv_tke_row){.unit = i, .order = CLV_ORDER_TRUST};
    return CLV_OK;
}

static bool all_trusted(const struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (!t->rows[i].failed && !clv_fleet_unit(t->fleet, t->rows[i].unit)->trusted)
            return false;
    return true;
}

clv_status clv_tke_survey(struct clv_tke *t, struct clv_error *err)
{
    clv_status st = t->num_rows ? CLV_OK : make_rows(t, err);
    if (st == CLV_OK && clv_tke_num_alive(t) > 0 && !all_trusted(t))
        st = run(t, &(struct clv_order){.kind = CLV_ORDER_TRUST}, err);
    if (st == CLV_OK && clv_tke_num_alive(t) > 0)
        st = run(t, &(struct clv_order){.kind = CLV_ORDER_QUERY}, err);
    return st;
}
