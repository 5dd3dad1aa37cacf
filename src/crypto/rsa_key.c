#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "claviger/der.h"
#include "internal.h"

#define NUM_PUBLIC 2
#define NUM_PRIVATE 8

/* The numbers of a key as RFC 8017 appendix A.1 puts them in order; a public key has the first two.
 */
static const char *const number_names[NUM_PRIVATE] = {
    OSSL_PKEY_PARAM_RSA_N,         OSSL_PKEY_PARAM_RSA_E,
    OSSL_PKEY_PARAM_RSA_D,         OSSL_PKEY_PARAM_RSA_FACTOR1,
    OSSL_PKEY_PARAM_RSA_FACTOR2,   OSSL_PKEY_PARAM_RSA_EXPONENT1,
    OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
};

struct numbers {
    struct clv_view view[NUM_PRIVATE];
    size_t num;
};

static struct clv_view read_number(struct clv_reader *r, const char *field)
{
    struct clv_view v = clv_der_read(r, CLV_DER_INTEGER, field);
    if (v.len == 0 || (v.data[0] & 0x80) != 0)
        clv_reader_fault(r, field, "is not a positive number");
    while (v.len > 0 && v.data[0] == 0) {
        v.data++;
        v.len--;
    }
    return v;
}

static clv_status read_key(const void *der, size_t len, bool private, struct numbers *out,
                           struct clv_error *err)
{
    struct clv_reader in, seq;
    clv_reader_init(&in, der, len);
    clv_der_enter(&in, CLV_DER_SEQUENCE, &seq, "RSA key");
    if (private)
        clv_der_expect(&seq, CLV_DER_INTEGER, "\0", 1, "version");
    out->num = private ? NUM_PRIVATE : NUM_PUBLIC;
    for (size_t i = 0; i < out->num; i++)
        out->view[i] = read_number(&seq, number_names[i]);
    clv_der_leave(&seq);
    return clv_reader_done(&in, err);
}

static bool is_our_exponent(struct clv_view e)
{
    static const uint8_t f4[] = {1, 0, 1};
    return clv_view_equal(e, clv_view_of(f4, sizeof f4));
}

/* Modulus of full length, odd, and the one exponent: what everything else here relies on. */
static clv_status check_public(const struct numbers *key, struct clv_error *err)
{
    struct clv_view n = key->view[0];
    if (n.len != 256 && n.len != 384 && n.len != 512)
        return clv_fail(err, CLV_E_FORMAT,
                        "the RSA key is not one of 2048, 3072 or 4096 bits (its modulus has %zu "
                        "bytes)",
                        n.len);
    if ((n.data[0] & 0x80) == 0 || (n.data[n.len - 1] & 1) == 0)
        return clv_fail(err, CLV_E_FORMAT, "the modulus of the RSA key is too small or even");
    if (!is_our_exponent(key->view[1]))
        return clv_fail(err, CLV_E_FORMAT, "the exponent of the RSA key is not %d",
                        CLV_RSA_EXPONENT);
    return CLV_OK;
}

/* The parameters keep a pointer to each number until they are built. */
static bool push_numbers(OSSL_PARAM_BLD *bld, const struct numbers *key, BIGNUM *bn[NUM_PRIVATE])
{
    for (size_t i = 0; i < key->num; i++) {
        bn[i] = i < NUM_PUBLIC ? BN_new() : BN_secure_new();
        if (bn[i] == NULL || BN_bin2bn(key->view[i].data, (int)key->view[i].len, bn[i]) == NULL ||
            OSSL_PARAM_BLD_push_BN(bld, number_names[i], bn[i]) != 1)
            return false;
    }
    return true;
}

static EVP_PKEY *make_key(const struct numbers *key)
{
    BIGNUM *bn[NUM_PRIVATE] = {0};
    OSSL_PARAM *params = NULL;
    EVP_PKEY *made = NULL;
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    int selection = key->num == NUM_PRIVATE ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    if (bld != NULL && ctx != NULL && push_numbers(bld, key, bn))
        params = OSSL_PARAM_BLD_to_param(bld);
    if (params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &made, selection, params) != 1)
        made = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(bld);
    EVP_PKEY_CTX_free(ctx);
    for (size_t i = 0; i < NUM_PRIVATE; i++)
        BN_clear_free(bn[i]);
    return made;
}

static clv_status load(const void *der, size_t len, bool private, EVP_PKEY **ret,
                       struct clv_error *err)
{
    struct numbers key = {0};
    clv_status status = read_key(der, len, private, &key, err);
    if (status == CLV_OK)
        status = check_public(&key, err);
    if (status != CLV_OK)
        return status;
    EVP_PKEY *made = make_key(&key);
    if (made == NULL)
        return clv_crypto_refused(err, CLV_E_FORMAT,
                                  "the numbers of the RSA key do not make a key");
    *ret = made;
    return CLV_OK;
}

clv_status clv_rsa_public_key(const void *der, size_t len, EVP_PKEY **ret, struct clv_error *err)
{
    return load(der, len, false, ret, err);
}

clv_status clv_rsa_private_key(const struct clv_secret *der, EVP_PKEY **ret, struct clv_error *err)
{
    clv_status status = load(clv_secret_read(der), clv_secret_len(der), true, ret, err);
    clv_secret_close(der);
    return status;
}

/* RSAPublicKey DER of a modulus and our exponent. */
static clv_status write_public(struct clv_view modulus, uint8_t **ret, size_t *ret_len,
                               struct clv_error *err)
{
    static const uint8_t f4[] = {1, 0, 1};
    struct clv_writer w = {0};
    size_t seq = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, modulus.data, modulus.len);
    clv_der_write_unsigned(&w, f4, sizeof f4);
    clv_der_close(&w, seq);
    clv_status status = clv_writer_detach(&w, ret, ret_len, err);
    clv_writer_clear(&w);
    return status;
}

clv_status clv_rsa_public(const struct clv_secret *private_der, uint8_t **ret_public,
                          size_t *ret_public_len, struct clv_error *err)
{
    struct numbers key = {0};
    const uint8_t *der = clv_secret_read(private_der);
    clv_status status = read_key(der, clv_secret_len(private_der), true, &key, err);
    if (status == CLV_OK)
        status = check_public(&key, err);
    if (status == CLV_OK)
        status = write_public(key.view[0], ret_public, ret_public_len, err);
    clv_secret_close(private_der);
    return status;
}

clv_status clv_rsa_modulus_bits(const void *public_der, size_t len, unsigned *ret_bits,
                                struct clv_error *err)
{
    struct numbers key = {0};
    clv_status status = read_key(public_der, len, false, &key, err);
    if (status == CLV_OK)
        status = check_public(&key, err);
    if (status == CLV_OK)
        *ret_bits = (unsigned)key.view[0].len * 8;
    return status;
}
