/* Device certificates of CEX8 and of CEX5 (docs/protocol.md, b.10): read only, by fixed offsets,
 * since that is how they are published. A software unit never makes one. */
#include "internal.h"

#include <string.h>

static struct clv_view piece(struct clv_view bytes, size_t at, size_t len)
{
    return clv_view_of(bytes.data + at, len);
}

/* ---- CEX8: two lengths, and with them two sets of offsets behind the SignerInfo's start ---- */
#define CEX8_META_AT 4
#define CEX8_META_LEN 95
#define CEX8_AUX_AT 99
#define CEX8_AUX_LEN 83
#define CEX8_SIGNER_AT 182
#define CEX8_ADAPTER_ID_AT 25  /* in the metadata */
#define CEX8_SIGNER_SKI_AT 9   /* in the SignerInfo */
#define CEX8_SUBJECT_SKI_AT 23 /* in the key information */
#define CEX8_OA_INFO_AT 57     /* in the key information, up to its end */
#define CEX8_POINT_AT 25       /* in the SubjectPublicKeyInfo */
#define CEX8_SPKI_LEN 158

struct cex8_layout {
    size_t cert_len;
    size_t key_header_at, key_header_len;
    size_t key_info_at, key_info_len;
    size_t spki_at;
    size_t r_at, s_at;
};

static const struct cex8_layout cex8_layouts[] = {
    {.cert_len = 7973,
     .key_header_at = 54,
     .key_header_len = 7,
     .key_info_at = 61,
     .key_info_len = 137,
     .spki_at = 198,
     .r_at = 376,
     .s_at = 444},
    {.cert_len = 7810,
     .key_header_at = 54,
     .key_header_len = 5,
     .key_info_at = 59,
     .key_info_len = 57,
     .spki_at = 116,
     .r_at = 294,
     .s_at = 362},
};

clv_status clv_ep11_device_cert_decode_cex8(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                            struct clv_error *err)
{
    const struct cex8_layout *l = NULL;
    for (size_t i = 0; i < sizeof(cex8_layouts) / sizeof(cex8_layouts[0]); i++)
        if (cex8_layouts[i].cert_len == bytes.len)
            l = &cex8_layouts[i];
    if (!l)
        return clv_fail(err, CLV_E_FORMAT, "a CEX8 certificate has 7810 or 7973 bytes, not %zu",
                        bytes.len);

    struct clv_view meta = piece(bytes, CEX8_META_AT, CEX8_META_LEN);
    struct clv_view signer = piece(bytes, CEX8_SIGNER_AT, bytes.len - CEX8_SIGNER_AT);
    struct clv_view key_info = piece(signer, l->key_info_at, l->key_info_len);
    struct clv_view spki = piece(signer, l->spki_at, CEX8_SPKI_LEN);
    ret->format = 3;
    ret->composite[0] = meta;
    ret->composite[1] = piece(bytes, CEX8_AUX_AT, CEX8_AUX_LEN);
    ret->composite[2] = piece(signer, l->key_header_at, l->key_header_len);
    ret->composite[3] = key_info;
    ret->composite[4] = spki;
    ret->num_composite = 5;
    ret->oa_info = piece(key_info, CEX8_OA_INFO_AT, key_info.len - CEX8_OA_INFO_AT);
    memcpy(ret->point, spki.data + CEX8_POINT_AT, sizeof(ret->point));
    memcpy(ret->subject_ski, key_info.data + CEX8_SUBJECT_SKI_AT, CLV_SKI_LEN);
    memcpy(ret->signer_ski, signer.data + CEX8_SIGNER_SKI_AT, CLV_SKI_LEN);
    memcpy(ret->r, signer.data + l->r_at, sizeof(ret->r));
    memcpy(ret->s, signer.data + l->s_at, sizeof(ret->s));
    memcpy(ret->adapter_id, meta.data + CEX8_ADAPTER_ID_AT, sizeof(ret->adapter_id));
    return CLV_OK;
}

/* ---- CEX5: offsets in the data, each relative to where it stands ---- */
#define CEX5_NEW_CERT 1
#define CEX5_KEY_ECC 2
#define CEX5_CURVE_PRIME 0
#define CEX5_CURVE_BITS 521
#define CEX5_ADAPTER_ID_AT 36
#define CEX5_ADAPTER_ID_LEN 8
#define CEX5_NAME_AT 52
#define CEX5_PARENT_AT 64
#define CEX5_NAME_LEN 8

/* The bytes that the offset and length at `at` point to. */
static struct clv_view pointed_at(struct clv_reader *fault, struct clv_view bytes, size_t at,
                                  const char *field)
{
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    (void)clv_read_bytes(&r, at, field);
    size_t offset = clv_read_u32(&r, field);
    size_t len = clv_read_u32(&r, field);
    if (clv_reader_ok(&r) && at + offset <= bytes.len && len <= bytes.len - at - offset)
        return piece(bytes, at + offset, len);
    clv_reader_fault(fault, field, "lies outside the certificate");
    return (struct clv_view){0};
}

static void read_cex5_key(struct clv_reader *fault, struct clv_view key,
                          struct clv_ep11_device_cert *ret)
{
    struct clv_reader r;
    clv_reader_init(&r, key.data, key.len);
    (void)clv_read_bytes(&r, 20, "key header");
    uint8_t curve = clv_read_u8(&r, "curve");
    (void)clv_read_u8(&r, "reserved");
    uint16_t bits = clv_read_u16(&r, "curve size");
    uint16_t len = clv_read_u16(&r, "point length");
    clv_read_into(&r, ret->point, sizeof(ret->point), "point");
    if (!clv_reader_ok(&r) || curve != CEX5_CURVE_PRIME || bits != CEX5_CURVE_BITS ||
        len != sizeof(ret->point))
        clv_reader_fault(fault, "device key", "is not a P-521 key");
}

static void read_cex5_signature(struct clv_reader *fault, struct clv_view signature,
                                struct clv_ep11_device_cert *ret)
{
    const size_t header = 8;
    if (signature.len != header + sizeof(ret->r) + sizeof(ret->s)) {
        clv_reader_fault(fault, "signature", "has the wrong size");
        return;
    }
    memcpy(ret->r, signature.data + header, sizeof(ret->r));
    memcpy(ret->s, signature.data + header + sizeof(ret->r), sizeof(ret->s));
}

/* Names of eight bytes stand where newer formats have identifiers of 32. */
static void read_cex5_names(struct clv_reader *fault, struct clv_view body,
                            struct clv_ep11_device_cert *ret)
{
    if (body.len < CEX5_PARENT_AT + CEX5_NAME_LEN) {
        clv_reader_fault(fault, "body", "ends too early");
        return;
    }
    memcpy(ret->subject_ski, body.data + CEX5_NAME_AT, CEX5_NAME_LEN);
    memcpy(ret->signer_ski, body.data + CEX5_PARENT_AT, CEX5_NAME_LEN);
    memcpy(ret->adapter_id, body.data + CEX5_ADAPTER_ID_AT, CEX5_ADAPTER_ID_LEN);
}

clv_status clv_ep11_device_cert_decode_cex5(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                            struct clv_error *err)
{
    struct clv_reader r, b;
    clv_reader_init(&r, bytes.data, bytes.len);
    (void)clv_read_u32(&r, "header");
    if (clv_read_u32(&r, "certificate type") != CEX5_NEW_CERT)
        clv_reader_fault(&r, "certificate type", "is not known");
    struct clv_view body = pointed_at(&r, bytes, 8, "body");
    struct clv_view signature = pointed_at(&r, bytes, 16, "signature");
    clv_reader_init(&b, body.data, body.len);
    (void)clv_read_u32(&b, "body header");
    if (clv_read_u32(&b, "key type") != CEX5_KEY_ECC)
        clv_reader_fault(&r, "key type", "is not elliptic curve");
    read_cex5_key(&r, pointed_at(&r, body, 8, "key"), ret);
    read_cex5_signature(&r, signature, ret);
    read_cex5_names(&r, body, ret);
    (void)clv_read_rest(&r);
    clv_status status = clv_reader_done(&r, err);
    if (status != CLV_OK)
        return status;
    ret->format = 1;
    ret->composite[0] = body;
    ret->num_composite = 1;
    return CLV_OK;
}
