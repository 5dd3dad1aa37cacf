/* Where the units of a service instance are: an address, a region of the public service, or cards
 * of this machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/ep11.h"

#include "internal.h"

#define MAX_QUEUES 256

/* Regions in which the public service is offered; names and order of its own list.
 * source  ibm-cloud-docs/hs-crypto, regions.md (2024-05-30) */
static const char *const regions[] = {"us-south", "eu-de",  "eu-gb",  "eu-es",  "br-sao",
                                      "au-syd",   "jp-tok", "ca-tor", "us-east"};

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

/* ---- addresses ---- */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Behind the host: nothing, or a port, or a path. */
static bool host_ends(const char *rest)
{
    return *rest == '\0' || *rest == ':' || *rest == '/';
}

static bool has_strange_signs(const char *url)
{
    return strpbrk(url, " @\"'\\") != NULL;
}

const char *clv_site_objection_to_url(const char *url)
{
    static const char *const loopback[] = {"http://127.0.0.1", "http://[::1]", "http://localhost"};
    if (has_strange_signs(url) || strpbrk(url, "?#") != NULL)
        return "may have no blank, quote, \"@\", \"?\" or \"#\"";
    if (starts_with(url, "https://"))
        return host_ends(url + strlen("https://")) ? "needs a host behind https://" : NULL;
    if (!starts_with(url, "http://"))
        return "must begin with https://, or with http:// on this machine";
    for (size_t i = 0; i < LEN(loopback); i++) {
        if (starts_with(url, loopback[i]) && host_ends(url + strlen(loopback[i])))
            return NULL;
    }
    return "may use http:// on this machine only; elsewhere https://";
}

static const char *objection_to_endpoint(const char *url)
{
    if (has_strange_signs(url))
        return "may have no blank, quote or \"@\"";
    if (starts_with(url, "unix:"))
        return url[strlen("unix:")] == '/' ? NULL : "needs a full path: unix:/run/...";
    if (!starts_with(url, "https://") && !starts_with(url, "http://"))
        return "must begin with unix:/, http://127.0.0.1 or https://";
    return clv_site_objection_to_url(url);
}

static size_t place_of(const struct clv_yaml_node *map, const char *key)
{
    return clv_yaml_child(map, key)->at;
}

static clv_status keep_made(char *made, struct clv_site_instance *instance, struct clv_error *err)
{
    if (made == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    instance->made_endpoint = made;
    instance->endpoint = made;
    return CLV_OK;
}

/* ---- regions ---- */

static clv_status unknown_region(const struct clv_yaml_source *source, size_t at,
                                 struct clv_error *err)
{
    char known[120] = "";
    size_t used = 0;
    for (size_t i = 0; i < LEN(regions); i++)
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", regions[i]);
    return clv_yaml_fail(source, at, err, "\"region\" is not one of %s", known);
}

static clv_status take_region(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                              const struct clv_site_address *address,
                              struct clv_site_instance *instance, struct clv_error *err)
{
    const char *api = address->api ? address->api : "cloud.ibm.com";
    char url[200];
    bool known = false;
    for (size_t i = 0; i < LEN(regions); i++)
        known = known || strcmp(regions[i], address->region) == 0;
    if (!known)
        return unknown_region(source, place_of(map, "region"), err);
    if (clv_ep11_service_url(api, address->region, url, sizeof url, NULL) != CLV_OK)
        return clv_yaml_fail(source, place_of(map, "api-endpoint"), err,
                             "\"api-endpoint\" is not one of cloud.ibm.com, test.cloud.ibm.com, "
                             "private.cloud.ibm.com, private.test.cloud.ibm.com");
    return keep_made(strdup(url), instance, err);
}

/* ---- cards of this machine ---- */

static bool hex_number(const char *text, size_t len, unsigned max, unsigned *ret)
{
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = text[i] == '\0' ? NULL : strchr(digits, text[i]);
        if (digit == NULL)
            return false;
        value = value * 16 + (unsigned)(digit - digits);
    }
    *ret = value;
    return value <= max;
}

static bool parse_queue(const char *text, struct clv_site_queue *ret)
{
    return strlen(text) == strlen("03.0008") && text[2] == '.' &&
           hex_number(text, 2, 255, &ret->card) && hex_number(text + 3, 4, 255, &ret->domain);
}

static clv_status read_queue(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                             struct clv_site_instance *instance, struct clv_error *err)
{
    struct clv_site_queue queue = {0};
    if (node->kind != CLV_YAML_TEXT || !parse_queue(node->text, &queue))
        return clv_yaml_fail(source, node->at, err,
                             "\"queues\" holds card and domain in hex digits, as in 03.0008");
    for (size_t i = 0; i < instance->num_queues; i++) {
        if (memcmp(&instance->queues[i], &queue, sizeof queue) == 0)
            return clv_yaml_fail(source, node->at, err, "\"queues\" names %s twice", node->text);
    }
    instance->queues[instance->num_queues++] = queue;
    return CLV_OK;
}

static clv_status read_queues(const struct clv_yaml_source *source,
                              const struct clv_yaml_node *list, struct clv_site_instance *instance,
                              struct clv_error *err)
{
    clv_status status = clv_yaml_list(source, list, "queues", 1, MAX_QUEUES, err);
    if (status != CLV_OK)
        return status;
    instance->queues = calloc(list->num, sizeof *instance->queues);
    if (instance->queues == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    for (const struct clv_yaml_node *node = list->first; status == CLV_OK && node != NULL;
         node = node->next)
        status = read_queue(source, node, instance, err);
    return status;
}

static clv_status take_device(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                              const struct clv_site_address *address,
                              struct clv_site_instance *instance, struct clv_error *err)
{
    if (address->device[0] != '/')
        return clv_yaml_fail(source, place_of(map, "device"), err,
                             "\"device\" needs a full path: /dev/z90crypt");
    if (address->queues == NULL)
        return clv_yaml_fail(source, place_of(map, "device"), err,
                             "\"queues\" is missing: which domains of which cards");
    clv_status status = read_queues(source, address->queues, instance, err);
    char *made = NULL;
    if (status == CLV_OK && asprintf(&made, "zcrypt:%s", address->device) < 0)
        made = NULL;
    return status == CLV_OK ? keep_made(made, instance, err) : status;
}

/* ---- one of the three ---- */

static clv_status refuse_strays(const struct clv_yaml_source *source,
                                const struct clv_yaml_node *map,
                                const struct clv_site_address *address, struct clv_error *err)
{
    if (address->api != NULL && address->region == NULL)
        return clv_yaml_fail(source, place_of(map, "api-endpoint"), err,
                             "\"api-endpoint\" belongs to \"region\"");
    if (address->queues != NULL && address->device == NULL)
        return clv_yaml_fail(source, place_of(map, "queues"), err,
                             "\"queues\" belongs to \"device\"");
    if (address->device != NULL &&
        (clv_yaml_child(map, "token") || clv_yaml_child(map, "token-file")))
        return clv_yaml_fail(source, place_of(map, "device"), err,
                             "a \"device\" of this machine takes no token");
    if (clv_yaml_child(map, "token") && clv_yaml_child(map, "token-file"))
        return clv_yaml_fail(source, place_of(map, "token-file"), err,
                             "\"token\" and \"token-file\" are two ways: name one");
    return CLV_OK;
}

clv_status clv_site_read_address(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *map,
                                 const struct clv_site_address *address,
                                 struct clv_site_instance *instance, struct clv_error *err)
{
    int ways = (address->endpoint != NULL) + (address->region != NULL) + (address->device != NULL);
    if (ways != 1)
        return clv_yaml_fail(source, map->at, err,
                             "name one of \"endpoint\", \"region\" and \"device\"%s",
                             ways > 1 ? ", not several" : "");
    clv_status status = refuse_strays(source, map, address, err);
    if (status != CLV_OK)
        return status;
    if (address->region != NULL)
        return take_region(source, map, address, instance, err);
    if (address->device != NULL)
        return take_device(source, map, address, instance, err);
    const char *why = objection_to_endpoint(address->endpoint);
    if (why != NULL)
        return clv_yaml_fail(source, place_of(map, "endpoint"), err, "\"endpoint\" %s", why);
    instance->endpoint = address->endpoint;
    return CLV_OK;
}
