/* What is written for units set aside is read like any other script and site file, whatever the
 * names in it are. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "edit.h"

static struct clv_script *parsed(const char *text)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_script_parse("first", text, strlen(text), &script, &err), CLV_OK, "%s",
                 err.fact);
    return script;
}

static struct clv_script *follow_up_of(const struct clv_script *first, bool reset)
{
    static const uint8_t pattern[32] = {0xef, 0x8a, 0x9b};
    struct clv_script *second = NULL;
    struct clv_error err = {0};
    struct clv_writer w = {0};
    clv_script_follow_up(first, "CLV-20261123-7F3A91C2", pattern, reset, &w);
    cr_assert_eq(clv_script_parse("second", w.data, w.len, &second, &err), CLV_OK, "%s: %.*s",
                 err.fact, (int)w.len, (const char *)w.data);
    cr_assert(second->has_expected_pattern);
    cr_assert_arr_eq(second->expected_pattern, pattern, 32);
    clv_writer_clear(&w);
    return second;
}

Test(script_follow_up, has_the_people_and_rules_of_the_first)
{
    char *text = text_of(SMALL_SCRIPT);
    struct clv_script *first = parsed(text), *second = follow_up_of(first, true);
    cr_assert_eq(second->num_owners, first->num_owners);
    cr_assert_eq(second->num_signers, first->num_signers);
    cr_assert_eq(second->num_witnesses, first->num_witnesses);
    cr_assert_eq(second->sign_threshold, first->sign_threshold);
    cr_assert_eq(second->revoke_threshold, first->revoke_threshold);
    cr_assert_eq(second->reset_units, CLV_RESET_REQUIRED);
    cr_assert_not_null(clv_script_find(second, CLV_STEP_ADMINISTRATORS));
    cr_assert_null(clv_script_find(second, CLV_STEP_CREATE_PARTS));
    cr_assert_eq(clv_script_find(second, CLV_STEP_SIGNATURE_KEYS)->keys, CLV_KEYS_OPEN);
    clv_script_free(&second);
    second = follow_up_of(first, false);
    cr_assert_eq(second->reset_units, CLV_RESET_NEVER);
    clv_script_free(&second);
    clv_script_free(&first);
    free(text);
}

Test(script_follow_up, keeps_labels_that_need_quoting)
{
    char *text = text_of(SMALL_SCRIPT);
    char *odd = edited(text, "witness: 2", "witness: { number: 2, label: 'a \"b\" \\ # [c]: d' }");
    struct clv_script *first = parsed(odd), *second = follow_up_of(first, true);
    cr_assert_str_eq(second->witness_label, "a \"b\" \\ # [c]: d");
    clv_script_free(&second);
    clv_script_free(&first);
    free(odd);
    free(text);
}

Test(script_follow_up, a_pattern_that_is_none_is_refused)
{
    char *text = text_of(SMALL_SCRIPT);
    static const char *const wrong[] = {
        "12", "zz", "\"\"",
        ("0123456789012345678901234567890123456789012345678901234567890"
         "12g")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char rule[120];
        struct clv_error err = {0};
        (void)snprintf(rule, sizeof(rule), "rules:\n  expected-pattern: %s", wrong[i]);
        char *bad = edited(text, "rules:", rule);
        cr_assert_eq(try_script(bad, strlen(bad), &err), CLV_E_SCRIPT, "%s", wrong[i]);
        free(bad);
    }
    free(text);
}

#define WITNESS "witness.example/w+01234567+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

Test(script_follow_up, selects_units_by_instance)
{
    static unsigned third[] = {2, 5};
    const struct clv_site_selection selections[2] = {{NULL, 0}, {third, 2}};
    struct clv_site *first = NULL, *second = NULL;
    struct clv_error err = {0};
    struct clv_writer w = {0};
    char *example = text_of(EXAMPLE_SITE);
    char *text = edited(example, "printer: none", "printer: none\nwitness-keys: [" WITNESS "]");
    cr_assert_eq(clv_site_parse("first", text, strlen(text), &first, &err), CLV_OK, "%s", err.fact);
    first->instances[1].roots[0].point[0] = 4;
    clv_site_follow_up(first, selections, &w);
    clv_status st = clv_site_parse("second", w.data, w.len, &second, &err);
    cr_assert(st == CLV_OK || strstr(err.fact, "not a point of P-521"), "%s", err.fact);
    char *written = strndup((const char *)w.data, w.len);
    cr_assert(strstr(written, "units: [2, 5]"));
    cr_assert_null(strstr(written, "first site"));
    cr_assert(strstr(written, "\n  key-files: \"/media/red/key-files\"\n"));
    cr_assert(strstr(written, "\n  receipts: \"/media/blue/receipts\"\n"));
    cr_assert(strstr(written, "\n  journal-mirror: \"/media/blue/journals\"\n"));
    cr_assert(strstr(written, "\nwitness-keys:\n  - \"" WITNESS "\"\n"));
    free(written);
    clv_site_free(&second);
    clv_site_free(&first);
    clv_writer_clear(&w);
    free(example);
    free(text);
}
