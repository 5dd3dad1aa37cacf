#include "keys.h"

static struct clv_same_guard *new_guard(void)
{
    struct clv_same_guard *guard = NULL;

    cr_assert_eq(clv_same_guard_new(clv_random_system(), &guard, NULL), CLV_OK);
    return guard;
}

static clv_status add_part(struct clv_same_guard *guard, const char *owner, const char *hex,
                           struct clv_error *err)
{
    struct clv_secret *part = secret_hex(hex);
    clv_status st = clv_same_guard_add(guard, CLV_SAME_PART, owner, part, err);

    clv_secret_free(&part);
    return st;
}

static clv_status add_password(struct clv_same_guard *guard, const char *owner, const char *text)
{
    struct clv_secret *password = secret_text(text);
    clv_status st = clv_same_guard_add(guard, CLV_SAME_PASSWORD, owner, password, NULL);

    clv_secret_free(&password);
    return st;
}

Test(same_guard, finds_two_equal_parts_and_names_the_other_owner)
{
    struct clv_same_guard *guard = new_guard();
    struct clv_error err = {0};

    cr_assert_eq(add_part(guard, "Lena Vogt", KEY_1, NULL), CLV_OK);
    cr_assert_eq(add_part(guard, "Carl Abt", KEY_2, NULL), CLV_OK);
    cr_assert_eq(add_part(guard, "Bea Orth", KEY_1, &err), CLV_E_RULE);
    cr_assert(strstr(err.fact, "Lena Vogt"));
    cr_assert_eq(add_part(guard, "Bea Orth", KEY_3, NULL), CLV_OK);
    clv_same_guard_free(&guard);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(same_guard, lets_the_same_owner_come_again)
{
    struct clv_same_guard *guard = new_guard();

    cr_assert_eq(add_password(guard, "Lena Vogt", "one for both of my files"), CLV_OK);
    cr_assert_eq(add_password(guard, "lena  VOGT ", "one for both of my files"), CLV_OK);
    cr_assert_eq(add_password(guard, "Carl Abt", "one for both of my files"), CLV_E_RULE);
    cr_assert_eq(add_password(guard, "Carl Abt", "one for both of my file"), CLV_OK);
    clv_same_guard_free(&guard);
}

Test(same_guard, keeps_parts_and_passwords_apart)
{
    struct clv_same_guard *guard = new_guard();
    struct clv_secret *value = secret_hex(KEY_1);

    cr_assert_eq(clv_same_guard_add(guard, CLV_SAME_PART, "Lena", value, NULL), CLV_OK);
    cr_assert_eq(clv_same_guard_add(guard, CLV_SAME_PASSWORD, "Carl", value, NULL), CLV_OK);
    clv_secret_free(&value);
    clv_same_guard_free(&guard);
}

Test(same_guard, forgets_what_is_taken_back)
{
    struct clv_same_guard *guard = new_guard();

    cr_assert_eq(add_part(guard, "Lena", KEY_1, NULL), CLV_OK);
    cr_assert_eq(add_part(guard, "Carl", KEY_2, NULL), CLV_OK);
    cr_assert_eq(add_password(guard, "Lena", "still remembered"), CLV_OK);
    clv_same_guard_drop(guard, CLV_SAME_PART, "LENA");
    cr_assert_eq(add_part(guard, "Bea", KEY_1, NULL), CLV_OK);
    cr_assert_eq(add_part(guard, "Bea", KEY_2, NULL), CLV_E_RULE);
    cr_assert_eq(add_password(guard, "Bea", "still remembered"), CLV_E_RULE);
    clv_same_guard_free(&guard);
}

Test(same_guard, says_when_it_is_full)
{
    struct clv_same_guard *guard = new_guard();
    char text[] = "password number 00";
    clv_status st = CLV_OK;
    int num = 0;

    for (; st == CLV_OK && num < 100; num++) {
        text[16] = (char)('0' + num / 10);
        text[17] = (char)('0' + num % 10);
        st = add_password(guard, text, text);
    }
    cr_assert_eq(st, CLV_E_FULL);
    cr_assert_eq(num, 65);
    clv_same_guard_free(&guard);
}
