/* Key parts come in once and stay sealed. */
#include "model.h"

#include <string.h>

static struct model m;

static void begin(void)
{
    model_init(&m, 3);
    model_enroll(&m, 2, 1, 1);
}

static void end(void)
{
    model_clear(&m);
}

TestSuite(unit_seal, .init = begin, .fini = end);

static clv_status seal(unsigned slot, uint8_t fill, size_t len)
{
    struct clv_secret *part = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_secret_new(len, &part, NULL), CLV_OK);
    memset(clv_secret_write(part), fill, len);
    clv_secret_close(part);
    clv_status status = clv_fleet_seal_part(m.fleet, slot, part, &err);
    clv_secret_free(&part);
    return status;
}

Test(unit_seal, needs_importer_keys_of_all_selected_units)
{
    cr_assert_eq(seal(1, 1, 32), CLV_E_USAGE);
    model_run(&m, &(struct clv_order){.kind = CLV_ORDER_IMPORTER,
                                      .only_unit = 1,
                                      .signers = m.signers,
                                      .num_signers = 1});
    cr_assert_eq(seal(1, 1, 32), CLV_E_USAGE);
    clv_fleet_select(m.fleet, 2, false);
    clv_fleet_select(m.fleet, 3, false);
    cr_assert_eq(seal(1, 1, 32), CLV_OK);
    cr_assert(clv_fleet_parts_current(m.fleet, 1));
    cr_assert_not(clv_fleet_parts_current(m.fleet, 2));
}

Test(unit_seal, slots_and_lengths)
{
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_eq(seal(0, 1, 32), CLV_E_USAGE);
    cr_assert_eq(seal(CLV_EP11_MAX_PARTS + 1, 1, 32), CLV_E_USAGE);
    cr_assert_eq(seal(1, 1, 31), CLV_E_USAGE);
    cr_assert_eq(seal(CLV_EP11_MAX_PARTS, 1, 32), CLV_OK);
}

Test(unit_seal, a_slot_sealed_again_is_replaced)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN], text[33] = {1};
    model_seal(&m);
    cr_assert_eq(seal(3, 0x45, 32), CLV_OK);
    memset(text + 1, 0x11 ^ 0x22 ^ 0x45, 32);
    clv_sha256(text, sizeof text, pattern);
    model_order(&m, CLV_ORDER_LOAD);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    for (unsigned i = 1; i <= 3; i++)
        cr_assert(clv_ep11_pattern_equal(model_result(&m, i)->reported_pattern, pattern));
}

Test(unit_seal, a_new_importer_key_makes_sealed_parts_useless)
{
    struct clv_error err = {0};
    model_seal(&m);
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_not(clv_fleet_parts_current(m.fleet, 1));
    cr_assert_eq(
        clv_fleet_run(m.fleet, &(struct clv_order){.kind = CLV_ORDER_LOAD}, &m.hooks, &err),
        CLV_E_USAGE);
}

Test(unit_seal, a_query_shows_that_the_importer_key_is_gone)
{
    model_seal(&m);
    clv_secret_free(&model_domain(&m, 2)->importer_private);
    model_domain(&m, 2)->importer_len = 0;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_not(clv_fleet_parts_current(m.fleet, 2));
    cr_assert(clv_fleet_parts_current(m.fleet, 1));
    cr_assert_eq(seal(1, 1, 32), CLV_E_USAGE);
}

Test(unit_seal, parts_are_not_sent_to_a_unit_that_cannot_open_them)
{
    model_seal(&m);
    clv_secret_free(&model_domain(&m, 2)->importer_private);
    model_domain(&m, 2)->importer_len = 0;
    model_order(&m, CLV_ORDER_QUERY);
    unsigned before = m.num_commands[2];
    model_order(&m, CLV_ORDER_LOAD);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(model_result(&m, 2)->error.code, CLV_E_RULE);
    cr_assert_eq(m.num_commands[2], before);
}

Test(unit_seal, a_unit_with_fewer_parts_than_the_others_is_not_loaded)
{
    struct clv_error err = {0};
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_eq(seal(1, 1, 32), CLV_OK);
    clv_fleet_select(m.fleet, 3, false);
    cr_assert_eq(seal(2, 2, 32), CLV_OK);
    clv_fleet_select(m.fleet, 3, true);
    cr_assert_eq(
        clv_fleet_run(m.fleet, &(struct clv_order){.kind = CLV_ORDER_LOAD}, &m.hooks, &err),
        CLV_E_USAGE);
    cr_assert_not_null(strstr(err.fact, "unit 3"));
}

Test(unit_seal, forgetting)
{
    model_seal(&m);
    clv_fleet_forget_parts(m.fleet);
    cr_assert_not(clv_fleet_parts_current(m.fleet, 1));
}

Test(unit_seal, leaves_no_secret_alive)
{
    size_t before = clv_secret_alive();
    model_seal(&m);
    cr_assert_eq(clv_secret_alive(), before + 3, "the units' importer keys, and nothing of ours");
}
