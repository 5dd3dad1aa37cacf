/* REST without sockets: one HTTP request in, one HTTP reply out. Holds no key; what reaches the
 * vault is a payload, a module index and a domain. source  docs/protocol.md b.13, b.14 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "claviger/unitd.h"
#include "gzip.h"

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
    if (status == CLV_OK && reply.cut_short && ret->body)
        ret->body[strlen(ret->body) / 2] = '\0';
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

/* ---- compressed bodies ---- */

/* The body as the client meant it: *ret borrows from the request or from unpacked. Leaves
 * reply->status at 0 when the request may go on. */
static clv_status unpack(const struct clv_unitd_http_request *request, struct clv_writer *unpacked,
                         struct clv_view *ret, struct clv_unitd_http_reply *reply,
                         struct clv_error *err)
{
    const char *encoding = request->content_encoding;
    *ret = request->body;
    if (!encoding || strcasecmp(encoding, "identity") == 0)
        return CLV_OK;
    if (strcasecmp(encoding, "gzip") != 0 && strcasecmp(encoding, "x-gzip") != 0) {
        reply->header.name = "Accept-Encoding"; /* RFC 9110 section 12.5.3 */
        reply->header.value = "gzip";
        return refuse(415, "A body may be compressed with gzip, and not otherwise.", reply, err);
    }
    if (gzip_open(request->body, CLV_EP11_REST_MAX, unpacked, NULL) != CLV_OK)
        return refuse(400, "The body is not what gzip makes, or unpacks to too much.", reply, err);
    *ret = clv_writer_view(unpacked);
    return CLV_OK;
}

static clv_status post_body(struct clv_unitd_vault *vault, const struct clv_unitd_listing *listing,
                            uint32_t unit_domain, const struct clv_unitd_http_request *request,
                            struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    struct clv_writer unpacked = {0};
    struct clv_view body;
    clv_status status = unpack(request, &unpacked, &body, ret, err);
    if (status == CLV_OK && ret->status == 0)
        status = post_message(vault, listing, unit_domain, body, ret, err);
    clv_writer_clear(&unpacked);
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

/* ---- tokens ---- */

/* RFC 6750 section 3 has the words of the challenges. */
/* clang-format off */
static const struct {
    const char *challenge, *message;
} access_words[] = {
    [CLV_UNITD_NO_TOKEN]      = { "Bearer", "The Authorization header is missing." },
    [CLV_UNITD_WRONG_TOKEN]   = { "Bearer error=\"invalid_token\"", "The token is not valid." },
    [CLV_UNITD_EXPIRED_TOKEN] = { "Bearer error=\"invalid_token\", "
                                  "error_description=\"The token has expired.\"",
                                  "The token has expired." },
};
/* clang-format on */

/* Leaves ret->status at 0 when the request may go on. */
static clv_status check_token(struct clv_unitd_token *token, const char *given,
                              struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    enum clv_unitd_access access = CLV_UNITD_GRANTED;
    if (!token)
        return CLV_OK;
    if (clv_unitd_token_judge(token, given, &access, &ret->trouble) != CLV_OK)
        return refuse(503, "The tokens cannot be checked.", ret, err);
    if (access == CLV_UNITD_GRANTED)
        return CLV_OK;
    ret->header.name = "WWW-Authenticate";
    ret->header.value = access_words[access].challenge;
    return refuse(401, access_words[access].message, ret, err);
}

clv_status clv_unitd_rest_answer(struct clv_unitd_vault *vault,
                                 const struct clv_unitd_listing *listing,
                                 struct clv_unitd_token *token,
                                 const struct clv_unitd_http_request *request,
                                 struct clv_unitd_http_reply *ret, struct clv_error *err)
{
    *ret = (struct clv_unitd_http_reply){0};
    clv_status status = check_token(token, request->authorization, ret, err);
    if (status != CLV_OK || ret->status != 0)
        return status;
    struct target target = find_target(listing, request->path);
    if (!target.found)
        return refuse(404, target.missing, ret, err);
    const char *method = target.is_unit ? "POST" : "GET";
    if (strcmp(request->method, method) != 0) {
        ret->header.name = "Allow";
        ret->header.value = method;
        return refuse(405, "This path does not take this method.", ret, err);
    }
    if (!target.is_unit)
        return list_units(listing, ret, err);
    return post_body(vault, listing, target.domain, request, ret, err);
}
