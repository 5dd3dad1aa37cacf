/* Writing: entries, checkpoints, and the space set aside for the last ones. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- the reserve ----------------------------------------------------------------------------- */

clv_status clv_journal_reserve(struct clv_journal *j, size_t bytes, struct clv_error *err)
{
    if (j->readonly || bytes == 0)
        return clv_fail(err, CLV_E_USAGE, "nothing can be set aside for this journal");
    clv_status status = CLV_OK;
    j->failed = MAX_MEDIA;
    for (size_t i = 0; status == CLV_OK && i < MAX_MEDIA; i++)
        if (j->medium[i].dir && !j->medium[i].out &&
            (status = medium_reserve(&j->medium[i], bytes, err)) != CLV_OK)
            j->failed = i;
    if (status == CLV_OK)
        j->reserve = bytes;
    return status;
}

size_t clv_journal_reserve_left(const struct clv_journal *j)
{
    size_t left = SIZE_MAX;
    for (size_t i = 0; i < MAX_MEDIA; i++)
        if (j->medium[i].dir && !j->medium[i].out && j->medium[i].reserve < left)
            left = j->medium[i].reserve;
    return left;
}

bool clv_journal_give_back(struct clv_journal *j, size_t bytes)
{
    struct medium *first = &j->medium[0];
    size_t before = first->dir && !first->out ? first->reserve : 0;
    while (before > 0 && first->reserve > 0 && before - first->reserve < bytes)
        medium_spend_reserve(first);
    return before > 0;
}

void clv_journal_drop_reserve(struct clv_journal *j)
{
    for (size_t i = 0; i < MAX_MEDIA; i++)
        if (j->medium[i].dir && !j->medium[i].out)
            medium_drop_reserve(&j->medium[i]);
    j->reserve = 0;
}

/* ---- entries --------------------------------------------------------------------------------- */

static clv_status check_append(const struct clv_journal *j, struct clv_view entry,
                               struct clv_error *err)
{
    if (j->readonly)
        return clv_fail(err, CLV_E_USAGE, "the journal was opened for reading only");
    clv_status status = entry_check(entry, err);
    if (status != CLV_OK)
        return status;
    if (j->tree.size == 0 && !entry_names_key(entry, &j->key))
        return clv_fail(err, CLV_E_INPUT, "entry 0 has to name the journal's key");
    return CLV_OK;
}

clv_status clv_journal_append(struct clv_journal *j, struct clv_view entry, uint64_t *ret_seq,
                              struct clv_error *err)
{
    uint8_t leaf[CLV_HASH_LEN];
    uint64_t seq = j->tree.size;
    struct clv_writer line = {0};
    clv_status status = check_append(j, entry, err);
    if (status != CLV_OK)
        return status;
    clv_merkle_leaf(entry, leaf);
    clv_writer_init(&line);
    record_write(&line, seq, entry, leaf);
    size_t entry_at = line.len > entry.len ? line.len - entry.len - 1 : 0;
    uint64_t offset = media_lead(j)->log[ENTRIES].len + entry_at;
    status = clv_writer_done(&line, err);
    /* Memory first: once it is on disk nothing may fail any more. */
    if (status == CLV_OK)
        status = journal_remember(j, offset, entry.len, leaf, err);
    if (status == CLV_OK) {
        status = media_append(j, ENTRIES, clv_writer_view(&line), err);
        if (status != CLV_OK)
            tree_drop_last(&j->tree);
    }
    clv_writer_clear(&line);
    if (status == CLV_OK && ret_seq)
        *ret_seq = seq;
    return status;
}

/* ---- checkpoints ----------------------------------------------------------------------------- */

static clv_status sign_tree(const struct clv_journal *j, struct clv_writer *note,
                            struct clv_error *err)
{
    struct clv_writer text = {0};
    struct clv_checkpoint c = {.origin = clv_view_of(j->key.name, strlen(j->key.name)),
                               .size = j->tree.size};
    clv_writer_init(&text);
    clv_journal_root(j, c.root);
    clv_checkpoint_write(&c, &text);
    clv_status status = clv_writer_done(&text, err);
    if (status == CLV_OK) {
        clv_note_sign(clv_writer_view(&text), &j->key, j->secret, note);
        clv_write_u8(note, '\n'); /* the empty line that ends a note in the file */
        status = clv_writer_done(note, err);
    }
    clv_writer_clear(&text);
    return status;
}

/* What was written to checkpoints.log, with the empty line behind it, is the last note now. */
static void take_note(struct clv_journal *j, struct clv_writer *take_written)
{
    take_written->len--;
    clv_writer_clear(&j->note);
    j->note = *take_written;
    *take_written = (struct clv_writer){0};
}

clv_status clv_journal_checkpoint(struct clv_journal *j, struct clv_error *err)
{
    struct clv_writer note = {0};
    if (j->readonly || j->tree.size == 0)
        return clv_fail(err, CLV_E_USAGE,
                        j->readonly ? "the journal was opened for reading only"
                                    : "there is nothing to sign yet");
    if (j->signed_size == j->tree.size)
        return media_level(j, err);
    clv_writer_init(&note);
    clv_status status = sign_tree(j, &note, err);
    if (status == CLV_OK)
        status = media_append(j, CHECKPOINTS, clv_writer_view(&note), err);
    if (status != CLV_OK) {
        clv_writer_clear(&note);
        return status;
    }
    take_note(j, &note);
    j->signed_size = j->tree.size;
    return CLV_OK;
}

/* ---- cosignatures ---------------------------------------------------------------------------- */

static bool starts_with_line(struct clv_view text, struct clv_view line)
{
    return text.len > line.len && memcmp(text.data, line.data, line.len) == 0 &&
           text.data[line.len] == '\n';
}

void journal_note_cosigners(struct clv_journal *j, struct clv_view note_text, uint64_t size)
{
    struct clv_note note;
    if (clv_note_parse(note_text, &note, NULL) != CLV_OK)
        return;
    for (size_t i = 0; i < note.num_signatures; i++) {
        uint32_t id = note.signatures[i].id;
        size_t k = 0;
        while (k < CLV_WITNESSES_MAX && j->cosigned[k].size && j->cosigned[k].id != id)
            k++;
        /* The journal's own line has the origin's name; its key is not known yet when opening. */
        if (!starts_with_line(note.text, note.signatures[i].name) && k < CLV_WITNESSES_MAX) {
            j->cosigned[k].id = id;
            j->cosigned[k].size = size;
        }
    }
}

uint64_t clv_journal_cosigned_size(const struct clv_journal *j, const struct clv_vkey *witness)
{
    uint64_t largest = 0;
    for (size_t i = 0; i < CLV_WITNESSES_MAX; i++)
        if ((!witness || j->cosigned[i].id == witness->id) && j->cosigned[i].size > largest)
            largest = j->cosigned[i].size;
    return largest;
}

/* The last note and one line more, with the empty line behind it. */
static clv_status write_cosigned(const struct clv_journal *j, const struct clv_cosignature *c,
                                 const struct clv_vkey *witness, struct clv_writer *w,
                                 struct clv_error *err)
{
    struct clv_note again;
    clv_write_view(w, clv_journal_note(j));
    clv_cosignature_write(c, witness, w);
    clv_status status = clv_writer_done(w, err);
    if (status == CLV_OK && clv_note_parse(clv_writer_view(w), &again, NULL) != CLV_OK)
        status = clv_fail(err, CLV_E_FULL, "the checkpoint has no room for another cosignature");
    clv_write_u8(w, '\n');
    return status == CLV_OK ? clv_writer_done(w, err) : status;
}

clv_status clv_journal_cosigned(struct clv_journal *j, const struct clv_cosignature *c,
                                const struct clv_vkey *witness, struct clv_error *err)
{
    struct clv_note note;
    struct clv_writer w = {0};
    if (j->readonly)
        return clv_fail(err, CLV_E_USAGE, "the journal was opened for reading only");
    if (clv_journal_note(j).len == 0)
        return clv_fail(err, CLV_E_MISSING, "the journal has no checkpoint yet");
    clv_status status = clv_note_parse(clv_journal_note(j), &note, err);
    if (status == CLV_OK)
        status = clv_cosignature_check(c, note.text, witness, err);
    if (status != CLV_OK || clv_note_check_cosigned(&note, witness, NULL, NULL) == CLV_OK)
        return status;
    clv_writer_init(&w);
    status = write_cosigned(j, c, witness, &w, err);
    if (status == CLV_OK)
        status = media_append(j, CHECKPOINTS, clv_writer_view(&w), err);
    if (status != CLV_OK) {
        clv_writer_clear(&w);
        return clv_while(err, status, "adding a cosignature");
    }
    take_note(j, &w);
    journal_note_cosigners(j, clv_journal_note(j), j->signed_size);
    return CLV_OK;
}
