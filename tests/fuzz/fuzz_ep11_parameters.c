/* ep11: parameter maps, exported keys, attribute lists, certificates of key-part holders. */
#include "tests/fuzz/fuzz_ep11.h"

#define MAX_ENTRIES 64

static bool round_parameters(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_parameter entries[MAX_ENTRIES];
    size_t num = 0;
    if (clv_ep11_parameters_decode(bytes, entries, MAX_ENTRIES, &num, NULL) != CLV_OK)
        return false;
    must(num <= MAX_ENTRIES);
    clv_ep11_parameters_encode(w, entries, num);
    return true;
}

static bool round_attributes(struct clv_view bytes, struct clv_writer *w)
{
    struct clv_ep11_attributes attrs;
    uint32_t reason = 0;
    if (clv_ep11_attributes_decode(bytes, &attrs, &reason, NULL) != CLV_OK) {
        must(reason >= 41 && reason <= 43);
        return false;
    }
    clv_ep11_attributes_encode(w, &attrs);
    must(w->len == bytes.len);
    return true;
}

static bool round_holder(struct clv_view bytes, struct clv_writer *w)
{
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t cert[CLV_EP11_KPH_CERT_LEN];
    if (clv_ep11_kph_cert_decode(bytes, point, NULL) != CLV_OK)
        return false;
    clv_ep11_kph_cert_encode(point, cert);
    clv_write_bytes(w, cert, sizeof(cert));
    return true;
}

static void try_export(struct clv_view bytes)
{
    struct clv_view part = {0};
    if (clv_ep11_export_answer_decode(bytes, &part, NULL) == CLV_OK && part.len > 0)
        must(part.data > bytes.data && part.data + part.len <= bytes.data + bytes.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    fuzz_round_trip(round_parameters, data, len);
    fuzz_round_trip(round_attributes, data, len);
    fuzz_round_trip(round_holder, data, len);
    try_export(clv_view_of(data, len));
    return 0;
}
