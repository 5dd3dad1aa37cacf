/* claviger help: made from the table. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define COLUMNS 79
#define OPTION_COLUMN 24
#define SUMMARY_COLUMN 26

/* text from column `at` on, wrapped; the first line continues what is already printed. */
static void print_wrapped(const char *text, int at)
{
    int column = at;
    for (const char *word = text; *word != '\0';) {
        int len = (int)strcspn(word, " \n");
        if (column > at && column + 1 + len > COLUMNS) {
            printf("\n%*s", at, "");
            column = at;
        }
        column += printf("%s%.*s", column > at ? " " : "", len, word);
        word += len;
        if (*word == '\n') {
            printf("\n\n%*s", at, "");
            column = at;
        }
        word += *word != '\0';
    }
    printf("\n");
}

static void print_option(const struct option_def *o)
{
    int used = printf("  --%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    if (used + 2 > OPTION_COLUMN)
        used = printf("\n") - 1;
    printf("%*s", OPTION_COLUMN - used, "");
    print_wrapped(o->help, OPTION_COLUMN);
}

int print_help(const struct command *c)
{
    const struct option_def *o;
    printf("claviger %s %s\n\n%s.\n", c->name, c->usage, c->summary);
    if (c->alias)
        printf("Also: claviger %s\n", c->alias);
    if (c->about) {
        printf("\n");
        print_wrapped(c->about, 0);
    }
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++) {
        printf("%s", i == 0 ? "\n" : "");
        if (o->help)
            print_option(o);
    }
    for (size_t i = 0; i < MAX_EXAMPLES && c->examples[i]; i++)
        printf("%s  %s\n", i == 0 ? "\nExamples\n" : "", c->examples[i]);
    return 0;
}

static void print_group(enum command_group group)
{
    const struct command *c;
    bool any = false;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
        if (c->group != group)
            continue;
        if (!any)
            printf("%s\n", group_titles[group]);
        any = true;
        int used = printf("  %s%s%s", c->name, c->alias ? ", " : "", c->alias ? c->alias : "");
        if (used >= SUMMARY_COLUMN)
            used = printf("\n") - 1;
        printf("%*s%s\n", SUMMARY_COLUMN - used, "", c->summary);
    }
    if (any)
        printf("\n");
}

int cmd_help(const struct args *args)
{
    const char *name = args->num_operands ? args->operands[0] : NULL;
    const struct command *command = name ? command_find(name) : NULL;
    if (name && command == NULL)
        return usage_error("help", "there is no command \"%s\"", name);
    if (command)
        return print_help(command);
    printf("claviger %s: loads a master key into crypto units, with the people who hold it.\n\n",
           CLV_VERSION);
    for (int group = 0; group < NUM_GROUPS; group++)
        print_group((enum command_group)group);
    printf("Start with: claviger rehearse\nOptions of a command: claviger help COMMAND\n");
    return 0;
}
