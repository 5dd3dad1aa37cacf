/* get_xcp_info: the unsigned query and its answer (docs/protocol.md, b.9). */
#include "internal.h"

void clv_ep11_info_request_encode(struct clv_writer *w, const struct clv_ep11_info_request *req)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, req->function);
    clv_der_write_octets_u32(w, req->domain);
    clv_der_write_octets_u32(w, req->type);
    clv_der_write_octets_u32(w, req->subtype);
    clv_der_close(w, seq);
}

clv_status clv_ep11_info_request_decode(struct clv_view bytes, struct clv_ep11_info_request *ret,
                                        struct clv_error *err)
{
    struct clv_ep11_info_request req = {0};
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "get_xcp_info request");
    req.function = clv_der_octets_u32(&seq, "function");
    req.domain = clv_der_octets_u32(&seq, "domain");
    req.type = clv_der_octets_u32(&seq, "type");
    req.subtype = clv_der_octets_u32(&seq, "sub-type");
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading an information request", err);
    if (status == CLV_OK)
        *ret = req;
    return status;
}

void clv_ep11_info_response_encode(struct clv_writer *w, const struct clv_ep11_info_response *rsp)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, rsp->function);
    clv_der_write_octets_u32(w, rsp->domain);
    clv_der_write_octets_u32(w, rsp->return_value);
    clv_ep11_write_octets_82(w, rsp->payload);
    clv_der_close_82(w, seq);
}

clv_status clv_ep11_info_response_decode(struct clv_view bytes, struct clv_ep11_info_response *ret,
                                         struct clv_error *err)
{
    struct clv_ep11_info_response rsp = {0};
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "get_xcp_info response");
    rsp.function = clv_der_octets_u32(&seq, "function");
    rsp.domain = clv_der_octets_u32(&seq, "domain");
    rsp.return_value = clv_der_octets_u32(&seq, "return value");
    /* A refusal may stop here, as the refusal of an administration request does. */
    if (rsp.return_value == 0 || clv_reader_left(&seq) > 0)
        rsp.payload = clv_der_octets(&seq, "payload");
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading an information response", err);
    if (status == CLV_OK)
        *ret = rsp;
    return status;
}

uint32_t clv_ep11_peek_function(struct clv_view payload)
{
    struct clv_reader r, seq;
    clv_reader_init(&r, payload.data, payload.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "request");
    uint32_t function = clv_der_octets_u32(&seq, "function");
    return clv_reader_ok(&r) ? function & 0xffffu : 0;
}
