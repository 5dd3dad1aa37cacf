/* tke, private: what a session holds. */
#ifndef CLV_TKE_INTERNAL_H
#define CLV_TKE_INTERNAL_H

#include "claviger/ep11.h"
#include "claviger/journal.h"
#include "claviger/tke.h"
#include "claviger/unit/signing.h"

#define CLV_TKE_MAX_SIGKEYS 8
#define CLV_TKE_MAX_UNITS 1024
#define CLV_TKE_FILE_NAME 256

/* ---- settings.c: what lasts from one command to the next ---- */

struct clv_tke_unit_name {
    char instance[40];
    char hsm[65];
};
struct clv_tke_settings {
    char *site_file; /* NULL: none */
    struct clv_tke_unit_name *units;
    size_t num_units;
    char sigkeys[CLV_TKE_MAX_SIGKEYS][CLV_TKE_FILE_NAME];
    size_t num_sigkeys;
};
/* A file that is not there is an empty one. errors  CLV_E_FORMAT: names the member */
clv_status clv_tke_settings_read(const char *path, struct clv_tke_settings *ret,
                                 struct clv_error *err);
clv_status clv_tke_settings_parse(struct clv_view bytes, struct clv_tke_settings *ret,
                                  struct clv_error *err);
clv_status clv_tke_settings_write(const char *path, const struct clv_tke_settings *s,
                                  struct clv_error *err);
void clv_tke_settings_clear(struct clv_tke_settings *s);
bool clv_tke_settings_has_unit(const struct clv_tke_settings *s, const char *instance,
                               const char *hsm);
/* errors  CLV_E_MEMORY */
clv_status clv_tke_settings_put_unit(struct clv_tke_settings *s, const char *instance,
                                     const char *hsm, bool selected, struct clv_error *err);

/* ---- service_keys.c: keys of a signing service ---- */

#define CLV_TKE_SERVICE_PREFIX "service:"

struct clv_tke_service_key {
    struct clv_signing_key key;
    struct clv_secret *token;
    struct clv_error why; /* CLV_OK: the public key is known */
};
struct clv_tke_service {
    bool looked; /* keys are as the file and the service said */
    struct clv_signing *signing;
    struct clv_tke_service_key *keys;
    size_t num_keys;
};
/* Reads the file and fetches the public keys, once. Nothing happens without an address. A key that
 * cannot be used says why. errors  those of the file and of clv_signing_new() */
clv_status clv_tke_service_look(struct clv_tke *tke, struct clv_error *err);
/* As hooks->signature of a fleet: a token that was refused is asked for once more. */
clv_status clv_tke_service_again(struct clv_tke *tke, struct clv_signing_key *key,
                                 const struct clv_error *why, struct clv_error *err);
/* NULL: none of that file name ("service:NAME"). */
struct clv_tke_service_key *clv_tke_service_find(struct clv_tke *tke, const char *file);
void clv_tke_service_clear(struct clv_tke_service *service);

/* ---- the session ---- */

struct clv_tke {
    struct clv_tke_config config;
    char *config_dir, *settings_path, *journal_dir;
    char *key_dir; /* NULL: not made out yet */
    struct clv_tke_settings settings;
    struct clv_site *site;
    struct clv_fleet *fleet;
    struct clv_kdf *kdf;
    struct clv_journal *journal; /* from begin to end */
    clv_status journal_failed;   /* the first append that failed: nothing more is sent */
    struct clv_error journal_error;
    char command[64];
    struct clv_tke_row *rows;
    size_t num_rows;
    struct clv_tke_service service;
    struct clv_sigkey keys[CLV_TKE_MAX_SIGKEYS]; /* open ones, in the order they sign */
    struct clv_ep11_signer signers[CLV_TKE_MAX_SIGKEYS];
    size_t num_signers;
};

clv_status clv_tke_read_site(struct clv_tke *tke, struct clv_error *err);
clv_status clv_tke_save(struct clv_tke *tke, struct clv_error *err);
clv_status clv_tke_prepare_kdf(struct clv_tke *tke, enum clv_kdf_profile profile,
                               struct clv_error *err);
void clv_tke_say(struct clv_tke *tke, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- key_open.c ---- */
/* Asks for the password, again if a person mistypes it; what a file of ours holds. */
clv_status clv_tke_open_payload(struct clv_tke *tke, const struct clv_tke_key *key,
                                struct clv_secret **ret_payload, struct clv_error *err);
/* The payload of a key file anywhere; asks for the password. */
clv_status clv_tke_open_path(struct clv_tke *tke, const struct clv_tke_key *key, const char *path,
                             struct clv_secret **ret, struct clv_error *err);

/* ---- key_make.c ---- */
clv_status clv_tke_fill_header(struct clv_tke *tke, const struct clv_tke_new_key *in,
                               enum clv_keyfile_kind kind, struct clv_keyfile_info *info,
                               struct clv_error *err);
/* Asks for a new password, seals, opens again. */
clv_status clv_tke_seal(struct clv_tke *tke, const struct clv_keyfile_info *info,
                        const struct clv_secret *payload, struct clv_tke_key *ret,
                        struct clv_error *err);

/* ---- units.c ---- */
/* What every question to the units needs: the port's tick and token. */
struct clv_fleet_hooks clv_tke_hooks(struct clv_tke *tke);

/* ---- record.c ---- */
clv_status clv_tke_record_intent(void *ctx, const struct clv_intent *intent, struct clv_error *err);
void clv_tke_record_outcome(struct clv_tke *tke, const struct clv_result *result);
void clv_tke_record_signer(struct clv_tke *tke, size_t number, const uint8_t ski[CLV_SKI_LEN]);
void clv_tke_record_confirmed(struct clv_tke *tke, const char *typed);
void clv_tke_record_generated(struct clv_tke *tke, unsigned unit,
                              const uint8_t pattern[CLV_EP11_PATTERN_LEN]);

/* ---- patterns.c ---- */
/* The last key that a command on this workstation had this unit make.
 * errors  CLV_E_MISSING: none; those of clv_journal_open_readonly() */
clv_status clv_tke_generated_pattern(struct clv_tke *tke, unsigned unit,
                                     uint8_t ret[CLV_EP11_PATTERN_LEN], struct clv_error *err);

/* ---- signers.c ---- */
/* The selected signature keys in their order; pointers into list, which is the caller's to clear.
 * ret has room for CLV_TKE_MAX_SIGKEYS. */
clv_status clv_tke_selected_keys(struct clv_tke *tke, struct clv_tke_keys *list,
                                 const struct clv_tke_key **ret, size_t *ret_num,
                                 struct clv_error *err);

#endif
