/* A secret being typed, from a pipe instead of a keyboard. */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/terminal.h"

#define F4_KEY (CLV_TYPED_F1 + 3)

static int keyboard[2];
static struct clv_typing typing;

static void setup(void)
{
    cr_assert_eq(pipe(keyboard), 0);
    cr_assert_eq(clv_typing_init(&typing, 16, NULL), CLV_OK);
}

static void teardown(void)
{
    clv_typing_clear(&typing);
    close(keyboard[0]);
    close(keyboard[1]);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(typing, .init = setup, .fini = teardown);

static enum clv_typed type_bytes(const void *bytes, size_t len)
{
    enum clv_typed last = CLV_TYPED_NOTHING;
    cr_assert_eq(write(keyboard[1], bytes, len), (ssize_t)len);
    cr_assert_eq(write(keyboard[1], "\n", 1), 1);
    for (;;) {
        enum clv_typed typed = clv_typing_read(&typing, keyboard[0]);
        if (typed == CLV_TYPED_ENTER)
            return last;
        last = typed;
    }
}

static enum clv_typed type(const char *text)
{
    return type_bytes(text, strlen(text));
}

static void assert_typed(const char *expected)
{
    cr_assert_eq(typing.len, strlen(expected));
    cr_assert_arr_eq(clv_secret_read(typing.secret), expected, strlen(expected));
    clv_secret_close(typing.secret);
}

Test(typing, takes_bytes_as_they_are)
{
    type("h\u00f6rse \u20ac 7");
    assert_typed("h\u00f6rse \u20ac 7");
}

Test(typing, hands_over_exactly_what_was_typed)
{
    type("abc");
    struct clv_secret *secret = clv_typing_take(&typing);
    cr_assert_eq(clv_secret_len(secret), 3);
    cr_assert_arr_eq(clv_secret_read(secret), "abc", 3);
    clv_secret_close(secret);
    cr_assert_null(typing.secret);
    clv_secret_free(&secret);
}

Test(typing, backspace_takes_a_whole_character_away)
{
    type("a\u20ac\177b\010c");
    assert_typed("ac");
    type("\177\177\177\177x");
    assert_typed("x");
}

Test(typing, what_was_taken_away_is_wiped)
{
    type("secret\025");
    cr_assert_eq(typing.len, 0);
    cr_assert(clv_secret_uniform(typing.secret));
}

Test(typing, never_takes_more_than_allowed)
{
    cr_assert_eq(type("0123456789abcdefX"), CLV_TYPED_FULL);
    assert_typed("0123456789abcdef");
    const uint8_t *bytes = clv_secret_read(typing.secret);
    cr_assert_eq(bytes[16], 0, "the byte that did not fit is wiped");
    clv_secret_close(typing.secret);
}

Test(typing, a_paste_is_refused_whole)
{
    cr_assert_eq(type("ab\033[200~pasted\r\nmore\033[A\033[201~"), CLV_TYPED_PASTED);
    assert_typed("ab");
    type("c");
    assert_typed("abc");
}

Test(typing, a_paste_is_taken_where_it_may_be)
{
    typing.may_paste = true;
    cr_assert_eq(type("ab\033[200~pas\r\nted\033[201~"), CLV_TYPED_MORE);
    assert_typed("abpasted");
    typing.deaf = true;
    type("\033[200~x\033[201~");
    assert_typed("abpasted");
}

Test(typing, function_keys_are_no_part_of_it)
{
    static const struct {
        const char *bytes;
        int key;
    } rows[] = {
        {"\033OP", CLV_TYPED_F1},   {"\033[11~", CLV_TYPED_F1},     {"\033[[A", CLV_TYPED_F1},
        {"\033OS", F4_KEY},         {"\033[14~", F4_KEY},           {"\033[[D", F4_KEY},
        {"\0334", F4_KEY},          {"\033[15~", F4_KEY + 1},       {"\033[A", CLV_TYPED_UP},
        {"\033OB", CLV_TYPED_DOWN}, {"\033[5~", CLV_TYPED_PAGE_UP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(type(rows[i].bytes), CLV_TYPED_KEY, "row %zu", i);
        cr_assert_eq(typing.key, rows[i].key, "row %zu", i);
        cr_assert_eq(typing.len, 0, "row %zu", i);
    }
}

Test(typing, unknown_sequences_and_controls_are_refused)
{
    static const char *const rows[] = {"\033[1;5C", "\033[99~", "\033OZ", "\033a", "\t"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(type(rows[i]), CLV_TYPED_CONTROL, "row %zu", i);
        cr_assert_eq(typing.len, 0, "row %zu", i);
    }
    cr_assert_eq(type("\014"), CLV_TYPED_CTRL);
    cr_assert_eq(typing.key, 'L');
}

Test(typing, is_deaf_to_letters_under_an_overlay)
{
    typing.deaf = true;
    type("abc");
    cr_assert_eq(typing.len, 0);
    cr_assert_eq(type("\033OP"), CLV_TYPED_KEY);
}

Test(typing, end_of_input_ends)
{
    close(keyboard[1]);
    cr_assert_eq(clv_typing_read(&typing, keyboard[0]), CLV_TYPED_END);
    keyboard[1] = dup(keyboard[0]);
}

Test(typing, a_lone_escape_costs_no_letter)
{
    cr_assert_eq(write(keyboard[1], "\033", 1), 1);
    cr_assert_eq(clv_typing_read(&typing, keyboard[0]), CLV_TYPED_KEY);
    cr_assert_eq(typing.key, CLV_TYPED_ESCAPE);
    type("abc");
    assert_typed("abc");
}

/* The pipe never blocks a reader here: everything up to the last byte is taken. */
static void drain(void)
{
    struct pollfd p = {.fd = keyboard[0], .events = POLLIN};
    while (poll(&p, 1, 0) > 0)
        (void)clv_typing_read(&typing, keyboard[0]);
}

/* Whatever comes: never more than allowed, and what is behind the end is zero. */
Test(typing, survives_any_bytes)
{
    unsigned seed = 1;
    for (int round = 0; round < 200; round++) {
        uint8_t bytes[40];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 1103515245u + 12345u;
            unsigned r = seed >> 16;
            bytes[i] = r % 7 == 0 ? 0x1b : r % 7 == 1 ? '[' : (uint8_t)r;
            if (bytes[i] == 0x04)
                bytes[i] = 'x';
        }
        cr_assert_eq(write(keyboard[1], bytes, sizeof bytes), (ssize_t)sizeof bytes);
        cr_assert_eq(write(keyboard[1], "\033[201~\n", 7), 7);
        drain();
        cr_assert_leq(typing.len, 16);
        const uint8_t *p = clv_secret_read(typing.secret);
        for (size_t i = typing.len; i <= 16; i++)
            cr_assert_eq(p[i], 0);
        clv_secret_close(typing.secret);
        clv_typing_restart(&typing);
    }
}
