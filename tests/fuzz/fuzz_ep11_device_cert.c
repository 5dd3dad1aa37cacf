/* ep11: device certificates of all three formats. */
#include "tests/fuzz/fuzz_ep11.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_ep11_device_cert cert;
    if (clv_ep11_device_cert_decode(clv_view_of(data, len), &cert, NULL) != CLV_OK)
        return 0;
    must(cert.format >= 1 && cert.format <= 3);
    must(cert.num_composite >= 1 && cert.num_composite <= 5);
    for (size_t i = 0; i < cert.num_composite; i++)
        must(cert.composite[i].data >= data &&
             cert.composite[i].data + cert.composite[i].len <= data + len);
    /* No mutation is signed by the key it certifies. */
    must(clv_ep11_device_cert_verify(&cert, cert.point, NULL) != CLV_OK);
    return 0;
}
