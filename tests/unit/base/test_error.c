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
    cr_assert_eq(clv_while(&err, CLV_E_PASSWORD, "opening %s", "lena-part-2.clvkey"),
                 CLV_E_PASSWORD);
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
    (void)clv_while(&err, CLV_E_RULE, "trying");
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
        cr_assert_eq(clv_while(&err, CLV_E_RULE, "step %d", i), CLV_E_RULE);
    cr_assert_eq(err.num_whiles, CLV_ERROR_WHILES);
    cr_assert_str_eq(err.whiles[CLV_ERROR_WHILES - 1], "step 3");
}

Test(error, works_without_one)
{
    cr_assert_eq(clv_fail(NULL, CLV_E_FULL, "x"), CLV_E_FULL);
    cr_assert_eq(clv_fail_errno(NULL, ENOENT, "x"), CLV_E_MISSING);
    cr_assert_eq(clv_fail_errno(NULL, ENOMEM, "x"), CLV_E_MEMORY);
    cr_assert_eq(clv_while(NULL, CLV_E_FULL, "x"), CLV_E_FULL);
    clv_kept(NULL, "x");
    clv_hint(NULL, "x");
}

Test(error, formats_into_any_buffer)
{
    struct clv_error err = {0};
    (void)clv_fail(&err, CLV_E_IO, "fact");
    (void)clv_while(&err, err.code, "doing");
    for (size_t cap = 1; cap < 40; cap++) {
        char text[41];
        memset(text, '#', sizeof text);
        clv_error_format(&err, text, cap);
        cr_assert_lt(strlen(text), cap);
        cr_assert_eq(text[cap], '#');
    }
}

/* A file name with U+202E reads as another; a byte order mark is not seen. */
Test(error, shows_where_something_cannot_be_seen)
{
    struct clv_error err = {0};
    char text[CLV_ERROR_TEXT];
    (void)clv_fail(&err, CLV_E_IO, "cannot open key\u202Efdp.exe");
    clv_quote(&err, "\uFEFFtitle: x", "^");
    clv_error_format(&err, text, sizeof text);
    cr_assert_str_eq(text, "cannot open key???fdp.exe\n???title: x\n^\nE-IO");
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

Test(error, leaves_success_alone)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_while(&err, CLV_OK, "x"), CLV_OK);
    cr_assert_eq(err.code, CLV_OK);
    cr_assert_eq(err.num_whiles, 0);
}

Test(error, a_failure_that_was_not_explained_keeps_its_code)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_while(&err, CLV_E_FULL, "writing"), CLV_E_FULL);
    cr_assert_eq(err.code, CLV_E_FULL);
    cr_assert_str_eq(err.whiles[0], "writing");
}
