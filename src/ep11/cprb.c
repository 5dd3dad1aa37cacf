/* CPRB, the 32-byte header in front of every payload (docs/protocol.md, b.12). */
#include "internal.h"

#define CPRB_VERSION 4
#define CPRB_ADMIN 0x80
#define CPRB_FUNCTION 0x5434 /* "T4" */

void clv_ep11_cprb_encode(struct clv_writer *w, uint32_t domain, struct clv_view payload)
{
    clv_write_u16(w, CLV_EP11_CPRB_LEN);
    clv_write_u8(w, CPRB_VERSION);
    clv_write_u16(w, 0);
    clv_write_u8(w, CPRB_ADMIN);
    clv_write_u16(w, CPRB_FUNCTION);
    clv_write_u32(w, 0); /* source */
    clv_write_u32(w, domain);
    clv_write_u32(w, 0); /* return and reason code */
    clv_write_u64(w, 0);
    clv_write_u32(w, (uint32_t)payload.len);
    clv_write_view(w, payload);
}

clv_status clv_ep11_cprb_decode(struct clv_view bytes, struct clv_ep11_cprb *ret,
                                struct clv_error *err)
{
    struct clv_ep11_cprb cprb = {0};
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    if (clv_read_u16(&r, "CPRB length") != CLV_EP11_CPRB_LEN)
        clv_reader_fault(&r, "CPRB length", "is not 32");
    (void)clv_read_bytes(&r, 4, "CPRB version and flags");
    if (clv_read_u16(&r, "CPRB function") != CPRB_FUNCTION)
        clv_reader_fault(&r, "CPRB function", "is not T4");
    (void)clv_read_u32(&r, "CPRB source");
    cprb.domain = clv_read_u32(&r, "CPRB domain");
    cprb.return_code = clv_read_u16(&r, "CPRB return code");
    cprb.reason = clv_read_u16(&r, "CPRB reason code");
    (void)clv_read_u64(&r, "CPRB reserved");
    uint32_t len = clv_read_u32(&r, "CPRB payload length");
    if (len > CLV_EP11_MAX_PAYLOAD)
        clv_reader_fault(&r, "CPRB payload length", "is larger than any message");
    cprb.payload = clv_read_bytes(&r, len, "CPRB payload");
    cprb.left = clv_reader_left(&r);
    (void)clv_read_rest(&r);
    clv_status status = clv_ep11_done(&r, "reading a CPRB", err);
    if (status == CLV_OK)
        *ret = cprb;
    return status;
}
