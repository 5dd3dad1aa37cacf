/* der: distinguished encoding rules over the reader and writer of base.
 *
 * Reading takes any definite length of up to four length bytes (real units send `82 00 66` where
 * `66` would do), refuses the indefinite form, and leaves the trailing-bytes check to
 * clv_reader_done(). Writing is minimal unless the caller asks for the two-byte long form.
 *
 *     struct clv_reader seq;
 *     clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "xcpAdminBlk");
 *     struct clv_view id = clv_der_octets_n(&seq, 4, "command id");
 *     clv_der_leave(&seq);
 *
 * source  ITU-T X.690; docs/protocol.md "length forms" */
#ifndef CLAVIGER_DER_H
#define CLAVIGER_DER_H

#include "claviger/base.h"

enum clv_der_tag {
    CLV_DER_INTEGER = 0x02,
    CLV_DER_BIT_STRING = 0x03,
    CLV_DER_OCTETS = 0x04,
    CLV_DER_NULL = 0x05,
    CLV_DER_OID = 0x06,
    CLV_DER_PRINTABLE = 0x13,
    CLV_DER_GENERALIZED_TIME = 0x18,
    CLV_DER_SEQUENCE = 0x30,
    CLV_DER_SET = 0x31,
    CLV_DER_CONTEXT_0 = 0x80,   /* [0] IMPLICIT, primitive */
    CLV_DER_EXPLICIT_0 = 0xa0,
    CLV_DER_EXPLICIT_1 = 0xa1,
    CLV_DER_EXPLICIT_2 = 0xa2,
    CLV_DER_EXPLICIT_3 = 0xa3,
};

/* The next tag, or 0 at the end or after a failure. Does not move. */
uint8_t clv_der_peek(const struct clv_reader *r);
/* Opens the next element, which must have this tag; inner reads its content. */
void clv_der_enter(struct clv_reader *r, uint8_t tag, struct clv_reader *inner, const char *field);
/* Content of the next element of this tag. */
struct clv_view clv_der_read(struct clv_reader *r, uint8_t tag, const char *field);
struct clv_view clv_der_octets(struct clv_reader *r, const char *field);
struct clv_view clv_der_octets_n(struct clv_reader *r, size_t len, const char *field);
uint32_t clv_der_octets_u32(struct clv_reader *r, const char *field); /* OCTET STRING of 4 bytes */
/* The next whole element, header included (what a signature covers). */
struct clv_view clv_der_whole(struct clv_reader *r, uint8_t tag, const char *field);
/* A non-negative INTEGER as out_len big-endian bytes, left-padded. Extra leading zeros are
 * taken. */
void clv_der_read_unsigned(struct clv_reader *r, void *out, size_t out_len, const char *field);
/* Content of the next element must be exactly this. */
void clv_der_expect(struct clv_reader *r, uint8_t tag, const void *content, size_t len,
                    const char *field);
/* Faults an inner reader that has something left. */
void clv_der_leave(struct clv_reader *inner);

/* Opens an element; the mark is for the matching close. Elements nest. */
size_t clv_der_open(struct clv_writer *w, uint8_t tag);
void clv_der_close(struct clv_writer *w, size_t mark);
/* Closes with `82 hh ll` whatever the length (at most 65535), as real units do. */
void clv_der_close_82(struct clv_writer *w, size_t mark);
void clv_der_write(struct clv_writer *w, uint8_t tag, const void *content, size_t len);
void clv_der_write_octets(struct clv_writer *w, const void *content, size_t len);
void clv_der_write_octets_u32(struct clv_writer *w, uint32_t v);
/* Big-endian bytes as a minimal non-negative INTEGER. */
void clv_der_write_unsigned(struct clv_writer *w, const void *bytes, size_t len);

#endif
