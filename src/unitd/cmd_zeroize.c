/* Zeroize, and what a domain is when nothing has happened to it yet. */
#include <string.h>

#include "internal.h"

#define STANDARDS_DEFAULT 0x00000001u /* FIPS 2009 */
#define EXTENSION_DEFAULT 0x00000005u /* ECDSA signatures of the module and of administrators */
#define KEY_TYPES_DEFAULT 0x00000003u /* RSA, EC */
#define CURVES_DEFAULT 0x00000001u    /* NIST */

bool clv_unitd_in_imprint(const struct clv_unitd_domain *domain)
{
    return domain->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD] == 0;
}

/* A counter starts at 64 random bits with room for 2^64 commands above, so that no counter of an
 * earlier life is met again. */
void domain_reset(struct clv_unitd_domain *domain, uint32_t index, uint32_t instance,
                  const struct clv_random *random)
{
    *domain = (struct clv_unitd_domain){.index = index, .instance = instance};
    clv_random_fill(random, domain->counter + 8, 8);
    domain->attributes[CLV_EP11_ATTR_PERMISSIONS] = CLV_EP11_PERM_DOMAIN_DEFAULT;
    domain->attributes[CLV_EP11_ATTR_MODE] = CLV_EP11_MODE_DEFAULT;
    domain->attributes[CLV_EP11_ATTR_STANDARDS] = STANDARDS_DEFAULT;
    domain->attributes[6] = EXTENSION_DEFAULT;
    domain->attributes[7] = KEY_TYPES_DEFAULT;
    domain->attributes[8] = CURVES_DEFAULT;
    memset(domain->control_points, 0xff, sizeof(domain->control_points));
}

/* The next instance number rather than a random one: it cannot come back within 2^32 lives. */
enum verdict cmd_zeroize(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    uint32_t standards = domain->attributes[CLV_EP11_ATTR_STANDARDS];
    uint32_t base_flags = domain->base_flags;
    uint32_t obeyed[CLV_UNITD_MAX_COMMAND + 1];
    memcpy(obeyed, domain->obeyed, sizeof(obeyed));
    domain_reset(domain, domain->index, domain->instance + 1, call->vault->ports.random);
    domain->attributes[CLV_EP11_ATTR_STANDARDS] = standards;
    domain->base_flags = base_flags;
    memcpy(domain->obeyed, obeyed, sizeof(obeyed));
    return V_OK;
}
