/* A signature-key file of the plug-in becomes one of ours: the same key under Argon2id. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static clv_status read_old(struct clv_tke *t, const char *path, struct clv_tke_key *ret,
                           struct clv_error *err)
{
    struct clv_tke_key key = {.of_plugin = true};
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, err);
    if (st == CLV_OK)
        st = clv_tke_sigkey_parse(clv_view_of(data, len), &key.info, err);
    free(data);
    if (st == CLV_OK)
        st = clv_keyfile_check_world(&key.info, t->config.test_world, err);
    if (st != CLV_OK)
        return clv_while(err, st, "reading %s", clv_path_name(path));
    snprintf(key.file, sizeof(key.file), "%s", clv_path_name(path));
    *ret = key;
    return CLV_OK;
}

/* The administrator's name: given, else the one in the file. */
static clv_status make_header(struct clv_tke *t, const struct clv_tke_new_key *in,
                              const struct clv_tke_key *old, struct clv_keyfile_info *ret,
                              struct clv_error *err)
{
    struct clv_tke_new_key wanted = *in;
    if (wanted.admin_name == NULL)
        wanted.admin_name = old->info.admin_name;
    if (wanted.admin_name[0] == '\0') {
        (void)clv_fail(err, CLV_E_INPUT, "%s does not say whose key it is", old->file);
        clv_hint(err, "Give the administrator's name: --name.");
        return CLV_E_INPUT;
    }
    if (wanted.description == NULL && old->info.description[0] != '\0')
        wanted.description = old->info.description;
    clv_status st = clv_tke_fill_header(t, &wanted, CLV_KEYFILE_SIGKEY, ret, err);
    ret->sigkey_type = old->info.sigkey_type;
    return st;
}

clv_status clv_tke_import_sigkey(struct clv_tke *t, const char *path,
                                 const struct clv_tke_new_key *in, struct clv_tke_key *ret,
                                 struct clv_error *err)
{
    struct clv_tke_key old, made = {0};
    struct clv_keyfile_info info;
    struct clv_secret *payload = NULL;
    clv_status st = read_old(t, path, &old, err);
    if (st == CLV_OK)
        st = make_header(t, in, &old, &info, err);
    if (st == CLV_OK)
        st = clv_tke_open_path(t, &old, path, &payload, err);
    if (st == CLV_OK)
        st = clv_tke_seal(t, &info, payload, &made, err);
    clv_secret_free(&payload);
    if (st == CLV_OK && memcmp(made.info.ski, old.info.ski, CLV_SKI_LEN) != 0)
        st = clv_fail(err, CLV_E_MISMATCH, "%s holds another key than %s", made.file, old.file);
    if (st == CLV_OK)
        *ret = made;
    return st;
}
