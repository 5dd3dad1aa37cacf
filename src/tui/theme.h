/* Styles as attributes and colours: one table a theme. Knows no curses. */
#ifndef CLV_TUI_THEME_H
#define CLV_TUI_THEME_H

#include "claviger/tui.h"
#include "grid.h"

#define CLV_LOOK_BOLD 1u
#define CLV_LOOK_REVERSE 2u
#define CLV_LOOK_UNDERLINE 4u

/* Of the terminal's own. */
enum clv_tui_colour {
    CLV_COLOUR_DEFAULT = -1,
    CLV_COLOUR_BLACK,
    CLV_COLOUR_RED,
    CLV_COLOUR_GREEN,
    CLV_COLOUR_YELLOW,
    CLV_COLOUR_BLUE,
    CLV_COLOUR_MAGENTA,
    CLV_COLOUR_CYAN,
    CLV_COLOUR_WHITE,
    CLV_COLOUR_BRIGHT = 15, /* bright white; WHITE where there are only eight */
};

struct clv_look {
    unsigned attributes;
    short ink, paper; /* enum clv_tui_colour */
};

struct clv_look clv_theme_look(enum clv_tui_theme theme, enum clv_tui_style style);
/* AUTO becomes one of the others. */
enum clv_tui_theme clv_theme_resolve(enum clv_tui_theme theme, bool has_colours);

#endif
