#include "keys.h"

static struct clv_accumulator *new_accumulator(void)
{
    struct clv_accumulator *acc = NULL;

    cr_assert_eq(clv_accumulator_new(clv_random_system(), &acc, NULL), CLV_OK);
    return acc;
}

static clv_status add(struct clv_accumulator *acc, const char *hex)
{
    struct clv_secret *part = secret_hex(hex);
    clv_status st = clv_accumulator_add(acc, part, NULL);

    clv_secret_free(&part);
    return st;
}

static void assert_pattern(struct clv_accumulator *acc, const char *key_hex)
{
    struct clv_secret *key = secret_hex(key_hex);
    struct clv_check_values got, want;

    cr_assert_eq(clv_accumulator_check_values(acc, &got, NULL), CLV_OK);
    cr_assert_eq(clv_check_values(key, &want, NULL), CLV_OK);
    cr_assert_arr_eq(got.pattern, want.pattern, sizeof got.pattern);
    cr_assert_arr_eq(got.cmac0, want.cmac0, sizeof got.cmac0);
    cr_assert_arr_eq(got.ecb0, want.ecb0, sizeof got.ecb0);
    clv_secret_free(&key);
}

Test(accumulator, gives_the_pattern_of_the_sum_in_any_order)
{
    static const char *const orders[][3] = {
        {KEY_1, KEY_2, KEY_3}, {KEY_3, KEY_1, KEY_2}, {KEY_2, KEY_3, KEY_1}};

    for (size_t i = 0; i < 3; i++) {
        struct clv_accumulator *acc = new_accumulator();

        for (size_t j = 0; j < 3; j++)
            cr_assert_eq(add(acc, orders[i][j]), CLV_OK);
        cr_assert_eq(clv_accumulator_count(acc), 3);
        assert_pattern(acc, KEY_SUM);
        assert_pattern(acc, KEY_SUM); /* asking does not change it */
        clv_accumulator_free(&acc);
    }
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(accumulator, says_nothing_before_the_first_part)
{
    struct clv_accumulator *acc = new_accumulator();
    struct clv_check_values values;

    cr_assert_eq(clv_accumulator_check_values(acc, &values, NULL), CLV_E_RULE);
    clv_accumulator_free(&acc);
}

Test(accumulator, refuses_parts_that_cancel)
{
    struct clv_accumulator *acc = new_accumulator();
    struct clv_check_values values = {0}, untouched = {0};

    cr_assert_eq(add(acc, KEY_1), CLV_OK);
    cr_assert_eq(add(acc, KEY_1), CLV_OK);
    cr_assert_eq(clv_accumulator_check_values(acc, &values, NULL), CLV_E_RULE);
    cr_assert_eq(memcmp(&values, &untouched, sizeof values), 0);
    clv_accumulator_free(&acc);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(accumulator, is_unchanged_by_a_refused_part)
{
    struct clv_accumulator *acc = new_accumulator();

    cr_assert_eq(add(acc, KEY_2), CLV_OK);
    cr_assert_eq(add(acc, "00000000000000000000000000000000"
                          "00000000000000000000000000000000"),
                 CLV_E_RULE);
    cr_assert_eq(add(acc, "0011"), CLV_E_FORMAT);
    cr_assert_eq(clv_accumulator_count(acc), 1);
    assert_pattern(acc, KEY_2);
    clv_accumulator_free(&acc);
}

Test(accumulator, starts_over_when_cleared)
{
    struct clv_accumulator *acc = new_accumulator();

    cr_assert_eq(add(acc, KEY_2), CLV_OK);
    clv_accumulator_clear(acc, clv_random_system());
    cr_assert_eq(clv_accumulator_count(acc), 0);
    cr_assert_eq(add(acc, KEY_1), CLV_OK);
    assert_pattern(acc, KEY_1);
    clv_accumulator_free(&acc);
    clv_accumulator_free(&acc);
}
