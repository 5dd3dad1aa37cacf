/* A person at a terminal: everything that is an option elsewhere is asked. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin_key.h"
#include "shell.h"
#include "terminal.h"

static struct terminal *person(struct shell *s, const char *command)
{
    char *preamble = shell_preamble(s), *script = NULL;
    cr_assert_gt(asprintf(&script, "%s %s", preamble, command), 0);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct terminal *t =
        terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 50, .cols = 160});
    free(preamble);
    free(script);
    return t;
}

static void assert_ends(struct terminal *t, int exit_code)
{
    cr_assert_eq(terminal_wait_exit(t), exit_code);
    cr_assert(!terminal_stream_has(t, "battery"));
    cr_assert(!terminal_stream_has(t, "\033"));
    terminal_free(&t);
}

Test(person, makes_a_part_and_removes_it)
{
    struct shell s;
    char phrase[300];
    shell_open(&s, NULL);
    struct terminal *t = person(&s, "claviger mk-add --random");
    terminal_expect(t, "Owner: ");
    terminal_send(t, "Lena\r");
    terminal_expect(t, "Take a passphrase that is made for you");
    terminal_expect(t, "Choose [1-2, ? help]: ");
    terminal_send(t, "1\r");
    terminal_expect(t, "New password (not shown): ");
    terminal_send(t, "short\r");
    terminal_expect(t, "Nothing was saved.");
    terminal_expect(t, "New password (not shown): ");
    terminal_send(t, SHELL_PASSWORD "\r");
    terminal_expect(t, "The same password again (not shown): ");
    terminal_send(t, "something else entirely\r");
    terminal_expect(t, "The two entries differ.");
    terminal_expect(t, "New password (not shown): ");
    terminal_send(t, SHELL_PASSWORD "\r");
    terminal_expect(t, "The same password again (not shown): ");
    terminal_send(t, SHELL_PASSWORD "\r");
    terminal_expect(t, "Saved lena-part-");
    assert_ends(t, 0);

    snprintf(phrase, sizeof(phrase), "remove %s\r", shell_key(&s, "lena"));
    t = person(&s, "claviger mk-rm");
    terminal_expect(t, "1        Lena    Master key part   EP11-VP ");
    terminal_expect(t, "Remove which: ");
    terminal_send(t, "1\r");
    terminal_expect(t, "To go on, type exactly: remove lena-");
    terminal_expect(t, "Phrase: ");
    terminal_send(t, "y\r");
    terminal_expect(t, "it was not confirmed");
    assert_ends(t, 8);

    t = person(&s, "claviger mk-rm --keys Lena");
    terminal_expect(t, "Phrase: ");
    terminal_send(t, phrase);
    terminal_expect(t, "Removed lena-part-");
    assert_ends(t, 0);
    shell_close(&s);
}

Test(person, interrupts_and_nothing_is_left)
{
    struct shell s;
    shell_open(&s, NULL);
    struct terminal *t = person(&s, "exec '" CLV_BINARY_DIR "/claviger' sigkey-add --name Sofia");
    terminal_expect(t, "Choose [1-2, ? help]: ");
    terminal_send(t, "1\r");
    terminal_expect(t, "New password (not shown): ");
    terminal_send(t, "half a passw" KEY_CTRL_C);
    terminal_expect(t, "E-INTERRUPTED");
    cr_assert_eq(terminal_wait_exit(t), 130);
    cr_assert(terminal_mode_restored(t));
    terminal_free(&t);
    sh(&s, "ls .local/share/claviger 2>/dev/null | wc -l");
    cr_assert_eq(atoi(s.out), 0, "%s", s.out);
    shell_close(&s);
}

Test(person, is_not_asked_with_no_input)
{
    struct shell s;
    shell_open(&s, NULL);
    struct terminal *t = person(&s, "claviger sigkey-add --no-input");
    terminal_expect(t, "--name is missing");
    assert_ends(t, 2);
    shell_close(&s);
}

Test(person, mistypes_a_password_and_types_it_again)
{
    struct shell s;
    shell_open(&s, "--units", "1", NULL);
    sh(&s, "claviger sigkey-add --test --name Sofia --password-fd 3 3<pw");
    sh(&s, "claviger cryptounit-add --test --site site.yaml --units 1");
    struct terminal *t = person(&s, "claviger cryptounit-admin-add --test --keys Sofia");
    terminal_expect(t, "(Sofia)");
    terminal_expect(t, "Password (not shown): ");
    terminal_send(t, "not this one\r");
    terminal_expect(t, "Wrong password.");
    terminal_expect(t, "Password (not shown): ");
    terminal_send(t, SHELL_PASSWORD "\r");
    terminal_expect(t, "Done on 1 of 1 selected crypto units.");
    assert_ends(t, 0);
    shell_close(&s);
}

/* ---- the seed document's steps, with nothing given but answers ------------------------------- */

static void answer(struct terminal *t, const char *prompt, const char *text)
{
    terminal_expect(t, prompt);
    terminal_send(t, text);
    terminal_send(t, "\r");
}

static void password_twice(struct terminal *t)
{
    answer(t, "Choose [1-2, ? help]: ", "1");
    answer(t, "New password (not shown): ", SHELL_PASSWORD);
    answer(t, "The same password again (not shown): ", SHELL_PASSWORD);
}

static void make(struct shell *s, const char *command, const char *prompt, const char *name)
{
    struct terminal *t = person(s, command);
    answer(t, prompt, name);
    password_twice(t);
    terminal_expect(t, "Saved ");
    assert_ends(t, 0);
}

static void choose(struct shell *s, const char *command, const char *prompt, const char *numbers)
{
    struct terminal *t = person(s, command);
    answer(t, prompt, numbers);
    assert_ends(t, 0);
}

/* A command that only Sofia's password is asked for. */
static struct terminal *signed_by_sofia(struct shell *s, const char *command)
{
    struct terminal *t = person(s, command);
    answer(t, "Password (not shown): ", SHELL_PASSWORD);
    return t;
}

static void assert_done(struct terminal *t)
{
    terminal_expect(t, "Done on 2 of 2 selected crypto units.");
    assert_ends(t, 0);
}

Test(person, goes_through_the_seed_documents_steps, .timeout = 250)
{
    struct shell s;
    shell_open(&s, "--units", "2", NULL);
    choose(&s, "claviger cryptounit-add --test --site site.yaml", "Add which: ", "1,2");
    make(&s, "claviger sigkey-add --test", "Administrator name: ", "Sofia");
    choose(&s, "claviger sigkey-sel --test", "Which, in the order they sign: ", "1");
    struct terminal *t = person(&s, "claviger cryptounit-admin-add --test");
    answer(t, "Signature key: ", "1");
    answer(t, "Password (not shown): ", SHELL_PASSWORD);
    assert_done(t);
    t = person(&s, "claviger cryptounit-thrhld-set --test");
    terminal_expect(t, "New signature threshold");
    answer(t, "A number from 1 to 8", "1");
    terminal_expect(t, "New revocation threshold");
    answer(t, "A number from 1 to 8", "1");
    answer(t, "Password (not shown): ", SHELL_PASSWORD);
    assert_done(t);
    make(&s, "claviger mk-add --random --test", "Owner: ", "Kofi");
    make(&s, "claviger mk-add --random --test", "Owner: ", "Lena");
    t = person(&s, "claviger cryptounit-mk-load --test");
    answer(t, "Which, two or more: ", "1,2");
    for (int i = 0; i < 3; i++)
        answer(t, "Password (not shown): ", SHELL_PASSWORD);
    assert_done(t);
    assert_done(signed_by_sofia(&s, "claviger cryptounit-mk-commit --test"));
    t = person(&s, "claviger cryptounit-mk-setimm --test");
    terminal_expect(t, "To go on, type exactly: set immediate 1,2");
    answer(t, "Phrase: ", "set immediate 1,2");
    answer(t, "Password (not shown): ", SHELL_PASSWORD);
    assert_done(t);
    sh(&s, "claviger cryptounit-mk --test");
    shell_assert_said(&s, "2                 current    Valid    ");
    shell_close(&s);
}

/* ---- a key that no person ever has, with the plug-in's own signature key --------------------- */

/* What has to be typed, as it stands on the screen. */
static void read_phrase(struct terminal *t, char *ret, size_t cap)
{
    static const char before[] = "To go on, type exactly: ";
    char *text = terminal_text(t), *at = strstr(text, before), *next;
    cr_assert(at, "%s", text);
    while ((next = strstr(at + 1, before)) != NULL)
        at = next;
    at += strlen(before);
    snprintf(ret, cap, "%.*s", (int)strcspn(at, "\n"), at);
    free(text);
}

Test(person, has_a_key_made_and_replaced, .timeout = 250)
{
    struct shell s;
    char password[100], keys[600], phrase[200];
    shell_open(&s, "--production-tests", "--units", "1", "--recovery", "1", NULL);
    sh(&s, "mkdir keys");
    snprintf(keys, sizeof(keys), "%s/keys", s.dir);
    plugin_key_write(keys, PLUGIN_P521, "Ines");
    plugin_key_password(PLUGIN_P521, password, sizeof(password));
    choose(&s, "claviger cryptounit-add --site site.yaml", "Add which: ", "1,2");
    choose(&s, "CLOUDTKEFILES=$PWD/keys claviger sigkey-sel", "in the order they sign: ", "1");

    struct terminal *t = person(&s, "CLOUDTKEFILES=$PWD/keys claviger auto-init");
    answer(t, "A number from 1 to 8", "1");
    answer(t, "A number from 1 to 8", "1");
    terminal_expect(t, "Administrators: Ines; thresholds 1/1.");
    terminal_expect(t, "To go on, type exactly: initialize 1,2");
    answer(t, "Phrase: ", "initialize 1,2");
    answer(t, "Password (not shown): ", password);
    terminal_expect(t, "Verification pattern of the new key: EP11-VP ");
    assert_done(t);

    t = person(&s, "CLOUDTKEFILES=$PWD/keys claviger auto-mk-rotate");
    answer(t, "Password (not shown): ", password);
    terminal_expect(t, "NOT checked, because it cannot be seen from here");
    terminal_expect(t, "To go on, type exactly: storage is re-enciphered to ");
    terminal_expect(t, "Phrase: ");
    read_phrase(t, phrase, sizeof(phrase));
    terminal_send(t, phrase);
    terminal_send(t, "\r");
    assert_done(t);
    shell_close(&s);
}
