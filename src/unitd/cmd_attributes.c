/* Attributes: thresholds, permissions with their change bits, mode. Section e of the protocol. */
#include <string.h>

#include "internal.h"

/* A threshold may change only while its bit stands; a permission only while its change bit does. */
#define CHANGE_BITS 0xffff0000u
#define CHANGE_SIGN_THRESHOLD 0x00100000u
#define CHANGE_REVOKE_THRESHOLD 0x00200000u
#define MODULE_ONLY_PERMISSIONS 0x00000780u

#define MODE_STRENGTHS 0x0000007cu  /* minimum administrator strength */
#define MODE_MAY_CHANGE 0x00040000u /* its change bit */
#define MODE_WRITABLE (MODE_STRENGTHS | MODE_MAY_CHANGE)

#define FIRST_EXTENDED_ATTRIBUTE 6 /* shown from API ordinal 5 on */
#define EXTENDED_ORDINAL 5

static const struct {
    uint32_t permission, change_bit;
} protections[] = {
    {CLV_EP11_PERM_WK_IMPORT, 0x00010000},
    {CLV_EP11_PERM_WK_EXPORT, 0x00020000},
    {CLV_EP11_PERM_WK_1PART, 0x00040000},
    {CLV_EP11_PERM_WK_RANDOM, 0x00080000},
    {CLV_EP11_PERM_1SIGN, 0x00400000},
    {CLV_EP11_PERM_CP_1SIGN, 0x00800000},
    {CLV_EP11_PERM_ZERO_1SIGN, 0x01000000},
    {0x00000800, 0x20000000},
    {0x00001000, 0x40000000},
    {CLV_EP11_PERM_DO_NOT_DISTURB, 0x80000000},
};

bool permitted(const struct clv_unitd_domain *domain, uint32_t permission)
{
    return (domain->attributes[CLV_EP11_ATTR_PERMISSIONS] & permission) != 0;
}

void write_attributes(struct call *call)
{
    struct clv_ep11_attributes list = {0};
    bool extended = call->request.function >> 16 >= EXTENDED_ORDINAL;
    int last = extended ? CLV_EP11_ATTR_MAX : FIRST_EXTENDED_ATTRIBUTE - 1;
    for (int i = 1; i <= last; i++) {
        list.present[i] = true;
        list.value[i] = call->domain->attributes[i];
    }
    clv_ep11_attributes_encode(&call->output, &list);
}

static enum verdict read_attributes(const struct call *call, struct clv_ep11_attributes *ret)
{
    uint32_t reason = CLV_EP11_NO_REASON;
    if (clv_ep11_attributes_decode(call->block.input, ret, &reason, NULL) != CLV_OK)
        return verdict_of_reason(reason, V_ATTR_SIZE);
    return V_OK;
}

enum verdict attributes_new_threshold(const struct call *call, unsigned *ret)
{
    struct clv_ep11_attributes asked = {0};
    enum verdict v = read_attributes(call, &asked);
    if (v != V_OK)
        return v;
    *ret = call->domain->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD];
    if (asked.present[CLV_EP11_ATTR_SIGN_THRESHOLD])
        *ret = asked.value[CLV_EP11_ATTR_SIGN_THRESHOLD];
    return *ret > call->domain->num_admins ? V_SIGN_ABOVE : V_OK;
}

/* ---- rules, each over the values before and after ---- */

static enum verdict check_permissions(const uint32_t *old, const uint32_t *new)
{
    uint32_t before = old[CLV_EP11_ATTR_PERMISSIONS], after = new[CLV_EP11_ATTR_PERMISSIONS];
    uint32_t changed = before ^ after;
    if (after & ~before & CHANGE_BITS)
        return V_CHANGE_BIT;
    if (changed & MODULE_ONLY_PERMISSIONS)
        return V_READ_ONLY;
    changed &= ~CHANGE_BITS;
    for (size_t i = 0; i < sizeof(protections) / sizeof(protections[0]); i++) {
        if ((changed & protections[i].permission) && !(before & protections[i].change_bit))
            return V_PROTECTED;
        changed &= ~protections[i].permission;
    }
    return changed ? V_READ_ONLY : V_OK; /* bits that mean nothing */
}

static enum verdict check_mode(const uint32_t *old, const uint32_t *new)
{
    uint32_t before = old[CLV_EP11_ATTR_MODE], after = new[CLV_EP11_ATTR_MODE];
    uint32_t changed = before ^ after;
    if (changed & ~MODE_WRITABLE)
        return V_READ_ONLY;
    if (after & ~before & MODE_MAY_CHANGE)
        return V_CHANGE_BIT;
    if ((changed & MODE_STRENGTHS) && !(before & MODE_MAY_CHANGE))
        return V_PROTECTED;
    return V_OK;
}

static enum verdict check_read_only(const uint32_t *old, const uint32_t *new)
{
    for (int i = CLV_EP11_ATTR_STANDARDS; i <= CLV_EP11_ATTR_MAX; i++)
        if (old[i] != new[i])
            return V_READ_ONLY;
    return V_OK;
}

struct threshold_rules {
    int attribute;
    uint32_t change_bit;
    enum verdict to_zero, above, one;
};
static const struct threshold_rules sign_rules = {
    CLV_EP11_ATTR_SIGN_THRESHOLD, CHANGE_SIGN_THRESHOLD, V_SIGN_TO_ZERO, V_SIGN_ABOVE, V_SIGN_ONE,
};
static const struct threshold_rules revoke_rules = {
    CLV_EP11_ATTR_REVOKE_THRESHOLD,
    CHANGE_REVOKE_THRESHOLD,
    V_REVOKE_TO_ZERO,
    V_REVOKE_ABOVE,
    V_REVOKE_ONE,
};

static enum verdict check_threshold(const struct threshold_rules *rules, const uint32_t *old,
                                    const uint32_t *new, unsigned num_admins)
{
    uint32_t before = old[rules->attribute], after = new[rules->attribute];
    bool changes = before != after;
    if (changes && !(old[CLV_EP11_ATTR_PERMISSIONS] & rules->change_bit))
        return V_THRESHOLD_PROTECTED;
    if (changes && after == 0 && old[CLV_EP11_ATTR_SIGN_THRESHOLD] != 0)
        return rules->to_zero;
    if (changes && after > num_admins)
        return rules->above;
    if (after == 1 && !(new[CLV_EP11_ATTR_PERMISSIONS] & CLV_EP11_PERM_1SIGN))
        return changes ? rules->one : V_1SIGN_IN_USE;
    return V_OK;
}

static enum verdict check_exit(const uint32_t *old, const uint32_t *new)
{
    bool leaves = old[CLV_EP11_ATTR_SIGN_THRESHOLD] == 0 && new[CLV_EP11_ATTR_SIGN_THRESHOLD] != 0;
    return leaves && new[CLV_EP11_ATTR_REVOKE_THRESHOLD] == 0 ? V_EXIT_REVOKE_ZERO : V_OK;
}

static enum verdict check_policy(const uint32_t *old, const uint32_t *new, unsigned num_admins)
{
    enum verdict v = check_read_only(old, new);
    if (v == V_OK)
        v = check_mode(old, new);
    if (v == V_OK)
        v = check_permissions(old, new);
    if (v == V_OK)
        v = check_exit(old, new);
    if (v == V_OK)
        v = check_threshold(&sign_rules, old, new, num_admins);
    if (v == V_OK)
        v = check_threshold(&revoke_rules, old, new, num_admins);
    return v;
}

enum verdict cmd_set_attributes(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    struct clv_ep11_attributes asked = {0};
    uint32_t new[CLV_EP11_ATTR_MAX + 1];
    enum verdict v = read_attributes(call, &asked);
    if (v != V_OK)
        return v;
    memcpy(new, domain->attributes, sizeof(new));
    for (int i = 1; i <= CLV_EP11_ATTR_MAX; i++)
        if (asked.present[i])
            new[i] = asked.value[i];
    v = check_policy(domain->attributes, new, domain->num_admins);
    if (v != V_OK)
        return v;
    if (new[CLV_EP11_ATTR_SIGN_THRESHOLD] > 0)
        new[CLV_EP11_ATTR_MODE] |= CLV_EP11_MODE_LEFT_IMPRINT;
    memcpy(domain->attributes, new, sizeof(new));
    write_attributes(call);
    return V_OK;
}
