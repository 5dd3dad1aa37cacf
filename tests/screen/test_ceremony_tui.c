/* Whole ceremonies on the full screen: what stands there, that it is the same ceremony as in plain
 * mode, and that no secret is ever in the stream to the terminal. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vterm.h>

#include "terminal.h"
#include "tests/scenario/house.h"
#include "tests/scenario/new_secrets.h"

#define PROGRAM CLV_BINARY_DIR "/claviger"
#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

/* ---- the stream once more, slowly: screens that nobody had to wait for are there, too ---- */

struct sight {
    const char *text;
    bool seen;
};

#define ROWS 24
#define COLS 80
#define SLICE 7 /* smaller than a text that stands for one redraw only */

struct replay {
    VTerm *vterm;
    VTermScreen *screen;
    char text[ROWS * COLS * 4 + 1];
};

static void replay_start(struct replay *r)
{
    r->vterm = vterm_new(ROWS, COLS);
    vterm_set_utf8(r->vterm, 1);
    r->screen = vterm_obtain_screen(r->vterm);
    vterm_screen_enable_altscreen(r->screen, 1);
    vterm_screen_reset(r->screen, 1);
}

static void replay_write(struct replay *r, const unsigned char *data, size_t len)
{
    VTermRect all = {0, ROWS, 0, COLS};
    (void)vterm_input_write(r->vterm, (const char *)data, len);
    size_t got = vterm_screen_get_text(r->screen, r->text, sizeof(r->text) - 1, all);
    r->text[got] = '\0';
}

/* Looks for every text; with a banner, how many screens stood there without it. */
static size_t look(const unsigned char *stream, size_t len, struct sight *sights, size_t num,
                   const char *banner)
{
    struct replay r = {0};
    size_t without = 0;
    bool begun = false;
    replay_start(&r);
    for (size_t at = 0; at < len; at += SLICE) {
        replay_write(&r, stream + at, len - at < SLICE ? len - at : SLICE);
        bool there = strstr(r.text, banner) != NULL;
        begun = begun || there;
        without += begun && !there && strstr(r.text, "Step ") != NULL;
        for (size_t i = 0; i < num; i++)
            sights[i].seen = sights[i].seen || strstr(r.text, sights[i].text) != NULL;
    }
    vterm_free(r.vterm);
    return without;
}

static struct terminal *spawn(const struct scene *s, const char *const *more, int rows, int cols)
{
    const char *argv[24] = {PROGRAM, "rehearse", "--dir", s->dir};
    size_t num = 4;
    char *answers = scene_path(s, "answers.txt");
    file_write(answers, s->answers, strlen(s->answers));
    for (; *more && num + 3 < sizeof(argv) / sizeof(argv[0]); more++)
        argv[num++] = strcmp(*more, "ANSWERS") == 0 ? answers : *more;
    struct terminal *t =
        terminal_spawn(&(struct terminal_options){.argv = argv, .rows = rows, .cols = cols});
    free(answers);
    return t;
}

static void assert_left_tidy(struct terminal *t)
{
    cr_assert(terminal_mode_restored(t));
    cr_assert(!terminal_alternate(t));
}

/* ---- the same ceremony ---- */

/* Kinds in order; answers of units come as they come, so those are only counted. */
static void assert_same_ceremony(const struct journal *a, const struct journal *b)
{
    size_t i = 0, k = 0;
    while (i < a->num || k < b->num) {
        while (i < a->num &&
               (a->event[i].kind == CLV_EVENT_INTENT || a->event[i].kind == CLV_EVENT_OUTCOME))
            i++;
        while (k < b->num &&
               (b->event[k].kind == CLV_EVENT_INTENT || b->event[k].kind == CLV_EVENT_OUTCOME))
            k++;
        cr_assert_eq(i < a->num, k < b->num);
        if (i < a->num)
            cr_assert_eq(a->event[i++].kind, b->event[k++].kind, "entry %zu", i);
    }
    cr_assert_eq(journal_count(a, CLV_EVENT_INTENT), journal_count(b, CLV_EVENT_INTENT));
    cr_assert_eq(journal_count(a, CLV_EVENT_OUTCOME), journal_count(b, CLV_EVENT_OUTCOME));
}

Test(ceremony_tui, the_whole_ceremony)
{
    struct sight sights[] = {
        {"TEST", false},
        {"Check the workstation", false},
        {"Roll call", false},
        {"Kofi Eklund", false},
        {"The crypto units", false},
        {"zeroize 1,2,3,4,5,6", false},
        {"Value of your key part", false},
        {"The two entries differ", false},
        {"Opening ", false},
        {"The expected verification pattern", false},
        {"EP11-VP", false},
        {"Point of no return", false},
        {"set immediate 1,2,3,4,5,6", false},
        {"Receipts", false},
        {"Sign-off", false},
        {"The ceremony is complete.", false},
    };
    struct scene plain, s;
    struct needles n = {0};
    size_t len = 0;
    scene_begin(&plain, "typed-parts.txt");
    scene_play(&plain, NULL);
    scene_begin(&s, "typed-parts.txt");
    new_secrets(&s, &n);
    struct terminal *t = spawn(&s, (const char *[]){"--answers", "ANSWERS", NULL}, 0, 0);
    cr_assert_eq(terminal_wait_exit(t), 0);
    assert_left_tidy(t);
    const unsigned char *stream = terminal_stream(t, &len);
    cr_assert_null(needles_in(&n, stream, len), "%s", needles_in(&n, stream, len));
    size_t without = look(stream, len, sights, sizeof(sights) / sizeof(sights[0]), "TEST");
    cr_assert_eq(without, 0, "%zu screens without the banner", without);
    for (size_t i = 0; i < sizeof(sights) / sizeof(sights[0]); i++)
        cr_assert(sights[i].seen, "no screen ever showed \"%s\"", sights[i].text);
    journal_read(s.dir, &s.journal);
    journal_check(&s.journal, 3);
    assert_same_ceremony(&s.journal, &plain.journal);
    terminal_free(&t);
    needles_clear(&n);
    scene_clear(&plain);
    scene_clear(&s);
}

/* ---- trouble, and a window that changes while units work ---- */

Test(ceremony_tui, trouble_and_changes_of_size_during_a_dispatch)
{
    struct sight sights[] = {
        {"Stopped at the barrier", false},
        {"Unit 4: the order once more. Recommended.", false},
    };
    struct scene s;
    size_t len = 0;
    scene_begin_short(&s, 4);
    scene_answer(&s, "trouble", "retry");
    struct terminal *t =
        spawn(&s,
              (const char *[]){"--answers", "ANSWERS", "--script", SHORT, "--keys", house_keys(),
                               "--units", "4", "--drill", "silent-unit", NULL},
              0, 0);
    terminal_wait_text(t, "Committing the new register");
    terminal_resize(t, 40, 120);
    terminal_wait_text(t, "Committing the new register");
    terminal_resize(t, 24, 80);
    cr_assert_eq(terminal_wait_exit(t), 0);
    assert_left_tidy(t);
    journal_read(s.dir, &s.journal);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_COMMIT, 4, "in-doubt"), 1);
    cr_assert_str_eq(journal_last(&s.journal)->name, "complete");
    const unsigned char *stream = terminal_stream(t, &len);
    (void)look(stream, len, sights, sizeof(sights) / sizeof(sights[0]), "TEST");
    cr_assert(sights[0].seen);
    cr_assert(sights[1].seen, "what the choice will do to the units");
    terminal_free(&t);
    scene_clear(&s);
}

/* ---- typed by hand ---- */

Test(ceremony_tui, does_not_start_in_a_window_that_is_too_small)
{
    struct scene s;
    scene_begin_short(&s, 1);
    struct terminal *t = spawn(&s, (const char *[]){"--units", "1", NULL}, 23, 79);
    cr_assert_eq(terminal_wait_exit(t), 2);
    cr_assert(terminal_stream_has(t, "This window is 79x23. The ceremony needs 80x24."));
    cr_assert(terminal_stream_has(t, "E-TERMINAL"));
    assert_left_tidy(t);
    char *log = ceremony_path(&s, "journal.log");
    cr_assert_neq(access(log, F_OK), 0, "nothing was begun");
    free(log);
    terminal_free(&t);
    scene_clear(&s);
}

Test(ceremony_tui, too_small_a_window_waits_and_a_typed_password_is_not_shown)
{
    static const char *const names[] = {"Ada Brandt", "Wen Castellan", "Sofia Dahl", "Kofi Eklund",
                                        "Lena F\u00e4hnrich"};
    struct scene s;
    struct needles n = {0};
    size_t len = 0;
    scene_begin_short(&s, 1);
    struct terminal *t =
        spawn(&s, (const char *[]){"--script", SHORT, "--keys", house_keys(), "--units", "1", NULL},
              0, 0);
    terminal_wait_text(t, "Does the clock on the wall agree?");
    terminal_resize(t, 23, 79);
    terminal_wait_text(t, "The ceremony needs 80x24");
    terminal_resize(t, 24, 80);
    terminal_wait_text(t, "Does the clock on the wall agree?");
    terminal_send(t, KEY_ENTER);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        terminal_wait_text(t, i == 0   ? "Name of the ceremony administrator"
                              : i == 1 ? "Name of the witness"
                              : i == 2 ? "Name of signature-key owner 1"
                              : i == 3 ? "Name of key-part owner 1"
                                       : "Name of key-part owner 2");
        terminal_send(t, names[i]);
        terminal_send(t, KEY_ENTER);
    }
    terminal_wait_text(t, "The crypto units");
    terminal_wait_text(t, "What now?");
    terminal_send(t, "1" KEY_ENTER);
    terminal_wait_text(t, "zeroize 1");
    terminal_send(t, "zeroize 1" KEY_ENTER);
    terminal_wait_text(t, "Sofia Dahl");
    terminal_wait_text(t, "seated");
    terminal_send(t, KEY_ENTER);
    terminal_wait_text(t, "Choose your key file");
    terminal_send(t, "1" KEY_ENTER);
    terminal_wait_text(t, "Password of this file");
    terminal_send(t, SOFIA_PASSWORD KEY_ENTER);
    terminal_wait_text(t, "Hand over to Ada Brandt"); /* the key was good */
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    assert_left_tidy(t);
    needles_add(&n, "the password", SOFIA_PASSWORD, strlen(SOFIA_PASSWORD));
    const unsigned char *stream = terminal_stream(t, &len);
    cr_assert_null(needles_in(&n, stream, len));
    needles_clear(&n);
    terminal_free(&t);
    scene_clear(&s);
}
