/* Private to the receipt room. */
#ifndef CLAVIGER_RECEIPT_INTERNAL_H
#define CLAVIGER_RECEIPT_INTERNAL_H

#include "claviger/crypto.h"
#include "claviger/receipt.h"

/* ---- proof.c: a tlog-proof taken apart; borrowed from its text ------------------------------- */

struct proof {
    struct clv_view entry;
    struct clv_vkey key; /* that the extra line names */
    uint8_t *extra;      /* owns entry; release with proof_clear() */
    uint64_t index;
    struct clv_merkle_proof path;
    struct clv_view note_text;
    struct clv_note note;
    struct clv_checkpoint checkpoint;
};
/* Form only. errors  CLV_E_FORMAT, CLV_E_UNSUPPORTED, CLV_E_FOREIGN */
clv_status proof_parse(struct clv_view text, struct proof *ret, struct clv_error *err);
void proof_clear(struct proof *p);
/* Everything before the checkpoint. */
void proof_write_head(struct clv_writer *w, struct clv_view entry, const struct clv_vkey *key,
                      uint64_t index, const struct clv_merkle_proof *path);
/* "<word><base64>" and a line feed. */
void write_base64_line(struct clv_writer *w, const char *word, const void *data, size_t len);
/* What was written as text of the caller's: a zero byte behind it is not counted. */
clv_status detach_text(struct clv_writer *w, uint8_t **ret_text, size_t *ret_len,
                       struct clv_error *err);

/* ---- packed.c: the same facts in binary, without what can be computed ------------------------ */

/* errors  CLV_E_UNSUPPORTED: not in the form we write, so it would not come back the same */
clv_status pack(struct clv_view receipt, struct clv_writer *w, struct clv_error *err);
clv_status unpack(struct clv_view packed, struct clv_writer *w, struct clv_error *err);

/* ---- base32.c -------------------------------------------------------------------------------- */

size_t base32_len(size_t bytes);
void base32_encode(struct clv_view in, char *out); /* base32_len() characters and a NUL */
/* In capitals, what people take for 1 and 0 as these; '\0': not of the alphabet. */
char base32_char(uint8_t c);
/* Exactly len bytes from their one spelling, in capitals. */
bool base32_decode(struct clv_view text, uint8_t *out, size_t len);
/* The first num_chars (at most 51) of SHA-256, and a NUL. */
void base32_check(const void *data, size_t len, char *out, size_t num_chars);

/* ---- code_text.c: the text of a code, "<word>.<field>. ... .<check>" ------------------------- */

struct code_form {
    const char *word; /* "CLV1R" */
    size_t num_fields, check_len;
    bool by_hand; /* may have been typed by people: I and O are 1 and 0 */
};
extern const struct code_form code_receipt, code_slip, code_request, code_cosignature;

#define CODE_TEXT CLV_CODE_TEXT /* the longest of them */
#define CODE_FIELDS_MAX 6
#define CODE_CHECK_MAX 8
#define CODE_WORD(len) (2 * (len) + 1) /* characters of a word as it is spelled, with a NUL */

struct code_text {
    char text[CODE_TEXT]; /* in capitals */
    struct clv_view field[CODE_FIELDS_MAX];
    const char *check;
};
/* Puts the check value behind a text that ends in a dot. */
void code_close(const struct code_form *form, char *text);
/* As a code of this form, whatever follows. */
bool code_starts(struct clv_view text, const struct code_form *form);
/* Blanks and "QR-Code:" before it are passed over. errors  CLV_E_FORMAT */
clv_status code_open(struct clv_view text, const struct code_form *form, struct code_text *ret,
                     struct clv_error *err);
/* CLV_E_FORMAT: typed for another keyboard, or else otherwise. */
clv_status code_refuse(struct clv_view text, const char *otherwise, struct clv_error *err);
/* Takes the next code, or line that is none, off what a reader printed; empty lines are passed
 * over. */
bool take_code(struct clv_view *rest, struct clv_view *ret);
/* A word of A-Z 0-9 '-' in characters that every keyboard has in the same place; out has
 * CODE_WORD() of it. And back: 1..max characters. */
void code_word(const char *word, char *out);
bool code_unword(struct clv_view field, size_t max, char *out);
/* 1..max, at most two digits. */
bool code_number(struct clv_view field, unsigned max, unsigned *ret);
struct clv_view trim(struct clv_view v);
bool view_starts(struct clv_view v, const char *prefix);

/* ---- relay.c --------------------------------------------------------------------------------- */

/* The next line that is not empty, without blanks around it; the last one may lack its line feed.
 */
bool relay_take_line(struct clv_view *text, struct clv_view *ret);

/* ---- codes.c --------------------------------------------------------------------------------- */

#define TAG_LEN 8
bool is_upper_word(struct clv_view v, size_t max); /* 1..max of A-Z 0-9 '-' */

/* ---- page.c: paper, from top to bottom, page after page -------------------------------------- */

struct page_font {
    const char *family;
    bool bold;
    double size; /* points */
};
extern const struct page_font font_world, font_title, font_heading, font_body, font_label,
    font_mono, font_small;

/* Drawn twice: first to learn how many pages there are. All lengths are points. */
struct paper {
    void *cr; /* cairo_t */
    const struct clv_document *doc;
    double width, height;
    double y;      /* top of what comes next */
    unsigned page; /* from 1 */
    unsigned num_pages;
};
double mm(double millimetres);
void paper_begin(struct paper *p);
void paper_end(struct paper *p);
/* Whether this much fits on the page below y. */
bool paper_has(const struct paper *p, double y, double height);
/* A new page unless this much room is left. */
void paper_need(struct paper *p, double height);
double paper_left(const struct paper *p);
double paper_text_width(const struct paper *p); /* between the margins */
/* One line with its baseline at y. */
void paper_text(struct paper *p, const struct page_font *font, double x, double y, const char *text,
                size_t len);
double paper_measure(struct paper *p, const struct page_font *font, const char *text, size_t len);
/* Wrapped into lines of width from p->y on; moves p->y. */
void paper_wrapped(struct paper *p, const struct page_font *font, double x, double width,
                   const char *text);
void paper_rule(struct paper *p, double x, double y, double width);
/* Module by module, upper left corner of the code without quiet zone at x, y. */
void paper_qr(struct paper *p, const struct clv_qr *qr, double x, double y);
#define QR_MODULE 1.92 /* points: 0.677 mm, 4 dots at 150 dpi: readers miss codes of 3 */
#define QR_QUIET 4     /* modules */
#define CODE_VERSION_MAX 20
#define SLIP_VERSION_MAX 8

/* ---- document.c ------------------------------------------------------------------------------ */

#define WORLD_TEST "TEST - NOT A RECORD"
#define WORLD_PRODUCTION "PRODUCTION"
/* The PDF, drawn here; and drawn by a child. errors  as clv_document_pdf() */
clv_status document_draw(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                         struct clv_error *err);
clv_status document_draw_apart(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                               struct clv_error *err);
/* errors  CLV_E_INPUT */
clv_status document_check(const struct clv_document *doc, struct clv_error *err);
/* Whether a document text is there. */
bool given(const char *text);
/* How many bytes of text fill a line: up to the last blank, or as many characters as go. fits says
 * whether the first n bytes do. *ret_skip: with the blanks behind it. */
size_t line_break(const char *text, bool (*fits)(void *ctx, const char *text, size_t n), void *ctx,
                  size_t *ret_skip);

#endif
