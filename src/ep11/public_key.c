/* SubjectPublicKeyInfo and the three kinds of subject key identifier (docs/protocol.md, b.5). */
#include "internal.h"

#include <string.h>

void clv_ep11_spki_encode(struct clv_writer *w, const struct clv_ep11_public_key *key)
{
    size_t spki = clv_der_open(w, CLV_DER_SEQUENCE);
    if (key->type == CLV_EP11_KEY_RSA) {
        clv_ep11_algorithm_write(w, CLV_OID_RSA, CLV_NULL_PRESENT);
    } else {
        size_t algorithm = clv_der_open(w, CLV_DER_SEQUENCE);
        clv_ep11_oid_write(w, CLV_OID_EC_PUBLIC_KEY);
        clv_ep11_oid_write(w, CLV_OID_P521);
        clv_der_close(w, algorithm);
    }
    clv_ep11_write_bits(w, key->bits);
    clv_der_close(w, spki);
}

static void read_key_algorithm(struct clv_reader *r, struct clv_ep11_public_key *ret)
{
    struct clv_reader seq;
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "key algorithm");
    enum clv_ep11_oid oid = clv_ep11_oid_read(&seq, "key algorithm");
    if (oid == CLV_OID_EC_PUBLIC_KEY) {
        ret->type = CLV_EP11_KEY_P521;
        clv_ep11_oid_expect(&seq, CLV_OID_P521, "curve");
    } else if (oid == CLV_OID_RSA) {
        ret->type = CLV_EP11_KEY_RSA;
        if (clv_reader_left(&seq) > 0)
            clv_der_expect(&seq, CLV_DER_NULL, NULL, 0, "key algorithm");
    } else {
        clv_reader_fault(&seq, "key algorithm", "is neither P-521 nor RSA");
    }
    clv_der_leave(&seq);
}

void clv_ep11_spki_read(struct clv_reader *r, struct clv_ep11_public_key *ret)
{
    struct clv_reader seq;
    *ret = (struct clv_ep11_public_key){0};
    clv_der_enter(r, CLV_DER_SEQUENCE, &seq, "SubjectPublicKeyInfo");
    read_key_algorithm(&seq, ret);
    ret->bits = clv_ep11_read_bits(&seq, "public key");
    clv_der_leave(&seq);
}

clv_status clv_ep11_public_key_check(struct clv_ep11_public_key *key, struct clv_error *err)
{
    if (key->type == CLV_EP11_KEY_P521)
        return clv_p521_check_point(key->bits.data, key->bits.len, err);

    unsigned bits = 0;
    clv_status status = clv_rsa_modulus_bits(key->bits.data, key->bits.len, &bits, err);
    if (status != CLV_OK)
        return status;
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return clv_fail(err, CLV_E_FORMAT, "an RSA key of %u bits is not used by crypto units",
                        bits);
    key->rsa_bits = bits;
    return CLV_OK;
}

clv_status clv_ep11_spki_decode(struct clv_view bytes, struct clv_ep11_public_key *ret,
                                struct clv_error *err)
{
    struct clv_ep11_public_key key;
    struct clv_reader r;
    clv_reader_init(&r, bytes.data, bytes.len);
    clv_ep11_spki_read(&r, &key);
    clv_status status = clv_reader_done(&r, err);
    if (status == CLV_OK)
        status = clv_ep11_public_key_check(&key, err);
    if (status == CLV_OK)
        *ret = key;
    return clv_while(err, status, "reading a public key");
}

void clv_ep11_admin_ski(const struct clv_ep11_public_key *key, uint8_t ret[CLV_SKI_LEN])
{
    clv_sha256(key->bits.data, key->bits.len, ret);
}

void clv_ep11_importer_ski(const struct clv_ep11_public_key *key, uint8_t ret[CLV_SKI_LEN])
{
    size_t skip = key->type == CLV_EP11_KEY_P521 && key->bits.len > 0 ? 1 : 0;
    clv_sha256(key->bits.data + skip, key->bits.len - skip, ret);
}

void clv_ep11_device_ski(const uint8_t point[CLV_P521_POINT_LEN], uint8_t ret[CLV_SKI_LEN])
{
    uint8_t digest[CLV_SHA512_LEN];
    clv_sha512(point, CLV_P521_POINT_LEN, digest);
    memcpy(ret, digest, CLV_SKI_LEN);
}
