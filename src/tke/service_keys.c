/* Keys of a signing service: named in the file SIGNSERVKEYS beside the key files, as for the
 * plug-in.
 */
#include <errno.h>
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define FILE_NAME "SIGNSERVKEYS"
#define FILE_LEN_MAX 262144
#define TOKEN_MAX 4096

/* ---- the file -------------------------------------------------------------------------------- */

static void wipe_free(void *p)
{
    if (p != NULL)
        clv_wipe(p, malloc_usable_size(p));
    free(p);
}

static clv_status take_token(const json_t *value, struct clv_secret **ret, struct clv_error *err)
{
    size_t len = json_string_length(value);
    if (value == NULL)
        return CLV_OK;
    if (!json_is_string(value) || len == 0 || len > TOKEN_MAX)
        return clv_fail(err, CLV_E_FORMAT, "its \"token\" is not a text of 1 to %d bytes",
                        TOKEN_MAX);
    clv_status st = clv_secret_new(len, ret, err);
    if (st == CLV_OK) {
        memcpy(clv_secret_write(*ret), json_string_value(value), len);
        clv_secret_close(*ret);
    }
    return st;
}

static clv_status take_entry(const json_t *entry, struct clv_tke_service_key *keys, size_t at,
                             struct clv_error *err)
{
    const char *name = json_string_value(json_object_get(entry, "key"));
    if (name == NULL || !clv_signing_name_ok(name))
        return clv_fail(err, CLV_E_FORMAT,
                        "its \"key\" is not a name of letters, digits and -._~, at most %d",
                        CLV_SIGNING_NAME_MAX);
    for (size_t i = 0; i < at; i++)
        if (strcmp(keys[i].key.name, name) == 0)
            return clv_fail(err, CLV_E_FORMAT, "it names the key \"%s\" again", name);
    snprintf(keys[at].key.name, sizeof(keys[at].key.name), "%s", name);
    return take_token(json_object_get(entry, "token"), &keys[at].token, err);
}

static clv_status take_array(const json_t *root, struct clv_tke_service_key **ret, size_t *ret_num,
                             struct clv_error *err)
{
    size_t num = json_array_size(root);
    if (!json_is_array(root) || num > CLV_TKE_MAX_SERVICE_KEYS)
        return clv_fail(err, CLV_E_FORMAT, "not a JSON array of at most %d entries",
                        CLV_TKE_MAX_SERVICE_KEYS);
    struct clv_tke_service_key *keys = calloc(num + 1, sizeof(*keys));
    if (keys == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for keys of the signing service");
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < num; i++) {
        st = take_entry(json_array_get(root, i), keys, i, err);
        if (st != CLV_OK)
            st = clv_while(err, st, "reading entry %zu", i + 1);
    }
    if (st != CLV_OK) {
        clv_tke_service_keys_free(&keys, num);
        return st;
    }
    *ret = keys;
    *ret_num = num;
    return CLV_OK;
}

/* jansson copies what it reads: its memory is wiped when freed, for as long as this takes. */
clv_status clv_tke_service_keys_parse(struct clv_view json, struct clv_tke_service_key **ret,
                                      size_t *ret_num, struct clv_error *err)
{
    json_malloc_t was_malloc = NULL;
    json_free_t was_free = NULL;
    json_get_alloc_funcs(&was_malloc, &was_free);
    json_set_alloc_funcs(malloc, wipe_free);
    json_t *root = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
    clv_status st = take_array(root, ret, ret_num, err);
    json_decref(root);
    json_set_alloc_funcs(was_malloc, was_free);
    return st;
}

void clv_tke_service_keys_free(struct clv_tke_service_key **keys, size_t num)
{
    for (size_t i = 0; *keys != NULL && i < num; i++)
        clv_secret_free(&(*keys)[i].token);
    free(*keys);
    *keys = NULL;
}

static clv_status read_file(struct clv_tke *t, struct clv_tke_service *s, struct clv_error *err)
{
    const char *dir = NULL;
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    char *path = st == CLV_OK ? clv_path_join(dir, FILE_NAME) : NULL;
    if (st == CLV_OK && path == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && access(path, F_OK) != 0 && errno == ENOENT)
        goto out; /* an address alone says nothing */
    if (st == CLV_OK)
        st = clv_file_read_private(path, FILE_LEN_MAX, &data, &len, err);
    if (st == CLV_OK)
        st = clv_tke_service_keys_parse(clv_view_of(data, len), &s->keys, &s->num_keys, err);
    if (data != NULL)
        clv_wipe(data, len);
    if (st != CLV_OK)
        (void)clv_while(err, st, "reading %s", path ? path : FILE_NAME);
out:
    free(data);
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
        st = port->key_token(port->ctx, k->key.name, &k->token, err);
    k->key.token = k->token;
    return st == CLV_OK ? clv_signing_key_fetch(&k->key, err) : st;
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
    clv_tke_service_keys_free(&s->keys, s->num_keys);
    clv_signing_free(&s->signing);
    *s = (struct clv_tke_service){0};
}
