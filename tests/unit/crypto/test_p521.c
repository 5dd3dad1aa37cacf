#include <string.h>

#include "claviger/der.h"
#include "support.h"

TestSuite(p521, .init = start, .fini = no_secret_is_alive);

#define ORDER                                                                                      \
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148" \
    "f7"                                                                                           \
    "09a5d03bb5c9b8899c47aebb6fb71e91386409"

static const uint8_t digest[CLV_SHA512_LEN] = {1, 2, 3};

struct pair {
    struct clv_secret *scalar;
    uint8_t point[CLV_P521_POINT_LEN];
};

static struct pair new_pair(void)
{
    struct pair p = {0};
    assert_ok(clv_p521_generate(&p.scalar, p.point, &err));
    return p;
}

Test(p521, a_made_key_is_sound_and_new_each_time)
{
    struct pair a = new_pair(), b = new_pair();
    uint8_t point[CLV_P521_POINT_LEN];
    cr_assert_eq(clv_secret_len(a.scalar), CLV_P521_SCALAR_LEN);
    assert_ok(clv_p521_point(a.scalar, point, &err));
    cr_assert_arr_eq(point, a.point, sizeof point);
    assert_ok(clv_p521_check_point(a.point, sizeof a.point, &err));
    cr_assert_not(clv_secret_equal(a.scalar, b.scalar));
    clv_secret_free(&a.scalar);
    clv_secret_free(&b.scalar);
}

/* Changes a copy of the order by adding d to its last byte. */
static struct clv_secret *near_order(int d)
{
    struct clv_secret *s = secret_of_hex(ORDER);
    uint8_t *p = clv_secret_write(s);
    p[CLV_P521_SCALAR_LEN - 1] = (uint8_t)(p[CLV_P521_SCALAR_LEN - 1] + d);
    clv_secret_close(s);
    return s;
}

Test(p521, scalars_out_of_range_are_refused)
{
    static const uint8_t zeros[CLV_P521_SCALAR_LEN + 1];
    struct pair a = new_pair();
    uint8_t ones[CLV_P521_SCALAR_LEN], point[CLV_P521_POINT_LEN], sig[CLV_P521_SIGNATURE_MAX];
    memset(ones, 0xff, sizeof ones);
    struct clv_secret *wrong[] = {
        secret_of(zeros, CLV_P521_SCALAR_LEN),
        secret_of(ones, CLV_P521_SCALAR_LEN),
        secret_of(zeros, CLV_P521_SCALAR_LEN - 1),
        secret_of(zeros, CLV_P521_SCALAR_LEN + 1),
        near_order(0),
        near_order(1),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct clv_secret *z = NULL;
        size_t len = 0;
        cr_assert_eq(clv_p521_point(wrong[i], point, NULL), CLV_E_FORMAT);
        cr_assert_eq(clv_p521_sign(wrong[i], digest, sig, &len, NULL), CLV_E_FORMAT);
        cr_assert_eq(clv_p521_ecdh(wrong[i], a.point, sizeof a.point, &z, NULL), CLV_E_FORMAT);
        cr_assert_null(z);
        clv_secret_free(&wrong[i]);
    }
    struct clv_secret *last = near_order(-1);
    assert_ok(clv_p521_point(last, point, &err));
    clv_secret_free(&last);
    clv_secret_free(&a.scalar);
}

Test(p521, points_that_are_none_are_refused)
{
    struct pair a = new_pair();
    uint8_t p[CLV_P521_POINT_LEN + 1] = {0};
    memcpy(p, a.point, sizeof a.point);
    for (size_t len = 0; len <= sizeof p; len++) {
        clv_status want = len == CLV_P521_POINT_LEN ? CLV_OK : CLV_E_FORMAT;
        cr_assert_eq(clv_p521_check_point(p, len, NULL), want);
    }
    for (size_t bit = 0; bit < CLV_P521_POINT_LEN * 8; bit++) {
        p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_p521_check_point(p, CLV_P521_POINT_LEN, NULL), CLV_E_FORMAT);
        p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    memset(p, 0, sizeof p);
    cr_assert_eq(clv_p521_check_point(p, CLV_P521_POINT_LEN, NULL), CLV_E_FORMAT);
    cr_assert_eq(clv_p521_check_point(p, 1, NULL), CLV_E_FORMAT); /* infinity */
    clv_secret_free(&a.scalar);
}

Test(p521, other_forms_of_a_point_are_refused)
{
    struct pair a = new_pair();
    uint8_t p[CLV_P521_POINT_LEN];
    memcpy(p, a.point, sizeof p);
    p[0] = (uint8_t)(2 | (p[CLV_P521_POINT_LEN - 1] & 1));
    cr_assert_eq(clv_p521_check_point(p, 67, NULL), CLV_E_FORMAT); /* compressed */
    p[0] |= 4;
    cr_assert_eq(clv_p521_check_point(p, sizeof p, NULL), CLV_E_FORMAT); /* hybrid */
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    assert_ok(clv_p521_sign(a.scalar, digest, sig, &len, &err));
    cr_assert_eq(clv_p521_verify(p, digest, sig, len, NULL), CLV_E_FORGED);
    clv_secret_free(&a.scalar);
}

Test(p521, signatures_hold_for_one_key_and_one_digest)
{
    struct pair a = new_pair(), b = new_pair();
    uint8_t sig[CLV_P521_SIGNATURE_MAX], other[CLV_SHA512_LEN] = {9};
    size_t len = 0;
    assert_ok(clv_p521_sign(a.scalar, digest, sig, &len, &err));
    assert_ok(clv_p521_verify(a.point, digest, sig, len, &err));
    cr_assert_eq(clv_p521_verify(b.point, digest, sig, len, NULL), CLV_E_FORGED);
    cr_assert_eq(clv_p521_verify(a.point, other, sig, len, NULL), CLV_E_FORGED);
    clv_secret_free(&a.scalar);
    clv_secret_free(&b.scalar);
}

Test(p521, every_change_of_a_signature_is_refused)
{
    struct pair a = new_pair();
    uint8_t sig[CLV_P521_SIGNATURE_MAX + 1] = {0};
    size_t len = 0;
    assert_ok(clv_p521_sign(a.scalar, digest, sig, &len, &err));
    for (size_t bit = 0; bit < len * 8; bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_p521_verify(a.point, digest, sig, len, NULL), CLV_E_FORGED);
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(clv_p521_verify(a.point, digest, sig, cut, NULL), CLV_E_FORGED);
    cr_assert_eq(clv_p521_verify(a.point, digest, sig, len + 1, NULL), CLV_E_FORGED);
    clv_secret_free(&a.scalar);
}

/* The same two numbers in a longer encoding are another signature, and refused. */
Test(p521, only_the_minimal_encoding_is_taken)
{
    struct pair a = new_pair();
    uint8_t r[66], s[66];
    struct clv_writer w = {0};
    assert_ok(clv_p521_sign_raw(a.scalar, digest, r, s, &err));
    assert_ok(clv_p521_verify_raw(a.point, digest, r, s, &err));
    size_t seq = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, r, sizeof r);
    clv_der_write_unsigned(&w, s, sizeof s);
    clv_der_close_82(&w, seq);
    cr_assert_eq(clv_p521_verify(a.point, digest, w.data, w.len, NULL), CLV_E_FORGED);
    clv_writer_clear(&w);
    clv_secret_free(&a.scalar);
}

Test(p521, raw_signatures_out_of_range_are_refused)
{
    struct pair a = new_pair();
    uint8_t r[66], s[66], order[66];
    static const uint8_t zeros[66];
    assert_ok(clv_unhex(ORDER, strlen(ORDER), order, sizeof order, &err));
    assert_ok(clv_p521_sign_raw(a.scalar, digest, r, s, &err));
    cr_assert_eq(clv_p521_verify_raw(a.point, digest, zeros, s, NULL), CLV_E_FORGED);
    cr_assert_eq(clv_p521_verify_raw(a.point, digest, r, zeros, NULL), CLV_E_FORGED);
    cr_assert_eq(clv_p521_verify_raw(a.point, digest, order, s, NULL), CLV_E_FORGED);
    cr_assert_eq(clv_p521_verify_raw(a.point, digest, r, order, NULL), CLV_E_FORGED);
    memset(r, 0xff, sizeof r);
    cr_assert_eq(clv_p521_verify_raw(a.point, digest, r, s, NULL), CLV_E_FORGED);
    clv_secret_free(&a.scalar);
}

Test(p521, both_sides_agree)
{
    struct pair a = new_pair(), b = new_pair(), c = new_pair();
    struct clv_secret *ab = NULL, *ba = NULL, *ac = NULL;
    assert_ok(clv_p521_ecdh(a.scalar, b.point, sizeof b.point, &ab, &err));
    assert_ok(clv_p521_ecdh(b.scalar, a.point, sizeof a.point, &ba, &err));
    assert_ok(clv_p521_ecdh(a.scalar, c.point, sizeof c.point, &ac, &err));
    cr_assert(clv_secret_equal(ab, ba));
    cr_assert_not(clv_secret_equal(ab, ac));
    clv_secret_free(&ab);
    clv_secret_free(&ba);
    clv_secret_free(&ac);
    clv_secret_free(&a.scalar);
    clv_secret_free(&b.scalar);
    clv_secret_free(&c.scalar);
}
