#include <malloc.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Private numbers of all keys in use at one moment. A power of two, as OpenSSL wants it. */
#define SECURE_HEAP_LEN ((size_t)256 * 1024)
#define SECURE_HEAP_SMALLEST 32
/* The deepest operation, measured, used 5 KiB. */
#define STACK_DEPTH ((size_t)32 * 1024)

/* An allocation of OpenSSL failed in this thread, and nobody asked yet. */
static _Thread_local bool ran_out;

/* OpenSSL wipes what it knows to be secret and frees the rest as it is: limbs of a scalar, round
 * keys, padded blocks. So everything is wiped. */
static void *wiping_malloc(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    void *p = len > 0 ? malloc(len) : NULL;
    ran_out = ran_out || (len > 0 && p == NULL);
    return p;
}

static void wiping_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    if (p != NULL)
        sodium_memzero(p, malloc_usable_size(p));
    free(p);
}

static void *wiping_realloc(void *old, size_t len, const char *file, int line)
{
    void *p = wiping_malloc(len, file, line);
    if (old != NULL && p != NULL) {
        size_t old_len = malloc_usable_size(old);
        memcpy(p, old, old_len < len ? old_len : len);
    }
    if (p != NULL || len == 0)
        wiping_free(old, file, line);
    return p;
}

/* OpenSSL takes another allocator only before its first allocation, and libraries beside us use it
 * too: so this runs before main(). clv_crypto_init() looks whether it came in time. */
__attribute__((constructor)) static void set_allocator(void)
{
    (void)CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free);
}

static bool our_allocator_is_set(void)
{
    CRYPTO_malloc_fn current = NULL;
    CRYPTO_get_mem_functions(&current, NULL, NULL);
    return current == wiping_malloc;
}

clv_status clv_crypto_init(struct clv_error *err)
{
    if (!our_allocator_is_set())
        return clv_fail(err, CLV_E_INTERNAL,
                        "OpenSSL was in use before its memory could be made to wipe itself");
    if (CRYPTO_secure_malloc_initialized() == 1)
        return CLV_OK;
    /* 2: there is a heap, but it is not locked. */
    if (CRYPTO_secure_malloc_init(SECURE_HEAP_LEN, SECURE_HEAP_SMALLEST) == 1)
        return CLV_OK;
    (void)CRYPTO_secure_malloc_done();
    (void)clv_fail(err, CLV_E_MEMORY, "the system refuses to lock %zu KiB of memory for OpenSSL",
                   SECURE_HEAP_LEN / 1024);
    clv_hint(err, "Raise the limit: `ulimit -l 8192`, or a line `<user> - memlock 8192` in "
                  "/etc/security/limits.conf and a new login.");
    return CLV_E_MEMORY;
}

static bool take_ran_out(void)
{
    bool was = ran_out;
    ran_out = false;
    ERR_clear_error();
    return was;
}

clv_status clv_crypto_broken(struct clv_error *err, const char *what)
{
    if (take_ran_out())
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory for %s", what);
    return clv_fail(err, CLV_E_INTERNAL, "OpenSSL failed at %s", what);
}

clv_status clv_crypto_refused(struct clv_error *err, clv_status code, const char *text)
{
    if (take_ran_out())
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory for OpenSSL");
    return clv_fail(err, code, "%s", text);
}

void clv_crypto_scrub(void)
{
    sodium_stackzero(STACK_DEPTH);
}

BIGNUM *clv_bn_from_secret(const struct clv_secret *s)
{
    BIGNUM *n = BN_secure_new();
    if (n == NULL)
        return NULL;
    bool ok = BN_bin2bn(clv_secret_read(s), (int)clv_secret_len(s), n) != NULL;
    clv_secret_close(s);
    if (!ok) {
        BN_clear_free(n);
        return NULL;
    }
    BN_set_flags(n, BN_FLG_CONSTTIME);
    return n;
}
