/* The table: ceremonies, evidence, help. */
#include "internal.h"

/* clang-format off */
static const struct option_def ceremony_face[] = {
    { "plain",   NULL,   "line by line: no escape sequence, fit for screen readers and serial lines" },
    { "theme",   "NAME", "auto, colour, high-contrast or mono" },
    { 0 },
};
static const struct option_def rehearse_options[] = {
    { "dir",     "DIR",  "folder of the rehearsal (a new one in the state folder)" },
    { "script",  "FILE", "ceremony script (ceremony-scripts/rehearsal.yaml)" },
    { "keys",    "DIR",  "folder of TEST key files (DIR/key-files)" },
    { "mirror",  "DIR",  "keep a second copy of the journal in a folder in here, on another medium" },
    { "units",   "N",    "number of crypto units, 1 to 85 (6)" },
    { "drill",   "NAME", "practise a bad day: unit-4-dies, power-cut-after-three, wrong-password, owner-leaves, swapped-part, printer-jams, lying-unit, silent-unit, slow-unit, restarting-unit, replaying-unit, wrong-key-unit" },
    { "faults",  "PLANS", "or your own: fault plans of claviger-unitd, separated by commas" },
    { "follow-up", "DIR", "bring the units that the rehearsal in DIR set aside to the same key" },
    { "answers", "FILE", "take the answers from a file instead of from people" },
    { "witness-key", "VKEY", "a witness who cosigns the journal, with claviger cosign --test on another machine" },
    { "signing-service", "FILE", "a signing service with keys for TEST units: a file with the lines of a site file about it" },
    { "site",    "FILE", NULL },
    { 0 },
};
static const struct option_def run_options[] = {
    { "script",  "FILE", "the reviewed ceremony script" },
    { "site",    "FILE", "what belongs to the room: unit addresses, folders, printer" },
    { "dir",     "DIR",  "ceremony folder for journal and receipts" },
    { "keys",    "DIR",  "folder of key files (the site file's, CLOUDTKEFILES, or the default)" },
    { "mirror",  "DIR",  "keep a second copy of the journal in a folder in here (the site file's)" },
    { "follow-up", "DIR", "instead of script and site: for the units that the ceremony in DIR set aside" },
    { "answers", "FILE", NULL },
    { "drill",   "NAME", NULL },
    { 0 },
};
static const struct option_def resume_options[] = {
    { "keys",    "DIR",  "folder of key files (the one the ceremony was begun with)" },
    { "answers", "FILE", "rehearsals only: take the answers from a file instead of from people" },
    { 0 },
};
static const struct option_def witness_option[] = {
    { "witness-key", "VKEY", "the public key of a witness; may be repeated" },
    { 0 },
};
static const struct option_def checkpoint_options[] = {
    { "old",     "N",   "prove that it continues this number of entries (those cosigned last)" },
    { "request", NULL,  "print the request alone: what add-checkpoint of C2SP tlog-witness takes" },
    { "light",   NULL,  "draw codes for a terminal that is black on white" },
    { "json",    NULL,  "print JSON on standard output, in the form that docs/json.md describes" },
    { 0 },
};
static const struct option_def cosign_options[] = {
    { "key",      "VKEY", "the journal's public key, from paper: needed the first time" },
    { "keys",     "LIST", "the key of the witness: number of the list, file name or owner (the only one)" },
    { "light",    NULL,   "draw the code for a terminal that is black on white" },
    { "add",      "DIR",  "on the ceremony's machine: put a cosignature to the journal in this folder" },
    { "receipts", "DIR",  "with --add: the folder of receipts (receipts in the ceremony's folder)" },
    { 0 },
};
static const struct option_def verify_options[] = {
    { "key",     "VKEY", "the journal's public key, from paper" },
    { "journal", "DIR",  "hold receipts and slips against this journal, too" },
    { 0 },
};

const struct command ceremony_commands[] = {
    { .name = "rehearse", .group = GROUP_CEREMONY, .usage = "[options]",
      .summary = "A whole ceremony on software crypto units; everything says TEST",
      .about = "Starts software crypto units of its own and walks the people of the ceremony script "
               "through loading a master key into them. Key files, journal and receipts say TEST; "
               "production refuses them.",
      .options = { rehearse_options, ceremony_face },
      .examples = { "claviger rehearse", "claviger rehearse --plain --units 3",
                    "claviger rehearse --drill unit-4-dies",
                    "claviger rehearse --follow-up DIR" },
      .run = cmd_rehearse },
    { .name = "run", .group = GROUP_CEREMONY, .usage = "--script FILE --site FILE --dir DIR [options]",
      .summary = "A production ceremony on the units of a site file",
      .options = { run_options, ceremony_face },
      .examples = { "claviger run --script load.yaml --site site.yaml --dir ceremony" },
      .run = cmd_run },
    { .name = "resume", .group = GROUP_CEREMONY, .usage = "DIR [options]",
      .summary = "Goes on with an interrupted ceremony or rehearsal",
      .about = "Verifies the journal, compares it with the witness's last slip, asks every crypto unit "
               "what it holds, and shows record and answer side by side with the next action. Nothing "
               "is written before you agree to go on, and nothing that was done is done again.",
      .options = { resume_options, ceremony_face },
      .examples = { "claviger resume ceremony", "claviger resume --plain ceremony" },
      .max_operands = 1, .run = cmd_resume },
    { .name = "verify", .group = GROUP_CEREMONY, .usage = "[--key VKEY] [--witness-key VKEY]... [--journal DIR] [FILE | DIR | -]...",
      .summary = "Checks a journal, a receipt file or scanned codes, as a stranger would",
      .about = "Works on the folder of a ceremony, the folder of the command journal, a .tlog-proof "
               "file, or (with -) what a reader of codes printed.",
      .options = { verify_options, witness_option },
      .examples = { "claviger verify ceremony",
                    "zbarimg -q --raw scan.png | claviger verify -" },
      .max_operands = 1000, .run = cmd_verify },
    { .name = "checkpoint", .group = GROUP_CEREMONY, .usage = "DIR [options]",
      .summary = "Shows a journal's last checkpoint for a witness to cosign",
      .about = "As codes to be scanned, each with its text, or with --request as the text of C2SP "
               "tlog-witness. Comes with the proof that it continues what the witness cosigned last.",
      .options = { checkpoint_options, witness_option },
      .examples = { "claviger checkpoint ceremony", "claviger checkpoint ceremony --request" },
      .max_operands = 1, .run = cmd_checkpoint },
    { .name = "cosign", .group = GROUP_CEREMONY, .usage = "[FILE | -] | --add DIR --witness-key VKEY [FILE | -]",
      .summary = "Cosigns a checkpoint with a witness's key, or takes the cosignature back",
      .about = "On the witness's machine: checks that the checkpoint continues the one cosigned last, "
               "remembers it, and signs. Without FILE, codes are scanned or typed.\n"
               "With --add, on the ceremony's machine: the code, the line or the eight rows that the "
               "witness's machine showed. The journal's checkpoint then carries it, and receipts are "
               "written anew.",
      .options = { cosign_options, witness_option, password_options, confirm_options, place_options, world_options },
      .examples = { "claviger cosign", "claviger cosign request.txt --key VKEY",
                    "claviger cosign --add ceremony --witness-key VKEY" },
      .max_operands = 1, .run = cmd_cosign },
    { .name = "script", .group = GROUP_CEREMONY, .usage = "FILE",
      .summary = "Checks a ceremony script and prints it as minutes to fill in",
      .examples = { "claviger script ceremony-scripts/rehearsal.yaml" },
      .max_operands = 1, .run = cmd_script },
    { 0 },
};

const struct command help_commands[] = {
    { .name = "help", .alias = "h", .group = GROUP_HELP, .usage = "[COMMAND]",
      .summary = "This list, or the options of one command",
      .examples = { "claviger help mk-add" },
      .max_operands = 1, .run = cmd_help },
    { 0 },
};
/* clang-format on */
