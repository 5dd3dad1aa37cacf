/* The service instances of a site file, as the fleet wants them. */
#include <stdlib.h>
#include <string.h>

#include "claviger/script.h"
#include "internal.h"

#define MAX_SERVICES 16
#define MAX_ROOTS 8

struct clv_site_services {
    struct clv_service service[MAX_SERVICES];
    uint8_t roots[MAX_SERVICES][MAX_ROOTS][CLV_P521_POINT_LEN];
    struct clv_secret *tokens[MAX_SERVICES];
    struct clv_queue *queues[MAX_SERVICES];
    size_t num;
};

static clv_status copy_queues(const struct clv_site_instance *in, struct clv_queue **ret,
                              struct clv_error *err)
{
    *ret = in->num_queues ? calloc(in->num_queues, sizeof **ret) : NULL;
    if (in->num_queues && *ret == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the domains of %s", in->name);
    for (size_t i = 0; i < in->num_queues; i++)
        (*ret)[i] = (struct clv_queue){in->queues[i].card, in->queues[i].domain};
    return CLV_OK;
}

static clv_status fill_service(const struct clv_site_instance *in, bool test_world,
                               struct clv_site_services *s, struct clv_error *err)
{
    size_t at = s->num++;
    if (test_world && in->num_roots == 0)
        return clv_fail(err, CLV_E_INPUT,
                        "service %s names no trusted root: TEST units have one of their own",
                        in->name);
    for (size_t k = 0; k < in->num_roots && k < MAX_ROOTS; k++)
        memcpy(s->roots[at][k], in->roots[k].point, CLV_P521_POINT_LEN);
    clv_status st = in->token_file ? clv_token_read(in->token_file, &s->tokens[at], err) : CLV_OK;
    if (st == CLV_OK)
        st = copy_queues(in, &s->queues[at], err);
    s->service[at] = (struct clv_service){.name = in->name,
                                          .endpoint = in->endpoint,
                                          .instance_id = in->id,
                                          .token = s->tokens[at],
                                          .token_file = in->token_file,
                                          .token_asked = in->token == CLV_SITE_TOKEN_ASK,
                                          .ca_file = in->ca_file,
                                          .roots = s->roots[at],
                                          .num_roots = in->num_roots,
                                          .ibm_roots = !test_world,
                                          .queues = s->queues[at],
                                          .num_queues = in->num_queues};
    return st;
}

void clv_site_services_free(struct clv_site_services **services)
{
    for (size_t i = 0; *services && i < (*services)->num; i++) {
        clv_secret_free(&(*services)->tokens[i]);
        free((*services)->queues[i]);
    }
    free(*services);
    *services = NULL;
}

clv_status clv_fleet_from_site(const struct clv_site *site, const struct clv_fleet_config *base,
                               struct clv_fleet **ret, struct clv_error *err)
{
    struct clv_site_services *services = calloc(1, sizeof(*services));
    struct clv_fleet *fleet = NULL;
    if (services == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the service instances");
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < site->num_instances && i < MAX_SERVICES; i++)
        st = fill_service(&site->instances[i], base->test_world, services, err);
    struct clv_fleet_config config = *base;
    config.services = services->service;
    config.num_services = services->num;
    config.query_timeout_ms = (int)site->query_seconds * 1000;
    config.command_timeout_ms = (int)site->command_seconds * 1000;
    if (st == CLV_OK)
        st = clv_fleet_new(&config, &fleet, err);
    if (st != CLV_OK) {
        clv_site_services_free(&services);
        return st;
    }
    fleet->site = services;
    *ret = fleet;
    return CLV_OK;
}
