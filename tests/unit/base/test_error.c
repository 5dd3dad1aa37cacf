#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "claviger/base.h"

Test(error, prints_fact_whiles_kept_hint_and_code_in_this_order)
{
    struct clv_error err = {0};
    char text[2048];
    cr_assert_eq(clv_fail(&err, CLV_E_PASSWORD, "cannot open key part %d: wrong password", 2),
                 CLV_E_PASSWORD);
    cr_assert_eq(clv_while(&err, "opening %s", "lena-part-2.clvkey"), CLV_E_PASSWORD);
    clv_kept(&err, "Nothing was changed.");
    clv_hint(&err, "Try again.");
    clv_error_format(&err, text, sizeof text);
    cr_assert_str_eq(text, "cannot open key part 2: wrong password\n"
                           "  while opening lena-part-2.clvkey\n"
                           "Nothing was changed.\n"
                           "Try again.\n"
                           "E-PASSWORD");
}

Test(error, leaves_out_lines_nobody_filled)
{
    struct clv_error err = {0};
    char text[2048];
    (void)clv_fail(&err, CLV_E_RULE, "no");
    clv_error_format(&err, text, sizeof text);
    cr_assert_str_eq(text, "no\nE-RULE");
}

Test(error, lets_the_first_kept_and_hint_speak)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_RULE, "no");
    clv_hint(&err, "near");
    clv_hint(&err, "far");
    clv_kept(&err, "one");
    clv_kept(&err, "two");
    cr_assert_str_eq(err.hint, "near");
    cr_assert_str_eq(err.kept, "one");
}

Test(error, starts_over_with_each_fact)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_RULE, "first");
    (void)clv_while(&err, "trying");
    clv_hint(&err, "old");
    (void)clv_fail(&err, CLV_E_IO, "second, after %s", err.fact);
    cr_assert_str_eq(err.fact, "second, after first");
    cr_assert_eq(err.code, CLV_E_IO);
    cr_assert_eq(err.num_whiles, 0);
    cr_assert_str_empty(err.hint);
}

Test(error, drops_further_whiles)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_RULE, "no");
    for (int i = 0; i < 10; i++)
        cr_assert_eq(clv_while(&err, "step %d", i), CLV_E_RULE);
    cr_assert_eq(err.num_whiles, CLV_ERROR_WHILES);
    cr_assert_str_eq(err.whiles[CLV_ERROR_WHILES - 1], "step 3");
}

Test(error, works_without_one)
{
    cr_assert_eq(clv_fail(NULL, CLV_E_FULL, "x"), CLV_E_FULL);
    cr_assert_eq(clv_fail_errno(NULL, ENOENT, "x"), CLV_E_MISSING);
    cr_assert_eq(clv_while(NULL, "x"), CLV_E_INTERNAL);
    clv_kept(NULL, "x");
    clv_hint(NULL, "x");
}

Test(error, a_while_on_success_is_a_failure)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_while(&err, "doing"), CLV_E_INTERNAL);
    cr_assert_str_not_empty(err.fact);
}

Test(error, says_in_words_what_the_system_said)
{
    static const struct {
        int errnum;
        clv_status code;
    } rows[] = {
        {ENOSPC, CLV_E_FULL},       {EDQUOT, CLV_E_FULL},
        {ENOENT, CLV_E_MISSING},    {EEXIST, CLV_E_EXISTS},
        {EACCES, CLV_E_PERMISSION}, {EPERM, CLV_E_PERMISSION},
        {EINTR, CLV_E_IO}, {EIO, CLV_E_IO},
        {123456, CLV_E_IO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_error err = {0};
        cr_assert_eq(clv_fail_errno(&err, rows[i].errnum, "cannot save"), rows[i].code);
        cr_assert_eq(strncmp(err.fact, "cannot save: ", 13), 0);
        cr_assert_gt(strlen(err.fact), 13);
    }
}

Test(error, never_lets_a_terminal_obey)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_IO, "file %s", "a\x1b[2J\r\n\x7f\xc2\x9b\xff z\xc3\xa4");
    cr_assert_str_eq(err.fact, "file a?[2J?????? z\xc3\xa4");
}

Test(error, cuts_long_text_between_characters)
{
    char name[1024];
    for (size_t shift = 0; shift < 3; shift++) {
        memset(name, 'x', sizeof name);
        for (size_t i = shift; i + 3 < sizeof name; i += 3)
            memcpy(name + i, "\xe2\x82\xac", 3);
        name[sizeof name - 1] = '\0';
        struct clv_error err = {0};
        (void)clv_fail(&err, CLV_E_IO, "%s", name);
        size_t len = strlen(err.fact);
        cr_assert_lt(len, CLV_ERROR_TEXT);
        cr_assert_geq(len, CLV_ERROR_TEXT - 4);
        cr_assert_eq(memcmp(err.fact, name, len), 0);
        cr_assert_eq((len - shift) % 3, 0);
    }
}

Test(error, formats_into_any_buffer)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_IO, "fact");
    (void)clv_while(&err, "doing");
    for (size_t cap = 1; cap < 40; cap++) {
        char text[41];
        memset(text, '#', sizeof text);
        clv_error_format(&err, text, cap);
        cr_assert_lt(strlen(text), cap);
        cr_assert_eq(text[cap], '#');
    }
}

Test(error, every_code_has_a_name_and_an_exit_code)
{
    cr_assert_eq(clv_exit_code(CLV_OK), 0);
    cr_assert_eq(clv_exit_code(CLV_E_PASSWORD), 4);
    cr_assert_eq(clv_exit_code(CLV_E_INTERRUPTED), 130);
    cr_assert_str_eq(clv_code_name(CLV_E_FORGED), "E-FORGED");
    for (clv_status code = CLV_E_MISMATCH; code <= CLV_E_INTERRUPTED; code++) {
        cr_assert_eq(strncmp(clv_code_name(code), "E-", 2), 0);
        cr_assert_gt(clv_exit_code(code), 0);
    }
}
