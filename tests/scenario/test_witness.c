/* A witness cosigns in the ceremony, with a key and a memory of their own, or does not: what they
 * are shown, what they answer, and what the journal and the last receipts say of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base.h"
#include "house.h"
#include "people.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define PROGRAM CLV_BINARY_DIR "/claviger"
#define IN_SHELL "'" PROGRAM "'"
#define NUM_LAST 3 /* receipts: two owners', the ceremony's */

/* ---- a ceremony with a witness, its journal on two media ------------------------------------- */

struct visit {
    struct scene s;
    char *key;    /* the witness's, as text */
    char *medium; /* where the second copy's folder is made */
    char *mirror; /* that folder */
};

/* Runs a command where the witness is at home; its output, to be freed. */
static char *witness(const struct visit *v, const char *command)
{
    char *home = scene_path(&v->s, "witness"), *script = NULL;
    struct run r;
    cr_assert_gt(asprintf(&script,
                          "umask 077; mkdir -p %s; cd %s; export HOME=%s XDG_DATA_HOME=%s/d "
                          "XDG_STATE_HOME=%s/s XDG_CONFIG_HOME=%s/c; echo '" KOFI_PASSWORD
                          "' > pw; %s",
                          home, home, home, home, home, home, command),
                 0);
    run_program(&r, NULL, "/bin/sh", "-c", script, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    char *output = strdup(r.output);
    run_clear(&r);
    free(script);
    free(home);
    return output;
}

static char *one_line(char *text)
{
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static void visit_begin(struct visit *v)
{
    scene_begin_short(&v->s, 1);
    v->medium = scene_path(&v->s, "blue");
    v->mirror = scene_path(&v->s, "blue/ceremony");
    cr_assert_eq(mkdir(v->medium, 0700), 0);
    v->key = one_line(witness(v, IN_SHELL " witness-key-add --test --name Wen --password-fd 3 3<pw "
                                          "2>/dev/null | tail -1"));
}

static void visit_play(struct visit *v)
{
    scene_play(&v->s, "--script", SHORT, "--keys", house_keys(), "--units", "1", "--mirror",
               v->medium, "--witness-key", v->key, NULL);
}

static void visit_end(struct visit *v)
{
    free(v->key);
    free(v->medium);
    free(v->mirror);
    scene_clear(&v->s);
}

/* Both copies, and these receipts, are good and cosigned. */
static void assert_cosigned(const struct visit *v, const char *receipts)
{
    char *command = NULL;
    cr_assert(scene_same_in(&v->s, v->mirror, "journal.log"));
    cr_assert(scene_same_in(&v->s, v->mirror, "checkpoints.log"));
    cr_assert_gt(asprintf(&command,
                          IN_SHELL " verify --witness-key '%s' %s %s %s/receipts/%s.tlog-proof",
                          v->key, v->s.dir, v->mirror, v->s.dir, receipts),
                 0);
    char *said = witness(v, command);
    cr_assert_null(strstr(said, "NOT GOOD"), "%s", said);
    cr_assert(strstr(said, "cosigned by"), "%s", said);
    free(said);
    free(command);
}

static const struct clv_event *only(const struct journal *j, enum clv_event_kind kind)
{
    cr_assert_eq(journal_count(j, kind), 1);
    return &j->event[journal_next(j, kind, 0)];
}

/* The last receipts that are not void say how many deviations there were. */
static void assert_told(const struct journal *j, unsigned num_deviations)
{
    char facts[40];
    size_t at = j->num, num = 0;
    snprintf(facts, sizeof(facts), "; deviations %u", num_deviations);
    cr_assert_eq(journal_count(j, CLV_EVENT_DEVIATION), num_deviations);
    while (num < NUM_LAST && at-- > 0)
        if (j->event[at].kind == CLV_EVENT_RECEIPT) {
            cr_assert(strstr(j->event[at].text, facts), "%s", j->event[at].text);
            num++;
        }
    cr_assert_eq(num, NUM_LAST);
    cr_assert_eq(journal_last(j)->kind, CLV_EVENT_CLOSED);
    cr_assert_eq(journal_last(j)->number, num_deviations);
}

/* ---- on the screen --------------------------------------------------------------------------- */

/* What the code says stands on the page in lines of the window's width: behind the heading, up to
 * the empty line. */
static void copy_code(struct terminal *t, FILE *f)
{
    char *text = terminal_text(t), *at = strstr(text, "What the code says:");
    cr_assert(at, "%s", text);
    at = strchr(at, '\n') + 1;
    for (char *end; (end = strchr(at, '\n')) != NULL && strspn(at, " ") < (size_t)(end - at);
         at = end + 1)
        fprintf(f, "%.*s", (int)(end - at - (int)strspn(at, " ")), at + strspn(at, " "));
    fprintf(f, "\n");
    free(text);
}

/* Sheet after sheet, as text and as a code, goes to the witness. */
static void hand_over(const struct visit *v, struct terminal *t)
{
    char *dir = scene_path(&v->s, "witness"), *path = clv_path_join(dir, "codes"), title[60];
    unsigned total = 0;
    FILE *f = fopen(path, "we");
    cr_assert(f);
    for (unsigned k = 1; total == 0 || k <= total; k++) {
        snprintf(title, sizeof(title), "Checkpoint to be cosigned, code %u of ", k);
        terminal_wait_text(t, title);
        terminal_wait_text(t, "What the code says:");
        char *text = terminal_text(t);
        total = (unsigned)atoi(strstr(text, title) + strlen(title));
        free(text);
        copy_code(t, f);
        terminal_send(t, KEY_TAB);
        terminal_wait_text(t, "\u2584"); /* the code fits */
        terminal_send(t, KEY_ENTER);
        terminal_wait_gone(t, title);
    }
    fclose(f);
    free(path);
    free(dir);
}

static char *cosign(const struct visit *v)
{
    char *vkey_path = ceremony_path(&v->s, "journal.vkey"), *command = NULL;
    cr_assert_gt(asprintf(&command,
                          IN_SHELL " cosign --test codes --key $(cat %s) --password-fd 3 3<pw "
                                   "2>/dev/null | grep -o 'CLV1W.*'",
                          vkey_path),
                 0);
    char *code = one_line(witness(v, command));
    free(command);
    free(vkey_path);
    return code;
}

static void choose(struct terminal *t, const char *title, const char *digit)
{
    terminal_wait_text(t, title);
    terminal_send(t, digit);
    terminal_send(t, KEY_ENTER);
}

/* The ceremony goes on where it was interrupted: behind the last unit, before the last receipts. */
static struct terminal *go_on(const struct visit *v)
{
    const char *argv[] = {PROGRAM, "resume", v->s.dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv, .rows = 40});
    terminal_wait_text(t, "An interrupted ceremony");
    terminal_send(t, KEY_ENTER);
    terminal_wait_text(t, "Your name");
    terminal_send(t, "Ada Brandt" KEY_ENTER);
    terminal_wait_text(t, "Name of the witness now");
    terminal_send(t, "Wen Castellan" KEY_ENTER);
    terminal_wait_text(t, "Does the clock on the wall agree?");
    terminal_send(t, KEY_ENTER);
    choose(t, "Go on with the ceremony", "1");
    terminal_wait_text(t, "press Enter when you are seated");
    terminal_send(t, KEY_ENTER);
    return t;
}

Test(witness, cosigns_on_the_screen_for_both_media)
{
    struct visit v;
    visit_begin(&v);
    scene_answer_only(&v.s, "cosign.1.ready", "!interrupt");
    visit_play(&v);
    cr_assert_eq(v.s.run.exit_code, 130, "%s", v.s.run.output);
    struct terminal *t = go_on(&v);
    terminal_wait_text(t, "a machine of their own:");
    terminal_resize(t, 24, 80); /* every code fits the smallest window */
    choose(t, "a machine of their own:", "1");
    hand_over(&v, t);
    terminal_wait_text(t, "To go on without it, with a deviation on record, type: none");
    terminal_send(t, "1 AAAA AAAA AAAA AAAA AA" KEY_ENTER);
    terminal_wait_text(t, "row 1 is mistyped");
    char *code = cosign(&v);
    terminal_send(t, code);
    terminal_send(t, KEY_ENTER);
    terminal_wait_text(t, "Key part 1 of 2, loaded"); /* its proof and the others' are written */
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    terminal_free(&t);
    journal_clear(&v.s.journal);
    journal_read(v.s.dir, &v.s.journal);
    const struct clv_event *e = only(&v.s.journal, CLV_EVENT_COSIGNED);
    cr_assert_str_eq(e->text, v.key);
    cr_assert_eq(v.s.journal.event[e->number - 1].kind, CLV_EVENT_RECEIPT);
    assert_cosigned(&v, "*");
    free(code);
    visit_end(&v);
}

/* ---- without --------------------------------------------------------------------------------- */

Test(witness, who_does_not_come_is_on_the_receipts)
{
    struct visit v;
    visit_begin(&v);
    scene_answer(&v.s, "cosign.1.ready", "without");
    scene_answer(&v.s, "cosign.1.why", "the machine is at home; Ada Brandt");
    visit_play(&v);
    cr_assert_eq(v.s.run.exit_code, 0, "%s", v.s.run.output);
    assert_told(&v.s.journal, 1);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_RECEIPT), NUM_LAST);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_COSIGNED), 0);
    visit_end(&v);
}

static void add_later(const struct visit *v, const char *wanted)
{
    char *command = NULL;
    cr_assert_gt(asprintf(&command,
                          IN_SHELL " cosign --add %s --witness-key '%s' answer && ls %s/receipts",
                          v->s.dir, v->key, v->s.dir),
                 0);
    char *said = witness(v, command);
    cr_assert(strstr(said, wanted), "%s", said);
    cr_assert(strstr(said, "-ceremony-cosigned.tlog-proof"), "%s", said);
    free(said);
    free(command);
}

/* They come, see the codes, and decide otherwise; on the day after they do cosign. */
Test(witness, who_does_not_cosign_after_all_is_on_the_receipts)
{
    struct visit v;
    visit_begin(&v);
    scene_answer(&v.s, "cosign.1.ready", "ready");
    scene_answer(&v.s, "cosign.1", "none");
    scene_answer(&v.s, "cosign.1.why", "the machine does not start; Ada Brandt");
    visit_play(&v);
    cr_assert_eq(v.s.run.exit_code, 0, "%s", v.s.run.output);
    assert_told(&v.s.journal, 1);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_RECEIPT), 2 * NUM_LAST);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_RECEIPT_VOID), NUM_LAST);
    cr_assert(scene_said(&v.s, "The last receipts are recorded again"), "%s", v.s.run.output);

    char *away = scene_path(&v.s, "away"), *command = NULL;
    cr_assert_gt(asprintf(&command,
                          IN_SHELL
                          " checkpoint %s > codes && " IN_SHELL
                          " cosign --test codes --key $(cat %s/journal.vkey) --password-fd "
                          "3 3<pw > answer",
                          v.s.dir, v.s.dir),
                 0);
    free(witness(&v, command));
    cr_assert_eq(rename(v.medium, away), 0);
    add_later(&v, "The second copy of the journal is not there and does not have it: ");
    cr_assert_eq(rename(away, v.medium), 0);
    cr_assert_not(scene_same_in(&v.s, v.mirror, "checkpoints.log"));
    add_later(&v, "Both copies of the journal have it: ");
    assert_cosigned(&v, "*-cosigned");
    free(command);
    free(away);
    visit_end(&v);
}

/* ---- interrupted ----------------------------------------------------------------------------- */

/* The last receipts stood in the record, and no sheet was made of them. */
Test(witness, receipts_that_an_interruption_left_are_void)
{
    struct visit v;
    visit_begin(&v);
    scene_answer(&v.s, "cosign.1.ready", "ready");
    scene_answer(&v.s, "cosign.1", "!interrupt");
    visit_play(&v);
    cr_assert_eq(v.s.run.exit_code, 130, "%s", v.s.run.output);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_RECEIPT), NUM_LAST);
    cr_assert_eq(journal_count(&v.s.journal, CLV_EVENT_RECEIPT_VOID), 0);

    scene_answer_go_on(&v.s);
    scene_answer_only(&v.s, "cosign.1.ready", "without");
    scene_answer(&v.s, "cosign.1.why", "the machine is at home; Ada Brandt");
    scene_resume(&v.s, NULL);
    cr_assert_eq(v.s.run.exit_code, 0, "%s", v.s.run.output);
    const struct journal *j = &v.s.journal;
    cr_assert_eq(journal_count(j, CLV_EVENT_RECEIPT), 2 * NUM_LAST);
    cr_assert_eq(journal_count(j, CLV_EVENT_RECEIPT_VOID), NUM_LAST);
    size_t at = journal_next(j, CLV_EVENT_RECEIPT_VOID, 0);
    for (unsigned serial = 1; serial <= NUM_LAST; serial++, at++)
        cr_assert_eq(j->event[at].number, serial);
    visit_end(&v);
}
