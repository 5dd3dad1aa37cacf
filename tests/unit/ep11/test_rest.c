/* JSON bodies: both directions, and strangers' JSON. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(rest, .init = test_start);

static struct clv_view view_of(const char *text)
{
    return clv_view_of(text, strlen(text));
}

static void same(const struct clv_writer *w, const char *want)
{
    cr_assert(clv_view_equal(clv_writer_view(w), view_of(want)), "%.*s", (int)w->len,
              (const char *)w->data);
}

Test(rest, bodies_are_what_ibm_s_sdk_sends_and_takes)
{
    struct clv_writer w = {0};
    char *htp = NULL;
    size_t len = 0;
    cr_assert_eq(clv_ep11_rest_request_encode(&w, view_of("181;PCI request;XPNUM   ;1;"), NULL),
                 CLV_OK);
    same(&w, "{\"request\":\"181;PCI request;XPNUM   ;1;\"}");
    cr_assert_eq(clv_ep11_rest_request_decode(clv_writer_view(&w), &htp, &len, NULL), CLV_OK);
    cr_assert_str_eq(htp, "181;PCI request;XPNUM   ;1;");
    cr_assert_eq(len, strlen(htp));
    free(htp);
    clv_writer_clear(&w);
    cr_assert_eq(clv_ep11_rest_response_encode(&w, view_of("914;00"), NULL), CLV_OK);
    same(&w, "{\"response\":\"914;00\"}");
    cr_assert_eq(clv_ep11_rest_response_decode(clv_writer_view(&w), &htp, &len, NULL), CLV_OK);
    cr_assert_str_eq(htp, "914;00");
    free(htp);
    clv_writer_clear(&w);
}

Test(rest, other_bodies_are_refused)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "null",
        "\"response\"",
        "{\"response\":\"\"}",
        "{\"response\":7}",
        "{\"response\":null}",
        "{\"request\":\"1\"}",
        "{\"response\":\"1\",\"other\":7}",
        "{\"response\":\"1\",\"response\":\"2\"}",
        "{\"response\":\"1\"} ,",
        "{\"response\":\"1\"",
        "{\"response\":\"a\\u0000b\"}",
        "{\"response\":\"\xff\"}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        char *htp = NULL;
        size_t len = 0;
        cr_assert_eq(clv_ep11_rest_response_decode(view_of(bodies[i]), &htp, &len, NULL),
                     CLV_E_FORMAT, "%s", bodies[i]);
        cr_assert_null(htp);
    }
}

Test(rest, more_members_of_text_are_fine)
{
    char *htp = NULL;
    size_t len = 0;
    cr_assert_eq(clv_ep11_rest_response_decode(view_of("{\"id\":\"x\",\"response\":\"1\"}"), &htp,
                                               &len, NULL),
                 CLV_OK);
    cr_assert_str_eq(htp, "1");
    free(htp);
}

#define UNIT(id, serial)                                                                           \
    "{\"hsm_id\":\"" id "\",\"location\":\"[a].[b].[01].[02]\",\"serial_number\":\"" serial "\"}"

Test(rest, a_listing_has_its_units_in_order)
{
    static const char body[] = "{\"failover_hsms\":[" UNIT(
        "f", "99EA0003") "],\"metadata\":[7],"
                         "\"source_hsms\":[" UNIT(
                             "r", "99EA0002") "],"
                                              "\"hsms\":[" UNIT("o-1", "99EA0001") "," UNIT(
                                                  "o_2", "99EA0001") "]}";
    static const struct {
        const char *id;
        enum clv_ep11_unit_kind kind;
    } want[] = {
        {"o-1", CLV_EP11_UNIT_OPERATIONAL},
        {"o_2", CLV_EP11_UNIT_OPERATIONAL},
        {"r", CLV_EP11_UNIT_RECOVERY},
        {"f", CLV_EP11_UNIT_FAILOVER},
    };
    struct clv_ep11_listed_unit *units = NULL;
    size_t num = 0;
    struct clv_error err = {0};
    cr_assert_eq(clv_ep11_rest_listing_decode(view_of(body), &units, &num, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_eq(num, 4);
    for (size_t i = 0; i < num; i++) {
        cr_assert_str_eq(units[i].hsm_id, want[i].id);
        cr_assert_eq(units[i].kind, want[i].kind);
        cr_assert_str_eq(units[i].location, "[a].[b].[01].[02]");
        cr_assert_str_empty(units[i].state);
    }
    free(units);
    cr_assert_str_eq(clv_ep11_unit_kind_text(CLV_EP11_UNIT_RECOVERY), "recovery");
}

Test(rest, a_listing_comes_back_as_it_was)
{
    const struct clv_ep11_listed_unit units[] = {
        {"0000-1", "[z].[h].[01].[03]", "99EA0A17", "active", CLV_EP11_UNIT_OPERATIONAL},
        {"0000-2", "[z].[h].[01].[04]", "99EA0A17", "", CLV_EP11_UNIT_FAILOVER},
    };
    struct clv_writer w = {0};
    struct clv_ep11_listed_unit *got = NULL;
    size_t num = 0;
    cr_assert_eq(clv_ep11_rest_listing_encode(&w, units, 2, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_rest_listing_decode(clv_writer_view(&w), &got, &num, NULL), CLV_OK);
    cr_assert_eq(num, 2);
    for (size_t i = 0; i < num; i++) {
        cr_assert_str_eq(got[i].hsm_id, units[i].hsm_id);
        cr_assert_str_eq(got[i].location, units[i].location);
        cr_assert_str_eq(got[i].serial_number, units[i].serial_number);
        cr_assert_str_eq(got[i].state, units[i].state);
        cr_assert_eq(got[i].kind, units[i].kind);
    }
    free(got);
    clv_writer_clear(&w);
    cr_assert_eq(clv_ep11_rest_listing_encode(&w, NULL, 0, NULL), CLV_OK);
    same(&w, "{\"metadata\":[{\"collectionType\":\"application/json\",\"collectionTotal\":0}],"
             "\"hsms\":[]}");
    clv_writer_clear(&w);
}

Test(rest, other_listings_are_refused)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "{\"hsms\":{}}",
        "{\"hsms\":null}",
        "{\"hsms\":[],\"source_hsms\":7}",
        "{\"hsms\":[7]}",
        "{\"hsms\":[{}]}",
        "{\"hsms\":[" UNIT("", "99EA0001") "]}",
        "{\"hsms\":[" UNIT("../../x", "99EA0001") "]}",
        "{\"hsms\":[" UNIT("a b", "99EA0001") "]}",
        "{\"hsms\":[" UNIT("a", "99EA000") "]}",
        "{\"hsms\":[" UNIT("a", "99EA00011") "]}",
        "{\"hsms\":[" UNIT("a", "99EA\\n001") "]}",
        "{\"hsms\":[{\"hsm_id\":7,\"location\":\"l\",\"serial_number\":\"99EA0001\"}]}",
        ("{\"hsms\":[{\"hsm_id\":\"a\",\"location\":\"\\u001b[2J\",\"serial_number\":\"99EA0001\"}]"
         "}"),
        "{\"hsms\":[{\"hsm_id\":\"a\",\"serial_number\":\"99EA0001\"}]}",
    };
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        struct clv_ep11_listed_unit *units = NULL;
        size_t num = 0;
        cr_assert_eq(clv_ep11_rest_listing_decode(view_of(bodies[i]), &units, &num, NULL),
                     CLV_E_FORMAT, "%s", bodies[i]);
        cr_assert_null(units);
    }
}

Test(rest, bodies_are_bounded)
{
    struct clv_writer w = {0};
    struct clv_ep11_listed_unit *units = NULL;
    char *htp = NULL;
    size_t num = 0;
    clv_write_zeros(&w, CLV_EP11_LISTING_MAX + 1);
    memset(w.data, ' ', w.len);
    memcpy(w.data, "{\"hsms\":[]}", 11);
    struct clv_view body = clv_view_of(w.data, w.len - 1);
    cr_assert_eq(clv_ep11_rest_listing_decode(body, &units, &num, NULL), CLV_OK);
    free(units);
    body.len++;
    cr_assert_eq(clv_ep11_rest_listing_decode(body, &units, &num, NULL), CLV_E_FORMAT);
    memcpy(w.data, "{\"response\":\"1\"}", 16);
    body.len = CLV_EP11_REST_MAX + 1;
    cr_assert_eq(clv_ep11_rest_response_decode(body, &htp, &num, NULL), CLV_E_FORMAT);
    clv_writer_clear(&w);
}
