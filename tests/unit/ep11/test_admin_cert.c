/* Administrator certificates: our own form, other people's X.509, and what units do not take. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

#define CERTS CLV_SOURCE_DIR "/tests/unit/ep11/certs/"

TestSuite(admin_cert, .init = test_start);

static struct clv_view load(const char *path)
{
    uint8_t *data = NULL;
    size_t len = 0;
    cr_assert_eq(clv_file_read(path, 1 << 16, &data, &len, NULL), CLV_OK, "%s", path);
    return clv_view_of(data, len);
}

static void unload(struct clv_view file)
{
    free((void *)(uintptr_t)file.data);
}

struct owner {
    struct clv_secret *scalar;
    uint8_t point[CLV_P521_POINT_LEN];
    struct clv_ep11_public_key key;
    struct clv_ep11_signer signer;
};

static void make_owner(struct owner *o)
{
    *o = (struct owner){0};
    cr_assert_eq(clv_p521_generate(&o->scalar, o->point, NULL), CLV_OK);
    o->key.type = CLV_EP11_KEY_P521;
    o->key.bits = clv_view_of(o->point, sizeof(o->point));
    cr_assert_eq(clv_ep11_signer_p521(o->scalar, &o->signer, NULL), CLV_OK);
}

Test(admin_cert, other_peoples_x509_is_read)
{
    struct clv_ep11_admin_cert cert;
    struct clv_error err = {0};
    struct clv_view p521 = load(CERTS "p521.der");
    struct clv_view rsa = load(CERTS "rsa.der");
    cr_assert_eq(clv_ep11_admin_cert_decode(p521, &cert, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(cert.name, "Zo?? Zander");
    cr_assert_eq(cert.key.type, CLV_EP11_KEY_P521);
    cr_assert_eq(cert.key.bits.len, CLV_P521_POINT_LEN);
    cr_assert_eq(clv_ep11_admin_cert_decode(rsa, &cert, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(cert.name, "Rosa");
    cr_assert_eq(cert.key.type, CLV_EP11_KEY_RSA);
    cr_assert_eq(cert.key.rsa_bits, 2048);
    unload(p521);
    unload(rsa);
}

Test(admin_cert, keys_that_units_do_not_take_are_refused)
{
    static const char *const names[] = {CERTS "p256.der", CERTS "e3.der"};
    for (size_t i = 0; i < 2; i++) {
        struct clv_ep11_admin_cert cert;
        struct clv_view der = load(names[i]);
        cr_assert_eq(clv_ep11_admin_cert_decode(der, &cert, NULL), CLV_E_FORMAT, "%s", names[i]);
        unload(der);
    }
}

Test(admin_cert, every_truncation_is_refused)
{
    struct clv_ep11_admin_cert cert;
    struct clv_view der = load(CERTS "p521.der");
    for (size_t len = 0; len < der.len; len++)
        cr_assert_eq(clv_ep11_admin_cert_decode(clv_view_of(der.data, len), &cert, NULL),
                     CLV_E_FORMAT, "%zu bytes", len);
    unload(der);
}

Test(admin_cert, a_point_off_the_curve_is_refused)
{
    struct owner o;
    struct clv_writer w = {0};
    struct clv_ep11_admin_cert cert;
    make_owner(&o);
    cr_assert_eq(clv_ep11_admin_cert_encode(&w, "Mallory", &o.key, &o.signer, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_admin_cert_decode(clv_writer_view(&w), &cert, NULL), CLV_OK);
    size_t last_of_y = (size_t)(cert.key.bits.data - w.data) + CLV_P521_POINT_LEN - 1;
    w.data[last_of_y] ^= 1;
    cr_assert_eq(clv_ep11_admin_cert_decode(clv_writer_view(&w), &cert, NULL), CLV_E_FORMAT);
    clv_writer_clear(&w);
    clv_secret_free(&o.scalar);
}

Test(admin_cert, names_have_one_to_thirty_printable_characters)
{
    static const struct {
        const char *name;
        clv_status status;
    } names[] = {
        {"A", CLV_OK},
        {"thirty characters of (a) name.", CLV_OK},
        {"thirty-one characters of a name", CLV_E_INPUT},
        {"", CLV_E_INPUT},
        {"Zo\xc3\xab", CLV_E_INPUT},
        {"a_b", CLV_E_INPUT},
        {"a\tb", CLV_E_INPUT},
        {"a*b", CLV_E_INPUT},
    };
    struct owner o;
    make_owner(&o);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct clv_writer w = {0};
        struct clv_ep11_admin_cert cert;
        cr_assert_eq(clv_ep11_admin_cert_encode(&w, names[i].name, &o.key, &o.signer, NULL),
                     names[i].status, "%s", names[i].name);
        cr_assert_eq(w.len > 0, names[i].status == CLV_OK);
        if (names[i].status == CLV_OK) {
            cr_assert_eq(clv_ep11_admin_cert_decode(clv_writer_view(&w), &cert, NULL), CLV_OK);
            cr_assert_str_eq(cert.name, names[i].name);
        }
        clv_writer_clear(&w);
    }
    clv_secret_free(&o.scalar);
}

Test(admin_cert, the_signer_must_hold_the_certificates_key)
{
    struct owner one, two;
    struct clv_writer w = {0};
    make_owner(&one);
    make_owner(&two);
    cr_assert_eq(clv_ep11_admin_cert_encode(&w, "Eve", &one.key, &two.signer, NULL),
                 CLV_E_MISMATCH);
    cr_assert_eq(w.len, 0);
    clv_secret_free(&one.scalar);
    clv_secret_free(&two.scalar);
    cr_assert_eq(clv_secret_alive(), 0);
}
