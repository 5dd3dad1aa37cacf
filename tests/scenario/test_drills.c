/* The standard drills, with what people read on the screen: every bad day that a team can practise
 * ends well when they do what they are told, and stands in the book afterwards. The drills of units
 * that die, lie, are silent, slow, replay or sign with another key are in test_trouble.c. */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "house.h"
#include "terminal.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define CREATE CLV_SOURCE_DIR "/tests/scripts/create-two-owners.yaml"

static void assert_said(const struct scene *s, const char *text)
{
    cr_assert(scene_said(s, text), "nobody said \"%s\":\n%s", text, s->run.output);
}

static void assert_complete(const struct scene *s, const char *script)
{
    cr_assert_eq(s->run.exit_code, 0, "%s", s->run.output);
    journal_check(&s->journal, 2);
    cr_assert_eq(journal_replay(&s->journal, script), CLV_STATE_CLOSED);
}

/* ---- the power goes ------------------------------------------------------------------------- */

/* Somebody starts a rehearsal, and finds the one before: they leave it, and a new one begins. */
static void start_finds_the_one_before(const struct scene *s)
{
    static const char program[] = CLV_BINARY_DIR "/claviger";
    char state[300];
    const char *argv[] = {program, "rehearse", "--plain", "--units", "1", NULL};
    const char *env[] = {state, NULL};
    char *folder = scene_path(s, "claviger"), *name = clv_path_join(folder, "rehearsal-1");
    snprintf(state, sizeof(state), "XDG_STATE_HOME=%s", s->top);
    cr_assert_eq(mkdir(folder, 0700), 0);
    cr_assert_eq(rename(s->dir, name), 0);
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv, .env = env});
    terminal_expect(t, "There is an unfinished ceremony in");
    terminal_expect(t, "? help]: ");
    terminal_send(t, "2\r");
    terminal_expect(t, "Press Enter to begin this step");
    terminal_send(t, KEY_CTRL_C);
    (void)terminal_wait_exit(t);
    terminal_free(&t);
    cr_assert_eq(rename(name, s->dir), 0);
    free(name);
    free(folder);
}

Test(drills, power_cut_after_three)
{
    struct scene s;
    scene_begin_short(&s, 6);
    scene_answer_go_on(&s);
    scene_play_short(&s, "6", "power-cut-after-three");
    cr_assert_eq(s.run.exit_code, 128 + SIGKILL, "%s", s.run.output);
    cr_assert_not(scene_said(&s, "claviger resume"), "nothing is told behind a power cut");
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, 0, "done"), 3);
    start_finds_the_one_before(&s);
    scene_resume(&s, NULL);
    assert_complete(&s, SHORT);
    assert_said(&s, "[ok] Unit 3 (");
    assert_said(&s,
                "on record set immediate, done. It shows: done: the expected key is live. Next: "
                "nothing");
    assert_said(&s, "on record set immediate, sent, no outcome on record. It shows: done: the "
                    "expected key is live. Next: nothing");
    /* Their order may or may not have been sent when the third unit was done. */
    assert_said(&s, "It shows: committed with the expected pattern. Next: wait for the others, "
                    "then set immediate");
    assert_said(&s, "Units 5-6: committed with the expected pattern. Units 1-4: done: the expected "
                    "key is live. The new key is live on the units named so.");
    assert_said(&s, "Needed to go on: Sofia Dahl (signature-key owner).");
    assert_said(&s,
                "Not needed before the sign-off: Kofi Eklund, Lena Fähnrich (key-part owners).");
    for (unsigned unit = 1; unit <= 6; unit++)
        cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_SET_IMMEDIATE, unit, "done"),
                     unit == 4 ? 0 : 1, "unit %u", unit);
    assert_said(&s, "Drills passed with this script (SHA-256");
    assert_said(&s, "...): power-cut-after-three. Not practised: unit-4-dies, wrong-password,");
    scene_clear(&s);
}

/* ---- people --------------------------------------------------------------------------------- */

Test(drills, wrong_password)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer(&s, "part.2.after", "again");
    scene_answer(&s, "part.2.open.password", LENA_PASSWORD);
    scene_play_short(&s, "1", "wrong-password");
    assert_complete(&s, SHORT);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PASSWORD_WRONG), 1);
    assert_said(&s, "E-PASSWORD");
    assert_said(&s, "wrong password while opening lena.clvkey The file is undamaged; nothing was "
                    "changed. Try again, or choose another file.");
    assert_said(&s, "...): wrong-password. Not practised: unit-4-dies,");
    scene_clear(&s);
}

Test(drills, owner_leaves)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer(&s, "drill.owner-leaves", "!deviation");
    scene_answer(&s, "deviation.what", "left");
    scene_answer(&s, "people.who", "part-owner.2");
    scene_answer(&s, "people.reason", "the train does not wait");
    scene_answer(&s, "people.agrees", "agree");
    scene_answer(&s, "people.witness-agrees", "agree");
    scene_answer(&s, "people.waits", "back");
    scene_play_short(&s, "1", "owner-leaves");
    assert_complete(&s, SHORT);
    assert_said(&s, "Lena Fähnrich is called away and leaves the room now.");
    assert_said(&s, "Lena Fähnrich leaves the room; the turn goes to the next person, and begins "
                    "anew when they are back.");
    assert_said(&s, "Deviation 1 is on record: Lena Fähnrich left the room.");
    assert_said(&s, "It is their turn, and nobody else can go first.");
    assert_said(&s, "Lena Fähnrich is back.");
    assert_said(&s, "...): owner-leaves. Not practised: unit-4-dies,");
    scene_clear(&s);
}

/* The file that holds the right part is the other one now. */
Test(drills, swapped_part)
{
    struct scene s;
    scene_begin(&s, "two-owners-new.txt");
    scene_answer(&s, "part.2.after", "other-file");
    scene_answer(&s, "part.2.file", "part-2-other.clvkey");
    scene_answer(&s, "part.2.open.password", LENA_PASSWORD);
    scene_play(&s, "--script", CREATE, "--units", "1", "--drill", "swapped-part", NULL);
    assert_complete(&s, CREATE);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_REFUSED), 1);
    assert_said(&s, "this part is not the one on the slip of Lena Fähnrich");
    assert_said(&s, "...): swapped-part. Not practised: unit-4-dies,");
    scene_clear(&s);
}

/* ---- paper ---------------------------------------------------------------------------------- */

#define NUM_SPOILT 23 /* sheets of one receipt */

/* On the ceremony's own receipt: all but its own serial, which is the third. */
static void assert_names_void(const struct scene *s, unsigned last)
{
    const char *list = strstr(s->run.output, "Void receipts");
    const char *end = list ? strstr(list, "Clock jumps") : NULL;
    char serial[8];
    cr_assert(end, "%s", s->run.output);
    for (unsigned i = 1; i <= last; i++) {
        int len = snprintf(serial, sizeof(serial), "-%02u", i);
        bool named = memmem(list, (size_t)(end - list), serial, (size_t)len) != NULL;
        cr_assert_eq(named, i != 3, "%s: %s", serial, list);
    }
}

Test(drills, printer_jams)
{
    struct scene s;
    struct names sheets;
    scene_begin_short(&s, 1);
    for (unsigned i = 0; i < NUM_SPOILT; i++)
        scene_answer(&s, "receipt.printed", "again");
    scene_answer(&s, "receipt.printed", "good");
    scene_answer(&s, "receipt.printed", "other-printer");
    scene_answer(&s, "receipt.printer", "second-floor");
    scene_answer(&s, "receipt.printed", "good");
    scene_answer(&s, "receipt.printed", "save");
    scene_play_short(&s, "1", "printer-jams");
    assert_complete(&s, SHORT);
    assert_said(&s, "is not on paper: the printer says: paper jam.");
    assert_said(&s, "The receipt is in its folder and in the journal, whatever becomes of the "
                    "paper.");
    assert_said(&s, "Receipt 01 is void: keep or tear the sheet with the witness.");
    assert_said(&s, "was sent to the printer printer of the rehearsal.");
    assert_said(&s, "was sent to the printer second-floor.");
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_RECEIPT), 4 + NUM_SPOILT);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_RECEIPT_VOID), 1 + NUM_SPOILT);
    cr_assert_eq(journal_last(&s.journal)->number, 1, "kept for later: a deviation");
    char *tray = ceremony_path(&s, "printed");
    names_list(tray, ".pdf", &sheets);
    cr_assert_eq(sheets.num, 3 + NUM_SPOILT, "the jam took one");
    names_clear(&sheets);
    free(tray);
    assert_names_void(&s, 2 + NUM_SPOILT);
    assert_said(&s, "...): printer-jams. Not practised: unit-4-dies,");
    scene_clear(&s);
}

/* ---- the book ------------------------------------------------------------------------------- */

Test(drills, a_drill_whose_bad_day_did_not_come_is_not_passed)
{
    struct scene s;
    scene_begin_short(&s, 4);
    scene_answer_only(&s, "part.2.commitment", "stop here");
    scene_answer(&s, "part.2.commitment", "!interrupt");
    scene_play_short(&s, "4", "restarting-unit");
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    char *book = scene_path(&s, "claviger/drills");
    cr_assert_neq(access(book, F_OK), 0);
    free(book);
    scene_clear(&s);
}

Test(drills, what_cannot_be_practised_is_said_before_anything_starts)
{
    struct scene s;
    scene_begin_short(&s, 3);
    scene_play_short(&s, "3", "power-cut-after-three");
    cr_assert_eq(s.run.exit_code, 2, "%s", s.run.output);
    assert_said(&s, "the drill \"power-cut-after-three\" needs 6 crypto units");
    scene_rewind(&s);
    scene_play_short(&s, "3", "swapped-part");
    cr_assert_eq(s.run.exit_code, 2, "%s", s.run.output);
    assert_said(&s, "the drill \"swapped-part\" needs a script with the step create-parts");
    scene_clear(&s);
}
