/* cryptounits, cryptounit-add, cryptounit-rm against real software units. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"
#include "terminal.h"

Test(selection, without_a_site_it_says_how_to_name_one)
{
    struct shell s;
    shell_open(&s, NULL);
    sh(&s, "claviger cryptounits");
    shell_assert_refused(&s, 2, "claviger cryptounits --site FILE");
    shell_close(&s);
}

Test(selection, a_service_that_is_not_there_is_told_with_what_to_do)
{
    struct shell s;
    shell_open(&s, "--units", "1", NULL);
    sh(&s, "sed 's#unix:.*#unix:/nowhere/s#' site.yaml > gone.yaml; "
           "claviger cryptounits --test --site gone.yaml");
    shell_assert_refused(&s, 7, "Check that the service runs, and its address in the site file");
    shell_close(&s);
}

Test(selection, the_list_looks_like_the_plug_ins)
{
    struct shell s;
    char expected[1000];
    shell_open(&s, "--units", "2", "--recovery", "1", "--failover", "1", NULL);
    sh(&s, "claviger cryptounits --test --site site.yaml");
    snprintf(expected, sizeof(expected),
             "SERVICE INSTANCE: %s\n"
             "CRYPTO UNIT NUM   SELECTED   TYPE          LOCATION\n"
             "1                 false      OPERATIONAL   %s\n"
             "2                 false      OPERATIONAL   %s\n",
             s.units.instance, s.units.units[0].location, s.units.units[1].location);
    cr_assert_eq(strncmp(s.out, expected, strlen(expected)), 0, "%s\n%s", s.out, s.err);
    shell_assert_said(&s, " RECOVERY ");
    shell_assert_said(&s, " FAILOVER ");
    shell_close(&s);
}

Test(selection, units_are_added_and_removed_and_the_site_is_remembered)
{
    struct shell s;
    shell_open(&s, "--units", "4", NULL);
    sh(&s, "claviger cryptounit-add --test --site site.yaml --units 1,3-4");
    shell_assert_said(&s, "\n3                 true ");
    cr_assert(strstr(s.err, "is used from now on"), "%s", s.err);
    sh(&s, "claviger cryptounits --test");
    shell_assert_said(&s, "\n1                 true ");
    shell_assert_said(&s, "\n2                 false ");
    sh(&s, "claviger cryptounit-rm --test --units 3 --json > l; valid < l; cat l");
    shell_assert_said(&s, "valid");
    sh(&s, "claviger cryptounits --test");
    shell_assert_said(&s, "\n3                 false ");
    shell_assert_said(&s, "\n4                 true ");
    sh(&s, "claviger cryptounit-rm --test --units all; claviger cryptounits --test | grep -c true");
    cr_assert_str_eq(s.out + strlen(s.out) - 2, "0\n", "%s", s.out);
    sh(&s, "stat -c %%a .config/claviger .config/claviger/settings-test.json");
    cr_assert_str_eq(s.out, "700\n600\n");
    shell_close(&s);
}

Test(selection, what_is_not_a_list_of_units_is_refused_and_changes_nothing)
{
    static const struct {
        const char *units, *said;
    } cases[] = {
        {"3", "\"3\" is not in the list"},  {"0", "\"0\" is not a number or a range"},
        {"2-1", "\"2-1\" runs backwards"},  {"1,", "\"\" is not a number"},
        {"one", "\"one\" is not a number"}, {"1 2", "\"2\" is not expected there"},
    };
    struct shell s;
    shell_open(&s, "--units", "2", NULL);
    sh(&s, "claviger cryptounit-add --test --site site.yaml");
    shell_assert_refused(&s, 2, "--units is missing");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sh(&s, "claviger cryptounit-add --test --units '%s'", cases[i].units);
        shell_assert_refused(&s, 2, cases[i].said);
    }
    sh(&s, "claviger cryptounits --test");
    cr_assert(!strstr(s.out, "true"), "%s", s.out);
    shell_close(&s);
}

Test(selection, each_world_refuses_the_others_units)
{
    struct shell s;
    shell_open(&s, "--units", "1", NULL);
    sh(&s, "claviger cryptounits --site site.yaml");
    shell_assert_refused(&s, 8, "E-WORLD");
    shell_close(&s);
    shell_open(&s, "--units", "1", "--production-tests", NULL);
    sh(&s, "claviger cryptounits --site site.yaml --test --json > e; echo $?; valid < e");
    shell_assert_said(&s, "8\nvalid");
    sh(&s, "claviger cryptounits --site site.yaml");
    shell_assert_said(&s, "OPERATIONAL");
    shell_close(&s);
}

Test(selection, a_person_chooses_from_the_list)
{
    struct shell s;
    shell_open(&s, "--units", "3", NULL);
    char *preamble = shell_preamble(&s), *script = NULL;
    cr_assert_gt(asprintf(&script, "%s claviger cryptounit-add --test --site site.yaml", preamble),
                 0);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct terminal *t =
        terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 40, .cols = 132});
    terminal_expect(t, "CRYPTO UNIT NUM   SELECTED   TYPE          LOCATION");
    terminal_expect(t, "Add which: ");
    terminal_send(t, "1,3\r");
    terminal_expect(t, "1                 true ");
    terminal_expect(t, "2                 false ");
    terminal_expect(t, "3                 true ");
    cr_assert_eq(terminal_wait_exit(t), 0);
    terminal_free(&t);
    free(preamble);
    free(script);
    shell_close(&s);
}
