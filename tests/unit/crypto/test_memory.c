/* After an operation nothing of the key is left in this process: not in OpenSSL's heap, not on the
 * stack. The whole memory is searched, for the bytes in both orders (OpenSSL keeps numbers as
 * little-endian limbs).
 *
 * Needles are kept masked, so that the search does not find them in its own variables. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/der.h"
#include "src/crypto/internal.h"
#include "support.h"

#define NEEDLE_LEN 16
#define MASK 0x5a

struct needle {
    uint8_t masked[NEEDLE_LEN];
};

static struct needle needle_at(const uint8_t *bytes)
{
    struct needle n;
    for (size_t i = 0; i < NEEDLE_LEN; i++)
        n.masked[i] = bytes[i] ^ MASK;
    return n;
}

static bool matches(const struct needle *n, const uint8_t *p, bool backwards)
{
    for (size_t i = 0; i < NEEDLE_LEN; i++) {
        if ((p[i] ^ MASK) != n->masked[backwards ? NEEDLE_LEN - 1 - i : i])
            return false;
    }
    return true;
}

static size_t count_in(const struct needle *n, const uint8_t *p, size_t len)
{
    size_t found = 0;
    for (size_t i = 0; i + NEEDLE_LEN <= len; i++)
        found += matches(n, p + i, false) || matches(n, p + i, true);
    return found;
}

#define CHUNK ((size_t)1 << 16)

/* Where the memory that was read, beginning at `at`, is the chunk itself: zeros. What lies beside
 * the chunk is still searched. */
static void blank_chunk_itself(uint8_t *chunk, unsigned long at, size_t len)
{
    unsigned long own = (unsigned long)(uintptr_t)chunk;
    for (size_t i = own > at ? own - at : 0; i < len && at + i < own + CHUNK; i++)
        chunk[i] = 0;
}

/* Through the file, so that closed pages are seen too. The chunk holds what was read last and is
 * wiped before the next read. */
static size_t count_in_range(const struct needle *n, int fd, unsigned long first,
                             unsigned long last, uint8_t *chunk)
{
    size_t found = 0;
    for (unsigned long at = first; at < last; at += CHUNK - NEEDLE_LEN + 1) {
        size_t want = last - at < CHUNK ? last - at : CHUNK;
        ssize_t len = pread(fd, chunk, want, (off_t)at);
        if (len > 0) {
            blank_chunk_itself(chunk, at, (size_t)len);
            found += count_in(n, chunk, (size_t)len);
        }
        clv_wipe(chunk, CHUNK);
    }
    return found;
}

static size_t count_in_memory(const struct needle *n)
{
    size_t found = 0;
    char line[512];
    uint8_t *chunk = malloc(CHUNK);
    FILE *maps = fopen("/proc/self/maps", "r");
    int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    cr_assert(chunk != NULL && maps != NULL && fd >= 0);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long first, last;
        char mode[5];
        if (sscanf(line, "%lx-%lx %4s", &first, &last, mode) == 3 && mode[3] == 'p' &&
            strstr(line, "[v") == NULL)
            found += count_in_range(n, fd, first, last, chunk);
    }
    (void)close(fd);
    (void)fclose(maps);
    free(chunk);
    return found;
}

static void start_search(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("AddressSanitizer keeps freed memory");
#else
    start();
#endif
}

TestSuite(memory, .init = start_search, .fini = no_secret_is_alive);

Test(memory, the_search_finds_what_is_there)
{
    uint8_t *copy = malloc(64);
    cr_assert_not_null(copy);
    clv_random_fill(clv_random_system(), copy, 64);
    struct needle n = needle_at(copy + 20);
    cr_assert_eq(count_in_memory(&n), 1);
    for (size_t i = 0; i < 32; i++) {
        uint8_t kept = copy[i];
        copy[i] = copy[63 - i];
        copy[63 - i] = kept;
    }
    cr_assert_eq(count_in_memory(&n), 1);
    clv_wipe(copy, 64);
    cr_assert_eq(count_in_memory(&n), 0);
    free(copy);
}

Test(memory, the_search_sees_closed_secrets)
{
    struct clv_secret *s = NULL;
    assert_ok(clv_secret_new(32, &s, &err));
    clv_random_fill(clv_random_system(), clv_secret_write(s), 32);
    struct needle n = needle_at(clv_secret_read(s));
    clv_secret_close(s);
    clv_secret_close(s);
    cr_assert_eq(count_in_memory(&n), 1);
    clv_secret_free(&s);
    cr_assert_eq(count_in_memory(&n), 0);
}

/* What OpenSSL itself forgets to wipe differs from release to release; so the two remedies are
 * tested by themselves too. glibc overwrites the first bytes of a freed block: look behind them. */
Test(memory, openssl_wipes_what_it_frees_and_moves)
{
    uint8_t *p = OPENSSL_malloc(256);
    cr_assert_not_null(p);
    clv_random_fill(clv_random_system(), p, 256);
    struct needle n = needle_at(p + 128);
    cr_assert_eq(count_in_memory(&n), 1);
    p = OPENSSL_realloc(p, 100000);
    cr_assert_not_null(p);
    cr_assert_eq(count_in_memory(&n), 1); /* the new block only */
    OPENSSL_free(p);
    cr_assert_eq(count_in_memory(&n), 0);
}

#define DEEP 20000

/* Leaves random bytes far below the caller's frame, as a library would. */
static __attribute__((noinline)) struct needle leave_on_stack(void)
{
    volatile uint8_t frame[DEEP];
    uint8_t *low = (uint8_t *)(uintptr_t)frame;
    clv_random_fill(clv_random_system(), low, 64);
    struct needle n = needle_at(low);
    frame[DEEP - 1] = low[0];
    return n;
}

Test(memory, the_stack_is_scrubbed)
{
    struct needle n = leave_on_stack();
    cr_assert_eq(count_in_memory(&n), 1);
    clv_crypto_scrub();
    cr_assert_eq(count_in_memory(&n), 0);
}

static struct needle needle_of(const struct clv_secret *s, size_t at)
{
    struct needle n = needle_at(clv_secret_read(s) + at);
    clv_secret_close(s);
    return n;
}

Test(memory, a_scalar_is_gone_after_use)
{
    struct clv_secret *scalar = NULL, *z = NULL;
    uint8_t point[CLV_P521_POINT_LEN], sig[CLV_P521_SIGNATURE_MAX], digest[CLV_SHA512_LEN] = {1};
    size_t len = 0;
    assert_ok(clv_p521_generate(&scalar, point, &err));
    struct needle middle = needle_of(scalar, 24), end = needle_of(scalar, 50);
    assert_ok(clv_p521_sign(scalar, digest, sig, &len, &err));
    assert_ok(clv_p521_point(scalar, point, &err));
    assert_ok(clv_p521_ecdh(scalar, point, sizeof point, &z, &err));
    struct needle shared = needle_of(z, 24);
    clv_secret_free(&z);
    clv_secret_free(&scalar);
    cr_assert_eq(count_in_memory(&middle), 0);
    cr_assert_eq(count_in_memory(&end), 0);
    cr_assert_eq(count_in_memory(&shared), 0);
}

Test(memory, keys_and_wrapped_bytes_are_gone_after_use)
{
    struct clv_secret *kek = NULL, *clear = NULL, *back = NULL;
    uint8_t wrapped[40], out[16], block[16] = {0};
    assert_ok(clv_secret_new(32, &kek, &err));
    assert_ok(clv_secret_new(32, &clear, &err));
    clv_random_fill(clv_random_system(), clv_secret_write(kek), 32);
    clv_secret_close(kek);
    clv_random_fill(clv_random_system(), clv_secret_write(clear), 32);
    clv_secret_close(clear);
    struct needle key[] = {needle_of(kek, 0), needle_of(kek, 16), needle_of(clear, 0),
                           needle_of(clear, 16)};
    assert_ok(clv_aes_wrap(kek, clear, wrapped, &err));
    assert_ok(clv_aes_unwrap(kek, wrapped, sizeof wrapped, &back, &err));
    assert_ok(clv_aes_cmac(kek, block, sizeof block, out, &err));
    assert_ok(clv_aes_ecb_block(kek, block, out, &err));
    clv_secret_free(&back);
    clv_secret_free(&clear);
    clv_secret_free(&kek);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(count_in_memory(&key[i]), 0, "needle %zu", i);
}

/* Needles from the middle of d, p, q, dp, dq and the coefficient. */
static size_t rsa_needles(const struct clv_secret *der, struct needle out[6])
{
    struct clv_reader r, seq;
    clv_reader_init(&r, clv_secret_read(der), clv_secret_len(der));
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "key");
    for (size_t i = 0; i < 3; i++) /* version, n, e */
        (void)clv_der_read(&seq, CLV_DER_INTEGER, "public");
    for (size_t i = 0; i < 6; i++) {
        struct clv_view v = clv_der_read(&seq, CLV_DER_INTEGER, "private");
        cr_assert_gt(v.len, 100);
        out[i] = needle_at(v.data + 40);
    }
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
    clv_secret_close(der);
    return 6;
}

Test(memory, an_rsa_key_and_what_it_opens_are_gone_after_use)
{
    struct clv_secret *key = NULL, *clear = NULL, *back = NULL;
    uint8_t *public_der = NULL, out[256], digest[CLV_SHA256_LEN] = {1};
    size_t public_len = 0, len = 0;
    struct needle needles[7];
    assert_ok(clv_rsa_generate(2048, &key, &public_der, &public_len, &err));
    assert_ok(clv_secret_new(32, &clear, &err));
    clv_random_fill(clv_random_system(), clv_secret_write(clear), 32);
    clv_secret_close(clear);
    size_t num = rsa_needles(key, needles);
    needles[num++] = needle_of(clear, 8);
    assert_ok(clv_rsa_sign_x931(key, digest, out, sizeof out, &len, &err));
    assert_ok(clv_rsa_encrypt(public_der, public_len, clear, out, sizeof out, &len, &err));
    assert_ok(clv_rsa_decrypt(key, out, len, &back, &err));
    clv_secret_free(&back);
    clv_secret_free(&clear);
    clv_secret_free(&key);
    free(public_der);
    for (size_t i = 0; i < num; i++)
        cr_assert_eq(count_in_memory(&needles[i]), 0, "needle %zu", i);
}
