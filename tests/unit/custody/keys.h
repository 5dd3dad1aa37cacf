/* The keys of the check-value table, and how tests make secrets of them. */
#ifndef CLAVIGER_TESTS_CUSTODY_KEYS_H
#define CLAVIGER_TESTS_CUSTODY_KEYS_H

#include "claviger/custody.h"

#include <criterion/criterion.h>
#include <string.h>

#define KEY_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_2 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
#define KEY_3 "5bf0e1d2c3b4a5968778695a4b3c2d1e0ffedccdbcab9a8978675645342312f0"
#define KEY_SUM "fb5041726314053627d8c9faeb9c8dbeaf5e7c6d1c0b3a29d8c7f6e59483b250"

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
    uint8_t bytes[128];
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
