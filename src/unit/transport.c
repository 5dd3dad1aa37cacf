/* The transport that a fleet has by itself: libcurl for addresses, the device node for cards of
 * this machine. Which one a service needs stands at the beginning of its endpoint. */
#include <stdlib.h>
#include <string.h>

#include "zcrypt.h"

enum way { WAY_CURL, WAY_ZCRYPT, NUM_WAYS };

struct ways {
    struct clv_transport way[NUM_WAYS];
    size_t num_open[NUM_WAYS];
};

struct clv_exchange {
    const struct clv_transport *transport;
    enum way way;
    struct clv_exchange *inner;
};

static enum way way_to(const struct clv_service *service)
{
    return strncmp(service->endpoint, "zcrypt:", strlen("zcrypt:")) == 0 ? WAY_ZCRYPT : WAY_CURL;
}

static clv_status ways_start(void *ctx, const struct clv_service *service, const char *path,
                             const char *body, int timeout_ms, struct clv_exchange **ret,
                             struct clv_error *err)
{
    struct ways *ways = ctx;
    struct clv_exchange *x = calloc(1, sizeof *x);
    if (x == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a request");
    x->way = way_to(service);
    x->transport = &ways->way[x->way];
    clv_status status =
        x->transport->start(x->transport->ctx, service, path, body, timeout_ms, &x->inner, err);
    if (status != CLV_OK) {
        free(x);
        return status;
    }
    ways->num_open[x->way]++;
    *ret = x;
    return CLV_OK;
}

/* With both in use, each gets its share of the time. */
static void ways_poll(void *ctx, int wait_ms)
{
    struct ways *ways = ctx;
    bool both = ways->num_open[WAY_CURL] > 0 && ways->num_open[WAY_ZCRYPT] > 0;
    for (int i = 0; i < NUM_WAYS; i++) {
        if (ways->num_open[i] > 0 || (i == WAY_CURL && !both && ways->num_open[WAY_ZCRYPT] == 0))
            ways->way[i].poll(ways->way[i].ctx, both ? wait_ms / 2 : wait_ms);
    }
}

static enum clv_exchange_state ways_state(const struct clv_exchange *x, long *ret_http_status,
                                          struct clv_view *ret_body, const char **ret_why)
{
    return x->transport->state(x->inner, ret_http_status, ret_body, ret_why);
}

static void ways_close(void *ctx, struct clv_exchange **x)
{
    struct ways *ways = ctx;
    if (*x == NULL)
        return;
    (*x)->transport->close((*x)->transport->ctx, &(*x)->inner);
    ways->num_open[(*x)->way]--;
    free(*x);
    *x = NULL;
}

static bool ways_registers(void *ctx, const struct clv_service *service, const char *path,
                           struct clv_registers *ret)
{
    const struct clv_transport *way = &((struct ways *)ctx)->way[way_to(service)];
    return way->registers != NULL && way->registers(way->ctx, service, path, ret);
}

clv_status clv_transport_new(struct clv_transport *ret, struct clv_error *err)
{
    struct ways *ways = calloc(1, sizeof *ways);
    if (ways == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the way to the crypto units");
    clv_status status = clv_transport_curl_new(&ways->way[WAY_CURL], err);
    if (status == CLV_OK)
        status = clv_transport_zcrypt_new(clv_zcrypt_kernel(), &ways->way[WAY_ZCRYPT], err);
    if (status != CLV_OK) {
        clv_transport_curl_free(&ways->way[WAY_CURL]);
        free(ways);
        return status;
    }
    *ret = (struct clv_transport){.start = ways_start,
                                  .poll = ways_poll,
                                  .state = ways_state,
                                  .close = ways_close,
                                  .registers = ways_registers,
                                  .ctx = ways};
    return CLV_OK;
}

void clv_transport_free(struct clv_transport *transport)
{
    struct ways *ways = transport->ctx;
    if (ways == NULL)
        return;
    clv_transport_curl_free(&ways->way[WAY_CURL]);
    clv_transport_zcrypt_free(&ways->way[WAY_ZCRYPT]);
    free(ways);
    *transport = (struct clv_transport){0};
}
