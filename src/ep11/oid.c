/* Object identifiers of this protocol, as the content bytes of their DER form. */
#include "internal.h"

/* clang-format off */
static const uint8_t sha256[]        = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
static const uint8_t sha512[]        = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03};
static const uint8_t rsa[]           = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t sha256_rsa[]    = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b};
static const uint8_t ecdsa_sha512[]  = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04};
static const uint8_t dilithium[]     = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b,
                                        0x01, 0x08, 0x07};
static const uint8_t ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t p521[]          = {0x2b, 0x81, 0x04, 0x00, 0x23};
static const uint8_t aes256_wrap[]   = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d};
static const uint8_t std_dh_sha256[] = {0x2b, 0x81, 0x04, 0x01, 0x0b, 0x01};
static const uint8_t common_name[]   = {0x55, 0x04, 0x03};
static const uint8_t org_unit[]      = {0x55, 0x04, 0x0b};
static const uint8_t subject_key[]   = {0x55, 0x1d, 0x0e};

#define OID(bytes) {bytes, sizeof(bytes)}
static const struct clv_view oids[] = {
    [CLV_OID_SHA256]              = OID(sha256),
    [CLV_OID_SHA512]              = OID(sha512),
    [CLV_OID_RSA]                 = OID(rsa),
    [CLV_OID_SHA256_RSA]          = OID(sha256_rsa),
    [CLV_OID_ECDSA_SHA512]        = OID(ecdsa_sha512),
    [CLV_OID_DILITHIUM_R2_87]     = OID(dilithium),
    [CLV_OID_EC_PUBLIC_KEY]       = OID(ec_public_key),
    [CLV_OID_P521]                = OID(p521),
    [CLV_OID_AES256_WRAP]         = OID(aes256_wrap),
    [CLV_OID_STD_DH_SHA256]       = OID(std_dh_sha256),
    [CLV_OID_COMMON_NAME]         = OID(common_name),
    [CLV_OID_ORGANIZATIONAL_UNIT] = OID(org_unit),
    [CLV_OID_SUBJECT_KEY_ID]      = OID(subject_key),
};
/* clang-format on */

#define NUM_OIDS (sizeof(oids) / sizeof(oids[0]))

void clv_ep11_oid_write(struct clv_writer *w, enum clv_ep11_oid oid)
{
    clv_der_write(w, CLV_DER_OID, oids[oid].data, oids[oid].len);
}

enum clv_ep11_oid clv_ep11_oid_read(struct clv_reader *r, const char *field)
{
    struct clv_view content = clv_der_read(r, CLV_DER_OID, field);
    for (size_t i = CLV_OID_UNKNOWN + 1; i < NUM_OIDS; i++)
        if (clv_view_equal(content, oids[i]))
            return (enum clv_ep11_oid)i;
    return CLV_OID_UNKNOWN;
}

void clv_ep11_oid_expect(struct clv_reader *r, enum clv_ep11_oid oid, const char *field)
{
    if (clv_ep11_oid_read(r, field) != oid)
        clv_reader_fault(r, field, "is another object identifier");
}

void clv_ep11_algorithm_write(struct clv_writer *w, enum clv_ep11_oid oid, enum clv_ep11_null null)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_ep11_oid_write(w, oid);
    if (null == CLV_NULL_PRESENT)
        clv_der_write(w, CLV_DER_NULL, NULL, 0);
    clv_der_close(w, seq);
}

enum clv_ep11_oid clv_ep11_algorithm_read(struct clv_reader *r, const char *field)
{
    struct clv_reader seq;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, field);
    enum clv_ep11_oid oid = clv_ep11_oid_read(&seq, field);
    if (clv_reader_left(&seq) > 0)
        clv_der_expect(&seq, CLV_DER_NULL, NULL, 0, field);
    clv_der_leave(&seq);
    return oid;
}

void clv_ep11_algorithm_expect(struct clv_reader *r, enum clv_ep11_oid oid, const char *field)
{
    if (clv_ep11_algorithm_read(r, field) != oid)
        clv_reader_fault(r, field, "is another algorithm");
}
