/* What the crypto tests share. */
#ifndef CLAVIGER_TEST_CRYPTO_SUPPORT_H
#define CLAVIGER_TEST_CRYPTO_SUPPORT_H

#include <criterion/criterion.h>

#include "claviger/crypto.h"

/* Before each test: guarded memory and OpenSSL as the program has them. */
void start(void);
/* After each test: whatever it did, no secret is left. */
void no_secret_is_alive(void);

struct clv_secret *secret_of(const void *bytes, size_t len);
struct clv_secret *secret_of_hex(const char *hex);
/* Fresh bytes of hex text, the caller's to free(). */
uint8_t *bytes_of_hex(const char *hex, size_t *ret_len);
bool secret_is(const struct clv_secret *s, const void *bytes, size_t len);

#define assert_ok(call)                                                                            \
    do {                                                                                           \
        struct clv_error err = {0};                                                                \
        cr_assert_eq(call, CLV_OK, "%s", err.fact);                                                \
    } while (0)

#endif
