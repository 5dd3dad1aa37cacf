/* Lists: crypto units by service instance, key parts, signature keys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

/* ---- crypto units ---- */

#define UNIT_COLUMNS 4
static const char *const unit_headers[UNIT_COLUMNS] = {"CRYPTO UNIT NUM", "SELECTED", "TYPE",
                                                       "LOCATION"};

static void write_instance(FILE *out, struct clv_fleet *fleet, const char *instance)
{
    size_t num = clv_fleet_num_units(fleet), rows = 0;
    const char **cells = calloc(num * UNIT_COLUMNS, sizeof(*cells));
    char(*numbers)[12] = calloc(num, sizeof(*numbers));
    for (unsigned i = 1; cells && numbers && i <= num; i++) {
        const struct clv_unit *u = clv_fleet_unit(fleet, i);
        if (strcmp(u->instance_id, instance) != 0)
            continue;
        const char **row = cells + rows * UNIT_COLUMNS;
        snprintf(numbers[rows], sizeof(numbers[rows]), "%u", i);
        row[0] = numbers[rows++];
        row[1] = u->selected ? "true" : "false";
        row[2] = clv_tke_kind_name(u->kind);
        row[3] = u->location;
    }
    fprintf(out, "SERVICE INSTANCE: ");
    print_clean(out, instance);
    fprintf(out, "\n");
    print_table(out, unit_headers, UNIT_COLUMNS, cells, rows);
    free(cells);
    free(numbers);
}

static void write_units(FILE *out, struct session *s)
{
    const struct clv_site *site = clv_tke_site(s->tke);
    for (size_t i = 0; i < site->num_instances; i++) {
        fprintf(out, "%s", i ? "\n" : "");
        write_instance(out, clv_tke_fleet(s->tke), site->instances[i].id);
    }
}

static json_t *json_of_units(struct session *s)
{
    const struct clv_site *site = clv_tke_site(s->tke);
    struct clv_fleet *fleet = clv_tke_fleet(s->tke);
    json_t *instances = json_array();
    for (size_t k = 0; k < site->num_instances; k++) {
        json_t *units = json_array();
        for (unsigned i = 1; i <= clv_fleet_num_units(fleet); i++)
            if (strcmp(clv_fleet_unit(fleet, i)->instance_id, site->instances[k].id) == 0)
                json_array_append_new(units, json_of_unit(clv_fleet_unit(fleet, i)));
        json_array_append_new(instances, json_pack("{ss ss so}", "name", site->instances[k].name,
                                                   "id", site->instances[k].id, "units", units));
    }
    return instances;
}

clv_status print_units(struct session *s)
{
    if (s->json)
        print_json(s, "service-instances", json_of_units(s));
    else
        write_units(stdout, s);
    return CLV_OK;
}

char *units_text(struct session *s)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    write_units(out, s);
    fclose(out);
    return text;
}

/* ---- key files ---- */

static const char *state_of(const struct clv_tke_key *key)
{
    return key->other_world ? (key->info.test_world ? "TEST file" : "production file")
                            : key->why.fact;
}

static void check_value(const struct clv_tke_key *key, char *buf, size_t cap)
{
    struct clv_vkey witness;
    if (key->info.kind == CLV_KEYFILE_PART)
        clv_keyfile_check_text(&key->info, buf);
    else if (key->info.kind == CLV_KEYFILE_WITNESS &&
             clv_tke_witness_key(key, &witness, NULL) == CLV_OK && cap >= CLV_VKEY_TEXT)
        clv_vkey_format(&witness, buf);
    else
        clv_hex_groups(key->info.ski, sizeof(key->info.ski), 8, buf, cap);
}

static bool listed(const struct clv_tke_key *key)
{
    return key->number > 0;
}

#define KEY_COLUMNS 6
static const char *const part_headers[] = {"KEYNUM",      "OWNER",   "DESCRIPTION",
                                           "CHECK VALUE", "CREATED", "FILE"};
static const char *const sigkey_headers[] = {
    "KEYNUM", "SELECTED", "DESCRIPTION", "SUBJECT KEY IDENTIFIER", "CREATED", "FILE"};

static const char *const witness_headers[] = {"KEYNUM",      "OWNER",   "DESCRIPTION",
                                              "WITNESS KEY", "CREATED", "FILE"};
static const char *const *const headers_of[] = {
    [CLV_KEYFILE_PART] = part_headers,
    [CLV_KEYFILE_SIGKEY] = sigkey_headers,
    [CLV_KEYFILE_WITNESS] = witness_headers,
};
static const char *const json_names[] = {
    [CLV_KEYFILE_PART] = "key-parts",
    [CLV_KEYFILE_SIGKEY] = "signature-keys",
    [CLV_KEYFILE_WITNESS] = "witness-keys",
};

struct key_cells {
    char number[12], selected[24], check[CLV_VKEY_TEXT], created[CLV_TIME_TEXT];
};

static void fill_row(enum clv_keyfile_kind kind, const struct clv_tke_key *key, struct key_cells *c,
                     const char **row)
{
    snprintf(c->number, sizeof(c->number), "%u", key->number);
    if (key->turn)
        snprintf(c->selected, sizeof(c->selected), "true (%u)", key->turn);
    else
        snprintf(c->selected, sizeof(c->selected), "false");
    check_value(key, c->check, sizeof(c->check));
    snprintf(c->created, sizeof(c->created), "-");
    if (key->info.created_ms)
        clv_time_text(key->info.created_ms, c->created);
    const char *name = key->of_plugin ? key->info.description : key->info.admin_name;
    row[0] = c->number;
    row[1] = kind == CLV_KEYFILE_SIGKEY ? c->selected : key->info.owner;
    row[2] = kind == CLV_KEYFILE_SIGKEY ? name : key->info.description;
    row[3] = c->check;
    row[4] = c->created;
    row[5] = key->file;
}

static void write_unlisted(FILE *out, const struct clv_tke_keys *keys)
{
    for (size_t i = 0; i < keys->num_keys; i++) {
        if (listed(&keys->keys[i]))
            continue;
        fprintf(out, "not usable: ");
        print_clean(out, keys->keys[i].file);
        fprintf(out, ": ");
        print_clean(out, state_of(&keys->keys[i]));
        fprintf(out, "\n");
    }
}

static void write_keys(FILE *out, enum clv_keyfile_kind kind, const struct clv_tke_keys *keys)
{
    const char **cells = calloc(keys->num_keys * KEY_COLUMNS + 1, sizeof(*cells));
    struct key_cells *texts = calloc(keys->num_keys + 1, sizeof(*texts));
    size_t rows = 0;
    for (size_t i = 0; cells && texts && i < keys->num_keys; i++)
        if (listed(&keys->keys[i])) {
            fill_row(kind, &keys->keys[i], &texts[rows], cells + rows * KEY_COLUMNS);
            rows++;
        }
    print_table(out, headers_of[kind], KEY_COLUMNS, cells, rows);
    free(cells);
    free(texts);
}

static json_t *json_of_key(enum clv_keyfile_kind kind, const struct clv_tke_key *key)
{
    char check[CLV_VKEY_TEXT], created[CLV_TIME_TEXT];
    json_t *o = json_pack("{ss so}", "file", key->file, "number",
                          key->number ? json_integer(key->number) : json_null());
    json_object_set_new(o, "problem", listed(key) ? json_null() : json_text(state_of(key)));
    if (key->why.code != CLV_OK)
        return o;
    check_value(key, check, sizeof(check));
    clv_time_text(key->info.created_ms, created);
    json_object_set_new(o, "test", json_boolean(key->info.test_world));
    json_object_set_new(o, "description", json_text(key->info.description));
    json_object_set_new(o, "created", key->info.created_ms ? json_string(created) : json_null());
    if (kind == CLV_KEYFILE_PART) {
        json_object_set_new(o, "owner", json_text(key->info.owner));
        json_object_set_new(o, "check-value", json_text(check));
        return o;
    }
    if (kind == CLV_KEYFILE_WITNESS) {
        json_object_set_new(o, "owner", json_text(key->info.owner));
        json_object_set_new(o, "witness-key", json_text(check));
        return o;
    }
    json_object_set_new(o, "administrator", json_text(key->info.admin_name));
    json_object_set_new(o, "ski", json_hex(key->info.ski, sizeof(key->info.ski)));
    json_object_set_new(o, "plug-in", json_boolean(key->of_plugin));
    json_object_set_new(o, "selected", key->turn ? json_integer(key->turn) : json_null());
    return o;
}

void print_keys(struct session *s, enum clv_keyfile_kind kind, const struct clv_tke_keys *keys)
{
    if (!s->json) {
        write_keys(stdout, kind, keys);
        write_unlisted(stderr, keys);
        return;
    }
    json_t *array = json_array();
    for (size_t i = 0; i < keys->num_keys; i++)
        json_array_append_new(array, json_of_key(kind, &keys->keys[i]));
    print_json(s, json_names[kind], array);
}

char *keys_text(enum clv_keyfile_kind kind, const struct clv_tke_keys *keys)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (out == NULL)
        return NULL;
    write_keys(out, kind, keys);
    fclose(out);
    return text;
}
