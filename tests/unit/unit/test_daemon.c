/* The whole way: fleet, libcurl, Unix socket, claviger-unitd in a process of its own. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/unit.h"
#include "start.h"
#include "unitd_process.h"

#define NUM_UNITS 6

static struct process process;
static struct clv_fleet *fleet;
static struct clv_service service;
static char endpoint[100];
static uint8_t roots[1][CLV_P521_POINT_LEN];
static struct clv_secret *scalars[2];
static struct clv_ep11_signer signers[2];
static struct clv_writer certs[2];

static struct clv_result results[NUM_UNITS];
static unsigned num_results, num_intents;

static clv_status on_intent(void *ctx, const struct clv_intent *intent, struct clv_error *err)
{
    (void)ctx;
    (void)intent;
    (void)err;
    num_intents++;
    return CLV_OK;
}

static void on_result(void *ctx, const struct clv_result *result)
{
    (void)ctx;
    cr_assert_lt(num_results, NUM_UNITS);
    results[num_results++] = *result;
}

static const struct clv_fleet_hooks hooks = {.intent = on_intent, .result = on_result};

static void read_root(void)
{
    char path[120];
    uint8_t *text = NULL;
    size_t len = 0;
    snprintf(path, sizeof path, "%s/root.hex", process.state);
    cr_assert_eq(clv_file_read(path, 1024, &text, &len, NULL), CLV_OK);
    cr_assert_eq(clv_unhex((const char *)text, len, roots[0], sizeof roots[0], NULL), CLV_OK);
    free(text);
}

static void make_signers(void)
{
    static const char *const names[2] = {"Sigrid", "Tove"};
    for (unsigned i = 0; i < 2; i++) {
        uint8_t point[CLV_P521_POINT_LEN];
        struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521,
                                          .bits = clv_view_of(point, sizeof point)};
        cr_assert_eq(clv_p521_generate(&scalars[i], point, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_signer_p521(scalars[i], &signers[i], NULL), CLV_OK);
        cr_assert_eq(clv_ep11_admin_cert_encode(&certs[i], names[i], &key, &signers[i], NULL),
                     CLV_OK);
    }
}

static void run(const struct clv_order *order)
{
    struct clv_error err = {0};
    num_results = num_intents = 0;
    cr_assert_eq(clv_fleet_run(fleet, order, &hooks, &err), CLV_OK, "%s", err.fact);
}

static struct clv_order order_of(enum clv_order_kind kind)
{
    return (struct clv_order){.kind = kind, .signers = signers, .num_signers = 2};
}

static const struct clv_result *result_of(unsigned unit)
{
    for (unsigned i = 0; i < num_results; i++)
        if (results[i].unit == unit)
            return &results[i];
    cr_assert_fail("no result of unit %u", unit);
    return NULL;
}

static void give(const struct clv_order *order)
{
    run(order);
    cr_assert_eq(num_results, NUM_UNITS);
    for (unsigned i = 0; i < NUM_UNITS; i++)
        cr_assert_eq(results[i].outcome, CLV_OUTCOME_DONE, "%s: unit %u: %s: %s",
                     clv_order_name(order->kind), results[i].unit,
                     clv_outcome_name(results[i].outcome), results[i].error.fact);
}

static void give_kind(enum clv_order_kind kind)
{
    struct clv_order order = order_of(kind);
    give(&order);
}

/* Daemon with faults, fleet over it, units trusted. */
static void start(const char *const *args)
{
    struct clv_error err = {0};
    test_start();
    process_open(&process);
    process_start(&process, args);
    read_root();
    snprintf(endpoint, sizeof endpoint, "unix:%s", process.socket);
    service = (struct clv_service){.name = "rehearsal",
                                   .endpoint = endpoint,
                                   .instance_id = process.instance,
                                   .roots = (const uint8_t(*)[CLV_P521_POINT_LEN])roots,
                                   .num_roots = 1};
    struct clv_fleet_config config = {.services = &service,
                                      .num_services = 1,
                                      .test_world = true,
                                      .query_timeout_ms = 20000,
                                      .command_timeout_ms = 20000};
    make_signers();
    cr_assert_eq(clv_fleet_new(&config, &fleet, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_fleet_discover(fleet, &hooks, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_fleet_num_units(fleet), NUM_UNITS);
    give_kind(CLV_ORDER_TRUST);
}

static void finish(void)
{
    clv_fleet_free(&fleet);
    for (unsigned i = 0; i < 2; i++) {
        clv_secret_free(&scalars[i]);
        clv_writer_clear(&certs[i]);
    }
    cr_assert_eq(clv_secret_alive(), 0);
    process_close(&process);
}

TestSuite(unit_daemon, .fini = finish);

static void enroll(void)
{
    for (unsigned i = 0; i < 2; i++) {
        struct clv_order add = order_of(CLV_ORDER_ADMIN_ADD);
        add.certificate = clv_writer_view(&certs[i]);
        give(&add);
    }
    struct clv_order thresholds = order_of(CLV_ORDER_THRESHOLDS);
    thresholds.sign_threshold = 2;
    thresholds.revoke_threshold = 1;
    give(&thresholds);
}

static void seal(unsigned slot, uint8_t fill)
{
    struct clv_secret *part = NULL;
    cr_assert_eq(clv_secret_new(32, &part, NULL), CLV_OK);
    memset(clv_secret_write(part), fill, 32);
    clv_secret_close(part);
    cr_assert_eq(clv_fleet_seal_part(fleet, slot, part, NULL), CLV_OK);
    clv_secret_free(&part);
}

static void pattern_of(uint8_t fill, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    uint8_t text[33] = {1};
    memset(text + 1, fill, 32);
    clv_sha256(text, sizeof text, ret);
}

static void get_ready_to_load(void)
{
    give_kind(CLV_ORDER_ZEROIZE);
    enroll();
    give_kind(CLV_ORDER_IMPORTER);
    seal(1, 0x0f);
    seal(2, 0x70);
    seal(3, 0x2a);
}

Test(unit_daemon, six_units_from_reset_to_live)
{
    start(NULL);
    get_ready_to_load();
    give_kind(CLV_ORDER_LOAD);
    struct clv_order order = order_of(CLV_ORDER_COMMIT);
    pattern_of(0x0f ^ 0x70 ^ 0x2a, order.pattern);
    for (unsigned i = 1; i <= NUM_UNITS; i++)
        cr_assert(clv_ep11_pattern_equal(result_of(i)->reported_pattern, order.pattern));
    give(&order);
    cr_assert_eq(num_intents, NUM_UNITS);
    order.kind = CLV_ORDER_SET_IMMEDIATE;
    give(&order);
    give_kind(CLV_ORDER_QUERY);
    cr_assert_eq(num_intents, 0);
    for (unsigned i = 1; i <= NUM_UNITS; i++) {
        const struct clv_unit_state *state = clv_fleet_state(fleet, i);
        cr_assert_eq(state->current_state, CLV_CURRENT_VALID);
        cr_assert_eq(state->new_state, CLV_NEW_EMPTY);
        cr_assert(clv_ep11_pattern_equal(state->current_pattern, order.pattern));
        cr_assert_eq(state->num_admins, 2);
        cr_assert_eq(state->sign_threshold, 2);
    }
}

Test(unit_daemon, one_unit_dies_after_it_loaded)
{
    start((const char *const[]){"--fault", "3:load:die-after", NULL});
    get_ready_to_load();
    struct clv_order load = order_of(CLV_ORDER_LOAD);
    run(&load);
    for (unsigned i = 1; i <= NUM_UNITS; i++)
        cr_assert_eq(result_of(i)->outcome, i == 3 ? CLV_OUTCOME_DOUBT : CLV_OUTCOME_DONE,
                     "unit %u: %s", i, result_of(i)->error.fact);
    struct clv_order query = order_of(CLV_ORDER_QUERY);
    run(&query);
    cr_assert_neq(result_of(3)->outcome, CLV_OUTCOME_DONE);
    cr_assert_eq(result_of(4)->outcome, CLV_OUTCOME_DONE);

    /* It comes back with its register full: nothing has to be sent again. */
    process_stop(&process, SIGKILL);
    process_start(&process, NULL);
    give_kind(CLV_ORDER_QUERY);
    cr_assert_eq(clv_fleet_state(fleet, 3)->new_state, CLV_NEW_UNCOMMITTED);
    cr_assert(clv_fleet_parts_current(fleet, 3));
}

Test(unit_daemon, one_unit_drops_the_load_and_gets_the_same_sealed_parts_again)
{
    start((const char *const[]){"--fault", "2:load:drop", NULL});
    get_ready_to_load();
    struct clv_order load = order_of(CLV_ORDER_LOAD);
    run(&load);
    cr_assert_eq(result_of(2)->outcome, CLV_OUTCOME_DOUBT);
    give_kind(CLV_ORDER_QUERY);
    cr_assert_eq(clv_fleet_state(fleet, 2)->new_state, CLV_NEW_EMPTY);
    load.only_unit = 2;
    run(&load);
    cr_assert_eq(result_of(2)->outcome, CLV_OUTCOME_DONE);
}

Test(unit_daemon, a_unit_that_signs_with_another_key)
{
    start((const char *const[]){"--fault", "4:commit:wrong-key", NULL});
    get_ready_to_load();
    give_kind(CLV_ORDER_LOAD);
    struct clv_order order = order_of(CLV_ORDER_COMMIT);
    pattern_of(0x0f ^ 0x70 ^ 0x2a, order.pattern);
    run(&order);
    for (unsigned i = 1; i <= NUM_UNITS; i++)
        cr_assert_eq(result_of(i)->outcome, i == 4 ? CLV_OUTCOME_UNTRUSTED : CLV_OUTCOME_DONE);
}

Test(unit_daemon, a_unit_that_replays)
{
    start((const char *const[]){"--fault", "4:commit:replay", NULL});
    get_ready_to_load();
    give_kind(CLV_ORDER_LOAD);
    struct clv_order order = order_of(CLV_ORDER_COMMIT);
    pattern_of(0x0f ^ 0x70 ^ 0x2a, order.pattern);
    run(&order);
    for (unsigned i = 1; i <= NUM_UNITS; i++)
        cr_assert_eq(result_of(i)->outcome, i == 4 ? CLV_OUTCOME_UNTRUSTED : CLV_OUTCOME_DONE);
}

Test(unit_daemon, no_daemon_means_not_sent)
{
    start(NULL);
    process_stop(&process, SIGKILL);
    struct clv_order order = order_of(CLV_ORDER_ZEROIZE);
    run(&order);
    for (unsigned i = 1; i <= NUM_UNITS; i++)
        cr_assert_eq(result_of(i)->outcome, CLV_OUTCOME_NOT_SENT, "%s", result_of(i)->error.fact);
    cr_assert_eq(num_intents, 0);
}
