#include "keys.h"

static const struct {
    const char *key, *pattern, *ecb0, *cmac0;
} vectors[] = {
    {KEY_1, "491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e77677ab6f919", "f29000", "377822"},
    {KEY_2, "868bc7a7e0c1d758cf6f0931034e05e4549830ef55657a35ecd7129397482bfb", "5f0fa7", "b8f0ef"},
    {KEY_3, "dcc7e052dcf931de91bd5aad3edbc4d5a00e8d97130610f1020f8f6f253b88f2", "76d2ba", "b8229a"},
    {KEY_SUM, "ef8a9b7ae36f09705ce756ebc410f475e64e68aed3a690ebcdae11b1f0c4a385", "cd6c9d",
     "9fef17"},
};

static void assert_hex(struct clv_view got, const char *want)
{
    char hex[2 * CLV_PATTERN_LEN + 1];

    clv_hex(got.data, got.len, hex);
    cr_assert_str_eq(hex, want);
}

Test(check_values, of_the_published_keys)
{
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct clv_secret *key = secret_hex(vectors[i].key);
        struct clv_check_values values;
        char prefix[65];

        cr_assert_eq(clv_check_values(key, &values, NULL), CLV_OK);
        assert_hex(clv_check_bytes(&values, CLV_CHECK_EP11_VP), vectors[i].pattern);
        assert_hex(clv_check_bytes(&values, CLV_CHECK_KCV_ECB0), vectors[i].ecb0);
        assert_hex(clv_check_bytes(&values, CLV_CHECK_KCV_CMAC0), vectors[i].cmac0);
        memcpy(prefix, vectors[i].pattern, sizeof prefix);
        prefix[32] = '\0';
        assert_hex(clv_check_bytes(&values, CLV_CHECK_WKVP), prefix);
        prefix[16] = '\0';
        assert_hex(clv_check_bytes(&values, CLV_CHECK_CCA_MKVP), prefix);
        clv_secret_free(&key);
    }
    cr_assert_eq(clv_secret_alive(), 0);
}

static const char sum_record[] =
    "CCA-MKVP ef8a9b7ae36f0970, WKVP ef8a9b7ae36f09705ce756ebc410f475, "
    "KCV-CMAC0 9fef178723, KCV-ECB0 cd6c9d";

Test(check_values, a_record_has_every_name_and_reads_back)
{
    struct clv_secret *key = secret_hex(KEY_SUM);
    struct clv_check_values values, again = {0};
    char text[CLV_CHECK_RECORD], changed[CLV_CHECK_RECORD];

    cr_assert_eq(clv_check_values(key, &values, NULL), CLV_OK);
    clv_check_record(&values, text);
    cr_assert_str_eq(text, sum_record);
    cr_assert(clv_check_record_read(text, values.pattern, &again));
    cr_assert_eq(memcmp(&values, &again, sizeof values), 0);
    for (size_t i = 0; i + 1 < sizeof sum_record; i++) {
        memcpy(changed, sum_record, sizeof sum_record);
        changed[i] ^= 1;
        bool other = clv_check_record_read(changed, values.pattern, &again) &&
                     memcmp(&values, &again, sizeof values) == 0;
        cr_assert_not(other, "character %zu", i);
        changed[i] = '\0';
        cr_assert_not(clv_check_record_read(changed, values.pattern, &again), "cut at %zu", i);
    }
    clv_secret_free(&key);
}

Test(check_values, five_bytes_begin_with_the_three)
{
    struct clv_secret *key = secret_hex(KEY_1);
    struct clv_check_values values;

    cr_assert_eq(clv_check_values(key, &values, NULL), CLV_OK);
    struct clv_view five = clv_check_bytes(&values, CLV_CHECK_KCV_CMAC0_5);
    struct clv_view three = clv_check_bytes(&values, CLV_CHECK_KCV_CMAC0);
    cr_assert_eq(five.len, 5);
    cr_assert_arr_eq(five.data, three.data, 3);
    clv_secret_free(&key);
}

Test(check_values, text_names_the_algorithm)
{
    struct clv_secret *key = secret_hex(KEY_SUM);
    struct clv_check_values values;
    char text[CLV_CHECK_TEXT];

    cr_assert_eq(clv_check_values(key, &values, NULL), CLV_OK);
    clv_check_text(&values, CLV_CHECK_EP11_VP, text);
    cr_assert_str_eq(text, "EP11-VP ef8a 9b7a e36f 0970 5ce7 56eb c410 f475 "
                           "e64e 68ae d3a6 90eb cdae 11b1 f0c4 a385");
    clv_check_text(&values, CLV_CHECK_KCV_CMAC0, text);
    cr_assert_str_eq(text, "KCV-CMAC0 9fef17");
    clv_check_text(&values, CLV_CHECK_KCV_ECB0, text);
    cr_assert_str_eq(text, "KCV-ECB0 cd6c9d");
    clv_check_text(&values, CLV_CHECK_CCA_MKVP, text);
    cr_assert_str_eq(text, "CCA-MKVP ef8a9b7ae36f0970");
    clv_secret_free(&key);
}

Test(check_values, only_short_ones_are_fit_for_a_typed_part)
{
    for (int kind = 0; kind < CLV_NUM_CHECK_KINDS; kind++) {
        struct clv_check_values values = {0};
        size_t len = clv_check_bytes(&values, (enum clv_check_kind)kind).len;

        cr_assert_eq(clv_check_fit_for_typed((enum clv_check_kind)kind), len <= 5);
    }
}

Test(check_values, of_a_part_are_all_on_record_of_a_typed_one_the_short_ones)
{
    struct clv_secret *part = secret_hex(KEY_1);
    char random[CLV_CHECK_PART_RECORD], typed[CLV_CHECK_PART_RECORD];

    cr_assert_eq(clv_check_part_record(part, false, random, NULL), CLV_OK);
    cr_assert_str_eq(random, "EP11-VP "
                             "491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e77677ab6f919, "
                             "CCA-MKVP 491176b0f443c65a, WKVP 491176b0f443c65a7c7d72df47d6cbc0, "
                             "KCV-CMAC0 377822, KCV-ECB0 f29000");
    cr_assert_eq(clv_check_part_record(part, true, typed, NULL), CLV_OK);
    cr_assert_str_eq(typed, "KCV-CMAC0 377822, KCV-ECB0 f29000");
    clv_secret_free(&part);
    part = secret_text("too short");
    cr_assert_eq(clv_check_part_record(part, true, typed, NULL), CLV_E_FORMAT);
    clv_secret_free(&part);
}

Test(check_values, patterns_are_compared_without_the_last_four_bytes)
{
    uint8_t a[CLV_PATTERN_LEN] = {1, 2, 3}, b[CLV_PATTERN_LEN] = {1, 2, 3};

    memset(b + CLV_PATTERN_COMPARED, 0xff, 4);
    cr_assert(clv_pattern_equal(a, b));
    for (size_t i = 0; i < CLV_PATTERN_COMPARED; i++) {
        b[i] ^= 0x80;
        cr_assert_not(clv_pattern_equal(a, b), "byte %zu", i);
        b[i] ^= 0x80;
    }
}

Test(check_values, of_a_value_of_another_length_are_refused)
{
    struct clv_secret *key = secret_text("too short");
    struct clv_check_values values;

    cr_assert_eq(clv_check_values(key, &values, NULL), CLV_E_FORMAT);
    clv_secret_free(&key);
}
