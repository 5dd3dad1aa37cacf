/* The master key registers: commit, set immediate, rotate, clear. */
#include <stdio.h>
#include <string.h>

#include "change.h"

/* Some refusals quote patterns: the first eight digits are enough to find them on a receipt. */
static void short_pattern(const uint8_t *pattern, char buf[9])
{
    clv_hex(pattern, 4, buf);
}

static void refuse_pattern(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                           const struct clv_order *order)
{
    char theirs[9], ours[9];
    short_pattern(s->new_pattern, theirs);
    short_pattern(order->pattern, ours);
    clv_tke_refuse(t, unit, CLV_E_MISMATCH,
                   "If that is no mistake of ours: claviger cryptounit-mk-clrnew, then load again.",
                   "its new register holds another key (%s) than the expected one (%s)", theirs,
                   ours);
}

static bool holds_new(const struct clv_unit_state *s, const struct clv_order *order)
{
    return clv_ep11_pattern_equal(s->new_pattern, order->pattern);
}

static bool holds_current(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->current_state == CLV_CURRENT_VALID &&
           clv_ep11_pattern_equal(s->current_pattern, order->pattern);
}

/* ---- cryptounit-mk-commit ---- */

static bool committed(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state == CLV_NEW_COMMITTED && holds_new(s, order);
}

static void check_commit(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (s->new_state == CLV_NEW_EMPTY)
        clv_tke_refuse_as(t, unit, 96, 50);
    else if (!holds_new(s, order))
        refuse_pattern(t, unit, s, order);
    else if (committed(s, order))
        clv_tke_settle(t, unit, "its new register is Full committed with this key already");
}

clv_status clv_tke_commit(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err)
{
    static const struct clv_tke_change change = {.command = "cryptounit-mk-commit",
                                                 .check = check_commit,
                                                 .holds = committed,
                                                 .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_COMMIT};
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-mk-setimm ---- */

static bool active(const struct clv_unit_state *s, const struct clv_order *order)
{
    return s->new_state == CLV_NEW_EMPTY && holds_current(s, order);
}

static void refuse_rotation(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    char theirs[9];
    short_pattern(s->current_pattern, theirs);
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
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (active(s, order))
        clv_tke_settle(t, unit, "this is its current master key already");
    else if (s->current_state == CLV_CURRENT_VALID && !holds_current(s, order))
        refuse_rotation(t, unit, s);
    else if (s->new_state == CLV_NEW_EMPTY)
        clv_tke_refuse_as(t, unit, 96, 50);
    else if (!holds_new(s, order))
        refuse_pattern(t, unit, s, order);
    else if (s->new_state != CLV_NEW_COMMITTED)
        clv_tke_refuse_as(t, unit, 96, 64);
}

clv_status clv_tke_set_immediate(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                                 struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-mk-setimm",
        .verb = "set immediate",
        .warning = "The new master key becomes the current one. This cannot be taken back. Key "
                   "storage is not re-enciphered.",
        .together = true,
        .check = check_set_immediate,
        .holds = active,
        .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_SET_IMMEDIATE};
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-mk-rotate ---- */

/* The key that is being replaced: that of the first unit that still has it. */
static const struct clv_unit_state *first_old(struct clv_tke *t, const struct clv_order *order)
{
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_unit_state *s = clv_fleet_state(t->fleet, t->rows[i].unit);
        if (s->known && s->current_state == CLV_CURRENT_VALID && !holds_current(s, order))
            return s;
    }
    return NULL;
}

static void check_old_key(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                          const struct clv_order *order)
{
    const struct clv_unit_state *first = first_old(t, order);
    char theirs[9], others[9];
    if (s->current_state == CLV_CURRENT_EMPTY) {
        clv_tke_refuse(t, unit, CLV_E_RULE, "For a first load: claviger cryptounit-mk-setimm.",
                       "its current register is Empty: there is nothing to rotate");
    } else if (first && !clv_ep11_pattern_equal(first->current_pattern, s->current_pattern) &&
               !holds_current(s, order)) {
        short_pattern(s->current_pattern, theirs);
        short_pattern(first->current_pattern, others);
        clv_tke_refuse(t, unit, CLV_E_RULE, "Compare them first: claviger cryptounit-compare.",
                       "its current master key (%s) is not that of the other units (%s)", theirs,
                       others);
    }
}

static void check_rotate(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (active(s, order))
        clv_tke_settle(t, unit, "this is its current master key already");
    else if (s->new_state == CLV_NEW_EMPTY)
        clv_tke_refuse_as(t, unit, 96, 50);
    else if (!holds_new(s, order))
        refuse_pattern(t, unit, s, order);
    else if (s->new_state != CLV_NEW_COMMITTED)
        clv_tke_refuse_as(t, unit, 96, 64);
    else
        check_old_key(t, unit, s, order);
}

/* What was looked at, and what cannot be seen from here. */
static void rotation_warning(struct clv_tke *t, const struct clv_order *order, char *buf,
                             size_t cap)
{
    const struct clv_unit_state *old = first_old(t, order);
    char from[9] = "", to[9];
    short_pattern(order->pattern, to);
    if (old)
        short_pattern(old->current_pattern, from);
    snprintf(buf, cap,
             "Checked on every crypto unit: current register Valid with %s, new register Full "
             "committed with %s. NOT checked, because it cannot be seen from here: that all key "
             "storage is re-enciphered from the one to the other. What is not becomes unusable.",
             from, to);
}

clv_status clv_tke_rotate(struct clv_tke *t, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_SET_IMMEDIATE};
    char warning[400];
    const struct clv_tke_change change = {.command = "cryptounit-mk-rotate",
                                          .verb = "storage is re-enciphered, rotate",
                                          .warning = warning,
                                          .together = true,
                                          .check = check_rotate,
                                          .holds = active,
                                          .note = clv_tke_note_registers};
    memcpy(order.pattern, pattern, sizeof(order.pattern));
    rotation_warning(t, &order, warning, sizeof(warning));
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-mk-clrcur, cryptounit-mk-clrnew ---- */

static bool current_empty(const struct clv_unit_state *s, const struct clv_order *order)
{
    (void)order;
    return s->current_state == CLV_CURRENT_EMPTY;
}

static void check_clear_current(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                                const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (current_empty(s, order))
        clv_tke_settle(t, unit, "its current register is Empty already");
}

clv_status clv_tke_clear_current(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-mk-clrcur",
        .verb = "clear current",
        .warning = "Keys under the current master key become unusable until the same key is loaded "
                   "again.",
        .check = check_clear_current,
        .holds = current_empty,
        .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_CLEAR_CURRENT};
    return clv_tke_change(t, &change, &order, err);
}

static bool new_empty(const struct clv_unit_state *s, const struct clv_order *order)
{
    (void)order;
    return s->new_state == CLV_NEW_EMPTY;
}

static void check_clear_new(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                            const struct clv_order *order)
{
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (new_empty(s, order))
        clv_tke_settle(t, unit, "its new register is Empty already");
}

clv_status clv_tke_clear_new(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-mk-clrnew",
        .verb = "clear new",
        .warning = "What was loaded is lost; the owners of its parts have to load again.",
        .check = check_clear_new,
        .holds = new_empty,
        .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_CLEAR_NEW};
    return clv_tke_change(t, &change, &order, err);
}
