/* Every error says file, line and column, and quotes the line with a caret under the place. */

#include "edit.h"

/* clang-format off */
static const struct wrong {
    const char *from, *to;
    const char *fact;  /* whole */
    const char *caret; /* second line of the quote, or NULL */
} wrongs[] = {
    {"roles:", "rols:",
     "test.yaml:7:1: \"rols\" is not known here", "      | ^"},
    {"  witness: 2\n", "",
     "test.yaml:7:1: \"witness\" is missing here", "      | ^"},
    {"witness: 2", "witness: 4",
     "test.yaml:9:12: \"witness\" must be a number from 1 to 3, not \"4\"", "      |            ^"},
    {"witness: 2", "witness: \"2\"",
     "test.yaml:9:13: \"witness\" must be a number from 1 to 3, not \"2\"", NULL},
    {"witness: 2", "witness: 02",
     "test.yaml:9:12: \"witness\" must be a number from 1 to 3, not \"02\"", NULL},
    {"witness: 2", "witness: [2]",
     "test.yaml:9:12: \"witness\" must be a value, not a list", NULL},
    {"{ number: 1,", "{ number: 2,",
     "test.yaml:8:28: \"number\" must be 1, not \"2\"", NULL},
    {"label: Master of ceremonies", "label: \"\"",
     "test.yaml:8:39: label is empty", NULL},
    {"key-part-owners: 2", "key-part-owners: 1",
     "test.yaml:10:20: \"key-part-owners\" must be a number from 2 to 3, not \"1\"", NULL},
    {"number: 3", "number: 9",
     "test.yaml:11:35: \"number\" must be a number from 1 to 8, not \"9\"", NULL},
    {"signature-threshold: 2", "signature-threshold: 4",
     "test.yaml:14:24: \"signature-threshold\" is 4, but there are only 3 signature-key owners", NULL},
    {"revocation-threshold: 2", "revocation-threshold: 8",
     "test.yaml:15:25: \"revocation-threshold\" is 8, but there are only 3 signature-key owners", NULL},
    {"  revocation-threshold: 2\n", "",
     "test.yaml:13:1: \"revocation-threshold\" is missing here", NULL},
    {"password-min-bits: 64", "password-min-bits: 40",
     "test.yaml:16:22: \"password-min-bits\" must be a number from 60 to 256, not \"40\"", NULL},
    {"kdf-profile: standard", "kdf-profile: low",
     "test.yaml:17:16: \"kdf-profile\" cannot be \"low\"", NULL},
    {"idle-seconds: 30", "idle-seconds: -1",
     "test.yaml:19:17: \"idle-seconds\" must be a number from 10 to 3600, not \"-1\"", NULL},
    {"idle-seconds: 30", "allow-part-owner-to-sign: yes",
     "test.yaml:19:29: \"allow-part-owner-to-sign\" must be true or false, not \"yes\"", NULL},
    {"[set-immediate]", "[set-immediate, set-immediate]",
     "test.yaml:20:38: \"set-immediate\" is named twice", NULL},
    {"[set-immediate]", "[commit]",
     "test.yaml:20:23: \"second-person-for\" cannot be \"commit\"", NULL},
    {"[set-immediate]", "set-immediate",
     "test.yaml:20:22: \"second-person-for\" must be a list, not a value", NULL},
    {"step: load", "step: laod",
     "test.yaml:29:13: \"step\" cannot be \"laod\"", "      |             ^"},
    {"step: load, title: Load the key parts", "step: load",
     "test.yaml:29:5: \"title\" is missing here", NULL},
    {"keys: create, ", "",
     "test.yaml:26:5: \"signature-keys\" must say \"keys: create\" or \"keys: open\"", NULL},
    {"step: load,", "step: load, keys: open,",
     "test.yaml:29:19: \"keys\" belongs to the step \"signature-keys\" only", NULL},
    {"id: two", "id: two owners ",
     "test.yaml:3:5: \"id\" may have letters, digits, '.' and '-' only", NULL},
    {"claviger-script: 1", "claviger-script: 2",
     "test.yaml:2:18: this program reads \"claviger-script: 1\" and no other version", NULL},
    {"claviger-script: 1", "claviger-site: 1",
     "test.yaml:2:1: this is no ceremony script: one begins with \"claviger-script: 1\"", NULL},
    {"title: Two owners", "title: [1]\nother: Two owners",
     "test.yaml:4:8: \"title\" must be a value, not a list", NULL},
    {"title: Two owners", "id: again\ntitle: Two owners",
     "test.yaml:4:1: \"id\" stands here twice, first on line 3", NULL},
    {"title: Two owners", "title: &a Two owners",
     "test.yaml:4:9: anchors (&) are not used here", NULL},
    {"title: Two owners, three signers", "title: *a",
     "test.yaml:4:9: aliases (*) are not used here", NULL},
    {"title: Two owners", "title: !x Two owners",
     "test.yaml:4:8: tags (!) are not used here", NULL},
    {"title: Two owners", "title: \tTwo owners",
     "test.yaml:4:8: a tab: use blanks", NULL},
    {"title: Two owners", "title: Two \x1b[2J",
     "test.yaml:4:12: a control character", NULL},
    {"title: Two owners", "title: \xc3\xa4 \xff",
     "test.yaml:4:10: a byte that is not UTF-8", "      |          ^"},
    {"title: Two owners", "title: Two \xe2\x80\xae owners",
     "test.yaml:4:12: a character that changes the writing direction", NULL},
    {"claviger-script", "%YAML 1.1\n---\nclaviger-script",
     "test.yaml:2:1: a YAML directive: not used here", NULL},
    {"steps:\n", "---\nsteps:\n",
     "test.yaml:22:1: a second document: one file is one", NULL},
    {"- { step: load, title: Load the key parts }", "- load",
     "test.yaml:29:5: \"an entry of this list\" must be \"key: value\" lines, not a value", NULL},
};
/* clang-format on */

static void check_wrong(const struct wrong *wrong)
{
    char *text = text_of(SMALL_SCRIPT);
    char *changed = edited(text, wrong->from, wrong->to);
    struct clv_error err;
    cr_assert_eq(try_script(changed, strlen(changed), &err), CLV_E_SCRIPT, "accepted: %s",
                 wrong->to);
    cr_assert_str_eq(err.fact, wrong->fact);
    cr_assert_neq(err.quote[0][0], '\0');
    if (wrong->caret != NULL)
        cr_assert_str_eq(err.quote[1], wrong->caret);
    free(changed);
    free(text);
}

Test(script_errors, name_place_and_reason)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        check_wrong(&wrongs[i]);
}

Test(script_errors, form_is_reported_with_its_place)
{
    static const char *const broken[] = {"[set-immediate", "[set-immediate]]", "\"", "{", "}", "@"};
    char *text = text_of(SMALL_SCRIPT);
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char *changed = edited(text, "[set-immediate]", broken[i]);
        struct clv_error err;
        cr_assert_eq(try_script(changed, strlen(changed), &err), CLV_E_SCRIPT, "%s", broken[i]);
        unsigned line = 0, column = 0;
        cr_assert_eq(sscanf(err.fact, "test.yaml:%u:%u: ", &line, &column), 2, "%s", err.fact);
        cr_assert(line >= 20 && line <= 34, "%s: %s", broken[i], err.fact);
        cr_assert_neq(strchr(err.quote[1], '^'), NULL);
        free(changed);
    }
    free(text);
}

Test(script_errors, a_hint_lists_what_is_possible)
{
    char *text = text_of(SMALL_SCRIPT);
    char *changed = edited(text, "kdf-profile: standard", "kdf-profile: low");
    struct clv_error err;
    cr_assert_eq(try_script(changed, strlen(changed), &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.hint, "Possible here: standard, high.");
    free(changed);
    changed = edited(text, "roles:", "rols:");
    cr_assert_eq(try_script(changed, strlen(changed), &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.hint,
                     "Known here: claviger-script, id, title, purpose, roles, rules, steps.");
    free(changed);
    free(text);
}

Test(script_errors, a_wide_line_is_quoted_around_the_place)
{
    struct clv_writer w;
    clv_writer_init(&w);
    clv_write_text(&w, "claviger-script: 1\nid: a\ntitle: \"");
    for (int i = 0; i < 100; i++)
        clv_write_text(&w, "鍵");
    clv_write_text(&w, "\x07\"\n");
    struct clv_error err;
    cr_assert_eq(try_script((const char *)w.data, w.len, &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact, "test.yaml:3:109: a control character");
    cr_assert_leq(clv_text_width(err.quote[0]), 79);
    /* The caret stands under the character: as wide as what is quoted before it. */
    cr_assert_eq(strcspn(err.quote[1], "^"), clv_text_width(err.quote[0]) - 2);
    clv_writer_clear(&w);
}

Test(script_errors, shapes_are_checked)
{
#define TOP "claviger-script: 1\nid: a\ntitle: a\npurpose: a\n"
    static const char roles[] = TOP "rules: {}\nsteps: []\nroles: text\n";
    struct clv_error err;
    cr_assert_eq(try_script(roles, strlen(roles), &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact,
                     "test.yaml:7:8: \"roles\" must be \"key: value\" lines, not a value");

    static const char steps[] =
        TOP "roles: {administrator: 1, witness: 1, key-part-owners: 2, signature-key-owners: 1}\n"
            "rules: {signature-threshold: 1, revocation-threshold: 1}\nsteps: []\n";
    cr_assert_eq(try_script(steps, strlen(steps), &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact, "test.yaml:7:8: \"steps\" must have 1 to 64 entries, not 0");
#undef TOP
}

Test(script_errors, an_empty_file_says_so)
{
    struct clv_error err;
    cr_assert_eq(try_script("", 0, &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact, "test.yaml:1:1: the file is empty");
    cr_assert_eq(try_script("# nothing\n", 10, &err), CLV_E_SCRIPT);
    cr_assert_eq(try_script("- a\n", 4, &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact, "test.yaml:1:1: the file must consist of \"key: value\"");
}
