/* The list of a service instance's crypto units (docs/protocol.md, b.14). */
#include "internal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which IBM's tools number the units. */
static const struct {
    const char *member;
    enum clv_ep11_unit_kind kind;
    bool required;
} lists[] = {
    {"hsms", CLV_EP11_UNIT_OPERATIONAL, true},
    {"source_hsms", CLV_EP11_UNIT_RECOVERY, false},
    {"failover_hsms", CLV_EP11_UNIT_FAILOVER, false},
};
#define NUM_LISTS (sizeof(lists) / sizeof(lists[0]))

const char *clv_ep11_unit_kind_text(enum clv_ep11_unit_kind kind)
{
    static const char *const texts[] = {
        [CLV_EP11_UNIT_OPERATIONAL] = "operational",
        [CLV_EP11_UNIT_RECOVERY] = "recovery",
        [CLV_EP11_UNIT_FAILOVER] = "failover",
    };
    return (size_t)kind < sizeof(texts) / sizeof(texts[0]) ? texts[kind] : "unknown";
}

/* ---- writing ---- */
static json_t *unit_to_json(const struct clv_ep11_listed_unit *unit)
{
    json_t *object = json_pack("{s:s, s:s, s:i, s:s}", "hsm_id", unit->hsm_id, "location",
                               unit->location, "version", 1, "serial_number", unit->serial_number);
    if (unit->state[0] && json_object_set_new(object, "state", json_string(unit->state)) != 0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool fill(json_t *list, const struct clv_ep11_listed_unit *units, size_t num,
                 enum clv_ep11_unit_kind kind)
{
    for (size_t i = 0; i < num; i++)
        if (units[i].kind == kind && json_array_append_new(list, unit_to_json(&units[i])) != 0)
            return false;
    return true;
}

/* What the service says about the list itself; nobody was seen to read it. */
static json_t *metadata(size_t num)
{
    return json_pack("[{s:s, s:I}]", "collectionType", "application/json", "collectionTotal",
                     (json_int_t)num);
}

clv_status clv_ep11_rest_listing_encode(struct clv_writer *w,
                                        const struct clv_ep11_listed_unit *units, size_t num,
                                        struct clv_error *err)
{
    char *text = NULL;
    json_t *root = json_object();
    bool good = root != NULL && json_object_set_new(root, "metadata", metadata(num)) == 0;
    for (size_t i = 0; good && i < NUM_LISTS; i++) {
        json_t *list = json_array();
        good = list && fill(list, units, num, lists[i].kind);
        if (lists[i].required || json_array_size(list) > 0)
            good = good && json_object_set(root, lists[i].member, list) == 0;
        json_decref(list);
    }
    if (good)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    if (!text)
        return clv_fail(err, CLV_E_FORMAT, "a crypto unit's name is not text");
    clv_write_text(w, text);
    free(text);
    return clv_writer_done(w, err);
}

/* ---- reading ---- */
/* Copies text of printable ASCII; the identifier and the serial number also go into addresses and
 * file names, so they have letters, digits and a few marks only. */
static bool take_text(const json_t *object, const char *member, const char *allowed, char *out,
                      size_t cap)
{
    const char *text = json_string_value(json_object_get(object, member));
    if (!text || text[0] == '\0' || strlen(text) >= cap)
        return false;
    for (const char *c = text; *c; c++)
        if (*c < 0x20 || *c > 0x7e)
            return false;
    if (allowed && text[strspn(text, allowed)] != '\0')
        return false;
    memcpy(out, text, strlen(text) + 1);
    return true;
}

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static const char *read_unit(const json_t *object, struct clv_ep11_listed_unit *unit)
{
    if (!take_text(object, "hsm_id", LETTERS_AND_DIGITS "-_", unit->hsm_id, sizeof(unit->hsm_id)))
        return "hsm_id";
    if (!take_text(object, "location", NULL, unit->location, sizeof(unit->location)))
        return "location";
    if (!take_text(object, "serial_number", LETTERS_AND_DIGITS, unit->serial_number,
                   sizeof(unit->serial_number)) ||
        strlen(unit->serial_number) != CLV_EP11_SERIAL_LEN)
        return "serial_number";
    if (json_object_get(object, "state") &&
        !take_text(object, "state", NULL, unit->state, sizeof(unit->state)))
        return "state";
    return NULL;
}

static clv_status read_lists(const json_t *root, struct clv_ep11_listed_unit *units,
                             size_t *ret_num, struct clv_error *err)
{
    size_t num = 0;
    for (size_t i = 0; i < NUM_LISTS; i++) {
        size_t at;
        json_t *object;
        json_array_foreach(json_object_get(root, lists[i].member), at, object)
        {
            const char *wrong = read_unit(object, &units[num]);
            if (wrong)
                return clv_fail(err, CLV_E_FORMAT, "unit %zu of \"%s\": bad \"%s\"", at + 1,
                                lists[i].member, wrong);
            units[num++].kind = lists[i].kind;
        }
    }
    *ret_num = num;
    return CLV_OK;
}

/* How many units there are; fails when a list is not a list. */
static clv_status count_units(const json_t *root, size_t *ret_num, struct clv_error *err)
{
    size_t num = 0;
    for (size_t i = 0; i < NUM_LISTS; i++) {
        const json_t *list = json_object_get(root, lists[i].member);
        if (!list && !lists[i].required)
            continue;
        if (!json_is_array(list))
            return clv_fail(err, CLV_E_FORMAT, "\"%s\" is not a list", lists[i].member);
        num += json_array_size(list);
    }
    if (num > CLV_EP11_MAX_LISTED)
        return clv_fail(err, CLV_E_FORMAT, "%zu crypto units are too many", num);
    *ret_num = num;
    return CLV_OK;
}

static clv_status decode_root(const json_t *root, struct clv_ep11_listed_unit **ret_units,
                              size_t *ret_num, struct clv_error *err)
{
    size_t num = 0;
    clv_status status = count_units(root, &num, err);
    if (status != CLV_OK)
        return status;
    struct clv_ep11_listed_unit *units = calloc(num + 1, sizeof(*units));
    if (!units)
        return clv_fail(err, CLV_E_MEMORY, "no memory for %zu crypto units", num);
    status = read_lists(root, units, &num, err);
    if (status != CLV_OK) {
        free(units);
        return status;
    }
    *ret_units = units;
    *ret_num = num;
    return CLV_OK;
}

clv_status clv_ep11_rest_listing_decode(struct clv_view body,
                                        struct clv_ep11_listed_unit **ret_units, size_t *ret_num,
                                        struct clv_error *err)
{
    json_error_t why;
    clv_status status;
    if (body.len > CLV_EP11_LISTING_MAX)
        return clv_fail(err, CLV_E_FORMAT, "a list of %zu bytes is too long", body.len);
    json_t *root = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        status = clv_fail(err, CLV_E_FORMAT, "not JSON (line %d)", why.line);
    else
        status = decode_root(root, ret_units, ret_num, err);
    json_decref(root);
    return clv_while(err, status, "reading the list of crypto units");
}
