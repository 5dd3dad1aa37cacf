/* Crypto units: found through the site, selected by their names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

const char *clv_tke_kind_name(enum clv_unit_kind kind)
{
    static const char *const names[] = {[CLV_UNIT_OPERATIONAL] = "OPERATIONAL",
                                        [CLV_UNIT_RECOVERY] = "RECOVERY",
                                        [CLV_UNIT_FAILOVER] = "FAILOVER"};
    return (size_t)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "UNKNOWN";
}

/* For this command only. */
static clv_status apply_option(struct clv_tke *t, struct clv_error *err)
{
    unsigned num = (unsigned)clv_fleet_num_units(t->fleet);
    bool *set = calloc((size_t)num + 1, sizeof(*set));
    clv_status st = set ? clv_tke_numbers(t->config.units, num, set, err)
                        : clv_fail(err, CLV_E_MEMORY, "no memory for a selection");
    for (unsigned i = 1; st == CLV_OK && i <= num; i++)
        clv_fleet_select(t->fleet, i, set[i]);
    free(set);
    return clv_while(err, st, "reading --units");
}

static void apply_settings(struct clv_tke *t)
{
    for (unsigned i = 1; i <= clv_fleet_num_units(t->fleet); i++) {
        const struct clv_unit *unit = clv_fleet_unit(t->fleet, i);
        clv_fleet_select(t->fleet, i,
                         clv_tke_settings_has_unit(&t->settings, unit->instance_id, unit->hsm_id));
    }
}

static clv_status on_tick(void *ctx, struct clv_error *err)
{
    const struct clv_tke_port *port = ((struct clv_tke *)ctx)->config.port;
    return port && port->tick ? port->tick(port->ctx, err) : CLV_OK;
}

static clv_status on_token(void *ctx, const struct clv_service *service, const char *why,
                           struct clv_secret **ret, struct clv_error *err)
{
    const struct clv_tke_port *port = ((struct clv_tke *)ctx)->config.port;
    return port->token(port->ctx, service, why, ret, err);
}

static clv_status on_signature(void *ctx, struct clv_signing_key *key, const struct clv_error *why,
                               struct clv_error *err)
{
    return clv_tke_service_again(ctx, key, why, err);
}

struct clv_fleet_hooks clv_tke_hooks(struct clv_tke *t)
{
    const struct clv_tke_port *port = t->config.port;
    return (struct clv_fleet_hooks){.tick = on_tick,
                                    .token = port && port->token ? on_token : NULL,
                                    .signature = on_signature,
                                    .ctx = t};
}

clv_status clv_tke_find(struct clv_tke *t, struct clv_error *err)
{
    struct clv_fleet_config base = {.test_world = t->config.test_world,
                                    .random = t->config.random,
                                    .clock = t->config.clock,
                                    .transport = t->config.transport};
    const struct clv_fleet_hooks hooks = clv_tke_hooks(t);
    clv_status st = clv_tke_read_site(t, err);
    if (st == CLV_OK && t->fleet == NULL)
        st = clv_fleet_from_site(t->site, &base, &t->fleet, err);
    if (st == CLV_OK)
        st = clv_fleet_discover(t->fleet, &hooks, err);
    if (st != CLV_OK)
        return st;
    if (t->config.units)
        return apply_option(t, err);
    apply_settings(t);
    return CLV_OK;
}

struct clv_fleet *clv_tke_fleet(struct clv_tke *t)
{
    return t->fleet;
}

const struct clv_site *clv_tke_site(const struct clv_tke *t)
{
    return t->site;
}

clv_status clv_tke_select_units(struct clv_tke *t, const char *numbers, bool selected,
                                struct clv_error *err)
{
    unsigned num = (unsigned)clv_fleet_num_units(t->fleet);
    bool *set = calloc((size_t)num + 1, sizeof(*set));
    clv_status st = set ? clv_tke_numbers(numbers, num, set, err)
                        : clv_fail(err, CLV_E_MEMORY, "no memory for a selection");
    for (unsigned i = 1; st == CLV_OK && i <= num; i++) {
        const struct clv_unit *unit = clv_fleet_unit(t->fleet, i);
        if (!set[i])
            continue;
        clv_fleet_select(t->fleet, i, selected);
        st =
            clv_tke_settings_put_unit(&t->settings, unit->instance_id, unit->hsm_id, selected, err);
    }
    free(set);
    return st == CLV_OK ? clv_tke_save(t, err) : st;
}
