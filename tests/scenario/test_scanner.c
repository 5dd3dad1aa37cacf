/* A scanner that types, in front of a ceremony: commitments out of the codes of a receipt, and the
 * witness's slip before an interrupted ceremony goes on. */
#include "scanner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "first_run.h"
#include "house.h"
#include "people.h"

#define PROGRAM CLV_BINARY_DIR "/claviger"
#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

/* Set to US; the computer is set to another layout. */
static void scan(struct terminal *t, const char *code, const struct layout *computer,
                 bool caps_lock, const char *behind)
{
    char *arrives = scanner_types(code, &usual_layouts[0], computer, caps_lock);
    scanner_scan(t, "", arrives, behind);
    free(arrives);
}

/* ---- commitments ----------------------------------------------------------------------------- */

/* The codes of a receipt of the first run, one a line. */
struct sheet {
    char *text;
    char *code[4];
    size_t num;
};

static struct sheet take_sheet(const struct scene *first, const char *name)
{
    struct sheet sheet = {0};
    char *path = ceremony_path(first, name), *rest = NULL;
    size_t len = 0;
    sheet.text = (char *)file_bytes(path, &len);
    for (char *line = strtok_r(sheet.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cr_assert_lt(sheet.num, 4);
        sheet.code[sheet.num++] = line;
    }
    cr_assert_geq(sheet.num, 2);
    free(path);
    return sheet;
}

static struct terminal *walk_to_commitments(const struct scene *s)
{
    struct typed rows[] = {
        {"Name of the ceremony administrator", "Ada Brandt", false},
        {"Name of the witness", "Wen Castellan", false},
        {"Name of signature-key owner 1", "Sofia Dahl", false},
        {"Name of key-part owner 1", "Kofi Eklund", false},
        {"Name of key-part owner 2", "Lena F\u00e4hnrich", false},
        {"-- The crypto units --", "1", false},
        {"Type the phrase", "zeroize 1", false},
        {"Which file is yours?", "1", false},
        {"Choose your key file", "1", false},
        {"Password of this file", SOFIA_PASSWORD, false},
    };
    const char *argv[] = {PROGRAM,      "rehearse", "--plain", "--script", SHORT,  "--keys",
                          house_keys(), "--units",  "1",       "--dir",    s->dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, sizeof(rows) / sizeof(rows[0]), "-- Your commitment --");
    terminal_expect(t, "Commitment: ");
    return t;
}

/* One code after the other, with everything that goes wrong on the way. */
static void scan_sheet(struct terminal *t, const struct sheet *right, const struct sheet *wrong)
{
    const struct layout *german = &usual_layouts[2], *french = &other_layouts[0];
    scan(t, right->code[0], french, false, "\r");
    terminal_expect(t, "for another keyboard");
    terminal_expect(t, "Commitment: ");
    scan(t, right->code[1], german, true, "\r\n");
    terminal_expect(t, "code 1 is missing");
    terminal_expect(t, "Commitment: ");
    char was = right->code[0][100];
    right->code[0][100] = was == '0' ? '1' : '0'; /* a character of codes, too */
    scan(t, right->code[0], german, false, "\r\n");
    right->code[0][100] = was;
    terminal_expect(t, "was misread or changed");
    terminal_expect(t, "Commitment: ");
    scan(t, wrong->code[0], german, false, "\r\n");
    terminal_expect(t, "codes of two receipts are mixed");
    terminal_expect(t, "scan the codes of your receipt again");
    for (size_t i = 0; i < right->num; i++) {
        terminal_expect(t, "Commitment: ");
        scan(t, right->code[i], german, i % 2 == 1, "\r\n");
    }
}

Test(scanner, types_commitments_from_the_codes_of_receipts)
{
    struct scene first, s;
    first_run(&first);
    scene_begin_short(&s, 1);
    struct sheet right = take_sheet(&first, "receipts/01-key-part.codes");
    struct sheet wrong = take_sheet(&first, "receipts/02-key-part.codes");
    struct terminal *t = walk_to_commitments(&s);
    scan_sheet(t, &right, &wrong);
    terminal_expect(t, "press Enter when you are seated: ");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    terminal_free(&t);

    journal_read(s.dir, &s.journal);
    size_t at = journal_next(&s.journal, CLV_EVENT_COMMITMENT, 0);
    size_t made = journal_next(&first.journal, CLV_EVENT_PART_MADE, 0);
    cr_assert_lt(at, s.journal.num);
    cr_assert_eq(s.journal.event[at].slot, 1);
    cr_assert_str_eq(s.journal.event[at].text, "scanned from paper");
    cr_assert_eq(first.journal.event[made].slot, 1);
    cr_assert_arr_eq(s.journal.event[at].digest, first.journal.event[made].digest, 32);
    free(right.text);
    free(wrong.text);
    scene_clear(&s);
    first_run_clear(&first);
}

/* ---- the witness's slip ---------------------------------------------------------------------- */

/* Interrupted behind the first part: its slip was printed. */
static char *interrupted_with_a_slip(struct scene *s)
{
    scene_begin(s, "three-owners.txt");
    scene_answer_only(s, "confirm.zeroize", "zeroize 1");
    scene_answer_only(s, "confirm.zeroize.second", "zeroize 1");
    scene_answer_only(s, "part.2.kind", "!interrupt");
    scene_play(s, "--units", "1", NULL);
    cr_assert_eq(s->run.exit_code, 130, "%s", s->run.output);
    const char *slip = strstr(s->run.output, "CLV1S.");
    cr_assert(slip, "%s", s->run.output);
    return strndup(slip, strspn(slip, "0123456789ABCDEFGHIJKLMNOPQRSTUVWX."));
}

static void resume_in_plain_mode(const struct scene *s, const char *slip)
{
    struct typed rows[] = {{"Your name", "Ada Brandt", false},
                           {"Name of the witness now", "Wen Castellan", false}};
    const char *argv[] = {PROGRAM, "resume", "--plain", s->dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    people_type(t, rows, 2, "-- The witness's last slip --");
    terminal_expect(t, "Slip: ");
    scan(t, slip, &other_layouts[0], false, "\r\n");
    terminal_expect(t, "for another keyboard");
    terminal_expect(t, "Slip: ");
    scan(t, slip, &usual_layouts[2], true, "\r\n");
    terminal_expect(t, "Press Enter to go on [? help] ");
    cr_assert(!terminal_stream_has(t, "On record and now"), "a second Enter answered a question");
    terminal_send(t, "\r");
    terminal_expect(t, "-- On record and now --");
    terminal_expect(t, "? help]: ");
    terminal_send(t, "1\r");
    terminal_expect(t, "The ceremony goes on.");
    terminal_expect(t, "press Enter when you are seated: ");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    terminal_free(&t);
}

static void resume_on_the_screen(const struct scene *s, const char *slip)
{
    const char *argv[] = {PROGRAM, "resume", s->dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    terminal_wait_text(t, "An interrupted ceremony");
    terminal_send(t, KEY_ENTER);
    terminal_wait_text(t, "Your name:");
    terminal_send(t, "Ada Brandt" KEY_ENTER);
    terminal_wait_text(t, "Name of the witness now:");
    terminal_send(t, "Wen Castellan" KEY_ENTER);
    terminal_wait_text(t, "Slip:");
    scan(t, slip, &other_layouts[0], false, "\r\n");
    terminal_wait_text(t, "for another keyboard");
    scan(t, slip, &usual_layouts[2], true, "\t\r\n");
    terminal_wait_text(t, "Does the clock on the wall agree?");
    terminal_send(t, KEY_ENTER);
    terminal_wait_text(t, "On record and now");
    terminal_wait_text(t, "What now?");
    terminal_send(t, "1" KEY_ENTER);
    terminal_wait_text(t, "seated");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    terminal_free(&t);
}

Test(scanner, types_the_slip_before_a_ceremony_goes_on)
{
    struct scene s;
    char *slip = interrupted_with_a_slip(&s);
    resume_in_plain_mode(&s, slip);
    resume_on_the_screen(&s, slip);
    journal_clear(&s.journal);
    journal_read(s.dir, &s.journal);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_RESUMED), 2);
    for (size_t i = 0; (i = journal_next(&s.journal, CLV_EVENT_RESUMED, i)) < s.journal.num; i++) {
        const struct clv_event *e = &s.journal.event[i];
        cr_assert(e->ok && strstr(e->text, "agrees: code of a slip at "), "%s", e->text);
    }
    free(slip);
    scene_clear(&s);
}
