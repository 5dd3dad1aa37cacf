#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#include "internal.h"

#define LEAST_PADDING 11 /* 00 02, eight bytes that are not zero, 00 */

static bool encrypt(EVP_PKEY *key, const uint8_t *in, size_t in_len, uint8_t *out, size_t *out_len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_encrypt(ctx, out, out_len, in, in_len) == 1;
    EVP_PKEY_CTX_free(ctx);
    return ok;
}

clv_status clv_rsa_encrypt(const void *public_der, size_t len, const struct clv_secret *clear,
                           uint8_t *ret_cipher, size_t cap, size_t *ret_len, struct clv_error *err)
{
    EVP_PKEY *key = NULL;
    clv_status status = clv_rsa_public_key(public_der, len, &key, err);
    if (status != CLV_OK)
        return status;
    size_t out_len = (size_t)EVP_PKEY_get_size(key);
    if (out_len > cap || clv_secret_len(clear) + LEAST_PADDING > out_len) {
        status = clv_fail(err, CLV_E_INTERNAL, "%zu bytes do not fit into an RSA block of %zu",
                          clv_secret_len(clear), out_len);
    } else {
        if (!encrypt(key, clv_secret_read(clear), clv_secret_len(clear), ret_cipher, &out_len))
            status = clv_crypto_broken(err, "RSA encryption");
        clv_secret_close(clear);
    }
    EVP_PKEY_free(key);
    clv_crypto_scrub();
    if (status == CLV_OK)
        *ret_len = out_len;
    return status;
}

static bool raw_private(EVP_PKEY *key, const uint8_t *in, uint8_t *out, size_t len)
{
    size_t out_len = len;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1 &&
              EVP_PKEY_decrypt(ctx, out, &out_len, in, len) == 1 && out_len == len;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    return ok;
}

/* All ones when v is zero, else 0, without a branch. */
static uint32_t mask_zero(uint32_t v)
{
    return (uint32_t)((((uint64_t)v) - 1) >> 32);
}

/* Where the message starts in a type 2 block, or 0 when the padding is wrong. What the wrong thing
 * is does not show, not even in time: telling that apart is what decrypts other people's messages
 * (Bleichenbacher's attack). len is below 2^16. */
static size_t find_message(const uint8_t *block, size_t len)
{
    uint32_t good = mask_zero(block[0]) & mask_zero(block[1] ^ 2U);
    uint32_t seen = 0; /* all ones behind the first zero byte */
    uint32_t start = 0;
    for (uint32_t i = 2; i < len; i++) {
        uint32_t first_zero = mask_zero(block[i]) & ~seen;
        start |= first_zero & (i + 1);
        seen |= first_zero;
    }
    uint32_t too_short =
        (uint32_t)0 - ((start - LEAST_PADDING) >> 31); /* also when none was seen */
    return start & good & seen & ~too_short;
}

static clv_status unpad(const struct clv_secret *block, struct clv_secret **ret,
                        struct clv_error *err)
{
    size_t len = clv_secret_len(block);
    const uint8_t *p = clv_secret_read(block);
    size_t start = find_message(p, len);
    clv_status status = start != 0 && start < len
                            ? clv_secret_new(len - start, ret, err)
                            : clv_fail(err, CLV_E_FORGED, "the RSA block cannot be decrypted");
    if (status == CLV_OK) {
        memcpy(clv_secret_write(*ret), p + start, len - start);
        clv_secret_close(*ret);
    }
    clv_secret_close(block);
    return status;
}

clv_status clv_rsa_decrypt(const struct clv_secret *private_der, const void *cipher, size_t len,
                           struct clv_secret **ret_clear, struct clv_error *err)
{
    EVP_PKEY *key = NULL;
    clv_status status = clv_rsa_private_key(private_der, &key, err);
    if (status != CLV_OK)
        return status;
    struct clv_secret *block = NULL;
    if (len != (size_t)EVP_PKEY_get_size(key))
        status = clv_fail(err, CLV_E_FORGED, "the RSA block cannot be decrypted");
    else
        status = clv_secret_new(len, &block, err);
    if (status == CLV_OK) {
        if (!raw_private(key, cipher, clv_secret_write(block), len))
            status = clv_crypto_refused(err, CLV_E_FORGED, "the RSA block cannot be decrypted");
        clv_secret_close(block);
    }
    EVP_PKEY_free(key);
    clv_crypto_scrub();
    if (status == CLV_OK)
        status = unpad(block, ret_clear, err);
    clv_secret_free(&block);
    return status;
}
