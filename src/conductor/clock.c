/* A wall clock that jumps: noted, never decided by. It is held against the clock that only counts,
 * also while the machine sleeps. */
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

/* More than a clock is ever corrected by between two entries without a jump. */
#define JUMP_MS 2000

static clv_status record_jump(struct clv_conductor *c, int64_t off_ms, int64_t expected_ms,
                              struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_CLOCK_JUMPED);
    char expected[CLV_TIME_TEXT];
    int64_t seconds = (off_ms < 0 ? -off_ms : off_ms) / 1000;
    clv_time_text(expected_ms, expected);
    e.number = seconds > UINT32_MAX ? UINT32_MAX : (unsigned)seconds;
    e.ok = off_ms < 0;
    SET(e.text, "%s", expected);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN,
             "The clock jumped %u seconds %s. Nothing is decided by it; it is on record.", e.number,
             e.ok ? "back" : "forward");
    return st;
}

clv_status clock_watch(struct clv_conductor *c, struct clv_error *err)
{
    struct clock_mark *last = &c->clock;
    const struct clock_mark now = {.set = true,
                                   .wall_ms = clv_now_wall_ms(c->config.clock),
                                   .boot_ms = clv_now_boot_ms(c->config.clock)};
    int64_t expected = last->wall_ms + (now.boot_ms - last->boot_ms);
    int64_t off = now.wall_ms - expected;
    bool jumped = last->set && (now.wall_ms < last->wall_ms || off > JUMP_MS || off < -JUMP_MS);
    *last = now;
    return jumped ? record_jump(c, off, expected, err) : CLV_OK;
}

clv_status clock_compare_with_record(struct clv_conductor *c, struct clv_error *err)
{
    int64_t now = clv_now_wall_ms(c->config.clock), last = c->history->last_ms;
    return now / 1000 < last / 1000 ? record_jump(c, now - last, last, err) : CLV_OK;
}
