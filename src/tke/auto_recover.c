/* auto-recover: the key of a recovery crypto unit for units that have none. */
#include <stdio.h>
#include <string.h>

#include "auto.h"

static clv_status take_giver(struct clv_tke *t, const struct clv_tke_row *row,
                             struct clv_tke_spread *s, struct clv_error *err)
{
    const struct clv_unit_state *state = clv_auto_state(t, row);
    char one[CLV_TKE_SHORT_PATTERN], other[CLV_TKE_SHORT_PATTERN];
    if (s->has_key && clv_ep11_pattern_equal(s->pattern, state->current_pattern))
        return CLV_OK;
    if (s->has_key) {
        clv_tke_short_pattern(s->pattern, one);
        clv_tke_short_pattern(state->current_pattern, other);
        clv_status st = clv_fail(err, CLV_E_RULE,
                                 "the selected recovery crypto units hold different master keys: "
                                 "%u has %s, %u has %s",
                                 s->source, one, row->unit, other);
        clv_kept(err, "Nothing was sent.");
        clv_hint(err, "Say which one gives its key: --from %u, for example.", s->source);
        return st;
    }
    s->source = row->unit;
    s->has_key = true;
    memcpy(s->pattern, state->current_pattern, sizeof(s->pattern));
    return CLV_OK;
}

static clv_status find_giver(struct clv_tke *t, unsigned from, struct clv_tke_spread *s,
                             struct clv_error *err)
{
    bool any = false;
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < t->num_rows; i++) {
        const struct clv_tke_row *row = &t->rows[i];
        if (!clv_auto_is_recovery(t, row) || (from && row->unit != from))
            continue;
        any = true;
        if (clv_auto_state(t, row)->current_state == CLV_CURRENT_VALID)
            st = take_giver(t, row, s, err);
    }
    if (st != CLV_OK || s->has_key)
        return st;
    if (!any && from == 0)
        return clv_auto_no_recovery(err);
    st =
        any ? clv_fail(err, CLV_E_RULE, "the current register of the recovery crypto unit is Empty")
            : clv_fail(err, CLV_E_INPUT,
                       "crypto unit %u is not selected, not of type RECOVERY, or does not answer",
                       from);
    clv_kept(err, "Nothing was sent.");
    clv_hint(err, "See: claviger cryptounit-mk --units all.");
    return st;
}

static clv_status check_expected(const struct clv_tke_spread *s, const uint8_t *expected,
                                 struct clv_error *err)
{
    char theirs[CLV_TKE_SHORT_PATTERN], ours[CLV_TKE_SHORT_PATTERN];
    if (expected == NULL || clv_ep11_pattern_equal(s->pattern, expected))
        return CLV_OK;
    clv_tke_short_pattern(s->pattern, theirs);
    clv_tke_short_pattern(expected, ours);
    clv_status st = clv_fail(err, CLV_E_MISMATCH,
                             "crypto unit %u holds another key (%s) than the expected one (%s)",
                             s->source, theirs, ours);
    clv_kept(err, "Nothing was sent.");
    clv_hint(err, "Bring the paper of the key that is in use, or another recovery crypto unit.");
    return st;
}

static void check_recovery(struct clv_tke *t, const struct clv_tke_spread *s)
{
    const struct clv_order order = clv_auto_order(s);
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_tke_row *row = &t->rows[i];
        if (row->failed)
            continue;
        if (clv_auto_state(t, row)->imprint)
            clv_tke_refuse_as(t, row->unit, 179, 34);
        clv_auto_check_registers(t, row, &order);
        clv_auto_check_permissions(t, row, s);
    }
    clv_tke_hold_all(t);
}

static clv_status confirm_recovery(struct clv_tke *t, const struct clv_tke_spread *s,
                                   struct clv_error *err)
{
    char warning[400], verb[60], text[CLV_CHECK_TEXT], which[CLV_TKE_SHORT_PATTERN];
    const char *lines[] = {warning};
    struct clv_check_values values = {0};
    memcpy(values.pattern, s->pattern, sizeof(values.pattern));
    clv_check_text(&values, CLV_CHECK_EP11_VP, text);
    clv_tke_short_pattern(s->pattern, which);
    snprintf(verb, sizeof(verb), "recover %s", which);
    snprintf(warning, sizeof(warning),
             "The current master key of crypto unit %u becomes the current one of all selected "
             "crypto units. Compare its pattern with paper: %s",
             s->source, text);
    return clv_tke_confirm(t, verb, lines, 1, err);
}

static clv_status recover(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    clv_status st = CLV_OK;
    check_recovery(t, s);
    if (!clv_auto_any_failed(t) && clv_auto_all_live(t, s))
        clv_auto_tell_live(t);
    else if (!clv_auto_any_failed(t))
        st = clv_auto_check_signers(t, s, err);
    if (st != CLV_OK || clv_auto_any_failed(t) || clv_auto_all_live(t, s))
        return st;
    st = confirm_recovery(t, s, err);
    return st == CLV_OK ? clv_auto_bring_live(t, s, err) : st;
}

clv_status clv_tke_auto_recover(struct clv_tke *t, unsigned from, const uint8_t *expected,
                                struct clv_error *err)
{
    struct clv_tke_spread s = {0};
    clv_status st = find_giver(t, from, &s, err);
    if (st == CLV_OK)
        st = check_expected(&s, expected, err);
    if (st != CLV_OK)
        return st;
    st = clv_tke_begin(t, "auto-recover", err);
    if (st == CLV_OK)
        st = recover(t, &s, err);
    return clv_auto_over(t, st, err);
}
