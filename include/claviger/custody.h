/* custody: key parts and the rules of who may hold them.
 *
 * What a part is, what may be said about a key without saying the key (check values), how an owner
 * is bound to a part before anybody else's is known (commitment), how parts are added up without a
 * sum lying about (accumulator), how equal parts and shared passwords are noticed without keeping
 * them (guard), and who may hold what at the same time.
 *
 *     clv_part_random(random, &part, err);                      one owner's turn, alone
 *     clv_opening_new(random, part, &opening, err);
 *     clv_commitment_make(&facts, opening, commitment, err);    printed on the owner's slip
 *     ...
 *     clv_same_guard_add(guard, CLV_SAME_PART, owner, part, err);
 *     clv_accumulator_add(acc, part, err);
 *     clv_secret_free(&part);
 *     ...
 *     clv_accumulator_check_values(acc, &values, err);          after the last part
 *
 * Nothing here does I/O, reads a clock or keeps state of its own. No function prints a part. */
#ifndef CLAVIGER_CUSTODY_H
#define CLAVIGER_CUSTODY_H

#include "claviger/base.h"
#include "claviger/crypto.h"

#define CLV_PART_LEN 32

/* ---- check values: what may be shown of a key ---- */

/* X(enum, printed name, bytes, shown for a typed part)
 * A full-length hash of a value that somebody made up is a way to test guesses: of a typed part
 * only the short values are shown. */
#define CLV_CHECK_KINDS(X)                                                                         \
    X(CLV_CHECK_EP11_VP, "EP11-VP", 32, false)     /* SHA-256(01 || key), first 28 compared */     \
    X(CLV_CHECK_CCA_MKVP, "CCA-MKVP", 8, false)    /* its first 8 bytes */                         \
    X(CLV_CHECK_WKVP, "WKVP", 16, false)           /* its first 16 bytes */                        \
    X(CLV_CHECK_KCV_CMAC0, "KCV-CMAC0", 3, true)   /* AES-CMAC(key, 16 zero bytes) */              \
    X(CLV_CHECK_KCV_CMAC0_5, "KCV-CMAC0", 5, true) /* the same, five bytes for auditors */         \
    X(CLV_CHECK_KCV_ECB0, "KCV-ECB0", 3, true)     /* AES-ECB(key, zero block) */

enum clv_check_kind {
#define CLV_CHECK_ENUM(name, text, len, typed) name,
    CLV_CHECK_KINDS(CLV_CHECK_ENUM)
#undef CLV_CHECK_ENUM
        CLV_NUM_CHECK_KINDS,
};

#define CLV_PATTERN_LEN 32
#define CLV_PATTERN_COMPARED 28 /* newer units zero the last four bytes */
#define CLV_KCV_CMAC0_LEN 3     /* what is printed; five on request */

/* Everything that may be said about a key, computed once. Public data. */
struct clv_check_values {
    uint8_t pattern[CLV_PATTERN_LEN];
    uint8_t cmac0[5];
    uint8_t ecb0[3];
};

/* shape   key: CLV_PART_LEN bytes
 * source  docs/formats/keyfile.md "Check values" */
clv_status clv_check_values(const struct clv_secret *key, struct clv_check_values *ret,
                            struct clv_error *err);
const char *clv_check_name(enum clv_check_kind kind);
bool clv_check_fit_for_typed(enum clv_check_kind kind);
/* The bytes of one value, borrowed from values. */
struct clv_view clv_check_bytes(const struct clv_check_values *values, enum clv_check_kind kind);
/* "EP11-VP ef8a 9b7a e36f 0970 ...": algorithm, then the value in groups of four digits. */
#define CLV_CHECK_TEXT 96
void clv_check_text(const struct clv_check_values *values, enum clv_check_kind kind,
                    char buf[CLV_CHECK_TEXT]);
/* What a record says of a key beside its pattern: "CCA-MKVP ..., WKVP ..., KCV-CMAC0 ..., KCV-ECB0
 * ...", hex without blanks, KCV-CMAC0 with 5 bytes. */
#define CLV_CHECK_RECORD 160
void clv_check_record(const struct clv_check_values *values, char buf[CLV_CHECK_RECORD]);
/* What a record says of a part: "EP11-VP ..., CCA-MKVP ..., WKVP ..., KCV-CMAC0 ..., KCV-ECB0 ...",
 * KCV-CMAC0 with 3 bytes. Of a typed part, which somebody might guess, the last two only: what
 * could test a guess is wiped here. errors  as clv_check_values() */
#define CLV_CHECK_PART_RECORD 200
clv_status clv_check_part_record(const struct clv_secret *part, bool typed,
                                 char buf[CLV_CHECK_PART_RECORD], struct clv_error *err);
/* Back from the text of clv_check_record(), and the pattern that stands beside it; false: not
 * exactly that form. */
bool clv_check_record_read(const char *text, const uint8_t pattern[CLV_PATTERN_LEN],
                           struct clv_check_values *ret);
/* Equal in the first CLV_PATTERN_COMPARED of CLV_PATTERN_LEN bytes. */
bool clv_pattern_equal(const uint8_t a[CLV_PATTERN_LEN], const uint8_t b[CLV_PATTERN_LEN]);

/* ---- parts ---- */

clv_status clv_part_random(const struct clv_random *random, struct clv_secret **ret_part,
                           struct clv_error *err);
/* 64 hex digits as typed, blanks between them skipped; constant time in their values.
 * errors  CLV_E_INPUT: names the position of the wrong digit, or the count
 *         CLV_E_RULE: as clv_part_check() */
clv_status clv_part_from_hex(const struct clv_secret *typed, struct clv_secret **ret_part,
                             struct clv_error *err);
/* errors  CLV_E_FORMAT: not CLV_PART_LEN bytes
 *         CLV_E_RULE: every byte is the same (all zero included) */
clv_status clv_part_check(const struct clv_secret *part, struct clv_error *err);

/* ---- commitments: first bind, then reveal ---- */

#define CLV_COMMITMENT_LEN 32
#define CLV_COMMITMENT_NONCE_LEN 32
/* What opens a commitment: nonce || part, in one secret. */
#define CLV_OPENING_LEN (CLV_COMMITMENT_NONCE_LEN + CLV_PART_LEN)

/* Borrowed texts, UTF-8. Different splits of the same letters give different commitments. */
struct clv_commitment_facts {
    const char *ceremony; /* its identifier, "none" outside one */
    unsigned slot;        /* 1.. within the ceremony, 0 outside one */
    const char *owner;
    const char *kind; /* world and origin, "TEST random": see clv_keyfile_commitment_kind() */
};

/* A fresh nonce in front of a copy of the part. */
clv_status clv_opening_new(const struct clv_random *random, const struct clv_secret *part,
                           struct clv_secret **ret_opening, struct clv_error *err);
clv_status clv_opening_part(const struct clv_secret *opening, struct clv_secret **ret_part,
                            struct clv_error *err);
/* errors  CLV_E_FORMAT: opening is not CLV_OPENING_LEN bytes
 * source  docs/formats/keyfile.md "Commitment" */
clv_status clv_commitment_make(const struct clv_commitment_facts *facts,
                               const struct clv_secret *opening, uint8_t ret[CLV_COMMITMENT_LEN],
                               struct clv_error *err);
/* errors  CLV_E_MISMATCH: the part is not the one that was committed to */
clv_status clv_commitment_check(const struct clv_commitment_facts *facts,
                                const struct clv_secret *opening,
                                const uint8_t expected[CLV_COMMITMENT_LEN], struct clv_error *err);

/* ---- the one accumulator ---- */

/* The XOR of the parts so far. It is kept as two secrets, a random mask and the masked sum, so that
 * no buffer holds a part or a sum between two calls. */
struct clv_accumulator;

clv_status clv_accumulator_new(const struct clv_random *random, struct clv_accumulator **ret,
                               struct clv_error *err);
void clv_accumulator_free(struct clv_accumulator **acc);
/* errors  as clv_part_check(); the accumulator is then unchanged */
clv_status clv_accumulator_add(struct clv_accumulator *acc, const struct clv_secret *part,
                               struct clv_error *err);
unsigned clv_accumulator_count(const struct clv_accumulator *acc);
/* Check values of the combined key, which exists only while they are computed.
 * errors  CLV_E_RULE: no part yet, or a result that is all zero or all the same byte */
clv_status clv_accumulator_check_values(struct clv_accumulator *acc, struct clv_check_values *ret,
                                        struct clv_error *err);
/* Back to no part, under a fresh mask. */
void clv_accumulator_clear(struct clv_accumulator *acc, const struct clv_random *random);

/* ---- the same thing twice ---- */

/* Keyed tags (BLAKE2b, the key lives as long as the guard and nowhere else) of what was seen: equal
 * values are found, the values are not kept. */
struct clv_same_guard;

enum clv_same_what { CLV_SAME_PART, CLV_SAME_PASSWORD };

clv_status clv_same_guard_new(const struct clv_random *random, struct clv_same_guard **ret,
                              struct clv_error *err);
void clv_same_guard_free(struct clv_same_guard **guard);
/* Remembers value as owner's, unless it was seen before. The same owner may bring the same value
 * again (the file opened a second time): nothing is added then. Owners are compared as
 * clv_same_person() does.
 * errors  CLV_E_RULE: seen with another owner; names that owner, remembers nothing
 *         CLV_E_FULL: more than 64 values */
clv_status clv_same_guard_add(struct clv_same_guard *guard, enum clv_same_what what,
                              const char *owner, const struct clv_secret *value,
                              struct clv_error *err);
/* Takes back what an owner's undone turn had added; nothing happens if it was not there. */
void clv_same_guard_drop(struct clv_same_guard *guard, enum clv_same_what what, const char *owner);

/* ---- who may hold what ---- */

enum clv_holder_role {
    CLV_HOLDS_ADMINISTRATION, /* runs the script */
    CLV_HOLDS_PART,
    CLV_HOLDS_SIGNATURE_KEY,
    CLV_HOLDS_WITNESS,
};

struct clv_holder {
    const char *person;
    enum clv_holder_role role;
    unsigned slot; /* key part or signature key number; 0 for the others */
};

/* Exceptions a script may make; each one used is named on the receipt. */
enum {
    CLV_ALLOW_TWO_PARTS = 1u << 0,
    CLV_ALLOW_PART_AND_SIGNATURE = 1u << 1,
    CLV_ALLOW_WITNESS_HOLDS =
        1u << 2, /* a witness who holds a part or a signature key, or runs it */
    CLV_ALLOW_TWO_SIGNATURE_KEYS = 1u << 3,
};

/* Compares names without regard to case and to how many blanks stand where. */
bool clv_same_person(const char *a, const char *b);

struct clv_custody_conflict {
    unsigned rule;        /* the CLV_ALLOW_ bit that would permit it */
    size_t first, second; /* indexes into holders */
    char sentence[400];   /* "Lena Vogt would hold key part 1 and key part 3." */
};

/* Finds the pairs of duties that one person has and the rules forbid; at most cap are written.
 * *ret_num may be greater than cap. Pairs that `allowed` permits are left out; call it with 0 to
 * list what a receipt must name. */
void clv_custody_conflicts(const struct clv_holder *holders, size_t num_holders, unsigned allowed,
                           struct clv_custody_conflict *out, size_t cap, size_t *ret_num);
/* errors  CLV_E_RULE: the first conflict, as a sentence */
clv_status clv_custody_check(const struct clv_holder *holders, size_t num_holders, unsigned allowed,
                             struct clv_error *err);

#endif
