/* Project Wycheproof's cases for the primitives of this room. */
#include "wycheproof.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"
#include "support.h"

TestSuite(wycheproof, .init = start, .fini = no_secret_is_alive);

static bool wrap_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = wycheproof_size_is(group, "keySize", 256);
    if (!*ret_applies)
        return false;
    struct clv_secret *kek = secret_of_hex(wycheproof_text(test, "key")), *clear = NULL;
    struct wycheproof_bytes ct = wycheproof_bytes(test, "ct"), msg = wycheproof_bytes(test, "msg");
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
    wycheproof_run("aes_wrap_test.json", wrap_case);
}

static bool cmac_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies =
        wycheproof_size_is(group, "keySize", 256) && wycheproof_size_is(group, "tagSize", 128);
    if (!*ret_applies)
        return false;
    struct clv_secret *key = secret_of_hex(wycheproof_text(test, "key"));
    struct wycheproof_bytes msg = wycheproof_bytes(test, "msg"),
                            tag = wycheproof_bytes(test, "tag");
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
    wycheproof_run("aes_cmac_test.json", cmac_case);
}

static bool gcm_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies =
        wycheproof_size_is(group, "keySize", 256) && wycheproof_size_is(group, "ivSize", 96) &&
        wycheproof_size_is(group, "tagSize", 128) && wycheproof_text(test, "aad")[0] == '\0' &&
        wycheproof_text(test, "ct")[0] != '\0';
    if (!*ret_applies)
        return false;
    struct clv_secret *key = secret_of_hex(wycheproof_text(test, "key")), *clear = NULL;
    struct wycheproof_bytes iv = wycheproof_bytes(test, "iv"), ct = wycheproof_bytes(test, "ct");
    struct wycheproof_bytes tag = wycheproof_bytes(test, "tag"),
                            msg = wycheproof_bytes(test, "msg");
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
    wycheproof_run("aes_gcm_test.json", gcm_case);
}

static bool ecdsa_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    (void)ret_applies;
    struct wycheproof_bytes point =
        wycheproof_bytes(json_object_get(group, "publicKey"), "uncompressed");
    struct wycheproof_bytes msg = wycheproof_bytes(test, "msg"),
                            sig = wycheproof_bytes(test, "sig");
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
    wycheproof_run("ecdsa_secp521r1_sha512_test.json", ecdsa_case);
}

/* Wycheproof writes scalars as signed numbers of any length. */
static struct clv_secret *scalar_of(struct wycheproof_bytes number)
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
    struct wycheproof_bytes point = wycheproof_bytes(test, "public"),
                            number = wycheproof_bytes(test, "private");
    struct wycheproof_bytes shared = wycheproof_bytes(test, "shared");
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
    wycheproof_run("ecdh_secp521r1_ecpoint_test.json", ecdh_case);
}

/* The PKCS#1 key inside a PKCS#8 one. */
static struct clv_secret *pkcs1_of(struct wycheproof_bytes pkcs8)
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
    *ret_applies = strcmp(wycheproof_text(test, "result"), "invalid") == 0 ||
                   wycheproof_text(test, "msg")[0] != '\0';
    if (!*ret_applies) /* a clv_secret has at least a byte */
        return false;
    struct wycheproof_bytes pkcs8 = wycheproof_bytes(group, "privateKeyPkcs8");
    struct wycheproof_bytes ct = wycheproof_bytes(test, "ct"), msg = wycheproof_bytes(test, "msg");
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
    wycheproof_run("rsa_pkcs1_2048_test.json", rsa_case);
}

/* HMAC stands inside PBKDF2 only, which OpenSSL builds on this very function. */
static bool hmac_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = wycheproof_size_is(group, "tagSize", 256);
    if (!*ret_applies)
        return false;
    struct wycheproof_bytes key = wycheproof_bytes(test, "key");
    struct wycheproof_bytes msg = wycheproof_bytes(test, "msg"),
                            tag = wycheproof_bytes(test, "tag");
    uint8_t out[CLV_SHA256_LEN];
    unsigned len = 0;
    cr_assert_not_null(HMAC(EVP_sha256(), key.data, (int)key.len, msg.data, msg.len, out, &len));
    bool same = tag.len == len && memcmp(out, tag.data, len) == 0;
    free(key.data);
    free(msg.data);
    free(tag.data);
    return same;
}

Test(wycheproof, hmac_sha256)
{
    wycheproof_run("hmac_sha256_test.json", hmac_case);
}
