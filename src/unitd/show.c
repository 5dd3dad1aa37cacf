/* What the units hold and what they have obeyed, for people. Public values only. */
#include <stdlib.h>

#include "internal.h"

static void show_admins(const struct clv_unitd_domain *d, struct clv_writer *w)
{
    char hex[2 * CLV_SKI_LEN + 1];
    clv_write_format(w, "  administrators   %s\n", d->num_admins ? "" : "none");
    if (d->num_admins == 0)
        return;
    w->len--; /* the first one stands on the same line */
    for (unsigned i = 0; i < d->num_admins; i++) {
        clv_hex(d->admins[i].ski, CLV_SKI_LEN, hex);
        clv_write_format(w, "%s%s\n", i == 0 ? "" : "                   ", hex);
    }
}

static void show_register(const char *name, const struct clv_secret *key, const char *state,
                          struct clv_writer *w)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    char hex[2 * CLV_EP11_PATTERN_LEN + 1];
    if (!key) {
        clv_write_format(w, "  %s empty\n", name);
        return;
    }
    pattern_of(key, false, pattern);
    clv_hex(pattern, sizeof(pattern), hex);
    clv_write_format(w, "  %s %s, %s\n", name, state, hex);
}

static void show_obeyed(const struct clv_unitd_domain *d, struct clv_writer *w)
{
    bool any = false;
    clv_write_format(w, "  obeyed           ");
    for (uint32_t c = 0; c <= CLV_UNITD_MAX_COMMAND; c++) {
        if (d->obeyed[c] == 0)
            continue;
        clv_write_format(w, "%s%s %u", any ? ", " : "", clv_ep11_command_name(c), d->obeyed[c]);
        any = true;
    }
    clv_write_format(w, "%s\n", any ? "" : "nothing");
}

static void show_unit(unsigned number, const char *location, const struct clv_unitd_domain *d,
                      struct clv_writer *w)
{
    clv_write_format(w, "Unit %u, %s\n", number, location);
    clv_write_format(w, "  imprint mode     %s\n", clv_unitd_in_imprint(d) ? "yes" : "no");
    show_admins(d, w);
    clv_write_format(w, "  thresholds       %u to sign, %u to revoke\n",
                     d->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD],
                     d->attributes[CLV_EP11_ATTR_REVOKE_THRESHOLD]);
    show_register("new register    ", d->next_wk, d->next_committed ? "committed" : "uncommitted",
                  w);
    show_register("current register", d->current_wk, "valid", w);
    show_obeyed(d, w);
}

clv_status clv_unitd_vault_describe(const struct clv_unitd_vault *vault, struct clv_writer *w,
                                    struct clv_error *err)
{
    struct clv_unitd_listing *listing = calloc(1, sizeof(*listing));
    if (!listing)
        return clv_fail(err, CLV_E_MEMORY, "out of memory for the listing");
    clv_unitd_vault_listing(vault, listing);
    for (unsigned i = 0; i < vault->num_units; i++)
        show_unit(i + 1, listing->units[i].location, &vault->units[i].domain, w);
    free(listing);
    return clv_writer_done(w, err);
}
