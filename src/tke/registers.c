/* The master key registers: commit, set immediate, rotate, clear. */
#include <stdio.h>
#include <string.h>

#include "change.h"

void clv_tke_short_pattern(const uint8_t *pattern, char buf[CLV_TKE_SHORT_PATTERN])
{
    clv_hex(pattern, (CLV_TKE_SHORT_PATTERN - 1) / 2, buf);
}

/* ---- what the registers of a unit show ---- */

bool clv_tke_holds_new(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state != CLV_NEW_EMPTY && clv_ep11_pattern_equal(s->new_pattern, order->pattern);
}

bool clv_tke_holds_current(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->current_state == CLV_CURRENT_VALID &&
           clv_ep11_pattern_equal(s->current_pattern, order->pattern);
}

bool clv_tke_is_loaded(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state == CLV_NEW_UNCOMMITTED && clv_tke_holds_new(s, order);
}

bool clv_tke_is_committed(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state == CLV_NEW_COMMITTED && clv_tke_holds_new(s, order);
}

bool clv_tke_is_live(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state == CLV_NEW_EMPTY && clv_tke_holds_current(s, order);
}

static void refuse_pattern(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                           const struct clv_order *order)
{
    char theirs[CLV_TKE_SHORT_PATTERN], ours[CLV_TKE_SHORT_PATTERN];
    clv_tke_short_pattern(s->new_pattern, theirs);
    clv_tke_short_pattern(order->pattern, ours);
    clv_tke_refuse(t, unit, CLV_E_MISMATCH,
                   "If that is no mistake of ours: claviger cryptounit-mk-clrnew, then load again.",
                   "its new register holds another key (%s) than the expected one (%s)", theirs,
                   ours);
}

/* ---- cryptounit-mk-commit ---- */

static void check_commit(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (s->new_state == CLV_NEW_EMPTY)
        clv_tke_refuse_as(t, unit, 96, 50);
    else if (!clv_tke_holds_new(s, order))
        refuse_pattern(t, unit, s, order);
    else if (clv_tke_is_committed(s, order))
        clv_tke_settle(t, unit, "its new register is Full committed with this key already");
}

clv_status clv_tke_commit(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err)
{
    static const struct clv_tke_change change = {.command = "cryptounit-mk-commit",
                                                 .check = check_commit,
                                                 .holds = clv_tke_is_committed,
                                                 .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_COMMIT};
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-mk-setimm ---- */

/* Whether nothing speaks against set immediate: Full committed with the key, and not live yet. */
static bool is_ready(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                     const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (clv_tke_is_live(s, order))
        clv_tke_settle(t, unit, "this is its current master key already");
    else if (s->new_state == CLV_NEW_EMPTY)
        clv_tke_refuse_as(t, unit, 96, 50);
    else if (!clv_tke_holds_new(s, order))
        refuse_pattern(t, unit, s, order);
    else if (s->new_state != CLV_NEW_COMMITTED)
        clv_tke_refuse_as(t, unit, 96, 64);
    else
        return true;
    return false;
}

static void refuse_rotation(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    char theirs[CLV_TKE_SHORT_PATTERN];
    clv_tke_short_pattern(s->current_pattern, theirs);
    clv_tke_refuse(
        t, unit, CLV_E_RULE,
        "That is a rotation: re-encipher key storage, then claviger cryptounit-mk-rotate.",
        "its current register holds another master key (%s), and keys under it would "
        "become unusable",
        theirs);
}

static void check_set_immediate(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                                const struct clv_order *order)
{
    if (is_ready(t, unit, s, order) && s->current_state == CLV_CURRENT_VALID &&
        !clv_tke_holds_current(s, order))
        refuse_rotation(t, unit, s);
}

const struct clv_tke_change clv_tke_set_immediate_change = {
    .command = "cryptounit-mk-setimm",
    .verb = "set immediate",
    .warning = "The new master key becomes the current one. This cannot be taken back. Key "
               "storage is not re-enciphered.",
    .together = true,
    .check = check_set_immediate,
    .holds = clv_tke_is_live,
    .note = clv_tke_note_registers};

clv_status clv_tke_set_immediate(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                                 struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_SET_IMMEDIATE};
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    return clv_tke_change(t, &clv_tke_set_immediate_change, &order, err);
}

/* ---- cryptounit-mk-rotate ---- */

/* The key that is being replaced: that of the first unit that still has it. */
static const struct clv_unit_state *first_old(struct clv_tke *t, const struct clv_order *order)
{
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_unit_state *s = clv_fleet_state(t->fleet, t->rows[i].unit);
        if (s->known && s->current_state == CLV_CURRENT_VALID && !clv_tke_holds_current(s, order))
            return s;
    }
    return NULL;
}

void clv_tke_check_old_key(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                           const struct clv_order *order)
{
    const struct clv_unit_state *first = first_old(t, order);
    char theirs[CLV_TKE_SHORT_PATTERN], others[CLV_TKE_SHORT_PATTERN];
    if (s->current_state == CLV_CURRENT_EMPTY) {
        clv_tke_refuse(t, unit, CLV_E_RULE,
                       "For a first load: claviger cryptounit-mk-setimm, or auto-recover.",
                       "its current register is Empty: there is nothing to rotate");
    } else if (first && !clv_ep11_pattern_equal(first->current_pattern, s->current_pattern) &&
               !clv_tke_holds_current(s, order)) {
        clv_tke_short_pattern(s->current_pattern, theirs);
        clv_tke_short_pattern(first->current_pattern, others);
        clv_tke_refuse(t, unit, CLV_E_RULE, "Compare them first: claviger cryptounit-compare.",
                       "its current master key (%s) is not that of the other units (%s)", theirs,
                       others);
    }
}

static void check_rotate(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    if (is_ready(t, unit, s, order))
        clv_tke_check_old_key(t, unit, s, order);
}

/* What was looked at, and what cannot be seen from here. */
static void rotation_warning(struct clv_tke *t, const struct clv_order *order, char *buf,
                             size_t cap)
{
    const struct clv_unit_state *old = first_old(t, order);
    char from[CLV_TKE_SHORT_PATTERN] = "", to[CLV_TKE_SHORT_PATTERN];
    clv_tke_short_pattern(order->pattern, to);
    if (old)
        clv_tke_short_pattern(old->current_pattern, from);
    snprintf(buf, cap,
             "Checked on every crypto unit: current register Valid with %s, new register Full "
             "committed with %s. NOT checked, because it cannot be seen from here: that all key "
             "storage is re-enciphered from the one to the other. What is not becomes unusable.",
             from, to);
}

struct clv_tke_change clv_tke_rotation(struct clv_tke *t, const struct clv_order *order,
                                       char warning[CLV_TKE_ROTATION_WARNING])
{
    rotation_warning(t, order, warning, CLV_TKE_ROTATION_WARNING);
    return (struct clv_tke_change){.command = "cryptounit-mk-rotate",
                                   .verb = "storage is re-enciphered, rotate",
                                   .warning = warning,
                                   .together = true,
                                   .check = check_rotate,
                                   .holds = clv_tke_is_live,
                                   .note = clv_tke_note_registers};
}

clv_status clv_tke_rotate(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_SET_IMMEDIATE};
    char warning[CLV_TKE_ROTATION_WARNING];
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    const struct clv_tke_change change = clv_tke_rotation(t, &order, warning);
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-mk-clrcur, cryptounit-mk-clrnew ---- */

static bool is_cleared(const struct clv_unit_state *s, const struct clv_order *order)
{
    return order->kind == CLV_ORDER_CLEAR_CURRENT ? s->current_state == CLV_CURRENT_EMPTY
                                                  : s->new_state == CLV_NEW_EMPTY;
}

static void check_clear(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                        const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (is_cleared(s, order))
        clv_tke_settle(t, unit,
                       order->kind == CLV_ORDER_CLEAR_CURRENT
                           ? "its current register is Empty already"
                           : "its new register is Empty already");
}

clv_status clv_tke_clear_current(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-mk-clrcur",
        .verb = "clear current",
        .warning = "Keys under the current master key become unusable until the same key is loaded "
                   "again.",
        .check = check_clear,
        .holds = is_cleared,
        .note = clv_tke_note_registers};
    return clv_tke_change(t, &change, &(struct clv_order){.kind = CLV_ORDER_CLEAR_CURRENT}, err);
}

clv_status clv_tke_clear_new(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-mk-clrnew",
        .verb = "clear new",
        .warning = "What was loaded is lost; the owners of its parts have to load again.",
        .check = check_clear,
        .holds = is_cleared,
        .note = clv_tke_note_registers};
    return clv_tke_change(t, &change, &(struct clv_order){.kind = CLV_ORDER_CLEAR_NEW}, err);
}
