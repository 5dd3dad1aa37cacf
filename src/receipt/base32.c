/* Base32 over characters that every keyboard has in the same place: 0-9 A-X without I and O. */
#include <string.h>

#include "internal.h"

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWX";

size_t base32_len(size_t bytes)
{
    return (bytes * 8 + 4) / 5;
}

void base32_encode(struct clv_view in, char *out)
{
    unsigned bits = 0, num_bits = 0;
    for (size_t i = 0; i < in.len; i++) {
        bits = bits << 8 | in.data[i];
        for (num_bits += 8; num_bits >= 5; num_bits -= 5)
            *out++ = alphabet[bits >> (num_bits - 5) & 31];
        bits &= (1u << num_bits) - 1;
    }
    if (num_bits > 0)
        *out++ = alphabet[bits << (5 - num_bits) & 31];
    *out = '\0';
}

char base32_char(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - 'a' + 'A');
    if (c == 'I')
        c = '1';
    if (c == 'O')
        c = '0';
    return c && strchr(alphabet, c) ? (char)c : '\0';
}

bool base32_decode(struct clv_view text, uint8_t *out, size_t len)
{
    unsigned bits = 0, num_bits = 0;
    if (text.len != base32_len(len))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        const char *at = text.data[i] ? strchr(alphabet, text.data[i]) : NULL;
        if (at == NULL)
            return false;
        bits = bits << 5 | (unsigned)(at - alphabet);
        num_bits += 5;
        if (num_bits < 8)
            continue;
        num_bits -= 8;
        *out++ = (uint8_t)(bits >> num_bits);
        bits &= (1u << num_bits) - 1;
    }
    return bits == 0; /* one spelling only */
}

void base32_check(const void *data, size_t len, char *out, size_t num_chars)
{
    uint8_t hash[CLV_HASH_LEN];
    char text[CLV_HASH_LEN * 2];
    clv_sha256(data, len, hash);
    base32_encode(clv_view_of(hash, sizeof hash), text);
    memcpy(out, text, num_chars);
    out[num_chars] = '\0';
}
