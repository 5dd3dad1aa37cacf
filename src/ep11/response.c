/* xcpAdminRsp and xcpAdminRspBlk (docs/protocol.md, b.3), with the length forms of real units. */
#include "internal.h"

void clv_ep11_response_block_encode(struct clv_writer *w, const struct clv_ep11_response_block *b)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, b->command);
    clv_der_write_octets(w, b->domain_id, sizeof(b->domain_id));
    clv_der_write_octets(w, b->module_id, sizeof(b->module_id));
    clv_der_write_octets(w, b->counter, sizeof(b->counter));
    clv_der_write_octets_u32(w, b->return_code);
    clv_ep11_write_octets_82(w, b->output);
    clv_der_close_82(w, seq);
}

clv_status clv_ep11_response_block_decode(struct clv_view bytes,
                                          struct clv_ep11_response_block *ret,
                                          struct clv_error *err)
{
    struct clv_ep11_response_block b = {0};
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "xcpAdminRspBlk");
    b.command = clv_der_octets_u32(&seq, "command");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, b.domain_id, sizeof(b.domain_id), "domain id");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, b.module_id, sizeof(b.module_id), "module id");
    clv_ep11_read_fixed(&seq, CLV_DER_OCTETS, b.counter, sizeof(b.counter), "transaction counter");
    b.return_code = clv_der_octets_u32(&seq, "return code");
    b.output = clv_der_octets(&seq, "output");
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading a response block", err);
    if (status == CLV_OK)
        *ret = b;
    return status;
}

void clv_ep11_response_encode(struct clv_writer *w, const struct clv_ep11_response *rsp)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, rsp->function);
    clv_der_write_octets_u32(w, rsp->domain);
    clv_der_write_octets_u32(w, rsp->return_value);
    if (rsp->return_value == 0 || rsp->block.len > 0) {
        clv_ep11_write_octets_82(w, rsp->block);
        clv_ep11_write_octets_82(w, rsp->signatures);
    }
    clv_der_close_82(w, seq);
}

clv_status clv_ep11_response_decode(struct clv_view bytes, struct clv_ep11_response *ret,
                                    struct clv_error *err)
{
    struct clv_ep11_response rsp = {0};
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "xcpAdminRsp");
    rsp.function = clv_der_octets_u32(&seq, "function");
    rsp.domain = clv_der_octets_u32(&seq, "domain");
    rsp.return_value = clv_der_octets_u32(&seq, "return value");
    if (clv_reader_left(&seq) > 0) {
        rsp.block = clv_der_octets(&seq, "response block");
        rsp.signatures = clv_der_octets(&seq, "signatures");
    } else if (rsp.return_value == 0) {
        clv_reader_fault(&seq, "response block", "is missing");
    }
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading a unit's response", err);
    if (status == CLV_OK)
        *ret = rsp;
    return status;
}

uint32_t clv_ep11_reason(const struct clv_ep11_response_block *b)
{
    struct clv_reader r;
    if (b->return_code == 0 || b->output.len < 4)
        return CLV_EP11_NO_REASON;
    clv_reader_init(&r, b->output.data, b->output.len);
    return clv_read_u32(&r, "reason code");
}
