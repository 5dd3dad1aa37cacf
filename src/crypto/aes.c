#include <openssl/core_names.h>
#include <openssl/params.h>

#include "internal.h"

#define KEY_LEN 32
#define GCM_TAG_LEN 16

static clv_status check_key(const struct clv_secret *key, struct clv_error *err)
{
    if (clv_secret_len(key) == KEY_LEN)
        return CLV_OK;
    return clv_fail(err, CLV_E_INTERNAL, "an AES key of %zu bytes was given, %d are needed",
                    clv_secret_len(key), KEY_LEN);
}

static bool cmac(EVP_MAC_CTX *ctx, const uint8_t *key, const void *data, size_t len,
                 uint8_t out[16])
{
    char cipher[] = "AES-256-CBC";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0),
        OSSL_PARAM_construct_end(),
    };
    size_t out_len = 0;
    return EVP_MAC_init(ctx, key, KEY_LEN, params) == 1 && EVP_MAC_update(ctx, data, len) == 1 &&
           EVP_MAC_final(ctx, out, &out_len, 16) == 1 && out_len == 16;
}

clv_status clv_aes_cmac(const struct clv_secret *key, const void *data, size_t len, uint8_t out[16],
                        struct clv_error *err)
{
    clv_status status = check_key(key, err);
    if (status != CLV_OK)
        return status;
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    uint8_t tag[16];
    bool ok = ctx != NULL && cmac(ctx, clv_secret_read(key), data, len, tag);
    if (ctx != NULL)
        clv_secret_close(key);
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    clv_crypto_scrub();
    if (!ok)
        return clv_crypto_broken(err, "AES-CMAC");
    for (size_t i = 0; i < sizeof tag; i++)
        out[i] = tag[i];
    return CLV_OK;
}

static bool ecb_block(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t in[16],
                      uint8_t out[16])
{
    int len = 0;
    return EVP_EncryptInit_ex2(ctx, EVP_aes_256_ecb(), key, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
           EVP_EncryptUpdate(ctx, out, &len, in, 16) == 1 && len == 16;
}

clv_status clv_aes_ecb_block(const struct clv_secret *key, const uint8_t in[16], uint8_t out[16],
                             struct clv_error *err)
{
    clv_status status = check_key(key, err);
    if (status != CLV_OK)
        return status;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return clv_crypto_broken(err, "AES");
    bool ok = ecb_block(ctx, clv_secret_read(key), in, out);
    clv_secret_close(key);
    EVP_CIPHER_CTX_free(ctx);
    clv_crypto_scrub();
    return ok ? CLV_OK : clv_crypto_broken(err, "AES");
}

/* False as well when the tag is wrong: OpenSSL tells no difference, and nobody needs one. */
static bool gcm_open(EVP_CIPHER_CTX *ctx, const uint8_t *key, const uint8_t nonce[12],
                     const uint8_t *cipher, size_t len, uint8_t *out)
{
    uint8_t tag[GCM_TAG_LEN];
    for (size_t i = 0; i < sizeof tag; i++)
        tag[i] = cipher[len + i];
    int n = 0, rest = 0;
    return EVP_DecryptInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, NULL) == 1 &&
           EVP_DecryptUpdate(ctx, out, &n, cipher, (int)len) == 1 &&
           EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag) == 1 &&
           EVP_DecryptFinal_ex(ctx, out + n, &rest) == 1 && (size_t)n == len && rest == 0;
}

clv_status clv_aes_gcm_open(const struct clv_secret *key32, const uint8_t nonce[12],
                            const void *cipher_tag, size_t len, struct clv_secret **ret_clear,
                            struct clv_error *err)
{
    clv_status status = check_key(key32, err);
    if (status != CLV_OK)
        return status;
    if (len <= GCM_TAG_LEN)
        return clv_fail(err, CLV_E_FORMAT, "there are %zu encrypted bytes, too few", len);

    struct clv_secret *clear = NULL;
    status = clv_secret_new(len - GCM_TAG_LEN, &clear, err);
    if (status != CLV_OK)
        return status;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && gcm_open(ctx, clv_secret_read(key32), nonce, cipher_tag,
                                      len - GCM_TAG_LEN, clv_secret_write(clear));
    if (ctx != NULL) {
        clv_secret_close(key32);
        clv_secret_close(clear);
    }
    EVP_CIPHER_CTX_free(ctx);
    clv_crypto_scrub();
    if (!ok) {
        clv_secret_free(&clear);
        return clv_crypto_refused(err, CLV_E_FORGED, "the encrypted bytes do not match their tag");
    }
    *ret_clear = clear;
    return CLV_OK;
}
