/* Signals as events. The one place of the program with state outside a struct: a handler gets no
 * context pointer. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

#define INTERRUPT 0x100u
#define TERMINATE 0x200u
#define HANG_UP 0x400u
#define ENDS (INTERRUPT | TERMINATE | HANG_UP)

static struct clv_terminal *_Atomic the_terminal;
static atomic_uint pending;

static void note(int signum);
static void die(int signum);

/* clang-format off */
static const struct {
    int signum;
    void (*handler)(int signum);
    unsigned event;
} rows[] = {
    {SIGINT,   note,    INTERRUPT},
    {SIGQUIT,  note,    INTERRUPT},
    {SIGTERM,  note,    TERMINATE},
    {SIGHUP,   note,    HANG_UP},
    {SIGTSTP,  note,    CLV_WAKE_SUSPEND},
    {SIGCONT,  note,    CLV_WAKE_CONTINUED},
    {SIGWINCH, note,    CLV_WAKE_RESIZED},
    {SIGPIPE,  SIG_IGN, 0}, /* a terminal that went away is a failed write */
    {SIGSEGV,  die,     0},
    {SIGBUS,   die,     0},
    {SIGFPE,   die,     0},
    {SIGILL,   die,     0},
    {SIGABRT,  die,     0},
};
/* clang-format on */

#define NUM_ROWS (sizeof rows / sizeof rows[0])
_Static_assert(NUM_ROWS <= CLV_TERMINAL_MAX_SIGNALS, "room for every old handler");

static void note(int signum)
{
    int saved = errno;
    struct clv_terminal *terminal = atomic_load(&the_terminal);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        if (rows[i].signum == signum)
            atomic_fetch_or(&pending, rows[i].event);
    }
    if (terminal != NULL) {
        ssize_t n = write(terminal->bell[1], "!", 1); /* full: it rings already */
        (void)n;
    }
    errno = saved;
}

/* Puts the terminal in order, then dies of the same signal the way the process would have. */
static void die(int signum)
{
    struct clv_terminal *terminal = atomic_load(&the_terminal);
    if (terminal != NULL) {
        clv_terminal_restore(terminal);
        for (size_t i = 0; i < NUM_ROWS; i++) {
            if (rows[i].signum == signum)
                (void)sigaction(signum, &terminal->before[i], NULL);
        }
    }
    (void)raise(signum); /* held back until this handler returns */
}

static void at_exit(void)
{
    struct clv_terminal *terminal = atomic_load(&the_terminal);
    if (terminal != NULL)
        clv_terminal_restore(terminal);
}

static int open_bell(int bell[2])
{
    return pipe2(bell, O_CLOEXEC | O_NONBLOCK);
}

int clv_signals_catch(struct clv_terminal *terminal)
{
    static atomic_flag registered = ATOMIC_FLAG_INIT;
    struct clv_terminal *none = NULL;
    if (open_bell(terminal->bell) != 0)
        return -1;
    if (!atomic_compare_exchange_strong(&the_terminal, &none, terminal)) {
        (void)close(terminal->bell[0]);
        (void)close(terminal->bell[1]);
        errno = EBUSY;
        return -1;
    }
    atomic_store(&pending, 0);
    if (!atomic_flag_test_and_set(&registered))
        (void)atexit(at_exit);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct sigaction action = {.sa_handler = rows[i].handler, .sa_flags = SA_RESTART};
        (void)sigemptyset(&action.sa_mask);
        (void)sigaction(rows[i].signum, &action, &terminal->before[i]);
    }
    return 0;
}

void clv_signals_release(struct clv_terminal *terminal)
{
    for (size_t i = 0; i < NUM_ROWS; i++)
        (void)sigaction(rows[i].signum, &terminal->before[i], NULL);
    atomic_store(&the_terminal, NULL);
    (void)close(terminal->bell[0]);
    (void)close(terminal->bell[1]);
}

unsigned clv_signals_take(struct clv_terminal *terminal)
{
    char heard[64];
    while (read(terminal->bell[0], heard, sizeof heard) > 0)
        ;
    return atomic_fetch_and(&pending, ENDS) & ~ENDS;
}

bool clv_signals_take_interrupt(const char **ret_why)
{
    unsigned ends = atomic_fetch_and(&pending, ~INTERRUPT) & ENDS; /* only ^C is asked once */
    *ret_why = (ends & HANG_UP) != 0     ? "the terminal was closed"
               : (ends & TERMINATE) != 0 ? "the system asks the program to end (SIGTERM)"
                                         : "interrupted with ^C";
    return ends != 0;
}

void clv_signals_stop(void)
{
    struct sigaction usual = {.sa_handler = SIG_DFL}, ours;
    (void)sigemptyset(&usual.sa_mask);
    (void)sigaction(SIGTSTP, &usual, &ours);
    (void)raise(SIGTSTP);
    (void)sigaction(SIGTSTP, &ours, NULL);
    (void)atomic_fetch_and(&pending, ~CLV_WAKE_CONTINUED); /* that is now */
}
