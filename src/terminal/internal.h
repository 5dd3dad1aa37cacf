#ifndef CLV_TERMINAL_INTERNAL_H
#define CLV_TERMINAL_INTERNAL_H

#include <signal.h>
#include <stdint.h>
#include <termios.h>

#include "claviger/terminal.h"

#define CLV_TERMINAL_MAX_SIGNALS 16

struct clv_terminal {
    int tty_fd; /* -1: not a tty */
    struct termios saved;
    volatile sig_atomic_t changed; /* by us: else there is nothing to give back, and a process in
                                    * the background is stopped for trying */
    int bell[2];                   /* a signal handler rings, clv_terminal_wait() hears */
    int leave_fd;
    size_t leave_len;
    char leave[CLV_TERMINAL_LEAVE];
    struct sigaction before[CLV_TERMINAL_MAX_SIGNALS]; /* as in the table of signals.c */
};

/* Catches the signals for the one terminal; -1 (errno) when the system refuses. */
int clv_signals_catch(struct clv_terminal *terminal);
void clv_signals_release(struct clv_terminal *terminal);
/* Events since the last call, as CLV_WAKE_*; and whether somebody wants this to end. */
unsigned clv_signals_take(struct clv_terminal *terminal);
bool clv_signals_take_interrupt(const char **ret_why);
/* The usual meaning of ^Z, until the process goes on. */
void clv_signals_stop(void);

/* Leaves the screen and gives the mode back. Safe inside a signal handler. */
void clv_terminal_restore(const struct clv_terminal *terminal);

/* What the bytes behind an ESC mean. */
enum clv_escape {
    CLV_ESCAPE_UNKNOWN,
    CLV_ESCAPE_KEY,         /* enum clv_typed_key in *ret_key */
    CLV_ESCAPE_PASTE_START, /* ESC [ 200 ~ */
    CLV_ESCAPE_PASTE_END,   /* ESC [ 201 ~ */
};

#define CLV_ESCAPE_MAX 24

/* Whether seq (what came behind ESC so far) is complete. */
bool clv_escape_complete(const uint8_t *seq, size_t len);
enum clv_escape clv_escape_meaning(const uint8_t *seq, size_t len, int *ret_key);

#endif
