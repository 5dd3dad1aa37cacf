#include <unistd.h>

#include "edit.h"

/* A public root of the trade: the point of the protocol page for the 4769 adapter. */
#define POINT                                                                                      \
    "040112ec7b6c304f2ded0dcbc0d8ec3c43ee2fb377052a46517747bfe5ad35e68f50016644a438cc6c20c4d1b250" \
    "8"                                                                                            \
    "5eea9c83a99514d9b39b6e3d60f472237ac894d81002b53cdf6a39ca67e258a0e714d6609d7ea3f687aa0b3bf8b6" \
    "9f92e7dcf539792abb8b063be8f9393124c10271d4c569626cb6e8ea79f502670c201848e328041a7"

Test(site_read, the_example_is_accepted)
{
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_site_read(EXAMPLE_SITE, &site, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(site->num_instances, 2);
    const struct clv_site_instance *first = &site->instances[0], *second = &site->instances[1];
    cr_assert_str_eq(first->name, "Key management, first site");
    cr_assert_str_eq(first->id, "96fe3f8d-9792-45bc-a9fb-2594222deaf2");
    cr_assert_str_eq(first->endpoint, "unix:/run/claviger/first/units.sock");
    cr_assert_str_eq(first->roots[0].file, "first/root.hex");
    cr_assert_null(first->units);
    cr_assert_null(first->token_file);
    cr_assert_str_eq(second->token_file, "second/token");
    cr_assert_eq(second->num_units, 3);
    cr_assert_eq(second->units[2], 5);
    cr_assert_str_eq(site->key_files_folder, "/media/red/key-files");
    cr_assert_str_eq(site->receipts_folder, "/media/blue/receipts");
    cr_assert_str_eq(site->mirror_folder, "/media/blue/journals");
    cr_assert_null(site->printer);
    cr_assert_eq(site->query_seconds, 10);
    cr_assert_eq(site->command_seconds, 30);
    clv_site_free(&site);
    cr_assert_null(site);
}

/* clang-format off */
static const struct wrong {
    const char *from, *to;
    const char *fact;
} wrongs[] = {
    {"claviger-site: 1", "claviger-script: 1",
     "test.yaml:3:1: this is no site file: one begins with \"claviger-site: 1\""},
    {"units: all", "units: some",
     "test.yaml:10:12: \"units\" must be all, or a list of numbers such as [1, 2]"},
    {"[1, 2, 5]", "[1, 2, 2]",
     "test.yaml:17:19: the numbers of \"units\" must go up, each one once"},
    {"[1, 2, 5]", "[0]",
     "test.yaml:17:13: \"units\" must be a number from 1 to 1024, not \"0\""},
    {"[1, 2, 5]", "[]",
     "test.yaml:17:12: \"units\" must have 1 to 1024 entries, not 0"},
    {"0d2c6f0e", "0d2c6f0",
     "test.yaml:12:9: \"id\" must be a UUID of 36 characters"},
    {"0d2c6f0e", "0d2c6f0g",
     "test.yaml:12:9: \"id\" must be a UUID: 8-4-4-4-12 hex digits"},
    {"0d2c6f0e-53a1-4f6b-8c1d-6a5b7b0f4e11", "96FE3F8D-9792-45bc-a9fb-2594222deaf2",
     "test.yaml:12:9: another service instance has the same id"},
    {"second site", "first site",
     "test.yaml:11:11: another service instance has the same name"},
    {"unix:/run", "unix:run",
     "test.yaml:8:15: \"endpoint\" needs a full path: unix:/run/..."},
    {"http://127.0.0.1:8080", "http://127.0.0.1.example.org",
     "test.yaml:13:15: \"endpoint\" may use http:// on this machine only; elsewhere https://"},
    {"http://127.0.0.1:8080", "http://units.example.org",
     "test.yaml:13:15: \"endpoint\" may use http:// on this machine only; elsewhere https://"},
    {"http://127.0.0.1:8080", "https://",
     "test.yaml:13:15: \"endpoint\" needs a host behind https://"},
    {"http://127.0.0.1:8080", "https://a@b",
     "test.yaml:13:15: \"endpoint\" may have no blank, quote or \"@\""},
    {"http://127.0.0.1:8080", "ftp://x",
     "test.yaml:13:15: \"endpoint\" must begin with unix:/, http://127.0.0.1 or https://"},
    {"[first/root.hex]", "[]",
     "test.yaml:9:20: \"trusted-roots\" must have 1 to 8 entries, not 0"},
    {"    endpoint: unix:/run/claviger/first/units.sock\n", "",
     "test.yaml:6:5: name one of \"endpoint\", \"region\" and \"device\""},
    {"endpoint: http://127.0.0.1:8080", "endpoint: https://h\n    region: eu-de",
     "test.yaml:11:5: name one of \"endpoint\", \"region\" and \"device\", not several"},
    {"endpoint: http://127.0.0.1:8080", "region: eu-xx",
     "test.yaml:13:13: \"region\" is not one of us-south, eu-de, eu-gb, eu-es, br-sao, au-syd, jp-tok, ca-tor, us-east"},
    {"endpoint: http://127.0.0.1:8080", "region: eu-de\n    api-endpoint: private",
     "test.yaml:14:19: \"api-endpoint\" is not one of cloud.ibm.com, test.cloud.ibm.com, private.cloud.ibm.com, private.test.cloud.ibm.com"},
    {"endpoint: http://127.0.0.1:8080", "endpoint: https://h\n    api-endpoint: cloud.ibm.com",
     "test.yaml:14:19: \"api-endpoint\" belongs to \"region\""},
    {"endpoint: http://127.0.0.1:8080", "endpoint: https://h\n    queues: [03.0008]",
     "test.yaml:14:13: \"queues\" belongs to \"device\""},
    {"endpoint: unix:/run/claviger/first/units.sock", "device: /dev/z90crypt",
     "test.yaml:8:13: \"queues\" is missing: which domains of which cards"},
    {"endpoint: unix:/run/claviger/first/units.sock", "device: z90crypt\n    queues: [03.0008]",
     "test.yaml:8:13: \"device\" needs a full path: /dev/z90crypt"},
    {"endpoint: unix:/run/claviger/first/units.sock", "device: /dev/z90crypt\n    queues: [3.8]",
     "test.yaml:9:14: \"queues\" holds card and domain in hex digits, as in 03.0008"},
    {"endpoint: unix:/run/claviger/first/units.sock", "device: /dev/z90crypt\n    queues: [03.0008, 04.0100]",
     "test.yaml:9:23: \"queues\" holds card and domain in hex digits, as in 03.0008"},
    {"endpoint: unix:/run/claviger/first/units.sock", "device: /dev/z90crypt\n    queues: [03.0008, 03.0008]",
     "test.yaml:9:23: \"queues\" names 03.0008 twice"},
    {"endpoint: http://127.0.0.1:8080", "device: /dev/z90crypt\n    queues: [03.0008]",
     "test.yaml:13:13: a \"device\" of this machine takes no token"},
    {"token-file: second/token", "token-file: second/token\n    token: ask",
     "test.yaml:16:17: \"token\" and \"token-file\" are two ways: name one"},
    {"first/root.hex", "0401abcdef0401abcdef0401abcdef0401abcdef0401abcdef0401abcdef0401ab",
     NULL},
    {"printer: none", "printer: -dother",
     "test.yaml:24:10: \"printer\" must be the name of a print queue (letters, digits, '_', '-', '.') or none"},
    {"query-seconds: 10", "query-seconds: 0",
     "test.yaml:27:18: \"query-seconds\" must be a number from 1 to 600, not \"0\""},
    {"key-files:", "keyfiles:",
     "test.yaml:20:3: \"keyfiles\" is not known here"},
};
/* clang-format on */

static void check_wrong(const struct wrong *wrong)
{
    char *text = text_of(EXAMPLE_SITE);
    char *changed = edited(text, wrong->from, wrong->to);
    struct clv_error err;
    cr_assert_eq(try_site(changed, strlen(changed), &err), CLV_E_SCRIPT, "accepted: %s", wrong->to);
    if (wrong->fact != NULL)
        cr_assert_str_eq(err.fact, wrong->fact);
    free(changed);
    free(text);
}

Test(site_read, errors_name_place_and_reason)
{
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        check_wrong(&wrongs[i]);
}

static struct clv_site *site_with(const char *from, const char *to)
{
    char *text = text_of(EXAMPLE_SITE);
    char *changed = edited(text, from, to);
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_site_parse("x", changed, strlen(changed), &site, &err), CLV_OK, "%s",
                 err.fact);
    free(changed);
    free(text);
    return site;
}

Test(site_read, regions_have_addresses)
{
    static const char *const rows[][2] = {
        {"region: us-south", "https://tke.us-south.hs-crypto.cloud.ibm.com"},
        {"region: eu-de\n    api-endpoint: cloud.ibm.com",
         "https://tke.eu-de.hs-crypto.cloud.ibm.com"},
        {"region: eu-de\n    api-endpoint: test.cloud.ibm.com",
         "https://tke.eu-de.hs-crypto.test.cloud.ibm.com"},
        {"region: jp-tok\n    api-endpoint: private.cloud.ibm.com",
         "https://tke.private.jp-tok.hs-crypto.cloud.ibm.com"},
        {"region: br-sao\n    api-endpoint: private.test.cloud.ibm.com",
         "https://tke.private.br-sao.hs-crypto.test.cloud.ibm.com"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_site *site = site_with("endpoint: http://127.0.0.1:8080", rows[i][0]);
        cr_assert_str_eq(site->instances[1].endpoint, rows[i][1]);
        clv_site_free(&site);
    }
}

Test(site_read, cards_of_this_machine)
{
    struct clv_site *site = site_with("endpoint: unix:/run/claviger/first/units.sock",
                                      "device: /dev/z90crypt\n    queues: [03.0008, \"ff.00ff\"]");
    const struct clv_site_instance *first = &site->instances[0];
    cr_assert_str_eq(first->endpoint, "zcrypt:/dev/z90crypt");
    cr_assert_eq(first->num_queues, 2);
    cr_assert_eq(first->queues[0].card, 3);
    cr_assert_eq(first->queues[0].domain, 8);
    cr_assert_eq(first->queues[1].card, 255);
    cr_assert_eq(first->queues[1].domain, 255);
    clv_site_free(&site);
}

Test(site_read, a_token_may_be_asked_for_and_roots_may_be_left_out)
{
    struct clv_site *site = site_with("token-file: second/token", "token: ask");
    cr_assert_eq(site->instances[1].token, CLV_SITE_TOKEN_ASK);
    clv_site_free(&site);
    site = site_with("    trusted-roots: [first/root.hex]\n", "");
    cr_assert_eq(site->instances[0].num_roots, 0);
    clv_site_free(&site);
}

Test(site_read, a_root_may_stand_in_the_file)
{
    char *text = text_of(EXAMPLE_SITE);
    char *changed = edited(text, "first/root.hex", POINT);
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_site_parse("x", changed, strlen(changed), &site, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_null(site->instances[0].roots[0].file);
    cr_assert_eq(site->instances[0].roots[0].point[0], 4);
    cr_assert_eq(site->instances[0].roots[0].point[CLV_P521_POINT_LEN - 1], 0xa7);
    clv_site_free(&site);
    free(changed);

    changed = edited(text, "first/root.hex", POINT);
    changed[strlen(changed) - strlen(strstr(changed, "8041a7")) + 5] = '8'; /* off the curve */
    cr_assert_eq(try_site(changed, strlen(changed), &err), CLV_E_SCRIPT);
    cr_assert_str_eq(err.fact,
                     "test.yaml:9:21: a trusted root: not a point of P-521 in the form 04 X Y");
    free(changed);
    free(text);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = clv_path_join(folder, name);
    cr_assert_eq(clv_file_replace(path, text, strlen(text), NULL), CLV_OK);
    free(path);
}

Test(site_read, names_start_beside_the_site)
{
    char folder[] = "/tmp/claviger-site-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    char *text = text_of(EXAMPLE_SITE), *one = edited(text, "first/root.hex", "one.hex");
    char *both = edited(one, "second/root.hex", "two.hex");
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_site_parse("x", both, strlen(both), &site, NULL), CLV_OK);

    write_file(folder, "one.hex", POINT "\n");
    cr_assert_eq(clv_site_resolve(site, folder, &err), CLV_E_MISSING);
    write_file(folder, "two.hex", "0401\n");
    cr_assert_eq(clv_site_resolve(site, folder, &err), CLV_E_INPUT);
    write_file(folder, "two.hex", POINT);
    cr_assert_eq(clv_site_resolve(site, folder, &err), CLV_OK, "%s", err.fact);
    cr_assert_arr_eq(site->instances[0].roots[0].point, site->instances[1].roots[0].point,
                     CLV_P521_POINT_LEN);
    cr_assert_null(site->instances[1].roots[0].file);
    char *token = clv_path_join(folder, "second/token");
    cr_assert_str_eq(site->instances[1].token_file, token);
    cr_assert_str_eq(site->key_files_folder, "/media/red/key-files");
    cr_assert_eq(clv_site_resolve(site, "/elsewhere", &err), CLV_OK, "again changes nothing");
    cr_assert_str_eq(site->instances[1].token_file, token);
    free(token);

    clv_site_free(&site);
    static const char *const names[] = {"one.hex", "two.hex"};
    for (size_t i = 0; i < 2; i++) {
        char *path = clv_path_join(folder, names[i]);
        (void)unlink(path);
        free(path);
    }
    (void)rmdir(folder);
    free(both);
    free(one);
    free(text);
}
