/* Taking answers apart and putting them together again. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

void reply_open(const struct reply *reply, struct opened *ret)
{
    char *htp = NULL;
    size_t htp_len = 0;
    *ret = (struct opened){0};
    cr_assert_eq(clv_ep11_rest_response_decode(clv_view_of(reply->body, reply->body_len), &htp,
                                               &htp_len, NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_htp_response_decode(clv_view_of(htp, htp_len), &ret->domain,
                                              &ret->payload, &ret->len, NULL),
                 CLV_OK);
    free(htp);
    if (clv_ep11_response_decode(clv_view_of(ret->payload, ret->len), &ret->response, NULL) !=
        CLV_OK)
        return; /* information has another shape */
    cr_assert_eq(clv_ep11_response_block_decode(ret->response.block, &ret->block, NULL), CLV_OK);
}

void opened_clear(struct opened *o)
{
    free(o->payload);
    *o = (struct opened){0};
}

void reply_set_text(struct reply *reply, const char *text)
{
    free(reply->body);
    reply->body = strdup(text);
    reply->body_len = strlen(text);
}

void reply_set_payload(struct reply *reply, uint32_t domain, const void *payload, size_t len)
{
    struct clv_writer htp = {0}, body = {0};
    cr_assert_eq(clv_ep11_htp_response_encode(&htp, domain, clv_view_of(payload, len), NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_rest_response_encode(&body, clv_writer_view(&htp), NULL), CLV_OK);
    clv_write_u8(&body, 0);
    reply_set_text(reply, (const char *)body.data);
    clv_writer_clear(&htp);
    clv_writer_clear(&body);
}

void reply_set_block(struct reply *reply, struct opened *o, const struct clv_secret *scalar)
{
    struct clv_writer block = {0}, signatures = {0}, payload = {0};
    struct clv_ep11_response response = o->response;
    clv_ep11_response_block_encode(&block, &o->block);
    response.block = clv_writer_view(&block);
    if (scalar != NULL) {
        struct clv_ep11_signer signer;
        cr_assert_eq(clv_ep11_signer_p521(scalar, &signer, NULL), CLV_OK);
        cr_assert_eq(clv_ep11_sign(&signatures, &signer, 1, response.block, NULL), CLV_OK);
        response.signatures = clv_writer_view(&signatures);
    }
    clv_ep11_response_encode(&payload, &response);
    reply_set_payload(reply, o->domain, payload.data, payload.len);
    clv_writer_clear(&block);
    clv_writer_clear(&signatures);
    clv_writer_clear(&payload);
}
