/* A signing service takes the place of signature-key files: a service of Python's on loopback, real
 * crypto units of the production kind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shell.h"

static struct {
    pid_t pid;
    int input; /* the service ends with it */
} service;

static void start_service(struct shell *s)
{
    int pipe_ends[2];
    cr_assert_eq(pipe(pipe_ends), 0);
    service.pid = fork();
    if (service.pid == 0) {
        dup2(pipe_ends[0], STDIN_FILENO);
        close(pipe_ends[0]);
        close(pipe_ends[1]);
        execlp("python3", "python3", CLV_SOURCE_DIR "/tests/cli/signing_service.py", s->dir,
               (char *)NULL);
        _exit(127);
    }
    close(pipe_ends[0]);
    service.input = pipe_ends[1];
    sh(s, "while [ ! -e url ]; do sleep 0.02; done");
}

static void stop_service(void)
{
    close(service.input);
    cr_assert_eq(waitpid(service.pid, NULL, 0), service.pid);
}

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
    start_service(&s);
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
    stop_service();
    shell_close(&s);
}

Test(signing, an_instance_is_initialized_without_a_file)
{
    struct shell s;
    shell_open(&s, "--units", "1", "--recovery", "1", "--production-tests", NULL);
    start_service(&s);
    name_keys(&s, "[{\"key\":\"first\",\"token\":\"token-of-first\"},{\"key\":\"second\"}]");
    sh(&s, "echo token-of-second > t; " WITH_SERVICE
           "claviger cryptounits --site site.yaml && claviger cryptounit-add --units all && "
           "claviger sigkey-sel --keys first,second --token-fd 3 3<t && "
           "claviger auto-init --sign-threshold 2 --revoke-threshold 1 --confirm 'initialize 1,2' "
           "--token-fd 3 3<t");
    shell_assert_said(&s, "Done on 2 of 2 selected crypto units.");
    sh(&s, "claviger cryptounit-compare");
    shell_assert_said(&s, "configured the same");
    stop_service();
    shell_close(&s);
}

Test(signing, a_service_that_fails_changes_nothing)
{
    struct shell s;
    shell_open(&s, "--units", "1", "--production-tests", NULL);
    start_service(&s);
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
    stop_service();
    sh(&s, WITH_SERVICE "claviger sigkeys");
    cr_assert_eq(s.exit_code, 0);
    cr_assert(strstr(s.err, "cannot be reached"), "%s", s.err);
    shell_close(&s);
}
