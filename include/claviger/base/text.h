/* Hex, base64, and the rules for text that people type or that comes out of a file. */
#ifndef CLAVIGER_BASE_TEXT_H
#define CLAVIGER_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/bytes.h"
#include "claviger/base/error.h"

/* Lower-case hex with a final NUL: out holds 2 * len + 1. Not for secrets. */
void clv_hex(const void *data, size_t len, char *out);
/* Groups of `group` digits separated by a blank ("ef8a 9b7a ..."): out of size cap. */
void clv_hex_groups(const void *data, size_t len, size_t group, char *out, size_t cap);
/* Exactly len bytes from hex text; blanks between digits are skipped, either case is taken.
 * Constant time in the digits' values, so that it may fill a secret.
 * errors  CLV_E_INPUT: names the position of the wrong digit, or how many digits there are and
 *         should be. Never repeats the text. */
clv_status clv_unhex(const char *text, size_t text_len, void *out, size_t len,
                     struct clv_error *err);

/* Standard alphabet with padding; out in fresh memory, the caller's to free(). */
char *clv_base64(const void *data, size_t len);
/* Strict: the one canonical encoding or nothing. *ret_data is the caller's to free().
 * errors  CLV_E_FORMAT, CLV_E_MEMORY */
clv_status clv_unbase64(const char *text, size_t text_len, uint8_t **ret_data, size_t *ret_len,
                        struct clv_error *err);
/* The same into the caller's memory, of which no more than cap bytes may be needed: for what has
 * one length. Needs no memory: false is about the text, never about the machine. */
bool clv_unbase64_into(const char *text, size_t text_len, void *out, size_t cap, size_t *ret_len);

/* One decoded character of strict UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
 * source  RFC 3629 section 4 */
struct clv_utf8 {
    uint32_t code;
    size_t len; /* bytes taken; 0: the bytes at this place are not UTF-8 */
};
struct clv_utf8 clv_utf8_next(const char *text, size_t len);
/* C0, DEL and C1 controls: what a terminal would obey. */
bool clv_utf8_is_control(uint32_t code);
/* Characters nobody sees, or that turn what stands around them: with them one text reads as
 * another. */
bool clv_utf8_is_hidden(uint32_t code);

/* A name, description or remark: 1..max_chars characters of UTF-8, not blank, none of them a
 * control, bidirectional-override or other format character. max_chars counts code points, not
 * bytes: a character takes up to four.
 * errors  CLV_E_INPUT: says which rule, for field `what` */
clv_status clv_text_check(const char *text, size_t max_chars, const char *what,
                          struct clv_error *err);
/* Number of columns text takes on a terminal (invalid bytes count one). */
size_t clv_text_width(const char *text);

#endif
