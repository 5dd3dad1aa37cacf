/* get_xcp_info of both vector sets: what a unit says about its registers and its module. */
#include "check.h"

#include <string.h>
#include <strings.h>

TestSuite(vectors_info, .init = test_start);

static struct clv_view info_payload(struct vectors *v, struct clv_view message)
{
    struct clv_error err = {0};
    struct clv_ep11_info_response rsp;
    check_ok(clv_ep11_info_response_decode(message, &rsp, &err), &err, "get_xcp_info");
    cr_assert_eq(rsp.function & 0xffff, CLV_EP11_FN_INFO);
    cr_assert_eq(rsp.return_value, 0);
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_info_response_encode(w, &rsp);
    vectors_same(clv_writer_view(w), message, "get_xcp_info, encoded again");
    return rsp.payload;
}

/* The SDK writes "Full Uncommitted", we write "Full uncommitted". */
static void same_text(const char *got, const char *want)
{
    cr_assert_eq(strcasecmp(got, want), 0, "%s is not %s", got, want);
}

static void check_domain(struct vectors *v, const json_t *from, struct clv_view payload,
                         struct clv_ep11_domain_info *info)
{
    struct clv_error err = {0};
    check_ok(clv_ep11_domain_info_decode(payload, info, &err), &err, "domain information");
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_domain_info_encode(w, info);
    vectors_same(clv_writer_view(w), payload, "domain information, encoded again");
    same_text(clv_ep11_current_state_text(clv_ep11_current_state(info)),
              vectors_text(from, "current_status"));
    same_text(clv_ep11_new_state_text(clv_ep11_new_state(info)), vectors_text(from, "new_status"));
    vectors_same(clv_view_of(info->current_pattern, CLV_EP11_PATTERN_LEN),
                 vectors_hex(v, from, "current_vp"), "current pattern");
    vectors_same(clv_view_of(info->new_pattern, CLV_EP11_PATTERN_LEN),
                 vectors_hex(v, from, "new_vp"), "new pattern");
}

static void check_module(struct vectors *v, const json_t *from, struct clv_view payload,
                         const char *id_field, struct clv_ep11_module_info *info)
{
    struct clv_error err = {0};
    check_ok(clv_ep11_module_info_decode(payload, info, &err), &err, "module information");
    struct clv_writer *w = vectors_writer(v);
    clv_ep11_module_info_encode(w, info);
    vectors_same(clv_writer_view(w), payload, "module information, encoded again");
    cr_assert_eq(info->api_ordinal, vectors_u32(v, from, "api_ordinal"));
    cr_assert_eq(info->firmware_id, vectors_u32(v, from, "firmware_id"));
    vectors_same(clv_view_of(info->serial, sizeof(info->serial)),
                 clv_view_of(vectors_text(from, "serial"), CLV_EP11_SERIAL_LEN), "serial number");
    struct clv_view id = vectors_hex(v, from, id_field);
    cr_assert_eq(id.len, CLV_EP11_MODULE_ID_LEN);
    vectors_same(clv_view_of(info->instance, sizeof(info->instance)),
                 clv_view_of(id.data + CLV_EP11_SERIAL_LEN, 8), "module instance");
}

static void check_info_a(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "domain_info"), i, from)
    {
        struct clv_ep11_domain_info info;
        struct clv_view payload =
            info_payload(v, check_htp_response(v, vectors_text(from, "htp_response")));
        vectors_same(payload, vectors_hex(v, from, "info_payload"), vectors_text(from, "name"));
        check_domain(v, from, payload, &info);
    }
    struct clv_ep11_module_info module;
    from = vectors_object(root, "module_info");
    struct clv_view payload =
        info_payload(v, check_htp_response(v, vectors_text(from, "htp_response")));
    vectors_same(payload, vectors_hex(v, from, "info_payload"), "module information");
    cr_assert_eq(vectors_int(from, "length"), (json_int_t)payload.len);
    check_module(v, from, payload, "serial_field", &module);
}

Test(vectors_info, info_a)
{
    vectors_each(VECTORS_EP11, "info.json", check_info_a);
}

static void check_version(const json_t *from, const char *field, const uint8_t version[2])
{
    const json_t *pair = vectors_array(from, field);
    cr_assert_eq(json_integer_value(json_array_get(pair, 0)), version[0]);
    cr_assert_eq(json_integer_value(json_array_get(pair, 1)), version[1]);
}

static void check_queries_b(struct vectors *v, json_t *root)
{
    size_t i;
    json_t *from;
    json_array_foreach(vectors_array(root, "domain_info"), i, from)
    {
        struct clv_ep11_domain_info info;
        check_domain(v, from, info_payload(v, vectors_hex(v, from, "payload")), &info);
        cr_assert_eq(info.flags, vectors_u32(v, from, "flags"));
    }
    json_array_foreach(vectors_array(root, "module_info"), i, from)
    {
        struct clv_ep11_module_info info;
        check_module(v, from, info_payload(v, vectors_hex(v, from, "payload")),
                     "serial_and_instance", &info);
        check_version(from, "api_version", info.firmware_version);
        check_version(from, "csp_version", info.csp_version);
    }
}

Test(vectors_info, queries_b)
{
    vectors_each(VECTORS_EP11_B, "queries.json", check_queries_b);
}
