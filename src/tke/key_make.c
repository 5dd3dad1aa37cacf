/* Key files made, removed, and chosen to sign. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- new files ---- */

static const char *const default_descriptions[] = {
    [CLV_KEYFILE_PART] = "Master key part",
    [CLV_KEYFILE_SIGKEY] = "Signature key",
    [CLV_KEYFILE_WITNESS] = "Witness's key",
};

clv_status clv_tke_fill_header(struct clv_tke *t, const struct clv_tke_new_key *in,
                               enum clv_keyfile_kind kind, struct clv_keyfile_info *info,
                               struct clv_error *err)
{
    const char *owner = in->owner ? in->owner : in->admin_name;
    *info = (struct clv_keyfile_info){.kind = kind,
                                      .test_world = t->config.test_world,
                                      .created_ms = clv_now_wall_ms(t->config.clock) / 1000 * 1000,
                                      .origin = in->value ? CLV_ORIGIN_TYPED : CLV_ORIGIN_RANDOM};
    clv_status st = clv_text_check(owner, CLV_KEYFILE_OWNER_MAX, "the owner", err);
    if (st == CLV_OK && in->description)
        st = clv_text_check(in->description, CLV_KEYFILE_DESCRIPTION_MAX, "the description", err);
    if (st == CLV_OK && in->admin_name)
        st = clv_text_check(in->admin_name, CLV_KEYFILE_ADMIN_MAX, "the administrator name", err);
    if (st == CLV_OK && clv_kdf_profile_named(in->profile ? in->profile : "standard",
                                              &info->profile, NULL) != CLV_OK)
        st = clv_fail(err, CLV_E_USAGE, "there is no profile \"%.40s\": standard, or high",
                      in->profile);
    if (st == CLV_OK)
        st = clv_kdf_fit_to_create(info->profile, err);
    if (st != CLV_OK)
        return st;
    snprintf(info->owner, sizeof(info->owner), "%s", owner);
    snprintf(info->description, sizeof(info->description), "%s",
             in->description ? in->description : default_descriptions[kind]);
    if (in->admin_name)
        snprintf(info->admin_name, sizeof(info->admin_name), "%s", in->admin_name);
    return CLV_OK;
}

clv_status clv_tke_seal(struct clv_tke *t, const struct clv_keyfile_info *info,
                        const struct clv_secret *payload, struct clv_tke_key *ret,
                        struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    const char *words[] = {"claviger", info->owner, info->description, NULL};
    struct clv_secret *password = NULL;
    const char *dir = NULL;
    char *path = NULL;
    struct clv_tke_key key = {0};
    clv_status st = clv_tke_key_dir(t, &dir, err);
    if (st == CLV_OK)
        st = clv_tke_prepare_kdf(t, info->profile, err);
    if (st == CLV_OK)
        st = port->new_password(port->ctx, words, &password, err);
    if (st == CLV_OK)
        clv_tke_say(t, "Sealing the file and opening it again (Argon2id, %u MiB) ...",
                    clv_kdf_cost(info->profile)->memory_kib / 1024);
    struct clv_keyfile_request request = {.dir = dir,
                                          .info = info,
                                          .password = password,
                                          .payload = payload,
                                          .random = t->config.random};
    if (st == CLV_OK)
        st = clv_keyfile_create(t->kdf, &request, &key.info, &path, err);
    if (st == CLV_OK) {
        snprintf(key.file, sizeof(key.file), "%s", clv_path_name(path));
        *ret = key;
    }
    clv_secret_free(&password);
    free(path);
    return st;
}

clv_status clv_tke_add_part(struct clv_tke *t, const struct clv_tke_new_key *in,
                            struct clv_tke_key *ret, struct clv_error *err)
{
    struct clv_keyfile_info info;
    struct clv_secret *part = NULL;
    clv_status st = clv_tke_fill_header(t, in, CLV_KEYFILE_PART, &info, err);
    if (st == CLV_OK)
        st = in->value ? clv_part_from_hex(in->value, &part, err)
                       : clv_part_random(t->config.random, &part, err);
    if (st == CLV_OK)
        st = clv_tke_seal(t, &info, part, ret, err);
    clv_secret_free(&part);
    return st;
}

clv_status clv_tke_add_sigkey(struct clv_tke *t, const struct clv_tke_new_key *in,
                              struct clv_tke_key *ret, struct clv_error *err)
{
    struct clv_keyfile_info info;
    struct clv_sigkey key = {0};
    clv_status st = clv_tke_fill_header(t, in, CLV_KEYFILE_SIGKEY, &info, err);
    if (st == CLV_OK)
        st = clv_sigkey_generate(&key, err);
    if (st == CLV_OK)
        st = clv_tke_seal(t, &info, key.key, ret, err);
    clv_sigkey_clear(&key);
    return st;
}

clv_status clv_tke_add_witness(struct clv_tke *t, const struct clv_tke_new_key *in,
                               struct clv_tke_key *ret, struct clv_error *err)
{
    struct clv_keyfile_info info;
    struct clv_secret *seed = NULL;
    clv_status st = clv_tke_fill_header(t, in, CLV_KEYFILE_WITNESS, &info, err);
    if (st != CLV_OK)
        return st;
    clv_witness_default_name(info.owner, info.test_world, info.witness_name);
    if (in->witness && strlen(in->witness) < sizeof(info.witness_name))
        snprintf(info.witness_name, sizeof(info.witness_name), "%s", in->witness);
    else if (in->witness)
        return clv_fail(err, CLV_E_INPUT, "the name in cosignatures is too long");
    st = clv_secret_new(CLV_WITNESS_SEED_LEN, &seed, err);
    if (st != CLV_OK)
        return st;
    clv_random_fill(t->config.random, clv_secret_write(seed), CLV_WITNESS_SEED_LEN);
    clv_secret_close(seed);
    st = clv_tke_seal(t, &info, seed, ret, err);
    clv_secret_free(&seed);
    return st;
}

/* ---- removed ---- */

static clv_status confirm_removal(struct clv_tke *t, const struct clv_tke_key *const *keys,
                                  size_t num, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    char phrase[1024] = "remove ";
    size_t used = strlen(phrase);
    const char *lines[] = {"The files are taken off this workstation. Without a copy elsewhere the "
                           "keys in them are gone."};
    for (size_t i = 0; i < num && used < sizeof(phrase); i++)
        used += (size_t)snprintf(phrase + used, sizeof(phrase) - used, "%s%s", i ? "," : "",
                                 keys[i]->file);
    if (used >= sizeof(phrase))
        return clv_fail(err, CLV_E_USAGE, "too many files at once: remove fewer");
    return port->confirm(port->ctx, phrase, lines, 1, err);
}

static void deselect(struct clv_tke_settings *s, const char *file)
{
    for (size_t i = 0; i < s->num_sigkeys; i++)
        if (strcmp(s->sigkeys[i], file) == 0) {
            memmove(s->sigkeys[i], s->sigkeys[i + 1],
                    (s->num_sigkeys - i - 1) * sizeof(s->sigkeys[0]));
            s->num_sigkeys--;
            return;
        }
}

static clv_status remove_one(struct clv_tke *t, const char *dir, const struct clv_tke_key *key,
                             struct clv_error *err)
{
    char *path = clv_path_join(dir, key->file);
    clv_status st =
        path ? clv_file_remove(path, err) : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    if (st != CLV_OK || !key->selected)
        return st;
    deselect(&t->settings, key->file);
    return clv_tke_save(t, err);
}

clv_status clv_tke_remove_keys(struct clv_tke *t, const struct clv_tke_key *const *keys,
                               size_t num_keys, struct clv_error *err)
{
    const char *dir = NULL;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    for (size_t i = 0; st == CLV_OK && i < num_keys; i++)
        if (keys[i]->of_service)
            st = clv_fail(err, CLV_E_RULE, "%s is kept by the signing service: there is no file",
                          keys[i]->file);
    if (st == CLV_OK)
        st = confirm_removal(t, keys, num_keys, err);
    for (size_t i = 0; st == CLV_OK && i < num_keys; i++) {
        st = remove_one(t, dir, keys[i], err);
        if (st != CLV_OK && i > 0)
            clv_kept(err, "%zu of %zu files were removed before this one.", i, num_keys);
    }
    return st;
}

/* ---- chosen to sign ---- */

clv_status clv_tke_select_sigkeys(struct clv_tke *t, const struct clv_tke_key *const *keys,
                                  size_t num_keys, struct clv_error *err)
{
    if (num_keys > CLV_TKE_MAX_SIGKEYS)
        return clv_fail(err, CLV_E_USAGE, "at most %d signature keys can sign",
                        CLV_TKE_MAX_SIGKEYS);
    for (size_t i = 0; i < num_keys; i++)
        memcpy(t->settings.sigkeys[i], keys[i]->file, sizeof(t->settings.sigkeys[0]));
    t->settings.num_sigkeys = num_keys;
    return clv_tke_save(t, err);
}
