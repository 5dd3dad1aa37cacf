/* The plain face between two pipes, without any terminal; tests/screen has it on one. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/plain.h"
#include "claviger/terminal.h"

static int input[2], output[2];
static struct clv_plain *plain;
static struct clv_face face;
static char seen[65536];

/* A session of its own has no controlling terminal. */
static void setup(void)
{
    (void)setsid();
    cr_assert(pipe(input) == 0 && pipe(output) == 0);
    cr_assert_eq(fcntl(output[0], F_SETFL, O_NONBLOCK), 0);
    struct clv_plain_config config = {.in_fd = input[0], .out_fd = output[1]};
    cr_assert_eq(clv_plain_open(&config, &plain, &face, NULL), CLV_OK);
}

static void teardown(void)
{
    clv_plain_close(&plain);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(face_plain, .init = setup, .fini = teardown);

static void type(const char *text)
{
    cr_assert_eq(write(input[1], text, strlen(text)), (ssize_t)strlen(text));
}

static const char *read_seen(void)
{
    size_t len = strlen(seen);
    ssize_t n = read(output[0], seen + len, sizeof seen - 1 - len);
    if (n > 0)
        seen[len + (size_t)n] = '\0';
    return seen;
}

static clv_status ask(struct clv_question q, struct clv_reply *reply, struct clv_error *err)
{
    q.id = "a";
    q.title = "Title";
    *reply = (struct clv_reply){0};
    return face.ask(face.ctx, &q, reply, err);
}

static void tell_all(enum clv_tone tone, const char *line)
{
    face.tell(face.ctx, tone, line);
}

Test(face_plain, text_from_a_pipe)
{
    struct clv_reply reply;
    type("  a text \r\n");
    cr_assert_eq(ask((struct clv_question){.kind = CLV_ASK_TEXT, .prompt = "Text"}, &reply, NULL),
                 CLV_OK);
    cr_assert_str_eq(reply.text, "  a text ");
    cr_assert_not_null(strstr(read_seen(), "-- Title --\nText: "));
}

Test(face_plain, enter_keeps_what_was_there)
{
    struct clv_reply reply;
    type("\n");
    struct clv_question q = {.kind = CLV_ASK_TEXT, .prompt = "Text", .initial = "Lena"};
    cr_assert_eq(ask(q, &reply, NULL), CLV_OK);
    cr_assert_str_eq(reply.text, "Lena");
}

Test(face_plain, too_long_is_asked_again)
{
    struct clv_reply reply;
    char line[2000];
    memset(line, 'x', sizeof line);
    memcpy(line + sizeof line - 2, "\n", 2);
    type(line);
    type("12345\n1234\n");
    struct clv_question q = {.kind = CLV_ASK_TEXT, .prompt = "Text", .max_len = 4};
    cr_assert_eq(ask(q, &reply, NULL), CLV_OK);
    cr_assert_str_eq(reply.text, "1234");
    cr_assert_not_null(strstr(read_seen(), "That line is too long."));
    cr_assert_not_null(strstr(seen, "That is longer than 4 bytes."));
}

Test(face_plain, end_of_input_interrupts)
{
    struct clv_reply reply;
    struct clv_error err = {0};
    close(input[1]);
    cr_assert_eq(ask((struct clv_question){.kind = CLV_ASK_CONTINUE}, &reply, &err),
                 CLV_E_INTERRUPTED);
    cr_assert_str_eq(err.fact, "the input ended");
}

Test(face_plain, no_terminal_no_secret)
{
    struct clv_reply reply;
    struct clv_error err = {0};
    type("password\n");
    cr_assert_eq(ask((struct clv_question){.kind = CLV_ASK_SECRET, .prompt = "P"}, &reply, &err),
                 CLV_E_TERMINAL);
    cr_assert_null(reply.secret);
}

Test(face_plain, a_choice_needs_a_number)
{
    static const struct clv_choice choices[] = {{"a", "First", NULL}, {"b", "Second", "hint"}};
    struct clv_reply reply;
    struct clv_question q = {.kind = CLV_ASK_CHOICE, .choices = choices, .num_choices = 2};
    type("\ny\n0\n3\n-1\n 2\n18446744073709551618\n2\n");
    cr_assert_eq(ask(q, &reply, NULL), CLV_OK);
    cr_assert_eq(reply.choice, 1);
    q.initial = "a";
    type("\n");
    cr_assert_eq(ask(q, &reply, NULL), CLV_OK);
    cr_assert_eq(reply.choice, 0);
}

Test(face_plain, nothing_a_terminal_obeys_is_written)
{
    char line[258] = "";
    for (int c = 1; c < 256; c++)
        line[c - 1] = (char)c;
    tell_all(CLV_TONE_FAIL, line);
    tell_all(CLV_TONE_INFO, "\xc2\x9b"
                            "31m\xe2\x82 \u202Eturned");
    for (const char *p = read_seen(); *p != '\0'; p++)
        cr_assert(*p == '\n' || ((unsigned char)*p >= 0x20 && *p != 0x7f), "%02x",
                  (unsigned char)*p);
    cr_assert_null(strstr(seen, "\xc2\x9b"));
    cr_assert_null(strstr(seen, "\u202E"));
}

Test(face_plain, progress_tells_changes_and_signs_of_life)
{
    static const char *const before[] = {"unit 1: waiting"}, *const after[] = {"unit 1: done"};
    struct clv_progress p = {.title = "Loading", .total = 1, .lines = before, .num_lines = 1};
    for (p.elapsed_ms = 0; p.elapsed_ms < 61000; p.elapsed_ms += 33)
        cr_assert_eq(face.progress(face.ctx, &p, NULL), CLV_OK);
    p.lines = after;
    cr_assert_eq(face.progress(face.ctx, &p, NULL), CLV_OK);
    face.progress_end(face.ctx);
    cr_assert_str_eq(read_seen(), "[..] Loading\n"
                                  "[..] still working: Loading, 30 s, 0 of 1 done\n"
                                  "[..] still working: Loading, 60 s, 0 of 1 done\n"
                                  "  unit 1: done\n");
}

Test(face_plain, a_closed_output_is_an_error)
{
    struct clv_reply reply;
    close(output[0]);
    type("\n");
    cr_assert_eq(ask((struct clv_question){.kind = CLV_ASK_CONTINUE}, &reply, NULL),
                 CLV_E_TERMINAL);
}

Test(face_plain, only_one_face_at_a_time)
{
    struct clv_plain *second = NULL;
    struct clv_error err = {0};
    struct clv_face other;
    cr_assert_eq(clv_plain_open(&(struct clv_plain_config){0}, &second, &other, &err),
                 CLV_E_INTERNAL);
}
