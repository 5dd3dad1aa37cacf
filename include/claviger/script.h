/* script: ceremony scripts and site files, read and checked whole before anyone sits down.
 *
 * A ceremony script is the reviewed part: roles, rules, steps, texts. It is identified by its hash.
 * A site file is what belongs to the room: unit addresses, folders, printer. Both are YAML, and
 * every error, of form or of meaning, names file, line and column and quotes the line with a caret.
 *
 *     struct clv_script *script = NULL;
 *     if (clv_script_read(path, &script, err) != CLV_OK) goto out;
 *     for (size_t i = 0; i < script->num_steps; i++) ... script->steps[i].title ...
 * out:
 *     clv_script_free(&script);
 *
 * Reads the one file it is given, nothing else; runs nothing; fills in no value from the
 * environment. source  docs/formats/script.md */
#ifndef CLAVIGER_SCRIPT_H
#define CLAVIGER_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base.h"
#include "claviger/crypto.h"

#define CLV_SCRIPT_FILE_MAX 65536
#define CLV_SCRIPT_MAX_WITNESSES 3
#define CLV_SCRIPT_MIN_OWNERS 2
#define CLV_SCRIPT_MAX_OWNERS 3
#define CLV_SCRIPT_MAX_SIGNERS 8

/* X(name, word in the file) in the order of a ceremony */
/* clang-format off */
#define CLV_STEP_KINDS(X)                                                                          \
    X(SELF_CHECK,     "self-check")                                                                \
    X(ROLL_CALL,      "roll-call")                                                                 \
    X(UNITS,          "units")                                                                     \
    X(SIGNATURE_KEYS, "signature-keys")                                                            \
    X(ADMINISTRATORS, "administrators")                                                            \
    X(CREATE_PARTS,   "create-parts")                                                              \
    X(LOAD,           "load")                                                                      \
    X(COMMIT,         "commit")                                                                    \
    X(SET_IMMEDIATE,  "set-immediate")                                                             \
    X(COMPARE,        "compare")                                                                   \
    X(RECEIPTS,       "receipts")                                                                  \
    X(SIGN_OFF,       "sign-off")
/* clang-format on */

enum clv_step_kind {
#define CLV_STEP_ENUM(name, word) CLV_STEP_##name,
    CLV_STEP_KINDS(CLV_STEP_ENUM)
#undef CLV_STEP_ENUM
        CLV_NUM_STEP_KINDS
};
const char *clv_step_word(enum clv_step_kind kind); /* "set-immediate" */

enum clv_keys_mode { CLV_KEYS_CREATE, CLV_KEYS_OPEN };

enum clv_reset { CLV_RESET_REQUIRED, CLV_RESET_IF_NOT_CLEAN, CLV_RESET_NEVER };

struct clv_script_step {
    enum clv_step_kind kind;
    enum clv_keys_mode keys; /* of signature-keys */
    const char *title;       /* one line */
    const char *say;         /* what the administrator reads aloud; paragraphs are lines; or NULL */
    const char *help;        /* for `?`, or NULL */
};

/* Everything in here is fixed once read. Texts are UTF-8 without controls, and die with the script.
 */
struct clv_script {
    const char *id; /* letters, digits, '-' and '.'; no blank */
    const char *title;
    const char *purpose;
    uint8_t hash[CLV_SHA256_LEN]; /* SHA-256 over the bytes of the file */

    /* roles; the administrator is always one */
    unsigned num_witnesses; /* 1..3 */
    unsigned num_owners;    /* 2..3 */
    unsigned num_signers;   /* 1..8 */
    const char *administrator_label;
    const char *witness_label;
    const char *owner_label;
    const char *signer_label;

    /* rules */
    unsigned sign_threshold;    /* 1..num_signers */
    unsigned revoke_threshold;  /* 1..num_signers */
    unsigned password_min_bits; /* 60..256 */
    const char *kdf_profile;    /* "standard" or "high" */
    enum clv_reset reset_units;
    unsigned idle_seconds; /* 10..3600 */
    bool allow_part_owner_to_sign;
    bool allow_witness_other_role;
    bool second_person_for_set_immediate;
    bool second_person_for_zeroize;
    bool has_expected_pattern; /* the combined key must have this one */
    uint8_t expected_pattern[CLV_SHA256_LEN];

    struct clv_script_step *steps;
    size_t num_steps;
    struct clv_yaml *texts; /* holds every text above */
};

/* Reads and checks a script.
 * errors  CLV_E_SCRIPT: form or meaning; where, and the line
 *         those of clv_file_read() */
clv_status clv_script_read(const char *path, struct clv_script **ret, struct clv_error *err);
/* The same from memory; name stands in errors. */
clv_status clv_script_parse(const char *name, const void *data, size_t len, struct clv_script **ret,
                            struct clv_error *err);
void clv_script_free(struct clv_script **script);

/* The step of that kind, or NULL. */
const struct clv_script_step *clv_script_find(const struct clv_script *script,
                                              enum clv_step_kind kind);
/* The whole script for paper: facts, roles, rules, then Step | Who | Activity | Initials | Time
 * with a line for each person's turn. At most 79 columns. */
void clv_script_explain(const struct clv_script *script, struct clv_writer *w);

/* A script that loads the same key into units that were set aside: the same people and rules, keys
 * and parts from their files, and a combined key that must have this pattern. reset: no unit obeys
 * the administrators yet. */
void clv_script_follow_up(const struct clv_script *script, const char *ceremony,
                          const uint8_t pattern[CLV_SHA256_LEN], bool reset, struct clv_writer *w);

/* ---- site files ---- */

struct clv_site_root {
    const char *file;                  /* NULL once the point is known */
    uint8_t point[CLV_P521_POINT_LEN]; /* all zero until the file is loaded */
};

/* One domain of one card of this machine, as sysfs names it: "03.0008". */
struct clv_site_queue {
    unsigned card, domain; /* 0..255 each */
};

enum clv_site_token { CLV_SITE_TOKEN_NONE, CLV_SITE_TOKEN_ASK };

struct clv_site_instance {
    const char *name;
    const char *id;       /* UUID of the service instance */
    const char *endpoint; /* unix:/path, http://127.0.0.1:port, https://host, zcrypt:/dev/... */
    enum clv_site_token token; /* ASK: a person types it */
    const char *token_file;    /* or NULL */
    const char *ca_file;       /* for https, or NULL for the system's */
    struct clv_site_root *roots;
    size_t num_roots; /* 0..8, beside the built-in ones of production */
    struct clv_site_queue *queues;
    size_t num_queues;   /* 1..256 for zcrypt:, else 0 */
    char *made_endpoint; /* holds endpoint when the file names a region or a device */
    unsigned *units;     /* numbers to select, ascending; NULL: all */
    size_t num_units;
};

/* Where administrators' signatures may come from instead of key files. */
#define CLV_SITE_SIGNING_KEYS_MAX 64
struct clv_site_signing {
    const char *name; /* NULL: the site names none */
    const char *url;  /* https://..., or http:// on this machine */
    const char *ca_file;
    enum clv_site_token token; /* ASK: each owner types that of their key */
    const char *token_file;    /* one for every key, or NULL */
    const char *keys_file;     /* names and tokens as the plug-in's SIGNSERVKEYS, or NULL: keys */
    const char *keys[CLV_SITE_SIGNING_KEYS_MAX];
    size_t num_keys;
    bool test;        /* its keys are for TEST units, and for nothing else */
    unsigned seconds; /* for one request, 1..600 */
};

#define CLV_SITE_WITNESSES_MAX 3
struct clv_site {
    struct clv_site_instance *instances;
    size_t num_instances;         /* 1..16 */
    const char *key_files_folder; /* NULL: the default folder of key files */
    const char *receipts_folder;  /* NULL: the ceremony's folder */
    const char *mirror_folder;    /* holds a second copy of each journal; NULL: one copy */
    const char *printer;          /* name of a print queue; NULL: none */
    const char *witness_keys[CLV_SITE_WITNESSES_MAX]; /* as text, form checked only */
    size_t num_witness_keys;
    struct clv_site_signing signing;
    unsigned query_seconds;   /* 1..600 */
    unsigned command_seconds; /* 1..600 */
    uint8_t hash[CLV_SHA256_LEN];
    struct clv_yaml *texts; /* holds every text above */
    char **made_names;      /* hold those that clv_site_resolve() made */
    size_t num_made_names;
};

/* errors  as clv_script_read() */
clv_status clv_site_read(const char *path, struct clv_site **ret, struct clv_error *err);
clv_status clv_site_parse(const char *name, const void *data, size_t len, struct clv_site **ret,
                          struct clv_error *err);
/* Makes every relative name of a file or folder in it start at folder, and reads the files that
 * trusted roots stand in: 266 hex digits of an uncompressed P-521 point, blanks and line ends
 * skipped. errors  CLV_E_INPUT: not such a point; those of clv_file_read() */
clv_status clv_site_resolve(struct clv_site *site, const char *folder, struct clv_error *err);
void clv_site_free(struct clv_site **site);

/* Units of one instance, numbered as in the site file that is written. */
struct clv_site_selection {
    unsigned *units;
    size_t num; /* 0: the instance is left out */
};
/* The same site (resolved) with these units only, for a follow-up. selections: one an instance. */
void clv_site_follow_up(const struct clv_site *site, const struct clv_site_selection *selections,
                        struct clv_writer *w);

#endif
