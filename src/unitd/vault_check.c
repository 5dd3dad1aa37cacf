/* Checks that all commands share, in the order of the protocol page: whose command it is, whether
 * it is fresh, who signed it. */
#include <string.h>

#include "internal.h"

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

enum verdict check_identity(const struct call *call, const struct clv_ep11_admin_block *block)
{
    const uint8_t *module_id = call->vault->identity.module_id;
    if (u32_at(block->domain_id) != call->domain->index)
        return V_DOMAIN_ID;
    if (u32_at(block->domain_id + 4) != call->domain->instance)
        return V_DOMAIN_INSTANCE;
    if (block->module_id.len != CLV_EP11_MODULE_ID_LEN)
        return V_MODULE_ID;
    if (memcmp(block->module_id.data, module_id, CLV_EP11_SERIAL_LEN) != 0)
        return V_MODULE_SERIAL;
    if (memcmp(block->module_id.data, module_id, CLV_EP11_MODULE_ID_LEN) != 0)
        return V_MODULE_INSTANCE;
    return V_OK;
}

/* Greater than the last one, whatever the gap; and its successor where the number wraps. */
enum verdict check_counter(const struct call *call, struct clv_view counter)
{
    uint8_t next[CLV_EP11_COUNTER_LEN];
    if (counter.len != CLV_EP11_COUNTER_LEN)
        return V_COUNTER_WIDTH;
    if (clv_ep11_counter_compare(counter.data, call->domain->counter) > 0)
        return V_OK;
    clv_ep11_counter_next(call->domain->counter, next);
    return memcmp(next, counter.data, sizeof(next)) == 0 ? V_OK : V_COUNTER_PASSED;
}

const struct clv_unitd_admin *admin_find(const struct clv_unitd_domain *domain,
                                         const uint8_t ski[CLV_SKI_LEN])
{
    for (unsigned i = 0; i < domain->num_admins; i++)
        if (memcmp(domain->admins[i].ski, ski, CLV_SKI_LEN) == 0)
            return &domain->admins[i];
    return NULL;
}

/* One more than can ever count, to tell "too many" from "malformed". */
#define MAX_SIGNERS CLV_EP11_MAX_ADMINS

/* All of them are read before the first is judged: a malformed tail refuses the command. */
static enum verdict read_signers(struct clv_view signatures,
                                 struct clv_ep11_signer_info signers[MAX_SIGNERS], size_t *ret_num)
{
    struct clv_reader r;
    size_t num = 0;
    clv_reader_init(&r, signatures.data, signatures.len);
    while (clv_reader_left(&r) > 0) {
        if (num == MAX_SIGNERS)
            return V_SIGNATURES_TOO_MANY;
        clv_ep11_signer_info_read(&r, &signers[num++]);
    }
    *ret_num = num;
    return clv_reader_done(&r, NULL) == CLV_OK ? V_OK : V_SIGNATURE_MALFORMED;
}

static enum verdict verify_one(const struct clv_unitd_domain *domain,
                               const struct clv_ep11_signer_info *signer, struct clv_view message)
{
    struct clv_ep11_admin_cert cert = {0};
    const struct clv_unitd_admin *admin = admin_find(domain, signer->ski);
    if (!admin)
        return V_SIGNER_UNKNOWN;
    if (clv_ep11_admin_cert_decode(clv_view_of(admin->cert, admin->cert_len), &cert, NULL) !=
        CLV_OK)
        return V_INTERNAL;
    if (clv_ep11_signature_verify(signer, &cert.key, message, NULL) != CLV_OK)
        return V_SIGNATURE_WRONG;
    return V_OK;
}

static bool signed_before(const struct clv_ep11_signer_info *signers, size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (memcmp(signers[i].ski, signers[num].ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

enum verdict check_signatures(const struct clv_unitd_domain *domain, struct clv_view signatures,
                              struct clv_view message, unsigned *ret_num_signers)
{
    struct clv_ep11_signer_info signers[MAX_SIGNERS] = {0};
    size_t num = 0;
    unsigned distinct = 0;
    enum verdict v = read_signers(signatures, signers, &num);
    for (size_t i = 0; i < num && v == V_OK; i++) {
        v = verify_one(domain, &signers[i], message);
        if (v == V_OK && !signed_before(signers, i))
            distinct++;
    }
    if (v == V_OK)
        *ret_num_signers = distinct;
    return v;
}
