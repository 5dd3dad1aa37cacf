/* Cosignatures: a witness says, with a key of their own kept elsewhere and the time on it, that a
 * checkpoint continues the last one they saw of this journal.
 *
 *     ceremony                                     witness
 *     clv_cosign_request(j, old, &w, err)    -->   clv_cosign_request_parse(text, &request, err)
 *                                                  clv_witness_check(&request, &log, &last, err)
 *                                                  clv_cosign(text, &key, secret, now, &c, err)
 *     clv_journal_cosigned(j, ...)           <--   clv_cosignature_write(...)
 *
 * Only Ed25519 (type 0x04). A cosignature stands in the note as one more signature line; stock
 * verifiers of notes pass it over. Nothing here reads a clock.
 *
 * source  C2SP tlog-cosignature (cosignature/v1), tlog-witness (add-checkpoint);
 *         docs/formats/witness.md */
#ifndef CLAVIGER_JOURNAL_COSIGN_H
#define CLAVIGER_JOURNAL_COSIGN_H

#include "claviger/base.h"
#include "claviger/journal/merkle.h"
#include "claviger/journal/note.h"

#define CLV_WITNESSES_MAX 8 /* keys that one ceremony or one verification names */

/* ---- keys of witnesses: verifier keys of type 0x04 ------------------------------------------- */

/* errors  as clv_vkey_init() */
clv_status clv_cosigner_init(struct clv_vkey *ret, const char *name, const uint8_t key[32],
                             struct clv_error *err);
/* errors  as clv_vkey_parse(); CLV_E_UNSUPPORTED: a journal's key, for example */
clv_status clv_cosigner_parse(struct clv_view text, struct clv_vkey *ret, struct clv_error *err);

/* ---- one cosignature ------------------------------------------------------------------------- */

struct clv_cosignature {
    uint32_t id;   /* of the witness's key */
    uint64_t time; /* seconds since 1970, at most 2^63 - 1 */
    uint8_t signature[CLV_ED25519_SIGNATURE_LEN];
};

/* checkpoint: the text of the note, three lines. secret: as for clv_note_sign().
 * errors  CLV_E_MEMORY */
clv_status clv_cosign(struct clv_view checkpoint, const struct clv_vkey *witness,
                      const struct clv_secret *secret, uint64_t time, struct clv_cosignature *ret,
                      struct clv_error *err);
/* errors  CLV_E_FOREIGN: of another key; CLV_E_FORGED: it does not hold for this checkpoint */
clv_status clv_cosignature_check(const struct clv_cosignature *c, struct clv_view checkpoint,
                                 const struct clv_vkey *witness, struct clv_error *err);
/* The signature line, with its line feed. */
void clv_cosignature_write(const struct clv_cosignature *c, const struct clv_vkey *witness,
                           struct clv_writer *w);
/* A signature line of a note as a cosignature; false: of another form. */
bool clv_cosignature_of_line(const struct clv_note_signature *line, struct clv_cosignature *ret);
/* A signature line on its own, as clv_cosignature_write() writes it. *ret_name is borrowed.
 * errors  CLV_E_FORMAT */
clv_status clv_cosignature_parse(struct clv_view line, struct clv_view *ret_name,
                                 struct clv_cosignature *ret, struct clv_error *err);
/* At least one line of the note is of this witness, and every one of them holds. *ret_time (may be
 * NULL): of the latest. errors  CLV_E_FOREIGN: none; CLV_E_FORGED */
clv_status clv_note_check_cosigned(const struct clv_note *note, const struct clv_vkey *witness,
                                   uint64_t *ret_time, struct clv_error *err);

/* ---- what a witness is asked ----------------------------------------------------------------- */

#define CLV_REQUEST_MAX (16u * 1024)

/* Borrowed from its text. */
struct clv_cosign_request {
    uint64_t old_size; /* that the proof starts from; 0: none */
    struct clv_merkle_proof proof;
    struct clv_note note;
    struct clv_checkpoint checkpoint;
};
/* errors  CLV_E_FORMAT: names the line */
clv_status clv_cosign_request_parse(struct clv_view text, struct clv_cosign_request *ret,
                                    struct clv_error *err);

/* What a witness remembers of a journal: the last checkpoint they cosigned. size 0: nothing yet. */
struct clv_witness_memory {
    struct clv_vkey log;
    uint64_t size;
    uint8_t root[CLV_HASH_LEN];
    uint64_t time; /* of the cosignature, seconds since 1970 */
};
/* Whether the request's checkpoint is signed by log and continues what is remembered. On success
 * *memory may be brought up to it, durably, before anything is signed.
 * errors  CLV_E_FOREIGN: not of this log; CLV_E_FORGED: its signature does not hold, it goes back,
 *         or it does not continue what was cosigned; CLV_E_MISMATCH: the proof starts elsewhere:
 *         ask for one that starts at memory->size */
clv_status clv_witness_check(const struct clv_cosign_request *request,
                             const struct clv_witness_memory *memory, struct clv_error *err);

/* ---- all that a witness remembers, in a file beside their key -------------------------------- */

struct clv_witness_memories {
    struct clv_vkey witness;
    size_t num;
    struct clv_witness_memory *memory;
};
void clv_witness_memories_clear(struct clv_witness_memories *m);
/* Of a journal, by its name; NULL: never cosigned. */
struct clv_witness_memory *clv_witness_recall(const struct clv_witness_memories *m,
                                              const struct clv_vkey *log);
clv_status clv_witness_remember(struct clv_witness_memories *m, const struct clv_vkey *log,
                                const struct clv_checkpoint *checkpoint, uint64_t time,
                                struct clv_error *err);
/* errors  CLV_E_DAMAGED: checksum; CLV_E_FOREIGN, CLV_E_UNSUPPORTED, CLV_E_FORMAT */
clv_status clv_witness_memories_read(struct clv_view text, struct clv_witness_memories *ret,
                                     struct clv_error *err);
clv_status clv_witness_memories_write(const struct clv_witness_memories *m, struct clv_writer *w,
                                      struct clv_error *err);
/* A file that is not there is a witness who has not cosigned yet.
 * errors  as reading; CLV_E_FOREIGN: of another witness; CLV_E_PERMISSION: others may read it */
clv_status clv_witness_memories_load(const char *path, const struct clv_vkey *witness,
                                     struct clv_witness_memories *ret, struct clv_error *err);
/* Durable when it succeeds. */
clv_status clv_witness_memories_store(const char *path, const struct clv_witness_memories *m,
                                      struct clv_error *err);

#endif
