/* The list of every service instance, asked for at the same time, taken whole or not at all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct listing {
    const struct clv_service *service;
    char path[120];
    struct clv_exchange *exchange;
    bool refused; /* its token; asked again with another one */
    char refusal[CLV_ERROR_TEXT];
    struct clv_ep11_listed_unit *units;
    size_t num_units;
};

struct search {
    struct clv_fleet *fleet;
    struct listing *listings; /* one a service */
    struct clv_session **sessions;
    size_t num_sessions;
};

/* It becomes part of an address. */
static bool is_plain_id(const char *id)
{
    return id != NULL && id[0] != '\0' && strlen(id) <= 64 &&
           strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") ==
               strlen(id);
}

static clv_status start_one(struct search *search, struct listing *listing, struct clv_error *err)
{
    struct clv_fleet *fleet = search->fleet;
    return fleet->transport.start(fleet->transport.ctx, listing->service, listing->path, NULL,
                                  fleet->config.query_timeout_ms, &listing->exchange, err);
}

static clv_status start_all(struct search *search, struct clv_error *err)
{
    struct clv_fleet *fleet = search->fleet;
    for (size_t i = 0; i < fleet->config.num_services; i++) {
        struct listing *listing = &search->listings[i];
        listing->service = &fleet->config.services[i];
        if (!is_plain_id(listing->service->instance_id))
            return clv_fail(err, CLV_E_INPUT, "service %s: the instance id must be a UUID",
                            listing->service->name);
        snprintf(listing->path, sizeof listing->path, "/v1/tke/%s/hsms",
                 listing->service->instance_id);
        clv_status status = start_one(search, listing, err);
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

/* ---- waiting -------------------------------------------------------------------------------- */

static clv_status fail_to_reach(const char *what, const char *why, struct clv_error *err)
{
    clv_status status = clv_fail(err, CLV_E_IO, "%s: %s", what, why);
    clv_hint(err, "Check that the service runs, and its address in the site file; then try again.");
    return status;
}

static clv_status look_at(struct search *search, struct listing *listing, bool late, bool *ret_open,
                          struct clv_error *err)
{
    struct clv_transport *transport = &search->fleet->transport;
    long http_status = 0;
    struct clv_view body = {0};
    const char *why = "";
    if (listing->exchange == NULL)
        return CLV_OK;
    switch (transport->state(listing->exchange, &http_status, &body, &why)) {
    case CLV_EXCHANGE_PENDING:
        if (late)
            return clv_fail(err, CLV_E_TIMEOUT, "no answer within %d s",
                            search->fleet->config.query_timeout_ms / 1000);
        *ret_open = true;
        return CLV_OK;
    case CLV_EXCHANGE_NOT_SENT:
        return fail_to_reach("it cannot be reached", why, err);
    case CLV_EXCHANGE_BROKEN:
        return fail_to_reach("no whole answer", why, err);
    case CLV_EXCHANGE_ANSWERED:
        break;
    }
    if (http_status == CLV_HTTP_UNAUTHORIZED) {
        struct clv_error refusal = {0};
        (void)clv_http_failed(CLV_E_UNIT, http_status, body, &refusal);
        snprintf(listing->refusal, sizeof listing->refusal, "%s", refusal.fact);
        listing->refused = true;
        transport->close(transport->ctx, &listing->exchange);
        return CLV_OK;
    }
    clv_status status =
        http_status >= 200 && http_status < 300
            ? clv_ep11_rest_listing_decode(body, &listing->units, &listing->num_units, err)
            : clv_http_failed(CLV_E_UNIT, http_status, body, err);
    transport->close(transport->ctx, &listing->exchange);
    return status;
}

static clv_status wait_all(struct search *search, const struct clv_fleet_hooks *hooks,
                           struct clv_error *err)
{
    struct clv_fleet *fleet = search->fleet;
    const struct clv_clock *clock = fleet->config.clock;
    int64_t deadline_ms = clv_now_ms(clock) + fleet->config.query_timeout_ms + 50;
    bool open = true;
    while (open) {
        open = false;
        fleet->transport.poll(fleet->transport.ctx, CLV_TICK_MS);
        clv_status status = CLV_OK;
        if (hooks != NULL && hooks->tick != NULL)
            status = hooks->tick(hooks->ctx, err);
        bool late = clv_now_ms(clock) >= deadline_ms;
        for (size_t i = 0; status == CLV_OK && i < fleet->config.num_services; i++) {
            status = look_at(search, &search->listings[i], late, &open, err);
            if (status != CLV_OK)
                (void)clv_while(err, status, "asking service %s for its crypto units",
                                fleet->config.services[i].name);
        }
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

/* Asks again, with another token each, those that refused theirs. */
static clv_status ask_refused(struct search *search, const struct clv_fleet_hooks *hooks,
                              bool *ret_any, struct clv_error *err)
{
    clv_status status = CLV_OK;
    *ret_any = false;
    for (size_t i = 0; status == CLV_OK && i < search->fleet->config.num_services; i++) {
        struct listing *listing = &search->listings[i];
        if (!listing->refused)
            continue;
        listing->refused = false;
        *ret_any = true;
        status =
            clv_fleet_renew_token(search->fleet, listing->service, listing->refusal, hooks, err);
        if (status == CLV_E_DOUBT)
            status = err->code = CLV_E_UNIT; /* a refused question changes nothing */
        if (status == CLV_OK)
            status = start_one(search, listing, err);
        if (status != CLV_OK)
            (void)clv_while(err, status, "asking service %s for its crypto units",
                            listing->service->name);
    }
    return status;
}

static clv_status wait_for_lists(struct search *search, const struct clv_fleet_hooks *hooks,
                                 struct clv_error *err)
{
    bool again = true;
    clv_status status = CLV_OK;
    while (status == CLV_OK && again) {
        status = wait_all(search, hooks, err);
        if (status == CLV_OK)
            status = ask_refused(search, hooks, &again, err);
    }
    return status;
}

/* ---- what the lists say --------------------------------------------------------------------- */

static clv_status world_check(const struct clv_fleet *fleet, const struct clv_unit *unit,
                              struct clv_error *err)
{
    bool test_unit = strncmp(unit->serial, "TEST", 4) == 0;
    if (test_unit == fleet->config.test_world)
        return CLV_OK;
    if (test_unit)
        (void)clv_fail(err, CLV_E_WORLD,
                       "service %s lists TEST units (%s), and this is a production ceremony",
                       unit->service, unit->serial);
    else
        (void)clv_fail(err, CLV_E_WORLD,
                       "service %s lists production units (%s), and this is a TEST ceremony",
                       unit->service, unit->serial);
    clv_kept(err, "Nothing was asked of its units.");
    clv_hint(err, "Choose the site file that belongs to this kind of ceremony.");
    return CLV_E_WORLD;
}

static clv_status fill_session(struct search *search, const struct listing *listing,
                               const struct clv_ep11_listed_unit *listed,
                               struct clv_session *session, struct clv_error *err)
{
    struct clv_unit *unit = &session->unit;
    session->service = listing->service;
    unit->number = (unsigned)search->num_sessions + 1;
    unit->service = listing->service->name;
    unit->instance_id = listing->service->instance_id;
    unit->kind = (enum clv_unit_kind)listed->kind;
    unit->selected = true;
    snprintf(unit->hsm_id, sizeof unit->hsm_id, "%s", listed->hsm_id);
    snprintf(unit->location, sizeof unit->location, "%s", listed->location);
    snprintf(unit->serial, sizeof unit->serial, "%s", listed->serial_number);
    snprintf(session->path, sizeof session->path, "%s/%s", listing->path, unit->hsm_id);
    if (strlen(unit->serial) != CLV_EP11_SERIAL_LEN)
        return clv_fail(err, CLV_E_FORMAT, "service %s: serial number %s of unit %s is not %d long",
                        unit->service, unit->serial, unit->hsm_id, CLV_EP11_SERIAL_LEN);
    clv_status status =
        clv_ep11_location_decode(unit->location, &session->module_index, &session->domain, err);
    return status == CLV_OK ? world_check(search->fleet, unit, err) : status;
}

/* The same unit twice would get every command twice. */
static clv_status twice_check(const struct search *search, const struct clv_session *session,
                              struct clv_error *err)
{
    for (size_t i = 0; i < search->num_sessions; i++) {
        const struct clv_session *other = search->sessions[i];
        bool same_id = other->service == session->service &&
                       strcmp(other->unit.hsm_id, session->unit.hsm_id) == 0;
        bool same_domain = other->domain == session->domain &&
                           strcmp(other->unit.serial, session->unit.serial) == 0 &&
                           strcmp(other->unit.location, session->unit.location) == 0;
        if (same_id || same_domain)
            return clv_fail(err, CLV_E_FORMAT, "crypto units %u and %u are the same one (%s, %s)",
                            other->unit.number, session->unit.number, session->unit.serial,
                            session->unit.location);
    }
    return CLV_OK;
}

static clv_status add_session(struct search *search, const struct listing *listing,
                              const struct clv_ep11_listed_unit *listed, struct clv_error *err)
{
    struct clv_session *session = clv_session_new();
    if (session == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a crypto unit");
    clv_status status = fill_session(search, listing, listed, session, err);
    if (status == CLV_OK)
        status = twice_check(search, session, err);
    if (status != CLV_OK) {
        clv_session_free(&session);
        return status;
    }
    search->sessions[search->num_sessions++] = session;
    return CLV_OK;
}

static clv_status make_sessions(struct search *search, struct clv_error *err)
{
    size_t num_services = search->fleet->config.num_services, total = 0;
    for (size_t i = 0; i < num_services; i++)
        total += search->listings[i].num_units;
    if (total == 0)
        return clv_fail(err, CLV_E_MISSING, "the service lists no crypto unit");
    search->sessions = calloc(total, sizeof(struct clv_session *));
    if (search->sessions == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for %zu crypto units", total);
    clv_status status = CLV_OK;
    for (size_t i = 0; i < num_services; i++) {
        const struct listing *listing = &search->listings[i];
        for (size_t k = 0; status == CLV_OK && k < listing->num_units; k++)
            status = add_session(search, listing, &listing->units[k], err);
    }
    return status;
}

/* ---- the same ones again? ------------------------------------------------------------------- */

static clv_status same_check(const struct search *search, struct clv_error *err)
{
    const struct clv_fleet *fleet = search->fleet;
    bool same = search->num_sessions == fleet->num_sessions;
    for (size_t i = 0; same && i < search->num_sessions; i++) {
        const struct clv_unit *now = &search->sessions[i]->unit;
        const struct clv_unit *before = &fleet->sessions[i]->unit;
        same = search->sessions[i]->service == fleet->sessions[i]->service &&
               strcmp(now->hsm_id, before->hsm_id) == 0 &&
               strcmp(now->location, before->location) == 0 &&
               strcmp(now->serial, before->serial) == 0 && now->kind == before->kind;
    }
    if (same)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_MISMATCH, "the services list other crypto units than before");
    clv_kept(err, "The units found first stay as they are.");
    return CLV_E_MISMATCH;
}

static clv_status adopt(struct search *search, struct clv_error *err)
{
    if (search->fleet->num_sessions > 0)
        return same_check(search, err);
    search->fleet->sessions = search->sessions;
    search->fleet->num_sessions = search->num_sessions;
    search->sessions = NULL;
    search->num_sessions = 0;
    return CLV_OK;
}

static void search_clear(struct search *search)
{
    struct clv_transport *transport = &search->fleet->transport;
    for (size_t i = 0; search->listings != NULL && i < search->fleet->config.num_services; i++) {
        if (search->listings[i].exchange != NULL)
            transport->close(transport->ctx, &search->listings[i].exchange);
        free(search->listings[i].units);
    }
    for (size_t i = 0; i < search->num_sessions; i++)
        clv_session_free(&search->sessions[i]);
    free(search->sessions);
    free(search->listings);
}

clv_status clv_fleet_discover(struct clv_fleet *fleet, const struct clv_fleet_hooks *hooks,
                              struct clv_error *err)
{
    struct search search = {.fleet = fleet};
    search.listings = calloc(fleet->config.num_services, sizeof *search.listings);
    if (search.listings == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for %zu services",
                        fleet->config.num_services);
    clv_status status = clv_fleet_first_tokens(fleet, hooks, err);
    if (status == CLV_OK)
        status = start_all(&search, err);
    if (status == CLV_OK)
        status = wait_for_lists(&search, hooks, err);
    if (status == CLV_OK)
        status = make_sessions(&search, err);
    if (status == CLV_OK)
        status = adopt(&search, err);
    search_clear(&search);
    return status;
}
