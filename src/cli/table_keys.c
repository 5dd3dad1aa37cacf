/* The table: key files and the selection of crypto units. */
#include "internal.h"

/* clang-format off */
const struct option_def world_options[] = {
    { "test",     NULL,   "work in the TEST world: TEST crypto units, TEST key files, a selection and a journal of its own" },
    { "json",     NULL,   "print JSON on standard output, in the form that docs/json.md describes" },
    { "no-input", NULL,   "never ask: a missing choice or secret is an error that names its option" },
    { 0 },
};
const struct option_def place_options[] = {
    { "site",     "FILE", "site file with the service instances (the one that was remembered)" },
    { "token-fd", "N",    "read an access token that has to be given from this inherited file descriptor, up to the end of its line; repeated: in the order they are wanted" },
    { "key-dir",  "DIR",  "folder of key files (the site file's, CLOUDTKEFILES, or the default)" },
    { 0 },
};
const struct option_def password_options[] = {
    { "password-fd", "N", "read a password from this inherited file descriptor, up to the end of its line; repeated: one for each key, in order" },
    { 0 },
};
const struct option_def confirm_options[] = {
    { "confirm", "PHRASE", "what would have to be typed, exactly, for what is selected now" },
    { 0 },
};
static const struct option_def choose_keys[] = {
    { "keys", "LIST", "the key files: numbers of the list, file names or owners, separated by commas" },
    { 0 },
};
static const struct option_def choose_units[] = {
    { "units", "LIST", "the crypto units: numbers and ranges of the list (1,3-5), or all" },
    { 0 },
};
const struct option_def new_key_options[] = {
    { "name",        "NAME", "whose it is; for a signature key, the administrator's name in the crypto units" },
    { "description", "TEXT", "what it is for" },
    { "profile",     "NAME", "cost of guessing the password: standard (256 MiB) or high (1 GiB)" },
    { 0 },
};
static const struct option_def part_value[] = {
    { "random",   NULL, "a value made by this workstation" },
    { "value",    NULL, "a value that is typed: 64 hexadecimal digits, blanks allowed" },
    { "value-fd", "N",  "with --value: read the digits from this inherited file descriptor, up to the end of the line" },
    { 0 },
};
static const struct option_def cosigner_name[] = {
    { "cosigner", "NAME", "the name in cosignatures, a URL without https:// (claviger.invalid/witness/... of the owner)" },
    { 0 },
};
static const struct option_def choose_signers[] = {
    { "keys", "LIST", "the signature keys that sign from now on, in this order; none: an empty selection" },
    { 0 },
};

const struct command key_commands[] = {
    { .name = "mks", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Lists master key parts stored on this workstation",
      .options = { place_options, world_options },
      .examples = { "claviger mks", "claviger mks --json" }, .run = cmd_mks },
    { .name = "mk-add", .group = GROUP_KEYS, .usage = "--random | --value [options]",
      .summary = "Creates and saves a new master key part",
      .about = "The part is sealed in a file under its owner's password, and the file is opened again "
               "before success is claimed. Of a typed value only short check values are ever shown.",
      .options = { part_value, new_key_options, password_options, place_options, world_options },
      .examples = { "claviger mk-add --random", "claviger mk-add --value --name Lena" }, .run = cmd_mk_add },
    { .name = "mk-rm", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Removes a master key part from this workstation",
      .options = { choose_keys, confirm_options, place_options, world_options },
      .examples = { "claviger mk-rm", "claviger mk-rm --keys 2 --confirm 'remove lena-part-vame.clvkey'" },
      .run = cmd_mk_rm },
    { .name = "sigkeys", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Lists the signature keys stored on this workstation",
      .options = { place_options, world_options },
      .examples = { "claviger sigkeys" }, .run = cmd_sigkeys },
    { .name = "sigkey-add", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Generates and saves a new signature key",
      .options = { new_key_options, password_options, place_options, world_options },
      .examples = { "claviger sigkey-add", "claviger sigkey-add --name Sofia" }, .run = cmd_sigkey_add },
    { .name = "sigkey-import", .group = GROUP_KEYS, .usage = "FILE [options]",
      .summary = "Turns a signature-key file of the plug-in into one of ours",
      .about = "The same key, sealed under a new password with Argon2id. The old password is asked for once, "
               "the new one twice; the identifiers of both files are compared. With --password-fd the first "
               "is the old password and the second the new one. The old file stays where it is.",
      .options = { new_key_options, password_options, place_options, world_options },
      .examples = { "claviger sigkey-import sofia.sigkey", "claviger sigkey-import sofia.sigkey --name Sofia" },
      .max_operands = 1, .run = cmd_sigkey_import },
    { .name = "sigkey-rm", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Removes a signature key from this workstation",
      .about = "A crypto unit whose only administrator was this key can then only be reset by whoever "
               "operates it.",
      .options = { choose_keys, confirm_options, place_options, world_options },
      .examples = { "claviger sigkey-rm" }, .run = cmd_sigkey_rm },
    { .name = "sigkey-sel", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Selects the signature keys to use to sign commands",
      .about = "Up to eight, in the order in which they sign; more may be selected than a command needs. "
               "No password is asked here.",
      .options = { choose_signers, place_options, world_options },
      .examples = { "claviger sigkey-sel", "claviger sigkey-sel --keys 1,3" }, .run = cmd_sigkey_sel },
    { .name = "witness-keys", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Lists the keys of witnesses stored on this workstation",
      .options = { place_options, world_options },
      .examples = { "claviger witness-keys" }, .run = cmd_witness_keys },
    { .name = "witness-key-add", .group = GROUP_KEYS, .usage = "[options]",
      .summary = "Generates and saves a new key of a witness",
      .about = "On the witness's own machine. The file stays there; the printed key is what site files, "
               "`claviger cosign --add` and `claviger verify` are given. What the witness cosigns is "
               "remembered beside the file.",
      .options = { new_key_options, cosigner_name, password_options, place_options, world_options },
      .examples = { "claviger witness-key-add --name 'Wen Li'" }, .run = cmd_witness_key_add },
    { 0 },
};

const struct command selection_commands[] = {
    { .name = "cryptounits", .group = GROUP_SELECTION, .usage = "[options]",
      .summary = "Displays the crypto units of the site, and which are selected",
      .about = "A site file given with --site is remembered for the commands that follow.",
      .options = { place_options, world_options },
      .examples = { "claviger cryptounits --site site.yaml", "claviger cryptounits --json" },
      .run = cmd_cryptounits },
    { .name = "cryptounit-add", .group = GROUP_SELECTION, .usage = "[options]",
      .summary = "Adds crypto units to the set of crypto units to work with",
      .options = { choose_units, place_options, world_options },
      .examples = { "claviger cryptounit-add", "claviger cryptounit-add --units 1,2" },
      .run = cmd_cryptounit_add },
    { .name = "cryptounit-rm", .group = GROUP_SELECTION, .usage = "[options]",
      .summary = "Removes crypto units from the set of crypto units to work with",
      .options = { choose_units, place_options, world_options },
      .examples = { "claviger cryptounit-rm --units all" }, .run = cmd_cryptounit_rm },
    { 0 },
};
/* clang-format on */
