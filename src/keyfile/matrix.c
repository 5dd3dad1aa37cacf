/* Memory for Argon2: mapped and populated once, while nobody waits, in huge pages.
 *
 * Populating at the moment of use is now and then slower by an order of magnitude. The matrix is
 * too large to lock for an ordinary user; it is left out of core dumps and of forked children, and
 * zero between uses. */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { HUGE_PAGE = 2 * 1024 * 1024 };

/* Left to the rest of the machine when the matrix is mapped. */
#define SPARE_MEMORY (UINT64_C(64) << 20)

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

void clv_memory_now(uint64_t *ret_total, uint64_t *ret_available)
{
    FILE *f = fopen("/proc/meminfo", "re");
    char line[128];
    unsigned long long kib;

    *ret_total = *ret_available = 0;
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "MemTotal: %llu kB", &kib) == 1)
            *ret_total = kib * 1024;
        else if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
            *ret_available = kib * 1024;
    }
    if (f)
        fclose(f);
}

static clv_status check_available(size_t len, struct clv_error *err)
{
    uint64_t total, available;
    clv_status st;

    clv_memory_now(&total, &available);
    if (available == 0 || available >= len + SPARE_MEMORY)
        return CLV_OK;
    st = clv_fail(err, CLV_E_MEMORY,
                  "opening this key file takes %zu MiB of memory; %llu MiB are available",
                  len >> 20, (unsigned long long)(available >> 20));
    clv_hint(err, "Close other programs, or use a machine with more memory.");
    return st;
}

/* Every page there before anybody waits; by hand where the kernel does not know how. */
static void populate(uint8_t *data, size_t len)
{
    if (madvise(data, len, MADV_POPULATE_WRITE) == 0)
        return;
    for (size_t pos = 0; pos < len; pos += 4096)
        ((volatile uint8_t *)data)[pos] = 0;
}

static uint8_t *align_up(uint8_t *p)
{
    return p + (HUGE_PAGE - ((uintptr_t)p & (HUGE_PAGE - 1))) % HUGE_PAGE;
}

clv_status clv_matrix_map(size_t len, struct clv_matrix *ret, struct clv_error *err)
{
    struct clv_matrix m = {.map_len = len + HUGE_PAGE, .len = len};
    clv_status st = check_available(len, err);
    void *map;

    if (st != CLV_OK)
        return st;
    map = mmap(NULL, m.map_len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
               -1, 0);
    if (map == MAP_FAILED) {
        st = clv_fail_errno(err, errno, "cannot reserve %zu MiB of memory", len >> 20);
        clv_hint(err, "Raise the limit (ulimit -v), or end other programs.");
        return st;
    }
    m.map = map;
    m.data = align_up(m.map);
    /* Huge pages are a matter of speed only. */
    (void)madvise(m.data, len, MADV_HUGEPAGE);
    if (madvise(m.map, m.map_len, MADV_DONTDUMP) != 0 ||
        madvise(m.map, m.map_len, MADV_WIPEONFORK) != 0) {
        (void)munmap(m.map, m.map_len);
        return clv_fail(err, CLV_E_MEMORY, "memory cannot be kept out of core dumps and children");
    }
    populate(m.data, len);
    *ret = m;
    return CLV_OK;
}

void clv_matrix_unmap(struct clv_matrix *matrix)
{
    if (matrix->map) {
        if (!clv_matrix_is_zero(matrix, matrix->len))
            clv_wipe(matrix->data, matrix->len);
        (void)munmap(matrix->map, matrix->map_len);
    }
    *matrix = (struct clv_matrix){0};
}

/* Each page equals the one before it, and the first is zero: two streams at memory speed. */
bool clv_matrix_is_zero(const struct clv_matrix *matrix, size_t len)
{
    static const uint8_t zero_page[4096];

    if (len < sizeof zero_page)
        return memcmp(matrix->data, zero_page, len) == 0;
    return memcmp(matrix->data, zero_page, sizeof zero_page) == 0 &&
           memcmp(matrix->data, matrix->data + sizeof zero_page, len - sizeof zero_page) == 0;
}
