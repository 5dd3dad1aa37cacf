#include <stdio.h>
#include <string.h>

#include "internal.h"

static const char *const kind_names[] = {
    [CLV_YAML_TEXT] = "a value",
    [CLV_YAML_MAP] = "\"key: value\" lines",
    [CLV_YAML_LIST] = "a list",
};

static clv_status expect(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                         enum clv_yaml_kind kind, const char *what, struct clv_error *err)
{
    if (node->kind == kind)
        return CLV_OK;
    return clv_yaml_fail(source, node->at, err, "\"%s\" must be %s, not %s", what, kind_names[kind],
                         kind_names[node->kind]);
}

static void store(void *out, const struct clv_yaml_field *field, const void *value, size_t len)
{
    memcpy((char *)out + field->offset, value, len);
}

/* ---- one function for each kind of field ---- */

/* The caller's field name and the rule, at the place; the rule itself comes from base. */
static clv_status check_line(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                             const struct clv_yaml_field *field, const char *line,
                             struct clv_error *err)
{
    struct clv_error rule = {0};
    if (clv_text_check(line, field->max, field->key, &rule) == CLV_OK)
        return CLV_OK;
    return clv_yaml_fail(source, node->at, err, "%s", rule.fact);
}

static clv_status read_line(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    clv_status status = check_line(source, node, field, node->text, err);
    if (status == CLV_OK)
        store(out, field, &node->text, sizeof node->text);
    return status;
}

static clv_status read_text(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    size_t len = strlen(node->text);
    while (len > 0 && node->text[len - 1] == '\n') /* "|" keeps the last line end, ">-" does not */
        node->text[--len] = '\0';
    if (len > field->max) {
        return clv_yaml_fail(source, node->at, err, "\"%s\" is longer than %u bytes", field->key,
                             field->max);
    }
    if (len == 0)
        return check_line(source, node, field, "", err);
    for (char *line = node->text, *end = NULL; line != NULL; line = end) {
        end = strchr(line, '\n');
        if (end != NULL)
            *end = '\0';
        clv_status status = *line != '\0' ? check_line(source, node, field, line, err) : CLV_OK;
        if (end != NULL)
            *end++ = '\n';
        if (status != CLV_OK)
            return status;
    }
    store(out, field, &node->text, sizeof node->text);
    return CLV_OK;
}

/* Digits only: no sign, no other base, no leading zero that would look like one. */
static bool to_number(const struct clv_yaml_node *node, unsigned *ret)
{
    size_t len = strlen(node->text);
    if (!node->plain || len == 0 || len > 6 || (len > 1 && node->text[0] == '0'))
        return false;
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        if (node->text[i] < '0' || node->text[i] > '9')
            return false;
        value = value * 10 + (unsigned)(node->text[i] - '0');
    }
    *ret = value;
    return true;
}

static clv_status read_number(const struct clv_yaml_source *source,
                              const struct clv_yaml_node *node, const struct clv_yaml_field *field,
                              void *out, struct clv_error *err)
{
    unsigned value = 0;
    if (to_number(node, &value) && value >= field->min && value <= field->max) {
        store(out, field, &value, sizeof value);
        return CLV_OK;
    }
    if (field->min == field->max) {
        return clv_yaml_fail(source, node->at, err, "\"%s\" must be %u, not \"%.20s\"", field->key,
                             field->min, node->text);
    }
    return clv_yaml_fail(source, node->at, err,
                         "\"%s\" must be a number from %u to %u, not \"%.20s\"", field->key,
                         field->min, field->max, node->text);
}

static clv_status read_bool(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    bool value = strcmp(node->text, "true") == 0;
    if (!node->plain || (!value && strcmp(node->text, "false") != 0)) {
        return clv_yaml_fail(source, node->at, err, "\"%s\" must be true or false, not \"%.20s\"",
                             field->key, node->text);
    }
    store(out, field, &value, sizeof value);
    return CLV_OK;
}

static void join(const char *const *words, char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t len = 0; *words != NULL && len < cap; words++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", len > 0 ? ", " : "", *words);
}

static clv_status read_word(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    for (unsigned i = 0; field->words[i] != NULL; i++) {
        if (strcmp(field->words[i], node->text) == 0) {
            store(out, field, &i, sizeof i);
            return CLV_OK;
        }
    }
    char known[CLV_ERROR_TEXT];
    join(field->words, known, sizeof known);
    clv_status status =
        clv_yaml_fail(source, node->at, err, "\"%s\" cannot be \"%.30s\"", field->key, node->text);
    clv_hint(err, "Possible here: %s.", known);
    return status;
}

static clv_status read_node(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                            const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    (void)source, (void)err;
    store(out, field, &node, sizeof node);
    return CLV_OK;
}

clv_status clv_yaml_value(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                          const struct clv_yaml_field *field, void *out, struct clv_error *err)
{
    static clv_status (*const readers[])(
        const struct clv_yaml_source *, const struct clv_yaml_node *, const struct clv_yaml_field *,
        void *, struct clv_error *) = {
        [CLV_FIELD_LINE] = read_line,     [CLV_FIELD_TEXT] = read_text,
        [CLV_FIELD_NUMBER] = read_number, [CLV_FIELD_BOOL] = read_bool,
        [CLV_FIELD_WORD] = read_word,     [CLV_FIELD_NODE] = read_node,
    };
    if (field->kind != CLV_FIELD_NODE) {
        clv_status status = expect(source, node, CLV_YAML_TEXT, field->key, err);
        if (status != CLV_OK)
            return status;
    }
    return readers[field->kind](source, node, field, out, err);
}

/* ---- whole mappings ---- */

static clv_status unknown_key(const struct clv_yaml_source *source, const struct clv_yaml_node *key,
                              const struct clv_yaml_field *fields, size_t num_fields,
                              struct clv_error *err)
{
    char known[CLV_ERROR_TEXT] = "";
    for (size_t i = 0, len = 0; i < num_fields && len < sizeof known; i++) {
        len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", i > 0 ? ", " : "",
                                fields[i].key);
    }
    clv_status status =
        clv_yaml_fail(source, key->at, err, "\"%.40s\" is not known here", key->text);
    clv_hint(err, "Known here: %s.", known);
    return status;
}

clv_status clv_yaml_fields(const struct clv_yaml_source *source, const struct clv_yaml_node *map,
                           const struct clv_yaml_field *fields, size_t num_fields, void *out,
                           struct clv_error *err)
{
    clv_status status = expect(source, map, CLV_YAML_MAP,
                               map->key != NULL ? map->key->text : "an entry of this list", err);
    if (status != CLV_OK)
        return status;
    for (const struct clv_yaml_node *node = map->first; node != NULL; node = node->next) {
        const struct clv_yaml_field *field = NULL;
        for (size_t i = 0; i < num_fields && field == NULL; i++) {
            if (strcmp(fields[i].key, node->key->text) == 0)
                field = &fields[i];
        }
        if (field == NULL)
            return unknown_key(source, node->key, fields, num_fields, err);
        status = clv_yaml_value(source, node, field, out, err);
        if (status != CLV_OK)
            return status;
    }
    for (size_t i = 0; i < num_fields; i++) {
        if (fields[i].required && clv_yaml_child(map, fields[i].key) == NULL) {
            return clv_yaml_fail(source, map->key != NULL ? map->key->at : map->at, err,
                                 "\"%s\" is missing here", fields[i].key);
        }
    }
    return CLV_OK;
}

clv_status clv_yaml_list(const struct clv_yaml_source *source, const struct clv_yaml_node *node,
                         const char *what, size_t min, size_t max, struct clv_error *err)
{
    clv_status status = expect(source, node, CLV_YAML_LIST, what, err);
    if (status != CLV_OK)
        return status;
    if (node->num < min || node->num > max) {
        return clv_yaml_fail(source, node->at, err, "\"%s\" must have %zu to %zu entries, not %zu",
                             what, min, max, node->num);
    }
    return CLV_OK;
}

clv_status clv_yaml_is(const struct clv_yaml_source *source, const struct clv_yaml *yaml,
                       const char *key, const char *what, struct clv_error *err)
{
    const struct clv_yaml_node *first = yaml->root->first;
    unsigned version = 0;
    if (first == NULL || strcmp(first->key->text, key) != 0) {
        return clv_yaml_fail(source, first != NULL ? first->key->at : 0, err,
                             "this is no %s: one begins with \"%s: 1\"", what, key);
    }
    if (first->kind != CLV_YAML_TEXT || !to_number(first, &version) || version != 1) {
        return clv_yaml_fail(source, first->at, err,
                             "this program reads \"%s: 1\" and no other version", key);
    }
    return CLV_OK;
}
