/* A command line, taken apart by the table. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define MAX_OPTIONS 40

static const struct option_def help_option = {"help", NULL, "the options of this command"};

static size_t make_options(const struct command *command, struct option *out,
                           const struct option_def **defs)
{
    size_t num = 0;
    const struct option_def *def;
    for (; num + 1 < MAX_OPTIONS && (def = command_option(command, num)) != NULL; num++) {
        defs[num] = def;
        out[num] = (struct option){def->name, def->arg ? required_argument : no_argument, NULL,
                                   (int)(1000 + num)};
    }
    defs[num] = &help_option;
    out[num] = (struct option){help_option.name, no_argument, NULL, (int)(1000 + num)};
    return num + 1;
}

static clv_status take(struct args *a, const struct option_def *def, const char *value,
                       struct clv_error *err)
{
    if (a->num_given == MAX_GIVEN)
        return clv_fail(err, CLV_E_USAGE, "too many options");
    a->given[a->num_given].option = def;
    a->given[a->num_given++].value = value;
    return CLV_OK;
}

clv_status args_parse(const struct command *command, int argc, char **argv, struct args *ret,
                      struct clv_error *err)
{
    struct option options[MAX_OPTIONS + 1] = {0};
    const struct option_def *defs[MAX_OPTIONS] = {0};
    struct args a = {.command = command};
    size_t num = make_options(command, options, defs);
    clv_status st = CLV_OK;
    int id;
    optind = 1;
    opterr = 0;
    while (st == CLV_OK && (id = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (id == 'h')
            st = take(&a, &help_option, NULL, err);
        else if (id >= 1000 && (size_t)id < 1000 + num)
            st = take(&a, defs[id - 1000], optarg, err);
        else
            st = clv_fail(err, CLV_E_USAGE, "unknown option, or an option without its value: %s",
                          argv[optind - 1]);
    }
    a.operands = argv + optind;
    a.num_operands = (size_t)(argc - optind);
    if (st == CLV_OK && a.num_operands > command->max_operands)
        st = clv_fail(err, CLV_E_USAGE, "unexpected argument \"%s\"",
                      a.operands[command->max_operands]);
    if (st == CLV_OK)
        *ret = a;
    else
        clv_hint(err, "See: claviger help %s", command->name);
    return st;
}

bool args_known(const struct args *a, const char *name)
{
    const struct option_def *def;
    for (size_t i = 0; (def = command_option(a->command, i)) != NULL; i++)
        if (strcmp(def->name, name) == 0)
            return true;
    return strcmp(name, help_option.name) == 0;
}

const char *args_nth(const struct args *a, const char *name, size_t index)
{
    if (!args_known(a, name))
        abort(); /* the table and the command disagree */
    for (size_t i = 0; i < a->num_given; i++)
        if (strcmp(a->given[i].option->name, name) == 0 && index-- == 0)
            return a->given[i].value ? a->given[i].value : "";
    return NULL;
}

const char *args_text(const struct args *a, const char *name)
{
    const char *last = NULL, *value;
    for (size_t i = 0; (value = args_nth(a, name, i)) != NULL; i++)
        last = value;
    return last;
}

bool args_flag(const struct args *a, const char *name)
{
    return args_nth(a, name, 0) != NULL;
}
