/* Project Wycheproof's cases for XChaCha20-Poly1305: every one through the call that seals and
 * opens key files, those of a key file's size also through the room's own unseal. */
#include "wycheproof.h"

#include <criterion/criterion.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "src/keyfile/internal.h"
#include "start.h"

TestSuite(wycheproof, .init = test_start);

static struct clv_secret *secret_of(struct wycheproof_bytes bytes)
{
    struct clv_secret *s = NULL;
    cr_assert_eq(clv_secret_new(bytes.len, &s, NULL), CLV_OK);
    memcpy(clv_secret_write(s), bytes.data, bytes.len);
    clv_secret_close(s);
    return s;
}

struct aead {
    struct wycheproof_bytes key, nonce, aad, msg, ct, tag;
};

static void sealed_as(const struct aead *a, uint8_t *out)
{
    memcpy(out, a->ct.data, a->ct.len);
    memcpy(out + a->ct.len, a->tag.data, a->tag.len);
}

/* As src/keyfile/seal.c and src/unitd/sealed.c call it. */
static bool opens_with_libsodium(const struct aead *a)
{
    size_t len = a->ct.len + a->tag.len;
    uint8_t *sealed = malloc(len), *again = malloc(len), *clear = malloc(len);
    cr_assert(sealed && again && clear);
    sealed_as(a, sealed);
    bool opened =
        crypto_aead_xchacha20poly1305_ietf_decrypt(clear, NULL, NULL, sealed, len, a->aad.data,
                                                   a->aad.len, a->nonce.data, a->key.data) == 0;
    if (opened) {
        cr_assert_eq(memcmp(clear, a->msg.data, a->msg.len), 0);
        crypto_aead_xchacha20poly1305_ietf_encrypt(again, NULL, a->msg.data, a->msg.len,
                                                   a->aad.data, a->aad.len, NULL, a->nonce.data,
                                                   a->key.data);
        cr_assert_arr_eq(again, sealed, len);
    }
    free(sealed);
    free(again);
    free(clear);
    return opened;
}

static bool unseals(const struct aead *a)
{
    struct clv_keyfile_parts parts = {.header = clv_view_of(a->aad.data, a->aad.len),
                                      .sealed_len = a->ct.len + a->tag.len};
    struct clv_secret *key = secret_of(a->key), *clear = NULL;
    memcpy(parts.nonce, a->nonce.data, sizeof parts.nonce);
    sealed_as(a, parts.sealed);
    bool opened = clv_keyfile_unseal(&parts, key, &clear, NULL) == CLV_OK;
    if (opened) {
        cr_assert_eq(clv_secret_len(clear), a->msg.len);
        cr_assert_eq(memcmp(clv_secret_read(clear), a->msg.data, a->msg.len), 0);
        clv_secret_close(clear);
    }
    clv_secret_free(&clear);
    clv_secret_free(&key);
    return opened;
}

static bool aead_case(const json_t *group, const json_t *test, bool *ret_applies)
{
    *ret_applies = wycheproof_size_is(group, "keySize", 256) &&
                   wycheproof_size_is(group, "ivSize", 192) &&
                   wycheproof_size_is(group, "tagSize", 128);
    if (!*ret_applies)
        return false;
    struct aead a = {wycheproof_bytes(test, "key"), wycheproof_bytes(test, "iv"),
                     wycheproof_bytes(test, "aad"), wycheproof_bytes(test, "msg"),
                     wycheproof_bytes(test, "ct"),  wycheproof_bytes(test, "tag")};
    bool opened = opens_with_libsodium(&a);
    if (a.ct.len > 0 && a.ct.len <= CLV_KEYFILE_CLEAR_MAX)
        cr_assert_eq(unseals(&a), opened);
    const struct wycheproof_bytes all[] = {a.key, a.nonce, a.aad, a.msg, a.ct, a.tag};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i].data);
    return opened;
}

Test(wycheproof, xchacha20_poly1305)
{
    wycheproof_run("xchacha20_poly1305_test.json", aead_case);
    cr_assert_eq(clv_secret_alive(), 0);
}
