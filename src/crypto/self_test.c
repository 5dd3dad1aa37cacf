#include <string.h>

#include "internal.h"

/* Published values. A wrong answer here means: this build, this library or this processor must not
 * touch a key. */
#define KEY_00_1F "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_A0_BF "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

/* RFC 6979 A.2.7: private key, public point, and the signature of SHA-512("sample"). */
#define P521_SCALAR                                                                                \
    "00fad06daa62ba3b25d2fb40133da757205de67f5bb0018fee8c86e1b68c7e75caa896eb32f1f47c70855836a6d1" \
    "6fcc1466f6d8fbec67db89ec0c08b0e996b83538"
#define P521_POINT                                                                                 \
    "0401894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f2" \
    "0fb633155d38ffa16d2bd761dcac474b9a2f5023a400493101c962cd4d2fddf782285e64584139c2f91b47f87ff8" \
    "2354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5"
#define P521_R                                                                                     \
    "00c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add15" \
    "2b534931d7d4e8455cc91f9b15bf05ec36e377fa"
#define P521_S                                                                                     \
    "00617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37f" \
    "f0777b1a20f8ccb1dccc43997f1ee0e44da4a67a"

static clv_status wrong(struct clv_error *err)
{
    return clv_fail(err, CLV_E_INTERNAL, "a known answer differs");
}

static bool equals_hex(const void *got, size_t len, const char *hex)
{
    uint8_t want[256];
    return len <= sizeof want && clv_unhex(hex, strlen(hex), want, len, NULL) == CLV_OK &&
           memcmp(got, want, len) == 0;
}

struct clv_secret *clv_self_test_secret(const char *hex)
{
    struct clv_secret *s = NULL;
    size_t len = strlen(hex) / 2;
    if (clv_secret_new(len, &s, NULL) != CLV_OK)
        return NULL;
    clv_status status = clv_unhex(hex, strlen(hex), clv_secret_write(s), len, NULL);
    clv_secret_close(s);
    if (status != CLV_OK)
        clv_secret_free(&s);
    return s;
}

static clv_status test_sha256(struct clv_error *err)
{
    static const char abc[] =
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; /* FIPS 180-2 B.1 */
    const struct clv_view pieces[] = {clv_view_of("a", 1), clv_view_of("bc", 2)};
    uint8_t one[CLV_SHA256_LEN], two[CLV_SHA256_LEN];
    clv_sha256("abc", 3, one);
    clv_sha256_pieces(pieces, 2, two);
    return equals_hex(one, sizeof one, abc) && equals_hex(two, sizeof two, abc) ? CLV_OK
                                                                                : wrong(err);
}

static clv_status test_sha512(struct clv_error *err)
{
    uint8_t out[CLV_SHA512_LEN];
    clv_sha512("abc", 3, out); /* FIPS 180-2 C.1 */
    return equals_hex(out, sizeof out,
                      "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                      "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
               ? CLV_OK
               : wrong(err);
}

/* Both check values of two keys (docs/protocol.md, check values). */
static clv_status test_check_values(struct clv_error *err)
{
    static const struct {
        const char *key, *ecb, *cmac;
    } rows[] = {{KEY_00_1F, "f29000", "377822"}, {KEY_A0_BF, "5f0fa7", "b8f0ef"}};
    static const uint8_t zero[16];

    clv_status status = CLV_OK;
    for (size_t i = 0; i < 2 && status == CLV_OK; i++) {
        uint8_t ecb[16] = {0}, mac[16] = {0};
        struct clv_secret *key = clv_self_test_secret(rows[i].key);
        if (key == NULL)
            return wrong(err);
        status = clv_aes_ecb_block(key, zero, ecb, err);
        if (status == CLV_OK)
            status = clv_aes_cmac(key, zero, sizeof zero, mac, err);
        if (status == CLV_OK &&
            !(equals_hex(ecb, 3, rows[i].ecb) && equals_hex(mac, 3, rows[i].cmac)))
            status = wrong(err);
        clv_secret_free(&key);
    }
    return status;
}

static clv_status wrap_both_ways(const struct clv_secret *kek, const struct clv_secret *clear,
                                 struct clv_error *err)
{
    uint8_t wrapped[40];
    struct clv_secret *again = NULL;
    clv_status status = clv_aes_wrap(kek, clear, wrapped, err);
    if (status == CLV_OK)
        status = clv_aes_unwrap(kek, wrapped, sizeof wrapped, &again, err);
    if (status == CLV_OK &&
        !(clv_secret_equal(clear, again) &&
          equals_hex(wrapped, sizeof wrapped,
                     "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b"
                     "fb988b9b7a02dd21")))
        status = wrong(err);
    clv_secret_free(&again);
    wrapped[0] ^= 1;
    if (status == CLV_OK && clv_aes_unwrap(kek, wrapped, sizeof wrapped, &again, NULL) == CLV_OK)
        status = wrong(err);
    clv_secret_free(&again);
    return status;
}

static clv_status test_wrap(struct clv_error *err) /* RFC 3394 section 4.6 */
{
    struct clv_secret *kek = clv_self_test_secret(KEY_00_1F);
    struct clv_secret *clear =
        clv_self_test_secret("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    clv_status status = kek != NULL && clear != NULL ? wrap_both_ways(kek, clear, err) : wrong(err);
    clv_secret_free(&clear);
    clv_secret_free(&kek);
    return status;
}

static clv_status test_gcm(struct clv_error *err) /* GCM specification, test case 14 */
{
    static const uint8_t nonce[12];
    uint8_t sealed[32];
    struct clv_secret *clear = NULL, *key = NULL;
    if (clv_secret_new(32, &key, err) != CLV_OK ||
        clv_unhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", 64, sealed,
                  sizeof sealed, err) != CLV_OK)
        return wrong(err);
    clv_status status = clv_aes_gcm_open(key, nonce, sealed, sizeof sealed, &clear, err);
    if (status == CLV_OK && (clv_secret_len(clear) != 16 || !clv_secret_uniform(clear)))
        status = wrong(err);
    clv_secret_free(&clear);
    sealed[31] ^= 1;
    if (status == CLV_OK &&
        clv_aes_gcm_open(key, nonce, sealed, sizeof sealed, &clear, NULL) == CLV_OK)
        status = wrong(err);
    clv_secret_free(&clear);
    clv_secret_free(&key);
    return status;
}

static clv_status test_pbkdf2(struct clv_error *err) /* RFC 7914 section 11, first 32 bytes */
{
    struct clv_secret *password = clv_self_test_secret("706173737764");
    struct clv_secret *want =
        clv_self_test_secret("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    struct clv_secret *key = NULL;
    clv_status status = password != NULL && want != NULL
                            ? clv_pbkdf2_sha256(password, "salt", 4, 1, &key, err)
                            : wrong(err);
    if (status == CLV_OK && !clv_secret_equal(key, want))
        status = wrong(err);
    clv_secret_free(&key);
    clv_secret_free(&want);
    clv_secret_free(&password);
    return status;
}

static clv_status test_p521_verify(struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN], r[66], s[66], digest[CLV_SHA512_LEN];
    clv_sha512("sample", 6, digest);
    if (clv_unhex(P521_POINT, strlen(P521_POINT), point, sizeof point, err) != CLV_OK ||
        clv_unhex(P521_R, strlen(P521_R), r, sizeof r, err) != CLV_OK ||
        clv_unhex(P521_S, strlen(P521_S), s, sizeof s, err) != CLV_OK)
        return wrong(err);
    clv_status status = clv_p521_verify_raw(point, digest, r, s, err);
    digest[0] ^= 1;
    if (status == CLV_OK && clv_p521_verify_raw(point, digest, r, s, NULL) == CLV_OK)
        status = wrong(err);
    return status;
}

static clv_status test_p521_sign(struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN], sig[CLV_P521_SIGNATURE_MAX], digest[CLV_SHA512_LEN] = {1};
    size_t len = 0;
    struct clv_secret *scalar = clv_self_test_secret(P521_SCALAR);
    clv_status status = scalar != NULL ? clv_p521_point(scalar, point, err) : wrong(err);
    if (status == CLV_OK && !equals_hex(point, sizeof point, P521_POINT))
        status = wrong(err);
    if (status == CLV_OK)
        status = clv_p521_sign(scalar, digest, sig, &len, err);
    if (status == CLV_OK)
        status = clv_p521_verify(point, digest, sig, len, err);
    clv_secret_free(&scalar);
    return status;
}

/* A fresh pair and the published one: both sides must meet in the same point. */
static clv_status test_p521_ecdh(struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN], fresh_point[CLV_P521_POINT_LEN];
    struct clv_secret *fresh = NULL, *here = NULL, *there = NULL;
    struct clv_secret *scalar = clv_self_test_secret(P521_SCALAR);
    clv_status status = scalar != NULL ? clv_p521_point(scalar, point, err) : wrong(err);
    if (status == CLV_OK)
        status = clv_p521_generate(&fresh, fresh_point, err);
    if (status == CLV_OK)
        status = clv_p521_ecdh(scalar, fresh_point, sizeof fresh_point, &here, err);
    if (status == CLV_OK)
        status = clv_p521_ecdh(fresh, point, sizeof point, &there, err);
    if (status == CLV_OK && !clv_secret_equal(here, there))
        status = wrong(err);
    clv_secret_free(&there);
    clv_secret_free(&here);
    clv_secret_free(&fresh);
    clv_secret_free(&scalar);
    return status;
}

clv_status clv_crypto_self_test(struct clv_error *err)
{
    static const struct {
        const char *primitive;
        clv_status (*run)(struct clv_error *err);
    } tests[] = {
        {"SHA-256", test_sha256},
        {"SHA-512", test_sha512},
        {"AES-ECB and AES-CMAC check values", test_check_values},
        {"AES key wrap", test_wrap},
        {"AES-GCM", test_gcm},
        {"PBKDF2", test_pbkdf2},
        {"P-521 ECDSA verification", test_p521_verify},
        {"P-521 ECDSA signature", test_p521_sign},
        {"P-521 ECDH", test_p521_ecdh},
        {"RSA X9.31 signature", clv_self_test_x931},
        {"RSA PKCS#1 encryption", clv_self_test_rsa_cipher},
    };
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        clv_status status = tests[i].run(err);
        if (status == CLV_OK)
            continue;
        (void)clv_while(err, status, "testing %s before any key is touched", tests[i].primitive);
        clv_hint(err, "Do not use this workstation for keys until it is known why.");
        return CLV_E_INTERNAL;
    }
    return CLV_OK;
}
