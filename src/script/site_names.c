/* Files and folders that a site file names, as seen from where the site file is. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ROOT_FILE_MAX 4096
#define NAMES_OF_INSTANCE 2
#define NAMES_OF_SITE 6

/* ---- trusted roots ---- */

static clv_status load_root(struct clv_site_root *root, const char *folder, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    char *path = root->file[0] == '/' ? strdup(root->file) : clv_path_join(folder, root->file);
    if (path == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    clv_status status = clv_file_read(path, ROOT_FILE_MAX, &data, &len, err);
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n' || data[i] == '\r')
            data[i] = ' ';
    }
    if (status == CLV_OK)
        status = clv_site_root_from_hex((const char *)data, len, root, err);
    if (status != CLV_OK)
        status = clv_while(err, status, "reading the trusted root %s", path);
    free(data);
    free(path);
    return status;
}

static clv_status load_roots(struct clv_site *site, const char *folder, struct clv_error *err)
{
    for (size_t i = 0; i < site->num_instances; i++) {
        struct clv_site_instance *instance = &site->instances[i];
        for (size_t k = 0; k < instance->num_roots; k++) {
            struct clv_site_root *root = &instance->roots[k];
            clv_status status = root->file != NULL ? load_root(root, folder, err) : CLV_OK;
            if (status != CLV_OK)
                return status;
        }
    }
    return CLV_OK;
}

/* ---- other names ---- */

/* A name that is absolute, or not there, stays. */
static clv_status place(struct clv_site *site, const char *folder, const char **name,
                        struct clv_error *err)
{
    if (*name == NULL || (*name)[0] == '/')
        return CLV_OK;
    char *path = clv_path_join(folder, *name);
    if (path == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    site->made_names[site->num_made_names++] = path;
    *name = path;
    return CLV_OK;
}

/* Asked twice, nothing is relative any more. */
static clv_status place_all(struct clv_site *site, const char *folder, struct clv_error *err)
{
    size_t most = NAMES_OF_SITE + NAMES_OF_INSTANCE * site->num_instances;
    if (site->made_names == NULL)
        site->made_names = calloc(most, sizeof *site->made_names);
    if (site->made_names == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    clv_status status = place(site, folder, &site->key_files_folder, err);
    if (status == CLV_OK)
        status = place(site, folder, &site->receipts_folder, err);
    if (status == CLV_OK)
        status = place(site, folder, &site->mirror_folder, err);
    if (status == CLV_OK)
        status = place(site, folder, &site->signing.ca_file, err);
    if (status == CLV_OK)
        status = place(site, folder, &site->signing.token_file, err);
    if (status == CLV_OK)
        status = place(site, folder, &site->signing.keys_file, err);
    for (size_t i = 0; status == CLV_OK && i < site->num_instances; i++) {
        status = place(site, folder, &site->instances[i].token_file, err);
        if (status == CLV_OK)
            status = place(site, folder, &site->instances[i].ca_file, err);
    }
    return status;
}

clv_status clv_site_resolve(struct clv_site *site, const char *folder, struct clv_error *err)
{
    clv_status status = load_roots(site, folder, err);
    return status == CLV_OK ? place_all(site, folder, err) : status;
}
