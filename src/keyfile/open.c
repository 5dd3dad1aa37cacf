/* Reading key files: bytes first, then the header, the password last. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the owner of the payload calls it: the part without its nonce, or the scalar. */
static clv_status take_payload(enum clv_keyfile_kind kind, struct clv_secret **take_clear,
                               struct clv_secret **ret_payload, struct clv_error *err)
{
    if (kind == CLV_KEYFILE_PART)
        return clv_opening_part(*take_clear, ret_payload, err);
    *ret_payload = *take_clear;
    *take_clear = NULL;
    return CLV_OK;
}

clv_status clv_keyfile_open_view(struct clv_kdf *kdf, struct clv_view file,
                                 const struct clv_secret *password, struct clv_secret **ret_payload,
                                 struct clv_keyfile_info *ret_info, struct clv_error *err)
{
    struct clv_keyfile_parts parts;
    struct clv_secret *key = NULL, *clear = NULL;
    clv_status st = clv_keyfile_take_apart(file, &parts, err);

    if (st != CLV_OK)
        return st;
    st = clv_kdf_derive(kdf, parts.info.profile, password, parts.salt, &key, err);
    if (st == CLV_OK)
        st = clv_keyfile_unseal(&parts, key, &clear, err);
    clv_secret_free(&key);
    if (st == CLV_OK)
        st = clv_keyfile_check_description(&parts.info, clear, err);
    if (st == CLV_OK)
        st = take_payload(parts.info.kind, &clear, ret_payload, err);
    clv_secret_free(&clear);
    if (st == CLV_OK)
        *ret_info = parts.info;
    return st;
}

/* The key itself is the payload, as in files of ours. */
static clv_status open_plugin(struct clv_view file, const struct clv_secret *password,
                              struct clv_secret **ret_payload, struct clv_keyfile_info *ret_info,
                              struct clv_error *err)
{
    struct clv_sigkey key = {0};
    struct clv_keyfile_info info;
    char name[CLV_TKE_NAME_MAX];
    clv_status st = clv_tke_sigkey_parse(file, &info, err);

    if (st == CLV_OK)
        st = clv_tke_sigkey_open(file, password, &key, name, err);
    if (st == CLV_OK) {
        *ret_payload = key.key;
        key.key = NULL;
        *ret_info = info;
    }
    clv_sigkey_clear(&key);
    return st;
}

clv_status clv_keyfile_open(struct clv_kdf *kdf, const char *path,
                            const struct clv_secret *password, struct clv_secret **ret_payload,
                            struct clv_keyfile_info *ret_info, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, err);

    if (st == CLV_OK && clv_keyfile_is_plugin_name(path))
        st = open_plugin(clv_view_of(data, len), password, ret_payload, ret_info, err);
    else if (st == CLV_OK)
        st = clv_keyfile_open_view(kdf, clv_view_of(data, len), password, ret_payload, ret_info,
                                   err);
    free(data);
    return clv_while(err, st, "opening %s", clv_path_name(path));
}

clv_status clv_keyfile_read_header(const char *path, struct clv_keyfile_info *ret_info,
                                   struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, err);

    if (st == CLV_OK && clv_keyfile_is_plugin_name(path))
        st = clv_tke_sigkey_parse(clv_view_of(data, len), ret_info, err);
    else if (st == CLV_OK)
        st = clv_keyfile_parse(clv_view_of(data, len), ret_info, err);
    free(data);
    return clv_while(err, st, "reading %s", clv_path_name(path));
}

clv_status clv_keyfile_check_world(const struct clv_keyfile_info *info, bool test_world,
                                   struct clv_error *err)
{
    clv_status st;

    if (info->test_world == test_world)
        return CLV_OK;
    if (info->test_world) {
        st = clv_fail(err, CLV_E_WORLD, "this key file is for TEST; this is production");
        clv_hint(err, "Use the key file that was made for production.");
    } else {
        st = clv_fail(err, CLV_E_WORLD, "this key file is for production; this is a TEST");
        clv_hint(err, "Leave production files out of rehearsals. Use a TEST key file.");
    }
    return st;
}

clv_status clv_keyfile_check_expected(const struct clv_keyfile_info *info,
                                      const struct clv_keyfile_expected *expected,
                                      struct clv_error *err)
{
    if (expected->kind != CLV_KEYFILE_ANY && info->kind != expected->kind)
        return clv_fail(err, CLV_E_FOREIGN, "this file holds a %s, not a %s",
                        clv_keyfile_facts(info->kind)->what,
                        clv_keyfile_facts(expected->kind)->what);
    if (expected->ceremony && strcmp(info->ceremony, expected->ceremony) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "this key file belongs to %s%s, not to ceremony %s",
                        info->ceremony[0] ? "ceremony " : "no ceremony", info->ceremony,
                        expected->ceremony);
    if (expected->owner && !clv_same_person(info->owner, expected->owner))
        return clv_fail(err, CLV_E_FOREIGN, "this key file belongs to %.100s, not to %.100s",
                        info->owner, expected->owner);
    if (expected->slot && info->slot != expected->slot)
        return clv_fail(err, CLV_E_FOREIGN, "this key file is number %u, not number %u", info->slot,
                        expected->slot);
    return CLV_OK;
}

void clv_keyfile_check_text(const struct clv_keyfile_info *info, char buf[CLV_CHECK_TEXT])
{
    struct clv_check_values values = {0};

    memcpy(values.pattern, info->pattern, sizeof values.pattern);
    memcpy(values.cmac0, info->cmac0, sizeof info->cmac0);
    clv_check_text(&values, info->has_pattern ? CLV_CHECK_EP11_VP : CLV_CHECK_KCV_CMAC0, buf);
}
