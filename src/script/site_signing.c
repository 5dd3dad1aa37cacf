/* The signing service that a site file names: where it is, how it knows who asks, which keys. */
#include <string.h>

#include "claviger/ep11.h"

#include "internal.h"

static size_t place_of(const struct clv_yaml_node *map, const char *key)
{
    return clv_yaml_child(map, key)->at;
}

/* ---- keys ---- */

static clv_status read_key(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                           struct clv_site_signing *signing, struct clv_error *err)
{
    static const struct clv_yaml_field line = {
        .key = "keys", .kind = CLV_FIELD_LINE, .min = 1, .max = CLV_EP11_SIGNING_NAME_MAX};
    const char *name = NULL;
    clv_status status = clv_yaml_value(source, node, &line, &name, err);
    if (status != CLV_OK)
        return status;
    if (!clv_ep11_signing_name_ok(name))
        return clv_yaml_fail(source, node->at, err,
                             "a name of \"keys\" has letters, digits and -._~ only");
    for (size_t i = 0; i < signing->num_keys; i++)
        if (strcmp(signing->keys[i], name) == 0)
            return clv_yaml_fail(source, node->at, err, "\"keys\" names %s twice", name);
    signing->keys[signing->num_keys++] = name;
    return CLV_OK;
}

static clv_status read_keys(const struct clv_yaml_source *source, const struct clv_yaml_node *list,
                            struct clv_site_signing *signing, struct clv_error *err)
{
    clv_status status = clv_yaml_list(source, list, "keys", 1, CLV_SITE_SIGNING_KEYS_MAX, err);
    for (const struct clv_yaml_node *node = list->first; status == CLV_OK && node != NULL;
         node = node->next)
        status = read_key(source, node, signing, err);
    return status;
}

/* ---- what goes together ---- */

static clv_status check_ways(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                             const struct clv_site_signing *signing, bool names_keys,
                             struct clv_error *err)
{
    bool https = strncmp(signing->url, "https://", strlen("https://")) == 0;
    const char *why = clv_site_objection_to_url(signing->url);
    if (why != NULL)
        return clv_yaml_fail(source, place_of(map, "url"), err, "\"url\" %s", why);
    if (names_keys == (signing->keys_file != NULL))
        return clv_yaml_fail(source, map->at, err, "name one of \"keys\" and \"keys-file\"%s",
                             names_keys ? ", not both" : "");
    if (clv_yaml_child(map, "token") && signing->token_file)
        return clv_yaml_fail(source, place_of(map, "token-file"), err,
                             "\"token\" and \"token-file\" are two ways: name one");
    if (signing->keys_file && signing->token_file)
        return clv_yaml_fail(source, place_of(map, "token-file"), err,
                             "the tokens stand in the \"keys-file\", or are asked for");
    if (signing->ca_file && !https)
        return clv_yaml_fail(source, place_of(map, "ca-file"), err,
                             "\"ca-file\" belongs to https://");
    return CLV_OK;
}

clv_status clv_site_read_signing(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *map, struct clv_site_signing *ret,
                                 struct clv_error *err)
{
    struct entry {
        struct clv_site_signing signing;
        const struct clv_yaml_node *keys;
    } entry = {.signing.seconds = 10};
#define ENTRY(member) offsetof(struct entry, member)
    static const char *const token_words[] = {"none", "ask", NULL};
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"name",       CLV_FIELD_LINE,   ENTRY(signing.name),       true,  1,  60, NULL},
        {"url",        CLV_FIELD_LINE,   ENTRY(signing.url),        true,  1, 300, NULL},
        {"ca-file",    CLV_FIELD_LINE,   ENTRY(signing.ca_file),    false, 1, 300, NULL},
        {"token",      CLV_FIELD_WORD,   ENTRY(signing.token),      false, 0,   0, token_words},
        {"token-file", CLV_FIELD_LINE,   ENTRY(signing.token_file), false, 1, 300, NULL},
        {"keys",       CLV_FIELD_NODE,   ENTRY(keys),               false, 0,   0, NULL},
        {"keys-file",  CLV_FIELD_LINE,   ENTRY(signing.keys_file),  false, 1, 300, NULL},
        {"test",       CLV_FIELD_BOOL,   ENTRY(signing.test),       false, 0,   0, NULL},
        {"seconds",    CLV_FIELD_NUMBER, ENTRY(signing.seconds),    false, 1, 600, NULL},
    };
    /* clang-format on */
#undef ENTRY
    clv_status status =
        clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], &entry, err);
    if (status == CLV_OK)
        status = check_ways(source, map, &entry.signing, entry.keys != NULL, err);
    if (status == CLV_OK && entry.keys != NULL)
        status = read_keys(source, entry.keys, &entry.signing, err);
    if (status == CLV_OK)
        *ret = entry.signing;
    return status;
}
