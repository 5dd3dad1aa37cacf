/* ep11: X.509 certificates of administrators, and public keys. */
#include <string.h>

#include "tests/fuzz/fuzz_ep11.h"

static bool round_spki(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_public_key key;
    if (clv_ep11_spki_decode(bytes, &key, NULL) != CLV_OK)
        return false;
    clv_ep11_spki_encode(w, &key);
    return true;
}

static bool inside(struct clv_view part, const uint8_t *data, size_t len)
{
    return part.len == 0 || (part.data >= data && part.data + part.len <= data + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_ep11_admin_cert cert;
    fuzz_round_trip(round_spki, data, len);
    if (clv_ep11_admin_cert_decode(clv_view_of(data, len), &cert, NULL) != CLV_OK)
        return 0;
    uint8_t ski[CLV_SKI_LEN];
    clv_ep11_admin_ski(&cert.key, ski);
    must(memcmp(ski, cert.ski, sizeof(ski)) == 0);
    must(memchr(cert.name, '\0', sizeof(cert.name)) != NULL);
    must(inside(cert.tbs, data, len) && inside(cert.signature, data, len));
    must(inside(cert.key.bits, data, len));
    return 0;
}
