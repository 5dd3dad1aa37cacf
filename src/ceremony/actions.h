/* What the rules do to a ceremony: one function an action, act_<name as the table has it>(). */
#ifndef CEREMONY_ACTIONS_H
#define CEREMONY_ACTIONS_H

#include "internal.h"

/* One event on its way through the rules. */
struct step {
    struct clv_ceremony *c;
    const struct clv_event *e;
    struct clv_effects *effects;
    struct clv_error *err;
};

/* Each may refuse (CLV_E_RULE, with the reason); then nothing has changed. */
/* clang-format off */
#define ACTIONS(X) \
    X(note_opened) X(note_check) X(sign_head) X(none) X(forget_checks) X(note_person) \
    X(note_unit) X(note_review) X(begin_turn) X(note_sigkey) X(put_off) X(end_turn) \
    X(note_signer_open) X(note_part_made) X(note_commitment) X(note_part_opened) \
    X(note_pattern) X(note_first) X(note_intent) X(note_outcome) X(next_admin) \
    X(note_observed) X(note_silent) X(pass_barrier) X(ask_retry) X(set_aside) X(roll_back) \
    X(note_sign_off) X(close_record) X(resume) X(count_wrong) X(close_signers) \
    X(count_receipt) X(note_deviation) X(stop) X(note_left) X(note_back) X(replace) X(count_jump) \
    X(note_importer_gone) X(note_left_out) X(load_rest) X(take_back) X(note_void) \
    X(close_signer) X(count_signatures)
/* clang-format on */
#define ACTION_DECLARE(name) clv_status act_##name(struct step *s);
ACTIONS(ACTION_DECLARE)
#undef ACTION_DECLARE

#endif
