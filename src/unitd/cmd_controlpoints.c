/* Control points: 128 bits, bit n in byte n/8 at 0x80 >> n%8. The first two guard the others. */
#include "internal.h"

#define CP_LEN 16
#define ADD_ALLOWED 0x80 /* bit 0 */
#define DEL_ALLOWED 0x40 /* bit 1 */

/* Sets the control points to `next`, if the present ones allow what that adds and removes. */
static enum verdict change(struct clv_unitd_domain *domain, const uint8_t next[CP_LEN])
{
    uint8_t added = 0, removed = 0;
    for (int i = 0; i < CP_LEN; i++) {
        added |= (uint8_t)(next[i] & ~domain->control_points[i]);
        removed |= (uint8_t)(~next[i] & domain->control_points[i]);
    }
    if (added && !(domain->control_points[0] & ADD_ALLOWED))
        return V_CP_ADD_PREVENTED;
    if (removed && !(domain->control_points[0] & DEL_ALLOWED))
        return V_CP_DEL_PREVENTED;
    for (int i = 0; i < CP_LEN; i++)
        domain->control_points[i] = next[i];
    return V_OK;
}

enum verdict cmd_cp_set(struct call *call)
{
    if (call->block.input.len != CP_LEN)
        return V_CP_LENGTH;
    return change(call->domain, call->block.input.data);
}

enum verdict cmd_cp_add(struct call *call)
{
    uint8_t next[CP_LEN];
    if (call->block.input.len != CP_LEN)
        return V_CP_LENGTH;
    for (int i = 0; i < CP_LEN; i++)
        next[i] = call->domain->control_points[i] | call->block.input.data[i];
    return change(call->domain, next);
}

enum verdict cmd_cp_del(struct call *call)
{
    uint8_t next[CP_LEN];
    if (call->block.input.len != CP_LEN)
        return V_CP_LENGTH;
    for (int i = 0; i < CP_LEN; i++)
        next[i] = (uint8_t)(call->domain->control_points[i] & ~call->block.input.data[i]);
    return change(call->domain, next);
}
