#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_STEPS 64

/* ---- id ---- */

static clv_status check_id(const struct clv_yaml_source *source, const struct clv_yaml_node *root,
                           const char *id, struct clv_error *err)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    if (id[strspn(id, allowed)] == '\0')
        return CLV_OK;
    return clv_yaml_fail(source, clv_yaml_child(root, "id")->at, err,
                         "\"id\" may have letters, digits, '.' and '-' only");
}

/* ---- roles ---- */

struct role {
    unsigned number;
    const char *label;
};

/* Either a number, or a mapping with number and label. */
static clv_status read_role(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            unsigned min, unsigned max, struct role *role, struct clv_error *err)
{
    if (node->kind == CLV_YAML_MAP) {
        const struct clv_yaml_field fields[] = {
            {"number", CLV_FIELD_NUMBER, offsetof(struct role, number), true, min, max, NULL},
            {"label", CLV_FIELD_LINE, offsetof(struct role, label), false, 1, 40, NULL},
        };
        return clv_yaml_fields(source, node, fields, sizeof fields / sizeof fields[0], role, err);
    }
    const struct clv_yaml_field number = {.key = node->key->text,
                                          .kind = CLV_FIELD_NUMBER,
                                          .offset = offsetof(struct role, number),
                                          .min = min,
                                          .max = max};
    return clv_yaml_value(source, node, &number, role, err);
}

static clv_status read_roles(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                             struct clv_script *script, struct clv_error *err)
{
    struct nodes {
        const struct clv_yaml_node *administrator, *witness, *owners, *signers;
    } n = {0};
    static const struct clv_yaml_field fields[] = {
        {"administrator", CLV_FIELD_NODE, offsetof(struct nodes, administrator), true, 0, 0, NULL},
        {"witness", CLV_FIELD_NODE, offsetof(struct nodes, witness), true, 0, 0, NULL},
        {"key-part-owners", CLV_FIELD_NODE, offsetof(struct nodes, owners), true, 0, 0, NULL},
        {"signature-key-owners", CLV_FIELD_NODE, offsetof(struct nodes, signers), true, 0, 0, NULL},
    };
    clv_status status =
        clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], &n, err);
    if (status != CLV_OK)
        return status;

    struct role administrator = {0, "Ceremony administrator"};
    struct role witness = {0, "Witness"};
    struct role owner = {0, "Key-part owner"};
    struct role signer = {0, "Signature-key owner"};
    const struct {
        const struct clv_yaml_node *node;
        unsigned min, max;
        struct role *role;
    } rows[] = {
        {n.administrator, 1, 1, &administrator},
        {n.witness, 1, CLV_SCRIPT_MAX_WITNESSES, &witness},
        {n.owners, CLV_SCRIPT_MIN_OWNERS, CLV_SCRIPT_MAX_OWNERS, &owner},
        {n.signers, 1, CLV_SCRIPT_MAX_SIGNERS, &signer},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        status = read_role(source, rows[i].node, rows[i].min, rows[i].max, rows[i].role, err);
        if (status != CLV_OK)
            return status;
    }
    script->administrator_label = administrator.label;
    script->witness_label = witness.label;
    script->owner_label = owner.label;
    script->signer_label = signer.label;
    script->num_witnesses = witness.number;
    script->num_owners = owner.number;
    script->num_signers = signer.number;
    return CLV_OK;
}

/* ---- rules ---- */

enum { SECOND_SET_IMMEDIATE, SECOND_ZEROIZE };
static const char *const kdf_words[] = {"standard", "high", NULL};
static const char *const reset_words[] = {"required", "if-not-clean", "never", NULL};
static const char *const second_words[] = {"set-immediate", "zeroize", NULL};

struct rules {
    struct clv_script script; /* only the members that are rules */
    unsigned kdf;
    const struct clv_yaml_node *second;
    const char *pattern;
};

static clv_status read_second_person(const struct clv_yaml_source *source,
                                     const struct clv_yaml_node *list, struct clv_script *script,
                                     struct clv_error *err)
{
    static const struct clv_yaml_field word = {
        .key = "second-person-for", .kind = CLV_FIELD_WORD, .words = second_words};
    clv_status status = clv_yaml_list(source, list, word.key, 0, 2, err);
    bool named[2] = {false, false};
    const struct clv_yaml_node *node = status == CLV_OK ? list->first : NULL;
    for (; status == CLV_OK && node != NULL; node = node->next) {
        unsigned which = 0;
        status = clv_yaml_value(source, node, &word, &which, err);
        if (status == CLV_OK && named[which])
            status = clv_yaml_fail(source, node->at, err, "\"%s\" is named twice", node->text);
        if (status == CLV_OK)
            named[which] = true;
    }
    if (status == CLV_OK) {
        script->second_person_for_set_immediate = named[SECOND_SET_IMMEDIATE];
        script->second_person_for_zeroize = named[SECOND_ZEROIZE];
    }
    return status;
}

static clv_status read_pattern(const struct clv_yaml_source *source,
                               const struct clv_yaml_node *map, const char *text,
                               struct clv_script *script, struct clv_error *err)
{
    if (strlen(text) != 2 * sizeof script->expected_pattern ||
        clv_unhex(text, strlen(text), script->expected_pattern, sizeof script->expected_pattern,
                  NULL) != CLV_OK)
        return clv_yaml_fail(source, clv_yaml_child(map, "expected-pattern")->at, err,
                             "\"expected-pattern\" must be 64 hex digits");
    script->has_expected_pattern = true;
    return CLV_OK;
}

static clv_status check_thresholds(const struct clv_yaml_source *source,
                                   const struct clv_yaml_node *map, const struct clv_script *script,
                                   struct clv_error *err)
{
    const struct {
        const char *key;
        unsigned value;
    } rows[] = {{"signature-threshold", script->sign_threshold},
                {"revocation-threshold", script->revoke_threshold}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].value > script->num_signers) {
            return clv_yaml_fail(source, clv_yaml_child(map, rows[i].key)->at, err,
                                 "\"%s\" is %u, but there %s only %u signature-key owner%s",
                                 rows[i].key, rows[i].value,
                                 script->num_signers == 1 ? "is" : "are", script->num_signers,
                                 script->num_signers == 1 ? "" : "s");
        }
    }
    return CLV_OK;
}

static clv_status read_rules(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                             struct clv_script *script, struct clv_error *err)
{
#define RULE(member) offsetof(struct rules, script.member)
#define ALSO(member) offsetof(struct rules, member)
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"signature-threshold",      CLV_FIELD_NUMBER, RULE(sign_threshold),    true,   1,    8, NULL},
        {"revocation-threshold",     CLV_FIELD_NUMBER, RULE(revoke_threshold),  true,   1,    8, NULL},
        {"password-min-bits",        CLV_FIELD_NUMBER, RULE(password_min_bits), false, 60,  256, NULL},
        {"kdf-profile",              CLV_FIELD_WORD,   ALSO(kdf),               false,  0,    0, kdf_words},
        {"reset-units",              CLV_FIELD_WORD,   RULE(reset_units),       false,  0,    0, reset_words},
        {"idle-seconds",             CLV_FIELD_NUMBER, RULE(idle_seconds),      false, 10, 3600, NULL},
        {"allow-part-owner-to-sign", CLV_FIELD_BOOL,   RULE(allow_part_owner_to_sign), false, 0, 0, NULL},
        {"allow-witness-other-role", CLV_FIELD_BOOL,   RULE(allow_witness_other_role), false, 0, 0, NULL},
        {"second-person-for",        CLV_FIELD_NODE,   ALSO(second),            false,  0,    0, NULL},
        {"expected-pattern",         CLV_FIELD_LINE,   ALSO(pattern),           false,  1,   64, NULL},
    };
    /* clang-format on */
#undef RULE
#undef ALSO
    struct rules rules = {.script = *script};
    clv_status status =
        clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], &rules, err);
    if (status == CLV_OK && rules.second != NULL)
        status = read_second_person(source, rules.second, &rules.script, err);
    if (status == CLV_OK && rules.pattern != NULL)
        status = read_pattern(source, map, rules.pattern, &rules.script, err);
    if (status == CLV_OK)
        status = check_thresholds(source, map, &rules.script, err);
    if (status != CLV_OK)
        return status;
    *script = rules.script;
    script->kdf_profile = kdf_words[rules.kdf];
    return CLV_OK;
}

/* ---- steps ---- */

#define CLV_STEP_WORD(name, word) word,
static const char *const step_words[] = {CLV_STEP_KINDS(CLV_STEP_WORD) NULL};
#undef CLV_STEP_WORD

const char *clv_step_word(enum clv_step_kind kind)
{
    return kind < CLV_NUM_STEP_KINDS ? step_words[kind] : "?";
}

static clv_status read_step(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                            struct clv_script_step *step, struct clv_error *err)
{
    static const char *const keys_words[] = {"create", "open", NULL};
#define STEP(member) offsetof(struct clv_script_step, member)
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"step",  CLV_FIELD_WORD, STEP(kind),  true,  0,    0, step_words},
        {"keys",  CLV_FIELD_WORD, STEP(keys),  false, 0,    0, keys_words},
        {"title", CLV_FIELD_LINE, STEP(title), true,  1,   60, NULL},
        {"say",   CLV_FIELD_TEXT, STEP(say),   false, 1, 1000, NULL},
        {"help",  CLV_FIELD_TEXT, STEP(help),  false, 1, 1000, NULL},
    };
    /* clang-format on */
#undef STEP
    clv_status status =
        clv_yaml_fields(source, map, fields, sizeof fields / sizeof fields[0], step, err);
    if (status != CLV_OK)
        return status;
    const struct clv_yaml_node *keys = clv_yaml_child(map, "keys");
    if (step->kind != CLV_STEP_SIGNATURE_KEYS && keys != NULL) {
        return clv_yaml_fail(source, keys->key->at, err,
                             "\"keys\" belongs to the step \"signature-keys\" only");
    }
    if (step->kind == CLV_STEP_SIGNATURE_KEYS && keys == NULL) {
        return clv_yaml_fail(source, map->at, err,
                             "\"signature-keys\" must say \"keys: create\" or \"keys: open\"");
    }
    return CLV_OK;
}

static clv_status read_steps(const struct clv_yaml_source *source, const struct clv_yaml_node *list,
                             struct clv_script *script, struct clv_error *err)
{
    clv_status status = clv_yaml_list(source, list, "steps", 1, MAX_STEPS, err);
    if (status != CLV_OK)
        return status;
    script->steps = calloc(list->num, sizeof *script->steps);
    if (script->steps == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    for (const struct clv_yaml_node *node = list->first; node != NULL; node = node->next) {
        status = read_step(source, node, &script->steps[script->num_steps], err);
        if (status != CLV_OK)
            return status;
        script->num_steps++;
    }
    return clv_script_check_order(source, script, list, err);
}

const struct clv_script_step *clv_script_find(const struct clv_script *script,
                                              enum clv_step_kind kind)
{
    for (size_t i = 0; i < script->num_steps; i++) {
        if (script->steps[i].kind == kind)
            return &script->steps[i];
    }
    return NULL;
}

/* ---- what only the whole can show ---- */

static clv_status check_sense(const struct clv_yaml_source *source,
                              const struct clv_yaml_node *rules, const struct clv_yaml_node *steps,
                              const struct clv_script *script, struct clv_error *err)
{
    if (clv_script_find(script, CLV_STEP_ADMINISTRATORS) != NULL)
        return CLV_OK;
    if (script->reset_units != CLV_RESET_NEVER) {
        const struct clv_yaml_node *reset = clv_yaml_child(rules, "reset-units");
        clv_status status = clv_yaml_fail(source, reset != NULL ? reset->at : rules->key->at, err,
                                          "units that are reset need the step \"administrators\"");
        clv_hint(err, "Add that step, or say \"reset-units: never\" for units whose administrators "
                      "stay.");
        return status;
    }
    const struct clv_script_step *keys = clv_script_find(script, CLV_STEP_SIGNATURE_KEYS);
    if (keys == NULL || keys->keys != CLV_KEYS_CREATE)
        return CLV_OK;
    const struct clv_yaml_node *node = steps->first;
    for (const struct clv_script_step *step = script->steps; step != keys; step++)
        node = node->next;
    return clv_yaml_fail(source, clv_yaml_child(node, "keys")->at, err,
                         "new signature keys need the step \"administrators\"");
}

static clv_status read_document(const struct clv_yaml_source *source, struct clv_script *script,
                                struct clv_error *err)
{
    struct top {
        unsigned version;
        const char *id, *title, *purpose;
        const struct clv_yaml_node *roles, *rules, *steps;
    } top = {0};
#define TOP(member) offsetof(struct top, member)
    /* clang-format off */
    static const struct clv_yaml_field fields[] = {
        {"claviger-script", CLV_FIELD_NUMBER, TOP(version), true,  1,    1, NULL},
        {"id",              CLV_FIELD_LINE,   TOP(id),      true,  1,   40, NULL},
        {"title",           CLV_FIELD_LINE,   TOP(title),   true,  1,   70, NULL},
        {"purpose",         CLV_FIELD_TEXT,   TOP(purpose), true,  1, 1000, NULL},
        {"roles",           CLV_FIELD_NODE,   TOP(roles),   true,  0,    0, NULL},
        {"rules",           CLV_FIELD_NODE,   TOP(rules),   true,  0,    0, NULL},
        {"steps",           CLV_FIELD_NODE,   TOP(steps),   true,  0,    0, NULL},
    };
    /* clang-format on */
#undef TOP
    const struct clv_yaml_node *root = script->texts->root;
    clv_status status =
        clv_yaml_is(source, script->texts, "claviger-script", "ceremony script", err);
    if (status == CLV_OK)
        status = clv_yaml_fields(source, root, fields, sizeof fields / sizeof fields[0], &top, err);
    if (status == CLV_OK)
        status = check_id(source, root, top.id, err);
    if (status == CLV_OK)
        status = read_roles(source, top.roles, script, err);
    if (status == CLV_OK)
        status = read_rules(source, top.rules, script, err);
    if (status == CLV_OK)
        status = read_steps(source, top.steps, script, err);
    if (status == CLV_OK)
        status = check_sense(source, top.rules, top.steps, script, err);
    script->id = top.id;
    script->title = top.title;
    script->purpose = top.purpose;
    return status;
}

clv_status clv_script_parse(const char *name, const void *data, size_t len, struct clv_script **ret,
                            struct clv_error *err)
{
    const struct clv_yaml_source source = {.name = name, .text = data, .len = len};
    struct clv_script *script = calloc(1, sizeof *script);
    if (script == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory left");
    script->password_min_bits = 60;
    script->idle_seconds = 60;
    script->reset_units = CLV_RESET_REQUIRED;
    script->second_person_for_set_immediate = true;
    script->second_person_for_zeroize = true;

    clv_status status = clv_yaml_parse(&source, &script->texts, err);
    if (status == CLV_OK)
        status = read_document(&source, script, err);
    if (status == CLV_OK) {
        clv_sha256(data, len, script->hash);
        *ret = script;
        script = NULL;
    }
    clv_script_free(&script);
    return status;
}

clv_status clv_script_read(const char *path, struct clv_script **ret, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status status = clv_file_read(path, CLV_SCRIPT_FILE_MAX, &data, &len, err);
    if (status != CLV_OK)
        return clv_while(err, status, "reading the ceremony script");
    status = clv_script_parse(path, data, len, ret, err);
    free(data);
    return status;
}

void clv_script_free(struct clv_script **script)
{
    if (*script == NULL)
        return;
    free((*script)->steps);
    clv_yaml_free(&(*script)->texts);
    free(*script);
    *script = NULL;
}
