/* Export of a master key from one unit to another: what is asked, and the part that is answered
 * (docs/protocol.md, b.11). */
#include "internal.h"

#define MAX_ENTRIES 64

void clv_ep11_export_request_encode(struct clv_writer *w, const uint8_t point[CLV_P521_POINT_LEN])
{
    uint8_t cert[CLV_EP11_KPH_CERT_LEN];
    clv_ep11_kph_cert_encode(point, cert);
    const struct clv_ep11_parameter entries[] = {
        {.tag = CLV_EP11_PARAM_PARTS_NEEDED, .index = 1},
        {.tag = CLV_EP11_PARAM_HOLDER_CERT, .data = clv_view_of(cert, sizeof(cert))},
        {.tag = CLV_EP11_PARAM_SCOPE,
         .index = CLV_EP11_SCOPE_NO_HOLDERS | CLV_EP11_SCOPE_NO_OA_CHAIN},
    };
    clv_ep11_parameters_encode(w, entries, sizeof(entries) / sizeof(entries[0]));
}

static clv_status refuse(const char *fact, struct clv_error *err)
{
    return clv_fail(err, CLV_E_FORMAT, "exported key: %s", fact);
}

/* The signature beside a part is not looked at: the unit has signed the whole answer. */
clv_status clv_ep11_export_answer_decode(struct clv_view bytes, struct clv_view *ret_part,
                                         struct clv_error *err)
{
    struct clv_ep11_parameter entries[MAX_ENTRIES];
    struct clv_view part = {0};
    size_t num = 0, num_parts = 0;
    clv_status status = clv_ep11_parameters_decode(bytes, entries, MAX_ENTRIES, &num, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading an exported key");
    for (size_t i = 0; i < num; i++) {
        if (entries[i].tag == CLV_EP11_PARAM_NUM_PARTS && entries[i].index != 1)
            return refuse("it is split, though one part was asked for", err);
        if (entries[i].tag != CLV_EP11_PARAM_PART)
            continue;
        part = entries[i].data;
        num_parts++;
    }
    if (num_parts != 1)
        return refuse(num_parts ? "more than one part" : "no part", err);
    *ret_part = part;
    return CLV_OK;
}
