/* libcurl as the way to a unit: what counts as not sent, what as broken, and nothing twice. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rude_server.h"
#include "src/unit/internal.h"
#include "start.h"

static struct clv_transport transport;
static struct rude server;

static void begin(void)
{
    test_start();
    /* A proxy in the environment must not take part. */
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    unsetenv("ALL_PROXY");
    unsetenv("no_proxy");
    unsetenv("NO_PROXY");
    cr_assert_eq(clv_transport_curl_new(&transport, NULL), CLV_OK);
}

static void end(void)
{
    clv_transport_curl_free(&transport);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(unit_transport, .init = begin, .fini = end);

struct outcome {
    enum clv_exchange_state state;
    long http_status;
    char body[64];
    char why[256];
};

static struct clv_service service_at(const char *endpoint)
{
    return (struct clv_service){.name = "rude", .endpoint = endpoint, .instance_id = "x"};
}

static struct outcome exchange(const struct clv_service *service, const char *body, int timeout_ms)
{
    struct clv_exchange *x = NULL;
    struct clv_error err = {0};
    struct clv_view answer = {0};
    struct outcome o = {0};
    const char *why = "";
    cr_assert_eq(transport.start(transport.ctx, service, "/a/b", body, timeout_ms, &x, &err),
                 CLV_OK, "%s", err.fact);
    while ((o.state = transport.state(x, &o.http_status, &answer, &why)) == CLV_EXCHANGE_PENDING)
        transport.poll(transport.ctx, 33);
    if (answer.len > 0)
        memcpy(o.body, answer.data, answer.len < 63 ? answer.len : 63);
    snprintf(o.why, sizeof o.why, "%s", why);
    transport.close(transport.ctx, &x);
    cr_assert_null(x);
    return o;
}

static struct outcome ask(enum manners manners, const char *body, int timeout_ms)
{
    rude_start(&server, manners, false);
    struct clv_service service = service_at(server.endpoint);
    struct outcome o = exchange(&service, body, timeout_ms);
    rude_stop(&server);
    return o;
}

Test(unit_transport, get_and_post_over_a_unix_socket)
{
    struct outcome o = ask(POLITE, NULL, 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_ANSWERED);
    cr_assert_eq(o.http_status, 200);
    cr_assert_str_eq(o.body, "hello");
    cr_assert_eq(server.num_bodies, 0);
    o = ask(POLITE, "{\"request\":\"x\"}", 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_ANSWERED);
    cr_assert_eq(server.num_bodies, 1);
}

Test(unit_transport, over_tcp_with_connections_kept)
{
    rude_start(&server, POLITE, true);
    struct clv_service service = service_at(server.endpoint);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(exchange(&service, "body", 5000).state, CLV_EXCHANGE_ANSWERED);
    cr_assert_eq(server.num_requests, 5);
    cr_assert_eq(server.num_connections, 1);
    rude_stop(&server);
}

Test(unit_transport, a_unix_socket_ignores_proxies)
{
    setenv("http_proxy", "http://127.0.0.1:9", 1);
    setenv("all_proxy", "http://127.0.0.1:9", 1);
    cr_assert_eq(ask(POLITE, "body", 5000).state, CLV_EXCHANGE_ANSWERED);
}

/* ---- not sent: no connection ---------------------------------------------------------------- */

Test(unit_transport, no_socket_there)
{
    struct clv_service service = service_at("unix:/tmp/claviger-no-such-socket");
    struct outcome o = exchange(&service, "body", 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_NOT_SENT);
    cr_assert_str_eq(o.why, "nobody answers at its socket");
}

Test(unit_transport, nobody_listens_on_the_port)
{
    rude_start(&server, POLITE, true);
    rude_stop(&server);
    struct clv_service service = service_at(server.endpoint);
    cr_assert_eq(exchange(&service, "body", 5000).state, CLV_EXCHANGE_NOT_SENT);
}

Test(unit_transport, a_name_that_does_not_exist)
{
    struct clv_service service = service_at("http://claviger.invalid");
    cr_assert_eq(exchange(&service, "body", 20000).state, CLV_EXCHANGE_NOT_SENT);
}

/* A server that speaks no TLS: the handshake fails, the request never leaves. */
Test(unit_transport, no_tls)
{
    rude_start(&server, CLOSES_AT_ONCE, true);
    char endpoint[sizeof server.endpoint + 1];
    snprintf(endpoint, sizeof endpoint, "https%.100s", server.endpoint + strlen("http"));
    struct clv_service service = service_at(endpoint);
    cr_assert_eq(exchange(&service, "body", 5000).state, CLV_EXCHANGE_NOT_SENT);
    rude_stop(&server);
}

/* ---- broken: may have reached the unit ------------------------------------------------------ */

Test(unit_transport, connections_that_break)
{
    static const enum manners manners[] = {RESETS, ANSWERS_HALF};
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        struct outcome o = ask(manners[i], "body", 5000);
        cr_assert_eq(o.state, CLV_EXCHANGE_BROKEN, "manners %d", manners[i]);
        cr_assert_neq(o.why[0], '\0');
        cr_assert_leq(server.num_bodies, 1);
    }
}

/* Seen before the connection is ready, the close says that nothing was sent; seen later, that
 * something may have been. libcurl notices either, now and then the first. It is no answer. */
Test(unit_transport, a_server_that_closes_at_once)
{
    struct outcome o = ask(CLOSES_AT_ONCE, "body", 5000);
    cr_assert(o.state == CLV_EXCHANGE_BROKEN || o.state == CLV_EXCHANGE_NOT_SENT, "%s", o.why);
    cr_assert_neq(o.why[0], '\0');
    cr_assert_eq(server.num_bodies, 0);
}

Test(unit_transport, servers_that_never_finish)
{
    static const enum manners manners[] = {SILENT, DRIPS};
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        struct outcome o = ask(manners[i], "body", 300);
        cr_assert_eq(o.state, CLV_EXCHANGE_BROKEN, "manners %d", manners[i]);
        cr_assert_eq(server.num_bodies, 1);
    }
}

Test(unit_transport, an_answer_without_end)
{
    struct outcome o = ask(BOUNDLESS, "body", 20000);
    cr_assert_eq(o.state, CLV_EXCHANGE_BROKEN);
    cr_assert_not_null(strstr(o.why, "4 MiB"));
}

/* libcurl repeats a request by itself when a kept connection turns out to be dead. Not ours. */
Test(unit_transport, a_dead_kept_connection_sends_nothing_twice)
{
    rude_start(&server, DIES_AT_SECOND, false);
    struct clv_service service = service_at(server.endpoint);
    cr_assert_eq(exchange(&service, "one", 5000).state, CLV_EXCHANGE_ANSWERED);
    struct outcome o = exchange(&service, "two", 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_BROKEN);
    cr_assert_eq(server.num_bodies, 2, "%u bodies arrived", server.num_bodies);
    rude_stop(&server);
}

Test(unit_transport, redirects_are_not_followed)
{
    struct outcome o = ask(SENDS_ELSEWHERE, "body", 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_ANSWERED);
    cr_assert_eq(o.http_status, 302);
    cr_assert_eq(server.num_requests, 1);
}

/* ---- the token ------------------------------------------------------------------------------ */

static struct clv_secret *token_of(const char *text)
{
    struct clv_secret *token = NULL;
    cr_assert_eq(clv_secret_new(strlen(text), &token, NULL), CLV_OK);
    memcpy(clv_secret_write(token), text, strlen(text));
    clv_secret_close(token);
    return token;
}

Test(unit_transport, the_token_is_the_authorization_header)
{
    struct clv_secret *token = token_of("Bearer abc.def");
    rude_start(&server, NAMES_AUTHORIZATION, false);
    struct clv_service service = service_at(server.endpoint);
    cr_assert_str_eq(exchange(&service, "body", 5000).body, "none");
    service.token = token;
    cr_assert_str_eq(exchange(&service, "body", 5000).body, "Bearer abc.def");
    cr_assert_str_eq(exchange(&service, NULL, 5000).body, "Bearer abc.def");
    rude_stop(&server);
    clv_transport_curl_free(&transport);
    clv_secret_free(&token);
    cr_assert_eq(clv_transport_curl_new(&transport, NULL), CLV_OK);
}

/* Where the service stands in memory, and how often it was asked, says nothing. */
Test(unit_transport, another_token_goes_out_instead)
{
    struct clv_secret *first = token_of("Bearer one"), *second = token_of("Bearer two");
    rude_start(&server, NAMES_AUTHORIZATION, false);
    struct clv_service service = service_at(server.endpoint);
    size_t alive = clv_secret_alive();
    service.token = first;
    cr_assert_str_eq(exchange(&service, "body", 5000).body, "Bearer one");
    service.token = second;
    cr_assert_str_eq(exchange(&service, "body", 5000).body, "Bearer two");
    cr_assert_eq(clv_secret_alive(), alive, "a header line outlives its requests");
    rude_stop(&server);
    clv_secret_free(&first);
    clv_secret_free(&second);
}

/* Every unit behind one service is asked at the same time. */
Test(unit_transport, many_requests_carry_one_token)
{
    enum { NUM = 100 };
    struct clv_exchange *x[NUM] = {NULL};
    struct clv_secret *token = token_of("Bearer abc.def");
    struct clv_service service = service_at("unix:/tmp/claviger-no-such-socket");
    service.token = token;
    for (size_t i = 0; i < NUM; i++)
        cr_assert_eq(transport.start(transport.ctx, &service, "/", NULL, 1000, &x[i], NULL),
                     CLV_OK);
    for (size_t i = 0; i < NUM; i++)
        transport.close(transport.ctx, &x[i]);
    clv_secret_free(&token);
}

Test(unit_transport, a_token_cannot_bring_a_header_of_its_own)
{
    struct clv_secret *token = token_of("abc\r\nX-Other: 1");
    struct clv_service service = service_at("unix:/tmp/claviger-no-such-socket");
    struct clv_exchange *x = NULL;
    service.token = token;
    cr_assert_eq(transport.start(transport.ctx, &service, "/", "body", 1000, &x, NULL),
                 CLV_E_INPUT);
    cr_assert_null(x);
    clv_secret_free(&token);
}

/* ---- many ----------------------------------------------------------------------------------- */

Test(unit_transport, a_silent_one_holds_up_nobody)
{
    enum { NUM = 20 };
    static struct rude silent;
    struct clv_exchange *slow = NULL, *quick[NUM] = {0};
    rude_start(&silent, SILENT, false);
    rude_start(&server, POLITE, false);
    struct clv_service dead = service_at(silent.endpoint), alive = service_at(server.endpoint);
    cr_assert_eq(transport.start(transport.ctx, &dead, "/", "body", 60000, &slow, NULL), CLV_OK);
    for (int i = 0; i < NUM; i++)
        cr_assert_eq(transport.start(transport.ctx, &alive, "/", "body", 60000, &quick[i], NULL),
                     CLV_OK);
    for (int i = 0; i < NUM; i++) {
        long http_status;
        struct clv_view body;
        const char *why;
        while (transport.state(quick[i], &http_status, &body, &why) == CLV_EXCHANGE_PENDING)
            transport.poll(transport.ctx, 33);
        cr_assert_eq(transport.state(quick[i], &http_status, &body, &why), CLV_EXCHANGE_ANSWERED);
        cr_assert_eq(transport.state(slow, &http_status, &body, &why), CLV_EXCHANGE_PENDING);
        transport.close(transport.ctx, &quick[i]);
    }
    transport.close(transport.ctx, &slow);
    rude_stop(&silent);
    rude_stop(&server);
}

/* ---- proxies, as libcurl reads them from the environment ------------------------------------- */

Test(unit_transport, a_proxy_stands_in_the_way)
{
    rude_start(&server, POLITE, true);
    setenv("http_proxy", server.endpoint, 1);
    struct clv_service service = service_at("http://claviger.invalid");
    struct outcome o = exchange(&service, "body", 5000);
    cr_assert_eq(o.state, CLV_EXCHANGE_ANSWERED, "%s", o.why);
    cr_assert_str_eq(o.body, "hello");
    setenv("no_proxy", "claviger.invalid", 1);
    cr_assert_eq(exchange(&service, "body", 20000).state, CLV_EXCHANGE_NOT_SENT);
    unsetenv("no_proxy");
    rude_stop(&server);
    cr_assert_eq(exchange(&service, "body", 5000).state, CLV_EXCHANGE_NOT_SENT, "no proxy there");
    unsetenv("http_proxy");
}

/* What answers CONNECT with anything but a tunnel never sees the request. */
Test(unit_transport, a_proxy_that_makes_no_tunnel)
{
    static const enum manners manners[] = {CLOSES_AT_ONCE, RESETS, SENDS_ELSEWHERE};
    struct clv_service service = service_at("https://claviger.invalid");
    for (size_t i = 0; i < sizeof manners / sizeof manners[0]; i++) {
        rude_start(&server, manners[i], true);
        setenv("https_proxy", server.endpoint, 1);
        struct outcome o = exchange(&service, "body", 5000);
        cr_assert_eq(o.state, CLV_EXCHANGE_NOT_SENT, "%zu: %s", i, o.why);
        cr_assert_eq(server.num_bodies, 0);
        rude_stop(&server);
    }
    unsetenv("https_proxy");
}
