/* Numbers, settings, and the choice of keys from a list. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/tke/internal.h"

static const char *round_trip(const char *text, unsigned max)
{
    static char out[200];
    bool set[101] = {0};
    struct clv_error err = {0};
    cr_assert_eq(clv_tke_numbers(text, max, set, &err), CLV_OK, "%s", err.fact);
    clv_tke_number_list(set, max, out, sizeof(out));
    return out;
}

Test(tke_numbers, lists_ranges_and_all)
{
    cr_assert_str_eq(round_trip("1", 5), "1");
    cr_assert_str_eq(round_trip("3-5,1", 5), "1,3,4,5");
    cr_assert_str_eq(round_trip(" 2 , 2", 5), "2");
    cr_assert_str_eq(round_trip("all", 3), "1,2,3");
    cr_assert_str_eq(round_trip("all", 40), "1-40");
    cr_assert_str_eq(round_trip("1-40,42", 42), "1-40,42");
}

Test(tke_numbers, what_is_wrong_is_quoted)
{
    static const char *const wrong[] = {
        "",  ",",   "1,,2", "0",  "6",   "1-6",   "5-1", "-1",  "1-",    "1--2",
        "a", "1 2", "ALL",  "+1", "1.5", "all,1", "1,a", "1;2", "1-2-3", "99999999999999999999"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        bool set[6] = {0}, before[6] = {0};
        struct clv_error err = {0};
        cr_assert_eq(clv_tke_numbers(wrong[i], 5, set, &err), CLV_E_INPUT, "%s", wrong[i]);
        cr_assert_eq(err.fact[0], '"', "%s: %s", wrong[i], err.fact);
        cr_assert_arr_eq(set, before, sizeof(set), "%s", wrong[i]);
    }
}

/* ---- settings ---- */

static const char good[] =
    "{\"claviger-settings\": 1, \"site\": \"/etc/site.yaml\", \"units\": [{\"instance\": \"i1\", "
    "\"hsm\": \"h1\"}, {\"instance\": \"i1\", \"hsm\": \"h2\"}], \"signature-keys\": "
    "[\"sofia.clvkey\"]}";

static clv_status parse(const char *text, struct clv_tke_settings *s, struct clv_error *err)
{
    return clv_tke_settings_parse(clv_view_of(text, strlen(text)), s, err);
}

Test(tke_settings, what_is_written_is_read)
{
    struct clv_tke_settings s = {0}, again = {0};
    char path[] = "/tmp/claviger-settings-XXXXXX";
    cr_assert(mkdtemp(path));
    char *file = clv_path_join(path, "settings.json");
    cr_assert_eq(parse(good, &s, NULL), CLV_OK);
    cr_assert_eq(clv_tke_settings_put_unit(&s, "i1", "h1", false, NULL), CLV_OK);
    cr_assert_eq(clv_tke_settings_put_unit(&s, "i2", "h1", true, NULL), CLV_OK);
    cr_assert_eq(clv_tke_settings_put_unit(&s, "i2", "h1", true, NULL), CLV_OK);
    cr_assert_eq(clv_tke_settings_write(file, &s, NULL), CLV_OK);
    cr_assert_eq(clv_tke_settings_read(file, &again, NULL), CLV_OK);
    cr_assert_eq(again.num_units, 2);
    cr_assert(clv_tke_settings_has_unit(&again, "i2", "h1"));
    cr_assert(!clv_tke_settings_has_unit(&again, "i1", "h1"));
    cr_assert_str_eq(again.site_file, "/etc/site.yaml");
    cr_assert_str_eq(again.sigkeys[0], "sofia.clvkey");
    clv_tke_settings_clear(&s);
    clv_tke_settings_clear(&again);
    cr_assert_eq(remove(file), 0);
    cr_assert_eq(remove(path), 0);
    free(file);
}

Test(tke_settings, a_missing_file_is_an_empty_one)
{
    struct clv_tke_settings s = {.num_units = 7};
    struct clv_error err = {0};
    cr_assert_eq(clv_tke_settings_read("/nonexistent/settings.json", &s, &err), CLV_OK);
    cr_assert_eq(s.num_units, 0);
    cr_assert_eq(err.code, CLV_OK);
}

Test(tke_settings, the_wrong_member_is_named)
{
    static const struct {
        const char *from, *to, *said;
    } cases[] = {
        {"\"claviger-settings\": 1", "\"claviger-settings\": \"1\"", "claviger-settings"},
        {"\"claviger-settings\": 1", "\"claviger-settings\": 2", "another version"},
        {"\"claviger-settings\": 1", "\"other\": 1", "claviger-settings"},
        {"/etc/site.yaml", "site.yaml", "site"},
        {"\"hsm\": \"h2\"}", "\"hsm\": 2}", "units"},
        {"\"hsm\": \"h2\"}", "\"hsm\": \"h2\", \"x\": 1}", "units"},
        {"sofia.clvkey", "../sofia.clvkey", "signature-keys"},
        {"sofia.clvkey", ".hidden", "signature-keys"},
        {"sofia.clvkey", "", "signature-keys"},
        {"[\"sofia.clvkey\"]", "{}", "signature-keys"},
        {"[\"sofia.clvkey\"]", "[], \"more\": 1", "unknown"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[600];
        const char *at = strstr(good, cases[i].from);
        struct clv_tke_settings s = {0};
        struct clv_error err = {0};
        cr_assert(at);
        snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, cases[i].to,
                 at + strlen(cases[i].from));
        cr_assert_neq(parse(text, &s, &err), CLV_OK, "%s", text);
        cr_assert(strstr(err.fact, cases[i].said), "%s: %s", text, err.fact);
        cr_assert_null(s.units);
    }
}

Test(tke_settings, every_truncation_and_every_changed_byte_is_survived)
{
    char text[sizeof(good)];
    for (size_t len = 0; len + 1 < sizeof(good); len++) {
        struct clv_tke_settings s = {0};
        cr_assert_neq(clv_tke_settings_parse(clv_view_of(good, len), &s, NULL), CLV_OK);
    }
    for (size_t i = 0; i + 1 < sizeof(good); i++)
        for (int bit = 0; bit < 8; bit++) {
            struct clv_tke_settings s = {0};
            memcpy(text, good, sizeof(good));
            text[i] = (char)(text[i] ^ (1 << bit));
            if (clv_tke_settings_parse(clv_view_of(text, sizeof(good) - 1), &s, NULL) == CLV_OK)
                clv_tke_settings_clear(&s);
            cr_assert_null(s.units);
        }
}

/* ---- choosing keys ---- */

static struct clv_tke_key keys[] = {
    {.number = 1,
     .file = "boris-x.clvkey",
     .info = {.kind = CLV_KEYFILE_SIGKEY, .admin_name = "Boris"}},
    {.number = 0, .file = "old.clvkey", .info = {.kind = CLV_KEYFILE_SIGKEY, .admin_name = "Old"}},
    {.number = 2,
     .file = "sofia-x.clvkey",
     .info = {.kind = CLV_KEYFILE_SIGKEY, .admin_name = "Sofia"}},
    {.number = 3,
     .file = "sofia-y.clvkey",
     .info = {.kind = CLV_KEYFILE_SIGKEY, .admin_name = "Sofia"}},
};
static const struct clv_tke_keys list = {keys, 4};

static void assert_refused(const char *text, const char *said)
{
    const struct clv_tke_key *chosen[2];
    size_t num = 99;
    struct clv_error err = {0};
    cr_assert_eq(clv_tke_choose_keys(&list, text, chosen, 2, &num, &err), CLV_E_INPUT, "%s", text);
    cr_assert(strstr(err.fact, said), "%s: %s", text, err.fact);
    cr_assert_eq(num, 99);
}

Test(tke_keys, numbers_files_and_names_in_the_order_given)
{
    const struct clv_tke_key *chosen[3];
    size_t num = 0;
    cr_assert_eq(clv_tke_choose_keys(&list, "3, Boris ,sofia-x.clvkey", chosen, 3, &num, NULL),
                 CLV_OK);
    cr_assert_eq(num, 3);
    cr_assert_eq(chosen[0], &keys[3]);
    cr_assert_eq(chosen[1], &keys[0]);
    cr_assert_eq(chosen[2], &keys[2]);
}

Test(tke_keys, what_does_not_name_one_key_is_refused)
{
    assert_refused("Sofia", "several");
    assert_refused("Old", "none of the key files");
    assert_refused("0", "none of the key files");
    assert_refused("4", "none of the key files");
    assert_refused("1,Boris", "a second time");
    assert_refused("1,2,3", "at most 2");
    assert_refused("", "not a list");
    assert_refused("1,", "not a list");
    assert_refused(",1", "not a list");
}
