/* journal: the append-only record of a ceremony, as a transparency log.
 *
 *     clv_journal_create(dir, "CLV-20261123-7F3A", true, clv_random_system(), &j, err);
 *     clv_journal_append(j, entry, &seq, err);       entry 0 must contain clv_journal_vkey(j)
 *     clv_journal_checkpoint(j, err);                after each turn and each dispatch phase
 *     clv_journal_prove(j, seq, &proof, err);
 *     clv_journal_free(&j);
 *
 * Entries are opaque here: one line of UTF-8, 1..4096 bytes, no control characters. The log is a
 * Merkle tree (merkle.h); a checkpoint is a signed note of its size and root (note.h). Files in the
 * ceremony folder, all of mode 0600:
 *
 *     journal.log      "<seq> <first 16 hex digits of the leaf hash> <entry>\n"
 *     checkpoints.log  signed notes, an empty line behind each
 *     journal.vkey     the public key, one line
 *     journal.key      the secret key: it signs for this ceremony only. It proves that the same
 *                      workstation and folder wrote on; who had the folder could sign as well. What
 *                      ties the log to the people are paper slips and cosignatures.
 *     journal.reserve  space set aside, see clv_journal_reserve()
 *
 * An append is durable before it succeeds. One that fails leaves the log as it was, and may be
 * repeated. Nothing is ever repaired silently: a torn last record (power cut) is set aside by
 * clv_journal_set_torn_aside() only. No secret may be in an entry: that is the caller's duty.
 *
 * source  docs/formats/journal.md; RFC 6962; C2SP tlog-checkpoint, signed-note */
#ifndef CLAVIGER_JOURNAL_H
#define CLAVIGER_JOURNAL_H

#include "claviger/base.h"
#include "claviger/journal/cosign.h"
#include "claviger/journal/merkle.h"
#include "claviger/journal/note.h"

#define CLV_JOURNAL_ENTRY_MAX 4096

#define CLV_JOURNAL_LOG "journal.log"
#define CLV_JOURNAL_CHECKPOINTS "checkpoints.log"
#define CLV_JOURNAL_VKEY "journal.vkey"
#define CLV_JOURNAL_KEY "journal.key"
#define CLV_JOURNAL_RESERVE "journal.reserve"

struct clv_journal;

/* ---- begin, go on, end ---------------------------------------------------------------------- */

/* A new journal with a new key, in an existing private folder. The folder is locked until
 * clv_journal_free() or the end of the process, whatever ends it.
 * errors  CLV_E_EXISTS: a journal is there; CLV_E_RULE: another process holds the folder;
 *         CLV_E_FULL, CLV_E_IO */
clv_status clv_journal_create(const char *dir, const char *ceremony_id, bool test,
                              const struct clv_random *random, struct clv_journal **ret,
                              struct clv_error *err);
/* Goes on with a journal: verifies all of it and the key first. Entries behind the last checkpoint
 * are accepted (clv_journal_signed_size() tells), also a journal that has no checkpoint yet.
 * errors  as the verdicts of clv_journal_verify(); a torn end is CLV_E_DAMAGED with the hint;
 *         CLV_E_RULE: another process holds the folder; CLV_E_MISSING */
clv_status clv_journal_open(const char *dir, struct clv_journal **ret, struct clv_error *err);
/* As clv_journal_open() to read and prove only: no lock, no secret key, appends are refused. A torn
 * end or records still being written are left out. */
clv_status clv_journal_open_readonly(const char *dir, struct clv_journal **ret,
                                     struct clv_error *err);
void clv_journal_free(struct clv_journal **j);
/* The lock alone, for what else has to be done by one process at a time: it ends when *ret_fd is
 * closed, and with the process. errors  CLV_E_RULE: held by another, whose process is named where
 * the kernel tells */
clv_status clv_journal_lock(const char *dir, int *ret_fd, struct clv_error *err);

/* ---- on two media --------------------------------------------------------------------------- */

#define CLV_JOURNAL_MEDIA 2

/* As the two above, with a second copy in a folder of its own on another medium (NULL: none). Each
 * entry and checkpoint is on both before it is acknowledged, or on none. Both folders are locked.
 * Opening compares them from the first entry on, and writes nothing: a copy that is behind is
 * brought up to date before the next entry is written (clv_journal_lacks() tells, until then); it
 * does not matter which of the two it is. A mirror folder without a journal lacks everything.
 * errors  CLV_E_MISMATCH: the copies differ, and from which entry on; CLV_E_FOREIGN: the mirror is
 *         of another journal; nothing was changed on either */
clv_status clv_journal_create_mirrored(const char *dir, const char *mirror, const char *ceremony_id,
                                       bool test, const struct clv_random *random,
                                       struct clv_journal **ret, struct clv_error *err);
clv_status clv_journal_open_mirrored(const char *dir, const char *mirror, struct clv_journal **ret,
                                     struct clv_error *err);
/* Folder of copy 0 or 1; NULL when there is none, or it was given up. */
const char *clv_journal_medium(const struct clv_journal *j, size_t medium);
/* How many entries that copy is behind. */
uint64_t clv_journal_lacks(const struct clv_journal *j, size_t medium);
/* Which copy refused the last append or checkpoint; CLV_JOURNAL_MEDIA: none. */
size_t clv_journal_failed_medium(const struct clv_journal *j);
/* After a failed append, and when people say that it is mended: takes what failed up again. A file
 * that could not be cut back is cut, a medium that was away is opened anew and has to be what it
 * was, and space is set aside again. Then the append may be repeated.
 * errors  why it cannot be used yet; CLV_E_MISMATCH: something else is there now */
clv_status clv_journal_mend(struct clv_journal *j, struct clv_error *err);
/* Goes on without that copy, until the journal is opened again.
 * errors  CLV_E_RULE: the other one is not complete */
clv_status clv_journal_give_up(struct clv_journal *j, size_t medium, struct clv_error *err);

/* Moves what is behind the last whole record of journal.log and of checkpoints.log to
 * journal.torn-<n> and checkpoints.torn-<n> and cuts the logs there. Nothing that a checkpoint
 * covers is ever cut. *ret_num_bytes: how much was moved, 0 when nothing was torn. Say so in the
 * journal after opening it.
 * errors  CLV_E_DAMAGED: it is not merely torn; nothing was changed */
clv_status clv_journal_set_torn_aside(const char *dir, size_t *ret_num_bytes,
                                      struct clv_error *err);

/* ---- write ---------------------------------------------------------------------------------- */

/* On disk (fdatasync) before CLV_OK. *ret_seq (may be NULL) counts from 0.
 * errors  CLV_E_INPUT: not an entry, or entry 0 without the key; CLV_E_FULL, CLV_E_IO: the log is
 *         as before, try again; CLV_E_INTERNAL: the log could not be cut back: clv_journal_mend()
 */
clv_status clv_journal_append(struct clv_journal *j, struct clv_view entry, uint64_t *ret_seq,
                              struct clv_error *err);
/* Signs the tree as it is, unless the last checkpoint does so already; then a copy that has not got
 * that one gets it. The signed note is clv_journal_note(). errors as for appending; an empty tree
 * is CLV_E_USAGE */
clv_status clv_journal_checkpoint(struct clv_journal *j, struct clv_error *err);
/* Sets bytes of disk space aside beside each copy, so that a full disk still takes entries. Given
 * back in pieces, by itself, when an append or checkpoint finds the disk full; when
 * clv_journal_reserve_left() is 0 (the least of the copies) the next one fails: make room and call
 * this again. What was set aside before stays when more is not to be had.
 * errors  CLV_E_FULL */
clv_status clv_journal_reserve(struct clv_journal *j, size_t bytes, struct clv_error *err);
size_t clv_journal_reserve_left(const struct clv_journal *j);
/* Lets go of that much of what is set aside beside the first copy, for something else that has to
 * be written there. False: nothing is left. */
bool clv_journal_give_back(struct clv_journal *j, size_t bytes);

/* Nothing more is expected: the files are removed, and nothing is set aside again by itself. */
void clv_journal_drop_reserve(struct clv_journal *j);

/* ---- read ----------------------------------------------------------------------------------- */

uint64_t clv_journal_size(const struct clv_journal *j);        /* entries */
uint64_t clv_journal_signed_size(const struct clv_journal *j); /* covered by the last checkpoint */
void clv_journal_root(const struct clv_journal *j, uint8_t ret_root[CLV_HASH_LEN]);
/* Root of the first size entries; size <= clv_journal_size(). */
void clv_journal_root_at(const struct clv_journal *j, uint64_t size,
                         uint8_t ret_root[CLV_HASH_LEN]);
/* The last signed checkpoint, empty when there is none; dies with the next checkpoint. */
struct clv_view clv_journal_note(const struct clv_journal *j);
const struct clv_vkey *clv_journal_key(const struct clv_journal *j);
/* The key as text: what entry 0 has to contain. */
const char *clv_journal_vkey(const struct clv_journal *j);
const char *clv_journal_ceremony_id(const struct clv_journal *j);
bool clv_journal_is_test(const struct clv_journal *j);

struct clv_journal_entry {
    size_t len;
    char text[CLV_JOURNAL_ENTRY_MAX + 1]; /* NUL behind it */
};

/* Read from disk again and compared with its leaf hash.
 * errors  CLV_E_MISSING: no such entry; CLV_E_DAMAGED: changed since it was verified; CLV_E_IO */
clv_status clv_journal_read(const struct clv_journal *j, uint64_t seq,
                            struct clv_journal_entry *ret, struct clv_error *err);
/* Calls fn for each entry from seq on, in order; a failure of fn ends it. */
clv_status clv_journal_each(const struct clv_journal *j, uint64_t from,
                            clv_status (*fn)(void *ctx, uint64_t seq, struct clv_view entry,
                                             struct clv_error *err),
                            void *ctx, struct clv_error *err);

/* ---- prove ---------------------------------------------------------------------------------- */

/* That entry seq is in the tree of the last checkpoint.
 * errors  CLV_E_MISSING: no such entry, or not covered by a checkpoint yet */
clv_status clv_journal_prove(const struct clv_journal *j, uint64_t seq,
                             struct clv_merkle_proof *ret, struct clv_error *err);
/* That the tree of the last checkpoint continues the one of old_size entries (1..signed size). */
clv_status clv_journal_prove_consistency(const struct clv_journal *j, uint64_t old_size,
                                         struct clv_merkle_proof *ret, struct clv_error *err);

/* ---- witnesses (cosign.h) -------------------------------------------------------------------- */

/* The last checkpoint with a proof that it continues the one of old_size entries (0: none): what a
 * witness is asked to cosign.
 * errors  CLV_E_MISSING: no checkpoint yet, or none continues old_size */
clv_status clv_journal_cosign_request(const struct clv_journal *j, uint64_t old_size,
                                      struct clv_writer *w, struct clv_error *err);
/* Adds a cosignature of the last checkpoint to it, once checked against the witness's key: the same
 * note with one more line goes behind it, and is what clv_journal_note() then gives. One that is
 * there already changes nothing.
 * errors  as clv_cosignature_check() and clv_journal_append(); CLV_E_FULL: too many lines */
clv_status clv_journal_cosigned(struct clv_journal *j, const struct clv_cosignature *c,
                                const struct clv_vkey *witness, struct clv_error *err);
/* Size of the last checkpoint that the witness (NULL: any) cosigned in this journal, 0: none. */
uint64_t clv_journal_cosigned_size(const struct clv_journal *j, const struct clv_vkey *witness);

/* ---- verify, as a stranger ------------------------------------------------------------------- */

enum clv_journal_verdict {
    CLV_JOURNAL_INTACT,        /* every entry is covered by a signature that holds */
    CLV_JOURNAL_UNSIGNED_TAIL, /* as far as signed, intact; nothing vouches for the last entries */
    CLV_JOURNAL_UNSIGNED,      /* no checkpoint at all */
    CLV_JOURNAL_TORN,          /* ends in half a record, as after a power cut */
    CLV_JOURNAL_DAMAGED,       /* a record disagrees with its own check value or number */
    CLV_JOURNAL_TRUNCATED,     /* a checkpoint, slip or receipt covers entries that are gone */
    CLV_JOURNAL_FORGED,        /* a signature or root does not hold */
    CLV_JOURNAL_FOREIGN,       /* another key or ceremony than expected */
};

/* A size and root known from elsewhere: a slip, a receipt. */
struct clv_journal_anchor {
    uint64_t size;
    uint8_t root[CLV_HASH_LEN];
};

struct clv_journal_expect {
    const struct clv_vkey *key;               /* NULL: believe the key that entry 0 names */
    const struct clv_journal_anchor *anchors; /* by rising size */
    size_t num_anchors;
    const struct clv_vkey *witnesses; /* each has to have cosigned a checkpoint */
    size_t num_witnesses;             /* at most CLV_WITNESSES_MAX */
};

struct clv_journal_report {
    enum clv_journal_verdict verdict;
    clv_status code; /* CLV_OK only when intact */
    char fault[240]; /* the first thing wrong, as a sentence; "" when intact */
    bool at_entry;   /* the fault is at entry fault_seq, or first possible there */
    uint64_t fault_seq;
    uint64_t size;              /* whole, numbered entries up to the fault */
    uint64_t signed_size;       /* covered by checkpoints that hold */
    uint64_t num_checkpoints;   /* that hold */
    uint8_t root[CLV_HASH_LEN]; /* of size entries */
    size_t torn_len;            /* bytes of half a record at the end of journal.log */
    size_t torn_checkpoint_len; /* and of checkpoints.log */
    struct clv_vkey key;
    bool key_given; /* by the caller, not by the journal itself */
    struct {
        uint64_t size, time;       /* of the last checkpoint; size 0: none */
    } cosigned[CLV_WITNESSES_MAX]; /* by the witnesses expected, in their order */
    char ceremony_id[CLV_CEREMONY_ID_MAX + 1];
    bool test;
};

/* Reads everything once, in memory that does not grow with the journal. expect may be NULL.
 * errors  only what kept it from looking (CLV_E_IO, CLV_E_MISSING, ...): what it found is in
 *         *ret_report */
clv_status clv_journal_verify(const char *dir, const struct clv_journal_expect *expect,
                              struct clv_journal_report *ret_report, struct clv_error *err);
/* The same over bytes in memory; vkey_file may be empty: not looked at. */
void clv_journal_verify_bytes(struct clv_view log, struct clv_view checkpoints,
                              struct clv_view vkey_file, const struct clv_journal_expect *expect,
                              struct clv_journal_report *ret_report);
const char *clv_journal_verdict_name(enum clv_journal_verdict verdict); /* "unsigned tail" */

#endif
