/* Signature keys that lie with the signing service of the site: found, shown, confirmed and used
 * once in their owner's turn. The service's answers count for nothing until a signature verifies.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

bool has_service(const struct clv_conductor *c)
{
    return c->config.site->signing.name != NULL;
}

const char *service_key_of(const char *file)
{
    size_t len = strlen(SERVICE_PREFIX);
    return file != NULL && strncmp(file, SERVICE_PREFIX, len) == 0 ? file + len : NULL;
}

const char *service_host(const struct clv_conductor *c, char *buf, size_t cap)
{
    const char *url = c->config.site->signing.url, *host = strstr(url, "://") + strlen("://");
    snprintf(buf, cap, "%.*s", (int)strcspn(host, "/"), host);
    return buf;
}

clv_status service_new(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_site_signing *site = &c->config.site->signing;
    if (!has_service(c))
        return CLV_OK;
    if (site->test != c->config.test_world) {
        (void)clv_fail(err, CLV_E_WORLD, "the signing service \"%s\" has keys for %s", site->name,
                       site->test ? "TEST units, and this is a production ceremony"
                                  : "production, and this is a rehearsal");
        clv_kept(err, "The service was asked for nothing.");
        clv_hint(err, "Name another service in the site file. \"test: true\" says that its keys "
                      "are for TEST units.");
        return CLV_E_WORLD;
    }
    const struct clv_signing_config config = {.url = site->url,
                                              .ca_file = site->ca_file,
                                              .timeout_ms = (int)site->seconds * 1000,
                                              .clock = c->config.clock};
    return clv_signing_new(&config, &c->signing, err);
}

void service_key_close(struct service_key *k)
{
    clv_secret_free(&k->token);
    memset(k, 0, sizeof(*k));
}

/* ---- which key ------------------------------------------------------------------------------ */

struct offer {
    struct clv_choice choice[CLV_SIGNING_MAX_KEYS + 1];
    char key[CLV_SIGNING_MAX_KEYS + 1][sizeof("key:") + CLV_EP11_SIGNING_NAME_MAX];
    char label[CLV_SIGNING_MAX_KEYS + 1][200];
    size_t num;
};

static void offer_key(struct offer *o, const struct clv_site_signing *site, const char *name)
{
    if (o->num > CLV_SIGNING_MAX_KEYS)
        return;
    snprintf(o->key[o->num], sizeof(o->key[0]), "key:%s", name);
    snprintf(o->label[o->num], sizeof(o->label[0]), "Key %s of the signing service \"%s\"", name,
             site->name);
    o->choice[o->num] = (struct clv_choice){o->key[o->num], o->label[o->num],
                                            "No key file, no password: the service signs."};
    o->num++;
}

static clv_status offer_keys(const struct clv_conductor *c, struct offer *o, struct clv_error *err)
{
    const struct clv_site_signing *site = &c->config.site->signing;
    struct clv_signing_entry *entries = NULL;
    size_t num = 0;
    clv_status st =
        site->keys_file ? clv_signing_keys_read(site->keys_file, &entries, &num, err) : CLV_OK;
    for (size_t i = 0; i < site->num_keys; i++)
        offer_key(o, site, site->keys[i]);
    for (size_t i = 0; i < num; i++)
        offer_key(o, site, entries[i].name);
    clv_signing_keys_free(&entries, num);
    return st;
}

clv_status ask_key_source(struct clv_conductor *c, const char *id, bool create,
                          char ret[CLV_EP11_SIGNING_NAME_MAX + 1], struct clv_error *err)
{
    struct offer *o = calloc(1, sizeof(*o));
    struct clv_error why = {0};
    char id_source[80];
    size_t choice = 0;
    if (o == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a list of keys");
    snprintf(id_source, sizeof(id_source), "%s.source", id);
    o->choice[o->num++] =
        (struct clv_choice){"file", create ? "A new key file, which I make now" : "A key file",
                            "Protected by a password that only I know."};
    const char *lines[] = {"Your signature key signs the orders to the crypto units.", why.fact};
    if (offer_keys(c, o, &why) != CLV_OK)
        tell(c, CLV_TONE_WARN, "The keys of the signing service are not known: %s", why.fact);
    struct clv_question q = {.id = id_source,
                             .title = "Your signature key",
                             .lines = lines,
                             .num_lines = why.code == CLV_OK ? 1 : 2,
                             .prompt = "Where is your signature key?",
                             .choices = o->choice,
                             .num_choices = o->num,
                             .may_deviate = true};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        snprintf(ret, CLV_EP11_SIGNING_NAME_MAX + 1, "%s",
                 choice == 0 ? "" : o->choice[choice].key + strlen("key:"));
    free(o);
    return st;
}

/* ---- asking the service --------------------------------------------------------------------- */

static clv_status do_fetch(void *arg, struct clv_error *err)
{
    return clv_signing_key_fetch(arg, err);
}

struct proof {
    struct clv_signing_key *key;
    uint8_t challenge[80];
};

/* Nothing that a unit would take for a command begins with these words. */
static void make_challenge(const struct clv_random *random, struct proof *p)
{
    static const char words[] = "claviger: proof that this key signs\n";
    memcpy(p->challenge, words, sizeof(words));
    clv_random_fill(random, p->challenge + sizeof(words), sizeof(p->challenge) - sizeof(words));
}

static clv_status do_prove(void *arg, struct clv_error *err)
{
    const struct proof *p = arg;
    struct clv_ep11_signer signer;
    uint8_t sig[CLV_P521_SIGNATURE_MAX];
    size_t len = 0;
    clv_signing_signer(p->key, &signer);
    return signer.sign(signer.ctx, clv_view_of(p->challenge, sizeof(p->challenge)), sig,
                       sizeof(sig), &len, err);
}

/* ---- what the owner sees -------------------------------------------------------------------- */

/* "Units 1, 2 have this key among their administrators." */
static void administrators_text(const struct clv_conductor *c, const uint8_t ski[CLV_SKI_LEN],
                                char *buf, size_t cap)
{
    size_t len = 0, num = 0;
    char list[200] = "";
    for (size_t i = 0; i < c->ceremony->num_units; i++) {
        const struct clv_unit_record *u = &c->ceremony->units[i];
        bool found = false;
        for (unsigned k = 0; u->known && k < u->observed.num_admins; k++)
            found = found || memcmp(u->observed.admin_ski[k], ski, CLV_SKI_LEN) == 0;
        if (!found)
            continue;
        num++;
        if (len < sizeof(list))
            len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%u", len ? ", " : "",
                                    u->number);
    }
    if (num == 0)
        snprintf(buf, cap, "No crypto unit has this key among its administrators yet.");
    else if (num == clv_ceremony_num_active(c->ceremony))
        snprintf(buf, cap, "All %zu crypto units have this key among their administrators.", num);
    else
        snprintf(buf, cap, "Crypto units that have this key among their administrators: %s.", list);
}

static clv_status confirm(struct clv_conductor *c, const char *id, const struct clv_signing_key *k,
                          struct clv_error *err)
{
    const struct clv_site_signing *site = &c->config.site->signing;
    char id_sign[80], phrase[sizeof("sign with ") + CLV_EP11_SIGNING_NAME_MAX];
    char from[500], key[100], hex[100], ski[120], known[300];
    snprintf(id_sign, sizeof(id_sign), "%s.sign", id);
    snprintf(phrase, sizeof(phrase), "sign with %s", k->name);
    snprintf(from, sizeof(from), "The signatures come from the signing service \"%s\" at %s.",
             site->name, site->url);
    snprintf(key, sizeof(key), "Key: %s", k->name);
    clv_hex_groups(k->ski, CLV_SKI_LEN, 4, hex, sizeof(hex));
    snprintf(ski, sizeof(ski), "SKI: %s", hex);
    administrators_text(c, k->ski, known, sizeof(known));
    const char *lines[] = {
        from,
        key,
        ski,
        known,
        "",
        "Compare the SKI with what you know of your key. The service signs each order that comes "
        "until the keys are closed, as an open key file would."};
    struct clv_question q = {.id = id_sign,
                             .title = "Your signature key signs through a service",
                             .lines = lines,
                             .num_lines = sizeof(lines) / sizeof(lines[0]),
                             .phrase = phrase,
                             .prompt = "Type the phrase",
                             .help = "The SKI is the SHA-256 of the public key. The crypto units "
                                     "list their administrators by it.",
                             .may_deviate = true};
    return ask_phrase(c, &q, err);
}

/* ---- one try -------------------------------------------------------------------------------- */

static clv_status check_same_key(const struct clv_conductor *c, const struct clv_task *task,
                                 const struct clv_signing_key *k, struct clv_error *err)
{
    const struct clv_signer_record *known = &c->ceremony->signers[task->slot - 1];
    if (!known->ready || memcmp(known->ski, k->ski, CLV_SKI_LEN) == 0)
        return CLV_OK;
    return clv_fail(err, CLV_E_MISMATCH,
                    "the signing service shows another key under the name %s than the one on "
                    "record",
                    k->name);
}

/* why: what kept the service from being used. Anything but CLV_OK: the people did not answer. */
static clv_status try_once(struct clv_conductor *c, const struct clv_task *task, const char *id,
                           struct service_key *k, const struct clv_secret *refused,
                           struct clv_error *why, struct clv_error *err)
{
    char title[120];
    struct proof proof = {.key = &k->key};
    clv_status st = service_token(c, id, k, refused, why, err);
    if (st != CLV_OK || why->code != CLV_OK)
        return st;
    snprintf(title, sizeof(title), "Asking the signing service for key %s", k->key.name);
    if (work(c, title, 0, do_fetch, &k->key, why) != CLV_OK ||
        check_same_key(c, task, &k->key, why) != CLV_OK)
        return CLV_OK;
    st = confirm(c, id, &k->key, err);
    if (st != CLV_OK)
        return st;
    make_challenge(c->config.random, &proof);
    (void)!work(c, "Asking the signing service for a first signature", 0, do_prove, &proof, why);
    return CLV_OK;
}

static clv_status record_refusal(struct clv_conductor *c, const struct clv_task *task,
                                 const char *name, const struct clv_error *why,
                                 struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_FILE_REFUSED);
    e.person = task->person;
    SET(e.name, SERVICE_PREFIX "%s", name);
    SET(e.text, "%s", why->fact);
    return record(c, &e, err);
}

/* What became of one try that failed: on record, and the choice of ways on. */
static clv_status after_try(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            const char *name, struct clv_error *why, enum after_failure *ret_after,
                            struct clv_error *err)
{
    if (why->code == CLV_E_INTERRUPTED) {
        if (err)
            *err = *why;
        return CLV_E_INTERRUPTED;
    }
    clv_kept(why, "Nothing was sent to any crypto unit, and nothing of the others is lost.");
    clv_status st = record_refusal(c, task, name, why, err);
    if (st == CLV_OK)
        st = ask_after_failure(c, id, why, "Use a key file, or another key of the service",
                               ret_after, err);
    if (st == CLV_OK && (*ret_after == LATER || *ret_after == STOP))
        st = leave_turn(c, task->person, *ret_after, err);
    return st;
}

/* A token that was refused is kept until another one is there, to tell them apart. */
static void close_try(struct service_key *k, struct clv_secret **refused)
{
    if (k->key.token_refused && k->token) {
        clv_secret_free(refused);
        *refused = k->token;
        k->token = NULL;
    }
    service_key_close(k);
}

clv_status open_service_key(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            const char *name, enum after_failure *ret_after, struct clv_error *err)
{
    struct service_key *k = &c->service_keys[task->slot - 1];
    struct clv_secret *refused = NULL;
    clv_status st = CLV_OK;
    *ret_after = TRY_AGAIN;
    service_key_close(k);
    while (st == CLV_OK && !k->open && *ret_after == TRY_AGAIN) {
        struct clv_error why = {0};
        k->key.service = c->signing;
        snprintf(k->key.name, sizeof(k->key.name), "%s", name);
        st = try_once(c, task, id, k, refused, &why, err);
        k->open = st == CLV_OK && why.code == CLV_OK;
        k->num_recorded = k->key.num_signatures;
        if (!k->open)
            close_try(k, &refused);
        if (st == CLV_OK && why.code != CLV_OK)
            st = after_try(c, task, id, name, &why, ret_after, err);
    }
    clv_secret_free(&refused);
    return st;
}
