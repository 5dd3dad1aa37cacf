/* What every command on crypto units prints with --json is as the schema says; and what it leaves
 * in the command journal can be verified. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void check(struct shell *s, int exit_code, const char *member, const char *command)
{
    char end[40];
    sh(s, "claviger %s --test --json > o; echo $?; valid < o && cat o", command);
    snprintf(end, sizeof(end), "%d\nvalid\n", exit_code);
    cr_assert_eq(strncmp(s->out, end, strlen(end)), 0, "%s\n%s\n%s", command, s->out, s->err);
    cr_assert(strstr(s->out, member), "%s: no %s in %s", command, member, s->out);
}

Test(json, of_commands_on_crypto_units)
{
    static const struct {
        int exit_code;
        const char *member, *command;
    } steps[] = {
        {0, "\"service-instances\"", "cryptounit-add --units 1,2 --site site.yaml"},
        {0, "\"created\"", "sigkey-add --name Sofia --password-fd 3 3<pw"},
        {0, "\"signature-keys\"", "sigkey-sel --keys Sofia"},
        {0, "\"created\"", "mk-add --random --name Lena --password-fd 3 3<pw"},
        {0, "\"created\"", "mk-add --random --name Marek --password-fd 3 3<pw"},
        {0, "\"crypto-units\"", "cryptounit-thrhlds"},
        {6, "\"total\": \"none\"",
         "cryptounit-mk-clrnew --confirm 'clear new 1,2' --password-fd 3 3<pw"},
        {0, "\"total\": \"all\"", "cryptounit-admin-add --keys Sofia --password-fd 3 3<pw"},
        {0, "\"Sofia\"", "cryptounit-admins"},
        {0, "\"total\": \"all\"", "cryptounit-exit-impr --units 1 --password-fd 3 3<pw"},
        {1, "\"equal\": false", "cryptounit-compare"},
        {0, "\"total\": \"all\"", "cryptounit-exit-impr --units 2 --password-fd 3 3<pw"},
        {0, "\"equal\": true", "cryptounit-compare"},
        {2, "\"error\"", "cryptounit-zeroize"},
        {8, "\"E-RULE\"", "cryptounit-zeroize --confirm 'zeroize 1'"},
        {0, "\"total\": \"all\"",
         "cryptounit-mk-load --keys Lena,Marek --password-fd 3 --password-fd 3 --password-fd 3 "
         "3<pw3"},
        {0, "\"Full uncommitted\"", "cryptounit-mk"},
        {4, "\"E-PASSWORD\"", "cryptounit-mk-commit --password-fd 3 3<wrong"},
        {0, "\"total\": \"all\"", "cryptounit-mk-commit --password-fd 3 3<pw"},
        {0, "\"total\": \"all\"",
         "cryptounit-mk-setimm --confirm 'set immediate 1,2' --password-fd 3 3<pw"},
        {0, "\"Valid\"", "cryptounit-mk"},
        {0, "\"control-points\"", "cryptounit-cp"},
        {0, "\"total\": \"all\"", "cryptounit-cp-btc --password-fd 3 3<pw"},
        {6, "\"total\": \"none\"", "cryptounit-mk-rotate --pattern " ZEROS},
        {0, "\"total\": \"all\"",
         "cryptounit-thrhld-set --sign-threshold 1 --revoke-threshold 1 --password-fd 3 3<pw"},
        {6, "\"total\": \"none\"",
         "cryptounit-admin-rm --admin Sofia --confirm 'nothing' --password-fd 3 3<pw"},
        {0, "\"total\": \"all\"",
         "cryptounit-mk-clrcur --confirm 'clear current 1,2' --password-fd 3 3<pw"},
        {0, "\"total\": \"all\"",
         "cryptounit-zeroize --confirm 'zeroize 1,2' --password-fd 3 3<pw"},
    };
    struct shell s;
    shell_open(&s, "--units", "2", NULL);
    sh(&s, "cat pw pw pw > pw3; echo another password than that > wrong");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        check(&s, steps[i].exit_code, steps[i].member, steps[i].command);
    sh(&s, "claviger verify .local/state/claviger/commands-test");
    shell_assert_said(&s, "GOOD");
    sh(&s, "! grep -e 'battery staple' -r .local .config");
    cr_assert_eq(s.exit_code, 0, "%s", s.out);
    shell_close(&s);
}

Test(json, of_units_that_do_not_answer)
{
    struct shell s;
    shell_open(&s, "--units", "2", "--fault", "2:query:drop*", NULL);
    check(&s, 0, "\"selected\": true", "cryptounit-add --units all --site site.yaml");
    check(&s, 10, "\"state\": null", "cryptounit-mk");
    check(&s, 10, "\"total\": \"some\"", "cryptounit-zeroize --confirm 'zeroize 1,2'");
    sh(&s, "claviger cryptounit-zeroize --test --confirm 'zeroize 1,2'");
    cr_assert_eq(s.exit_code, 10);
    cr_assert_eq(strncmp(s.out, "FAILED  2  ", 11), 0, "%s", s.out);
    cr_assert(strstr(s.out, "\nok      1  "), "%s", s.out);
    cr_assert(strstr(s.out, "NOT done on 1 of 2 selected crypto units.\n"), "%s", s.out);
    check(&s, 6, "\"total\": \"none\"", "cryptounit-zeroize --units 2 --confirm 'zeroize 2'");
    shell_close(&s);
}

Test(json, of_commands_on_recovery_units)
{
    static const struct {
        int exit_code;
        const char *member, *command;
    } steps[] = {
        {0, "\"RECOVERY\"", "cryptounit-add --units all --site site.yaml"},
        {0, "\"created\"", "sigkey-add --name Sofia --password-fd 3 3<pw"},
        {0, "\"signature-keys\"", "sigkey-sel --keys Sofia"},
        {2, "\"error\"", "auto-init --sign-threshold 1 --revoke-threshold 1"},
        {8, "\"E-RULE\"", "auto-recover"},
        {0, "\"total\": \"all\"",
         "auto-init --sign-threshold 1 --revoke-threshold 1 --confirm 'initialize 1,2' "
         "--password-fd 3 3<pw"},
        {2, "storage is re-enciphered to ", "auto-mk-rotate --password-fd 3 3<pw"},
        {6, "\"total\": \"none\"", "auto-recover"},
        {1, "\"E-MISMATCH\"", "auto-recover --pattern " ZEROS},
    };
    struct shell s;
    shell_open(&s, "--units", "1", "--recovery", "1", NULL);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        check(&s, steps[i].exit_code, steps[i].member, steps[i].command);
    shell_close(&s);
}
