/* A program under a terminal emulator: types keys, sees cells.
 *
 *     struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
 *     terminal_wait_text(t, "Password");
 *     terminal_send(t, "secret\r");
 *     cr_assert_eq(terminal_wait_exit(t), 0);
 *     terminal_free(&t);
 *
 * Everything waits for a condition and never for a time; when the condition does not come within
 * TERMINAL_PATIENCE_MS, the screen is printed and the test fails. The environment of the program is
 * pinned: TERM=xterm-256color, LC_ALL=C.UTF-8, ESCDELAY=25, PATH, HOME, XDG_STATE_HOME (in the
 * build), and what options add. */
#ifndef CLV_TESTS_TERMINAL_H
#define CLV_TESTS_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

#define TERMINAL_PATIENCE_MS 60000

struct terminal;

struct terminal_options {
    const char *const *argv; /* argv[0] is a path */
    const char *const *env; /* "NAME=value", or "NAME" to take one away; NULL-terminated, or NULL */
    int rows, cols;         /* 0: 24 and 80 */
    bool raw_output;        /* OPOST off: the stream is what the program wrote, byte for byte */
    bool job_control;       /* under a little shell: terminal_wait_stopped() and
                             * terminal_resume() work */
};

struct terminal *terminal_spawn(const struct terminal_options *options);
/* Hangs up, waits for the program, frees. */
void terminal_free(struct terminal **t);
pid_t terminal_pid(const struct terminal *t); /* of the program, not of the little shell */

void terminal_send(struct terminal *t, const char *text);
void terminal_send_bytes(struct terminal *t, const void *data, size_t len);
void terminal_resize(struct terminal *t, int rows, int cols);
void terminal_hang_up(struct terminal *t); /* closes our end: SIGHUP */

/* Keys as xterm sends them. */
#define KEY_ENTER "\r"
#define KEY_ESC "\033"
#define KEY_TAB "\t"
#define KEY_UP "\033OA"
#define KEY_DOWN "\033OB"
#define KEY_RIGHT "\033OC"
#define KEY_LEFT "\033OD"
#define KEY_PAGE_UP "\033[5~"
#define KEY_PAGE_DOWN "\033[6~"
#define KEY_BACKSPACE "\177"
#define KEY_F1 "\033OP"
#define KEY_F2 "\033OQ"
#define KEY_F4 "\033OS"
#define KEY_F5 "\033[15~"
#define KEY_CTRL_C "\003"
#define KEY_CTRL_L "\014"
#define KEY_CTRL_U "\025"
#define KEY_CTRL_Z "\032"
#define PASTE_START "\033[200~"
#define PASTE_END "\033[201~"

/* Wait until text stands on the screen, in one row; or nowhere any more. Then the rest of the
 * screen is there, too: the program has drawn it and waits. */
void terminal_wait_text(struct terminal *t, const char *text);
void terminal_wait_gone(struct terminal *t, const char *text);
/* Wait until the whole screen is that of the golden file tests/screen/golden/NAME.txt. With
 * CLV_UPDATE_GOLDEN in the environment the file is written from the screen instead, once the screen
 * has held still. */
void terminal_wait_golden(struct terminal *t, const char *name);
/* Wait until it is in the program's output since the start; for plain mode. */
void terminal_wait_output(struct terminal *t, const char *text);
/* As above, counting only what came since the last successful call of this function. */
void terminal_expect(struct terminal *t, const char *text);

/* Reads what has come so far. */
void terminal_drain(struct terminal *t);
bool terminal_has_text(struct terminal *t, const char *text);
/* The screen: rows ending in '\n', blanks at their ends cut. The caller's to free(). */
char *terminal_text(struct terminal *t);
void terminal_dump(struct terminal *t);

struct terminal_cell {
    char text[32]; /* UTF-8; " " for an empty one */
    bool bold, underline, reverse;
    bool default_fg, default_bg; /* no colour was asked for */
    unsigned char fg[3], bg[3];  /* RGB otherwise */
};
void terminal_cell(struct terminal *t, int row, int col, struct terminal_cell *ret);
/* Row and column of text, both from 0; false when it is not there. */
bool terminal_find(struct terminal *t, const char *text, int *ret_row, int *ret_col);
void terminal_cursor(struct terminal *t, int *ret_row, int *ret_col, bool *ret_visible);
bool terminal_alternate(const struct terminal *t); /* whether the alternate screen is shown */
bool terminal_bracketed_paste(const struct terminal *t);

/* Every byte the program wrote since the start; grows with terminal_drain(). */
const unsigned char *terminal_stream(const struct terminal *t, size_t *ret_len);
bool terminal_stream_has(const struct terminal *t, const char *bytes);

/* Mode of the tty now, and as it was before the program started. */
struct termios terminal_mode(const struct terminal *t);
bool terminal_mode_restored(const struct terminal *t);

/* Waits for the end: the exit status, or 128 + signal. */
int terminal_wait_exit(struct terminal *t);
/* job_control: waits until the program was stopped by ^Z; makes it go on. */
void terminal_wait_stopped(struct terminal *t);
void terminal_resume(struct terminal *t);

#endif
