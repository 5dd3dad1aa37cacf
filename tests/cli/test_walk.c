/* The seed document's steps 1 to 7 with commands alone, and what the commands say when it cannot
 * be. */
#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "desk.h"

static struct desk d;

TestSuite(walk, .timeout = 280);

Test(walk, steps_one_to_seven)
{
    desk_open(&d, "6", NULL);
    /* 1 */
    desk_ok(&d, "sigkey-add --name Sofia --password-fd 3 3<$PW");
    desk_ok(&d, "sigkey-add --name Tove --password-fd 3 3<$PW");
    desk_ok(&d, "sigkey-sel --keys Sofia,Tove");
    desk_says(&d, "true (2)");
    /* 2 */
    desk_ok(&d, "cryptounit-admins");
    desk_says(&d, "6                 none");
    desk_ok(&d, "cryptounit-admin-add --keys Sofia --password-fd 3 3<$PW");
    desk_ok(&d, "cryptounit-admin-add --keys Tove --password-fd 3 3<$PW");
    desk_says(&d, "Done on 6 of 6 selected crypto units.");
    desk_ok(&d, "cryptounit-admins");
    desk_says(&d, "CRYPTO UNIT NUM   ADMIN NAME   SUBJECT KEY IDENTIFIER");
    /* 3 */
    desk_ok(&d, "cryptounit-thrhld-set --sign-threshold 2 --revoke-threshold 1 --password-fd 3 "
                "--password-fd 3 3<$PW3");
    desk_ok(&d, "cryptounit-thrhlds");
    desk_says(&d, "6                 2                     1                      operational");
    /* 4 */
    desk_parts(&d);
    /* 5 */
    desk_ok(&d, "cryptounit-mk-load --keys Kofi,Lena --password-fd 3 --password-fd 3 "
                "--password-fd 3 3<$PW3");
    desk_says(&d, "Verification pattern of the combined key: EP11-VP ");
    desk_says(&d, "Its other check values: CCA-MKVP ");
    desk_says(&d, ", KCV-ECB0 ");
    desk_says(&d, "new register Full uncommitted");
    /* 6 */
    desk_ok(&d, "cryptounit-mk-commit --password-fd 3 --password-fd 3 3<$PW3");
    desk_says(&d, "new register Full committed");
    /* 7 */
    desk_ok(&d, "cryptounit-mk-setimm --confirm 'set immediate 1,2,3,4,5,6' --password-fd 3 3<$PW");
    desk_ok(&d, "cryptounit-mk");
    desk_says(&d, "6                 current    Valid    ");
    desk_ok(&d, "cryptounit-compare");
    desk_says(&d, "configured the same");
    desk_fails(&d, 0,
               "cryptounits >/dev/null 2>&1; '" CLV_BINARY_DIR
               "/claviger' verify $DESK/var/claviger/commands-test");
    desk_says(&d, "HOLDS: journal.");
    desk_close(&d);
}

/* ---- what is missing, and what is refused --------------------------------------------------- */

Test(walk, nothing_is_asked_without_a_terminal)
{
    static const struct {
        const char *command, *option;
    } rows[] = {
        {"cryptounit-admin-add", "--keys is missing"},
        {"cryptounit-admin-rm", "--admin is missing"},
        {"cryptounit-thrhld-set", "--sign-threshold is missing"},
        {"cryptounit-thrhld-set --sign-threshold 1", "--revoke-threshold is missing"},
        {"cryptounit-mk-load", "--keys is missing"},
        {"cryptounit-mk-commit", "--pattern"},
        {"cryptounit-mk-setimm", "--pattern"},
        {"cryptounit-zeroize", "--confirm \"zeroize 1,2\""},
        {"auto-init", "--sign-threshold is missing"},
        {"auto-init --sign-threshold 1", "--revoke-threshold is missing"},
    };
    desk_open(&d, "2", NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        desk_run(&d, rows[i].command);
        cr_assert_neq(d.run.exit_code, 0, "%s", rows[i].command);
        desk_says(&d, rows[i].option);
    }
    desk_fails(&d, 2, "cryptounit-thrhld-set --sign-threshold 9 --revoke-threshold 1");
    desk_says(&d, "a threshold is a number from 1 to 8");
    desk_fails(&d, 2, "cryptounit-mk-commit --pattern 12ab");
    desk_says(&d, "a verification pattern is 56 or 64 hex digits");
    desk_fails(&d, 2, "cryptounit-mk --units 3");
    desk_ok(&d, "cryptounit-rm --units all");
    desk_fails(&d, 2, "cryptounit-mk");
    desk_says(&d, "no crypto unit is selected");
    desk_close(&d);
}

Test(walk, refusals_name_reason_and_next_step)
{
    desk_open(&d, "2", NULL);
    desk_fails(&d, 6, "cryptounit-mk-clrnew");
    desk_says(&d, "FAILED  1  [test].[SW-CS1].[00].[00]  not possible in imprint mode");
    desk_says(&d, "Nothing was sent to it.");
    desk_says(&d, "Leave imprint mode first.");
    desk_says(&d, "NOT done on 2 of 2 selected crypto units.");
    desk_leave_imprint(&d);
    desk_parts(&d);
    desk_fails(&d, 8, "cryptounit-zeroize --confirm 'zeroize 1' --password-fd 3 3<$PW");
    desk_says(&d, "it was not confirmed: that is not \"zeroize 1,2\"");
    desk_fails(&d, 8, "cryptounit-mk-load --keys Kofi --password-fd 3 3<$PW");
    desk_fails(&d, 4,
               "cryptounit-mk-load --keys Kofi,Lena --password-fd 3 --password-fd 4 3<$PW "
               "4<$DESK/site.yaml");
    desk_ok(&d, "cryptounit-mk-load --units 2 --keys Kofi,Lena --password-fd 3 --password-fd 3 "
                "--password-fd 3 3<$PW3");
    desk_fails(&d, 10,
               "cryptounit-mk-load --keys Kofi,Lena --password-fd 3 --password-fd 3 "
               "--password-fd 3 3<$PW3");
    desk_says(&d, "its new register is not empty: Full uncommitted");
    desk_ok(&d, "cryptounit-zeroize --units 1 --confirm 'zeroize 1' --password-fd 3 3<$PW");
    desk_fails(&d, 1, "cryptounit-compare");
    desk_says(&d, "DIFFERENT");
    desk_says(&d, "NOT configured the same");
    desk_close(&d);
}

Test(walk, a_dead_unit_fails_alone_and_comes_first)
{
    desk_open(&d, "3", "2:admin:die");
    desk_ok(&d, "sigkey-add --name Sofia --password-fd 3 3<$PW");
    desk_fails(&d, 10, "cryptounit-admin-add --keys Sofia --password-fd 3 3<$PW");
    const char *failed = strstr(d.run.output, "FAILED  2"),
               *good = strstr(d.run.output, "ok      1");
    cr_assert(failed && good && failed < good, "%s", d.run.output);
    desk_fails(&d, 10, "cryptounit-admins");
    desk_says(&d, "FAILED  2");
    desk_says(&d, "3                 Sofia");
    desk_close(&d);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *parsed(const char *member)
{
    json_error_t where;
    json_t *root = json_loads(d.run.output, 0, &where);
    cr_assert(root, "%s: %s\n%s", d.command, where.text, d.run.output);
    cr_assert_eq(json_integer_value(json_object_get(root, "claviger-json")), 1);
    cr_assert_str_eq(json_string_value(json_object_get(root, "world")), "TEST");
    cr_assert(json_object_get(root, member), "%s: no %s", d.command, member);
    return root;
}

Test(walk, results_and_lists_as_json)
{
    desk_open(&d, "2", NULL);
    desk_ok(&d, "cryptounit-mk --json 2>/dev/null");
    json_t *root = parsed("crypto-units");
    json_t *unit = json_array_get(json_object_get(root, "crypto-units"), 1);
    cr_assert_eq(json_integer_value(json_object_get(unit, "number")), 2);
    json_t *state = json_object_get(unit, "state");
    cr_assert(json_is_true(json_object_get(state, "imprint-mode")));
    cr_assert_str_eq(
        json_string_value(json_object_get(json_object_get(state, "new-register"), "state")),
        "Empty");
    json_decref(root);
    desk_fails(&d, 6, "cryptounit-mk-clrcur --json 2>/dev/null");
    root = parsed("results");
    json_t *results = json_object_get(root, "results");
    cr_assert_str_eq(json_string_value(json_object_get(results, "total")), "none");
    unit = json_array_get(json_object_get(results, "units"), 0);
    cr_assert(json_is_false(json_object_get(unit, "done")));
    cr_assert_str_eq(json_string_value(json_object_get(json_object_get(unit, "error"), "code")),
                     "E-RULE");
    json_decref(root);
    desk_ok(&d, "cryptounit-compare --json 2>/dev/null");
    root = parsed("results");
    cr_assert(json_is_true(
        json_object_get(json_object_get(json_object_get(root, "results"), "details"), "equal")));
    json_decref(root);
    desk_close(&d);
}
