/* Who signs, what is announced, what is sent again and what never is. */
#include "model.h"

#include <string.h>

static struct model m;

static void begin(void)
{
    model_init(&m, 3);
}

static void end(void)
{
    model_clear(&m);
}

TestSuite(unit_orders, .init = begin, .fini = end);

static void commit_with(const struct clv_ep11_signer *signers, size_t num)
{
    struct clv_order order = model_pattern_order(&m, CLV_ORDER_COMMIT);
    order.signers = signers;
    order.num_signers = num;
    model_run(&m, &order);
}

/* ---- signatures ----------------------------------------------------------------------------- */

Test(unit_orders, too_few_signers_are_named_and_nothing_is_sent)
{
    model_enroll(&m, 3, 2, 1);
    model_load(&m);
    unsigned before = m.num_commands[1];
    commit_with(m.signers, 1);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    const struct clv_error *err = &model_result(&m, 1)->error;
    cr_assert_eq(err->code, CLV_E_RULE);
    cr_assert_not_null(strstr(err->fact, "needs 2 signatures"));
    cr_assert_not_null(strstr(err->fact, "given: 1, "));
    cr_assert_eq(m.num_commands[1], before);
    cr_assert_eq(m.num_intents, 0);
}

Test(unit_orders, the_same_signer_twice_counts_once)
{
    model_enroll(&m, 2, 2, 1);
    model_load(&m);
    struct clv_ep11_signer twice[2] = {m.signers[0], m.signers[0]};
    commit_with(twice, 2);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
}

Test(unit_orders, signers_who_are_no_administrators_are_passed_over)
{
    model_enroll(&m, 2, 1, 1);
    model_load(&m);
    struct clv_ep11_signer order[2] = {m.signers[3], m.signers[1]};
    commit_with(order, 2);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    commit_with(&m.signers[3], 1);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
}

Test(unit_orders, a_refusal_carries_its_codes_and_advice)
{
    model_enroll(&m, 1, 1, 1);
    model_load(&m);
    struct clv_order order = model_pattern_order(&m, CLV_ORDER_COMMIT);
    order.pattern[0] ^= 1;
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_REFUSED);
    const struct clv_result *result = model_result(&m, 2);
    cr_assert_eq(result->return_code, 101);
    cr_assert_eq(result->reason, 48);
    cr_assert_not_null(strstr(result->error.fact, clv_ep11_code_text(101, 48)));
    cr_assert_eq(result->error.code, CLV_E_UNIT);
    cr_assert_neq(result->error.hint[0], '\0');
    cr_assert_neq(result->error.kept[0], '\0');
}

Test(unit_orders, leaving_imprint_mode_takes_as_many_signatures_as_the_new_threshold)
{
    for (unsigned i = 0; i < 2; i++)
        model_run(&m, &(struct clv_order){.kind = CLV_ORDER_ADMIN_ADD,
                                          .certificate = clv_writer_view(&m.certs[i])});
    struct clv_order order = {.kind = CLV_ORDER_THRESHOLDS,
                              .sign_threshold = 2,
                              .revoke_threshold = 2,
                              .signers = m.signers,
                              .num_signers = 1};
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    order.num_signers = 2;
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

Test(unit_orders, thresholds_change_later_without_touching_permissions)
{
    model_enroll(&m, 3, 2, 2);
    model_order(&m, CLV_ORDER_QUERY);
    uint32_t permissions = clv_fleet_state(m.fleet, 1)->attributes.value[CLV_EP11_ATTR_PERMISSIONS];
    struct clv_order order = {.kind = CLV_ORDER_THRESHOLDS,
                              .sign_threshold = 3,
                              .revoke_threshold = 2,
                              .signers = m.signers,
                              .num_signers = 3};
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    model_order(&m, CLV_ORDER_QUERY);
    const struct clv_unit_state *state = clv_fleet_state(m.fleet, 1);
    cr_assert_eq(state->sign_threshold, 3);
    cr_assert_eq(state->attributes.value[CLV_EP11_ATTR_PERMISSIONS], permissions);
}

Test(unit_orders, zeroize_takes_one_signature_where_the_unit_permits_it)
{
    model_enroll(&m, 3, 3, 3);
    model_run(
        &m, &(struct clv_order){.kind = CLV_ORDER_ZEROIZE, .signers = m.signers, .num_signers = 1});
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

/* ---- announcing ----------------------------------------------------------------------------- */

Test(unit_orders, control_points_take_the_signature_threshold)
{
    model_enroll(&m, 3, 2, 1);
    struct clv_order order = {.kind = CLV_ORDER_CONTROL_POINTS,
                              .control_points = {[8] = 0x20},
                              .signers = m.signers,
                              .num_signers = 1};
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
    order.num_signers = 2;
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(m.intents[m.num_intents - 1].command, CLV_EP11_CP_ADD);
    order.control_points[8] = 0;
    cr_assert_eq(clv_fleet_run(m.fleet, &order, &m.hooks, NULL), CLV_E_USAGE);
}

Test(unit_orders, an_intent_that_cannot_be_recorded_keeps_the_command_here)
{
    static const clv_status codes[] = {CLV_E_FULL, CLV_E_UNIT, CLV_E_UNTRUSTED, CLV_E_DOUBT};
    unsigned before = m.num_commands[1];
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        m.intent_answer = codes[i];
        model_order(&m, CLV_ORDER_ZEROIZE);
        model_expect_all(&m, CLV_OUTCOME_NOT_SENT);
        cr_assert_eq(m.num_commands[1], before);
    }
    m.intent_answer = CLV_E_FULL;
    model_order(&m, CLV_ORDER_ZEROIZE);
    cr_assert_eq(model_result(&m, 1)->error.code, CLV_E_FULL);
}

Test(unit_orders, the_counter_announced_is_the_next_one)
{
    uint8_t next[CLV_EP11_COUNTER_LEN];
    model_order(&m, CLV_ORDER_QUERY);
    clv_ep11_counter_next(clv_fleet_state(m.fleet, 1)->counter, next);
    model_run(&m, &(struct clv_order){.kind = CLV_ORDER_ADMIN_ADD,
                                      .only_unit = 1,
                                      .certificate = clv_writer_view(&m.certs[0])});
    cr_assert_eq(m.num_intents, 1);
    cr_assert_eq(m.intents[0].unit, 1);
    cr_assert_eq(m.intents[0].command, CLV_EP11_ADMIN_LOGIN);
    cr_assert_not(m.intents[0].has_pattern);
    cr_assert_arr_eq(m.intents[0].counter, next, sizeof next);
}

/* ---- once, and only once -------------------------------------------------------------------- */

static void break_it(struct model *model, struct reply *reply)
{
    (void)model;
    reply->state = CLV_EXCHANGE_BROKEN;
    reply->why = "connection reset by peer";
}

Test(unit_orders, a_query_on_a_dead_connection_is_asked_once_more)
{
    m.twist = break_it;
    m.twist_unit = 2;
    m.twist_command = CLV_EP11_Q_ADMINS;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);

    m.twist_times = 2;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    cr_assert_eq(m.twist_times, 0);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
}

Test(unit_orders, a_command_on_a_dead_connection_is_not)
{
    m.twist = break_it;
    m.twist_unit = 2;
    m.twist_command = CLV_EP11_ADMIN_LOGIN;
    m.twist_times = 9;
    model_run(&m, &(struct clv_order){.kind = CLV_ORDER_ADMIN_ADD,
                                      .certificate = clv_writer_view(&m.certs[0])});
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    cr_assert_eq(model_result(&m, 2)->error.code, CLV_E_DOUBT);
    cr_assert_eq(m.twist_times, 8);
    cr_assert_eq(m.num_commands[2], 1);

    /* It had been carried out: the query says so, and the next command fits. */
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(clv_fleet_state(m.fleet, 2)->num_admins, 1);
}

Test(unit_orders, a_zeroize_in_doubt_may_show_a_new_life)
{
    m.twist = break_it;
    m.twist_unit = 2;
    m.twist_command = CLV_EP11_ZEROIZE;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_order(&m, CLV_ORDER_ZEROIZE);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

Test(unit_orders, a_new_life_that_is_not_ours_is_not_believed_until_trusted_again)
{
    model_order(&m, CLV_ORDER_QUERY);
    model_domain(&m, 2)->instance++;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_UNTRUSTED);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    model_order(&m, CLV_ORDER_TRUST);
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

/* Somebody else's command between two of our questions. */
static void meddle(struct model *model, struct reply *reply)
{
    struct clv_unitd_domain *domain = model_domain(model, reply->unit);
    clv_ep11_counter_next(domain->counter, domain->counter);
}

Test(unit_orders, a_query_starts_over_when_the_unit_changes_meanwhile)
{
    m.twist = meddle;
    m.twist_unit = 1;
    m.twist_command = CLV_EP11_Q_ADMINS;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);

    m.twist_times = 9;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DOUBT);
    cr_assert_eq(m.twist_times, 7, "it starts over once");
}

/* Whoever gives an order has decided by what the last query showed. A command of before a crash
 * that arrives behind that query changes the unit, and its counter tells. */
Test(unit_orders, a_command_that_came_behind_the_query_keeps_the_order_here)
{
    model_enroll(&m, 2, 1, 1);
    model_load(&m);
    model_order(&m, CLV_ORDER_QUERY);
    struct clv_unitd_domain *domain = model_domain(&m, 2);
    domain->next_committed = true;
    clv_ep11_counter_next(domain->counter, domain->counter);
    memset(m.num_commands, 0, sizeof m.num_commands);
    commit_with(m.signers, 1);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(m.num_commands[2], 0, "committed twice");
    cr_assert_not_null(
        strstr(model_result(&m, 2)->error.fact, "has moved since it was last asked"));
    /* Queried again, it gets the next order. */
    model_order(&m, CLV_ORDER_QUERY);
    struct clv_order order = model_pattern_order(&m, CLV_ORDER_SET_IMMEDIATE);
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

/* ---- unreachable, slow, stopped ------------------------------------------------------------- */

Test(unit_orders, no_connection_means_not_sent)
{
    m.lose_before = true;
    m.twist_unit = 3;
    m.twist_times = 1;
    m.twist_command = CLV_EP11_ZEROIZE;
    model_order(&m, CLV_ORDER_ZEROIZE);
    cr_assert_eq(model_outcome(&m, 3), CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(model_result(&m, 3)->error.code, CLV_E_IO);
    cr_assert_not_null(strstr(model_result(&m, 3)->error.fact, "connection refused"));
    cr_assert_eq(m.num_commands[3], 0);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);

    m.twist_command = CLV_EP11_Q_ATTRS;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 3), CLV_OUTCOME_NOT_SENT);
}

Test(unit_orders, an_exchange_that_does_not_start_means_not_sent)
{
    m.refuse_start = true;
    m.twist_unit = 1;
    m.twist_times = 1;
    m.twist_command = CLV_EP11_ZEROIZE;
    model_order(&m, CLV_ORDER_ZEROIZE);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(m.num_commands[1], 0);
}

Test(unit_orders, a_slow_unit_delays_nobody)
{
    m.slow_unit_ms = 1000;
    m.twist_unit = 2;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(m.results[2].unit, 2, "the slow one is last");
    cr_assert_eq(model_result(&m, 1)->elapsed_ms, 0);
    cr_assert_geq(model_result(&m, 2)->elapsed_ms, 7000);
    cr_assert_geq(m.num_ticks, 7000 / 40);
}

Test(unit_orders, a_unit_that_answers_too_slowly_runs_into_its_own_deadline)
{
    m.slow_unit_ms = 4000;
    m.twist_unit = 2;
    m.twist_times = 1;
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    cr_assert_geq(model_result(&m, 2)->elapsed_ms, 10000);
    cr_assert_leq(model_result(&m, 2)->elapsed_ms, 11000);
}

Test(unit_orders, after_a_stop_nothing_is_sent_but_commands_are_waited_for)
{
    m.slow_unit_ms = 500;
    m.twist_unit = 2;
    m.twist_times = 1;
    m.twist_command = CLV_EP11_ZEROIZE; /* is on its way when the person stops */
    m.stop_after_ticks = m.num_ticks + 3;
    model_order(&m, CLV_ORDER_ZEROIZE);
    model_expect_all(&m, CLV_OUTCOME_DONE);

    m.stop_after_ticks = m.num_ticks + 3;
    m.twist_command = CLV_EP11_Q_ATTRS; /* the command of unit 2 has not left yet */
    unsigned before = m.num_commands[2];
    model_order(&m, CLV_ORDER_ZEROIZE);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(model_result(&m, 2)->error.code, CLV_E_INTERRUPTED);
    cr_assert_eq(m.num_commands[2], before);
}

/* ---- wrong calls ---------------------------------------------------------------------------- */

static clv_status try_order(const struct clv_order *order)
{
    struct clv_error err = {0};
    m.num_results = 0;
    clv_status status = clv_fleet_run(m.fleet, order, &m.hooks, &err);
    if (status != CLV_OK)
        cr_assert_eq(m.num_results, 0);
    return status;
}

Test(unit_orders, wrong_orders_are_refused_before_anything_is_sent)
{
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_LOAD}), CLV_E_USAGE);
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_COMMIT}), CLV_E_USAGE);
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_ADMIN_ADD}), CLV_E_USAGE);
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_THRESHOLDS}), CLV_E_USAGE);
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_QUERY, .only_unit = 9}),
                 CLV_E_USAGE);
    for (unsigned i = 1; i <= 3; i++)
        clv_fleet_select(m.fleet, i, false);
    cr_assert_eq(clv_fleet_num_selected(m.fleet), 0);
    cr_assert_eq(try_order(&(struct clv_order){.kind = CLV_ORDER_QUERY}), CLV_E_USAGE);
}

Test(unit_orders, only_one_unit_or_only_the_selected_ones)
{
    model_run(&m, &(struct clv_order){.kind = CLV_ORDER_QUERY, .only_unit = 2});
    cr_assert_eq(m.num_results, 1);
    cr_assert_eq(m.results[0].unit, 2);
    clv_fleet_select(m.fleet, 2, false);
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(m.num_results, 2);
}

Test(unit_orders, names)
{
    for (int kind = CLV_ORDER_TRUST; kind <= CLV_ORDER_EXPORT_NEW; kind++) {
        cr_assert_neq(clv_order_name((enum clv_order_kind)kind)[0], '\0');
        cr_assert_eq(clv_order_is_command((enum clv_order_kind)kind), kind > CLV_ORDER_QUERY);
    }
    cr_assert_str_eq(clv_order_name(CLV_ORDER_SET_IMMEDIATE), "set immediate");
    cr_assert_str_eq(clv_outcome_name(CLV_OUTCOME_DOUBT), "in doubt");
    cr_assert_str_eq(clv_outcome_name(CLV_OUTCOME_UNTRUSTED), "untrusted");
}
