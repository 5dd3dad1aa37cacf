#include <string.h>

#include "claviger/der.h"

#define HIGH_TAG 0x1f     /* low five bits: the tag number follows in more bytes */
#define LONG_FORM 0x80    /* length of the length in the low seven bits */
#define MAX_LEN_OF_LEN 4u /* more would be gigabytes */

uint8_t clv_der_peek(const struct clv_reader *r)
{
    return clv_reader_left(r) > 0 ? r->data[r->pos] : 0;
}

static size_t read_length(struct clv_reader *r, const char *field)
{
    uint8_t first = clv_read_u8(r, field);
    if (first < LONG_FORM)
        return first;
    unsigned num = first & 0x7fu;
    if (num == 0)
        clv_reader_fault(r, field, "has an indefinite length");
    if (num > MAX_LEN_OF_LEN)
        clv_reader_fault(r, field, "has a length of more than four bytes");

    size_t len = 0;
    for (unsigned i = 0; i < num && clv_reader_ok(r); i++)
        len = len << 8 | clv_read_u8(r, field);
    return len;
}

/* Takes tag and length; returns the length of the content, 0 after a failure. */
static size_t read_header(struct clv_reader *r, uint8_t tag, const char *field)
{
    if (!clv_reader_ok(r))
        return 0;
    if (clv_reader_left(r) == 0)
        clv_reader_fault(r, field, "is missing");
    else if ((clv_der_peek(r) & HIGH_TAG) == HIGH_TAG)
        clv_reader_fault(r, field, "has a tag of more than one byte");
    else if (clv_der_peek(r) != tag)
        clv_reader_fault(r, field, "has another tag than expected");
    (void)clv_read_u8(r, field);
    size_t len = read_length(r, field);
    return clv_reader_ok(r) ? len : 0;
}

void clv_der_enter(struct clv_reader *r, uint8_t tag, struct clv_reader *inner, const char *field)
{
    size_t len = read_header(r, tag, field);
    clv_reader_sub(r, len, inner, field);
}

struct clv_view clv_der_read(struct clv_reader *r, uint8_t tag, const char *field)
{
    size_t len = read_header(r, tag, field);
    return clv_read_bytes(r, len, field);
}

struct clv_view clv_der_octets(struct clv_reader *r, const char *field)
{
    return clv_der_read(r, CLV_DER_OCTETS, field);
}

struct clv_view clv_der_octets_n(struct clv_reader *r, size_t len, const char *field)
{
    struct clv_view content = clv_der_octets(r, field);
    if (clv_reader_ok(r) && content.len != len)
        clv_reader_fault(r, field, "has another length than expected");
    return clv_reader_ok(r) ? content : clv_view_of(NULL, 0);
}

uint32_t clv_der_octets_u32(struct clv_reader *r, const char *field)
{
    struct clv_view content = clv_der_octets_n(r, 4, field);
    uint32_t v = 0;
    for (size_t i = 0; i < content.len; i++)
        v = v << 8 | content.data[i];
    return v;
}

struct clv_view clv_der_whole(struct clv_reader *r, uint8_t tag, const char *field)
{
    size_t start = r->pos;
    (void)clv_der_read(r, tag, field);
    return clv_reader_ok(r) ? clv_view_of(r->data + start, r->pos - start) : clv_view_of(NULL, 0);
}

/* The magnitude of an INTEGER without leading zeros. */
static struct clv_view read_magnitude(struct clv_reader *r, const char *field)
{
    struct clv_view content = clv_der_read(r, CLV_DER_INTEGER, field);
    if (content.len == 0)
        clv_reader_fault(r, field, "is an empty number");
    else if ((content.data[0] & 0x80) != 0)
        clv_reader_fault(r, field, "is negative");
    while (content.len > 0 && content.data[0] == 0) {
        content.data++;
        content.len--;
    }
    return content;
}

void clv_der_read_unsigned(struct clv_reader *r, void *out, size_t out_len, const char *field)
{
    struct clv_view number = read_magnitude(r, field);
    if (number.len > out_len)
        clv_reader_fault(r, field, "is too large a number");
    if (out_len == 0)
        return;
    memset(out, 0, out_len);
    if (clv_reader_ok(r))
        memcpy((uint8_t *)out + (out_len - number.len), number.data, number.len);
}

void clv_der_expect(struct clv_reader *r, uint8_t tag, const void *content, size_t len,
                    const char *field)
{
    struct clv_view got = clv_der_read(r, tag, field);
    if (!clv_view_equal(got, clv_view_of(content, len)))
        clv_reader_fault(r, field, "is not what it has to be");
}

void clv_der_leave(struct clv_reader *inner)
{
    if (clv_reader_left(inner) > 0)
        clv_reader_fault(inner, "element", "has bytes behind its last field");
}
