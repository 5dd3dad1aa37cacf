/* The signing service of a site file: what is taken, what is refused and where, and that no text
 * makes the reader lose its way. */
#include "edit.h"

#include "claviger/ep11.h"

static const char head[] = "claviger-site: 1\nservice-instances:\n  - name: U\n"
                           "    id: 96fe3f8d-9792-45bc-a9fb-2594222deaf2\n"
                           "    endpoint: unix:/run/u.sock\n";
static const char service[] = "signing-service:\n  name: House\n  url: https://sign.example:8443\n"
                              "  ca-file: ca.pem\n  token: ask\n  keys: [sofia, \"jo.nas~2\"]\n"
                              "  seconds: 20\n";

static char *whole(const char *text)
{
    char *site = NULL;
    cr_assert_gt(asprintf(&site, "%s%s", head, text), 0);
    return site;
}

static struct clv_site *parsed(const char *text)
{
    struct clv_site *site = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_site_parse("x", text, strlen(text), &site, &err), CLV_OK, "%s", err.fact);
    return site;
}

Test(site_signing, a_service_with_its_keys)
{
    char *text = whole(service);
    struct clv_site *site = parsed(text);
    const struct clv_site_signing *s = &site->signing;
    cr_assert_str_eq(s->name, "House");
    cr_assert_str_eq(s->url, "https://sign.example:8443");
    cr_assert_eq(s->token, CLV_SITE_TOKEN_ASK);
    cr_assert_eq(s->num_keys, 2);
    cr_assert_str_eq(s->keys[1], "jo.nas~2");
    cr_assert_eq(s->seconds, 20);
    cr_assert_not(s->test);
    cr_assert_eq(clv_site_resolve(site, "/etc/room", NULL), CLV_OK);
    cr_assert_str_eq(s->ca_file, "/etc/room/ca.pem");
    clv_site_free(&site);
    site = parsed(head);
    cr_assert_null(site->signing.name);
    clv_site_free(&site);
    free(text);
}

/* clang-format off */
static const struct {
    const char *from, *to, *fact;
} wrongs[] = {
    {"  name: House\n", "", "x:6:1: \"name\" is missing here"},
    {"https://sign.example:8443", "http://sign.example", "x:8:8: \"url\" may use http:// on this machine only; elsewhere https://"},
    {"https://sign.example:8443", "unix:/run/s", "x:8:8: \"url\" must begin with https://, or with http:// on this machine"},
    {"https://sign.example:8443", "https://s/?a", "x:8:8: \"url\" may have no blank, quote, \"@\", \"?\" or \"#\""},
    {"https://sign.example:8443", "http://127.0.0.1:80", "x:9:12: \"ca-file\" belongs to https://"},
    {"token: ask", "token: maybe", NULL},
    {"token: ask", "token: ask\n  token-file: t", "x:11:15: \"token\" and \"token-file\" are two ways: name one"},
    {"keys: [", "keys-file: f\n  keys: [", "x:7:3: name one of \"keys\" and \"keys-file\", not both"},
    {"  keys: [sofia, \"jo.nas~2\"]\n", "", "x:7:3: name one of \"keys\" and \"keys-file\""},
    {"keys: [sofia, \"jo.nas~2\"]", "keys: []", "x:11:9: \"keys\" must have 1 to 64 entries, not 0"},
    {"keys: [sofia, \"jo.nas~2\"]", "keys: [a/b]", "x:11:10: a name of \"keys\" has letters, digits and -._~ only"},
    {"keys: [sofia, \"jo.nas~2\"]", "keys: [..]", "x:11:10: a name of \"keys\" has letters, digits and -._~ only"},
    {"keys: [sofia, \"jo.nas~2\"]", "keys: [a, a]", "x:11:13: \"keys\" names a twice"},
    {"token: ask\n  keys: [sofia, \"jo.nas~2\"]", "token-file: t\n  keys-file: f", "x:10:15: the tokens stand in the \"keys-file\", or are asked for"},
    {"seconds: 20", "seconds: 0", "x:12:12: \"seconds\" must be a number from 1 to 600, not \"0\""},
    {"seconds: 20", "password: a", NULL},
    {"signing-service:", "signing-service: 7\nx:", NULL},
};
/* clang-format on */

Test(site_signing, errors_name_place_and_reason)
{
    char *text = whole(service);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        char *changed = edited(text, wrongs[i].from, wrongs[i].to);
        struct clv_site *site = NULL;
        struct clv_error err = {0};
        cr_assert_eq(clv_site_parse("x", changed, strlen(changed), &site, &err), CLV_E_SCRIPT,
                     "accepted: %s", wrongs[i].to);
        if (wrongs[i].fact != NULL)
            cr_assert_str_eq(err.fact, wrongs[i].fact);
        free(changed);
    }
    free(text);
}

static void check(const struct clv_site *site)
{
    const struct clv_site_signing *s = &site->signing;
    cr_assert(s->name == NULL || (s->num_keys == 0) == (s->keys_file != NULL));
    for (size_t i = 0; i < s->num_keys; i++)
        cr_assert(clv_ep11_signing_name_ok(s->keys[i]), "%s", s->keys[i]);
}

Test(site_signing, cut_and_changed_anywhere)
{
    char *text = whole(service);
    size_t from = strlen(head), len = strlen(text);
    for (size_t at = from; at < len; at++) {
        struct clv_site *site = NULL;
        char was = text[at];
        if (clv_site_parse("x", text, at, &site, NULL) == CLV_OK)
            check(site);
        clv_site_free(&site);
        for (unsigned bit = 0; bit < 8; bit++) {
            text[at] = (char)(was ^ (1 << bit));
            if (clv_site_parse("x", text, len, &site, NULL) == CLV_OK)
                check(site);
            clv_site_free(&site);
        }
        text[at] = was;
    }
    free(text);
}

/* What is written for units that were set aside names the same service. */
Test(site_signing, goes_along_into_a_follow_up)
{
    static unsigned first[] = {1};
    const struct clv_site_selection selections[1] = {{first, 1}};
    char *text = whole(service);
    struct clv_site *site = parsed(text);
    struct clv_writer w = {0};
    clv_site_follow_up(site, selections, &w);
    clv_write_u8(&w, 0);
    struct clv_site *second = parsed((const char *)w.data);
    cr_assert_str_eq(second->signing.url, site->signing.url);
    cr_assert_eq(second->signing.num_keys, 2);
    cr_assert_str_eq(second->signing.keys[1], "jo.nas~2");
    cr_assert_eq(second->signing.token, CLV_SITE_TOKEN_ASK);
    cr_assert_eq(second->signing.seconds, 20);
    clv_writer_clear(&w);
    clv_site_free(&second);
    clv_site_free(&site);
    free(text);
}
