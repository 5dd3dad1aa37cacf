#include "keys.h"

#include <stdio.h>

static clv_status from_text(const char *text, struct clv_secret **ret, struct clv_error *err)
{
    struct clv_secret *typed = secret_text(text);
    clv_status st = clv_part_from_hex(typed, ret, err);

    clv_secret_free(&typed);
    return st;
}

Test(part, from_typed_digits)
{
    struct clv_secret *want = secret_hex(KEY_3), *part = NULL;

    cr_assert_eq(from_text(KEY_3, &part, NULL), CLV_OK);
    cr_assert(clv_secret_equal(part, want));
    clv_secret_free(&part);
    cr_assert_eq(from_text("5bf0e1d2 c3b4a596 8778695a 4b3c2d1e "
                           "0FFEDCCD BCAB9A89 78675645 342312F0",
                           &part, NULL),
                 CLV_OK);
    cr_assert(clv_secret_equal(part, want));
    clv_secret_free(&part);
    clv_secret_free(&want);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(part, wrong_digits_are_named_by_place_and_not_repeated)
{
    struct clv_secret *part = NULL;
    struct clv_error err = {0};
    char text[1024];

    cr_assert_eq(
        from_text("5bf0e1d2c3b4a5968778695a4b3c2d1e0ffedccdbcab9a8978675645342312fQ", &part, &err),
        CLV_E_INPUT);
    clv_error_format(&err, text, sizeof text);
    cr_assert(strstr(text, "64"));
    cr_assert_not(strstr(text, "5bf0e1") || strstr(text, "12fQ"));
    cr_assert_null(part);
}

Test(part, wrong_lengths_are_refused)
{
    char digits[80];
    struct clv_secret *part = NULL;

    for (size_t len = 1; len < sizeof digits; len++) {
        memset(digits, 0, sizeof digits);
        for (size_t i = 0; i < len; i++)
            digits[i] = "0123456789abcdef"[i % 16];
        cr_assert_eq(from_text(digits, &part, NULL), len == 64 ? CLV_OK : CLV_E_INPUT, "%zu", len);
        clv_secret_free(&part);
    }
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(part, with_every_byte_the_same_is_refused)
{
    uint8_t bytes[CLV_PART_LEN];

    for (int value = 0; value < 256; value++) {
        memset(bytes, value, sizeof bytes);
        struct clv_secret *part = secret_of(bytes, sizeof bytes);
        cr_assert_eq(clv_part_check(part, NULL), CLV_E_RULE, "%d", value);
        clv_secret_free(&part);
    }
    bytes[CLV_PART_LEN - 1] ^= 1;
    struct clv_secret *part = secret_of(bytes, sizeof bytes);
    cr_assert_eq(clv_part_check(part, NULL), CLV_OK);
    clv_secret_free(&part);
}

Test(part, all_zero_typed_is_refused_with_the_reason)
{
    struct clv_secret *part = NULL;
    struct clv_error err = {0};

    cr_assert_eq(from_text("00000000000000000000000000000000"
                           "00000000000000000000000000000000",
                           &part, &err),
                 CLV_E_RULE);
    cr_assert(strstr(err.fact, "the same"));
    cr_assert_null(part);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(part, by_chance_takes_the_random_source)
{
    uint8_t seed = 0;
    const struct clv_random chance = {count_up, &seed};
    struct clv_secret *part = NULL;
    struct clv_secret *want =
        secret_hex("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20");

    cr_assert_eq(clv_part_random(&chance, &part, NULL), CLV_OK);
    cr_assert(clv_secret_equal(part, want));
    clv_secret_free(&part);
    clv_secret_free(&want);
}

static void fill_stuck(void *ctx, void *out, size_t len)
{
    (void)ctx;
    memset(out, 0x7f, len);
}

Test(part, by_a_stuck_random_source_is_refused)
{
    const struct clv_random stuck = {.fill = fill_stuck};
    struct clv_secret *part = NULL;

    cr_assert_eq(clv_part_random(&stuck, &part, NULL), CLV_E_RULE);
    cr_assert_null(part);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(part, goes_into_an_opening_and_comes_back)
{
    struct clv_secret *part = secret_hex(KEY_2), *opening = NULL, *back = NULL;

    cr_assert_eq(clv_opening_new(clv_random_system(), part, &opening, NULL), CLV_OK);
    cr_assert_eq(clv_secret_len(opening), CLV_OPENING_LEN);
    cr_assert_eq(clv_opening_part(opening, &back, NULL), CLV_OK);
    cr_assert(clv_secret_equal(part, back));
    cr_assert_eq(clv_opening_part(part, &back, NULL), CLV_E_FORMAT);
    clv_secret_free(&part);
    clv_secret_free(&back);
    clv_secret_free(&opening);
    cr_assert_eq(clv_secret_alive(), 0);
}
