/* A rehearsal that is killed while it works, and another process that goes on with it: the end is
 * the one of an unbroken run, and no unit obeyed a command twice. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "house.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define REHEARSAL CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml"
#define NUM_UNITS 3

/* ---- the power goes ------------------------------------------------------------------------- */

/* Entries of that kind that hold detail. */
static size_t count_entries(const char *path, const char *kind, const char *detail)
{
    char event[60], *rest = NULL;
    size_t len = 0, num = 0;
    if (access(path, R_OK) != 0)
        return 0;
    char *text = (char *)file_bytes(path, &len);
    snprintf(event, sizeof(event), "\"event\":\"%s\"", kind);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        num += strstr(line, event) && strstr(line, detail);
    free(text);
    return num;
}

/* Kills the run as soon as its journal holds so many of these entries. */
static void kill_when(struct scene *s, const char *kind, const char *detail, size_t times)
{
    char *log = ceremony_path(s, CLV_JOURNAL_LOG);
    siginfo_t info = {0};
    while (count_entries(log, kind, detail) < times && info.si_pid == 0) {
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000L}, NULL);
        waitid(P_PID, (id_t)s->run.pid, &info, WEXITED | WNOHANG | WNOWAIT);
    }
    kill(s->run.pid, SIGKILL);
    run_finish(&s->run);
    cr_assert_eq(s->run.exit_code, 128 + SIGKILL, "it ended before: %s", s->run.output);
    free(log);
}

static void begin(struct scene *s)
{
    scene_begin_short(s, NUM_UNITS);
    scene_answer(s, "resume.administrator", "Ada Brandt");
    scene_answer(s, "resume.slip", "none");
    scene_answer(s, "resume.go-on", "go-on");
}

static void start(struct scene *s)
{
    scene_start(s, "--script", SHORT, "--keys", house_keys(), "--units", "3", NULL);
}

/* ---- what must hold at the end -------------------------------------------------------------- */

/* A command that a unit obeyed has moved the unit's counter to the one it carried. */
static bool was_obeyed(const struct journal *j, size_t at)
{
    const struct clv_event *intent = &j->event[at];
    for (size_t i = at + 1; i < j->num; i++) {
        const struct clv_event *e = &j->event[i];
        if (e->kind == CLV_EVENT_OUTCOME && e->unit == intent->unit && e->phase == intent->phase &&
            strcmp(e->name, "done") == 0)
            return true;
        if (e->kind == CLV_EVENT_INTENT && e->unit == intent->unit)
            return memcmp(e->counter, intent->counter, sizeof(e->counter)) > 0;
    }
    return true;
}

/* A reset begins a new life with a new counter; importer keys are made anew for every load. */
static void assert_nothing_doubled(const struct journal *j)
{
    static const enum clv_phase once[] = {CLV_PHASE_ADMINS, CLV_PHASE_THRESHOLDS, CLV_PHASE_LOAD,
                                          CLV_PHASE_COMMIT, CLV_PHASE_SET_IMMEDIATE};
    for (size_t k = 0; k < sizeof(once) / sizeof(once[0]); k++)
        for (unsigned unit = 1; unit <= NUM_UNITS; unit++) {
            size_t num = 0;
            for (size_t i = 0; i < j->num; i++)
                num += j->event[i].kind == CLV_EVENT_INTENT && j->event[i].phase == once[k] &&
                       j->event[i].unit == unit && was_obeyed(j, i);
            cr_assert_eq(num, 1, "unit %u obeyed \"%s\" %zu times", unit, clv_phase_name(once[k]),
                         num);
            cr_assert_leq(journal_outcomes(j, once[k], unit, "refused"), 0);
        }
}

static void assert_all_live(const struct journal *j)
{
    size_t pattern = journal_next(j, CLV_EVENT_PATTERN, 0);
    for (unsigned unit = 1; unit <= NUM_UNITS; unit++) {
        const struct clv_observed *last = NULL;
        for (size_t i = 0; i < j->num; i++)
            if (j->event[i].kind == CLV_EVENT_UNIT_STATE && j->event[i].unit == unit)
                last = &j->event[i].observed;
        cr_assert(last);
        cr_assert_eq(last->current_state, CLV_CURRENT_VALID, "unit %u", unit);
        cr_assert_eq(last->new_state, CLV_NEW_EMPTY);
        cr_assert_arr_eq(last->current_pattern, j->event[pattern].pattern,
                         CLV_EP11_PATTERN_SIGNIFICANT);
    }
}

static void assert_verifies(const struct scene *s)
{
    struct run r;
    run_program(&r, NULL, "claviger", "verify", s->dir, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
}

static void assert_the_end(const struct scene *s, const char *script, unsigned num_owners,
                           size_t resumptions)
{
    cr_assert_eq(s->run.exit_code, 0, "exit %d:\n%s", s->run.exit_code, s->run.output);
    cr_assert_str_eq(journal_last(&s->journal)->name, "complete");
    cr_assert_eq(journal_count(&s->journal, CLV_EVENT_RESUMED), resumptions);
    journal_check(&s->journal, num_owners);
    cr_assert_eq(journal_replay(&s->journal, script), CLV_STATE_CLOSED);
    assert_all_live(&s->journal);
    assert_nothing_doubled(&s->journal);
    assert_verifies(s);
}

/* ---- killed at --------------------------------------------------------------------------- */

static void killed_at(const char *kind, const char *detail, size_t times, const char *said)
{
    struct scene s;
    begin(&s);
    start(&s);
    kill_when(&s, kind, detail, times);
    scene_resume(&s, NULL);
    assert_the_end(&s, SHORT, 2, 1);
    if (said)
        cr_assert(scene_said(&s, said), "nobody said \"%s\":\n%s", said, s.run.output);
    scene_clear(&s);
}

Test(resume, killed_in_the_middle_of_a_reset)
{
    killed_at("intent", "\"phase\":\"reset\"", 2, NULL);
}

Test(resume, killed_while_importer_keys_are_made)
{
    killed_at("outcome", "\"phase\":\"importer keys\"", 1,
              "Needed to go on: Sofia Dahl (signature-key owner), Kofi Eklund, Lena Fähnrich "
              "(key-part owners).");
}

Test(resume, killed_between_two_owners)
{
    killed_at("part-opened", "", 1, "Kofi Eklund, Lena Fähnrich (key-part owners).");
}

Test(resume, killed_while_units_load)
{
    killed_at("intent", "\"phase\":\"load\"", 1, NULL);
}

Test(resume, killed_between_two_commits)
{
    killed_at("outcome", "\"phase\":\"commit\"", 1,
              "Not needed before the sign-off: Kofi Eklund, Lena Fähnrich (key-part owners).");
}

Test(resume, killed_behind_the_barrier_of_the_commit)
{
    killed_at("barrier-over", "\"phase\":\"commit\"", 1,
              "committed with the expected pattern. Next: wait for the others, then set immediate");
}

Test(resume, killed_while_the_key_becomes_live)
{
    killed_at("intent", "\"phase\":\"set immediate\"", 2, NULL);
}

Test(resume, killed_while_receipts_are_written)
{
    killed_at("receipt", "", 1, "Needed to go on: nobody but administrator and witness.");
}
