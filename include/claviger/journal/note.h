/* Signed notes and checkpoints, as published by C2SP.
 *
 *     clv_note_parse(view, &note, err);                   form only
 *     clv_note_verify(&note, &vkey, err);                 the key's signature holds
 *     clv_checkpoint_parse(note.text, &checkpoint, err);  origin, size, root
 *
 * A note is text and signature lines. Lines of unknown keys (cosignatures of witnesses, for
 * example) are carried and ignored. Everything parsed is borrowed from the bytes given.
 *
 * source  C2SP signed-note (format, Ed25519 type 0x01, verifier keys), C2SP tlog-checkpoint */
#ifndef CLAVIGER_JOURNAL_NOTE_H
#define CLAVIGER_JOURNAL_NOTE_H

#include "claviger/base.h"
#include "claviger/journal/merkle.h"

#define CLV_NOTE_MAX (64u * 1024)   /* bytes of a whole note */
#define CLV_NOTE_SIGNATURES 32      /* C2SP asks for 16 at least */
#define CLV_NOTE_NAME_MAX 100       /* bytes of a key name: ours, not C2SP's */
#define CLV_VKEY_TYPE_ED25519 0x01  /* C2SP signed-note */
#define CLV_VKEY_TYPE_COSIGNER 0x04 /* C2SP tlog-cosignature: cosign.h */
#define CLV_ED25519_SIGNATURE_LEN 64
#define CLV_VKEY_TEXT (CLV_NOTE_NAME_MAX + 1 + 8 + 1 + 44 + 1)

/* A public key with its name: "<name>+<id, 8 hex digits>+<base64 of type and key>". */
struct clv_vkey {
    char name[CLV_NOTE_NAME_MAX + 1];
    uint8_t type; /* CLV_VKEY_TYPE_ED25519, unless cosign.h says otherwise */
    uint32_t id;
    uint8_t key[32];
};

/* name: 1..100 bytes, no blank, no '+', no control character (CLV_E_INPUT otherwise). */
clv_status clv_vkey_init(struct clv_vkey *vkey, const char *name, const uint8_t key[32],
                         struct clv_error *err);
/* errors  CLV_E_FORMAT: not a verifier key, or its id does not belong to name and key;
 *         CLV_E_UNSUPPORTED: of another type than Ed25519 */
clv_status clv_vkey_parse(struct clv_view text, struct clv_vkey *ret, struct clv_error *err);
void clv_vkey_format(const struct clv_vkey *vkey, char out[CLV_VKEY_TEXT]);
bool clv_vkey_equal(const struct clv_vkey *a, const struct clv_vkey *b);

struct clv_note_signature {
    struct clv_view name;
    uint32_t id;
    struct clv_view base64; /* of id and signature */
};

struct clv_note {
    struct clv_view text; /* with its final newline: what is signed */
    size_t num_signatures;
    struct clv_note_signature signatures[CLV_NOTE_SIGNATURES];
};

/* errors  CLV_E_FORMAT: control characters, not UTF-8, no signature line, ... */
clv_status clv_note_parse(struct clv_view data, struct clv_note *ret, struct clv_error *err);
/* At least one signature line of this key, and every one of them holds.
 * errors  CLV_E_FOREIGN: not signed by this key; CLV_E_FORGED: a signature does not hold */
clv_status clv_note_verify(const struct clv_note *note, const struct clv_vkey *vkey,
                           struct clv_error *err);
/* Writes text, the empty line and one signature line. secret: Ed25519 secret key of libsodium, 64
 * bytes, of vkey. */
void clv_note_sign(struct clv_view text, const struct clv_vkey *vkey,
                   const struct clv_secret *secret, struct clv_writer *w);

struct clv_checkpoint {
    struct clv_view origin;
    uint64_t size;
    uint8_t root[CLV_HASH_LEN];
    struct clv_view extensions; /* whole lines, opaque; we write none */
};

/* errors  CLV_E_FORMAT */
clv_status clv_checkpoint_parse(struct clv_view text, struct clv_checkpoint *ret,
                                struct clv_error *err);
/* The three lines that are signed. */
void clv_checkpoint_write(const struct clv_checkpoint *c, struct clv_writer *w);

/* ---- our origins: "claviger.invalid/test/<id>" and "claviger.invalid/production/<id>" ---- */
/* id: 1..32 of A-Z 0-9 '-' (it is printed, scanned and typed). The world is part of the name that
 * every signature covers, so a rehearsal's checkpoint cannot pass for a production one.
 * errors  CLV_E_INPUT */
clv_status clv_origin_format(const char *ceremony_id, bool test, char out[CLV_NOTE_NAME_MAX + 1],
                             struct clv_error *err);
/* errors  CLV_E_FOREIGN: not an origin of ours */
#define CLV_CEREMONY_ID_MAX 32
clv_status clv_origin_parse(struct clv_view origin, char ret_ceremony_id[CLV_CEREMONY_ID_MAX + 1],
                            bool *ret_test, struct clv_error *err);

#endif
