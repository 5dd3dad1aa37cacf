/* The settings file: site, selected crypto units, selected signature keys. Nothing secret.
 * source  docs/formats/settings.md */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SETTINGS_MAX (1u << 20)
#define VERSION 1

void clv_tke_settings_clear(struct clv_tke_settings *s)
{
    free(s->site_file);
    free(s->units);
    *s = (struct clv_tke_settings){0};
}

static struct clv_tke_unit_name *find_unit(const struct clv_tke_settings *s, const char *instance,
                                           const char *hsm)
{
    for (size_t i = 0; i < s->num_units; i++)
        if (strcmp(s->units[i].instance, instance) == 0 && strcmp(s->units[i].hsm, hsm) == 0)
            return &s->units[i];
    return NULL;
}

bool clv_tke_settings_has_unit(const struct clv_tke_settings *s, const char *instance,
                               const char *hsm)
{
    return find_unit(s, instance, hsm) != NULL;
}

clv_status clv_tke_settings_put_unit(struct clv_tke_settings *s, const char *instance,
                                     const char *hsm, bool selected, struct clv_error *err)
{
    struct clv_tke_unit_name *found = find_unit(s, instance, hsm);
    if (found && !selected)
        *found = s->units[--s->num_units];
    if (found || !selected)
        return CLV_OK;
    if (strlen(instance) >= sizeof(found->instance) || strlen(hsm) >= sizeof(found->hsm))
        return clv_fail(err, CLV_E_FORMAT, "the id of a crypto unit or its instance is too long");
    struct clv_tke_unit_name *grown = realloc(s->units, (s->num_units + 1) * sizeof(*grown));
    if (grown == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the selection");
    s->units = grown;
    memcpy(grown[s->num_units].instance, instance, strlen(instance) + 1);
    memcpy(grown[s->num_units].hsm, hsm, strlen(hsm) + 1);
    s->num_units++;
    return CLV_OK;
}

/* ---- read ---- */

static clv_status malformed(struct clv_error *err, const char *member, const char *what)
{
    return clv_fail(err, CLV_E_FORMAT, "\"%s\" %s", member, what);
}

static clv_status read_units(const json_t *array, struct clv_tke_settings *s, struct clv_error *err)
{
    if (!json_is_array(array) || json_array_size(array) > CLV_TKE_MAX_UNITS)
        return malformed(err, "units", "is not a list of at most 1024 crypto units");
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < json_array_size(array); i++) {
        const json_t *unit = json_array_get(array, i);
        const char *instance = json_string_value(json_object_get(unit, "instance"));
        const char *hsm = json_string_value(json_object_get(unit, "hsm"));
        if (!instance || !hsm || json_object_size(unit) != 2)
            return malformed(err, "units", "has an entry that is not an instance and an hsm");
        st = clv_tke_settings_put_unit(s, instance, hsm, true, err);
    }
    return st;
}

static bool is_file_name(const char *name)
{
    return name && name[0] != '\0' && name[0] != '.' && !strchr(name, '/') &&
           strlen(name) < CLV_TKE_FILE_NAME;
}

static clv_status read_sigkeys(const json_t *array, struct clv_tke_settings *s,
                               struct clv_error *err)
{
    if (!json_is_array(array) || json_array_size(array) > CLV_TKE_MAX_SIGKEYS)
        return malformed(err, "signature-keys", "is not a list of at most 8 files");
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *name = json_string_value(json_array_get(array, i));
        if (!is_file_name(name))
            return malformed(err, "signature-keys", "has an entry that is not a file name");
        memcpy(s->sigkeys[s->num_sigkeys++], name, strlen(name) + 1);
    }
    return CLV_OK;
}

static clv_status read_members(const json_t *root, struct clv_tke_settings *s,
                               struct clv_error *err)
{
    const json_t *version = json_object_get(root, "claviger-settings");
    const json_t *site = json_object_get(root, "site");
    if (!json_is_integer(version))
        return malformed(err, "claviger-settings", "is missing: this is not a settings file");
    if (json_integer_value(version) != VERSION)
        return clv_fail(err, CLV_E_UNSUPPORTED, "these settings are of another version");
    if (json_object_size(root) != 4)
        return clv_fail(err, CLV_E_FORMAT, "a member is missing, or there is an unknown one");
    if (!json_is_null(site) && (!json_is_string(site) || json_string_value(site)[0] != '/'))
        return malformed(err, "site", "is neither null nor the absolute path of a file");
    if (json_is_string(site) && (s->site_file = strdup(json_string_value(site))) == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the settings");
    clv_status st = read_units(json_object_get(root, "units"), s, err);
    return st == CLV_OK ? read_sigkeys(json_object_get(root, "signature-keys"), s, err) : st;
}

clv_status clv_tke_settings_parse(struct clv_view bytes, struct clv_tke_settings *ret,
                                  struct clv_error *err)
{
    struct clv_tke_settings s = {0};
    json_error_t where = {0};
    json_t *root = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &where);
    clv_status st = json_is_object(root)
                        ? read_members(root, &s, err)
                        : clv_fail(err, CLV_E_FORMAT, "not a JSON object (line %d)", where.line);
    json_decref(root);
    if (st != CLV_OK) {
        clv_tke_settings_clear(&s);
        return st;
    }
    *ret = s;
    return CLV_OK;
}

clv_status clv_tke_settings_read(const char *path, struct clv_tke_settings *ret,
                                 struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read_private(path, SETTINGS_MAX, &data, &len, err);
    if (st == CLV_E_MISSING) {
        if (err)
            *err = (struct clv_error){0};
        *ret = (struct clv_tke_settings){0};
        return CLV_OK;
    }
    if (st == CLV_OK)
        st = clv_tke_settings_parse(clv_view_of(data, len), ret, err);
    free(data);
    if (st == CLV_OK)
        return CLV_OK;
    clv_hint(err, "Mend or remove that file; then select again.");
    return clv_while(err, st, "reading the settings in %s", path);
}

/* ---- write ---- */

static json_t *units_to_json(const struct clv_tke_settings *s)
{
    json_t *array = json_array();
    for (size_t i = 0; i < s->num_units; i++)
        json_array_append_new(
            array, json_pack("{ss ss}", "instance", s->units[i].instance, "hsm", s->units[i].hsm));
    return array;
}

static json_t *sigkeys_to_json(const struct clv_tke_settings *s)
{
    json_t *array = json_array();
    for (size_t i = 0; i < s->num_sigkeys; i++)
        json_array_append_new(array, json_string(s->sigkeys[i]));
    return array;
}

clv_status clv_tke_settings_write(const char *path, const struct clv_tke_settings *s,
                                  struct clv_error *err)
{
    json_t *root = json_pack("{si ss? so so}", "claviger-settings", VERSION, "site", s->site_file,
                             "units", units_to_json(s), "signature-keys", sigkeys_to_json(s));
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    clv_status st = text ? clv_file_replace(path, text, strlen(text), err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for the settings");
    free(text);
    json_decref(root);
    return st;
}
