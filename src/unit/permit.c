/* What may be ordered, before anything is sent: the order itself, and each unit it is for. */
#include "internal.h"

bool clv_order_is_for(const struct clv_order *order, const struct clv_session *session)
{
    return order->only_unit == 0 ? session->unit.selected
                                 : session->unit.number == order->only_unit;
}

clv_status clv_order_check(const struct clv_order *order, struct clv_error *err)
{
    if ((order->kind == CLV_ORDER_COMMIT || order->kind == CLV_ORDER_SET_IMMEDIATE) &&
        clv_bytes_are_zero(order->pattern, sizeof order->pattern))
        return clv_fail(err, CLV_E_USAGE, "%s needs the expected pattern",
                        clv_order_name(order->kind));
    if (order->kind == CLV_ORDER_ADMIN_ADD && order->certificate.len == 0)
        return clv_fail(err, CLV_E_USAGE, "no certificate was given to add");
    if (order->kind == CLV_ORDER_CONTROL_POINTS &&
        clv_bytes_are_zero(order->control_points, sizeof order->control_points))
        return clv_fail(err, CLV_E_USAGE, "no control point was given to add");
    if (order->kind == CLV_ORDER_THRESHOLDS &&
        (order->sign_threshold < 1 || order->sign_threshold > CLV_EP11_MAX_ADMINS ||
         order->revoke_threshold < 1 || order->revoke_threshold > CLV_EP11_MAX_ADMINS))
        return clv_fail(err, CLV_E_USAGE, "thresholds are numbers from 1 to %d",
                        CLV_EP11_MAX_ADMINS);
    return CLV_OK;
}

/* A unit that got fewer parts than the others would load another key. */
static clv_status parts_check(const struct clv_fleet *fleet, const struct clv_session *session,
                              struct clv_error *err)
{
    uint32_t slots = clv_session_slots(session), all = 0;
    for (size_t i = 0; i < fleet->num_sessions; i++)
        all |= clv_session_slots(fleet->sessions[i]);
    if (slots == 0)
        return clv_fail(err, CLV_E_USAGE, "crypto unit %u: no key part was sealed for it",
                        session->unit.number);
    if (slots != all)
        return clv_fail(err, CLV_E_USAGE, "crypto unit %u: not every key part was sealed for it",
                        session->unit.number);
    return CLV_OK;
}

/* An importer key counts only when a device key we trust has signed it: that is how it came. */
static clv_status recipient_check(const struct clv_fleet *fleet, const struct clv_order *order,
                                  const struct clv_session *giver, struct clv_error *err)
{
    const struct clv_session *recipient = clv_fleet_session(fleet, order->recipient);
    if (recipient == NULL || recipient == giver)
        return clv_fail(err, CLV_E_USAGE, "%s is for another crypto unit of the fleet",
                        clv_order_name(order->kind));
    if (!recipient->unit.trusted || !clv_session_importer_current(recipient))
        return clv_fail(err, CLV_E_USAGE, "crypto unit %u has no importer key yet",
                        recipient->unit.number);
    return CLV_OK;
}

clv_status clv_order_check_unit(const struct clv_order *order, const struct clv_fleet *fleet,
                                const struct clv_session *session, struct clv_error *err)
{
    if (order->kind != CLV_ORDER_TRUST && !session->unit.trusted)
        return clv_fail(err, CLV_E_USAGE,
                        "crypto unit %u: its device certificates were not checked yet",
                        session->unit.number);
    if (clv_order_has_recipient(order->kind))
        return recipient_check(fleet, order, session, err);
    return order->kind == CLV_ORDER_LOAD ? parts_check(fleet, session, err) : CLV_OK;
}
