/* The journal on two media, and media that fail while a ceremony goes on: it pauses with the
 * reason, and goes on when that is mended. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "disk.h"
#include "house.h"
#include "people.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

/* ---- two folders ----------------------------------------------------------------------------- */

struct media {
    struct scene s;
    char *medium; /* where the second copy's folder is made */
    char *mirror; /* that folder */
};

static void media_begin(struct media *m)
{
    scene_begin_short(&m->s, 1);
    m->medium = scene_path(&m->s, "blue");
    m->mirror = scene_path(&m->s, "blue/ceremony");
    cr_assert_eq(mkdir(m->medium, 0700), 0);
    scene_answer_go_on(&m->s);
}

static void media_end(struct media *m)
{
    free(m->medium);
    free(m->mirror);
    scene_clear(&m->s);
}

static void media_play(struct media *m)
{
    scene_play(&m->s, "--script", SHORT, "--keys", house_keys(), "--units", "1", "--mirror",
               m->medium, NULL);
}

/* Ended by ^C in the roll call, before anything slow; resumed, it ends there again. */
static void media_interrupted(struct media *m)
{
    media_begin(m);
    scene_answer_only(&m->s, "roll.part-owner.2", "!interrupt");
    scene_answer(&m->s, "roll.part-owner.2", "!interrupt");
    scene_answer(&m->s, "roll.part-owner.2", "!interrupt");
    media_play(m);
    cr_assert_eq(m->s.run.exit_code, 130, "%s", m->s.run.output);
}

static void media_resume(struct media *m)
{
    scene_resume(&m->s, NULL);
    cr_assert_eq(m->s.run.exit_code, 130, "%s", m->s.run.output);
    cr_assert(scene_said(&m->s, "was interrupted; everything secret is wiped"), "%s",
              m->s.run.output);
}

static char *in(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    cr_assert(path);
    return path;
}

static void verifies(const char *dir)
{
    struct run r;
    run_program(&r, NULL, "claviger", "verify", dir, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
}

static void assert_both(const struct media *m)
{
    cr_assert(scene_same_in(&m->s, m->mirror, "journal.log"));
    cr_assert(scene_same_in(&m->s, m->mirror, "checkpoints.log"));
    verifies(m->s.dir);
    verifies(m->mirror);
}

static const struct clv_event *medium_entry(const struct media *m, const char *what)
{
    const struct journal *j = &m->s.journal;
    for (size_t i = journal_next(j, CLV_EVENT_MEDIUM, 0); i < j->num;
         i = journal_next(j, CLV_EVENT_MEDIUM, i + 1))
        if (strcmp(j->event[i].name, what) == 0)
            return &j->event[i];
    return NULL;
}

/* What was set aside for the last entries is there while a ceremony goes on. */
static void assert_reserve(const struct media *m, bool there)
{
    const char *dirs[] = {m->s.dir, m->mirror};
    for (size_t i = 0; i < 2; i++) {
        char *path = in(dirs[i], "journal.reserve");
        cr_assert_eq(access(path, F_OK) == 0, there, "%s", path);
        free(path);
    }
}

/* The last num lines go, and every checkpoint. */
static void fall_behind(const char *dir, unsigned num)
{
    char *log = in(dir, "journal.log"), *checkpoints = in(dir, "checkpoints.log");
    size_t len = 0;
    uint8_t *text = file_bytes(log, &len);
    for (; num > 0; num--)
        for (len--; len > 0 && text[len - 1] != '\n'; len--)
            ;
    cr_assert_eq(truncate(log, (off_t)len), 0);
    cr_assert_eq(truncate(checkpoints, 0), 0);
    free(text);
    free(log);
    free(checkpoints);
}

Test(media, both_copies_hold_everything)
{
    struct media m;
    media_interrupted(&m);
    assert_both(&m);
    cr_assert(medium_entry(&m, "begun"));
    cr_assert_str_eq(medium_entry(&m, "begun")->text, m.mirror);
    cr_assert(scene_said(&m.s, "both copies of the journal are on one medium: accepted in a "
                               "rehearsal"));
    media_end(&m);
}

Test(media, a_copy_that_is_behind_catches_up)
{
    for (int behind = 0; behind < 2; behind++) {
        struct media m;
        media_interrupted(&m);
        fall_behind(behind ? m.mirror : m.s.dir, 5);
        media_resume(&m);
        assert_both(&m);
        const struct clv_event *e = medium_entry(&m, "caught-up");
        cr_assert(e);
        cr_assert_eq(e->number, 5);
        cr_assert_eq(e->slot, (unsigned)behind + 1);
        cr_assert(scene_said(&m.s, "lacks 5 entries: it gets them when you go on."));
        cr_assert(scene_said(&m.s, "has caught up: 5 entries."));
        media_end(&m);
    }
}

Test(media, copies_that_disagree_stop)
{
    struct media m;
    struct clv_journal *j = NULL;
    media_interrupted(&m);
    size_t size = m.s.journal.num;
    for (int i = 0; i < 2; i++) {
        char entry[200];
        cr_assert_eq(clv_secret_init(NULL), CLV_OK);
        cr_assert_eq(clv_journal_open(i ? m.mirror : m.s.dir, &j, NULL), CLV_OK);
        snprintf(entry, sizeof(entry),
                 "{\"event\":\"interrupted\",\"time\":\"2026-11-23T09:12:44Z\",\"reason\":\"%d\"}",
                 i);
        cr_assert_eq(clv_journal_append(j, clv_view_of(entry, strlen(entry)), NULL, NULL), CLV_OK);
        clv_journal_free(&j);
    }
    char fact[80];
    scene_resume(&m.s, NULL);
    cr_assert_eq(m.s.run.exit_code, 1, "%s", m.s.run.output);
    snprintf(fact, sizeof(fact), "the copies of the journal differ from entry %zu on", size);
    cr_assert(scene_said(&m.s, fact), "%s", m.s.run.output);
    cr_assert(scene_said(&m.s, "Neither copy was changed."));
    cr_assert(scene_said(&m.s, "Compare both with the last slip on paper. The copy that agrees is "
                               "the journal; keep the other one apart, as it is."));
    cr_assert_eq(m.s.journal.num, size + 1, "nothing was written");
    media_end(&m);
}

Test(media, one_copy_is_enough_and_the_other_catches_up_later)
{
    struct media m;
    media_interrupted(&m);
    assert_reserve(&m, true);
    char *away = scene_path(&m.s, "away");
    cr_assert_eq(rename(m.medium, away), 0);
    scene_answer(&m.s, "resume.mirror", "retry");
    scene_answer(&m.s, "resume.mirror", "one-copy");
    media_resume(&m);
    cr_assert(scene_said(&m.s, "which cannot be used now: No such file or directory."));
    cr_assert(medium_entry(&m, "given-up"));
    size_t left = journal_next(&m.s.journal, CLV_EVENT_DEVIATION, 0);
    cr_assert_lt(left, m.s.journal.num);
    cr_assert_str_eq(m.s.journal.event[left].name, "one copy of the journal could not be written");
    cr_assert_eq(rename(away, m.medium), 0);
    scene_answer_only(&m.s, "roll.part-owner.2", "Lena Fähnrich");
    scene_resume(&m.s, NULL);
    cr_assert_eq(m.s.run.exit_code, 0, "%s", m.s.run.output);
    cr_assert(medium_entry(&m, "caught-up"));
    assert_both(&m);
    assert_reserve(&m, false);
    free(away);
    media_end(&m);
}

/* The first medium is lost; the software units of a rehearsal live beside it and are saved. */
Test(media, the_second_copy_is_gone_on_with_alone)
{
    struct media m;
    media_interrupted(&m);
    char *units = ceremony_path(&m.s, "units"), *kept = in(m.mirror, "units"), *first = m.s.dir;
    cr_assert_eq(rename(units, kept), 0);
    m.s.dir = scene_path(&m.s, "away");
    cr_assert_eq(rename(first, m.s.dir), 0);
    free(m.s.dir);
    m.s.dir = strdup(m.mirror);
    scene_answer(&m.s, "resume.mirror", "one-copy");
    media_resume(&m);
    verifies(m.mirror);
    free(units);
    free(kept);
    free(first);
    media_end(&m);
}

/* Named by its second copy, a rehearsal has its units beside the first one. */
Test(media, the_folder_of_the_second_copy_may_be_named)
{
    struct media m;
    media_interrupted(&m);
    char *first = m.s.dir, *units = in(m.mirror, "units");
    m.s.dir = strdup(m.mirror);
    media_resume(&m);
    cr_assert_neq(access(units, F_OK), 0, "new units were made");
    free(m.s.dir);
    m.s.dir = first;
    assert_both(&m);
    free(units);
    media_end(&m);
}

Test(media, units_that_were_lost_with_the_first_copy_are_named)
{
    struct media m;
    char fact[600], hint[600];
    media_interrupted(&m);
    char *first = m.s.dir, *away = scene_path(&m.s, "away"), *units = in(m.mirror, "units");
    cr_assert_eq(rename(first, away), 0);
    m.s.dir = strdup(m.mirror);
    scene_resume(&m.s, NULL);
    cr_assert_eq(m.s.run.exit_code, 7, "%s", m.s.run.output);
    snprintf(
        fact, sizeof(fact),
        "the software crypto units of this rehearsal are gone: their state is not in %s/units, "
        "nor in %s/units",
        m.mirror, first);
    snprintf(hint, sizeof(hint), "Bring that folder back to %s/units, then resume.", m.mirror);
    cr_assert(scene_said(&m.s, fact), "%s", m.s.run.output);
    cr_assert(scene_said(&m.s, hint), "%s", m.s.run.output);
    cr_assert_neq(access(units, F_OK), 0, "new units were made");
    free(units);
    free(away);
    free(first);
    media_end(&m);
}

Test(media, a_torn_end_of_the_second_copy_is_set_aside)
{
    struct media m;
    media_interrupted(&m);
    char *log = in(m.mirror, "journal.log"), *torn = in(m.mirror, "journal.torn-1");
    FILE *f = fopen(log, "ab");
    cr_assert(f && fputs("999 0123", f) >= 0 && fclose(f) == 0);
    struct run r;
    run_program(&r, NULL, "claviger", "verify", m.mirror, NULL);
    cr_assert_eq(r.exit_code, 5, "%s", r.output);
    cr_assert(says(r.output, "breaks off: its writing was not finished"), "%s", r.output);
    run_clear(&r);
    scene_answer(&m.s, "resume.torn", "set-aside");
    media_resume(&m);
    cr_assert(scene_said(&m.s, "The journal ends in half an entry"));
    cr_assert(scene_said(&m.s, "A torn end of 8 bytes was set aside."));
    cr_assert_eq(access(torn, R_OK), 0);
    assert_both(&m);
    free(log);
    free(torn);
    media_end(&m);
}

Test(media, a_medium_that_is_not_there_is_not_made)
{
    struct media m;
    media_begin(&m);
    cr_assert_eq(rmdir(m.medium), 0);
    media_play(&m);
    cr_assert_eq(m.s.run.exit_code, 7, "%s", m.s.run.output);
    cr_assert(scene_said(&m.s, "the medium of the journal's second copy is not there"));
    cr_assert_neq(access(m.medium, F_OK), 0);
    media_end(&m);
}

/* ---- a medium that fails while the ceremony goes on ------------------------------------------ */

struct failing {
    struct media m;
    struct terminal *t;
    bool screens; /* full screen, else plain */
};

static void wait_shown(struct failing *f, const char *text)
{
    if (f->screens)
        terminal_wait_text(f->t, text);
    else
        terminal_expect(f->t, text);
}

/* Seated up to the witness's name. */
static void failing_begin(struct failing *f, bool screens, bool mirrored)
{
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[20] = {program,      "rehearse", "--script", SHORT,   "--keys",
                            house_keys(), "--units",  "1",        "--dir", f->m.s.dir};
    size_t num = 10;
    if (!screens)
        argv[num++] = "--plain";
    if (mirrored) {
        argv[num++] = "--mirror";
        argv[num++] = f->m.medium;
    }
    f->screens = screens;
    f->t = terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 40, .cols = 100});
    if (screens) {
        terminal_wait_text(f->t, "Does the clock on the wall agree?");
        terminal_send(f->t, KEY_ENTER);
        terminal_wait_text(f->t, "Name of the ceremony administrator");
        terminal_send(f->t, "Ada Brandt" KEY_ENTER);
        terminal_wait_text(f->t, "Name of the witness");
        return;
    }
    struct typed rows[] = {{"Name of the ceremony administrator", "Ada Brandt", false}};
    people_type(f->t, rows, 1, "Name of the witness: ");
    terminal_expect(f->t, "Name of the witness: ");
}

static void failing_choose(struct failing *f, const char *digit)
{
    if (!f->screens)
        terminal_expect(f->t, "? help]: ");
    terminal_send(f->t, digit);
    terminal_send(f->t, KEY_ENTER);
}

/* In plain mode only: on a screen the question looks the same when it is asked again. */
static void retried_in_vain(struct failing *f)
{
    if (f->screens)
        return;
    failing_choose(f, "1");
    terminal_expect(f->t, "The journal cannot be written");
}

/* The witness's name meets the failure; then everything else goes on. */
static void failing_meets(struct failing *f, const char *reason)
{
    terminal_send(f->t, "Wen Castellan" KEY_ENTER);
    wait_shown(f, "The journal cannot be written");
    if (!f->screens)
        terminal_expect(f->t, reason);
    else
        terminal_wait_text(f->t, reason);
}

static void failing_ends(struct failing *f, size_t num_people)
{
    wait_shown(f, "Name of signature-key owner 1");
    terminal_send(f->t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(f->t), 130);
    terminal_free(&f->t);
    journal_read(f->m.s.dir, &f->m.s.journal);
    cr_assert_eq(journal_count(&f->m.s.journal, CLV_EVENT_PERSON_HERE), num_people);
    verifies(f->m.s.dir);
}

/* What was set aside is taken away, too: the next entry finds nothing. */
static void fill(const char *dir)
{
    static uint8_t block[4096];
    char *filler = in(dir, "filler"), *reserve = in(dir, "ceremony/journal.reserve");
    cr_assert_eq(remove(reserve), 0);
    FILE *f = fopen(filler, "wb");
    cr_assert(f);
    setvbuf(f, NULL, _IONBF, 0);
    while (fwrite(block, 1, sizeof(block), f) == sizeof(block))
        ;
    while (fwrite(block, 1, 1, f) == 1)
        ;
    fclose(f);
    free(filler);
    free(reserve);
}

static bool shows(struct failing *f, const char *text)
{
    return f->screens ? terminal_has_text(f->t, text) : terminal_stream_has(f->t, text);
}

/* Whether it paused; false when the n-th deviation went on record. */
static bool paused(struct failing *f, unsigned n)
{
    char done[40];
    snprintf(done, sizeof(done), "Deviation %u is on record.", n);
    for (unsigned i = 0; i < TERMINAL_PATIENCE_MS; i++) {
        terminal_drain(f->t);
        if (shows(f, "The journal cannot be written"))
            return true;
        if (shows(f, done))
            return false;
        usleep(1000);
    }
    cr_assert_fail("neither on record nor paused");
    return false;
}

/* A file on a full disk still has the rest of its last block. */
static void write_until_paused(struct failing *f)
{
    static const char text[] = "A long sentence about something that went another way than the "
                               "script says, so that the journal needs room." KEY_ENTER;
    for (unsigned n = 1;; n++) {
        cr_assert_lt(n, 20, "the disk does not get full");
        terminal_send(f->t, f->screens ? KEY_F4 : "!deviation\r");
        wait_shown(f, "What should have happened");
        terminal_send(f->t, text);
        wait_shown(f, "What happened instead");
        terminal_send(f->t, "something else" KEY_ENTER);
        wait_shown(f, "What was decided, and by whom");
        terminal_send(f->t, text);
        if (paused(f, n))
            return;
        wait_shown(f, "Name of the witness");
    }
}

static void full_for_a_while(bool screens)
{
    struct failing f = {0};
    media_begin(&f.m);
    if (!disk_mount(f.m.medium, "size=24m")) {
        media_end(&f.m);
        cr_skip_test("no file system can be mounted here");
    }
    failing_begin(&f, screens, true);
    fill(f.m.medium);
    write_until_paused(&f);
    wait_shown(&f, "No space left on device");
    retried_in_vain(&f);
    char *filler = in(f.m.medium, "filler");
    cr_assert_eq(remove(filler), 0);
    failing_choose(&f, "1");
    wait_shown(&f, "Name of the witness");
    terminal_send(f.t, "Wen Castellan" KEY_ENTER);
    failing_ends(&f, 2);
    assert_both(&f.m);
    free(filler);
    disk_unmount(f.m.medium);
    media_end(&f.m);
}

Test(media, a_full_second_medium_pauses_plain)
{
    full_for_a_while(false);
}

Test(media, a_full_second_medium_pauses_on_the_screen)
{
    full_for_a_while(true);
}

/* With files open for writing a file system cannot be made read-only on purpose: so in between. */
Test(media, a_read_only_second_medium_is_waited_for)
{
    struct media m;
    media_begin(&m);
    if (!disk_mount(m.medium, "size=24m")) {
        media_end(&m);
        cr_skip_test("no file system can be mounted here");
    }
    scene_answer_only(&m.s, "roll.part-owner.2", "!interrupt");
    media_play(&m);
    cr_assert_eq(m.s.run.exit_code, 130, "%s", m.s.run.output);
    cr_assert(scene_said(&m.s, "the journal is on two media"));
    cr_assert_eq(mount(NULL, m.medium, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    scene_answer(&m.s, "resume.mirror", "retry");
    scene_answer(&m.s, "resume.mirror", "leave");
    scene_resume(&m.s, NULL);
    cr_assert_eq(m.s.run.exit_code, 130, "%s", m.s.run.output);
    cr_assert(scene_said(&m.s, "which cannot be used now: Read-only file system."), "%s",
              m.s.run.output);
    disk_unmount(m.medium);
    media_end(&m);
}

static void folder_gone(bool screens)
{
    struct failing f = {0};
    media_begin(&f.m);
    failing_begin(&f, screens, true);
    char *away = scene_path(&f.m.s, "away");
    cr_assert_eq(rename(f.m.medium, away), 0);
    failing_meets(&f, "journal.log is not in");
    retried_in_vain(&f);
    cr_assert_eq(rename(away, f.m.medium), 0);
    failing_choose(&f, "1");
    failing_ends(&f, 2);
    assert_both(&f.m);
    free(away);
    media_end(&f.m);
}

Test(media, a_medium_that_is_pulled_and_comes_back_plain)
{
    folder_gone(false);
}

Test(media, a_medium_that_is_pulled_and_comes_back_on_the_screen)
{
    folder_gone(true);
}

Test(media, a_medium_that_is_pulled_for_good)
{
    struct failing f = {0};
    media_begin(&f.m);
    failing_begin(&f, false, true);
    char *away = scene_path(&f.m.s, "away");
    cr_assert_eq(rename(f.m.medium, away), 0);
    failing_meets(&f, "Nothing goes on that is not in the journal. Nothing is lost.");
    failing_choose(&f, "2");
    terminal_expect(f.t, "Deviation 1 is on record: the journal is on one medium now.");
    failing_ends(&f, 2);
    cr_assert(medium_entry(&f.m, "given-up"));
    free(away);
    media_end(&f.m);
}

Test(media, people_may_stop_instead)
{
    struct failing f = {0};
    media_begin(&f.m);
    failing_begin(&f, false, false);
    char *away = scene_path(&f.m.s, "away");
    cr_assert_eq(rename(f.m.s.dir, away), 0);
    failing_meets(&f, "Nothing goes on that is not in the journal.");
    failing_choose(&f, "2");
    cr_assert_eq(terminal_wait_exit(f.t), 7);
    terminal_free(&f.t);
    cr_assert_eq(rename(away, f.m.s.dir), 0);
    journal_read(f.m.s.dir, &f.m.s.journal);
    cr_assert_eq(journal_count(&f.m.s.journal, CLV_EVENT_PERSON_HERE), 1, "whole up to there");
    free(away);
    media_end(&f.m);
}

/* ---- the next start -------------------------------------------------------------------------- */

Test(media, the_next_start_offers_to_resume)
{
    static const char program[] = CLV_BINARY_DIR "/claviger";
    struct media m;
    media_interrupted(&m);
    size_t before = m.s.journal.num;
    for (int go_on = 0; go_on < 2; go_on++) {
        const char *argv[] = {program, "rehearse", "--plain", "--dir", m.s.dir, NULL};
        struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
        terminal_expect(t, "There is an unfinished ceremony in");
        terminal_expect(t, "? help]: ");
        terminal_send(t, go_on ? "1\r" : "2\r");
        if (go_on) {
            terminal_expect(t, "An interrupted ceremony");
            terminal_send(t, KEY_CTRL_C);
            cr_assert_eq(terminal_wait_exit(t), 130);
        } else {
            terminal_expect(t, "Nothing in it was changed.");
            cr_assert_eq(terminal_wait_exit(t), 7);
        }
        terminal_free(&t);
    }
    journal_clear(&m.s.journal);
    journal_read(m.s.dir, &m.s.journal);
    cr_assert_eq(m.s.journal.num, before, "looking writes nothing");
    media_end(&m);
}
