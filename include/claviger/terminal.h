/* terminal: what both faces need of the tty below them.
 *
 *     struct clv_terminal *terminal = NULL;
 *     clv_terminal_open(fd, &terminal, err);        mode remembered, signals caught
 *     clv_terminal_wait(terminal, fd, 1000, &wake, err);
 *     clv_terminal_close(&terminal);                mode and signals given back
 *
 * Signals become return values: ^C, SIGTERM, SIGHUP, window size, ^Z and its end. The mode of the
 * tty is given back on every way out: close, exit(), and signals that kill. Secrets are read byte
 * by byte with read(2) into guarded memory: they pass through no curses, no stdio and no ordinary
 * buffer.
 *
 * This room draws nothing and knows no question. One terminal can be open in a process. */
#ifndef CLAVIGER_TERMINAL_H
#define CLAVIGER_TERMINAL_H

#include "claviger/base.h"

struct termios;
struct clv_terminal;

/* Remembers the mode of tty_fd (-1, or not a tty: only signals are caught) and catches the signals.
 * errors  CLV_E_INTERNAL: one is open already; CLV_E_IO */
clv_status clv_terminal_open(int tty_fd, struct clv_terminal **ret, struct clv_error *err);
/* Gives mode and signals back. NULL is fine. */
void clv_terminal_close(struct clv_terminal **terminal);

/* Bytes that put the screen in order (cursor visible, alternate screen left); written to fd on the
 * ways out that nobody planned: exit() and signals that kill. From then on the mode counts as
 * changed and is given back, too. At most CLV_TERMINAL_LEAVE bytes. */
#define CLV_TERMINAL_LEAVE 128
void clv_terminal_set_leave(struct clv_terminal *terminal, int fd, const char *bytes, size_t len);

/* Why a wait ended; several may be set. */
#define CLV_WAKE_INPUT 1u     /* fd can be read, or is at its end */
#define CLV_WAKE_RESIZED 2u   /* the window may have another size */
#define CLV_WAKE_SUSPEND 4u   /* ^Z was pressed: nothing has happened yet */
#define CLV_WAKE_CONTINUED 8u /* the process was stopped and goes on: the mode is unknown */

/* Waits until fd can be read, a signal came, or timeout_ms passed (negative: no limit). fd -1 waits
 * for signals only. Signals from before the call count: none is lost.
 * errors  CLV_E_INTERRUPTED: ^C (once); SIGTERM, SIGHUP (from then on always) */
clv_status clv_terminal_wait(struct clv_terminal *terminal, int fd, int timeout_ms,
                             unsigned *ret_wake, struct clv_error *err);
/* Throws away what was typed and not read yet. */
void clv_terminal_flush(struct clv_terminal *terminal);
/* The same until nothing came for longer than a scanner that types waits between two keys: what it
 * sends behind its first Enter is gone, too. */
void clv_terminal_settle(struct clv_terminal *terminal);
/* Whether it is a tty at all. */
bool clv_terminal_is_tty(const struct clv_terminal *terminal);
/* As it was when opened; zeros when it is not a tty. */
const struct termios *clv_terminal_saved_mode(const struct clv_terminal *terminal);

/* Line at a time with echo; or byte by byte without echo, for a secret. ^C and ^Z stay signals. */
void clv_terminal_line_mode(struct clv_terminal *terminal);
void clv_terminal_secret_mode(struct clv_terminal *terminal);
/* Stops the process as ^Z usually does, with the tty in its first mode, and returns when it goes
 * on. The caller then sets its own mode again. */
void clv_terminal_suspend(struct clv_terminal *terminal);

/* ---- a secret being typed ----------------------------------------------------------------- */

enum clv_typed {
    CLV_TYPED_NOTHING, /* nothing to see */
    CLV_TYPED_MORE,    /* a byte was added or taken away */
    CLV_TYPED_ENTER,
    CLV_TYPED_FULL,    /* longer than allowed: the byte was not taken */
    CLV_TYPED_CONTROL, /* a key that cannot be part of it: not taken */
    CLV_TYPED_PASTED,  /* a paste ended; nothing of it was taken */
    CLV_TYPED_KEY,     /* one of enum clv_typed_key is in key */
    CLV_TYPED_CTRL,    /* a control character other than editing is in key: 'L' for ^L */
    CLV_TYPED_END,     /* nothing more will come: the terminal is gone, or ^D on nothing */
};

enum clv_typed_key {
    CLV_TYPED_F1 = 1, /* F2 .. F12 follow */
    CLV_TYPED_F12 = 12,
    CLV_TYPED_UP,
    CLV_TYPED_DOWN,
    CLV_TYPED_PAGE_UP,
    CLV_TYPED_PAGE_DOWN,
    CLV_TYPED_ESCAPE,
};

/* The bytes typed live in secret only, from the read(2) on. */
struct clv_typing {
    struct clv_secret *secret; /* max_len bytes and one to read into */
    size_t len, max_len;
    bool pasting;   /* between the brackets of a paste */
    bool deaf;      /* set by the face while something lies over the field: letters are
                     * thrown away */
    bool may_paste; /* set by the face for what nobody types: an access token */
    int key;
};

/* max_len 1..4096 bytes.
 * errors  CLV_E_MEMORY */
clv_status clv_typing_init(struct clv_typing *typing, size_t max_len, struct clv_error *err);
void clv_typing_clear(struct clv_typing *typing); /* wipes, zero state */
/* Reads one key from fd, which can be read. Backspace takes a character away, ^U everything. */
enum clv_typed clv_typing_read(struct clv_typing *typing, int fd);
/* Wipes what was typed so far; goes on. */
void clv_typing_restart(struct clv_typing *typing);
/* Hands over what was typed (at least one byte); typing is left in its zero state. */
struct clv_secret *clv_typing_take(struct clv_typing *typing);

#endif
