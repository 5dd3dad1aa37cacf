#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- asking --------------------------------------------------------------------------------- */

static void domain_id_of(const struct clv_session *session, const struct clv_ask *ask,
                         uint8_t ret[CLV_EP11_DOMAIN_ID_LEN])
{
    memset(ret, 0, CLV_EP11_DOMAIN_ID_LEN);
    if (ask->module_level)
        return;
    for (int i = 0; i < 4; i++)
        ret[i] = (uint8_t)(session->domain >> (24 - 8 * i));
    if (ask->counter != NULL)
        memcpy(ret + 4, session->domain_id + 4, 4);
}

static void block_encode(struct clv_writer *w, const struct clv_session *session,
                         const struct clv_ask *ask)
{
    struct clv_ep11_admin_block block = {.command = ask->command, .input = ask->input};
    domain_id_of(session, ask, block.domain_id);
    if (ask->counter != NULL) {
        block.module_id = clv_view_of(session->identity.module_id, CLV_EP11_MODULE_ID_LEN);
        block.counter = clv_view_of(ask->counter, CLV_EP11_COUNTER_LEN);
    }
    clv_ep11_admin_block_encode(w, &block);
}

static clv_status admin_encode(struct clv_writer *w, const struct clv_session *session,
                               const struct clv_ask *ask, struct clv_error *err)
{
    struct clv_writer block = {0}, signatures = {0};
    block_encode(&block, session, ask);
    clv_status status = clv_writer_done(&block, err);
    for (size_t i = 0; status == CLV_OK && i < ask->num_signers; i++)
        status = clv_signatures_put(ask->signatures, &signatures, ask->signers[i],
                                    clv_writer_view(&block), err);
    if (status == CLV_OK)
        status = clv_writer_done(&signatures, err);
    if (status == CLV_OK) {
        clv_ep11_admin_request_encode(
            w, &(struct clv_ep11_admin_request){.function = CLV_ADMIN_FUNCTION,
                                                .domain = session->domain,
                                                .block = clv_writer_view(&block),
                                                .signatures = clv_writer_view(&signatures)});
        status = clv_writer_done(w, err);
    }
    clv_writer_clear(&block);
    clv_writer_clear(&signatures);
    return status;
}

clv_status clv_request_encode(struct clv_writer *w, const struct clv_session *session,
                              const struct clv_ask *ask, struct clv_error *err)
{
    if (ask->info_type == 0)
        return admin_encode(w, session, ask, err);
    clv_ep11_info_request_encode(w, &(struct clv_ep11_info_request){.function = CLV_INFO_FUNCTION,
                                                                    .domain = session->domain,
                                                                    .type = ask->info_type});
    return clv_writer_done(w, err);
}

clv_status clv_body_encode(struct clv_writer *w, const struct clv_session *session,
                           const struct clv_ask *ask, struct clv_error *err)
{
    struct clv_writer payload = {0}, htp = {0};
    clv_status status = clv_request_encode(&payload, session, ask, err);
    if (status == CLV_OK)
        status = clv_ep11_htp_request_encode(&htp, session->module_index, session->domain,
                                             clv_writer_view(&payload), err);
    if (status == CLV_OK)
        status = clv_ep11_rest_request_encode(w, clv_writer_view(&htp), err);
    clv_write_u8(w, 0); /* the transport takes text */
    if (status == CLV_OK)
        status = clv_writer_done(w, err);
    clv_writer_clear(&payload);
    clv_writer_clear(&htp);
    return status;
}

/* ---- reading the answer --------------------------------------------------------------------- */

void clv_answer_clear(struct clv_answer *answer)
{
    free(answer->payload);
    *answer = (struct clv_answer){0};
}

/* Whatever made an answer unreadable, to the fleet it is doubt: the request did go out. */
static clv_status unreadable(struct clv_error *err)
{
    struct clv_error inner = *err;
    (void)clv_fail(err, CLV_E_DOUBT, "the answer cannot be read: %s", inner.fact);
    return CLV_E_DOUBT;
}

static clv_status unwrap(const struct clv_session *session, struct clv_view body,
                         struct clv_answer *answer, struct clv_error *err)
{
    char *text = NULL;
    size_t len = 0;
    uint32_t domain = 0;
    if (clv_ep11_rest_response_decode(body, &text, &len, err) != CLV_OK)
        return unreadable(err);
    clv_status status = clv_ep11_htp_response_decode(clv_view_of(text, len), &domain,
                                                     &answer->payload, &answer->payload_len, err);
    free(text);
    if (status == CLV_E_UNIT) {
        err->code = CLV_E_DOUBT; /* the service in front of the module, unsigned */
        return CLV_E_DOUBT;
    }
    if (status != CLV_OK)
        return unreadable(err);
    if (domain != session->domain)
        return clv_fail(err, CLV_E_UNTRUSTED, "the answer comes from domain %u, not from domain %u",
                        domain, session->domain);
    return CLV_OK;
}

/* The API ordinal in the upper half may differ: only the function is compared. */
static clv_status envelope_check(const struct clv_session *session, uint32_t function,
                                 uint32_t expected, uint32_t domain, uint32_t return_value,
                                 struct clv_error *err)
{
    if ((function & 0xffff) != (expected & 0xffff) || domain != session->domain)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the answer belongs to another question (function %u, domain %u)",
                        function & 0xffff, domain);
    if (return_value != 0)
        return clv_fail(err, CLV_E_UNTRUSTED, "refused without a signature: %s",
                        clv_ep11_code_text(return_value, CLV_EP11_NO_REASON));
    return CLV_OK;
}

static clv_status admin_decode(const struct clv_session *session, struct clv_view payload,
                               struct clv_answer *answer, struct clv_error *err)
{
    struct clv_ep11_response *rsp = &answer->response;
    if (clv_ep11_response_decode(payload, rsp, err) != CLV_OK)
        return unreadable(err);
    clv_status status = envelope_check(session, rsp->function, CLV_ADMIN_FUNCTION, rsp->domain,
                                       rsp->return_value, err);
    if (status != CLV_OK)
        return status;
    if (clv_ep11_response_block_decode(rsp->block, &answer->block, err) != CLV_OK)
        return unreadable(err);
    return CLV_OK;
}

static clv_status info_decode(const struct clv_session *session, struct clv_view payload,
                              struct clv_answer *answer, struct clv_error *err)
{
    struct clv_ep11_info_response info;
    if (clv_ep11_info_response_decode(payload, &info, err) != CLV_OK)
        return unreadable(err);
    answer->info = info.payload;
    return envelope_check(session, info.function, CLV_INFO_FUNCTION, info.domain, info.return_value,
                          err);
}

clv_status clv_answer_decode(const struct clv_session *session, const struct clv_ask *ask,
                             long http_status, struct clv_view body, struct clv_answer *ret,
                             struct clv_error *err)
{
    struct clv_answer answer = {0};
    if (http_status < 200 || http_status >= 300)
        return clv_http_failed(CLV_E_DOUBT, http_status, body, err);
    clv_status status = unwrap(session, body, &answer, err);
    if (status == CLV_OK) {
        struct clv_view payload = clv_view_of(answer.payload, answer.payload_len);
        status = ask->info_type == 0 ? admin_decode(session, payload, &answer, err)
                                     : info_decode(session, payload, &answer, err);
    }
    if (status != CLV_OK) {
        clv_answer_clear(&answer);
        return status;
    }
    *ret = answer;
    return CLV_OK;
}

/* ---- believing it --------------------------------------------------------------------------- */

clv_status clv_answer_verify(const struct clv_answer *answer,
                             const uint8_t point[CLV_P521_POINT_LEN], struct clv_error *err)
{
    if (clv_ep11_device_signature_verify(answer->response.signatures, point, answer->response.block,
                                         NULL) == CLV_OK)
        return CLV_OK;
    return clv_fail(err, CLV_E_UNTRUSTED, "the answer is not signed by the unit's device key");
}

static bool of_this_domain(const struct clv_session *session, const struct clv_ask *ask,
                           const uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN])
{
    static const uint8_t module_level[CLV_EP11_DOMAIN_ID_LEN];
    if (ask->module_level && memcmp(domain_id, module_level, sizeof module_level) == 0)
        return true;
    return clv_domain_index(domain_id) == session->domain;
}

clv_status clv_answer_bind(const struct clv_session *session, const struct clv_ask *ask,
                           const struct clv_answer *answer,
                           const uint8_t module_id[CLV_EP11_MODULE_ID_LEN], struct clv_error *err)
{
    const struct clv_ep11_response_block *block = &answer->block;
    if (block->command != ask->command)
        return clv_fail(err, CLV_E_UNTRUSTED, "old or foreign answer: it is for %s, not for %s",
                        clv_ep11_command_name(block->command), clv_ep11_command_name(ask->command));
    if (memcmp(block->module_id, module_id, CLV_EP11_MODULE_ID_LEN) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED, "old or foreign answer: another crypto module");
    if (!of_this_domain(session, ask, block->domain_id))
        return clv_fail(err, CLV_E_UNTRUSTED, "old or foreign answer: from domain %u, not %u",
                        clv_domain_index(block->domain_id), session->domain);
    return CLV_OK;
}

static clv_status fresh_command(const struct clv_ask *ask,
                                const struct clv_ep11_response_block *block, struct clv_error *err)
{
    if (ask->counter == NULL || block->return_code != 0 ||
        clv_ep11_counter_compare(block->counter, ask->counter) == 0)
        return CLV_OK;
    return clv_fail(err, CLV_E_UNTRUSTED,
                    "old or foreign answer: it does not carry the transaction counter we sent");
}

clv_status clv_answer_fresh(struct clv_session *session, const struct clv_ask *ask,
                            const struct clv_answer *answer, struct clv_error *err)
{
    const struct clv_ep11_response_block *block = &answer->block;
    if (ask->module_level)
        return CLV_OK; /* may show another life: says nothing about this domain */

    bool same_life = memcmp(block->domain_id, session->domain_id, CLV_EP11_DOMAIN_ID_LEN) == 0;
    bool new_life_is_ours =
        session->zeroize_open || (ask->command == CLV_EP11_ZEROIZE && block->return_code == 0);
    if (session->seen && !same_life && !new_life_is_ours)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the answer is from another life of the domain: it was zeroized by "
                        "somebody else, or the answer is old");
    if (session->seen && same_life &&
        clv_ep11_counter_compare(block->counter, session->counter) < 0)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "old or foreign answer: its transaction counter is lower than one seen "
                        "before");
    if (!session->seen || same_life) {
        clv_status status = fresh_command(ask, block, err);
        if (status != CLV_OK)
            return status;
    }
    session->seen = true;
    if (!same_life || clv_ep11_counter_compare(block->counter, session->zeroize_counter) >= 0)
        session->zeroize_open = false;
    memcpy(session->domain_id, block->domain_id, CLV_EP11_DOMAIN_ID_LEN);
    memcpy(session->counter, block->counter, CLV_EP11_COUNTER_LEN);
    return CLV_OK;
}
