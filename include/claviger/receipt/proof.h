/* Receipts: one journal entry and the proof that it is in a signed log, as a C2SP tlog-proof.
 *
 *     clv_receipt_encode(journal, seq, &text, &len, err);        the file NN-<kind>.tlog-proof
 *     clv_receipt_codes(view, "7F3A-03", &codes, err);           the same for QR codes, k of n
 *     clv_receipt_from_codes(scanned, &text, &len, serial, err); the file again, byte for byte
 *     clv_receipt_verify(view, NULL, &facts, err);               in another room, years later
 *
 * The `extra` line of the file carries the entry and the public key, so that the file alone can be
 * checked. Who has only the file believes the key it names; compare the key with the one on paper,
 * or pass it. Nothing here is secret.
 *
 * Codes survive scanners that type what they read, whatever of the usual keyboard layouts both
 * sides are set to, and small letters are taken as capitals.
 *
 * source  C2SP tlog-proof; docs/formats/receipt.md */
#ifndef CLAVIGER_RECEIPT_PROOF_H
#define CLAVIGER_RECEIPT_PROOF_H

#include "claviger/base.h"
#include "claviger/journal.h"

#define CLV_RECEIPT_MAX (96u * 1024) /* bytes of a receipt file, or of scanned text */
#define CLV_SERIAL_MAX 16            /* characters of a document serial, "7F3A-03" */

struct clv_receipt_facts {
    char ceremony_id[CLV_CEREMONY_ID_MAX + 1];
    bool test;
    uint64_t seq;  /* of the entry */
    uint64_t size; /* of the tree it is proven in */
    uint8_t root[CLV_HASH_LEN];
    struct clv_vkey key;
    bool key_given;       /* false: the receipt itself named the key */
    size_t num_cosigners; /* signature lines of other keys: carried, not checked */
    struct clv_journal_entry entry;
};

/* Proof of entry seq under the journal's last checkpoint. *ret_text: the caller's to free(); a zero
 * byte behind it is not counted.
 * errors  CLV_E_MISSING: not covered by a checkpoint yet */
clv_status clv_receipt_encode(const struct clv_journal *j, uint64_t seq, uint8_t **ret_text,
                              size_t *ret_len, struct clv_error *err);
/* key: NULL to believe the one inside. Only the exact form clv_receipt_encode() writes passes,
 * apart from further signature lines. errors  CLV_E_FORMAT: names the line; CLV_E_FOREIGN: another
 * key, or not a receipt of ours; CLV_E_FORGED: entry, proof or signature do not hold together */
clv_status clv_receipt_verify(struct clv_view text, const struct clv_vkey *key,
                              struct clv_receipt_facts *ret, struct clv_error *err);

/* ---- as codes -------------------------------------------------------------------------------- */

#define CLV_CODE_BYTES 340 /* of the packed receipt in one code: version 19 at level Q */
#define CLV_CODE_TEXT 700  /* characters of one code's text, with the final NUL */
#define CLV_CODES_MAX 16

struct clv_codes {
    size_t num;
    char text[CLV_CODES_MAX][CLV_CODE_TEXT];
};

/* serial: 1..16 of A-Z 0-9 '-'. The codes carry the packed receipt, which turns back into exactly
 * the same file.
 * errors  as clv_receipt_verify() for the receipt; CLV_E_INPUT: serial, or too large for
 *         CLV_CODES_MAX codes */
clv_status clv_receipt_codes(struct clv_view receipt, const char *serial, struct clv_codes *ret,
                             struct clv_error *err);
/* From what a reader printed or typed: one code a line, in any order, doubled, with any line ends,
 * with or without zbarimg's "QR-Code:" before it. Slip codes among them are passed over.
 * errors  CLV_E_FORMAT: a line that is no code of ours, or misread; CLV_E_MISSING: names the codes
 *         that are not there; CLV_E_FOREIGN: codes of several receipts, named
 * *ret_text is the caller's to free(); ret_serial may be NULL. */
clv_status clv_receipt_from_codes(struct clv_view scanned, uint8_t **ret_text, size_t *ret_len,
                                  char ret_serial[CLV_SERIAL_MAX + 1], struct clv_error *err);

/* Whether text begins as a code of any kind, even if a scanner typed it for another keyboard: for
 * who takes codes and something else in one place. */
bool clv_code_resembles(struct clv_view text);

/* ---- slips ----------------------------------------------------------------------------------- */

/* A checkpoint without its signature, small enough for a code on an 80x24 terminal (version 5). It
 * proves nothing alone; held against the journal it finds a rollback or a rewritten log. */
struct clv_slip {
    char ceremony_id[CLV_CEREMONY_ID_MAX + 1];
    bool test;
    char kind[9]; /* 1..8 of A-Z 0-9: "TURN", "CLOSE" */
    uint64_t size;
    uint8_t root[CLV_HASH_LEN];
};
#define CLV_SLIP_TEXT 176

/* errors  CLV_E_INPUT: kind; CLV_E_USAGE: the journal is empty */
clv_status clv_slip_of(const struct clv_journal *j, const char *kind, struct clv_slip *ret,
                       struct clv_error *err);
clv_status clv_slip_format(const struct clv_slip *slip, char out[CLV_SLIP_TEXT],
                           struct clv_error *err);
/* Blanks around it are skipped. errors  CLV_E_FORMAT: not a slip, or misread */
clv_status clv_slip_parse(struct clv_view text, struct clv_slip *ret, struct clv_error *err);
/* errors  CLV_E_FOREIGN: of another ceremony; CLV_E_FORGED: journal shorter than the slip says, or
 *         another root at that size */
clv_status clv_slip_check(const struct clv_slip *slip, const struct clv_journal *j,
                          struct clv_error *err);

#endif
