/* The key of a witness: an Ed25519 pair from its seed. */
#include "internal.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(CLV_WITNESS_SEED_LEN == crypto_sign_SEEDBYTES, "seed");
_Static_assert(CLV_WITNESS_KEY_LEN == crypto_sign_PUBLICKEYBYTES, "public key");

clv_status clv_witness_key_pair(const struct clv_secret *seed, struct clv_secret **ret_secret,
                                uint8_t ret_public[CLV_WITNESS_KEY_LEN], struct clv_error *err)
{
    struct clv_secret *secret = NULL;
    uint8_t public[CLV_WITNESS_KEY_LEN];

    if (clv_secret_len(seed) != CLV_WITNESS_SEED_LEN)
        return clv_fail(err, CLV_E_FORMAT, "the seed of a witness's key has %d bytes, this has %zu",
                        CLV_WITNESS_SEED_LEN, clv_secret_len(seed));
    clv_status st = clv_secret_new(crypto_sign_SECRETKEYBYTES, &secret, err);
    if (st != CLV_OK)
        return st;
    crypto_sign_seed_keypair(public, clv_secret_write(secret), clv_secret_read(seed));
    clv_secret_close(secret);
    clv_secret_close(seed);
    sodium_stackzero(CLV_STACK_RESIDUE);
    *ret_secret = secret;
    if (ret_public)
        memcpy(ret_public, public, sizeof public);
    return CLV_OK;
}

void clv_witness_default_name(const char *owner, bool test_world,
                              char ret[CLV_KEYFILE_WITNESS_MAX + 1])
{
    char simple[CLV_KEYFILE_SIMPLE + 1];

    clv_keyfile_simplify(owner, simple);
    snprintf(ret, CLV_KEYFILE_WITNESS_MAX + 1, "claviger.invalid/witness/%s/%s",
             test_world ? "test" : "production", simple[0] ? simple : "witness");
}
