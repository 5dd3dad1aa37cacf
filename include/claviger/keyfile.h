/* keyfile: key parts, signature keys and keys of witnesses sealed in files, each under its owner's
 * password.
 *
 * The format (docs/formats/keyfile.md) is a text header, a base64 payload and a checksum. The
 * header is public and authenticated. Reading goes in steps that tell apart what went wrong: not a
 * key file, damaged (checksum), unsupported (version, costs), malformed, and only after Argon2
 * wrong password.
 *
 *     clv_kdf_new(CLV_KDF_STANDARD, &kdf, err);           early: prepares 256 MiB
 *     clv_keyfile_create(kdf, &request, &info, &path, err);
 *     ...
 *     clv_keyfile_list(dir, CLV_KEYFILE_ANY, &list, err);  headers only, no password
 *     clv_keyfile_open(kdf, path, password, &payload, &info, err);
 *
 * Opening and creating take as long as Argon2 takes and may run in a worker thread; one clv_kdf
 * serves one call at a time (a second one waits). No function writes a secret anywhere but into a
 * sealed file, and none overwrites a file. */
#ifndef CLAVIGER_KEYFILE_H
#define CLAVIGER_KEYFILE_H

#include "claviger/base.h"
#include "claviger/crypto.h"
#include "claviger/custody.h"

/* ---- password to key: Argon2id ---- */

/* Fixed costs, the same on every workstation; a file that asks for others is refused. */
enum clv_kdf_profile { CLV_KDF_STANDARD, CLV_KDF_HIGH, CLV_NUM_KDF_PROFILES };

struct clv_kdf_cost {
    const char *name; /* "standard", "high" */
    uint32_t memory_kib, passes, lanes;
};
const struct clv_kdf_cost *clv_kdf_cost(enum clv_kdf_profile profile);
/* errors  CLV_E_UNSUPPORTED: no profile of that name */
clv_status clv_kdf_profile_named(const char *name, enum clv_kdf_profile *ret,
                                 struct clv_error *err);

#define CLV_KDF_SALT_LEN 16
#define CLV_KDF_KEY_LEN 32

/* Argon2id by the reference library in a matrix that is mapped and populated once, proven zero
 * after every use, and reused. */
struct clv_kdf;

/* Maps the matrix of the profile. A larger profile asked of clv_kdf_derive() later maps it then.
 * errors  CLV_E_MEMORY: available memory does not hold it; says how much is wanted and there */
clv_status clv_kdf_new(enum clv_kdf_profile profile, struct clv_kdf **ret, struct clv_error *err);
void clv_kdf_free(struct clv_kdf **kdf);
/* shape   password 1..CLV_PASSWORD_MAX bytes; *ret_key CLV_KDF_KEY_LEN bytes
 * errors  CLV_E_INPUT (empty or too long), CLV_E_MEMORY, CLV_E_INTERNAL */
clv_status clv_kdf_derive(struct clv_kdf *kdf, enum clv_kdf_profile profile,
                          const struct clv_secret *password, const uint8_t salt[CLV_KDF_SALT_LEN],
                          struct clv_secret **ret_key, struct clv_error *err);
/* How often Argon2 ran: refusing a bad file must not change it. */
unsigned clv_kdf_runs(const struct clv_kdf *kdf);
/* What one derivation will take here. Measured once, with a small one, at clv_kdf_new(); replaced
 * by the real figure after the first derivation of the profile. */
unsigned clv_kdf_estimate_ms(const struct clv_kdf *kdf, enum clv_kdf_profile profile);
/* Refuses costs above half of this machine's memory: a file made here should open elsewhere.
 * errors  CLV_E_MEMORY */
clv_status clv_kdf_fit_to_create(enum clv_kdf_profile profile, struct clv_error *err);
/* RFC 9106's vector, and agreement with libsodium's own implementation, at small cost.
 * errors  CLV_E_INTERNAL */
clv_status clv_kdf_self_test(struct clv_error *err);

/* ---- what a header says ---- */

enum clv_keyfile_kind {
    CLV_KEYFILE_ANY,
    CLV_KEYFILE_PART,
    CLV_KEYFILE_SIGKEY,
    CLV_KEYFILE_WITNESS,
    CLV_NUM_KEYFILE_KINDS,
};
enum clv_part_origin { CLV_ORIGIN_RANDOM, CLV_ORIGIN_TYPED };
enum clv_sigkey_type { CLV_SIGKEY_P521, CLV_SIGKEY_RSA };

#define CLV_KEYFILE_MAX 65536
#define CLV_KEYFILE_SUFFIX ".clvkey"
#define CLV_KEYFILE_PLUGIN_SUFFIX ".sigkey" /* signature-key files of the plug-in */
#define CLV_KEYFILE_OWNER_MAX 64            /* characters */
#define CLV_KEYFILE_DESCRIPTION_MAX 100     /* characters */
#define CLV_KEYFILE_ADMIN_MAX 30            /* printable ASCII, as units store it */
#define CLV_KEYFILE_WITNESS_MAX 100         /* printable ASCII without blank and '+' */
#define CLV_KEYFILE_CEREMONY_MAX 64         /* letters, digits, '.', '_', '-' */
#define CLV_KEYFILE_SLOT_MAX 20
#define CLV_KEYFILE_ID_LEN 32
#define CLV_WITNESS_KEY_LEN 32  /* public key */
#define CLV_WITNESS_SEED_LEN 32 /* what is sealed */

struct clv_keyfile_info {
    enum clv_keyfile_kind kind;
    bool test_world;
    bool of_plugin; /* then only ski, sigkey_type, description and what fits of admin_name are known
                     */
    char owner[CLV_KEYFILE_OWNER_MAX * 4 + 1];
    char description[CLV_KEYFILE_DESCRIPTION_MAX * 4 + 1];
    char ceremony[CLV_KEYFILE_CEREMONY_MAX + 1]; /* empty: none */
    unsigned slot;                               /* 0: none */
    int64_t created_ms;                          /* whole seconds */
    enum clv_kdf_profile profile;

    /* key parts */
    enum clv_part_origin origin;
    bool has_pattern;                 /* random parts only */
    uint8_t pattern[CLV_PATTERN_LEN]; /* EP11-VP of the part */
    uint8_t cmac0[CLV_KCV_CMAC0_LEN]; /* typed parts only */
    uint8_t commitment[CLV_COMMITMENT_LEN];

    /* signature keys; of ours, RSA ones are always imported */
    enum clv_sigkey_type sigkey_type;
    char admin_name[CLV_KEYFILE_ADMIN_MAX + 1];
    uint8_t ski[CLV_SKI_LEN];

    /* keys of witnesses */
    char witness_name[CLV_KEYFILE_WITNESS_MAX + 1]; /* that stands in cosignatures */
    uint8_t witness_key[CLV_WITNESS_KEY_LEN];       /* Ed25519 public key */

    uint8_t file_id[CLV_KEYFILE_ID_LEN]; /* SHA-256 of the whole file */
};

/* "KCV-CMAC0 377822" or "EP11-VP 491176b0 ...": what may be shown of a part in the header. */
void clv_keyfile_check_text(const struct clv_keyfile_info *info, char buf[CLV_CHECK_TEXT]);
/* "TEST random" and the like: the kind a part's commitment is bound to. Static text. */
const char *clv_keyfile_commitment_kind(const struct clv_keyfile_info *info);

/* ---- create ---- */

struct clv_keyfile_request {
    const char *dir; /* a private folder; made if it is not there */
    const char
        *name; /* plain file name, or NULL: made from owner, kind, slot and 4 random letters */
    /* kind, world, owner, description, ceremony, slot, created_ms, profile; origin for parts,
     * admin_name and sigkey_type for signature keys, witness_name for keys of witnesses. The rest
     * is computed. */
    const struct clv_keyfile_info *info;
    const struct clv_secret *password;
    /* part: 32 bytes; signature key: 66-byte P-521 scalar, or RSAPrivateKey of 2048 bits in DER;
     * key of a witness: 32-byte Ed25519 seed */
    const struct clv_secret *payload;
    const struct clv_random *random;
};

/* Seals, writes a new file, reads it back, opens it with the same password (a second Argon2 run),
 * compares, and only then succeeds. After a failure the file is gone again and the error says so.
 * shape   *ret_info: the full header; *ret_path: the caller's to free()
 * errors  CLV_E_INPUT (a text breaks a rule), CLV_E_RULE (part all the same byte), CLV_E_EXISTS,
 *         CLV_E_PERMISSION, CLV_E_FULL, CLV_E_IO, CLV_E_MEMORY */
clv_status clv_keyfile_create(struct clv_kdf *kdf, const struct clv_keyfile_request *request,
                              struct clv_keyfile_info *ret_info, char **ret_path,
                              struct clv_error *err);

/* ---- read ---- */

/* The header of a file's bytes: checksum, form and limits verified, nothing derived. Authentic only
 * after clv_keyfile_open().
 * errors  CLV_E_FOREIGN: not one of our key files; CLV_E_DAMAGED: checksum, or cut off
 *         CLV_E_UNSUPPORTED: version, cipher or costs; CLV_E_FORMAT: names the line */
clv_status clv_keyfile_parse(struct clv_view file, struct clv_keyfile_info *ret_info,
                             struct clv_error *err);
/* The same from a file of ours that nobody else may read. A name that ends in ".sigkey" is taken
 * for a file of the plug-in: production, without owner. errors  as clv_keyfile_parse(),
 * clv_file_read_private() */
clv_status clv_keyfile_read_header(const char *path, struct clv_keyfile_info *ret_info,
                                   struct clv_error *err);
/* shape   *ret_payload: the part (32 bytes), scalar (66 bytes), RSAPrivateKey or seed (32 bytes),
 *         which agrees with the header's check value, commitment, SKI or public key
 *         Files of the plug-in open here, too.
 * errors  CLV_E_PASSWORD: wrong password (or a header forged together with its checksum: the two
 *         cannot be told apart); CLV_E_FORGED: opens, and contradicts its own header; and those of
 *         clv_keyfile_read_header() */
clv_status clv_keyfile_open(struct clv_kdf *kdf, const char *path,
                            const struct clv_secret *password, struct clv_secret **ret_payload,
                            struct clv_keyfile_info *ret_info, struct clv_error *err);
/* errors  CLV_E_WORLD */
clv_status clv_keyfile_check_world(const struct clv_keyfile_info *info, bool test_world,
                                   struct clv_error *err);

/* What a turn expects of a file; members left zero are not compared. */
struct clv_keyfile_expected {
    enum clv_keyfile_kind kind;
    const char *owner; /* as clv_same_person() compares */
    const char *ceremony;
    unsigned slot;
};
/* errors  CLV_E_FOREIGN: names the first difference */
clv_status clv_keyfile_check_expected(const struct clv_keyfile_info *info,
                                      const struct clv_keyfile_expected *expected,
                                      struct clv_error *err);

struct clv_keyfile_entry {
    char *path;
    bool good;
    struct clv_keyfile_info info; /* good */
    struct clv_error why;         /* not good: the reason */
};
struct clv_keyfile_list {
    struct clv_keyfile_entry *entries; /* by name */
    size_t num_entries;
};
/* Every file with our suffix in the folder (at most 1000), and with the plug-in's if signature keys
 * are asked for: readable ones of the kind, and all whose header cannot be read, with the reason. A
 * folder that is not there is an empty list. errors  CLV_E_PERMISSION: the folder is open to
 * others; CLV_E_IO */
clv_status clv_keyfile_list(const char *dir, enum clv_keyfile_kind kind,
                            struct clv_keyfile_list *ret_list, struct clv_error *err);
void clv_keyfile_list_clear(struct clv_keyfile_list *list);

/* CLOUDTKEFILES, else $XDG_DATA_HOME/claviger, else ~/.local/share/claviger; not created.
 * *ret_dir is the caller's to free(). */
clv_status clv_keyfile_default_dir(char **ret_dir, struct clv_error *err);

/* ---- passwords ---- */

#define CLV_PASSWORD_MIN_CHARS 12
#define CLV_PASSWORD_MAX 512 /* bytes; at most 128 characters */
#define CLV_PASSWORD_MAX_CHARS 128
#define CLV_PASSWORD_MIN_BITS 60

struct clv_password_verdict {
    size_t num_chars;
    double bits; /* zxcvbn's estimate of the guessing effort */
    bool good;
};
/* Length, characters, and an estimate that knows user_words (names of the people and of the
 * ceremony; NULL-terminated, may be NULL). The estimate is made in a child process: the password
 * never enters this one's ordinary memory.
 * errors  CLV_E_INPUT: not UTF-8, a control character, too long
 *         CLV_E_WEAK: too short or too easily guessed, with what to do; *ret is filled in too */
clv_status clv_password_check(const struct clv_secret *password, const char *const *user_words,
                              struct clv_password_verdict *ret, struct clv_error *err);
/* Eight pronounceable groups of five lower-case letters, "davok-tusen-...": 128 bits exactly.
 * source  docs/formats/keyfile.md "Generated passphrases" */
#define CLV_PASSPHRASE_LEN 47
clv_status clv_passphrase_generate(const struct clv_random *random,
                                   struct clv_secret **ret_passphrase, struct clv_error *err);

/* ---- keys of witnesses ---- */

/* shape   *ret_secret: Ed25519 secret key of libsodium, 64 bytes; ret_public may be NULL
 * errors  CLV_E_FORMAT: not a seed of 32 bytes */
clv_status clv_witness_key_pair(const struct clv_secret *seed, struct clv_secret **ret_secret,
                                uint8_t ret_public[CLV_WITNESS_KEY_LEN], struct clv_error *err);
/* "claviger.invalid/witness/test/wen-li": of the owner's letters and digits. */
void clv_witness_default_name(const char *owner, bool test_world,
                              char ret[CLV_KEYFILE_WITNESS_MAX + 1]);

/* ---- signature keys ---- */

/* Zero-initialised is empty; release with clv_sigkey_clear(). */
struct clv_sigkey {
    enum clv_sigkey_type type;
    struct clv_secret *key;            /* 66-byte scalar, or PKCS#1 RSAPrivateKey */
    uint8_t point[CLV_P521_POINT_LEN]; /* P-521 */
    uint8_t *rsa_public;               /* RSA: RSAPublicKey DER */
    size_t rsa_public_len;
    uint8_t ski[CLV_SKI_LEN]; /* SHA-256 of the point, or of RSAPublicKey */
};
clv_status clv_sigkey_generate(struct clv_sigkey *ret, struct clv_error *err);
/* *take_scalar is used up on success.
 * errors  CLV_E_FORMAT: not a P-521 scalar */
clv_status clv_sigkey_from_scalar(struct clv_secret **take_scalar, struct clv_sigkey *ret,
                                  struct clv_error *err);
/* The same for what clv_keyfile_open() brought: a scalar, or RSAPrivateKey of 2048 bits.
 * errors  CLV_E_FORMAT */
clv_status clv_sigkey_from_payload(enum clv_sigkey_type type, struct clv_secret **take_payload,
                                   struct clv_sigkey *ret, struct clv_error *err);
/* Signs 64 random bytes and verifies the signature: a key that cannot sign is found now. */
clv_status clv_sigkey_prove(const struct clv_sigkey *key, const struct clv_random *random,
                            struct clv_error *err);
void clv_sigkey_clear(struct clv_sigkey *key);

/* A signature-key file of the Trusted Key Entry plug-in: JSON, PBKDF2, AES-GCM.
 * shape   ret_name: its "name" or "description" member if it has one, else empty
 * errors  CLV_E_FOREIGN: not such a file; CLV_E_FORMAT: names the member; CLV_E_PASSWORD: wrong
 *         password, or damaged (the format cannot tell); CLV_E_FORGED: the key is not the one that
 *         `ski` names
 * source  docs/protocol.md, section f */
#define CLV_TKE_NAME_MAX 256
/* The same without the password: what the file says of itself, unproven. */
clv_status clv_tke_sigkey_parse(struct clv_view json, struct clv_keyfile_info *ret,
                                struct clv_error *err);
clv_status clv_tke_sigkey_open(struct clv_view json, const struct clv_secret *password,
                               struct clv_sigkey *ret, char ret_name[CLV_TKE_NAME_MAX],
                               struct clv_error *err);

#endif
