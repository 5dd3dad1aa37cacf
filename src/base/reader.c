#include <string.h>

#include "claviger/base/bytes.h"

/* Where empty views point: nobody has to think about NULL. */
static const uint8_t nothing[1];

struct clv_view clv_view_of(const void *data, size_t len)
{
    return (struct clv_view){.data = data != NULL ? data : nothing, .len = data != NULL ? len : 0};
}

bool clv_view_take_line(struct clv_view *rest, struct clv_view *ret_line)
{
    const uint8_t *newline = rest->len ? memchr(rest->data, '\n', rest->len) : NULL;
    if (!newline)
        return false;
    *ret_line = clv_view_of(rest->data, (size_t)(newline - rest->data));
    *rest = clv_view_of(newline + 1, rest->len - ret_line->len - 1);
    return true;
}

bool clv_bytes_are_zero(const void *data, size_t len)
{
    const uint8_t *bytes = data;
    uint8_t any = 0;
    for (size_t i = 0; i < len; i++)
        any |= bytes[i];
    return any == 0;
}

bool clv_view_equal(struct clv_view a, struct clv_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

void clv_reader_init(struct clv_reader *r, const void *data, size_t len)
{
    struct clv_view all = clv_view_of(data, len);
    *r = (struct clv_reader){.data = all.data, .len = all.len};
    r->fault = &r->own;
}

bool clv_reader_ok(const struct clv_reader *r)
{
    return !r->fault->set;
}

size_t clv_reader_left(const struct clv_reader *r)
{
    return clv_reader_ok(r) ? r->len - r->pos : 0;
}

void clv_reader_fault(struct clv_reader *r, const char *field, const char *what)
{
    if (r->fault->set)
        return;
    *r->fault = (struct clv_read_fault){
        .set = true, .offset = r->base + r->pos, .field = field, .what = what};
}

/* The next len bytes, or NULL. */
static const uint8_t *take(struct clv_reader *r, size_t len, const char *field)
{
    if (!clv_reader_ok(r))
        return NULL;
    if (len > r->len - r->pos) {
        clv_reader_fault(r, field, "ends too early");
        return NULL;
    }
    const uint8_t *p = r->data + r->pos;
    r->pos += len;
    return p;
}

void clv_reader_sub(struct clv_reader *r, size_t len, struct clv_reader *inner, const char *field)
{
    size_t base = r->base + r->pos;
    struct clv_view content = clv_read_bytes(r, len, field);
    *inner = (struct clv_reader){
        .data = content.data, .len = content.len, .base = base, .fault = r->fault};
}

static uint64_t read_number(struct clv_reader *r, size_t len, const char *field)
{
    const uint8_t *p = take(r, len, field);
    uint64_t v = 0;
    for (size_t i = 0; p != NULL && i < len; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t clv_read_u8(struct clv_reader *r, const char *field)
{
    return (uint8_t)read_number(r, 1, field);
}

uint16_t clv_read_u16(struct clv_reader *r, const char *field)
{
    return (uint16_t)read_number(r, 2, field);
}

uint32_t clv_read_u32(struct clv_reader *r, const char *field)
{
    return (uint32_t)read_number(r, 4, field);
}

uint64_t clv_read_u64(struct clv_reader *r, const char *field)
{
    return read_number(r, 8, field);
}

struct clv_view clv_read_bytes(struct clv_reader *r, size_t len, const char *field)
{
    const uint8_t *p = take(r, len, field);
    return clv_view_of(p, len);
}

struct clv_view clv_read_rest(struct clv_reader *r)
{
    return clv_read_bytes(r, clv_reader_left(r), "rest");
}

void clv_read_into(struct clv_reader *r, void *out, size_t len, const char *field)
{
    if (len == 0)
        return;
    const uint8_t *p = take(r, len, field);
    if (p != NULL)
        memcpy(out, p, len);
    else
        memset(out, 0, len);
}

clv_status clv_reader_done(const struct clv_reader *r, struct clv_error *err)
{
    const struct clv_read_fault *fault = r->fault;
    if (fault->set)
        return clv_fail(err, CLV_E_FORMAT, "%s: %s (offset %zu)", fault->field, fault->what,
                        fault->offset);
    if (r->pos < r->len)
        return clv_fail(err, CLV_E_FORMAT, "%zu %s too many at the end (offset %zu)",
                        r->len - r->pos, r->len - r->pos == 1 ? "byte" : "bytes", r->base + r->pos);
    return CLV_OK;
}
