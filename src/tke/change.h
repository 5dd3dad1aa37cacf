/* tke, private: the way of every command that changes units. */
#ifndef CLV_TKE_CHANGE_H
#define CLV_TKE_CHANGE_H

#include "claviger/tke/units.h"
#include "internal.h"

/* What one command has of its own. */
struct clv_tke_change {
    const char *command; /* "cryptounit-mk-commit" */
    const char *verb;    /* typed before the units to confirm; NULL: nothing is lost */
    const char *warning; /* with a verb: what will be lost */
    bool together;       /* one unit that is not ready keeps all of them from it */
    /* Before: refuses what the unit would refuse, settles what is so already. NULL: nothing. */
    void (*check)(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state,
                  const struct clv_order *order);
    /* After: whether the unit shows what was ordered. */
    bool (*holds)(const struct clv_unit_state *state, const struct clv_order *order);
    /* What a good row says. */
    void (*note)(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state);
};

/* The whole way with one order. order->signers is filled in here. */
clv_status clv_tke_change(struct clv_tke *t, const struct clv_tke_change *change,
                          struct clv_order *order, struct clv_error *err);

/* The same in pieces, between clv_tke_begin() and clv_tke_change_over(). */

/* check() on all units; *ret_due: something is left to do. */
void clv_tke_check_units(struct clv_tke *t, const struct clv_tke_change *change,
                         const struct clv_order *order, bool *ret_due);
/* Which of the selected signature keys the units need for the order. Units that get too few
 * signatures are refused; *ret_due as above. */
struct clv_tke_chosen {
    uint8_t skis[CLV_TKE_MAX_SIGKEYS][CLV_SKI_LEN];
    size_t num;
};
clv_status clv_tke_choose_signers(struct clv_tke *t, const struct clv_tke_change *change,
                                  const struct clv_order *order, struct clv_tke_chosen *ret,
                                  bool *ret_due, struct clv_error *err);
/* Opens them and gives the order. */
clv_status clv_tke_give(struct clv_tke *t, const struct clv_tke_chosen *chosen,
                        struct clv_order *order, struct clv_error *err);
/* Queries the units the order went to, and judges by holds(). */
clv_status clv_tke_read_back(struct clv_tke *t, const struct clv_tke_change *change,
                             const struct clv_order *order, struct clv_error *err);
/* clv_tke_end() without losing why the command ended. */
clv_status clv_tke_change_over(struct clv_tke *t, clv_status ended, struct clv_error *err);

/* The unit would answer with these codes: refused with their sentence and what to do. */
void clv_tke_refuse_as(struct clv_tke *t, unsigned unit, uint32_t return_code, uint32_t reason);
/* Nothing is left to do for it. */
void clv_tke_settle(struct clv_tke *t, unsigned unit, const char *note);

void clv_tke_note_admins(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state);
void clv_tke_note_registers(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state);

#endif
