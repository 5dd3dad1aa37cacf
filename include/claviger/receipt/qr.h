/* QR codes as modules and as terminal text.
 *
 *     struct clv_qr *qr = NULL;
 *     clv_qr_new(text, CLV_QR_M, 5, &qr, err);
 *     char *lines = clv_qr_text(qr, CLV_QR_DARK_GLYPHS, 2);
 *     ...
 *     clv_qr_free(&qr);
 *
 * Text is upper-case alphanumeric (0-9 A-Z blank $%*+-./:), the densest mode that every reader hands
 * on unchanged. source  ISO/IEC 18004 */
#ifndef CLAVIGER_RECEIPT_QR_H
#define CLAVIGER_RECEIPT_QR_H

#include "claviger/base.h"

/* Error correction: about 7, 15, 25 % of the code may be unreadable. */
enum clv_qr_level { CLV_QR_L, CLV_QR_M, CLV_QR_Q };

struct clv_qr;

/* The smallest version up to max_version (1..25) that holds text.
 * errors  CLV_E_INPUT: a character outside the set; CLV_E_USAGE: does not fit */
clv_status clv_qr_new(const char *text, enum clv_qr_level level, unsigned max_version,
                      struct clv_qr **ret, struct clv_error *err);
void clv_qr_free(struct clv_qr **qr);
unsigned clv_qr_version(const struct clv_qr *qr);
unsigned clv_qr_width(const struct clv_qr *qr); /* modules, without quiet zone */
bool clv_qr_dark(const struct clv_qr *qr, unsigned x, unsigned y);

enum clv_qr_style {
    CLV_QR_DARK_GLYPHS,  /* glyphs are the dark modules: for black text on white */
    CLV_QR_LIGHT_GLYPHS, /* glyphs are the light ones: for a terminal known to be light on dark */
    CLV_QR_ASCII,        /* "##" and two blanks, one module a line: no Unicode */
};
/* Lines ending in '\n', all equally wide, quiet zone (>= 2 modules; 4 by the standard) around. Half
 * blocks: width + 2 * quiet columns, half as many lines. The caller's to free(); NULL without
 * memory. Never contains an escape sequence: colours are the caller's. */
char *clv_qr_text(const struct clv_qr *qr, enum clv_qr_style style, unsigned quiet);
/* Both in one step for a slip: version 5 at most, level M if it fits, else L. */
clv_status clv_qr_render_text(const char *text, enum clv_qr_style style, char **ret_lines,
                              struct clv_error *err);

#endif
