/* Base45: two bytes as three characters of the QR alphabet. source  RFC 9285 */
#include <string.h>

#include "internal.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

size_t base45_len(size_t bytes)
{
    return bytes / 2 * 3 + bytes % 2 * 2;
}

void base45_encode(struct clv_view in, char *out)
{
    for (size_t i = 0; i < in.len; i += 2) {
        bool pair = i + 1 < in.len;
        unsigned n = pair ? in.data[i] * 256u + in.data[i + 1] : in.data[i];
        *out++ = alphabet[n % 45];
        *out++ = alphabet[n / 45 % 45];
        if (pair)
            *out++ = alphabet[n / 2025];
    }
    *out = '\0';
}

static bool digit(uint8_t c, unsigned *ret)
{
    const char *at = c ? strchr(alphabet, c) : NULL;
    if (!at)
        return false;
    *ret = (unsigned)(at - alphabet);
    return true;
}

clv_status base45_decode(struct clv_view text, uint8_t *out, size_t *ret_len, struct clv_error *err)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len; i += 3) {
        unsigned d[3] = {0};
        size_t num = text.len - i < 3 ? text.len - i : 3;
        for (size_t k = 0; k < num; k++)
            if (!digit(text.data[i + k], &d[k]))
                return clv_fail(err, CLV_E_FORMAT, "a character is not of the code alphabet");
        unsigned n = d[0] + 45 * d[1] + 2025 * d[2];
        if (num == 1 || n > (num == 3 ? 0xffffu : 0xffu))
            return clv_fail(err, CLV_E_FORMAT, "the code's text is not base45");
        if (num == 3)
            out[len++] = (uint8_t)(n >> 8);
        out[len++] = (uint8_t)n;
    }
    *ret_len = len;
    return CLV_OK;
}
