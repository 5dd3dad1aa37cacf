/* The commands: one table. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claviger/crypto.h"
#include "internal.h"

/* clang-format off */
#define CEREMONY_OPTIONS                                                                             \
    "  --plain            line by line: no escape sequence, fit for screen readers and serial lines\n" \
    "  --theme NAME       auto, colour, high-contrast or mono\n"

const struct command commands[] = {
    { "rehearse", "[options]", "A whole ceremony on software crypto units; everything says TEST",
      "  --dir DIR          folder of the rehearsal (a new one in the state folder)\n"
      "  --script FILE      ceremony script (ceremony-scripts/rehearsal.yaml)\n"
      "  --keys DIR         folder of TEST key files (DIR/key-files)\n"
      "  --units N          number of crypto units, 1 to 85 (6)\n"
      "  --drill NAME       practise a bad day: unit-4-dies, lying-unit, silent-unit, slow-unit,\n"
      "                     replaying-unit, wrong-key-unit\n"
      "  --answers FILE     take the answers from a file instead of from people\n"
      CEREMONY_OPTIONS, cmd_rehearse },
    { "run", "--script FILE --site FILE [options]", "A production ceremony on the units of a site file",
      "  --script FILE      the reviewed ceremony script\n"
      "  --site FILE        what belongs to the room: unit addresses, folders, printer\n"
      "  --dir DIR          ceremony folder for journal and receipts (a new one in the state folder)\n"
      "  --keys DIR         folder of key files (the site file's, CLOUDTKEFILES, or the default)\n"
      CEREMONY_OPTIONS, cmd_run },
    { "verify", "[--key VKEY] [--journal DIR] [FILE | DIR | -]...",
      "Checks a journal, a receipt file or scanned codes, as a stranger would",
      "  --key VKEY         the journal's public key, from paper\n"
      "  --journal DIR      hold receipts and slips against this journal, too\n", cmd_verify },
    { "script", "FILE", "Checks a ceremony script and prints it as minutes to fill in", "", cmd_script },
    { "help", "[COMMAND]", "This list, or the options of one command", "", cmd_help },
};
/* clang-format on */
const size_t num_commands = sizeof(commands) / sizeof(commands[0]);

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < num_commands; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return strcmp(name, "h") == 0 ? command_find("help") : NULL;
}

int cmd_help(int argc, char **argv)
{
    const struct command *command = argc > 1 ? command_find(argv[1]) : NULL;
    if (argc > 1 && command == NULL)
        return usage_error("help", "there is no command \"%s\"", argv[1]);
    if (command) {
        printf("claviger %s %s\n\n%s.\n%s%s", command->name, command->usage, command->summary,
               command->help[0] ? "\n" : "", command->help);
        return 0;
    }
    printf("claviger %s: loads a master key into crypto units, with the people who hold it.\n\n",
           CLV_VERSION);
    for (size_t i = 0; i < num_commands; i++)
        printf("  claviger %-9s %s\n", commands[i].name, commands[i].summary);
    printf("\nStart with: claviger rehearse\nOptions of a command: claviger help COMMAND\n");
    return 0;
}

int report(const struct clv_error *err)
{
    char text[4096];
    clv_error_format(err, text, sizeof(text));
    fprintf(stderr, "%s\n", text);
    return clv_exit_code(err->code);
}

int usage_error(const char *name, const char *fmt, ...)
{
    struct clv_error err = {0};
    char fact[CLV_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    vsnprintf(fact, sizeof(fact), fmt, args);
    va_end(args);
    if (clv_fail(&err, CLV_E_USAGE, "%s", fact) == CLV_OK)
        return 0;
    clv_kept(&err, "Nothing was started.");
    clv_hint(&err, strcmp(name, "claviger") == 0 ? "See: claviger help" : "See: claviger help %s",
             name);
    return report(&err);
}

clv_status start_up(struct clv_error *err)
{
    clv_status st = clv_secret_init(err);
    return st == CLV_OK ? clv_crypto_init(err) : st;
}
