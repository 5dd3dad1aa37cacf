/* Queries: unsigned questions with signed answers; they change nothing. */
#include "internal.h"

enum verdict query_admins(struct call *call)
{
    struct clv_view ski = call->block.input;
    if (ski.len == 0) {
        write_skis(call);
        return V_OK;
    }
    if (ski.len != CLV_SKI_LEN)
        return V_SKI_LENGTH;
    const struct clv_unitd_admin *admin = admin_find(call->domain, ski.data);
    if (!admin)
        return V_ADMIN_NOT_FOUND;
    clv_write_bytes(&call->output, admin->cert, admin->cert_len);
    return V_OK;
}

/* Index 0 signs the answers, index 1 certifies index 0 and is certified by the root, which a client
 * must already know. */
enum verdict query_device_cert(struct call *call)
{
    const struct identity *identity = &call->vault->identity;
    struct clv_view input = call->block.input;
    if (input.len == 0) {
        clv_write_u32(&call->output, NUM_DEVICE_CERTS);
        return V_OK;
    }
    if (input.len != 4)
        return V_DEVICE_INDEX_LENGTH;
    if (input.data[0] || input.data[1] || input.data[2] || input.data[3] >= NUM_DEVICE_CERTS)
        return V_DEVICE_INDEX;
    uint8_t index = input.data[3];
    clv_write_bytes(&call->output, identity->certs[index].data, identity->certs[index].len);
    return V_OK;
}

enum verdict query_importer(struct call *call)
{
    const struct clv_unitd_domain *domain = call->domain;
    if (!domain->importer_private)
        return V_NO_IMPORTER;
    struct clv_ep11_public_key key = {
        .type = domain->importer_type,
        .bits = clv_view_of(domain->importer_bits, domain->importer_len),
    };
    clv_ep11_spki_encode(&call->output, &key);
    return V_OK;
}

enum verdict query_control_points(struct call *call)
{
    clv_write_bytes(&call->output, call->domain->control_points,
                    sizeof(call->domain->control_points));
    return V_OK;
}

static enum verdict query_register(struct call *call, const struct clv_secret *key,
                                   enum verdict empty)
{
    if (!key)
        return empty;
    write_pattern(call, key);
    return V_OK;
}

enum verdict query_wk(struct call *call)
{
    return query_register(call, call->domain->current_wk, V_CURRENT_EMPTY);
}

enum verdict query_next_wk(struct call *call)
{
    return query_register(call, call->domain->next_wk, V_NEXT_EMPTY);
}

enum verdict query_attributes(struct call *call)
{
    write_attributes(call);
    return V_OK;
}
