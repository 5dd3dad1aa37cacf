/* Key files opened with their owners' passwords. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TRIES 3

/* What opening a file brings: a payload, or a plug-in's key. */
struct opened {
    struct clv_secret *payload;
    struct clv_sigkey sigkey;
};

static clv_status open_plugin(const char *path, const struct clv_secret *password,
                              struct opened *ret, struct clv_error *err)
{
    char name[CLV_TKE_NAME_MAX];
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, CLV_KEYFILE_MAX, &data, &len, err);
    if (st == CLV_OK)
        st = clv_tke_sigkey_open(clv_view_of(data, len), password, &ret->sigkey, name, err);
    free(data);
    return st;
}

static clv_status open_ours(struct clv_tke *t, const struct clv_tke_key *key, const char *path,
                            const struct clv_secret *password, struct opened *ret,
                            struct clv_error *err)
{
    struct clv_keyfile_info info = {0};
    clv_status st = clv_tke_prepare_kdf(t, key->info.profile, err);
    if (st != CLV_OK)
        return st;
    clv_tke_say(t, "Opening %s (Argon2id, %u MiB) ...", key->file,
                clv_kdf_cost(key->info.profile)->memory_kib / 1024);
    st = clv_keyfile_open(t->kdf, path, password, &ret->payload, &info, err);
    if (st == CLV_OK)
        st = clv_keyfile_check_world(&info, t->config.test_world, err);
    if (st != CLV_OK)
        clv_secret_free(&ret->payload);
    return st;
}

static clv_status try_password(struct clv_tke *t, const struct clv_tke_key *key, const char *path,
                               const char *problem, struct opened *ret, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    struct clv_secret *password = NULL;
    clv_status st = port->password(port->ctx, key, problem, &password, err);
    if (st == CLV_OK && key->of_plugin)
        st = open_plugin(path, password, ret, err);
    else if (st == CLV_OK)
        st = open_ours(t, key, path, password, ret, err);
    clv_secret_free(&password);
    return st;
}

static clv_status open_file(struct clv_tke *t, const struct clv_tke_key *key, struct opened *ret,
                            struct clv_error *err)
{
    const char *dir = NULL;
    clv_status st = clv_tke_key_dir(t, &dir, err);
    char *path = st == CLV_OK ? clv_path_join(dir, key->file) : NULL;
    if (st == CLV_OK && path == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = try_password(t, key, path, NULL, ret, err);
    for (int i = 1; st == CLV_E_PASSWORD && t->config.port->person && i < TRIES; i++)
        st = try_password(t, key, path, "Wrong password.", ret, err);
    free(path);
    return st == CLV_OK ? st : clv_while(err, "opening %s", key->file);
}

clv_status clv_tke_open_part(struct clv_tke *t, const struct clv_tke_key *key,
                             struct clv_secret **ret_part, struct clv_error *err)
{
    struct opened opened = {0};
    clv_status st = open_file(t, key, &opened, err);
    if (st == CLV_OK)
        *ret_part = opened.payload;
    return st;
}

/* A key that cannot sign is found now, not in front of the crypto units. */
static clv_status prove_by_use(struct clv_tke *t, const struct clv_sigkey *key,
                               struct clv_error *err)
{
    uint8_t nonce[64], sig[CLV_P521_SIGNATURE_MAX], digest[CLV_SHA512_LEN];
    size_t len = 0;
    if (key->type != CLV_SIGKEY_P521)
        return CLV_OK;
    clv_random_fill(t->config.random, nonce, sizeof(nonce));
    clv_sha512(nonce, sizeof(nonce), digest);
    clv_status st = clv_p521_sign(key->key, digest, sig, &len, err);
    if (st == CLV_OK)
        st = clv_p521_verify(key->point, digest, sig, len, err);
    return st == CLV_OK ? st : clv_while(err, "using the signature key once");
}

clv_status clv_tke_open_sigkey(struct clv_tke *t, const struct clv_tke_key *key,
                               struct clv_sigkey *ret, struct clv_error *err)
{
    struct opened opened = {0};
    clv_status st = open_file(t, key, &opened, err);
    if (st == CLV_OK && !key->of_plugin)
        st = clv_sigkey_from_scalar(&opened.payload, &opened.sigkey, err);
    if (st == CLV_OK)
        st = prove_by_use(t, &opened.sigkey, err);
    clv_secret_free(&opened.payload);
    if (st == CLV_OK)
        *ret = opened.sigkey;
    else
        clv_sigkey_clear(&opened.sigkey);
    return st;
}
