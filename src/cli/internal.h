/* cli, private: what commands share. */
#ifndef CLI_INTERNAL_H
#define CLI_INTERNAL_H

#include "claviger/base.h"
#include "claviger/conductor.h"
#include "table.h"

/* ---- commands: rows of the table run these ---- */
int cmd_rehearse(const struct args *args);
int cmd_run(const struct args *args);
int cmd_resume(const struct args *args);
int cmd_verify(const struct args *args);
int cmd_checkpoint(const struct args *args);
int cmd_cosign(const struct args *args);
int cmd_witness_keys(const struct args *args);
int cmd_witness_key_add(const struct args *args);
int cmd_script(const struct args *args);
int cmd_help(const struct args *args);
int cmd_mks(const struct args *args);
int cmd_mk_add(const struct args *args);
int cmd_mk_rm(const struct args *args);
int cmd_sigkeys(const struct args *args);
int cmd_sigkey_add(const struct args *args);
int cmd_sigkey_import(const struct args *args);
int cmd_sigkey_rm(const struct args *args);
int cmd_sigkey_sel(const struct args *args);
int cmd_cryptounits(const struct args *args);
int cmd_cryptounit_add(const struct args *args);
int cmd_cryptounit_rm(const struct args *args);
int cmd_cryptounit_admins(const struct args *args);
int cmd_cryptounit_admin_add(const struct args *args);
int cmd_cryptounit_admin_rm(const struct args *args);
int cmd_cryptounit_thrhlds(const struct args *args);
int cmd_cryptounit_thrhld_set(const struct args *args);
int cmd_cryptounit_exit_impr(const struct args *args);
int cmd_cryptounit_compare(const struct args *args);
int cmd_cryptounit_zeroize(const struct args *args);
int cmd_cryptounit_cp(const struct args *args);
int cmd_cryptounit_cp_btc(const struct args *args);
int cmd_cryptounit_cp_eddsa(const struct args *args);
int cmd_cryptounit_cp_sig_other(const struct args *args);
int cmd_cryptounit_mk(const struct args *args);
int cmd_cryptounit_mk_load(const struct args *args);
int cmd_cryptounit_mk_commit(const struct args *args);
int cmd_cryptounit_mk_setimm(const struct args *args);
int cmd_cryptounit_mk_rotate(const struct args *args);
int cmd_cryptounit_mk_clrcur(const struct args *args);
int cmd_cryptounit_mk_clrnew(const struct args *args);
int cmd_auto_init(const struct args *args);
int cmd_auto_mk_rotate(const struct args *args);
int cmd_auto_recover(const struct args *args);

/* Option sets that several families use. */
extern const struct option_def world_options[];    /* --test --json --no-input */
extern const struct option_def new_key_options[];  /* --name --description --profile */
extern const struct option_def place_options[];    /* --site --key-dir */
extern const struct option_def password_options[]; /* --password-fd */
extern const struct option_def confirm_options[];  /* --confirm */

/* ---- shared ---- */

/* The error on standard error; its exit code. */
int report(const struct clv_error *err);
/* An error of usage for command name, with the hint to ask for help. */
int usage_error(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* libsodium, locked memory, OpenSSL: before anything secret. */
clv_status start_up(struct clv_error *err);
/* What `help NAME` and `NAME --help` print. Returns 0. */
int print_help(const struct command *command);

/* ---- ceremony.c: what run, rehearse and resume have in common ---- */
struct drill;
struct ceremony_options {
    const char *script, *site, *dir, *keys, *answers, *theme, *witness_key, *drill, *faults,
        *signing_service;
    const char *follow_up;             /* folder of the ceremony that set units aside */
    const struct drill *practised;     /* the drill that is named, or NULL */
    const struct clv_printer *printer; /* NULL: the system's */
    const char *mirror; /* resume: folder of the journal's other copy; else where to make one */
    unsigned num_units;
    bool plain;
    bool resume; /* dir holds an interrupted ceremony */
};
/* Those that the command has.
 * errors  CLV_E_USAGE */
clv_status ceremony_options(const struct args *args, struct ceremony_options *ret,
                            struct clv_error *err);
/* Runs a ceremony with the face that the options ask for, and says how it ended. Returns the exit
 * code. site may be NULL: it is read from options->site. */
int run_ceremony(const struct ceremony_options *options, const struct clv_site *site,
                 const char *key_dir, bool test_world);
/* To an error before the first entry, or before the first one of a resumption. */
void say_untouched(const struct ceremony_options *options, struct clv_error *err);

/* Asks at the terminal whether an unfinished ceremony in options->dir is to be gone on with. *ret
 * is false when there is none, or nobody who could be asked. */
clv_status offer_resume(const struct ceremony_options *options, bool *ret, struct clv_error *err);
/* Goes on with the ceremony in options->dir. Returns the exit code. */
int resume_folder(struct ceremony_options *options);

/* ---- mirror.c ---- */
/* Folder of the journal's second copy, made when a ceremony begins; NULL: one copy. The caller's to
 * free(). errors  CLV_E_MISSING: the medium is not there */
clv_status mirror_find(const struct ceremony_options *options, const struct clv_site *site,
                       char **ret, struct clv_error *err);

/* Folder of its receipts, when the site file names one for all; NULL: in the ceremony's own. The
 * caller's to free(). */
clv_status receipts_find(const struct ceremony_options *options, const struct clv_site *site,
                         char **ret, struct clv_error *err);

/* ---- place.c: where things are ---- */
/* Beside the running program, or where `cmake --install` puts it. The caller's to free(). */
clv_status find_program(const char *name, char **ret_path, struct clv_error *err);
clv_status find_script(const char *name, char **ret_path, struct clv_error *err);

/* ---- rehearsal_units.c: software units of a rehearsal, in a process of their own ---- */
struct rehearsal_units;
/* Starts claviger-unitd with its state in dir/units; it ends with this process, whatever ends it.
 * num_units is 0 where the state is there already. fault (may be NULL) as its --fault. */
clv_status rehearsal_units_start(const char *dir, unsigned num_units, const char *const *faults,
                                 struct rehearsal_units **ret, struct clv_error *err);
void rehearsal_units_stop(struct rehearsal_units **units);
/* The key of a witness who is to be named in that site file.
 * errors  CLV_E_FORMAT, CLV_E_UNSUPPORTED: not the key of a witness */
clv_status rehearsal_units_witness(const struct rehearsal_units *units, const char *vkey,
                                   struct clv_error *err);
/* The file about a signing service that is to be named in it.
 * errors  CLV_E_MISSING: it is not there */
clv_status rehearsal_units_signing(const struct rehearsal_units *units, const char *file,
                                   struct clv_error *err);
/* Whether the state of a rehearsal's units is in dir. */
bool rehearsal_units_are_in(const char *dir);
/* The units of a rehearsal that ended end a moment after it. errors  CLV_E_RULE: they still run */
clv_status rehearsal_units_wait(const char *dir, struct clv_error *err);
/* A site file for them; the caller's to free with clv_site_free(). follow_up: folder of a
 * rehearsal; only what it set aside is selected; or NULL. */
clv_status rehearsal_units_site(const struct rehearsal_units *units, const char *follow_up,
                                struct clv_site **ret, struct clv_error *err);

#endif
