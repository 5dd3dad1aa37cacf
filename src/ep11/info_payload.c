/* What get_xcp_info says about a domain and about a module: fixed offsets, no DER. */
#include "internal.h"

#define MODULE_TIME_LEN 16

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

void clv_ep11_domain_info_encode(struct clv_writer *w, const struct clv_ep11_domain_info *info)
{
    clv_write_u32(w, info->domain);
    clv_write_bytes(w, info->current_pattern, sizeof(info->current_pattern));
    clv_write_bytes(w, info->new_pattern, sizeof(info->new_pattern));
    clv_write_u32(w, info->flags);
    clv_write_bytes(w, info->mode, sizeof(info->mode));
}

clv_status clv_ep11_domain_info_decode(struct clv_view payload, struct clv_ep11_domain_info *ret,
                                       struct clv_error *err)
{
    struct clv_ep11_domain_info info = {0};
    struct clv_reader r;
    clv_reader_init(&r, payload.data, payload.len);
    info.domain = clv_read_u32(&r, "domain");
    clv_read_into(&r, info.current_pattern, sizeof(info.current_pattern), "current pattern");
    clv_read_into(&r, info.new_pattern, sizeof(info.new_pattern), "new pattern");
    info.flags = clv_read_u32(&r, "flags");
    clv_read_into(&r, info.mode, sizeof(info.mode), "mode");
    (void)clv_read_rest(&r); /* a newer unit may say more */
    clv_status status = clv_ep11_done(&r, "reading domain information", err);
    if (status == CLV_OK)
        *ret = info;
    return status;
}

enum clv_ep11_new_state clv_ep11_new_state(const struct clv_ep11_domain_info *info)
{
    if (!(info->flags & CLV_EP11_FLAG_NEXT))
        return CLV_NEW_EMPTY;
    return info->flags & CLV_EP11_FLAG_COMMITTED ? CLV_NEW_COMMITTED : CLV_NEW_UNCOMMITTED;
}

enum clv_ep11_current_state clv_ep11_current_state(const struct clv_ep11_domain_info *info)
{
    return info->flags & CLV_EP11_FLAG_CURRENT ? CLV_CURRENT_VALID : CLV_CURRENT_EMPTY;
}

const char *clv_ep11_new_state_text(enum clv_ep11_new_state s)
{
    static const char *const texts[] = {
        [CLV_NEW_EMPTY] = "Empty",
        [CLV_NEW_UNCOMMITTED] = "Full uncommitted",
        [CLV_NEW_COMMITTED] = "Full committed",
    };
    return (size_t)s < NUM(texts) ? texts[s] : "unknown";
}

const char *clv_ep11_current_state_text(enum clv_ep11_current_state s)
{
    static const char *const texts[] = {
        [CLV_CURRENT_EMPTY] = "Empty",
        [CLV_CURRENT_VALID] = "Valid",
    };
    return (size_t)s < NUM(texts) ? texts[s] : "unknown";
}

void clv_ep11_module_info_encode(struct clv_writer *w, const struct clv_ep11_module_info *info)
{
    clv_write_u32(w, info->api_ordinal);
    clv_write_u32(w, info->firmware_id);
    clv_write_bytes(w, info->firmware_version, sizeof(info->firmware_version));
    clv_write_bytes(w, info->csp_version, sizeof(info->csp_version));
    clv_write_bytes(w, info->firmware_hash, sizeof(info->firmware_hash));
    clv_write_bytes(w, info->xcp_hash, sizeof(info->xcp_hash));
    clv_write_bytes(w, info->csp_hash, sizeof(info->csp_hash));
    clv_write_bytes(w, info->serial, sizeof(info->serial));
    clv_write_bytes(w, info->instance, sizeof(info->instance));
    clv_write_bytes(w, info->time, MODULE_TIME_LEN);
    for (size_t i = 0; i < NUM(info->mode); i++)
        clv_write_u32(w, info->mode[i]);
    clv_write_u32(w, info->flags);
    clv_write_u32(w, info->extended_flags);
    clv_write_u32(w, info->num_domains);
    for (size_t i = 0; i < NUM(info->sizes); i++)
        clv_write_u32(w, info->sizes[i]);
}

clv_status clv_ep11_module_info_decode(struct clv_view payload, struct clv_ep11_module_info *ret,
                                       struct clv_error *err)
{
    struct clv_ep11_module_info info = {0};
    struct clv_reader r;
    clv_reader_init(&r, payload.data, payload.len);
    info.api_ordinal = clv_read_u32(&r, "API ordinal");
    info.firmware_id = clv_read_u32(&r, "firmware id");
    clv_read_into(&r, info.firmware_version, sizeof(info.firmware_version), "firmware version");
    clv_read_into(&r, info.csp_version, sizeof(info.csp_version), "CSP version");
    clv_read_into(&r, info.firmware_hash, sizeof(info.firmware_hash), "firmware configuration");
    clv_read_into(&r, info.xcp_hash, sizeof(info.xcp_hash), "XCP configuration");
    clv_read_into(&r, info.csp_hash, sizeof(info.csp_hash), "CSP configuration");
    clv_read_into(&r, info.serial, sizeof(info.serial), "serial number");
    clv_read_into(&r, info.instance, sizeof(info.instance), "module instance");
    clv_read_into(&r, info.time, MODULE_TIME_LEN, "time");
    for (size_t i = 0; i < NUM(info.mode); i++)
        info.mode[i] = clv_read_u32(&r, "mode");
    info.flags = clv_read_u32(&r, "flags");
    info.extended_flags = clv_read_u32(&r, "extended flags");
    info.num_domains = clv_read_u32(&r, "number of domains");
    for (size_t i = 0; i < NUM(info.sizes); i++)
        info.sizes[i] = clv_read_u32(&r, "sizes");
    (void)clv_read_rest(&r);
    clv_status status = clv_ep11_done(&r, "reading module information", err);
    if (status == CLV_OK)
        *ret = info;
    return status;
}
