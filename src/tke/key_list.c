/* The key files of the folder, numbered as mks and sigkeys show them. */
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PLUGIN_SUFFIX ".sigkey"
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

/* ---- ours ---- */

static clv_status list_ours(struct clv_tke *t, const char *dir, enum clv_keyfile_kind kind,
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
        if (!entry->good)
            key->why = entry->why;
        else
            key->other_world = entry->info.test_world != t->config.test_world;
    }
    clv_keyfile_list_clear(&found);
    return st;
}

/* ---- the plug-in's: production files by nature ---- */

/* What the file says of itself, unproven until it is opened. */
static clv_status read_plugin_header(const char *path, struct clv_tke_key *key,
                                     struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, err);
    if (st != CLV_OK)
        return st;
    json_t *root = json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES, NULL);
    const char *ski = json_string_value(json_object_get(root, "ski"));
    const char *name = json_string_value(json_object_get(root, "name"));
    if (name == NULL)
        name = json_string_value(json_object_get(root, "description"));
    if (!ski || !json_is_string(json_object_get(root, "enckey")) ||
        clv_unhex(ski, strlen(ski), key->info.ski, CLV_SKI_LEN, NULL) != CLV_OK)
        st = clv_fail(err, CLV_E_FOREIGN, "this is not a signature-key file of the plug-in");
    if (st == CLV_OK && name &&
        clv_text_check(name, CLV_KEYFILE_DESCRIPTION_MAX, "name", NULL) == CLV_OK)
        snprintf(key->info.description, sizeof(key->info.description), "%s", name);
    json_decref(root);
    free(data);
    return st;
}

static bool is_plugin_name(const char *name)
{
    size_t len = strlen(name), suffix = strlen(PLUGIN_SUFFIX);
    return name[0] != '.' && len > suffix && len < CLV_TKE_FILE_NAME &&
           strcmp(name + len - suffix, PLUGIN_SUFFIX) == 0;
}

static clv_status add_plugin(struct clv_tke *t, const char *dir, const char *name,
                             struct clv_tke_keys *list, struct clv_error *err)
{
    struct clv_tke_key *key = add_key(list, name, err);
    char *path = key ? clv_path_join(dir, name) : NULL;
    if (path == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a list of key files");
    key->of_plugin = true;
    key->other_world = t->config.test_world;
    key->info.kind = CLV_KEYFILE_SIGKEY;
    if (read_plugin_header(path, key, &key->why) != CLV_OK)
        key->other_world = false;
    free(path);
    return CLV_OK;
}

static clv_status list_plugin(struct clv_tke *t, const char *dir, struct clv_tke_keys *list,
                              struct clv_error *err)
{
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return errno == ENOENT ? CLV_OK : clv_fail_errno(err, errno, "cannot read %s", dir);
    clv_status st = CLV_OK;
    for (const struct dirent *e; st == CLV_OK && (e = readdir(folder)) != NULL;)
        if (is_plugin_name(e->d_name))
            st = add_plugin(t, dir, e->d_name, list, err);
    closedir(folder);
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
        st = list_ours(t, dir, kind, &list, err);
    if (st == CLV_OK && kind == CLV_KEYFILE_SIGKEY)
        st = list_plugin(t, dir, &list, err);
    if (st != CLV_OK) {
        clv_tke_keys_clear(&list);
        return clv_while(err, "listing the key files in %s", dir ? dir : "the key folder");
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
