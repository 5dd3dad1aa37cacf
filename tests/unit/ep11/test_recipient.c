/* Sealed key parts: the reason of every refusal, and that nothing secret stays behind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "src/ep11/internal.h"
#include "start.h"

/* Offsets in the P-521 form. */
#define OUTER_LEN_AT 3
#define POINT_AT 29
#define UKM_AT 166
#define RECIPIENTS_LEN_AT 232
#define RECIPIENT_LEN_AT 234
#define WRAPPED_AT 273

TestSuite(recipient, .init = test_start);

struct unit {
    struct clv_secret *importer;
    uint8_t point[CLV_P521_POINT_LEN];
    struct clv_ep11_public_key key;
    struct clv_secret *part;
    struct clv_writer sealed;
};

static struct clv_secret *some_part(size_t len)
{
    struct clv_secret *part = NULL;
    cr_assert_eq(clv_secret_new(len, &part, NULL), CLV_OK);
    uint8_t *p = clv_secret_write(part);
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)(0xa0 + i);
    clv_secret_close(part);
    return part;
}

static void make_unit(struct unit *u)
{
    *u = (struct unit){.part = some_part(CLV_EP11_PART_LEN)};
    cr_assert_eq(clv_p521_generate(&u->importer, u->point, NULL), CLV_OK);
    u->key.type = CLV_EP11_KEY_P521;
    u->key.bits = clv_view_of(u->point, sizeof(u->point));
    cr_assert_eq(clv_ep11_recipient_seal(&u->sealed, &u->key, u->part, NULL), CLV_OK);
}

static void drop_unit(struct unit *u)
{
    clv_secret_free(&u->importer);
    clv_secret_free(&u->part);
    clv_writer_clear(&u->sealed);
    cr_assert_eq(clv_secret_alive(), 0);
}

static void refuse(struct unit *u, struct clv_view bytes, enum clv_ep11_key_type type,
                   uint32_t reason, clv_status status)
{
    struct clv_secret *part = NULL;
    uint32_t got = 0;
    cr_assert_eq(clv_ep11_recipient_open(bytes, type, u->importer, &part, &got, NULL), status);
    cr_assert_eq(got, reason);
    cr_assert_null(part);
}

Test(recipient, opens_for_its_importer_only)
{
    struct unit one, two;
    struct clv_secret *part = NULL;
    uint32_t reason = 0;
    make_unit(&one);
    make_unit(&two);
    cr_assert_eq(one.sealed.len, 313);
    cr_assert_eq(clv_ep11_recipient_open(clv_writer_view(&one.sealed), CLV_EP11_KEY_P521,
                                         one.importer, &part, &reason, NULL),
                 CLV_OK);
    cr_assert(clv_secret_equal(part, one.part));
    clv_secret_free(&part);
    refuse(&two, clv_writer_view(&one.sealed), CLV_EP11_KEY_P521, 27, CLV_E_FORGED);
    refuse(&one, clv_writer_view(&one.sealed), CLV_EP11_KEY_RSA, 23, CLV_E_FORMAT);
    clv_secret_free(&two.importer);
    clv_secret_free(&two.part);
    clv_writer_clear(&two.sealed);
    drop_unit(&one);
}

Test(recipient, no_two_sealings_are_alike)
{
    struct unit u;
    struct clv_writer again = {0};
    make_unit(&u);
    cr_assert_eq(clv_ep11_recipient_seal(&again, &u.key, u.part, NULL), CLV_OK);
    cr_assert_neq(memcmp(again.data + POINT_AT, u.sealed.data + POINT_AT, 133), 0);
    cr_assert_neq(memcmp(again.data + UKM_AT, u.sealed.data + UKM_AT, 40), 0);
    cr_assert_neq(memcmp(again.data + WRAPPED_AT, u.sealed.data + WRAPPED_AT, 40), 0);
    clv_writer_clear(&again);
    drop_unit(&u);
}

Test(recipient, each_fault_has_its_reason)
{
    struct unit u;
    make_unit(&u);
    struct clv_view sealed = clv_writer_view(&u.sealed);
    u.sealed.data[POINT_AT + 132] ^= 1;
    refuse(&u, sealed, CLV_EP11_KEY_P521, 25, CLV_E_FORMAT);
    u.sealed.data[POINT_AT + 132] ^= 1;
    u.sealed.data[UKM_AT] ^= 1;
    refuse(&u, sealed, CLV_EP11_KEY_P521, 27, CLV_E_FORGED);
    u.sealed.data[UKM_AT] ^= 1;
    u.sealed.data[WRAPPED_AT + 39] ^= 1;
    refuse(&u, sealed, CLV_EP11_KEY_P521, 27, CLV_E_FORGED);
    u.sealed.data[WRAPPED_AT + 39] ^= 1;
    refuse(&u, clv_view_of(sealed.data, sealed.len - 1), CLV_EP11_KEY_P521, 23, CLV_E_FORMAT);
    /* A wrapped part one byte shorter, all lengths around it put right. */
    u.sealed.data[OUTER_LEN_AT]--;
    u.sealed.data[RECIPIENTS_LEN_AT]--;
    u.sealed.data[RECIPIENT_LEN_AT]--;
    u.sealed.data[WRAPPED_AT - 1]--;
    refuse(&u, clv_view_of(sealed.data, sealed.len - 1), CLV_EP11_KEY_P521, 24, CLV_E_FORMAT);
    drop_unit(&u);
}

Test(recipient, no_single_bit_can_change_unnoticed)
{
    struct unit u;
    make_unit(&u);
    for (size_t bit = 0; bit < 8 * u.sealed.len; bit++) {
        size_t at = bit / 8;
        struct clv_secret *part = NULL;
        uint32_t reason = 0;
        if (at >= WRAPPED_AT - 2 - 36 && at < WRAPPED_AT - 2)
            continue; /* the recipient's identifier, which is not looked at */
        u.sealed.data[at] ^= (uint8_t)(1u << bit % 8);
        cr_assert_neq(clv_ep11_recipient_open(clv_writer_view(&u.sealed), CLV_EP11_KEY_P521,
                                              u.importer, &part, &reason, NULL),
                      CLV_OK, "bit %zu", bit);
        cr_assert_geq(reason, 23);
        u.sealed.data[at] ^= (uint8_t)(1u << bit % 8);
    }
    drop_unit(&u);
}

Test(recipient, parts_have_32_bytes)
{
    struct unit u;
    struct clv_secret *shorter = some_part(31);
    struct clv_writer w = {0};
    make_unit(&u);
    cr_assert_eq(clv_ep11_recipient_seal(&w, &u.key, shorter, NULL), CLV_E_INTERNAL);
    cr_assert_eq(w.len, 0);
    clv_secret_free(&shorter);
    drop_unit(&u);
}

Test(recipient, rsa_of_another_size_or_content_is_refused)
{
    struct unit u = {.part = some_part(CLV_EP11_PART_LEN)};
    struct clv_secret *longer = some_part(33);
    uint8_t *public_der = NULL;
    uint8_t cipher[CLV_RSA2048_LEN];
    size_t public_len = 0;
    size_t cipher_len = 0;
    cr_assert_eq(clv_rsa_generate(2048, &u.importer, &public_der, &public_len, NULL), CLV_OK);
    u.key.type = CLV_EP11_KEY_RSA;
    u.key.bits = clv_view_of(public_der, public_len);
    cr_assert_eq(clv_ep11_recipient_seal(&u.sealed, &u.key, u.part, NULL), CLV_OK);
    cr_assert_eq(u.sealed.len, 316);
    refuse(&u, clv_writer_view(&u.sealed), CLV_EP11_KEY_P521, 23, CLV_E_FORMAT);

    struct clv_secret *part = NULL;
    cr_assert_eq(clv_ep11_recipient_open(clv_writer_view(&u.sealed), CLV_EP11_KEY_RSA, u.importer,
                                         &part, NULL, NULL),
                 CLV_OK);
    cr_assert(clv_secret_equal(part, u.part));
    clv_secret_free(&part);
    cr_assert_eq(
        clv_rsa_encrypt(public_der, public_len, longer, cipher, sizeof(cipher), &cipher_len, NULL),
        CLV_OK);
    memcpy(u.sealed.data + u.sealed.len - cipher_len, cipher, cipher_len);
    refuse(&u, clv_writer_view(&u.sealed), CLV_EP11_KEY_RSA, 28, CLV_E_MISMATCH);
    clv_secret_free(&longer);
    free(public_der);
    drop_unit(&u);
}

/* ---- sealed by somebody else ---- */

static clv_status check(const struct unit *u, struct clv_view bytes)
{
    struct clv_error err = {0};
    clv_status status = clv_ep11_recipient_check(bytes, &u->key, &err);
    cr_assert_eq(err.code, status);
    return status;
}

Test(recipient, a_part_is_for_the_key_it_names)
{
    struct unit one, other;
    make_unit(&one);
    make_unit(&other);
    cr_assert_eq(check(&one, clv_writer_view(&one.sealed)), CLV_OK);
    cr_assert_eq(check(&one, clv_writer_view(&other.sealed)), CLV_E_MISMATCH);
    clv_ep11_admin_ski(&one.key, one.sealed.data + WRAPPED_AT - 2 - CLV_SKI_LEN);
    cr_assert_eq(check(&one, clv_writer_view(&one.sealed)), CLV_OK, "the other way to name it");
    clv_secret_free(&other.importer);
    clv_secret_free(&other.part);
    clv_writer_clear(&other.sealed);
    drop_unit(&one);
}

Test(recipient, a_look_from_outside_finds_what_is_cut_or_bent)
{
    struct unit u;
    size_t passed = 0;
    make_unit(&u);
    for (size_t len = 0; len < u.sealed.len; len++)
        cr_assert_eq(check(&u, clv_view_of(u.sealed.data, len)), CLV_E_FORMAT, "%zu bytes", len);
    for (size_t bit = 0; bit < 8 * u.sealed.len; bit++) {
        size_t at = bit / 8;
        u.sealed.data[at] ^= (uint8_t)(1u << bit % 8);
        clv_status status = check(&u, clv_writer_view(&u.sealed));
        bool secret = at >= WRAPPED_AT || (at >= UKM_AT && at < UKM_AT + CLV_EP11_UKM_LEN);
        cr_assert_eq(status == CLV_OK, secret, "byte %zu: %s", at, clv_code_name(status));
        passed += status == CLV_OK;
        u.sealed.data[at] ^= (uint8_t)(1u << bit % 8);
    }
    cr_assert_eq(passed, 8 * (CLV_EP11_WRAPPED_LEN + CLV_EP11_UKM_LEN));
    drop_unit(&u);
}

Test(recipient, an_rsa_part_is_for_the_key_it_names)
{
    struct unit u = {.part = some_part(CLV_EP11_PART_LEN)};
    uint8_t *bits = NULL;
    size_t len = 0;
    cr_assert_eq(clv_rsa_generate(2048, &u.importer, &bits, &len, NULL), CLV_OK);
    u.key = (struct clv_ep11_public_key){
        .type = CLV_EP11_KEY_RSA, .bits = clv_view_of(bits, len), .rsa_bits = 2048};
    cr_assert_eq(clv_ep11_recipient_seal(&u.sealed, &u.key, u.part, NULL), CLV_OK);
    cr_assert_eq(check(&u, clv_writer_view(&u.sealed)), CLV_OK);
    u.key.rsa_bits = 4096;
    cr_assert_eq(check(&u, clv_writer_view(&u.sealed)), CLV_E_FORMAT);
    u.key.rsa_bits = 2048;
    u.sealed.data[10] ^= 1;
    cr_assert_eq(check(&u, clv_writer_view(&u.sealed)), CLV_E_MISMATCH);
    free(bits);
    drop_unit(&u);
}
