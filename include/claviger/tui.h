/* tui: the ceremony on a full screen.
 *
 *     clv_tui_open(&(struct clv_tui_config){0}, &tui, &face, err);
 *     ... the conductor talks to face ...
 *     clv_tui_close(&tui);
 *
 * From 80x24 on, resizable at any moment. Every screen draws a snapshot into a grid of cells; one
 * file knows ncursesw; one function supplies keys. Meaning never hangs on colour: marks say it,
 * too. Secrets pass through neither curses nor the grid: typed ones go from read(2) into guarded
 * memory, shown ones from there to the terminal.
 *
 * Keys everywhere: Enter goes on, F1 (and `?` where no text is typed) help, F2 units, F4 deviation,
 * F5 record, ^L draws again; Alt with a digit is that function key. No key held down does anything
 * that cannot be undone: a choice has to be made first, a phrase typed. */
#ifndef CLAVIGER_TUI_H
#define CLAVIGER_TUI_H

#include "claviger/conductor.h"

struct clv_tui;

enum clv_tui_theme {
    CLV_TUI_THEME_AUTO,   /* colour, unless NO_COLOR is set and not empty or there are no colours */
    CLV_TUI_THEME_COLOUR, /* contrast 4.5:1 and more */
    CLV_TUI_THEME_HIGH_CONTRAST, /* 7:1 and more */
    CLV_TUI_THEME_MONO,
};

struct clv_tui_config {
    enum clv_tui_theme theme;
    const struct clv_clock *clock; /* NULL: the system's */
};

#define CLV_TUI_MIN_ROWS 24
#define CLV_TUI_MIN_COLS 80

/* "auto", "colour" (or "color", "default"), "high-contrast", "mono"; false for another name. */
bool clv_tui_theme_named(const char *name, enum clv_tui_theme *ret);

/* Takes over standard input and output. Sets LC_CTYPE from the environment. face->ctx is *ret.
 * errors  CLV_E_TERMINAL: no terminal, of an unknown kind, or smaller than 80x24; nothing of it was
 *         changed. CLV_E_INTERNAL: another face is open. CLV_E_MEMORY */
clv_status clv_tui_open(const struct clv_tui_config *config, struct clv_tui **ret,
                        struct clv_face *ret_face, struct clv_error *err);
/* Leaves the alternate screen and gives the terminal back as it was. NULL is fine. */
void clv_tui_close(struct clv_tui **tui);

#endif
