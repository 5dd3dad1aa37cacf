/* Parameter maps of EXPORT_WK, and the certificate of its recipients (docs/protocol.md, b.11). */
#include "internal.h"

#include <string.h>

void clv_ep11_parameters_encode(struct clv_writer *w, const struct clv_ep11_parameter *entries,
                                size_t num)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    for (size_t i = 0; i < num; i++) {
        size_t entry = clv_der_open(w, CLV_DER_OCTETS);
        clv_write_u16(w, entries[i].tag);
        clv_write_u32(w, entries[i].index);
        clv_write_view(w, entries[i].data);
        clv_der_close(w, entry);
    }
    clv_der_close(w, seq);
}

clv_status clv_ep11_parameters_decode(struct clv_view bytes, struct clv_ep11_parameter *ret_entries,
                                      size_t cap, size_t *ret_num, struct clv_error *err)
{
    size_t num = 0;
    struct clv_reader r, seq;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "parameter map");
    for (; clv_reader_left(&seq) > 0 && num < cap; num++) {
        struct clv_reader entry;
        clv_der_enter(&seq, CLV_DER_OCTETS, &entry, "parameter");
        ret_entries[num].tag = clv_read_u16(&entry, "parameter type");
        ret_entries[num].index = clv_read_u32(&entry, "parameter index");
        ret_entries[num].data = clv_read_rest(&entry);
    }
    if (clv_reader_left(&seq) > 0)
        clv_reader_fault(&seq, "parameter map", "has too many entries");
    clv_der_leave(&seq);
    clv_status status = clv_ep11_done(&r, "reading a parameter map", err);
    if (status == CLV_OK)
        *ret_num = num;
    return status;
}

/* Bytes 36 to 43 of the certificate: 'K', one part needed, one part in all, a reserved byte, prime
 * curve, a byte that is always 85, and the 521 bits of the key. The point follows. */
#define KPH_HEAD_AT 36
#define KPH_POINT_AT 44
static const uint8_t kph_head[] = {'K', 1, 1, 0, 0, 0x85, 0x02, 0x09};

void clv_ep11_kph_cert_encode(const uint8_t point[CLV_P521_POINT_LEN],
                              uint8_t ret[CLV_EP11_KPH_CERT_LEN])
{
    memset(ret, 0, CLV_EP11_KPH_CERT_LEN);
    memcpy(ret + KPH_HEAD_AT, kph_head, sizeof(kph_head));
    memcpy(ret + KPH_POINT_AT, point, CLV_P521_POINT_LEN);
}

clv_status clv_ep11_kph_cert_decode(struct clv_view bytes, uint8_t ret_point[CLV_P521_POINT_LEN],
                                    struct clv_error *err)
{
    if (bytes.len != CLV_EP11_KPH_CERT_LEN ||
        memcmp(bytes.data + KPH_HEAD_AT, kph_head, sizeof(kph_head)) != 0)
        return clv_fail(err, CLV_E_FORMAT, "not the certificate of a key-part holder");
    const uint8_t *point = bytes.data + KPH_POINT_AT;
    clv_status status = clv_p521_check_point(point, CLV_P521_POINT_LEN, err);
    if (status == CLV_OK)
        memcpy(ret_point, point, CLV_P521_POINT_LEN);
    return clv_while(err, status, "reading a key-part holder's certificate");
}
