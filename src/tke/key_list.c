/* The key files of the folder, numbered as mks and sigkeys show them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_KEYS 2000

static struct clv_tke_key *add_key(struct clv_tke_keys *list, const char *file,
                                   struct clv_error *err)
{
    struct clv_tke_key *grown =
        list->num_keys < MAX_KEYS ? realloc(list->keys, (list->num_keys + 1) * sizeof(*list->keys))
                                  : NULL;
    if (grown == NULL) {
        (void)clv_fail(err, CLV_E_MEMORY, "no memory for a list of key files");
        return NULL;
    }
    list->keys = grown;
    struct clv_tke_key *key = &grown[list->num_keys++];
    *key = (struct clv_tke_key){0};
    snprintf(key->file, sizeof(key->file), "%s", file);
    return key;
}

static clv_status list_files(struct clv_tke *t, const char *dir, enum clv_keyfile_kind kind,
                             struct clv_tke_keys *list, struct clv_error *err)
{
    struct clv_keyfile_list found = {0};
    clv_status st = clv_keyfile_list(dir, kind, &found, err);
    for (size_t i = 0; st == CLV_OK && i < found.num_entries; i++) {
        const struct clv_keyfile_entry *entry = &found.entries[i];
        struct clv_tke_key *key = add_key(list, clv_path_name(entry->path), err);
        if (key == NULL) {
            st = CLV_E_MEMORY;
            break;
        }
        key->info = entry->info;
        key->of_plugin = entry->info.of_plugin;
        if (!entry->good)
            key->why = entry->why;
        else
            key->other_world = entry->info.test_world != t->config.test_world;
    }
    clv_keyfile_list_clear(&found);
    return st;
}

/* ---- the signing service's: production by nature, as the plug-in's files ---- */

static clv_status list_service(struct clv_tke *t, struct clv_tke_keys *list, struct clv_error *err)
{
    clv_status st = clv_tke_service_look(t, err);
    for (size_t i = 0; st == CLV_OK && i < t->service.num_keys; i++) {
        const struct clv_tke_service_key *k = &t->service.keys[i];
        char file[CLV_TKE_FILE_NAME];
        snprintf(file, sizeof(file), CLV_TKE_SERVICE_PREFIX "%s", k->key.name);
        struct clv_tke_key *key = add_key(list, file, err);
        if (key == NULL)
            return CLV_E_MEMORY;
        key->of_service = true;
        key->other_world = t->config.test_world;
        key->why = k->why;
        key->info.kind = CLV_KEYFILE_SIGKEY;
        memcpy(key->info.ski, k->key.ski, CLV_SKI_LEN);
        snprintf(key->info.admin_name, sizeof(key->info.admin_name), "%.*s", CLV_KEYFILE_ADMIN_MAX,
                 k->key.name);
        snprintf(key->info.description, sizeof(key->info.description),
                 "Key of the signing service");
    }
    return st;
}

/* ---- the list ---- */

static int by_name(const void *a, const void *b)
{
    const struct clv_tke_key *x = a, *y = b;
    return strcmp(x->file, y->file);
}

static void number_keys(const struct clv_tke *t, struct clv_tke_keys *list)
{
    unsigned number = 0;
    for (size_t i = 0; i < list->num_keys; i++) {
        struct clv_tke_key *key = &list->keys[i];
        if (key->why.code == CLV_OK && !key->other_world)
            key->number = ++number;
        for (size_t k = 0; k < t->settings.num_sigkeys && key->number; k++)
            if (strcmp(key->file, t->settings.sigkeys[k]) == 0)
                key->turn = (unsigned)k + 1;
        key->selected = key->turn > 0;
    }
}

clv_status clv_tke_list_keys(struct clv_tke *t, enum clv_keyfile_kind kind,
                             struct clv_tke_keys *ret, struct clv_error *err)
{
    struct clv_tke_keys list = {0};
    const char *dir = NULL;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    if (st == CLV_OK)
        st = list_files(t, dir, kind, &list, err);
    if (st == CLV_OK && kind == CLV_KEYFILE_SIGKEY)
        st = list_service(t, &list, err);
    if (st != CLV_OK) {
        clv_tke_keys_clear(&list);
        return clv_while(err, st, "listing the key files in %s", dir ? dir : "the key folder");
    }
    if (list.num_keys > 1)
        qsort(list.keys, list.num_keys, sizeof(list.keys[0]), by_name);
    number_keys(t, &list);
    *ret = list;
    return CLV_OK;
}

void clv_tke_keys_clear(struct clv_tke_keys *list)
{
    free(list->keys);
    *list = (struct clv_tke_keys){0};
}

/* ---- choosing from it ---- */

static bool means(const struct clv_tke_key *key, const char *piece)
{
    return strcmp(key->file, piece) == 0 ||
           (key->info.kind == CLV_KEYFILE_PART && strcmp(key->info.owner, piece) == 0) ||
           (key->info.kind == CLV_KEYFILE_SIGKEY && strcmp(key->info.admin_name, piece) == 0) ||
           (key->info.kind == CLV_KEYFILE_WITNESS && strcmp(key->info.owner, piece) == 0) ||
           (key->of_plugin && strcmp(key->info.description, piece) == 0);
}

static clv_status find_key(const struct clv_tke_keys *list, const char *piece,
                           const struct clv_tke_key **ret, struct clv_error *err)
{
    bool number = piece[strspn(piece, "0123456789")] == '\0';
    const struct clv_tke_key *found = NULL;
    for (size_t i = 0; i < list->num_keys; i++) {
        const struct clv_tke_key *key = &list->keys[i];
        if (key->number == 0)
            continue;
        if (number ? strtoul(piece, NULL, 10) != key->number : !means(key, piece))
            continue;
        if (found)
            return clv_fail(err, CLV_E_INPUT, "\"%s\" is the name of several key files", piece);
        found = key;
    }
    if (found == NULL) {
        clv_status st = clv_fail(err, CLV_E_INPUT, "\"%s\" is none of the key files", piece);
        clv_hint(err, "Name it by its number in the list, its file, or whose it is.");
        return st;
    }
    *ret = found;
    return CLV_OK;
}

static clv_status take_one(const struct clv_tke_keys *list, const char *piece,
                           const struct clv_tke_key **ret, size_t cap, size_t *num,
                           struct clv_error *err)
{
    const struct clv_tke_key *key = NULL;
    clv_status st = find_key(list, piece, &key, err);
    if (st != CLV_OK)
        return st;
    for (size_t i = 0; i < *num; i++)
        if (ret[i] == key)
            return clv_fail(err, CLV_E_INPUT, "\"%s\" names a key file a second time", piece);
    if (*num == cap)
        return clv_fail(err, CLV_E_INPUT, "at most %zu key files can be named", cap);
    ret[(*num)++] = key;
    return CLV_OK;
}

clv_status clv_tke_choose_keys(const struct clv_tke_keys *list, const char *text,
                               const struct clv_tke_key **ret, size_t cap, size_t *ret_num,
                               struct clv_error *err)
{
    size_t num = 0;
    clv_status st = CLV_OK;
    char piece[CLV_TKE_FILE_NAME * 2];
    for (const char *at = text; st == CLV_OK; at++) {
        at += strspn(at, " ");
        size_t len = strcspn(at, ","), used = len;
        while (used > 0 && at[used - 1] == ' ')
            used--;
        if (used == 0 || used >= sizeof(piece))
            return clv_fail(err, CLV_E_INPUT, "\"%.40s\" is not a list of key files", text);
        snprintf(piece, sizeof(piece), "%.*s", (int)used, at);
        st = take_one(list, piece, ret, cap, &num, err);
        at += len;
        if (*at == '\0')
            break;
    }
    if (st == CLV_OK)
        *ret_num = num;
    return st;
}
