/* REST without sockets: one HTTP request in, one HTTP reply out. Holds no key; what reaches the
 * vault is a payload, a module index and a domain. source  docs/protocol.md b.13, b.14 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "claviger/unitd.h"

#define PREFIX "/v1/tke/"
#define HSMS "/hsms"

/* ---- JSON out ---- */

static clv_status dump(json_t *json, unsigned http_status, struct clv_unitd_http_reply *ret,
                       struct clv_error *err)
{
    char *body = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!body)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for an answer");
    ret->status = http_status;
    ret->body = body;
    return CLV_OK;
}

static clv_status refuse(unsigned http_status, const char *message,
                         struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    return dump(json_pack("{s:s}", "message", message), http_status, ret, err);
}

static json_t *unit_json(const struct clv_unitd_listing *listing, const struct clv_unitd_unit *unit)
{
    return json_pack("{s:s, s:s, s:s, s:i, s:s}", "hsm_id", unit->hsm_id, "location",
                     unit->location, "state", "active", "version", 1, "serial_number",
                     listing->serial);
}

static clv_status list_units(const struct clv_unitd_listing *listing,
                             struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    static const char *const names[CLV_UNITD_NUM_ROLES] = {
        [CLV_UNITD_OPERATIONAL] = "hsms",
        [CLV_UNITD_RECOVERY] = "source_hsms",
        [CLV_UNITD_FAILOVER] = "failover_hsms",
    };
    json_t *groups[CLV_UNITD_NUM_ROLES];
    for (int role = 0; role < CLV_UNITD_NUM_ROLES; role++)
        groups[role] = json_array();
    for (unsigned i = 0; i < listing->num_units; i++)
        json_array_append_new(groups[listing->units[i].role],
                              unit_json(listing, &listing->units[i]));
    json_t *body =
        json_pack("{s:[{s:s, s:i}]}", "metadata", "collectionType", "application/vnd.ibm.hsm+json",
                  "collectionTotal", (int)listing->num_units);
    for (int role = 0; role < CLV_UNITD_NUM_ROLES; role++) {
        if (role == CLV_UNITD_OPERATIONAL || json_array_size(groups[role]) > 0)
            json_object_set_new(body, names[role], groups[role]);
        else
            json_decref(groups[role]);
    }
    return dump(body, 200, ret, err);
}

/* ---- one message for a unit ---- */

/* The HTP string as JSON; w holds it and is cleared. */
static clv_status send_htp(struct clv_writer *w, struct clv_unitd_http_reply *ret,
                           struct clv_error *err)
{
    struct clv_view text = clv_writer_view(w);
    clv_status status = clv_writer_done(w, err);
    if (status == CLV_OK)
        status =
            dump(json_pack("{s:s%}", "response", (const char *)text.data, text.len), 200, ret, err);
    clv_writer_clear(w);
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
                          const struct clv_unitd_unit *unit, struct clv_view htp,
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
    else if (domain != unit->domain)
        status = htp_error(5, "The domain index is not the one of this hsm_id.", ret, err);
    else
        status = ask_vault(vault, module_index, domain, clv_view_of(payload, len), ret, err);
    free(payload);
    return status;
}

static clv_status post_message(struct clv_unitd_vault *vault,
                               const struct clv_unitd_listing *listing,
                               const struct clv_unitd_unit *unit, struct clv_view body,
                               struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    json_error_t where;
    json_t *json = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &where);
    json_t *request = json_object_get(json, "request");
    clv_status status;
    if (!json_is_string(request))
        status = refuse(400, "The body must be a JSON object with a string \"request\".", ret, err);
    else
        status =
            pass_on(vault, listing, unit,
                    clv_view_of(json_string_value(request), json_string_length(request)), ret, err);
    json_decref(json);
    return status;
}

/* ---- paths ---- */

struct target {
    bool found;
    const struct clv_unitd_unit *unit; /* NULL: the list */
    const char *missing;               /* why it was not found */
};

static const struct clv_unitd_unit *find_unit(const struct clv_unitd_listing *listing,
                                              const char *hsm_id)
{
    for (unsigned i = 0; i < listing->num_units; i++)
        if (strcasecmp(listing->units[i].hsm_id, hsm_id) == 0)
            return &listing->units[i];
    return NULL;
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
    const struct clv_unitd_unit *unit = *path == '/' ? find_unit(listing, path + 1) : NULL;
    return (struct target){.found = unit != NULL, .unit = unit, .missing = "No such hsm_id."};
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
    const char *method = target.unit ? "POST" : "GET";
    if (strcmp(request->method, method) != 0) {
        ret->allow = method;
        return refuse(405, "This path does not take this method.", ret, err);
    }
    if (!target.unit)
        return list_units(listing, ret, err);
    return post_message(vault, listing, target.unit, request->body, ret, err);
}
