/* A signing service takes the place of signature-key files: a service of Python's on loopback, real
 * crypto units of the production kind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "shell.h"
#include "signing_service.h"

static struct signing_service service;

#define WITH_SERVICE "export TKE_SIGNSERV_URL=$(cat url); "

/* SIGNSERVKEYS with a token for the first key only. */
static void name_keys(struct shell *s, const char *names)
{
    sh(s,
       "mkdir -p -m 700 ~/.local/share/claviger && echo '%s' > "
       "~/.local/share/claviger/SIGNSERVKEYS",
       names);
    cr_assert_eq(s->exit_code, 0, "%s", s->err);
}

Test(signing, keys_of_the_service_sign)
{
    struct shell s;
    shell_open(&s, "--units", "2", "--production-tests", NULL);
    signing_service_start(&service, s.dir, NULL);
    name_keys(&s, "[{\"key\":\"first\",\"token\":\"token-of-first\"},{\"key\":\"second\"}]");
    sh(&s, "echo token-of-second > t; " WITH_SERVICE "claviger sigkeys --token-fd 3 3<t");
    shell_assert_said(&s, "service:first");
    shell_assert_said(&s, "service:second");
    sh(&s, WITH_SERVICE "claviger sigkeys --json --token-fd 3 3<t | valid");
    shell_assert_said(&s, "valid");
    sh(&s, WITH_SERVICE
       "claviger cryptounits --site site.yaml && claviger cryptounit-add --units all && "
       "claviger sigkey-sel --keys first,second --token-fd 3 3<t && "
       "claviger cryptounit-admin-add --keys first --token-fd 3 3<t && "
       "claviger cryptounit-admin-add --keys second --token-fd 3 3<t && "
       "claviger cryptounit-thrhld-set --sign-threshold 2 --revoke-threshold 2 --token-fd 3 3<t");
    cr_assert_eq(s.exit_code, 0, "%s%s", s.out, s.err);
    sh(&s, "claviger cryptounit-thrhlds");
    shell_assert_said(&s, "2 ");
    sh(&s, "grep -c sign/second asked; ! grep -rl 'token-of' ~/.local/state ~/.config");
    cr_assert_eq(s.exit_code, 0, "the token is on record: %s", s.out);
    signing_service_stop(&service);
    shell_close(&s);
}

Test(signing, an_instance_is_initialized_without_a_file)
{
    struct shell s;
    shell_open(&s, "--units", "1", "--recovery", "1", "--production-tests", NULL);
    signing_service_start(&service, s.dir, NULL);
    name_keys(&s, "[{\"key\":\"first\",\"token\":\"token-of-first\"},{\"key\":\"second\"}]");
    sh(&s, "echo token-of-second > t; " WITH_SERVICE
           "claviger cryptounits --site site.yaml && claviger cryptounit-add --units all && "
           "claviger sigkey-sel --keys first,second --token-fd 3 3<t && "
           "claviger auto-init --sign-threshold 2 --revoke-threshold 1 --confirm 'initialize 1,2' "
           "--token-fd 3 3<t");
    shell_assert_said(&s, "Done on 2 of 2 selected crypto units.");
    sh(&s, "claviger cryptounit-compare");
    shell_assert_said(&s, "configured the same");
    signing_service_stop(&service);
    shell_close(&s);
}

Test(signing, a_service_that_fails_changes_nothing)
{
    struct shell s;
    shell_open(&s, "--units", "1", "--production-tests", NULL);
    signing_service_start(&service, s.dir, NULL);
    name_keys(
        &s,
        "[{\"key\":\"liar\",\"token\":\"token-of-liar\"},{\"key\":\"first\",\"token\":\"wrong\"},"
        "{\"key\":\"none\",\"token\":\"t\"}]");
    sh(&s, WITH_SERVICE "claviger sigkeys");
    shell_assert_said(&s, "service:liar");
    cr_assert(strstr(s.err, "not usable: service:first: "), "%s", s.err);
    cr_assert(strstr(s.err, "HTTP 401"), "%s", s.err);
    cr_assert(strstr(s.err, "HTTP 404"), "%s", s.err);
    cr_assert(!strstr(s.err, "wrong\""), "%s", s.err);
    sh(&s, WITH_SERVICE "claviger cryptounits --site site.yaml && claviger cryptounit-add "
                        "--units all && claviger cryptounit-admin-add --keys liar");
    shell_assert_refused(&s, 1, "E-FORGED");
    sh(&s, WITH_SERVICE "claviger sigkey-rm --keys liar");
    shell_assert_refused(&s, 8, "there is no file");
    sh(&s, "TKE_SIGNSERV_URL=http://signer.example claviger sigkeys");
    shell_assert_refused(&s, 2, "https://");
    sh(&s, "chmod 644 ~/.local/share/claviger/SIGNSERVKEYS; " WITH_SERVICE "claviger sigkeys");
    shell_assert_refused(&s, 7, "E-PERMISSION");
    sh(&s, "chmod 600 ~/.local/share/claviger/SIGNSERVKEYS; " WITH_SERVICE
           "claviger sigkeys --test; claviger cryptounit-admins");
    cr_assert(!strstr(s.out, "liar"), "%s", s.out);
    signing_service_stop(&service);
    sh(&s, WITH_SERVICE "claviger sigkeys");
    cr_assert_eq(s.exit_code, 0);
    cr_assert(strstr(s.err, "cannot be reached"), "%s", s.err);
    shell_close(&s);
}

/* The token expires behind the administrator's certificate: another one is asked for, and the same
 * command goes on. */
Test(signing, a_token_that_expires_is_asked_for_again)
{
    static const char *const options[] = {"sign:expired:2:1", NULL};
    struct shell s;
    shell_open(&s, "--units", "2", "--production-tests", NULL);
    signing_service_start(&service, s.dir, options);
    name_keys(&s, "[{\"key\":\"first\",\"token\":\"token-of-first\"}]");
    sh(&s, "echo token-of-first > t; " WITH_SERVICE
           "claviger cryptounits --site site.yaml && claviger cryptounit-add --units all && "
           "claviger sigkey-sel --keys first && claviger cryptounit-admin-add --keys first && "
           "claviger cryptounit-thrhld-set --sign-threshold 1 --revoke-threshold 1 --token-fd 3 "
           "3<t");
    cr_assert_eq(s.exit_code, 0, "%s%s", s.out, s.err);
    sh(&s, "grep -c sign/first asked");
    shell_assert_said(&s, "4"); /* certificate, refused, two units */
    signing_service_stop(&service);
    shell_close(&s);
}
