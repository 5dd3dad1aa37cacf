/* Allocation that fails once. In front of the C library's, which has its own under other names. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "shim.h"

void *__libc_malloc(size_t len);
void *__libc_calloc(size_t num, size_t len);
void *__libc_realloc(void *old, size_t len);

static atomic_bool counting;
static atomic_uint_fast64_t count, fail_at;

void shim_memory_fail(uint64_t at)
{
    atomic_store(&count, 0);
    atomic_store(&fail_at, at);
    atomic_store(&counting, true);
}

uint64_t shim_memory_stop(void)
{
    atomic_store(&counting, false);
    return atomic_load(&count);
}

static bool fails(void)
{
    if (!atomic_load(&counting) || atomic_fetch_add(&count, 1) + 1 != atomic_load(&fail_at))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t len)
{
    return fails() ? NULL : __libc_malloc(len);
}

void *calloc(size_t num, size_t len)
{
    return fails() ? NULL : __libc_calloc(num, len);
}

void *realloc(void *old, size_t len)
{
    return fails() ? NULL : __libc_realloc(old, len);
}
