/* A receipt in binary for codes: what the reader can compute (root, key id, texts) is left out.
 * The order is in docs/formats/receipt.md. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define PACKED_VERSION 1
#define FLAG_TEST 0x01
#define ID_LEN 4
#define SIGNATURE_LEN 64

static clv_status cannot_pack(struct clv_error *err, const char *why)
{
    return clv_fail(err, CLV_E_UNSUPPORTED, "the receipt cannot be put into codes: %s", why);
}

/* ---- there ----------------------------------------------------------------------------------- */

/* Raw signature bytes behind the key id. */
static clv_status raw_signature(const struct clv_note_signature *s, uint8_t **ret, size_t *ret_len,
                                struct clv_error *err)
{
    return clv_unbase64((const char *)s->base64.data, s->base64.len, ret, ret_len, err);
}

static clv_status pack_own_signature(const struct proof *p, struct clv_writer *w,
                                     struct clv_error *err)
{
    const struct clv_note_signature *s = &p->note.signatures[0];
    uint8_t *raw = NULL;
    size_t len = 0;
    if (s->id != p->key.id || s->name.len != strlen(p->key.name) ||
        memcmp(s->name.data, p->key.name, s->name.len) != 0)
        return cannot_pack(err, "its first signature is not of the journal's key");
    clv_status status = raw_signature(s, &raw, &len, err);
    if (status == CLV_OK && len != ID_LEN + SIGNATURE_LEN)
        status = cannot_pack(err, "its first signature is not Ed25519");
    if (status == CLV_OK)
        clv_write_bytes(w, raw + ID_LEN, SIGNATURE_LEN);
    free(raw);
    return status;
}

static clv_status pack_cosignatures(const struct proof *p, struct clv_writer *w,
                                    struct clv_error *err)
{
    clv_write_u8(w, (uint8_t)(p->note.num_signatures - 1));
    for (size_t i = 1; i < p->note.num_signatures; i++) {
        const struct clv_note_signature *s = &p->note.signatures[i];
        uint8_t *raw = NULL;
        size_t len = 0;
        clv_status status = raw_signature(s, &raw, &len, err);
        if (status == CLV_OK && (s->name.len > UINT8_MAX || len > UINT16_MAX))
            status = cannot_pack(err, "a cosignature is too long");
        if (status == CLV_OK) {
            clv_write_u8(w, (uint8_t)s->name.len);
            clv_write_view(w, s->name);
            clv_write_u16(w, (uint16_t)len);
            clv_write_bytes(w, raw, len);
        }
        free(raw);
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

static clv_status pack_proof(const struct proof *p, struct clv_writer *w, struct clv_error *err)
{
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    clv_status status = clv_origin_parse(p->checkpoint.origin, id, &test, err);
    if (status != CLV_OK)
        return status;
    if (p->checkpoint.size > UINT32_MAX)
        return cannot_pack(err, "its log is too long");
    clv_write_u8(w, PACKED_VERSION);
    clv_write_u8(w, test ? FLAG_TEST : 0);
    clv_write_u8(w, (uint8_t)strlen(id));
    clv_write_text(w, id);
    clv_write_u32(w, (uint32_t)p->index);
    clv_write_u32(w, (uint32_t)p->checkpoint.size);
    clv_write_bytes(w, p->key.key, sizeof p->key.key);
    status = pack_own_signature(p, w, err);
    if (status != CLV_OK)
        return status;
    clv_write_u16(w, (uint16_t)p->entry.len);
    clv_write_view(w, p->entry);
    clv_write_bytes(w, p->path.hash, p->path.num_hashes * CLV_HASH_LEN);
    return pack_cosignatures(p, w, err);
}

clv_status pack(struct clv_view receipt, struct clv_writer *w, struct clv_error *err)
{
    struct proof p = {0};
    struct clv_receipt_facts facts;
    struct clv_writer again = {0};
    clv_status status = clv_receipt_verify(receipt, NULL, &facts, err);
    if (status == CLV_OK)
        status = proof_parse(receipt, &p, err);
    if (status == CLV_OK)
        status = pack_proof(&p, w, err);
    if (status == CLV_OK)
        status = clv_writer_done(w, err);
    clv_writer_init(&again);
    if (status == CLV_OK)
        status = unpack(clv_writer_view(w), &again, err);
    if (status == CLV_OK && !clv_view_equal(clv_writer_view(&again), receipt))
        status = cannot_pack(err, "it is not in the one form that claviger writes");
    clv_writer_clear(&again);
    proof_clear(&p);
    return status;
}

/* ---- and back -------------------------------------------------------------------------------- */

struct packed {
    uint8_t version, flags;
    char id[CLV_CEREMONY_ID_MAX + 1];
    uint64_t index, size;
    uint8_t key[32], signature[SIGNATURE_LEN];
    struct clv_view entry;
    struct clv_merkle_proof path;
};

static void read_head(struct clv_reader *r, struct packed *p)
{
    p->version = clv_read_u8(r, "version");
    p->flags = clv_read_u8(r, "flags");
    size_t id_len = clv_read_u8(r, "length of the ceremony id");
    if (id_len > CLV_CEREMONY_ID_MAX)
        clv_reader_fault(r, "ceremony id", "is too long");
    else
        clv_read_into(r, p->id, id_len, "ceremony id");
    p->index = clv_read_u32(r, "number of the entry");
    p->size = clv_read_u32(r, "size of the log");
    clv_read_into(r, p->key, sizeof p->key, "key");
    clv_read_into(r, p->signature, sizeof p->signature, "signature");
    p->entry = clv_read_bytes(r, clv_read_u16(r, "length of the entry"), "entry");
    if (clv_reader_ok(r) && (p->index >= p->size || p->entry.len == 0))
        clv_reader_fault(r, "number of the entry", "is not in the log");
    if (!clv_reader_ok(r))
        return;
    p->path.num_hashes = clv_merkle_path_len(p->index, p->size);
    clv_read_into(r, p->path.hash, p->path.num_hashes * CLV_HASH_LEN, "proof");
}

static void write_signature(struct clv_writer *w, const char *name, size_t name_len,
                            const void *raw, size_t raw_len)
{
    char *text = clv_base64(raw, raw_len);
    if (text)
        clv_write_format(w, "\u2014 %.*s %s\n", (int)name_len, name, text);
    else
        w->failed = true;
    free(text);
}

static void copy_cosignatures(struct clv_reader *r, struct clv_writer *w)
{
    for (unsigned left = clv_read_u8(r, "number of cosignatures"); left > 0; left--) {
        struct clv_view name =
            clv_read_bytes(r, clv_read_u8(r, "length of a cosigner's name"), "cosigner");
        struct clv_view raw =
            clv_read_bytes(r, clv_read_u16(r, "length of a cosignature"), "cosignature");
        if (!clv_reader_ok(r))
            return;
        write_signature(w, (const char *)name.data, name.len, raw.data, raw.len);
    }
}

static clv_status write_receipt(const struct packed *p, struct clv_writer *w, struct clv_error *err)
{
    char origin[CLV_NOTE_NAME_MAX + 1];
    uint8_t leaf[CLV_HASH_LEN], raw[ID_LEN + SIGNATURE_LEN];
    struct clv_vkey key;
    struct clv_checkpoint c = {.size = p->size};
    if (clv_origin_format(p->id, p->flags & FLAG_TEST, origin, NULL) != CLV_OK)
        return clv_fail(err, CLV_E_FORMAT, "the packed receipt has no proper ceremony id");
    clv_status status = clv_vkey_init(&key, origin, p->key, err);
    clv_merkle_leaf(p->entry, leaf);
    if (status == CLV_OK)
        status = clv_merkle_path_root(p->index, p->size, leaf, &p->path, c.root, err);
    if (status != CLV_OK)
        return status;
    c.origin = clv_view_of(origin, strlen(origin));
    proof_write_head(w, p->entry, &key, p->index, &p->path);
    clv_checkpoint_write(&c, w);
    clv_write_text(w, "\n");
    for (unsigned i = 0; i < ID_LEN; i++)
        raw[i] = (uint8_t)(key.id >> (24 - 8 * i));
    memcpy(raw + ID_LEN, p->signature, SIGNATURE_LEN);
    write_signature(w, origin, strlen(origin), raw, sizeof raw);
    return CLV_OK;
}

clv_status unpack(struct clv_view packed, struct clv_writer *w, struct clv_error *err)
{
    struct packed p = {0};
    struct clv_reader r;
    clv_status status = CLV_OK;
    clv_reader_init(&r, packed.data, packed.len);
    read_head(&r, &p);
    if (clv_reader_ok(&r) && (p.version != PACKED_VERSION || p.flags & ~FLAG_TEST))
        return clv_fail(err, CLV_E_UNSUPPORTED,
                        "the codes are of a version this claviger does "
                        "not know");
    if (clv_reader_ok(&r))
        status = write_receipt(&p, w, err);
    if (status == CLV_OK)
        copy_cosignatures(&r, w);
    if (status == CLV_OK)
        status = clv_reader_done(&r, err);
    if (status == CLV_OK)
        status = clv_writer_done(w, err);
    return clv_while(err, status, "unpacking the codes of a receipt");
}
