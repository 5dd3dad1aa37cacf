/* REST without sockets: paths, methods, tokens, bodies, and strings for the wrong unit. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_people.h"

#define INSTANCE "482cf2ce-a06c-4265-9819-0b4acf54f2ba"
#define LIST "/v1/tke/" INSTANCE "/hsms"

static struct bench bench;
static struct people people;
static struct clv_unitd_listing listing;
static char unit_path[160];

static void open_all(void)
{
    people_open(&people, 1, false);
    bench_open(&bench, (struct clv_unitd_setup){.instance_id = INSTANCE, .first_domain = 5});
    clv_unitd_vault_listing(bench.vault, &listing);
    snprintf(unit_path, sizeof(unit_path), LIST "/%s", listing.units[0].hsm_id);
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
}

TestSuite(rest, .init = open_all, .fini = close_all);

static struct clv_unitd_http_reply send(const char *method, const char *path, const char *body)
{
    struct clv_unitd_http_reply reply = {0};
    struct clv_unitd_http_request request = {.method = method, .path = path};
    request.body = clv_view_of(body, body ? strlen(body) : 0);
    cr_assert_eq(clv_unitd_rest_answer(bench.vault, &listing, NULL, &request, &reply, NULL),
                 CLV_OK);
    return reply;
}

static void expect(const char *method, const char *path, const char *body, unsigned status)
{
    struct clv_unitd_http_reply reply = send(method, path, body);
    cr_assert_eq(reply.status, status, "%s %s: %u", method, path, reply.status);
    cr_assert_not_null(strstr(reply.body, "\"message\""));
    cr_assert_eq(reply.allow != NULL, status == 405);
    free(reply.body);
}

Test(rest, paths_and_methods)
{
    char wrong_unit[] = LIST "/00000000-0000-4000-8000-000000000000";
    expect("GET", "/", NULL, 404);
    expect("GET", "/v1/tke/", NULL, 404);
    expect("GET", "/v1/tke/" INSTANCE, NULL, 404);
    expect("GET", "/v1/tke/482cf2ce-a06c-4265-9819-0b4acf54f2bb/hsms", NULL, 404);
    expect("GET", LIST "x", NULL, 404);
    expect("GET", LIST "/", NULL, 404);
    expect("POST", wrong_unit, "{}", 404);
    expect("POST", LIST, "{}", 405);
    expect("DELETE", LIST, NULL, 405);
    expect("GET", unit_path, NULL, 405);
    expect("PUT", unit_path, "{}", 405);
}

Test(rest, listing)
{
    struct clv_unitd_http_reply reply = send("GET", LIST, NULL);
    struct clv_ep11_listed_unit *units = NULL;
    unsigned module = 1;
    uint32_t domain = 0;
    size_t num = 0;
    cr_assert_eq(reply.status, 200);
    cr_assert_eq(clv_ep11_rest_listing_decode(clv_view_of(reply.body, strlen(reply.body)), &units,
                                              &num, NULL),
                 CLV_OK);
    cr_assert_eq(num, 1);
    cr_assert_eq(memcmp(units[0].serial_number, bench.module_id, 8), 0);
    cr_assert_eq(clv_ep11_location_decode(units[0].location, &module, &domain, NULL), CLV_OK);
    cr_assert_eq(module, 0);
    cr_assert_eq(domain, 5);
    free(units);
    free(reply.body);
}

Test(rest, bodies_that_are_not_requests)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "null",
                                        "{}",
                                        "{\"request\":5}",
                                        "{\"request\":\"\"}",
                                        "{\"request\":\"x\",\"request\":\"y\"}",
                                        "{\"response\":\"x\"}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        expect("POST", unit_path, wrong[i], 400);
}

/* What the client learns from an answer: nothing wrong, or an error of the service. */
static clv_status outcome(const char *body, struct clv_error *err)
{
    struct clv_unitd_http_reply reply = send("POST", unit_path, body);
    char *htp = NULL;
    uint8_t *payload = NULL;
    uint32_t domain = 0;
    size_t htp_len = 0, len = 0;
    cr_assert_eq(reply.status, 200);
    cr_assert_eq(clv_ep11_rest_response_decode(clv_view_of(reply.body, strlen(reply.body)), &htp,
                                               &htp_len, NULL),
                 CLV_OK);
    clv_status status =
        clv_ep11_htp_response_decode(clv_view_of(htp, htp_len), &domain, &payload, &len, err);
    free(payload);
    free(htp);
    free(reply.body);
    return status;
}

static char *body_for(unsigned module, uint32_t domain)
{
    struct order order = {.command = CLV_EP11_Q_ATTRS};
    struct clv_writer payload = {0}, htp = {0}, body = {0};
    order_encode(&bench, &people, &order, &payload);
    cr_assert_eq(clv_ep11_htp_request_encode(&htp, module, domain, clv_writer_view(&payload), NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_rest_request_encode(&body, clv_writer_view(&htp), NULL), CLV_OK);
    clv_write_u8(&body, 0);
    char *text = strdup((const char *)body.data);
    clv_writer_clear(&payload);
    clv_writer_clear(&htp);
    clv_writer_clear(&body);
    return text;
}

Test(rest, a_message_reaches_only_the_unit_it_names)
{
    struct clv_error err = {0};
    char *right = body_for(0, 5), *module = body_for(1, 5), *domain = body_for(0, 6);
    cr_assert_eq(outcome(right, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(outcome(module, &err), CLV_E_UNIT);
    cr_assert_eq(outcome(domain, &err), CLV_E_UNIT);
    cr_assert_eq(outcome("{\"request\":\"5;PCI request\"}", &err), CLV_E_UNIT);
    free(right);
    free(module);
    free(domain);
}

Test(rest, token)
{
    struct clv_secret *token = NULL;
    static const struct {
        const char *given;
        unsigned status;
    } tries[] = {
        {NULL, 401}, {"", 401}, {"Bearer abd", 401}, {"Bearer abcd", 401}, {"Bearer abc", 200}};
    cr_assert_eq(clv_secret_new(10, &token, NULL), CLV_OK);
    memcpy(clv_secret_write(token), "Bearer abc", 10);
    clv_secret_close(token);
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        struct clv_unitd_http_reply reply = {0};
        struct clv_unitd_http_request request = {.method = "GET", .path = LIST};
        request.authorization = tries[i].given;
        cr_assert_eq(clv_unitd_rest_answer(bench.vault, &listing, token, &request, &reply, NULL),
                     CLV_OK);
        cr_assert_eq(reply.status, tries[i].status);
        free(reply.body);
    }
    clv_secret_free(&token);
}

Test(rest, a_fault_reaches_the_listener)
{
    char *body = body_for(0, 5);
    cr_assert_eq(clv_unitd_vault_add_fault(bench.vault, "1:query:silent", NULL), CLV_OK);
    struct clv_unitd_http_reply reply = send("POST", unit_path, body);
    cr_assert_eq(reply.delivery, CLV_UNITD_HOLD);
    cr_assert_null(reply.body);
    free(body);
}
