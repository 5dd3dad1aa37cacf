/* Who signs an order: open key files, and keys of the signing service. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

void close_signer(struct clv_conductor *c, unsigned slot)
{
    clv_sigkey_clear(&c->keys[slot - 1]);
    service_key_close(&c->service_keys[slot - 1]);
}

void close_all_signers(struct clv_conductor *c)
{
    for (unsigned slot = 1; slot <= CLV_MAX_SIGNERS; slot++)
        close_signer(c, slot);
}

static bool is_open(const struct clv_conductor *c, unsigned slot)
{
    return c->keys[slot - 1].key != NULL || c->service_keys[slot - 1].open;
}

static clv_status signer_of(struct clv_conductor *c, unsigned slot, struct clv_ep11_signer *ret,
                            struct clv_error *err)
{
    const struct clv_sigkey *key = &c->keys[slot - 1];
    if (c->service_keys[slot - 1].open) {
        clv_signing_signer(&c->service_keys[slot - 1].key, ret);
        return CLV_OK;
    }
    return key->type == CLV_SIGKEY_RSA ? clv_ep11_signer_rsa(key->key, ret, err)
                                       : clv_ep11_signer_p521(key->key, ret, err);
}

clv_status open_signers(struct clv_conductor *c, struct clv_ep11_signer *ret, size_t *ret_num,
                        struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned slot = 1; slot <= CLV_MAX_SIGNERS && st == CLV_OK; slot++)
        if (is_open(c, slot))
            st = signer_of(c, slot, &ret[(*ret_num)++], err);
    return st;
}

/* ---- when the service does not sign --------------------------------------------------------- */

static unsigned slot_of(const struct clv_conductor *c, const struct clv_signing_key *key)
{
    for (unsigned i = 0; i < CLV_MAX_SIGNERS; i++)
        if (key == &c->service_keys[i].key)
            return i + 1;
    return 0;
}

clv_status ask_signature(struct clv_conductor *c, struct clv_signing_key *key,
                         const struct clv_error *why, struct clv_error *err)
{
    const struct clv_choice choices[] = {
        {"again", "Ask the service again",
         key->token_refused ? "With another access token, if there is one." : NULL},
        {"without", "Send nothing that needs this signature",
         "The units are asked afterwards. A retry opens the key once more: from the service or "
         "from a key file."},
    };
    unsigned slot = slot_of(c, key);
    char text[2048], whose[CLV_NAME_MAX * 4 + 600];
    size_t choice = 0;
    struct clv_error shown = *why;
    clv_kept(&shown, "No command that needs this signature was sent.");
    clv_error_format(&shown, text, sizeof(text));
    snprintf(whose, sizeof(whose),
             "Signature key %u of %s: key %s of the signing service \"%s\". No deadline runs.",
             slot, seat_of(c, clv_ceremony_seat(c->ceremony, CLV_ROLE_SIGNER, slot))->name,
             key->name, c->config.site->signing.name);
    const char *lines[] = {text, whose};
    struct clv_question q = {.id = "signing.failed",
                             .title = "A signature is missing",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && choice == 0)
        return service_token_again(c, slot, why->fact, err);
    if (st != CLV_OK)
        return st;
    c->service_keys[slot - 1].given_up = true;
    return clv_fail(err, why->code, "%s", why->fact);
}

struct clv_event signatures_since(struct clv_conductor *c, enum clv_phase phase, unsigned slot)
{
    struct service_key *k = &c->service_keys[slot - 1];
    struct clv_event e = event_of(CLV_EVENT_SERVICE_SIGNED);
    char host[300];
    if (!k->open)
        return e;
    e.phase = phase;
    e.slot = slot;
    e.number = k->key.num_signatures - k->num_recorded;
    memcpy(e.digest, k->key.ski, sizeof(e.digest));
    SET(e.name, "%s", k->key.name);
    SET(e.text, "%s", service_host(c, host, sizeof(host)));
    k->num_recorded = k->key.num_signatures;
    return e;
}

static clv_status record_given_up(struct clv_conductor *c, unsigned slot, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_SIGNER_CLOSED);
    e.person = clv_ceremony_seat(c->ceremony, CLV_ROLE_SIGNER, slot);
    e.slot = slot;
    SET(e.text, "the signing service gave no signature");
    service_key_close(&c->service_keys[slot - 1]);
    return record(c, &e, err);
}

clv_status settle_services(struct clv_conductor *c, enum clv_phase phase, struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned slot = 1; st == CLV_OK && slot <= CLV_MAX_SIGNERS; slot++) {
        bool given_up = c->service_keys[slot - 1].given_up;
        struct clv_event e = signatures_since(c, phase, slot);
        if (e.number > 0)
            st = record(c, &e, err);
        if (st == CLV_OK && given_up)
            st = record_given_up(c, slot, err);
    }
    return st;
}

/* ---- an administrator's certificate, signed by the key itself ------------------------------- */

struct certificate {
    const char *name;
    struct clv_ep11_public_key public;
    struct clv_ep11_signer signer;
    struct clv_writer *w;
};

static clv_status do_certify(void *arg, struct clv_error *err)
{
    struct certificate *x = arg;
    clv_writer_clear(x->w);
    return clv_ep11_admin_cert_encode(x->w, x->name, &x->public, &x->signer, err);
}

static struct clv_ep11_public_key public_of(const struct clv_conductor *c, unsigned slot)
{
    const struct service_key *service = &c->service_keys[slot - 1];
    const struct clv_sigkey *key = &c->keys[slot - 1];
    if (service->open)
        return (struct clv_ep11_public_key){
            .type = CLV_EP11_KEY_P521,
            .bits = clv_view_of(service->key.point, sizeof(service->key.point))};
    if (key->type == CLV_SIGKEY_RSA)
        return (struct clv_ep11_public_key){
            .type = CLV_EP11_KEY_RSA, .bits = clv_view_of(key->rsa_public, key->rsa_public_len)};
    return (struct clv_ep11_public_key){.type = CLV_EP11_KEY_P521,
                                        .bits = clv_view_of(key->point, sizeof(key->point))};
}

/* *ret_there stays false when people gave the signature up. */
static clv_status certify_by_service(struct clv_conductor *c, unsigned slot, struct certificate *x,
                                     bool *ret_there, struct clv_error *err)
{
    struct service_key *k = &c->service_keys[slot - 1];
    clv_status st = CLV_OK;
    while (st == CLV_OK && !*ret_there && !k->given_up) {
        struct clv_error why = {0};
        st = work(c, "Asking the signing service for the administrator's certificate", 0,
                  do_certify, x, &why);
        *ret_there = st == CLV_OK;
        if (st == CLV_E_INTERRUPTED && err)
            *err = why;
        else if (st != CLV_OK)
            st = ask_signature(c, &k->key, &why, err);
    }
    return k->given_up ? CLV_OK : st;
}

clv_status admin_certificate(struct clv_conductor *c, unsigned slot, struct clv_writer *w,
                             bool *ret_there, struct clv_error *err)
{
    struct certificate x = {
        .name = c->ceremony->signers[slot - 1].name, .public = public_of(c, slot), .w = w};
    if (!is_open(c, slot))
        return CLV_OK;
    clv_status st = signer_of(c, slot, &x.signer, err);
    if (st == CLV_OK && c->service_keys[slot - 1].open)
        return certify_by_service(c, slot, &x, ret_there, err);
    if (st == CLV_OK)
        st = do_certify(&x, err);
    *ret_there = st == CLV_OK;
    return st;
}
