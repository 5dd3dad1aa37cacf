/* Signature-key files of the Trusted Key Entry plug-in: JSON around PBKDF2 and AES-GCM around PEM,
 * whose label says PKCS#8 and whose content is PKCS#1 (RSA) or SEC 1 (EC). */
#include "internal.h"

#include "claviger/der.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ITERATIONS = 4096 };

/* ---- the JSON around it: public data ---- */

static const char *string_member(const json_t *root, const char *name)
{
    return json_string_value(json_object_get(root, name));
}

static clv_status hex_member(const json_t *root, const char *name, uint8_t *out, size_t len,
                             struct clv_error *err)
{
    const char *text = string_member(root, name);

    if (!text || strlen(text) != 2 * len || clv_unhex(text, 2 * len, out, len, NULL) != CLV_OK)
        return clv_fail(err, CLV_E_FORMAT, "member \"%s\" is not the hexadecimal text of %zu bytes",
                        name, len);
    return CLV_OK;
}

static clv_status read_enckey(const json_t *root, struct clv_tke_file *ret, struct clv_error *err)
{
    const char *text = string_member(root, "enckey");
    size_t len = text ? strlen(text) / 2 : 0;

    if (len <= CLV_TKE_NONCE_LEN + CLV_TKE_TAG_LEN || len > CLV_TKE_ENCKEY_MAX)
        return clv_fail(err, CLV_E_FORMAT, "member \"enckey\" has a length no sealed key has");
    ret->enckey_len = len;
    return hex_member(root, "enckey", ret->enckey, len, err);
}

/* Taken only if it could stand on a screen. */
static void read_name(const json_t *root, struct clv_tke_file *ret)
{
    const char *name = string_member(root, "name");

    if (!name)
        name = string_member(root, "description");
    if (name && strlen(name) < sizeof ret->name &&
        clv_text_check(name, CLV_KEYFILE_DESCRIPTION_MAX, "", NULL) == CLV_OK)
        memcpy(ret->name, name, strlen(name) + 1);
}

static clv_status read_members(const json_t *root, struct clv_tke_file *ret, struct clv_error *err)
{
    const char *type = string_member(root, "keyType");
    clv_status st;

    if (!string_member(root, "enckey") || !string_member(root, "seaSalt"))
        return clv_fail(err, CLV_E_FOREIGN, "this is not a signature-key file of the plug-in");
    if ((st = hex_member(root, "seaSalt", ret->salt, CLV_TKE_SALT_LEN, err)) != CLV_OK ||
        (st = hex_member(root, "ski", ret->ski, CLV_SKI_LEN, err)) != CLV_OK ||
        (st = read_enckey(root, ret, err)) != CLV_OK)
        return st;
    ret->type = type && strcmp(type, "p521ec") == 0 ? CLV_SIGKEY_P521 : CLV_SIGKEY_RSA;
    read_name(root, ret);
    return CLV_OK;
}

clv_status clv_tke_read_json(struct clv_view json, struct clv_tke_file *ret, struct clv_error *err)
{
    json_t *root = NULL;
    clv_status st;

    if (json.len <= CLV_KEYFILE_MAX)
        root = json_loadb((const char *)json.data, json.len, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(root))
        st = clv_fail(err, CLV_E_FOREIGN, "this is not a signature-key file of the plug-in");
    else
        st = read_members(root, ret, err);
    json_decref(root);
    return st;
}

/* ---- the key inside: never outside of secrets ---- */

static clv_status decrypt(const struct clv_tke_file *file, const struct clv_secret *password,
                          struct clv_secret **ret_pem, struct clv_error *err)
{
    struct clv_secret *key = NULL;
    clv_status st =
        clv_pbkdf2_sha256(password, file->salt, CLV_TKE_SALT_LEN, ITERATIONS, &key, err);

    if (st != CLV_OK)
        return st;
    st = clv_aes_gcm_open(key, file->enckey, file->enckey + CLV_TKE_NONCE_LEN,
                          file->enckey_len - CLV_TKE_NONCE_LEN, ret_pem, err);
    clv_secret_free(&key);
    if (st == CLV_E_FORGED) {
        st = clv_fail(err, CLV_E_PASSWORD, "wrong password, or the file is damaged");
        clv_hint(err, "This format cannot tell the two apart. Try again, or use another copy.");
    }
    return st;
}

/* The base64 between the two lines of a PEM text. */
static bool pem_body(const char *pem, size_t len, const char **ret_start, size_t *ret_len)
{
    static const char begin[] = "-----BEGIN PRIVATE KEY-----\n";
    static const char end[] = "-----END PRIVATE KEY-----";
    const char *start, *stop;

    if (len < sizeof begin - 1 || memcmp(pem, begin, sizeof begin - 1) != 0)
        return false;
    start = pem + sizeof begin - 1;
    stop = memmem(start, len - (sizeof begin - 1), end, sizeof end - 1);
    if (!stop)
        return false;
    *ret_start = start;
    *ret_len = (size_t)(stop - start);
    return true;
}

static bool decode_pem(const struct clv_secret *pem, struct clv_secret *der, size_t *ret_len)
{
    const char *start = NULL;
    size_t body_len = 0;
    const char *text = (const char *)clv_secret_read(pem);
    uint8_t *out = clv_secret_write(der);
    bool decoded = pem_body(text, clv_secret_len(pem), &start, &body_len) &&
                   sodium_base642bin(out, clv_secret_len(der), start, body_len, "\r\n", ret_len,
                                     NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
                   *ret_len > 0;

    clv_secret_close(der);
    clv_secret_close(pem);
    return decoded;
}

static clv_status unwrap_pem(const struct clv_secret *pem, struct clv_secret **ret_der,
                             struct clv_error *err)
{
    struct clv_secret *der = NULL;
    size_t len = 0;
    clv_status st = clv_secret_new(clv_secret_len(pem), &der, err);

    if (st != CLV_OK)
        return st;
    if (!decode_pem(pem, der, &len)) {
        clv_secret_free(&der);
        return clv_fail(err, CLV_E_FORMAT, "the decrypted key is not in PEM form");
    }
    clv_secret_shrink(der, len);
    *ret_der = der;
    return CLV_OK;
}

/* SEC 1 ECPrivateKey: version 1, the scalar, then what may be absent and is not needed. */
static clv_status scalar_of(const struct clv_secret *der, struct clv_secret **ret_scalar,
                            struct clv_error *err)
{
    struct clv_secret *scalar = NULL;
    struct clv_reader r, seq;
    struct clv_view octets;
    const uint8_t one = 1;
    clv_status st = clv_secret_new(CLV_P521_SCALAR_LEN, &scalar, err);

    if (st != CLV_OK)
        return st;
    clv_reader_init(&r, clv_secret_read(der), clv_secret_len(der));
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "ECPrivateKey");
    clv_der_expect(&seq, CLV_DER_INTEGER, &one, 1, "version");
    octets = clv_der_octets(&seq, "private key");
    if (octets.len == 0 || octets.len > CLV_P521_SCALAR_LEN)
        clv_reader_fault(&seq, "private key", "has a length no P-521 scalar has");
    (void)clv_read_rest(&seq);
    if ((st = clv_reader_done(&r, err)) == CLV_OK) {
        memcpy(clv_secret_write(scalar) + CLV_P521_SCALAR_LEN - octets.len, octets.data,
               octets.len);
        clv_secret_close(scalar);
    }
    clv_secret_close(der);
    if (st == CLV_OK)
        *ret_scalar = scalar;
    else
        clv_secret_free(&scalar);
    return st;
}

static clv_status make_p521(const struct clv_secret *der, struct clv_sigkey *ret,
                            struct clv_error *err)
{
    struct clv_secret *scalar = NULL;
    clv_status st = scalar_of(der, &scalar, err);

    if (st == CLV_OK)
        st = clv_sigkey_from_scalar(&scalar, ret, err);
    clv_secret_free(&scalar);
    return st;
}

clv_status clv_tke_read_pem(const struct clv_secret *pem, enum clv_sigkey_type type,
                            struct clv_sigkey *ret, struct clv_error *err)
{
    struct clv_secret *der = NULL;
    clv_status st = unwrap_pem(pem, &der, err);

    if (st == CLV_OK)
        st = type == CLV_SIGKEY_P521 ? make_p521(der, ret, err)
                                     : clv_sigkey_from_rsa(&der, ret, err);
    clv_secret_free(&der);
    return st;
}

clv_status clv_tke_sigkey_open(struct clv_view json, const struct clv_secret *password,
                               struct clv_sigkey *ret, char ret_name[CLV_TKE_NAME_MAX],
                               struct clv_error *err)
{
    struct clv_tke_file file = {0};
    struct clv_secret *pem = NULL;
    struct clv_sigkey key = {0};
    clv_status st = clv_tke_read_json(json, &file, err);

    if (st == CLV_OK)
        st = decrypt(&file, password, &pem, err);
    if (st == CLV_OK)
        st = clv_tke_read_pem(pem, file.type, &key, err);
    clv_secret_free(&pem);
    if (st == CLV_OK && memcmp(key.ski, file.ski, sizeof key.ski) != 0)
        st = clv_fail(err, CLV_E_FORGED, "the key in the file is not the one its SKI names");
    if (st != CLV_OK) {
        clv_sigkey_clear(&key);
        return st;
    }
    *ret = key;
    memcpy(ret_name, file.name, sizeof file.name);
    return CLV_OK;
}

clv_status clv_tke_sigkey_parse(struct clv_view json, struct clv_keyfile_info *ret,
                                struct clv_error *err)
{
    struct clv_tke_file file = {0};
    struct clv_keyfile_info info = {.kind = CLV_KEYFILE_SIGKEY, .of_plugin = true};
    clv_status st = clv_tke_read_json(json, &file, err);

    if (st != CLV_OK)
        return st;
    info.sigkey_type = file.type;
    memcpy(info.ski, file.ski, sizeof info.ski);
    snprintf(info.description, sizeof info.description, "%s", file.name);
    if (clv_keyfile_check_admin_name(file.name, NULL) == CLV_OK)
        snprintf(info.admin_name, sizeof info.admin_name, "%.*s", CLV_KEYFILE_ADMIN_MAX, file.name);
    clv_sha256(json.data, json.len, info.file_id);
    *ret = info;
    return CLV_OK;
}
