/* Access tokens: read from their files, asked for, and asked for again when a service refuses one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The file's bytes go through ordinary memory once, which is wiped. */
clv_status clv_token_read(const char *path, struct clv_secret **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_EP11_TOKEN_MAX, &data, &len, err);
    size_t used = len;
    while (used > 0 && (data[used - 1] == '\n' || data[used - 1] == '\r'))
        used--;
    if (st == CLV_OK && used == 0)
        st = clv_fail(err, CLV_E_INPUT, "the token file is empty");
    if (st == CLV_OK)
        st = clv_secret_new(used, ret, err);
    if (st == CLV_OK) {
        memcpy(clv_secret_write(*ret), data, used);
        clv_secret_close(*ret);
    }
    if (data)
        clv_wipe(data, len);
    free(data);
    return clv_while(err, st, "reading the token in %s", path);
}

/* ---- another one in its place --------------------------------------------------------------- */

/* Nothing is under way, so nobody reads the old one. */
static void put_token(struct clv_fleet *fleet, size_t at, struct clv_secret *token)
{
    clv_secret_free(&fleet->tokens[at]);
    fleet->tokens[at] = token;
    fleet->services[at].token = token;
    fleet->services[at].token_number++;
}

/* The file may hold a newer one by now.
 * errors  CLV_E_MISMATCH: the same; those of reading it: no reason to stop, people are asked */
static clv_status take_from_file(struct clv_fleet *fleet, size_t at, struct clv_error *err)
{
    const struct clv_service *service = &fleet->services[at];
    struct clv_secret *token = NULL;
    clv_status st = clv_token_read(service->token_file, &token, err);
    if (st == CLV_OK && service->token != NULL && clv_secret_equal(token, service->token))
        st = clv_fail(err, CLV_E_MISMATCH, "%s still holds the token that was refused",
                      service->token_file);
    if (st == CLV_OK)
        put_token(fleet, at, token);
    else
        clv_secret_free(&token);
    return st;
}

static clv_status no_other(const struct clv_service *service, const char *why,
                           struct clv_error *err)
{
    (void)clv_fail(err, CLV_E_DOUBT, "%s", why ? why : "this service wants an access token");
    if (service->token_file != NULL)
        clv_hint(err, "Put a new access token in %s, then go on.", service->token_file);
    else
        clv_hint(err, "The access token is missing, wrong or too old: get a new one.");
    return CLV_E_DOUBT;
}

/* People say that it is in the file, until it is. */
static clv_status ask_people(struct clv_fleet *fleet, size_t at, const char *why,
                             const struct clv_fleet_hooks *hooks, struct clv_error *err)
{
    const struct clv_service *service = &fleet->services[at];
    char still[CLV_ERROR_TEXT];
    for (;;) {
        struct clv_secret *token = NULL;
        struct clv_error not_there = {0};
        clv_status st = hooks->token(hooks->ctx, service, why, &token, err);
        if (st == CLV_OK && token != NULL)
            put_token(fleet, at, token);
        if (st != CLV_OK || token != NULL)
            return st;
        if (service->token_file == NULL)
            return no_other(service, why, err);
        if (take_from_file(fleet, at, &not_there) == CLV_OK)
            return CLV_OK;
        snprintf(still, sizeof(still), "%s", not_there.fact);
        why = still;
    }
}

clv_status clv_fleet_renew_token(struct clv_fleet *fleet, const struct clv_service *service,
                                 const char *why, const struct clv_fleet_hooks *hooks,
                                 struct clv_error *err)
{
    size_t at = (size_t)(service - fleet->services);
    if (service->token_file != NULL && take_from_file(fleet, at, NULL) == CLV_OK)
        return CLV_OK;
    if (hooks == NULL || hooks->token == NULL)
        return no_other(service, why, err);
    clv_status st = ask_people(fleet, at, why, hooks, err);
    return clv_while(err, st, "waiting for an access token of %s", service->name);
}

clv_status clv_fleet_first_tokens(struct clv_fleet *fleet, const struct clv_fleet_hooks *hooks,
                                  struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < fleet->config.num_services; i++) {
        const struct clv_service *service = &fleet->services[i];
        if (service->token_asked && service->token == NULL)
            st = clv_fleet_renew_token(fleet, service, NULL, hooks, err);
    }
    return st;
}
