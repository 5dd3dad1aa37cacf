/* One request at a time to a signing service, over the same transport as to the units. */
#include "claviger/unit/signing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TIMEOUT_MS 10000

struct clv_signing {
    char *url;
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

clv_status clv_signing_new(const struct clv_signing_config *config, struct clv_signing **ret,
                           struct clv_error *err)
{
    clv_status status = url_check(config->url, err);
    if (status != CLV_OK)
        return status;
    struct clv_signing *s = calloc(1, sizeof *s);
    if (s != NULL)
        s->url = without_last_slash(config->url);
    if (s == NULL || s->url == NULL) {
        free(s);
        return clv_fail(err, CLV_E_MEMORY, "no memory for the signing service");
    }
    s->timeout_ms = config->timeout_ms > 0 ? config->timeout_ms : TIMEOUT_MS;
    s->clock = config->clock != NULL ? config->clock : clv_clock_system();
    s->own_transport = config->transport == NULL;
    if (config->transport != NULL)
        s->transport = *config->transport;
    else
        status = clv_transport_new(&s->transport, err);
    if (status != CLV_OK) {
        free(s->url);
        free(s);
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
    free(s->url);
    free(s);
    *service = NULL;
}

/* ---- one request ----------------------------------------------------------------------------- */

static clv_status wait_for(struct clv_signing *s, struct clv_exchange *x, struct clv_view *ret_body,
                           struct clv_error *err)
{
    int64_t deadline_ms = clv_now_ms(s->clock) + s->timeout_ms + 50;
    long http_status = 0;
    const char *why = "";
    for (;;) {
        switch (s->transport.state(x, &http_status, ret_body, &why)) {
        case CLV_EXCHANGE_NOT_SENT:
            return clv_fail(err, CLV_E_IO, "the signing service cannot be reached: %s", why);
        case CLV_EXCHANGE_BROKEN:
            return clv_fail(err, CLV_E_IO, "no whole answer of the signing service: %s", why);
        case CLV_EXCHANGE_ANSWERED:
            return http_status >= 200 && http_status < 300
                       ? CLV_OK
                       : clv_http_failed(CLV_E_UNIT, http_status, *ret_body, err);
        case CLV_EXCHANGE_PENDING:
            break;
        }
        if (clv_now_ms(s->clock) >= deadline_ms)
            return clv_fail(err, CLV_E_TIMEOUT, "no answer of the signing service within %d s",
                            s->timeout_ms / 1000);
        s->transport.poll(s->transport.ctx, CLV_TICK_MS);
    }
}

/* What is read from the body, before it dies with the exchange. */
struct taking {
    uint8_t *out;
    size_t cap, *ret_len;
};

static clv_status take(const struct taking *t, bool signature, struct clv_view body,
                       struct clv_error *err)
{
    return signature ? clv_ep11_signing_signature_decode(body, t->out, t->cap, t->ret_len, err)
                     : clv_ep11_signing_public_decode(body, t->out, err);
}

/* body NULL: the public key is asked for, else a signature. */
static clv_status ask(const struct clv_signing_key *key, const char *body, const struct taking *t,
                      struct clv_error *err)
{
    struct clv_signing *s = key->service;
    struct clv_exchange *x = NULL;
    struct clv_view answer = {0};
    char path[CLV_EP11_SIGNING_NAME_MAX + 10];
    snprintf(path, sizeof path, "/%s/%s", body == NULL ? "keys" : "sign", key->name);
    clv_status status =
        s->transport.start(s->transport.ctx, &key->as_service, path, body, s->timeout_ms, &x, err);
    if (status == CLV_OK)
        status = wait_for(s, x, &answer, err);
    if (status == CLV_OK)
        status = take(t, body != NULL, answer, err);
    if (x != NULL)
        s->transport.close(s->transport.ctx, &x);
    return clv_while(err, status, "asking the signing service for %s", key->name);
}

clv_status clv_signing_key_fetch(struct clv_signing_key *key, struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    const struct taking t = {.out = point, .cap = sizeof point};
    if (!clv_ep11_signing_name_ok(key->name))
        return clv_fail(err, CLV_E_INPUT,
                        "a key of a signing service has letters, digits and -._~ "
                        "in its name");
    key->as_service = (struct clv_service){
        .name = key->name, .endpoint = key->service->url, .instance_id = "", .token = key->token};
    clv_status status = ask(key, NULL, &t, err);
    if (status != CLV_OK)
        return status;
    memcpy(key->point, point, sizeof point);
    clv_sha256(point, sizeof point, key->ski);
    return CLV_OK;
}

/* ---- signatures ------------------------------------------------------------------------------ */

static clv_status sign(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                       size_t *ret_len, struct clv_error *err)
{
    const struct clv_signing_key *key = ctx;
    uint8_t digest[CLV_SHA512_LEN];
    size_t len = 0;
    const struct taking t = {.out = sig, .cap = cap, .ret_len = &len};
    struct clv_writer body = {0};
    clv_status status = clv_ep11_signing_request_encode(&body, message, err);
    clv_write_u8(&body, 0); /* the transport takes text */
    if (status == CLV_OK)
        status = clv_writer_done(&body, err);
    if (status == CLV_OK)
        status = ask(key, (const char *)body.data, &t, err);
    clv_writer_clear(&body);
    if (status != CLV_OK)
        return status;
    clv_sha512(message.data, message.len, digest);
    if (clv_p521_verify(key->point, digest, sig, len, NULL) != CLV_OK) {
        (void)clv_fail(err, CLV_E_FORGED,
                       "the signing service's signature does not verify with the public key of %s",
                       key->name);
        clv_kept(err, "Nothing was sent to any crypto unit.");
        return CLV_E_FORGED;
    }
    *ret_len = len;
    return CLV_OK;
}

void clv_signing_signer(struct clv_signing_key *key, struct clv_ep11_signer *ret)
{
    *ret = (struct clv_ep11_signer){.algorithm = CLV_EP11_SIG_P521, .sign = sign, .ctx = key};
    memcpy(ret->ski, key->ski, CLV_SKI_LEN);
}
