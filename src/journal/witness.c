/* What a witness is asked, and what they check before they cosign. source  C2SP tlog-witness */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- the request: "old <size>", the proof, an empty line, the note --------------------------- */

static clv_status bad_line(struct clv_error *err, size_t number, const char *what)
{
    return clv_fail(err, CLV_E_FORMAT, "not a checkpoint to be cosigned: line %zu %s", number,
                    what);
}

static bool parse_old(struct clv_view line, uint64_t *ret)
{
    static const char word[] = "old ";
    size_t len = sizeof word - 1;
    return line.len > len && memcmp(line.data, word, len) == 0 &&
           decimal_parse(clv_view_of(line.data + len, line.len - len), ret);
}

clv_status clv_cosign_request_parse(struct clv_view text, struct clv_cosign_request *ret,
                                    struct clv_error *err)
{
    struct clv_cosign_request r = {0};
    struct clv_view line = {0}, rest = text;
    size_t number = 2;
    if (text.len > CLV_REQUEST_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a checkpoint to be cosigned has at most %u bytes",
                        CLV_REQUEST_MAX);
    if (!clv_view_take_line(&rest, &line) || !parse_old(line, &r.old_size))
        return bad_line(err, 1, "is not \"old\" and a size");
    for (; clv_view_take_line(&rest, &line) && line.len > 0; number++) {
        if (r.proof.num_hashes == CLV_PROOF_MAX - 1 ||
            !clv_hash_parse(line, r.proof.hash[r.proof.num_hashes]))
            return bad_line(err, number, "is not a hash of the proof");
        r.proof.num_hashes++;
    }
    if (rest.len == 0)
        return bad_line(err, number, "is the last: there is no checkpoint");
    clv_status status = clv_note_parse(rest, &r.note, err);
    if (status == CLV_OK)
        status = clv_checkpoint_parse(r.note.text, &r.checkpoint, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the checkpoint to be cosigned");
    *ret = r;
    return CLV_OK;
}

static void write_hash(struct clv_writer *w, const uint8_t hash[CLV_HASH_LEN])
{
    char *text = clv_base64(hash, CLV_HASH_LEN);
    if (text)
        clv_write_format(w, "%s\n", text);
    else
        w->failed = true;
    free(text);
}

clv_status clv_journal_cosign_request(const struct clv_journal *j, uint64_t old_size,
                                      struct clv_writer *w, struct clv_error *err)
{
    struct clv_merkle_proof proof = {0};
    clv_status status = CLV_OK;
    if (clv_journal_note(j).len == 0)
        return clv_fail(err, CLV_E_MISSING, "the journal has no checkpoint yet");
    if (old_size > 0)
        status = clv_journal_prove_consistency(j, old_size, &proof, err);
    if (status != CLV_OK)
        return status;
    clv_write_format(w, "old %" PRIu64 "\n", old_size);
    for (size_t i = 0; i < proof.num_hashes; i++)
        write_hash(w, proof.hash[i]);
    clv_write_text(w, "\n");
    clv_write_view(w, clv_journal_note(j));
    return clv_writer_done(w, err);
}

/* ---- the check ------------------------------------------------------------------------------- */

static clv_status check_signed(const struct clv_cosign_request *request, const struct clv_vkey *log,
                               struct clv_error *err)
{
    const struct clv_checkpoint *c = &request->checkpoint;
    if (c->origin.len != strlen(log->name) || memcmp(c->origin.data, log->name, c->origin.len) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "the checkpoint is of another journal than %s",
                        log->name);
    return clv_note_verify(&request->note, log, err);
}

/* Evidence against the journal, not a slip of the hand. */
static clv_status two_views(struct clv_error *err)
{
    clv_hint(err,
             "Do not cosign. Keep this checkpoint and say so: two views of one journal exist.");
    return CLV_E_FORGED;
}

static clv_status check_growth(const struct clv_checkpoint *c,
                               const struct clv_witness_memory *memory, struct clv_error *err)
{
    if (c->size < memory->size) {
        (void)clv_fail(err, CLV_E_FORGED,
                       "this checkpoint has %" PRIu64 " entries, the one cosigned last has %" PRIu64
                       ": the journal was rolled back",
                       c->size, memory->size);
        return two_views(err);
    }
    if (c->size == memory->size && memcmp(c->root, memory->root, CLV_HASH_LEN) != 0) {
        (void)clv_fail(err, CLV_E_FORGED,
                       "a checkpoint of %" PRIu64 " entries with another root was cosigned before",
                       c->size);
        return two_views(err);
    }
    return CLV_OK;
}

static clv_status check_proof(const struct clv_cosign_request *request,
                              const struct clv_witness_memory *memory, struct clv_error *err)
{
    const struct clv_checkpoint *c = &request->checkpoint;
    if (request->old_size != memory->size) {
        (void)clv_fail(err, CLV_E_MISMATCH,
                       "the proof starts at %" PRIu64 " entries, the checkpoint cosigned last has "
                       "%" PRIu64,
                       request->old_size, memory->size);
        clv_hint(err, "Show it again with: claviger checkpoint DIR --old %" PRIu64, memory->size);
        return CLV_E_MISMATCH;
    }
    if (memory->size == 0)
        return request->proof.num_hashes == 0
                   ? CLV_OK
                   : clv_fail(err, CLV_E_FORMAT, "a proof that starts at 0 has no hashes");
    if (clv_merkle_check_consistency(memory->size, memory->root, c->size, c->root, &request->proof,
                                     err) == CLV_OK)
        return CLV_OK;
    return two_views(err);
}

clv_status clv_witness_check(const struct clv_cosign_request *request,
                             const struct clv_witness_memory *memory, struct clv_error *err)
{
    const struct clv_checkpoint *c = &request->checkpoint;
    clv_status status = check_signed(request, &memory->log, err);
    if (status != CLV_OK)
        return status;
    if (c->size == 0 || request->old_size > c->size)
        return clv_fail(err, CLV_E_FORMAT,
                        "a checkpoint of %" PRIu64 " entries, proven from %" PRIu64, c->size,
                        request->old_size);
    status = check_growth(c, memory, err);
    return status == CLV_OK ? check_proof(request, memory, err) : status;
}
