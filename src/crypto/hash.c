/* By libsodium, which keeps its state on the stack and wipes it: OpenSSL's need memory, and a hash
 * that may fail would make everything above it fail. */
#include <sodium.h>

#include "internal.h"

void clv_sha256(const void *data, size_t len, uint8_t out[CLV_SHA256_LEN])
{
    (void)crypto_hash_sha256(out, data, len);
}

void clv_sha512(const void *data, size_t len, uint8_t out[CLV_SHA512_LEN])
{
    (void)crypto_hash_sha512(out, data, len);
}

void clv_sha256_pieces(const struct clv_view *pieces, size_t num, uint8_t out[CLV_SHA256_LEN])
{
    crypto_hash_sha256_state state;
    (void)crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < num; i++)
        (void)crypto_hash_sha256_update(&state, pieces[i].data, pieces[i].len);
    (void)crypto_hash_sha256_final(&state, out);
}
