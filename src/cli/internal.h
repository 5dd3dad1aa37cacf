/* cli, private: the command table and what commands share. */
#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include "claviger/base.h"
#include "claviger/conductor.h"

/* One command of claviger. The table in commands.c is the only list: help is made from it. */
struct command {
    const char *name;
    const char *usage;   /* behind the name */
    const char *summary; /* one line */
    const char *help;    /* options, one a line */
    /* argv[0] is the command's name. Returns the exit code. */
    int (*run)(int argc, char **argv);
};
extern const struct command commands[];
extern const size_t num_commands;
const struct command *command_find(const char *name);

int cmd_rehearse(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_script(int argc, char **argv);
int cmd_help(int argc, char **argv);

/* ---- shared ---- */

/* The error on standard error; its exit code. */
int report(const struct clv_error *err);
/* An error of usage for command name, with the hint to ask for help. */
int usage_error(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* libsodium, locked memory, OpenSSL: before anything secret. */
clv_status start_up(struct clv_error *err);

/* ---- ceremony.c: what run and rehearse have in common ---- */
struct ceremony_options {
    const char *script, *site, *dir, *keys, *answers, *theme, *drill;
    unsigned num_units;
    bool plain, help;
};
/* Options of both; which of them a command takes is its own affair.
 * errors  CLV_E_USAGE */
clv_status ceremony_options(int argc, char **argv, struct ceremony_options *ret,
                            struct clv_error *err);
/* Runs a ceremony with the face that the options ask for, and says how it ended. Returns the exit
 * code. site may be NULL: it is read from options->site. */
int run_ceremony(const struct ceremony_options *options, const struct clv_site *site,
                 const char *key_dir, bool test_world);

/* ---- place.c: where things are ---- */
/* Beside the running program, or where `cmake --install` puts it. The caller's to free(). */
clv_status find_program(const char *name, char **ret_path, struct clv_error *err);
clv_status find_script(const char *name, char **ret_path, struct clv_error *err);

/* ---- rehearsal_units.c: software units of a rehearsal, in a process of their own ---- */
struct rehearsal_units;
/* Starts claviger-unitd with its state in dir/units; it ends with this process, whatever ends it.
 * fault (may be NULL) as its --fault. */
clv_status rehearsal_units_start(const char *dir, unsigned num_units, const char *const *faults,
                                 struct rehearsal_units **ret, struct clv_error *err);
void rehearsal_units_stop(struct rehearsal_units **units);
/* A site file for them; the caller's to free with clv_site_free(). */
clv_status rehearsal_units_site(const struct rehearsal_units *units, struct clv_site **ret,
                                struct clv_error *err);

#endif
