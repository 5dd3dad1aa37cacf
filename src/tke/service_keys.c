/* Keys of a signing service: named in the file SIGNSERVKEYS beside the key files, as for the
 * plug-in.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define FILE_NAME "SIGNSERVKEYS"

/* ---- the file -------------------------------------------------------------------------------- */

static clv_status take_entries(struct clv_tke_service *s, struct clv_signing_entry *entries,
                               size_t num, struct clv_error *err)
{
    s->keys = calloc(num + 1, sizeof(*s->keys));
    if (s->keys == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for keys of the signing service");
    for (size_t i = 0; i < num; i++) {
        memcpy(s->keys[i].key.name, entries[i].name, sizeof(entries[i].name));
        s->keys[i].token = entries[i].token;
        entries[i].token = NULL;
    }
    s->num_keys = num;
    return CLV_OK;
}

static clv_status read_file(struct clv_tke *t, struct clv_tke_service *s, struct clv_error *err)
{
    const char *dir = NULL;
    struct clv_signing_entry *entries = NULL;
    size_t num = 0;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    char *path = st == CLV_OK ? clv_path_join(dir, FILE_NAME) : NULL;
    if (st == CLV_OK && path == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && access(path, F_OK) != 0 && errno == ENOENT)
        goto out; /* an address alone says nothing */
    if (st == CLV_OK)
        st = clv_signing_keys_read(path, &entries, &num, err);
    if (st == CLV_OK)
        st = take_entries(s, entries, num, err);
    clv_signing_keys_free(&entries, num);
out:
    free(path);
    return st;
}

/* ---- the service ----------------------------------------------------------------------------- */

static clv_status fetch(struct clv_tke *t, struct clv_tke_service_key *k, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    clv_status st = CLV_OK;
    k->key.service = t->service.signing;
    if (k->token == NULL && port != NULL && port->key_token != NULL)
        st = port->key_token(port->ctx, k->key.name, NULL, &k->token, err);
    k->key.token = k->token;
    return st == CLV_OK ? clv_signing_key_fetch(&k->key, err) : st;
}

/* Only a token can be mended here; what else keeps a service from signing ends the command. */
clv_status clv_tke_service_again(struct clv_tke *t, struct clv_signing_key *key,
                                 const struct clv_error *why, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    struct clv_secret *token = NULL;
    if (!key->token_refused || port == NULL || port->key_token == NULL) {
        *err = *why;
        return why->code;
    }
    clv_status st = port->key_token(port->ctx, key->name, why->fact, &token, err);
    for (size_t i = 0; st == CLV_OK && i < t->service.num_keys; i++) {
        struct clv_tke_service_key *k = &t->service.keys[i];
        if (&k->key != key)
            continue;
        clv_secret_free(&k->token);
        k->token = token;
        key->token = token;
    }
    return st;
}

clv_status clv_tke_service_look(struct clv_tke *t, struct clv_error *err)
{
    struct clv_tke_service *s = &t->service;
    const char *url = t->config.signing_url ? t->config.signing_url : getenv("TKE_SIGNSERV_URL");
    if (s->looked || url == NULL || url[0] == '\0')
        return CLV_OK;
    const struct clv_signing_config config = {
        .url = url, .clock = t->config.clock, .transport = t->config.transport};
    clv_status st = read_file(t, s, err);
    if (st == CLV_OK && s->num_keys > 0 && !t->config.test_world)
        st = clv_signing_new(&config, &s->signing, err);
    if (st != CLV_OK) {
        clv_tke_service_clear(s);
        return st;
    }
    for (size_t i = 0; s->signing != NULL && i < s->num_keys; i++)
        if (fetch(t, &s->keys[i], &s->keys[i].why) == CLV_E_INTERRUPTED)
            return clv_fail(err, CLV_E_INTERRUPTED, "interrupted");
    s->looked = true;
    return CLV_OK;
}

struct clv_tke_service_key *clv_tke_service_find(struct clv_tke *t, const char *file)
{
    const char *name = file + strlen(CLV_TKE_SERVICE_PREFIX);
    if (strncmp(file, CLV_TKE_SERVICE_PREFIX, strlen(CLV_TKE_SERVICE_PREFIX)) != 0)
        return NULL;
    for (size_t i = 0; i < t->service.num_keys; i++)
        if (strcmp(t->service.keys[i].key.name, name) == 0)
            return &t->service.keys[i];
    return NULL;
}

void clv_tke_service_clear(struct clv_tke_service *s)
{
    for (size_t i = 0; i < s->num_keys; i++)
        clv_secret_free(&s->keys[i].token);
    free(s->keys);
    clv_signing_free(&s->signing);
    *s = (struct clv_tke_service){0};
}
