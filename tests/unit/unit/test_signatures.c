/* Signatures of a service for a whole fleet: fetched before the commands, beside each other, on
 * nobody's deadline; and no command without one. */
#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/unit/signing.h"
#include "src/unit/internal.h"

#define URL "https://signer.example"
#define NUM_UNITS 3

/* Of the transport around the model's: either one of its exchanges, or a request to the service. */
struct clv_exchange {
    struct clv_exchange *inner; /* the model's, or NULL */
    int64_t ready_ms;
    long http_status;
    char *body;
};

static struct model m;

static struct {
    struct clv_transport transport;
    struct clv_signing *signing;
    struct clv_signing_key keys[2];
    struct clv_secret *tokens[2];
    int delay_ms;
    unsigned fails, fails_from; /* so many requests for signatures, from this one on (1..) */
    bool lies;                  /* it fails by signing with another key */
    unsigned num_requests, num_open, most_open;
    char last_token[40];
} service;

/* What people answer. */
static struct {
    clv_status status;
    const char *token; /* another one for the key, or NULL */
    int takes_ms;
    unsigned num_asked;
    clv_status why;
} people;

/* ---- the service ----------------------------------------------------------------------------- */

static char *signature_of(const struct clv_secret *scalar, const char *body)
{
    uint8_t *input = NULL, digest[CLV_SHA512_LEN], sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0, sig_len = 0;
    const char *start = strstr(body, "\"input\":\"") + strlen("\"input\":\"");
    char *text = NULL;
    cr_assert_eq(clv_unbase64(start, strcspn(start, "\""), &input, &len, NULL), CLV_OK);
    clv_sha512(input, len, digest);
    cr_assert_eq(clv_p521_sign(scalar, digest, sig, &sig_len, NULL), CLV_OK);
    char *encoded = clv_base64(sig, sig_len);
    cr_assert_gt(asprintf(&text, "{\"signature\":\"%s\"}", encoded), 0);
    free(encoded);
    free(input);
    return text;
}

static void keep_token(const struct clv_secret *token)
{
    service.last_token[0] = '\0';
    if (token == NULL)
        return;
    snprintf(service.last_token, sizeof service.last_token, "%.*s", (int)clv_secret_len(token),
             (const char *)clv_secret_read(token));
    clv_secret_close(token);
}

static void answer(struct clv_exchange *x, const struct clv_service *to, const char *path,
                   const char *body)
{
    unsigned which = path[strlen(path) - 1] == '1';
    unsigned number = ++service.num_requests;
    bool fails = number >= service.fails_from && number < service.fails_from + service.fails;
    cr_assert_eq(strncmp(path, "/sign/key-", 10), 0);
    keep_token(to->token);
    x->ready_ms = m.now_ms + service.delay_ms;
    x->http_status = fails && !service.lies ? 401 : 200;
    x->body = fails && !service.lies
                  ? strdup("{\"message\":\"expired\"}")
                  : signature_of(fails ? m.other_scalar : m.scalars[which], body);
    service.num_open++;
    if (service.num_open > service.most_open)
        service.most_open = service.num_open;
}

static clv_status start(void *ctx, const struct clv_service *to, const char *path, const char *body,
                        int timeout_ms, struct clv_exchange **ret, struct clv_error *err)
{
    struct clv_exchange *x = calloc(1, sizeof *x);
    clv_status st = CLV_OK;
    (void)ctx;
    if (strcmp(to->endpoint, URL) == 0)
        answer(x, to, path, body);
    else
        st = m.transport.start(m.transport.ctx, to, path, body, timeout_ms, &x->inner, err);
    if (st == CLV_OK)
        *ret = x;
    else
        free(x);
    return st;
}

static void poll(void *ctx, int wait_ms)
{
    m.transport.poll(ctx, wait_ms);
}

static enum clv_exchange_state state(const struct clv_exchange *x, long *ret_http_status,
                                     struct clv_view *ret_body, const char **ret_why)
{
    if (x->inner)
        return m.transport.state(x->inner, ret_http_status, ret_body, ret_why);
    *ret_http_status = x->http_status;
    *ret_body = clv_view_of(x->body, strlen(x->body));
    return x->ready_ms > m.now_ms ? CLV_EXCHANGE_PENDING : CLV_EXCHANGE_ANSWERED;
}

static void close_it(void *ctx, struct clv_exchange **x)
{
    if ((*x)->inner)
        m.transport.close(ctx, &(*x)->inner);
    else
        service.num_open--;
    free((*x)->body);
    free(*x);
    *x = NULL;
}

static clv_status on_signature(void *ctx, struct clv_signing_key *key, const struct clv_error *why,
                               struct clv_error *err)
{
    (void)ctx;
    cr_assert_eq(service.num_open, 0, "people were asked while something was under way");
    people.num_asked++;
    people.why = why->code;
    m.now_ms += people.takes_ms;
    if (people.token != NULL) {
        unsigned at = key == &service.keys[1];
        cr_assert(key->token_refused);
        clv_secret_free(&service.tokens[at]);
        cr_assert_eq(clv_secret_new(strlen(people.token), &service.tokens[at], NULL), CLV_OK);
        memcpy(clv_secret_write(service.tokens[at]), people.token, strlen(people.token));
        clv_secret_close(service.tokens[at]);
        key->token = service.tokens[at];
    }
    return people.status == CLV_OK ? CLV_OK : clv_fail(err, people.status, "given up");
}

/* ---- three units, two administrators, both keys with the service ----------------------------- */

static void make_key(unsigned i)
{
    struct clv_signing_key *key = &service.keys[i];
    *key = (struct clv_signing_key){.service = service.signing};
    snprintf(key->name, sizeof key->name, "key-%u", i);
    key->as_service = (struct clv_service){.name = key->name, .endpoint = URL, .instance_id = ""};
    cr_assert_eq(clv_p521_point(m.scalars[i], key->point, NULL), CLV_OK);
    clv_sha256(key->point, sizeof key->point, key->ski);
    clv_signing_signer(key, &m.signers[i]);
}

static void begin(void)
{
    memset(&service, 0, sizeof service);
    memset(&people, 0, sizeof people);
    model_init(&m, NUM_UNITS);
    model_enroll(&m, 2, 2, 1);
    service.transport = (struct clv_transport){
        .start = start, .poll = poll, .state = state, .close = close_it, .ctx = &m};
    m.fleet->transport = service.transport;
    const struct clv_signing_config config = {
        .url = URL, .clock = &m.clock, .transport = &service.transport};
    cr_assert_eq(clv_signing_new(&config, &service.signing, NULL), CLV_OK);
    make_key(0);
    make_key(1);
    m.hooks.signature = on_signature;
}

static void end(void)
{
    for (unsigned i = 0; i < 2; i++)
        clv_secret_free(&service.tokens[i]);
    clv_signing_free(&service.signing);
    cr_assert_eq(service.num_open, 0);
    model_clear(&m);
}

TestSuite(unit_signatures, .init = begin, .fini = end);

static unsigned num_commands(void)
{
    unsigned num = 0;
    for (unsigned i = 0; i < 8; i++)
        num += m.num_commands[i];
    return num;
}

/* Importer keys, three parts, all loaded: one signature a unit, then one for each part. */
Test(unit_signatures, a_load_from_the_service)
{
    model_load(&m);
    cr_assert_eq(service.num_requests, NUM_UNITS + 3 * NUM_UNITS);
    cr_assert_eq(service.keys[0].num_signatures + service.keys[1].num_signatures, 4 * NUM_UNITS);
    cr_assert_geq(service.most_open, 2, "one after the other");
    struct clv_order commit = model_pattern_order(&m, CLV_ORDER_COMMIT);
    model_run(&m, &commit);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(service.num_requests, 4 * NUM_UNITS + 2 * NUM_UNITS, "two administrators commit");
    cr_assert_eq(people.num_asked, 0);
}

Test(unit_signatures, a_key_file_signs_beside_it)
{
    cr_assert_eq(clv_ep11_signer_p521(m.scalars[1], &m.signers[1], NULL), CLV_OK);
    model_load(&m);
    service.num_requests = 0;
    struct clv_order commit = model_pattern_order(&m, CLV_ORDER_COMMIT);
    model_run(&m, &commit);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(service.num_requests, NUM_UNITS);
}

/* Three signatures of 9 s each for every unit, and 30 s for a command. */
Test(unit_signatures, a_slow_service_takes_nobodys_time)
{
    model_seal(&m);
    service.delay_ms = 9000;
    model_order(&m, CLV_ORDER_LOAD);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 0);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++)
        cr_assert_gt(model_result(&m, unit)->elapsed_ms, 3 * 9000 - 100);
}

/* A unit that does not answer waits for its own deadline; the others have their signatures by then.
 */
Test(unit_signatures, a_silent_unit_delays_no_signature)
{
    service.delay_ms = 200;
    m.twist_unit = 2;
    m.twist_times = 1;
    m.slow_unit_ms = 100000;
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    cr_assert_eq(model_outcome(&m, 3), CLV_OUTCOME_DONE);
    cr_assert_neq(model_outcome(&m, 2), CLV_OUTCOME_DONE);
    cr_assert_lt(model_result(&m, 1)->elapsed_ms, 2000);
    cr_assert_eq(m.results[2].unit, 2);
}

Test(unit_signatures, never_more_than_a_few_requests_at_a_time)
{
    model_clear(&m);
    model_init(&m, 7);
    model_enroll(&m, 2, 2, 1);
    m.fleet->transport = service.transport;
    make_key(0);
    make_key(1);
    service.delay_ms = 500;
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(service.num_requests, 7);
    cr_assert_eq(service.most_open, 4);
}

Test(unit_signatures, people_ask_again_once_for_all_units)
{
    service.delay_ms = 200;
    service.fails_from = 1;
    service.fails = 3;
    people.takes_ms = 3600 * 1000;
    people.token = "Bearer new";
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 1);
    cr_assert_eq(people.why, CLV_E_UNIT);
    cr_assert_str_eq(service.last_token, "Bearer new");
    cr_assert_eq(m.num_intents, NUM_UNITS, "an intent for each command, and for it once");
}

Test(unit_signatures, given_up_means_not_sent)
{
    unsigned before = num_commands();
    service.fails_from = 1;
    service.fails = 100;
    people.status = CLV_E_UNIT;
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(people.num_asked, 1);
    cr_assert_eq(m.num_intents, 0);
    cr_assert_eq(num_commands(), before);
    cr_assert_not_null(strstr(model_result(&m, 1)->error.kept, "not sent"));
}

/* What one unit got stays; what did not get its signature is not sent. */
Test(unit_signatures, one_of_many_is_missing)
{
    service.delay_ms = 200;
    service.fails_from = 2;
    service.fails = 1;
    service.lies = true;
    people.status = CLV_E_FORGED;
    model_order(&m, CLV_ORDER_IMPORTER);
    unsigned done = 0, not_sent = 0;
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++) {
        done += model_outcome(&m, unit) == CLV_OUTCOME_DONE;
        not_sent += model_outcome(&m, unit) == CLV_OUTCOME_NOT_SENT;
    }
    cr_assert_eq(done, 2);
    cr_assert_eq(not_sent, 1);
    cr_assert_eq(m.num_intents, 2);
    cr_assert_eq(people.why, CLV_E_FORGED);
}

Test(unit_signatures, nobody_can_be_asked)
{
    m.hooks.signature = NULL;
    service.fails_from = 1;
    service.fails = 100;
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    cr_assert_not_null(strstr(model_result(&m, 1)->error.fact, "HTTP 401"));
}

Test(unit_signatures, later_than_its_deadline_is_none)
{
    service.delay_ms = 60000;
    people.status = CLV_E_TIMEOUT;
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(people.why, CLV_E_TIMEOUT);
}

Test(unit_signatures, stopped_while_it_signs)
{
    service.delay_ms = 5000;
    m.num_ticks = 0;
    m.stop_after_ticks = 20;
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(m.num_intents, 0);
}
