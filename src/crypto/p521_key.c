#include <openssl/err.h>
#include <string.h>

#include "internal.h"

/* The public point of c->scalar. */
static bool compute_point(struct clv_p521 *c, uint8_t out[CLV_P521_POINT_LEN])
{
    return EC_POINT_mul(c->group, c->point, c->scalar, NULL, NULL, c->ctx) == 1 &&
           EC_POINT_point2oct(c->group, c->point, POINT_CONVERSION_UNCOMPRESSED, out,
                              CLV_P521_POINT_LEN, c->ctx) == CLV_P521_POINT_LEN;
}

static bool draw_scalar(struct clv_p521 *c)
{
    c->scalar = BN_secure_new();
    if (c->scalar == NULL)
        return false;
    do {
        if (BN_priv_rand_range(c->scalar, EC_GROUP_get0_order(c->group)) != 1)
            return false;
    } while (BN_is_zero(c->scalar));
    BN_set_flags(c->scalar, BN_FLG_CONSTTIME);
    return true;
}

clv_status clv_p521_generate(struct clv_secret **ret_scalar, uint8_t ret_point[CLV_P521_POINT_LEN],
                             struct clv_error *err)
{
    struct clv_secret *scalar = NULL;
    clv_status status = clv_secret_new(CLV_P521_SCALAR_LEN, &scalar, err);
    if (status != CLV_OK)
        return status;
    struct clv_p521 c = {0};
    uint8_t point[CLV_P521_POINT_LEN];
    bool ok = clv_p521_open(&c) && draw_scalar(&c) && compute_point(&c, point);
    if (ok) {
        uint8_t *p = clv_secret_write(scalar);
        ok = BN_bn2binpad(c.scalar, p, CLV_P521_SCALAR_LEN) == CLV_P521_SCALAR_LEN;
        clv_secret_close(scalar);
    }
    clv_p521_close(&c);
    clv_crypto_scrub();
    if (!ok) {
        clv_secret_free(&scalar);
        return clv_crypto_broken(err, "making a P-521 key");
    }
    *ret_scalar = scalar;
    memcpy(ret_point, point, sizeof point);
    return CLV_OK;
}

clv_status clv_p521_point(const struct clv_secret *scalar, uint8_t ret_point[CLV_P521_POINT_LEN],
                          struct clv_error *err)
{
    struct clv_p521 c = {0};
    uint8_t point[CLV_P521_POINT_LEN];
    clv_status status =
        clv_p521_open(&c) ? clv_p521_load_scalar(&c, scalar, err) : clv_crypto_broken(err, "P-521");
    if (status == CLV_OK && !compute_point(&c, point))
        status = clv_crypto_broken(err, "computing a P-521 point");
    clv_p521_close(&c);
    clv_crypto_scrub();
    if (status == CLV_OK)
        memcpy(ret_point, point, sizeof point);
    return status;
}

/* OpenSSL checks the coordinates against the field and the curve when it reads a point. Only this
 * form can be 133 bytes long and start with 04; the point at infinity has no such form. */
clv_status clv_p521_check_point(const void *point, size_t len, struct clv_error *err)
{
    const uint8_t *p = point;
    if (len != CLV_P521_POINT_LEN || p[0] != POINT_CONVERSION_UNCOMPRESSED)
        return clv_fail(err, CLV_E_FORMAT, "this is not an uncompressed point of P-521");
    struct clv_p521 c = {0};
    if (!clv_p521_open(&c)) {
        clv_p521_close(&c);
        return clv_crypto_broken(err, "P-521");
    }
    bool on_curve = EC_POINT_oct2point(c.group, c.point, p, len, c.ctx) == 1;
    clv_p521_close(&c);
    ERR_clear_error();
    return on_curve ? CLV_OK
                    : clv_crypto_refused(err, CLV_E_FORMAT, "the point is not on the curve P-521");
}

static bool derive(EVP_PKEY *mine, EVP_PKEY *peer, uint8_t z[CLV_P521_SCALAR_LEN])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
    size_t len = CLV_P521_SCALAR_LEN;
    bool ok = ctx != NULL && EVP_PKEY_derive_init(ctx) == 1 &&
              EVP_PKEY_derive_set_peer(ctx, peer) == 1 && EVP_PKEY_derive(ctx, z, &len) == 1 &&
              len == CLV_P521_SCALAR_LEN;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* Both keys are sound by now: what fails here is OpenSSL. */
static clv_status agree(const struct clv_p521 *c, const uint8_t *peer_point, struct clv_secret *z,
                        struct clv_error *err)
{
    EVP_PKEY *mine = clv_p521_private_key(c);
    EVP_PKEY *peer = clv_p521_public_key(peer_point);
    bool ok = false;
    if (mine != NULL && peer != NULL) {
        ok = derive(mine, peer, clv_secret_write(z));
        clv_secret_close(z);
    }
    EVP_PKEY_free(peer);
    EVP_PKEY_free(mine);
    return ok ? CLV_OK : clv_crypto_broken(err, "P-521 key agreement");
}

clv_status clv_p521_ecdh(const struct clv_secret *scalar, const void *peer_point, size_t peer_len,
                         struct clv_secret **ret_z, struct clv_error *err)
{
    clv_status status = clv_p521_check_point(peer_point, peer_len, err);
    if (status != CLV_OK)
        return status;
    struct clv_secret *z = NULL;
    struct clv_p521 c = {0};
    status =
        clv_p521_open(&c) ? clv_p521_load_scalar(&c, scalar, err) : clv_crypto_broken(err, "P-521");
    if (status == CLV_OK)
        status = clv_secret_new(CLV_P521_SCALAR_LEN, &z, err);
    if (status == CLV_OK)
        status = agree(&c, peer_point, z, err);
    clv_p521_close(&c);
    clv_crypto_scrub();
    if (status != CLV_OK) {
        clv_secret_free(&z);
        return status;
    }
    *ret_z = z;
    return CLV_OK;
}
