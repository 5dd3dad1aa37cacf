/* ceremony, private: the three tables and what they share. */
#ifndef CEREMONY_INTERNAL_H
#define CEREMONY_INTERNAL_H

#include "claviger/ceremony.h"

/* ---- program.c: the stations of the script's steps ---- */
/* Moves to the first station of the script that is needed, and enters it. */
void program_start(struct clv_ceremony *c);
/* Moves to the next station that is needed, over the ends of steps; CLOSING after the last step. */
void program_advance(struct clv_ceremony *c);
/* Goes back to the station of this state and phase in the current step. */
void program_return(struct clv_ceremony *c, enum clv_state state, enum clv_phase phase);
/* Goes back to where the order of this phase can be given again: to the order itself, after an
 * interruption to the stations that lead to it. */
void program_order_again(struct clv_ceremony *c);
/* Leaves the step for the stations of a roll back. */
void program_roll_back(struct clv_ceremony *c);
/* Goes back to the step that loads, for the units that are empty: the others are behind its
 * barriers. */
void program_load_rest(struct clv_ceremony *c);
/* Goes back to the first needed station of the step that loads. */
void program_restart_load(struct clv_ceremony *c);
/* Goes back to where this kind of step begins, when it has been reached. What was sealed from parts
 * goes; a resumption does not jump over it. */
void program_go_back(struct clv_ceremony *c, enum clv_step_kind kind);
/* Goes back to the first of the stations that lead to the order ahead. */
void program_to_keys(struct clv_ceremony *c);
bool program_has(const struct clv_ceremony *c, enum clv_step_kind kind);
/* Whether a command was sent from behind this kind of step. */
bool program_ordered_behind(const struct clv_ceremony *c, enum clv_step_kind kind);
/* Enters the station again, or the next one that is still needed. */
void program_enter_again(struct clv_ceremony *c);
/* Goes back to the barrier of the last command sent, or to the survey; nowhere if neither lies
 * behind. */
void program_resume(struct clv_ceremony *c);
/* Where the last command was sent from: here. */
void program_mark_order(struct clv_ceremony *c);
/* Signature keys, or parts and what was sealed from them, are no longer to be held. */
void program_let_go(struct clv_ceremony *c, bool signers, bool parts);

/* ---- rules.c ---- */
clv_status rules_apply(struct clv_ceremony *c, const struct clv_event *e,
                       struct clv_effects *effects, struct clv_error *err);

/* ---- people.c: seats, turns, who may hold what ---- */
clv_status seats_fill(struct clv_ceremony *c, struct clv_error *err);
clv_status seat_take(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err);
/* Somebody else takes the seat; what belongs to a key or part of the one before is forgotten. */
clv_status seat_replace(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err);
void seat_leave(struct clv_ceremony *c, const struct clv_event *e);
bool seats_all_here(const struct clv_ceremony *c);
/* Administrator or witness who is away, 0: none. Nothing goes on without them. */
unsigned seats_missing(const struct clv_ceremony *c);
bool seats_all_signed_off(const struct clv_ceremony *c);
/* The queue of a state in which people take turns: every seat of role that is not done. */
void queue_fill(struct clv_ceremony *c, enum clv_role role);
unsigned queue_next(const struct clv_ceremony *c); /* seat of who is here, 0: nobody */
bool queue_any(const struct clv_ceremony *c);      /* somebody is due, here or away */
void queue_drop(struct clv_ceremony *c, unsigned seat);
void queue_later(struct clv_ceremony *c, unsigned seat);

/* ---- fleet.c: what the engine knows of the units ---- */
struct clv_unit_record *unit_find(struct clv_ceremony *c, unsigned number);
clv_status unit_add(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err);
/* One that was selected and could not be trusted: set aside before anything is asked of it. */
clv_status unit_leave_out(struct clv_ceremony *c, const struct clv_event *e, struct clv_error *err);
/* Every active unit that is not known to be behind the phase's barrier becomes due, or, when
 * retrying, each one the table says is due. */
void units_make_due(struct clv_ceremony *c, bool retry);
bool units_all_done(const struct clv_ceremony *c);
bool units_all_passed(const struct clv_ceremony *c, enum clv_phase phase);
/* Whether giving the order again is right for every unit that has not passed. */
bool units_may_retry(const struct clv_ceremony *c);
/* Whether every unit that has not passed is due, or empty and may be loaded from the start. */
bool units_may_load_rest(const struct clv_ceremony *c);
/* Whether a unit is empty and this process holds nothing sealed that it could open. */
bool units_need_parts(const struct clv_ceremony *c);
bool unit_is_due(const struct clv_ceremony *c, const struct clv_unit_record *unit);
/* Whether a retry can lead anywhere: a unit may still answer, or every one that is not where it must
 * be can be ordered or loaded. */
bool units_retry_may_help(const struct clv_ceremony *c);
/* Some show the expected key as current and others another one: nothing more may be sent. */
bool units_are_split(const struct clv_ceremony *c);
/* The new register of some unit holds a key. */
bool units_any_full(const struct clv_ceremony *c);
bool units_any_live(const struct clv_ceremony *c);
/* Another process knows nothing: an order without outcome is in doubt, every query is over. */
void units_forget(struct clv_ceremony *c);
bool units_need_reset(const struct clv_ceremony *c);

#endif
