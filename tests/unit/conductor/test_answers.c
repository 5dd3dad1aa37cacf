#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/conductor.h"

static char path[] = "/tmp/clv-answers-XXXXXX";
static struct clv_answers *answers;
static struct clv_face inner, face;
static char seen_id[64], seen[600];
static bool seen_null;

static clv_status seen_present(void *ctx, const struct clv_question *q, const char *shown,
                               struct clv_error *err)
{
    (void)ctx;
    (void)err;
    (void)snprintf(seen_id, sizeof seen_id, "%s", q->id);
    (void)snprintf(seen, sizeof seen, "%s", shown != NULL ? shown : "");
    seen_null = shown == NULL;
    return CLV_OK;
}

static void write_file(const char *text, size_t len)
{
    (void)unlink(path); /* a truncated file would be flushed to disk each time */
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(text, 1, len, f), len);
    (void)fclose(f);
}

static void setup(void)
{
    int fd = mkstemp(path);
    cr_assert_geq(fd, 0);
    close(fd);
    inner = (struct clv_face){.present = seen_present};
}

static void teardown(void)
{
    clv_answers_free(&answers);
    (void)unlink(path);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(answers, .init = setup, .fini = teardown);

static void given(const char *text)
{
    struct clv_error err = {0};
    write_file(text, strlen(text));
    cr_assert_eq(clv_answers_read(path, &answers, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_answers_face(answers, &inner, &face, &err), CLV_OK);
}

static clv_status refused(const char *text, size_t len, struct clv_error *err)
{
    write_file(text, len);
    clv_status status = clv_answers_read(path, &answers, err);
    cr_assert_null(answers);
    return status;
}

static clv_status ask(enum clv_ask_kind kind, const char *id, const char *problem,
                      struct clv_reply *ret, struct clv_error *err)
{
    static const struct clv_choice choices[] = {{"go", "Go on", NULL}, {"stop", "Stop here", NULL}};
    struct clv_question q = {
        .kind = kind, .id = id, .problem = problem, .choices = choices, .num_choices = 2};
    q.may_deviate = true;
    *ret = (struct clv_reply){0};
    return face.ask(face.ctx, &q, ret, err);
}

static void then_text(const char *id, const char *problem, const char *expected)
{
    struct clv_reply reply;
    struct clv_error err = {0};
    cr_assert_eq(ask(CLV_ASK_TEXT, id, problem, &reply, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq(reply.text, expected);
}

Test(answers, gives_texts_and_shows_them)
{
    given("# a comment\n\npart.1.description: first part of  three \n");
    then_text("part.1.description", NULL, "first part of  three ");
    cr_assert_str_eq(seen_id, "part.1.description");
    cr_assert_str_eq(seen, "first part of  three ");
}

Test(answers, gives_choices_by_key_and_shows_their_label)
{
    struct clv_reply reply;
    given("what: stop\n");
    cr_assert_eq(ask(CLV_ASK_CHOICE, "what", NULL, &reply, NULL), CLV_OK);
    cr_assert_eq(reply.choice, 1);
    cr_assert_str_eq(seen, "Stop here");
}

Test(answers, gives_secrets_and_never_shows_them)
{
    struct clv_reply reply;
    given("part.1.password: correct horse: 7\r\n");
    cr_assert_eq(ask(CLV_ASK_SECRET, "part.1.password", NULL, &reply, NULL), CLV_OK);
    cr_assert_eq(clv_secret_len(reply.secret), 16);
    cr_assert_arr_eq(clv_secret_read(reply.secret), "correct horse: 7", 16);
    clv_secret_close(reply.secret);
    clv_secret_free(&reply.secret);
    cr_assert(seen_null);
}

Test(answers, first_wrong_then_right)
{
    given("a: wrong\na: right\n");
    then_text("a", NULL, "wrong");
    then_text("a", "that was wrong", "right");
}

Test(answers, names_the_question_that_has_none)
{
    struct clv_reply reply;
    struct clv_error err = {0};
    given("a: wrong\n");
    then_text("a", NULL, "wrong");
    cr_assert_eq(ask(CLV_ASK_TEXT, "a", "too short", &reply, &err), CLV_E_USAGE);
    cr_assert_not_null(strstr(err.fact, "`a`"));
    cr_assert_not_null(strstr(err.fact, "too short"));
    cr_assert_eq(ask(CLV_ASK_TEXT, "b.c", NULL, &reply, &err), CLV_E_USAGE);
    cr_assert_not_null(strstr(err.fact, "`b.c`"));
}

Test(answers, a_star_answers_all_that_begin_so)
{
    struct clv_reply reply;
    given("roll.*: here\nroll.carl: late\n");
    then_text("roll.lena", NULL, "here");
    then_text("roll.bea", NULL, "here");
    then_text("roll.carl", NULL, "late");
    cr_assert_eq(ask(CLV_ASK_TEXT, "unit.1", NULL, &reply, NULL), CLV_E_USAGE);
}

Test(answers, a_star_is_not_repeated_to_who_refused_it)
{
    struct clv_reply reply;
    given("roll.*: here\n");
    then_text("roll.lena", NULL, "here");
    cr_assert_eq(ask(CLV_ASK_TEXT, "roll.lena", "not that", &reply, NULL), CLV_E_USAGE);
}

Test(answers, continuing_needs_no_answer)
{
    struct clv_reply reply;
    given("");
    cr_assert_eq(ask(CLV_ASK_CONTINUE, "seen", NULL, &reply, NULL), CLV_OK);
    cr_assert_str_eq(seen_id, "seen");
}

Test(answers, deviations_and_interruptions_can_be_written)
{
    struct clv_reply reply;
    given("a: !deviation\na: text\nb: !interrupt\n");
    cr_assert_eq(ask(CLV_ASK_TEXT, "a", NULL, &reply, NULL), CLV_OK);
    cr_assert_eq(reply.kind, CLV_REPLY_DEVIATION);
    then_text("a", NULL, "text");
    cr_assert_eq(ask(CLV_ASK_CONTINUE, "b", NULL, &reply, NULL), CLV_E_INTERRUPTED);
}

Test(answers, an_unknown_choice_is_refused_with_the_keys)
{
    struct clv_reply reply;
    struct clv_error err = {0};
    given("what: perhaps\n");
    cr_assert_eq(ask(CLV_ASK_CHOICE, "what", NULL, &reply, &err), CLV_E_USAGE);
    cr_assert_not_null(strstr(err.hint, "go, stop"));
    cr_assert_null(strstr(err.fact, "perhaps"), "an answer may be a password on a wrong line");
}

Test(answers, reports_what_was_never_used)
{
    unsigned line = 0;
    given("# x\na: 1\nb: 2\nc.*: 3\n");
    then_text("a", NULL, "1");
    cr_assert_eq(clv_answers_unused(answers, &line), 2);
    cr_assert_eq(line, 3);
}

Test(answers, malformed_lines_are_named_and_never_repeated)
{
    static const struct {
        const char *text;
        const char *says;
    } rows[] = {
        {"a: 1\nhunter2\n", "line 2"},
        {"A b: hunter2\n", "column 1"},
        {": hunter2\n", "line 1"},
        {"a*b: hunter2\n", "column 2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_error err = {0};
        cr_assert_eq(refused(rows[i].text, strlen(rows[i].text), &err), CLV_E_FORMAT, "row %zu", i);
        cr_assert_not_null(strstr(err.fact, rows[i].says), "row %zu: %s", i, err.fact);
        cr_assert_null(strstr(err.fact, "hunter2"));
    }
    struct clv_error err = {0};
    cr_assert_eq(refused("a: b\0c\n", 7, &err), CLV_E_FORMAT);
    cr_assert_eq(refused("a: b\0c\n", 7, NULL), CLV_E_FORMAT, "without an error to fill, too");
}

Test(answers, every_change_of_a_byte_is_read_or_refused)
{
    static const char text[] = "# c\na.b: x\nc*: y\n";
    for (size_t at = 0; at < sizeof text - 1; at++) {
        for (unsigned byte = 0; byte < 256; byte += (unsigned)(at % 3) + 1) {
            char changed[sizeof text];
            memcpy(changed, text, sizeof text);
            changed[at] = (char)byte;
            write_file(changed, sizeof text - 1);
            struct clv_error err = {0};
            clv_status status = clv_answers_read(path, &answers, &err);
            cr_assert(status == CLV_OK || status == CLV_E_FORMAT, "byte %u at %zu: %s", byte, at,
                      err.fact);
            clv_answers_free(&answers);
        }
    }
}

Test(answers, a_missing_file_is_said_so)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_answers_read("/nonexistent/answers", &answers, &err), CLV_E_MISSING);
}
