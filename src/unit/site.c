/* The service instances of a site file, as the fleet wants them. */
#include <stdlib.h>
#include <string.h>

#include "claviger/script.h"
#include "internal.h"

#define MAX_SERVICES 16
#define MAX_ROOTS 8
#define MAX_TOKEN 4096

struct clv_site_services {
    struct clv_service service[MAX_SERVICES];
    uint8_t roots[MAX_SERVICES][MAX_ROOTS][CLV_P521_POINT_LEN];
    struct clv_secret *tokens[MAX_SERVICES];
    size_t num;
};

/* The file's bytes go through ordinary memory once, which is wiped. */
static clv_status read_token(const char *path, struct clv_secret **ret, struct clv_error *err)
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
    return st == CLV_OK ? st : clv_while(err, "reading the token in %s", path);
}

static clv_status fill_service(const struct clv_site_instance *in, struct clv_site_services *s,
                               struct clv_error *err)
{
    size_t at = s->num++;
    for (size_t k = 0; k < in->num_roots && k < MAX_ROOTS; k++)
        memcpy(s->roots[at][k], in->roots[k].point, CLV_P521_POINT_LEN);
    clv_status st = in->token_file ? read_token(in->token_file, &s->tokens[at], err) : CLV_OK;
    s->service[at] = (struct clv_service){.name = in->name,
                                          .endpoint = in->endpoint,
                                          .instance_id = in->id,
                                          .token = s->tokens[at],
                                          .ca_file = in->ca_file,
                                          .roots = s->roots[at],
                                          .num_roots = in->num_roots};
    return st;
}

void clv_site_services_free(struct clv_site_services **services)
{
    for (size_t i = 0; *services && i < (*services)->num; i++)
        clv_secret_free(&(*services)->tokens[i]);
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
        st = fill_service(&site->instances[i], services, err);
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
    fleet->services = services;
    *ret = fleet;
    return CLV_OK;
}
