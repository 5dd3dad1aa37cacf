/* A scanner that types into a field of either face: the code arrives whole, and what comes behind
 * it does not answer the next question. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "demo.h"
#include "scanner.h"

static struct demo demo;
static char code[640];

/* As long as the code of a receipt gets, from one whose characters all differ from their
 * neighbours: a lost one is seen. */
static void setup(void)
{
    static const char chars[] = "0123456789ABCDEFGHJKLMNPQRSTUVWX.";
    for (size_t i = 0; i < sizeof code - 1; i++)
        code[i] = chars[i * 7 % (sizeof chars - 1)];
    memcpy(code, "CLV1R.", 6);
}

static void teardown(void)
{
    demo_clear(&demo);
}

TestSuite(scanner, .init = setup, .fini = teardown, .timeout = 120);

static const struct {
    const char *before, *behind, *answer_before, *answer_behind;
} ways[] = {
    {"", "\r", "", ""},   {"", "\n", "", ""},       {"", "\r\n", "", ""},
    {"", "\r\r", "", ""}, {"\t", "\r\n", "\t", ""}, {"", "\t\r", "", "\t"},
};

/* kept: tabs stand in the answer, for whoever asked to pass over. */
static void scan(size_t way, bool kept)
{
    char want[sizeof code + 60];
    scanner_scan(demo.t, ways[way].before, code, ways[way].behind);
    terminal_wait_text(demo.t, "Description of this key part");
    terminal_send(demo.t, "by hand\r");
    cr_assert_eq(demo_end(&demo), 0);
    snprintf(want, sizeof want, "part.2.commitment=%s%s%s", kept ? ways[way].answer_before : "",
             code, kept ? ways[way].answer_behind : "");
    cr_assert(demo_answered(&demo, want), "way %zu: not whole", way);
    cr_assert(demo_answered(&demo, "part.2.description=by hand"), "way %zu", way);
    demo_clear(&demo);
}

Test(scanner, types_into_plain_mode)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        demo_start(&demo, &(struct demo_options){.args = {"--plain", "scan", "text"}});
        terminal_expect(demo.t, "Commitment: ");
        scan(i, true);
    }
}

Test(scanner, types_into_a_field_on_the_screen)
{
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        demo_start(&demo, &(struct demo_options){.args = {"scan", "text"}});
        terminal_wait_text(demo.t, "Commitment:");
        scan(i, false);
    }
}

/* Until somebody presses Enter. */
Test(scanner, that_sends_a_tab_only)
{
    demo_start(&demo, &(struct demo_options){.args = {"scan", "text"}});
    terminal_wait_text(demo.t, "Commitment:");
    scanner_scan(demo.t, "", code, "\t");
    terminal_wait_text(demo.t, code + strlen(code) - 40);
    scanner_scan(demo.t, "", "", "\r");
    terminal_wait_text(demo.t, "Description of this key part");
    terminal_send(demo.t, "by hand\r");
    cr_assert_eq(demo_end(&demo), 0);
    cr_assert(demo_answered(&demo, "part.2.description=by hand"));
}
