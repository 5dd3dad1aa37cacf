/* One reader, one writer for everything parsed or built here: DER, headers, files, payloads.
 *
 * A reader borrows. Its first failure sticks, with offset and field name, also across readers made
 * from it; later reads yield zeros and empty views. Nothing may act on a value before
 * clv_reader_done() says CLV_OK.
 *
 *     struct clv_reader r;
 *     clv_reader_init(&r, data, len);
 *     uint32_t index = clv_read_u32(&r, "domain index");
 *     struct clv_view vp = clv_read_bytes(&r, 32, "current pattern");
 *     if (clv_reader_done(&r, err) != CLV_OK) ...
 *
 * A writer grows and wipes what it leaves behind, or fills a buffer it was given. Its first failure
 * sticks too; clv_writer_done() tells. All integers are big-endian. */
#ifndef CLAVIGER_BASE_BYTES_H
#define CLAVIGER_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/error.h"

/* Borrowed bytes; dies with what it points into. */
struct clv_view {
    const uint8_t *data;
    size_t len;
};

bool clv_bytes_are_zero(const void *data, size_t len); /* true when there are none */
bool clv_view_equal(struct clv_view a, struct clv_view b);
struct clv_view clv_view_of(const void *data, size_t len);
/* Takes the next line, without its line feed, off *rest; false when there is no whole line. */
bool clv_view_take_line(struct clv_view *rest, struct clv_view *ret_line);

struct clv_read_fault {
    bool set;
    size_t offset;     /* in the outermost reader */
    const char *field; /* static text */
    const char *what;  /* static text, for example "ends too early" */
};

/* Not to be copied: a nested reader points to the fault of its outermost one. */
struct clv_reader {
    const uint8_t *data;
    size_t len, pos;
    size_t base; /* offset of data[0] in the outermost reader */
    struct clv_read_fault *fault;
    struct clv_read_fault own;
};

void clv_reader_init(struct clv_reader *r, const void *data, size_t len);
/* inner reads the next len bytes of r, and r goes on behind them; shares r's fault. On failure
 * inner is empty. */
void clv_reader_sub(struct clv_reader *r, size_t len, struct clv_reader *inner, const char *field);

uint8_t clv_read_u8(struct clv_reader *r, const char *field);
uint16_t clv_read_u16(struct clv_reader *r, const char *field);
uint32_t clv_read_u32(struct clv_reader *r, const char *field);
uint64_t clv_read_u64(struct clv_reader *r, const char *field);
struct clv_view clv_read_bytes(struct clv_reader *r, size_t len, const char *field);
struct clv_view clv_read_rest(struct clv_reader *r);
/* Copies exactly len bytes; zeros on failure. */
void clv_read_into(struct clv_reader *r, void *out, size_t len, const char *field);

size_t clv_reader_left(const struct clv_reader *r); /* 0 after a failure: loops end */
bool clv_reader_ok(const struct clv_reader *r);
/* Records a failure of meaning at the current position; the first one stays. */
void clv_reader_fault(struct clv_reader *r, const char *field, const char *what);
/* Success needs no fault and nothing left over.
 * errors  CLV_E_FORMAT: names the field and the offset */
clv_status clv_reader_done(const struct clv_reader *r, struct clv_error *err);

struct clv_writer {
    uint8_t *data;
    size_t len, cap;
    bool fixed; /* data belongs to the caller and does not grow */
    bool failed;
};

/* A growing writer; release with clv_writer_clear(). A zeroed struct is a valid empty one. What is
 * written must not lie in the writer itself. */
void clv_writer_init(struct clv_writer *w);
void clv_writer_init_fixed(struct clv_writer *w, void *buf, size_t cap);
void clv_writer_clear(struct clv_writer *w); /* wipes, frees, zero state */

void clv_write_u8(struct clv_writer *w, uint8_t v);
void clv_write_u16(struct clv_writer *w, uint16_t v);
void clv_write_u32(struct clv_writer *w, uint32_t v);
void clv_write_u64(struct clv_writer *w, uint64_t v);
void clv_write_bytes(struct clv_writer *w, const void *data, size_t len);
void clv_write_view(struct clv_writer *w, struct clv_view v);
/* What another writer holds; if that has failed, so has w. */
void clv_write_writer(struct clv_writer *w, const struct clv_writer *from);
void clv_write_zeros(struct clv_writer *w, size_t len);
void clv_write_text(struct clv_writer *w, const char *text); /* without the final NUL */
void clv_write_format(struct clv_writer *w, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Inserts len bytes at offset at (DER lengths are patched in when an element closes). */
void clv_write_insert(struct clv_writer *w, size_t at, const void *data, size_t len);

/* errors  CLV_E_MEMORY: out of memory, or a fixed buffer is too small */
clv_status clv_writer_done(const struct clv_writer *w, struct clv_error *err);
struct clv_view clv_writer_view(const struct clv_writer *w); /* dies at the next write */
/* Hands the bytes over: *ret_data is the caller's to free(); w is left empty. On failure w keeps
 * them. Not for fixed writers (CLV_E_INTERNAL). */
clv_status clv_writer_detach(struct clv_writer *w, uint8_t **ret_data, size_t *ret_len,
                             struct clv_error *err);

#endif
