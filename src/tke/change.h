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

/* The same without beginning and end: one of several steps, between clv_tke_begin() and
 * clv_tke_change_over(). */
clv_status clv_tke_carry_out(struct clv_tke *t, const struct clv_tke_change *change,
                             struct clv_order *order, struct clv_error *err);
/* Forgets which units were settled: the next step looks at all that have not failed. */
void clv_tke_next_step(struct clv_tke *t);
/* Together or not at all: when one unit has failed, those that are due are refused. */
void clv_tke_hold_all(struct clv_tke *t);

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

/* ---- admins.c: administrators and thresholds as steps of another command ---- */
const char *clv_tke_admin_name(const struct clv_tke_key *key);
/* The certificate of a key that is open, signed with it; open is not looked at for a key of the
 * signing service. */
clv_status clv_tke_certify(struct clv_tke *t, const struct clv_tke_key *key,
                           const struct clv_sigkey *open, struct clv_writer *w,
                           struct clv_error *err);
clv_status clv_tke_step_admin(struct clv_tke *t, const uint8_t ski[CLV_SKI_LEN],
                              struct clv_view certificate, struct clv_error *err);
clv_status clv_tke_step_thresholds(struct clv_tke *t, unsigned sign, unsigned revoke,
                                   struct clv_error *err);

void clv_tke_check_thresholds(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                              const struct clv_order *order);
clv_status clv_tke_thresholds_in_range(unsigned sign, unsigned revoke, struct clv_error *err);

/* ---- registers.c, load.c: what others do with registers, too ---- */
bool clv_tke_holds_new(const struct clv_unit_state *s, const struct clv_order *order);
bool clv_tke_holds_current(const struct clv_unit_state *s, const struct clv_order *order);
bool clv_tke_is_loaded(const struct clv_unit_state *s, const struct clv_order *order);
bool clv_tke_is_committed(const struct clv_unit_state *s, const struct clv_order *order);
bool clv_tke_is_live(const struct clv_unit_state *s, const struct clv_order *order);
/* The first eight digits: enough to find a pattern on a receipt. */
#define CLV_TKE_SHORT_PATTERN 9
void clv_tke_short_pattern(const uint8_t *pattern, char buf[CLV_TKE_SHORT_PATTERN]);
void clv_tke_refuse_full(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s);
/* There is a current key, and it is the one that all units have (or order->pattern already). */
void clv_tke_check_old_key(struct clv_tke *t, unsigned unit, const struct clv_unit_state *s,
                           const struct clv_order *order);
extern const struct clv_tke_change clv_tke_set_immediate_change;
/* The change of cryptounit-mk-rotate; its warning says what the units show now. */
#define CLV_TKE_ROTATION_WARNING 400
struct clv_tke_change clv_tke_rotation(struct clv_tke *t, const struct clv_order *order,
                                       char warning[CLV_TKE_ROTATION_WARNING]);

void clv_tke_note_admins(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state);
void clv_tke_note_registers(struct clv_tke *t, unsigned unit, const struct clv_unit_state *state);

#endif
