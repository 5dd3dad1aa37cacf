#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "claviger/der.h"
#include "internal.h"

/* More than the DER form of a 4096-bit private key. */
#define PRIVATE_DER_MAX 3072

/* In the order of RSAPrivateKey (RFC 8017 A.1.2), behind the version. */
static const char *const number_names[] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

/* One number as big-endian bytes at scratch; returns how many, 0 when OpenSSL failed. */
static size_t fetch_number(EVP_PKEY *key, const char *name, uint8_t scratch[CLV_RSA_MAX_LEN])
{
    BIGNUM *n = BN_secure_new();
    size_t len = 0;
    if (n != NULL && EVP_PKEY_get_bn_param(key, name, &n) == 1 &&
        BN_num_bytes(n) <= CLV_RSA_MAX_LEN)
        len = (size_t)BN_bn2bin(n, scratch);
    BN_clear_free(n);
    return len;
}

static bool write_private(EVP_PKEY *key, struct clv_writer *w, uint8_t *scratch)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_INTEGER, "\0", 1);
    for (size_t i = 0; i < sizeof number_names / sizeof number_names[0]; i++) {
        size_t len = fetch_number(key, number_names[i], scratch);
        if (len == 0)
            return false;
        clv_der_write_unsigned(w, scratch, len);
    }
    clv_der_close(w, seq);
    return !w->failed;
}

/* The private key as DER, written where it stays: in a secret. */
static clv_status export_private(EVP_PKEY *key, struct clv_secret **ret, struct clv_error *err)
{
    struct clv_secret *der = NULL, *scratch = NULL;
    clv_status status = clv_secret_new(PRIVATE_DER_MAX, &der, err);
    if (status == CLV_OK)
        status = clv_secret_new(CLV_RSA_MAX_LEN, &scratch, err);
    if (status != CLV_OK)
        goto out;
    struct clv_writer w;
    clv_writer_init_fixed(&w, clv_secret_write(der), PRIVATE_DER_MAX);
    bool ok = write_private(key, &w, clv_secret_write(scratch));
    clv_secret_close(scratch);
    clv_secret_close(der);
    if (!ok) {
        status = clv_crypto_broken(err, "writing an RSA key");
        goto out;
    }
    clv_secret_shrink(der, w.len);
    *ret = der;
    der = NULL;
out:
    clv_secret_free(&scratch);
    clv_secret_free(&der);
    return status;
}

clv_status clv_rsa_generate(unsigned bits, struct clv_secret **ret_private, uint8_t **ret_public,
                            size_t *ret_public_len, struct clv_error *err)
{
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return clv_fail(err, CLV_E_UNSUPPORTED, "RSA keys have 2048, 3072 or 4096 bits, not %u",
                        bits);
    struct clv_secret *private_der = NULL;
    EVP_PKEY *key = EVP_RSA_gen(bits);
    clv_status status = key != NULL ? export_private(key, &private_der, err)
                                    : clv_crypto_broken(err, "making an RSA key");
    EVP_PKEY_free(key);
    clv_crypto_scrub();
    if (status == CLV_OK)
        status = clv_rsa_public(private_der, ret_public, ret_public_len, err);
    if (status != CLV_OK) {
        clv_secret_free(&private_der);
        return status;
    }
    *ret_private = private_der;
    return CLV_OK;
}
