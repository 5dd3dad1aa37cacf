/* The one door to ncursesw. */
#ifndef CLV_TUI_DISPLAY_H
#define CLV_TUI_DISPLAY_H

#include "claviger/terminal.h"
#include "theme.h"

struct clv_display;

enum clv_tui_key_code {
    CLV_KEY_NONE, /* nothing typed: draw again, the window may have changed */
    CLV_KEY_CHAR,
    CLV_KEY_ENTER,
    CLV_KEY_ESCAPE,
    CLV_KEY_BACKSPACE,
    CLV_KEY_DELETE,
    CLV_KEY_LEFT,
    CLV_KEY_RIGHT,
    CLV_KEY_UP,
    CLV_KEY_DOWN,
    CLV_KEY_HOME,
    CLV_KEY_END,
    CLV_KEY_PAGE_UP,
    CLV_KEY_PAGE_DOWN,
    CLV_KEY_TAB,
    CLV_KEY_ERASE_LINE,
    CLV_KEY_HELP,      /* F1 */
    CLV_KEY_UNITS,     /* F2 */
    CLV_KEY_DEVIATION, /* F4 */
    CLV_KEY_RECORD,    /* F5 */
    CLV_KEY_REPAINT,   /* ^L */
    CLV_KEY_PASTE_START,
    CLV_KEY_PASTE_END,
    CLV_KEY_TYPED,      /* something happened to the secret being typed: see typed */
    CLV_KEY_NO_SUSPEND, /* ^Z while a secret is typed */
    CLV_KEY_IDLE,
};

struct clv_tui_key {
    enum clv_tui_key_code code;
    char text[5]; /* CHAR: one character of UTF-8 */
    bool pasted;  /* CHAR */
    enum clv_typed typed;
};

/* terminal learns how to leave in an emergency.
 * errors  CLV_E_TERMINAL: TERM is unknown */
clv_status clv_display_open(enum clv_tui_theme theme, struct clv_terminal *terminal,
                            struct clv_display **ret, struct clv_error *err);
void clv_display_close(struct clv_display **display);
/* The size as the system says it is; has curses follow it. */
void clv_display_size(struct clv_display *display, int *ret_rows, int *ret_cols);
/* whole: draws every cell, whatever the screen is thought to show. */
void clv_display_show(struct clv_display *display, const struct clv_tui_grid *g, bool whole);
/* Takes a key that is there; false when there is none. */
bool clv_display_key(struct clv_display *display, struct clv_tui_key *ret);
/* Throws away what was typed and not read. */
void clv_display_flush(struct clv_display *display);
/* Around a stop of the process: the screen is blank and the first one
 * again; and back. */
void clv_display_leave(struct clv_display *display);
void clv_display_return(struct clv_display *display);

#endif
