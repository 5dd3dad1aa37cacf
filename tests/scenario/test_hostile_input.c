/* What people type and files hold when nobody meant well: a clear error, and nothing lost. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "house.h"
#include "people.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define PART_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define PART_2 "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf"

static void assert_said(const struct scene *s, const char *text)
{
    cr_assert(scene_said(s, text), "nobody said \"%s\":\n%s", text, s->run.output);
}

/* ---- names ---- */

Test(hostile_input, names_that_would_fool_a_reader)
{
    static const char *const bad[] = {
        "",
        "   ",
        "Ada\x07 Brandt",
        "Ada \x1b[2JBrandt",
        "Ada \xe2\x80\256tdnarB", /* direction override */
        "Ada\xe2\x80\x8b Brandt",
        "Ada \xff\xfe",
        "Ada \xc0\xaf",
        "A name of more than sixty-four characters, which is what stands on receipts",
    };
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "roll.administrator.1", NULL);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        scene_answer(&s, "roll.administrator.1", bad[i]);
    scene_answer(&s, "roll.administrator.1", "Ada Brandt");
    scene_answer_only(&s, "roll.part-owner.2", "kofi  EKLUND");
    scene_answer(&s, "roll.part-owner.2", "Lena Fähnrich");
    scene_answer_only(&s, "units.review", "stop");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PERSON_HERE), 5);
    size_t first = journal_next(&s.journal, CLV_EVENT_PERSON_HERE, 0);
    cr_assert_str_eq(s.journal.event[first].name, "Ada Brandt");
    cr_assert_null(memchr(s.run.output, '\x1b', s.run.len));
    cr_assert_null(memchr(s.run.output, '\x07', s.run.len));
    scene_clear(&s);
}

/* ---- parts ---- */

Test(hostile_input, values_that_are_no_part_or_somebody_elses)
{
    struct scene s;
    scene_begin(&s, "typed-parts.txt");
    scene_answer_only(&s, "part.1.value", "0001020304");
    scene_answer(&s, "part.1.value",
                 "000102030405060708090a0b0c0d0e0f1011121314151617 18191a1b1c1d1e1g");
    scene_answer(&s, "part.1.value", PART_1 "ff");
    scene_answer(&s, "part.1.value",
                 "0000000000000000000000000000000000000000000000000000000000000000");
    scene_answer(&s, "part.1.value", PART_1);
    scene_answer_only(&s, "part.1.value-again", PART_2);
    scene_answer(&s, "part.1.value", PART_1);
    scene_answer(&s, "part.1.value-again", PART_1);
    scene_answer_only(&s, "part.1.description", "\xe2\x80\xae");
    scene_answer(&s, "part.1.description", "Typed part of the first owner");
    scene_answer_only(&s, "part.2.kind", "value");
    scene_answer(&s, "part.2.kind", "value");
    scene_answer_only(&s, "part.2.value", PART_1);
    scene_answer_only(&s, "part.2.value-again", PART_1);
    scene_answer(&s, "part.2.after", "again");
    scene_answer(&s, "part.2.value", PART_2);
    scene_answer(&s, "part.2.value-again", PART_2);
    scene_answer_only(&s, "part.2.password", KOFI_PASSWORD);
    scene_answer(&s, "part.2.password", LENA_PASSWORD);
    scene_answer_only(&s, "part.3.kind", "!interrupt");
    scene_answer_only(&s, "confirm.zeroize", "zeroize 1");
    scene_answer_only(&s, "confirm.zeroize.second", "zeroize 1");
    scene_play(&s, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_MADE), 2);
    assert_said(&s, "The two entries differ. Nothing was saved.");
    assert_said(&s, "Kofi Eklund"); /* who brought the same part, and the same password, before */
    cr_assert_null(strstr(s.run.output, PART_1));
    scene_clear(&s);
}

Test(hostile_input, parts_that_cancel_out_load_nothing)
{
    /* PART_1 xor the third part of typed-parts.txt */
    static const char second[] = "5bf1e3d1c7b1a3918f716351473123111fefcedea8be8c9e607e4c5e283e0cef";
    struct scene s;
    scene_begin(&s, "typed-parts.txt");
    scene_answer_only(&s, "part.2.value", second);
    scene_answer_only(&s, "part.2.value-again", second);
    scene_answer_only(&s, "pattern.refused", "stop");
    scene_answer_only(&s, "confirm.zeroize", "zeroize 1");
    scene_answer_only(&s, "confirm.zeroize.second", "zeroize 1");
    scene_play(&s, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    assert_said(&s, "The combined key is refused");
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_REFUSED), 1);
    for (size_t i = 0; i < s.journal.num; i++)
        cr_assert(s.journal.event[i].kind != CLV_EVENT_INTENT ||
                  s.journal.event[i].phase != CLV_PHASE_LOAD);
    scene_clear(&s);
}

Test(hostile_input, one_commitment_cannot_stand_for_two_parts)
{
    struct scene s;
    char kofi[65], lena[65];
    scene_begin_short(&s, 1);
    house_commitment("kofi.clvkey", kofi);
    house_commitment("lena.clvkey", lena);
    scene_answer_only(&s, "part.2.commitment", "xyz");
    scene_answer(&s, "part.2.commitment", "/nowhere/receipt.tlog-proof");
    scene_answer(&s, "part.2.commitment", SHORT);
    scene_answer(&s, "part.2.commitment", kofi);
    scene_answer(&s, "part.2.after", "again");
    scene_answer(&s, "part.2.commitment", lena);
    scene_answer_only(&s, "part.1.file", "!interrupt");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    assert_said(&s, "this is the commitment of key part 1 already");
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_COMMITMENT), 2);
    scene_clear(&s);
}

/* ---- key files ---- */

Test(hostile_input, key_files_that_are_damaged_foreign_or_open_to_all)
{
    struct scene s;
    scene_begin_short(&s, 1);
    char *keys = house_copy(&s);
    char *kofi = clv_path_join(keys, "kofi.clvkey"), *damaged = clv_path_join(keys, "bad.clvkey");
    char *junk = clv_path_join(keys, "junk.clvkey"), *open_to_all = clv_path_join(keys, "z.clvkey");
    file_change_byte(kofi, damaged, 400);
    file_write(junk, "MZ\x90", 3);
    file_change_byte(kofi, open_to_all, 0);
    cr_assert_eq(chmod(open_to_all, 0644), 0);
    scene_answer_only(&s, "part.1.file", "bad.clvkey");
    scene_answer(&s, "part.1.after", "other-file");
    scene_answer(&s, "part.1.file", "junk.clvkey");
    scene_answer(&s, "part.1.after", "other-file");
    scene_answer(&s, "part.1.file", "z.clvkey");
    scene_answer(&s, "part.1.after", "stop");
    scene_play(&s, "--script", SHORT, "--keys", keys, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_FILE_REFUSED), 3);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PASSWORD_WRONG), 0, "nobody was asked");
    assert_said(&s, "E-DAMAGED");
    assert_said(&s, "E-FOREIGN");
    assert_said(&s, "E-PERMISSION");
    free(keys);
    free(kofi);
    free(damaged);
    free(junk);
    free(open_to_all);
    scene_clear(&s);
}

/* ---- folders ---- */

Test(hostile_input, folders_open_to_others)
{
    struct scene s;
    scene_begin_short(&s, 1);
    cr_assert_eq(mkdir(s.dir, 0755), 0);
    cr_assert_eq(chmod(s.dir, 0755), 0);
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 7, "%s", s.run.output);
    assert_said(&s, "E-PERMISSION");
    assert_said(&s, "chmod");
    cr_assert_eq(chmod(s.dir, 0700), 0);
    scene_rewind(&s);
    char *keys = house_copy(&s);
    cr_assert_eq(chmod(keys, 0750), 0);
    scene_play(&s, "--script", SHORT, "--keys", keys, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 7, "%s", s.run.output);
    assert_said(&s, "E-PERMISSION");
    cr_assert_eq(s.journal.num, 0, "nothing was begun");
    free(keys);
    scene_clear(&s);
}

/* ---- a full disk ---- */

static void fill_disk(const char *path)
{
    static char block[1024];
    FILE *f = fopen(path, "ab");
    cr_assert(f);
    setvbuf(f, NULL, _IONBF, 0);
    while (fwrite(block, 1, sizeof(block), f) == sizeof(block))
        ;
    while (fwrite(block, 1, 1, f) == 1)
        ;
    fclose(f);
}

/* Whether the ceremony paused, or the n-th deviation went on record. */
static bool paused(struct terminal *t, unsigned n)
{
    char done[40];
    snprintf(done, sizeof(done), "Deviation %u is on record.", n);
    for (unsigned i = 0; i < TERMINAL_PATIENCE_MS; i++) {
        terminal_drain(t);
        if (terminal_stream_has(t, "The journal cannot be written"))
            return true;
        if (terminal_stream_has(t, done))
            return false;
        usleep(1000);
    }
    cr_assert_fail("neither on record nor paused");
    return false;
}

/* Entries until neither the disk nor what was set aside holds another one. */
static void write_until_full(struct terminal *t, const char *filler)
{
    static const char text[] = "A long sentence about something that went another way than the "
                               "script says, so that the journal needs room.\r";
    for (unsigned n = 1;; n++) {
        cr_assert_lt(n, 400, "the disk does not get full");
        fill_disk(filler);
        terminal_send(t, "!deviation\r");
        terminal_expect(t, "What should have happened: ");
        terminal_send(t, text);
        terminal_expect(t, "What happened instead: ");
        terminal_send(t, "something else\r");
        terminal_expect(t, "and by whom: ");
        terminal_send(t, text);
        if (paused(t, n))
            return;
        terminal_expect(t, "Name of the witness: ");
    }
}

static void type_on_full_disk(struct terminal *t, const char *filler)
{
    struct typed rows[] = {{"Name of the ceremony administrator", "Ada Brandt", false}};
    people_type(t, rows, 1, "Name of the witness: ");
    terminal_expect(t, "Name of the witness: ");
    write_until_full(t, filler);
    terminal_expect(t, "Nothing goes on that is not in the journal. Nothing is lost.");
    terminal_expect(t, "? help]: ");
    terminal_send(t, "1\r"); /* still full */
    terminal_expect(t, "The journal cannot be written");
    terminal_expect(t, "? help]: ");
    cr_assert_eq(remove(filler), 0);
    terminal_send(t, "1\r");
    terminal_expect(t, "is on record.");
    terminal_expect(t, "Name of the witness: ");
    terminal_send(t, "Wen Castellan\r");
    terminal_expect(t, "Name of signature-key owner 1: ");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
}

Test(hostile_input, a_full_disk_pauses_the_ceremony)
{
    struct scene s;
    struct run r;
    scene_begin_short(&s, 1);
    cr_assert_eq(mkdir(s.dir, 0700), 0);
    if (!disk_mount(s.dir, "size=24m")) {
        scene_clear(&s);
        cr_skip_test("no file system can be mounted here");
    }
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program,      "rehearse", "--plain", "--script", SHORT, "--keys",
                          house_keys(), "--units",  "1",       "--dir",    s.dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    char *filler = ceremony_path(&s, "filler");
    type_on_full_disk(t, filler);
    terminal_free(&t);
    journal_read(s.dir, &s.journal);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PERSON_HERE), 2);
    cr_assert_gt(journal_count(&s.journal, CLV_EVENT_DEVIATION), 1);
    run_program(&r, NULL, "claviger", "verify", s.dir, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
    free(filler);
    disk_unmount(s.dir);
    scene_clear(&s);
}

/* ---- the command line ---- */

static void refused(int exit_code, const char *text, const char *const *argv)
{
    struct run r;
    run_start(&r, NULL, "claviger", argv);
    run_finish(&r);
    cr_assert_eq(r.exit_code, exit_code, "exit %d: %s", r.exit_code, r.output);
    cr_assert(says(r.output, text), "%s", r.output);
    run_clear(&r);
}

Test(hostile_input, options_that_make_no_sense)
{
    refused(8, "--answers is for rehearsals only",
            (const char *[]){"claviger", "run", "--answers", "x", NULL});
    refused(8, "--drill is for rehearsals only",
            (const char *[]){"claviger", "run", "--drill", "unit-4-dies", NULL});
    refused(2, "--script, --site and --dir are needed", (const char *[]){"claviger", "run", NULL});
    refused(2, "a rehearsal brings its own units",
            (const char *[]){"claviger", "rehearse", "--site", "x", NULL});
    refused(2, "--units takes a number",
            (const char *[]){"claviger", "rehearse", "--units", "0", NULL});
    refused(2, "E-USAGE", (const char *[]){"claviger", "rehearse", "--dir", NULL});
    refused(2, "E-USAGE", (const char *[]){"claviger", "rehearse", "surprise", NULL});
    refused(2, "there is no command", (const char *[]){"claviger", "conjure", NULL});
    refused(2, "E-USAGE", (const char *[]){"claviger", "verify", NULL});
}

Test(hostile_input, a_script_with_a_mistake_is_shown_where)
{
    struct scene s;
    size_t len = 0;
    scene_begin_short(&s, 1);
    char *path = scene_path(&s, "script.yaml"), *script = (char *)file_bytes(SHORT, &len);
    char *word = strstr(script, "reset-units: required");
    memcpy(word, "reset-units: whenever", strlen("reset-units: whenever"));
    file_write(path, script, len);
    scene_play(&s, "--script", path, "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 3, "%s", s.run.output);
    assert_said(&s, "script.yaml:16:16");
    assert_said(&s, "^");
    assert_said(&s, "E-SCRIPT");
    free(script);
    free(path);
    scene_clear(&s);
}

/* Names may come through a pipe, passwords may not. */
Test(hostile_input, no_terminal_to_type_a_secret_on)
{
    struct scene s;
    scene_begin_short(&s, 1);
    run_program(&s.run,
                "\nAda Brandt\nWen Castellan\nSofia Dahl\nKofi Eklund\nLena Fähnrich\n1\n"
                "zeroize 1\n\n1\n",
                "setsid", "--wait", CLV_BINARY_DIR "/claviger", "rehearse", "--plain", "--script",
                SHORT, "--keys", house_keys(), "--units", "1", "--dir", s.dir, NULL);
    cr_assert_eq(s.run.exit_code, 2, "exit %d: %s", s.run.exit_code, s.run.output);
    assert_said(&s, "there is no terminal to type a secret on");
    assert_said(&s, "E-TERMINAL");
    journal_read(s.dir, &s.journal);
    cr_assert_eq(journal_last(&s.journal)->kind, CLV_EVENT_INTERRUPTED);
    scene_clear(&s);
}
