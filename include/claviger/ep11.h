/* ep11: the administration messages of an EP11 crypto unit, both directions, one file a message.
 *
 * Everything here turns bytes into structs and back; it sends nothing, keeps nothing and decides
 * nothing. A client (room unit) and a unit (room unitd) use the same pair of functions for each
 * message, so that what one writes the other reads.
 *
 *   HTP string > CPRB > xcpAdminReq { xcpAdminBlk, SignerInfo* }      request
 *   HTP string > CPRB > xcpAdminRsp { xcpAdminRspBlk, SignerInfo+ }   response
 *
 * Decoded structs borrow from the message they were read from (views). Encoders append to a writer.
 *
 * source  docs/protocol.md, which says where each fact comes from; sections b.1 to b.14 there */
#ifndef CLAVIGER_EP11_H
#define CLAVIGER_EP11_H

#include "claviger/base.h"
#include "claviger/crypto.h"

#define CLV_EP11_PATTERN_LEN 32         /* bytes on the wire */
#define CLV_EP11_PATTERN_SIGNIFICANT 28 /* newer units zero the last four */
#define CLV_EP11_DOMAIN_ID_LEN 8
#define CLV_EP11_MODULE_ID_LEN 16
#define CLV_EP11_SERIAL_LEN 8
#define CLV_EP11_COUNTER_LEN 16
#define CLV_EP11_MAX_ADMINS 8
#define CLV_EP11_MAX_PARTS 20
#define CLV_EP11_MAX_PAYLOAD 65536

/* ---- commands, queries, functions: one list gives numbers, names and who signs ---- */
/* X(enum, number, "name") */
#define CLV_EP11_COMMANDS(X)                                                                       \
    X(CLV_EP11_ADMIN_LOGIN, 0x02, "DOM_ADMIN_LOGIN")                                               \
    X(CLV_EP11_ADMIN_LOGOUT, 0x04, "DOM_ADMIN_LOGOUT")                                             \
    X(CLV_EP11_ADMIN_REPLACE, 0x06, "DOM_ADMIN_REPLACE")                                           \
    X(CLV_EP11_SET_ATTR, 0x08, "DOM_SET_ATTR")                                                     \
    X(CLV_EP11_GEN_IMPORTER, 0x09, "GEN_DOM_IMPORTER")                                             \
    X(CLV_EP11_GEN_WK, 0x0a, "GEN_WK")                                                             \
    X(CLV_EP11_EXPORT_WK, 0x0b, "EXPORT_WK")                                                       \
    X(CLV_EP11_IMPORT_WK, 0x0c, "IMPORT_WK")                                                       \
    X(CLV_EP11_COMMIT_WK, 0x0d, "COMMIT_WK")                                                       \
    X(CLV_EP11_FINALIZE_WK, 0x0e, "FINALIZE_WK")                                                   \
    X(CLV_EP11_ZEROIZE, 0x10, "DOM_ZEROIZE")                                                       \
    X(CLV_EP11_CP_SET, 0x11, "DOM_CTRLPOINT_SET")                                                  \
    X(CLV_EP11_CP_ADD, 0x12, "DOM_CTRLPOINT_ADD")                                                  \
    X(CLV_EP11_CP_DEL, 0x13, "DOM_CTRLPOINT_DEL")                                                  \
    X(CLV_EP11_CLEAR_WK, 0x1b, "CLEAR_WK")                                                         \
    X(CLV_EP11_CLEAR_NEXT_WK, 0x1c, "CLEAR_NEXT_WK")                                               \
    X(CLV_EP11_EXPORT_NEXT_WK, 0x26, "EXPORT_NEXT_WK")                                             \
    X(CLV_EP11_Q_ADMINS, 0x10002, "query DOMADMIN")                                                \
    X(CLV_EP11_Q_DEVICE_CERT, 0x10003, "query DEVICE_CERT")                                        \
    X(CLV_EP11_Q_IMPORTER, 0x10004, "query DOM_IMPORTER_CERT")                                     \
    X(CLV_EP11_Q_CTRLPOINTS, 0x10006, "query DOM_CTRLPOINTS")                                      \
    X(CLV_EP11_Q_WK, 0x10007, "query WK")                                                          \
    X(CLV_EP11_Q_NEXT_WK, 0x10008, "query NEXT_WK")                                                \
    X(CLV_EP11_Q_ATTRS, 0x1000a, "query DOM_ATTRS")

enum clv_ep11_command {
#define CLV_EP11_COMMAND_ENUM(name, number, text) name = number,
    CLV_EP11_COMMANDS(CLV_EP11_COMMAND_ENUM)
#undef CLV_EP11_COMMAND_ENUM
};
const char *clv_ep11_command_name(uint32_t command); /* "COMMIT_WK", or "unknown command" */
bool clv_ep11_is_query(uint32_t command);            /* bit 0x10000 */

enum { CLV_EP11_FN_ADMIN = 41, CLV_EP11_FN_INFO = 38 };
enum { CLV_EP11_INFO_MODULE = 1, CLV_EP11_INFO_DOMAIN = 3 };

/* ---- return and reason codes (section d): one table, text for people ---- */
#define CLV_EP11_NO_REASON 0xffffffffu
/* What the pair means, in a sentence; always text. Where the pair is not listed the reason alone
 * decides, since units put different return codes before one reason; then the return code. */
const char *clv_ep11_code_text(uint32_t return_code, uint32_t reason);
/* What to do about it, in a sentence; always text. */
const char *clv_ep11_code_hint(uint32_t return_code, uint32_t reason);
/* Makes it an error: CLV_E_UNIT with sentence, both numbers and hint. Returns CLV_E_UNIT. */
clv_status clv_ep11_code_fail(uint32_t return_code, uint32_t reason, struct clv_error *err);

/* ---- b.2 request ---- */
struct clv_ep11_admin_block {
    uint32_t command;
    uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN];
    struct clv_view module_id; /* 16 bytes; empty in queries */
    struct clv_view counter;   /* 16 bytes; empty in queries */
    struct clv_view input;
    struct clv_view whole; /* decode only: the encoded block, what signatures cover */
};
struct clv_ep11_admin_request {
    uint32_t function; /* API ordinal << 16 | function number */
    uint32_t domain;
    struct clv_view block;      /* encoded xcpAdminBlk */
    struct clv_view signatures; /* SignerInfos, possibly empty */
};
void clv_ep11_admin_block_encode(struct clv_writer *w, const struct clv_ep11_admin_block *block);
/* Field widths other than the domain id's are left to the caller to judge: module_id, counter and
 * input may have any length. *ret_domain_id_len_wrong tells whether that field is not 8 bytes
 * (domain_id is then zero); with NULL for it such a block is malformed. */
clv_status clv_ep11_admin_block_decode(struct clv_view bytes, struct clv_ep11_admin_block *ret,
                                       bool *ret_domain_id_len_wrong, struct clv_error *err);
void clv_ep11_admin_request_encode(struct clv_writer *w, const struct clv_ep11_admin_request *req);
clv_status clv_ep11_admin_request_decode(struct clv_view bytes, struct clv_ep11_admin_request *ret,
                                         struct clv_error *err);
/* Reads one request from r and leaves r behind it (IMPORT_WK concatenates them). */
void clv_ep11_admin_request_read(struct clv_reader *r, struct clv_ep11_admin_request *ret);

/* ---- b.3 response ---- */
struct clv_ep11_response_block {
    uint32_t command;
    uint8_t domain_id[CLV_EP11_DOMAIN_ID_LEN];
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    uint32_t return_code;
    struct clv_view output;
};
struct clv_ep11_response {
    uint32_t function;
    uint32_t domain;
    uint32_t return_value; /* nonzero: block and signatures are absent */
    struct clv_view block; /* encoded xcpAdminRspBlk, what signatures cover */
    struct clv_view signatures;
};
void clv_ep11_response_block_encode(struct clv_writer *w, const struct clv_ep11_response_block *b);
clv_status clv_ep11_response_block_decode(struct clv_view bytes,
                                          struct clv_ep11_response_block *ret,
                                          struct clv_error *err);
void clv_ep11_response_encode(struct clv_writer *w, const struct clv_ep11_response *rsp);
clv_status clv_ep11_response_decode(struct clv_view bytes, struct clv_ep11_response *ret,
                                    struct clv_error *err);
/* Reason code of a failed block: its first four output bytes, else CLV_EP11_NO_REASON. */
uint32_t clv_ep11_reason(const struct clv_ep11_response_block *b);

/* ---- b.4 SignerInfo ---- */
enum clv_ep11_sig_alg {
    CLV_EP11_SIG_P521,      /* ECDSA, SHA-512 */
    CLV_EP11_SIG_RSA_X931,  /* rsaEncryption, SHA-256, X9.31 */
    CLV_EP11_SIG_RSA_PKCS1, /* sha256WithRSAEncryption */
    CLV_EP11_SIG_DILITHIUM, /* carried, not verified */
};
struct clv_ep11_signer_info {
    uint8_t ski[CLV_SKI_LEN];
    enum clv_ep11_sig_alg algorithm;
    struct clv_view signature;
};
void clv_ep11_signer_info_encode(struct clv_writer *w, const struct clv_ep11_signer_info *si);
/* Reads one from r; AlgorithmIdentifiers may lack their NULL. */
void clv_ep11_signer_info_read(struct clv_reader *r, struct clv_ep11_signer_info *ret);

/* A public key as units and certificates carry it. */
enum clv_ep11_key_type { CLV_EP11_KEY_P521, CLV_EP11_KEY_RSA };
struct clv_ep11_public_key {
    enum clv_ep11_key_type type;
    struct clv_view bits; /* P-521: 04||X||Y; RSA: RSAPublicKey DER (content of the BIT STRING) */
    unsigned rsa_bits;
};
/* SubjectPublicKeyInfo. */
void clv_ep11_spki_encode(struct clv_writer *w, const struct clv_ep11_public_key *key);
clv_status clv_ep11_spki_decode(struct clv_view bytes, struct clv_ep11_public_key *ret,
                                struct clv_error *err);
/* SKIs: administrator = SHA-256 of the bits; importer = the same, P-521 without the 04;
 * device (OA) = first 32 bytes of SHA-512(04||X||Y). */
void clv_ep11_admin_ski(const struct clv_ep11_public_key *key, uint8_t ret[CLV_SKI_LEN]);
void clv_ep11_importer_ski(const struct clv_ep11_public_key *key, uint8_t ret[CLV_SKI_LEN]);
void clv_ep11_device_ski(const uint8_t point[CLV_P521_POINT_LEN], uint8_t ret[CLV_SKI_LEN]);
/* Signature of one SignerInfo over the bytes of a block.
 * errors  CLV_E_FORGED; CLV_E_UNSUPPORTED for Dilithium or a key of another type */
clv_status clv_ep11_signature_verify(const struct clv_ep11_signer_info *si,
                                     const struct clv_ep11_public_key *key, struct clv_view message,
                                     struct clv_error *err);

/* The unit's own signature over a response block: finds the one ECDSA SignerInfo, wherever it
 * stands, and verifies it with the device key. The SKI in it is not compared.
 * errors  CLV_E_FORGED: does not hold, or there is none; CLV_E_FORMAT */
clv_status clv_ep11_device_signature_verify(struct clv_view signatures,
                                            const uint8_t point[CLV_P521_POINT_LEN],
                                            struct clv_view message, struct clv_error *err);

/* Signs for one administrator. The private key never leaves what is behind ctx. */
struct clv_ep11_signer {
    uint8_t ski[CLV_SKI_LEN];
    enum clv_ep11_sig_alg algorithm;
    /* Appends nothing itself: fills sig (cap CLV_RSA2048_LEN or more) and *ret_len. */
    clv_status (*sign)(void *ctx, struct clv_view message, uint8_t *sig, size_t cap,
                       size_t *ret_len, struct clv_error *err);
    void *ctx;
};
/* A signer over a P-521 scalar of 66 bytes or an RSA key in PKCS#1 DER; borrows the secret. */
clv_status clv_ep11_signer_p521(const struct clv_secret *scalar, struct clv_ep11_signer *ret,
                                struct clv_error *err);
clv_status clv_ep11_signer_rsa(const struct clv_secret *private_der, struct clv_ep11_signer *ret,
                               struct clv_error *err);
/* Appends one SignerInfo a signer over message, which must not lie in w. */
clv_status clv_ep11_sign(struct clv_writer *w, const struct clv_ep11_signer *signers,
                         size_t num_signers, struct clv_view message, struct clv_error *err);

/* ---- b.5 administrator certificates ---- */
#define CLV_EP11_ADMIN_NAME_MAX 30
/* name: 1..30 characters of PrintableString. The signer holds the certificate's own key and signs
 * the TBSCertificate: ECDSA, or X9.31 for RSA.
 * errors  CLV_E_INPUT: name; CLV_E_MISMATCH: another key's signer */
clv_status clv_ep11_admin_cert_encode(struct clv_writer *w, const char *name,
                                      const struct clv_ep11_public_key *key,
                                      const struct clv_ep11_signer *signer, struct clv_error *err);
struct clv_ep11_admin_cert {
    struct clv_ep11_public_key key;
    uint8_t ski[CLV_SKI_LEN];  /* computed from the key */
    char name[64];             /* issuer CN, trailing blanks removed, other bytes shown as '?' */
    struct clv_view tbs;       /* whole TBSCertificate */
    struct clv_view signature; /* content of the BIT STRING, first byte skipped */
};
/* Parses any X.509 far enough; does not verify the self-signature (docs/protocol.md says why).
 * errors  CLV_E_FORMAT: not X.509, or a key a unit does not take */
clv_status clv_ep11_admin_cert_decode(struct clv_view bytes, struct clv_ep11_admin_cert *ret,
                                      struct clv_error *err);

/* ---- b.6 importer keys ---- */
enum clv_ep11_importer_type {
    CLV_EP11_IMPORTER_RSA2048 = 0,
    CLV_EP11_IMPORTER_RSA4096 = 1,
    CLV_EP11_IMPORTER_P256 = 2,
    CLV_EP11_IMPORTER_P521 = 3,
    CLV_EP11_IMPORTER_RSA3072 = 7,
};

/* ---- b.7, b.8 RecipientInfo: one key part sealed for one unit ---- */
/* part: 32 bytes. P-521 or RSA by the importer key's type. */
clv_status clv_ep11_recipient_seal(struct clv_writer *w, const struct clv_ep11_public_key *importer,
                                   const struct clv_secret *part, struct clv_error *err);
/* importer_private: scalar or PKCS#1 DER by type. Tries SharedInfo with NULL, then without.
 * errors  CLV_E_FORMAT: RecipientInfo malformed (*ret_reason 23), ciphertext size (24), point (25),
 *         CLV_E_FORGED: unwrap (27), CLV_E_MISMATCH: not 32 bytes (28) */
clv_status clv_ep11_recipient_open(struct clv_view bytes, enum clv_ep11_key_type type,
                                   const struct clv_secret *importer_private,
                                   struct clv_secret **ret_part, uint32_t *ret_reason,
                                   struct clv_error *err);
/* Whether a part that somebody else sealed has the form, and names this importer key as the one it
 * is for. Nothing is opened: what is inside shows when the unit has loaded it.
 * errors  CLV_E_FORMAT; CLV_E_MISMATCH: for another key */
clv_status clv_ep11_recipient_check(struct clv_view bytes,
                                    const struct clv_ep11_public_key *importer,
                                    struct clv_error *err);

/* ---- b.9 get_xcp_info ---- */
enum {
    CLV_EP11_FLAG_ADMINS = 0x01,
    CLV_EP11_FLAG_CURRENT = 0x02,
    CLV_EP11_FLAG_NEXT = 0x04,
    CLV_EP11_FLAG_COMMITTED = 0x08,
    CLV_EP11_FLAG_LEFT_IMPRINT = 0x10,
    CLV_EP11_FLAG_PROTECTED_KEYS = 0x20,
};
enum clv_ep11_new_state { CLV_NEW_EMPTY, CLV_NEW_UNCOMMITTED, CLV_NEW_COMMITTED };
enum clv_ep11_current_state { CLV_CURRENT_EMPTY, CLV_CURRENT_VALID };
const char *clv_ep11_new_state_text(enum clv_ep11_new_state s);         /* "Full committed" */
const char *clv_ep11_current_state_text(enum clv_ep11_current_state s); /* "Valid" */

struct clv_ep11_domain_info {
    uint32_t domain;
    uint8_t current_pattern[CLV_EP11_PATTERN_LEN];
    uint8_t new_pattern[CLV_EP11_PATTERN_LEN];
    uint32_t flags;
    uint8_t mode[8];
};
enum clv_ep11_new_state clv_ep11_new_state(const struct clv_ep11_domain_info *info);
enum clv_ep11_current_state clv_ep11_current_state(const struct clv_ep11_domain_info *info);

struct clv_ep11_module_info {
    uint32_t api_ordinal, firmware_id;
    uint8_t firmware_version[2], csp_version[2];
    uint8_t firmware_hash[32], xcp_hash[32], csp_hash[32];
    uint8_t serial[CLV_EP11_SERIAL_LEN], instance[8];
    char time[17];
    uint32_t mode[2], flags, extended_flags, num_domains;
    uint32_t sizes[9]; /* offsets 160..192, in wire order */
};
struct clv_ep11_info_request {
    uint32_t function, domain, type, subtype;
};
struct clv_ep11_info_response {
    uint32_t function, domain, return_value;
    struct clv_view payload;
};
void clv_ep11_info_request_encode(struct clv_writer *w, const struct clv_ep11_info_request *req);
clv_status clv_ep11_info_request_decode(struct clv_view bytes, struct clv_ep11_info_request *ret,
                                        struct clv_error *err);
void clv_ep11_info_response_encode(struct clv_writer *w, const struct clv_ep11_info_response *rsp);
clv_status clv_ep11_info_response_decode(struct clv_view bytes, struct clv_ep11_info_response *ret,
                                         struct clv_error *err);
void clv_ep11_domain_info_encode(struct clv_writer *w, const struct clv_ep11_domain_info *info);
clv_status clv_ep11_domain_info_decode(struct clv_view payload, struct clv_ep11_domain_info *ret,
                                       struct clv_error *err);
void clv_ep11_module_info_encode(struct clv_writer *w, const struct clv_ep11_module_info *info);
clv_status clv_ep11_module_info_decode(struct clv_view payload, struct clv_ep11_module_info *ret,
                                       struct clv_error *err);
/* The function number of a payload without decoding the rest; 0 when it cannot be read. */
uint32_t clv_ep11_peek_function(struct clv_view payload);

/* ---- b.10 device (OA) certificates ---- */
struct clv_ep11_device_cert {
    unsigned format;              /* 1 CEX5, 2 CEX6/CEX7, 3 CEX8 */
    struct clv_view signed_bytes; /* format 2; formats 1 and 3 sign a composite: see composite */
    struct clv_view composite[5]; /* pieces the signature covers, in order */
    unsigned num_composite;
    uint8_t point[CLV_P521_POINT_LEN];
    uint8_t subject_ski[CLV_SKI_LEN], signer_ski[CLV_SKI_LEN];
    uint8_t r[66], s[66];
    uint8_t adapter_id[12];
    struct clv_view oa_info;
    uint32_t sections[5]; /* format 2: lengths of the header */
};
clv_status clv_ep11_device_cert_decode(struct clv_view bytes, struct clv_ep11_device_cert *ret,
                                       struct clv_error *err);
/* Format 2, signed by signer_scalar whose SKI is signer_ski. adapter_id 12 bytes. */
clv_status
clv_ep11_device_cert_encode(struct clv_writer *w, const uint8_t point[CLV_P521_POINT_LEN],
                            const uint8_t adapter_id[12], const uint8_t signer_ski[CLV_SKI_LEN],
                            const struct clv_secret *signer_scalar, struct clv_error *err);
/* errors  CLV_E_FORGED */
clv_status clv_ep11_device_cert_verify(const struct clv_ep11_device_cert *cert,
                                       const uint8_t signer_point[CLV_P521_POINT_LEN],
                                       struct clv_error *err);

/* ---- section e: attributes ---- */
enum {
    CLV_EP11_ATTR_SIGN_THRESHOLD = 1,
    CLV_EP11_ATTR_REVOKE_THRESHOLD = 2,
    CLV_EP11_ATTR_PERMISSIONS = 3,
    CLV_EP11_ATTR_MODE = 4,
    CLV_EP11_ATTR_STANDARDS = 5,
    CLV_EP11_ATTR_MAX = 10,
};
enum {
    CLV_EP11_PERM_WK_IMPORT = 0x0001,
    CLV_EP11_PERM_WK_EXPORT = 0x0002,
    CLV_EP11_PERM_WK_1PART = 0x0004,
    CLV_EP11_PERM_WK_RANDOM = 0x0008,
    CLV_EP11_PERM_1SIGN = 0x0010,
    CLV_EP11_PERM_CP_1SIGN = 0x0020,
    CLV_EP11_PERM_ZERO_1SIGN = 0x0040,
    CLV_EP11_PERM_DO_NOT_DISTURB = 0x2000,
};
#define CLV_EP11_PERM_DOMAIN_DEFAULT 0x81ff0011u
#define CLV_EP11_MODE_DEFAULT 0x40202u
#define CLV_EP11_MODE_LEFT_IMPRINT 0x1u
#define CLV_EP11_THRESHOLD_MISSING 999 /* what IBM's tools show for an absent threshold */
struct clv_ep11_attributes {
    bool present[CLV_EP11_ATTR_MAX + 1];
    uint32_t value[CLV_EP11_ATTR_MAX + 1];
};
void clv_ep11_attributes_encode(struct clv_writer *w, const struct clv_ep11_attributes *attrs);
/* errors  CLV_E_FORMAT; *ret_reason 41 size, 42 unknown index, 43 repeated (may be NULL) */
clv_status clv_ep11_attributes_decode(struct clv_view bytes, struct clv_ep11_attributes *ret,
                                      uint32_t *ret_reason, struct clv_error *err);

/* Control points: 128 bits, bit n is 0x80 >> n % 8 of byte n / 8. Those that are named here. */
#define CLV_EP11_CONTROL_POINTS_LEN 16
enum {
    CLV_EP11_CP_ADD_ALLOWED = 0,
    CLV_EP11_CP_DELETE_ALLOWED = 1,
    CLV_EP11_CP_EDDSA = 55,     /* Edwards and 25519 curves */
    CLV_EP11_CP_BITCOIN = 66,   /* Bitcoin functions */
    CLV_EP11_CP_SIG_OTHER = 67, /* other signatures with elliptic curves */
};

/* ---- counters ---- */
void clv_ep11_counter_next(const uint8_t counter[16], uint8_t ret_next[16]); /* +1, wraps */
int clv_ep11_counter_compare(const uint8_t a[16], const uint8_t b[16]);      /* <0, 0, >0 */

/* ---- verification patterns: equal on the first 28 bytes ---- */
bool clv_ep11_pattern_equal(const uint8_t a[CLV_EP11_PATTERN_LEN],
                            const uint8_t b[CLV_EP11_PATTERN_LEN]);

/* ---- b.11 parameter map ---- */
enum {
    CLV_EP11_PARAM_OA_CERT = 0x15,
    CLV_EP11_PARAM_PART = 0x19, /* RecipientInfo */
    CLV_EP11_PARAM_PART_SIGNATURE = 0x1a,
    CLV_EP11_PARAM_NUM_PARTS = 0x1b,
    CLV_EP11_PARAM_PARTS_NEEDED = 0x1c,
    CLV_EP11_PARAM_HOLDER_CERT = 0x1d,
    CLV_EP11_PARAM_SCOPE = 0x1f,
};
enum { CLV_EP11_SCOPE_NO_HOLDERS = 0x4, CLV_EP11_SCOPE_NO_OA_CHAIN = 0x8 };
struct clv_ep11_parameter {
    uint16_t tag;
    uint32_t index;
    struct clv_view data;
};
#define CLV_EP11_KPH_CERT_LEN 309
void clv_ep11_parameters_encode(struct clv_writer *w, const struct clv_ep11_parameter *entries,
                                size_t num);
clv_status clv_ep11_parameters_decode(struct clv_view bytes, struct clv_ep11_parameter *ret_entries,
                                      size_t cap, size_t *ret_num, struct clv_error *err);
void clv_ep11_kph_cert_encode(const uint8_t point[CLV_P521_POINT_LEN],
                              uint8_t ret[CLV_EP11_KPH_CERT_LEN]);
clv_status clv_ep11_kph_cert_decode(struct clv_view bytes, uint8_t ret_point[CLV_P521_POINT_LEN],
                                    struct clv_error *err);

/* Input of EXPORT_WK and EXPORT_NEXT_WK: the whole key in one part, sealed for this point, which is
 * the importer key of the unit that is to load it. */
void clv_ep11_export_request_encode(struct clv_writer *w, const uint8_t point[CLV_P521_POINT_LEN]);
/* The part in their output, a RecipientInfo; borrowed.
 * errors  CLV_E_FORMAT: no parameter map, or not exactly one part */
clv_status clv_ep11_export_answer_decode(struct clv_view bytes, struct clv_view *ret_part,
                                         struct clv_error *err);

/* ---- b.12 CPRB, b.13 HTP ---- */
#define CLV_EP11_CPRB_LEN 32
/* The header in front of every payload, as a card takes it. */
struct clv_ep11_cprb {
    uint32_t domain;
    uint16_t return_code, reason;
    struct clv_view payload;
    size_t left; /* bytes behind the payload */
};
void clv_ep11_cprb_encode(struct clv_writer *w, uint32_t domain, struct clv_view payload);
/* errors  CLV_E_FORMAT */
clv_status clv_ep11_cprb_decode(struct clv_view bytes, struct clv_ep11_cprb *ret,
                                struct clv_error *err);

/* Both appended at once: the request string for a payload. */
clv_status clv_ep11_htp_request_encode(struct clv_writer *w, unsigned module_index, uint32_t domain,
                                       struct clv_view payload, struct clv_error *err);
/* errors  CLV_E_FORMAT; *ret_htp_error gets 9/12 bad hex, 9/1 other syntax (may be NULL).
 * payload is fresh memory, the caller's to free(). */
struct clv_ep11_htp_error {
    unsigned type, code;
};
clv_status clv_ep11_htp_request_decode(struct clv_view text, unsigned *ret_module_index,
                                       uint32_t *ret_domain, uint8_t **ret_payload,
                                       size_t *ret_payload_len,
                                       struct clv_ep11_htp_error *ret_htp_error,
                                       struct clv_error *err);
clv_status clv_ep11_htp_response_encode(struct clv_writer *w, uint32_t domain,
                                        struct clv_view payload, struct clv_error *err);
/* The same around a CPRB that came from a card, whatever is in it. */
clv_status clv_ep11_htp_response_wrap(struct clv_writer *w, struct clv_view cprb,
                                      struct clv_error *err);
/* An error of the transport itself (type not 00) with its text. */
void clv_ep11_htp_error_encode(struct clv_writer *w, struct clv_ep11_htp_error error,
                               const char *text);
/* errors  CLV_E_UNIT: type not 00 or CPRB return code; CLV_E_FORMAT: malformed */
clv_status clv_ep11_htp_response_decode(struct clv_view text, uint32_t *ret_domain,
                                        uint8_t **ret_payload, size_t *ret_payload_len,
                                        struct clv_error *err);

/* ---- b.14 locations, addresses, JSON bodies ---- */
/* "[zone].[host].[module].[domain]" */
clv_status clv_ep11_location_decode(const char *location, unsigned *ret_module,
                                    uint32_t *ret_domain, struct clv_error *err);
clv_status clv_ep11_location_encode(const char *zone, const char *host, unsigned module,
                                    uint32_t domain, char *ret, size_t cap, struct clv_error *err);
/* Base address of IBM Cloud's service from "API endpoint" (with or without https://) and region.
 * errors  CLV_E_INPUT: "Invalid API endpoint"; a region that is more than part of a host name */
clv_status clv_ep11_service_url(const char *endpoint, const char *region, char *out, size_t cap,
                                struct clv_error *err);

#define CLV_EP11_REST_MAX (256 * 1024)     /* bytes of a request's or response's body */
#define CLV_EP11_LISTING_MAX (1024 * 1024) /* bytes of a listing */
#define CLV_EP11_MAX_LISTED 4096           /* units in a listing */
#define CLV_EP11_TOKEN_MAX 4096            /* bytes of an access token */

/* {"request": HTP string} and {"response": HTP string}. Encoders append the body.
 * Decoders: *ret_htp is the caller's to free(), *ret_len bytes and a final NUL.
 * errors  CLV_E_FORMAT: not an object of strings, or the string is missing or empty */
clv_status clv_ep11_rest_request_encode(struct clv_writer *w, struct clv_view htp,
                                        struct clv_error *err);
clv_status clv_ep11_rest_request_decode(struct clv_view body, char **ret_htp, size_t *ret_len,
                                        struct clv_error *err);
clv_status clv_ep11_rest_response_encode(struct clv_writer *w, struct clv_view htp,
                                         struct clv_error *err);
clv_status clv_ep11_rest_response_decode(struct clv_view body, char **ret_htp, size_t *ret_len,
                                         struct clv_error *err);

enum clv_ep11_unit_kind {
    CLV_EP11_UNIT_OPERATIONAL, /* "hsms" */
    CLV_EP11_UNIT_RECOVERY,    /* "source_hsms" */
    CLV_EP11_UNIT_FAILOVER,    /* "failover_hsms" */
};
const char *clv_ep11_unit_kind_text(enum clv_ep11_unit_kind kind); /* "operational" */
struct clv_ep11_listed_unit {
    char hsm_id[65];    /* letters, digits, - and _: it becomes part of an address */
    char location[129]; /* printable ASCII; see clv_ep11_location_decode() */
    char serial_number[CLV_EP11_SERIAL_LEN + 1];
    char state[33]; /* may be empty */
    enum clv_ep11_unit_kind kind;
};
/* The listing of a service instance. Decoding keeps the order operational, recovery, failover;
 * *ret_units is the caller's to free().
 * errors  CLV_E_FORMAT: names the list, the unit and the member */
clv_status clv_ep11_rest_listing_encode(struct clv_writer *w,
                                        const struct clv_ep11_listed_unit *units, size_t num,
                                        struct clv_error *err);
clv_status clv_ep11_rest_listing_decode(struct clv_view body,
                                        struct clv_ep11_listed_unit **ret_units, size_t *ret_num,
                                        struct clv_error *err);

/* ---- b.14, end: a signing service, P-521 only ---- */
/* Names of its keys are part of an address: unreserved characters of RFC 3986 only, at most 64, not
 * "." or "..". */
#define CLV_EP11_SIGNING_NAME_MAX 64
bool clv_ep11_signing_name_ok(const char *name);
/* Body of POST /sign/NAME: the message itself, which the service hashes with SHA-512. */
clv_status clv_ep11_signing_request_encode(struct clv_writer *w, struct clv_view message,
                                           struct clv_error *err);
/* Body of GET /keys/NAME. errors  CLV_E_FORMAT */
clv_status clv_ep11_signing_public_decode(struct clv_view body,
                                          uint8_t ret_point[CLV_P521_POINT_LEN],
                                          struct clv_error *err);
/* Answer to POST /sign/NAME; the signature in minimal DER, not verified. errors  CLV_E_FORMAT */
clv_status clv_ep11_signing_signature_decode(struct clv_view body, uint8_t *ret_sig, size_t cap,
                                             size_t *ret_len, struct clv_error *err);

#endif
