/* Completions for bash, zsh and fish. */
#include <string.h>

#include "gen.h"

#define SHELL_QUOTE "'\\''"
#define FISH_QUOTE "\\'"

static bool takes_file(const struct option_def *o)
{
    return o->arg && strcmp(o->arg, "FILE") == 0;
}

static bool takes_folder(const struct option_def *o)
{
    return o->arg && strcmp(o->arg, "DIR") == 0;
}

/* Text inside single quotes, where quote stands for one; further characters in escape get a
 * backslash. */
static void quoted(FILE *out, const char *text, const char *quote, const char *escape)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'') {
            fputs(quote, out);
            continue;
        }
        if (strchr(escape, *c))
            fputc('\\', out);
        fputc(*c, out);
    }
}

static void command_names(FILE *out)
{
    const struct command *c;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        fprintf(out, "%s%s%s%s", i ? " " : "", c->name, c->alias ? " " : "",
                c->alias ? c->alias : "");
}

static void case_label(FILE *out, const struct command *c)
{
    fprintf(out, "    %s%s%s)", c->name, c->alias ? "|" : "", c->alias ? c->alias : "");
}

/* ---- bash ---- */

static void bash_options(FILE *out, const struct command *c)
{
    const struct option_def *o;
    case_label(out, c);
    fprintf(out, " options='");
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++)
        if (o->help)
            fprintf(out, "--%s ", o->name);
    fprintf(out, "--help' ;;\n");
}

/* What may stand behind an option, by the option alone where all commands agree. */
static void bash_arguments(FILE *out)
{
    const struct command *c;
    const struct option_def *o;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        for (size_t k = 0; (o = command_option(c, k)) != NULL; k++)
            if (o->arg && o->help)
                fprintf(out, "    %s:--%s) %s return ;;\n", c->name, o->name,
                        takes_file(o)     ? "COMPREPLY=($(compgen -f -- \"$current\"));"
                        : takes_folder(o) ? "COMPREPLY=($(compgen -d -- \"$current\"));"
                                          : "");
}

void gen_bash(FILE *out)
{
    const struct command *c;
    fprintf(out,
            "# bash completion for claviger; made by claviger-gen\n"
            "_claviger()\n{\n"
            "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
            "    local command=${COMP_WORDS[1]} options='' commands='");
    command_names(out);
    fprintf(out,
            "'\n    COMPREPLY=()\n"
            "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
            "        COMPREPLY=($(compgen -W \"$commands --help --version\" -- \"$current\"))\n"
            "        return\n    fi\n"
            "    case $command:$previous in\n");
    bash_arguments(out);
    fprintf(out, "    esac\n    case $command in\n");
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        bash_options(out, c);
    fprintf(out, "    esac\n"
                 "    case $command:$current in\n"
                 "    *:-*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
                 "    help:*|h:*) COMPREPLY=($(compgen -W \"$commands\" -- \"$current\")) ;;\n"
                 "    verify:*|script:*) COMPREPLY=($(compgen -f -- \"$current\")) ;;\n"
                 "    *) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
                 "    esac\n}\n"
                 "complete -F _claviger claviger\n");
}

/* ---- zsh ---- */

static void zsh_command(FILE *out, const struct command *c)
{
    const struct option_def *o;
    case_label(out, c);
    fprintf(out, "\n        _arguments \\\n");
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++) {
        if (o->help == NULL)
            continue;
        fprintf(out, "            '*--%s[", o->name);
        quoted(out, o->help, SHELL_QUOTE, "[]\\");
        fprintf(out, "]");
        if (o->arg)
            fprintf(out, ":%s:%s", o->arg,
                    takes_file(o)     ? "_files"
                    : takes_folder(o) ? "_files -/"
                                      : "");
        fprintf(out, "' \\\n");
    }
    fprintf(out, "            '--help[the options of this command]'");
    if (c->max_operands)
        fprintf(out, " \\\n            '*:argument:%s'",
                c->group == GROUP_HELP ? "->commands" : "_files");
    if (c->group == GROUP_HELP)
        fprintf(out, "\n        [[ $state == commands ]] && _describe command described");
    fprintf(out, "\n        ;;\n");
}

void gen_zsh(FILE *out)
{
    const struct command *c;
    fprintf(out, "#compdef claviger\n# zsh completion for claviger; made by claviger-gen\n"
                 "local -a described\nlocal state\ndescribed=(\n");
    for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
        fprintf(out, "    '%s:", c->name);
        quoted(out, c->summary, SHELL_QUOTE, ":\\");
        fprintf(out, "'\n");
    }
    fprintf(out, ")\nif (( CURRENT == 2 )); then\n    _describe command described\n    return\nfi\n"
                 "shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        zsh_command(out, c);
    fprintf(out, "esac\n");
}

/* ---- fish ---- */

static void fish_command(FILE *out, const struct command *c)
{
    const struct option_def *o;
    fprintf(out, "complete -c claviger -n __fish_use_subcommand -a %s -d '", c->name);
    quoted(out, c->summary, FISH_QUOTE, "\\");
    fprintf(out, "'\n");
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++) {
        if (o->help == NULL)
            continue;
        fprintf(out, "complete -c claviger -n '__fish_seen_subcommand_from %s' -l %s %s -d '",
                c->name, o->name,
                takes_file(o)     ? "-r -F"
                : takes_folder(o) ? "-x -a '(__fish_complete_directories)'"
                : o->arg          ? "-x"
                                  : "");
        quoted(out, o->help, FISH_QUOTE, "\\");
        fprintf(out, "'\n");
    }
    if (c->max_operands && c->group != GROUP_HELP)
        fprintf(out, "complete -c claviger -n '__fish_seen_subcommand_from %s' -F\n", c->name);
}

void gen_fish(FILE *out)
{
    const struct command *c;
    fprintf(out, "# fish completion for claviger; made by claviger-gen\n"
                 "complete -c claviger -f\n");
    for (size_t i = 0; (c = command_at(i)) != NULL; i++)
        fish_command(out, c);
    fprintf(out, "complete -c claviger -n '__fish_seen_subcommand_from help h' -a '");
    command_names(out);
    fprintf(out, "'\n");
}
