#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_INSTANCES 16
#define MAX_ROOTS 8
#define MAX_UNIT 1024

/* ---- rules for single values ---- */

static const char *objection_to_id(const char *id)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(id) != strlen(form))
        return "must be a UUID of 36 characters";
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool hex = strchr("0123456789abcdefABCDEF", id[i]) != NULL;
        if (form[i] == '-' ? id[i] != '-' : !hex)
            return "must be a UUID: 8-4-4-4-12 hex digits";
    }
    return NULL;
}

/* The name goes to the print command as an argument: it must not look like an option. */
static const char *objection_to_printer(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
    if (name[0] == '-' || name[strspn(name, allowed)] != '\0')
        return "must be the name of a print queue (letters, digits, '_', '-', '.') or none";
    return NULL;
}

static clv_status check(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                        const char *key, const char *(*objection)(const char *),
                        struct clv_error *err)
{
    const struct clv_yaml_node *node = clv_yaml_child(map, key);
    const char *why = objection(node->text);
    if (why == NULL)
        return CLV_OK;
    return clv_yaml_fail(source, node->at, err, "\"%s\" %s", key, why);
}

/* ---- trusted roots ---- */

clv_status clv_site_root_from_hex(const char *text, size_t len, struct clv_site_root *root,
                                  struct clv_error *err)
{
    uint8_t point[CLV_P521_POINT_LEN];
    clv_status status = clv_unhex(text, len, point, sizeof point, err);
    if (status == CLV_OK && clv_p521_check_point(point, sizeof point, NULL) != CLV_OK)
        status = clv_fail(err, CLV_E_INPUT, "not a point of P-521 in the form 04 X Y");
    if (status == CLV_OK) {
        memcpy(root->point, point, sizeof point);
        root->file = NULL;
    }
    return status;
}

static bool looks_like_hex(const char *text)
{
    size_t len = strlen(text);
    return len >= 64 && strspn(text, "0123456789abcdefABCDEF") == len;
}

static clv_status read_root(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            struct clv_site_root *root, struct clv_error *err)
{
    static const struct clv_yaml_field line = {.key = "trusted-roots",
                                               .kind = CLV_FIELD_LINE,
                                               .offset = offsetof(struct clv_site_root, file),
                                               .max = 300};
    clv_status status = clv_yaml_value(source, node, &line, root, err);
    if (status != CLV_OK || !looks_like_hex(node->text))
        return status;
    struct clv_error why = {0};
    if (clv_site_root_from_hex(node->text, strlen(node->text), root, &why) != CLV_OK)
        return clv_yaml_fail(source, node->at, err, "a trusted root: %s", why.fact);
    return CLV_OK;
}

static clv_status read_roots(const struct clv_yaml_source *source, const struct clv_yaml_node *list,
                             struct clv_site_instance *instance, struct clv_error *err)
{
    clv_status status = clv_yaml_list(source, list, "trusted-roots", 1, MAX_ROOTS, err);
    if (status != CLV_OK)
        return status;
    instance->roots = calloc(list->num, sizeof *instance->roots);
    if (instance->roots == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    for (const struct clv_yaml_node *node = list->first; node != NULL; node = node->next) {
        status = read_root(source, node, &instance->roots[instance->num_roots], err);
        if (status != CLV_OK)
            return status;
        instance->num_roots++;
    }
    return CLV_OK;
}

/* ---- units ---- */

static clv_status read_units(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                             struct clv_site_instance *instance, struct clv_error *err)
{
    static const struct clv_yaml_field number = {
        .key = "units", .kind = CLV_FIELD_NUMBER, .min = 1, .max = MAX_UNIT};
    if (node->kind == CLV_YAML_TEXT && strcmp(node->text, "all") == 0)
        return CLV_OK;
    if (node->kind != CLV_YAML_LIST) {
        return clv_yaml_fail(source, node->at, err,
                             "\"units\" must be all, or a list of numbers such as [1, 2]");
    }
    clv_status status = clv_yaml_list(source, node, "units", 1, MAX_UNIT, err);
    if (status != CLV_OK)
        return status;
    instance->units = calloc(node->num, sizeof *instance->units);
    if (instance->units == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    for (const struct clv_yaml_node *item = node->first; item != NULL; item = item->next) {
        unsigned value = 0;
        status = clv_yaml_value(source, item, &number, &value, err);
        if (status != CLV_OK)
            return status;
        if (instance->num_units > 0 && value <= instance->units[instance->num_units - 1]) {
            return clv_yaml_fail(source, item->at, err,
                                 "the numbers of \"units\" must go up, each one once");
        }
        instance->units[instance->num_units++] = value;
    }
    return CLV_OK;
}

/* ---- service instances ---- */

static clv_status read_instance(const struct clv_yaml_source *source,
                                const struct clv_yaml_node *map, struct clv_site_instance *instance,
                                struct clv_error *err)
{
    struct entry {
        struct clv_site_instance instance;
        const struct clv_yaml_node *roots, *units;
        struct clv_site_address address;
    } entry = {0};
#define ENTRY(member) offsetof(struct entry, member)
    static const char *const token_words[] = {"none", "ask", NULL};
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"name",          CLV_FIELD_LINE, ENTRY(instance.name),       true,  1,  60, NULL},
        {"id",            CLV_FIELD_LINE, ENTRY(instance.id),         true,  1,  40, NULL},
        {"endpoint",      CLV_FIELD_LINE, ENTRY(address.endpoint),    false, 1, 300, NULL},
        {"region",        CLV_FIELD_LINE, ENTRY(address.region),      false, 1,  40, NULL},
        {"api-endpoint",  CLV_FIELD_LINE, ENTRY(address.api),         false, 1,  60, NULL},
        {"device",        CLV_FIELD_LINE, ENTRY(address.device),      false, 1, 300, NULL},
        {"queues",        CLV_FIELD_NODE, ENTRY(address.queues),      false, 0,   0, NULL},
        {"trusted-roots", CLV_FIELD_NODE, ENTRY(roots),               false, 0,   0, NULL},
        {"token",         CLV_FIELD_WORD, ENTRY(instance.token),      false, 0,   0, token_words},
        {"token-file",    CLV_FIELD_LINE, ENTRY(instance.token_file), false, 1, 300, NULL},
        {"ca-file",       CLV_FIELD_LINE, ENTRY(instance.ca_file),    false, 1, 300, NULL},
        {"units",         CLV_FIELD_NODE, ENTRY(units),               false, 0,   0, NULL},
    };
    /* clang-format on */
#undef ENTRY
    clv_status status =
        clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], &entry, err);
    if (status != CLV_OK)
        return status;
    *instance = entry.instance;
    status = check(source, map, "id", objection_to_id, err);
    if (status == CLV_OK)
        status = clv_site_read_address(source, map, &entry.address, instance, err);
    if (status == CLV_OK && entry.roots != NULL)
        status = read_roots(source, entry.roots, instance, err);
    if (status == CLV_OK && entry.units != NULL)
        status = read_units(source, entry.units, instance, err);
    return status;
}

static clv_status refuse_twins(const struct clv_yaml_source *source,
                               const struct clv_yaml_node *map, const struct clv_site *site,
                               struct clv_error *err)
{
    const struct clv_site_instance *mine = &site->instances[site->num_instances - 1];
    for (const struct clv_site_instance *other = site->instances; other != mine; other++) {
        bool same_id = strcasecmp(other->id, mine->id) == 0;
        if (same_id || strcmp(other->name, mine->name) == 0) {
            return clv_yaml_fail(source, clv_yaml_child(map, same_id ? "id" : "name")->at, err,
                                 "another service instance has the same %s",
                                 same_id ? "id" : "name");
        }
    }
    return CLV_OK;
}

static clv_status read_instances(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *list, struct clv_site *site,
                                 struct clv_error *err)
{
    clv_status status = clv_yaml_list(source, list, "service-instances", 1, MAX_INSTANCES, err);
    if (status != CLV_OK)
        return status;
    site->instances = calloc(list->num, sizeof *site->instances);
    if (site->instances == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    for (const struct clv_yaml_node *node = list->first; node != NULL; node = node->next) {
        status = read_instance(source, node, &site->instances[site->num_instances++], err);
        if (status == CLV_OK)
            status = refuse_twins(source, node, site, err);
        if (status != CLV_OK)
            return status;
    }
    return CLV_OK;
}

/* ---- keys of witnesses ---- */

/* The form of a verifier key of type 4: its base64 begins with B. What the form hides (the id, the
 * point) is found when it is used. */
static bool is_witness_key(const char *text)
{
    const char *plus = strchr(text, '+');
    size_t name_len = plus ? (size_t)(plus - text) : 0;
    return name_len > 0 && name_len <= 100 && strcspn(text, " ") == strlen(text) &&
           strspn(plus + 1, "0123456789abcdef") == 8 && strncmp(plus + 9, "+B", 2) == 0 &&
           strlen(plus + 10) == 44;
}

static clv_status read_witnesses(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *list, struct clv_site *site,
                                 struct clv_error *err)
{
    static const struct clv_yaml_field line = {
        .key = "witness-keys", .kind = CLV_FIELD_LINE, .min = 1, .max = 200};
    clv_status status = clv_yaml_list(source, list, "witness-keys", 1, CLV_SITE_WITNESSES_MAX, err);
    if (status != CLV_OK)
        return status;
    for (const struct clv_yaml_node *node = list->first; node != NULL; node = node->next) {
        const char **key = &site->witness_keys[site->num_witness_keys];
        status = clv_yaml_value(source, node, &line, key, err);
        if (status != CLV_OK)
            return status;
        if (!is_witness_key(*key))
            return clv_yaml_fail(source, node->at, err,
                                 "a key of \"witness-keys\" must be what claviger witness-key-add "
                                 "printed: NAME+8 hex digits+44 characters");
        site->num_witness_keys++;
    }
    return CLV_OK;
}

/* ---- the whole file ---- */

static clv_status read_folders(const struct clv_yaml_source *source,
                               const struct clv_yaml_node *map, struct clv_site *site,
                               struct clv_error *err)
{
    static const struct clv_yaml_field fields[] = {
        {"key-files", CLV_FIELD_LINE, offsetof(struct clv_site, key_files_folder), false, 1, 300,
         NULL},
        {"receipts", CLV_FIELD_LINE, offsetof(struct clv_site, receipts_folder), false, 1, 300,
         NULL},
        {"journal-mirror", CLV_FIELD_LINE, offsetof(struct clv_site, mirror_folder), false, 1, 300,
         NULL},
    };
    return clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], site, err);
}

static clv_status read_deadlines(const struct clv_yaml_source *source,
                                 const struct clv_yaml_node *map, struct clv_site *site,
                                 struct clv_error *err)
{
    static const struct clv_yaml_field fields[] = {
        {"query-seconds", CLV_FIELD_NUMBER, offsetof(struct clv_site, query_seconds), false, 1, 600,
         NULL},
        {"command-seconds", CLV_FIELD_NUMBER, offsetof(struct clv_site, command_seconds), false, 1,
         600, NULL},
    };
    return clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], site, err);
}

static clv_status read_document(const struct clv_yaml_source *source, struct clv_site *site,
                                struct clv_error *err)
{
    struct top {
        unsigned version;
        const struct clv_yaml_node *instances, *folders, *deadlines, *witnesses, *signing;
        const char *printer;
    } top = {.printer = "none"};
#define TOP(member) offsetof(struct top, member)
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"claviger-site",     CLV_FIELD_NUMBER, TOP(version),   true,  1,  1, NULL},
        {"service-instances", CLV_FIELD_NODE,   TOP(instances), true,  0,  0, NULL},
        {"folders",           CLV_FIELD_NODE,   TOP(folders),   false, 0,  0, NULL},
        {"printer",           CLV_FIELD_LINE,   TOP(printer),   false, 1, 60, NULL},
        {"deadlines",         CLV_FIELD_NODE,   TOP(deadlines), false, 0,  0, NULL},
        {"witness-keys",      CLV_FIELD_NODE,   TOP(witnesses), false, 0,  0, NULL},
        {"signing-service",   CLV_FIELD_NODE,   TOP(signing),   false, 0,  0, NULL},
    };
    /* clang-format on */
#undef TOP
    const struct clv_yaml_node *root = site->texts->root;
    clv_status status = clv_yaml_is(source, site->texts, "claviger-site", "site file", err);
    if (status == CLV_OK)
        status = clv_yaml_fields(source, root, fields, sizeof fields / sizeof fields[0], &top, err);
    if (status == CLV_OK)
        status = read_instances(source, top.instances, site, err);
    if (status == CLV_OK && top.folders != NULL)
        status = read_folders(source, top.folders, site, err);
    if (status == CLV_OK && top.deadlines != NULL)
        status = read_deadlines(source, top.deadlines, site, err);
    if (status == CLV_OK && top.witnesses != NULL)
        status = read_witnesses(source, top.witnesses, site, err);
    if (status == CLV_OK && top.signing != NULL)
        status = clv_site_read_signing(source, top.signing, &site->signing, err);
    if (status == CLV_OK && strcmp(top.printer, "none") != 0) {
        site->printer = top.printer;
        status = check(source, root, "printer", objection_to_printer, err);
    }
    return status;
}

clv_status clv_site_parse(const char *name, const void *data, size_t len, struct clv_site **ret,
                          struct clv_error *err)
{
    const struct clv_yaml_source source = {.name = name, .text = data, .len = len};
    struct clv_site *site = calloc(1, sizeof *site);
    if (site == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    site->query_seconds = 10;
    site->command_seconds = 30;

    clv_status status = clv_yaml_parse(&source, &site->texts, err);
    if (status == CLV_OK)
        status = read_document(&source, site, err);
    if (status == CLV_OK) {
        clv_sha256(data, len, site->hash);
        *ret = site;
        site = NULL;
    }
    clv_site_free(&site);
    return status;
}

clv_status clv_site_read(const char *path, struct clv_site **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read(path, CLV_SCRIPT_FILE_MAX, &data, &len, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the site file");
    status = clv_site_parse(path, data, len, ret, err);
    free(data);
    return status;
}

void clv_site_free(struct clv_site **site)
{
    if (*site == NULL)
        return;
    for (size_t i = 0; i < (*site)->num_instances; i++) {
        free((*site)->instances[i].roots);
        free((*site)->instances[i].queues);
        free((*site)->instances[i].made_endpoint);
        free((*site)->instances[i].units);
    }
    free((*site)->instances);
    for (size_t i = 0; i < (*site)->num_made_names; i++)
        free((*site)->made_names[i]);
    free((*site)->made_names);
    clv_yaml_free(&(*site)->texts);
    free(*site);
    *site = NULL;
}
