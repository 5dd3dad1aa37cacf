/* A journal entry for people: the members of a JSON object, one a line. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DEPTH_MAX 8
#define NAME_MAX_LEN 200
#define LABEL_COLUMNS 24

/* Text that might play tricks on a terminal is shown as its JSON escape instead. */
static char *safe_text(const char *text)
{
    if (clv_text_check(text, CLV_JOURNAL_ENTRY_MAX, "a text", NULL) == CLV_OK)
        return strdup(text);
    json_t *string = json_string(text);
    char *escaped = string ? json_dumps(string, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;
    json_decref(string);
    return escaped;
}

static void write_line(struct clv_writer *w, const char *name, char *value)
{
    char *label = safe_text(name);
    if (label && value) {
        size_t width = clv_text_width(label);
        clv_write_format(w, "  %s%*s%s\n", label,
                         width + 1 < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - width) : 1, "", value);
    } else {
        w->failed = true;
    }
    free(label);
    free(value);
}

static void write_value(struct clv_writer *w, const char *name, const json_t *value, int depth);

static void write_members(struct clv_writer *w, const char *name, const json_t *object, int depth)
{
    const char *key;
    json_t *value;
    /* The iterator does not change the object, but its type asks for one that may. */
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        char full[NAME_MAX_LEN];
        snprintf(full, sizeof full, "%s%s%s", name, *name ? "." : "", key);
        write_value(w, full, value, depth + 1);
    }
}

static void write_elements(struct clv_writer *w, const char *name, const json_t *array, int depth)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        char full[NAME_MAX_LEN];
        snprintf(full, sizeof full, "%s.%zu", name, i + 1);
        write_value(w, full, json_array_get(array, i), depth + 1);
    }
}

static void write_value(struct clv_writer *w, const char *name, const json_t *value, int depth)
{
    if (json_is_object(value) && depth < DEPTH_MAX)
        write_members(w, name, value, depth);
    else if (json_is_array(value) && depth < DEPTH_MAX)
        write_elements(w, name, value, depth);
    else if (json_is_string(value))
        write_line(w, name, safe_text(json_string_value(value)));
    else
        write_line(w, name, json_dumps(value, JSON_ENCODE_ANY | JSON_ENSURE_ASCII));
}

static void write_plain(struct clv_writer *w, struct clv_view entry)
{
    char *text = strndup((const char *)entry.data, entry.len);
    char *safe = text ? safe_text(text) : NULL;
    if (safe)
        clv_write_format(w, "  %s\n", safe);
    else
        clv_write_text(w, "  (not text)\n");
    free(safe);
    free(text);
}

clv_status clv_entry_text(struct clv_view entry, char **ret_text, struct clv_error *err)
{
    struct clv_writer w = {0};
    uint8_t *text = NULL;
    size_t len = 0;
    json_t *root = json_loadb((const char *)entry.data, entry.len, JSON_REJECT_DUPLICATES, NULL);
    clv_writer_init(&w);
    if (json_is_object(root))
        write_value(&w, "", root, 0);
    else
        write_plain(&w, entry);
    json_decref(root);
    clv_write_u8(&w, 0);
    clv_status status = clv_writer_detach(&w, &text, &len, err);
    clv_writer_clear(&w);
    if (status == CLV_OK)
        *ret_text = (char *)text;
    return status;
}
