/* The command journal: what was intended for each unit, and what came of it. Where an entry means
 * what one of a ceremony means, it has the same form. source  docs/formats/commands.md */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define TEXT_MAX 511

static void put_hex(json_t *entry, const char *name, const void *data, size_t len)
{
    char hex[2 * 64 + 1];
    clv_hex(data, len, hex);
    json_object_set_new(entry, name, json_string(hex));
}

/* Cut at TEXT_MAX bytes; what is not UTF-8 (a unit's words, a cut character) becomes '?'. */
static void put_text(json_t *entry, const char *name, const char *text)
{
    char plain[TEXT_MAX + 1];
    size_t len = strnlen(text, TEXT_MAX);
    json_t *value = json_stringn(text, len);
    for (size_t i = 0; value == NULL && i < len; i++)
        plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    json_object_set_new(entry, name, value ? value : json_stringn(plain, len));
}

static void put_number(json_t *entry, const char *name, json_int_t number)
{
    json_object_set_new(entry, name, json_integer(number));
}

static json_t *entry_of(const struct clv_tke *t, const char *event)
{
    char time[CLV_TIME_TEXT];
    json_t *entry = json_object();
    clv_time_text(clv_now_wall_ms(t->config.clock), time);
    put_text(entry, "event", event);
    put_text(entry, "time", time);
    return entry;
}

/* The first failure stays: from then on nothing more is sent. */
static clv_status append(struct clv_tke *t, json_t *entry)
{
    char *text = json_dumps(entry, JSON_COMPACT);
    json_decref(entry);
    if (t->journal_failed == CLV_OK)
        t->journal_failed =
            text ? clv_journal_append(t->journal, clv_view_of(text, strlen(text)), NULL,
                                      &t->journal_error)
                 : clv_fail(&t->journal_error, CLV_E_MEMORY, "no memory for a journal entry");
    free(text);
    return t->journal_failed;
}

/* ---- what clv_tke_order() writes ---- */

clv_status clv_tke_record_intent(void *ctx, const struct clv_intent *intent, struct clv_error *err)
{
    static const uint8_t none[CLV_EP11_PATTERN_LEN];
    struct clv_tke *t = ctx;
    json_t *entry = entry_of(t, "intent");
    put_text(entry, "phase", clv_order_name(intent->order));
    put_number(entry, "unit", intent->unit);
    put_text(entry, "command", clv_ep11_command_name(intent->command));
    put_hex(entry, "counter", intent->counter, sizeof(intent->counter));
    put_hex(entry, "pattern", intent->has_pattern ? intent->pattern : none, sizeof(none));
    clv_status st = append(t, entry);
    return st == CLV_OK ? st : clv_fail(err, st, "the command journal did not take the intent");
}

void clv_tke_record_outcome(struct clv_tke *t, const struct clv_result *result)
{
    static const char *const words[] = {
        [CLV_OUTCOME_DONE] = "done",           [CLV_OUTCOME_REFUSED] = "refused",
        [CLV_OUTCOME_NOT_SENT] = "not-sent",   [CLV_OUTCOME_DOUBT] = "in-doubt",
        [CLV_OUTCOME_UNTRUSTED] = "untrusted",
    };
    json_t *entry = entry_of(t, "outcome");
    put_text(entry, "phase", clv_order_name(result->order));
    put_number(entry, "unit", result->unit);
    put_text(entry, "outcome", words[result->outcome]);
    put_number(entry, "return-code", result->return_code);
    put_hex(entry, "counter", result->counter, sizeof(result->counter));
    put_text(entry, "reason", result->error.fact);
    (void)append(t, entry);
}

void clv_tke_record_signer(struct clv_tke *t, size_t number, const uint8_t ski[CLV_SKI_LEN])
{
    if (t->journal == NULL)
        return;
    json_t *entry = entry_of(t, "signer-opened");
    put_number(entry, "seat", 0);
    put_number(entry, "key", (json_int_t)number);
    put_hex(entry, "ski", ski, CLV_SKI_LEN);
    (void)append(t, entry);
}

void clv_tke_record_confirmed(struct clv_tke *t, const char *typed)
{
    if (t->journal == NULL)
        return;
    json_t *entry = entry_of(t, "confirmed");
    put_text(entry, "phase", "none");
    put_number(entry, "seat", 0);
    put_text(entry, "typed", typed);
    (void)append(t, entry);
}

/* Nobody can compute the pattern of a key that was made inside: this is what its unit says. */
void clv_tke_record_generated(struct clv_tke *t, unsigned unit,
                              const uint8_t pattern[CLV_EP11_PATTERN_LEN])
{
    json_t *entry = entry_of(t, "generated");
    put_number(entry, "unit", unit);
    put_hex(entry, "pattern", pattern, CLV_EP11_PATTERN_LEN);
    (void)append(t, entry);
}

/* ---- begin and end ---- */

static void record_opened(struct clv_tke *t)
{
    static const uint8_t none[CLV_SHA256_LEN];
    json_t *entry = entry_of(t, "opened");
    put_text(entry, "ceremony", clv_journal_ceremony_id(t->journal));
    json_object_set_new(entry, "test", json_boolean(t->config.test_world));
    put_hex(entry, "script-sha256", none, sizeof(none));
    put_hex(entry, "site-sha256", t->site->hash, sizeof(t->site->hash));
    put_text(entry, "tool", "claviger " CLV_VERSION);
    put_text(entry, "vkey", clv_journal_vkey(t->journal));
    (void)append(t, entry);
}

static clv_status create(struct clv_tke *t, struct clv_error *err)
{
    uint8_t random[4];
    char id[CLV_CEREMONY_ID_MAX + 1];
    clv_random_fill(t->config.random, random, sizeof(random));
    snprintf(id, sizeof(id), "CLV-COMMANDS-%02X%02X%02X%02X", random[0], random[1], random[2],
             random[3]);
    clv_status st = clv_journal_create(t->journal_dir, id, t->config.test_world, t->config.random,
                                       &t->journal, err);
    if (st == CLV_OK)
        record_opened(t);
    return st;
}

/* A journal that a power cut tore is mended here, and the journal says so. */
static clv_status mend(struct clv_tke *t, struct clv_error *err)
{
    size_t moved = 0;
    clv_status st = clv_journal_set_torn_aside(t->journal_dir, &moved, err);
    if (st == CLV_OK)
        st = clv_journal_open(t->journal_dir, &t->journal, err);
    if (st != CLV_OK)
        return st;
    json_t *entry = entry_of(t, "torn-set-aside");
    put_number(entry, "bytes", (json_int_t)moved);
    return append(t, entry);
}

static clv_status open_or_create(struct clv_tke *t, struct clv_error *err)
{
    clv_status st = clv_dir_private(t->journal_dir, err);
    if (st == CLV_OK)
        st = clv_journal_open(t->journal_dir, &t->journal, err);
    if (st == CLV_E_MISSING)
        st = create(t, err);
    else if (st == CLV_E_DAMAGED)
        st = mend(t, err);
    if (st == CLV_OK && clv_journal_is_test(t->journal) != t->config.test_world)
        st = clv_fail(err, CLV_E_WORLD, "the command journal is of the other world");
    if (st != CLV_OK) {
        clv_journal_free(&t->journal);
        clv_kept(err, "Nothing was sent.");
        return clv_while(err, st, "opening the command journal in %s", t->journal_dir);
    }
    return CLV_OK;
}

static void record_units(struct clv_tke *t)
{
    for (size_t i = 0; i < t->num_rows; i++) {
        const struct clv_unit *unit = clv_fleet_unit(t->fleet, t->rows[i].unit);
        if (!unit->trusted)
            continue;
        json_t *entry = entry_of(t, "unit-seen");
        put_number(entry, "unit", unit->number);
        put_hex(entry, "module", unit->module_id, sizeof(unit->module_id));
        put_hex(entry, "device-key", unit->device_ski, sizeof(unit->device_ski));
        put_hex(entry, "root-key", unit->root_ski, sizeof(unit->root_ski));
        put_text(entry, "location", unit->location);
        put_text(entry, "service", unit->service);
        (void)append(t, entry);
    }
}

clv_status clv_tke_begin(struct clv_tke *t, const char *command, struct clv_error *err)
{
    char units[400];
    clv_status st = open_or_create(t, err);
    if (st != CLV_OK)
        return st;
    clv_tke_selection(t, units, sizeof(units));
    snprintf(t->command, sizeof(t->command), "%s", command);
    json_t *entry = entry_of(t, "command");
    put_text(entry, "command", command);
    put_text(entry, "units", units);
    put_hex(entry, "site-sha256", t->site->hash, sizeof(t->site->hash));
    (void)append(t, entry);
    record_units(t);
    if (t->journal_failed == CLV_OK)
        return CLV_OK;
    if (err)
        *err = t->journal_error;
    clv_kept(err, "Nothing was sent.");
    return t->journal_failed;
}

clv_status clv_tke_end(struct clv_tke *t, clv_status ended, struct clv_error *err)
{
    if (t->journal == NULL)
        return CLV_OK;
    json_t *entry = entry_of(t, "command-over");
    put_text(entry, "command", t->command);
    put_number(entry, "units", (json_int_t)t->num_rows);
    put_number(entry, "failed", (json_int_t)(t->num_rows - clv_tke_num_alive(t)));
    put_text(entry, "ending", clv_code_name(ended));
    clv_status st = append(t, entry);
    if (st == CLV_OK)
        st = clv_journal_checkpoint(t->journal, &t->journal_error);
    clv_journal_free(&t->journal);
    if (st != CLV_OK && err)
        *err = t->journal_error;
    return clv_while(err, st, "closing the command journal");
}

/* ---- confirmations ---- */

clv_status clv_tke_confirm_phrase(struct clv_tke *t, const char *phrase, const char *const *lines,
                                  size_t num_lines, struct clv_error *err)
{
    const struct clv_tke_port *port = t->config.port;
    clv_status st = port->confirm(port->ctx, phrase, lines, num_lines, err);
    if (st == CLV_OK)
        clv_tke_record_confirmed(t, phrase);
    return st;
}

clv_status clv_tke_confirm(struct clv_tke *t, const char *verb, const char *const *lines,
                           size_t num_lines, struct clv_error *err)
{
    char units[400], phrase[480];
    clv_tke_selection(t, units, sizeof(units));
    snprintf(phrase, sizeof(phrase), "%s %s", verb, units);
    return clv_tke_confirm_phrase(t, phrase, lines, num_lines, err);
}
