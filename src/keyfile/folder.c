/* The folder of key files: where it is, and what is in it, good and bad. */
#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILES = 1000 };

clv_status clv_keyfile_default_dir(char **ret_dir, struct clv_error *err)
{
    const char *files = getenv("CLOUDTKEFILES");
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    char *dir;

    if (files && files[0])
        dir = strdup(files);
    else if (data && data[0] == '/') /* a relative one is to be ignored, says its specification */
        dir = clv_path_join(data, "claviger");
    else if (home && home[0] == '/')
        dir = clv_path_join(home, ".local/share/claviger");
    else
        return clv_fail(err, CLV_E_MISSING, "no folder for key files: set CLOUDTKEFILES or HOME");
    if (!dir)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a folder name");
    *ret_dir = dir;
    return CLV_OK;
}

static int is_ours(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = strlen(CLV_KEYFILE_SUFFIX);

    return entry->d_name[0] != '.' && len > suffix &&
           strcmp(entry->d_name + len - suffix, CLV_KEYFILE_SUFFIX) == 0;
}

static int is_ours_or_plugins(const struct dirent *entry)
{
    return is_ours(entry) || (entry->d_name[0] != '.' && clv_keyfile_is_plugin_name(entry->d_name));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Reads one file into the next free entry, unless it is a good one of another kind. */
static clv_status list_one(const char *dir, const char *name, enum clv_keyfile_kind kind,
                           struct clv_keyfile_list *list, struct clv_error *err)
{
    struct clv_keyfile_entry *entry = &list->entries[list->num_entries];

    memset(entry, 0, sizeof *entry);
    entry->path = clv_path_join(dir, name);
    if (!entry->path)
        return clv_fail(err, CLV_E_MEMORY, "no memory to list key files");
    entry->good = clv_keyfile_read_header(entry->path, &entry->info, &entry->why) == CLV_OK;
    if (entry->good && kind != CLV_KEYFILE_ANY && entry->info.kind != kind) {
        free(entry->path);
        entry->path = NULL;
    } else {
        list->num_entries++;
    }
    return CLV_OK;
}

static clv_status list_names(const char *dir, struct dirent **names, size_t num,
                             enum clv_keyfile_kind kind, struct clv_keyfile_list *ret,
                             struct clv_error *err)
{
    struct clv_keyfile_list list = {.entries = calloc(num + 1, sizeof *list.entries)};
    clv_status st = CLV_OK;

    if (!list.entries)
        return clv_fail(err, CLV_E_MEMORY, "no memory to list key files");
    for (size_t i = 0; st == CLV_OK && i < num; i++)
        st = list_one(dir, names[i]->d_name, kind, &list, err);
    if (st == CLV_OK)
        *ret = list;
    else
        clv_keyfile_list_clear(&list);
    return st;
}

clv_status clv_keyfile_list(const char *dir, enum clv_keyfile_kind kind,
                            struct clv_keyfile_list *ret_list, struct clv_error *err)
{
    struct dirent **names = NULL;
    struct stat sb;
    clv_status st;
    int num;

    if (stat(dir, &sb) != 0 && errno == ENOENT) {
        *ret_list = (struct clv_keyfile_list){0};
        return CLV_OK;
    }
    if ((st = clv_dir_private(dir, err)) != CLV_OK)
        return st;
    num = scandir(dir, &names, kind == CLV_KEYFILE_PART ? is_ours : is_ours_or_plugins, by_name);
    if (num < 0)
        return clv_fail_errno(err, errno, "cannot list the folder %s", dir);
    if (num > MAX_FILES)
        st = clv_fail(err, CLV_E_IO, "the folder %s has more than %d key files", dir, MAX_FILES);
    else
        st = list_names(dir, names, (size_t)num, kind, ret_list, err);
    for (int i = 0; i < num; i++)
        free(names[i]);
    free(names);
    return st;
}

void clv_keyfile_list_clear(struct clv_keyfile_list *list)
{
    for (size_t i = 0; i < list->num_entries; i++)
        free(list->entries[i].path);
    free(list->entries);
    *list = (struct clv_keyfile_list){0};
}
