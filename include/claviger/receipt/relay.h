/* What goes between the ceremony's machine and a witness's, on a screen, through a scanner that
 * types, or by hand: the checkpoint to be cosigned one way, the cosignature back.
 *
 *     clv_relay_request_codes(request, &vkey, &codes, err);       CLV1C, k of n
 *     clv_relay_request_read(scanned, &text, &len, &vkey, err);
 *     clv_relay_cosignature_code(&relayed, code);                 CLV1W
 *     clv_relay_cosignature_rows(&relayed, rows);                 the same, to be typed
 *     clv_relay_cosignature_read(text, &relayed, err);            one of them, or a note's line
 *     clv_relay_cosignature_more(&typed, line, &relayed, err);    so, line after line
 *
 * The alphabet is 0-9 A-X without I and O, and '.': the same keys on US and German keyboards, and
 * the case does not matter. Nothing here is secret, and nothing here is verified: the signatures
 * inside are.
 *
 * source  docs/formats/witness.md */
#ifndef CLAVIGER_RECEIPT_RELAY_H
#define CLAVIGER_RECEIPT_RELAY_H

#include "claviger/base.h"
#include "claviger/journal.h"

#define CLV_RELAY_CODE 160     /* characters of one code's text, with the final NUL */
#define CLV_RELAY_CODES_MAX 24 /* codes of one request */
#define CLV_RELAY_ROWS 8       /* typed rows of a cosignature */
#define CLV_RELAY_ROW 32       /* characters of one row, with the final NUL */

struct clv_relay_codes {
    size_t num;
    char text[CLV_RELAY_CODES_MAX][CLV_RELAY_CODE];
};

/* request: as clv_journal_cosign_request() writes it. Cosignatures in it are left out.
 * errors  CLV_E_FORMAT, CLV_E_FOREIGN: not one of this journal's; CLV_E_UNSUPPORTED: too large */
clv_status clv_relay_request_codes(struct clv_view request, const struct clv_vkey *journal,
                                   struct clv_relay_codes *ret, struct clv_error *err);
/* From what a reader printed or typed: one code a line, in any order, doubled. *ret_text: the
 * request, the caller's to free(); a zero byte behind it is not counted.
 * errors  CLV_E_FORMAT: a line that is no such code, or misread; CLV_E_MISSING: names the codes;
 *         CLV_E_FOREIGN: codes of several checkpoints; CLV_E_UNSUPPORTED: of a later version */
clv_status clv_relay_request_read(struct clv_view scanned, uint8_t **ret_text, size_t *ret_len,
                                  struct clv_vkey *ret_journal, struct clv_error *err);

struct clv_relayed {
    struct clv_cosignature cosignature;
    uint64_t size; /* of the checkpoint, for people: "this is of 57 entries"; 0 from a line */
};
/* size: below 2^32. */
void clv_relay_cosignature_code(const struct clv_relayed *relayed, char ret[CLV_RELAY_CODE]);
void clv_relay_cosignature_rows(const struct clv_relayed *relayed,
                                char ret[CLV_RELAY_ROWS][CLV_RELAY_ROW]);
/* What the witness's program printed: its first line that begins as a code or as the line of a note
 * counts. Without one all of it are rows, one a line in any order.
 * errors  CLV_E_FORMAT: names the row; CLV_E_MISSING: names the rows that are not there */
clv_status clv_relay_cosignature_read(struct clv_view text, struct clv_relayed *ret,
                                      struct clv_error *err);
/* One line more of what is typed or scanned, behind the good ones in *typed (clv_writer_init()
 * before the first, the caller's to clear). A row of another cosignature is the first of that one:
 * those before it are dropped.
 * errors  CLV_E_MISSING: it is good, and more are wanted; CLV_E_FORMAT: it is not, *typed is as it
 *         was; CLV_E_MEMORY */
clv_status clv_relay_cosignature_more(struct clv_writer *typed, const char *line,
                                      struct clv_relayed *ret, struct clv_error *err);
/* Whether text begins as a code of these, whatever follows. */
bool clv_relay_is_request(struct clv_view text);
bool clv_relay_is_cosignature(struct clv_view text);

#endif
