#include "claviger/base/ports.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    if (clock_gettime(id, &now) != 0)
        abort(); /* only for clocks that do not exist */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_wall_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_monotonic_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_boot_ms(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_BOOTTIME);
}

static void system_fill(void *ctx, void *out, size_t len)
{
    (void)ctx;
    if (sodium_init() < 0)
        abort(); /* never go on with bytes that are not random */
    randombytes_buf(out, len);
}

const struct clv_clock *clv_clock_system(void)
{
    static const struct clv_clock clock = {.wall_ms = system_wall_ms,
                                           .monotonic_ms = system_monotonic_ms,
                                           .boot_ms = system_boot_ms};
    return &clock;
}

const struct clv_random *clv_random_system(void)
{
    static const struct clv_random random = {.fill = system_fill};
    return &random;
}

int64_t clv_now_wall_ms(const struct clv_clock *clock)
{
    return clock->wall_ms(clock->ctx);
}

int64_t clv_now_ms(const struct clv_clock *clock)
{
    return clock->monotonic_ms(clock->ctx);
}

int64_t clv_now_boot_ms(const struct clv_clock *clock)
{
    return clock->boot_ms ? clock->boot_ms(clock->ctx) : clv_now_ms(clock);
}

void clv_random_fill(const struct clv_random *random, void *out, size_t len)
{
    if (len > 0)
        random->fill(random->ctx, out, len);
}

void clv_time_text(int64_t wall_ms, char *buf)
{
    /* Rounds down before 1970 too. */
    time_t seconds = (time_t)(wall_ms / 1000 - (wall_ms % 1000 < 0 ? 1 : 0));
    struct tm tm;
    size_t len = gmtime_r(&seconds, &tm) != NULL
                     ? strftime(buf, CLV_TIME_TEXT, "%Y-%m-%dT%H:%M:%SZ", &tm)
                     : 0;
    if (len == 0)
        (void)snprintf(buf, CLV_TIME_TEXT, "unknown time");
}
