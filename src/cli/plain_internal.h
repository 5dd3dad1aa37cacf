#ifndef CLV_CLI_PLAIN_INTERNAL_H
#define CLV_CLI_PLAIN_INTERNAL_H

#include "claviger/plain.h"
#include "claviger/terminal.h"

#define CLV_PLAIN_LINE CLV_REPLY_TEXT
#define CLV_PLAIN_UNITS 1024

struct clv_plain {
    int in_fd, out_fd;
    int tty_fd; /* of the controlling terminal, for secrets; -1: there is none */
    bool utf8;
    bool broken; /* output failed: said once, by the next call that can */
    int errnum;
    const struct clv_clock *clock;
    struct clv_terminal *terminal;

    bool test_world, secret_turn;
    unsigned idle_seconds, step;
    char person[128];
    bool revealed; /* a secret was printed since the last curtain */

    bool working;                 /* between progress() and progress_end() */
    char work[160];               /* title of what is going on */
    int told_ms;                  /* elapsed_ms of the last line about it */
    char *units[CLV_PLAIN_UNITS]; /* lines of the units, as printed last */
};

/* ---- output: every text goes through clv_plain_text() ---- */

/* As it is, but for control characters and, outside UTF-8, what is not ASCII: those become '?'. */
void clv_plain_text(struct clv_plain *p, const char *text);
void clv_plain_print(struct clv_plain *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Each line of text behind prefix. */
void clv_plain_lines(struct clv_plain *p, const char *prefix, const char *text);
/* Straight from guarded memory. */
void clv_plain_reveal(struct clv_plain *p, const struct clv_secret *secret);
/* errors  CLV_E_TERMINAL: nothing can be written any more */
clv_status clv_plain_check(struct clv_plain *p, struct clv_error *err);

/* ---- input ---- */

enum clv_plain_got { CLV_PLAIN_LINE_READ, CLV_PLAIN_TOO_LONG, CLV_PLAIN_IDLE };

/* Throws type-ahead away, prints prompt, reads one line (without its end) into line, of
 * CLV_PLAIN_LINE bytes.
 * errors  CLV_E_INTERRUPTED: signals, end of input */
clv_status clv_plain_read_line(struct clv_plain *p, const char *prompt, char *line,
                               enum clv_plain_got *ret_got, struct clv_error *err);
/* As above, from the controlling terminal without echo, into guarded memory. *ret_secret is NULL
 * when CLV_PLAIN_IDLE is returned, or when `?` or a key of the menu was all that was typed
 * (*ret_key: '?', or '!' for a deviation).
 * errors  CLV_E_TERMINAL: there is no controlling terminal */
clv_status clv_plain_read_secret(struct clv_plain *p, const char *prompt, size_t max_len,
                                 bool may_paste, struct clv_secret **ret_secret, int *ret_key,
                                 enum clv_plain_got *ret_got, struct clv_error *err);

/* ---- the face ---- */

void clv_plain_question(struct clv_plain *p, const struct clv_question *q);
clv_status clv_plain_ask(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                         struct clv_error *err);
clv_status clv_plain_present(void *ctx, const struct clv_question *q, const char *shown,
                             struct clv_error *err);

#endif
