/* A receipt as a C2SP tlog-proof: written, taken apart, verified. */
#include "claviger/receipt/proof.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char heading[] = "c2sp.org/tlog-proof@v1";
static const char extra_word[] = "extra ";
static const char index_word[] = "index ";

/* ---- writing --------------------------------------------------------------------------------- */

void write_base64_line(struct clv_writer *w, const char *word, const void *data, size_t len)
{
    char *text = clv_base64(data, len);
    if (text)
        clv_write_format(w, "%s%s\n", word, text);
    else
        w->failed = true;
    free(text);
}

void proof_write_head(struct clv_writer *w, struct clv_view entry, const struct clv_vkey *key,
                      uint64_t index, const struct clv_merkle_proof *path)
{
    char key_text[CLV_VKEY_TEXT];
    struct clv_writer extra = {0};
    clv_vkey_format(key, key_text);
    clv_writer_init(&extra);
    clv_write_view(&extra, entry);
    clv_write_format(&extra, "\n%s\n", key_text);
    clv_write_format(w, "%s\n", heading);
    write_base64_line(w, extra_word, extra.data, extra.len);
    if (extra.failed)
        w->failed = true;
    clv_writer_clear(&extra);
    clv_write_format(w, "%s%" PRIu64 "\n", index_word, index);
    for (size_t i = 0; i < path->num_hashes; i++)
        write_base64_line(w, "", path->hash[i], CLV_HASH_LEN);
    clv_write_text(w, "\n");
}

clv_status detach_text(struct clv_writer *w, uint8_t **ret_text, size_t *ret_len,
                       struct clv_error *err)
{
    size_t len = w->len;
    clv_write_u8(w, 0);
    clv_status status = clv_writer_detach(w, ret_text, ret_len, err);
    if (status == CLV_OK)
        *ret_len = len;
    return status;
}

clv_status clv_receipt_encode(const struct clv_journal *j, uint64_t seq, uint8_t **ret_text,
                              size_t *ret_len, struct clv_error *err)
{
    struct clv_merkle_proof path;
    struct clv_journal_entry entry;
    struct clv_writer w = {0};
    clv_status status = clv_journal_prove(j, seq, &path, err);
    if (status == CLV_OK)
        status = clv_journal_read(j, seq, &entry, err);
    if (status != CLV_OK)
        return clv_while(err, status, "making a receipt of entry %" PRIu64, seq);
    clv_writer_init(&w);
    proof_write_head(&w, clv_view_of(entry.text, entry.len), clv_journal_key(j), seq, &path);
    clv_write_view(&w, clv_journal_note(j));
    status = detach_text(&w, ret_text, ret_len, err);
    clv_writer_clear(&w);
    return status;
}

/* ---- taking apart ---------------------------------------------------------------------------- */

static clv_status bad_line(struct clv_error *err, size_t number, const char *what)
{
    return clv_fail(err, CLV_E_FORMAT, "not a receipt of claviger: line %zu %s", number, what);
}

/* "<entry>\n<verifier key>\n" */
static clv_status parse_extra(struct clv_view line, struct proof *p, struct clv_error *err)
{
    size_t len = 0, word = sizeof extra_word - 1;
    struct clv_view rest, key;
    if (!view_starts(line, extra_word))
        return bad_line(err, 2, "does not carry the entry");
    clv_status status =
        clv_unbase64((const char *)line.data + word, line.len - word, &p->extra, &len, err);
    if (status != CLV_OK)
        return status == CLV_E_MEMORY ? status : bad_line(err, 2, "is not base64");
    rest = clv_view_of(p->extra, len);
    if (!clv_view_take_line(&rest, &p->entry) || !clv_view_take_line(&rest, &key) || rest.len != 0)
        return bad_line(err, 2, "does not carry an entry and a key");
    if (p->entry.len == 0 || p->entry.len > CLV_JOURNAL_ENTRY_MAX)
        return bad_line(err, 2, "does not carry an entry of 1 to 4096 bytes");
    return clv_while(err, clv_vkey_parse(key, &p->key, err),
                     "reading the key on line 2 of the receipt");
}

static bool parse_index(struct clv_view line, uint64_t *ret)
{
    size_t at = sizeof index_word - 1;
    uint64_t value = 0;
    if (!view_starts(line, index_word) || line.len == at || line.len - at > 18 ||
        (line.data[at] == '0' && line.len - at > 1))
        return false;
    for (; at < line.len; at++) {
        if (line.data[at] < '0' || line.data[at] > '9')
            return false;
        value = value * 10 + (uint64_t)(line.data[at] - '0');
    }
    *ret = value;
    return true;
}

/* The hashes and the empty line behind them. */
static clv_status parse_path(struct clv_view *rest, struct proof *p, struct clv_error *err)
{
    struct clv_view line;
    while (clv_view_take_line(rest, &line)) {
        size_t number = 4 + p->path.num_hashes;
        if (line.len == 0)
            return CLV_OK;
        if (p->path.num_hashes == CLV_PROOF_MAX || !clv_hash_parse(line, p->path.hash[number - 4]))
            return bad_line(err, number, "is not a hash of the proof");
        p->path.num_hashes++;
    }
    return bad_line(err, 4 + p->path.num_hashes, "is missing: the receipt ends too early");
}

static clv_status parse_checkpoint(struct clv_view rest, struct proof *p, struct clv_error *err)
{
    p->note_text = rest;
    clv_status status = clv_note_parse(rest, &p->note, err);
    if (status == CLV_OK)
        status = clv_checkpoint_parse(p->note.text, &p->checkpoint, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the checkpoint of the receipt");
    if (p->checkpoint.extensions.len != 0)
        return clv_fail(err, CLV_E_UNSUPPORTED, "the receipt's checkpoint has extension lines");
    return CLV_OK;
}

static clv_status parse_lines(struct clv_view text, struct proof *p, struct clv_error *err)
{
    struct clv_view line, rest = text;
    if (text.len > CLV_RECEIPT_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a receipt has at most %u bytes, this has %zu",
                        CLV_RECEIPT_MAX, text.len);
    if (!clv_view_take_line(&rest, &line) || line.len != sizeof heading - 1 ||
        !view_starts(line, heading))
        return bad_line(err, 1, "is not c2sp.org/tlog-proof@v1");
    if (!clv_view_take_line(&rest, &line))
        return bad_line(err, 2, "is missing: the receipt ends too early");
    clv_status status = parse_extra(line, p, err);
    if (status != CLV_OK)
        return status;
    if (!clv_view_take_line(&rest, &line) || !parse_index(line, &p->index))
        return bad_line(err, 3, "does not tell the number of the entry");
    status = parse_path(&rest, p, err);
    return status == CLV_OK ? parse_checkpoint(rest, p, err) : status;
}

clv_status proof_parse(struct clv_view text, struct proof *ret, struct clv_error *err)
{
    struct proof p = {0};
    clv_status status = parse_lines(text, &p, err);
    if (status == CLV_OK)
        *ret = p;
    else
        proof_clear(&p);
    return status;
}

void proof_clear(struct proof *p)
{
    free(p->extra);
    *p = (struct proof){0};
}

/* ---- verifying ------------------------------------------------------------------------------- */

static clv_status check_key(const struct proof *p, const struct clv_vkey *key,
                            struct clv_error *err)
{
    if (key && !clv_vkey_equal(key, &p->key))
        return clv_fail(err, CLV_E_FOREIGN, "the receipt is of the key %s+%08x, not of %s+%08x",
                        p->key.name, p->key.id, key->name, key->id);
    if (p->checkpoint.origin.len != strlen(p->key.name) ||
        memcmp(p->checkpoint.origin.data, p->key.name, p->checkpoint.origin.len) != 0)
        return clv_fail(err, CLV_E_FOREIGN,
                        "the receipt's checkpoint is of another log than its key");
    return clv_note_verify(&p->note, &p->key, err);
}

static clv_status check_path(const struct proof *p, struct clv_error *err)
{
    uint8_t leaf[CLV_HASH_LEN], root[CLV_HASH_LEN];
    clv_merkle_leaf(p->entry, leaf);
    clv_status status =
        clv_merkle_path_root(p->index, p->checkpoint.size, leaf, &p->path, root, err);
    if (status != CLV_OK)
        return status;
    if (memcmp(root, p->checkpoint.root, CLV_HASH_LEN) != 0)
        return clv_fail(err, CLV_E_FORGED,
                        "entry %" PRIu64 " is not in the signed log: the entry or its proof was "
                        "changed",
                        p->index);
    return CLV_OK;
}

static void fill_facts(const struct proof *p, bool key_given, struct clv_receipt_facts *ret)
{
    ret->seq = p->index;
    ret->size = p->checkpoint.size;
    memcpy(ret->root, p->checkpoint.root, CLV_HASH_LEN);
    ret->key = p->key;
    ret->key_given = key_given;
    ret->num_cosigners = 0;
    for (size_t i = 0; i < p->note.num_signatures; i++)
        if (p->note.signatures[i].id != p->key.id)
            ret->num_cosigners++;
    ret->entry.len = p->entry.len;
    memcpy(ret->entry.text, p->entry.data, p->entry.len);
    ret->entry.text[p->entry.len] = '\0';
}

clv_status clv_receipt_verify(struct clv_view text, const struct clv_vkey *key,
                              struct clv_receipt_facts *ret, struct clv_error *err)
{
    struct proof p = {0};
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    clv_status status = proof_parse(text, &p, err);
    if (status == CLV_OK)
        status = check_key(&p, key, err);
    if (status == CLV_OK)
        status = clv_origin_parse(p.checkpoint.origin, id, &test, err);
    if (status == CLV_OK)
        status = check_path(&p, err);
    if (status == CLV_OK) {
        fill_facts(&p, key != NULL, ret);
        memcpy(ret->ceremony_id, id, sizeof id);
        ret->test = test;
    }
    proof_clear(&p);
    return status;
}
