/* What a code reader printed, and the packed form behind its check values. Property: what unpacks
 * is in the one form of a receipt; slips and words write themselves again. */
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
    struct clv_slip slip, again;
    char text[CLV_SLIP_TEXT];
    if (clv_slip_parse(view, &slip, NULL) != CLV_OK)
        return;
    if (clv_slip_format(&slip, text, NULL) != CLV_OK ||
        clv_slip_parse(clv_view_of(text, strlen(text)), &again, NULL) != CLV_OK ||
        again.size != slip.size || memcmp(again.root, slip.root, CLV_HASH_LEN) != 0 ||
        strcmp(again.ceremony_id, slip.ceremony_id) != 0 || strcmp(again.kind, slip.kind) != 0)
        abort();
}

static void try_word(struct clv_view view)
{
    char word[64], again[CODE_WORD(64)];
    if (!code_unword(view, sizeof word - 1, word))
        return;
    code_word(word, again);
    if (!clv_view_equal(clv_view_of(again, strlen(again)), view))
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
    try_word(view);
    return 0;
}
