/* xcpAdminReq and xcpAdminBlk (docs/protocol.md, b.2). */
#include "internal.h"

#include <string.h>

void clv_ep11_admin_block_encode(struct clv_writer *w, const struct clv_ep11_admin_block *block)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, block->command);
    clv_der_write_octets(w, block->domain_id, sizeof(block->domain_id));
    clv_der_write_octets(w, block->module_id.data, block->module_id.len);
    clv_der_write_octets(w, block->counter.data, block->counter.len);
    clv_der_write_octets(w, block->input.data, block->input.len);
    clv_der_close(w, seq);
}

clv_status clv_ep11_admin_block_decode(struct clv_view bytes, struct clv_ep11_admin_block *ret,
                                       bool *ret_domain_id_len_wrong, struct clv_error *err)
{
    struct clv_ep11_admin_block block = {.whole = bytes};
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "xcpAdminBlk");
    block.command = clv_der_octets_u32(&seq, "command");
    struct clv_view domain_id = clv_der_octets(&seq, "domain id");
    bool wrong = domain_id.len != sizeof(block.domain_id);
    if (wrong && !ret_domain_id_len_wrong)
        clv_reader_fault(&seq, "domain id", "is not 8 bytes");
    block.module_id = clv_der_octets(&seq, "module id");
    block.counter = clv_der_octets(&seq, "transaction counter");
    block.input = clv_der_octets(&seq, "input");
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading an administration block", err);
    if (status != CLV_OK)
        return status;

    if (!wrong)
        memcpy(block.domain_id, domain_id.data, domain_id.len);
    if (ret_domain_id_len_wrong)
        *ret_domain_id_len_wrong = wrong;
    *ret = block;
    return CLV_OK;
}

void clv_ep11_admin_request_encode(struct clv_writer *w, const struct clv_ep11_admin_request *req)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets_u32(w, req->function);
    clv_der_write_octets_u32(w, req->domain);
    clv_der_write_octets(w, req->block.data, req->block.len);
    clv_der_write_octets(w, req->signatures.data, req->signatures.len);
    clv_der_close(w, seq);
}

void clv_ep11_admin_request_read(struct clv_reader *r, struct clv_ep11_admin_request *ret)
{
    struct clv_reader seq;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "xcpAdminReq");
    ret->function = clv_der_octets_u32(&seq, "function");
    ret->domain = clv_der_octets_u32(&seq, "domain");
    ret->block = clv_der_octets(&seq, "block");
    ret->signatures = clv_der_octets(&seq, "signatures");
    clv_der_leave(&seq);
}

clv_status clv_ep11_admin_request_decode(struct clv_view bytes, struct clv_ep11_admin_request *ret,
                                         struct clv_error *err)
{
    struct clv_ep11_admin_request req = {0};
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_ep11_admin_request_read(&r, &req);
    clv_status status = clv_ep11_done(&r, "reading an administration request", err);
    if (status == CLV_OK)
        *ret = req;
    return status;
}
