/* Which orders of steps are possible. */
#include "edit.h"

#define FRONT "self-check roll-call units signature-keys "
#define BACK "load commit set-immediate compare receipts sign-off"

static const char head[] = "claviger-script: 1\nid: o\ntitle: o\npurpose: o\n"
                           "roles: {administrator: 1, witness: 1, key-part-owners: 2,"
                           " signature-key-owners: 1}\n"
                           "rules: {signature-threshold: 1, revocation-threshold: 1,"
                           " reset-units: ";

/* The error of a script with these steps; "" when it is accepted. Line 7 is the first step. */
static const char *order(const char *reset, const char *keys, const char *words)
{
    static struct clv_error err;
    struct clv_writer w;
    clv_writer_init(&w);
    clv_write_format(&w, "%s%s}\nsteps:\n", head, reset);
    char *copy = strdup(words), *save = NULL;
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        bool has_keys = strcmp(word, "signature-keys") == 0;
        clv_write_format(&w, "- {step: %s, title: x%s%s}\n", word, has_keys ? ", keys: " : "",
                         has_keys ? keys : "");
    }
    clv_status status = try_script((const char *)w.data, w.len, &err);
    cr_assert(status == CLV_OK || status == CLV_E_SCRIPT);
    clv_writer_clear(&w);
    free(copy);
    return err.fact;
}

Test(script_order, both_flows_are_possible)
{
    cr_assert_str_eq(order("required", "create", FRONT "administrators create-parts " BACK), "");
    cr_assert_str_eq(order("required", "open", FRONT "administrators create-parts " BACK), "");
    cr_assert_str_eq(order("required", "create", FRONT "administrators " BACK), "");
    cr_assert_str_eq(order("required", "open", FRONT "administrators " BACK), "");
    cr_assert_str_eq(order("if-not-clean", "open", FRONT "administrators " BACK), "");
    cr_assert_str_eq(order("never", "open", FRONT BACK), "");
    cr_assert_str_eq(order("never", "open", FRONT "create-parts " BACK), "");
}

Test(script_order, a_step_out_of_place_names_the_other_one)
{
    cr_assert_str_eq(order("never", "open", "roll-call self-check units signature-keys " BACK),
                     "test.yaml:8:10: \"roll-call\" must stand behind \"self-check\" (line 9)");
    cr_assert_str_eq(
        order("never", "open", FRONT "load set-immediate commit compare receipts sign-off"),
        "test.yaml:13:10: \"set-immediate\" must stand behind \"commit\" (line 14)");
    cr_assert_str_eq(order("required", "create",
                           FRONT
                           "administrators load create-parts commit set-immediate compare receipts "
                           "sign-off"),
                     "test.yaml:13:10: \"load\" must stand behind \"create-parts\" (line 14)");
    cr_assert_str_eq(
        order("required", "create", FRONT "create-parts administrators " BACK),
        "test.yaml:12:10: \"create-parts\" must stand behind \"administrators\" (line 13)");
}

Test(script_order, a_step_without_its_ground_names_it)
{
    cr_assert_str_eq(order("never", "open", FRONT "commit set-immediate compare receipts sign-off"),
                     "test.yaml:12:10: \"commit\" needs the step \"load\" before it");
    cr_assert_str_eq(order("never", "open", "roll-call units"),
                     "test.yaml:8:10: \"roll-call\" needs the step \"self-check\" before it");
}

Test(script_order, nothing_stands_twice)
{
    cr_assert_str_eq(order("never", "open", FRONT "load load commit"),
                     "test.yaml:13:10: \"load\" is there twice, first on line 12");
}

Test(script_order, the_end_may_not_be_missing)
{
    cr_assert_str_eq(order("never", "open", FRONT "load commit set-immediate compare receipts"),
                     "test.yaml:16:10: the step \"sign-off\" is missing behind this one");
}

Test(script_order, what_is_reset_or_new_needs_administrators)
{
    cr_assert_str_eq(order("required", "open", FRONT BACK),
                     "test.yaml:6:71: units that are reset need the step \"administrators\"");
    cr_assert_str_eq(order("if-not-clean", "open", FRONT BACK),
                     "test.yaml:6:71: units that are reset need the step \"administrators\"");
    cr_assert_str_eq(order("never", "create", FRONT BACK),
                     "test.yaml:11:42: new signature keys need the step \"administrators\"");
}

/* Every pair of neighbours swapped in the full script is refused: the order is one. */
Test(script_order, no_two_neighbours_can_change_places)
{
    static const char *const steps[] = {"self-check",     "roll-call",      "units",
                                        "signature-keys", "administrators", "create-parts",
                                        "load",           "commit",         "set-immediate",
                                        "compare",        "receipts",       "sign-off"};
    size_t num = sizeof steps / sizeof steps[0];
    for (size_t swap = 0; swap + 1 < num; swap++) {
        char words[300] = "";
        for (size_t i = 0; i < num; i++) {
            size_t which = i == swap ? i + 1 : i == swap + 1 ? i - 1 : i;
            strncat(words, steps[which], sizeof words - strlen(words) - 1);
            strncat(words, " ", sizeof words - strlen(words) - 1);
        }
        cr_assert_neq(order("required", "create", words)[0], '\0', "accepted: %s", words);
    }
}
