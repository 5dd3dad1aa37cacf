/* ep11: JSON bodies of the service in front of the units. */
#include <string.h>

#include "tests/fuzz/fuzz_ep11.h"

static bool round_request(struct clv_view body, struct clv_writer *w)
{
    char *htp = NULL;
    size_t len = 0;
    if (clv_ep11_rest_request_decode(body, &htp, &len, NULL) != CLV_OK)
        return false;
    must(len > 0 && strlen(htp) == len);
    must(clv_ep11_rest_request_encode(w, clv_view_of(htp, len), NULL) == CLV_OK);
    free(htp);
    return true;
}

static bool round_response(struct clv_view body, struct clv_writer *w)
{
    char *htp = NULL;
    size_t len = 0;
    if (clv_ep11_rest_response_decode(body, &htp, &len, NULL) != CLV_OK)
        return false;
    must(clv_ep11_rest_response_encode(w, clv_view_of(htp, len), NULL) == CLV_OK);
    free(htp);
    return true;
}

static bool round_listing(struct clv_view body, struct clv_writer *w)
{
    struct clv_ep11_listed_unit *units = NULL;
    size_t num = 0;
    if (clv_ep11_rest_listing_decode(body, &units, &num, NULL) != CLV_OK)
        return false;
    must(clv_ep11_rest_listing_encode(w, units, num, NULL) == CLV_OK);
    free(units);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_round_trip(round_request, data, len);
    fuzz_round_trip(round_response, data, len);
    fuzz_round_trip(round_listing, data, len);
    return 0;
}
