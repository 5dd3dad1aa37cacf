/* tke/units: the commands that change or compare crypto units.
 *
 *     clv_tke_open(&config, &tke, err);
 *     clv_tke_find(tke, err);
 *     clv_tke_survey(tke, err);
 *     clv_tke_commit(tke, pattern, err);     or any other of these
 *     ... clv_tke_rows(), clv_tke_total() ...
 *
 * Each of them writes the command journal, refuses what the units would refuse (with the reason,
 * before anything is sent), asks for a confirmation where something is lost, opens as many of the
 * selected signature keys as the units need, gives the order to all units at the same time, and
 * reads back what they hold: a row is good when the unit itself showed the result. A unit that
 * already is as it should be is left alone and its row is good.
 *
 * CLV_OK says that every row tells what became of its unit, not that all went well. Other codes end
 * the command as a whole: nobody confirmed, a password was wrong, the journal failed.
 *
 * source  docs/cli.md; docs/protocol.md sections c to e */
#ifndef CLAVIGER_TKE_UNITS_H
#define CLAVIGER_TKE_UNITS_H

#include "claviger/tke.h"

/* ---- administrators and thresholds ---------------------------------------------------------- */

/* cryptounit-admin-add: the key's owner becomes an administrator; asks for its password. */
clv_status clv_tke_add_admin(struct clv_tke *tke, const struct clv_tke_key *key,
                             struct clv_error *err);
/* An administrator of the surveyed units by name, or by the first 8 to 64 digits of the SKI.
 * errors  CLV_E_INPUT: nobody, or several */
clv_status clv_tke_find_admin(struct clv_tke *tke, const char *text, uint8_t ret_ski[CLV_SKI_LEN],
                              struct clv_error *err);
/* cryptounit-admin-rm: confirmed with "remove administrator 3f2a91c4 1,2,3" (first digits of the
 * SKI, units). */
clv_status clv_tke_remove_admin(struct clv_tke *tke, const uint8_t ski[CLV_SKI_LEN],
                                struct clv_error *err);
/* cryptounit-thrhld-set: 1..8 each; leaves imprint mode.
 * errors  CLV_E_INPUT */
clv_status clv_tke_set_thresholds(struct clv_tke *tke, unsigned sign, unsigned revoke,
                                  struct clv_error *err);
/* cryptounit-exit-impr: thresholds 1 and 1, units in imprint mode only. */
clv_status clv_tke_exit_imprint(struct clv_tke *tke, struct clv_error *err);
/* cryptounit-zeroize: confirmed with "zeroize 1,2,3". */
clv_status clv_tke_zeroize(struct clv_tke *tke, struct clv_error *err);

/* ---- master key registers ------------------------------------------------------------------- */

/* cryptounit-mk-load: two or more parts, each opened, sealed for every unit, added up and wiped
 * before the next; the verification pattern of the sum goes to the command journal before the
 * units load, and is compared with what they hold after.
 * errors  CLV_E_RULE: fewer than two parts, equal parts, a sum that is no key */
clv_status clv_tke_load(struct clv_tke *tke, const struct clv_tke_key *const *parts,
                        size_t num_parts, struct clv_error *err);
/* The pattern that cryptounit-mk-load computed here for the selected units, from the verified
 * command journal; never what a unit claims.
 * errors  CLV_E_MISSING: there is none for one of them; CLV_E_RULE: they were loaded with different
 *         keys; those of clv_journal_open_readonly() */
clv_status clv_tke_expected_pattern(struct clv_tke *tke, uint8_t ret[CLV_EP11_PATTERN_LEN],
                                    struct clv_error *err);
/* 56 or 64 hex digits, blanks skipped; of 56 the rest becomes zero.
 * errors  CLV_E_INPUT */
clv_status clv_tke_pattern_from_text(const char *text, uint8_t ret[CLV_EP11_PATTERN_LEN],
                                     struct clv_error *err);
/* cryptounit-mk-commit, cryptounit-mk-setimm: with ours. Set immediate is given only when every
 * selected unit is Full committed with the pattern (or has it as its current key already), and none
 * has another current key; confirmed with "set immediate 1,2,3". */
clv_status clv_tke_commit(struct clv_tke *tke, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err);
clv_status clv_tke_set_immediate(struct clv_tke *tke, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                                 struct clv_error *err);
/* cryptounit-mk-rotate: set immediate over another current key, the same one on all selected units.
 * Key storage is out of sight: confirmed with "storage is re-enciphered, rotate 1,2,3". */
clv_status clv_tke_rotate(struct clv_tke *tke, const uint8_t pattern[CLV_EP11_PATTERN_LEN],
                          struct clv_error *err);
/* Confirmed with "clear current 1,2,3" and "clear new 1,2,3". */
clv_status clv_tke_clear_current(struct clv_tke *tke, struct clv_error *err);
clv_status clv_tke_clear_new(struct clv_tke *tke, struct clv_error *err);

/* ---- a key made inside a recovery crypto unit ----------------------------------------------- */

/* These make a random key in a selected unit of type RECOVERY, or take the one it has, and bring it
 * to all selected units, other recovery units among them: sealed by the one for the importer key of
 * the other, after both have shown a device certificate under a trusted root. Nobody outside the
 * units ever has the key; recovery units are its only backup. They begin on all selected units or
 * on none. What fails on one unit is left behind; no unit sets immediate before all are Full
 * committed. Given again, they go on where they stopped: with a key that the command journal has on
 * record as made from here, never with one that somebody else put into a register. errors
 * CLV_E_RULE: no recovery unit; several service instances */

/* auto-init: the selected signature keys become administrators of the units in imprint mode, then
 * thresholds, then the key. A unit that has left imprint mode must have these administrators and
 * thresholds. Confirmed with "initialize 1,2,3".
 * errors  and CLV_E_INPUT: thresholds; CLV_E_RULE: fewer keys than a threshold */
clv_status clv_tke_auto_init(struct clv_tke *tke, unsigned sign, unsigned revoke,
                             struct clv_error *err);
/* auto-mk-rotate: over the current key that all units share. When every unit is Full committed,
 * confirmed with "storage is re-enciphered to 3f2a91c4, rotate 1,2,3" (first digits of the new
 * pattern); stopped there, it is asked again the next time. */
clv_status clv_tke_auto_rotate(struct clv_tke *tke, struct clv_error *err);
/* auto-recover: the current key of recovery unit from (0: of all that are selected, which then have
 * the same one), for units whose current register is Empty; of any service instance. expected: its
 * pattern from paper, or NULL. Confirmed with "recover 3f2a91c4 1,2,3".
 * errors  and CLV_E_MISMATCH: not the expected one; CLV_E_INPUT: from */
clv_status clv_tke_auto_recover(struct clv_tke *tke, unsigned from, const uint8_t *expected,
                                struct clv_error *err);

/* ---- control points ------------------------------------------------------------------------- */

/* cryptounit-cp-...: adds one control point, bit 0..127. Nothing here takes one away. */
bool clv_tke_has_control(const struct clv_unit_state *state, unsigned bit);
clv_status clv_tke_add_control(struct clv_tke *tke, const char *command, unsigned bit,
                               struct clv_error *err);

/* ---- compare -------------------------------------------------------------------------------- */

/* One setting of the units of one service instance. Each distinct value is listed with its units.
 */
struct clv_tke_value {
    char text[600];
    char units[100]; /* "1,2,4" */
};
struct clv_tke_setting {
    const char *instance;
    const char *name; /* "administrators" */
    bool equal;
    struct clv_tke_value *values;
    size_t num_values;
};
struct clv_tke_comparison {
    struct clv_tke_setting *settings;
    size_t num_settings;
    bool equal; /* all of them, in every service instance */
};
/* Of the surveyed units that answered. Permissions are compared among units of one kind, because
 * recovery units have others. */
clv_status clv_tke_compare(struct clv_tke *tke, struct clv_tke_comparison *ret,
                           struct clv_error *err);
void clv_tke_comparison_clear(struct clv_tke_comparison *comparison);

#endif
