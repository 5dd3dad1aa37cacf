/* tke, private: one master key, from the recovery crypto unit that has or makes it, sealed to all
 * other crypto units of a command. */
#ifndef CLV_TKE_SPREAD_H
#define CLV_TKE_SPREAD_H

#include "change.h"

struct clv_tke_spread {
    unsigned source; /* number of the recovery unit */
    bool has_key;    /* pattern is that of the key; otherwise the source makes one first */
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
};

/* Brings the key to every unit that does not hold it, up to Full committed: made, exported to each
 * importer key, loaded, committed. Nothing becomes current, except that a source whose current
 * register is Empty makes the key there. Rows of units that fail are left behind; without the
 * source nothing goes on. Again, it goes on where it stopped. */
clv_status clv_tke_spread(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err);

/* Set immediate on all units or on none, by that change (its verb is asked to be confirmed); then
 * every unit is asked once more, and has to show the key as its current one. */
clv_status clv_tke_spread_finish(struct clv_tke *t, const struct clv_tke_spread *s,
                                 const struct clv_tke_change *change, struct clv_error *err);

#endif
