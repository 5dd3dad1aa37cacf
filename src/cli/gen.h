/* The generator: manual pages and completions, made from the command table. It runs at build time
 * and is not installed. */
#ifndef CLV_CLI_GEN_H
#define CLV_CLI_GEN_H

#include <stdio.h>

#include "table.h"

/* ---- gen_man.c ---- */
/* Text for roff: backslashes, dashes, and what a line may not begin with. */
void gen_roff(FILE *out, const char *text);
void gen_man_program(FILE *out);                                /* claviger(1) */
void gen_man_command(FILE *out, const struct command *command); /* claviger-COMMAND(1) */

/* ---- gen_page.c ---- */
/* A page of docs/ as a manual page. markdown is changed. */
void gen_man_page(FILE *out, const char *name, const char *section, char *markdown);

/* ---- gen_completion.c ---- */
void gen_bash(FILE *out);
void gen_zsh(FILE *out);
void gen_fish(FILE *out);

#endif
