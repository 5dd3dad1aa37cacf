/* The closed table: each pair of registers has one meaning. */
#include <criterion/criterion.h>
#include <string.h>

#include "play.h"

static const uint8_t other[32] = {0x99};

static enum clv_position look(enum clv_ep11_new_state n, const uint8_t *np,
                              enum clv_ep11_current_state c, const uint8_t *cp)
{
    struct clv_observed o = {.new_state = n, .current_state = c};
    if (np)
        memcpy(o.new_pattern, np, 32);
    if (cp)
        memcpy(o.current_pattern, cp, 32);
    return clv_reconcile(&o, true, play_pattern);
}

Test(reconcile, every_row)
{
    static const struct {
        enum clv_ep11_new_state n;
        const uint8_t *np;
        enum clv_ep11_current_state c;
        const uint8_t *cp;
        enum clv_position is;
    } rows[] = {
        {CLV_NEW_EMPTY, NULL, CLV_CURRENT_EMPTY, NULL, CLV_POS_EMPTY},
        {CLV_NEW_EMPTY, NULL, CLV_CURRENT_VALID, play_pattern, CLV_POS_LIVE},
        {CLV_NEW_EMPTY, NULL, CLV_CURRENT_VALID, other, CLV_POS_OTHER_LIVE},
        {CLV_NEW_UNCOMMITTED, play_pattern, CLV_CURRENT_EMPTY, NULL, CLV_POS_LOADED},
        {CLV_NEW_UNCOMMITTED, other, CLV_CURRENT_EMPTY, NULL, CLV_POS_FOREIGN_NEW},
        {CLV_NEW_UNCOMMITTED, play_pattern, CLV_CURRENT_VALID, other, CLV_POS_ROTATION},
        {CLV_NEW_UNCOMMITTED, play_pattern, CLV_CURRENT_VALID, play_pattern, CLV_POS_REDUNDANT},
        {CLV_NEW_COMMITTED, play_pattern, CLV_CURRENT_EMPTY, NULL, CLV_POS_READY},
        {CLV_NEW_COMMITTED, play_pattern, CLV_CURRENT_VALID, other, CLV_POS_ROTATION},
        {CLV_NEW_COMMITTED, play_pattern, CLV_CURRENT_VALID, play_pattern, CLV_POS_REDUNDANT},
        {CLV_NEW_COMMITTED, other, CLV_CURRENT_VALID, play_pattern, CLV_POS_FOREIGN_NEW},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        cr_assert_eq(look(rows[i].n, rows[i].np, rows[i].c, rows[i].cp), rows[i].is, "row %zu", i);
}

Test(reconcile, compares_the_first_28_bytes)
{
    uint8_t tail[32];
    memcpy(tail, play_pattern, 32);
    memset(tail + 28, 0xab, 4);
    cr_assert_eq(look(CLV_NEW_COMMITTED, tail, CLV_CURRENT_EMPTY, NULL), CLV_POS_READY);
    tail[27] ^= 1;
    cr_assert_eq(look(CLV_NEW_COMMITTED, tail, CLV_CURRENT_EMPTY, NULL), CLV_POS_FOREIGN_NEW);
}

Test(reconcile, silence_and_imprint_mode_come_first)
{
    struct clv_observed o = {.imprint = true};
    cr_assert_eq(clv_reconcile(&o, false, play_pattern), CLV_POS_UNKNOWN);
    cr_assert_eq(clv_reconcile(&o, true, play_pattern), CLV_POS_IMPRINT);
}

Test(reconcile, every_position_says_what_it_means_and_what_to_do)
{
    for (int i = 0; i < CLV_NUM_POSITIONS; i++) {
        cr_assert_gt(strlen(clv_position_meaning((enum clv_position)i)), 5);
        cr_assert_gt(strlen(clv_position_next((enum clv_position)i)), 5);
    }
}
