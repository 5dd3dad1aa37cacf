#include "claviger/plain.h"

#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plain_internal.h"

#define TELL_EVERY_MS 30000

static const char *mark(enum clv_tone tone)
{
    switch (tone) {
    case CLV_TONE_DONE:
        return "[ok] ";
    case CLV_TONE_WARN:
        return "[--] ";
    case CLV_TONE_FAIL:
        return "[!!] ";
    case CLV_TONE_INFO:
        break;
    }
    return "";
}

/* Printed when step, person or world change; units are told as they come. */
static void stage(void *ctx, const struct clv_stage *s)
{
    struct clv_plain *p = ctx;
    const char *person = s->person != NULL ? s->person : "";
    bool same = p->step == s->step && strcmp(p->person, person) == 0;
    p->test_world = s->test_world;
    p->secret_turn = s->secret_turn;
    p->idle_seconds = s->idle_seconds;
    p->step = s->step;
    (void)snprintf(p->person, sizeof p->person, "%s", person);
    if (same)
        return;
    clv_plain_print(p, "\n== %s%s %s ==\n", s->test_world ? "TEST - REHEARSAL: " : "", s->title,
                    s->ceremony_id != NULL ? s->ceremony_id : "");
    if (s->step > 0 && s->step <= s->num_steps)
        clv_plain_print(p, "Step %u of %u: %s\n", s->step, s->num_steps,
                        s->step_titles[s->step - 1]);
    if (person[0] != '\0')
        clv_plain_print(p, "%s at the keyboard (%s)\n", person, s->role != NULL ? s->role : "");
}

static void tell(void *ctx, enum clv_tone tone, const char *line)
{
    clv_plain_lines(ctx, mark(tone), line);
}

static clv_status go_on(struct clv_plain *p, const char *prompt, struct clv_error *err)
{
    char line[CLV_PLAIN_LINE];
    enum clv_plain_got got;
    do {
        clv_status status = clv_plain_read_line(p, prompt, line, &got, err);
        if (status != CLV_OK)
            return status;
    } while (got == CLV_PLAIN_LINE_READ && line[0] != '\0');
    return CLV_OK;
}

static clv_status show(void *ctx, const struct clv_sheet *sheet, bool wait, struct clv_error *err)
{
    struct clv_plain *p = ctx;
    clv_plain_print(p, "\n-- %s --%s\n", sheet->title, p->test_world ? " [TEST]" : "");
    if (sheet->secret != NULL) {
        clv_plain_text(p, "Write it down now. It stays visible in whatever this terminal keeps.\n");
        clv_plain_reveal(p, sheet->secret);
        p->revealed = true;
    } else if (sheet->text != NULL) {
        clv_plain_lines(p, "", sheet->text);
    }
    if (sheet->qr_ascii != NULL) {
        clv_plain_text(p, "The same as the printed code carries:\n");
        clv_plain_lines(p, "", sheet->qr_ascii);
    }
    if (wait) {
        clv_status status = go_on(p, "[Enter goes on] ", err);
        if (status != CLV_OK)
            return status;
    }
    return clv_plain_check(p, err);
}

static clv_status curtain(void *ctx, const char *previous, const char *next, const char *next_role,
                          bool wait, struct clv_error *err)
{
    struct clv_plain *p = ctx;
    char prompt[CLV_PLAIN_LINE];
    clv_plain_print(p, "\n======== %sHand over to %s (%s) ========\n",
                    p->test_world ? "TEST - REHEARSAL: " : "", next, next_role);
    if (previous[0] != '\0')
        clv_plain_print(p, "%s's turn is over. %s\n", previous,
                        p->revealed ? "A passphrase was printed above: clear the scrollback of "
                                      "this terminal before you leave it."
                                    : "No secret of theirs was printed here.");
    p->revealed = false;
    clv_plain_print(p, "%s: sit down, alone at the keyboard.\n", next);
    if (wait) {
        (void)snprintf(prompt, sizeof prompt, "%s, press Enter when you are seated: ", next);
        clv_status status = go_on(p, prompt, err);
        if (status != CLV_OK)
            return status;
        clv_terminal_flush(p->terminal);
    }
    return clv_plain_check(p, err);
}

/* ---- while something works ---- */

static void forget_units(struct clv_plain *p)
{
    for (size_t i = 0; i < CLV_PLAIN_UNITS; i++) {
        free(p->units[i]);
        p->units[i] = NULL;
    }
}

static void start_work(struct clv_plain *p, const struct clv_progress *w)
{
    forget_units(p);
    p->working = true;
    p->told_ms = w->elapsed_ms;
    (void)snprintf(p->work, sizeof p->work, "%s", w->title);
    if (w->estimate_ms >= 1000)
        clv_plain_print(p, "[..] %s (about %d s)\n", w->title, (w->estimate_ms + 500) / 1000);
    else
        clv_plain_print(p, "[..] %s\n", w->title);
}

static void still_working(struct clv_plain *p, const struct clv_progress *w)
{
    p->told_ms = w->elapsed_ms;
    clv_plain_print(p, "[..] still working: %s, %d s", w->title, w->elapsed_ms / 1000);
    if (w->total > 0)
        clv_plain_print(p, ", %u of %u done", w->done, w->total);
    clv_plain_text(p, "\n");
}

/* What a unit's line said at first is where it started: only what changes is news. */
static void tell_units(struct clv_plain *p, const struct clv_progress *w, bool first)
{
    for (size_t i = 0; i < w->num_lines && i < CLV_PLAIN_UNITS; i++) {
        if (p->units[i] != NULL && strcmp(p->units[i], w->lines[i]) == 0)
            continue;
        free(p->units[i]);
        p->units[i] = strdup(w->lines[i]);
        if (!first)
            clv_plain_lines(p, "  ", w->lines[i]);
    }
}

static clv_status progress(void *ctx, const struct clv_progress *w, struct clv_error *err)
{
    struct clv_plain *p = ctx;
    unsigned wake = 0;
    bool first = !p->working || strncmp(p->work, w->title, sizeof p->work - 1) != 0;
    if (first)
        start_work(p, w);
    else if (w->elapsed_ms - p->told_ms >= TELL_EVERY_MS)
        still_working(p, w);
    tell_units(p, w, first);
    clv_status status = clv_terminal_wait(p->terminal, -1, 0, &wake, err);
    if (status != CLV_OK)
        return status;
    if ((wake & CLV_WAKE_SUSPEND) != 0)
        clv_terminal_suspend(p->terminal);
    return clv_plain_check(p, err);
}

static void progress_end(void *ctx)
{
    struct clv_plain *p = ctx;
    p->working = false;
    forget_units(p);
}

/* ---- opening ---- */

/* Secrets are typed on the controlling terminal even when standard input is a pipe. */
static int open_tty(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

clv_status clv_plain_open(const struct clv_plain_config *config, struct clv_plain **ret,
                          struct clv_face *ret_face, struct clv_error *err)
{
    struct clv_plain *p = calloc(1, sizeof *p);
    if (p == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    (void)setlocale(LC_CTYPE, "");
    p->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    p->in_fd = config->in_fd;
    p->out_fd = config->out_fd != 0 ? config->out_fd : STDOUT_FILENO;
    p->clock = config->clock != NULL ? config->clock : clv_clock_system();
    p->tty_fd = open_tty();
    clv_status status = clv_terminal_open(p->tty_fd, &p->terminal, err);
    if (status != CLV_OK) {
        clv_plain_close(&p);
        return status;
    }
    *ret_face = (struct clv_face){
        .ctx = p,
        .stage = stage,
        .ask = clv_plain_ask,
        .present = clv_plain_present,
        .tell = tell,
        .show = show,
        .curtain = curtain,
        .progress = progress,
        .progress_end = progress_end,
    };
    *ret = p;
    return CLV_OK;
}

void clv_plain_close(struct clv_plain **plain)
{
    if (plain == NULL || *plain == NULL)
        return;
    struct clv_plain *old = *plain;
    *plain = NULL;
    clv_terminal_close(&old->terminal);
    if (old->tty_fd >= 0)
        (void)close(old->tty_fd);
    forget_units(old);
    free(old);
}
