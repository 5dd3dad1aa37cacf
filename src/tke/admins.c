/* Administrators, thresholds, imprint mode, and the way back to it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "change.h"

#define THRESHOLD_MAX 8
#define SKI_DIGITS_MIN 8
/* Change bits of the two thresholds: docs/protocol.md, section e. */
#define MAY_CHANGE_SIGN 0x00100000u
#define MAY_CHANGE_REVOKE 0x00200000u

static bool has_admin(const struct clv_unit_state *s, const uint8_t *ski)
{
    for (unsigned i = 0; i < s->num_admins; i++)
        if (memcmp(s->admin_ski[i], ski, CLV_SKI_LEN) == 0)
            return true;
    return false;
}

static uint32_t permissions(const struct clv_unit_state *s)
{
    return s->attributes.value[CLV_EP11_ATTR_PERMISSIONS];
}

/* ---- cryptounit-admin-add ---- */

static void check_add(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                      const struct clv_order *order)
{
    if (has_admin(s, order->ski))
        clv_tke_settle(t, unit, "is an administrator there already");
    else if (s->num_admins == CLV_EP11_MAX_ADMINS)
        clv_tke_refuse_as(t, unit, 261, 39);
}

static bool added(const struct clv_unit_state *s, const struct clv_order *order)
{
    return has_admin(s, order->ski);
}

static const struct clv_tke_change add_change = {.command = "cryptounit-admin-add",
                                                 .check = check_add,
                                                 .holds = added,
                                                 .note = clv_tke_note_admins};

const char *clv_tke_admin_name(const struct clv_tke_key *key)
{
    return key->of_plugin ? key->info.description : key->info.admin_name;
}

static clv_status certify_with_file(const struct clv_tke_key *key, const struct clv_sigkey *sigkey,
                                    struct clv_writer *w, struct clv_error *err)
{
    bool rsa = sigkey->type == CLV_SIGKEY_RSA;
    struct clv_ep11_public_key public = {
        .type = rsa ? CLV_EP11_KEY_RSA : CLV_EP11_KEY_P521,
        .bits = rsa ? clv_view_of(sigkey->rsa_public, sigkey->rsa_public_len)
                    : clv_view_of(sigkey->point, sizeof(sigkey->point))};
    struct clv_ep11_signer signer;
    clv_status st = rsa ? clv_ep11_signer_rsa(sigkey->key, &signer, err)
                        : clv_ep11_signer_p521(sigkey->key, &signer, err);
    return st == CLV_OK
               ? clv_ep11_admin_cert_encode(w, clv_tke_admin_name(key), &public, &signer, err)
               : st;
}

static clv_status certify_with_service(struct clv_tke *t, const struct clv_tke_key *key,
                                       struct clv_writer *w, struct clv_error *err)
{
    struct clv_tke_service_key *k = clv_tke_service_find(t, key->file);
    struct clv_ep11_signer signer;
    if (k == NULL)
        return clv_fail(err, CLV_E_INTERNAL, "%s is not a key of the service", key->file);
    const struct clv_ep11_public_key public = {
        .type = CLV_EP11_KEY_P521, .bits = clv_view_of(k->key.point, sizeof(k->key.point))};
    clv_signing_signer(&k->key, &signer);
    return clv_ep11_admin_cert_encode(w, key->info.admin_name, &public, &signer, err);
}

clv_status clv_tke_certify(struct clv_tke *t, const struct clv_tke_key *key,
                           const struct clv_sigkey *open, struct clv_writer *w,
                           struct clv_error *err)
{
    clv_status st = key->of_service ? certify_with_service(t, key, w, err)
                                    : certify_with_file(key, open, w, err);
    return clv_while(err, st, "making the administrator's certificate");
}

static clv_status make_certificate(struct clv_tke *t, const struct clv_tke_key *key,
                                   struct clv_writer *w, struct clv_error *err)
{
    struct clv_sigkey sigkey = {0};
    clv_status st = key->of_service ? CLV_OK : clv_tke_open_sigkey(t, key, &sigkey, err);
    if (st == CLV_OK && !key->of_service && memcmp(sigkey.ski, key->info.ski, CLV_SKI_LEN) != 0)
        st = clv_fail(err, CLV_E_FORGED, "%s holds another key than its header names", key->file);
    if (st == CLV_OK)
        st = clv_tke_certify(t, key, &sigkey, w, err);
    clv_sigkey_clear(&sigkey);
    return st;
}

static clv_status add_admin(struct clv_tke *t, const struct clv_tke_key *key,
                            struct clv_order *order, struct clv_writer *certificate,
                            struct clv_error *err)
{
    struct clv_tke_chosen chosen;
    bool due = false;
    clv_tke_check_units(t, &add_change, order, &due);
    clv_status st =
        due ? clv_tke_choose_signers(t, &add_change, order, &chosen, &due, err) : CLV_OK;
    if (st != CLV_OK || !due)
        return st;
    st = make_certificate(t, key, certificate, err);
    order->certificate = clv_writer_view(certificate);
    if (st == CLV_OK)
        st = clv_tke_give(t, &chosen, order, err);
    return st == CLV_OK ? clv_tke_read_back(t, &add_change, order, err) : st;
}

clv_status clv_tke_add_admin(struct clv_tke *t, const struct clv_tke_key *key,
                             struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_ADMIN_ADD};
    struct clv_writer certificate = {0};
    memcpy(order.ski, key->info.ski, CLV_SKI_LEN);
    clv_status st = clv_tke_begin(t, add_change.command, err);
    if (st == CLV_OK)
        st = add_admin(t, key, &order, &certificate, err);
    clv_writer_clear(&certificate);
    return clv_tke_change_over(t, st, err);
}

clv_status clv_tke_step_admin(struct clv_tke *t, const uint8_t ski[CLV_SKI_LEN],
                              struct clv_view certificate, struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_ADMIN_ADD, .certificate = certificate};
    memcpy(order.ski, ski, CLV_SKI_LEN);
    return clv_tke_carry_out(t, &add_change, &order, err);
}

/* ---- cryptounit-admin-rm ---- */

static void check_remove(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                         const struct clv_order *order)
{
    if (!has_admin(s, order->ski))
        clv_tke_refuse_as(t, unit, 32, 33);
    else if (!s->imprint && s->num_admins == 1)
        clv_tke_refuse_as(t, unit, 209, 68);
    else if (!s->imprint &&
             (s->num_admins - 1 < s->sign_threshold || s->num_admins - 1 < s->revoke_threshold))
        clv_tke_refuse_as(t, unit, 209, 66);
}

static bool removed(const struct clv_unit_state *s, const struct clv_order *order)
{
    return !has_admin(s, order->ski);
}

clv_status clv_tke_remove_admin(struct clv_tke *t, const uint8_t ski[CLV_SKI_LEN],
                                struct clv_error *err)
{
    struct clv_order order = {.kind = CLV_ORDER_ADMIN_REMOVE};
    char hex[SKI_DIGITS_MIN + 1], verb[60];
    clv_hex(ski, SKI_DIGITS_MIN / 2, hex);
    snprintf(verb, sizeof(verb), "remove administrator %s", hex);
    const struct clv_tke_change change = {
        .command = "cryptounit-admin-rm",
        .verb = verb,
        .warning = "The crypto units no longer take this administrator's signature.",
        .check = check_remove,
        .holds = removed,
        .note = clv_tke_note_admins};
    memcpy(order.ski, ski, CLV_SKI_LEN);
    return clv_tke_change(t, &change, &order, err);
}

/* Whether text names administrator i: their name, or the beginning of their SKI. */
static bool is_named(const struct clv_unit_state *s, unsigned i, const char *text)
{
    char hex[2 * CLV_SKI_LEN + 1];
    size_t len = strlen(text);
    clv_hex(s->admin_ski[i], CLV_SKI_LEN, hex);
    if (strcmp(s->admin_name[i], text) == 0)
        return true;
    if (len < SKI_DIGITS_MIN || len >= sizeof(hex))
        return false;
    for (size_t k = 0; k < len; k++)
        if (tolower((unsigned char)text[k]) != hex[k])
            return false;
    return true;
}

clv_status clv_tke_find_admin(struct clv_tke *t, const char *text, uint8_t ret_ski[CLV_SKI_LEN],
                              struct clv_error *err)
{
    const uint8_t *found = NULL;
    for (size_t k = 0; k < t->num_rows; k++) {
        const struct clv_unit_state *s = clv_fleet_state(t->fleet, t->rows[k].unit);
        for (unsigned i = 0; !t->rows[k].failed && i < s->num_admins; i++) {
            if (!is_named(s, i, text))
                continue;
            if (found && memcmp(found, s->admin_ski[i], CLV_SKI_LEN) != 0)
                return clv_fail(err, CLV_E_INPUT,
                                "\"%s\" is more than one administrator: give "
                                "the first 8 digits of the SKI, or more",
                                text);
            found = s->admin_ski[i];
        }
    }
    if (found == NULL) {
        clv_status st = clv_fail(err, CLV_E_INPUT,
                                 "\"%s\" is no administrator of the selected crypto units", text);
        clv_hint(err, "See: claviger cryptounit-admins. Give the name, or 8 digits of the SKI or "
                      "more.");
        return st;
    }
    memcpy(ret_ski, found, CLV_SKI_LEN);
    return CLV_OK;
}

/* ---- cryptounit-thrhld-set, cryptounit-exit-impr ---- */

static bool has_thresholds(const struct clv_unit_state *s, const struct clv_order *order)
{
    return !s->imprint && s->sign_threshold == order->sign_threshold &&
           s->revoke_threshold == order->revoke_threshold;
}

static bool is_frozen(const struct clv_unit_state *s, const struct clv_order *order)
{
    return (s->sign_threshold != order->sign_threshold && !(permissions(s) & MAY_CHANGE_SIGN)) ||
           (s->revoke_threshold != order->revoke_threshold &&
            !(permissions(s) & MAY_CHANGE_REVOKE));
}

static void refuse_above(struct clv_tke *t, unsigned unit, uint32_t reason)
{
    clv_tke_refuse(
        t, unit, CLV_E_RULE,
        "Add administrators first: claviger cryptounit-admin-add. Or choose a lower one.", "%s",
        clv_ep11_code_text(209, reason));
}

void clv_tke_check_thresholds(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                              const struct clv_order *order)
{
    bool alone_permitted = permissions(s) & CLV_EP11_PERM_1SIGN;
    if (has_thresholds(s, order))
        clv_tke_settle(t, unit, "has these thresholds already");
    else if (order->sign_threshold > s->num_admins)
        refuse_above(t, unit, 57);
    else if (order->revoke_threshold > s->num_admins)
        refuse_above(t, unit, 58);
    else if (order->sign_threshold == 1 && !alone_permitted)
        clv_tke_refuse_as(t, unit, 209, 78);
    else if (order->revoke_threshold == 1 && !alone_permitted)
        clv_tke_refuse_as(t, unit, 209, 79);
    else if (is_frozen(s, order))
        clv_tke_refuse_as(t, unit, 209, 71);
}

static const struct clv_tke_change threshold_change = {.command = "cryptounit-thrhld-set",
                                                       .check = clv_tke_check_thresholds,
                                                       .holds = has_thresholds,
                                                       .note = clv_tke_note_admins};

clv_status clv_tke_step_thresholds(struct clv_tke *t, unsigned sign, unsigned revoke,
                                   struct clv_error *err)
{
    struct clv_order order = {
        .kind = CLV_ORDER_THRESHOLDS, .sign_threshold = sign, .revoke_threshold = revoke};
    return clv_tke_carry_out(t, &threshold_change, &order, err);
}

clv_status clv_tke_thresholds_in_range(unsigned sign, unsigned revoke, struct clv_error *err)
{
    if (sign < 1 || sign > THRESHOLD_MAX || revoke < 1 || revoke > THRESHOLD_MAX)
        return clv_fail(err, CLV_E_INPUT, "a threshold is a number from 1 to %d", THRESHOLD_MAX);
    return CLV_OK;
}

clv_status clv_tke_set_thresholds(struct clv_tke *t, unsigned sign, unsigned revoke,
                                  struct clv_error *err)
{
    struct clv_order order = {
        .kind = CLV_ORDER_THRESHOLDS, .sign_threshold = sign, .revoke_threshold = revoke};
    clv_status st = clv_tke_thresholds_in_range(sign, revoke, err);
    return st == CLV_OK ? clv_tke_change(t, &threshold_change, &order, err) : st;
}

static void check_exit(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                       const struct clv_order *order)
{
    if (!s->imprint)
        clv_tke_refuse(t, unit, CLV_E_RULE, "To change them: claviger cryptounit-thrhld-set.",
                       "it has left imprint mode already, with thresholds %u/%u", s->sign_threshold,
                       s->revoke_threshold);
    else
        clv_tke_check_thresholds(t, unit, s, order);
}

clv_status clv_tke_exit_imprint(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {.command = "cryptounit-exit-impr",
                                                 .check = check_exit,
                                                 .holds = has_thresholds,
                                                 .note = clv_tke_note_admins};
    struct clv_order order = {
        .kind = CLV_ORDER_THRESHOLDS, .sign_threshold = 1, .revoke_threshold = 1};
    return clv_tke_change(t, &change, &order, err);
}

/* ---- cryptounit-zeroize ---- */

static bool is_clean(const struct clv_unit_state *s, const struct clv_order *order)
{
    (void)order;
    return s->imprint && s->num_admins == 0 && s->new_state == CLV_NEW_EMPTY &&
           s->current_state == CLV_CURRENT_EMPTY;
}

clv_status clv_tke_zeroize(struct clv_tke *t, struct clv_error *err)
{
    static const struct clv_tke_change change = {
        .command = "cryptounit-zeroize",
        .verb = "zeroize",
        .warning = "Both master key registers and all administrators are erased, and the crypto "
                   "units are back in imprint mode. Keys under the current master key become "
                   "unusable.",
        .holds = is_clean,
        .note = clv_tke_note_admins};
    struct clv_order order = {.kind = CLV_ORDER_ZEROIZE};
    return clv_tke_change(t, &change, &order, err);
}
