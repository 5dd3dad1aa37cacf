/* The vault from inside: how a request becomes a call, is judged by the permission table, runs on a
 * working copy of its domain, and is settled. The listener does not include this. */
#ifndef CLAVIGER_SRC_UNITD_INTERNAL_H
#define CLAVIGER_SRC_UNITD_INTERNAL_H

#include "claviger/unitd.h"

/* ---- verdicts: every answer a unit can give, with its return code and reason ----
 * The one place that pairs the numbers. source  docs/protocol.md section d */
/* clang-format off */
#define CLV_UNITD_VERDICTS(X)                                                            \
    X(V_OK,                   0,          CLV_EP11_NO_REASON)                            \
    X(V_UNKNOWN_COMMAND,      84,         11)                                            \
    X(V_DOMAIN_ID,            3,          13)                                            \
    X(V_DOMAIN_INSTANCE,      3,          14)                                            \
    X(V_MODULE_ID,            32,         15)                                            \
    X(V_MODULE_INSTANCE,      32,         16)                                            \
    X(V_MODULE_SERIAL,        32,         17)                                            \
    X(V_COUNTER_WIDTH,        163,        18)                                            \
    X(V_COUNTER_PASSED,       163,        19)                                            \
    X(V_IN_IMPRINT,           179,        34)                                            \
    X(V_SIGNER_UNKNOWN,       257,        33)                                            \
    X(V_SIGNATURE_WRONG,      192,        22)                                            \
    X(V_SIGNATURE_MALFORMED,  193,        22)                                            \
    X(V_SIGNATURES_TOO_FEW,   208,        21)                                            \
    X(V_SIGNATURES_TOO_MANY,  208,        87)                                            \
    X(V_INPUT_LENGTH,         33,         CLV_EP11_NO_REASON)                            \
    X(V_SKI_LENGTH,           32,         32)                                            \
    X(V_ADMIN_ABSENT,         32,         33)                                            \
    X(V_ADMIN_THERE,          256,        38)                                            \
    X(V_ADMINS_FULL,          261,        39)                                            \
    X(V_CERTIFICATE,          32,         40)                                            \
    X(V_ADMINS_BELOW,         209,        66)                                            \
    X(V_ADMIN_LAST,           209,        68)                                            \
    X(V_ATTR_SIZE,            32,         41)                                            \
    X(V_ATTR_INDEX,           209,        42)                                            \
    X(V_ATTR_REPEATED,        209,        43)                                            \
    X(V_EXIT_REVOKE_ZERO,     209,        56)                                            \
    X(V_SIGN_ABOVE,           209,        57)                                            \
    X(V_REVOKE_ABOVE,         209,        58)                                            \
    X(V_CHANGE_BIT,           209,        69)                                            \
    X(V_PROTECTED,            209,        70)                                            \
    X(V_THRESHOLD_PROTECTED,  209,        71)                                            \
    X(V_READ_ONLY,            209,        72)                                            \
    X(V_1SIGN_IN_USE,         209,        74)                                            \
    X(V_SIGN_TO_ZERO,         209,        76)                                            \
    X(V_REVOKE_TO_ZERO,       209,        77)                                            \
    X(V_SIGN_ONE,             209,        78)                                            \
    X(V_REVOKE_ONE,           209,        79)                                            \
    X(V_IMPORTER_LENGTH,      32,         54)                                            \
    X(V_IMPORTER_TYPE,        32,         55)                                            \
    X(V_NO_IMPORTER,          96,         1)                                             \
    X(V_NO_PARTS,             32,         2)                                             \
    X(V_PART_MALFORMED,       32,         3)                                             \
    X(V_PART_COMMAND,         32,         6)                                             \
    X(V_PART_DOMAIN,          32,         7)                                             \
    X(V_PART_INSTANCE,        32,         20)                                            \
    X(V_PARTS_TOO_MANY,       32,         75)                                            \
    X(V_RECIPIENT,            32,         23)                                            \
    X(V_CIPHERTEXT_SIZE,      32,         24)                                            \
    X(V_POINT,                32,         25)                                            \
    X(V_UNWRAP,               32,         27)                                            \
    X(V_KEY_SIZE,             32,         28)                                            \
    X(V_IMPORT_PROHIBITED,    80,         80)                                            \
    X(V_1PART_PROHIBITED,     80,         81)                                            \
    X(V_RANDOM_PROHIBITED,    80,         52)                                            \
    X(V_BOTH_FULL,            80,         53)                                            \
    X(V_EXPORT_PROHIBITED,    80,         131)                                           \
    X(V_KPH_CERTIFICATE,      3,          102)                                           \
    X(V_PATTERN,              101,        48)                                            \
    X(V_CURRENT_EMPTY,        96,         49)                                            \
    X(V_NEXT_EMPTY,           96,         50)                                            \
    X(V_NOT_COMMITTED,        96,         64)                                            \
    X(V_ADMIN_NOT_FOUND,      96,         33)                                            \
    X(V_DEVICE_INDEX_LENGTH,  33,         59)                                            \
    X(V_DEVICE_INDEX,         96,         60)                                            \
    X(V_CP_LENGTH,            32,         44)                                            \
    X(V_CP_ADD_PREVENTED,     80,         46)                                            \
    X(V_CP_DEL_PREVENTED,     80,         47)                                            \
    X(V_INTERNAL,             0x80010002, CLV_EP11_NO_REASON)
/* clang-format on */

enum verdict {
#define VERDICT_ENUM(name, code, reason) name,
    CLV_UNITD_VERDICTS(VERDICT_ENUM)
#undef VERDICT_ENUM
};
uint32_t verdict_code(enum verdict v);
uint32_t verdict_reason(enum verdict v);
/* The verdict with these reasons of a decoder (41 to 43; 23 to 28), or otherwise. */
enum verdict verdict_of_reason(uint32_t reason, enum verdict otherwise);

/* Outer return values: the answer has no signed block. */
enum { OUTER_NO_DOMAIN = 3, OUTER_MALFORMED = 7, OUTER_UNKNOWN_FUNCTION = 84 };

/* ---- faults ---- */
enum lie { LIE_NONE, LIE_PATTERN, LIE_TAIL, LIE_OTHER_PART, LIE_SPOILT_PART };

enum fault_argument { ARG_NONE, ARG_MS, ARG_CODES };

/* What a fault does to one request: a row of the table in fault.c. */
struct behaviour {
    const char *name;
    enum fault_argument takes;        /* what ARG is */
    bool executes;                    /* the request runs as usual */
    enum clv_unitd_delivery delivery; /* what happens to the answer */
    bool dies;                        /* the unit is dead afterwards */
    enum verdict refuses;             /* refused with this, unless V_OK; ARG_CODES: as ARG says */
    enum lie lie;                     /* about verification patterns, or in an export */
    bool wrong_key;                   /* the answer is signed with another key */
    bool replays;                     /* the answer before is sent again */
    bool cuts_short;                  /* half of the answer is sent */
    bool restarts;                    /* importer key and next register are lost before that */
    bool empties;                     /* everything is lost before the request is looked at */
};

struct fault {
    uint32_t unit; /* 1..n */
    const struct command_class *class;
    const struct behaviour *behaviour;
    unsigned delay_ms;
    unsigned return_code, reason; /* of a refusal that the plan words itself; 0: none */
    bool for_ever, spent;
};
/* errors  CLV_E_USAGE */
clv_status fault_parse(const char *text, unsigned num_units, struct fault *ret,
                       struct clv_error *err);
/* The first fault that applies to this command of this unit, now spent if it fires once; or NULL.
 */
const struct fault *fault_take(struct fault *faults, size_t num, uint32_t unit, uint32_t command);

/* ---- the vault ---- */
#define NUM_DEVICE_CERTS 2 /* device key, and the parent that certifies it */

struct identity {
    bool production_tests;
    unsigned module_index;
    char instance_id[CLV_UNITD_UUID_TEXT];
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    struct clv_secret *oa_scalar;
    uint8_t oa_ski[CLV_SKI_LEN];
    uint8_t root_point[CLV_P521_POINT_LEN];
    struct {
        uint8_t *data;
        size_t len;
    } certs[NUM_DEVICE_CERTS];
};

struct unit {
    enum clv_ep11_unit_kind kind;
    struct clv_unitd_domain domain;
    bool dead;            /* until the process ends */
    bool in_doubt;        /* the disk may have a newer state: silent until it has this one */
    uint8_t *last_answer; /* for replays; not saved */
    size_t last_answer_len;
};

struct clv_unitd_vault {
    struct clv_unitd_ports ports;
    struct identity identity;
    struct clv_secret *wrong_scalar; /* made when a fault first asks for it */
    struct unit *units;
    unsigned num_units;
    struct fault *faults;
    size_t num_faults;
};

struct unit *vault_unit(struct clv_unitd_vault *vault, uint32_t domain_index);
/* A fresh domain of this index: imprint mode, empty registers. */
void domain_reset(struct clv_unitd_domain *domain, uint32_t index, uint32_t instance,
                  const struct clv_random *random);
/* Frees every secret that is in drop and not in keep. */
void domain_settle(const struct clv_unitd_domain *keep, struct clv_unitd_domain *drop);
/* Saves the vault with `work` in place of the domain it was copied from, then makes it the domain.
 * On failure the vault is as before and work's new secrets are freed. */
clv_status vault_commit(struct clv_unitd_vault *vault, struct unit *unit,
                        struct clv_unitd_domain *work, struct clv_error *err);
/* Appends a SignerInfo of the device key, or of a wrong key that claims to be it. */
clv_status device_sign(struct clv_unitd_vault *vault, bool wrong_key, struct clv_view message,
                       struct clv_writer *w, struct clv_error *err);
clv_status state_encode(const struct clv_unitd_vault *vault, const struct unit *replaced,
                        const struct clv_unitd_domain *by, struct clv_writer *w,
                        struct clv_error *err);

/* ---- one request under way ---- */
struct call {
    struct clv_unitd_vault *vault;
    struct clv_unitd_domain *domain; /* a working copy: handlers change it freely */
    struct clv_ep11_admin_request request;
    struct clv_ep11_admin_block block;
    bool domain_id_malformed;
    enum lie lie;
    struct clv_writer output;
};

/* Runs a decoded request: looks its row up, checks in the order of section c, calls the handler. */
enum verdict call_run(struct call *call);
bool command_is_known(uint32_t command);

/* ---- checks ---- */
enum verdict check_identity(const struct call *call, const struct clv_ep11_admin_block *block);
enum verdict check_counter(const struct call *call, struct clv_view counter);
/* Verifies every SignerInfo in signatures over message; counts distinct administrators. */
enum verdict check_signatures(const struct clv_unitd_domain *domain, struct clv_view signatures,
                              struct clv_view message, unsigned *ret_num_signers);

/* ---- helpers of the handlers ---- */
const struct clv_unitd_admin *admin_find(const struct clv_unitd_domain *domain,
                                         const uint8_t ski[CLV_SKI_LEN]);
bool permitted(const struct clv_unitd_domain *domain, uint32_t permission);
void write_skis(struct call *call);
/* The verification pattern of a register's key, as this call tells it. */
void write_pattern(struct call *call, const struct clv_secret *key);
/* errors  none: the true pattern, all 32 bytes of the hash when tail is set */
void pattern_of(const struct clv_secret *key, bool tail, uint8_t ret[CLV_EP11_PATTERN_LEN]);
void pattern_told(const struct clv_secret *key, enum lie lie, uint8_t ret[CLV_EP11_PATTERN_LEN]);

/* ---- handlers, by file ---- */
enum verdict cmd_admin_login(struct call *call);
enum verdict cmd_admin_logout(struct call *call);
enum verdict cmd_admin_replace(struct call *call);
enum verdict cmd_set_attributes(struct call *call);
enum verdict cmd_generate_importer(struct call *call);
enum verdict cmd_generate_wk(struct call *call);
enum verdict cmd_import_wk(struct call *call);
enum verdict cmd_commit_wk(struct call *call);
enum verdict cmd_finalize_wk(struct call *call);
enum verdict cmd_clear_wk(struct call *call);
enum verdict cmd_clear_next_wk(struct call *call);
enum verdict cmd_export_wk(struct call *call);
enum verdict cmd_export_next_wk(struct call *call);
enum verdict cmd_zeroize(struct call *call);
enum verdict cmd_cp_set(struct call *call);
enum verdict cmd_cp_add(struct call *call);
enum verdict cmd_cp_del(struct call *call);

enum verdict query_admins(struct call *call);
enum verdict query_device_cert(struct call *call);
enum verdict query_importer(struct call *call);
enum verdict query_control_points(struct call *call);
enum verdict query_wk(struct call *call);
enum verdict query_next_wk(struct call *call);
enum verdict query_attributes(struct call *call);

/* The attribute list as this request's API ordinal is shown it. */
void write_attributes(struct call *call);
/* Signature threshold an input asks for, for leaving imprint mode: *ret is the present one when the
 * input does not name it. Refuses what no number of signatures could meet. */
enum verdict attributes_new_threshold(const struct call *call, unsigned *ret);

/* get_xcp_info: the payload of a module or domain query. false: no such type. */
bool info_payload(const struct clv_unitd_vault *vault, const struct clv_unitd_domain *domain,
                  uint32_t type, enum lie lie, struct clv_writer *w);

#endif
