/* plain: the ceremony line by line: for screen readers, serial consoles and pipes.
 *
 *     clv_plain_open(&(struct clv_plain_config){0}, &plain, &face, err);
 *     ... the conductor talks to face ...
 *     clv_plain_close(&plain);
 *
 * Everything is appended: no escape sequence, no carriage return, nothing is ever drawn again.
 * Choices are numbered; `?` shows help and `!deviation` records a deviation. ASCII only, unless the
 * locale is UTF-8: then names keep their letters. Control characters in any text become '?'.
 *
 * Questions are read from in_fd; secrets always from the controlling terminal, with echo off. What
 * a terminal above keeps in its scrollback cannot be taken back from here. */
#ifndef CLAVIGER_PLAIN_H
#define CLAVIGER_PLAIN_H

#include "claviger/conductor.h"

struct clv_plain;

struct clv_plain_config {
    int in_fd;                     /* 0: standard input */
    int out_fd;                    /* 0: standard output */
    const struct clv_clock *clock; /* NULL: the system's */
};

/* Sets LC_CTYPE from the environment. face->ctx is *ret.
 * errors  CLV_E_MEMORY, CLV_E_IO; CLV_E_INTERNAL: another face is open */
clv_status clv_plain_open(const struct clv_plain_config *config, struct clv_plain **ret,
                          struct clv_face *ret_face, struct clv_error *err);
/* Gives the terminal back as it was. NULL is fine. */
void clv_plain_close(struct clv_plain **plain);

#endif
