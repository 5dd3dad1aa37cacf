/* Signature keys as the rest of the program uses them. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

clv_status clv_sigkey_from_scalar(struct clv_secret **take_scalar, struct clv_sigkey *ret,
                                  struct clv_error *err)
{
    struct clv_sigkey key = {.type = CLV_SIGKEY_P521};
    clv_status st;

    if (clv_secret_len(*take_scalar) != CLV_P521_SCALAR_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a P-521 scalar has %d bytes, this one has %zu",
                        CLV_P521_SCALAR_LEN, clv_secret_len(*take_scalar));
    if ((st = clv_p521_point(*take_scalar, key.point, err)) != CLV_OK)
        return st;
    clv_sha256(key.point, sizeof key.point, key.ski);
    key.key = *take_scalar;
    *take_scalar = NULL;
    *ret = key;
    return CLV_OK;
}

clv_status clv_sigkey_from_rsa(struct clv_secret **take_der, struct clv_sigkey *ret,
                               struct clv_error *err)
{
    struct clv_sigkey key = {.type = CLV_SIGKEY_RSA};
    clv_status st = clv_rsa_public(*take_der, &key.rsa_public, &key.rsa_public_len, err);

    if (st != CLV_OK)
        return st;
    clv_sha256(key.rsa_public, key.rsa_public_len, key.ski);
    key.key = *take_der;
    *take_der = NULL;
    *ret = key;
    return CLV_OK;
}

clv_status clv_sigkey_from_payload(enum clv_sigkey_type type, struct clv_secret **take_payload,
                                   struct clv_sigkey *ret, struct clv_error *err)
{
    if (type == CLV_SIGKEY_RSA)
        return clv_sigkey_from_rsa(take_payload, ret, err);
    return clv_sigkey_from_scalar(take_payload, ret, err);
}

enum { NONCE_LEN = 64, RSA_SIGNATURE_MAX = 512 };

static clv_status prove_rsa(const struct clv_sigkey *key, const uint8_t nonce[NONCE_LEN],
                            struct clv_error *err)
{
    uint8_t digest[CLV_SHA256_LEN], sig[RSA_SIGNATURE_MAX];
    size_t len = 0;

    clv_sha256(nonce, NONCE_LEN, digest);
    clv_status st = clv_rsa_sign_x931(key->key, digest, sig, sizeof sig, &len, err);
    if (st == CLV_OK)
        st = clv_rsa_verify_x931(key->rsa_public, key->rsa_public_len, digest, sig, len, err);
    return st;
}

static clv_status prove_p521(const struct clv_sigkey *key, const uint8_t nonce[NONCE_LEN],
                             struct clv_error *err)
{
    uint8_t digest[CLV_SHA512_LEN], sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;

    clv_sha512(nonce, NONCE_LEN, digest);
    clv_status st = clv_p521_sign(key->key, digest, sig, &len, err);
    if (st == CLV_OK)
        st = clv_p521_verify(key->point, digest, sig, len, err);
    return st;
}

clv_status clv_sigkey_prove(const struct clv_sigkey *key, const struct clv_random *random,
                            struct clv_error *err)
{
    uint8_t nonce[NONCE_LEN];

    clv_random_fill(random, nonce, sizeof nonce);
    clv_status st =
        key->type == CLV_SIGKEY_RSA ? prove_rsa(key, nonce, err) : prove_p521(key, nonce, err);
    return clv_while(err, st, "using the signature key once");
}

clv_status clv_sigkey_generate(struct clv_sigkey *ret, struct clv_error *err)
{
    struct clv_sigkey key = {.type = CLV_SIGKEY_P521};
    clv_status st = clv_p521_generate(&key.key, key.point, err);

    if (st != CLV_OK)
        return st;
    clv_sha256(key.point, sizeof key.point, key.ski);
    *ret = key;
    return CLV_OK;
}

void clv_sigkey_clear(struct clv_sigkey *key)
{
    clv_secret_free(&key->key);
    free(key->rsa_public);
    memset(key, 0, sizeof *key);
}
