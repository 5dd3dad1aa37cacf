/* The JSON around an HTP string (docs/protocol.md, b.14). */
#include "internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static clv_status encode(struct clv_writer *w, const char *member, struct clv_view htp,
                         struct clv_error *err)
{
    char *text = NULL;
    json_t *root = json_object();
    json_t *value = json_stringn((const char *)htp.data, htp.len);
    if (json_object_set_new(root, member, value) == 0)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (!text)
        return clv_fail(err, CLV_E_FORMAT, "the message is not text");
    clv_write_text(w, text);
    free(text);
    return clv_writer_done(w, err);
}

/* An object whose members are all text, and this one among them and not empty. */
static const char *member_of(json_t *root, const char *member)
{
    const char *key;
    json_t *value;
    json_object_foreach(root, key, value) if (!json_is_string(value)) return NULL;
    const char *text = json_string_value(json_object_get(root, member));
    return text && text[0] ? text : NULL;
}

static clv_status decode(struct clv_view body, const char *member, char **ret_htp, size_t *ret_len,
                         struct clv_error *err)
{
    json_error_t why;
    if (body.len > CLV_EP11_REST_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a body of %zu bytes is too long", body.len);
    json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &why);
    const char *text = member_of(root, member);
    char *copy = text ? strdup(text) : NULL;
    json_decref(root);
    if (!text)
        return clv_fail(err, CLV_E_FORMAT, "not a JSON object of text with a \"%s\"", member);
    if (!copy)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a message");
    *ret_len = strlen(copy);
    *ret_htp = copy;
    return CLV_OK;
}

clv_status clv_ep11_rest_request_encode(struct clv_writer *w, struct clv_view htp,
                                        struct clv_error *err)
{
    return encode(w, "request", htp, err);
}

clv_status clv_ep11_rest_request_decode(struct clv_view body, char **ret_htp, size_t *ret_len,
                                        struct clv_error *err)
{
    return clv_while(err, decode(body, "request", ret_htp, ret_len, err),
                     "reading the body of a request");
}

clv_status clv_ep11_rest_response_encode(struct clv_writer *w, struct clv_view htp,
                                         struct clv_error *err)
{
    return encode(w, "response", htp, err);
}

clv_status clv_ep11_rest_response_decode(struct clv_view body, char **ret_htp, size_t *ret_len,
                                         struct clv_error *err)
{
    return clv_while(err, decode(body, "response", ret_htp, ret_len, err),
                     "reading the body of an answer");
}
