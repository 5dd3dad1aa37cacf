#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/base/bytes.h"
#include "claviger/base/secret.h"

#define FIRST_CAP 256

void clv_writer_init(struct clv_writer *w)
{
    *w = (struct clv_writer){0};
}

void clv_writer_init_fixed(struct clv_writer *w, void *buf, size_t cap)
{
    *w = (struct clv_writer){.data = buf, .cap = cap, .fixed = true};
}

void clv_writer_clear(struct clv_writer *w)
{
    if (!w->fixed && w->data != NULL) {
        clv_wipe(w->data, w->cap);
        free(w->data);
    }
    *w = (struct clv_writer){0};
}

/* realloc() would leave the old bytes lying about. */
static bool grow(struct clv_writer *w, size_t need)
{
    size_t cap = w->cap > 0 ? w->cap : FIRST_CAP;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    uint8_t *data = malloc(cap);
    if (data == NULL)
        return false;
    if (w->data != NULL) {
        memcpy(data, w->data, w->len);
        clv_wipe(w->data, w->cap);
        free(w->data);
    }
    w->data = data;
    w->cap = cap;
    return true;
}

/* Room for len more bytes behind what is there. */
static bool reserve(struct clv_writer *w, size_t len)
{
    if (w->failed)
        return false;
    if (len <= w->cap - w->len)
        return true;
    w->failed = w->fixed || len > SIZE_MAX - w->len || !grow(w, w->len + len);
    return !w->failed;
}

void clv_write_bytes(struct clv_writer *w, const void *data, size_t len)
{
    if (len == 0 || !reserve(w, len))
        return;
    memcpy(w->data + w->len, data, len);
    w->len += len;
}

void clv_write_view(struct clv_writer *w, struct clv_view v)
{
    clv_write_bytes(w, v.data, v.len);
}

void clv_write_writer(struct clv_writer *w, const struct clv_writer *from)
{
    clv_write_bytes(w, from->data, from->len);
    w->failed |= from->failed;
}

void clv_write_zeros(struct clv_writer *w, size_t len)
{
    if (len == 0 || !reserve(w, len))
        return;
    memset(w->data + w->len, 0, len);
    w->len += len;
}

void clv_write_text(struct clv_writer *w, const char *text)
{
    clv_write_bytes(w, text, strlen(text));
}

static void write_number(struct clv_writer *w, uint64_t v, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = len; i-- > 0; v >>= 8)
        bytes[i] = (uint8_t)v;
    clv_write_bytes(w, bytes, len);
}

void clv_write_u8(struct clv_writer *w, uint8_t v)
{
    write_number(w, v, 1);
}

void clv_write_u16(struct clv_writer *w, uint16_t v)
{
    write_number(w, v, 2);
}

void clv_write_u32(struct clv_writer *w, uint32_t v)
{
    write_number(w, v, 4);
}

void clv_write_u64(struct clv_writer *w, uint64_t v)
{
    write_number(w, v, 8);
}

void clv_write_format(struct clv_writer *w, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0) {
        w->failed = true;
    } else if ((!w->fixed || (size_t)n < w->cap - w->len) && reserve(w, (size_t)n + 1)) {
        (void)vsnprintf((char *)w->data + w->len, (size_t)n + 1, fmt, again);
        w->len += (size_t)n; /* the final NUL is overwritten by what follows */
    } else {
        w->failed = true;
    }
    va_end(again);
}

void clv_write_insert(struct clv_writer *w, size_t at, const void *data, size_t len)
{
    if (at > w->len)
        w->failed = true;
    if (len == 0 || !reserve(w, len))
        return;
    memmove(w->data + at + len, w->data + at, w->len - at);
    memcpy(w->data + at, data, len);
    w->len += len;
}

clv_status clv_writer_done(const struct clv_writer *w, struct clv_error *err)
{
    if (!w->failed)
        return CLV_OK;
    return clv_fail(err, CLV_E_MEMORY, "there is not enough memory for %s",
                    w->fixed ? "this message" : "what has to be written");
}

struct clv_view clv_writer_view(const struct clv_writer *w)
{
    return clv_view_of(w->data, w->len);
}

clv_status clv_writer_detach(struct clv_writer *w, uint8_t **ret_data, size_t *ret_len,
                             struct clv_error *err)
{
    clv_status status = clv_writer_done(w, err);
    if (status != CLV_OK)
        return status;
    if (w->fixed)
        return clv_fail(err, CLV_E_INTERNAL, "borrowed memory cannot be handed over");
    if (w->data == NULL && !grow(w, 1))
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    *ret_data = w->data;
    *ret_len = w->len;
    *w = (struct clv_writer){0};
    return CLV_OK;
}
