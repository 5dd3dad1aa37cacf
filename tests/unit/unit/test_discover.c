/* Lists of crypto units, true and otherwise. */
#include "model.h"

#include "src/unit/internal.h"

#include <stdlib.h>
#include <string.h>

static struct model m;

static void end(void)
{
    model_clear(&m);
}

TestSuite(unit_discover, .fini = end);

static clv_status discover(struct clv_error *err)
{
    *err = (struct clv_error){0};
    return clv_fleet_discover(m.fleet, &m.hooks, err);
}

Test(unit_discover, units_are_numbered_as_listed_and_selected)
{
    struct clv_error err;
    model_prepare(&m, 4, false);
    cr_assert_eq(discover(&err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_fleet_num_units(m.fleet), 4);
    cr_assert_eq(clv_fleet_num_selected(m.fleet), 4);
    for (unsigned i = 1; i <= 4; i++) {
        const struct clv_unit *unit = clv_fleet_unit(m.fleet, i);
        cr_assert_eq(unit->number, i);
        cr_assert_str_eq(unit->service, "model");
        cr_assert_str_eq(unit->hsm_id, m.listing->units[i - 1].hsm_id);
        cr_assert_str_eq(unit->serial, m.listing->serial);
        cr_assert_eq(unit->kind, CLV_UNIT_OPERATIONAL);
        cr_assert_not(unit->trusted);
        cr_assert_not(clv_fleet_state(m.fleet, i)->known);
    }
    cr_assert_null(clv_fleet_unit(m.fleet, 0));
    cr_assert_null(clv_fleet_unit(m.fleet, 5));
    cr_assert_null(clv_fleet_state(m.fleet, 5));
}

static void say(struct model *model, struct reply *reply)
{
    static const char *const texts[] = {
        "",
        "{}",
        "{\"hsms\":[]}",
        "{\"hsms\":[{\"hsm_id\":\"a/../b\",\"location\":\"[a].[b].[1].[2]\","
        "\"serial_number\":\"TEST0001\"}]}",
        "{\"hsms\":[{\"hsm_id\":\"a\",\"location\":\"[a].[b].[1]\","
        "\"serial_number\":\"TEST0001\"}]}",
        "{\"hsms\":[{\"hsm_id\":\"a\",\"location\":\"[a].[b].[1].[2]\","
        "\"serial_number\":\"TEST1\"}]}",
        "{\"hsms\":[{\"hsm_id\":\"a\",\"location\":\"[a].[b].[1].[2]\","
        "\"serial_number\":\"TEST0001\"},{\"hsm_id\":\"a\",\"location\":\"[a].[b].[1].[3]\","
        "\"serial_number\":\"TEST0001\"}]}",
        "{\"hsms\":[{\"hsm_id\":\"a\",\"location\":\"[a].[b].[1].[2]\","
        "\"serial_number\":\"TEST0001\"},{\"hsm_id\":\"b\",\"location\":\"[a].[b].[1].[2]\","
        "\"serial_number\":\"TEST0001\"}]}",
    };
    cr_assert_lt(model->variant, sizeof texts / sizeof texts[0]);
    reply_set_text(reply, texts[model->variant]);
}

Test(unit_discover, lists_that_are_wrong)
{
    static const clv_status codes[] = {CLV_E_FORMAT, CLV_E_FORMAT, CLV_E_MISSING, CLV_E_FORMAT,
                                       CLV_E_FORMAT, CLV_E_FORMAT, CLV_E_FORMAT,  CLV_E_FORMAT};
    struct clv_error err;
    model_prepare(&m, 2, false);
    m.twist = say;
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        m.twist_times = 1;
        m.variant = i;
        cr_assert_eq(discover(&err), codes[i], "list %u: %s", i, err.fact);
        cr_assert_eq(clv_fleet_num_units(m.fleet), 0);
    }
    cr_assert_eq(discover(&err), CLV_OK);
}

static void break_off(struct model *model, struct reply *reply)
{
    switch (model->variant) {
    case 0:
        reply->state = CLV_EXCHANGE_NOT_SENT;
        reply->why = "no such file";
        return;
    case 1:
        reply->state = CLV_EXCHANGE_BROKEN;
        reply->why = "reset";
        return;
    case 2:
        reply->state = CLV_EXCHANGE_PENDING;
        return;
    case 3:
        reply->http_status = 500;
        return;
    default:
        reply->http_status = 401;
    }
}

Test(unit_discover, services_that_do_not_answer)
{
    static const clv_status codes[] = {CLV_E_IO, CLV_E_IO, CLV_E_TIMEOUT, CLV_E_UNIT, CLV_E_UNIT};
    struct clv_error err;
    model_prepare(&m, 2, false);
    m.twist = break_off;
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        m.twist_times = 1;
        m.variant = i;
        cr_assert_eq(discover(&err), codes[i], "case %u: %s", i, err.fact);
        cr_assert_geq(err.num_whiles, 1);
        cr_assert_not_null(strstr(err.whiles[0], "model"));
    }
}

Test(unit_discover, stops_when_told)
{
    struct clv_error err;
    model_prepare(&m, 2, false);
    m.twist = break_off;
    m.twist_times = 1;
    m.variant = 2;
    m.stop_after_ticks = 3;
    cr_assert_eq(discover(&err), CLV_E_INTERRUPTED);
}

Test(unit_discover, production_units_in_a_test_ceremony)
{
    struct clv_error err;
    model_prepare(&m, 2, true);
    cr_assert_eq(discover(&err), CLV_E_WORLD);
    cr_assert_not_null(strstr(err.fact, "production units"));
    cr_assert_eq(clv_fleet_num_units(m.fleet), 0);
}

Test(unit_discover, test_units_in_a_production_ceremony)
{
    struct clv_error err = {0};
    model_prepare(&m, 2, false);
    struct clv_fleet *fleet = NULL;
    struct clv_fleet_config config = {.services = &m.service,
                                      .num_services = 1,
                                      .test_world = false,
                                      .clock = &m.clock,
                                      .transport = &m.transport};
    cr_assert_eq(clv_fleet_new(&config, &fleet, NULL), CLV_OK);
    cr_assert_eq(clv_fleet_discover(fleet, &m.hooks, &err), CLV_E_WORLD);
    cr_assert_not_null(strstr(err.fact, "TEST units"));
    clv_fleet_free(&fleet);
}

Test(unit_discover, again_finds_the_same_ones_and_keeps_selection_and_keys)
{
    struct clv_error err;
    model_init(&m, 3);
    clv_fleet_select(m.fleet, 2, false);
    cr_assert_eq(discover(&err), CLV_OK);
    cr_assert_eq(clv_fleet_num_selected(m.fleet), 2);
    cr_assert(clv_fleet_unit(m.fleet, 1)->trusted);

    m.listing->num_units = 2;
    cr_assert_eq(discover(&err), CLV_E_MISMATCH);
    cr_assert_eq(clv_fleet_num_units(m.fleet), 3);
    m.listing->num_units = 3;
}

Test(unit_discover, an_instance_id_is_not_a_path)
{
    struct clv_error err;
    model_prepare(&m, 1, false);
    m.fleet->services[0].instance_id = "../../other";
    cr_assert_eq(discover(&err), CLV_E_INPUT);
}
