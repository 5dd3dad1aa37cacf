#include "claviger/tui.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* ---- the face ---- */

static void stage(void *ctx, const struct clv_stage *s)
{
    struct clv_tui *t = ctx;
    if (!clv_tui_stage_set(&t->stage, s))
        clv_tui_record_add(&t->record, CLV_TONE_WARN, "No memory: the header is out of date.");
}

static void tell(void *ctx, enum clv_tone tone, const char *line)
{
    struct clv_tui *t = ctx;
    clv_tui_record_add(&t->record, tone, line);
    if (!t->working && t->base == &clv_tui_between_screen)
        clv_tui_draw(t);
}

static struct clv_face face_of(struct clv_tui *t)
{
    return (struct clv_face){
        .ctx = t,
        .stage = stage,
        .ask = clv_tui_face_ask,
        .present = clv_tui_face_present,
        .tell = tell,
        .show = clv_tui_face_show,
        .curtain = clv_tui_face_curtain,
        .progress = clv_tui_face_progress,
        .progress_end = clv_tui_face_progress_end,
    };
}

/* ---- opening ---- */

static clv_status fail_terminal(struct clv_error *err, const char *fact, const char *hint)
{
    (void)clv_fail(err, CLV_E_TERMINAL, "%s", fact);
    clv_kept(err, "Nothing was started.");
    clv_hint(err, "%s", hint);
    return CLV_E_TERMINAL;
}

/* Before curses is let near it: nothing of the terminal is changed when this fails. */
static clv_status check_terminal(struct clv_error *err)
{
    static const char hint[] = "Run it in a terminal, or use --plain.";
    struct winsize size = {0};
    char fact[120];
    if (!isatty(STDIN_FILENO))
        return fail_terminal(err, "Standard input is not a terminal.", hint);
    if (!isatty(STDOUT_FILENO))
        return fail_terminal(err, "Standard output is not a terminal.", hint);
    const char *term = getenv("TERM");
    if (term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0)
        return fail_terminal(err, "TERM does not say what kind of terminal this is.",
                             "Set TERM to what it is, or use --plain.");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
        return CLV_OK; /* a serial line: terminfo or LINES and COLUMNS say it */
    if (size.ws_row >= CLV_TUI_MIN_ROWS && size.ws_col >= CLV_TUI_MIN_COLS)
        return CLV_OK;
    (void)snprintf(fact, sizeof fact, "This window is %dx%d. The ceremony needs %dx%d.",
                   size.ws_col, size.ws_row, CLV_TUI_MIN_COLS, CLV_TUI_MIN_ROWS);
    return fail_terminal(err, fact, "Enlarge it and start again, or use --plain.");
}

clv_status clv_tui_open(const struct clv_tui_config *config, struct clv_tui **ret,
                        struct clv_face *ret_face, struct clv_error *err)
{
    clv_status status = check_terminal(err);
    if (status != CLV_OK)
        return status;
    struct clv_tui *t = calloc(1, sizeof *t);
    if (t == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    (void)setlocale(LC_CTYPE, "");
    t->grid.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    t->clock = config->clock != NULL ? config->clock : clv_clock_system();
    t->base = &clv_tui_between_screen;
    t->repaint = true;
    status = clv_terminal_open(STDIN_FILENO, &t->terminal, err);
    if (status == CLV_OK)
        status = clv_display_open(config->theme, t->terminal, &t->display, err);
    if (status != CLV_OK) {
        clv_tui_close(&t);
        return status;
    }
    *ret_face = face_of(t);
    *ret = t;
    return CLV_OK;
}

void clv_tui_close(struct clv_tui **tui)
{
    if (tui == NULL || *tui == NULL)
        return;
    struct clv_tui *t = *tui;
    *tui = NULL;
    clv_display_close(&t->display);
    clv_terminal_close(&t->terminal);
    clv_typing_clear(&t->typing);
    clv_tui_stage_clear(&t->stage);
    clv_tui_record_clear(&t->record);
    clv_grid_free(&t->grid);
    free(t);
}
