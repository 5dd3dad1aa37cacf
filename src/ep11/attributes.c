/* Attribute lists: index (4) and value (4), repeated (docs/protocol.md, section e). */
#include "internal.h"

void clv_ep11_attributes_encode(struct clv_writer *w, const struct clv_ep11_attributes *attrs)
{
    for (uint32_t i = 1; i <= CLV_EP11_ATTR_MAX; i++) {
        if (!attrs->present[i])
            continue;
        clv_write_u32(w, i);
        clv_write_u32(w, attrs->value[i]);
    }
}

static clv_status refuse(uint32_t *ret_reason, uint32_t reason, struct clv_error *err,
                         const char *fact, uint32_t index)
{
    if (ret_reason)
        *ret_reason = reason;
    return clv_fail(err, CLV_E_FORMAT, "attribute list: %s (%u)", fact, index);
}

clv_status clv_ep11_attributes_decode(struct clv_view bytes, struct clv_ep11_attributes *ret,
                                      uint32_t *ret_reason, struct clv_error *err)
{
    struct clv_ep11_attributes attrs = {0};
    struct clv_reader r;
    if (bytes.len % 8 != 0 || bytes.len > UINT16_MAX)
        return refuse(ret_reason, 41, err, "length is not a multiple of 8", (uint32_t)bytes.len);
    clv_reader_init(&r, bytes.data, bytes.len);
    while (clv_reader_left(&r) > 0) {
        uint32_t index = clv_read_u32(&r, "attribute index");
        uint32_t value = clv_read_u32(&r, "attribute value");
        if (index == 0 || index > CLV_EP11_ATTR_MAX)
            return refuse(ret_reason, 42, err, "unknown index", index);
        if (attrs.present[index])
            return refuse(ret_reason, 43, err, "repeated index", index);
        attrs.present[index] = true;
        attrs.value[index] = value;
    }
    *ret = attrs;
    return CLV_OK;
}
