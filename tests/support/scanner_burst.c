#include <string.h>
#include <time.h>

#include "scanner.h"
#include "terminal.h"

/* Between two keys of a fast scanner, and before what it sends behind its Enter: long enough for a
 * program to think that nothing more comes. */
#define KEY_NS 200000L
#define BEHIND_NS 5000000L

static void pause_for(long ns)
{
    (void)nanosleep(&(struct timespec){.tv_nsec = ns}, NULL);
}

void scanner_scan(struct terminal *t, const char *before, const char *text, const char *behind)
{
    terminal_send(t, before);
    for (; *text; text++) {
        terminal_send_bytes(t, text, 1);
        pause_for(KEY_NS);
    }
    for (; *behind; behind++) {
        terminal_send_bytes(t, behind, 1);
        pause_for(BEHIND_NS);
    }
}
