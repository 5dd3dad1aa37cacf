/* Key files opened with their owners' passwords. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TRIES 3

static void say_opening(struct clv_tke *t, const struct clv_tke_key *key)
{
    if (key->of_plugin)
        clv_tke_say(t, "Opening %s ...", key->file);
    else
        clv_tke_say(t, "Opening %s (Argon2id, %u MiB) ...", key->file,
                    clv_kdf_cost(key->info.profile)->memory_kib / 1024);
}

static clv_status try_password(struct clv_tke *t, const struct clv_tke_key *key, const char *path,
                               const char *problem, struct clv_secret **ret, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    struct clv_secret *password = NULL;
    struct clv_keyfile_info info = {0};
    clv_status st = key->of_plugin ? CLV_OK : clv_tke_prepare_kdf(t, key->info.profile, err);
    if (st == CLV_OK)
        st = port->password(port->ctx, key, problem, &password, err);
    if (st == CLV_OK) {
        say_opening(t, key);
        st = clv_keyfile_open(t->kdf, path, password, ret, &info, err);
    }
    clv_secret_free(&password);
    if (st == CLV_OK)
        st = clv_keyfile_check_world(&info, t->config.test_world, err);
    if (st != CLV_OK)
        clv_secret_free(ret);
    return st;
}

clv_status clv_tke_open_path(struct clv_tke *t, const struct clv_tke_key *key, const char *path,
                             struct clv_secret **ret, struct clv_error *err)
{
    clv_status st = try_password(t, key, path, NULL, ret, err);
    for (int i = 1; st == CLV_E_PASSWORD && t->config.port->person && i < TRIES; i++)
        st = try_password(t, key, path, "Wrong password.", ret, err);
    return clv_while(err, st, "opening %s", key->file);
}

static clv_status open_file(struct clv_tke *t, const struct clv_tke_key *key,
                            struct clv_secret **ret, struct clv_error *err)
{
    const char *dir = NULL;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    char *path = st == CLV_OK ? clv_path_join(dir, key->file) : NULL;
    if (st == CLV_OK && path == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = clv_tke_open_path(t, key, path, ret, err);
    free(path);
    return st;
}

clv_status clv_tke_open_payload(struct clv_tke *t, const struct clv_tke_key *key,
                                struct clv_secret **ret_payload, struct clv_error *err)
{
    return open_file(t, key, ret_payload, err);
}

clv_status clv_tke_open_part(struct clv_tke *t, const struct clv_tke_key *key,
                             struct clv_secret **ret_part, struct clv_error *err)
{
    return open_file(t, key, ret_part, err);
}

clv_status clv_tke_open_sigkey(struct clv_tke *t, const struct clv_tke_key *key,
                               struct clv_sigkey *ret, struct clv_error *err)
{
    struct clv_secret *payload = NULL;
    struct clv_sigkey opened = {0};
    clv_status st = open_file(t, key, &payload, err);
    if (st == CLV_OK)
        st = clv_sigkey_from_payload(key->info.sigkey_type, &payload, &opened, err);
    if (st == CLV_OK)
        st = clv_sigkey_prove(&opened, t->config.random, err);
    clv_secret_free(&payload);
    if (st == CLV_OK)
        *ret = opened;
    else
        clv_sigkey_clear(&opened);
    return st;
}
