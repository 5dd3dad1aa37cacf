#include "internal.h"

#define KEY_LEN 32
#define ITERATIONS_MAX 10000000u /* some seconds: more is an attack or a mistake */

clv_status clv_pbkdf2_sha256(const struct clv_secret *password, const void *salt, size_t salt_len,
                             unsigned iterations, struct clv_secret **ret_key32,
                             struct clv_error *err)
{
    if (iterations == 0 || iterations > ITERATIONS_MAX || salt_len > 4096)
        return clv_fail(err, CLV_E_UNSUPPORTED,
                        "PBKDF2 with %u iterations and a salt of %zu bytes is refused", iterations,
                        salt_len);
    struct clv_secret *key = NULL;
    clv_status status = clv_secret_new(KEY_LEN, &key, err);
    if (status != CLV_OK)
        return status;
    bool ok = PKCS5_PBKDF2_HMAC((const char *)clv_secret_read(password),
                                (int)clv_secret_len(password), salt, (int)salt_len, (int)iterations,
                                EVP_sha256(), KEY_LEN, clv_secret_write(key)) == 1;
    clv_secret_close(key);
    clv_secret_close(password);
    clv_crypto_scrub();
    if (!ok) {
        clv_secret_free(&key);
        return clv_crypto_broken(err, "PBKDF2");
    }
    *ret_key32 = key;
    return CLV_OK;
}
