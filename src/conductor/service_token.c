/* Access tokens of keys of the signing service: from the files that the site names, or typed by the
 * key's owner. None is ever on record. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static clv_status token_from_keys_file(const char *path, const char *name, struct clv_secret **ret,
                                       struct clv_error *err)
{
    struct clv_signing_entry *entries = NULL;
    size_t num = 0, at = 0;
    clv_status st = clv_signing_keys_read(path, &entries, &num, err);
    while (at < num && strcmp(entries[at].name, name) != 0)
        at++;
    if (st == CLV_OK && at == num)
        st = clv_fail(err, CLV_E_MISSING, "%s names no key %s", path, name);
    if (st == CLV_OK) {
        *ret = entries[at].token;
        entries[at].token = NULL;
    }
    clv_signing_keys_free(&entries, num);
    return st;
}

/* What a file of the site says; *ret stays NULL when a person has to be asked, or nobody. */
static clv_status token_from_files(const struct clv_conductor *c, const char *name,
                                   struct clv_secret **ret, struct clv_error *err)
{
    const struct clv_site_signing *site = &c->config.site->signing;
    if (site->keys_file)
        return token_from_keys_file(site->keys_file, name, ret, err);
    return site->token_file ? clv_token_read(site->token_file, ret, err) : CLV_OK;
}

static clv_status ask_for_token(struct clv_conductor *c, const char *id, const char *name,
                                const char *why, struct clv_secret **ret, struct clv_error *err)
{
    char id_token[80], line[200];
    const struct clv_site_signing *site = &c->config.site->signing;
    snprintf(id_token, sizeof(id_token), "%s.token", id);
    snprintf(line, sizeof(line), "The signing service \"%s\" wants to know who asks for key %s.",
             site->name, name);
    const char *lines[] = {line, why};
    struct clv_question q = {.id = id_token,
                             .title = "Access token of your signature key",
                             .lines = lines,
                             .num_lines = why ? 2 : 1,
                             .prompt = "Access token",
                             .help = "The whole value of the Authorization header, with the word "
                                     "Bearer in front if the service wants that. Nothing of it is "
                                     "shown. It may be pasted. It is forgotten when the key is "
                                     "closed.",
                             .max_len = CLV_EP11_TOKEN_MAX,
                             .may_paste = true};
    return ask_secret(c, &q, ret, err);
}

static void keep(struct service_key *k, struct clv_secret *token)
{
    clv_secret_free(&k->token);
    k->token = token;
    k->key.token = token;
}

/* The files say what they said before, and that was refused: a person types another one. */
static clv_status instead_of(struct clv_conductor *c, const char *id, const char *name,
                             const struct clv_secret *refused, struct clv_secret **token,
                             struct clv_error *err)
{
    const struct clv_site_signing *site = &c->config.site->signing;
    char line[400];
    if (refused == NULL || *token == NULL || !clv_secret_equal(*token, refused))
        return CLV_OK;
    clv_secret_free(token);
    snprintf(line, sizeof(line), "%s still holds the one that was refused. Type another one.",
             site->keys_file ? site->keys_file : site->token_file);
    return ask_for_token(c, id, name, line, token, err);
}

clv_status service_token(struct clv_conductor *c, const char *id, struct service_key *k,
                         const struct clv_secret *refused, struct clv_error *why_not,
                         struct clv_error *err)
{
    struct clv_secret *token = NULL;
    clv_status st = CLV_OK;
    if (token_from_files(c, k->key.name, &token, why_not) != CLV_OK)
        return CLV_OK;
    if (token == NULL && c->config.site->signing.token == CLV_SITE_TOKEN_ASK)
        st = ask_for_token(c, id, k->key.name, NULL, &token, err);
    else
        st = instead_of(c, id, k->key.name, refused, &token, err);
    if (st == CLV_OK)
        keep(k, token);
    return st;
}

/* At the keyboard is whoever it was before, in the end. */
static clv_status ask_owner(struct clv_conductor *c, unsigned slot, const char *why,
                            struct clv_secret **token, struct clv_error *err)
{
    struct service_key *k = &c->service_keys[slot - 1];
    unsigned seated = c->seated;
    char id[40];
    snprintf(id, sizeof(id), "signature-key.%u", slot);
    clv_status st = seat_person(c, clv_ceremony_seat(c->ceremony, CLV_ROLE_SIGNER, slot), err);
    if (st == CLV_OK)
        st = *token ? instead_of(c, id, k->key.name, k->token, token, err)
                    : ask_for_token(c, id, k->key.name, why, token, err);
    return st == CLV_OK ? seat_person(c, seated, err) : st;
}

clv_status service_token_again(struct clv_conductor *c, unsigned slot, const char *why,
                               struct clv_error *err)
{
    struct service_key *k = &c->service_keys[slot - 1];
    struct clv_secret *token = NULL;
    struct clv_error not_read = {0};
    clv_status st = CLV_OK;
    if (token_from_files(c, k->key.name, &token, &not_read) != CLV_OK)
        tell(c, CLV_TONE_WARN, "The access token was not read again: %s", not_read.fact);
    bool same = token && k->token && clv_secret_equal(token, k->token);
    bool typed = token == NULL && c->config.site->signing.token == CLV_SITE_TOKEN_ASK;
    if (k->key.token_refused && (same || typed))
        st = ask_owner(c, slot, why, &token, err);
    if (st == CLV_OK && token != NULL)
        keep(k, token);
    else
        clv_secret_free(&token);
    return st;
}
