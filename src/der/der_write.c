#include "claviger/der.h"

#define LENGTH_MAX (1 + sizeof(size_t))

/* The minimal form of len at the end of bytes; returns where it starts. */
static size_t put_length(uint8_t bytes[LENGTH_MAX], size_t len)
{
    size_t pos = LENGTH_MAX;
    if (len < 0x80) {
        bytes[--pos] = (uint8_t)len;
        return pos;
    }
    for (size_t rest = len; rest > 0; rest >>= 8)
        bytes[--pos] = (uint8_t)rest;
    uint8_t num = (uint8_t)(LENGTH_MAX - pos);
    bytes[--pos] = 0x80 | num;
    return pos;
}

size_t clv_der_open(struct clv_writer *w, uint8_t tag)
{
    clv_write_u8(w, tag);
    return w->len;
}

void clv_der_close(struct clv_writer *w, size_t mark)
{
    uint8_t bytes[LENGTH_MAX];
    size_t pos = put_length(bytes, w->len - mark);
    clv_write_insert(w, mark, bytes + pos, sizeof bytes - pos);
}

void clv_der_close_82(struct clv_writer *w, size_t mark)
{
    size_t len = w->len - mark;
    if (len > 0xffff)
        w->failed = true;
    const uint8_t bytes[] = {0x82, (uint8_t)(len >> 8), (uint8_t)len};
    clv_write_insert(w, mark, bytes, sizeof bytes);
}

void clv_der_write(struct clv_writer *w, uint8_t tag, const void *content, size_t len)
{
    uint8_t bytes[LENGTH_MAX];
    size_t pos = put_length(bytes, len);
    clv_write_u8(w, tag);
    clv_write_bytes(w, bytes + pos, sizeof bytes - pos);
    clv_write_bytes(w, content, len);
}

void clv_der_write_octets(struct clv_writer *w, const void *content, size_t len)
{
    clv_der_write(w, CLV_DER_OCTETS, content, len);
}

void clv_der_write_octets_u32(struct clv_writer *w, uint32_t v)
{
    const uint8_t bytes[] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    clv_der_write_octets(w, bytes, sizeof bytes);
}

void clv_der_write_unsigned(struct clv_writer *w, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;
    while (len > 1 && p[0] == 0) {
        p++;
        len--;
    }
    bool pad = len == 0 || (p[0] & 0x80) != 0; /* a set top bit would mean negative */
    size_t mark = clv_der_open(w, CLV_DER_INTEGER);
    if (pad)
        clv_write_u8(w, 0);
    clv_write_bytes(w, p, len);
    clv_der_close(w, mark);
}
