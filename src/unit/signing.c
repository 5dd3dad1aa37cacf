/* One request at a time to a signing service, over the same transport as to the units. */
#include "claviger/unit/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TIMEOUT_MS 10000
#define GRACE_MS 50 /* the transport's own deadline comes first: it knows more */

struct clv_signing {
    char *url, *ca_file;
    int timeout_ms;
    const struct clv_clock *clock;
    struct clv_transport transport;
    bool own_transport;
};

/* ---- life ----------------------------------------------------------------------------------- */

/* A token in the clear is for this machine only. */
static bool may_carry_tokens(const char *url)
{
    static const char *const starts[] = {"https://", "http://127.0.0.1", "http://[::1]",
                                         "http://localhost"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        size_t len = strlen(starts[i]);
        if (strncmp(url, starts[i], len) != 0)
            continue;
        return i == 0 ? url[len] != '\0' : url[len] == '\0' || url[len] == ':' || url[len] == '/';
    }
    return false;
}

static clv_status url_check(const char *url, struct clv_error *err)
{
    if (url == NULL || url[0] == '\0')
        return clv_fail(err, CLV_E_INPUT, "the address of the signing service is not known");
    if (strpbrk(url, " @\"'\\?#") == NULL && may_carry_tokens(url))
        return CLV_OK;
    (void)clv_fail(err, CLV_E_INPUT, "the address of the signing service cannot be used");
    clv_hint(err,
             "It begins with https://, or with http:// on this machine (127.0.0.1, localhost).");
    return CLV_E_INPUT;
}

static char *without_last_slash(const char *url)
{
    size_t len = strlen(url);
    while (len > 0 && url[len - 1] == '/')
        len--;
    return strndup(url, len);
}

static void dispose(struct clv_signing *s)
{
    free(s->url);
    free(s->ca_file);
    free(s);
}

clv_status clv_signing_new(const struct clv_signing_config *config, struct clv_signing **ret,
                           struct clv_error *err)
{
    clv_status status = url_check(config->url, err);
    if (status != CLV_OK)
        return status;
    struct clv_signing *s = calloc(1, sizeof *s);
    if (s == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the signing service");
    s->url = without_last_slash(config->url);
    s->ca_file = config->ca_file != NULL ? strdup(config->ca_file) : NULL;
    if (s->url == NULL || (config->ca_file != NULL && s->ca_file == NULL))
        status = clv_fail(err, CLV_E_MEMORY, "no memory for the signing service");
    s->timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS;
    s->clock = config->clock != NULL ? config->clock : clv_clock_system();
    s->own_transport = config->transport == NULL;
    if (config->transport != NULL)
        s->transport = *config->transport;
    else if (status == CLV_OK)
        status = clv_transport_new(&s->transport, err);
    if (status != CLV_OK) {
        dispose(s);
        return status;
    }
    *ret = s;
    return CLV_OK;
}

void clv_signing_free(struct clv_signing **service)
{
    struct clv_signing *s = *service;
    if (s == NULL)
        return;
    if (s->own_transport)
        clv_transport_free(&s->transport);
    dispose(s);
    *service = NULL;
}

/* ---- one request ----------------------------------------------------------------------------- */

static clv_status while_asking(const struct clv_signing_key *key, clv_status status,
                               struct clv_error *err)
{
    return clv_while(err, status, "asking the signing service for %s", key->name);
}

static clv_status start(struct clv_signing_key *key, struct clv_transport *transport,
                        const char *action, const char *body, struct clv_exchange **ret,
                        struct clv_error *err)
{
    char path[CLV_EP11_SIGNING_NAME_MAX + 10];
    snprintf(path, sizeof path, "/%s/%s", action, key->name);
    key->token_refused = false;
    return while_asking(key,
                        transport->start(transport->ctx, &key->as_service, path, body,
                                         key->service->timeout_ms, ret, err),
                        err);
}

static clv_status unreachable(const char *what, const char *why, struct clv_error *err)
{
    (void)clv_fail(err, CLV_E_IO, "%s: %s", what, why);
    clv_hint(err, "Check that the signing service runs and can be reached from here; then ask it "
                  "again.");
    return CLV_E_IO;
}

static clv_status answered(struct clv_signing_key *key, long http_status, struct clv_view body,
                           struct clv_error *err)
{
    if (http_status >= 200 && http_status < 300)
        return CLV_OK;
    key->token_refused = http_status == CLV_HTTP_UNAUTHORIZED;
    (void)clv_http_failed(CLV_E_UNIT, http_status, body, err);
    if (http_status == 404)
        clv_hint(err, "Check the name of the key and the address of the signing service.");
    return CLV_E_UNIT;
}

clv_status clv_signing_settle(struct clv_signing_key *key, const struct clv_transport *transport,
                              const struct clv_exchange *x, bool *ret_pending,
                              struct clv_view *ret_body, struct clv_error *err)
{
    long http_status = 0;
    const char *why = "";
    clv_status status = CLV_OK;
    switch (transport->state(x, &http_status, ret_body, &why)) {
    case CLV_EXCHANGE_PENDING:
        *ret_pending = true;
        return CLV_OK;
    case CLV_EXCHANGE_NOT_SENT:
        status = unreachable("the signing service cannot be reached", why, err);
        break;
    case CLV_EXCHANGE_BROKEN:
        status = unreachable("no whole answer of the signing service", why, err);
        break;
    case CLV_EXCHANGE_ANSWERED:
        status = answered(key, http_status, *ret_body, err);
        break;
    }
    *ret_pending = false;
    return while_asking(key, status, err);
}

int clv_signing_patience_ms(const struct clv_signing_key *key)
{
    return key->service->timeout_ms + GRACE_MS;
}

clv_status clv_signing_too_late(const struct clv_signing_key *key, struct clv_error *err)
{
    return while_asking(key,
                        clv_fail(err, CLV_E_TIMEOUT, "no answer of the signing service within %d s",
                                 key->service->timeout_ms / 1000),
                        err);
}

/* Waits, driving the service's own transport. The body of the answer dies with the exchange. */
static clv_status wait_for(struct clv_signing_key *key, const struct clv_exchange *x,
                           struct clv_view *ret_body, struct clv_error *err)
{
    struct clv_signing *s = key->service;
    int64_t deadline_ms = clv_now_ms(s->clock) + clv_signing_patience_ms(key);
    bool pending = false;
    for (;;) {
        clv_status status = clv_signing_settle(key, &s->transport, x, &pending, ret_body, err);
        if (status != CLV_OK || !pending)
            return status;
        if (clv_now_ms(s->clock) >= deadline_ms)
            return clv_signing_too_late(key, err);
        s->transport.poll(s->transport.ctx, CLV_TICK_MS);
    }
}

/* ---- the public key -------------------------------------------------------------------------- */

clv_status clv_signing_key_fetch(struct clv_signing_key *key, struct clv_error *err)
{
    struct clv_transport *transport = &key->service->transport;
    struct clv_exchange *x = NULL;
    struct clv_view body = {0};
    uint8_t point[CLV_P521_POINT_LEN];
    if (!clv_ep11_signing_name_ok(key->name))
        return clv_fail(err, CLV_E_INPUT,
                        "a key of a signing service has letters, digits and -._~ in its name");
    key->as_service = (struct clv_service){.name = key->name,
                                           .endpoint = key->service->url,
                                           .instance_id = "",
                                           .token = key->token,
                                           .ca_file = key->service->ca_file};
    clv_status status = start(key, transport, "keys", NULL, &x, err);
    if (status == CLV_OK)
        status = wait_for(key, x, &body, err);
    if (status == CLV_OK)
        status = while_asking(key, clv_ep11_signing_public_decode(body, point, err), err);
    if (x != NULL)
        transport->close(transport->ctx, &x);
    if (status != CLV_OK)
        return status;
    memcpy(key->point, point, sizeof point);
    clv_sha256(point, sizeof point, key->ski);
    return CLV_OK;
}

/* ---- signatures ------------------------------------------------------------------------------ */

clv_status clv_signing_body(struct clv_writer *w, struct clv_view message, struct clv_error *err)
{
    clv_status status = clv_ep11_signing_request_encode(w, message, err);
    clv_write_u8(w, 0); /* the transport takes text */
    return status == CLV_OK ? clv_writer_done(w, err) : status;
}

clv_status clv_signing_start(struct clv_signing_key *key, struct clv_transport *transport,
                             const char *body, struct clv_exchange **ret, struct clv_error *err)
{
    key->as_service.token = key->token; /* another one, perhaps */
    return start(key, transport, "sign", body, ret, err);
}

clv_status clv_signing_take(struct clv_signing_key *key, struct clv_view body,
                            struct clv_view message, uint8_t *sig, size_t cap, size_t *ret_len,
                            struct clv_error *err)
{
    uint8_t digest[CLV_SHA512_LEN];
    size_t len = 0;
    clv_status status =
        while_asking(key, clv_ep11_signing_signature_decode(body, sig, cap, &len, err), err);
    if (status != CLV_OK) {
        clv_hint(err, "Find out what answers at the address of the signing service.");
        return status;
    }
    clv_sha512(message.data, message.len, digest);
    if (clv_p521_verify(key->point, digest, sig, len, NULL) != CLV_OK) {
        (void)clv_fail(err, CLV_E_FORGED,
                       "the signing service's signature does not verify with the public key of %s",
                       key->name);
        clv_kept(err, "It was not sent to any crypto unit.");
        clv_hint(err, "Find out which key the service signs with before you ask it again.");
        return CLV_E_FORGED;
    }
    key->num_signatures++;
    *ret_len = len;
    return CLV_OK;
}

static clv_status sign(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                       size_t *ret_len, struct clv_error *err)
{
    struct clv_signing_key *key = ctx;
    struct clv_transport *transport = &key->service->transport;
    struct clv_exchange *x = NULL;
    struct clv_view answer = {0};
    struct clv_writer body = {0};
    clv_status status = clv_signing_body(&body, message, err);
    if (status == CLV_OK)
        status = clv_signing_start(key, transport, (const char *)body.data, &x, err);
    if (status == CLV_OK)
        status = wait_for(key, x, &answer, err);
    if (status == CLV_OK)
        status = clv_signing_take(key, answer, message, sig, cap, ret_len, err);
    if (x != NULL)
        transport->close(transport->ctx, &x);
    clv_writer_clear(&body);
    return status;
}

void clv_signing_signer(struct clv_signing_key *key, struct clv_ep11_signer *ret)
{
    *ret = (struct clv_ep11_signer){.algorithm = CLV_EP11_SIG_P521, .sign = sign, .ctx = key};
    memcpy(ret->ski, key->ski, CLV_SKI_LEN);
}

struct clv_signing_key *clv_signing_key_of(const struct clv_ep11_signer *signer)
{
    return signer->sign == sign ? signer->ctx : NULL;
}
