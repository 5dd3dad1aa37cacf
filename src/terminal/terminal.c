#include "claviger/terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define SETTLE_MS 200
#define SETTLE_KEYS 50 /* somebody leans on the keyboard */

clv_status clv_terminal_open(int tty_fd, struct clv_terminal **ret, struct clv_error *err)
{
    struct clv_terminal *terminal = calloc(1, sizeof *terminal);
    if (terminal == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    terminal->leave_fd = -1;
    terminal->tty_fd = tty_fd >= 0 && isatty(tty_fd) ? tty_fd : -1;
    if (terminal->tty_fd >= 0 && tcgetattr(tty_fd, &terminal->saved) != 0) {
        int errnum = errno;
        free(terminal);
        return clv_fail_errno(err, errnum, "the mode of the terminal cannot be read");
    }
    if (clv_signals_catch(terminal) != 0) {
        int errnum = errno;
        free(terminal);
        if (errnum == EBUSY)
            return clv_fail(err, CLV_E_INTERNAL, "the terminal is in use by this program already");
        return clv_fail_errno(err, errnum, "signals cannot be caught");
    }
    *ret = terminal;
    return CLV_OK;
}

void clv_terminal_close(struct clv_terminal **terminal)
{
    if (terminal == NULL || *terminal == NULL)
        return;
    struct clv_terminal *old = *terminal;
    *terminal = NULL;
    clv_terminal_restore(old);
    clv_signals_release(old);
    free(old);
}

void clv_terminal_set_leave(struct clv_terminal *terminal, int fd, const char *bytes, size_t len)
{
    terminal->leave_fd = -1; /* a signal now finds nothing, not half of it */
    terminal->leave_len = len < sizeof terminal->leave ? len : sizeof terminal->leave;
    memcpy(terminal->leave, bytes, terminal->leave_len);
    terminal->leave_fd = fd;
    terminal->changed = terminal->tty_fd >= 0;
}

void clv_terminal_restore(const struct clv_terminal *terminal)
{
    if (terminal->leave_fd >= 0) {
        ssize_t n = write(terminal->leave_fd, terminal->leave, terminal->leave_len);
        (void)n;
    }
    /* Not TCSAFLUSH: a terminal that is stopped with ^S must not keep the program from ending. */
    if (terminal->changed)
        (void)tcsetattr(terminal->tty_fd, TCSANOW, &terminal->saved);
}

clv_status clv_terminal_wait(struct clv_terminal *terminal, int fd, int timeout_ms,
                             unsigned *ret_wake, struct clv_error *err)
{
    struct pollfd p[2] = {
        {.fd = terminal->bell[0], .events = POLLIN},
        {.fd = fd, .events = POLLIN},
    };
    const char *why = NULL;
    if (clv_signals_take_interrupt(&why))
        return clv_fail(err, CLV_E_INTERRUPTED, "%s", why);
    int n = poll(p, 2, timeout_ms);
    if (n < 0 && errno != EINTR)
        return clv_fail_errno(err, errno, "cannot wait for the keyboard");
    if (clv_signals_take_interrupt(&why))
        return clv_fail(err, CLV_E_INTERRUPTED, "%s", why);
    unsigned wake = clv_signals_take(terminal);
    if (n > 0 && p[1].revents != 0)
        wake |= CLV_WAKE_INPUT;
    *ret_wake = wake;
    return CLV_OK;
}

void clv_terminal_flush(struct clv_terminal *terminal)
{
    if (terminal->tty_fd >= 0)
        (void)tcflush(terminal->tty_fd, TCIFLUSH);
}

void clv_terminal_settle(struct clv_terminal *terminal)
{
    struct pollfd p = {.fd = terminal->tty_fd, .events = POLLIN};
    if (terminal->tty_fd < 0)
        return;
    for (unsigned i = 0; i < SETTLE_KEYS; i++) {
        if (poll(&p, 1, SETTLE_MS) <= 0 || !(p.revents & POLLIN))
            break;
        clv_terminal_flush(terminal);
    }
    clv_terminal_flush(terminal); /* of a line that did not end */
}

bool clv_terminal_is_tty(const struct clv_terminal *terminal)
{
    return terminal->tty_fd >= 0;
}

const struct termios *clv_terminal_saved_mode(const struct clv_terminal *terminal)
{
    return &terminal->saved;
}

static void set_mode(struct clv_terminal *terminal, bool lines)
{
    if (terminal->tty_fd < 0)
        return;
    struct termios mode = terminal->saved;
    mode.c_iflag |= ICRNL;
    mode.c_lflag |= ISIG | IEXTEN;
    if (lines) {
        mode.c_lflag |= ICANON | ECHO | ECHOE | ECHOK;
    } else {
        mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHOE | ECHOK | ECHONL);
        mode.c_cc[VMIN] = 1;
        mode.c_cc[VTIME] = 0;
    }
    terminal->changed = true;
    (void)tcsetattr(terminal->tty_fd, TCSADRAIN, &mode);
}

void clv_terminal_line_mode(struct clv_terminal *terminal)
{
    set_mode(terminal, true);
}

void clv_terminal_secret_mode(struct clv_terminal *terminal)
{
    set_mode(terminal, false);
}

void clv_terminal_suspend(struct clv_terminal *terminal)
{
    if (terminal->changed)
        (void)tcsetattr(terminal->tty_fd, TCSADRAIN, &terminal->saved);
    clv_signals_stop();
}
