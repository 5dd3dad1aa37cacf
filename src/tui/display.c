/* The only file that speaks ncursesw. */
#include "display.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <unistd.h>

#define PASTE_ON "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define KEY_PASTE_START (KEY_MAX + 1)
#define KEY_PASTE_END (KEY_MAX + 2)

struct clv_display {
    SCREEN *screen;
    WINDOW *keys; /* a pad: reading from it never draws */
    struct clv_terminal *terminal;
    enum clv_tui_theme theme;
    short pair[CLV_NUM_STYLES];
    bool outside;          /* left for a while */
    unsigned char part[4]; /* a UTF-8 character that has not come whole yet */
    size_t part_len, part_need;
};

/* ---- opening ---- */

/* Capability without its padding: delays mean nothing to a terminal of today. */
static size_t add_capability(char *out, size_t len, const char *name)
{
    const char *s = tigetstr(name);
    if (s == NULL || s == (const char *)-1)
        return len;
    while (*s != '\0' && len < CLV_TERMINAL_LEAVE) {
        const char *end = s[0] == '$' && s[1] == '<' ? strchr(s, '>') : NULL;
        if (end != NULL)
            s = end + 1;
        else
            out[len++] = *s++;
    }
    return len;
}

static void arm_leave(struct clv_display *c)
{
    char leave[CLV_TERMINAL_LEAVE] = PASTE_OFF;
    size_t len = strlen(leave);
    len = add_capability(leave, len, "sgr0");
    len = add_capability(leave, len, "cnorm");
    len = add_capability(leave, len, "rmcup");
    clv_terminal_set_leave(c->terminal, STDOUT_FILENO, leave, len);
}

static void say(const char *bytes)
{
    ssize_t n = write(STDOUT_FILENO, bytes, strlen(bytes));
    (void)n; /* what the screen shows is checked by whoever looks at it */
}

static void start_colours(struct clv_display *c)
{
    c->theme = clv_theme_resolve(c->theme, has_colors() && tigetnum("colors") >= 8);
    if (c->theme == CLV_TUI_THEME_MONO || start_color() != OK)
        return; /* once started, curses would paint even the default */
    (void)use_default_colors();
    for (short style = 0; style < CLV_NUM_STYLES; style++) {
        struct clv_look look = clv_theme_look(c->theme, (enum clv_tui_style)style);
        c->pair[style] = (short)(style + 1);
        short ink = look.ink == CLV_COLOUR_BRIGHT && COLORS < 16 ? CLV_COLOUR_WHITE : look.ink;
        (void)init_pair(c->pair[style], ink, look.paper);
    }
}

static void start_modes(struct clv_display *c)
{
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)intrflush(stdscr, FALSE);
    (void)keypad(c->keys, TRUE);
    (void)nodelay(c->keys, TRUE);
    (void)set_escdelay(25);
    (void)define_key("\033[200~", KEY_PASTE_START);
    (void)define_key("\033[201~", KEY_PASTE_END);
    (void)leaveok(stdscr, FALSE);
    (void)curs_set(0);
    say(PASTE_ON);
}

/* newterm() would say so, too, and leave memory behind. */
static bool is_known(void)
{
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
        return false;
    (void)del_curterm(cur_term);
    return true;
}

static clv_status fail_unknown(struct clv_error *err)
{
    const char *term = getenv("TERM");
    (void)clv_fail(err, CLV_E_TERMINAL, "terminals of the kind TERM=%s are not known here",
                   term != NULL ? term : "");
    clv_kept(err, "Nothing was started.");
    clv_hint(err, "Set TERM to what this terminal is, or use --plain.");
    return CLV_E_TERMINAL;
}

clv_status clv_display_open(enum clv_tui_theme theme, struct clv_terminal *terminal,
                            struct clv_display **ret, struct clv_error *err)
{
    struct clv_display *c = calloc(1, sizeof *c);
    if (c == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    c->screen = is_known() ? newterm(NULL, stdout, stdin) : NULL;
    if (c->screen == NULL) {
        free(c);
        return fail_unknown(err);
    }
    c->terminal = terminal;
    c->theme = theme;
    c->keys = newpad(1, 1);
    start_colours(c);
    start_modes(c);
    arm_leave(c);
    *ret = c;
    return CLV_OK;
}

void clv_display_close(struct clv_display **display)
{
    if (display == NULL || *display == NULL)
        return;
    struct clv_display *c = *display;
    *display = NULL;
    clv_display_leave(c);
    if (c->keys != NULL)
        (void)delwin(c->keys);
    delscreen(c->screen);
    free(c);
}

void clv_display_leave(struct clv_display *c)
{
    if (c->outside)
        return;
    c->outside = true;
    (void)erase(); /* some terminals keep what the alternate screen showed */
    (void)clearok(stdscr, TRUE);
    (void)refresh();
    say(PASTE_OFF);
    (void)endwin();
    clv_terminal_set_leave(c->terminal, -1, "", 0);
}

void clv_display_return(struct clv_display *c)
{
    c->outside = false;
    (void)reset_prog_mode();
    arm_leave(c);
    (void)clearok(stdscr, TRUE);
    (void)refresh();
    say(PASTE_ON);
    clv_display_flush(c);
}

/* ---- showing ---- */

void clv_display_size(struct clv_display *c, int *ret_rows, int *ret_cols)
{
    struct winsize size = {0};
    (void)c;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        (void)resizeterm(size.ws_row, size.ws_col);
    *ret_rows = LINES;
    *ret_cols = COLS;
}

static attr_t attributes(unsigned look)
{
    return ((look & CLV_LOOK_BOLD) != 0 ? A_BOLD : A_NORMAL) |
           ((look & CLV_LOOK_REVERSE) != 0 ? A_REVERSE : A_NORMAL) |
           ((look & CLV_LOOK_UNDERLINE) != 0 ? A_UNDERLINE : A_NORMAL);
}

static void show_row(struct clv_display *c, const struct clv_tui_grid *g, int row)
{
    for (int col = 0; col < g->cols; col++) {
        const struct clv_tui_cell *cell = &g->cells[(size_t)row * (size_t)g->cols + (size_t)col];
        enum clv_tui_style style = (enum clv_tui_style)cell->style;
        cchar_t cc;
        if (cell->text[0] == 0)
            continue;
        (void)setcchar(&cc, cell->text, attributes(clv_theme_look(c->theme, style).attributes),
                       c->pair[style], NULL);
        (void)mvadd_wch(row, col, &cc);
    }
}

/* Row by row from guarded memory to the terminal, broken at blanks where it can be. */
static void reveal(const struct clv_tui_grid *g)
{
    const char *move_to = tigetstr("cup");
    size_t len = clv_secret_len(g->reveal), at = 0;
    const uint8_t *bytes = clv_secret_read(g->reveal);
    struct clv_tui_area area = g->reveal_area;
    for (int row = 0; row < area.rows && at < len; row++) {
        size_t n = len - at < (size_t)area.cols ? len - at : (size_t)area.cols;
        size_t cut = n;
        while (at + n < len && cut > 0 && bytes[at + cut] != ' ')
            cut--;
        n = cut > 0 ? cut : n;
        say(tparm(move_to, (long)(area.row + row), (long)area.col, 0L, 0L, 0L, 0L, 0L, 0L, 0L));
        ssize_t written = write(STDOUT_FILENO, bytes + at, n);
        (void)written;
        for (at += n; at < len && bytes[at] == ' ';)
            at++;
    }
    clv_secret_close(g->reveal);
}

void clv_display_show(struct clv_display *c, const struct clv_tui_grid *g, bool whole)
{
    (void)erase();
    for (int row = 0; row < g->rows && row < LINES; row++)
        show_row(c, g, row);
    if (whole)
        (void)clearok(stdscr, TRUE);
    bool cursor = g->cursor_row >= 0 && g->reveal == NULL;
    (void)curs_set(cursor ? 1 : 0);
    (void)move(cursor ? g->cursor_row : LINES - 1, cursor ? g->cursor_col : COLS - 1);
    (void)refresh();
    if (g->reveal != NULL)
        reveal(g);
}

/* ---- keys ---- */

/* clang-format off */
static const struct {
    int code;
    enum clv_tui_key_code key;
} codes[] = {
    {'\r',            CLV_KEY_ENTER},      {'\n',            CLV_KEY_ENTER},
    {KEY_ENTER,       CLV_KEY_ENTER},      {'\t',            CLV_KEY_TAB},
    {KEY_BACKSPACE,   CLV_KEY_BACKSPACE},  {0x7f,            CLV_KEY_BACKSPACE},
    {0x08,            CLV_KEY_BACKSPACE},  {KEY_DC,          CLV_KEY_DELETE},
    {KEY_LEFT,        CLV_KEY_LEFT},       {KEY_RIGHT,       CLV_KEY_RIGHT},
    {KEY_UP,          CLV_KEY_UP},         {KEY_DOWN,        CLV_KEY_DOWN},
    {KEY_HOME,        CLV_KEY_HOME},       {KEY_END,         CLV_KEY_END},
    {0x01,            CLV_KEY_HOME},       {0x05,            CLV_KEY_END},
    {KEY_PPAGE,       CLV_KEY_PAGE_UP},    {KEY_NPAGE,       CLV_KEY_PAGE_DOWN},
    {0x15,            CLV_KEY_ERASE_LINE}, {0x0c,            CLV_KEY_REPAINT},
    {KEY_F(1),        CLV_KEY_HELP},       {KEY_F(2),        CLV_KEY_UNITS},
    {KEY_F(4),        CLV_KEY_DEVIATION},  {KEY_F(5),        CLV_KEY_RECORD},
    {KEY_PASTE_START, CLV_KEY_PASTE_START}, {KEY_PASTE_END,  CLV_KEY_PASTE_END},
};

/* Alt with a digit, for keyboards and serial lines without function keys. */
static const struct {
    int digit;
    enum clv_tui_key_code key;
} alt_codes[] = {
    {'1', CLV_KEY_HELP}, {'2', CLV_KEY_UNITS}, {'4', CLV_KEY_DEVIATION}, {'5', CLV_KEY_RECORD},
};
/* clang-format on */

static enum clv_tui_key_code escape_key(struct clv_display *c)
{
    int next = wgetch(c->keys);
    for (size_t i = 0; i < sizeof alt_codes / sizeof alt_codes[0]; i++) {
        if (alt_codes[i].digit == next)
            return alt_codes[i].key;
    }
    if (next != ERR)
        (void)ungetch(next);
    return CLV_KEY_ESCAPE;
}

static size_t lead_needs(int byte)
{
    return byte < 0x80                   ? 1
           : byte >= 0xc2 && byte < 0xe0 ? 2
           : byte >= 0xe0 && byte < 0xf0 ? 3
           : byte >= 0xf0 && byte < 0xf5 ? 4
                                         : 0;
}

/* Collects the bytes of a character; true when it is whole. */
static bool add_byte(struct clv_display *c, int byte, struct clv_tui_key *ret)
{
    bool follower = (byte & 0xc0) == 0x80;
    if (!follower || c->part_len == 0) {
        c->part_len = 0;
        c->part_need = follower ? 0 : lead_needs(byte);
    }
    if (c->part_need == 0)
        return false;
    c->part[c->part_len++] = (unsigned char)byte;
    if (c->part_len < c->part_need)
        return false;
    *ret = (struct clv_tui_key){.code = CLV_KEY_CHAR};
    memcpy(ret->text, c->part, c->part_len);
    c->part_len = 0;
    return true;
}

bool clv_display_key(struct clv_display *c, struct clv_tui_key *ret)
{
    for (;;) {
        int code = wgetch(c->keys);
        if (code == ERR)
            return false;
        if (code == 0x1b) {
            *ret = (struct clv_tui_key){.code = escape_key(c)};
            return true;
        }
        for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
            if (codes[i].code == code) {
                *ret = (struct clv_tui_key){.code = codes[i].key};
                return true;
            }
        }
        if (code >= 0x20 && code <= 0xff && add_byte(c, code, ret))
            return true;
    }
}

void clv_display_flush(struct clv_display *c)
{
    c->part_len = 0;
    (void)flushinp();
}
