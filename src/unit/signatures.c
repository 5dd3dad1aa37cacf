/* Signatures of one command that a signing service has to give: a command is put together twice.
 * The first time it shows what is to be signed, which is fetched without anybody waiting; the
 * second time every signature is at hand. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- what is at hand ------------------------------------------------------------------------ */

static struct clv_signature *find(struct clv_signatures *s, const struct clv_ep11_signer *signer,
                                  struct clv_view message)
{
    for (size_t i = 0; i < s->num; i++) {
        struct clv_signature *item = &s->item[i];
        if (memcmp(item->signer->ski, signer->ski, CLV_SKI_LEN) == 0 &&
            item->message_len == message.len &&
            memcmp(item->message, message.data, message.len) == 0)
            return item;
    }
    return NULL;
}

static clv_status want(struct clv_signatures *s, const struct clv_ep11_signer *signer,
                       struct clv_view message, struct clv_error *err)
{
    if (s->num == CLV_SIGNATURES_MAX)
        return clv_fail(err, CLV_E_INTERNAL, "more than %d signatures for one command",
                        CLV_SIGNATURES_MAX);
    uint8_t *copy = malloc(message.len + 1);
    if (copy == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for what is to be signed");
    memcpy(copy, message.data, message.len);
    s->item[s->num++] =
        (struct clv_signature){.signer = signer, .message = copy, .message_len = message.len};
    return CLV_OK;
}

/* A signer that has signed already. */
static clv_status give(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                       size_t *ret_len, struct clv_error *err)
{
    const struct clv_signature *item = ctx;
    (void)message;
    if (item->len > cap)
        return clv_fail(err, CLV_E_INTERNAL, "no room for a signature");
    memcpy(sig, item->bytes, item->len);
    *ret_len = item->len;
    return CLV_OK;
}

clv_status clv_signatures_put(struct clv_signatures *s, struct clv_writer *w,
                              const struct clv_ep11_signer *signer, struct clv_view message,
                              struct clv_error *err)
{
    if (s == NULL || clv_signing_key_of(signer) == NULL)
        return clv_ep11_sign(w, signer, 1, message, err);
    struct clv_signature *item = find(s, signer, message);
    if (item == NULL)
        return want(s, signer, message, err);
    if (item->len == 0)
        return CLV_OK;
    struct clv_ep11_signer signed_before = *signer;
    signed_before.sign = give;
    signed_before.ctx = item;
    return clv_ep11_sign(w, &signed_before, 1, message, err);
}

/* s->num: none. */
static size_t first_missing(const struct clv_signatures *s)
{
    size_t i = 0;
    while (i < s->num && s->item[i].len > 0)
        i++;
    return i;
}

bool clv_signatures_complete(const struct clv_signatures *s)
{
    return first_missing(s) == s->num;
}

struct clv_signing_key *clv_signatures_awaited(const struct clv_signatures *s)
{
    size_t i = first_missing(s);
    return i == s->num ? NULL : clv_signing_key_of(s->item[i].signer);
}

void clv_signatures_clear(struct clv_signatures *s)
{
    for (size_t i = 0; i < s->num; i++)
        free(s->item[i].message);
    s->num = 0;
}

/* ---- fetching them -------------------------------------------------------------------------- */

clv_status clv_signatures_ask(struct clv_job *job, struct clv_error *err)
{
    const struct clv_signature *item = &job->signatures.item[first_missing(&job->signatures)];
    struct clv_signing_key *key = clv_signing_key_of(item->signer);
    clv_writer_clear(&job->body);
    clv_status status =
        clv_signing_body(&job->body, clv_view_of(item->message, item->message_len), err);
    if (status == CLV_OK)
        status = clv_signing_start(key, &job->fleet->transport, (const char *)job->body.data,
                                   &job->exchange, err);
    if (status == CLV_OK)
        job->signature_due_ms = clv_now_ms(job->fleet->config.clock) + clv_signing_patience_ms(key);
    return status;
}

clv_status clv_signatures_look(struct clv_job *job, bool *ret_there, struct clv_error *err)
{
    struct clv_signature *item = &job->signatures.item[first_missing(&job->signatures)];
    struct clv_signing_key *key = clv_signing_key_of(item->signer);
    struct clv_view answer = {0};
    bool pending = false;
    clv_status status =
        clv_signing_settle(key, &job->fleet->transport, job->exchange, &pending, &answer, err);
    if (status == CLV_OK && pending) {
        *ret_there = false;
        return clv_now_ms(job->fleet->config.clock) < job->signature_due_ms
                   ? CLV_OK
                   : clv_signing_too_late(key, err);
    }
    if (status == CLV_OK)
        status = clv_signing_take(key, answer, clv_view_of(item->message, item->message_len),
                                  item->bytes, sizeof item->bytes, &item->len, err);
    if (status == CLV_OK)
        *ret_there = true;
    return status;
}
