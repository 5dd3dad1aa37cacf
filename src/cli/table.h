/* cli, private: the command table. It is the only list of commands and options: the parser, help,
 * manual pages and completions are all made from it. */
#ifndef CLV_CLI_TABLE_H
#define CLV_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "claviger/base.h"

/* An array of these ends with one whose name is NULL. */
struct option_def {
    const char *name; /* without the dashes */
    const char *arg;  /* name of its argument; NULL: a flag. FILE and DIR complete file names */
    const char *help; /* a phrase, no final stop; NULL: taken only to be refused with a reason */
};

enum command_group {
    GROUP_CEREMONY,
    GROUP_KEYS,
    GROUP_SELECTION,
    GROUP_UNITS,
    GROUP_REGISTERS,
    GROUP_HELP,
    NUM_GROUPS
};
extern const char *const group_titles[NUM_GROUPS];

#define MAX_OPTION_SETS 6
#define MAX_EXAMPLES 4

struct args;

struct command {
    const char *name;
    const char *alias; /* or NULL */
    enum command_group group;
    const char *usage;   /* behind the name */
    const char *summary; /* one line, no final stop */
    const char *about;   /* paragraphs, one a line; or NULL */
    const struct option_def *options[MAX_OPTION_SETS];
    const char *examples[MAX_EXAMPLES];
    unsigned max_operands;
    int (*run)(const struct args *args); /* returns the exit code */
};

/* Families of the table, each ended by a command without a name. */
extern const struct command ceremony_commands[];
extern const struct command key_commands[];
extern const struct command selection_commands[];
extern const struct command unit_commands[];
extern const struct command register_commands[];
extern const struct command help_commands[];

/* In the order of the families; NULL behind the last. */
const struct command *command_at(size_t index);
const struct command *command_find(const char *name); /* or alias */
/* Over all sets of a command; NULL behind the last. */
const struct option_def *command_option(const struct command *command, size_t index);

/* What `--help` and the manual pages tell of every command. */
struct exit_row {
    int code;
    const char *meaning;
};
extern const struct exit_row exit_rows[]; /* ends with a NULL meaning */

/* ---- args.c: a command line, taken apart by the table ---- */

#define MAX_GIVEN 64

struct args {
    const struct command *command;
    struct {
        const struct option_def *option;
        const char *value;
    } given[MAX_GIVEN];
    size_t num_given;
    char **operands;
    size_t num_operands;
};

/* argv[0] is the command's name; argv may be reordered. --help and -h are known to every command.
 * errors  CLV_E_USAGE */
clv_status args_parse(const struct command *command, int argc, char **argv, struct args *ret,
                      struct clv_error *err);
/* The last value given, or NULL. Asking for an option that the command does not have is a bug. */
const char *args_text(const struct args *args, const char *name);
bool args_flag(const struct args *args, const char *name);
/* The index-th value of an option that may be repeated, or NULL. */
const char *args_nth(const struct args *args, const char *name, size_t index);
/* Whether the command has such an option at all. */
bool args_known(const struct args *args, const char *name);

#endif
