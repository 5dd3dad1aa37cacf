/* Print queues as they behave: an lp of the test's own stands first in the path. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/receipt/print.h"

static struct clv_error err;
static char dir[] = "/tmp/claviger-lp-XXXXXX";

/* body: lines of a shell script. Its folder becomes the path, in front of what is there. */
static void with_lp(const char *body)
{
    char path[100], search[2000];
    cr_assert(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/lp", dir);
    FILE *f = fopen(path, "we");
    cr_assert(f);
    fprintf(f, "#!/bin/sh\ncd %s\n%s\n", dir, body);
    fclose(f);
    cr_assert_eq(chmod(path, 0700), 0);
    snprintf(search, sizeof search, "%s:%s", dir, getenv("PATH"));
    cr_assert_eq(setenv("PATH", search, 1), 0);
}

static void remove_lp(void)
{
    static const char *const names[] = {"lp", "seen"};
    char path[100];
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        (void)unlink(path);
    }
    cr_assert_eq(rmdir(dir), 0);
}

static void assert_fails(const char *body, clv_status code, const char *fact)
{
    with_lp(body);
    err = (struct clv_error){0};
    cr_assert_eq(clv_lp_print("office", "/sheet.pdf", 1, &err), code, "%s", err.fact);
    cr_assert_str_eq(err.fact, fact);
    remove_lp();
}

Test(lp, takes_a_sheet)
{
    char path[100], seen[300] = "";
    with_lp("echo \"$@\" > seen; cat >> seen; echo 'request id is office-7 (1 file(s))'");
    cr_assert_eq(clv_lp_print("office", "/a b/-sheet.pdf", 10, &err), CLV_OK, "%s", err.fact);
    snprintf(path, sizeof path, "%s/seen", dir);
    FILE *f = fopen(path, "re");
    cr_assert(f);
    cr_assert_gt(fread(seen, 1, sizeof seen - 1, f), 0);
    fclose(f);
    cr_assert_str_eq(seen, "-d office -- /a b/-sheet.pdf\n", "nothing comes from the terminal");
    remove_lp();
}

Test(lp, that_is_slow_is_waited_for)
{
    with_lp("sleep 0.3");
    cr_assert_eq(clv_lp_print("office", "/sheet.pdf", 30, &err), CLV_OK, "%s", err.fact);
    remove_lp();
}

Test(lp, without_a_queue)
{
    assert_fails("echo 'lp: Error - no default destination available.' >&2; exit 1", CLV_E_IO,
                 "lp: Error - no default destination available.");
}

Test(lp, to_an_unknown_queue)
{
    assert_fails(
        "echo 'lp: Error - The printer or class does not exist.' >&2; echo more >&2; exit 1",
        CLV_E_IO, "lp: Error - The printer or class does not exist.");
}

Test(lp, that_says_nothing)
{
    assert_fails("exit 3", CLV_E_IO, "lp ended with 3 and said nothing");
}

Test(lp, whose_words_would_move_the_cursor)
{
    assert_fails("printf 'lp: \\033[2Jno\\r' >&2; exit 1", CLV_E_IO, "lp: ?[2Jno?");
}

Test(lp, that_hangs)
{
    assert_fails("sleep 1000 & wait", CLV_E_TIMEOUT, "lp did not come back within 1 s");
}

Test(lp, that_is_killed)
{
    assert_fails("kill -KILL $$", CLV_E_IO, "lp was ended by signal 9");
}

Test(lp, that_is_not_there)
{
    cr_assert_eq(setenv("PATH", "/nowhere", 1), 0);
    cr_assert_eq(clv_lp_print("office", "/sheet.pdf", 1, &err), CLV_E_MISSING);
    cr_assert_str_eq(err.fact, "there is no lp on this workstation");
}
