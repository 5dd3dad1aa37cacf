/* A signing service behind a transport that the test rules: what counts as a signature. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"
#include "claviger/unit/signing.h"
#include "start.h"

enum behaviour {
    HONEST,
    OTHER_KEY,
    OTHER_MESSAGE,
    SILENT,
    CLOSED,
    BROKEN,
    HTTP_401,
    NO_JSON,
    EMPTY,
};

struct clv_exchange {
    enum clv_exchange_state state;
    long http_status;
    char *body;
};

static struct {
    enum behaviour behaviour;
    struct clv_secret *scalar, *other;
    uint8_t point[CLV_P521_POINT_LEN];
    int64_t now_ms;
    struct clv_clock clock;
    struct clv_transport transport;
    struct clv_signing *signing;
    struct clv_signing_key key;
    char path[100], sent[4000], token[100];
    unsigned num_requests;
} f;

static int64_t fake_now(void *ctx)
{
    (void)ctx;
    return f.now_ms;
}

/* {"NAME": base64(SEQUENCE{INTEGER, INTEGER})} */
static char *pair(const char *name, const uint8_t *a, const uint8_t *b)
{
    struct clv_writer w = {0};
    char *text = NULL;
    size_t mark = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(&w, a, 66);
    clv_der_write_unsigned(&w, b, 66);
    clv_der_close(&w, mark);
    char *encoded = clv_base64(w.data, w.len);
    cr_assert_gt(asprintf(&text, "{\"%s\":\"%s\"}", name, encoded), 0);
    free(encoded);
    clv_writer_clear(&w);
    return text;
}

/* As a service does: takes input out of the body, hashes, signs. */
static char *sign_body(const char *body)
{
    uint8_t *input = NULL, digest[CLV_SHA512_LEN], sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0, sig_len = 0;
    const char *start = strstr(body, "\"input\":\"") + strlen("\"input\":\"");
    char *text = NULL;
    cr_assert_eq(clv_unbase64(start, strcspn(start, "\""), &input, &len, NULL), CLV_OK);
    clv_sha512(input, f.behaviour == OTHER_MESSAGE ? len - 1 : len, digest);
    cr_assert_eq(
        clv_p521_sign(f.behaviour == OTHER_KEY ? f.other : f.scalar, digest, sig, &sig_len, NULL),
        CLV_OK);
    char *encoded = clv_base64(sig, sig_len);
    cr_assert_gt(asprintf(&text, "{\"signature\":\"%s\"}", encoded), 0);
    free(encoded);
    free(input);
    return text;
}

static clv_status fake_start(void *ctx, const struct clv_service *service, const char *path,
                             const char *body, int timeout_ms, struct clv_exchange **ret,
                             struct clv_error *err)
{
    (void)ctx, (void)err;
    cr_assert_eq(timeout_ms, 10000);
    cr_assert_str_eq(service->endpoint, "https://signer.example");
    f.num_requests++;
    snprintf(f.path, sizeof f.path, "%s", path);
    snprintf(f.sent, sizeof f.sent, "%s", body ? body : "");
    snprintf(f.token, sizeof f.token, "%.*s",
             service->token ? (int)clv_secret_len(service->token) : 0,
             service->token ? (const char *)clv_secret_read(service->token) : "");
    if (service->token)
        clv_secret_close(service->token);
    struct clv_exchange *x = calloc(1, sizeof *x);
    x->state = f.behaviour == SILENT   ? CLV_EXCHANGE_PENDING
               : f.behaviour == CLOSED ? CLV_EXCHANGE_NOT_SENT
               : f.behaviour == BROKEN ? CLV_EXCHANGE_BROKEN
                                       : CLV_EXCHANGE_ANSWERED;
    x->http_status = f.behaviour == HTTP_401 ? 401 : 200;
    x->body = f.behaviour == NO_JSON ? strdup("<html>")
              : f.behaviour == EMPTY ? strdup("")
              : body                 ? sign_body(body)
                                     : pair("publickey", f.point + 1, f.point + 67);
    *ret = x;
    return CLV_OK;
}

static void fake_poll(void *ctx, int wait_ms)
{
    (void)ctx;
    f.now_ms += wait_ms;
}

static enum clv_exchange_state fake_state(const struct clv_exchange *x, long *ret_http_status,
                                          struct clv_view *ret_body, const char **ret_why)
{
    *ret_http_status = x->http_status;
    *ret_body = clv_view_of(x->body, strlen(x->body));
    *ret_why = "closed";
    return x->state;
}

static void fake_close(void *ctx, struct clv_exchange **x)
{
    (void)ctx;
    free((*x)->body);
    free(*x);
    *x = NULL;
}

static void begin(void)
{
    uint8_t point[CLV_P521_POINT_LEN];
    test_start();
    memset(&f, 0, sizeof f);
    cr_assert_eq(clv_p521_generate(&f.scalar, f.point, NULL), CLV_OK);
    cr_assert_eq(clv_p521_generate(&f.other, point, NULL), CLV_OK);
    f.clock = (struct clv_clock){.wall_ms = fake_now, .monotonic_ms = fake_now};
    f.transport = (struct clv_transport){
        .start = fake_start, .poll = fake_poll, .state = fake_state, .close = fake_close};
    const struct clv_signing_config config = {
        .url = "https://signer.example/", .clock = &f.clock, .transport = &f.transport};
    cr_assert_eq(clv_signing_new(&config, &f.signing, NULL), CLV_OK);
    f.key = (struct clv_signing_key){.service = f.signing, .name = "first-key"};
}

static void end(void)
{
    clv_signing_free(&f.signing);
    clv_secret_free(&f.scalar);
    clv_secret_free(&f.other);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(unit_signing, .init = begin, .fini = end);

static clv_status sign(const char *message, struct clv_error *err)
{
    struct clv_ep11_signer signer;
    uint8_t sig[CLV_RSA2048_LEN], digest[CLV_SHA512_LEN];
    size_t len = 0;
    clv_signing_signer(&f.key, &signer);
    cr_assert_arr_eq(signer.ski, f.key.ski, CLV_SKI_LEN);
    clv_status status =
        signer.sign(signer.ctx, clv_view_of(message, strlen(message)), sig, sizeof sig, &len, err);
    if (status == CLV_OK) {
        clv_sha512(message, strlen(message), digest);
        cr_assert_eq(clv_p521_verify(f.point, digest, sig, len, NULL), CLV_OK);
    }
    return status;
}

Test(unit_signing, fetches_a_key_and_signs)
{
    uint8_t ski[CLV_SKI_LEN];
    struct clv_error err = {0};
    cr_assert_eq(clv_signing_key_fetch(&f.key, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(f.path, "/keys/first-key");
    cr_assert_str_eq(f.sent, "");
    clv_sha256(f.point, sizeof f.point, ski);
    cr_assert_arr_eq(f.key.ski, ski, sizeof ski);
    cr_assert_eq(sign("what is to be signed", &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(f.path, "/sign/first-key");
    cr_assert_str_eq(f.sent, "{\"hash_algorithm\":\"sha2-512\",\"input\":"
                             "\"d2hhdCBpcyB0byBiZSBzaWduZWQ=\"}");
    cr_assert_str_eq(f.token, "");
}

Test(unit_signing, the_token_goes_as_it_is)
{
    struct clv_secret *token = NULL;
    cr_assert_eq(clv_secret_new(5, &token, NULL), CLV_OK);
    memcpy(clv_secret_write(token), "t0k3n", 5);
    clv_secret_close(token);
    f.key.token = token;
    cr_assert_eq(clv_signing_key_fetch(&f.key, NULL), CLV_OK);
    cr_assert_str_eq(f.token, "t0k3n");
    clv_secret_free(&token);
}

Test(unit_signing, another_signature_is_none)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_signing_key_fetch(&f.key, NULL), CLV_OK);
    f.behaviour = OTHER_KEY;
    cr_assert_eq(sign("message", &err), CLV_E_FORGED);
    cr_assert_not_null(strstr(err.kept, "not sent"));
    f.behaviour = OTHER_MESSAGE;
    cr_assert_eq(sign("message", NULL), CLV_E_FORGED);
}

Test(unit_signing, services_that_fail)
{
    static const struct {
        enum behaviour behaviour;
        clv_status status;
    } rows[] = {{SILENT, CLV_E_TIMEOUT}, {CLOSED, CLV_E_IO},      {BROKEN, CLV_E_IO},
                {HTTP_401, CLV_E_UNIT},  {NO_JSON, CLV_E_FORMAT}, {EMPTY, CLV_E_FORMAT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_error err = {0};
        f.behaviour = HONEST;
        cr_assert_eq(clv_signing_key_fetch(&f.key, NULL), CLV_OK);
        f.behaviour = rows[i].behaviour;
        cr_assert_eq(sign("message", &err), rows[i].status, "%u: %s", rows[i].behaviour, err.fact);
        err = (struct clv_error){0};
        cr_assert_eq(clv_signing_key_fetch(&f.key, &err), rows[i].status);
    }
}

Test(unit_signing, names_are_no_paths)
{
    static const char *const bad[] = {"", ".", "..", "a/b", "a b", "a%2f", "a?b", "\xc3\xa9", "a#"};
    char long_name[CLV_EP11_SIGNING_NAME_MAX + 2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_assert_not(clv_ep11_signing_name_ok(bad[i]), "%s", bad[i]);
    memset(long_name, 'a', sizeof long_name);
    long_name[CLV_EP11_SIGNING_NAME_MAX + 1] = '\0';
    cr_assert_not(clv_ep11_signing_name_ok(long_name));
    long_name[CLV_EP11_SIGNING_NAME_MAX] = '\0';
    cr_assert(clv_ep11_signing_name_ok(long_name));
    cr_assert(clv_ep11_signing_name_ok("Aa0-._~"));
    snprintf(f.key.name, sizeof f.key.name, "..");
    cr_assert_eq(clv_signing_key_fetch(&f.key, NULL), CLV_E_INPUT);
    cr_assert_eq(f.num_requests, 0);
}

Test(unit_signing, tokens_go_in_the_clear_on_this_machine_only)
{
    static const char *const bad[] = {"",
                                      "signer.example",
                                      "ftp://x",
                                      "http://signer.example",
                                      "http://127.0.0.1.example",
                                      "https://",
                                      "https://a@b",
                                      "https://a?b"};
    static const char *const good[] = {"https://signer.example:8443/base", "http://127.0.0.1:8080",
                                       "http://localhost", "http://[::1]:1"};
    struct clv_signing *signing = NULL;
    struct clv_signing_config config = {.transport = &f.transport};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        config.url = bad[i];
        cr_assert_eq(clv_signing_new(&config, &signing, NULL), CLV_E_INPUT, "%s", bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        config.url = good[i];
        cr_assert_eq(clv_signing_new(&config, &signing, NULL), CLV_OK, "%s", good[i]);
        clv_signing_free(&signing);
    }
}
