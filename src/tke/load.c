/* cryptounit-mk-load: each part is in the clear only while it is sealed for the units. */
#include <stdio.h>
#include <string.h>

#include "change.h"

#define PARTS_MIN 2

void clv_tke_refuse_full(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    char theirs[CLV_TKE_SHORT_PATTERN];
    clv_tke_short_pattern(s->new_pattern, theirs);
    clv_tke_refuse(
        t, unit, CLV_E_RULE, "Commit it, or clear it first: claviger cryptounit-mk-clrnew.",
        "its new register is not empty: %s %s", clv_ep11_new_state_text(s->new_state), theirs);
}

static void check_load(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                       const struct clv_order *order)
{
    (void)order;
    if (s->imprint)
        clv_tke_refuse_as(t, unit, 179, 34);
    else if (!(s->attributes.value[CLV_EP11_ATTR_PERMISSIONS] & CLV_EP11_PERM_WK_IMPORT))
        clv_tke_refuse_as(t, unit, 80, 80);
    else if (s->new_state != CLV_NEW_EMPTY)
        clv_tke_refuse_full(t, unit, s);
}

static const struct clv_tke_change load_change = {.command = "cryptounit-mk-load",
                                                  .check = check_load,
                                                  .holds = clv_tke_is_loaded,
                                                  .note = clv_tke_note_registers};

/* What the headers tell, before anybody types a password. */
static clv_status check_headers(const struct clv_tke_key *const *parts, size_t num,
                                struct clv_error *err)
{
    if (num < PARTS_MIN || num > CLV_EP11_MAX_PARTS)
        return clv_fail(err, CLV_E_RULE, "a master key is loaded from %d to %d key parts, not %zu",
                        PARTS_MIN, CLV_EP11_MAX_PARTS, num);
    for (size_t i = 0; i < num; i++)
        for (size_t k = 0; k < i; k++)
            if (parts[i]->info.has_pattern && parts[k]->info.has_pattern &&
                clv_pattern_equal(parts[i]->info.pattern, parts[k]->info.pattern))
                return clv_fail(err, CLV_E_RULE, "%s and %s hold the same key part", parts[k]->file,
                                parts[i]->file);
    return CLV_OK;
}

struct sum {
    struct clv_accumulator *acc;
    struct clv_same_guard *guard;
};

/* One owner's turn. The guard goes by file, so that equal parts of one owner are found too. */
static clv_status take_part(struct clv_tke *t, const struct clv_tke_key *key, unsigned slot,
                            struct sum *sum, struct clv_error *err)
{
    struct clv_secret *part = NULL;
    clv_status st = clv_tke_open_part(t, key, &part, err);
    if (st == CLV_OK)
        st = clv_part_check(part, err);
    if (st == CLV_OK)
        st = clv_same_guard_add(sum->guard, CLV_SAME_PART, key->file, part, err);
    if (st == CLV_OK)
        st = clv_accumulator_add(sum->acc, part, err);
    if (st == CLV_OK)
        st = clv_fleet_seal_part(t->fleet, slot, part, err);
    clv_secret_free(&part);
    if (st != CLV_OK)
        clv_kept(err, "No key part was sent; the new registers are as they were.");
    return st;
}

static clv_status take_parts(struct clv_tke *t, const struct clv_tke_key *const *parts, size_t num,
                             struct clv_check_values *ret, struct clv_error *err)
{
    struct sum sum = {0};
    clv_status st = clv_accumulator_new(t->config.random, &sum.acc, err);
    if (st == CLV_OK)
        st = clv_same_guard_new(t->config.random, &sum.guard, err);
    for (size_t i = 0; st == CLV_OK && i < num; i++)
        st = take_part(t, parts[i], (unsigned)i + 1, &sum, err);
    if (st == CLV_OK)
        st = clv_accumulator_check_values(sum.acc, ret, err);
    clv_same_guard_free(&sum.guard);
    clv_accumulator_free(&sum.acc);
    return st;
}

static bool refuse_current(struct clv_tke *t, const uint8_t *pattern)
{
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_unit_state *s = clv_fleet_state(t->fleet, t->rows[i].unit);
        if (!t->rows[i].failed && s->current_state == CLV_CURRENT_VALID &&
            clv_ep11_pattern_equal(s->current_pattern, pattern))
            clv_tke_refuse(t, t->rows[i].unit, CLV_E_RULE,
                           "Nothing needs to be loaded. If the parts are the wrong ones, bring "
                           "the others.",
                           "this is its current master key already");
    }
    return clv_tke_num_alive(t) > 0;
}

static clv_status load_parts(struct clv_tke *t, const struct clv_tke_key *const *parts, size_t num,
                             const struct clv_tke_chosen *chosen, struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_LOAD};
    struct clv_check_values values = {0};
    char text[CLV_CHECK_TEXT], others[CLV_CHECK_RECORD];
    clv_status st = take_parts(t, parts, num, &values, err);
    if (st != CLV_OK || !refuse_current(t, values.pattern))
        return st;
    memcpy(order.pattern, values.pattern, sizeof(order.pattern));
    clv_check_text(&values, CLV_CHECK_EP11_VP, text);
    clv_check_record(&values, others);
    clv_tke_say(t, "Verification pattern of the combined key: %s", text);
    clv_tke_say(t, "Its other check values: %s", others);
    st = clv_tke_give(t, chosen, &order, err);
    return st == CLV_OK ? clv_tke_read_back(t, &load_change, &order, err) : st;
}

static clv_status load(struct clv_tke *t, const struct clv_tke_key *const *parts, size_t num,
                       struct clv_error *err)
{
    struct clv_order importer = {.kind = CLV_ORDER_IMPORTER};
    struct clv_tke_chosen chosen;
    bool due = false;
    clv_tke_check_units(t, &load_change, &importer, &due);
    clv_status st =
        due ? clv_tke_choose_signers(t, &load_change, &importer, &chosen, &due, err) : CLV_OK;
    if (st != CLV_OK || !due)
        return st;
    st = clv_tke_give(t, &chosen, &importer, err);
    if (st == CLV_OK && clv_tke_num_alive(t) > 0)
        st = load_parts(t, parts, num, &chosen, err);
    clv_fleet_forget_parts(t->fleet);
    return st;
}

clv_status clv_tke_load(struct clv_tke *t, const struct clv_tke_key *const *parts, size_t num,
                        struct clv_error *err)
{
    clv_status st = check_headers(parts, num, err);
    if (st != CLV_OK)
        return st;
    st = clv_tke_begin(t, load_change.command, err);
    if (st == CLV_OK)
        st = load(t, parts, num, err);
    return clv_tke_change_over(t, st, err);
}
