#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/base/text.h"

#define VARIANT sodium_base64_VARIANT_ORIGINAL
#define PIECE 48u /* bytes, a multiple of three: each piece is encoded like a text of its own */

char *clv_base64(const void *data, size_t len)
{
    if (len > SIZE_MAX / 2)
        return NULL;
    size_t cap = sodium_base64_encoded_len(len, VARIANT);
    char *text = malloc(cap);
    if (text != NULL)
        (void)sodium_bin2base64(text, cap, data, len, VARIANT);
    return text;
}

/* libsodium 1.0.18 takes some bytes above 127 for digits. Writing what was read, and comparing,
 * leaves the one canonical encoding and nothing else. */
static bool is_canonical(const char *text, size_t text_len, const uint8_t *data, size_t len)
{
    char piece[PIECE / 3 * 4 + 1];
    if (text_len != sodium_base64_encoded_len(len, VARIANT) - 1)
        return false;
    for (size_t at = 0; at < len; at += PIECE) {
        size_t n = len - at < PIECE ? len - at : PIECE;
        (void)sodium_bin2base64(piece, sizeof piece, data + at, n, VARIANT);
        if (memcmp(piece, text + at / 3 * 4, strlen(piece)) != 0)
            return false;
    }
    return true;
}

bool clv_unbase64_into(const char *text, size_t text_len, void *out, size_t cap, size_t *ret_len)
{
    size_t len = 0;
    if (sodium_base642bin(out, cap, text, text_len, NULL, &len, NULL, VARIANT) != 0 ||
        !is_canonical(text, text_len, out, len))
        return false;
    *ret_len = len;
    return true;
}

clv_status clv_unbase64(const char *text, size_t text_len, uint8_t **ret_data, size_t *ret_len,
                        struct clv_error *err)
{
    size_t cap = text_len / 4 * 3;
    uint8_t *data = malloc(cap > 0 ? cap : 1);
    if (data == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    if (!clv_unbase64_into(text, text_len, data, cap, ret_len)) {
        free(data);
        return clv_fail(err, CLV_E_FORMAT, "the base64 text is malformed (%zu characters)",
                        text_len);
    }
    *ret_data = data;
    return CLV_OK;
}
