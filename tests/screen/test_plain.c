/* The plain face on a terminal. */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "demo.h"

static struct demo demo;

static void teardown(void)
{
    demo_clear(&demo);
}

TestSuite(plain, .fini = teardown, .timeout = 120);

#define START(...) demo_start(&demo, &(struct demo_options){__VA_ARGS__})

/* What the program wrote: raw_output keeps the terminal from adding to it. The terminal's own echo
 * of a typed Enter is '\n', as ICRNL makes it. */
static void assert_append_only(void)
{
    size_t len = 0;
    const unsigned char *stream = terminal_stream(demo.t, &len);
    cr_assert_gt(len, 0);
    for (size_t i = 0; i < len; i++)
        cr_assert(stream[i] == '\n' || (stream[i] >= 0x20 && stream[i] != 0x7f), "byte %02x at %zu",
                  stream[i], i);
}

Test(plain, everything_without_an_escape)
{
    START(.args = {"--plain", "continue", "text", "secret", "choice", "phrase", "curtain", "sheet",
                   "reveal", "progress"},
          .raw_output = true);
    terminal_expect(demo.t, "Enter goes on [? help] ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, "Zo\u00eb's part\r");
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "correct h\u00f6rse 7\r");
    terminal_expect(demo.t, "[1-3, ? help]: ");
    terminal_send(demo.t, "2\r");
    terminal_expect(demo.t, "type exactly: SETIMM ef8a");
    terminal_expect(demo.t, "The phrase: ");
    terminal_send(demo.t, "SETIMM ef8a\r");
    terminal_expect(demo.t, "press Enter when you are seated: ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "CLV1S.ABCDEF012345678");
    terminal_expect(demo.t, "[Enter goes on] ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "jungle-kettle-lantern-magnet");
    terminal_expect(demo.t, "[Enter goes on] ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "[..] Committing on 3 units (about 4 s)");
    terminal_expect(demo.t, "unit 2: committed");
    demo_let_go(&demo);
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=Zo\u00eb's part"));
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
    cr_assert(demo_answered(&demo, "part.2.wrong=other"));
    cr_assert(demo_answered(&demo, "alive=none"));
    assert_append_only();
    cr_assert_not(terminal_stream_has(demo.t, "correct"));
    cr_assert_not(terminal_stream_has(demo.t, "rse 7"));
    cr_assert(terminal_mode_restored(demo.t));
}

Test(plain, help_deviation_and_nonsense)
{
    START(.args = {"--plain", "text", "choice"});
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, "?\r");
    terminal_expect(demo.t, "Choose words that tell");
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, "!deviation\r");
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, "text\r");
    terminal_expect(demo.t, "[1-3, ? help]: ");
    terminal_send(demo.t, "4\r");
    terminal_expect(demo.t, "Type a number from 1 to 3.");
    terminal_expect(demo.t, "[1-3, ? help]: ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "Type a number from 1 to 3.");
    terminal_expect(demo.t, "[1-3, ? help]: ");
    terminal_send(demo.t, "!deviation\r");
    terminal_expect(demo.t, "No deviation can be recorded here.");
    terminal_expect(demo.t, "[1-3, ? help]: ");
    terminal_send(demo.t, "3\r");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=(deviation)"));
    cr_assert(demo_answered(&demo, "part.2.description=text"));
    cr_assert(demo_answered(&demo, "part.2.wrong=stop"));
}

Test(plain, secret_prompt_has_help_and_deviation_too)
{
    START(.args = {"--plain", "secret"});
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "\r");
    terminal_expect(demo.t, "Nothing was typed.");
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "?\r");
    terminal_expect(demo.t, "Choose words");
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "!deviation\r");
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "correct h\u00f6rsx" KEY_BACKSPACE "e 7\r");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(deviation)"));
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

Test(plain, ascii_only_outside_utf8)
{
    START(.args = {"--plain", "continue"}, .env = {"LC_ALL=C"}, .raw_output = true);
    terminal_expect(demo.t, "Zo? is a name");
    terminal_expect(demo.t, "Enter goes on [");
    size_t len = 0;
    const unsigned char *stream = terminal_stream(demo.t, &len);
    for (size_t i = 0; i < len; i++)
        cr_assert_lt(stream[i], 0x7f);
}

static const struct {
    const char *scene, *text, *keys;
    int signum;
} ways[] = {
    {"text", "key part: ", KEY_CTRL_C, 0},      {"secret", "(not shown): ", KEY_CTRL_C, 0},
    {"curtain", "seated: ", KEY_CTRL_C, 0},     {"progress", "Committing", KEY_CTRL_C, 0},
    {"secret", "(not shown): ", NULL, SIGTERM}, {"secret", "(not shown): ", NULL, SIGHUP},
    {"text", "key part: ", NULL, SIGTERM},      {"text", "key part: ", "\004", 0},
};

Test(plain, interruptions_give_the_terminal_back)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        START(.args = {"--plain", ways[i].scene});
        terminal_expect(demo.t, ways[i].text);
        if (ways[i].keys != NULL)
            terminal_send(demo.t, ways[i].keys);
        else
            cr_assert_eq(kill(terminal_pid(demo.t), ways[i].signum), 0);
        cr_assert_eq(demo_end(&demo), 130, "row %zu", i);
        cr_assert(terminal_mode_restored(demo.t), "row %zu", i);
        cr_assert(demo_answered(&demo, "alive=none"), "row %zu", i);
        demo_clear(&demo);
    }
}

Test(plain, death_gives_the_terminal_back)
{
    START(.args = {"--plain", "secret"});
    terminal_expect(demo.t, "(not shown): ");
    cr_assert_not(terminal_mode_restored(demo.t));
    cr_assert_eq(kill(terminal_pid(demo.t), SIGSEGV), 0);
    cr_assert_eq(demo_end(&demo), 128 + SIGSEGV);
    cr_assert(terminal_mode_restored(demo.t));
}

Test(plain, suspending)
{
    START(.args = {"--plain", "text", "secret"}, .job_control = true);
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_wait_stopped(demo.t);
    cr_assert(terminal_mode_restored(demo.t));
    terminal_resume(demo.t);
    terminal_expect(demo.t, "Description of this key part: ");
    terminal_send(demo.t, "text\r");
    terminal_expect(demo.t, "(not shown): ");
    terminal_send(demo.t, "correct ");
    terminal_send(demo.t, KEY_CTRL_Z);
    terminal_expect(demo.t, "Suspending is refused");
    terminal_send(demo.t, KEY_CTRL_U "correct h\u00f6rse 7\r");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(right, 16 bytes)"));
}

Test(plain, idle)
{
    START(.args = {"--plain", "idle"});
    terminal_expect(demo.t, "(not shown): ");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.password=(idle)"));
}
