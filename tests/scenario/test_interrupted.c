/* A signal at the worst moment: wiped, on record, and nothing left running. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"
#include "house.h"
#include "people.h"

#define SCRIPT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static void assert_interrupted(const char *dir)
{
    struct journal j;
    struct clv_journal_report report;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_verify(dir, NULL, &report, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(report.verdict, CLV_JOURNAL_INTACT, "%s", report.fault);
    journal_read(dir, &j);
    cr_assert_eq(journal_last(&j)->kind, CLV_EVENT_INTERRUPTED);
    (void)journal_replay(&j, SCRIPT);
    for (size_t i = 0; i < j.num; i++) {
        size_t k = i;
        if (j.event[i].kind != CLV_EVENT_INTENT)
            continue;
        while (k < j.num &&
               (j.event[k].kind != CLV_EVENT_OUTCOME || j.event[k].unit != j.event[i].unit))
            k++;
        cr_assert_lt(k, j.num, "entry %zu: what left has no outcome", i);
    }
    journal_clear(&j);
}

/* ---- while units work ---- */

static void interrupt_dispatch(int signal_number)
{
    struct scene s;
    char socket[200];
    scene_begin_short(&s, 4);
    scene_start(&s, "--script", SCRIPT, "--keys", house_keys(), "--units", "4", "--drill",
                "silent-unit", NULL);
    cr_assert(run_wait_text(&s.run, "[..] Committing the new register"), "%s", s.run.output);
    cr_assert_neq(units_find(s.dir, socket, sizeof(socket)), 0);
    cr_assert_eq(kill(s.run.pid, signal_number), 0);
    scene_finish(&s);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    cr_assert(
        scene_said(&s, "was interrupted; everything secret is wiped and the journal says so"));
    assert_interrupted(s.dir);
    units_wait_gone(s.dir, socket);
    scene_clear(&s);
}

Test(interrupted, sigterm_during_a_dispatch)
{
    interrupt_dispatch(SIGTERM);
}

Test(interrupted, sigint_during_a_dispatch)
{
    interrupt_dispatch(SIGINT);
}

Test(interrupted, sighup_during_a_dispatch)
{
    interrupt_dispatch(SIGHUP);
}

/* ---- while a password is typed ---- */

static struct terminal *type_up_to_password(const struct scene *s)
{
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program,      "rehearse", "--plain", "--script", SCRIPT, "--keys",
                          house_keys(), "--units",  "1",       "--dir",    s->dir, NULL};
    struct typed rows[] = {
        {"Name of the ceremony administrator", "Ada Brandt", false},
        {"Name of the witness", "Wen Castellan", false},
        {"Name of signature-key owner 1", "Sofia Dahl", false},
        {"Name of key-part owner 1", "Kofi Eklund", false},
        {"Name of key-part owner 2", "Lena Fähnrich", false},
        {"-- The crypto units --", "1", false},
        {"Type the phrase", "zeroize 1", false},
        {"-- Choose your key file --", "1", false},
    };
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "Password of this file (not shown): ");
    terminal_send(t, "half a pass");
    return t;
}

static void interrupt_password(int signal_number)
{
    struct scene s;
    char socket[200];
    scene_begin_short(&s, 1);
    struct terminal *t = type_up_to_password(&s);
    cr_assert_neq(units_find(s.dir, socket, sizeof(socket)), 0);
    cr_assert_eq(kill(terminal_pid(t), signal_number), 0);
    cr_assert_eq(terminal_wait_exit(t), 130);
    cr_assert(!terminal_stream_has(t, "half a pass"));
    cr_assert(terminal_mode_restored(t));
    assert_interrupted(s.dir);
    units_wait_gone(s.dir, socket);
    terminal_free(&t);
    scene_clear(&s);
}

Test(interrupted, sigterm_at_a_password_prompt)
{
    interrupt_password(SIGTERM);
}

Test(interrupted, sigint_at_a_password_prompt)
{
    interrupt_password(SIGINT);
}

Test(interrupted, sighup_at_a_password_prompt)
{
    interrupt_password(SIGHUP);
}

Test(interrupted, the_terminal_goes_away)
{
    struct scene s;
    char socket[200];
    scene_begin_short(&s, 1);
    struct terminal *t = type_up_to_password(&s);
    cr_assert_neq(units_find(s.dir, socket, sizeof(socket)), 0);
    terminal_hang_up(t);
    cr_assert_eq(terminal_wait_exit(t), 130);
    assert_interrupted(s.dir);
    units_wait_gone(s.dir, socket);
    terminal_free(&t);
    scene_clear(&s);
}

/* Nobody can tidy up behind a SIGKILL: what is on disk must be good as it is. */
Test(interrupted, killed_without_warning)
{
    struct scene s;
    struct clv_journal_report report;
    struct clv_error err = {0};
    char socket[200];
    scene_begin_short(&s, 4);
    scene_start(&s, "--script", SCRIPT, "--keys", house_keys(), "--units", "4", "--drill",
                "silent-unit", NULL);
    cr_assert(run_wait_text(&s.run, "[..] Committing the new register"), "%s", s.run.output);
    cr_assert_neq(units_find(s.dir, socket, sizeof(socket)), 0);
    cr_assert_eq(kill(s.run.pid, SIGKILL), 0);
    scene_finish(&s);
    cr_assert_eq(s.run.exit_code, 128 + SIGKILL);
    cr_assert_eq(clv_journal_verify(s.dir, NULL, &report, &err), CLV_OK, "%s", err.fact);
    cr_assert(report.verdict == CLV_JOURNAL_INTACT || report.verdict == CLV_JOURNAL_UNSIGNED_TAIL,
              "%s: %s", clv_journal_verdict_name(report.verdict), report.fault);
    (void)journal_replay(&s.journal, SCRIPT);
    units_wait_gone(s.dir, socket);
    scene_clear(&s);
}
