/* Which key a unit was loaded with here, or made: read from the command journal, or brought on
 * paper. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"

#define MAX_NUMBER CLV_TKE_MAX_UNITS

/* The journal played again. Numbers of units are those of their command; `unit-seen` says which
 * units those were. */
struct replay {
    const struct clv_tke *t;
    bool made_only;                /* no keys that were loaded */
    size_t row_of[MAX_NUMBER + 1]; /* 1 + index of the row, 0: none of ours */
    bool *known;                   /* per row */
    uint8_t (*patterns)[CLV_EP11_PATTERN_LEN];
};

static const char *text_of(const json_t *entry, const char *name)
{
    const char *text = json_string_value(json_object_get(entry, name));
    return text ? text : "";
}

static size_t number_of(const json_t *entry)
{
    json_int_t number = json_integer_value(json_object_get(entry, "unit"));
    return number > 0 && number <= MAX_NUMBER ? (size_t)number : 0;
}

static void take_seen(struct replay *r, const json_t *entry)
{
    char module[2 * CLV_EP11_MODULE_ID_LEN + 1];
    for (size_t i = 0; i < r->t->num_rows; i++) {
        const struct clv_unit *unit = clv_fleet_unit(r->t->fleet, r->t->rows[i].unit);
        clv_hex(unit->module_id, sizeof(unit->module_id), module);
        if (unit->trusted && strcmp(text_of(entry, "module"), module) == 0 &&
            strcmp(text_of(entry, "location"), unit->location) == 0)
            r->row_of[number_of(entry)] = i + 1;
    }
}

static void take_pattern(struct replay *r, const json_t *entry)
{
    size_t row = r->row_of[number_of(entry)];
    const char *hex = text_of(entry, "pattern");
    if (number_of(entry) == 0 || row == 0)
        return;
    r->known[row - 1] =
        clv_unhex(hex, strlen(hex), r->patterns[row - 1], CLV_EP11_PATTERN_LEN, NULL) == CLV_OK;
}

static bool is_load(const struct replay *r, const json_t *entry)
{
    return !r->made_only && strcmp(text_of(entry, "event"), "intent") == 0 &&
           strcmp(text_of(entry, "phase"), clv_order_name(CLV_ORDER_LOAD)) == 0;
}

static clv_status take_entry(void *ctx, uint64_t seq, struct clv_view text, struct clv_error *err)
{
    struct replay *r = ctx;
    json_t *entry = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *event = text_of(entry, "event");
    (void)err;
    (void)seq;
    if (strcmp(event, "command") == 0)
        memset(r->row_of, 0, sizeof(r->row_of));
    else if (strcmp(event, "unit-seen") == 0)
        take_seen(r, entry);
    else if (is_load(r, entry) || strcmp(event, "generated") == 0)
        take_pattern(r, entry);
    json_decref(entry);
    return CLV_OK;
}

static void replay_free(struct replay **replay)
{
    struct replay *r = *replay;
    if (r == NULL)
        return;
    free(r->known);
    free(r->patterns);
    free(r);
    *replay = NULL;
}

static clv_status play(struct replay *r, struct clv_error *err)
{
    struct clv_journal *journal = NULL;
    clv_status st = clv_journal_open_readonly(r->t->journal_dir, &journal, err);
    if (st == CLV_OK)
        st = clv_journal_each(journal, 0, take_entry, r, err);
    clv_journal_free(&journal);
    return st;
}

static clv_status replay_new(const struct clv_tke *t, bool made_only, struct replay **ret,
                             struct clv_error *err)
{
    struct replay *r = calloc(1, sizeof(*r));
    clv_status st = CLV_OK;
    if (r) {
        r->t = t;
        r->made_only = made_only;
        r->known = calloc(t->num_rows + 1, sizeof(*r->known));
        r->patterns = calloc(t->num_rows + 1, sizeof(*r->patterns));
    }
    if (r == NULL || r->known == NULL || r->patterns == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for the command journal");
    else
        st = play(r, err);
    if (st == CLV_OK)
        *ret = r;
    else
        replay_free(&r);
    return st;
}

static clv_status nothing_on_record(unsigned unit, struct clv_error *err)
{
    clv_status st = clv_fail(err, CLV_E_MISSING,
                             "no load of crypto unit %u is on record on this workstation", unit);
    clv_hint(err, "Take the verification pattern from paper or a receipt file: --pattern.");
    return st;
}

static clv_status one_for_all(const struct replay *r, uint8_t ret[CLV_EP11_PATTERN_LEN],
                              struct clv_error *err)
{
    const uint8_t *found = NULL;
    for (size_t i = 0; i < r->t->num_rows; i++) {
        if (r->t->rows[i].failed)
            continue;
        if (!r->known[i])
            return nothing_on_record(r->t->rows[i].unit, err);
        if (found && !clv_ep11_pattern_equal(found, r->patterns[i])) {
            clv_status st = clv_fail(err, CLV_E_RULE,
                                     "the selected crypto units were loaded with different keys");
            clv_hint(err, "Work on those with the same key at a time: --units.");
            return st;
        }
        found = r->patterns[i];
    }
    if (found == NULL)
        return clv_fail(err, CLV_E_MISSING, "no selected crypto unit answers");
    memcpy(ret, found, CLV_EP11_PATTERN_LEN);
    return CLV_OK;
}

clv_status clv_tke_expected_pattern(struct clv_tke *t, uint8_t ret[CLV_EP11_PATTERN_LEN],
                                    struct clv_error *err)
{
    struct replay *r = NULL;
    clv_status st = replay_new(t, false, &r, err);
    if (st == CLV_E_MISSING)
        return nothing_on_record(t->num_rows ? t->rows[0].unit : 0, err);
    if (st == CLV_OK)
        st = one_for_all(r, ret, err);
    replay_free(&r);
    return st;
}

clv_status clv_tke_generated_pattern(struct clv_tke *t, unsigned unit,
                                     uint8_t ret[CLV_EP11_PATTERN_LEN], struct clv_error *err)
{
    struct replay *r = NULL;
    const uint8_t *found = NULL;
    clv_status st = replay_new(t, true, &r, err);
    for (size_t i = 0; st == CLV_OK && i < t->num_rows; i++)
        if (t->rows[i].unit == unit && r->known[i])
            found = r->patterns[i];
    if (st == CLV_OK && found)
        memcpy(ret, found, CLV_EP11_PATTERN_LEN);
    else if (st == CLV_OK)
        st = clv_fail(err, CLV_E_MISSING, "crypto unit %u made no key from here", unit);
    replay_free(&r);
    return st;
}

clv_status clv_tke_pattern_from_text(const char *text, uint8_t ret[CLV_EP11_PATTERN_LEN],
                                     struct clv_error *err)
{
    uint8_t whole[CLV_EP11_PATTERN_LEN], cut[CLV_EP11_PATTERN_LEN] = {0};
    size_t len = strlen(text);
    bool is_whole = clv_unhex(text, len, whole, sizeof(whole), NULL) == CLV_OK;
    if (!is_whole && clv_unhex(text, len, cut, CLV_EP11_PATTERN_SIGNIFICANT, NULL) != CLV_OK) {
        clv_status st = clv_fail(err, CLV_E_INPUT, "a verification pattern is %d or %d hex digits",
                                 2 * CLV_EP11_PATTERN_SIGNIFICANT, 2 * CLV_EP11_PATTERN_LEN);
        clv_hint(err, "The receipt of the load has it: EP11-VP.");
        return st;
    }
    memcpy(ret, is_whole ? whole : cut, CLV_EP11_PATTERN_LEN);
    return CLV_OK;
}
