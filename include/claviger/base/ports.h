/* The clock and the random source, as ports. Nothing decides on wall time; it is noted only. */
#ifndef CLAVIGER_BASE_PORTS_H
#define CLAVIGER_BASE_PORTS_H

#include <stddef.h>
#include <stdint.h>

struct clv_clock {
    int64_t (*wall_ms)(void *ctx);      /* since 1970-01-01 UTC */
    int64_t (*monotonic_ms)(void *ctx); /* never steps back */
    int64_t (*boot_ms)(void *ctx); /* nor stands still while the machine sleeps; NULL: as above */
    void *ctx;
};

struct clv_random {
    void (*fill)(void *ctx, void *out, size_t len);
    void *ctx;
};

const struct clv_clock *clv_clock_system(void);
const struct clv_random *clv_random_system(void); /* libsodium randombytes */

int64_t clv_now_wall_ms(const struct clv_clock *clock);
int64_t clv_now_ms(const struct clv_clock *clock);
int64_t clv_now_boot_ms(const struct clv_clock *clock);
void clv_random_fill(const struct clv_random *random, void *out, size_t len);

/* "2026-11-23T09:12:44Z"; buf of CLV_TIME_TEXT bytes. */
#define CLV_TIME_TEXT 32
void clv_time_text(int64_t wall_ms, char *buf);

#endif
