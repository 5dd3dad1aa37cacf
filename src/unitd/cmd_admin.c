/* Administrators: login (add), logout (remove), replace. */
#include <string.h>

#include "claviger/der.h"
#include "internal.h"

void write_skis(struct call *call)
{
    for (unsigned i = 0; i < call->domain->num_admins; i++)
        clv_write_bytes(&call->output, call->domain->admins[i].ski, CLV_SKI_LEN);
}

static enum verdict read_admin(struct clv_view bytes, struct clv_unitd_admin *ret)
{
    struct clv_ep11_admin_cert cert = {0};
    if (bytes.len > CLV_UNITD_MAX_CERT || clv_ep11_admin_cert_decode(bytes, &cert, NULL) != CLV_OK)
        return V_CERTIFICATE;
    *ret = (struct clv_unitd_admin){.cert_len = bytes.len};
    memcpy(ret->ski, cert.ski, CLV_SKI_LEN);
    memcpy(ret->cert, bytes.data, bytes.len);
    return V_OK;
}

enum verdict cmd_admin_login(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    struct clv_unitd_admin admin;
    enum verdict v = read_admin(call->block.input, &admin);
    if (v != V_OK)
        return v;
    if (admin_find(domain, admin.ski))
        return V_ADMIN_THERE;
    if (domain->num_admins == CLV_EP11_MAX_ADMINS)
        return V_ADMINS_FULL;
    domain->admins[domain->num_admins++] = admin;
    write_skis(call);
    return V_OK;
}

/* In imprint mode the thresholds bind nobody yet. Without permission 1SIGN both thresholds are at
 * least 2, so that "one would remain" is covered by them. */
static enum verdict check_remaining(const struct clv_unitd_domain *domain)
{
    unsigned left = domain->num_admins - 1;
    if (clv_unitd_in_imprint(domain))
        return V_OK;
    if (left == 0)
        return V_ADMIN_LAST;
    if (left < domain->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD] ||
        left < domain->attributes[CLV_EP11_ATTR_REVOKE_THRESHOLD])
        return V_ADMINS_BELOW;
    return V_OK;
}

static void remove_admin(struct clv_unitd_domain *domain, const struct clv_unitd_admin *admin)
{
    size_t at = (size_t)(admin - domain->admins);
    size_t behind = domain->num_admins - at - 1;
    memmove(&domain->admins[at], &domain->admins[at + 1], behind * sizeof(domain->admins[0]));
    domain->num_admins--;
}

enum verdict cmd_admin_logout(struct call *call)
{
    struct clv_view ski = call->block.input;
    if (ski.len != CLV_SKI_LEN)
        return V_SKI_LENGTH;
    const struct clv_unitd_admin *admin = admin_find(call->domain, ski.data);
    if (!admin)
        return V_ADMIN_ABSENT;
    enum verdict v = check_remaining(call->domain);
    if (v != V_OK)
        return v;
    remove_admin(call->domain, admin);
    write_skis(call);
    return V_OK;
}

/* SEQUENCE { OCTET STRING ski, OCTET STRING certificate }: the number of administrators stays. */
enum verdict cmd_admin_replace(struct call *call)
{
    struct clv_unitd_admin admin;
    struct clv_reader r, seq;
    clv_reader_init(&r, call->block.input.data, call->block.input.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "replacement");
    struct clv_view ski = clv_der_octets(&seq, "administrator to replace");
    struct clv_view cert = clv_der_octets(&seq, "certificate");
    clv_der_leave(&seq);
    if (clv_reader_done(&r, NULL) != CLV_OK)
        return V_CERTIFICATE;
    if (ski.len != CLV_SKI_LEN)
        return V_SKI_LENGTH;
    const struct clv_unitd_admin *old = admin_find(call->domain, ski.data);
    if (!old)
        return V_ADMIN_ABSENT;
    enum verdict v = read_admin(cert, &admin);
    if (v != V_OK)
        return v;
    if (admin_find(call->domain, admin.ski))
        return V_ADMIN_THERE;
    call->domain->admins[old - call->domain->admins] = admin;
    write_skis(call);
    return V_OK;
}
