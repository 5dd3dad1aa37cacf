/* The file SIGNSERVKEYS: what is taken from it, what is not, and that nothing of a token stays. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/unit/signing.h"
#include "start.h"

static clv_status parse(const char *text, size_t len, struct clv_signing_entry **ret,
                        size_t *ret_num, struct clv_error *err)
{
    return clv_signing_keys_parse(clv_view_of(text, len), ret, ret_num, err);
}

TestSuite(signing_keys, .init = test_start);

static const char good[] = "[{\"key\":\"first-key\"},{\"key\":\"second.key\",\"token\":\"for 2\"},"
                           "{\"key\":\"third~key\",\"other\":[1]}]";

Test(signing_keys, the_published_form)
{
    struct clv_signing_entry *keys = NULL;
    size_t num = 0;
    cr_assert_eq(parse(good, sizeof good - 1, &keys, &num, NULL), CLV_OK);
    cr_assert_eq(num, 3);
    cr_assert_str_eq(keys[0].name, "first-key");
    cr_assert_null(keys[0].token);
    cr_assert_eq(clv_secret_len(keys[1].token), 5);
    cr_assert_eq(memcmp(clv_secret_read(keys[1].token), "for 2", 5), 0);
    clv_secret_close(keys[1].token);
    cr_assert_str_eq(keys[2].name, "third~key");
    clv_signing_keys_free(&keys, num);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(signing_keys, what_is_refused)
{
    static const char *const bad[] = {
        "",
        "{}",
        "7",
        "[7]",
        "[{}]",
        "[{\"key\":7}]",
        "[{\"key\":\"\"}]",
        "[{\"key\":\"a/b\"}]",
        "[{\"key\":\"..\"}]",
        "[{\"key\":\"a\"},{\"key\":\"a\"}]",
        "[{\"key\":\"a\",\"token\":\"\"}]",
        "[{\"key\":\"a\",\"token\":1}]",
        "[{\"key\":\"a\",\"key\":\"b\"}]",
        "[{\"key\":\"a\",\"token\":\"x\"},{\"key\":\"b c\"}]",
    };
    struct clv_signing_entry *keys = NULL;
    size_t num = 99;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct clv_error err = {0};
        cr_assert_eq(parse(bad[i], strlen(bad[i]), &keys, &num, &err), CLV_E_FORMAT, "%s", bad[i]);
        cr_assert_null(keys);
        cr_assert_eq(num, 99);
        cr_assert_eq(clv_secret_alive(), 0);
        cr_assert_null(strstr(err.fact, "x\""), "a token in an error");
    }
}

Test(signing_keys, cut_and_changed_anywhere)
{
    struct clv_signing_entry *keys = NULL;
    char text[sizeof good];
    size_t num = 0;
    for (size_t len = 0; len < sizeof good - 1; len++)
        cr_assert_eq(parse(good, len, &keys, &num, NULL), CLV_E_FORMAT);
    for (size_t at = 0; at < sizeof good - 1; at++)
        for (unsigned value = 0; value < 256; value++) {
            memcpy(text, good, sizeof good);
            text[at] = (char)value;
            if (parse(text, sizeof good - 1, &keys, &num, NULL) == CLV_OK) {
                for (size_t i = 0; i < num; i++)
                    cr_assert(clv_ep11_signing_name_ok(keys[i].name));
                clv_signing_keys_free(&keys, num);
            }
        }
    cr_assert_eq(clv_secret_alive(), 0);
}
