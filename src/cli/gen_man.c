/* Manual pages of the commands. */
#include <ctype.h>
#include <string.h>

#include "gen.h"

void gen_roff(FILE *out, const char *text)
{
    bool line_start = true;
    for (const char *c = text; *c; c++) {
        if (line_start && (*c == '.' || *c == '\''))
            fputs("\\&", out);
        line_start = *c == '\n';
        if (*c == '\\')
            fputs("\\e", out);
        else if (*c == '-')
            fputs("\\-", out);
        else
            fputc(*c, out);
    }
}

static void title(FILE *out, const char *name, const char *section)
{
    fprintf(out, ".\\\" Made by claviger-gen.\n.TH ");
    for (const char *c = name; *c; c++)
        fputc(toupper((unsigned char)*c), out);
    fprintf(out, " %s \"\" \"claviger " CLV_VERSION "\" \"claviger\"\n", section);
}

static void paragraph(FILE *out, const char *text)
{
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");
        char line[4096];
        snprintf(line, sizeof(line), "%.*s", (int)len, at);
        fprintf(out, ".PP\n");
        gen_roff(out, line);
        fprintf(out, "\n");
        at += len + (at[len] == '\n');
    }
}

static void option(FILE *out, const struct option_def *o)
{
    if (o->help == NULL)
        return;
    fprintf(out, ".TP\n\\fB\\-\\-");
    gen_roff(out, o->name);
    fprintf(out, "\\fR");
    if (o->arg)
        fprintf(out, " \\fI%s\\fR", o->arg);
    fprintf(out, "\n");
    gen_roff(out, o->help);
    fprintf(out, ".\n");
}

static void exit_status(FILE *out)
{
    fprintf(out, ".SH EXIT STATUS\n");
    for (const struct exit_row *row = exit_rows; row->meaning; row++) {
        fprintf(out, ".TP\n%d\n", row->code);
        gen_roff(out, row->meaning);
        fprintf(out, "\n");
    }
}

void gen_man_command(FILE *out, const struct command *c)
{
    const struct option_def *o;
    char name[64];
    snprintf(name, sizeof(name), "claviger-%s", c->name);
    title(out, name, "1");
    fprintf(out, ".SH NAME\n");
    gen_roff(out, name);
    fprintf(out, " \\- ");
    gen_roff(out, c->summary);
    fprintf(out, "\n.SH SYNOPSIS\n\\fBclaviger ");
    gen_roff(out, c->name);
    fprintf(out, "\\fR ");
    gen_roff(out, c->usage);
    fprintf(out, "\n.SH DESCRIPTION\n");
    gen_roff(out, c->summary);
    fprintf(out, ".\n");
    if (c->alias)
        fprintf(out, "Also: \\fBclaviger %s\\fR.\n", c->alias);
    if (c->about)
        paragraph(out, c->about);
    fprintf(out, ".SH OPTIONS\n");
    for (size_t i = 0; (o = command_option(c, i)) != NULL; i++)
        option(out, o);
    fprintf(out, ".TP\n\\fB\\-\\-help\\fR\nthe options of this command.\n");
    if (c->examples[0])
        fprintf(out, ".SH EXAMPLES\n.EX\n");
    for (size_t i = 0; i < MAX_EXAMPLES && c->examples[i]; i++) {
        gen_roff(out, c->examples[i]);
        fprintf(out, "\n");
    }
    if (c->examples[0])
        fprintf(out, ".EE\n");
    exit_status(out);
    fprintf(out, ".SH SEE ALSO\n.BR claviger (1)\n");
}

static void group(FILE *out, enum command_group group)
{
    const struct command *c;
    bool any = false;
    for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
        if (c->group != group)
            continue;
        if (!any)
            fprintf(out, ".SS %s\n", group_titles[group]);
        any = true;
        fprintf(out, ".TP\n\\fB");
        gen_roff(out, c->name);
        fprintf(out, "\\fR%s%s\n", c->alias ? ", " : "", c->alias ? c->alias : "");
        gen_roff(out, c->summary);
        fprintf(out, ".\n");
    }
}

void gen_man_program(FILE *out)
{
    title(out, "claviger", "1");
    fprintf(out, ".SH NAME\nclaviger \\- loads a master key into crypto units, with the people "
                 "who hold it\n"
                 ".SH SYNOPSIS\n\\fBclaviger\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.br\n"
                 "\\fBclaviger help\\fR [\\fICOMMAND\\fR]\n.br\n"
                 "\\fBclaviger \\-\\-version\\fR\n"
                 ".SH DESCRIPTION\nWalks key\\-part owners and signature\\-key owners through "
                 "loading a master key into IBM EP11 crypto units in a supervised ceremony, and "
                 "has every command of the Trusted Key Entry plug\\-in under its own name.\n"
                 ".SH COMMANDS\nEach has a manual page of its own, "
                 "\\fBclaviger\\-\\fICOMMAND\\fR(1).\n");
    for (int g = 0; g < NUM_GROUPS; g++)
        group(out, (enum command_group)g);
    fprintf(out, ".SH ENVIRONMENT\n.TP\nCLOUDTKEFILES\nfolder of key files, as for the plug\\-in.\n"
                 ".TP\nTKE_SIGNSERV_URL\naddress of a signing service, as for the plug\\-in; its "
                 "keys are named in the file SIGNSERVKEYS beside the key files.\n"
                 ".TP\nhttps_proxy, http_proxy, all_proxy, no_proxy\nproxies on the way to crypto "
                 "units, as libcurl reads them.\n"
                 ".TP\nXDG_CONFIG_HOME, XDG_STATE_HOME, XDG_DATA_HOME\nwhere settings, journals "
                 "and key files are kept, each in a folder claviger.\n"
                 ".PP\nNo secret is ever taken from the environment or from an option's text.\n");
    exit_status(out);
    fprintf(out, ".SH SEE ALSO\n.BR claviger\\-unitd (1),\n.BR claviger\\-keyfile (5),\n"
                 ".BR claviger\\-script (5),\n.BR claviger\\-settings (5),\n"
                 ".BR claviger\\-commands (5)\n");
}
