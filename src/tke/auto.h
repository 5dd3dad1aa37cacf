/* tke, private: what auto-init, auto-mk-rotate and auto-recover have in common. */
#ifndef CLV_TKE_AUTO_H
#define CLV_TKE_AUTO_H

#include "spread.h"

/* ---- rows ---- */
const struct clv_unit_state *clv_auto_state(struct clv_tke *t, const struct clv_tke_row *row);
bool clv_auto_any_failed(const struct clv_tke *t);
/* Answers, and is of type RECOVERY. */
bool clv_auto_is_recovery(struct clv_tke *t, const struct clv_tke_row *row);
/* An order with the pattern of the key. */
struct clv_order clv_auto_order(const struct clv_tke_spread *s);
/* Every unit has the key as its current one: nothing is left to do. */
bool clv_auto_all_live(struct clv_tke *t, const struct clv_tke_spread *s);
void clv_auto_tell_live(struct clv_tke *t);

/* ---- before anything is sent ---- */

/* All of one service instance. errors  CLV_E_RULE */
clv_status clv_auto_check_instance(struct clv_tke *t, struct clv_error *err);
void clv_auto_name_left_out(struct clv_tke *t);
clv_status clv_auto_no_recovery(struct clv_error *err); /* CLV_E_RULE */

/* Whether a key that this unit made earlier (order->pattern) is still on its way. */
typedef bool clv_auto_goes_on(struct clv_tke *t, const struct clv_unit_state *s,
                              const struct clv_order *order);
/* The recovery unit whose key is on its way, else the first one, which makes a key. Only a key that
 * is on record here is spread: one that somebody else put there could be known to them.
 * errors  CLV_E_RULE: there is no recovery unit; those of the command journal */
clv_status clv_auto_find_source(struct clv_tke *t, clv_auto_goes_on *still,
                                struct clv_tke_spread *s, struct clv_error *err);

/* These refuse the row. Permissions: to load, and for the source to make and to export. Registers:
 * no other key in the new one, or in either. */
void clv_auto_check_permissions(struct clv_tke *t, const struct clv_tke_row *row,
                                const struct clv_tke_spread *s);
void clv_auto_check_new(struct clv_tke *t, const struct clv_tke_row *row,
                        const struct clv_order *order);
void clv_auto_check_registers(struct clv_tke *t, const struct clv_tke_row *row,
                              const struct clv_order *order);
/* Whether the selected signature keys are enough everywhere; rows are refused otherwise. */
clv_status clv_auto_check_signers(struct clv_tke *t, const struct clv_tke_spread *s,
                                  struct clv_error *err);

/* ---- end ---- */

/* Spread, then set immediate on all or none. */
clv_status clv_auto_bring_live(struct clv_tke *t, struct clv_tke_spread *s, struct clv_error *err);
/* clv_tke_change_over(), and what to do about a command that stopped halfway. */
clv_status clv_auto_over(struct clv_tke *t, clv_status st, struct clv_error *err);

#endif
