#include <openssl/core_names.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

#include "internal.h"

bool clv_p521_open(struct clv_p521 *c)
{
    c->group = EC_GROUP_new_by_curve_name(NID_secp521r1);
    c->point = c->group != NULL ? EC_POINT_new(c->group) : NULL;
    c->ctx = BN_CTX_secure_new();
    return c->point != NULL && c->ctx != NULL;
}

void clv_p521_close(struct clv_p521 *c)
{
    BN_clear_free(c->scalar);
    BN_CTX_free(c->ctx);
    EC_POINT_free(c->point);
    EC_GROUP_free(c->group);
    *c = (struct clv_p521){0};
}

clv_status clv_p521_load_scalar(struct clv_p521 *c, const struct clv_secret *scalar,
                                struct clv_error *err)
{
    if (clv_secret_len(scalar) != CLV_P521_SCALAR_LEN)
        return clv_fail(err, CLV_E_FORMAT, "a P-521 private key has %d bytes, this one %zu",
                        CLV_P521_SCALAR_LEN, clv_secret_len(scalar));
    c->scalar = clv_bn_from_secret(scalar);
    if (c->scalar == NULL)
        return clv_crypto_broken(err, "reading a private key");
    if (BN_is_zero(c->scalar) || BN_cmp(c->scalar, EC_GROUP_get0_order(c->group)) >= 0)
        return clv_fail(err, CLV_E_FORMAT, "the private key is not a number in 1..n-1 of P-521");
    return CLV_OK;
}

static EVP_PKEY *make_key(OSSL_PARAM_BLD *bld, int selection)
{
    if (OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, SN_secp521r1, 0) != 1)
        return NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(bld);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;
    if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
        EVP_PKEY_fromdata(ctx, &key, selection, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    return key;
}

EVP_PKEY *clv_p521_public_key(const uint8_t point[CLV_P521_POINT_LEN])
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (bld != NULL && OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                        CLV_P521_POINT_LEN) == 1)
        key = make_key(bld, EVP_PKEY_PUBLIC_KEY);
    OSSL_PARAM_BLD_free(bld);
    return key;
}

/* A number from the secure heap travels through the parameters in the secure heap. */
EVP_PKEY *clv_p521_private_key(const struct clv_p521 *c)
{
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (bld != NULL && OSSL_PARAM_BLD_push_BN_pad(bld, OSSL_PKEY_PARAM_PRIV_KEY, c->scalar,
                                                  CLV_P521_SCALAR_LEN) == 1)
        key = make_key(bld, EVP_PKEY_KEYPAIR);
    OSSL_PARAM_BLD_free(bld);
    return key;
}
