/* A master key made inside one unit, on its way to others. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

#define GIVER 1

static struct model m;

static void begin(void)
{
    model_init(&m, 3);
    model_enroll(&m, 2, 2, 1);
    model_domain(&m, GIVER)->attributes[CLV_EP11_ATTR_PERMISSIONS] |=
        CLV_EP11_PERM_WK_EXPORT | CLV_EP11_PERM_WK_RANDOM;
}

static void end(void)
{
    model_clear(&m);
}

TestSuite(unit_export, .init = begin, .fini = end);

/* ---- orders --------------------------------------------------------------------------------- */

static struct clv_order order_of(enum clv_order_kind kind, unsigned unit)
{
    return (struct clv_order){
        .kind = kind, .only_unit = unit, .signers = m.signers, .num_signers = MODEL_MAX_SIGNERS};
}

static void give(enum clv_order_kind kind, unsigned unit, enum clv_outcome outcome)
{
    struct clv_order order = order_of(kind, unit);
    model_run(&m, &order);
    model_expect_one(&m, unit, outcome);
}

static void export_to(unsigned recipient, enum clv_order_kind kind, enum clv_outcome outcome)
{
    struct clv_order order = order_of(kind, GIVER);
    order.recipient = recipient;
    model_run(&m, &order);
    model_expect_one(&m, GIVER, outcome);
}

static clv_status try_order(const struct clv_order *order)
{
    struct clv_error err = {0};
    m.num_results = 0;
    clv_status status = clv_fleet_run(m.fleet, order, &m.hooks, &err);
    cr_assert(status == CLV_OK || m.num_results == 0);
    return status;
}

static clv_status try_export(unsigned giver, unsigned recipient)
{
    struct clv_order order = order_of(CLV_ORDER_EXPORT, giver);
    order.recipient = recipient;
    return try_order(&order);
}

static clv_status try_load(unsigned unit)
{
    struct clv_order order = order_of(CLV_ORDER_LOAD, unit);
    return try_order(&order);
}

static const struct clv_unit_state *state_of(unsigned unit)
{
    give(CLV_ORDER_QUERY, unit, CLV_OUTCOME_DONE);
    return clv_fleet_state(m.fleet, unit);
}

static void make_key(void)
{
    give(CLV_ORDER_GENERATE, GIVER, CLV_OUTCOME_DONE);
    cr_assert(m.results[0].has_reported);
}

static void make_importers(void)
{
    give(CLV_ORDER_IMPORTER, 2, CLV_OUTCOME_DONE);
    give(CLV_ORDER_IMPORTER, 3, CLV_OUTCOME_DONE);
}

/* ---- the way it is meant -------------------------------------------------------------------- */

Test(unit_export, a_key_made_in_one_unit_is_loaded_in_others)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    make_key();
    memcpy(pattern, m.results[0].reported_pattern, sizeof(pattern));
    cr_assert(clv_ep11_pattern_equal(state_of(GIVER)->current_pattern, pattern));
    make_importers();
    for (unsigned unit = 2; unit <= 3; unit++) {
        export_to(unit, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
        cr_assert(clv_fleet_parts_current(m.fleet, unit));
    }
    for (unsigned unit = 2; unit <= 3; unit++) {
        give(CLV_ORDER_LOAD, unit, CLV_OUTCOME_DONE);
        cr_assert(clv_ep11_pattern_equal(m.results[0].reported_pattern, pattern));
        cr_assert_eq(state_of(unit)->new_state, CLV_NEW_UNCOMMITTED);
    }
    cr_assert(clv_secret_equal(model_domain(&m, 3)->next_wk, model_domain(&m, GIVER)->current_wk));
}

Test(unit_export, a_second_key_is_made_in_the_new_register)
{
    make_key();
    make_key();
    give(CLV_ORDER_GENERATE, GIVER, CLV_OUTCOME_REFUSED);
    make_importers();
    export_to(2, CLV_ORDER_EXPORT_NEW, CLV_OUTCOME_DONE);
    give(CLV_ORDER_LOAD, 2, CLV_OUTCOME_DONE);
    cr_assert(clv_secret_equal(model_domain(&m, 2)->next_wk, model_domain(&m, GIVER)->next_wk));
    cr_assert(!clv_secret_equal(model_domain(&m, 2)->next_wk, model_domain(&m, GIVER)->current_wk));
}

Test(unit_export, an_export_takes_the_threshold_of_the_giver)
{
    make_key();
    make_importers();
    struct clv_order order = order_of(CLV_ORDER_EXPORT, GIVER);
    order.recipient = 2;
    order.num_signers = 1;
    model_run(&m, &order);
    model_expect_one(&m, GIVER, CLV_OUTCOME_NOT_SENT);
    cr_assert_eq(m.num_intents, 0);
}

Test(unit_export, only_units_that_may_give_their_key)
{
    const uint32_t may = CLV_EP11_PERM_WK_EXPORT | CLV_EP11_PERM_WK_RANDOM;
    make_key();
    make_importers();
    model_domain(&m, GIVER)->attributes[CLV_EP11_ATTR_PERMISSIONS] &= ~may;
    give(CLV_ORDER_GENERATE, GIVER, CLV_OUTCOME_REFUSED);
    cr_assert_eq(m.results[0].reason, 52);
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_REFUSED);
    cr_assert_eq(m.results[0].reason, 131);
    cr_assert(!clv_fleet_parts_current(m.fleet, 2));
}

/* ---- whom it is for ------------------------------------------------------------------------- */

Test(unit_export, the_recipient_is_another_unit_with_an_importer_key)
{
    make_key();
    cr_assert_eq(try_export(GIVER, 0), CLV_E_USAGE);
    cr_assert_eq(try_export(GIVER, GIVER), CLV_E_USAGE);
    cr_assert_eq(try_export(GIVER, 9), CLV_E_USAGE);
    cr_assert_eq(try_export(GIVER, 2), CLV_E_USAGE, "no importer key");
    make_importers();
    cr_assert_eq(try_export(GIVER, 2), CLV_OK);
    give(CLV_ORDER_ZEROIZE, 2, CLV_OUTCOME_DONE);
    cr_assert_eq(try_export(GIVER, 2), CLV_E_USAGE, "its importer key is gone");
    cr_assert(!clv_fleet_parts_current(m.fleet, 2));
}

Test(unit_export, a_new_importer_key_makes_a_new_export_necessary)
{
    make_key();
    make_importers();
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    give(CLV_ORDER_IMPORTER, 2, CLV_OUTCOME_DONE);
    cr_assert_eq(try_load(2), CLV_E_USAGE);
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    give(CLV_ORDER_LOAD, 2, CLV_OUTCOME_DONE);
}

Test(unit_export, an_export_takes_the_place_of_parts_sealed_before)
{
    make_key();
    clv_fleet_select(m.fleet, GIVER, false);
    model_seal(&m);
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    export_to(3, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    model_order(&m, CLV_ORDER_LOAD);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert(clv_secret_equal(model_domain(&m, 2)->next_wk, model_domain(&m, GIVER)->current_wk));
}

/* ---- what a giver can do wrong -------------------------------------------------------------- */

enum edit {
    FOR_THE_OTHER_UNIT,
    ALTERED_NAME,
    CUT_PART,
    LONGER_PART,
    EMPTY_PART,
    NO_PART,
    TWO_PARTS,
    SPLIT_IN_TWO,
    NO_MAP,
    EMPTY_OUTPUT,
    POINT_OFF_THE_CURVE,
    NUM_BAD_EDITS,
    ANOTHER_KEY_INSIDE = NUM_BAD_EDITS, /* form and name are right from here on */
    SPOILT_INSIDE,
};

static void seal_for(unsigned unit, struct clv_writer *w)
{
    struct clv_ep11_public_key key = {.type = CLV_EP11_KEY_P521};
    const struct clv_unitd_domain *domain = model_domain(&m, unit);
    struct clv_secret *part = NULL;
    key.bits = clv_view_of(domain->importer_bits, domain->importer_len);
    cr_assert_eq(clv_secret_new(32, &part, NULL), CLV_OK);
    memset(clv_secret_write(part), 0x55, 32);
    clv_secret_close(part);
    cr_assert_eq(clv_ep11_recipient_seal(w, &key, part, NULL), CLV_OK);
    clv_secret_free(&part);
}

/* The one part of an honest answer, made worse. */
static void spoil_part(struct clv_writer *part, struct clv_view honest, enum edit edit)
{
    enum { POINT_AT = 29, NAME_AT = 239 };
    if (edit == FOR_THE_OTHER_UNIT || edit == ANOTHER_KEY_INSIDE)
        seal_for(edit == FOR_THE_OTHER_UNIT ? 3 : 2, part);
    else if (edit != EMPTY_PART)
        clv_write_bytes(part, honest.data, honest.len - (edit == CUT_PART));
    if (edit == LONGER_PART)
        clv_write_u8(part, 0);
    else if (edit == ALTERED_NAME)
        part->data[NAME_AT] ^= 1;
    else if (edit == POINT_OFF_THE_CURVE)
        part->data[POINT_AT] ^= 1;
    else if (edit == SPOILT_INSIDE)
        part->data[part->len - 1] ^= 1;
}

static void write_map(struct clv_writer *w, struct clv_view part, enum edit edit)
{
    const struct clv_ep11_parameter entries[] = {
        {CLV_EP11_PARAM_NUM_PARTS, edit == SPLIT_IN_TWO ? 2 : 1, {0}},
        {CLV_EP11_PARAM_PART, 0, part},
        {CLV_EP11_PARAM_PART, 1, part},
    };
    if (edit == NO_MAP)
        clv_write_view(w, part);
    else if (edit != EMPTY_OUTPUT)
        clv_ep11_parameters_encode(w, entries, edit == NO_PART ? 1 : edit == TWO_PARTS ? 3 : 2);
}

static void bad_export(struct model *model, struct reply *reply)
{
    enum edit edit = model->variant;
    struct clv_writer part = {0}, output = {0};
    struct clv_view honest;
    struct opened o;
    reply_open(reply, &o);
    cr_assert_eq(clv_ep11_export_answer_decode(o.block.output, &honest, NULL), CLV_OK);
    spoil_part(&part, honest, edit);
    write_map(&output, clv_writer_view(&part), edit);
    o.block.output = clv_writer_view(&output);
    reply_set_block(reply, &o, model->oa_scalar);
    clv_writer_clear(&part);
    clv_writer_clear(&output);
    opened_clear(&o);
}

static void twist(enum edit edit)
{
    m.twist = bad_export;
    m.twist_command = CLV_EP11_EXPORT_WK;
    m.twist_times = 1;
    m.variant = edit;
}

Test(unit_export, what_is_no_part_for_the_recipient_is_not_passed_on)
{
    make_key();
    make_importers();
    for (unsigned edit = 0; edit < NUM_BAD_EDITS; edit++) {
        export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
        give(CLV_ORDER_IMPORTER, 2, CLV_OUTCOME_DONE);
        twist(edit);
        export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_UNTRUSTED);
        cr_assert(strstr(m.results[0].error.fact, "no key part for crypto unit 2"), "%u", edit);
        cr_assert_eq(m.twist_times, 0);
        cr_assert_eq(try_load(2), CLV_E_USAGE, "edit %u was kept", edit);
    }
}

static void cut_output(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    cr_assert_lt(model->variant, o.block.output.len);
    o.block.output.len = model->variant;
    reply_set_block(reply, &o, model->oa_scalar);
    opened_clear(&o);
}

Test(unit_export, no_piece_of_an_answer_will_do)
{
    make_key();
    make_importers();
    twist(0);
    m.twist = cut_output;
    for (m.variant = 0; m.variant < 320; m.variant += 7, m.twist_times = 1)
        export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_UNTRUSTED);
    cr_assert_eq(try_load(2), CLV_E_USAGE);
}

/* What is inside only the recipient can tell; then the pattern does. */
Test(unit_export, another_key_inside_shows_in_the_pattern)
{
    make_key();
    make_importers();
    twist(ANOTHER_KEY_INSIDE);
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    give(CLV_ORDER_LOAD, 2, CLV_OUTCOME_DONE);
    cr_assert(m.results[0].has_reported);
    cr_assert(
        !clv_ep11_pattern_equal(m.results[0].reported_pattern, state_of(GIVER)->current_pattern));
}

Test(unit_export, a_part_that_cannot_be_opened_is_refused_by_the_recipient)
{
    make_key();
    make_importers();
    twist(SPOILT_INSIDE);
    export_to(2, CLV_ORDER_EXPORT, CLV_OUTCOME_DONE);
    give(CLV_ORDER_LOAD, 2, CLV_OUTCOME_REFUSED);
    cr_assert_eq(m.results[0].reason, 27);
    cr_assert_eq(state_of(2)->new_state, CLV_NEW_EMPTY);
}
