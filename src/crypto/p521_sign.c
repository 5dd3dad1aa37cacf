#include <openssl/err.h>
#include <string.h>

#include "claviger/der.h"
#include "internal.h"

#define HALF CLV_P521_SCALAR_LEN

static bool sign(EVP_PKEY *key, const uint8_t digest[CLV_SHA512_LEN],
                 uint8_t out[CLV_P521_SIGNATURE_MAX], size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    *len = CLV_P521_SIGNATURE_MAX;
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha512()) == 1 &&
              EVP_PKEY_sign(ctx, out, len, digest, CLV_SHA512_LEN) == 1;
    EVP_PKEY_CTX_free(ctx);
    /* Without memory for the DER, OpenSSL 3.0 reports success and a length of -1. */
    return ok && *len > 0 && *len <= CLV_P521_SIGNATURE_MAX;
}

clv_status clv_p521_sign(const struct clv_secret *scalar, const uint8_t digest[CLV_SHA512_LEN],
                         uint8_t ret_sig[CLV_P521_SIGNATURE_MAX], size_t *ret_len,
                         struct clv_error *err)
{
    struct clv_p521 c = {0};
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    clv_status status =
        clv_p521_open(&c) ? clv_p521_load_scalar(&c, scalar, err) : clv_crypto_broken(err, "P-521");
    if (status == CLV_OK) {
        EVP_PKEY *key = clv_p521_private_key(&c);
        if (key == NULL || !sign(key, digest, sig, &len))
            status = clv_crypto_broken(err, "an ECDSA signature");
        EVP_PKEY_free(key);
    }
    clv_p521_close(&c);
    clv_crypto_scrub();
    if (status != CLV_OK)
        return status;
    memcpy(ret_sig, sig, len);
    *ret_len = len;
    return CLV_OK;
}

static clv_status split(const void *sig, size_t len, uint8_t r[HALF], uint8_t s[HALF],
                        struct clv_error *err)
{
    struct clv_reader in, seq;
    clv_reader_init(&in, sig, len);
    clv_der_enter(&in, CLV_DER_SEQUENCE, &seq, "signature");
    clv_der_read_unsigned(&seq, r, HALF, "r");
    clv_der_read_unsigned(&seq, s, HALF, "s");
    clv_der_leave(&seq);
    return clv_reader_done(&in, err);
}

static size_t join(const uint8_t r[HALF], const uint8_t s[HALF],
                   uint8_t out[CLV_P521_SIGNATURE_MAX])
{
    struct clv_writer w;
    clv_writer_init_fixed(&w, out, CLV_P521_SIGNATURE_MAX);
    size_t seq = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, r, HALF);
    clv_der_write_unsigned(&w, s, HALF);
    clv_der_close(&w, seq);
    return w.failed ? 0 : w.len;
}

clv_status clv_p521_sign_raw(const struct clv_secret *scalar, const uint8_t digest[CLV_SHA512_LEN],
                             uint8_t ret_r[66], uint8_t ret_s[66], struct clv_error *err)
{
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    clv_status status = clv_p521_sign(scalar, digest, sig, &len, err);
    return status == CLV_OK ? split(sig, len, ret_r, ret_s, err) : status;
}

static bool verify(EVP_PKEY *key, const uint8_t digest[CLV_SHA512_LEN], const uint8_t *sig,
                   size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha512()) == 1 &&
              EVP_PKEY_verify(ctx, sig, len, digest, CLV_SHA512_LEN) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

clv_status clv_p521_verify_raw(const uint8_t point[CLV_P521_POINT_LEN],
                               const uint8_t digest[CLV_SHA512_LEN], const uint8_t r[66],
                               const uint8_t s[66], struct clv_error *err)
{
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = join(r, s, sig);
    /* Reading a key refuses what is not on the curve, but would take other forms of a point. */
    EVP_PKEY *key = point[0] == POINT_CONVERSION_UNCOMPRESSED ? clv_p521_public_key(point) : NULL;
    bool good = key != NULL && verify(key, digest, sig, len);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return good ? CLV_OK
                : clv_crypto_refused(err, CLV_E_FORGED, "the P-521 signature does not hold");
}

/* There must be one signature for one pair of numbers: what is not the form we would write
 * ourselves is refused. */
clv_status clv_p521_verify(const uint8_t point[CLV_P521_POINT_LEN],
                           const uint8_t digest[CLV_SHA512_LEN], const void *sig, size_t sig_len,
                           struct clv_error *err)
{
    uint8_t r[HALF], s[HALF], strict[CLV_P521_SIGNATURE_MAX];
    if (split(sig, sig_len, r, s, NULL) != CLV_OK || join(r, s, strict) != sig_len ||
        memcmp(strict, sig, sig_len) != 0)
        return clv_fail(err, CLV_E_FORGED, "the P-521 signature is malformed");
    return clv_p521_verify_raw(point, digest, r, s, err);
}
