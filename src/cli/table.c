/* The families of commands, and what they have in common. */
#include <string.h>

#include "table.h"

static const struct command *const families[] = {
    ceremony_commands, key_commands,      selection_commands,
    unit_commands,     register_commands, help_commands,
};

/* clang-format off */
const char *const group_titles[NUM_GROUPS] = {
    [GROUP_CEREMONY]  = "Ceremonies and evidence",
    [GROUP_KEYS]      = "Key parts and signature keys on this workstation",
    [GROUP_SELECTION] = "Crypto units to work with",
    [GROUP_UNITS]     = "Administrators, thresholds, modes",
    [GROUP_REGISTERS] = "Master key registers",
    [GROUP_HELP]      = "Help",
};

const struct exit_row exit_rows[] = {
    {   0, "all of it was done" },
    {   1, "stopped by decision; or a check failed: a mismatch, a forgery" },
    {   2, "wrong call, a missing choice, no terminal" },
    {   3, "ceremony script or site file" },
    {   4, "wrong password" },
    {   5, "damaged, malformed or foreign file" },
    {   6, "crypto units: done on none of those selected" },
    {   7, "input or output" },
    {   8, "refused by a rule" },
    {   9, "no memory, or an internal fault" },
    {  10, "crypto units: done on some of those selected, not on all" },
    { 130, "interrupted" },
    {   0, NULL },
};
/* clang-format on */

const struct command *command_at(size_t index)
{
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
        for (const struct command *c = families[f]; c->name; c++)
            if (index-- == 0)
                return c;
    return NULL;
}

const struct command *command_find(const char *name)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        if (strcmp(c->name, name) == 0 || (c->alias && strcmp(c->alias, name) == 0))
            return c;
    return NULL;
}

const struct option_def *command_option(const struct command *command, size_t index)
{
    for (size_t s = 0; s < MAX_OPTION_SETS && command->options[s]; s++)
        for (const struct option_def *o = command->options[s]; o->name; o++)
            if (index-- == 0)
                return o;
    return NULL;
}
