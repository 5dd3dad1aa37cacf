/* get_xcp_info: the unsigned description of a domain and of the module. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static uint32_t domain_flags(const struct clv_unitd_domain *domain)
{
    uint32_t flags = domain->base_flags;
    flags |= domain->num_admins > 0 ? CLV_EP11_FLAG_ADMINS : 0;
    flags |= domain->current_wk ? CLV_EP11_FLAG_CURRENT : 0;
    flags |= domain->next_wk ? CLV_EP11_FLAG_NEXT : 0;
    flags |= domain->next_committed ? CLV_EP11_FLAG_COMMITTED : 0;
    flags |= clv_unitd_in_imprint(domain) ? 0 : CLV_EP11_FLAG_LEFT_IMPRINT;
    return flags;
}

static void write_domain(const struct clv_unitd_domain *domain, enum lie lie, struct clv_writer *w)
{
    struct clv_ep11_domain_info info = {.domain = domain->index, .flags = domain_flags(domain)};
    pattern_told(domain->current_wk, lie, info.current_pattern);
    pattern_told(domain->next_wk, lie, info.new_pattern);
    uint32_t standards = domain->attributes[CLV_EP11_ATTR_STANDARDS];
    for (int i = 0; i < 4; i++)
        info.mode[4 + i] = (uint8_t)(standards >> (24 - 8 * i));
    clv_ep11_domain_info_encode(w, &info);
}

static void time_text(const struct clv_clock *clock, char ret[17])
{
    struct tm tm = {0};
    time_t now = (time_t)(clv_now_wall_ms(clock) / 1000);
    gmtime_r(&now, &tm);
    if (strftime(ret, 17, "%Y%m%d%H%M%S00", &tm) == 0)
        ret[0] = 0;
}

/* Sizes from API ordinal, mode and payload of a CEX7, except that the configuration says what this
 * is. */
static void write_module(const struct clv_unitd_vault *vault, struct clv_writer *w)
{
    const struct identity *identity = &vault->identity;
    struct clv_ep11_module_info info = {
        .api_ordinal = 4,
        .firmware_id = 0x434c5631, /* "CLV1" */
        .firmware_version = {4, 9},
        .csp_version = {1, 0},
        .mode = {0, 5},
        .flags = 0x2d,
        .extended_flags = 0x10f,
        .num_domains = vault->num_units,
        .sizes = {0x400, 0x400, 0x60, 0x100, 0x800, 0x1000, CLV_EP11_MAX_PAYLOAD, 16, 128},
    };
    const char *what = identity->production_tests ? "SOFTWARE UNIT, PRODUCTION TESTS" : "TEST UNIT";
    memcpy(info.firmware_hash, what, strlen(what));
    memcpy(info.xcp_hash, what, strlen(what));
    memcpy(info.csp_hash, what, strlen(what));
    memcpy(info.serial, identity->module_id, CLV_EP11_SERIAL_LEN);
    memcpy(info.instance, identity->module_id + CLV_EP11_SERIAL_LEN, sizeof(info.instance));
    time_text(vault->ports.clock, info.time);
    clv_ep11_module_info_encode(w, &info);
}

bool info_payload(const struct clv_unitd_vault *vault, const struct clv_unitd_domain *domain,
                  uint32_t type, enum lie lie, struct clv_writer *w)
{
    if (type == CLV_EP11_INFO_DOMAIN)
        write_domain(domain, lie, w);
    else if (type == CLV_EP11_INFO_MODULE)
        write_module(vault, w);
    else
        return false;
    return true;
}
