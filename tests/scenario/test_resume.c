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

/* Entries of that kind that hold detail; not the one that is being written. */
static size_t count_entries(const char *path, const char *kind, const char *detail)
{
    char event[60], *rest = NULL;
    size_t len = 0, num = 0;
    if (access(path, R_OK) != 0)
        return 0;
    char *text = (char *)file_bytes(path, &len);
    snprintf(event, sizeof(event), "\"event\":\"%s\"", kind);
    char *torn = memrchr(text, '\n', len);
    text[torn ? torn - text : 0] = '\0';
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
    scene_answer_go_on(s);
    scene_answer(s, "resume.torn", "set-aside"); /* a process may be killed within a write */
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

/* ---- killed again and again ------------------------------------------------------------------ */

static void start_resume(struct scene *s)
{
    char *answers = scene_path(s, "answers.txt");
    const char *argv[] = {"claviger", "resume", "--plain", "--answers", answers, s->dir, NULL};
    scene_rewind(s);
    run_start(&s->run, NULL, "claviger", argv);
    free(answers);
}

Test(resume, killed_while_it_goes_on)
{
    struct scene s;
    begin(&s);
    start(&s);
    kill_when(&s, "outcome", "\"phase\":\"load\"", 1);
    start_resume(&s);
    kill_when(&s, "resumed", "", 1);
    start_resume(&s);
    kill_when(&s, "intent", "\"phase\":\"commit\"", 1);
    scene_resume(&s, NULL);
    assert_the_end(&s, SHORT, 2, 3);
    scene_clear(&s);
}

/* New parts: the first two are sealed in files and stay, whatever becomes of the third. */
Test(resume, killed_behind_the_second_part)
{
    struct scene s;
    struct names slips;
    scene_begin(&s, "three-owners.txt");
    scene_answer_go_on(&s);
    scene_answer_only(&s, "confirm.zeroize", "zeroize 1,2,3");
    scene_answer_only(&s, "confirm.zeroize.second", "zeroize 1,2,3");
    scene_phrases(&s, NUM_UNITS, 0);
    scene_start(&s, "--units", "3", NULL);
    kill_when(&s, "part-made", "", 2);
    scene_resume(&s, NULL);
    assert_the_end(&s, REHEARSAL, 3, 1);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_MADE), 3, "a part was made again");
    char *receipts = ceremony_path(&s, "receipts");
    names_list(receipts, "-key-part.pdf", &slips);
    cr_assert_eq(slips.num, 3, "every owner has a slip");
    names_clear(&slips);
    free(receipts);
    scene_clear(&s);
}

/* ---- before anything is written -------------------------------------------------------------- */

/* A folder whose ceremony was killed in the middle of the commit. */
static void begin_killed(struct scene *s)
{
    begin(s);
    start(s);
    kill_when(s, "outcome", "\"phase\":\"commit\"", 1);
}

static char *journal_text(const struct scene *s)
{
    char *log = ceremony_path(s, CLV_JOURNAL_LOG);
    size_t len = 0;
    char *text = (char *)file_bytes(log, &len);
    free(log);
    return text;
}

/* "41 0123456789abcdef", as the foot of a sheet has it behind that entry. */
static void head_behind(const struct scene *s, uint64_t entry, char *buf, size_t cap)
{
    struct clv_journal *journal = NULL;
    struct clv_error err = {0};
    uint8_t root[CLV_HASH_LEN];
    char hex[17];
    cr_assert_eq(clv_journal_open_readonly(s->dir, &journal, &err), CLV_OK, "%s", err.fact);
    clv_journal_root_at(journal, entry + 1, root);
    clv_hex(root, 8, hex);
    snprintf(buf, cap, "%llu %s", (unsigned long long)entry, hex);
    clv_journal_free(&journal);
}

static void answer_replaced(struct scene *s, const char *agrees)
{
    scene_answer_only(s, "people.reason", "taken ill in the night");
    scene_answer_only(s, "people.agrees", agrees);
    scene_answer_only(s, "people.witness-agrees", agrees);
}

Test(resume, what_is_asked_before_leaves_no_trace)
{
    struct scene s;
    begin_killed(&s);
    char *before = journal_text(&s);
    scene_answer_only(&s, "resume.go-on", "leave");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    cr_assert(scene_said(&s, "was left as it is; nothing was written"), "%s", s.run.output);
    cr_assert(scene_said(&s, "Go on with it: claviger resume"));
    cr_assert_not(scene_said(&s, "!deviation"), "a deviation would be an entry");
    scene_answer_only(&s, "resume.administrator", "!interrupt");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    scene_answer_only(&s, "resume.administrator", "Kofi Eklund");
    scene_resume(&s, NULL);
    cr_assert(scene_said(&s, "That person has another duty in this ceremony."), "%s", s.run.output);
    scene_answer_only(&s, "resume.administrator", "Wen Castellan");
    scene_resume(&s, NULL);
    cr_assert(scene_said(&s, "That person has another duty in this ceremony."), "%s", s.run.output);
    scene_answer_only(&s, "resume.administrator", "Omar Ndiaye");
    answer_replaced(&s, "no");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "the witness does not agree: %s", s.run.output);
    cr_assert(scene_said(&s, "was left as it is; nothing was written"), "%s", s.run.output);
    char *after = journal_text(&s);
    cr_assert_str_eq(before, after);
    free(before);
    free(after);
    scene_clear(&s);
}

Test(resume, a_journal_that_is_not_the_one_of_the_slip_is_not_continued)
{
    struct scene s;
    char slip[60];
    scene_begin(&s, "three-owners.txt");
    scene_answer(&s, "resume.administrator", "Ada Brandt");
    scene_answer(&s, "resume.witness.1", "Wen Castellan");
    scene_answer(&s, "resume.go-on", "leave");
    scene_answer_only(&s, "confirm.zeroize", "zeroize 1");
    scene_answer_only(&s, "confirm.zeroize.second", "zeroize 1");
    scene_start(&s, "--units", "1", NULL);
    kill_when(&s, "receipt", "", 1);
    char *before = journal_text(&s);
    scene_answer(&s, "resume.slip", "yesterday");
    scene_answer(&s, "resume.slip", "7 0123456789abcdef");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert(scene_said(&s, "that is neither the code of a slip nor"), "%s", s.run.output);
    cr_assert(scene_said(&s, "this journal is not the one the slip was printed from"), "%s",
              s.run.output);
    cr_assert(scene_said(&s, "Nothing was written: the ceremony is as it was."), "%s",
              s.run.output);
    head_behind(&s, 7, slip, sizeof(slip));
    scene_answer_only(&s, "resume.slip", slip);
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "the right slip is taken: %s", s.run.output);
    char *after = journal_text(&s);
    cr_assert_str_eq(before, after);
    free(before);
    free(after);
    scene_clear(&s);
}

/* Without the last signed head: what a kill behind the last entry leaves. */
static void drop_last_head(const struct scene *s)
{
    char *path = ceremony_path(s, CLV_JOURNAL_CHECKPOINTS);
    size_t len = 0;
    char *notes = (char *)file_bytes(path, &len);
    len -= 2; /* the empty line behind the last note */
    while (len > 0 && strncmp(notes + len, "\n\nclaviger", 10) != 0)
        len--;
    file_write(path, notes, len + 2);
    free(notes);
    free(path);
}

Test(resume, killed_between_the_last_entry_and_its_signature)
{
    struct scene s;
    struct run r;
    begin(&s);
    start(&s);
    scene_finish(&s);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    drop_last_head(&s);
    run_program(&r, NULL, "claviger", "verify", s.dir, NULL);
    cr_assert_eq(r.exit_code, 1, "%s", r.output);
    run_clear(&r);
    char *before = journal_text(&s);
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 8, "%s", s.run.output);
    cr_assert(scene_said(&s, "is over: it is complete"), "%s", s.run.output);
    cr_assert(scene_said(&s, "Its last entry was not signed yet: that was done now."), "%s",
              s.run.output);
    char *after = journal_text(&s);
    cr_assert_str_eq(before, after);
    assert_verifies(&s);
    free(before);
    free(after);
    scene_clear(&s);
}

static void tear(const struct scene *s)
{
    char *log = ceremony_path(s, CLV_JOURNAL_LOG);
    FILE *f = fopen(log, "ae");
    cr_assert(f && fputs("71 0123456789abc", f) >= 0);
    fclose(f);
    free(log);
}

Test(resume, a_torn_end_is_told_and_set_aside_by_people)
{
    struct scene s;
    begin_killed(&s);
    tear(&s);
    char *before = journal_text(&s);
    scene_answer_only(&s, "resume.torn", "leave");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    char *after = journal_text(&s);
    cr_assert_str_eq(before, after);
    scene_answer_only(&s, "resume.torn", "set-aside");
    scene_resume(&s, NULL);
    assert_the_end(&s, SHORT, 2, 1);
    cr_assert(scene_said(&s, "A torn end of 16 bytes was set aside."), "%s", s.run.output);
    size_t at = journal_next(&s.journal, CLV_EVENT_RESUMED, 0);
    cr_assert_eq(s.journal.event[at].slot, 16);
    char *torn = ceremony_path(&s, "journal.torn-1");
    cr_assert_eq(access(torn, R_OK), 0);
    free(torn);
    free(before);
    free(after);
    scene_clear(&s);
}

/* ---- which folder ---------------------------------------------------------------------------- */

Test(resume, only_an_unfinished_ceremony_and_with_its_own_script)
{
    struct scene s;
    size_t len = 0;
    begin_killed(&s);
    scene_rewind(&s);
    scene_play(&s, NULL);
    cr_assert_eq(s.run.exit_code, 7);
    cr_assert(scene_said(&s, "there is an unfinished ceremony in"), "%s", s.run.output);
    cr_assert(scene_said(&s, "Go on with it: claviger resume"), "%s", s.run.output);
    char *kept = ceremony_path(&s, "script.yaml");
    uint8_t *script = file_bytes(kept, &len);
    file_change_byte(kept, kept, 2);
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert(scene_said(&s, "the script is not the one this ceremony was begun with"), "%s",
              s.run.output);
    file_write(kept, script, len);
    free(kept);
    free(script);
    kept = ceremony_path(&s, "journal.key");
    script = file_bytes(kept, &len);
    file_change_byte(kept, kept, 2);
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 5, "%s", s.run.output);
    cr_assert(scene_said(&s, "Nothing was entered in the journal"), "%s", s.run.output);
    cr_assert(scene_said(&s, "Keep the folder as it is."), "%s", s.run.output);
    file_write(kept, script, len);
    scene_resume(&s, NULL);
    assert_the_end(&s, SHORT, 2, 1);
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 8, "%s", s.run.output);
    cr_assert(scene_said(&s, "is over: it is complete"), "%s", s.run.output);
    free(kept);
    free(script);
    scene_clear(&s);
}

static const struct clv_event *replaced(const struct scene *s, size_t nth)
{
    size_t at = journal_next(&s->journal, CLV_EVENT_PERSON_REPLACED, 0);
    for (; nth > 0; nth--)
        at = journal_next(&s->journal, CLV_EVENT_PERSON_REPLACED, at + 1);
    cr_assert_lt(at, s->journal.num);
    return &s->journal.event[at];
}

static void receipt_names(const struct scene *s, const char *sentence)
{
    struct names names;
    struct run r;
    char *dir = ceremony_path(s, "receipts");
    names_list(dir, "-ceremony.pdf", &names);
    char *pdf = clv_path_join(dir, names.name[0]);
    run_program(&r, NULL, "pdftotext", "-layout", pdf, "-", NULL);
    cr_assert(says(r.output, sentence), "%s", r.output);
    run_clear(&r);
    names_clear(&names);
    free(pdf);
    free(dir);
}

/* Administrator and witness are replaced as anybody is: a reason, agreement, a numbered deviation,
 * and the new name signs off. */
Test(resume, another_administrator_and_another_witness_are_replacements)
{
    struct scene s;
    begin_killed(&s);
    scene_answer_only(&s, "resume.administrator", "Omar Ndiaye");
    scene_answer_only(&s, "resume.witness.1", "Yara Imhof");
    answer_replaced(&s, "agree");
    scene_answer(&s, "people.reason", "on the train");
    scene_resume(&s, NULL);
    assert_the_end(&s, SHORT, 2, 1);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_DEVIATION), 0);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PERSON_REPLACED), 2);
    cr_assert_str_eq(replaced(&s, 0)->name, "Omar Ndiaye");
    cr_assert_str_eq(replaced(&s, 0)->text, "taken ill in the night");
    cr_assert_str_eq(replaced(&s, 0)->text2, "Yara Imhof");
    cr_assert_str_eq(replaced(&s, 1)->name, "Yara Imhof");
    cr_assert_str_eq(replaced(&s, 1)->text2, "Omar Ndiaye");
    cr_assert(scene_said(&s, "Deviation 1 is on record: Ada Brandt is replaced by Omar Ndiaye."),
              "%s", s.run.output);
    receipt_names(&s, "happened: replaced by Omar Ndiaye; decided: taken ill in the night");
    receipt_names(&s, "Yara Imhof, witness");
    scene_clear(&s);
}

/* ---- what a kill leaves beside the files ----------------------------------------------------- */

static char *leave_draft(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    file_write(path, "half", 4);
    return path;
}

static void assert_cleared(const struct scene *s, const char *dir, const char *draft)
{
    char sentence[400];
    snprintf(sentence, sizeof(sentence),
             "Removed from %s: 1 hidden file that an interrupted program had begun to write and "
             "nobody ever used.",
             dir);
    cr_assert(scene_said(s, sentence), "%s", s->run.output);
    cr_assert_neq(access(draft, F_OK), 0);
}

/* Beside the key files when a ceremony begins, in its own folder when it goes on. */
Test(resume, drafts_of_a_killed_program_are_removed_and_nothing_else)
{
    struct scene s;
    begin(&s);
    scene_answer_only(&s, "roll.part-owner.2", "!interrupt");
    scene_answer(&s, "roll.part-owner.2", "!interrupt");
    char *keys = house_copy(&s), *other = leave_draft(keys, ".sofia.clvkey.swp");
    char *draft = leave_draft(keys, ".0123456789abcdef.tmp");
    scene_play(&s, "--script", SHORT, "--keys", keys, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    assert_cleared(&s, keys, draft);
    free(draft);
    draft = leave_draft(s.dir, ".fedcba9876543210.tmp");
    scene_resume(&s, NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    assert_cleared(&s, s.dir, draft);
    cr_assert_eq(access(other, F_OK), 0);
    free(draft);
    free(other);
    free(keys);
    scene_clear(&s);
}
