/* tke: the business of the Trusted Key Entry commands, without options, terminal or print.
 *
 * A session stands for one command: it knows the settings, the folder of key files, the site, and
 * the port through which it asks for what only a person can give.
 *
 *     clv_tke_open(&config, &tke, err);
 *     clv_tke_find(tke, err);                          list of the units, the selection applied
 *     clv_tke_survey(tke, err);                        trust and query: one row a selected unit
 *     clv_tke_begin(tke, "cryptounit-mk-commit", err); journal, from here to clv_tke_end()
 *     clv_tke_refuse(tke, unit, CLV_E_RULE, ...);      what the unit would refuse, said before
 *     clv_tke_confirm(tke, "zeroize", ...);            typed, or --confirm
 *     clv_tke_open_signers(tke, ...);                  passwords through the port
 *     clv_tke_order(tke, &order, err);                 intents, commands, outcomes
 *     clv_tke_end(tke, err);
 *     ... clv_tke_rows(), clv_tke_total() ...
 *     clv_tke_close(&tke);
 *
 * Rows collect what becomes of each selected unit. A unit whose row has failed takes no part in
 * what follows; the others go on. clv_tke_order() never repeats a command.
 *
 * The two worlds share nothing: TEST has settings and a journal of its own, and each refuses the
 * other's units and key files. source  docs/cli.md; docs/formats/settings.md */
#ifndef CLAVIGER_TKE_H
#define CLAVIGER_TKE_H

#include "claviger/base.h"
#include "claviger/journal.h"
#include "claviger/keyfile.h"
#include "claviger/script.h"
#include "claviger/unit.h"

struct clv_tke;

/* ---- what only a person can give ------------------------------------------------------------ */

struct clv_tke_key;

struct clv_tke_port {
    /* Somebody answers who may have mistyped: a wrong password is asked for again. Otherwise the
     * first one counts. */
    bool person;
    /* The password of an existing key file. problem: what was wrong with the last one, or NULL.
     * *ret is the caller's to free. */
    clv_status (*password)(void *ctx, const struct clv_tke_key *key, const char *problem,
                           struct clv_secret **ret, struct clv_error *err);
    /* A new password for a key file, typed twice or made up for them; already examined. */
    clv_status (*new_password)(void *ctx, const char *const *user_words, struct clv_secret **ret,
                               struct clv_error *err);
    /* phrase has to be typed exactly, or given exactly as an option. lines: what it will do.
     * errors  CLV_E_RULE: it was not */
    clv_status (*confirm)(void *ctx, const char *phrase, const char *const *lines, size_t num_lines,
                          struct clv_error *err);
    /* The token of a key of the signing service; why: what was wrong with the last one, or NULL.
     * key_token NULL: such keys cannot be used without one. */
    clv_status (*key_token)(void *ctx, const char *name, const char *why, struct clv_secret **ret,
                            struct clv_error *err);
    /* As hooks->token of a fleet (unit.h); NULL: a refused token is an error. */
    clv_status (*token)(void *ctx, const struct clv_service *service, const char *why,
                        struct clv_secret **ret, struct clv_error *err);
    /* One line of what is going on. Never waits. */
    void (*note)(void *ctx, const char *line);
    /* Often while something takes long. Anything but CLV_OK: nothing more is begun. */
    clv_status (*tick)(void *ctx, struct clv_error *err);
    void *ctx;
};

/* ---- the session ---------------------------------------------------------------------------- */

/* Borrowed for as long as the session lives. */
struct clv_tke_config {
    const char *config_dir; /* NULL: $XDG_CONFIG_HOME/claviger, else ~/.config/claviger */
    const char *state_dir;  /* NULL: $XDG_STATE_HOME/claviger, else ~/.local/state/claviger */
    const char *site_file;  /* NULL: the one of the settings */
    const char *key_dir;    /* NULL: the site's, else CLOUDTKEFILES, else the default */
    const char *units;      /* "1,3-5" or "all": for this command only; NULL: the selection */
    const char *sigkeys;    /* numbers and names: for this command only; NULL: the selection */
    bool test_world;
    const struct clv_tke_port *port;
    const struct clv_clock *clock;         /* NULL: the system's */
    const struct clv_random *random;       /* NULL: the system's */
    const struct clv_transport *transport; /* NULL: libcurl */
    const char *signing_url;               /* NULL: TKE_SIGNSERV_URL, if that is set */
};

/* Reads the settings; a site file is read when something first needs it.
 * errors  CLV_E_FORMAT: settings malformed; CLV_E_PERMISSION, CLV_E_IO */
clv_status clv_tke_open(const struct clv_tke_config *config, struct clv_tke **ret,
                        struct clv_error *err);
void clv_tke_close(struct clv_tke **tke);
/* The folder of key files of this session, made out once. Borrowed.
 * errors  those of reading the site file, when that decides */
clv_status clv_tke_key_dir(struct clv_tke *tke, const char **ret, struct clv_error *err);
bool clv_tke_is_test(const struct clv_tke *tke);
const struct clv_tke_port *clv_tke_port(const struct clv_tke *tke);

/* ---- numbers -------------------------------------------------------------------------------- */

/* "1,3-5", "all" (blanks after commas allowed) as flags ret_set[1..max]; ret_set[0] is unused.
 * errors  CLV_E_INPUT: quotes the piece; a number above max, 0, a reversed range */
clv_status clv_tke_numbers(const char *text, unsigned max, bool *ret_set, struct clv_error *err);
/* The other way: "1,2,3", ranges ("1-40,42") above a dozen. */
void clv_tke_number_list(const bool *set, unsigned max, char *buf, size_t cap);

/* ---- key files ------------------------------------------------------------------------------ */

/* One file of the list that mks and sigkeys show. Numbers count from 1, by file name, good files
 * of this world only. */
struct clv_tke_key {
    unsigned number;
    char file[256];   /* name in the folder */
    bool selected;    /* signature keys: signs commands */
    unsigned turn;    /* selected: which one in order, from 1 */
    bool of_plugin;   /* a signature-key file of the plug-in: info.ski, info.description only */
    bool of_service;  /* no file: a key of the signing service; file is "service:NAME" */
    bool other_world; /* good, but of the other world: number 0 */
    struct clv_keyfile_info info;
    struct clv_error why; /* not CLV_OK: cannot be read; number 0 */
};
struct clv_tke_keys {
    struct clv_tke_key *keys;
    size_t num_keys;
};
/* One kind. Among signature keys are those of the signing
 * service (TKE_SIGNSERV_URL, and the file SIGNSERVKEYS beside the key files), whose public keys are
 * fetched once a session. */
clv_status clv_tke_list_keys(struct clv_tke *tke, enum clv_keyfile_kind kind,
                             struct clv_tke_keys *ret, struct clv_error *err);
void clv_tke_keys_clear(struct clv_tke_keys *keys);
/* "2,lena-part-1.clvkey,Lena": numbers, file names, and owners or administrator names that are
 * unique, in the order given; pointers into list. *ret_num: how many, at most cap, none twice.
 * errors  CLV_E_INPUT: quotes the piece: nothing of that name, several, the same key twice */
clv_status clv_tke_choose_keys(const struct clv_tke_keys *list, const char *text,
                               const struct clv_tke_key **ret, size_t cap, size_t *ret_num,
                               struct clv_error *err);

/* Asks for the password (again, when a person answers, up to three times) and opens the file.
 * errors  those of clv_keyfile_open() */
clv_status clv_tke_open_part(struct clv_tke *tke, const struct clv_tke_key *key,
                             struct clv_secret **ret_part, struct clv_error *err);
/* The same for a signature key of ours or of the plug-in; signs once before it counts. */
clv_status clv_tke_open_sigkey(struct clv_tke *tke, const struct clv_tke_key *key,
                               struct clv_sigkey *ret, struct clv_error *err);

/* mk-add. value NULL: a random part; otherwise 64 hex digits as typed. */
struct clv_tke_new_key {
    const char *owner;       /* key parts */
    const char *description; /* may be NULL */
    const char *admin_name;  /* signature keys */
    const char *witness;     /* keys of witnesses: the name in cosignatures; NULL: of the owner */
    const char *profile;     /* "standard", "high"; NULL: standard */
    const struct clv_secret *value;
};
clv_status clv_tke_add_part(struct clv_tke *tke, const struct clv_tke_new_key *in,
                            struct clv_tke_key *ret, struct clv_error *err);
/* sigkey-add. */
clv_status clv_tke_add_sigkey(struct clv_tke *tke, const struct clv_tke_new_key *in,
                              struct clv_tke_key *ret, struct clv_error *err);
/* sigkey-import: the key in a file of the plug-in, anywhere, becomes a file of ours. Asks for the
 * old password, then for a new one; the old file stays. in->admin_name NULL: the name in the file.
 * errors  CLV_E_WORLD: plug-in files are production; CLV_E_INPUT: no name; those of
 *         clv_tke_sigkey_open() and clv_keyfile_create() */
clv_status clv_tke_import_sigkey(struct clv_tke *tke, const char *path,
                                 const struct clv_tke_new_key *in, struct clv_tke_key *ret,
                                 struct clv_error *err);
/* witness-key-add. */
clv_status clv_tke_add_witness(struct clv_tke *tke, const struct clv_tke_new_key *in,
                               struct clv_tke_key *ret, struct clv_error *err);
/* mk-rm, sigkey-rm: confirmed with "remove FILE[,FILE]"; a selected signature key is deselected. */
clv_status clv_tke_remove_keys(struct clv_tke *tke, const struct clv_tke_key *const *keys,
                               size_t num_keys, struct clv_error *err);
/* sigkey-sel: these sign from now on, in this order; none: no selection. At most 8. */
clv_status clv_tke_select_sigkeys(struct clv_tke *tke, const struct clv_tke_key *const *keys,
                                  size_t num_keys, struct clv_error *err);

/* ---- cosigning ------------------------------------------------------------------------------ */

/* A witness's public key as others name it. */
clv_status clv_tke_witness_key(const struct clv_tke_key *key, struct clv_vkey *ret,
                               struct clv_error *err);
struct clv_tke_cosigning {
    struct clv_view request;        /* docs/formats/witness.md */
    const struct clv_vkey *journal; /* NULL: the one that is remembered */
    bool key_from_paper;            /* a person compared the journal's key with the paper */
};
struct clv_tke_cosigned {
    struct clv_vkey witness, journal;
    struct clv_cosignature cosignature;
    uint64_t size, before; /* entries now, and when cosigned last; before 0: never */
    uint8_t root[CLV_HASH_LEN];
};
/* Checks the request against what this witness remembers, opens the key, remembers, signs. The
 * first time a journal is met, "trust <id of its key>" has to be confirmed, unless it was compared
 * before. errors  those of clv_witness_check(); CLV_E_WORLD; CLV_E_MISSING: which journal key is
 * not known; CLV_E_RULE: not confirmed, or another process cosigns with a key of this folder */
clv_status clv_tke_cosign(struct clv_tke *tke, const struct clv_tke_key *key,
                          const struct clv_tke_cosigning *in, struct clv_tke_cosigned *ret,
                          struct clv_error *err);

/* ---- crypto units --------------------------------------------------------------------------- */

/* Reads the site, asks its services for their units, applies the selection (or config->units).
 * errors  CLV_E_USAGE: no site file is known; those of site, token and clv_fleet_discover() */
clv_status clv_tke_find(struct clv_tke *tke, struct clv_error *err);
/* After clv_tke_find(). Borrowed. Number, state and location of units are there. */
struct clv_fleet *clv_tke_fleet(struct clv_tke *tke);
const struct clv_site *clv_tke_site(const struct clv_tke *tke);
/* cryptounit-add, cryptounit-rm: after clv_tke_find(). Kept in the settings by instance and unit,
 * never by number. Selected units of other sites and units that are gone stay in the settings. */
clv_status clv_tke_select_units(struct clv_tke *tke, const char *numbers, bool selected,
                                struct clv_error *err);
/* The site file of this session is used by later commands that are given none. */
clv_status clv_tke_remember_site(struct clv_tke *tke, struct clv_error *err);
/* "OPERATIONAL", "RECOVERY", "FAILOVER" */
const char *clv_tke_kind_name(enum clv_unit_kind kind);

/* ---- one command on all selected units ------------------------------------------------------ */

struct clv_tke_row {
    unsigned unit;                /* number in the fleet */
    bool failed;                  /* takes no part in what follows */
    bool sent;                    /* a command left for it, whatever came of it */
    bool settled;                 /* already as it should be: no further command goes to it */
    enum clv_order_kind order;    /* the last one, or the one that failed */
    enum clv_outcome outcome;     /* of it; NOT_SENT when refused before */
    uint32_t return_code, reason; /* REFUSED by the unit */
    bool has_reported;            /* the last command brought a pattern */
    uint8_t reported_pattern[CLV_EP11_PATTERN_LEN];
    struct clv_error error; /* failed: sentence and hint */
    char note[200];         /* what is true of it now: "Full committed ef8a9b7a"; may be "" */
};
enum clv_tke_total { CLV_TKE_ALL, CLV_TKE_SOME, CLV_TKE_NONE };

/* Trusts and queries every selected unit: fills the rows (by number). Called again, it asks those
 * that have not failed.
 * errors  CLV_E_USAGE: no unit is selected; CLV_E_INTERRUPTED */
clv_status clv_tke_survey(struct clv_tke *tke, struct clv_error *err);
const struct clv_tke_row *clv_tke_rows(const struct clv_tke *tke, size_t *ret_num);
/* Of a unit of the survey; NULL: none. For notes. */
struct clv_tke_row *clv_tke_row(struct clv_tke *tke, unsigned unit);
size_t clv_tke_num_alive(const struct clv_tke *tke); /* rows that have not failed */
enum clv_tke_total clv_tke_total(const struct clv_tke *tke);
/* "1,2,3": every unit of the survey, failed or not; what confirmations name. */
void clv_tke_selection(const struct clv_tke *tke, char *buf, size_t cap);

/* The unit would refuse, and we know why: its row fails, nothing is sent to it. */
void clv_tke_refuse(struct clv_tke *tke, unsigned unit, clv_status code, const char *hint,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void clv_tke_note(struct clv_tke *tke, unsigned unit, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens (or creates) the command journal and writes that this command begins on these units. One
 * command at a time writes: a second one is refused.
 * errors  CLV_E_RULE: another command is at work; those of clv_journal_open() */
clv_status clv_tke_begin(struct clv_tke *tke, const char *command, struct clv_error *err);
/* Writes the count of units and how it ended, and signs. Also after a failure (ended: why). Does
 * nothing without clv_tke_begin(). */
clv_status clv_tke_end(struct clv_tke *tke, clv_status ended, struct clv_error *err);
/* The phrase is VERB and the selection: "zeroize 1,2,3". Asked, and written to the journal. */
clv_status clv_tke_confirm(struct clv_tke *tke, const char *verb, const char *const *lines,
                           size_t num_lines, struct clv_error *err);
/* The same with a phrase of the caller's own. */
clv_status clv_tke_confirm_phrase(struct clv_tke *tke, const char *phrase, const char *const *lines,
                                  size_t num_lines, struct clv_error *err);

/* Opens the first num of the selected signature keys whose SKI is in skis (NULL: any), in their
 * order; already open ones are not asked for again. More may be selected than needed.
 * errors  CLV_E_RULE: fewer than num are selected (and fit): says which, and sigkey-sel */
clv_status clv_tke_open_signers(struct clv_tke *tke, size_t num, const uint8_t (*skis)[CLV_SKI_LEN],
                                size_t num_skis, struct clv_error *err);
/* Those that are open now. Borrowed. */
const struct clv_ep11_signer *clv_tke_signers(const struct clv_tke *tke, size_t *ret_num);
/* SKIs of the selected signature keys, whether open or not, in order. At most 8. */
clv_status clv_tke_selected_skis(struct clv_tke *tke, uint8_t (*ret_skis)[CLV_SKI_LEN],
                                 size_t *ret_num, struct clv_error *err);

/* Gives the order to every unit of the survey that has not failed; a command is journaled before
 * and after (clv_tke_begin() is then required). Outcomes go to the rows. CLV_OK says only that
 * every unit has an outcome.
 * errors  CLV_E_INTERRUPTED, CLV_E_INTERNAL, CLV_E_RULE: nothing left to give it to */
clv_status clv_tke_order(struct clv_tke *tke, const struct clv_order *order, struct clv_error *err);

/* Where the journal is: for `claviger verify`. Borrowed. */
const char *clv_tke_journal_dir(const struct clv_tke *tke);

#endif
