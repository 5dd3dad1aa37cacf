/* Access tokens: read from their files, asked for, and asked for again when a service refuses one.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_TOKEN 4096

/* The file's bytes go through ordinary memory once, which is wiped. */
clv_status clv_token_read(const char *path, struct clv_secret **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, MAX_TOKEN, &data, &len, err);
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

/* The file may hold a newer one by now; a file that cannot be read is no reason to stop. */
static bool take_from_file(struct clv_fleet *fleet, size_t at)
{
    const struct clv_service *service = &fleet->services[at];
    struct clv_secret *token = NULL;
    if (service->token_file == NULL || clv_token_read(service->token_file, &token, NULL) != CLV_OK)
        return false;
    if (service->token != NULL && clv_secret_equal(token, service->token)) {
        clv_secret_free(&token);
        return false;
    }
    put_token(fleet, at, token);
    return true;
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

clv_status clv_fleet_renew_token(struct clv_fleet *fleet, const struct clv_service *service,
                                 const char *why, const struct clv_fleet_hooks *hooks,
                                 struct clv_error *err)
{
    size_t at = (size_t)(service - fleet->services);
    if (take_from_file(fleet, at))
        return CLV_OK;
    if (hooks == NULL || hooks->token == NULL)
        return no_other(service, why, err);
    struct clv_secret *token = NULL;
    clv_status st = hooks->token(hooks->ctx, service, why, &token, err);
    if (st == CLV_OK && token != NULL)
        put_token(fleet, at, token);
    else if (st == CLV_OK && !take_from_file(fleet, at))
        st = no_other(service, why, err);
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
