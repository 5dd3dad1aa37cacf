/* What the files of crypto share with each other and with nobody else. */
#ifndef CLAVIGER_CRYPTO_INTERNAL_H
#define CLAVIGER_CRYPTO_INTERNAL_H

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "claviger/crypto.h"

/* The public exponent of every RSA key here. */
#define CLV_RSA_EXPONENT 65537
#define CLV_RSA_MAX_LEN 512 /* bytes of a 4096-bit modulus */

/* OpenSSL failed at something that cannot fail with sound inputs. Empties its error queue, which
 * may quote them. */
clv_status clv_crypto_broken(struct clv_error *err, const char *what);
/* OpenSSL said no to something it was given: code and text, unless it only ran out of memory. It
 * tells the two apart nowhere, and a good signature must not pass for a forged one. */
clv_status clv_crypto_refused(struct clv_error *err, clv_status code, const char *text);

/* Wipes the part of the stack that calls just made have used: OpenSSL leaves scalars and round keys
 * there. Called after each operation on a secret. */
void clv_crypto_scrub(void);

/* A big number in the secure heap, holding a secret's bytes; NULL without memory. */
BIGNUM *clv_bn_from_secret(const struct clv_secret *s);

/* ---- P-521 ---- */
/* What one operation on the curve needs; zeroed is a valid empty one. */
struct clv_p521 {
    EC_GROUP *group;
    EC_POINT *point;
    BN_CTX *ctx;
    BIGNUM *scalar; /* secure heap */
};

bool clv_p521_open(struct clv_p521 *c);
void clv_p521_close(struct clv_p521 *c);
/* errors  CLV_E_FORMAT: not in 1..n-1 */
clv_status clv_p521_load_scalar(struct clv_p521 *c, const struct clv_secret *scalar,
                                struct clv_error *err);
/* EVP keys. NULL: OpenSSL failed. */
EVP_PKEY *clv_p521_public_key(const uint8_t point[CLV_P521_POINT_LEN]);
EVP_PKEY *clv_p521_private_key(const struct clv_p521 *c);

/* ---- RSA ---- */
/* errors  CLV_E_FORMAT: broken DER, exponent, or a size we do not take */
clv_status clv_rsa_public_key(const void *der, size_t len, EVP_PKEY **ret, struct clv_error *err);
clv_status clv_rsa_private_key(const struct clv_secret *der, EVP_PKEY **ret, struct clv_error *err);

/* ---- self-test ---- */
clv_status clv_self_test_x931(struct clv_error *err);
clv_status clv_self_test_rsa_cipher(struct clv_error *err);
/* A secret holding a published test value; NULL without memory. */
struct clv_secret *clv_self_test_secret(const char *hex);

#endif
