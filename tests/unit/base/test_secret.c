#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/base.h"

static struct clv_secret *filled(size_t len, uint8_t value)
{
    struct clv_secret *s = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_secret_new(len, &s, &err), CLV_OK, "%s", err.fact);
    memset(clv_secret_write(s), value, len);
    clv_secret_close(s);
    return s;
}

static void flip(struct clv_secret *s, size_t at)
{
    clv_secret_write(s)[at] ^= 0x81;
    clv_secret_close(s);
}

static uint8_t byte_of(const struct clv_secret *s, size_t at)
{
    uint8_t byte = clv_secret_read(s)[at];
    clv_secret_close(s);
    return byte;
}

Test(secret, init_switches_core_dumps_off)
{
    struct clv_error err = {0};
    struct rlimit limit;
    cr_assert_eq(clv_secret_init(&err), CLV_OK, "%s", err.fact);
    cr_assert_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    cr_assert_eq(limit.rlim_cur, 0);
    cr_assert_eq(limit.rlim_max, 0);
#ifndef __SANITIZE_ADDRESS__
    cr_assert_eq(prctl(PR_GET_DUMPABLE), 0);
#endif
}

/* AddressSanitizer makes mlock() do nothing and succeed. */
static void needs_real_locking(void)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("no memory is locked under AddressSanitizer");
#endif
}

/* Root may lock anything: become nobody. */
static void forbid_locking(void)
{
    needs_real_locking();
    const struct rlimit none = {0, 0};
    cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    if (geteuid() == 0)
        cr_assert_eq(setresuid(65534, 65534, 65534), 0);
}

Test(secret, init_refuses_without_locked_memory_and_says_what_to_do)
{
    struct clv_error err = {0};
    forbid_locking();
    cr_assert_eq(clv_secret_init(&err), CLV_E_MEMORY);
    cr_assert_not_null(strstr(err.fact, "may lock 0 KiB"), "%s", err.fact);
    cr_assert_not_null(strstr(err.hint, "ulimit -l"));
    cr_assert_not_null(strstr(err.hint, "memlock"));
}

Test(secret, new_refuses_memory_that_is_not_locked)
{
    struct clv_secret *s = NULL;
    forbid_locking();
    cr_assert_eq(clv_secret_new(32, &s, NULL), CLV_E_MEMORY);
    cr_assert_null(s);
    cr_assert_eq(clv_secret_alive(), 0);
}

/* What the kernel says about the mapping that holds an address. */
static void mapping_flags(const void *p, char *out, size_t cap)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    char line[512];
    bool inside = false;
    cr_assert_not_null(f);
    out[0] = '\0';
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long first, last;
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            inside = (uintptr_t)p >= first && (uintptr_t)p < last;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            (void)snprintf(out, cap, "%s", line);
    }
    (void)fclose(f);
}

Test(secret, pages_are_locked_and_left_out_of_dumps_and_forks)
{
    needs_real_locking();
    struct clv_secret *s = filled(33, 1);
    char flags[512];
    mapping_flags(clv_secret_read(s), flags, sizeof flags);
    clv_secret_close(s);
    cr_assert_not_null(strstr(flags, " lo "), "%s", flags);
    cr_assert_not_null(strstr(flags, " dd "), "%s", flags);
    cr_assert_not_null(strstr(flags, " wf "), "%s", flags);
    clv_secret_free(&s);
}

Test(secret, starts_zero_and_is_counted)
{
    struct clv_secret *s = NULL;
    cr_assert_eq(clv_secret_alive(), 0);
    cr_assert_eq(clv_secret_new(100, &s, NULL), CLV_OK);
    cr_assert_eq(clv_secret_alive(), 1);
    cr_assert_eq(clv_secret_len(s), 100);
    cr_assert_eq(byte_of(s, 0), 0);
    cr_assert(clv_secret_uniform(s));
    clv_secret_free(&s);
    cr_assert_null(s);
    cr_assert_eq(clv_secret_alive(), 0);
    clv_secret_free(&s);
    clv_secret_free(NULL);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(secret, refuses_sizes_out_of_bounds)
{
    struct clv_secret *s = NULL;
    cr_assert_eq(clv_secret_new(0, &s, NULL), CLV_E_INTERNAL);
    cr_assert_eq(clv_secret_new(65537, &s, NULL), CLV_E_INTERNAL);
    cr_assert_null(s);
    s = filled(65536, 1);
    clv_secret_free(&s);
}

Test(secret, spans_nest)
{
    struct clv_secret *s = filled(16, 0);
    uint8_t *w = clv_secret_write(s);
    const uint8_t *r = clv_secret_read(s);
    w[3] = 7; /* still writable under an inner read span */
    cr_assert_eq(r[3], 7);
    clv_secret_close(s);
    w[4] = 8;
    clv_secret_close(s);
    r = clv_secret_read(s);
    w = clv_secret_write(s);
    w[5] = 9;
    clv_secret_close(s);
    cr_assert_eq(r[5], 9);
    clv_secret_close(s);
    clv_secret_free(&s);
}

/* Death tests: the kernel, or the room itself, must stop these. */
Test(secret, cannot_be_read_when_closed, .signal = SIGSEGV)
{
    struct clv_secret *s = filled(16, 1);
    const volatile uint8_t *p = clv_secret_read(s);
    clv_secret_close(s);
    (void)p[0];
}

Test(secret, cannot_be_written_in_a_read_span, .signal = SIGSEGV)
{
    struct clv_secret *s = filled(16, 1);
    volatile uint8_t *p = clv_secret_write(s);
    clv_secret_close(s);
    (void)clv_secret_read(s);
    p[0] = 1;
}

Test(secret, cannot_be_written_after_an_inner_write_span_closed, .signal = SIGSEGV)
{
    struct clv_secret *s = filled(16, 1);
    (void)clv_secret_read(s);
    volatile uint8_t *p = clv_secret_write(s);
    clv_secret_close(s);
    p[0] = 1;
}

Test(secret, has_a_guard_page_behind_it, .signal = SIGSEGV)
{
    struct clv_secret *s = filled(16, 1);
    volatile uint8_t *p = clv_secret_write(s);
    p[16] = 1;
}

Test(secret, closing_once_too_often_is_a_bug, .signal = SIGABRT)
{
    clv_secret_close(filled(16, 1));
}

Test(secret, combining_different_lengths_is_a_bug, .signal = SIGABRT)
{
    clv_secret_xor(filled(16, 1), filled(17, 1));
}

Test(secret, growing_by_shrinking_is_a_bug, .signal = SIGABRT)
{
    clv_secret_shrink(filled(16, 1), 17);
}

Test(secret, a_forked_child_sees_zeros_and_may_free)
{
    struct clv_secret *s = filled(32, 0xa5);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        bool zero = byte_of(s, 0) == 0 && clv_secret_uniform(s);
        clv_secret_free(&s);
        _exit(zero ? 0 : 1);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0);
    cr_assert_eq(byte_of(s, 31), 0xa5);
    clv_secret_free(&s);
}

Test(secret, shrinking_wipes_the_rest)
{
    struct clv_secret *s = filled(64, 0x77);
    clv_secret_shrink(s, 5);
    cr_assert_eq(clv_secret_len(s), 5);
    cr_assert_eq(byte_of(s, 4), 0x77);
    for (size_t i = 5; i < 64; i++)
        cr_assert_eq(byte_of(s, i), 0);
    clv_secret_free(&s);
}

Test(secret, compares_every_byte)
{
    struct clv_secret *a = filled(32, 1), *b = filled(32, 1), *c = filled(31, 1);
    cr_assert(clv_secret_equal(a, b));
    cr_assert(clv_secret_equal(a, a));
    cr_assert_not(clv_secret_equal(a, c));
    for (size_t i = 0; i < 32; i++) {
        flip(b, i);
        cr_assert_not(clv_secret_equal(a, b));
        flip(b, i);
    }
    clv_secret_free(&a);
    clv_secret_free(&b);
    clv_secret_free(&c);
}

Test(secret, combines)
{
    struct clv_secret *a = filled(32, 0x0f), *b = filled(32, 0x3c), *want = filled(32, 0x33);
    clv_secret_xor(a, b);
    cr_assert(clv_secret_equal(a, want));
    clv_secret_xor(a, a);
    cr_assert_eq(byte_of(a, 0), 0);
    cr_assert(clv_secret_uniform(a));
    clv_secret_free(&a);
    clv_secret_free(&b);
    clv_secret_free(&want);
}

Test(secret, knows_uniform_bytes)
{
    struct clv_secret *s = filled(33, 0x5a);
    cr_assert(clv_secret_uniform(s));
    for (size_t i = 0; i < 33; i++) {
        flip(s, i);
        cr_assert_not(clv_secret_uniform(s));
        flip(s, i);
    }
    clv_secret_free(&s);
}

Test(secret, wipe_wipes)
{
    char buf[] = "secret";
    clv_wipe(buf, sizeof buf);
    for (size_t i = 0; i < sizeof buf; i++)
        cr_assert_eq(buf[i], 0);
}
