/* Text tables and JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define GAP 3
#define MAX_COLUMNS 12

static bool is_clean(const char *text)
{
    return text[0] == '\0' || clv_text_check(text, 4000, "text", NULL) == CLV_OK;
}

void print_clean(FILE *out, const char *text)
{
    bool clean = is_clean(text);
    for (const char *c = text; *c; c++)
        fputc(clean || (*c >= ' ' && *c <= '~') ? *c : '?', out);
}

static size_t width_of(const char *text)
{
    return is_clean(text) ? clv_text_width(text) : strlen(text);
}

static void print_row(FILE *out, const char *const *cells, const size_t *widths, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        print_clean(out, cells[i]);
        if (i + 1 < num)
            fprintf(out, "%*s", (int)(widths[i] + GAP - width_of(cells[i])), "");
    }
    fputc('\n', out);
}

void print_table(FILE *out, const char *const *headers, size_t num_columns,
                 const char *const *cells, size_t num_rows)
{
    size_t widths[MAX_COLUMNS] = {0};
    if (num_columns > MAX_COLUMNS)
        abort();
    for (size_t i = 0; i < num_columns; i++)
        widths[i] = strlen(headers[i]);
    for (size_t i = 0; i < num_rows * num_columns; i++)
        if (width_of(cells[i]) > widths[i % num_columns])
            widths[i % num_columns] = width_of(cells[i]);
    print_row(out, headers, widths, num_columns);
    for (size_t i = 0; i < num_rows; i++)
        print_row(out, cells + i * num_columns, widths, num_columns);
}

/* ---- JSON ---- */

json_t *json_text(const char *text)
{
    json_t *value = text && text[0] ? json_string(text) : NULL;
    return value ? value : json_null();
}

json_t *json_hex(const void *data, size_t len)
{
    char hex[2 * 64 + 1];
    clv_hex(data, len, hex);
    return json_string(hex);
}

json_t *json_of_error(const struct clv_error *err)
{
    json_t *whiles = json_array();
    for (unsigned i = 0; i < err->num_whiles; i++)
        json_array_append_new(whiles, json_text(err->whiles[i]));
    return json_pack("{ss si so so so so}", "code", clv_code_name(err->code), "exit",
                     clv_exit_code(err->code), "fact", json_text(err->fact), "while", whiles,
                     "kept", json_text(err->kept), "hint", json_text(err->hint));
}

json_t *json_of_unit(const struct clv_unit *u)
{
    return json_pack("{si ss ss so so ss sb}", "number", (int)u->number, "instance", u->instance_id,
                     "hsm", u->hsm_id, "location", json_text(u->location), "serial",
                     json_text(u->serial), "type", clv_tke_kind_name(u->kind), "selected",
                     (int)u->selected);
}

void print_json(const struct session *s, const char *name, json_t *body)
{
    bool test = s->test || (args_known(s->args, "test") && args_flag(s->args, "test"));
    json_t *root = json_pack("{si ss ss so}", "claviger-json", 1, "command", s->args->command->name,
                             "world", test ? "TEST" : "production", name, body);
    json_dumpf(root, stdout, JSON_INDENT(2));
    fputc('\n', stdout);
    json_decref(root);
}
