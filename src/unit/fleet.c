#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define QUERY_TIMEOUT_MS 10000
#define COMMAND_TIMEOUT_MS 30000

static void fill_defaults(struct clv_fleet_config *config)
{
    if (config->query_timeout_ms <= 0)
        config->query_timeout_ms = QUERY_TIMEOUT_MS;
    if (config->command_timeout_ms <= 0)
        config->command_timeout_ms = COMMAND_TIMEOUT_MS;
    if (config->clock == NULL)
        config->clock = clv_clock_system();
    if (config->random == NULL)
        config->random = clv_random_system();
}

/* The services are copied: a token that is refused is replaced while the fleet lives. */
static clv_status copy_services(struct clv_fleet *fleet, struct clv_error *err)
{
    size_t num = fleet->config.num_services;
    fleet->services = calloc(num, sizeof *fleet->services);
    fleet->tokens = calloc(num, sizeof(struct clv_secret *));
    if (fleet->services == NULL || fleet->tokens == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the fleet");
    memcpy(fleet->services, fleet->config.services, num * sizeof *fleet->services);
    fleet->config.services = fleet->services;
    return CLV_OK;
}

clv_status clv_fleet_new(const struct clv_fleet_config *config, struct clv_fleet **ret,
                         struct clv_error *err)
{
    if (config->num_services == 0)
        return clv_fail(err, CLV_E_USAGE, "no service instance was given");
    struct clv_fleet *fleet = calloc(1, sizeof *fleet);
    if (fleet == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the fleet");
    fleet->config = *config;
    fill_defaults(&fleet->config);
    clv_status status = copy_services(fleet, err);
    if (config->transport != NULL)
        fleet->transport = *config->transport;
    else if (status == CLV_OK)
        status = clv_transport_new(&fleet->transport, err);
    fleet->own_transport = status == CLV_OK && config->transport == NULL;
    if (status != CLV_OK) {
        clv_fleet_free(&fleet);
        return status;
    }
    *ret = fleet;
    return CLV_OK;
}

void clv_fleet_free(struct clv_fleet **fleet)
{
    struct clv_fleet *f = *fleet;
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->num_sessions; i++)
        clv_session_free(&f->sessions[i]);
    free(f->sessions);
    if (f->own_transport)
        clv_transport_free(&f->transport);
    for (size_t i = 0; f->tokens != NULL && i < f->config.num_services; i++)
        clv_secret_free(&f->tokens[i]);
    free(f->tokens);
    free(f->services);
    clv_site_services_free(&f->site);
    free(f);
    *fleet = NULL;
}

size_t clv_fleet_num_units(const struct clv_fleet *fleet)
{
    return fleet->num_sessions;
}

struct clv_session *clv_fleet_session(const struct clv_fleet *fleet, unsigned number)
{
    return number >= 1 && number <= fleet->num_sessions ? fleet->sessions[number - 1] : NULL;
}

const struct clv_unit *clv_fleet_unit(const struct clv_fleet *fleet, unsigned number)
{
    const struct clv_session *session = clv_fleet_session(fleet, number);
    return session == NULL ? NULL : &session->unit;
}

const struct clv_unit_state *clv_fleet_state(const struct clv_fleet *fleet, unsigned number)
{
    const struct clv_session *session = clv_fleet_session(fleet, number);
    return session == NULL ? NULL : &session->state;
}

void clv_fleet_select(struct clv_fleet *fleet, unsigned number, bool selected)
{
    struct clv_session *session = clv_fleet_session(fleet, number);
    if (session != NULL)
        session->unit.selected = selected;
}

size_t clv_fleet_num_selected(const struct clv_fleet *fleet)
{
    size_t num = 0;
    for (size_t i = 0; i < fleet->num_sessions; i++)
        num += fleet->sessions[i]->unit.selected;
    return num;
}
