#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"
#include "support.h"

static const uint8_t digest[CLV_SHA256_LEN] = {1, 2, 3};

struct pair {
    struct clv_secret *private_der;
    uint8_t *public_der;
    size_t public_len;
};

static struct pair key;

static void start_with_key(void)
{
    start();
    assert_ok(clv_rsa_generate(2048, &key.private_der, &key.public_der, &key.public_len, &err));
}

static void clear_key(void)
{
    clv_secret_free(&key.private_der);
    free(key.public_der);
    no_secret_is_alive();
}

TestSuite(rsa, .init = start_with_key, .fini = clear_key);

Test(rsa, all_sizes_sign_and_encrypt)
{
    static const unsigned sizes[] = {2048, 3072, 4096};
    for (size_t i = 0; i < 3; i++) {
        struct pair p = {0};
        unsigned bits = 0;
        uint8_t out[512];
        size_t len = 0;
        assert_ok(clv_rsa_generate(sizes[i], &p.private_der, &p.public_der, &p.public_len, &err));
        assert_ok(clv_rsa_modulus_bits(p.public_der, p.public_len, &bits, &err));
        cr_assert_eq(bits, sizes[i]);
        assert_ok(clv_rsa_sign_x931(p.private_der, digest, out, sizeof out, &len, &err));
        cr_assert_eq(len, sizes[i] / 8);
        assert_ok(clv_rsa_verify_x931(p.public_der, p.public_len, digest, out, len, &err));
        clv_secret_free(&p.private_der);
        free(p.public_der);
    }
}

Test(rsa, other_sizes_are_refused)
{
    static const unsigned sizes[] = {0, 512, 1024, 2047, 2049, 8192};
    struct pair p = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        cr_assert_eq(clv_rsa_generate(sizes[i], &p.private_der, &p.public_der, &p.public_len, NULL),
                     CLV_E_UNSUPPORTED);
    cr_assert_null(p.private_der);
    cr_assert_null(p.public_der);
}

static void write_public(struct clv_writer *w, const uint8_t *n, size_t n_len, const char *e,
                         size_t e_len)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_unsigned(w, n, n_len);
    clv_der_write_unsigned(w, e, e_len);
    clv_der_close(w, seq);
}

Test(rsa, public_keys_that_are_not_ours_are_refused)
{
    uint8_t n[512];
    memset(n, 0xff, sizeof n);
    static const struct {
        size_t n_len;
        uint8_t first, last;
        const char *e;
        size_t e_len;
        clv_status want;
    } rows[] = {
        {256, 0xff, 0xff, "\1\0\1", 3, CLV_OK},       {384, 0xff, 0xff, "\1\0\1", 3, CLV_OK},
        {512, 0xff, 0xff, "\1\0\1", 3, CLV_OK},       {255, 0xff, 0xff, "\1\0\1", 3, CLV_E_FORMAT},
        {257, 0xff, 0xff, "\1\0\1", 3, CLV_E_FORMAT}, {128, 0xff, 0xff, "\1\0\1", 3, CLV_E_FORMAT},
        {256, 0x7f, 0xff, "\1\0\1", 3, CLV_E_FORMAT}, {256, 0xff, 0xfe, "\1\0\1", 3, CLV_E_FORMAT},
        {256, 0xff, 0xff, "\3", 1, CLV_E_FORMAT},     {256, 0xff, 0xff, "\1\0\2", 3, CLV_E_FORMAT},
        {256, 0xff, 0xff, "", 0, CLV_E_FORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_writer w = {0};
        unsigned bits = 0;
        n[0] = rows[i].first;
        n[rows[i].n_len - 1] = rows[i].last;
        write_public(&w, n, rows[i].n_len, rows[i].e, rows[i].e_len);
        cr_assert_eq(clv_rsa_modulus_bits(w.data, w.len, &bits, NULL), rows[i].want, "row %zu", i);
        clv_writer_clear(&w);
        memset(n, 0xff, sizeof n);
    }
}

Test(rsa, every_truncation_of_a_key_is_refused)
{
    unsigned bits = 0;
    uint8_t sig[256], *out = NULL;
    size_t len = 0, out_len = 0;
    for (size_t cut = 0; cut < key.public_len; cut++)
        cr_assert_eq(clv_rsa_modulus_bits(key.public_der, cut, &bits, NULL), CLV_E_FORMAT);
    size_t full = clv_secret_len(key.private_der);
    for (size_t cut = 1; cut < full; cut += 7) {
        struct clv_secret *s = secret_of(clv_secret_read(key.private_der), cut);
        clv_secret_close(key.private_der);
        cr_assert_eq(clv_rsa_sign_x931(s, digest, sig, sizeof sig, &len, NULL), CLV_E_FORMAT);
        cr_assert_eq(clv_rsa_public(s, &out, &out_len, NULL), CLV_E_FORMAT);
        clv_secret_free(&s);
    }
    cr_assert_null(out);
}

Test(rsa, the_public_key_is_in_the_private_one)
{
    uint8_t *public_der = NULL;
    size_t len = 0;
    assert_ok(clv_rsa_public(key.private_der, &public_der, &len, &err));
    cr_assert(
        clv_view_equal(clv_view_of(public_der, len), clv_view_of(key.public_der, key.public_len)));
    free(public_der);
}

Test(rsa, x931_detects_every_change)
{
    uint8_t sig[256], other[CLV_SHA256_LEN] = {7};
    size_t len = 0;
    assert_ok(clv_rsa_sign_x931(key.private_der, digest, sig, sizeof sig, &len, &err));
    cr_assert_eq(clv_rsa_verify_x931(key.public_der, key.public_len, other, sig, len, NULL),
                 CLV_E_FORGED);
    for (size_t bit = 0; bit < len * 8; bit += 5) {
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_rsa_verify_x931(key.public_der, key.public_len, digest, sig, len, NULL),
                     CLV_E_FORGED);
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < len; cut += 5)
        cr_assert_eq(clv_rsa_verify_x931(key.public_der, key.public_len, digest, sig, cut, NULL),
                     CLV_E_FORGED);
}

/* The modulus out of RSAPublicKey DER. */
static struct clv_view modulus(void)
{
    struct clv_reader r, seq;
    clv_reader_init(&r, key.public_der, key.public_len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "key");
    struct clv_view n = clv_der_read(&seq, CLV_DER_INTEGER, "n");
    cr_assert_eq(n.len, 257);
    return clv_view_of(n.data + 1, 256);
}

/* Standard X9.31 signers may send n - s: it must hold, and ours must not be forced to be it. */
Test(rsa, x931_takes_the_other_root)
{
    uint8_t sig[256], other[256];
    size_t len = 0;
    struct clv_view n = modulus();
    assert_ok(clv_rsa_sign_x931(key.private_der, digest, sig, sizeof sig, &len, &err));
    int borrow = 0;
    for (size_t i = 256; i-- > 0;) {
        int v = n.data[i] - sig[i] - borrow;
        borrow = v < 0;
        other[i] = (uint8_t)(v + (borrow << 8));
    }
    cr_assert_eq(borrow, 0);
    assert_ok(
        clv_rsa_verify_x931(key.public_der, key.public_len, digest, other, sizeof other, &err));
    other[255] ^= 1;
    cr_assert_eq(
        clv_rsa_verify_x931(key.public_der, key.public_len, digest, other, sizeof other, NULL),
        CLV_E_FORGED);
    cr_assert_eq(clv_rsa_verify_x931(key.public_der, key.public_len, digest, n.data, n.len, NULL),
                 CLV_E_FORGED);
}

Test(rsa, x931_never_writes_behind_the_buffer)
{
    uint8_t sig[256];
    size_t len = 99;
    cr_assert_eq(clv_rsa_sign_x931(key.private_der, digest, sig, 255, &len, NULL), CLV_E_INTERNAL);
    cr_assert_eq(len, 99);
}

Test(rsa, decrypts_every_length_that_fits)
{
    static const size_t lengths[] = {1, 16, 32, 244, 245};
    static const uint8_t bytes[246] = {0, 0, 2, 0};
    uint8_t cipher[256];
    size_t len = 0;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct clv_secret *clear = secret_of(bytes, lengths[i]), *back = NULL;
        assert_ok(clv_rsa_encrypt(key.public_der, key.public_len, clear, cipher, sizeof cipher,
                                  &len, &err));
        cr_assert_eq(len, 256);
        assert_ok(clv_rsa_decrypt(key.private_der, cipher, len, &back, &err));
        cr_assert(clv_secret_equal(clear, back));
        clv_secret_free(&back);
        clv_secret_free(&clear);
    }
    struct clv_secret *large = secret_of(bytes, 246);
    cr_assert_eq(
        clv_rsa_encrypt(key.public_der, key.public_len, large, cipher, sizeof cipher, &len, NULL),
        CLV_E_INTERNAL);
    clv_secret_free(&large);
}

/* Whatever is wrong with a block, the error is the same to the letter. */
Test(rsa, decryption_errors_say_nothing)
{
    struct clv_error first = {0};
    struct clv_secret *out = NULL;
    uint8_t cipher[257] = {0};
    cr_assert_eq(clv_rsa_decrypt(key.private_der, cipher, 256, &out, &first), CLV_E_FORGED);
    for (unsigned i = 1; i < 60; i++) {
        struct clv_error err = {0};
        size_t len = i % 3 == 0 ? 255 + i % 4 : 256;
        memset(cipher, (int)(i * 5), sizeof cipher);
        if (clv_rsa_decrypt(key.private_der, cipher, len, &out, &err) == CLV_OK) {
            clv_secret_free(&out); /* one in 2^16 is well padded by chance */
            continue;
        }
        cr_assert_eq(err.code, first.code);
        cr_assert_str_eq(err.fact, first.fact);
    }
    cr_assert_null(out);
}
