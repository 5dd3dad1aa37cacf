#include "fixtures.h"

Test(sigkey, generated_one_signs_what_its_point_verifies)
{
    struct clv_sigkey key = {0};
    uint8_t digest[CLV_SHA512_LEN], sig[CLV_P521_SIGNATURE_MAX], ski[CLV_SKI_LEN];
    size_t len = 0;

    cr_assert_eq(clv_sigkey_generate(&key, NULL), CLV_OK);
    clv_sha512("proven by use", 13, digest);
    cr_assert_eq(clv_p521_sign(key.key, digest, sig, &len, NULL), CLV_OK);
    cr_assert_eq(clv_p521_verify(key.point, digest, sig, len, NULL), CLV_OK);
    clv_sha256(key.point, sizeof key.point, ski);
    cr_assert_arr_eq(key.ski, ski, sizeof ski);
    clv_sigkey_clear(&key);
    clv_sigkey_clear(&key);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(sigkey, of_a_scalar_is_the_same_key)
{
    struct clv_sigkey first = {0}, second = {0};

    cr_assert_eq(clv_sigkey_generate(&first, NULL), CLV_OK);
    struct clv_secret *scalar = secret_of(clv_secret_read(first.key), CLV_P521_SCALAR_LEN);
    clv_secret_close(first.key);
    cr_assert_eq(clv_sigkey_from_scalar(&scalar, &second, NULL), CLV_OK);
    cr_assert_null(scalar, "used up");
    cr_assert_arr_eq(second.point, first.point, sizeof first.point);
    cr_assert_arr_eq(second.ski, first.ski, sizeof first.ski);
    clv_sigkey_clear(&first);
    clv_sigkey_clear(&second);
}

Test(sigkey, of_something_else_is_refused_and_stays_with_the_caller)
{
    struct clv_sigkey key = {0};
    struct clv_secret *short_one = secret_text("not a scalar"), *zero = NULL;

    cr_assert_eq(clv_secret_new(CLV_P521_SCALAR_LEN, &zero, NULL), CLV_OK);
    cr_assert_eq(clv_sigkey_from_scalar(&short_one, &key, NULL), CLV_E_FORMAT);
    cr_assert_eq(clv_sigkey_from_scalar(&zero, &key, NULL), CLV_E_FORMAT);
    cr_assert(short_one && zero && !key.key);
    clv_secret_free(&short_one);
    clv_secret_free(&zero);
}
