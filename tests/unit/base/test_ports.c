#include <criterion/criterion.h>
#include <string.h>

#include "claviger/base.h"

Test(ports, time_is_written_in_utc)
{
    static const struct {
        int64_t wall_ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00Z"},
        {INT64_C(951826554000), "2000-02-29T12:15:54Z"},
        {-1, "1969-12-31T23:59:59Z"},
        {INT64_C(253402300799999), "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[CLV_TIME_TEXT];
        clv_time_text(rows[i].wall_ms, text);
        cr_assert_str_eq(text, rows[i].text);
    }
}

Test(ports, any_time_fits)
{
    static const int64_t times[] = {INT64_MIN, INT64_MAX, INT64_MIN + 999, INT64_MAX - 999};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        char text[CLV_TIME_TEXT + 1];
        memset(text, '#', sizeof text);
        clv_time_text(times[i], text);
        cr_assert_lt(strlen(text), CLV_TIME_TEXT);
        cr_assert_eq(text[CLV_TIME_TEXT], '#');
    }
}

Test(ports, monotonic_clock_never_steps_back)
{
    const struct clv_clock *clock = clv_clock_system();
    int64_t before = clv_now_ms(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t now = clv_now_ms(clock);
        cr_assert_geq(now, before);
        before = now;
    }
    cr_assert_gt(clv_now_wall_ms(clock), INT64_C(1700000000000));
}

Test(ports, random_fills_every_byte)
{
    uint8_t seen[64] = {0}, buf[64];
    for (int i = 0; i < 64; i++) {
        clv_random_fill(clv_random_system(), buf, sizeof buf);
        for (size_t k = 0; k < sizeof buf; k++)
            seen[k] |= buf[k];
    }
    for (size_t k = 0; k < sizeof seen; k++)
        cr_assert_neq(seen[k], 0);
    clv_random_fill(clv_random_system(), NULL, 0);
}

static void count_up(void *ctx, void *out, size_t len)
{
    uint8_t *next = ctx;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (*next)++;
}

Test(ports, random_can_be_replaced)
{
    uint8_t next = 5, buf[3];
    const struct clv_random random = {.fill = count_up, .ctx = &next};
    clv_random_fill(&random, buf, sizeof buf);
    cr_assert_arr_eq(buf, "\5\6\7", 3);
}
