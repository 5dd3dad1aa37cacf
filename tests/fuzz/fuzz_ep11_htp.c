/* ep11: HTP strings in both directions, and locations. */
#include <string.h>

#include "tests/fuzz/fuzz_ep11.h"

/* Requests have one form only, but for the case of hex digits and zeros in front of the module. */
static bool round_request(struct clv_view text, struct clv_writer *w)
{
    unsigned module = 0;
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    struct clv_ep11_htp_error error = {0};
    if (clv_ep11_htp_request_decode(text, &module, &domain, &payload, &len, &error, NULL) !=
        CLV_OK) {
        must(payload == NULL && error.type == 9 && (error.code == 1 || error.code == 12));
        return false;
    }
    must(clv_ep11_htp_request_encode(w, module, domain, clv_view_of(payload, len), NULL) == CLV_OK);
    free(payload);
    return true;
}

static bool round_response(struct clv_view text, struct clv_writer *w)
{
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    struct clv_error err = {0};
    clv_status status = clv_ep11_htp_response_decode(text, &domain, &payload, &len, &err);
    if (status != CLV_OK) {
        must(payload == NULL && (status == CLV_E_UNIT || status == CLV_E_FORMAT));
        must(err.code == status && err.fact[0] != '\0');
        return false;
    }
    must(clv_ep11_htp_response_encode(w, domain, clv_view_of(payload, len), NULL) == CLV_OK);
    free(payload);
    return true;
}

static void try_location(const uint8_t *data, size_t len)
{
    unsigned module = 0;
    uint32_t domain = 0;
    char *text = strndup((const char *)data, len);
    if (text && clv_ep11_location_decode(text, &module, &domain, NULL) == CLV_OK)
        must(module <= 255 && domain <= 255);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_round_trip(round_request, data, len);
    fuzz_round_trip(round_response, data, len);
    try_location(data, len);
    return 0;
}
