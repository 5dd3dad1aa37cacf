/* One status type and one error, filled from the bottom up.
 *
 * The function that meets the problem calls clv_fail() with the code and the fact; each caller may
 * add "while doing what" with clv_while(); the layer that knows the operator adds what was not
 * changed and what to do now. Printed, an error is
 *
 *     cannot open key part 2: wrong password            <- fact
 *       (a line of a file, and a caret under it)        <- quote
 *       while opening lena-part-2.clvkey                <- while
 *     Nothing was changed.                              <- kept
 *     Try again, choose another file, or ...            <- hint
 *     E-PASSWORD                                        <- code
 *
 * Calling sequence
 *     struct clv_error err = {0};
 *     return clv_while(&err, clv_something(..., &err), "reading %s", name);
 *
 * err may be NULL everywhere: the status alone is then returned. No secret, no function name and no
 * raw errno text alone ever goes into an error. Success leaves the error untouched. */
#ifndef CLAVIGER_BASE_ERROR_H
#define CLAVIGER_BASE_ERROR_H

#include <stddef.h>

/* X(name, printed code, process exit code)
 * Exit codes: 1 check failed, 2 usage, 3 script or site, 4 wrong password, 5 damaged file,
 * 6 crypto unit, 7 input/output, 8 refused by a rule, 9 internal, 130 interrupted. */
#define CLV_CODES(X)                                                                               \
    X(CLV_OK, "OK", 0)                                                                             \
    X(CLV_E_MISMATCH, "E-MISMATCH", 1)       /* two things that should agree do not */             \
    X(CLV_E_FORGED, "E-FORGED", 1)           /* a signature, hash or proof does not hold */        \
    X(CLV_E_USAGE, "E-USAGE", 2)             /* wrong call, option or answer */                    \
    X(CLV_E_INPUT, "E-INPUT", 2)             /* text a person typed breaks a rule */               \
    X(CLV_E_TERMINAL, "E-TERMINAL", 2)       /* no terminal, or too small */                       \
    X(CLV_E_SCRIPT, "E-SCRIPT", 3)           /* ceremony script or site file */                    \
    X(CLV_E_PASSWORD, "E-PASSWORD", 4)       /* wrong password */                                  \
    X(CLV_E_WEAK, "E-WEAK", 8)               /* password too weak */                               \
    X(CLV_E_DAMAGED, "E-DAMAGED", 5)         /* checksum or structure broken, torn or truncated */ \
    X(CLV_E_FORMAT, "E-FORMAT", 5)           /* malformed; names the offset or line */             \
    X(CLV_E_UNSUPPORTED, "E-UNSUPPORTED", 5) /* well formed, but a version or cost we refuse */    \
    X(CLV_E_FOREIGN, "E-FOREIGN", 5)         /* another kind, ceremony or owner's */               \
    X(CLV_E_WORLD, "E-WORLD", 8)             /* TEST in production or production in TEST */        \
    X(CLV_E_UNIT, "E-UNIT", 6)               /* a crypto unit refused a command */                 \
    X(CLV_E_DOUBT, "E-DOUBT", 6)             /* no answer or half an answer: state unknown */      \
    X(CLV_E_UNTRUSTED, "E-UNTRUSTED", 6)     /* answer not bound to the request, or not signed */  \
    X(CLV_E_TIMEOUT, "E-TIMEOUT", 6)         /* deadline passed before anything was sent */        \
    X(CLV_E_IO, "E-IO", 7)                   /* file, folder, socket */                            \
    X(CLV_E_FULL, "E-FULL", 7)               /* no space left */                                   \
    X(CLV_E_EXISTS, "E-EXISTS", 7)           /* would overwrite */                                 \
    X(CLV_E_MISSING, "E-MISSING", 7)         /* no such file, key, entry */                        \
    X(CLV_E_PERMISSION, "E-PERMISSION", 7)   /* mode or owner of a file or folder too loose */     \
    X(CLV_E_RULE, "E-RULE", 8)               /* refused by a rule of the ceremony */               \
    X(CLV_E_MEMORY, "E-MEMORY", 9)           /* no memory, or it cannot be locked */               \
    X(CLV_E_INTERNAL, "E-INTERNAL", 9)       /* a library failed where it should not */            \
    X(CLV_E_INTERRUPTED, "E-INTERRUPTED", 130)

enum [[nodiscard]] clv_code {
#define CLV_CODE_ENUM(name, text, exit_code) name,
    CLV_CODES(CLV_CODE_ENUM)
#undef CLV_CODE_ENUM
};
typedef enum clv_code clv_status;

#define CLV_ERROR_TEXT 240
#define CLV_ERROR_WHILES 4

/* Zero-initialised means "no error". Fixed size, never allocates, may be copied. */
struct clv_error {
    clv_status code;
    unsigned num_whiles;
    char fact[CLV_ERROR_TEXT];
    char quote[2][CLV_ERROR_TEXT]; /* what the fact is about, and marks under it; or "" */
    char whiles[CLV_ERROR_WHILES][CLV_ERROR_TEXT];
    char kept[CLV_ERROR_TEXT];
    char hint[CLV_ERROR_TEXT];
};

/* Starts an error over: code and fact. Returns code, so that it ends a function. */
clv_status clv_fail(struct clv_error *err, clv_status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* As clv_fail(), with the operating system's text for errnum behind the fact; ENOSPC and EDQUOT
 * become CLV_E_FULL, ENOENT CLV_E_MISSING, EEXIST CLV_E_EXISTS, EACCES and EPERM CLV_E_PERMISSION,
 * everything else CLV_E_IO. EINTR too: CLV_E_INTERRUPTED is what a person does. */
clv_status clv_fail_errno(struct clv_error *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Quotes the line of a file that the fact is about, with marks (a caret) to stand under it. */
void clv_quote(struct clv_error *err, const char *line, const char *marks);
/* Adds "while ..." to err, unless status is CLV_OK; further ones than CLV_ERROR_WHILES are dropped.
 * Returns status. */
clv_status clv_while(struct clv_error *err, clv_status status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Says what was not changed, and what to do now. The first caller wins: the layer that knows more
 * speaks first. */
void clv_kept(struct clv_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void clv_hint(struct clv_error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes the whole error as lines without a final newline into buf; always terminated. */
void clv_error_format(const struct clv_error *err, char *buf, size_t cap);
const char *clv_code_name(clv_status code); /* "E-PASSWORD" */
int clv_exit_code(clv_status code);

#endif
