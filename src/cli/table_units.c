/* The table: administrators, thresholds and master key registers of crypto units. */
#include "internal.h"

/* clang-format off */
static const struct option_def for_one_command[] = {
    { "units", "LIST", "crypto units of this command only: numbers and ranges (1,3-5), or all" },
    { 0 },
};
static const struct option_def signers[] = {
    { "sigkeys",     "LIST", "signature keys of this command only, in the order they sign: numbers, file names or administrators" },
    { "password-fd", "N",    "read a password from this inherited file descriptor, up to the end of its line; repeated: one for each key file, in the order in which they are opened" },
    { 0 },
};
static const struct option_def new_admin[] = {
    { "keys", "LIST", "the signature key of the new administrator: number, file name or administrator" },
    { 0 },
};
static const struct option_def old_admin[] = {
    { "admin", "NAME", "the administrator to remove: the name, or the first 8 digits of the SKI, or more" },
    { 0 },
};
static const struct option_def thresholds[] = {
    { "sign-threshold",   "N", "how many administrators sign commands from now on, 1 to 8" },
    { "revoke-threshold", "N", "how many of them sign the removal of an administrator, 1 to 8" },
    { 0 },
};
static const struct option_def parts[] = {
    { "keys", "LIST", "the key parts, two or more: numbers of the list, file names or owners" },
    { 0 },
};
static const struct option_def pattern[] = {
    { "pattern", "HEX|FILE", "the expected verification pattern, 56 or 64 hex digits, or a receipt file (a path that starts with / or .); otherwise the one that the load put on record here" },
    { 0 },
};
static const struct option_def giver[] = {
    { "from",    "N",        "number of the recovery crypto unit that gives its key, where the selected ones have different keys" },
    { "pattern", "HEX|FILE", "the expected verification pattern of the key, 56 or 64 hex digits, or a receipt file (a path that starts with / or .)" },
    { 0 },
};

#define PASSWORDS "Passwords are asked for the signature keys that sign, as many as the crypto units need."

const struct command unit_commands[] = {
    { .name = "cryptounit-admins", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Lists administrators added in the selected crypto units",
      .options = { for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-admins" }, .run = cmd_cryptounit_admins },
    { .name = "cryptounit-admin-add", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Adds a crypto unit administrator to the selected crypto units",
      .about = "One at a time, at most eight. In imprint mode nothing is signed. The password of the new "
               "administrator's key is asked first: their certificate is made with it.\n" PASSWORDS,
      .options = { new_admin, signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-admin-add", "claviger cryptounit-admin-add --keys Sofia" },
      .run = cmd_cryptounit_admin_add },
    { .name = "cryptounit-admin-rm", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Removes a crypto unit administrator from the selected crypto units",
      .about = "As many administrators sign as the revocation threshold says. Outside imprint mode the "
               "last one stays, and as many as the thresholds need.",
      .options = { old_admin, signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-admin-rm",
                    "claviger cryptounit-admin-rm --admin Tove --confirm 'remove administrator 3f2a91c4 1,2'" },
      .run = cmd_cryptounit_admin_rm },
    { .name = "cryptounit-thrhlds", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Displays the thresholds and modes of the selected crypto units",
      .options = { for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-thrhlds" }, .run = cmd_cryptounit_thrhlds },
    { .name = "cryptounit-thrhld-set", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Sets the thresholds of the selected crypto units, and leaves imprint mode",
      .about = "A crypto unit in imprint mode leaves it with this command: as many administrators sign "
               "as the new signature threshold says. Later, as many as the old one says.",
      .options = { thresholds, signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-thrhld-set --sign-threshold 2 --revoke-threshold 2" },
      .run = cmd_cryptounit_thrhld_set },
    { .name = "cryptounit-exit-impr", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Exits imprint mode in the selected crypto units, with thresholds of 1",
      .about = "The old name of `cryptounit-thrhld-set --sign-threshold 1 --revoke-threshold 1`.",
      .options = { signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-exit-impr" }, .run = cmd_cryptounit_exit_impr },
    { .name = "cryptounit-compare", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Compares configuration settings of the selected crypto units",
      .about = "Within each service instance: mode, thresholds, administrators, registers, permissions "
               "(of units of one type) and control points. Exit code 1 when something differs.",
      .options = { for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-compare", "claviger cryptounit-compare --json" },
      .run = cmd_cryptounit_compare },
    { .name = "cryptounit-cp", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Displays the control points of the selected crypto units",
      .options = { for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-cp" }, .run = cmd_cryptounit_cp },
    { .name = "cryptounit-cp-btc", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Adds the control point for Bitcoin functions in the selected crypto units",
      .options = { signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-cp-btc" }, .run = cmd_cryptounit_cp_btc },
    { .name = "cryptounit-cp-eddsa", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Adds the control point for Edwards curves in the selected crypto units",
      .options = { signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-cp-eddsa" }, .run = cmd_cryptounit_cp_eddsa },
    { .name = "cryptounit-cp-sig-other", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Adds the control point for other signatures in the selected crypto units",
      .options = { signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-cp-sig-other" }, .run = cmd_cryptounit_cp_sig_other },
    { .name = "cryptounit-zeroize", .group = GROUP_UNITS, .usage = "[options]",
      .summary = "Zeroizes the selected crypto units",
      .about = "Erases both registers and all administrators; the units are back in imprint mode.",
      .options = { signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-zeroize",
                    "claviger cryptounit-zeroize --units 1,2 --confirm 'zeroize 1,2'" },
      .run = cmd_cryptounit_zeroize },
    { 0 },
};

const struct command register_commands[] = {
    { .name = "cryptounit-mk", .alias = "cryptounit-mks", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Displays master key registers for the selected crypto units",
      .options = { for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk", "claviger cryptounit-mk --json" }, .run = cmd_cryptounit_mk },
    { .name = "cryptounit-mk-load", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Loads the new master key register",
      .about = "Each part is opened, sealed for every crypto unit, and wiped before the next one. The "
               "verification pattern is computed here, written to the command journal, and compared "
               "with what the units hold. Passwords: first of a signature key, then of each key part.",
      .options = { parts, signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-load", "claviger cryptounit-mk-load --keys 1,2" },
      .run = cmd_cryptounit_mk_load },
    { .name = "cryptounit-mk-commit", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Commits the new master key register",
      .about = "The command carries the pattern that was computed at the load. What a crypto unit shows "
               "is only compared with it.",
      .options = { pattern, signers, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-commit",
                    "claviger cryptounit-mk-commit --pattern ./ceremony.tlog-proof" },
      .run = cmd_cryptounit_mk_commit },
    { .name = "cryptounit-mk-setimm", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Does set immediate on the master key registers",
      .about = "The new register becomes the current one. This cannot be taken back, and key storage is "
               "not re-enciphered. It is given to all selected crypto units or to none: each has to be "
               "Full committed with the expected pattern, and none may have another current key.",
      .options = { pattern, signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-setimm",
                    "claviger cryptounit-mk-setimm --confirm 'set immediate 1,2,3'" },
      .run = cmd_cryptounit_mk_setimm },
    { .name = "cryptounit-mk-rotate", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Makes the new master key the current one in place of another",
      .about = "For crypto units that have a current key, the same one, and a new one that is Full "
               "committed: all selected units or none. claviger has no key storage of its own and sees "
               "none; whoever gives the command confirms that all of it is re-enciphered.",
      .options = { pattern, signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-rotate" }, .run = cmd_cryptounit_mk_rotate },
    { .name = "cryptounit-mk-clrcur", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Clears the current master key register",
      .about = "Keys under that master key become unusable until the same one is loaded again.",
      .options = { signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-clrcur" }, .run = cmd_cryptounit_mk_clrcur },
    { .name = "cryptounit-mk-clrnew", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Clears the new master key register",
      .options = { signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger cryptounit-mk-clrnew" }, .run = cmd_cryptounit_mk_clrnew },
    { .name = "auto-init", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Initializes a service instance with a key from a recovery crypto unit",
      .about = "The selected signature keys become administrators of the selected crypto units, then "
               "the thresholds are set. A recovery crypto unit makes a random master key and seals it "
               "for each of the others. When all are Full committed, it becomes the current key of all. "
               "It is never outside the crypto units: the recovery crypto units are its only backup.\n"
               "Given again, the command goes on where it stopped.\n"
               "Passwords are asked for all selected signature keys, in their order.",
      .options = { thresholds, signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger auto-init --sign-threshold 2 --revoke-threshold 2" },
      .run = cmd_auto_init },
    { .name = "auto-mk-rotate", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Rotates to a new master key from a recovery crypto unit",
      .about = "All selected crypto units have one current key. A recovery crypto unit makes another one "
               "and seals it for the others; all commit it. There the command waits: whoever gives it "
               "re-enciphers key storage, and types a phrase that names the new key. Without a "
               "terminal it ends there and tells the phrase; given again with it, it sets immediate.\n"
               PASSWORDS,
      .options = { signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger auto-mk-rotate",
                    "claviger auto-mk-rotate --confirm 'storage is re-enciphered to 3f2a91c4, rotate 1,2,3'" },
      .run = cmd_auto_mk_rotate },
    { .name = "auto-recover", .alias = "auto-mk-recover", .group = GROUP_REGISTERS, .usage = "[options]",
      .summary = "Copies the current master key of a recovery crypto unit to others",
      .about = "For crypto units whose current register is Empty, of any service instance, with "
               "administrators and thresholds set. Those that have the key already are left alone.\n"
               PASSWORDS,
      .options = { giver, signers, confirm_options, for_one_command, place_options, world_options },
      .examples = { "claviger auto-recover --pattern ./ceremony.tlog-proof",
                    "claviger auto-recover --units 2,4 --confirm 'recover 3f2a91c4 2,4'" },
      .run = cmd_auto_recover },
    { 0 },
};
/* clang-format on */
