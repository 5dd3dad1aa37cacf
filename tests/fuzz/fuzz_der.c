/* der: whatever is read is written minimal; read again it is the same tree, and written again the
 * same bytes. A reader never leaves its input (AddressSanitizer looks). */
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"

#define MAX_DEPTH 12

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* Copies every element of r to w in minimal form. */
static void copy_tree(struct clv_reader *r, struct clv_writer *w, unsigned depth)
{
    while (clv_reader_left(r) > 0) {
        uint8_t tag = clv_der_peek(r);
        if ((tag & 0x20) != 0 && depth < MAX_DEPTH) {
            struct clv_reader inner;
            clv_der_enter(r, tag, &inner, "constructed");
            size_t mark = clv_der_open(w, tag);
            copy_tree(&inner, w, depth + 1);
            clv_der_leave(&inner);
            clv_der_close(w, mark);
        } else {
            struct clv_view v = clv_der_read(r, tag, "primitive");
            clv_der_write(w, tag, v.data, v.len);
        }
    }
}

static bool copy(const void *data, size_t len, struct clv_writer *w)
{
    struct clv_reader r;
    clv_reader_init(&r, data, len);
    copy_tree(&r, w, 0);
    must(clv_writer_done(w, NULL) == CLV_OK);
    return clv_reader_done(&r, NULL) == CLV_OK;
}

/* Every typed reader on the same bytes: none may do worse than fail, and views stay inside. */
static void read_typed(const uint8_t *data, size_t len)
{
    struct clv_reader r, seq;
    uint8_t number[32];
    clv_reader_init(&r, data, len);
    struct clv_view whole = clv_der_whole(&r, CLV_DER_SEQUENCE, "whole");
    must(whole.len == 0 || (whole.data == data && whole.len <= len));
    clv_reader_init(&r, data, len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "sequence");
    clv_der_expect(&seq, CLV_DER_OID, "\x2a\x03", 2, "oid");
    clv_der_read_unsigned(&seq, number, sizeof number, "number");
    struct clv_view id = clv_der_octets_n(&seq, 4, "id");
    must(id.len == 4 || !clv_reader_ok(&seq));
    (void)clv_der_octets_u32(&seq, "index");
    clv_der_leave(&seq);
    struct clv_error err = {0};
    must(clv_reader_done(&r, &err) == err.code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct clv_writer first = {0}, second = {0};
    read_typed(data, len);
    if (copy(data, len, &first)) {
        must(first.len <= len);
        must(copy(first.data, first.len, &second));
        must(clv_view_equal(clv_writer_view(&first), clv_writer_view(&second)));
    }
    clv_writer_clear(&first);
    clv_writer_clear(&second);
    return 0;
}
