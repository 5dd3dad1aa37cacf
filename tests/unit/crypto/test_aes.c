#include <string.h>

#include "support.h"

TestSuite(aes, .init = start, .fini = no_secret_is_alive);

/* docs/protocol.md, check values: EP11 pattern, ECB0, CMAC0 of four keys. */
static const struct {
    const char *key, *pattern, *ecb, *cmac;
} check_values[] = {
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
     "491176b0f443c65a7c7d72df47d6cbc0d04e111fb5a619f60d3e77677ab6f919", "f29000", "377822"},
    {"a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf",
     "868bc7a7e0c1d758cf6f0931034e05e4549830ef55657a35ecd7129397482bfb", "5f0fa7", "b8f0ef"},
    {"5bf0e1d2c3b4a5968778695a4b3c2d1e0ffedccdbcab9a8978675645342312f0",
     "dcc7e052dcf931de91bd5aad3edbc4d5a00e8d97130610f1020f8f6f253b88f2", "76d2ba", "b8229a"},
    {"fb5041726314053627d8c9faeb9c8dbeaf5e7c6d1c0b3a29d8c7f6e59483b250",
     "ef8a9b7ae36f09705ce756ebc410f475e64e68aed3a690ebcdae11b1f0c4a385", "cd6c9d", "9fef17"},
};

static void assert_starts(const uint8_t *got, const char *hex)
{
    char text[65];
    clv_hex(got, strlen(hex) / 2, text);
    cr_assert_str_eq(text, hex);
}

Test(aes, check_values)
{
    static const uint8_t zero[16];
    for (size_t i = 0; i < sizeof check_values / sizeof check_values[0]; i++) {
        struct clv_secret *key = secret_of_hex(check_values[i].key);
        uint8_t out[16], pattern[CLV_SHA256_LEN];
        assert_ok(clv_aes_ecb_block(key, zero, out, &err));
        assert_starts(out, check_values[i].ecb);
        assert_ok(clv_aes_cmac(key, zero, sizeof zero, out, &err));
        assert_starts(out, check_values[i].cmac);
        const struct clv_view pieces[] = {clv_view_of("\1", 1),
                                          clv_view_of(clv_secret_read(key), 32)};
        clv_sha256_pieces(pieces, 2, pattern);
        clv_secret_close(key);
        assert_starts(pattern, check_values[i].pattern);
        clv_secret_free(&key);
    }
}

/* NIST SP 800-38B, D.3. */
Test(aes, cmac_known_answers)
{
    static const char message[] =
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411";
    static const struct {
        size_t len;
        const char *tag;
    } rows[] = {
        {0, "028962f61b7bf89efc6b551f4667d983"},
        {16, "28a7023f452e8f82bd4bf28d8c37c35c"},
        {40, "aaf3d8f1de5640c232f5b169b9c911e6"},
    };
    struct clv_secret *key =
        secret_of_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
    uint8_t data[40], tag[16];
    assert_ok(clv_unhex(message, strlen(message), data, sizeof data, &err));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_ok(clv_aes_cmac(key, data, rows[i].len, tag, &err));
        assert_starts(tag, rows[i].tag);
    }
    clv_secret_free(&key);
}

Test(aes, keys_of_another_length_are_refused)
{
    static const uint8_t zeros[64];
    static const size_t lengths[] = {16, 24, 31, 33};
    struct clv_secret *clear = secret_of(zeros, 32), *out = NULL;
    uint8_t block[64];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct clv_secret *key = secret_of(zeros, lengths[i]);
        cr_assert_eq(clv_aes_ecb_block(key, zeros, block, NULL), CLV_E_INTERNAL);
        cr_assert_eq(clv_aes_cmac(key, zeros, 16, block, NULL), CLV_E_INTERNAL);
        cr_assert_eq(clv_aes_wrap(key, clear, block, NULL), CLV_E_INTERNAL);
        cr_assert_eq(clv_aes_unwrap(key, zeros, 40, &out, NULL), CLV_E_INTERNAL);
        cr_assert_eq(clv_aes_gcm_open(key, zeros, zeros, 40, &out, NULL), CLV_E_INTERNAL);
        clv_secret_free(&key);
    }
    cr_assert_null(out);
    clv_secret_free(&clear);
}

/* RFC 3394 section 4.6 and 4.3, then every bit changed and every length. */
Test(aes, wrap_detects_every_change)
{
    struct clv_secret *kek =
        secret_of_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    struct clv_secret *clear =
        secret_of_hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f");
    struct clv_secret *out = NULL;
    uint8_t wrapped[40];
    assert_ok(clv_aes_wrap(kek, clear, wrapped, &err));
    assert_starts(wrapped, "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43b");
    assert_starts(wrapped + 32, "fb988b9b7a02dd21");
    for (size_t bit = 0; bit < sizeof wrapped * 8; bit++) {
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_aes_unwrap(kek, wrapped, sizeof wrapped, &out, NULL), CLV_E_FORGED);
        wrapped[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sizeof wrapped; len++) {
        clv_status want = len < 24 || len % 8 != 0 ? CLV_E_FORMAT : CLV_E_FORGED;
        cr_assert_eq(clv_aes_unwrap(kek, wrapped, len, &out, NULL), want);
    }
    cr_assert_null(out);
    assert_ok(clv_aes_unwrap(kek, wrapped, sizeof wrapped, &out, &err));
    cr_assert(clv_secret_equal(out, clear));
    clv_secret_free(&out);
    clv_secret_free(&clear);
    clv_secret_free(&kek);
}

Test(aes, wrap_refuses_what_rfc_3394_cannot_wrap)
{
    static const uint8_t zeros[40];
    static const size_t lengths[] = {1, 8, 15, 17, 33};
    struct clv_secret *kek = secret_of(zeros, 32);
    uint8_t out[64];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct clv_secret *clear = secret_of(zeros, lengths[i]);
        cr_assert_eq(clv_aes_wrap(kek, clear, out, NULL), CLV_E_INTERNAL);
        clv_secret_free(&clear);
    }
    clv_secret_free(&kek);
}

/* GCM specification, test cases 14 and 16 without associated data do not exist: 14, then damage. */
Test(aes, gcm_detects_every_change)
{
    static const uint8_t nonce[12];
    struct clv_secret *key =
        secret_of_hex("0000000000000000000000000000000000000000000000000000000000000000");
    struct clv_secret *out = NULL;
    uint8_t sealed[32];
    assert_ok(clv_unhex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919", 64,
                        sealed, sizeof sealed, &err));
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_aes_gcm_open(key, nonce, sealed, sizeof sealed, &out, NULL), CLV_E_FORGED);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sizeof sealed; len++)
        cr_assert_neq(clv_aes_gcm_open(key, nonce, sealed, len, &out, NULL), CLV_OK);
    cr_assert_null(out);
    assert_ok(clv_aes_gcm_open(key, nonce, sealed, sizeof sealed, &out, &err));
    cr_assert(secret_is(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16));
    clv_secret_free(&out);
    clv_secret_free(&key);
}

/* RFC 7914 section 11 (first 32 bytes). */
Test(aes, pbkdf2_known_answers)
{
    static const struct {
        const char *password, *salt;
        unsigned iterations;
        const char *key;
    } rows[] = {
        {"passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
        {"Password", "NaCl", 80000,
         "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_secret *password = secret_of(rows[i].password, strlen(rows[i].password));
        struct clv_secret *key = NULL, *want = secret_of_hex(rows[i].key);
        assert_ok(clv_pbkdf2_sha256(password, rows[i].salt, strlen(rows[i].salt),
                                    rows[i].iterations, &key, &err));
        cr_assert(clv_secret_equal(key, want));
        clv_secret_free(&key);
        cr_assert_eq(clv_pbkdf2_sha256(password, "", 0, 0, &key, NULL), CLV_E_UNSUPPORTED);
        cr_assert_eq(clv_pbkdf2_sha256(password, "", 0, 2000000000, &key, NULL), CLV_E_UNSUPPORTED);
        cr_assert_null(key);
        clv_secret_free(&want);
        clv_secret_free(&password);
    }
}
