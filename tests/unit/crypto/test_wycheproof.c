/* Project Wycheproof's cases for our primitives, from the folder in CLAVIGER_WYCHEPROOF. A case
 * applies when our function can express it at all (256-bit AES keys, whole tags, and so on); every
 * case that applies must agree. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"
#include "support.h"

TestSuite(wycheproof, .init = start, .fini = no_secret_is_alive);

/* One case: what is under test answers with whether it took the input; *ret_applies is preset. */
typedef bool (*run_case)(const json_t *group, const json_t *test, bool *ret_applies);

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    cr_assert_not_null(value, "%s is missing", name);
    return value;
}

static bool size_is(const json_t *group, const char *name, json_int_t want)
{
    return json_integer_value(json_object_get(group, name)) == want;
}

static json_t *load(const char *name)
{
    const char *folder = getenv("CLAVIGER_WYCHEPROOF");
    if (folder == NULL || folder[0] == '\0') {
        printf("wycheproof: %s: skipped, CLAVIGER_WYCHEPROOF names no folder\n", name);
        cr_skip_test("CLAVIGER_WYCHEPROOF is not set");
    }
    char *path = clv_path_join(folder, name);
    json_error_t error;
    json_t *root = json_load_file(path, 0, &error);
    cr_assert_not_null(root, "%s: %s", path, error.text);
    free(path);
    return root;
}

/* "valid" must be taken, "invalid" refused, "acceptable" may be either. */
static void run_file(const char *name, run_case run)
{
    json_t *root = load(name), *group, *test;
    size_t i, k, num = 0, num_skipped = 0;
    json_array_foreach(json_object_get(root, "testGroups"), i, group)
    {
        json_array_foreach(json_object_get(group, "tests"), k, test)
        {
            bool applies = true;
            bool taken = run(group, test, &applies);
            const char *result = text(test, "result");
            num += applies;
            num_skipped += !applies;
            if (applies && strcmp(result, "acceptable") != 0)
                cr_assert_eq(taken, strcmp(result, "valid") == 0, "%s case %lld (%s): %s", name,
                             json_integer_value(json_object_get(test, "tcId")), result,
                             text(test, "comment"));
        }
    }
    json_decref(root);
    cr_assert_gt(num, 0);
    printf("wycheproof: %s: %zu cases agree, %zu do not apply\n", name, num, num_skipped);
}

struct bytes {
    uint8_t *data;
    size_t len;
};

static struct bytes bytes_field(const json_t *object, const char *name)
{
    struct bytes b = {0};
    b.data = bytes_of_hex(text(object, name), &b.len);
    return b;
}

static bool wrap_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = size_is(group, "keySize", 256);
    if (!*ret_applies)
        return false;
    struct clv_secret *kek = secret_of_hex(text(test, "key")), *clear = NULL;
    struct bytes ct = bytes_field(test, "ct"), msg = bytes_field(test, "msg");
    bool taken = clv_aes_unwrap(kek, ct.data, ct.len, &clear, NULL) == CLV_OK;
    if (taken) {
        uint8_t *again = malloc(ct.len);
        cr_assert(secret_is(clear, msg.data, msg.len));
        assert_ok(clv_aes_wrap(kek, clear, again, &err));
        cr_assert_arr_eq(again, ct.data, ct.len);
        free(again);
    }
    free(ct.data);
    free(msg.data);
    clv_secret_free(&clear);
    clv_secret_free(&kek);
    return taken;
}

Test(wycheproof, aes_wrap)
{
    run_file("aes_wrap_test.json", wrap_case);
}

static bool cmac_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = size_is(group, "keySize", 256) && size_is(group, "tagSize", 128);
    if (!*ret_applies)
        return false;
    struct clv_secret *key = secret_of_hex(text(test, "key"));
    struct bytes msg = bytes_field(test, "msg"), tag = bytes_field(test, "tag");
    uint8_t out[16];
    assert_ok(clv_aes_cmac(key, msg.data, msg.len, out, &err));
    bool same = tag.len == sizeof out && memcmp(out, tag.data, sizeof out) == 0;
    free(msg.data);
    free(tag.data);
    clv_secret_free(&key);
    return same;
}

Test(wycheproof, aes_cmac)
{
    run_file("aes_cmac_test.json", cmac_case);
}

static bool gcm_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = size_is(group, "keySize", 256) && size_is(group, "ivSize", 96) &&
                   size_is(group, "tagSize", 128) && text(test, "aad")[0] == '\0' &&
                   text(test, "ct")[0] != '\0';
    if (!*ret_applies)
        return false;
    struct clv_secret *key = secret_of_hex(text(test, "key")), *clear = NULL;
    struct bytes iv = bytes_field(test, "iv"), ct = bytes_field(test, "ct");
    struct bytes tag = bytes_field(test, "tag"), msg = bytes_field(test, "msg");
    struct clv_writer sealed = {0};
    clv_write_bytes(&sealed, ct.data, ct.len);
    clv_write_bytes(&sealed, tag.data, tag.len);
    bool taken = clv_aes_gcm_open(key, iv.data, sealed.data, sealed.len, &clear, NULL) == CLV_OK;
    if (taken)
        cr_assert(secret_is(clear, msg.data, msg.len));
    clv_writer_clear(&sealed);
    free(iv.data);
    free(ct.data);
    free(tag.data);
    free(msg.data);
    clv_secret_free(&clear);
    clv_secret_free(&key);
    return taken;
}

Test(wycheproof, aes_gcm)
{
    run_file("aes_gcm_test.json", gcm_case);
}

static bool ecdsa_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    (void)ret_applies;
    struct bytes point = bytes_field(json_object_get(group, "publicKey"), "uncompressed");
    struct bytes msg = bytes_field(test, "msg"), sig = bytes_field(test, "sig");
    uint8_t digest[CLV_SHA512_LEN];
    cr_assert_eq(point.len, CLV_P521_POINT_LEN);
    clv_sha512(msg.data, msg.len, digest);
    bool taken = clv_p521_verify(point.data, digest, sig.data, sig.len, NULL) == CLV_OK;
    free(point.data);
    free(msg.data);
    free(sig.data);
    return taken;
}

Test(wycheproof, ecdsa_p521)
{
    run_file("ecdsa_secp521r1_sha512_test.json", ecdsa_case);
}

/* Wycheproof writes scalars as signed numbers of any length. */
static struct clv_secret *scalar_of(struct bytes number)
{
    uint8_t padded[CLV_P521_SCALAR_LEN] = {0};
    const uint8_t *p = number.data;
    size_t len = number.len;
    for (; len > sizeof padded; len--)
        cr_assert_eq(*p++, 0);
    memcpy(padded + sizeof padded - len, p, len);
    return secret_of(padded, sizeof padded);
}

static bool ecdh_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    (void)group;
    (void)ret_applies;
    struct bytes point = bytes_field(test, "public"), number = bytes_field(test, "private");
    struct bytes shared = bytes_field(test, "shared");
    struct clv_secret *scalar = scalar_of(number), *z = NULL;
    bool taken = clv_p521_ecdh(scalar, point.data, point.len, &z, NULL) == CLV_OK;
    if (taken)
        cr_assert(secret_is(z, shared.data, shared.len));
    free(point.data);
    free(number.data);
    free(shared.data);
    clv_secret_free(&z);
    clv_secret_free(&scalar);
    return taken;
}

Test(wycheproof, ecdh_p521)
{
    run_file("ecdh_secp521r1_ecpoint_test.json", ecdh_case);
}

/* The PKCS#1 key inside a PKCS#8 one. */
static struct clv_secret *pkcs1_of(struct bytes pkcs8)
{
    struct clv_reader r, seq;
    clv_reader_init(&r, pkcs8.data, pkcs8.len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "PKCS#8");
    (void)clv_der_read(&seq, CLV_DER_INTEGER, "version");
    (void)clv_der_read(&seq, CLV_DER_SEQUENCE, "algorithm");
    struct clv_view key = clv_der_octets(&seq, "key");
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
    return secret_of(key.data, key.len);
}

static bool rsa_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = strcmp(text(test, "result"), "invalid") == 0 || text(test, "msg")[0] != '\0';
    if (!*ret_applies) /* a clv_secret has at least a byte */
        return false;
    struct bytes pkcs8 = bytes_field(group, "privateKeyPkcs8");
    struct bytes ct = bytes_field(test, "ct"), msg = bytes_field(test, "msg");
    struct clv_secret *key = pkcs1_of(pkcs8), *clear = NULL;
    bool taken = clv_rsa_decrypt(key, ct.data, ct.len, &clear, NULL) == CLV_OK;
    if (taken)
        cr_assert(secret_is(clear, msg.data, msg.len));
    free(pkcs8.data);
    free(ct.data);
    free(msg.data);
    clv_secret_free(&clear);
    clv_secret_free(&key);
    return taken;
}

Test(wycheproof, rsa_pkcs1_decrypt)
{
    run_file("rsa_pkcs1_2048_test.json", rsa_case);
}
