/* Access tokens that people type, and that expire in the middle of a command. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "terminal.h"

static struct desk d;

static void write_token(const char *token)
{
    char path[100];
    snprintf(path, sizeof(path), "%s/service-token", d.process.dir);
    cr_assert_eq(clv_file_replace(path, token, strlen(token), NULL), CLV_OK);
}

/* Two units behind a token that lives for so many requests; people have to type it. */
static void open_desk(const char *uses)
{
    char token[100];
    const char *args[] = {"--token", token, "--token-uses", uses, NULL};
    desk_open(&d, "2", NULL);
    cr_assert_eq(process_stop(&d.process, SIGTERM), 0);
    snprintf(token, sizeof(token), "%s/service-token", d.process.dir);
    write_token("Bearer first-token-of-the-day\n");
    process_start(&d.process, args);
    desk_write_site(&d, "    token: ask\n");
}

Test(token, is_taken_from_a_descriptor)
{
    open_desk("1000");
    desk_ok(&d, "cryptounits --token-fd 3 3<$DESK/service-token");
    desk_fails(&d, 2, "cryptounits");
    desk_says(&d, "--token-fd");
    desk_run(&d, "cryptounits --token-fd 3 --token-fd 4 3<$PW 4<$DESK/service-token");
    cr_assert_eq(d.run.exit_code, 0, "a second one was not taken:\n%s", d.run.output);
    desk_fails(&d, 2, "cryptounits --token-fd 3 3<$PW");
    desk_says(&d, "HTTP 401");
    desk_run(&d, "help cryptounits; grep -rl first-token $DESK/config $DESK/var");
    cr_assert_neq(d.run.exit_code, 0, "the token is kept in\n%s", d.run.output);
    desk_close(&d);
}

/* Listing, trust and queries of two units take more requests than the first token lives for. */
Test(token, that_expires_is_asked_for_again)
{
    char script[900];
    const char *dir;
    open_desk("16");
    dir = d.process.dir;
    snprintf(script, sizeof(script),
             "export XDG_CONFIG_HOME=%s/config XDG_STATE_HOME=%s/var; exec '" CLV_BINARY_DIR
             "/claviger' cryptounit-compare --test --units all",
             dir, dir);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    struct terminal *t =
        terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 40, .cols = 132});
    terminal_expect(t, "Access token (not shown):");
    terminal_send(t, "Bearer first-token-of-the-day\r");
    terminal_expect(t, "HTTP 401");
    terminal_expect(t, "Access token (not shown):");
    write_token("Bearer second-token\n");
    terminal_send(t, "Bearer third-token\r"); /* mistyped: asked for once more */
    terminal_expect(t, "HTTP 401");
    terminal_expect(t, "Access token (not shown):");
    terminal_send(t, PASTE_START "Bearer second-token" PASTE_END "\r"); /* pasted */
    terminal_expect(t, "are configured the same");
    cr_assert_eq(terminal_wait_exit(t), 0);
    cr_assert_not(terminal_stream_has(t, "second-token"), "a token was shown");
    terminal_free(&t);
    desk_close(&d);
}

/* ---- in a file ---- */

static struct terminal *compare_with_a_file(const char *uses)
{
    static char script[900];
    open_desk(uses);
    const char *dir = d.process.dir;
    desk_write_site(&d, "    token-file: service-token\n");
    snprintf(script, sizeof(script),
             "export XDG_CONFIG_HOME=%s/config XDG_STATE_HOME=%s/var; exec '" CLV_BINARY_DIR
             "/claviger' cryptounit-compare --test --units all",
             dir, dir);
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    return terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 40, .cols = 132});
}

/* The daemon's own file is the one: a token that expired has to be another one there. */
Test(token, that_expires_is_waited_for_in_its_file)
{
    struct terminal *t = compare_with_a_file("16");
    terminal_expect(t, "Put a new access token in ");
    terminal_expect(t, "? help]: ");
    terminal_send(t, "1\r"); /* it is the old one still */
    terminal_expect(t, "still holds the token that was refused");
    terminal_expect(t, "? help]: ");
    write_token("Bearer second-token\n");
    terminal_send(t, "1\r");
    terminal_expect(t, "are configured the same");
    cr_assert_eq(terminal_wait_exit(t), 0);
    cr_assert_not(terminal_stream_has(t, "second-token"), "a token was shown");
    terminal_free(&t);
    desk_close(&d);
}

Test(token, of_a_file_may_be_typed_instead)
{
    struct terminal *t = compare_with_a_file("16");
    terminal_expect(t, "Put a new access token in ");
    terminal_expect(t, "? help]: ");
    terminal_send(t, "2\r");
    terminal_expect(t, "Access token (not shown):");
    write_token("Bearer second-token\n");
    terminal_send(t, "Bearer second-token\r");
    terminal_expect(t, "are configured the same");
    cr_assert_eq(terminal_wait_exit(t), 0);
    terminal_free(&t);
    desk_close(&d);
}

/* Nobody there: the command ends and names the file; a descriptor is another way. */
Test(token, of_a_file_without_anybody)
{
    open_desk("1");
    desk_write_site(&d, "    token-file: service-token\n");
    desk_ok(&d, "cryptounits"); /* one request */
    desk_fails(&d, 2, "cryptounits");
    desk_says(&d, "Put a new access token in ");
    desk_says(&d, "and run the command again.");
    write_token("Bearer second-token\n");
    desk_write_site(&d, "    token-file: nowhere\n");
    desk_fails(&d, 7, "cryptounits");
    desk_says(&d, "reading the token in ");
    desk_close(&d);
}
