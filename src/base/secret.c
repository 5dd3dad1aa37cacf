#include "claviger/base/secret.h"

#include <errno.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define SECRET_MAX 65536
#define MAX_SPANS 32
/* OpenSSL's locked heap, and 64 secrets alive at the same time. */
#define PROOF_LEN ((size_t)512 * 1024)

/* The struct holds no secret byte, so it may live in ordinary memory. Bytes are the only thing ever
 * stored behind data: libsodium hands odd sizes out unaligned. */
struct clv_secret {
    uint8_t *data;
    size_t len;
    size_t full_len;      /* as allocated */
    pid_t owner;          /* a forked child has the struct, but not the bytes */
    unsigned num_spans;   /* open ones */
    uint32_t write_spans; /* bit i: span i may write */
};

static atomic_size_t alive;

static void broken(const char *rule)
{
    fprintf(stderr, "claviger: %s. Stopping; nothing more is written.\n", rule);
    abort();
}

static void raise_lock_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_MEMLOCK, &limit); /* the proof below decides */
    }
}

static clv_status fail_lock(struct clv_error *err, size_t wanted)
{
    struct rlimit limit = {0};
    (void)getrlimit(RLIMIT_MEMLOCK, &limit);
    if (limit.rlim_cur == RLIM_INFINITY) {
        (void)clv_fail(err, CLV_E_MEMORY, "the system refuses to lock %zu KiB of memory",
                       (wanted + 1023) / 1024);
    } else {
        (void)clv_fail(err, CLV_E_MEMORY,
                       "the system refuses to lock %zu KiB of memory: this login may lock %llu KiB",
                       (wanted + 1023) / 1024, (unsigned long long)limit.rlim_cur / 1024);
    }
    clv_hint(err, "Raise the limit: `ulimit -l 8192`, or a line `<user> - memlock 8192` in "
                  "/etc/security/limits.conf and a new login.");
    return CLV_E_MEMORY;
}

static clv_status prove_locking(struct clv_error *err)
{
    void *p = mmap(NULL, PROOF_LEN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    bool locked = mlock(p, PROOF_LEN) == 0;
    (void)munmap(p, PROOF_LEN);
    return locked ? CLV_OK : fail_lock(err, PROOF_LEN);
}

static clv_status hide_process(struct clv_error *err)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return clv_fail(err, CLV_E_INTERNAL, "core dumps cannot be switched off");
#ifndef __SANITIZE_ADDRESS__ /* the leak checker looks into its own process from outside */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return clv_fail(err, CLV_E_INTERNAL, "other processes cannot be shut out of this one");
#endif
    return CLV_OK;
}

clv_status clv_secret_init(struct clv_error *err)
{
    if (sodium_init() < 0)
        return clv_fail(err, CLV_E_INTERNAL, "libsodium cannot be initialised");
    clv_status status = hide_process(err);
    if (status != CLV_OK)
        return status;
    raise_lock_limit();
    return prove_locking(err);
}

/* sodium_malloc() goes on silently when a page cannot be locked: ask again, and look. */
static bool guard(uint8_t *data, size_t len)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uint8_t *start = data - ((uintptr_t)data & (page - 1));
    size_t span = len + (size_t)(data - start);
    return sodium_mlock(data, len) == 0 && madvise(start, span, MADV_DONTDUMP) == 0 &&
           madvise(start, span, MADV_WIPEONFORK) == 0;
}

clv_status clv_secret_new(size_t len, struct clv_secret **ret, struct clv_error *err)
{
    if (len == 0 || len > SECRET_MAX)
        return clv_fail(err, CLV_E_INTERNAL, "a secret of %zu bytes was asked for", len);
    struct clv_secret *s = calloc(1, sizeof *s);
    uint8_t *data = s != NULL && sodium_init() >= 0 ? sodium_malloc(len) : NULL;
    if (data == NULL) {
        free(s);
        return clv_fail(err, CLV_E_MEMORY, "there is not enough guarded memory for %zu bytes", len);
    }
    if (!guard(data, len)) {
        sodium_free(data);
        free(s);
        return fail_lock(err, len);
    }
    memset(data, 0, len);
    *s = (struct clv_secret){.data = data, .len = len, .full_len = len, .owner = getpid()};
    if (sodium_mprotect_noaccess(data) != 0)
        broken("guarded memory cannot be closed");
    atomic_fetch_add(&alive, 1);
    *ret = s;
    return CLV_OK;
}

void clv_secret_free(struct clv_secret **s)
{
    if (s == NULL || *s == NULL)
        return;
    struct clv_secret *old = *s;
    *s = NULL;
    /* In a forked child the pages are zero, libsodium's canary with them: it would take that for an
     * overflow and stop the child. There is nothing to wipe there. */
    if (old->owner == getpid())
        sodium_free(old->data);
    free(old);
    atomic_fetch_sub(&alive, 1);
}

size_t clv_secret_len(const struct clv_secret *s)
{
    return s->len;
}

static void protect(const struct clv_secret *s)
{
    int failed = s->num_spans == 0     ? sodium_mprotect_noaccess(s->data)
                 : s->write_spans != 0 ? sodium_mprotect_readwrite(s->data)
                                       : sodium_mprotect_readonly(s->data);
    if (failed != 0)
        broken("the protection of guarded memory cannot be changed");
}

static void open_span(struct clv_secret *s, bool writes)
{
    if (s->num_spans == MAX_SPANS)
        broken("a secret was opened again and again and never closed");
    if (writes)
        s->write_spans |= UINT32_C(1) << s->num_spans;
    s->num_spans++;
    protect(s);
}

/* Opening a span to read changes the bookkeeping, never the bytes: const for the caller. */
static struct clv_secret *bookkeeping(const struct clv_secret *s)
{
    return (struct clv_secret *)(uintptr_t)s;
}

const uint8_t *clv_secret_read(const struct clv_secret *s)
{
    open_span(bookkeeping(s), false);
    return s->data;
}

uint8_t *clv_secret_write(struct clv_secret *s)
{
    open_span(s, true);
    return s->data;
}

void clv_secret_close(const struct clv_secret *s)
{
    struct clv_secret *mine = bookkeeping(s);
    if (mine->num_spans == 0)
        broken("a secret was closed that was not open");
    mine->num_spans--;
    mine->write_spans &= ~(UINT32_C(1) << mine->num_spans);
    protect(mine);
}

void clv_secret_shrink(struct clv_secret *s, size_t len)
{
    if (len > s->len)
        broken("a secret was to be shrunk to more than it holds");
    uint8_t *p = clv_secret_write(s);
    sodium_memzero(p + len, s->full_len - len);
    clv_secret_close(s);
    s->len = len;
}

bool clv_secret_equal(const struct clv_secret *a, const struct clv_secret *b)
{
    if (a->len != b->len)
        return false;
    const uint8_t *pa = clv_secret_read(a);
    const uint8_t *pb = clv_secret_read(b);
    bool equal = sodium_memcmp(pa, pb, a->len) == 0;
    clv_secret_close(b);
    clv_secret_close(a);
    return equal;
}

void clv_secret_xor(struct clv_secret *a, const struct clv_secret *b)
{
    if (a->len != b->len)
        broken("two secrets of different length were to be combined");
    uint8_t *pa = clv_secret_write(a);
    const uint8_t *pb = clv_secret_read(b);
    for (size_t i = 0; i < a->len; i++)
        pa[i] ^= pb[i];
    clv_secret_close(b);
    clv_secret_close(a);
}

bool clv_secret_uniform(const struct clv_secret *s)
{
    const uint8_t *p = clv_secret_read(s);
    uint8_t differs = 0;
    for (size_t i = 1; i < s->len; i++)
        differs |= p[0] ^ p[i];
    clv_secret_close(s);
    return differs == 0;
}

size_t clv_secret_alive(void)
{
    return atomic_load(&alive);
}

void clv_wipe(void *p, size_t len)
{
    sodium_memzero(p, len);
}
