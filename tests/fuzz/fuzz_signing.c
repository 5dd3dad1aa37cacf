/* What a signing service says: a point of the curve, numbers of its size, or nothing. */
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t point[CLV_P521_POINT_LEN], sig[CLV_P521_SIGNATURE_MAX];
    struct clv_error err = {0};
    size_t sig_len = 0;
    if (clv_ep11_signing_public_decode(clv_view_of(data, len), point, &err) == CLV_OK) {
        if (clv_p521_check_point(point, sizeof point, NULL) != CLV_OK)
            abort();
    } else if (err.fact[0] == '\0') {
        abort();
    }
    if (clv_ep11_signing_signature_decode(clv_view_of(data, len), sig, sizeof sig, &sig_len,
                                          NULL) == CLV_OK &&
        (sig_len < 8 || sig_len > sizeof sig || sig[0] != 0x30))
        abort();
    return 0;
}
