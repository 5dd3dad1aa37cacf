/* Documents: facts as paper and as plain text.
 *
 *     struct clv_document doc = {
 *         .kind = "Key-part receipt", .title = "Key part 2 of 3", .serial = "7F3A-03",
 *         .ceremony_id = "CLV-20261123-7F3A", .test = true, .printed_at = "2026-11-23T09:12:44Z",
 *         .rows = rows, .num_rows = n, .codes = codes.text, .num_codes = codes.num, ...
 *     };
 *     clv_document_write_pdf(&doc, "receipts/03-part.pdf", err);
 *
 * The caller hands over every fact; this room knows no ceremony. Paper carries public data only.
 * Pure black on white, A4, as many pages as needed. Every page says PRODUCTION or
 * "TEST - NOT A RECORD" at its top and bottom. */
#ifndef CLAVIGER_RECEIPT_DOCUMENT_H
#define CLAVIGER_RECEIPT_DOCUMENT_H

#include "claviger/base.h"
#include "claviger/receipt/proof.h"

/* A row without label continues the value above; without value it is a heading; with neither an
 * empty line. mono: hex and other text to be compared letter by letter. All UTF-8. */
struct clv_document_row {
    const char *label;
    const char *value;
    bool mono;
};

/* A line to sign or initial: "Lena Berg, key-part owner 2". */
struct clv_document_line {
    const char *who;
    const char *statement; /* above the line, or NULL */
};

struct clv_document {
    const char *kind; /* "Key-part receipt" */
    const char *title;
    const char *serial; /* "7F3A-03" */
    const char *ceremony_id;
    bool test;
    const char *printed_at; /* text; the caller's clock */
    const struct clv_document_row *rows;
    size_t num_rows;
    const struct clv_document_line *lines;
    size_t num_lines;
    const char (*codes)[CLV_CODE_TEXT]; /* of clv_receipt_codes(), in order */
    size_t num_codes;
    const char *slip;   /* text of a slip code, or NULL */
    const char *footer; /* "script 9f3a0c11, entry 57, log head 491176b0", or NULL */
    bool letter;        /* US Letter instead of A4 */
};

/* The whole PDF in fresh memory, the caller's to free(). Same document, same bytes.
 * Drawn in a child process: the libraries that draw do not survive a lack of memory.
 * errors  CLV_E_INPUT: not UTF-8 or control characters, or a code that does not fit; CLV_E_MEMORY;
 *         CLV_E_INTERNAL: the child came to no result */
clv_status clv_document_pdf(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                            struct clv_error *err);
/* To a new file, durable when it succeeds. errors  also CLV_E_EXISTS, CLV_E_FULL, CLV_E_IO */
clv_status clv_document_write_pdf(const struct clv_document *doc, const char *path,
                                  struct clv_error *err);
/* The same facts as lines of at most 78 columns; the codes stay on paper. No escape sequences. In
 * fresh memory, the caller's to free(). */
clv_status clv_document_text(const struct clv_document *doc, char **ret_text,
                             struct clv_error *err);

#endif
