/* A checkpoint to be cosigned as codes "CLV1C.<k>.<n>.<tag>.<characters>.<check>". */
#include "claviger/receipt/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define VERSION 1
#define FLAG_TEST 0x01
#define CHUNK 130 /* characters of one code: QR version 5 at level L, 80x24 shows it */
#define TAG 4

/* ---- lines ----------------------------------------------------------------------------------- */

bool relay_take_line(struct clv_view *text, struct clv_view *ret)
{
    while (text->len > 0) {
        struct clv_view line = *text;
        if (!clv_view_take_line(text, &line))
            text->len = 0;
        *ret = trim(line);
        if (ret->len > 0)
            return true;
    }
    return false;
}

bool clv_relay_is_request(struct clv_view text)
{
    return code_starts(text, &code_request);
}

/* ---- packing --------------------------------------------------------------------------------- */

static clv_status raw_signature(const struct clv_cosign_request *r, const struct clv_vkey *journal,
                                struct clv_writer *w, struct clv_error *err)
{
    clv_status status = clv_note_verify(&r->note, journal, err);
    for (size_t i = 0; status == CLV_OK && i < r->note.num_signatures; i++) {
        const struct clv_note_signature *s = &r->note.signatures[i];
        uint8_t *raw = NULL;
        size_t len = 0;
        if (s->id != journal->id || s->name.len != strlen(journal->name) ||
            memcmp(s->name.data, journal->name, s->name.len) != 0)
            continue;
        status = clv_unbase64((const char *)s->base64.data, s->base64.len, &raw, &len, err);
        if (status == CLV_OK)
            clv_write_bytes(w, raw + sizeof s->id, CLV_ED25519_SIGNATURE_LEN);
        free(raw);
        return status;
    }
    return status;
}

static clv_status pack_request(const struct clv_cosign_request *r, const struct clv_vkey *journal,
                               struct clv_writer *w, struct clv_error *err)
{
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    clv_status status = clv_origin_parse(r->checkpoint.origin, id, &test, err);
    if (status != CLV_OK)
        return status;
    if (r->checkpoint.size > UINT32_MAX || r->old_size > UINT32_MAX ||
        r->checkpoint.extensions.len > 0)
        return clv_fail(err, CLV_E_UNSUPPORTED, "this checkpoint does not go into codes");
    clv_write_u8(w, VERSION);
    clv_write_u8(w, test ? FLAG_TEST : 0);
    clv_write_u8(w, (uint8_t)strlen(id));
    clv_write_text(w, id);
    clv_write_u32(w, (uint32_t)r->checkpoint.size);
    clv_write_bytes(w, r->checkpoint.root, CLV_HASH_LEN);
    clv_write_bytes(w, journal->key, sizeof journal->key);
    status = raw_signature(r, journal, w, err);
    clv_write_u32(w, (uint32_t)r->old_size);
    clv_write_u8(w, (uint8_t)r->proof.num_hashes);
    clv_write_bytes(w, r->proof.hash, r->proof.num_hashes * CLV_HASH_LEN);
    return status == CLV_OK ? clv_writer_done(w, err) : status;
}

static clv_status cut(struct clv_view packed, struct clv_relay_codes *ret, struct clv_error *err)
{
    char tag[TAG + 1];
    size_t len = base32_len(packed.len);
    size_t num = (len + CHUNK - 1) / CHUNK;
    if (num > CLV_RELAY_CODES_MAX)
        return clv_fail(err, CLV_E_UNSUPPORTED, "the proof is too long for %d codes",
                        CLV_RELAY_CODES_MAX);
    char *chars = malloc(len + 1);
    if (!chars)
        return clv_fail(err, CLV_E_MEMORY, "no memory for codes");
    base32_encode(packed, chars);
    base32_check(packed.data, packed.len, tag, TAG);
    *ret = (struct clv_relay_codes){.num = num};
    size_t each = (len + num - 1) / num;
    for (size_t i = 0; i < num; i++) {
        snprintf(ret->text[i], CLV_RELAY_CODE, "%s.%zu.%zu.%s.%.*s.", code_request.word, i + 1, num,
                 tag, (int)each, chars + i * each);
        code_close(&code_request, ret->text[i]);
    }
    free(chars);
    return CLV_OK;
}

clv_status clv_relay_request_codes(struct clv_view request, const struct clv_vkey *journal,
                                   struct clv_relay_codes *ret, struct clv_error *err)
{
    struct clv_cosign_request r;
    struct clv_writer w = {0};
    clv_writer_init(&w);
    clv_status status = clv_cosign_request_parse(request, &r, err);
    if (status == CLV_OK)
        status = pack_request(&r, journal, &w, err);
    if (status == CLV_OK)
        status = cut(clv_writer_view(&w), ret, err);
    clv_writer_clear(&w);
    return status;
}

/* ---- and back -------------------------------------------------------------------------------- */

struct gathered {
    unsigned total; /* 0: nothing yet */
    char tag[TAG + 1];
    struct clv_writer part[CLV_RELAY_CODES_MAX];
};

static void gathered_clear(struct gathered *g)
{
    for (size_t i = 0; i < CLV_RELAY_CODES_MAX; i++)
        clv_writer_clear(&g->part[i]);
}

static clv_status gather(struct gathered *g, struct clv_view line, struct clv_error *err)
{
    struct code_text code;
    unsigned k = 0, n = 0;
    clv_status status = code_open(line, &code_request, &code, err);
    if (status != CLV_OK)
        return status;
    if (!code_number(code.field[1], CLV_RELAY_CODES_MAX, &n) ||
        !code_number(code.field[0], n, &k) || code.field[2].len != TAG || code.field[3].len == 0 ||
        code.field[3].len > CHUNK)
        return clv_fail(err, CLV_E_FORMAT, "a code with impossible numbers");
    if (g->total == 0) {
        g->total = n;
        memcpy(g->tag, code.field[2].data, TAG);
    }
    if (g->total != n || memcmp(g->tag, code.field[2].data, TAG) != 0)
        return clv_fail(err, CLV_E_FOREIGN, "these are codes of different checkpoints");
    struct clv_writer *part = &g->part[k - 1];
    if (part->len > 0 && !clv_view_equal(clv_writer_view(part), code.field[3]))
        return clv_fail(err, CLV_E_FOREIGN, "these are codes of different checkpoints");
    if (part->len == 0)
        clv_write_view(part, code.field[3]);
    return clv_writer_done(part, err);
}

static clv_status gather_all(struct gathered *g, struct clv_view text, struct clv_error *err)
{
    struct clv_view line;
    while (relay_take_line(&text, &line)) {
        clv_status status = gather(g, line, err);
        if (status != CLV_OK)
            return status;
    }
    if (g->total == 0)
        return clv_fail(err, CLV_E_FORMAT, "there is no code of a checkpoint");
    for (unsigned k = 1; k <= g->total; k++)
        if (g->part[k - 1].len == 0)
            return clv_fail(err, CLV_E_MISSING, "code %u of %u of the checkpoint is missing", k,
                            g->total);
    return CLV_OK;
}

/* The packed bytes: every length of text stands for one length of bytes. */
static clv_status join(const struct gathered *g, struct clv_writer *packed, struct clv_error *err)
{
    struct clv_writer chars = {0};
    char tag[TAG + 1];
    clv_writer_init(&chars);
    for (unsigned i = 0; i < g->total; i++)
        clv_write_writer(&chars, &g->part[i]);
    size_t len = chars.len * 5 / 8;
    uint8_t *bytes = malloc(len + 1);
    clv_status status = bytes ? clv_writer_done(&chars, err)
                              : clv_fail(err, CLV_E_MEMORY, "no memory for a checkpoint");
    if (status == CLV_OK && !base32_decode(clv_writer_view(&chars), bytes, len))
        status = clv_fail(err, CLV_E_FORMAT, "the codes are not the text of a checkpoint");
    if (status == CLV_OK) {
        base32_check(bytes, len, tag, TAG);
        if (memcmp(tag, g->tag, TAG) != 0)
            status = clv_fail(err, CLV_E_FORMAT, "the codes do not belong together");
        clv_write_bytes(packed, bytes, len);
    }
    free(bytes);
    clv_writer_clear(&chars);
    return status;
}

struct unpacked {
    uint8_t version, flags;
    char id[CLV_CEREMONY_ID_MAX + 1];
    uint32_t size, old_size;
    uint8_t root[CLV_HASH_LEN], key[32], signature[CLV_ED25519_SIGNATURE_LEN];
    uint8_t num_hashes;
    struct clv_view hashes;
};

static clv_status read_packed(struct clv_view packed, struct unpacked *u, struct clv_error *err)
{
    struct clv_reader r;
    clv_reader_init(&r, packed.data, packed.len);
    u->version = clv_read_u8(&r, "version");
    u->flags = clv_read_u8(&r, "flags");
    if (clv_reader_ok(&r) && (u->version != VERSION || u->flags & ~FLAG_TEST))
        return clv_fail(err, CLV_E_UNSUPPORTED, "the checkpoint is of a later version");
    size_t id_len = clv_read_u8(&r, "length of the ceremony id");
    if (id_len > CLV_CEREMONY_ID_MAX)
        clv_reader_fault(&r, "ceremony id", "is too long");
    else
        clv_read_into(&r, u->id, id_len, "ceremony id");
    if (clv_reader_ok(&r) && strlen(u->id) != id_len)
        clv_reader_fault(&r, "ceremony id", "has a zero byte");
    u->size = clv_read_u32(&r, "size");
    clv_read_into(&r, u->root, sizeof u->root, "root");
    clv_read_into(&r, u->key, sizeof u->key, "key");
    clv_read_into(&r, u->signature, sizeof u->signature, "signature");
    u->old_size = clv_read_u32(&r, "old size");
    u->num_hashes = clv_read_u8(&r, "number of hashes");
    u->hashes = clv_read_bytes(&r, (size_t)u->num_hashes * CLV_HASH_LEN, "proof");
    return clv_reader_done(&r, err);
}

static clv_status write_request(const struct unpacked *u, struct clv_vkey *ret_journal,
                                struct clv_writer *w, struct clv_error *err)
{
    char origin[CLV_NOTE_NAME_MAX + 1], word[CLV_NOTE_NAME_MAX + 8];
    struct clv_writer signature = {0};
    clv_status status = clv_origin_format(u->id, u->flags & FLAG_TEST, origin, err);
    if (status == CLV_OK)
        status = clv_vkey_init(ret_journal, origin, u->key, err);
    if (status != CLV_OK)
        return clv_fail(err, CLV_E_FORMAT, "the codes do not name a ceremony");
    clv_write_format(w, "old %u\n", u->old_size);
    for (size_t i = 0; i < u->num_hashes; i++)
        write_base64_line(w, "", u->hashes.data + i * CLV_HASH_LEN, CLV_HASH_LEN);
    clv_write_format(w, "\n%s\n%u\n", origin, u->size);
    write_base64_line(w, "", u->root, sizeof u->root);
    clv_writer_init(&signature);
    clv_write_u32(&signature, ret_journal->id);
    clv_write_bytes(&signature, u->signature, sizeof u->signature);
    snprintf(word, sizeof word, "\n\u2014 %s ", origin);
    write_base64_line(w, word, signature.data, signature.len);
    clv_writer_clear(&signature);
    return clv_writer_done(w, err);
}

clv_status clv_relay_request_read(struct clv_view scanned, uint8_t **ret_text, size_t *ret_len,
                                  struct clv_vkey *ret_journal, struct clv_error *err)
{
    struct gathered *g = calloc(1, sizeof *g);
    struct clv_writer packed = {0}, text = {0};
    struct unpacked u = {0};
    struct clv_vkey journal = {0};
    if (!g)
        return clv_fail(err, CLV_E_MEMORY, "no memory for codes");
    clv_writer_init(&packed);
    clv_writer_init(&text);
    clv_status status = scanned.len <= CLV_RECEIPT_MAX
                            ? gather_all(g, scanned, err)
                            : clv_fail(err, CLV_E_FORMAT, "this is more text than the codes have");
    if (status == CLV_OK)
        status = join(g, &packed, err);
    if (status == CLV_OK)
        status = read_packed(clv_writer_view(&packed), &u, err);
    if (status == CLV_OK)
        status = write_request(&u, &journal, &text, err);
    if (status == CLV_OK)
        status = detach_text(&text, ret_text, ret_len, err);
    if (status == CLV_OK)
        *ret_journal = journal;
    gathered_clear(g);
    free(g);
    clv_writer_clear(&packed);
    clv_writer_clear(&text);
    return status;
}
