/* Messages of a signing service: what it is told, what it says, and what it may not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"
#include "claviger/ep11.h"

static clv_status public_of(const char *body, uint8_t ret[CLV_P521_POINT_LEN])
{
    return clv_ep11_signing_public_decode(clv_view_of(body, strlen(body)), ret, NULL);
}

/* {"NAME": base64(SEQUENCE{INTEGER, INTEGER})} of two big-endian numbers. */
static char *body_of(const char *name, const uint8_t *a, const uint8_t *b, size_t len)
{
    struct clv_writer w = {0};
    char *text = NULL;
    size_t mark = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, a, len);
    clv_der_write_unsigned(&w, b, len);
    clv_der_close(&w, mark);
    char *encoded = clv_base64(w.data, w.len);
    cr_assert_gt(asprintf(&text, "{\"%s\":\"%s\"}", name, encoded), 0);
    free(encoded);
    clv_writer_clear(&w);
    return text;
}

Test(ep11_signing, a_request_holds_the_message_and_nothing_else)
{
    struct clv_writer w = {0};
    cr_assert_eq(clv_ep11_signing_request_encode(&w, clv_view_of("abc", 3), NULL), CLV_OK);
    clv_write_u8(&w, 0);
    cr_assert_str_eq((const char *)w.data, "{\"hash_algorithm\":\"sha2-512\",\"input\":\"YWJj\"}");
    clv_writer_clear(&w);
}

Test(ep11_signing, a_public_key)
{
    struct clv_secret *scalar = NULL;
    uint8_t point[CLV_P521_POINT_LEN], got[CLV_P521_POINT_LEN];
    cr_assert_eq(clv_p521_generate(&scalar, point, NULL), CLV_OK);
    char *body = body_of("publickey", point + 1, point + 67, 66);
    cr_assert_eq(public_of(body, got), CLV_OK);
    cr_assert_arr_eq(got, point, sizeof point);
    memset(got, 0x5a, sizeof got);
    for (size_t len = 0; len < strlen(body); len++)
        cr_assert_eq(clv_ep11_signing_public_decode(clv_view_of(body, len), got, NULL),
                     CLV_E_FORMAT, "cut to %zu", len);
    cr_assert_eq(got[0], 0x5a, "outputs change only on success");
    for (size_t at = 0, len = strlen(body); at < len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            body[at] ^= (char)(1 << bit);
            clv_status status = clv_ep11_signing_public_decode(clv_view_of(body, len), got, NULL);
            cr_assert(status != CLV_OK || memcmp(got, point, sizeof point) == 0);
            body[at] ^= (char)(1 << bit);
        }
    free(body);
    clv_secret_free(&scalar);
}

Test(ep11_signing, public_keys_that_are_none)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{}",
        "{\"publickey\":7}",
        "{\"publickey\":\"\"}",
        "{\"publickey\":\"!!\"}",
        "{\"publickey\":\"MAYCAQECAQE\"}",      /* no padding */
        "{\"publickey\":\"MAYCAQECAQE=\"}",     /* 1, 1: not on the curve */
        "{\"publickey\":\"MAMCAQE=\"}",         /* one number */
        "{\"publickey\":\"MAkCAQECAQECAQE=\"}", /* three */
        "{\"publickey\":\"MAYCAQECAYE=\"}",     /* a negative one */
        "{\"publickey\":\"MAYCAQECAQEA\"}",     /* something behind */
        "{\"publickey\":\"MAYCAQECAQE=\",\"publickey\":\"MAYCAQECAQE=\"}",
        "{\"signature\":\"MAYCAQECAQE=\"}",
    };
    uint8_t got[CLV_P521_POINT_LEN];
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        cr_assert_eq(public_of(bodies[i], got), CLV_E_FORMAT, "%s", bodies[i]);
}

Test(ep11_signing, a_signature_becomes_minimal)
{
    static const uint8_t want[] = {0x30, 0x07, 0x02, 0x01, 0x05, 0x02, 0x02, 0x00, 0x80};
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    /* long lengths, zeros in front: what other encoders write */
    const char *body = "{\"signature\":\"MIEKAgIABQIEAAAAgA==\",\"other\":1}";
    cr_assert_eq(clv_ep11_signing_signature_decode(clv_view_of(body, strlen(body)), sig, sizeof sig,
                                                   &len, NULL),
                 CLV_OK);
    cr_assert_eq(len, sizeof want);
    cr_assert_arr_eq(sig, want, sizeof want);
    for (size_t cut = 0; cut < strlen(body); cut++)
        cr_assert_eq(
            clv_ep11_signing_signature_decode(clv_view_of(body, cut), sig, sizeof sig, &len, NULL),
            CLV_E_FORMAT);
    cr_assert_eq(
        clv_ep11_signing_signature_decode(clv_view_of(body, strlen(body)), sig, 4, &len, NULL),
        CLV_E_INTERNAL);
}

Test(ep11_signing, numbers_longer_than_the_field)
{
    uint8_t number[67] = {1};
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    char *body = body_of("signature", number, number, sizeof number);
    cr_assert_eq(clv_ep11_signing_signature_decode(clv_view_of(body, strlen(body)), sig, sizeof sig,
                                                   &len, NULL),
                 CLV_E_FORMAT);
    free(body);
}
