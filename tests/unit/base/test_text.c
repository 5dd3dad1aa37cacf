#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/base.h"

Test(hex, writes)
{
    char out[64];
    clv_hex("\x00\x9a\xff", 3, out);
    cr_assert_str_eq(out, "009aff");
    clv_hex("", 0, out);
    cr_assert_str_empty(out);
}

Test(hex, writes_groups_into_any_buffer)
{
    static const uint8_t data[] = {0xef, 0x8a, 0x9b, 0x7a, 0xe3};
    char out[32];
    clv_hex_groups(data, sizeof data, 4, out, sizeof out);
    cr_assert_str_eq(out, "ef8a 9b7a e3");
    clv_hex_groups(data, sizeof data, 0, out, sizeof out);
    cr_assert_str_eq(out, "ef8a9b7ae3");
    for (size_t cap = 1; cap < 16; cap++) {
        memset(out, '#', sizeof out);
        clv_hex_groups(data, sizeof data, 4, out, cap);
        cr_assert_lt(strlen(out), cap);
        cr_assert_eq(out[cap], '#');
    }
}

Test(hex, reads_either_case_and_skips_blanks)
{
    uint8_t out[4];
    cr_assert_eq(clv_unhex(" 0a Bf\t9 9FF ", 13, out, 4, NULL), CLV_OK);
    cr_assert_arr_eq(out, "\x0a\xbf\x99\xff", 4);
}

Test(hex, agrees_with_a_table_for_every_byte)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int c = 0; c < 256; c++) {
        const char text[2] = {'0', (char)c};
        const char *at = c != 0 ? strchr(digits, c) : NULL;
        uint8_t out = 0xee;
        clv_status status = clv_unhex(text, 2, &out, 1, NULL);
        if (at == NULL) {
            cr_assert_eq(status, CLV_E_INPUT);
            cr_assert_eq(out, 0xee); /* outputs change only on success */
        } else {
            cr_assert_eq(status, CLV_OK);
            cr_assert_eq(out, at - digits > 15 ? at - digits - 6 : at - digits);
        }
    }
}

Test(hex, says_where_and_how_many_but_never_what)
{
    struct clv_error err = {0};
    uint8_t out[2] = {1, 2};
    cr_assert_eq(clv_unhex("00x0", 4, out, 2, &err), CLV_E_INPUT);
    cr_assert_str_eq(err.fact, "character 3 is not a hexadecimal digit");
    cr_assert_eq(clv_unhex("001", 3, out, 2, &err), CLV_E_INPUT);
    cr_assert_str_eq(err.fact, "there are 3 hexadecimal digits, 4 are needed");
    cr_assert_eq(clv_unhex("00112", 5, out, 2, &err), CLV_E_INPUT);
    cr_assert_eq(clv_unhex("", 0, out, 2, &err), CLV_E_INPUT);
    cr_assert_arr_eq(out, "\1\2", 2);
}

Test(base64, goes_both_ways)
{
    uint8_t data[100];
    for (size_t len = 0; len <= sizeof data; len++) {
        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)(i * 37 + len);
        char *text = clv_base64(data, len);
        cr_assert_not_null(text);
        cr_assert_eq(strlen(text), (len + 2) / 3 * 4);
        uint8_t *back = NULL;
        size_t back_len = 0;
        cr_assert_eq(clv_unbase64(text, strlen(text), &back, &back_len, NULL), CLV_OK);
        cr_assert(clv_view_equal(clv_view_of(back, back_len), clv_view_of(data, len)));
        free(back);
        free(text);
    }
}

Test(base64, takes_the_canonical_form_only)
{
    static const char *const wrong[] = {
        "A",        "AA",   "AAA",      "AA=",    "A===",   "=",        "AA==A",
        "AA===",    "AB==", "AAB=",     "AA A=",  "AAAA\n", " AAAA",    "AA-_",
        "AA==AA==", "AA=A", "AAAAA===", "AAAAAA", "AAAA=",  "AAAA====",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t *data = NULL;
        size_t len = 7;
        cr_assert_eq(clv_unbase64(wrong[i], strlen(wrong[i]), &data, &len, NULL), CLV_E_FORMAT,
                     "%s", wrong[i]);
        cr_assert_null(data);
        cr_assert_eq(len, 7);
    }
    uint8_t *data = NULL;
    size_t len = 0;
    cr_assert_eq(clv_unbase64("AA\0A", 4, &data, &len, NULL), CLV_E_FORMAT);
}

/* Whatever is taken is what we would have written. */
Test(base64, any_change_of_one_byte_is_refused_or_reads_differently)
{
    static const char good[] = "AQIDBAUGBw==";
    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (int c = 0; c < 256; c++) {
            char text[sizeof good];
            uint8_t *data = NULL;
            size_t len = 0;
            memcpy(text, good, sizeof good);
            text[at] = (char)c;
            if (clv_unbase64(text, sizeof good - 1, &data, &len, NULL) != CLV_OK)
                continue;
            char *again = clv_base64(data, len);
            cr_assert_str_eq(again, text);
            free(again);
            free(data);
        }
    }
}

static clv_status check(const char *text)
{
    return clv_text_check(text, 40, "the name", NULL);
}

Test(text, takes_what_people_are_called)
{
    static const char *const good[] = {
        "Lena",
        "Zo\xc3\xab M\xc3\xbcller-O'Neil",
        "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e",
        "\xd0\x90\xd0\xbd\xd0\xbd\xd0\xb0",
        "A",
        "e\xcc\x81milie",
        "\xf0\x9f\x94\x91 keys",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_assert_eq(check(good[i]), CLV_OK, "%s", good[i]);
}

/* clang-format off */
static const char *const not_utf8[] = {
    "a\x80",             /* continuation without a start */
    "a\xc3",             /* cut */
    "a\xe2\x82",         /* cut */
    "a\xc3(",            /* start without a continuation */
    "a\xc0\xaf",         /* overlong */
    "a\xc1\xbf",         /* overlong */
    "a\xe0\x9f\xbf",     /* overlong */
    "a\xf0\x8f\xbf\xbf", /* overlong */
    "a\xed\xa0\x80",     /* surrogate */
    "a\xed\xbf\xbf",     /* surrogate */
    "a\xf4\x90\x80\x80", /* above U+10FFFF */
    "a\xf5\x80\x80\x80", "a\xf8\x88\x80\x80\x80", "a\xff", "a\xfe",
};

static const char *const unseen[] = {
    "a\nb", "a\tb", "a\x1b[1m", "a\x7f", "a\x01", "a\xc2\x80", "a\xc2\x9b", "a\xc2\x9f",
    "a\xe2\x80\x8b",     /* U+200B */
    "a\xe2\x80\x8f",     /* U+200F */
    "a\xe2\x80\xa8",     /* U+2028 */
    "a\xe2\x80\xa9",     /* U+2029 */
    "a\xe2\x80\xaa",     /* U+202A */
    "a\xe2\x80\xae",     /* U+202E */
    "a\xe2\x81\xa0",     /* U+2060 */
    "a\xe2\x81\xa4",     /* U+2064 */
    "a\xe2\x81\xa6",     /* U+2066 */
    "a\xe2\x81\xa9",     /* U+2069 */
    "a\xef\xbb\xbf",     /* U+FEFF */
    "a\xd8\x9c",         /* U+061C */
    "a\xc2\xad",         /* U+00AD */
    "a\xf3\xa0\x80\x81", /* U+E0001 */
    "a\xf3\xa0\x81\xbf", /* U+E007F */
};
/* clang-format on */

Test(text, refuses_what_is_not_utf8)
{
    for (size_t i = 0; i < sizeof not_utf8 / sizeof not_utf8[0]; i++)
        cr_assert_eq(check(not_utf8[i]), CLV_E_INPUT, "row %zu", i);
}

Test(text, refuses_controls_and_what_nobody_sees)
{
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        cr_assert_eq(check(unseen[i]), CLV_E_INPUT, "row %zu", i);
    for (char c = 1; c < ' '; c++) {
        const char text[] = {'a', c, 'b', '\0'};
        cr_assert_eq(check(text), CLV_E_INPUT);
    }
}

Test(text, refuses_nothing_and_blanks)
{
    cr_assert_eq(check(""), CLV_E_INPUT);
    cr_assert_eq(check("   "), CLV_E_INPUT);
    cr_assert_eq(check("\xc2\xa0\xe3\x80\x80"), CLV_E_INPUT); /* no-break, ideographic */
}

Test(text, counts_characters_not_bytes)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_text_check("\xc3\xa4\xc3\xb6\xc3\xbc", 3, "the name", &err), CLV_OK);
    cr_assert_eq(clv_text_check("\xc3\xa4\xc3\xb6\xc3\xbc", 2, "the name", &err), CLV_E_INPUT);
    cr_assert_str_eq(err.fact, "the name has 3 characters, at most 2 are allowed");
}

Test(text, measures_columns)
{
    cr_assert_eq(clv_text_width(""), 0);
    cr_assert_eq(clv_text_width("Zo\xc3\xab"), 3);
    cr_assert_eq(clv_text_width("e\xcc\x81"), 1);
    cr_assert_eq(clv_text_width("\xe7\x8e\x8b\xe5\xb0\x8f"), 4);
    cr_assert_eq(clv_text_width("\xf0\x9f\x94\x91"), 2);
    cr_assert_eq(clv_text_width("a\xff\xc3"), 3);
}
