/* One command on all selected units: checked, confirmed, signed, given, read back. */
#include <stdio.h>
#include <string.h>

#include "change.h"

/* ---- rows ---- */

void clv_tke_refuse_as(struct clv_tke *t, unsigned unit, uint32_t return_code, uint32_t reason)
{
    clv_tke_refuse(t, unit, CLV_E_RULE, clv_ep11_code_hint(return_code, reason), "%s",
                   clv_ep11_code_text(return_code, reason));
}

void clv_tke_settle(struct clv_tke *t, unsigned unit, const char *note)
{
    struct clv_tke_row *row = clv_tke_row(t, unit);
    row->settled = true;
    clv_tke_note(t, unit, "%s", note);
}

void clv_tke_note_admins(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    clv_tke_note(t, unit, "%s, %u administrator%s, thresholds %u/%u",
                 s->imprint ? "imprint mode" : "operational", s->num_admins,
                 s->num_admins == 1 ? "" : "s", s->sign_threshold, s->revoke_threshold);
}

static void register_text(bool empty, const char *state, const uint8_t *pattern, char *buf,
                          size_t cap)
{
    char hex[CLV_TKE_SHORT_PATTERN];
    clv_tke_short_pattern(pattern, hex);
    snprintf(buf, cap, empty ? "%s" : "%s %s", state, hex);
}

void clv_tke_note_registers(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s)
{
    char new[40], current[40];
    register_text(s->new_state == CLV_NEW_EMPTY, clv_ep11_new_state_text(s->new_state),
                  s->new_pattern, new, sizeof(new));
    register_text(s->current_state == CLV_CURRENT_EMPTY,
                  clv_ep11_current_state_text(s->current_state), s->current_pattern, current,
                  sizeof(current));
    clv_tke_note(t, unit, "new register %s, current register %s", new, current);
}

static bool is_due(const struct clv_tke_row *row)
{
    return !row->failed && !row->settled;
}

static bool any_due(const struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (is_due(&t->rows[i]))
            return true;
    return false;
}

void clv_tke_next_step(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        t->rows[i].settled = false;
}

/* What it holds by now is in its note. */
static void hold(struct clv_tke *t, struct clv_tke_row *row, unsigned first)
{
    clv_tke_refuse(
        t, row->unit, CLV_E_RULE, "Mend the other crypto unit first, or leave it out: --units.",
        "crypto unit %u is not ready, and this begins only when all selected units are", first);
    if (row->sent)
        clv_kept(&row->error, "It stays as it is: %s.", row->note);
}

void clv_tke_hold_all(struct clv_tke *t)
{
    unsigned first = 0;
    for (size_t i = 0; i < t->num_rows && first == 0; i++)
        first = t->rows[i].failed ? t->rows[i].unit : 0;
    for (size_t i = 0; i < t->num_rows && first; i++)
        if (is_due(&t->rows[i]))
            hold(t, &t->rows[i], first);
}

/* ---- the pieces ---- */

void clv_tke_check_units(struct clv_tke *t, const struct clv_tke_change *change,
                         const struct clv_order *order, bool *ret_due)
{
    for (size_t i = 0; i < t->num_rows && change->check; i++)
        if (is_due(&t->rows[i]))
            change->check(t, t->rows[i].unit, clv_fleet_state(t->fleet, t->rows[i].unit), order);
    if (change->together)
        clv_tke_hold_all(t);
    *ret_due = any_due(t);
}

static bool is_admin(const struct clv_unit_state *s, const uint8_t *ski)
{
    for (unsigned i = 0; i < s->num_admins; i++)
        if (memcmp(s->admin_ski[i], ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

/* Marks the first selected keys that can sign for this unit. false: there are too few. */
static bool mark_signers(const struct clv_unit_state *s, const struct clv_tke_chosen *selected,
                         unsigned needed, bool *marks, unsigned *ret_found)
{
    unsigned found = 0;
    for (size_t i = 0; i < selected->num; i++)
        found += is_admin(s, selected->skis[i]);
    *ret_found = found;
    if (found < needed)
        return false;
    for (size_t i = 0; i < selected->num && needed > 0; i++)
        if (is_admin(s, selected->skis[i])) {
            marks[i] = true;
            needed--;
        }
    return true;
}

static void refuse_signatures(struct clv_tke *t, unsigned unit, unsigned needed, unsigned found)
{
    clv_tke_refuse(t, unit, CLV_E_RULE,
                   "Select more of them: claviger sigkey-sel. Or for this command: --sigkeys.",
                   "%u signature%s needed; administrators of this unit among the selected "
                   "signature keys: %u",
                   needed, needed == 1 ? " is" : "s are", found);
}

static bool any_signature(const struct clv_tke *t, const struct clv_order *order)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (is_due(&t->rows[i]) &&
            clv_order_signatures(order, clv_fleet_state(t->fleet, t->rows[i].unit)) > 0)
            return true;
    return false;
}

clv_status clv_tke_choose_signers(struct clv_tke *t, const struct clv_tke_change *change,
                                  const struct clv_order *order, struct clv_tke_chosen *ret,
                                  bool *ret_due, struct clv_error *err)
{
    struct clv_tke_chosen selected = {0};
    bool marks[CLV_TKE_MAX_SIGKEYS] = {false};
    *ret = (struct clv_tke_chosen){0};
    if (any_signature(t, order)) {
        clv_status st = clv_tke_selected_skis(t, selected.skis, &selected.num, err);
        if (st != CLV_OK)
            return st;
    }
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_unit_state *s = clv_fleet_state(t->fleet, t->rows[i].unit);
        unsigned found = 0, needed = is_due(&t->rows[i]) ? clv_order_signatures(order, s) : 0;
        if (needed > 0 && !mark_signers(s, &selected, needed, marks, &found))
            refuse_signatures(t, t->rows[i].unit, needed, found);
    }
    for (size_t i = 0; i < selected.num; i++)
        if (marks[i])
            memcpy(ret->skis[ret->num++], selected.skis[i], CLV_SKI_LEN);
    if (change->together)
        clv_tke_hold_all(t);
    *ret_due = any_due(t);
    return CLV_OK;
}

clv_status clv_tke_give(struct clv_tke *t, const struct clv_tke_chosen *chosen,
                        struct clv_order *order, struct clv_error *err)
{
    clv_status st = CLV_OK;
    if (chosen->num > 0)
        st = clv_tke_open_signers(t, chosen->num, chosen->skis, chosen->num, err);
    order->signers = clv_tke_signers(t, &order->num_signers);
    return st == CLV_OK ? clv_tke_order(t, order, err) : st;
}

static void contradict(struct clv_tke_row *row)
{
    row->failed =
        clv_fail(&row->error, CLV_E_MISMATCH,
                 "the crypto unit accepted the command, but shows something else") != CLV_OK;
    clv_hint(&row->error, "Look at it before anything else: claviger cryptounit-compare.");
}

/* Of a load the answer tells a pattern, too: a unit that says two things is believed neither. */
static bool says_another(const struct clv_tke_row *row, const struct clv_order *order)
{
    return order->kind == CLV_ORDER_LOAD && row->has_reported &&
           !clv_ep11_pattern_equal(row->reported_pattern, order->pattern);
}

static void judge(struct clv_tke *t, const struct clv_tke_change *change,
                  const struct clv_order *order, struct clv_tke_row *row)
{
    const struct clv_unit_state *s = clv_fleet_state(t->fleet, row->unit);
    if (!change->holds(s, order) || says_another(row, order))
        contradict(row);
    else
        change->note(t, row->unit, s);
}

clv_status clv_tke_read_back(struct clv_tke *t, const struct clv_tke_change *change,
                             const struct clv_order *order, struct clv_error *err)
{
    if (!any_due(t))
        return CLV_OK;
    clv_status st = clv_tke_survey(t, err);
    for (size_t i = 0; st == CLV_OK && i < t->num_rows; i++)
        if (is_due(&t->rows[i]))
            judge(t, change, order, &t->rows[i]);
    return clv_while(err, st, "reading back what the crypto units hold");
}

clv_status clv_tke_change_over(struct clv_tke *t, clv_status ended, struct clv_error *err)
{
    clv_status st = clv_tke_end(t, ended, ended == CLV_OK ? err : NULL);
    return ended == CLV_OK ? st : ended;
}

/* ---- the whole way ---- */

static clv_status confirm(struct clv_tke *t, const struct clv_tke_change *change,
                          struct clv_error *err)
{
    const char *lines[] = {change->warning};
    if (change->verb == NULL)
        return CLV_OK;
    return clv_tke_confirm(t, change->verb, lines, change->warning ? 1 : 0, err);
}

/* People take their time to confirm; what holds for all units together may be over meanwhile. */
static clv_status look_again(struct clv_tke *t, const struct clv_tke_change *change,
                             const struct clv_order *order, bool *ret_due, struct clv_error *err)
{
    clv_status st = clv_tke_survey(t, err);
    if (st == CLV_OK)
        clv_tke_check_units(t, change, order, ret_due);
    return st;
}

clv_status clv_tke_carry_out(struct clv_tke *t, const struct clv_tke_change *change,
                             struct clv_order *order, struct clv_error *err)
{
    struct clv_tke_chosen chosen;
    bool due = false;
    clv_tke_check_units(t, change, order, &due);
    clv_status st = due ? clv_tke_choose_signers(t, change, order, &chosen, &due, err) : CLV_OK;
    if (st != CLV_OK || !due)
        return st;
    st = confirm(t, change, err);
    if (st == CLV_OK && change->verb && change->together)
        st = look_again(t, change, order, &due, err);
    if (st == CLV_OK && due)
        st = clv_tke_give(t, &chosen, order, err);
    return st == CLV_OK ? clv_tke_read_back(t, change, order, err) : st;
}

clv_status clv_tke_change(struct clv_tke *t, const struct clv_tke_change *change,
                          struct clv_order *order, struct clv_error *err)
{
    clv_status st = clv_tke_begin(t, change->command, err);
    if (st == CLV_OK)
        st = clv_tke_carry_out(t, change, order, err);
    return clv_tke_change_over(t, st, err);
}
