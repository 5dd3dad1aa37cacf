/* ep11: administration and information requests, their blocks and SignerInfos. */
#include "tests/fuzz/fuzz_ep11.h"

static bool round_request(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_admin_request req;
    if (clv_ep11_admin_request_decode(bytes, &req, NULL) != CLV_OK)
        return false;
    clv_ep11_admin_request_encode(w, &req);
    return true;
}

static bool round_block(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_admin_block block;
    if (clv_ep11_admin_block_decode(bytes, &block, NULL, NULL) != CLV_OK)
        return false;
    must(clv_view_equal(block.whole, bytes));
    clv_ep11_admin_block_encode(w, &block);
    return true;
}

static bool round_signers(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    while (clv_reader_left(&r) > 0) {
        struct clv_ep11_signer_info si = {0};
        clv_ep11_signer_info_read(&r, &si);
        if (clv_reader_ok(&r))
            clv_ep11_signer_info_encode(w, &si);
    }
    return clv_reader_done(&r, NULL) == CLV_OK;
}

static bool round_info(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_info_request req;
    if (clv_ep11_info_request_decode(bytes, &req, NULL) != CLV_OK)
        return false;
    must(clv_ep11_peek_function(bytes) == (req.function & 0xffff));
    clv_ep11_info_request_encode(w, &req);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_ep11_admin_request req;
    fuzz_round_trip(round_request, data, len);
    fuzz_round_trip(round_info, data, len);
    if (clv_ep11_admin_request_decode(clv_view_of(data, len), &req, NULL) == CLV_OK) {
        struct clv_ep11_admin_block block;
        bool wrong = false;
        clv_status strict = clv_ep11_admin_block_decode(req.block, &block, NULL, NULL);
        clv_status lenient = clv_ep11_admin_block_decode(req.block, &block, &wrong, NULL);
        must(strict == CLV_OK ? lenient == CLV_OK && !wrong : lenient != CLV_OK || wrong);
        fuzz_round_trip(round_block, req.block.data, req.block.len);
        fuzz_round_trip(round_signers, req.signatures.data, req.signatures.len);
    }
    return 0;
}
