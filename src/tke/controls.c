/* Control points: cryptounit-cp-btc, cryptounit-cp-eddsa, cryptounit-cp-sig-other. */
#include <string.h>

#include "change.h"

bool clv_tke_has_control(const struct clv_unit_state *state, unsigned bit)
{
    return state->control_points[bit / 8] & (0x80u >> bit % 8);
}

static bool has_all(const struct clv_unit_state *s, const struct clv_order *order)
{
    for (size_t i = 0; i < sizeof(order->control_points); i++)
        if (order->control_points[i] & ~s->control_points[i])
            return false;
    return true;
}

static void check(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                  const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (has_all(s, order))
        clv_tke_settle(t, unit, "has this control point already");
    else if (!clv_tke_has_control(s, CLV_EP11_CP_ADD_ALLOWED))
        clv_tke_refuse_as(t, unit, 80, 46);
}

static void note(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    (void)s;
    clv_tke_note(t, unit, "control point added");
}

clv_status clv_tke_add_control(struct clv_tke *t, const char *command, unsigned bit,
                               struct clv_error *err)
{
    const struct clv_tke_change change = {
        .command = command, .check = check, .holds = has_all, .note = note};
    struct clv_order order = {.kind = CLV_ORDER_CONTROL_POINTS};
    order.control_points[bit / 8] = (uint8_t)(0x80u >> bit % 8);
    return clv_tke_change(t, &change, &order, err);
}
