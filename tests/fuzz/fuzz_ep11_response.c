/* ep11: responses to administration and information requests, and what is inside them. */
#include "tests/fuzz/fuzz_ep11.h"

static bool round_response(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_response rsp;
    if (clv_ep11_response_decode(bytes, &rsp, NULL) != CLV_OK)
        return false;
    clv_ep11_response_encode(w, &rsp);
    return true;
}

static bool round_block(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_response_block block;
    if (clv_ep11_response_block_decode(bytes, &block, NULL) != CLV_OK)
        return false;
    (void)clv_ep11_code_text(block.return_code, clv_ep11_reason(&block));
    clv_ep11_response_block_encode(w, &block);
    return true;
}

static bool round_info(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_info_response rsp;
    if (clv_ep11_info_response_decode(bytes, &rsp, NULL) != CLV_OK)
        return false;
    clv_ep11_info_response_encode(w, &rsp);
    return true;
}

static bool round_domain(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_domain_info info;
    if (clv_ep11_domain_info_decode(bytes, &info, NULL) != CLV_OK)
        return false;
    (void)clv_ep11_new_state_text(clv_ep11_new_state(&info));
    (void)clv_ep11_current_state_text(clv_ep11_current_state(&info));
    clv_ep11_domain_info_encode(w, &info);
    return true;
}

static bool round_module(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_module_info info;
    if (clv_ep11_module_info_decode(bytes, &info, NULL) != CLV_OK)
        return false;
    clv_ep11_module_info_encode(w, &info);
    return true;
}

/* Verifying reads every SignerInfo; no mutation of a message signed by another key may pass. */
static void verify(const struct clv_ep11_response *rsp)
{
    static const uint8_t no_point[CLV_P521_POINT_LEN];
    must(clv_ep11_device_signature_verify(rsp->signatures, no_point, rsp->block, NULL) != CLV_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_ep11_response rsp;
    struct clv_ep11_info_response info;
    struct clv_view bytes = clv_view_of(data, len);
    fuzz_round_trip(round_response, data, len);
    fuzz_round_trip(round_info, data, len);
    if (clv_ep11_response_decode(bytes, &rsp, NULL) == CLV_OK) {
        fuzz_round_trip(round_block, rsp.block.data, rsp.block.len);
        verify(&rsp);
    }
    if (clv_ep11_info_response_decode(bytes, &info, NULL) == CLV_OK) {
        fuzz_round_trip(round_domain, info.payload.data, info.payload.len);
        fuzz_round_trip(round_module, info.payload.data, info.payload.len);
    }
    return 0;
}
