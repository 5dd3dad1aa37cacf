/* Signature-key files of the plug-in: every field of the published vectors, then damage. */
#include "claviger/keyfile.h"
#include "secrets.h"
#include "vectors.h"

#include <stdlib.h>

struct expected {
    const char *password, *name;
    struct clv_view json;
    struct clv_view aes_key, pem_sha256, ski;
    struct clv_view p521_scalar, p521_point; /* empty: an RSA key */
    struct clv_view der;                     /* RSA: the PKCS#1 key */
};

static struct clv_view secret_view(const struct clv_secret *s)
{
    return clv_view_of(clv_secret_read(s), clv_secret_len(s));
}

/* The steps under clv_tke_sigkey_open(), each against its own published value. */
static void check_steps(const json_t *file, const struct expected *want)
{
    struct clv_secret *password = secret_text(want->password), *key = NULL, *pem = NULL;
    struct clv_secret *salt = secret_hex(vectors_text(file, "seaSalt"));
    struct clv_secret *enckey = secret_hex(vectors_text(file, "enckey"));
    const uint8_t *sealed = clv_secret_read(enckey);
    uint8_t sum[CLV_SHA256_LEN];

    cr_assert_eq(clv_pbkdf2_sha256(password, clv_secret_read(salt), 32, 4096, &key, NULL), CLV_OK);
    vectors_same(secret_view(key), want->aes_key, "AES key");
    clv_secret_close(key);
    cr_assert_eq(
        clv_aes_gcm_open(key, sealed, sealed + 12, clv_secret_len(enckey) - 12, &pem, NULL),
        CLV_OK);
    clv_sha256(clv_secret_read(pem), clv_secret_len(pem), sum);
    clv_secret_close(pem);
    vectors_same(clv_view_of(sum, sizeof sum), want->pem_sha256, "SHA-256 of the PEM text");
    clv_secret_close(enckey);
    clv_secret_close(salt);
    clv_secret_free(&key);
    clv_secret_free(&pem);
    clv_secret_free(&salt);
    clv_secret_free(&enckey);
    clv_secret_free(&password);
}

static void check_key(const struct clv_sigkey *key, const struct expected *want)
{
    vectors_same(clv_view_of(key->ski, CLV_SKI_LEN), want->ski, "SKI");
    cr_assert_eq(key->type, want->p521_scalar.len ? CLV_SIGKEY_P521 : CLV_SIGKEY_RSA);
    if (key->type == CLV_SIGKEY_P521) {
        vectors_same(secret_view(key->key), want->p521_scalar, "scalar");
        vectors_same(clv_view_of(key->point, sizeof key->point), want->p521_point, "point");
    } else {
        vectors_same(secret_view(key->key), want->der, "PKCS#1 key");
    }
    clv_secret_close(key->key);
}

static void check_wrong_password(struct clv_view json)
{
    struct clv_secret *wrong = secret_text("not the password");
    struct clv_sigkey key = {0};
    char name[CLV_TKE_NAME_MAX] = "untouched";

    cr_assert_eq(clv_tke_sigkey_open(json, wrong, &key, name, NULL), CLV_E_PASSWORD);
    cr_assert_null(key.key);
    cr_assert_str_eq(name, "untouched");
    clv_secret_free(&wrong);
}

static void check_file(const json_t *file, const struct expected *want)
{
    struct clv_secret *password = secret_text(want->password);
    struct clv_sigkey key = {0};
    struct clv_error err = {0};
    char name[CLV_TKE_NAME_MAX];

    check_steps(file, want);
    cr_assert_eq(clv_tke_sigkey_open(want->json, password, &key, name, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_str_eq(name, want->name);
    check_key(&key, want);
    clv_sigkey_clear(&key);
    clv_secret_free(&password);
    check_wrong_password(want->json);
}

/* ---- set "ep11": the exact text of each file ---- */

static void check_sample_signature(struct vectors *v, const json_t *admin)
{
    struct clv_view message = vectors_hex(v, admin, "sample_message");
    struct clv_view sig = vectors_hex(v, admin, "sample_signature");
    struct clv_view point = vectors_hex(v, admin, "public_point");
    uint8_t digest[CLV_SHA512_LEN];

    clv_sha512(message.data, message.len, digest);
    cr_assert_eq(clv_p521_verify(point.data, digest, sig.data, sig.len, NULL), CLV_OK);
}

static void check_admin(struct vectors *v, const json_t *admin)
{
    const char *text = vectors_text(admin, "key_file");
    json_t *file = json_loads(text, 0, NULL);
    struct expected want = {
        .password = vectors_text(admin, "key_file_password"),
        .name = vectors_text(admin, "admin_name"),
        .json = clv_view_of(text, strlen(text)),
        .aes_key = vectors_hex(v, admin, "key_file_aes_key"),
        .pem_sha256 = vectors_hex(v, admin, "key_file_plaintext_sha256"),
        .ski = vectors_hex(v, admin, "ski"),
    };
    char nonce[25];

    cr_assert(file);
    memcpy(nonce, vectors_text(file, "enckey"), 24);
    nonce[24] = '\0';
    cr_assert_str_eq(nonce, vectors_text(admin, "key_file_nonce"));
    if (strcmp(vectors_text(admin, "key_type"), "p521ec") == 0) {
        want.p521_scalar = vectors_hex(v, admin, "private_d");
        want.p521_point = vectors_hex(v, admin, "public_point");
        check_sample_signature(v, admin);
    } else {
        want.der = vectors_hex(v, admin, "private_der_pkcs1");
    }
    check_file(file, &want);
    json_decref(file);
}

static void check_ep11(struct vectors *v, json_t *root)
{
    json_t *admin;
    size_t i;

    cr_assert(vectors_bool(root, "wrong_password_is_an_error"));
    cr_assert_str_eq(vectors_text(root, "cipher"),
                     "AES-256-GCM, 12 byte nonce || ciphertext || 16 byte tag, no AAD");
    cr_assert_str_eq(vectors_text(root, "pbkdf2"), "PBKDF2-HMAC-SHA256, 4096 rounds, 32 byte key");
    json_array_foreach(vectors_array(root, "admins"), i, admin) check_admin(v, admin);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(tke, key_files_of_the_first_set)
{
    vectors_each(VECTORS_EP11, "keys.json", check_ep11);
}

/* ---- set "ep11-b": the object as stored, the keys in another file ---- */

static void check_b_file(struct vectors *v, json_t *keys, json_t *entry)
{
    json_t *file = vectors_object(entry, "file");
    json_t *key = vectors_object(keys, vectors_text(entry, "admin"));
    char *text = json_dumps(file, 0);
    struct expected want = {
        .password = vectors_text(entry, "password"),
        .name = "",
        .json = clv_view_of(text, strlen(text)),
        .aes_key = vectors_hex(v, entry, "aes_key"),
        .pem_sha256 = vectors_hex(v, entry, "plaintext_pem_sha256"),
        .ski = vectors_hex(v, file, "ski"),
    };
    uint8_t sum[CLV_SHA256_LEN];

    vectors_keep(v, text);
    cr_assert_str_eq(vectors_text(entry, "pem_label"), "PRIVATE KEY");
    if (strcmp(vectors_text(key, "type"), "p521") == 0) {
        want.p521_scalar = vectors_hex(v, key, "d");
        want.p521_point = vectors_hex(v, key, "point");
    } else {
        want.der = vectors_hex(v, key, "pkcs1_private_key");
        clv_sha256(want.der.data, want.der.len, sum);
        vectors_same(clv_view_of(sum, sizeof sum), vectors_hex(v, entry, "der_sha256"),
                     "SHA-256 of the DER key");
    }
    check_file(file, &want);
}

static void check_ep11_b(struct vectors *v, json_t *root)
{
    json_t *keys = vectors_load(v, "keys.json"), *entry;
    size_t i;

    if (!keys)
        return;
    json_array_foreach(vectors_array(root, "files"), i, entry) check_b_file(v, keys, entry);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(tke, key_files_of_the_second_set)
{
    vectors_each(VECTORS_EP11_B, "sigkey_files.json", check_ep11_b);
}

/* ---- damage ---- */

struct damage {
    const char *member, *value; /* NULL: taken out */
    clv_status want;
};

static const struct damage damages[] = {
    {"enckey", NULL, CLV_E_FOREIGN},
    {"seaSalt", NULL, CLV_E_FOREIGN},
    {"ski", NULL, CLV_E_FORMAT},
    {"ski", "00", CLV_E_FORMAT},
    {"ski", "0000000000000000000000000000000000000000000000000000000000000000", CLV_E_FORGED},
    {"seaSalt", "0000000000000000000000000000000000000000000000000000000000000000", CLV_E_PASSWORD},
    {"seaSalt", "xx", CLV_E_FORMAT},
    {"enckey", "", CLV_E_FORMAT},
    {"enckey", "00112233445566778899aabbccddeeff00112233445566778899aabb", CLV_E_FORMAT},
    {"enckey", "00112233445566778899aabbccddeeff00112233445566778899aabbcc", CLV_E_PASSWORD},
    {"keyType", "rsa", CLV_E_FORMAT},
    {"name", "bell \a", CLV_OK}, /* the name is left out, the key is good */
};

static void check_damage(struct vectors *v, json_t *root)
{
    json_t *admin = json_array_get(vectors_array(root, "admins"), 0);
    struct clv_secret *password = secret_text(vectors_text(admin, "key_file_password"));

    (void)v;
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        json_t *file = json_loads(vectors_text(admin, "key_file"), 0, NULL);
        struct clv_sigkey key = {0};
        char name[CLV_TKE_NAME_MAX];

        if (damages[i].value)
            json_object_set_new(file, damages[i].member, json_string(damages[i].value));
        else
            json_object_del(file, damages[i].member);
        char *text = json_dumps(file, 0);
        clv_status st =
            clv_tke_sigkey_open(clv_view_of(text, strlen(text)), password, &key, name, NULL);
        cr_assert_eq(st, damages[i].want, "%zu: %s", i, clv_code_name(st));
        cr_assert(st != CLV_OK || name[0] == '\0');
        clv_sigkey_clear(&key);
        free(text);
        json_decref(file);
    }
    clv_secret_free(&password);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(tke, damaged_files_get_their_class)
{
    vectors_each(VECTORS_EP11, "keys.json", check_damage);
}

Test(tke, what_is_not_json_is_foreign)
{
    static const char *const texts[] = {"",
                                        "[]",
                                        "{",
                                        "null",
                                        "claviger key file\n",
                                        "{\"enckey\":1,\"seaSalt\":2}",
                                        "{\"enckey\":\"\",\"enckey\":\"\",\"seaSalt\":\"\"}"};
    struct clv_secret *password = secret_text("x");

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct clv_sigkey key = {0};
        char name[CLV_TKE_NAME_MAX];
        cr_assert_eq(clv_tke_sigkey_open(clv_view_of(texts[i], strlen(texts[i])), password, &key,
                                         name, NULL),
                     CLV_E_FOREIGN, "%zu", i);
    }
    clv_secret_free(&password);
}
