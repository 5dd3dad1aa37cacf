/* auto-init: from imprint mode to a master key that was made inside a recovery crypto unit. */
#include <stdio.h>
#include <string.h>

#include "auto.h"

/* The administrators to be: the selected signature keys. */
struct staff {
    struct clv_tke_keys list;
    const struct clv_tke_key *keys[CLV_TKE_MAX_SIGKEYS];
    size_t num;
    unsigned sign, revoke;
};

static clv_status read_staff(struct clv_tke *t, struct staff *staff, struct clv_error *err)
{
    unsigned most = staff->sign > staff->revoke ? staff->sign : staff->revoke;
    clv_status st = clv_tke_selected_keys(t, &staff->list, staff->keys, &staff->num, err);
    if (st != CLV_OK || staff->num >= most)
        return st;
    st = clv_fail(err, CLV_E_RULE,
                  "thresholds %u/%u need %u administrators; signature keys selected: %zu",
                  staff->sign, staff->revoke, most, staff->num);
    clv_kept(err, "Nothing was sent.");
    clv_hint(err, "Select more: claviger sigkey-sel. Or make them: claviger sigkey-add.");
    return st;
}

static bool is_staff(const struct staff *staff, const uint8_t *ski)
{
    for (size_t i = 0; i < staff->num; i++)
        if (memcmp(staff->keys[i]->info.ski, ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

static void check_imprint(struct clv_tke *t, const struct clv_tke_row *row,
                          const struct staff *staff)
{
    const struct clv_order order = {.kind = CLV_ORDER_THRESHOLDS,
                                    .sign_threshold = staff->sign,
                                    .revoke_threshold = staff->revoke};
    struct clv_unit_state later = *clv_auto_state(t, row);
    for (unsigned i = 0; i < later.num_admins; i++)
        if (!is_staff(staff, later.admin_ski[i]))
            clv_tke_refuse(t, row->unit, CLV_E_RULE,
                           "Select that key, too: claviger sigkey-sel. Or empty the unit: claviger "
                           "cryptounit-zeroize.",
                           "administrator %s is in it, who is not among the selected signature "
                           "keys",
                           later.admin_name[i]);
    later.num_admins = (unsigned)staff->num;
    clv_tke_check_thresholds(t, row->unit, &later, &order);
}

static void check_operational(struct clv_tke *t, const struct clv_tke_row *row,
                              const struct staff *staff)
{
    const struct clv_unit_state *s = clv_auto_state(t, row);
    bool same = s->num_admins == staff->num && s->sign_threshold == staff->sign &&
                s->revoke_threshold == staff->revoke;
    for (unsigned i = 0; i < s->num_admins; i++)
        same = same && is_staff(staff, s->admin_ski[i]);
    if (!same)
        clv_tke_refuse(t, row->unit, CLV_E_RULE,
                       "Bring it in line: claviger cryptounit-admin-add, cryptounit-admin-rm, "
                       "cryptounit-thrhld-set. Or, if no key storage needs it: claviger "
                       "cryptounit-zeroize.",
                       "it has left imprint mode with other administrators or thresholds (%u, "
                       "%u/%u)",
                       s->num_admins, s->sign_threshold, s->revoke_threshold);
}

static void check_init(struct clv_tke *t, const struct staff *staff, const struct clv_tke_spread *s)
{
    const struct clv_order order = clv_auto_order(s);
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_tke_row *row = &t->rows[i];
        if (row->failed)
            continue;
        if (clv_auto_state(t, row)->imprint)
            check_imprint(t, row, staff);
        else
            check_operational(t, row, staff);
        clv_auto_check_registers(t, row, &order);
        clv_auto_check_permissions(t, row, s);
    }
    clv_tke_hold_all(t);
}

static clv_status confirm_init(struct clv_tke *t, const struct staff *staff,
                               const struct clv_tke_spread *s, struct clv_error *err)
{
    char warning[700], names[400] = "";
    const char *lines[] = {warning};
    for (size_t i = 0, used = 0; i < staff->num && used < sizeof(names); i++)
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", i ? ", " : "",
                                 clv_tke_admin_name(staff->keys[i]));
    snprintf(warning, sizeof(warning),
             "Administrators: %s; thresholds %u/%u. A random master key is made inside crypto unit "
             "%u and becomes the current key of all selected ones. The recovery crypto units are "
             "its only backup.",
             names, staff->sign, staff->revoke, s->source);
    return clv_tke_confirm(t, "initialize", lines, 1, err);
}

static clv_status install(struct clv_tke *t, const struct clv_tke_key *key, struct clv_error *err)
{
    struct clv_writer certificate = {0};
    const struct clv_sigkey *open = NULL;
    for (size_t i = 0; i < t->num_signers; i++)
        if (memcmp(t->keys[i].ski, key->info.ski, CLV_SKI_LEN) == 0)
            open = &t->keys[i];
    if (open == NULL)
        return clv_fail(err, CLV_E_INTERNAL, "%s is not open", key->file);
    clv_tke_next_step(t);
    clv_status st = clv_tke_certify(t, key, open, &certificate, err);
    if (st == CLV_OK)
        st = clv_tke_step_admin(t, key->info.ski, clv_writer_view(&certificate), err);
    clv_writer_clear(&certificate);
    return st;
}

static clv_status install_all(struct clv_tke *t, const struct staff *staff, struct clv_error *err)
{
    clv_status st = clv_tke_open_signers(t, staff->num, NULL, 0, err);
    for (size_t i = 0; st == CLV_OK && i < staff->num; i++) {
        clv_tke_say(t, "Installing administrator %zu of %zu: %s ...", i + 1, staff->num,
                    clv_tke_admin_name(staff->keys[i]));
        st = install(t, staff->keys[i], err);
    }
    clv_tke_next_step(t);
    return st == CLV_OK ? clv_tke_step_thresholds(t, staff->sign, staff->revoke, err) : st;
}

static bool any_in_imprint(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (!t->rows[i].failed && clv_auto_state(t, &t->rows[i])->imprint)
            return true;
    return false;
}

static clv_status initialize(struct clv_tke *t, const struct staff *staff, struct clv_tke_spread *s,
                             struct clv_error *err)
{
    check_init(t, staff, s);
    if (clv_auto_any_failed(t))
        return CLV_OK;
    if (clv_auto_all_live(t, s)) {
        clv_auto_tell_live(t);
        return CLV_OK;
    }
    clv_status st = confirm_init(t, staff, s, err);
    if (st == CLV_OK && any_in_imprint(t))
        st = install_all(t, staff, err);
    return st == CLV_OK ? clv_auto_bring_live(t, s, err) : st;
}

static bool made_current(struct clv_tke *t, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    (void)t;
    return clv_tke_holds_current(s, order);
}

clv_status clv_tke_auto_init(struct clv_tke *t, unsigned sign, unsigned revoke,
                             struct clv_error *err)
{
    struct staff staff = {.sign = sign, .revoke = revoke};
    struct clv_tke_spread s = {0};
    clv_status st = clv_tke_thresholds_in_range(sign, revoke, err);
    if (st == CLV_OK)
        st = clv_auto_check_instance(t, err);
    if (st == CLV_OK)
        st = clv_auto_find_source(t, made_current, &s, err);
    if (st == CLV_OK)
        st = read_staff(t, &staff, err);
    if (st == CLV_OK) {
        clv_auto_name_left_out(t);
        st = clv_tke_begin(t, "auto-init", err);
        if (st == CLV_OK)
            st = initialize(t, &staff, &s, err);
        st = clv_auto_over(t, st, err);
    }
    clv_tke_keys_clear(&staff.list);
    return st;
}
