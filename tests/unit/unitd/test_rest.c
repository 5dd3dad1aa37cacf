/* REST without sockets: paths, methods, tokens, bodies, and strings for the wrong unit. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

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
    cr_assert_eq(reply.header.name != NULL, status == 405);
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

/* ---- tokens ---- */

static char token_path[40];

static void put_token(const char *text)
{
    cr_assert_eq(clv_file_replace(token_path, text, strlen(text), NULL), CLV_OK);
}

static void open_token(const char *text, unsigned max_uses, struct clv_unitd_token **ret)
{
    snprintf(token_path, sizeof(token_path), "/tmp/unitd-token.XXXXXX");
    int fd = mkstemp(token_path);
    cr_assert_geq(fd, 0);
    close(fd);
    put_token(text);
    cr_assert_eq(clv_unitd_token_new(token_path, max_uses, ret, NULL), CLV_OK);
}

static void close_token(struct clv_unitd_token **token)
{
    clv_unitd_token_free(token);
    unlink(token_path);
}

/* The status of a listing asked for with this header; challenge: what WWW-Authenticate begins with.
 */
static void expect_access(struct clv_unitd_token *token, const char *given, unsigned status,
                          const char *challenge)
{
    struct clv_unitd_http_reply reply = {0};
    struct clv_unitd_http_request request = {.method = "GET", .path = LIST, .authorization = given};
    cr_assert_eq(clv_unitd_rest_answer(bench.vault, &listing, token, &request, &reply, NULL),
                 CLV_OK);
    cr_assert_eq(reply.status, status, "%s: %u", given ? given : "none", reply.status);
    cr_assert_eq(reply.header.name != NULL, challenge != NULL);
    if (challenge) {
        cr_assert_str_eq(reply.header.name, "WWW-Authenticate");
        cr_assert_not_null(strstr(reply.header.value, challenge));
        cr_assert_not_null(strstr(reply.body, "\"message\""));
    }
    free(reply.body);
}

Test(rest, token)
{
    struct clv_unitd_token *token = NULL;
    open_token("Bearer abc\r\nsecond line\n", 0, &token);
    expect_access(token, NULL, 401, "Bearer");
    expect_access(token, "", 401, "invalid_token");
    expect_access(token, "Bearer abd", 401, "invalid_token");
    expect_access(token, "Bearer abcd", 401, "invalid_token");
    for (int i = 0; i < 5; i++)
        expect_access(token, "Bearer abc", 200, NULL);
    close_token(&token);
}

Test(rest, another_token_in_the_file_ends_the_one_before)
{
    struct clv_unitd_token *token = NULL;
    open_token("Bearer abc\n", 0, &token);
    expect_access(token, "Bearer abc", 200, NULL);
    put_token("Bearer def\n");
    expect_access(token, "Bearer abc", 401, "invalid_token");
    expect_access(token, "Bearer def", 200, NULL);
    close_token(&token);
}

Test(rest, a_token_expires_after_its_uses)
{
    struct clv_unitd_token *token = NULL;
    open_token("Bearer abc\n", 2, &token);
    expect_access(token, "Bearer abc", 200, NULL);
    expect_access(token, "wrong", 401, "invalid_token");
    expect_access(token, "Bearer abc", 200, NULL);
    expect_access(token, "Bearer abc", 401, "expired");
    put_token("Bearer def\n");
    expect_access(token, "Bearer def", 200, NULL);
    close_token(&token);
}

Test(rest, while_the_token_file_cannot_be_read_nobody_gets_in)
{
    struct clv_unitd_token *token = NULL;
    open_token("Bearer abc\n", 0, &token);
    put_token("\n");
    expect_access(token, "Bearer abc", 503, NULL);
    put_token("Bearer abc\n");
    cr_assert_eq(chmod(token_path, 0644), 0);
    expect_access(token, "Bearer abc", 503, NULL);
    unlink(token_path);
    expect_access(token, "Bearer abc", 503, NULL);
    close_token(&token);
}

/* ---- compressed bodies ---- */

static size_t pack(const void *data, size_t len, uint8_t *out, size_t cap)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len};
    z.next_out = out;
    z.avail_out = (uInt)cap;
    cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

static unsigned send_packed(const char *encoding, const uint8_t *body, size_t len)
{
    struct clv_unitd_http_reply reply = {0};
    struct clv_unitd_http_request request = {.method = "POST",
                                             .path = unit_path,
                                             .content_encoding = encoding,
                                             .body = clv_view_of(body, len)};
    cr_assert_eq(clv_unitd_rest_answer(bench.vault, &listing, NULL, &request, &reply, NULL),
                 CLV_OK);
    if (reply.status == 415)
        cr_assert_str_eq(reply.header.value, "gzip");
    free(reply.body);
    return reply.status;
}

Test(rest, a_body_may_be_packed_with_gzip)
{
    char *body = body_for(0, 5);
    uint8_t packed[2048];
    size_t len = pack(body, strlen(body), packed, sizeof(packed) - 1);
    cr_assert_eq(send_packed("gzip", packed, len), 200);
    cr_assert_eq(send_packed("x-GZIP", packed, len), 200);
    cr_assert_eq(send_packed("identity", (const uint8_t *)body, strlen(body)), 200);
    cr_assert_eq(send_packed(NULL, packed, len), 400);
    cr_assert_eq(send_packed("br", packed, len), 415);
    cr_assert_eq(send_packed("gzip, gzip", packed, len), 415);
    packed[len] = 0;
    cr_assert_eq(send_packed("gzip", packed, len + 1), 400, "something behind it");
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(send_packed("gzip", packed, cut), 400, "cut at %zu", cut);
    free(body);
}

/* Its checksum finds every changed bit of the content; a few say nothing about it. */
Test(rest, damaged_gzip_is_refused)
{
    char *body = body_for(0, 5);
    uint8_t packed[2048];
    size_t num_refused = 0, len = pack(body, strlen(body), packed, sizeof(packed));
    for (size_t bit = 0; bit < 8 * len; bit++) {
        packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        unsigned status = send_packed("gzip", packed, len);
        cr_assert(status == 400 || status == 200, "bit %zu: %u", bit, status);
        num_refused += status == 400;
        packed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_assert_gt(num_refused, 7 * len);
    free(body);
}

Test(rest, a_gzip_bomb_is_not_unpacked)
{
    size_t len = 64u << 20;
    uint8_t *zeros = calloc(1, len), *packed = malloc(1 << 17);
    size_t packed_len = pack(zeros, len, packed, 1 << 17);
    cr_assert_eq(send_packed("gzip", packed, packed_len), 400);
    free(zeros);
    free(packed);
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
