/* A master key on its way from one crypto unit to the others; it is never in the clear here. */
#include <string.h>

#include "spread.h"

static struct clv_order order_for(const struct clv_tke_spread *s, enum clv_order_kind kind)
{
    struct clv_order order = {.kind = kind};
    memcpy(order.pattern, s->pattern, sizeof(order.pattern));
    return order;
}

static const struct clv_unit_state *state_of(struct clv_tke *t, unsigned unit)
{
    return clv_fleet_state(t->fleet, unit);
}

/* The next order is for this unit alone. */
static void only(struct clv_tke *t, unsigned unit)
{
    for (size_t i = 0; i < t->num_rows; i++)
        t->rows[i].settled = t->rows[i].unit != unit;
}

static bool holds_it(const struct clv_unit_state *state, const struct clv_order *order)
{
    return clv_tke_holds_new(state, order) || clv_tke_holds_current(state, order);
}

static void check_needs_it(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state,
                           const struct clv_order *order)
{
    clv_tke_row(t, unit)->settled = holds_it(state, order);
}

/* ---- the key ---- */

static bool is_made(const struct clv_unit_state *state, const struct clv_order *order)
{
    (void)order;
    return state->new_state != CLV_NEW_EMPTY || state->current_state == CLV_CURRENT_VALID;
}

/* The unit is the only one who knows the key, so its word has to do; but it has to be one word. */
static void take_pattern(struct clv_tke *t, struct clv_tke_spread *s)
{
    const struct clv_unit_state *state = state_of(t, s->source);
    const struct clv_tke_row *row = clv_tke_row(t, s->source);
    const uint8_t *shown =
        state->new_state == CLV_NEW_EMPTY ? state->current_pattern : state->new_pattern;
    struct clv_check_values values = {0};
    char text[CLV_CHECK_TEXT];
    if (!row->has_reported || !clv_ep11_pattern_equal(row->reported_pattern, shown)) {
        clv_tke_refuse(t, s->source, CLV_E_MISMATCH,
                       "Look at it before anything else: claviger cryptounit-mk.",
                       "it says that it made a key, but its register shows another one");
        return;
    }
    memcpy(s->pattern, shown, sizeof(s->pattern));
    s->has_key = true;
    clv_tke_record_generated(t, s->source, s->pattern);
    memcpy(values.pattern, shown, sizeof(values.pattern));
    clv_check_text(&values, CLV_CHECK_EP11_VP, text);
    clv_tke_say(t, "Verification pattern of the new key: %s", text);
}

static clv_status make_key(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    static const struct clv_tke_change change = {.holds = is_made, .note = clv_tke_note_registers};
    struct clv_order order = {.kind = CLV_ORDER_GENERATE, .only_unit = s->source};
    if (s->has_key)
        return CLV_OK;
    clv_tke_say(t, "Crypto unit %u makes a random master key ...", s->source);
    only(t, s->source);
    clv_status st = clv_tke_carry_out(t, &change, &order, err);
    if (st == CLV_OK && !clv_tke_row(t, s->source)->failed)
        take_pattern(t, s);
    return st;
}

/* ---- the way to the others ---- */

/* Not read back: the next query would show the same registers. */
static clv_status give_plainly(struct clv_tke *t, struct clv_order *order, struct clv_error *err)
{
    static const struct clv_tke_change plain = {0};
    struct clv_tke_chosen chosen;
    bool due = false;
    clv_status st = clv_tke_choose_signers(t, &plain, order, &chosen, &due, err);
    return st == CLV_OK && due ? clv_tke_give(t, &chosen, order, err) : st;
}

static clv_status make_importers(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    static const struct clv_tke_change needing = {.check = check_needs_it};
    struct clv_order order = order_for(s, CLV_ORDER_IMPORTER);
    bool due = false;
    clv_tke_next_step(t);
    clv_tke_check_units(t, &needing, &order, &due);
    return due ? give_plainly(t, &order, err) : CLV_OK;
}

static clv_status export_to(struct clv_tke *t, const struct clv_tke_spread *s, unsigned recipient,
                            struct clv_error *err)
{
    struct clv_order order = order_for(s, CLV_ORDER_EXPORT);
    if (!clv_tke_holds_current(state_of(t, s->source), &order))
        order.kind = CLV_ORDER_EXPORT_NEW;
    order.only_unit = s->source;
    order.recipient = recipient;
    only(t, s->source);
    return give_plainly(t, &order, err);
}

static clv_status make_exports(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    const struct clv_order order = order_for(s, CLV_ORDER_LOAD);
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < t->num_rows; i++) {
        unsigned unit = t->rows[i].unit;
        if (t->rows[i].failed || holds_it(state_of(t, unit), &order) ||
            clv_tke_row(t, s->source)->failed)
            continue;
        clv_tke_say(t, "Crypto unit %u seals it for crypto unit %u ...", s->source, unit);
        st = export_to(t, s, unit, err);
    }
    return st;
}

static clv_status load(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .check = check_needs_it, .holds = clv_tke_is_loaded, .note = clv_tke_note_registers};
    struct clv_order order = order_for(s, CLV_ORDER_LOAD);
    clv_tke_next_step(t);
    return clv_tke_carry_out(t, &change, &order, err);
}

static void check_loaded(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state,
                         const struct clv_order *order)
{
    clv_tke_row(t, unit)->settled = !clv_tke_is_loaded(state, order);
}

static clv_status commit(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .check = check_loaded, .holds = clv_tke_is_committed, .note = clv_tke_note_registers};
    struct clv_order order = order_for(s, CLV_ORDER_COMMIT);
    clv_tke_next_step(t);
    return clv_tke_carry_out(t, &change, &order, err);
}

clv_status clv_tke_spread(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err)
{
    static clv_status (*const steps[])(struct clv_tke *, struct clv_tke_spread *,
                                       struct clv_error *) = {make_key, make_importers,
                                                              make_exports, load, commit};
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < sizeof(steps) / sizeof(steps[0]); i++)
        if (!clv_tke_row(t, s->source)->failed)
            st = steps[i](t, s, err);
    clv_fleet_forget_parts(t->fleet);
    return st;
}

/* ---- the barrier ---- */

static void note_registers(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (!t->rows[i].failed)
            clv_tke_note_registers(t, t->rows[i].unit, state_of(t, t->rows[i].unit));
}

/* Not begun: those that have it live are done, the others wait for the one that failed. */
static clv_status hold(struct clv_tke *t, const struct clv_order *order)
{
    for (size_t i = 0; i < t->num_rows; i++)
        t->rows[i].settled = clv_tke_is_live(state_of(t, t->rows[i].unit), order);
    clv_tke_hold_all(t);
    return CLV_OK;
}

static clv_status confirm(struct clv_tke *t, const struct clv_tke_change *change,
                          struct clv_error *err)
{
    const char *lines[] = {change->warning};
    clv_status st = clv_tke_confirm(t, change->verb, lines, 1, err);
    if (st == CLV_OK)
        return clv_tke_survey(t, err); /* that may have taken long */
    if (err)
        err->kept[0] = '\0'; /* of the question alone it is true that nothing was changed */
    clv_kept(err, "Every selected crypto unit holds the new key, Full committed. The current "
                  "keys are as they were.");
    return st;
}

clv_status clv_tke_spread_finish(struct clv_tke *t, const struct clv_tke_spread *s,
                                 const struct clv_tke_change *change, struct clv_error *err)
{
    struct clv_order order = order_for(s, CLV_ORDER_SET_IMMEDIATE);
    struct clv_tke_change quiet = *change;
    clv_status st = CLV_OK;
    bool due = false;
    quiet.verb = NULL;
    note_registers(t);
    if (clv_tke_num_alive(t) < t->num_rows)
        return hold(t, &order);
    clv_tke_next_step(t);
    clv_tke_check_units(t, change, &order, &due);
    if (due && change->verb)
        st = confirm(t, change, err);
    if (st == CLV_OK && due)
        st = clv_tke_carry_out(t, &quiet, &order, err);
    if (st != CLV_OK)
        return st;
    clv_tke_next_step(t);
    return clv_tke_read_back(t, change, &order, err);
}
