/* What a code reader printed, and the packed form behind its check values. Property: what unpacks
 * is in the one form of a receipt; what is a slip writes itself again. */
#include <stdlib.h>
#include <string.h>

#include "src/receipt/internal.h"

static void try_unpack(struct clv_view packed)
{
    struct clv_writer text = {0};
    struct proof p = {0};
    clv_writer_init(&text);
    if (unpack(packed, &text, NULL) == CLV_OK &&
        proof_parse(clv_writer_view(&text), &p, NULL) == CLV_OK)
        proof_clear(&p);
    clv_writer_clear(&text);
}

static void try_slip(struct clv_view view)
{
    struct clv_slip slip;
    char again[CLV_SLIP_TEXT];
    if (clv_slip_parse(view, &slip, NULL) == CLV_OK &&
        clv_slip_format(&slip, again, NULL) != CLV_OK)
        abort();
}

static void try_base45(struct clv_view view)
{
    uint8_t bytes[256];
    char again[400];
    size_t len = 0;
    if (view.len > 300 || base45_decode(view, bytes, &len, NULL) != CLV_OK)
        return;
    base45_encode(clv_view_of(bytes, len), again);
    if (strlen(again) != view.len || memcmp(again, view.data, view.len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_view view = clv_view_of(data, len);
    uint8_t *text = NULL;
    size_t text_len = 0;
    if (clv_receipt_from_codes(view, &text, &text_len, NULL, NULL) == CLV_OK && text_len == 0)
        abort();
    free(text);
    try_unpack(view);
    try_slip(view);
    try_base45(view);
    return 0;
}
