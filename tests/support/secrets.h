/* Secrets of known content, for tests only, and chance that can be told beforehand. */
#ifndef CLAVIGER_TESTS_SECRETS_H
#define CLAVIGER_TESTS_SECRETS_H

#include "claviger/base.h"

#include <criterion/criterion.h>
#include <string.h>

static inline struct clv_secret *secret_of(const void *data, size_t len)
{
    struct clv_secret *s = NULL;

    cr_assert_eq(clv_secret_new(len, &s, NULL), CLV_OK);
    memcpy(clv_secret_write(s), data, len);
    clv_secret_close(s);
    return s;
}

static inline struct clv_secret *secret_text(const char *text)
{
    return secret_of(text, strlen(text));
}

static inline struct clv_secret *secret_hex(const char *hex)
{
    uint8_t bytes[4096];
    size_t len = strlen(hex) / 2;

    cr_assert_leq(len, sizeof bytes);
    cr_assert_eq(clv_unhex(hex, strlen(hex), bytes, len, NULL), CLV_OK);
    return secret_of(bytes, len);
}

/* Chance that can be told beforehand: 1, 2, 3, ... from *ctx on. */
static inline void count_up(void *ctx, void *out, size_t len)
{
    uint8_t *next = ctx, *p = out;

    for (size_t i = 0; i < len; i++)
        p[i] = ++*next;
}

#endif
