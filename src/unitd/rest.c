/* REST without sockets: one HTTP request in, one HTTP reply out. Holds no key; what reaches the
 * vault is a payload, a module index and a domain. source  docs/protocol.md b.13, b.14 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "claviger/unitd.h"

#define PREFIX "/v1/tke/"
#define HSMS "/hsms"

/* ---- bodies ---- */

/* Takes the text out of w, which is cleared. */
static clv_status finish(struct clv_writer *w, unsigned http_status,
                         struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    uint8_t *body = NULL;
    size_t len = 0;
    clv_write_u8(w, 0);
    clv_status status = clv_writer_detach(w, &body, &len, err);
    clv_writer_clear(w);
    if (status != CLV_OK)
        return status;
    ret->status = http_status;
    ret->body = (char *)body;
    return CLV_OK;
}

/* message: ASCII without quotes. */
static clv_status refuse(unsigned http_status, const char *message,
                         struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_write_format(&w, "{\"message\":\"%s\"}", message);
    return finish(&w, http_status, ret, err);
}

static clv_status list_units(const struct clv_unitd_listing *listing,
                             struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_status status = clv_ep11_rest_listing_encode(&w, listing->units, listing->num_units, err);
    if (status == CLV_OK)
        status = finish(&w, 200, ret, err);
    clv_writer_clear(&w);
    return status;
}

/* ---- one message for a unit ---- */

/* The HTP string in w as a body; w is cleared. */
static clv_status send_htp(struct clv_writer *htp, struct clv_unitd_http_reply *ret,
                           struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_status status = clv_writer_done(htp, err);
    if (status == CLV_OK)
        status = clv_ep11_rest_response_encode(&w, clv_writer_view(htp), err);
    if (status == CLV_OK)
        status = finish(&w, 200, ret, err);
    clv_writer_clear(&w);
    clv_writer_clear(htp);
    return status;
}

static clv_status htp_error(unsigned code, const char *text, struct clv_unitd_http_reply *ret,
                            struct clv_error *err)
{
    struct clv_writer w = {0};
    clv_ep11_htp_error_encode(&w, (struct clv_ep11_htp_error){.type = 9, .code = code}, text);
    return send_htp(&w, ret, err);
}

static clv_status ask_vault(struct clv_unitd_vault *vault, unsigned module_index, uint32_t domain,
                            struct clv_view payload, struct clv_unitd_http_reply *ret,
                            struct clv_error *err)
{
    struct clv_unitd_reply reply = {0};
    struct clv_writer w = {0};
    clv_status status = clv_unitd_vault_answer(vault, module_index, domain, payload, &reply, err);
    if (status != CLV_OK)
        return status;
    ret->delivery = reply.delivery;
    ret->delay_ms = reply.delay_ms;
    ret->trouble = reply.trouble;
    if (reply.delivery == CLV_UNITD_SEND)
        status = clv_ep11_htp_response_encode(&w, domain, clv_writer_view(&reply.payload), err);
    if (status == CLV_OK && reply.delivery == CLV_UNITD_SEND)
        status = send_htp(&w, ret, err);
    clv_writer_clear(&w);
    clv_unitd_reply_clear(&reply);
    return status;
}

static clv_status pass_on(struct clv_unitd_vault *vault, const struct clv_unitd_listing *listing,
                          uint32_t unit_domain, struct clv_view htp,
                          struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    struct clv_ep11_htp_error fault = {0};
    unsigned module_index = 0;
    uint32_t domain = 0;
    uint8_t *payload = NULL;
    size_t len = 0;
    if (clv_ep11_htp_request_decode(htp, &module_index, &domain, &payload, &len, &fault, NULL) !=
        CLV_OK)
        return htp_error(fault.code, "The request string is malformed.", ret, err);
    clv_status status;
    if (module_index != listing->module_index)
        status = htp_error(2, "The crypto module index is out of range.", ret, err);
    else if (domain != unit_domain)
        status = htp_error(5, "The domain index is not the one of this hsm_id.", ret, err);
    else
        status = ask_vault(vault, module_index, domain, clv_view_of(payload, len), ret, err);
    free(payload);
    return status;
}

static clv_status post_message(struct clv_unitd_vault *vault,
                               const struct clv_unitd_listing *listing, uint32_t unit_domain,
                               struct clv_view body, struct clv_unitd_http_reply *ret,
                               struct clv_error *err)
{
    char *htp = NULL;
    size_t len = 0;
    if (clv_ep11_rest_request_decode(body, &htp, &len, NULL) != CLV_OK)
        return refuse(400, "The body must be a JSON object with a text called request.", ret, err);
    clv_status status = pass_on(vault, listing, unit_domain, clv_view_of(htp, len), ret, err);
    free(htp);
    return status;
}

/* ---- paths ---- */

struct target {
    bool found;
    const char *missing; /* why it was not found */
    bool is_unit;        /* else the list */
    uint32_t domain;     /* of the unit */
};

static struct target find_unit(const struct clv_unitd_listing *listing, const char *hsm_id)
{
    for (unsigned i = 0; i < listing->num_units; i++)
        if (strcasecmp(listing->units[i].hsm_id, hsm_id) == 0)
            return (struct target){.found = true, .is_unit = true, .domain = listing->domain[i]};
    return (struct target){.missing = "No such hsm_id."};
}

static struct target find_target(const struct clv_unitd_listing *listing, const char *path)
{
    size_t id_len = strlen(listing->instance_id);
    if (strncmp(path, PREFIX, strlen(PREFIX)) != 0)
        return (struct target){.missing = "No such path."};
    path += strlen(PREFIX);
    if (strncasecmp(path, listing->instance_id, id_len) != 0 || path[id_len] != '/')
        return (struct target){.missing = "No such service instance."};
    path += id_len;
    if (strncmp(path, HSMS, strlen(HSMS)) != 0)
        return (struct target){.missing = "No such path."};
    path += strlen(HSMS);
    if (*path == 0)
        return (struct target){.found = true};
    return *path == '/' ? find_unit(listing, path + 1)
                        : (struct target){.missing = "No such path."};
}

/* Constant time in the token's digits; its length is no secret. */
static bool authorized(const struct clv_secret *token, const char *given)
{
    if (!token)
        return true;
    size_t len = clv_secret_len(token);
    if (!given || strlen(given) != len)
        return false;
    uint8_t differs = 0;
    const uint8_t *want = clv_secret_read(token);
    for (size_t i = 0; i < len; i++)
        differs |= (uint8_t)(want[i] ^ (uint8_t)given[i]);
    clv_secret_close(token);
    return differs == 0;
}

clv_status clv_unitd_rest_answer(struct clv_unitd_vault *vault,
                                 const struct clv_unitd_listing *listing,
                                 const struct clv_secret *token,
                                 const struct clv_unitd_http_request *request,
                                 struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    *ret = (struct clv_unitd_http_reply){0};
    if (!authorized(token, request->authorization))
        return refuse(401, "The Authorization header is missing or wrong.", ret, err);
    struct target target = find_target(listing, request->path);
    if (!target.found)
        return refuse(404, target.missing, ret, err);
    const char *method = target.is_unit ? "POST" : "GET";
    if (strcmp(request->method, method) != 0) {
        ret->allow = method;
        return refuse(405, "This path does not take this method.", ret, err);
    }
    if (!target.is_unit)
        return list_units(listing, ret, err);
    return post_message(vault, listing, target.domain, request->body, ret, err);
}
