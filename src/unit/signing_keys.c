/* The file SIGNSERVKEYS: names of keys of a signing service, and access tokens, as for the plug-in.
 */
#include <jansson.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/unit/signing.h"
#include "internal.h"

#define FILE_LEN_MAX 262144

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
    if (!json_is_string(value) || len == 0 || len > CLV_EP11_TOKEN_MAX)
        return clv_fail(err, CLV_E_FORMAT, "its \"token\" is not a text of 1 to %d bytes",
                        CLV_EP11_TOKEN_MAX);
    clv_status st = clv_secret_new(len, ret, err);
    if (st == CLV_OK) {
        memcpy(clv_secret_write(*ret), json_string_value(value), len);
        clv_secret_close(*ret);
    }
    return st;
}

static clv_status take_entry(const json_t *entry, struct clv_signing_entry *keys, size_t at,
                             struct clv_error *err)
{
    const char *name = json_string_value(json_object_get(entry, "key"));
    if (name == NULL || !clv_ep11_signing_name_ok(name))
        return clv_fail(err, CLV_E_FORMAT,
                        "its \"key\" is not a name of letters, digits and -._~, at most %d",
                        CLV_EP11_SIGNING_NAME_MAX);
    for (size_t i = 0; i < at; i++)
        if (strcmp(keys[i].name, name) == 0)
            return clv_fail(err, CLV_E_FORMAT, "it names the key \"%s\" again", name);
    snprintf(keys[at].name, sizeof(keys[at].name), "%s", name);
    return take_token(json_object_get(entry, "token"), &keys[at].token, err);
}

static clv_status take_array(const json_t *root, struct clv_signing_entry **ret, size_t *ret_num,
                             struct clv_error *err)
{
    size_t num = json_array_size(root);
    if (!json_is_array(root) || num > CLV_SIGNING_MAX_KEYS)
        return clv_fail(err, CLV_E_FORMAT, "not a JSON array of at most %d entries",
                        CLV_SIGNING_MAX_KEYS);
    struct clv_signing_entry *keys = calloc(num + 1, sizeof(*keys));
    if (keys == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for keys of the signing service");
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < num; i++) {
        st = take_entry(json_array_get(root, i), keys, i, err);
        st = clv_while(err, st, "reading entry %zu", i + 1);
    }
    if (st != CLV_OK) {
        clv_signing_keys_free(&keys, num);
        return st;
    }
    *ret = keys;
    *ret_num = num;
    return CLV_OK;
}

/* jansson copies what it reads: its memory is wiped when freed, for as long as this takes. */
clv_status clv_signing_keys_parse(struct clv_view json, struct clv_signing_entry **ret,
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

void clv_signing_keys_free(struct clv_signing_entry **keys, size_t num)
{
    for (size_t i = 0; *keys != NULL && i < num; i++)
        clv_secret_free(&(*keys)[i].token);
    free(*keys);
    *keys = NULL;
}

clv_status clv_signing_keys_read(const char *path, struct clv_signing_entry **ret, size_t *ret_num,
                                 struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, FILE_LEN_MAX, &data, &len, err);
    if (st == CLV_OK)
        st = clv_signing_keys_parse(clv_view_of(data, len), ret, ret_num, err);
    if (data != NULL)
        clv_wipe(data, len);
    free(data);
    return clv_while(err, st, "reading %s", path);
}
