/* Where a unit is and how its service is reached (docs/protocol.md, b.14). */
#include "internal.h"

#include <stdio.h>
#include <string.h>

#define NUM_FIELDS 4
#define INDEX_MAX 255 /* adapters and domains are numbered in one byte */

static bool number_of(const char *text, size_t len, unsigned *ret)
{
    unsigned value = 0;
    if (len == 0 || len > 3)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *ret = value;
    return value <= INDEX_MAX;
}

/* Takes "[field]" and the dot behind it, unless it is the last. */
static bool take_field(const char **text, bool last, const char **ret_start, size_t *ret_len)
{
    const char *start = *text;
    if (*start++ != '[')
        return false;
    size_t len = strcspn(start, "[]");
    if (start[len] != ']' || (!last && start[len + 1] != '.'))
        return false;
    *ret_start = start;
    *ret_len = len;
    *text = start + len + (last ? 1 : 2);
    return true;
}

clv_status clv_ep11_location_decode(const char *location, unsigned *ret_module,
                                    uint32_t *ret_domain, struct clv_error *err)
{
    const char *fields[NUM_FIELDS];
    size_t lens[NUM_FIELDS];
    const char *rest = location;
    unsigned module = 0;
    unsigned domain = 0;
    bool good = true;
    for (size_t i = 0; good && i < NUM_FIELDS; i++)
        good = take_field(&rest, i == NUM_FIELDS - 1, &fields[i], &lens[i]);
    if (!good || *rest != '\0' || !number_of(fields[2], lens[2], &module) ||
        !number_of(fields[3], lens[3], &domain))
        return clv_fail(err, CLV_E_FORMAT,
                        "the location of a crypto unit reads [zone].[host].[module].[domain]");
    *ret_module = module;
    *ret_domain = domain;
    return CLV_OK;
}

clv_status clv_ep11_location_encode(const char *zone, const char *host, unsigned module,
                                    uint32_t domain, char *ret, size_t cap, struct clv_error *err)
{
    if (strpbrk(zone, "[]") || strpbrk(host, "[]") || module > INDEX_MAX || domain > INDEX_MAX)
        return clv_fail(err, CLV_E_INPUT, "a location has no brackets and indexes up to %d",
                        INDEX_MAX);
    int len = snprintf(NULL, 0, "[%s].[%s].[%02u].[%02u]", zone, host, module, domain);
    if (len < 0 || (size_t)len >= cap)
        return clv_fail(err, CLV_E_INPUT, "the location is too long");
    snprintf(ret, cap, "[%s].[%s].[%02u].[%02u]", zone, host, module, domain);
    return CLV_OK;
}

/* ---- service addresses ---- */
struct endpoint {
    const char *name, *before_region, *behind_region;
};

static const struct endpoint endpoints[] = {
    {"cloud.ibm.com", "https://tke.", ".hs-crypto.cloud.ibm.com"},
    {"test.cloud.ibm.com", "https://tke.", ".hs-crypto.test.cloud.ibm.com"},
    {"private.cloud.ibm.com", "https://tke.private.", ".hs-crypto.cloud.ibm.com"},
    {"private.test.cloud.ibm.com", "https://tke.private.", ".hs-crypto.test.cloud.ibm.com"},
};

/* A region becomes part of a host name, and nothing else of the address. */
static bool good_region(const char *region)
{
    return region[0] != '\0' &&
           region[strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

clv_status clv_ep11_service_url(const char *endpoint, const char *region, char *out, size_t cap,
                                struct clv_error *err)
{
    static const char scheme[] = "https://";
    const struct endpoint *found = NULL;
    if (strncmp(endpoint, scheme, strlen(scheme)) == 0)
        endpoint += strlen(scheme);
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++)
        if (strcmp(endpoint, endpoints[i].name) == 0)
            found = &endpoints[i];
    if (!found)
        return clv_fail(err, CLV_E_INPUT, "Invalid API endpoint");
    if (!good_region(region))
        return clv_fail(err, CLV_E_INPUT,
                        "a region has lower-case letters, digits and dashes only");
    if (strlen(found->before_region) + strlen(region) + strlen(found->behind_region) >= cap)
        return clv_fail(err, CLV_E_INPUT, "the region is too long");
    snprintf(out, cap, "%s%s%s", found->before_region, region, found->behind_region);
    return CLV_OK;
}
