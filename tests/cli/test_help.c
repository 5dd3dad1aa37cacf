/* help, and the calls that lead there. */
#include <criterion/criterion.h>
#include <string.h>

#include "shell.h"

Test(help, every_way_to_ask_gives_the_same_answer)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger help > a; claviger h > b; claviger --help > c; claviger -h > d; "
           "cmp a b && cmp a c && cmp a d && cat a");
    shell_assert_said(&s, "  cryptounit-add          Adds crypto units");
    sh(&s, "claviger help mk-add > a; claviger mk-add --help > b; cmp a b && cat a");
    shell_assert_said(&s, "--password-fd N");
    sh(&s, "claviger --version");
    shell_assert_said(&s, "claviger 0.");
    shell_close(&s);
}

Test(help, wrong_calls_lead_to_it)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger");
    shell_assert_refused(&s, 2, "See: claviger help");
    sh(&s, "claviger mk-ad");
    shell_assert_refused(&s, 2, "there is no command \"mk-ad\"");
    sh(&s, "claviger help mk-ad");
    shell_assert_refused(&s, 2, "there is no command \"mk-ad\"");
    sh(&s, "claviger mks --keys 1");
    shell_assert_refused(&s, 2, "See: claviger help mks");
    shell_close(&s);
}

Test(help, no_escape_sequence_even_in_colourful_surroundings)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "TERM=xterm-256color CLICOLOR_FORCE=1 claviger help; claviger mks");
    cr_assert(!strchr(s.out, '\033'));
    shell_close(&s);
}

Test(help, a_text_that_does_not_arrive_is_no_success)
{
    static const char *const commands[] = {
        "claviger help", "claviger --version", "claviger help mk-add",
        "claviger script " CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml",
        CLV_BINARY_DIR "/claviger-unitd --help"};
    struct shell s;
    shell_open(&s, NULL);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        sh(&s, "%s >/dev/full", commands[i]);
        shell_assert_refused(&s, 7, "E-");
        sh(&s, "%s >&-", commands[i]);
        shell_assert_refused(&s, 7, "E-IO");
    }
    shell_close(&s);
}
