#include "tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/crypto.h"

#define MAX_PEM (64u << 10)
#define KEY_NAME "tls.key"
#define CERT_NAME "tls.pem"

static const char cert_mark[] = "-----BEGIN CERTIFICATE-----";

static clv_status to_secret(const void *text, size_t len, struct clv_secret **ret,
                            struct clv_error *err)
{
    clv_status status = clv_secret_new(len + 1, ret, err);
    if (status != CLV_OK)
        return status;
    uint8_t *to = clv_secret_write(*ret);
    memcpy(to, text, len);
    to[len] = 0;
    clv_secret_close(*ret);
    return CLV_OK;
}

static clv_status read_key(const char *path, struct clv_secret **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read_private(path, MAX_PEM, &data, &len, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the key of the TLS certificate");
    if (!memmem(data, len, "PRIVATE KEY-----", 16))
        status = clv_fail(err, CLV_E_FORMAT, "%s holds no private key in PEM", path);
    else
        status = to_secret(data, len, ret, err);
    clv_wipe(data, len);
    free(data);
    return status;
}

static clv_status read_cert(const char *path, char **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read(path, MAX_PEM, &data, &len, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the TLS certificate");
    char *text = memmem(data, len, cert_mark, sizeof(cert_mark) - 1)
                     ? strndup((const char *)data, len)
                     : NULL;
    free(data);
    if (!text)
        return clv_fail(err, CLV_E_FORMAT, "%s holds no certificate in PEM", path);
    *ret = text;
    return CLV_OK;
}

clv_status tls_read(const char *cert_path, const char *key_path, struct tls *ret,
                    struct clv_error *err)
{
    struct tls tls = {0};
    clv_status status = read_cert(cert_path, &tls.cert_pem, err);
    if (status == CLV_OK)
        status = read_key(key_path, &tls.key_pem, err);
    if (status != CLV_OK)
        tls_clear(&tls);
    else
        *ret = tls;
    return status;
}

/* ---- a certificate of our own ---- */

static clv_status make_identity(const char *path, const char *const *names, size_t num_names,
                                struct clv_error *err)
{
    const char *all[TLS_MAX_NAMES + 2] = {"localhost", "127.0.0.1"};
    struct clv_secret *pem = NULL;
    for (size_t i = 0; i < num_names; i++)
        all[i + 2] = names[i];
    clv_status status = clv_tls_identity_make(all, num_names + 2, &pem, err);
    if (status == CLV_OK) {
        status = clv_file_replace(path, clv_secret_read(pem), clv_secret_len(pem), err);
        clv_secret_close(pem);
    }
    clv_secret_free(&pem);
    return status;
}

/* The certificate stands behind the key. */
static clv_status cert_of(const struct clv_secret *identity, char **ret, struct clv_error *err)
{
    const char *cert = strstr((const char *)clv_secret_read(identity), cert_mark);
    char *text = cert ? strdup(cert) : NULL;
    clv_secret_close(identity);
    if (!text)
        return clv_fail(err, CLV_E_DAMAGED,
                        "the TLS identity in the state folder has no certificate");
    *ret = text;
    return CLV_OK;
}

static clv_status open_identity(const char *key_path, const char *cert_path,
                                const char *const *names, size_t num_names, struct tls *tls,
                                struct clv_error *err)
{
    clv_status status = CLV_OK;
    if (num_names > 0 || (access(key_path, F_OK) != 0 && errno == ENOENT))
        status = make_identity(key_path, names, num_names, err);
    if (status == CLV_OK)
        status = read_key(key_path, &tls->key_pem, err);
    if (status == CLV_OK)
        status = cert_of(tls->key_pem, &tls->cert_pem, err);
    if (status == CLV_OK)
        status = clv_file_replace(cert_path, tls->cert_pem, strlen(tls->cert_pem), err);
    return status;
}

clv_status tls_own(const char *state_dir, const char *const *names, size_t num_names,
                   struct tls *ret, struct clv_error *err)
{
    struct tls tls = {0};
    char *key_path = clv_path_join(state_dir, KEY_NAME);
    char *cert_path = clv_path_join(state_dir, CERT_NAME);
    clv_status status = key_path && cert_path
                            ? open_identity(key_path, cert_path, names, num_names, &tls, err)
                            : clv_fail(err, CLV_E_MEMORY, "out of memory for a path");
    if (status != CLV_OK)
        tls_clear(&tls);
    else
        *ret = tls;
    free(key_path);
    free(cert_path);
    return status;
}

void tls_clear(struct tls *tls)
{
    clv_secret_free(&tls->key_pem);
    free(tls->cert_pem);
    *tls = (struct tls){0};
}
