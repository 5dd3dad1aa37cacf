/* Sentences for codes: every published one, and what happens to others. */
#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(code, .init = test_start);

#define NONE CLV_EP11_NO_REASON

static const char *unknown(void)
{
    return clv_ep11_code_text(0xfffe, NONE);
}

/* Return code and reason of every row of both accounts of the protocol. */
static const uint32_t pairs[][2] = {
    {3, NONE},
    {3, 12},
    {3, 13},
    {3, 14},
    {3, 102},
    {7, NONE},
    {7, 55},
    {7, 17},
    {32, 2},
    {32, 3},
    {32, 5},
    {32, 6},
    {32, 7},
    {32, 8},
    {32, 15},
    {32, 16},
    {32, 17},
    {32, 20},
    {32, 23},
    {32, 24},
    {32, 25},
    {32, 26},
    {32, 27},
    {32, 28},
    {32, 32},
    {32, 33},
    {32, 40},
    {32, 41},
    {32, 42},
    {32, 43},
    {32, 44},
    {32, 54},
    {32, 55},
    {32, 61},
    {32, 75},
    {33, NONE},
    {33, 0},
    {33, 44},
    {33, 54},
    {33, 59},
    {49, NONE},
    {80, 46},
    {80, 47},
    {80, 52},
    {80, 53},
    {80, 80},
    {80, 81},
    {80, 131},
    {84, 11},
    {96, 1},
    {96, 33},
    {96, 49},
    {96, 50},
    {96, 60},
    {96, 64},
    {101, 48},
    {102, 1},
    {102, 49},
    {102, 50},
    {102, 64},
    {145, 61},
    {163, 18},
    {163, 19},
    {179, 34},
    {179, 35},
    {192, 22},
    {193, 22},
    {193, 87},
    {208, 9},
    {208, 21},
    {208, 87},
    {209, 36},
    {209, 41},
    {209, 42},
    {209, 43},
    {209, 45},
    {209, 56},
    {209, 57},
    {209, 58},
    {209, 66},
    {209, 67},
    {209, 68},
    {209, 69},
    {209, 70},
    {209, 71},
    {209, 72},
    {209, 74},
    {209, 76},
    {209, 77},
    {209, 78},
    {209, 79},
    {209, 85},
    {256, 38},
    {257, 33},
    {261, 39},
    {0, NONE},
    {0x80010002, NONE},
    {0x80010001, NONE},
    {0x80010003, NONE},
    {0x80010006, NONE},
    {0x80010009, NONE},
    {0x8001000b, NONE},
    {0x8001000c, NONE},
    {0x8001000d, NONE},
    {0x80010010, NONE},
    {0x80010011, NONE},
    {0x80010013, NONE},
    {0x80010030, NONE},
    {0x80010101, NONE},
};

Test(code, every_published_pair_has_a_sentence)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        const char *text = clv_ep11_code_text(pairs[i][0], pairs[i][1]);
        cr_assert_str_neq(text, unknown(), "%u/%u", pairs[i][0], pairs[i][1]);
        cr_assert_str_not_empty(clv_ep11_code_hint(pairs[i][0], pairs[i][1]));
    }
}

Test(code, the_reason_decides_whatever_the_return_code)
{
    static const uint32_t reasons[] = {1, 17, 41, 49, 50, 55, 64, 87};
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        const char *want = clv_ep11_code_text(209, reasons[i]);
        cr_assert_str_neq(want, clv_ep11_code_text(209, NONE));
        cr_assert_str_eq(clv_ep11_code_text(7, reasons[i]), want);
        cr_assert_str_eq(clv_ep11_code_text(96, reasons[i]), want);
        cr_assert_str_eq(clv_ep11_code_text(102, reasons[i]), want);
    }
}

Test(code, a_pair_of_its_own_comes_before_the_reason)
{
    cr_assert_str_neq(clv_ep11_code_text(257, 33), clv_ep11_code_text(32, 33));
    cr_assert_str_neq(clv_ep11_code_text(192, 22), clv_ep11_code_text(193, 22));
}

Test(code, an_unknown_reason_leaves_the_return_code)
{
    cr_assert_str_eq(clv_ep11_code_text(163, 999), clv_ep11_code_text(163, NONE));
    cr_assert_str_eq(clv_ep11_code_text(163, 0), clv_ep11_code_text(163, NONE));
    cr_assert_str_eq(clv_ep11_code_text(7777, 9999), unknown());
    cr_assert_str_eq(clv_ep11_code_text(7777, 0), unknown());
}

Test(code, as_an_error_it_has_sentence_numbers_and_hint)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_ep11_code_fail(101, 48, &err), CLV_E_UNIT);
    cr_assert_eq(err.code, CLV_E_UNIT);
    cr_assert_not_null(strstr(err.fact, "verification pattern"));
    cr_assert_not_null(strstr(err.fact, "(return code 101, reason 48)"));
    cr_assert_str_eq(err.hint, clv_ep11_code_hint(101, 48));
    cr_assert_eq(clv_ep11_code_fail(0x80010002, NONE, &err), CLV_E_UNIT);
    cr_assert_not_null(strstr(err.fact, "(return code 2147549186)"));
    cr_assert_eq(clv_ep11_code_fail(7, NONE, NULL), CLV_E_UNIT);
}
