/* A witness cosigns in the ceremony, with a key and a memory of their own: what is shown goes to
 * their program, what that answers is typed, and stands on the last receipts. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"
#include "people.h"

#define CREATE CLV_SOURCE_DIR "/tests/scripts/create-two-owners.yaml"
#define PROGRAM CLV_BINARY_DIR "/claviger"

/* Runs a command of the witness's machine; its output, to be freed. */
static char *witness(const struct scene *s, const char *command)
{
    char *home = scene_path(s, "witness"), *script = NULL;
    struct run r;
    cr_assert_gt(asprintf(&script,
                          "umask 077; mkdir -p %s; cd %s; export HOME=%s XDG_DATA_HOME=%s/d "
                          "XDG_STATE_HOME=%s/s XDG_CONFIG_HOME=%s/c; echo '" KOFI_PASSWORD
                          "' > pw; %s",
                          home, home, home, home, home, home, command),
                 0);
    run_program(&r, NULL, "/bin/sh", "-c", script, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    char *output = strdup(r.output);
    run_clear(&r);
    free(script);
    free(home);
    return output;
}

/* Every code on the screen so far, into the witness's folder. */
static void hand_over(const struct scene *s, struct terminal *t)
{
    size_t len = 0;
    const char *text = (const char *)terminal_stream(t, &len), *end = text + len;
    char *dir = scene_path(s, "witness"), *path = clv_path_join(dir, "codes");
    FILE *f = fopen(path, "we");
    cr_assert_not_null(f);
    for (const char *at = text; (at = memmem(at, (size_t)(end - at), "CLV1C.", 6)) != NULL; at++) {
        size_t n = 0;
        while (at + n < end && strchr("0123456789ABCDEFGHJKLMNPQRSTUVWX.", at[n]))
            n++;
        fprintf(f, "%.*s\n", (int)n, at);
    }
    fclose(f);
    free(path);
    free(dir);
}

Test(witness, cosigns_before_the_last_receipts)
{
    struct typed rows[] = {
        {"Name of the ceremony administrator", "Ada Brandt", false},
        {"Name of the witness", "Wen Castellan", false},
        {"Name of signature-key owner 1", "Sofia Dahl", false},
        {"Name of key-part owner 1", "Kofi Eklund", false},
        {"Name of key-part owner 2", "Lena Fähnrich", false},
        {"-- The crypto units --", "1", false},
        {"Type the phrase", "zeroize 1,2", false},
        {"Administrator name", "Sofia Dahl", false},
        {"Which password?", "1", false},
        {"New password (not shown)", SOFIA_PASSWORD, false},
        {"The same password again (not shown)", SOFIA_PASSWORD, false},
        {"Which kind of part?", "1", false},
        {"Description of this key part", "First part", false},
        {"Which password?", "1", false},
        {"New password (not shown)", KOFI_PASSWORD, false},
        {"The same password again (not shown)", KOFI_PASSWORD, false},
        {"Which kind of part?", "1", false},
        {"Description of this key part", "Second part", false},
        {"Which password?", "1", false},
        {"New password (not shown)", LENA_PASSWORD, false},
        {"The same password again (not shown)", LENA_PASSWORD, false},
        {"Password of this file", SOFIA_PASSWORD, false},
        {"Password of this file", KOFI_PASSWORD, false},
        {"Password of this file", LENA_PASSWORD, false},
        {"Type the phrase", "commit 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
        {"Type the phrase", "set immediate 1,2", false},
    };
    struct typed last[] = {
        {"Do you agree?", "1", false}, {"Do you agree?", "1", false}, {"Do you agree?", "1", false},
        {"Do you agree?", "1", false}, {"Do you agree?", "1", false},
    };
    struct scene s;
    scene_begin_short(&s, 2);
    char *key = witness(&s, PROGRAM " witness-key-add --test --name Wen --password-fd 3 3<pw "
                                    "2>/dev/null | tail -1");
    key[strcspn(key, "\n")] = '\0';
    const char *argv[] = {PROGRAM, "rehearse", "--plain", "--script",      CREATE, "--dir",
                          s.dir,   "--units",  "2",       "--witness-key", key,    NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Cosignature: ");
    hand_over(&s, t);
    char *vkey_path = ceremony_path(&s, "journal.vkey"), *command = NULL;
    cr_assert_gt(asprintf(&command,
                          PROGRAM " cosign --test codes --key $(cat %s) --password-fd 3 3<pw "
                                  "2>/dev/null | grep -o 'CLV1W.*'",
                          vkey_path),
                 0);
    char *code = witness(&s, command);
    code[strcspn(code, "\n")] = '\0';
    terminal_send(t, code);
    terminal_send(t, "\r");
    people_go_on(t, last, sizeof(last) / sizeof(last[0]), "Check them: claviger verify");
    cr_assert_eq(terminal_wait_exit(t), 0);
    terminal_free(&t);
    free(command);
    cr_assert_gt(asprintf(&command,
                          PROGRAM " verify --witness-key '%s' %s %s/receipts/0[345]*.tlog-proof",
                          key, s.dir, s.dir),
                 0);
    char *said = witness(&s, command);
    cr_assert_null(strstr(said, "NOT GOOD"), "%s", said);
    cr_assert(strstr(said, ": holds"), "%s", said);
    free(said);
    free(code);
    free(command);
    free(vkey_path);
    free(key);
    scene_clear(&s);
}
