/* HTP strings, CPRBs, locations and service addresses. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

TestSuite(vectors_framing, .init = test_start);

static void check_request(struct vectors *v, const json_t *from, const char *module_field)
{
    unsigned module = 0;
    uint32_t domain = 0;
    struct clv_view payload =
        check_htp_request(v, vectors_text(from, "htp_request"), &module, &domain);
    cr_assert_eq((json_int_t)module, vectors_int(from, module_field));
    cr_assert_eq((json_int_t)domain, vectors_int(from, "domain_index"));
    vectors_same(payload, vectors_hex(v, from, "payload"), "payload");
}

static clv_status expected_status(const char *outcome)
{
    if (strcmp(outcome, "ok") == 0)
        return CLV_OK;
    if (strcmp(outcome, "cprb error") == 0 || strcmp(outcome, "service error") == 0)
        return CLV_E_UNIT;
    cr_assert_str_eq(outcome, "malformed");
    return CLV_E_FORMAT;
}

static void check_framed_response(struct vectors *v, const json_t *from)
{
    const char *text = vectors_text(from, "htp_response");
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    struct clv_error err = {0};
    clv_status status = clv_ep11_htp_response_decode(clv_view_of(text, strlen(text)), &domain,
                                                     &payload, &len, &err);
    cr_assert_eq(status, expected_status(vectors_text(from, "outcome")), "%s", text);
    if (status != CLV_OK)
        return;
    vectors_keep(v, payload);
    vectors_same(clv_view_of(payload, len), vectors_hex(v, from, "payload"), "payload");
    struct clv_writer *w = vectors_writer(v);
    check_ok(clv_ep11_htp_response_encode(w, domain, clv_view_of(payload, len), &err), &err,
             "HTP response");
    clv_write_u8(w, 0);
    vectors_same(check_htp_response(v, (const char *)clv_writer_view(w).data),
                 clv_view_of(payload, len), "HTP response, encoded again");
}

static void check_framing_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "requests"), i, from)
        check_request(v, from, "crypto_module_index");
    json_array_foreach(vectors_array(root, "responses"), i, from) check_framed_response(v, from);
}

Test(vectors_framing, framing_b)
{
    vectors_each(VECTORS_EP11_B, "framing.json", check_framing_b);
}

/* ---- misc.json of the layout ep11 ---- */
static void check_xpnum(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "xpnum"), i, from)
        check_request(v, from, "module_index");
}

Test(vectors_framing, requests_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_xpnum);
}

static void check_location(const json_t *from)
{
    struct clv_error err = {0};
    unsigned module = 0;
    uint32_t domain = 0;
    char again[200];
    const char *location = vectors_text(from, "location");
    check_ok(clv_ep11_location_decode(location, &module, &domain, &err), &err, location);
    cr_assert_eq((json_int_t)module, vectors_int(from, "module"));
    cr_assert_eq((json_int_t)domain, vectors_int(from, "domain"));
    check_ok(clv_ep11_location_encode(vectors_text(from, "zone"), vectors_text(from, "host"),
                                      module, domain, again, sizeof(again), &err),
             &err, location);
    cr_assert_str_eq(again, location);
}

static void check_base_url(const json_t *from)
{
    struct clv_error err = {0};
    char url[200] = "";
    clv_status status = clv_ep11_service_url(vectors_text(from, "api_endpoint"),
                                             vectors_text(from, "region"), url, sizeof(url), &err);
    cr_assert_str_eq(url, vectors_text(from, "url"));
    if (vectors_has(from, "error")) {
        cr_assert_eq(status, CLV_E_INPUT);
        cr_assert_str_eq(err.fact, vectors_text(from, "error"));
    } else {
        check_ok(status, &err, "service address");
    }
}

static void check_places(struct vectors *v, json_t *root)
{
    (void)v;
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "locations"), i, from) check_location(from);
    json_array_foreach(vectors_array(root, "base_urls"), i, from) check_base_url(from);
}

Test(vectors_framing, places_a)
{
    vectors_each(VECTORS_EP11, "misc.json", check_places);
}
