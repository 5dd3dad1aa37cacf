/* The whole life of units, as an orderly ceremony leads it. */
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

TestSuite(unit_life, .init = begin, .fini = end);

static const struct clv_unit_state *queried(unsigned unit)
{
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    const struct clv_unit_state *state = clv_fleet_state(m.fleet, unit);
    cr_assert(state->known);
    return state;
}

Test(unit_life, trust_pins_key_and_module)
{
    for (unsigned i = 1; i <= 3; i++) {
        const struct clv_unit *unit = clv_fleet_unit(m.fleet, i);
        uint8_t ski[CLV_SKI_LEN];
        clv_ep11_device_ski(m.listing->root_point, ski);
        cr_assert(unit->trusted);
        cr_assert_eq(memcmp(unit->module_id, unit->serial, CLV_EP11_SERIAL_LEN), 0);
        cr_assert_arr_eq(unit->root_ski, ski, CLV_SKI_LEN);
    }
}

Test(unit_life, a_fresh_unit_is_empty_and_in_imprint_mode)
{
    const struct clv_unit_state *state = queried(2);
    cr_assert(state->imprint);
    cr_assert_eq(state->num_admins, 0);
    cr_assert_eq(state->new_state, CLV_NEW_EMPTY);
    cr_assert_eq(state->current_state, CLV_CURRENT_EMPTY);
    cr_assert_gt(clv_fleet_unit(m.fleet, 2)->firmware_major, 0);
}

Test(unit_life, administrators_and_thresholds)
{
    model_enroll(&m, 3, 2, 1);
    const struct clv_unit_state *state = queried(1);
    cr_assert_not(state->imprint);
    cr_assert_eq(state->num_admins, 3);
    cr_assert_eq(state->sign_threshold, 2);
    cr_assert_eq(state->revoke_threshold, 1);
    for (unsigned i = 1; i < 3; i++)
        cr_assert_lt(memcmp(state->admin_ski[i - 1], state->admin_ski[i], CLV_SKI_LEN), 0);
    bool found = false;
    for (unsigned i = 0; i < 3; i++)
        found |= strcmp(state->admin_name[i], "Bravo") == 0;
    cr_assert(found);
    uint32_t permissions = state->attributes.value[CLV_EP11_ATTR_PERMISSIONS];
    cr_assert(permissions & CLV_EP11_PERM_ZERO_1SIGN);
    cr_assert(permissions & CLV_EP11_PERM_WK_IMPORT);
    cr_assert(permissions & CLV_EP11_PERM_WK_1PART);
    cr_assert(permissions & CLV_EP11_PERM_DO_NOT_DISTURB);
    cr_assert_not(permissions & CLV_EP11_PERM_WK_EXPORT);
    cr_assert_not(permissions & 0x80000000u);
}

Test(unit_life, an_administrator_is_removed_with_the_revocation_threshold)
{
    model_enroll(&m, 3, 1, 2);
    struct clv_order order = {
        .kind = CLV_ORDER_ADMIN_REMOVE, .signers = m.signers, .num_signers = MODEL_MAX_SIGNERS};
    memcpy(order.ski, m.signers[2].ski, CLV_SKI_LEN);
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(queried(3)->num_admins, 2);
}

Test(unit_life, load_commit_set_immediate)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    model_pattern(pattern);
    model_enroll(&m, 2, 2, 1);
    model_load(&m);
    for (unsigned i = 1; i <= 3; i++) {
        cr_assert(model_result(&m, i)->has_reported);
        cr_assert(clv_ep11_pattern_equal(model_result(&m, i)->reported_pattern, pattern));
        cr_assert(clv_fleet_parts_current(m.fleet, i));
    }
    cr_assert_eq(queried(1)->new_state, CLV_NEW_UNCOMMITTED);
    cr_assert(clv_fleet_parts_current(m.fleet, 1));

    struct clv_order order = model_pattern_order(&m, CLV_ORDER_COMMIT);
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(queried(2)->new_state, CLV_NEW_COMMITTED);

    order = model_pattern_order(&m, CLV_ORDER_SET_IMMEDIATE);
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    for (unsigned i = 1; i <= 3; i++) {
        const struct clv_unit_state *state = queried(i);
        cr_assert_eq(state->new_state, CLV_NEW_EMPTY);
        cr_assert_eq(state->current_state, CLV_CURRENT_VALID);
        cr_assert(clv_ep11_pattern_equal(state->current_pattern, pattern));
    }
}

Test(unit_life, registers_are_cleared)
{
    model_enroll(&m, 1, 1, 1);
    model_load(&m);
    model_order(&m, CLV_ORDER_CLEAR_NEW);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(queried(1)->new_state, CLV_NEW_EMPTY);

    model_order(&m, CLV_ORDER_LOAD); /* the same sealed parts again */
    model_expect_all(&m, CLV_OUTCOME_DONE);
    struct clv_order order = model_pattern_order(&m, CLV_ORDER_COMMIT);
    model_run(&m, &order);
    order.kind = CLV_ORDER_SET_IMMEDIATE;
    model_run(&m, &order);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    model_order(&m, CLV_ORDER_CLEAR_CURRENT);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(queried(1)->current_state, CLV_CURRENT_EMPTY);
}

Test(unit_life, zeroize_begins_a_new_life)
{
    model_enroll(&m, 2, 2, 2);
    model_seal(&m);
    uint8_t before[CLV_EP11_DOMAIN_ID_LEN];
    memcpy(before, queried(1)->domain_id, sizeof before);
    model_order(&m, CLV_ORDER_ZEROIZE);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    const struct clv_unit_state *state = queried(1);
    cr_assert(state->imprint);
    cr_assert_eq(state->num_admins, 0);
    cr_assert_neq(memcmp(before, state->domain_id, sizeof before), 0);
    cr_assert_not(clv_fleet_parts_current(m.fleet, 1));
    model_order(&m, CLV_ORDER_ZEROIZE); /* in imprint mode: no signature */
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

Test(unit_life, every_command_is_announced_with_its_counter_and_pattern)
{
    model_enroll(&m, 1, 1, 1);
    model_load(&m);
    cr_assert_eq(m.num_intents, 3);
    struct clv_order order = model_pattern_order(&m, CLV_ORDER_COMMIT);
    model_run(&m, &order);
    cr_assert_eq(m.num_intents, 3);
    for (unsigned i = 0; i < 3; i++) {
        const struct clv_intent *intent = &m.intents[i];
        const struct clv_result *result = model_result(&m, intent->unit);
        cr_assert_eq(intent->command, CLV_EP11_COMMIT_WK);
        cr_assert(intent->has_pattern);
        cr_assert_arr_eq(intent->pattern, order.pattern, CLV_EP11_PATTERN_LEN);
        cr_assert_arr_eq(intent->counter, result->counter, CLV_EP11_COUNTER_LEN);
    }
}

Test(unit_life, queries_are_not_announced)
{
    model_order(&m, CLV_ORDER_QUERY);
    cr_assert_eq(m.num_intents, 0);
}
