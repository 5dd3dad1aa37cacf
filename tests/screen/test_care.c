/* The care a face takes of the terminal: it gives it back on every way out, loses no key, shows no
 * secret. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "demo.h"

#define SECRET "correct h\u00f6rse 7"

static struct demo demo;

static void teardown(void)
{
    demo_clear(&demo);
}

TestSuite(care, .fini = teardown, .timeout = 120);

#define START(...) demo_start(&demo, &(struct demo_options){__VA_ARGS__})

static void assert_given_back(void)
{
    int row, col;
    bool visible;
    terminal_cursor(demo.t, &row, &col, &visible);
    cr_assert(terminal_mode_restored(demo.t), "the mode of the terminal is another one");
    cr_assert_not(terminal_alternate(demo.t), "still on the alternate screen");
    cr_assert(visible, "the cursor is hidden");
    cr_assert_not(terminal_bracketed_paste(demo.t), "bracketed paste is still on");
}

static void assert_taken(void)
{
    cr_assert(terminal_alternate(demo.t));
    cr_assert(terminal_bracketed_paste(demo.t));
    cr_assert_not(terminal_mode_restored(demo.t));
}

/* ---- ways out ---- */

Test(care, the_end)
{
    START(.args = {"continue"});
    terminal_wait_text(demo.t, "Press Enter");
    assert_taken();
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    assert_given_back();
    cr_assert_not(terminal_has_text(demo.t, "Crypto units"));
}

static const struct {
    const char *scene, *text;
    const char *keys; /* or NULL: */
    int signum;
    int status;
} ways[] = {
    {"text", "Description", KEY_CTRL_C, 0, 130},
    {"secret", "Password of", KEY_CTRL_C, 0, 130},
    {"choice", "Try again", KEY_CTRL_C, 0, 130},
    {"curtain", "Hand over", KEY_CTRL_C, 0, 130},
    {"sheet", "Receipt", KEY_CTRL_C, 0, 130},
    {"reveal", "Write it down", KEY_CTRL_C, 0, 130},
    {"progress", "Committing", KEY_CTRL_C, 0, 130},
    {"text", "Description", NULL, SIGTERM, 130},
    {"secret", "Password of", NULL, SIGTERM, 130},
    {"progress", "Committing", NULL, SIGTERM, 130},
    {"text", "Description", NULL, SIGHUP, 130},
    {"secret", "Password of", NULL, SIGHUP, 130},
    {"secret", "Password of", NULL, SIGQUIT, 130},
    {"text", "Description", NULL, SIGSEGV, 128 + SIGSEGV},
    {"secret", "Password of", NULL, SIGABRT, 128 + SIGABRT},
};

Test(care, interruptions_and_deaths)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        START(.args = {ways[i].scene});
        terminal_wait_text(demo.t, ways[i].text);
        assert_taken();
        if (ways[i].keys != NULL)
            terminal_send(demo.t, ways[i].keys);
        else
            cr_assert_eq(kill(terminal_pid(demo.t), ways[i].signum), 0);
        cr_assert_eq(demo_end(&demo), ways[i].status, "row %zu", i);
        assert_given_back();
        demo_clear(&demo);
    }
}

Test(care, crashes_and_sudden_exits)
{
    static const struct {
        const char *scene;
        int status;
    } rows[] = {{"crash", 128 + SIGSEGV}, {"abort", 128 + SIGABRT}, {"exit", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        START(.args = {"continue", rows[i].scene});
        terminal_wait_text(demo.t, "Press Enter");
        terminal_send(demo.t, KEY_ENTER);
        cr_assert_eq(demo_end(&demo), rows[i].status, "%s", rows[i].scene);
        assert_given_back();
        demo_clear(&demo);
    }
}

Test(care, a_terminal_that_goes_away)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, "abc");
    terminal_hang_up(demo.t);
    cr_assert_eq(demo_end(&demo), 130);
    cr_assert(demo_answered(&demo, "error=E-INTERRUPTED"));
    cr_assert(demo_answered(&demo, "alive=none"));
}

/* ---- ^Z ---- */

Test(care, suspending_and_coming_back)
{
    START(.args = {"text"}, .job_control = true);
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "before");
    terminal_wait_text(demo.t, "> before");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_wait_stopped(demo.t);
    assert_given_back();
    cr_assert_not(terminal_has_text(demo.t, "before"));
    terminal_resume(demo.t);
    terminal_wait_text(demo.t, "> before");
    assert_taken();
    terminal_send(demo.t, " after");
    terminal_wait_text(demo.t, "> before after");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=before after"));
    assert_given_back();
}

Test(care, resized_while_suspended)
{
    START(.args = {"text"}, .job_control = true);
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_wait_stopped(demo.t);
    terminal_resize(demo.t, 30, 100);
    terminal_resume(demo.t);
    terminal_wait_golden(demo.t, "text-100x30");
}

Test(care, no_suspending_with_a_secret_half_typed)
{
    START(.args = {"secret"}, .job_control = true);
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, "c");
    terminal_wait_text(demo.t, "typing...");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_wait_text(demo.t, "Suspending is refused");
    terminal_send(demo.t, "orrect h\u00f6rse 7\r");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

/* ---- size ---- */

Test(care, too_small_and_back)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "Lena's");
    terminal_wait_text(demo.t, "> Lena's");
    terminal_resize(demo.t, 23, 79);
    terminal_wait_golden(demo.t, "too-small-79x23");
    terminal_send(demo.t, KEY_ENTER " part"); /* Enter does nothing unseen, letters count */
    for (int cols = 70; cols < 79; cols++) {
        /* After each drawing at least one key is taken before the next: then all six are in. */
        char text[32];
        (void)snprintf(text, sizeof text, "This window is %dx23", cols);
        terminal_resize(demo.t, 23, cols);
        terminal_wait_text(demo.t, text);
    }
    terminal_resize(demo.t, 24, 80);
    terminal_wait_golden(demo.t, "text-80x24");
}

Test(care, two_hundred_resizes_lose_no_key)
{
    char expected[300] = "";
    unsigned seed = 7;
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    for (int i = 0; i < 200; i++) {
        char key[2] = {(char)('a' + i % 26), '\0'};
        seed = seed * 1103515245u + 12345u;
        terminal_resize(demo.t, 10 + (int)(seed >> 16) % 50, 40 + (int)(seed >> 20) % 120);
        terminal_send(demo.t, key);
        strcat(expected, key);
    }
    terminal_resize(demo.t, 24, 80);
    terminal_wait_text(demo.t, "Description");
    terminal_wait_text(demo.t, expected + 200 - 60);
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    char line[400] = "part.2.description=";
    strcat(line, expected);
    cr_assert(demo_answered(&demo, line));
}

Test(care, resizes_lose_no_key_of_a_secret)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    for (const char *p = SECRET; *p != '\0'; p++) {
        terminal_send_bytes(demo.t, p, 1);
        terminal_resize(demo.t, 20 + (int)(p - SECRET), 70 + 2 * (int)(p - SECRET));
    }
    terminal_resize(demo.t, 24, 80);
    terminal_wait_text(demo.t, "typing...");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

/* ---- secrets ---- */

static void assert_not_in_stream(const char *secret)
{
    /* Any five bytes of it in a row would be a leak. */
    for (size_t i = 0; i + 5 <= strlen(secret); i++) {
        char part[6] = {0};
        memcpy(part, secret + i, 5);
        cr_assert_not(terminal_stream_has(demo.t, part), "'%s' was written", part);
    }
}

Test(care, a_typed_secret_is_never_written)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, SECRET);
    terminal_wait_text(demo.t, "typing...");
    terminal_send(demo.t, KEY_F1);
    terminal_wait_text(demo.t, "Help:");
    terminal_send(demo.t, "these letters are thrown away");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "typing...");
    terminal_send(demo.t, KEY_CTRL_L);
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
    cr_assert(demo_answered(&demo, "alive=none"));
    assert_not_in_stream(SECRET);
}

Test(care, editing_a_secret)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, "all wrong" KEY_CTRL_U);
    terminal_wait_text(demo.t, "(nothing typed)");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "Nothing was typed.");
    terminal_send(demo.t, "correct h\u00f6\u00f6" KEY_BACKSPACE "rse 7" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

Test(care, a_pasted_secret_is_refused)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, PASTE_START "pasted password\r" PASTE_END);
    terminal_wait_text(demo.t, "A secret has to be typed");
    terminal_send(demo.t, SECRET KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

Test(care, a_secret_that_is_too_long_is_said_so)
{
    START(.args = {"secret"});
    terminal_wait_text(demo.t, "Password of");
    for (int i = 0; i < 64; i++)
        terminal_send(demo.t, "x");
    terminal_send(demo.t, "y");
    terminal_wait_text(demo.t, "That is too long");
}

Test(care, a_secret_is_shown_once_and_taken_away)
{
    START(.args = {"reveal", "continue"});
    terminal_wait_text(demo.t, "jungle-kettle-lantern-magnet");
    terminal_resize(demo.t, 30, 100);
    terminal_wait_text(demo.t, "jungle-kettle-lantern-magnet");
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "All units answered.");
    cr_assert_not(terminal_has_text(demo.t, "kettle"));
    cr_assert_not(terminal_has_text(demo.t, "anchor"));
}

Test(care, idle_closes_the_secret_question)
{
    START(.args = {"idle"});
    terminal_wait_text(demo.t, "Password of");
    terminal_send(demo.t, "abc");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(idle)"));
    cr_assert(demo_answered(&demo, "alive=none"));
}

/* ---- keys ---- */

Test(care, type_ahead_is_thrown_away)
{
    START(.args = {"curtain", "choice"});
    terminal_wait_text(demo.t, "press Enter when you are seated");
    terminal_send(demo.t, "3" KEY_ENTER "3" KEY_ENTER); /* all before the second question */
    terminal_wait_text(demo.t, "Try again");
    terminal_send(demo.t, "2" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.wrong=other"));
}

Test(care, held_keys_choose_nothing)
{
    START(.args = {"choice"});
    terminal_wait_text(demo.t, "Try again");
    for (int i = 0; i < 100; i++)
        terminal_send(demo.t, KEY_ENTER " y" KEY_ESC);
    terminal_send(demo.t, KEY_ENTER);
    terminal_wait_text(demo.t, "Choose first");
    terminal_send(demo.t, "2" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.wrong=other"));
}

Test(care, a_named_default_is_one_enter_away)
{
    START(.args = {"initial"});
    terminal_wait_text(demo.t, "Try again");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.wrong=again"));
}

Test(care, a_phrase_cannot_be_pasted)
{
    START(.args = {"phrase"});
    terminal_wait_text(demo.t, "type exactly");
    terminal_send(demo.t, PASTE_START "SETIMM ef8a" PASTE_END);
    terminal_wait_text(demo.t, "This has to be typed");
    terminal_send(demo.t, "SETIMM ef8a" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "setimm.phrase=SETIMM ef8a"));
}

Test(care, a_pasted_text_never_presses_enter)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, PASTE_START "two\rlines" PASTE_END);
    terminal_wait_text(demo.t, "> two lines");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=two lines"));
}

Test(care, editing_a_text)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "Zo\u00eb\u00eb" KEY_BACKSPACE " par" KEY_LEFT KEY_LEFT KEY_LEFT "X");
    terminal_send(demo.t, KEY_BACKSPACE "\005t");
    terminal_wait_text(demo.t, "> Zo\u00eb part");
    terminal_send(demo.t, KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=Zo\u00eb part"));
}

Test(care, a_deviation_keeps_the_text)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "half a te");
    terminal_wait_text(demo.t, "> half a te");
    terminal_send(demo.t, KEY_F4);
    terminal_wait_text(demo.t, "deviation noted");
    terminal_wait_text(demo.t, "> half a te");
    terminal_send(demo.t, "xt" KEY_ENTER);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=(deviation)"));
    cr_assert(demo_answered(&demo, "part.2.description=half a text"));
}

Test(care, alt_digits_are_function_keys)
{
    START(.args = {"text"});
    terminal_wait_text(demo.t, "Description");
    terminal_send(demo.t, "\0332");
    terminal_wait_text(demo.t, "Crypto units: 3");
    terminal_send(demo.t, KEY_ESC);
    terminal_wait_text(demo.t, "Description");
}

static const char *const monkey_keys[] = {
    KEY_ENTER,   KEY_ESC,       KEY_TAB,    KEY_UP,      KEY_DOWN,  KEY_LEFT, KEY_RIGHT,
    KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_F1,     KEY_F2,      KEY_F4,    KEY_F5,   KEY_CTRL_L,
    KEY_CTRL_U,  KEY_BACKSPACE, "a",        "\u00eb",    "1",       "9",      "?",
    "q",         "y",           " ",        PASTE_START, PASTE_END, "\033[",  "\200",
    "\033O",     "\033[1;5C",   "\033[200", "\u4e2d",    "\001",    "\005",   "\000",
};

/* Whatever is pressed: it does not crash, confirms nothing, and can be left. */
Test(care, a_monkey_at_the_keyboard)
{
    unsigned seed = 3;
    START(.args = {"text", "choice", "secret", "continue", "sheet", "curtain", "phrase"});
    terminal_wait_text(demo.t, "Description");
    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        size_t num = sizeof monkey_keys / sizeof monkey_keys[0];
        if ((seed >> 16) % 50 == 0)
            terminal_resize(demo.t, 20 + (int)(seed >> 20) % 30, 70 + (int)(seed >> 22) % 80);
        terminal_send(demo.t, monkey_keys[(seed >> 16) % num]);
    }
    cr_assert_eq(kill(terminal_pid(demo.t), SIGTERM),
                 0); /* ^C could be thrown away as type-ahead */
    int status = demo_end(&demo);
    cr_assert(status == 130 || status == 0, "%d", status); /* 0: it came to the end before */
    cr_assert_not(demo_answered(&demo, "setimm.phrase=SETIMM ef8a"));
    assert_given_back();
}

/* ---- no terminal ---- */

Test(care, unknown_terminals_and_small_ones_are_refused)
{
    START(.args = {"text"}, .env = {"TERM=no-such-terminal"});
    cr_assert_eq(demo_end(&demo), 2);
    cr_assert(terminal_stream_has(demo.t, "TERM=no-such-terminal are not known"));
    assert_given_back();
    demo_clear(&demo);
    START(.args = {"text"}, .rows = 20, .cols = 72);
    cr_assert_eq(demo_end(&demo), 2);
    cr_assert(terminal_stream_has(demo.t, "This window is 72x20. The ceremony needs 80x24."));
    cr_assert_not(terminal_stream_has(demo.t, "\033"));
    demo_clear(&demo);
    START(.args = {"text"}, .env = {"TERM=dumb"});
    cr_assert_eq(demo_end(&demo), 2);
}

Test(care, no_terminal_at_all)
{
    int output[2], status = 0;
    char text[1024] = "";
    cr_assert_eq(pipe(output), 0);
    pid_t pid = fork();
    if (pid == 0) {
        (void)freopen("/dev/null", "r", stdin);
        (void)dup2(output[1], STDERR_FILENO);
        execl(CLV_BINARY_DIR "/tests/screen/demo_face", "demo_face", "text", (char *)NULL);
        _exit(127);
    }
    close(output[1]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_gt(read(output[0], text, sizeof text - 1), 0);
    close(output[0]);
    cr_assert_eq(WEXITSTATUS(status), 2);
    cr_assert_not_null(strstr(text, "Standard input is not a terminal.\nNothing was started.\n"
                                    "Run it in a terminal, or use --plain."));
}

/* ---- answers from a file ---- */

Test(care, answers_are_shown_and_nothing_waits)
{
    char file[64];
    (void)snprintf(file, sizeof file, "/tmp/clv-demo-answers-%d", (int)getpid());
    FILE *f = fopen(file, "w");
    cr_assert_not_null(f);
    fputs("part.2.description: by file\npart.2.password: " SECRET "\npart.2.wrong: stop\n"
          "setimm.phrase: SETIMM ef8a\n",
          f);
    (void)fclose(f);
    START(.args = {"--answers", file, "text", "secret", "choice", "phrase", "curtain", "sheet",
                   "continue"});
    cr_assert_eq(demo_end(&demo), 0);
    (void)unlink(file);
    cr_assert(demo_answered(&demo, "part.2.description=by file"));
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
    cr_assert(demo_answered(&demo, "part.2.wrong=stop"));
    assert_not_in_stream(SECRET);
    assert_given_back();
}
