#include "theme.h"

#include <stdlib.h>
#include <string.h>

#define BOLD CLV_LOOK_BOLD
#define REVERSE CLV_LOOK_REVERSE
#define UNDERLINE CLV_LOOK_UNDERLINE
#define DEFAULT CLV_COLOUR_DEFAULT
#define BLACK CLV_COLOUR_BLACK
#define RED CLV_COLOUR_RED
#define GREEN CLV_COLOUR_GREEN
#define YELLOW CLV_COLOUR_YELLOW
#define BLUE CLV_COLOUR_BLUE
#define CYAN CLV_COLOUR_CYAN
#define WHITE CLV_COLOUR_WHITE
#define BRIGHT CLV_COLOUR_BRIGHT

/* Where colour is used, ink and paper are both ours: what stands on the terminal's own background
 * stays in its own colour, so light and dark terminals are equally good to read. A code is black on
 * white where there are colours at all; without, we suppose light letters on a dark screen. */
/* clang-format off */
static const struct clv_look looks[][CLV_NUM_STYLES] = {
    [CLV_TUI_THEME_COLOUR] = {
        [CLV_STYLE_TEXT]     = {0,                DEFAULT, DEFAULT},
        [CLV_STYLE_TITLE]    = {BOLD,             WHITE,   BLUE},
        [CLV_STYLE_TEST]     = {BOLD,             BLACK,   YELLOW},
        [CLV_STYLE_RULE]     = {0,                DEFAULT, DEFAULT},
        [CLV_STYLE_HEADING]  = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_FIELD]    = {UNDERLINE,        DEFAULT, DEFAULT},
        [CLV_STYLE_SELECTED] = {BOLD,             BLACK,   CYAN},
        [CLV_STYLE_KEY]      = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_DONE]     = {0,                BLACK,   GREEN},
        [CLV_STYLE_WARN]     = {0,                BLACK,   YELLOW},
        [CLV_STYLE_FAIL]     = {BOLD,             BRIGHT,  RED},
        [CLV_STYLE_PAPER]    = {0,                BLACK,   WHITE},
        [CLV_STYLE_INK]      = {0,                WHITE,   BLACK},
    },
    [CLV_TUI_THEME_HIGH_CONTRAST] = {
        [CLV_STYLE_TEXT]     = {0,                WHITE,   BLACK},
        [CLV_STYLE_TITLE]    = {BOLD,             BLACK,   WHITE},
        [CLV_STYLE_TEST]     = {BOLD,             BLACK,   YELLOW},
        [CLV_STYLE_RULE]     = {0,                WHITE,   BLACK},
        [CLV_STYLE_HEADING]  = {BOLD,             WHITE,   BLACK},
        [CLV_STYLE_FIELD]    = {UNDERLINE,        WHITE,   BLACK},
        [CLV_STYLE_SELECTED] = {BOLD,             BLACK,   WHITE},
        [CLV_STYLE_KEY]      = {BOLD,             YELLOW,  BLACK},
        [CLV_STYLE_DONE]     = {BOLD,             BLACK,   GREEN},
        [CLV_STYLE_WARN]     = {BOLD,             BLACK,   YELLOW},
        [CLV_STYLE_FAIL]     = {BOLD | UNDERLINE, BLACK,   WHITE},
        [CLV_STYLE_PAPER]    = {0,                BLACK,   WHITE},
        [CLV_STYLE_INK]      = {0,                WHITE,   BLACK},
    },
    [CLV_TUI_THEME_MONO] = {
        [CLV_STYLE_TEXT]     = {0,                DEFAULT, DEFAULT},
        [CLV_STYLE_TITLE]    = {REVERSE,          DEFAULT, DEFAULT},
        [CLV_STYLE_TEST]     = {BOLD | REVERSE,   DEFAULT, DEFAULT},
        [CLV_STYLE_RULE]     = {0,                DEFAULT, DEFAULT},
        [CLV_STYLE_HEADING]  = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_FIELD]    = {UNDERLINE,        DEFAULT, DEFAULT},
        [CLV_STYLE_SELECTED] = {REVERSE,          DEFAULT, DEFAULT},
        [CLV_STYLE_KEY]      = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_DONE]     = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_WARN]     = {BOLD,             DEFAULT, DEFAULT},
        [CLV_STYLE_FAIL]     = {BOLD | REVERSE,   DEFAULT, DEFAULT},
        [CLV_STYLE_PAPER]    = {REVERSE,          DEFAULT, DEFAULT},
        [CLV_STYLE_INK]      = {0,                DEFAULT, DEFAULT},
    },
};

static const struct {
    const char *name;
    enum clv_tui_theme theme;
} names[] = {
    {"auto",          CLV_TUI_THEME_AUTO},
    {"default",       CLV_TUI_THEME_COLOUR},
    {"colour",        CLV_TUI_THEME_COLOUR},
    {"color",         CLV_TUI_THEME_COLOUR},
    {"high-contrast", CLV_TUI_THEME_HIGH_CONTRAST},
    {"mono",          CLV_TUI_THEME_MONO},
};
/* clang-format on */

struct clv_look clv_theme_look(enum clv_tui_theme theme, enum clv_tui_style style)
{
    return looks[theme][style];
}

enum clv_tui_theme clv_theme_resolve(enum clv_tui_theme theme, bool has_colours)
{
    const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
    bool wanted = no_color == NULL || no_color[0] == '\0';
    if (theme == CLV_TUI_THEME_AUTO)
        theme = wanted ? CLV_TUI_THEME_COLOUR : CLV_TUI_THEME_MONO;
    return has_colours ? theme : CLV_TUI_THEME_MONO;
}

bool clv_tui_theme_named(const char *name, enum clv_tui_theme *ret)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].name, name) == 0) {
            *ret = names[i].theme;
            return true;
        }
    }
    return false;
}
