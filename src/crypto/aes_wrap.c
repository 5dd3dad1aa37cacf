#include "internal.h"

#define KEY_LEN 32
#define CHECK_LEN 8 /* the integrity check in front */

enum direction { UNWRAP = 0, WRAP = 1 };

static bool run(EVP_CIPHER_CTX *ctx, enum direction direction, const uint8_t *kek,
                const uint8_t *in, size_t len, uint8_t *out, size_t out_len)
{
    int n = 0;
    EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    return EVP_CipherInit_ex2(ctx, EVP_aes_256_wrap(), kek, NULL, (int)direction, NULL) == 1 &&
           EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && (size_t)n == out_len;
}

static bool run_once(enum direction direction, const struct clv_secret *kek, const uint8_t *in,
                     size_t len, uint8_t *out, size_t out_len)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    if (ctx == NULL)
        return false;
    bool ok = run(ctx, direction, clv_secret_read(kek), in, len, out, out_len);
    clv_secret_close(kek);
    EVP_CIPHER_CTX_free(ctx);
    clv_crypto_scrub();
    return ok;
}

static clv_status check_key(const struct clv_secret *kek, struct clv_error *err)
{
    if (clv_secret_len(kek) == KEY_LEN)
        return CLV_OK;
    return clv_fail(err, CLV_E_INTERNAL, "a wrapping key of %zu bytes was given, %d are needed",
                    clv_secret_len(kek), KEY_LEN);
}

clv_status clv_aes_wrap(const struct clv_secret *kek, const struct clv_secret *clear,
                        uint8_t *ret_wrapped, struct clv_error *err)
{
    clv_status status = check_key(kek, err);
    if (status != CLV_OK)
        return status;
    size_t len = clv_secret_len(clear);
    if (len < 16 || len % 8 != 0)
        return clv_fail(err, CLV_E_INTERNAL, "%zu bytes cannot be wrapped", len);
    bool ok = run_once(WRAP, kek, clv_secret_read(clear), len, ret_wrapped, len + CHECK_LEN);
    clv_secret_close(clear);
    return ok ? CLV_OK : clv_crypto_broken(err, "AES key wrap");
}

clv_status clv_aes_unwrap(const struct clv_secret *kek, const void *wrapped, size_t wrapped_len,
                          struct clv_secret **ret_clear, struct clv_error *err)
{
    clv_status status = check_key(kek, err);
    if (status != CLV_OK)
        return status;
    if (wrapped_len < 24 || wrapped_len % 8 != 0)
        return clv_fail(err, CLV_E_FORMAT, "%zu bytes cannot be a wrapped key", wrapped_len);

    struct clv_secret *clear = NULL;
    status = clv_secret_new(wrapped_len - CHECK_LEN, &clear, err);
    if (status != CLV_OK)
        return status;
    bool ok = run_once(UNWRAP, kek, wrapped, wrapped_len, clv_secret_write(clear),
                       wrapped_len - CHECK_LEN);
    clv_secret_close(clear);
    if (!ok) {
        clv_secret_free(&clear);
        return clv_crypto_refused(err, CLV_E_FORGED,
                                  "the wrapped key was altered or wrapped with another key");
    }
    *ret_clear = clear;
    return CLV_OK;
}
