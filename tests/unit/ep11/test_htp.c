/* HTP strings: what services get wrong and we take, and what we do not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(htp, .init = test_start);

#define HEAD_OK                                                                                    \
    "00"                                                                                           \
    "0       "                                                                                     \
    "0       "                                                                                     \
    "PROGRAM1"                                                                                     \
    "somewhere                     "                                                               \
    "                                                                                            " \
    "        "
#define CPRB "0020040000805434000000000000000300000000000000000000000000000002"
#define CPRB_OTHER_LENGTH "0021040000805434000000000000000300000000000000000000000000000002"
#define CPRB_OTHER_FUNCTION "0020040000805435000000000000000300000000000000000000000000000002"
#define CPRB_TOO_LONG "00200400008054340000000000000003000000000000000000000000ffffffff"
#define CPRB_RETURN_CODE "0020040000805434000000000000000300080000000000000000000000000002"
#define CPRB_REASON "0020040000805434000000000000000300000008000000000000000000000002"

static clv_status decode_response(const char *text, char *hex, size_t cap)
{
    uint32_t domain = 99;
    uint8_t *payload = NULL;
    size_t len = 0;
    clv_status status = clv_ep11_htp_response_decode(clv_view_of(text, strlen(text)), &domain,
                                                     &payload, &len, NULL);
    if (status != CLV_OK) {
        cr_assert_null(payload);
        cr_assert_eq(domain, 99);
        return status;
    }
    cr_assert_lt(2 * len, cap);
    clv_hex(payload, len, hex);
    free(payload);
    return status;
}

Test(htp, responses)
{
    static const struct {
        const char *text;
        clv_status status;
        const char *payload;
    } cases[] = {
        {"222;" HEAD_OK ";" CPRB "ABcd", CLV_OK, "abcd"},
        {"1;" HEAD_OK ";" CPRB "ABCD", CLV_OK, "abcd"}, /* the length is not looked at */
        {"x;" HEAD_OK ";" CPRB "ABCD", CLV_OK, "abcd"},
        {"222;" HEAD_OK ";" CPRB "ABCDEF", CLV_OK, "abcd"}, /* what follows the payload neither */
        {"222;" HEAD_OK "more text;" CPRB "ABCD", CLV_OK, "abcd"},
        {"222;" HEAD_OK ";" CPRB_OTHER_LENGTH "ABCD", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";" CPRB_OTHER_FUNCTION "ABCD", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";" CPRB_TOO_LONG "ABCD", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";" CPRB_RETURN_CODE "ABCD", CLV_E_UNIT, NULL},
        {"222;" HEAD_OK ";" CPRB_REASON "ABCD", CLV_E_UNIT, NULL},
        {"222;" HEAD_OK ";" CPRB "AB", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";" CPRB "ABC", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";" CPRB "AB D", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK ";", CLV_E_FORMAT, NULL},
        {"222;" HEAD_OK, CLV_E_FORMAT, NULL},
        {"222", CLV_E_FORMAT, NULL},
        {"", CLV_E_FORMAT, NULL},
        {"222;00", CLV_E_FORMAT, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char hex[64] = "";
        cr_assert_eq(decode_response(cases[i].text, hex, sizeof(hex)), cases[i].status, "case %zu",
                     i);
        if (cases[i].payload)
            cr_assert_str_eq(hex, cases[i].payload);
    }
}

Test(htp, an_error_of_the_service_is_shown)
{
    struct clv_writer w = {0};
    struct clv_error err = {0};
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    const struct clv_ep11_htp_error error = {.type = 9, .code = 5};
    clv_ep11_htp_error_encode(&w, error, "no domain 200; \x1b[2J\x07 here");
    cr_assert_eq(w.len, 3 + 158);
    cr_assert_arr_eq(w.data, "158;9 5       0       ", 22);
    cr_assert_eq(clv_ep11_htp_response_decode(clv_writer_view(&w), &domain, &payload, &len, &err),
                 CLV_E_UNIT);
    cr_assert_not_null(strstr(err.fact, "no domain 200"));
    cr_assert_not_null(strstr(err.fact, "error type 9, return code 5, reason 0"));
    cr_assert_null(strchr(err.fact, '\x1b'));
    clv_writer_clear(&w);
}

static void expect_request(const char *text, clv_status status, unsigned code)
{
    unsigned module = 77;
    uint32_t domain = 77;
    uint8_t *payload = NULL;
    size_t len = 0;
    struct clv_ep11_htp_error error = {0};
    char whole[400];
    snprintf(whole, sizeof(whole), "%zu%s", strlen(text), text);
    cr_assert_eq(clv_ep11_htp_request_decode(clv_view_of(whole, strlen(whole)), &module, &domain,
                                             &payload, &len, &error, NULL),
                 status, "%s", whole);
    cr_assert_eq(error.code, code, "%s", whole);
    cr_assert_eq(error.type, code ? 9 : 0);
    if (status == CLV_OK) {
        cr_assert_eq(module, 3);
        cr_assert_eq(domain, 3);
        cr_assert_eq(len, 2);
        cr_assert_arr_eq(payload, "\xab\xcd", 2);
    } else {
        cr_assert_null(payload);
        cr_assert_eq(module, 77);
    }
    free(payload);
}

Test(htp, requests)
{
    expect_request(";PCI request;XPNUM   ;3;        ;" CPRB "ABCD", CLV_OK, 0);
    expect_request(";PCI request;XPNUM   ;03;        ;" CPRB "abcd", CLV_OK, 0);
    expect_request(";PCI request;XPNUM   ;3;        ;" CPRB "ABC", CLV_E_FORMAT, 12);
    expect_request(";PCI request;XPNUM   ;3;        ;" CPRB "ABxD", CLV_E_FORMAT, 12);
    expect_request(";PCI request;XPNUM   ;3;        ;" CPRB "AB", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM   ;3;        ;" CPRB "ABCD00", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM   ;3;       ;" CPRB "ABCD", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM ;3;        ;" CPRB "ABCD", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM   ;-3;        ;" CPRB "ABCD", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM   ;;        ;" CPRB "ABCD", CLV_E_FORMAT, 1);
    expect_request(";PCI request;XPNUM   ;99999999;        ;" CPRB "ABCD", CLV_E_FORMAT, 1);
    expect_request(";", CLV_E_FORMAT, 1);
    expect_request("", CLV_E_FORMAT, 1);
}

Test(htp, a_request_with_a_wrong_length_is_refused)
{
    static const char text[] = "999;PCI request;XPNUM   ;3;        ;" CPRB "ABCD";
    unsigned module = 0;
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    cr_assert_eq(clv_ep11_htp_request_decode(clv_view_of(text, strlen(text)), &module, &domain,
                                             &payload, &len, NULL, NULL),
                 CLV_E_FORMAT);
}

/* The largest payload goes through; one byte more does not. */
Test(htp, payloads_are_bounded)
{
    struct clv_writer w = {0};
    struct clv_writer zeros = {0};
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    clv_write_zeros(&zeros, CLV_EP11_MAX_PAYLOAD + 1);
    struct clv_view most = clv_view_of(zeros.data, CLV_EP11_MAX_PAYLOAD);
    cr_assert_eq(clv_ep11_htp_response_encode(&w, 84, most, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_htp_response_decode(clv_writer_view(&w), &domain, &payload, &len, NULL),
                 CLV_OK);
    cr_assert_eq(domain, 84);
    cr_assert_eq(len, CLV_EP11_MAX_PAYLOAD);
    free(payload);
    most.len++;
    cr_assert_eq(clv_ep11_htp_response_encode(&w, 84, most, NULL), CLV_E_INTERNAL);
    cr_assert_eq(clv_ep11_htp_request_encode(&w, 1, 84, most, NULL), CLV_E_INTERNAL);
    clv_writer_clear(&w);
    clv_writer_clear(&zeros);
}
