/* Whatever is in the file: an error with a place, or a script that holds every promise. */
#include "edit.h"

static void must_be_sound(const char *text, size_t len)
{
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    if (clv_script_parse("test.yaml", text, len, &script, &err) != CLV_OK) {
        cr_assert_eq(err.code, CLV_E_SCRIPT);
        cr_assert_eq(strncmp(err.fact, "test.yaml:", 10), 0, "%s", err.fact);
        return;
    }
    cr_assert(script->num_owners >= 2 && script->num_owners <= 3);
    cr_assert(script->sign_threshold >= 1 && script->sign_threshold <= script->num_signers);
    cr_assert(script->revoke_threshold >= 1 && script->revoke_threshold <= script->num_signers);
    cr_assert_geq(script->password_min_bits, 60);
    cr_assert_eq(script->steps[0].kind, CLV_STEP_SELF_CHECK);
    cr_assert_eq(script->steps[script->num_steps - 1].kind, CLV_STEP_SIGN_OFF);
    clv_script_free(&script);
}

Test(script_hostile, every_truncation)
{
    char *text = text_of(SMALL_SCRIPT);
    for (size_t len = 0; len < strlen(text); len++) {
        char *part = malloc(len + 1); /* of its own, so that a read behind the end is seen */
        memcpy(part, text, len);
        must_be_sound(part, len);
        free(part);
    }
    free(text);
}

Test(script_hostile, every_bit_flip)
{
    char *text = text_of(SMALL_SCRIPT);
    size_t len = strlen(text);
    for (size_t bit = 0; bit < len * 8; bit++) {
        text[bit / 8] = (char)((unsigned char)text[bit / 8] ^ 1u << bit % 8);
        must_be_sound(text, len);
        text[bit / 8] = (char)((unsigned char)text[bit / 8] ^ 1u << bit % 8);
    }
    free(text);
}

Test(script_hostile, every_byte_lost_or_doubled)
{
    char *text = text_of(SMALL_SCRIPT);
    size_t len = strlen(text);
    char *copy = malloc(len + 1);
    for (size_t at = 0; at < len; at++) {
        memcpy(copy, text, at);
        memcpy(copy + at, text + at + 1, len - at - 1);
        must_be_sound(copy, len - 1);
        memcpy(copy, text, at + 1);
        memcpy(copy + at + 1, text + at, len - at);
        must_be_sound(copy, len + 1);
    }
    free(copy);
    free(text);
}

static void refused(const char *text, size_t len, const char *why)
{
    struct clv_error err;
    cr_assert_eq(try_script(text, len, &err), CLV_E_SCRIPT);
    cr_assert_not_null(strstr(err.fact, why), "%s", err.fact);
}

Test(script_hostile, size_depth_and_number_are_bounded)
{
    static char big[CLV_SCRIPT_FILE_MAX + 1];
    memset(big, '#', sizeof big);
    refused(big, sizeof big, "larger than 65536 bytes");

    char deep[200] = "claviger-script: ";
    memset(deep + strlen(deep), '[', 100);
    refused(deep, strlen(deep), "nested too deeply");

    struct clv_writer w;
    clv_writer_init(&w);
    clv_write_text(&w, "claviger-script: [");
    for (int i = 0; i < 3000; i++)
        clv_write_text(&w, "1,");
    clv_write_text(&w, "]\n");
    refused((const char *)w.data, w.len, "more than 2000 values");
    clv_writer_clear(&w);
}

Test(script_hostile, a_nul_byte_is_seen)
{
    static const char text[] = "claviger-script: 1\0\nid: x\n";
    refused(text, sizeof text - 1, "test.yaml:1:19: a control character");
    static const char escaped[] = "claviger-script: 1\nid: \"a\\0b\"\n";
    refused(escaped, sizeof escaped - 1, "a control character");
}

Test(script_hostile, escapes_do_not_smuggle_what_is_refused)
{
    static const char *const titles[] = {"title: \"a\\x1b[2J\"", "title: \"a\\u202eb\"",
                                         "title: \"a\\nb\"", "title: \"\\u200b\""};
    char *text = text_of(SMALL_SCRIPT);
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        char *changed = edited(text, "title: Two owners, three signers", titles[i]);
        struct clv_error err;
        cr_assert_eq(try_script(changed, strlen(changed), &err), CLV_E_SCRIPT, "%s", titles[i]);
        free(changed);
    }
    free(text);
}
