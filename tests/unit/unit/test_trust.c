/* Device certificates: who is believed, and who is not. */
#include "model.h"

#include "src/unit/internal.h"

#include <string.h>

static struct model m;

static void begin(void)
{
    model_prepare(&m, 2, false);
    cr_assert_eq(clv_fleet_discover(m.fleet, &m.hooks, NULL), CLV_OK);
}

static void end(void)
{
    model_clear(&m);
}

TestSuite(unit_trust, .init = begin, .fini = end);

static void expect_untrusted(const char *words)
{
    model_order(&m, CLV_ORDER_TRUST);
    const struct clv_result *result = model_result(&m, 1);
    cr_assert_eq(result->outcome, CLV_OUTCOME_UNTRUSTED, "%s", result->error.fact);
    cr_assert_not_null(strstr(result->error.fact, words), "%s", result->error.fact);
    cr_assert_not(clv_fleet_unit(m.fleet, 1)->trusted);
}

Test(unit_trust, an_order_needs_trust_first)
{
    struct clv_error err = {0};
    cr_assert_eq(
        clv_fleet_run(m.fleet, &(struct clv_order){.kind = CLV_ORDER_QUERY}, &m.hooks, &err),
        CLV_E_USAGE);
}

Test(unit_trust, an_unknown_root)
{
    cr_assert_eq(clv_p521_point(m.other_scalar, m.roots[0], NULL), CLV_OK);
    expect_untrusted("a root we do not trust");
    cr_assert_neq(model_result(&m, 1)->error.hint[0], '\0');
}

Test(unit_trust, no_root_at_all)
{
    m.fleet->services[0].num_roots = 0;
    expect_untrusted("a root we do not trust");
}

/* Certificate `variant` of the chain is shown where another is asked. */
static struct clv_writer shown;
static void show_again(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    if (shown.len == 0)
        clv_write_view(&shown, o.block.output);
    if (model->variant-- == 0) {
        o.block.return_code = 0;
        o.block.output = clv_writer_view(&shown);
        reply_set_block(reply, &o, model->oa_scalar);
    }
    opened_clear(&o);
}

Test(unit_trust, a_certificate_that_is_not_the_parent)
{
    m.twist = show_again;
    m.twist_unit = 1;
    m.twist_times = 100;
    m.variant = 1;
    expect_untrusted("is not the parent");
    clv_writer_clear(&shown);
}

static size_t cert_len;
static void edit_certificate(struct model *model, struct reply *reply)
{
    struct opened o;
    uint8_t bytes[2048];
    reply_open(reply, &o);
    if (o.block.return_code == 0 && o.block.output.len > 0) {
        memcpy(bytes, o.block.output.data, o.block.output.len);
        cert_len = o.block.output.len;
        bytes[model->variant] ^= 1;
        o.block.output = clv_view_of(bytes, o.block.output.len);
        reply_set_block(reply, &o, model->oa_scalar);
    }
    opened_clear(&o);
}

/* One bit of certificate 0 in every byte, in an answer that the device key signs. The last byte is
 * padding that no signature covers. */
Test(unit_trust, an_altered_certificate)
{
    m.twist = edit_certificate;
    m.twist_unit = 1;
    cert_len = 2;
    for (unsigned at = 0; at < cert_len - 1; at++) {
        m.twist_times = 1;
        m.variant = at;
        model_run(&m, &(struct clv_order){.kind = CLV_ORDER_TRUST, .only_unit = 1});
        cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_UNTRUSTED, "byte %u", at);
        cr_assert_not(clv_fleet_unit(m.fleet, 1)->trusted);
    }
    cr_assert_gt(cert_len, 600);
}

static void sign_otherwise(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    reply_set_block(reply, &o, model->other_scalar);
    opened_clear(&o);
}

Test(unit_trust, a_true_chain_in_answers_signed_by_somebody_else)
{
    m.twist = sign_otherwise;
    m.twist_unit = 1;
    m.twist_times = 1;
    expect_untrusted("not signed by the unit's device key");
}

static void endless(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    if (o.block.return_code != 0) {
        o.block.return_code = 0;
        o.block.output = (struct clv_view){0};
        reply_set_block(reply, &o, model->oa_scalar);
    }
    opened_clear(&o);
}

Test(unit_trust, a_chain_that_ends_in_nothing)
{
    m.twist = endless;
    m.twist_unit = 1;
    m.twist_times = 100;
    expect_untrusted("device certificate");
}

static void other_serial(struct model *model, struct reply *reply)
{
    struct opened o;
    reply_open(reply, &o);
    o.block.module_id[7] ^= 1;
    reply_set_block(reply, &o, model->oa_scalar);
    opened_clear(&o);
}

Test(unit_trust, a_serial_number_other_than_listed)
{
    m.twist = other_serial;
    m.twist_unit = 1;
    m.twist_times = 1;
    expect_untrusted("serial number");
}

static void cut_off(struct model *model, struct reply *reply)
{
    (void)model;
    reply->state = CLV_EXCHANGE_PENDING;
}

Test(unit_trust, silence_is_doubt_and_the_other_unit_is_trusted)
{
    m.twist = cut_off;
    m.twist_unit = 1;
    m.twist_times = 100;
    model_order(&m, CLV_ORDER_TRUST);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DOUBT);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DONE);
    cr_assert(clv_fleet_unit(m.fleet, 2)->trusted);
}

Test(unit_trust, a_pinned_key_never_changes)
{
    model_order(&m, CLV_ORDER_TRUST);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    model_order(&m, CLV_ORDER_TRUST); /* the same again is fine */
    model_expect_all(&m, CLV_OUTCOME_DONE);

    /* Another service instance, with its own trusted root, takes the place of the first. */
    struct clv_unitd_vault *first = m.vault;
    struct clv_unitd_ports ports = clv_unitd_ports_default();
    struct clv_unitd_listing *listing = m.listing;
    static struct clv_unitd_listing other;
    struct clv_unitd_setup setup = {.num_units = {[CLV_EP11_UNIT_OPERATIONAL] = 2},
                                    .first_domain = 1,
                                    .module_index = 3,
                                    .module_id = clv_fleet_unit(m.fleet, 1)->module_id,
                                    .instance_id = listing->instance_id,
                                    .ports = &ports};
    cr_assert_eq(clv_unitd_vault_new(&setup, &m.vault, NULL), CLV_OK);
    clv_unitd_vault_listing(m.vault, &other);
    memcpy(m.roots[0], other.root_point, CLV_P521_POINT_LEN);
    cr_assert_str_eq(other.units[0].hsm_id, listing->units[0].hsm_id);
    model_order(&m, CLV_ORDER_TRUST);
    model_expect_all(&m, CLV_OUTCOME_UNTRUSTED);
    cr_assert_not_null(strstr(model_result(&m, 1)->error.fact, "another device key"));
    clv_unitd_vault_free(&m.vault);
    m.vault = first;
}
