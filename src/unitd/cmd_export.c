/* Export of a register for key-part holders: the key is split by XOR, one part a holder, each
 * sealed for that holder's key and signed by the device. */
#include <string.h>

#include "internal.h"

#define MAX_ENTRIES 64
#define MAX_HOLDERS 8

struct export
{
    size_t num_holders;
    struct clv_view cert[MAX_HOLDERS];
    uint8_t point[MAX_HOLDERS][CLV_P521_POINT_LEN];
    uint32_t scope;
    bool has_needed;
    uint32_t needed;
    struct clv_secret *part[MAX_HOLDERS];
    struct clv_writer sealed[MAX_HOLDERS], signature[MAX_HOLDERS];
};

static void export_clear(struct export *x)
{
    for (size_t i = 0; i < MAX_HOLDERS; i++) {
        clv_secret_free(&x->part[i]);
        clv_writer_clear(&x->sealed[i]);
        clv_writer_clear(&x->signature[i]);
    }
}

static bool add_holder(struct export *x, struct clv_view cert)
{
    if (x->num_holders == MAX_HOLDERS)
        return false;
    size_t i = x->num_holders++;
    x->cert[i] = cert;
    return clv_ep11_kph_cert_decode(cert, x->point[i], NULL) == CLV_OK;
}

static bool read_entry(struct export *x, const struct clv_ep11_parameter *entry)
{
    switch (entry->tag) {
    case CLV_EP11_PARAM_HOLDER_CERT:
        return add_holder(x, entry->data);
    case CLV_EP11_PARAM_PARTS_NEEDED:
        x->has_needed = true;
        x->needed = entry->index;
        return true;
    case CLV_EP11_PARAM_SCOPE:
        x->scope = entry->index;
        return true;
    default:
        return true; /* a domain mask, for one: this request reached one domain anyway */
    }
}

/* XOR needs all parts: a number of parts needed below their number is not on offer. */
static enum verdict read_request(struct clv_view input, struct export *x)
{
    struct clv_ep11_parameter entries[MAX_ENTRIES];
    size_t num = 0;
    bool ok = clv_ep11_parameters_decode(input, entries, MAX_ENTRIES, &num, NULL) == CLV_OK;
    for (size_t i = 0; i < num && ok; i++)
        ok = read_entry(x, &entries[i]);
    if (!ok || x->num_holders == 0 || (x->has_needed && x->needed != x->num_holders))
        return V_KPH_CERTIFICATE;
    return V_OK;
}

/* Every part but the last is random; the last is the key with the others taken out. */
static enum verdict split(struct call *call, struct export *x, const struct clv_secret *key)
{
    size_t len = clv_secret_len(key), last = x->num_holders - 1;
    for (size_t i = 0; i <= last; i++)
        if (clv_secret_new(len, &x->part[i], NULL) != CLV_OK)
            return V_INTERNAL;
    memcpy(clv_secret_write(x->part[last]), clv_secret_read(key), len);
    clv_secret_close(key);
    clv_secret_close(x->part[last]);
    for (size_t i = 0; i < last; i++) {
        clv_random_fill(call->vault->ports.random, clv_secret_write(x->part[i]), len);
        clv_secret_close(x->part[i]);
        clv_secret_xor(x->part[last], x->part[i]);
    }
    return V_OK;
}

/* What a drill may want: a part of another key, or one that cannot be opened. */
static void lie_inside(const struct call *call, struct clv_secret *part)
{
    if (call->lie != LIE_OTHER_PART)
        return;
    clv_secret_write(part)[0] ^= 0x01;
    clv_secret_close(part);
}

static void spoil(const struct call *call, struct clv_writer *sealed)
{
    if (call->lie == LIE_SPOILT_PART)
        sealed->data[sealed->len - 1] ^= 0x01;
}

static enum verdict seal(struct call *call, struct export *x)
{
    for (size_t i = 0; i < x->num_holders; i++) {
        struct clv_ep11_public_key holder = {
            .type = CLV_EP11_KEY_P521,
            .bits = clv_view_of(x->point[i], CLV_P521_POINT_LEN),
        };
        lie_inside(call, x->part[i]);
        if (clv_ep11_recipient_seal(&x->sealed[i], &holder, x->part[i], NULL) != CLV_OK)
            return V_INTERNAL;
        spoil(call, &x->sealed[i]);
        if (device_sign(call->vault, false, clv_writer_view(&x->sealed[i]), &x->signature[i],
                        NULL) != CLV_OK)
            return V_INTERNAL;
    }
    return V_OK;
}

static void write_answer(struct call *call, const struct export *x)
{
    struct clv_ep11_parameter out[4 * MAX_HOLDERS + NUM_DEVICE_CERTS + 2];
    const struct identity *identity = &call->vault->identity;
    uint32_t holders = (uint32_t)x->num_holders;
    size_t n = 0;
    out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_PARTS_NEEDED, holders, {0}};
    out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_NUM_PARTS, holders, {0}};
    for (uint32_t i = 0; i < holders; i++) {
        struct clv_view sealed = clv_writer_view(&x->sealed[i]);
        struct clv_view signature = clv_writer_view(&x->signature[i]);
        out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_PART, i, sealed};
        out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_PART_SIGNATURE, i, signature};
        if (!(x->scope & CLV_EP11_SCOPE_NO_HOLDERS))
            out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_HOLDER_CERT, i, x->cert[i]};
    }
    for (uint32_t i = 0; i < NUM_DEVICE_CERTS && !(x->scope & CLV_EP11_SCOPE_NO_OA_CHAIN); i++) {
        struct clv_view cert = clv_view_of(identity->certs[i].data, identity->certs[i].len);
        out[n++] = (struct clv_ep11_parameter){CLV_EP11_PARAM_OA_CERT, i, cert};
    }
    clv_ep11_parameters_encode(&call->output, out, n);
}

static enum verdict export_key(struct call *call, const struct clv_secret *key,
                               enum verdict when_empty)
{
    struct export x = {0};
    if (!permitted(call->domain, CLV_EP11_PERM_WK_EXPORT))
        return V_EXPORT_PROHIBITED;
    if (!key)
        return when_empty;
    enum verdict v = read_request(call->block.input, &x);
    if (v == V_OK && x.num_holders == 1 && !permitted(call->domain, CLV_EP11_PERM_WK_1PART))
        v = V_1PART_PROHIBITED;
    if (v == V_OK)
        v = split(call, &x, key);
    if (v == V_OK)
        v = seal(call, &x);
    if (v == V_OK)
        write_answer(call, &x);
    export_clear(&x);
    return v;
}

enum verdict cmd_export_wk(struct call *call)
{
    return export_key(call, call->domain->current_wk, V_CURRENT_EMPTY);
}

enum verdict cmd_export_next_wk(struct call *call)
{
    return export_key(call, call->domain->next_wk, V_NEXT_EMPTY);
}
