#include "support.h"

#include <stdlib.h>
#include <string.h>

void start(void)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_secret_init(&err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_crypto_init(&err), CLV_OK, "%s", err.fact);
}

void no_secret_is_alive(void)
{
    cr_assert_eq(clv_secret_alive(), 0);
}

struct clv_secret *secret_of(const void *bytes, size_t len)
{
    struct clv_secret *s = NULL;
    assert_ok(clv_secret_new(len, &s, &err));
    memcpy(clv_secret_write(s), bytes, len);
    clv_secret_close(s);
    return s;
}

uint8_t *bytes_of_hex(const char *hex, size_t *ret_len)
{
    size_t len = strlen(hex) / 2;
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    cr_assert_not_null(bytes);
    assert_ok(clv_unhex(hex, strlen(hex), bytes, len, &err));
    *ret_len = len;
    return bytes;
}

struct clv_secret *secret_of_hex(const char *hex)
{
    size_t len = 0;
    uint8_t *bytes = bytes_of_hex(hex, &len);
    struct clv_secret *s = secret_of(bytes, len);
    free(bytes);
    return s;
}

bool secret_is(const struct clv_secret *s, const void *bytes, size_t len)
{
    bool same = clv_secret_len(s) == len && memcmp(clv_secret_read(s), bytes, len) == 0;
    if (clv_secret_len(s) == len)
        clv_secret_close(s);
    return same;
}
