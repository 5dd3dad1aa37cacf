/* Events as lines of JSON: one table says which fields a kind has and what they are called. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

static const char *const event_names[] = {
#define NAME(name, text) [CLV_EVENT_##name] = text,
    CLV_EVENTS(NAME)
#undef NAME
};
static const char *const decision_names[] = {
    [CLV_DECIDE_REPEAT] = "repeat",
    [CLV_DECIDE_WAIVE] = "waive",
    [CLV_DECIDE_WAIT] = "wait",
    [CLV_DECIDE_RETRY] = "retry",
    [CLV_DECIDE_SET_ASIDE] = "set-aside",
    [CLV_DECIDE_ROLL_BACK] = "roll-back",
    [CLV_DECIDE_LOAD_AGAIN] = "load-again",
    [CLV_DECIDE_STOP] = "stop",
};

const char *clv_event_name(enum clv_event_kind kind)
{
    return event_names[kind];
}

const char *clv_decision_name(enum clv_decision decision)
{
    return decision_names[decision];
}

/* ---- fields: where in struct clv_event, and how they look ---- */

enum form { UINT, BOOL, TEXT, BYTES, PHASE, DECISION, OBSERVED };
struct field {
    enum form form;
    size_t offset, size;
};
#define AT(form_, member)                                                                          \
    {                                                                                              \
        form_, offsetof(struct clv_event, member), sizeof(((struct clv_event *)NULL)->member)      \
    }
enum field_id {
    F_NONE,
    F_PERSON,
    F_UNIT,
    F_SLOT,
    F_NUMBER,
    F_OK,
    F_PHASE,
    F_DECISION,
    F_PATTERN,
    F_DIGEST,
    F_DIGEST2,
    F_COUNTER,
    F_MODULE,
    F_OBSERVED,
    F_NAME,
    F_TEXT,
    F_TEXT2,
};
/* clang-format off */
static const struct field fields[] = {
    [F_PERSON]   = AT(UINT, person),
    [F_UNIT]     = AT(UINT, unit),
    [F_SLOT]     = AT(UINT, slot),
    [F_NUMBER]   = AT(UINT, number),
    [F_OK]       = AT(BOOL, ok),
    [F_PHASE]    = AT(PHASE, phase),
    [F_DECISION] = AT(DECISION, decision),
    [F_PATTERN]  = AT(BYTES, pattern),
    [F_DIGEST]   = AT(BYTES, digest),
    [F_DIGEST2]  = AT(BYTES, digest2),
    [F_COUNTER]  = AT(BYTES, counter),
    [F_MODULE]   = AT(BYTES, module_id),
    [F_OBSERVED] = AT(OBSERVED, observed),
    [F_NAME]     = AT(TEXT, name),
    [F_TEXT]     = AT(TEXT, text),
    [F_TEXT2]    = AT(TEXT, text2),
};

#define MAX_MEMBERS 9
struct member {
    const char *name;
    enum field_id field;
};
static const struct member members[CLV_NUM_EVENTS][MAX_MEMBERS] = {
    [CLV_EVENT_OPENED]         = { {"ceremony", F_NAME}, {"test", F_OK}, {"script-sha256", F_DIGEST},
                                   {"site-sha256", F_DIGEST2}, {"tool", F_TEXT}, {"vkey", F_TEXT2} },
    [CLV_EVENT_CHECK]          = { {"check", F_NAME}, {"ok", F_OK}, {"found", F_TEXT} },
    [CLV_EVENT_CHECKS_OVER]    = { {"failed", F_NUMBER} },
    [CLV_EVENT_PERSON_HERE]    = { {"seat", F_PERSON}, {"role", F_TEXT}, {"name", F_NAME} },
    [CLV_EVENT_ROLL_COMPLETE]  = { {"people", F_NUMBER} },
    [CLV_EVENT_PERSON_LEFT]    = { {"seat", F_PERSON}, {"name", F_NAME}, {"deviation", F_NUMBER},
                                   {"reason", F_TEXT}, {"approved-by", F_TEXT2} },
    [CLV_EVENT_PERSON_BACK]    = { {"seat", F_PERSON}, {"name", F_NAME} },
    [CLV_EVENT_PERSON_REPLACED] = { {"seat", F_PERSON}, {"name", F_NAME}, {"deviation", F_NUMBER},
                                   {"reason", F_TEXT}, {"approved-by", F_TEXT2} },
    [CLV_EVENT_UNIT_SEEN]      = { {"unit", F_UNIT}, {"module", F_MODULE}, {"device-key", F_DIGEST},
                                   {"root-key", F_DIGEST2}, {"location", F_NAME}, {"service", F_TEXT},
                                   {"root", F_TEXT2} },
    [CLV_EVENT_UNIT_LEFT_OUT]  = { {"unit", F_UNIT}, {"location", F_NAME}, {"service", F_TEXT2},
                                   {"reason", F_TEXT} },
    [CLV_EVENT_UNITS_FOUND]    = { {"units", F_NUMBER} },
    [CLV_EVENT_UNIT_STATE]     = { {"unit", F_UNIT}, {"state", F_OBSERVED} },
    [CLV_EVENT_UNIT_SILENT]    = { {"unit", F_UNIT}, {"reason", F_TEXT} },
    [CLV_EVENT_IMPORTER_GONE]  = { {"unit", F_UNIT} },
    [CLV_EVENT_REVIEWED]       = { {"reset", F_OK} },
    [CLV_EVENT_TURN_BEGUN]     = { {"seat", F_PERSON} },
    [CLV_EVENT_TURN_ENDED]     = { {"seat", F_PERSON} },
    [CLV_EVENT_TURN_LATER]     = { {"seat", F_PERSON} },
    [CLV_EVENT_PASSWORD_WRONG] = { {"seat", F_PERSON}, {"attempt", F_NUMBER}, {"file", F_NAME} },
    [CLV_EVENT_FILE_REFUSED]   = { {"seat", F_PERSON}, {"file", F_NAME}, {"reason", F_TEXT} },
    [CLV_EVENT_SIGKEY_READY]   = { {"seat", F_PERSON}, {"key", F_SLOT}, {"ski", F_DIGEST},
                                   {"administrator", F_NAME}, {"file", F_TEXT}, {"file-sha256", F_DIGEST2},
                                   {"how", F_TEXT2} },
    [CLV_EVENT_SIGNER_OPENED]  = { {"seat", F_PERSON}, {"key", F_SLOT}, {"ski", F_DIGEST},
                                   {"file", F_NAME}, {"how", F_TEXT} },
    [CLV_EVENT_SIGNERS_CLOSED] = { {"why", F_TEXT} },
    [CLV_EVENT_SIGNER_CLOSED]  = { {"seat", F_PERSON}, {"key", F_SLOT}, {"why", F_TEXT} },
    [CLV_EVENT_SERVICE_SIGNED] = { {"phase", F_PHASE}, {"key", F_SLOT}, {"ski", F_DIGEST},
                                   {"signatures", F_NUMBER}, {"service", F_TEXT}, {"name", F_NAME} },
    [CLV_EVENT_PART_MADE]      = { {"seat", F_PERSON}, {"part", F_SLOT}, {"check", F_TEXT},
                                   {"pattern", F_PATTERN}, {"commitment", F_DIGEST}, {"file", F_NAME},
                                   {"file-sha256", F_DIGEST2}, {"description", F_TEXT2} },
    [CLV_EVENT_COMMITMENT]     = { {"seat", F_PERSON}, {"part", F_SLOT}, {"commitment", F_DIGEST},
                                   {"source", F_TEXT} },
    [CLV_EVENT_COMMITMENT_BACK] = { {"seat", F_PERSON}, {"part", F_SLOT}, {"reason", F_TEXT} },
    [CLV_EVENT_PART_OPENED]    = { {"seat", F_PERSON}, {"part", F_SLOT}, {"check", F_TEXT},
                                   {"commitment", F_DIGEST}, {"file", F_NAME}, {"file-sha256", F_DIGEST2} },
    [CLV_EVENT_PART_REFUSED]   = { {"seat", F_PERSON}, {"part", F_SLOT}, {"reason", F_TEXT} },
    [CLV_EVENT_PATTERN]        = { {"pattern", F_PATTERN}, {"checks", F_TEXT} },
    [CLV_EVENT_CONFIRMED]      = { {"phase", F_PHASE}, {"seat", F_PERSON}, {"typed", F_TEXT} },
    [CLV_EVENT_INTENT]         = { {"phase", F_PHASE}, {"unit", F_UNIT}, {"command", F_NAME},
                                   {"counter", F_COUNTER}, {"pattern", F_PATTERN} },
    [CLV_EVENT_OUTCOME]        = { {"phase", F_PHASE}, {"unit", F_UNIT}, {"outcome", F_NAME},
                                   {"return-code", F_NUMBER}, {"counter", F_COUNTER}, {"reason", F_TEXT} },
    [CLV_EVENT_ORDER_OVER]     = { {"phase", F_PHASE} },
    [CLV_EVENT_BARRIER_OVER]   = { {"phase", F_PHASE} },
    [CLV_EVENT_DECISION]       = { {"decision", F_DECISION}, {"seat", F_PERSON}, {"unit", F_UNIT},
                                   {"reason", F_TEXT}, {"approved-by", F_NAME} },
    [CLV_EVENT_DEVIATION]      = { {"number", F_NUMBER}, {"seat", F_PERSON}, {"expected", F_TEXT},
                                   {"happened", F_NAME}, {"decided", F_TEXT2} },
    [CLV_EVENT_RECEIPT]        = { {"serial", F_NUMBER}, {"kind", F_NAME}, {"seat", F_PERSON},
                                   {"ceremony", F_TEXT2}, {"test", F_OK}, {"pattern", F_PATTERN},
                                   {"digest", F_DIGEST}, {"facts", F_TEXT} },
    [CLV_EVENT_RECEIPT_VOID]   = { {"serial", F_NUMBER}, {"reason", F_TEXT} },
    [CLV_EVENT_COSIGNED]       = { {"entries", F_NUMBER}, {"root", F_DIGEST}, {"witness", F_TEXT},
                                   {"signed-at", F_TEXT2} },
    [CLV_EVENT_RECEIPTS_OVER]  = { {"receipts", F_NUMBER} },
    [CLV_EVENT_SIGNED_OFF]     = { {"seat", F_PERSON}, {"agrees", F_OK}, {"remark", F_TEXT} },
    [CLV_EVENT_CLOCK_JUMPED]   = { {"seconds", F_NUMBER}, {"backwards", F_OK}, {"expected", F_TEXT} },
    [CLV_EVENT_MEDIUM]         = { {"medium", F_SLOT}, {"what", F_NAME}, {"entries", F_NUMBER},
                                   {"folder", F_TEXT} },
    [CLV_EVENT_INTERRUPTED]    = { {"reason", F_TEXT} },
    [CLV_EVENT_RESUMED]        = { {"seat", F_PERSON}, {"name", F_NAME}, {"seconds", F_NUMBER},
                                   {"boot", F_TEXT2}, {"slip-agrees", F_OK}, {"slip", F_TEXT},
                                   {"torn-bytes", F_SLOT} },
    [CLV_EVENT_CLOSED]         = { {"ending", F_NAME}, {"deviations", F_NUMBER}, {"set-aside", F_TEXT2},
                                   {"left-to-do", F_TEXT} },
};
/* clang-format on */

static const char *const form_names[] = {
    [UINT] = "number",     [BOOL] = "true or false",    [TEXT] = "text",
    [BYTES] = "hex",       [PHASE] = "name of a phase", [DECISION] = "name of a decision",
    [OBSERVED] = "object",
};

const char *clv_event_member(enum clv_event_kind kind, size_t n, const char **ret_form)
{
    if (n >= MAX_MEMBERS || members[kind][n].name == NULL)
        return NULL;
    *ret_form = form_names[fields[members[kind][n].field].form];
    return members[kind][n].name;
}

/* ---- writing ---- */

static json_t *hex_value(const void *data, size_t len)
{
    char hex[2 * 64 + 1];
    clv_hex(data, len, hex);
    return json_string(hex);
}

static json_t *observed_value(const struct clv_observed *o)
{
    json_t *admins = json_array();
    for (unsigned i = 0; i < o->num_admins && i < CLV_EP11_MAX_ADMINS; i++)
        json_array_append_new(admins, hex_value(o->admin_ski[i], CLV_SKI_LEN));
    json_t *object = json_object();
    json_object_set_new(object, "imprint", json_boolean(o->imprint));
    json_object_set_new(object, "administrators", admins);
    json_object_set_new(object, "signature-threshold", json_integer(o->sign_threshold));
    json_object_set_new(object, "revocation-threshold", json_integer(o->revoke_threshold));
    json_object_set_new(object, "new", json_string(clv_ep11_new_state_text(o->new_state)));
    json_object_set_new(object, "new-pattern", hex_value(o->new_pattern, sizeof(o->new_pattern)));
    json_object_set_new(object, "current",
                        json_string(clv_ep11_current_state_text(o->current_state)));
    json_object_set_new(object, "current-pattern",
                        hex_value(o->current_pattern, sizeof(o->current_pattern)));
    return object;
}

static json_t *field_value(const struct clv_event *event, const struct field *field)
{
    const char *at = (const char *)event + field->offset;
    unsigned number;
    switch (field->form) {
    case UINT:
        memcpy(&number, at, sizeof(number));
        return json_integer(number);
    case BOOL:
        return json_boolean(*(const bool *)at);
    case TEXT:
        return json_string(at);
    case BYTES:
        return hex_value(at, field->size);
    case PHASE:
        return json_string(clv_phase_name(event->phase));
    case DECISION:
        return json_string(decision_names[event->decision]);
    case OBSERVED:
        return observed_value(&event->observed);
    }
    return NULL;
}

clv_status clv_event_encode(const struct clv_event *event, struct clv_writer *w,
                            struct clv_error *err)
{
    char time[CLV_TIME_TEXT];
    clv_time_text(event->wall_ms, time);
    json_t *object = json_object();
    int bad = json_object_set_new(object, "event", json_string(event_names[event->kind]));
    bad |= json_object_set_new(object, "time", json_string(time));
    for (const struct member *m = members[event->kind];
         m < members[event->kind] + MAX_MEMBERS && m->name; m++)
        bad |= json_object_set_new(object, m->name, field_value(event, &fields[m->field]));
    char *line = bad ? NULL : json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (line == NULL)
        return clv_fail(err, CLV_E_INTERNAL, "an event cannot be written as JSON");
    clv_write_text(w, line);
    free(line);
    return clv_writer_done(w, err);
}

/* ---- reading ---- */

static bool take_uint(const json_t *value, void *at)
{
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || n > 0xffffffffLL)
        return false;
    unsigned number = (unsigned)n;
    memcpy(at, &number, sizeof(number));
    return true;
}

static bool take_text(const json_t *value, char *at, size_t cap)
{
    const char *text = json_string_value(value);
    if (text == NULL || json_string_length(value) >= cap || strlen(text) >= cap)
        return false;
    snprintf(at, cap, "%s", text);
    return true;
}

static bool take_bytes(const json_t *value, void *at, size_t len)
{
    const char *text = json_string_value(value);
    return text && strlen(text) == 2 * len && clv_unhex(text, 2 * len, at, len, NULL) == CLV_OK;
}

static bool take_name(const json_t *value, const char *const *names, size_t num, unsigned *ret)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; text && i < num; i++)
        if (strcmp(names[i], text) == 0) {
            *ret = (unsigned)i;
            return true;
        }
    return false;
}

static bool take_observed(const json_t *value, struct clv_observed *o)
{
    const char *new_states[] = {clv_ep11_new_state_text(CLV_NEW_EMPTY),
                                clv_ep11_new_state_text(CLV_NEW_UNCOMMITTED),
                                clv_ep11_new_state_text(CLV_NEW_COMMITTED)};
    const char *current_states[] = {clv_ep11_current_state_text(CLV_CURRENT_EMPTY),
                                    clv_ep11_current_state_text(CLV_CURRENT_VALID)};
    const json_t *admins = json_object_get(value, "administrators");
    unsigned new_state = 0, current_state = 0;
    bool good = json_object_size(value) == 8 &&
                json_is_boolean(json_object_get(value, "imprint")) && json_is_array(admins) &&
                json_array_size(admins) <= CLV_EP11_MAX_ADMINS &&
                take_uint(json_object_get(value, "signature-threshold"), &o->sign_threshold) &&
                take_uint(json_object_get(value, "revocation-threshold"), &o->revoke_threshold) &&
                take_name(json_object_get(value, "new"), new_states, 3, &new_state) &&
                take_bytes(json_object_get(value, "new-pattern"), o->new_pattern, 32) &&
                take_name(json_object_get(value, "current"), current_states, 2, &current_state) &&
                take_bytes(json_object_get(value, "current-pattern"), o->current_pattern, 32);
    o->imprint = json_is_true(json_object_get(value, "imprint"));
    o->new_state = (enum clv_ep11_new_state)new_state;
    o->current_state = (enum clv_ep11_current_state)current_state;
    o->num_admins = good ? (unsigned)json_array_size(admins) : 0;
    for (unsigned i = 0; good && i < o->num_admins; i++)
        good = take_bytes(json_array_get(admins, i), o->admin_ski[i], CLV_SKI_LEN);
    return good;
}

static bool take_phase(const json_t *value, enum clv_phase *ret)
{
    const char *text = json_string_value(value);
    for (int p = 0; text && p < CLV_NUM_PHASES; p++)
        if (strcmp(clv_phase_name((enum clv_phase)p), text) == 0) {
            *ret = (enum clv_phase)p;
            return true;
        }
    return false;
}

static bool take_field(const json_t *value, struct clv_event *event, const struct field *field)
{
    char *at = (char *)event + field->offset;
    unsigned index = 0;
    bool good = false;
    switch (field->form) {
    case UINT:
        return take_uint(value, at);
    case BOOL:
        *(bool *)at = json_is_true(value);
        return json_is_boolean(value);
    case TEXT:
        return take_text(value, at, field->size);
    case BYTES:
        return take_bytes(value, at, field->size);
    case PHASE:
        return take_phase(value, &event->phase);
    case DECISION:
        good = take_name(value, decision_names, CLV_NUM_DECISIONS, &index);
        event->decision = (enum clv_decision)index;
        return good;
    case OBSERVED:
        return take_observed(value, &event->observed);
    }
    return false;
}

/* "2026-11-23T09:12:44Z", as clv_time_text() writes it. */
static bool take_time(const json_t *value, int64_t *ret_ms)
{
    const char *text = json_string_value(value);
    struct tm tm = {0};
    char end = 0;
    if (text == NULL || strlen(text) != 20 ||
        sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%c", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
               &tm.tm_min, &tm.tm_sec, &end) != 7 ||
        end != 'Z')
        return false;
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    int64_t ms = (int64_t)timegm(&tm) * 1000;
    char again[CLV_TIME_TEXT]; /* no February 30, no blanks for zeros, no year 26 */
    clv_time_text(ms, again);
    if (strcmp(text, again) != 0)
        return false;
    *ret_ms = ms;
    return true;
}

static clv_status decode_members(const json_t *object, struct clv_event *event,
                                 struct clv_error *err)
{
    size_t expected = 2;
    for (const struct member *m = members[event->kind];
         m < members[event->kind] + MAX_MEMBERS && m->name; m++, expected++) {
        const json_t *value = json_object_get(object, m->name);
        if (!value || !take_field(value, event, &fields[m->field]))
            return clv_fail(err, CLV_E_FORMAT, "member \"%s\" of \"%s\" is missing or malformed",
                            m->name, event_names[event->kind]);
    }
    if (json_object_size(object) != expected)
        return clv_fail(err, CLV_E_FORMAT, "\"%s\" has members it should not have",
                        event_names[event->kind]);
    return CLV_OK;
}

clv_status clv_event_decode(struct clv_view line, struct clv_event *ret, struct clv_error *err)
{
    struct clv_event event = {0};
    json_error_t why;
    json_t *object = json_loadb((const char *)line.data, line.len, JSON_REJECT_DUPLICATES, &why);
    unsigned kind = 0;
    clv_status st = CLV_OK;
    if (!json_is_object(object))
        st = clv_fail(err, CLV_E_FORMAT, "not a JSON object");
    else if (!take_name(json_object_get(object, "event"), event_names, CLV_NUM_EVENTS, &kind))
        st = clv_fail(err, CLV_E_FORMAT, "an event of an unknown kind");
    else if (!take_time(json_object_get(object, "time"), &event.wall_ms))
        st = clv_fail(err, CLV_E_FORMAT, "member \"time\" is missing or malformed");
    event.kind = (enum clv_event_kind)kind;
    if (st == CLV_OK)
        st = decode_members(object, &event, err);
    json_decref(object);
    if (st == CLV_OK)
        *ret = event;
    return st;
}
