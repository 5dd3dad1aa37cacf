/* Signed notes and verifier keys. source  C2SP signed-note */
#include "claviger/journal/note.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DASH "\xe2\x80\x94" /* U+2014 */
static const char signature_start[] = DASH " ";
#define SIGNATURE_START_LEN (sizeof signature_start - 1)
#define ID_LEN 4
#define ED25519_NOTE_SIGNATURE (ID_LEN + CLV_ED25519_SIGNATURE_LEN)

/* ---- names ----------------------------------------------------------------------------------- */

/* The Unicode characters with the property White_Space that are no ASCII control characters:
 * U+0020, 0085, 00A0, 1680, 2000 to 200A, 2028, 2029, 202F, 205F, 3000. */
static const char *const spaces[] = {
    " ",
    "\xc2\x85",
    "\xc2\xa0",
    "\xe1\x9a\x80",
    "\xe2\x80\x80",
    "\xe2\x80\x81",
    "\xe2\x80\x82",
    "\xe2\x80\x83",
    "\xe2\x80\x84",
    "\xe2\x80\x85",
    "\xe2\x80\x86",
    "\xe2\x80\x87",
    "\xe2\x80\x88",
    "\xe2\x80\x89",
    "\xe2\x80\x8a",
    "\xe2\x80\xa8",
    "\xe2\x80\xa9",
    "\xe2\x80\xaf",
    "\xe2\x81\x9f",
    "\xe3\x80\x80",
};

static bool name_is_valid(struct clv_view name)
{
    if (name.len == 0 || memchr(name.data, '+', name.len) || !text_is_clean(name, false))
        return false;
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (memmem(name.data, name.len, spaces[i], strlen(spaces[i])))
            return false;
    return true;
}

/* ---- verifier keys --------------------------------------------------------------------------- */

static uint32_t key_id(const char *name, uint8_t type_byte, const uint8_t key[32])
{
    const uint8_t type[] = {'\n', type_byte};
    uint8_t hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)name, strlen(name));
    crypto_hash_sha256_update(&state, type, sizeof type);
    crypto_hash_sha256_update(&state, key, 32);
    crypto_hash_sha256_final(&state, hash);
    return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 | (uint32_t)hash[2] << 8 | hash[3];
}

clv_status vkey_init_typed(struct clv_vkey *vkey, const char *name, uint8_t type,
                           const uint8_t key[32], struct clv_error *err)
{
    struct clv_vkey fresh = {.type = type};
    size_t len = strlen(name);
    if (len > CLV_NOTE_NAME_MAX || !name_is_valid(clv_view_of(name, len)))
        return clv_fail(err, CLV_E_INPUT,
                        "a key name has 1 to %d bytes, no blank, no '+', no control character",
                        CLV_NOTE_NAME_MAX);
    memcpy(fresh.name, name, len + 1);
    memcpy(fresh.key, key, sizeof fresh.key);
    fresh.id = key_id(name, type, key);
    *vkey = fresh;
    return CLV_OK;
}

clv_status clv_vkey_init(struct clv_vkey *vkey, const char *name, const uint8_t key[32],
                         struct clv_error *err)
{
    return vkey_init_typed(vkey, name, CLV_VKEY_TYPE_ED25519, key, err);
}

void clv_vkey_format(const struct clv_vkey *vkey, char out[CLV_VKEY_TEXT])
{
    uint8_t typed[33] = {vkey->type};
    char base64[45];
    memcpy(typed + 1, vkey->key, 32);
    sodium_bin2base64(base64, sizeof base64, typed, sizeof typed, sodium_base64_VARIANT_ORIGINAL);
    snprintf(out, CLV_VKEY_TEXT, "%s+%08x+%s", vkey->name, vkey->id, base64);
}

static clv_status not_a_vkey(struct clv_error *err)
{
    return clv_fail(err, CLV_E_FORMAT,
                    "not a verifier key of the form <name>+<8 hex digits>+<base64>");
}

static clv_status vkey_material(struct clv_view base64, uint8_t type, uint8_t ret_key[32],
                                struct clv_error *err)
{
    uint8_t typed[96]; /* room for keys of other types */
    size_t len = 0;
    if (!clv_unbase64_into((const char *)base64.data, base64.len, typed, sizeof typed, &len) ||
        len == 0)
        return not_a_vkey(err);
    if (typed[0] != type)
        return clv_fail(err, CLV_E_UNSUPPORTED, "the verifier key is of type %u, not %s (%u)",
                        typed[0],
                        type == CLV_VKEY_TYPE_ED25519 ? "Ed25519" : "of a witness (Ed25519)", type);
    if (len != 33)
        return not_a_vkey(err);
    memcpy(ret_key, typed + 1, 32);
    return CLV_OK;
}

clv_status vkey_parse_typed(struct clv_view text, uint8_t type, struct clv_vkey *ret,
                            struct clv_error *err)
{
    char name[CLV_NOTE_NAME_MAX + 1] = "", id_text[9] = "", exact[9];
    uint8_t key[32];
    struct clv_vkey fresh = {0};
    const uint8_t *plus = text.len ? memchr(text.data, '+', text.len) : NULL;
    size_t name_len = plus ? (size_t)(plus - text.data) : 0;
    size_t key_at = name_len + 1 + 8 + 1;
    if (name_len == 0 || name_len > CLV_NOTE_NAME_MAX || text.len <= key_at ||
        text.data[key_at - 1] != '+')
        return not_a_vkey(err);
    memcpy(name, text.data, name_len);
    memcpy(id_text, plus + 1, 8);
    clv_status status =
        vkey_material(clv_view_of(text.data + key_at, text.len - key_at), type, key, err);
    if (status != CLV_OK)
        return status;
    if (strlen(name) != name_len || vkey_init_typed(&fresh, name, type, key, err) != CLV_OK)
        return not_a_vkey(err);
    snprintf(exact, sizeof exact, "%08x", fresh.id);
    if (strcmp(exact, id_text) != 0)
        return clv_fail(err, CLV_E_FORMAT, "the id of the verifier key does not belong to it");
    *ret = fresh;
    return CLV_OK;
}

clv_status clv_vkey_parse(struct clv_view text, struct clv_vkey *ret, struct clv_error *err)
{
    return vkey_parse_typed(text, CLV_VKEY_TYPE_ED25519, ret, err);
}

bool clv_vkey_equal(const struct clv_vkey *a, const struct clv_vkey *b)
{
    return a->type == b->type && strcmp(a->name, b->name) == 0 &&
           memcmp(a->key, b->key, sizeof a->key) == 0;
}

bool ed25519_holds(struct clv_view message, struct clv_view signature, const uint8_t key[32])
{
    return signature.len == CLV_ED25519_SIGNATURE_LEN &&
           crypto_sign_verify_detached(signature.data, message.data, message.len, key) == 0;
}

/* ---- notes ----------------------------------------------------------------------------------- */

static clv_status bad_note(struct clv_error *err, const char *what)
{
    return clv_fail(err, CLV_E_FORMAT, "not a signed note: %s", what);
}

/* One line behind "— ", without its newline. */
static clv_status parse_signature(struct clv_view line, struct clv_note_signature *ret,
                                  struct clv_error *err)
{
    struct clv_note_signature s = {0};
    uint8_t *raw = NULL;
    size_t raw_len = 0;
    const uint8_t *blank = line.len ? memchr(line.data, ' ', line.len) : NULL;
    if (!blank)
        return bad_note(err, "a signature line has no key name");
    s.name = clv_view_of(line.data, (size_t)(blank - line.data));
    s.base64 = clv_view_of(blank + 1, line.len - s.name.len - 1);
    if (!name_is_valid(s.name))
        return bad_note(err, "a signature line has no valid key name");
    clv_status status =
        clv_unbase64((const char *)s.base64.data, s.base64.len, &raw, &raw_len, err);
    if (status != CLV_OK)
        return status == CLV_E_MEMORY ? status : bad_note(err, "a signature is not base64");
    if (raw_len > ID_LEN)
        s.id = (uint32_t)raw[0] << 24 | (uint32_t)raw[1] << 16 | (uint32_t)raw[2] << 8 | raw[3];
    free(raw);
    if (raw_len <= ID_LEN)
        return bad_note(err, "a signature is too short");
    *ret = s;
    return CLV_OK;
}

static clv_status parse_signatures(struct clv_view lines, struct clv_note *note,
                                   struct clv_error *err)
{
    while (lines.len > 0) {
        const uint8_t *newline = memchr(lines.data, '\n', lines.len);
        size_t len = newline ? (size_t)(newline - lines.data) : lines.len;
        if (len <= SIGNATURE_START_LEN ||
            memcmp(lines.data, signature_start, SIGNATURE_START_LEN) != 0)
            return bad_note(err, "a line behind the text is not a signature line");
        if (note->num_signatures == CLV_NOTE_SIGNATURES)
            return bad_note(err, "too many signature lines");
        clv_status status = parse_signature(
            clv_view_of(lines.data + SIGNATURE_START_LEN, len - SIGNATURE_START_LEN),
            &note->signatures[note->num_signatures], err);
        if (status != CLV_OK)
            return status;
        note->num_signatures++;
        lines = clv_view_of(lines.data + len + 1, lines.len - len - 1);
    }
    return note->num_signatures ? CLV_OK : bad_note(err, "it has no signature line");
}

clv_status clv_note_parse(struct clv_view data, struct clv_note *ret, struct clv_error *err)
{
    struct clv_note note = {0};
    if (data.len > CLV_NOTE_MAX)
        return bad_note(err, "it is too long");
    if (data.len == 0 || data.data[data.len - 1] != '\n')
        return bad_note(err, "it does not end with a newline");
    if (!text_is_clean(data, true))
        return bad_note(err, "it is not UTF-8 or has control characters");
    size_t split = data.len - 1; /* of the last empty line's newline */
    while (split > 0 && !(data.data[split] == '\n' && data.data[split - 1] == '\n'))
        split--;
    if (split == 0)
        return bad_note(err, "there is no empty line before the signatures");
    note.text = clv_view_of(data.data, split);
    clv_status status =
        parse_signatures(clv_view_of(data.data + split + 1, data.len - split - 1), &note, err);
    if (status == CLV_OK)
        *ret = note;
    return status;
}

bool signed_by(const struct clv_note_signature *s, const struct clv_vkey *vkey)
{
    return s->id == vkey->id && s->name.len == strlen(vkey->name) &&
           memcmp(s->name.data, vkey->name, s->name.len) == 0;
}

static bool signature_holds(const struct clv_note *note, const struct clv_note_signature *s,
                            const struct clv_vkey *vkey)
{
    uint8_t raw[ED25519_NOTE_SIGNATURE];
    size_t len = 0;
    return clv_unbase64_into((const char *)s->base64.data, s->base64.len, raw, sizeof raw, &len) &&
           len == sizeof raw &&
           ed25519_holds(note->text, clv_view_of(raw + ID_LEN, len - ID_LEN), vkey->key);
}

clv_status clv_note_verify(const struct clv_note *note, const struct clv_vkey *vkey,
                           struct clv_error *err)
{
    size_t held = 0;
    for (size_t i = 0; i < note->num_signatures; i++) {
        if (!signed_by(&note->signatures[i], vkey))
            continue;
        if (!signature_holds(note, &note->signatures[i], vkey))
            return clv_fail(err, CLV_E_FORGED, "the signature of %s+%08x does not hold", vkey->name,
                            vkey->id);
        held++;
    }
    if (held == 0)
        return clv_fail(err, CLV_E_FOREIGN, "it is not signed by the key %s+%08x", vkey->name,
                        vkey->id);
    return CLV_OK;
}

void signature_line(struct clv_writer *w, const struct clv_vkey *vkey, struct clv_view signature)
{
    struct clv_writer raw = {0};
    clv_writer_init(&raw);
    clv_write_u32(&raw, vkey->id);
    clv_write_view(&raw, signature);
    char *base64 = raw.failed ? NULL : clv_base64(raw.data, raw.len);
    if (base64)
        clv_write_format(w, "%s%s %s\n", signature_start, vkey->name, base64);
    else
        w->failed = true;
    free(base64);
    clv_writer_clear(&raw);
}

void clv_note_sign(struct clv_view text, const struct clv_vkey *vkey,
                   const struct clv_secret *secret, struct clv_writer *w)
{
    uint8_t signature[CLV_ED25519_SIGNATURE_LEN];
    crypto_sign_detached(signature, NULL, text.data, text.len, clv_secret_read(secret));
    clv_secret_close(secret);
    clv_write_view(w, text);
    clv_write_text(w, "\n");
    signature_line(w, vkey, clv_view_of(signature, sizeof signature));
}
