#include "edit.h"

static struct clv_script *read_file(const char *path)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    clv_status status = clv_script_read(path, &script, &err);
    cr_assert_eq(status, CLV_OK, "%s\n%s\n%s", err.fact, err.quote[0], err.quote[1]);
    return script;
}

Test(script_read, every_script_of_the_house_is_accepted)
{
    static const char *const paths[] = {
        CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml",
        CLV_SOURCE_DIR "/ceremony-scripts/load-existing-parts.yaml",
        CLV_SOURCE_DIR "/tests/scripts/two-owners-three-signers.yaml",
        CLV_SOURCE_DIR "/tests/scripts/load-without-administrators.yaml",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct clv_script *script = read_file(paths[i]);
        cr_assert_geq(script->num_steps, 10);
        clv_script_free(&script);
        cr_assert_null(script);
    }
}

Test(script_read, the_rehearsal_says_something_at_every_step)
{
    struct clv_script *script = read_file(CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml");
    cr_assert_eq(script->num_steps, CLV_NUM_STEP_KINDS);
    for (size_t i = 0; i < script->num_steps; i++) {
        cr_assert_eq(script->steps[i].kind, i);
        cr_assert_not_null(script->steps[i].say);
        cr_assert_not_null(script->steps[i].help);
    }
    clv_script_free(&script);
}

Test(script_read, roles_and_rules_arrive)
{
    struct clv_script *script = read_file(SMALL_SCRIPT);
    cr_assert_str_eq(script->id, "two-owners-three-signers");
    cr_assert_eq(script->num_witnesses, 2);
    cr_assert_eq(script->num_owners, 2);
    cr_assert_eq(script->num_signers, 3);
    cr_assert_str_eq(script->administrator_label, "Master of ceremonies");
    cr_assert_str_eq(script->witness_label, "Witness");
    cr_assert_str_eq(script->owner_label, "Key-part owner");
    cr_assert_str_eq(script->signer_label, "Crypto officer");
    cr_assert_eq(script->sign_threshold, 2);
    cr_assert_eq(script->revoke_threshold, 2);
    cr_assert_eq(script->password_min_bits, 64);
    cr_assert_str_eq(script->kdf_profile, "standard");
    cr_assert_eq(script->reset_units, CLV_RESET_REQUIRED);
    cr_assert_eq(script->idle_seconds, 30);
    cr_assert(script->second_person_for_set_immediate);
    cr_assert_not(script->second_person_for_zeroize);
    cr_assert_not(script->allow_part_owner_to_sign);
    cr_assert_eq(clv_script_find(script, CLV_STEP_SIGNATURE_KEYS)->keys, CLV_KEYS_CREATE);
    cr_assert_null(clv_script_find(script, CLV_STEP_LOAD)->say);
    clv_script_free(&script);
}

Test(script_read, what_is_not_said_is_the_careful_choice)
{
    struct clv_script *script =
        read_file(CLV_SOURCE_DIR "/tests/scripts/load-without-administrators.yaml");
    cr_assert_eq(script->password_min_bits, 60);
    cr_assert_str_eq(script->kdf_profile, "standard");
    cr_assert_eq(script->idle_seconds, 60);
    cr_assert(script->second_person_for_set_immediate);
    cr_assert(script->second_person_for_zeroize);
    cr_assert_not(script->allow_part_owner_to_sign);
    cr_assert_not(script->allow_witness_other_role);
    cr_assert_null(clv_script_find(script, CLV_STEP_ADMINISTRATORS));
    cr_assert_null(clv_script_find(script, CLV_STEP_CREATE_PARTS));
    clv_script_free(&script);
}

Test(script_read, the_hash_is_that_of_the_bytes)
{
    char *text = text_of(SMALL_SCRIPT);
    struct clv_script *script = NULL;
    uint8_t hash[CLV_SHA256_LEN];
    clv_sha256(text, strlen(text), hash);
    cr_assert_eq(clv_script_parse("x", text, strlen(text), &script, NULL), CLV_OK);
    cr_assert_arr_eq(script->hash, hash, sizeof hash);
    clv_script_free(&script);

    /* A comment changes nothing but the identity: what was reviewed is the file. */
    char *commented = edited(text, "roles:", "roles: # who is in the room");
    cr_assert_eq(clv_script_parse("x", commented, strlen(commented), &script, NULL), CLV_OK);
    cr_assert_arr_neq(script->hash, hash, sizeof hash);
    clv_script_free(&script);
    free(commented);
    free(text);
}

Test(script_read, paragraphs_of_a_text_stay_lines)
{
    char *text = text_of(SMALL_SCRIPT);
    char *with_say = edited(text, "  - { step: self-check, title: Check the workstation }",
                            "  - step: self-check\n    title: Check\n    say: |\n"
                            "      First line.\n\n      Größe, 鍵.\n");
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_script_parse("x", with_say, strlen(with_say), &script, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_str_eq(script->steps[0].say, "First line.\n\nGröße, 鍵.");
    clv_script_free(&script);
    free(with_say);
    free(text);
}

Test(script_read, a_missing_file_is_not_a_wrong_script)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_script_read("/nonexistent/x.yaml", &script, &err), CLV_E_MISSING);
    cr_assert_null(script);
    cr_assert_str_eq(err.whiles[0], "reading the ceremony script");
    cr_assert_eq(clv_script_read("/dev/null", &script, &err), CLV_E_IO);
}
