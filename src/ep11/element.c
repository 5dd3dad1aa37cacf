/* Elements that several messages share. */
#include "internal.h"

#include <string.h>

clv_status clv_ep11_done(const struct clv_reader *r, const char *doing, struct clv_error *err)
{
    return clv_while(err, clv_reader_done(r, err), "%s", doing);
}

void clv_ep11_write_octets_82(struct clv_writer *w, struct clv_view content)
{
    size_t mark = clv_der_open(w, CLV_DER_OCTETS);
    clv_write_view(w, content);
    clv_der_close_82(w, mark);
}

void clv_ep11_write_bits(struct clv_writer *w, struct clv_view bits)
{
    size_t mark = clv_der_open(w, CLV_DER_BIT_STRING);
    clv_write_u8(w, 0);
    clv_write_view(w, bits);
    clv_der_close(w, mark);
}

struct clv_view clv_ep11_read_bits(struct clv_reader *r, const char *field)
{
    struct clv_reader bits;
    clv_der_enter(r, CLV_DER_BIT_STRING, &bits, field);
    if (clv_read_u8(&bits, field) != 0)
        clv_reader_fault(&bits, field, "has unused bits");
    return clv_read_rest(&bits);
}

void clv_ep11_read_fixed(struct clv_reader *r, uint8_t tag, void *out, size_t len,
                         const char *field)
{
    struct clv_view content = clv_der_read(r, tag, field);
    if (content.len == len) {
        memcpy(out, content.data, len);
        return;
    }
    clv_reader_fault(r, field, "has the wrong size");
    memset(out, 0, len);
}
