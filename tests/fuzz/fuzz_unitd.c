/* unitd: everything a client can send. 'P' and a request payload go to the vault; 'R' and a JSON
 * body, or 'Z' and one packed with gzip, to the REST half of the listener. Every input gets an
 * answer that a client can decode. */
#include "tests/fuzz/fuzz_unitd.h"

static void check_payload(struct clv_view payload, struct clv_view asked)
{
    struct clv_ep11_response rsp;
    struct clv_ep11_info_response info;
    if (clv_ep11_peek_function(asked) == CLV_EP11_FN_INFO)
        must(clv_ep11_info_response_decode(payload, &info, NULL) == CLV_OK);
    else
        must(clv_ep11_response_decode(payload, &rsp, NULL) == CLV_OK);
}

static void ask_vault(struct clv_unitd_vault *vault, struct clv_view payload)
{
    for (uint32_t domain = 0; domain < 2; domain++) {
        struct clv_unitd_reply reply = {0};
        must(clv_unitd_vault_answer(vault, 0, domain, payload, &reply, NULL) == CLV_OK);
        must(reply.delivery == CLV_UNITD_SEND);
        check_payload(clv_writer_view(&reply.payload), payload);
        clv_unitd_reply_clear(&reply);
    }
}

static void ask_rest(struct clv_unitd_vault *vault, struct clv_view body, const char *encoding)
{
    char path[160];
    struct clv_unitd_listing listing;
    struct clv_unitd_http_reply reply = {0};
    struct clv_unitd_http_request request = {
        .method = "POST", .path = path, .content_encoding = encoding, .body = body};
    struct clv_writer w;
    clv_unitd_vault_listing(vault, &listing);
    clv_writer_init_fixed(&w, path, sizeof(path));
    clv_write_format(&w, "/v1/tke/%s/hsms/%s", listing.instance_id, listing.units[0].hsm_id);
    clv_write_u8(&w, 0);
    must(clv_unitd_rest_answer(vault, &listing, NULL, &request, &reply, NULL) == CLV_OK);
    must(reply.body && (reply.status == 200 || reply.status == 400));
    free(reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_unitd_vault *vault = NULL;
    struct clv_view state = fuzz_state();
    if (len == 0)
        return 0;
    must(clv_unitd_vault_decode(state, fuzz_ports(), &vault, NULL) == CLV_OK);
    if (data[0] == 'R')
        ask_rest(vault, clv_view_of(data + 1, len - 1), NULL);
    else if (data[0] == 'Z')
        ask_rest(vault, clv_view_of(data + 1, len - 1), "gzip");
    else
        ask_vault(vault, clv_view_of(data + 1, len - 1));
    clv_unitd_vault_free(&vault);
    return 0;
}
