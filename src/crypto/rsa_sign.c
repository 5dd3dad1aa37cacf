#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "internal.h"

/* ANSI X9.31 block: 6B, BB..., BA, hash, 34 (SHA-256), CC. OpenSSL's own X9.31 signer returns the
 * smaller of s and n - s, the clients this has to agree with do not: the block is made here. */
static void make_block(const uint8_t digest[CLV_SHA256_LEN], uint8_t *block, size_t len)
{
    const size_t tail = CLV_SHA256_LEN + 2;
    memset(block, 0xbb, len);
    block[0] = 0x6b;
    block[len - tail - 1] = 0xba;
    memcpy(block + len - tail, digest, CLV_SHA256_LEN);
    block[len - 2] = 0x34;
    block[len - 1] = 0xcc;
}

static bool raw_private(EVP_PKEY *key, const uint8_t *block, uint8_t *out, size_t len)
{
    size_t out_len = len;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_sign_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
              EVP_PKEY_sign(ctx, out, &out_len, block, len) == 1 && out_len == len;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* in^e mod n. False: in is not below n. */
static bool raw_public(EVP_PKEY *key, const uint8_t *in, uint8_t *out, size_t len)
{
    size_t out_len = len;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
              EVP_PKEY_encrypt(ctx, out, &out_len, in, len) == 1 && out_len == len;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

clv_status clv_rsa_sign_x931(const struct clv_secret *private_der,
                             const uint8_t digest[CLV_SHA256_LEN], uint8_t *ret_sig, size_t cap,
                             size_t *ret_len, struct clv_error *err)
{
    EVP_PKEY *key = NULL;
    clv_status status = clv_rsa_private_key(private_der, &key, err);
    if (status != CLV_OK)
        return status;
    uint8_t block[CLV_RSA_MAX_LEN], sig[CLV_RSA_MAX_LEN];
    size_t len = (size_t)EVP_PKEY_get_size(key);
    if (len > cap || len > sizeof block) {
        status = clv_fail(err, CLV_E_INTERNAL, "an RSA signature of %zu bytes does not fit", len);
    } else {
        make_block(digest, block, len);
        if (!raw_private(key, block, sig, len))
            status = clv_crypto_broken(err, "an RSA signature");
    }
    EVP_PKEY_free(key);
    clv_crypto_scrub();
    if (status != CLV_OK)
        return status;
    memcpy(ret_sig, sig, len);
    *ret_len = len;
    return CLV_OK;
}

/* a = n - a for big-endian numbers of the same length, a < n. */
static bool negate(EVP_PKEY *key, uint8_t *a, size_t len)
{
    BIGNUM *n = NULL;
    BIGNUM *v = BN_bin2bn(a, (int)len, NULL);
    bool ok = v != NULL && EVP_PKEY_get_bn_param(key, "n", &n) == 1 && BN_sub(v, n, v) == 1 &&
              BN_bn2binpad(v, a, (int)len) == (int)len;
    BN_free(v);
    BN_free(n);
    return ok;
}

static bool holds_x931(EVP_PKEY *key, const uint8_t digest[CLV_SHA256_LEN], const uint8_t *sig,
                       size_t len)
{
    uint8_t expected[CLV_RSA_MAX_LEN], got[CLV_RSA_MAX_LEN];
    if (len != (size_t)EVP_PKEY_get_size(key) || !raw_public(key, sig, got, len))
        return false;
    make_block(digest, expected, len);
    if (memcmp(expected, got, len) == 0)
        return true;
    return negate(key, got, len) && memcmp(expected, got, len) == 0;
}

clv_status clv_rsa_verify_x931(const void *public_der, size_t len,
                               const uint8_t digest[CLV_SHA256_LEN], const void *sig,
                               size_t sig_len, struct clv_error *err)
{
    EVP_PKEY *key = NULL;
    clv_status status = clv_rsa_public_key(public_der, len, &key, err);
    if (status != CLV_OK)
        return status;
    bool holds = holds_x931(key, digest, sig, sig_len);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return holds ? CLV_OK
                 : clv_crypto_refused(err, CLV_E_FORGED, "the RSA signature does not hold");
}

static bool holds_pkcs1(EVP_PKEY *key, const uint8_t digest[CLV_SHA256_LEN], const uint8_t *sig,
                        size_t len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_verify_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_verify(ctx, sig, len, digest, CLV_SHA256_LEN) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

clv_status clv_rsa_verify_pkcs1(const void *public_der, size_t len,
                                const uint8_t digest[CLV_SHA256_LEN], const void *sig,
                                size_t sig_len, struct clv_error *err)
{
    EVP_PKEY *key = NULL;
    clv_status status = clv_rsa_public_key(public_der, len, &key, err);
    if (status != CLV_OK)
        return status;
    bool holds = holds_pkcs1(key, digest, sig, sig_len);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return holds ? CLV_OK
                 : clv_crypto_refused(err, CLV_E_FORGED, "the RSA signature does not hold");
}
