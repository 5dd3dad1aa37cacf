#include "model.h"

#include "start.h"

#include <stdlib.h>
#include <string.h>

/* ---- transport ------------------------------------------------------------------------------ */

struct clv_exchange {
    struct reply reply;
    int64_t ready_ms;
    struct clv_exchange *next;
};

static int64_t model_now(void *ctx)
{
    return ((struct model *)ctx)->now_ms;
}

/* What the request asks, read as a unit reads it. */
static uint32_t command_of(struct clv_view body)
{
    char *htp = NULL;
    size_t htp_len = 0, len = 0;
    unsigned module;
    uint32_t domain, command = 0;
    uint8_t *payload = NULL;
    struct clv_ep11_admin_request request;
    struct clv_ep11_admin_block block;
    bool wrong;

    cr_assert_eq(clv_ep11_rest_request_decode(body, &htp, &htp_len, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_htp_request_decode(clv_view_of(htp, htp_len), &module, &domain, &payload,
                                             &len, NULL, NULL),
                 CLV_OK);
    if (clv_ep11_admin_request_decode(clv_view_of(payload, len), &request, NULL) == CLV_OK &&
        clv_ep11_admin_block_decode(request.block, &block, &wrong, NULL) == CLV_OK)
        command = block.command;
    free(payload);
    free(htp);
    return command;
}

static unsigned unit_of_path(const struct model *m, const char *path)
{
    for (unsigned i = 0; i < m->listing->num_units; i++)
        if (strstr(path, m->listing->units[i].hsm_id) != NULL)
            return i + 1;
    return 0;
}

static bool concerns(const struct model *m, const struct reply *reply)
{
    return (m->twist_unit == 0 || m->twist_unit == reply->unit) &&
           (m->twist_command == 0 || m->twist_command == reply->command);
}

static void ask_vault(struct model *m, const char *path, const char *body, struct reply *reply)
{
    struct clv_unitd_http_request request = {.method = body ? "POST" : "GET", .path = path};
    struct clv_unitd_http_reply answer;
    if (body)
        request.body = clv_view_of(body, strlen(body));
    cr_assert_eq(clv_unitd_rest_answer(m->vault, m->listing, NULL, &request, &answer, NULL),
                 CLV_OK);
    reply->http_status = answer.status;
    reply->body = answer.body;
    reply->body_len = strlen(answer.body);
    reply->delay_ms = (int)answer.delay_ms;
}

static clv_status model_start(void *ctx, const struct clv_service *service, const char *path,
                              const char *body, int timeout_ms, struct clv_exchange **ret,
                              struct clv_error *err)
{
    struct model *m = ctx;
    (void)timeout_ms;
    cr_assert_str_eq(service->name, m->service.name);
    struct reply reply = {.state = CLV_EXCHANGE_ANSWERED, .unit = unit_of_path(m, path)};
    if (body)
        reply.command = command_of(clv_view_of(body, strlen(body)));
    bool hit = m->twist_times > 0 && concerns(m, &reply);
    if (hit && m->refuse_start)
        return clv_fail(err, CLV_E_IO, "cannot start");
    if (hit && m->lose_before) {
        reply.state = CLV_EXCHANGE_NOT_SENT;
        reply.why = "connection refused";
    } else if (hit && m->turned_away) {
        reply.body = strdup("{\"message\":\"expired\"}");
        reply.body_len = strlen(reply.body);
    } else {
        ask_vault(m, path, body, &reply);
        m->num_posts[reply.unit] += body != NULL;
        m->num_commands[reply.unit] += reply.command != 0 && !clv_ep11_is_query(reply.command);
    }
    if (hit && m->slow_unit_ms > 0)
        reply.delay_ms = m->slow_unit_ms;
    if (hit && m->twist != NULL) {
        m->twist(m, &reply);
        m->twist_times--;
    }
    if (reply.command != 0 && !clv_ep11_is_query(reply.command) && reply.body != NULL) {
        free(m->last_answer[reply.unit]);
        m->last_answer[reply.unit] = strdup(reply.body);
    }
    struct clv_exchange *x = calloc(1, sizeof *x);
    x->reply = reply;
    x->ready_ms = m->now_ms + reply.delay_ms;
    x->next = m->exchanges;
    m->exchanges = x;
    *ret = x;
    return CLV_OK;
}

static void model_poll(void *ctx, int wait_ms)
{
    struct model *m = ctx;
    int64_t next_ms = m->now_ms + wait_ms;
    for (struct clv_exchange *x = m->exchanges; x != NULL; x = x->next)
        if (x->reply.state != CLV_EXCHANGE_PENDING && x->ready_ms < next_ms)
            next_ms = x->ready_ms > m->now_ms ? x->ready_ms : m->now_ms;
    m->now_ms = next_ms;
}

static struct model *the_model; /* the port's state() has no context of its own */

static enum clv_exchange_state model_state(const struct clv_exchange *x, long *ret_http_status,
                                           struct clv_view *ret_body, const char **ret_why)
{
    if (x->ready_ms > the_model->now_ms)
        return CLV_EXCHANGE_PENDING;
    *ret_http_status = x->reply.http_status;
    *ret_body = clv_view_of(x->reply.body, x->reply.body_len);
    *ret_why = x->reply.why == NULL ? "" : x->reply.why;
    return x->reply.state;
}

static void model_close(void *ctx, struct clv_exchange **x)
{
    struct model *m = ctx;
    for (struct clv_exchange **at = &m->exchanges; *at != NULL; at = &(*at)->next) {
        if (*at != *x)
            continue;
        *at = (*x)->next;
        free((*x)->reply.body);
        free(*x);
        *x = NULL;
        return;
    }
    cr_assert_fail("an exchange was closed twice");
}

/* ---- hooks ---------------------------------------------------------------------------------- */

static clv_status on_intent(void *ctx, const struct clv_intent *intent, struct clv_error *err)
{
    struct model *m = ctx;
    if (m->intent_answer != CLV_OK)
        return clv_fail(err, m->intent_answer, "the journal is full");
    cr_assert_lt(m->num_intents, MODEL_MAX_RESULTS);
    m->intents[m->num_intents++] = *intent;
    return CLV_OK;
}

static void on_result(void *ctx, const struct clv_result *result)
{
    struct model *m = ctx;
    cr_assert_lt(m->num_results, MODEL_MAX_RESULTS);
    m->results[m->num_results++] = *result;
}

static clv_status on_tick(void *ctx, struct clv_error *err)
{
    struct model *m = ctx;
    m->num_ticks++;
    if (m->stop_after_ticks != 0 && m->num_ticks >= m->stop_after_ticks)
        return clv_fail(err, CLV_E_INTERRUPTED, "interrupted");
    return CLV_OK;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void make_signers(struct model *m)
{
    static const char *const names[MODEL_MAX_SIGNERS] = {"Alpha", "Bravo", "Charlie", "Delta"};
    for (unsigned i = 0; i < MODEL_MAX_SIGNERS; i++) {
        uint8_t point[CLV_P521_POINT_LEN];
        struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                          .bits = clv_view_of(point, sizeof point)};
        cr_assert_eq(clv_p521_generate(&m->scalars[i], point, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_signer_p521(m->scalars[i], &m->signers[i], NULL), CLV_OK);
        cr_assert_eq(clv_ep11_admin_cert_encode(&m->certs[i], names[i], &key, &m->signers[i], NULL),
                     CLV_OK);
    }
}

static void make_vault(struct model *m, unsigned num_units, bool production_tests)
{
    uint8_t point[CLV_P521_POINT_LEN];
    struct clv_unitd_ports ports = clv_unitd_ports_default();
    cr_assert_eq(clv_p521_generate(&m->oa_scalar, point, NULL), CLV_OK);
    cr_assert_eq(clv_p521_generate(&m->other_scalar, point, NULL), CLV_OK);
    struct clv_unitd_setup setup = {.production_tests = production_tests,
                                    .num_units = {[CLV_EP11_UNIT_OPERATIONAL] = num_units},
                                    .first_domain = 1,
                                    .module_index = 3,
                                    .oa_scalar = m->oa_scalar,
                                    .ports = &ports};
    cr_assert_eq(clv_unitd_vault_new(&setup, &m->vault, NULL), CLV_OK);
    m->listing = calloc(1, sizeof *m->listing);
    clv_unitd_vault_listing(m->vault, m->listing);
    memcpy(m->roots[0], m->listing->root_point, CLV_P521_POINT_LEN);
}

void model_prepare(struct model *m, unsigned num_units, bool production_tests)
{
    *m = (struct model){.now_ms = 1000};
    the_model = m;
    test_start();
    make_vault(m, num_units, production_tests);
    make_signers(m);
    m->clock = (struct clv_clock){.wall_ms = model_now, .monotonic_ms = model_now, .ctx = m};
    m->transport = (struct clv_transport){.start = model_start,
                                          .poll = model_poll,
                                          .state = model_state,
                                          .close = model_close,
                                          .ctx = m};
    m->hooks = (struct clv_fleet_hooks){
        .intent = on_intent, .result = on_result, .tick = on_tick, .ctx = m};
    m->service = (struct clv_service){.name = "model",
                                      .endpoint = "unix:/nowhere",
                                      .instance_id = m->listing->instance_id,
                                      .roots = (const uint8_t(*)[CLV_P521_POINT_LEN])m->roots,
                                      .num_roots = 1};
    struct clv_fleet_config config = {.services = &m->service,
                                      .num_services = 1,
                                      .test_world = true,
                                      .clock = &m->clock,
                                      .transport = &m->transport};
    cr_assert_eq(clv_fleet_new(&config, &m->fleet, NULL), CLV_OK);
}

void model_init(struct model *m, unsigned num_units)
{
    struct clv_error err = {0};
    model_prepare(m, num_units, false);
    cr_assert_eq(clv_fleet_discover(m->fleet, &m->hooks, &err), CLV_OK, "%s", err.fact);
    model_order(m, CLV_ORDER_TRUST);
    model_expect_all(m, CLV_OUTCOME_DONE);
}

void model_clear(struct model *m)
{
    clv_fleet_free(&m->fleet);
    cr_assert_null(m->exchanges, "an exchange was left open");
    clv_unitd_vault_free(&m->vault);
    free(m->listing);
    for (unsigned i = 0; i < MODEL_MAX_SIGNERS; i++) {
        clv_secret_free(&m->scalars[i]);
        clv_writer_clear(&m->certs[i]);
    }
    for (unsigned i = 0; i < 8; i++)
        free(m->last_answer[i]);
    clv_secret_free(&m->oa_scalar);
    clv_secret_free(&m->other_scalar);
    cr_assert_eq(clv_secret_alive(), 0);
}

/* ---- orders --------------------------------------------------------------------------------- */

void model_run(struct model *m, const struct clv_order *order)
{
    struct clv_error err = {0};
    m->num_results = 0;
    m->num_intents = 0;
    cr_assert_eq(clv_fleet_run(m->fleet, order, &m->hooks, &err), CLV_OK, "%s", err.fact);
}

void model_order(struct model *m, enum clv_order_kind kind)
{
    model_run(m, &(struct clv_order){
                     .kind = kind, .signers = m->signers, .num_signers = MODEL_MAX_SIGNERS});
}

const struct clv_result *model_result(const struct model *m, unsigned unit)
{
    const struct clv_result *found = NULL;
    for (unsigned i = 0; i < m->num_results; i++) {
        if (m->results[i].unit != unit)
            continue;
        cr_assert_null(found, "unit %u has two results", unit);
        found = &m->results[i];
    }
    cr_assert_not_null(found, "unit %u has no result", unit);
    return found;
}

enum clv_outcome model_outcome(const struct model *m, unsigned unit)
{
    return model_result(m, unit)->outcome;
}

static void expect(const struct clv_result *result, enum clv_outcome outcome)
{
    char text[2048];
    clv_error_format(&result->error, text, sizeof text);
    cr_assert_eq(result->outcome, outcome, "unit %u: %s\n%s", result->unit,
                 clv_outcome_name(result->outcome), text);
}

void model_expect_all(const struct model *m, enum clv_outcome outcome)
{
    cr_assert_eq(m->num_results, clv_fleet_num_selected(m->fleet));
    for (unsigned i = 0; i < m->num_results; i++)
        expect(&m->results[i], outcome);
}

void model_expect_one(const struct model *m, unsigned unit, enum clv_outcome outcome)
{
    cr_assert_eq(m->num_results, 1);
    cr_assert_eq(m->results[0].unit, unit);
    expect(&m->results[0], outcome);
}

void model_enroll(struct model *m, unsigned num_admins, unsigned sign, unsigned revoke)
{
    for (unsigned i = 0; i < num_admins; i++) {
        model_run(m, &(struct clv_order){.kind = CLV_ORDER_ADMIN_ADD,
                                         .certificate = clv_writer_view(&m->certs[i])});
        model_expect_all(m, CLV_OUTCOME_DONE);
    }
    model_run(m, &(struct clv_order){.kind = CLV_ORDER_THRESHOLDS,
                                     .sign_threshold = sign,
                                     .revoke_threshold = revoke,
                                     .signers = m->signers,
                                     .num_signers = MODEL_MAX_SIGNERS});
    model_expect_all(m, CLV_OUTCOME_DONE);
}

void model_seal(struct model *m)
{
    static const uint8_t fill[3] = {0x11, 0x22, 0x44};
    model_order(m, CLV_ORDER_IMPORTER);
    model_expect_all(m, CLV_OUTCOME_DONE);
    for (unsigned slot = 1; slot <= 3; slot++) {
        struct clv_secret *part = NULL;
        struct clv_error err = {0};
        cr_assert_eq(clv_secret_new(32, &part, NULL), CLV_OK);
        memset(clv_secret_write(part), fill[slot - 1], 32);
        clv_secret_close(part);
        cr_assert_eq(clv_fleet_seal_part(m->fleet, slot, part, &err), CLV_OK, "%s", err.fact);
        clv_secret_free(&part);
    }
}

void model_load(struct model *m)
{
    model_seal(m);
    model_order(m, CLV_ORDER_LOAD);
    model_expect_all(m, CLV_OUTCOME_DONE);
}

void model_pattern(uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    uint8_t text[33] = {1};
    memset(text + 1, 0x11 ^ 0x22 ^ 0x44, 32);
    clv_sha256(text, sizeof text, ret);
}

struct clv_order model_pattern_order(struct model *m, enum clv_order_kind kind)
{
    struct clv_order order = {
        .kind = kind, .signers = m->signers, .num_signers = MODEL_MAX_SIGNERS};
    model_pattern(order.pattern);
    return order;
}

struct clv_unitd_domain *model_domain(struct model *m, unsigned unit)
{
    return clv_unitd_vault_domain(m->vault, m->listing->domain[unit - 1]);
}
