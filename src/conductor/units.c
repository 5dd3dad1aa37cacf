/* The units: found, trusted, ordered about, queried; every command on record before it leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define LISTED_ONE_BY_ONE 12

const char *unit_list(const struct clv_conductor *c, char *buf, size_t cap)
{
    const struct clv_ceremony *engine = c->ceremony;
    bool ranges = clv_ceremony_num_active(engine) > LISTED_ONE_BY_ONE;
    size_t len = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < engine->num_units && len < cap; i++) {
        size_t last = i;
        if (engine->units[i].set_aside)
            continue;
        while (ranges && last + 1 < engine->num_units && !engine->units[last + 1].set_aside)
            last++;
        len += (size_t)snprintf(buf + len, cap - len, last > i ? "%s%u-%u" : "%s%u", len ? "," : "",
                                engine->units[i].number, engine->units[last].number);
        i = last;
    }
    if (len >= cap)
        snprintf(buf, cap, "all %zu units", clv_ceremony_num_active(engine));
    return buf;
}

/* ---- one order, with its hooks ---- */

#define LINE_LEN 160

struct run {
    struct clv_conductor *c;
    enum clv_phase phase;
    bool command; /* intents and outcomes are on record */
    const char *title;
    int64_t start;
    unsigned done, total;
    char (*lines)[LINE_LEN]; /* while an order runs: one for each unit, as results come */
    const char **line_ptrs;
    size_t num_lines;
    char trouble[LINE_LEN]; /* the first that was not good */
    char (*why)[240];       /* by unit number: what a query failed with */
    clv_status broken;      /* the journal could not be written, or somebody interrupted */
    struct clv_error error;
};

static void add_line(struct run *run, const struct clv_result *result)
{
    char line[LINE_LEN];
    bool good = result->outcome == CLV_OUTCOME_DONE;
    if (good)
        snprintf(line, sizeof(line), "[ok] Unit %u: %s (%d ms)", result->unit,
                 clv_outcome_name(result->outcome), result->elapsed_ms);
    else
        snprintf(line, sizeof(line), "[!!] Unit %u: %s: %.110s", result->unit,
                 clv_outcome_name(result->outcome), result->error.fact);
    if (!good && run->trouble[0] == '\0')
        snprintf(run->trouble, sizeof(run->trouble), "unit %u: %.110s", result->unit,
                 result->error.fact);
    if (run->num_lines == run->total)
        return;
    memcpy(run->lines[run->num_lines], line, sizeof(line));
    run->line_ptrs[run->num_lines] = run->lines[run->num_lines];
    run->num_lines++;
}

static clv_status on_intent(void *ctx, const struct clv_intent *intent, struct clv_error *err)
{
    struct run *run = ctx;
    if (run->broken != CLV_OK)
        return clv_fail(err, run->broken, "nothing more is sent");
    struct clv_event e = event_of(CLV_EVENT_INTENT);
    e.phase = run->phase;
    e.unit = intent->unit;
    SET(e.name, "%s", clv_ep11_command_name(intent->command));
    memcpy(e.counter, intent->counter, sizeof(e.counter));
    if (intent->has_pattern)
        memcpy(e.pattern, intent->pattern, sizeof(e.pattern));
    run->broken = record(run->c, &e, &run->error);
    return run->broken == CLV_OK ? CLV_OK
                                 : clv_fail(err, run->broken,
                                            "the journal did not take "
                                            "the intent");
}

/* The journal's words for outcomes; the engine knows the same. */
static const char *const outcome_words[] = {
    [CLV_OUTCOME_DONE] = "done",           [CLV_OUTCOME_REFUSED] = "refused",
    [CLV_OUTCOME_NOT_SENT] = "not-sent",   [CLV_OUTCOME_DOUBT] = "in-doubt",
    [CLV_OUTCOME_UNTRUSTED] = "untrusted",
};

static void on_result(void *ctx, const struct clv_result *result)
{
    struct run *run = ctx;
    run->done++;
    add_line(run, result);
    if (run->why && result->outcome != CLV_OUTCOME_DONE && result->unit <= CLV_MAX_UNITS)
        snprintf(run->why[result->unit], sizeof(run->why[0]), "%s", result->error.fact);
    if (result->outcome != CLV_OUTCOME_DONE)
        tell(run->c, CLV_TONE_FAIL, "Unit %u, %s: %s. %s", result->unit, run->title,
             clv_outcome_name(result->outcome), result->error.fact);
    /* What left before somebody interrupted still has an outcome. */
    if (!run->command || (run->broken != CLV_OK && run->broken != CLV_E_INTERRUPTED))
        return;
    struct clv_error why = {0};
    struct clv_event e = event_of(CLV_EVENT_OUTCOME);
    e.phase = run->phase;
    e.unit = result->unit;
    e.number = result->return_code;
    SET(e.name, "%s", outcome_words[result->outcome]);
    SET(e.text, "%s", result->error.fact);
    memcpy(e.counter, result->counter, sizeof(e.counter));
    clv_status st = record(run->c, &e, &why);
    if (run->broken == CLV_OK && st != CLV_OK) {
        run->broken = st;
        run->error = why;
    }
}

static clv_status on_tick(void *ctx, struct clv_error *err)
{
    struct run *run = ctx;
    const struct clv_face *face = run->c->face;
    struct clv_progress p = {.title = run->title,
                             .elapsed_ms = (int)(clv_now_ms(run->c->config.clock) - run->start),
                             .done = run->done,
                             .total = run->total,
                             .lines = run->line_ptrs,
                             .num_lines = run->num_lines};
    if (run->broken == CLV_OK)
        run->broken = face->progress(face->ctx, &p, &run->error);
    return run->broken == CLV_OK ? CLV_OK : clv_fail(err, run->broken, "nothing more is sent");
}

/* ^C in a question of its own counts as ^C while waiting. */
static clv_status on_token(void *ctx, const struct clv_service *service, const char *why,
                           struct clv_secret **ret, struct clv_error *err)
{
    struct run *run = ctx;
    run->c->face->progress_end(run->c->face->ctx);
    clv_status st = ask_token(run->c, service, why, ret, err);
    if (st == CLV_E_INTERRUPTED && run->broken == CLV_OK) {
        run->broken = st;
        run->error = *err;
    }
    return st;
}

static clv_status on_signature(void *ctx, struct clv_signing_key *key, const struct clv_error *why,
                               struct clv_error *err)
{
    struct run *run = ctx;
    run->c->face->progress_end(run->c->face->ctx);
    clv_status st = ask_signature(run->c, key, why, err);
    if (st == CLV_E_INTERRUPTED && run->broken == CLV_OK) {
        run->broken = st;
        run->error = *err;
    }
    return st;
}

static struct clv_fleet_hooks hooks_of(struct run *run)
{
    return (struct clv_fleet_hooks){.intent = on_intent,
                                    .result = on_result,
                                    .tick = on_tick,
                                    .token = on_token,
                                    .signature = on_signature,
                                    .ctx = run};
}

static clv_status run_order(struct run *run, const struct clv_order *order, struct clv_error *err)
{
    const struct clv_fleet_hooks hooks = hooks_of(run);
    clv_status st = CLV_OK;
    run->start = clv_now_ms(run->c->config.clock);
    run->total = (unsigned)clv_fleet_num_selected(run->c->fleet);
    run->lines = calloc(run->total + 1, sizeof(run->lines[0]));
    run->line_ptrs = calloc(run->total + 1, sizeof(run->line_ptrs[0]));
    if (run->lines == NULL || run->line_ptrs == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for the units' answers");
    else if (on_tick(run, NULL) == CLV_OK) /* before any result: what comes then is news */
        st = clv_fleet_run(run->c->fleet, order, &hooks, err);
    if (st == CLV_OK && run->broken == CLV_OK)
        (void)on_tick(run, NULL); /* the last results are lines, too */
    run->c->face->progress_end(run->c->face->ctx);
    free(run->lines);
    free(run->line_ptrs);
    run->lines = NULL;
    run->line_ptrs = NULL;
    run->num_lines = 0;
    if (st == CLV_OK && run->broken != CLV_OK) {
        if (err)
            *err = run->error;
        return run->broken;
    }
    return st;
}

/* Only units that the engine knows: one that was not trusted is never asked for anything. */
static void select_if(struct clv_conductor *c,
                      bool (*wanted)(const struct clv_unit_record *unit, bool trusted))
{
    for (unsigned n = 1; n <= clv_fleet_num_units(c->fleet); n++)
        clv_fleet_select(c->fleet, n, false);
    for (size_t i = 0; i < c->ceremony->num_units; i++) {
        const struct clv_unit_record *record = &c->ceremony->units[i];
        if (record->number <= clv_fleet_num_units(c->fleet))
            clv_fleet_select(c->fleet, record->number,
                             !record->set_aside &&
                                 wanted(record, clv_fleet_unit(c->fleet, record->number)->trusted));
    }
}

static bool is_trusted(const struct clv_unit_record *unit, bool trusted)
{
    (void)unit;
    return trusted;
}

static bool is_not_trusted(const struct clv_unit_record *unit, bool trusted)
{
    (void)unit;
    return !trusted;
}

static bool is_due(const struct clv_unit_record *unit, bool trusted)
{
    return trusted && unit->due;
}

static bool lacks_parts(const struct clv_unit_record *unit, bool trusted)
{
    return trusted && unit->importer && !unit->sealed;
}

void select_for_parts(struct clv_conductor *c)
{
    select_if(c, lacks_parts);
}

/* ---- finding them ---- */

static bool site_selects(const struct clv_conductor *c, const struct clv_unit *unit)
{
    for (size_t i = 0; i < c->config.site->num_instances; i++) {
        const struct clv_site_instance *in = &c->config.site->instances[i];
        if (strcmp(in->id, unit->instance_id) != 0)
            continue;
        for (size_t k = 0; k < in->num_units; k++)
            if (in->units[k] == unit->number)
                return true;
        return in->units == NULL && unit->kind == CLV_UNIT_OPERATIONAL;
    }
    return false;
}

static clv_status record_unit(struct clv_conductor *c, const struct clv_unit *unit,
                              struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_UNIT_SEEN);
    e.unit = unit->number;
    memcpy(e.module_id, unit->module_id, sizeof(e.module_id));
    memcpy(e.digest, unit->device_ski, sizeof(e.digest));
    memcpy(e.digest2, unit->root_ski, sizeof(e.digest2));
    SET(e.name, "%s", unit->location);
    SET(e.text, "%s", unit->service);
    SET(e.text2, "%s", unit->root);
    return record(c, &e, err);
}

/* A unit that cannot be trusted is never selected; the people decide what that means. */
static clv_status find_once(struct clv_conductor *c, struct clv_error *err)
{
    struct run run = {.c = c, .title = "Asking every crypto unit who it is"};
    const struct clv_fleet_hooks hooks = hooks_of(&run);
    run.start = clv_now_ms(c->config.clock);
    clv_status st = clv_fleet_discover(c->fleet, &hooks, err);
    unsigned wanted = 0, trusted = 0;
    for (unsigned n = 1; st == CLV_OK && n <= clv_fleet_num_units(c->fleet); n++) {
        bool selected = site_selects(c, clv_fleet_unit(c->fleet, n));
        clv_fleet_select(c->fleet, n, selected);
        wanted += selected;
    }
    if (st == CLV_OK && wanted == 0)
        st = clv_fail(err, CLV_E_MISSING, "the site file selects no crypto unit that is there");
    if (st == CLV_OK)
        st = run_order(&run, &(struct clv_order){.kind = CLV_ORDER_TRUST}, err);
    for (unsigned n = 1; st == CLV_OK && n <= clv_fleet_num_units(c->fleet); n++) {
        const struct clv_unit *unit = clv_fleet_unit(c->fleet, n);
        if (!site_selects(c, unit) || !unit->trusted)
            continue;
        st = record_unit(c, unit, err);
        trusted++;
    }
    if (st == CLV_OK && trusted < wanted)
        st = clv_fail(err, CLV_E_UNTRUSTED, "%u of %u crypto units could not be trusted: %s",
                      wanted - trusted, wanted, run.trouble);
    return st;
}

/* What is selected and was not trusted is set aside: it stands on the receipt as such. */
static clv_status leave_out(struct clv_conductor *c, const struct clv_error *why,
                            struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned n = 1; st == CLV_OK && n <= clv_fleet_num_units(c->fleet); n++) {
        const struct clv_unit *unit = clv_fleet_unit(c->fleet, n);
        if (!site_selects(c, unit) || unit->trusted)
            continue;
        struct clv_event e = event_of(CLV_EVENT_UNIT_LEFT_OUT);
        e.unit = n;
        SET(e.name, "%s", unit->location);
        SET(e.text2, "%s", unit->service);
        SET(e.text, "%s", why->fact);
        st = record(c, &e, err);
    }
    return st;
}

/* Only now is it known how much there will be to write. */
static clv_status end_of_finding(struct clv_conductor *c, struct clv_event *found,
                                 struct clv_error *err)
{
    clv_status st = space_or_pause(c, err);
    return st == CLV_OK ? record(c, found, err) : st;
}

clv_status task_find_units(struct clv_conductor *c, const struct clv_task *task,
                           struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"again", "Ask again", NULL},
        {"go-on", "Go on with the units that are trusted; record a deviation", NULL},
        {"stop", "Stop the ceremony", "No unit was changed."},
    };
    struct clv_error why = {0};
    clv_status st = seat_person(c, task->person, err);
    if (st == CLV_OK)
        st = find_once(c, &why);
    struct clv_event found = event_of(CLV_EVENT_UNITS_FOUND);
    found.number = (unsigned)c->ceremony->num_units;
    if (st == CLV_OK)
        return end_of_finding(c, &found, err);
    if (st == CLV_E_INTERRUPTED) {
        if (err)
            *err = why;
        return st;
    }
    size_t choice = 0;
    char text[2048];
    clv_kept(&why, "No unit was changed.");
    clv_error_format(&why, text, sizeof(text));
    const char *lines[] = {text};
    struct clv_question q = {.id = "units.not-found",
                             .title = "Crypto units are missing",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 3,
                             .may_deviate = true};
    st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && choice == 2)
        return leave_turn(c, task->person, STOP, err);
    if (st == CLV_OK && choice == 1 && clv_ceremony_num_active(c->ceremony) > 0) {
        st = record_deviation(c, err);
        if (st == CLV_OK)
            st = leave_out(c, &why, err);
        return st == CLV_OK ? end_of_finding(c, &found, err) : st;
    }
    return st;
}

/* ---- finding them again, in another process ---- */

/* The same number must be the same device, or somebody has changed the fleet or the way to it. */
static clv_status check_same_units(const struct clv_conductor *c, struct clv_error *err)
{
    for (size_t i = 0; i < c->ceremony->num_units; i++) {
        const struct clv_unit_record *record = &c->ceremony->units[i];
        const struct clv_unit *unit = record->number <= clv_fleet_num_units(c->fleet)
                                          ? clv_fleet_unit(c->fleet, record->number)
                                          : NULL;
        if (record->set_aside || (unit && !unit->trusted))
            continue;
        if (unit == NULL)
            return clv_fail(err, CLV_E_MISMATCH, "unit %u (%s) is not in the list any more",
                            record->number, record->serial);
        if (memcmp(unit->device_ski, record->device_ski, CLV_SKI_LEN) != 0 ||
            memcmp(unit->module_id, record->module_id, CLV_EP11_MODULE_ID_LEN) != 0)
            return clv_fail(err, CLV_E_UNTRUSTED,
                            "unit %u is %s now, and not the %s with the device key on record",
                            record->number, unit->serial, record->serial);
    }
    return CLV_OK;
}

/* Trust is in memory only. Nothing to do in the process that found them. */
static clv_status trust_again(struct run *run, struct clv_error *err)
{
    struct clv_conductor *c = run->c;
    const struct clv_fleet_hooks hooks = hooks_of(run);
    clv_status st = CLV_OK;
    run->start = clv_now_ms(c->config.clock);
    if (clv_fleet_num_units(c->fleet) == 0)
        st = clv_fleet_discover(c->fleet, &hooks, err);
    if (st != CLV_OK)
        return st;
    select_if(c, is_not_trusted);
    if (clv_fleet_num_selected(c->fleet) == 0)
        return CLV_OK;
    st = run_order(run, &(struct clv_order){.kind = CLV_ORDER_TRUST}, err);
    run->done = 0;
    return st == CLV_OK ? check_same_units(c, err) : st;
}

/* ---- querying them ---- */

/* What keeps a whole service from answering is what keeps each of its units. */
static bool is_silence(clv_status st)
{
    return st == CLV_E_TIMEOUT || st == CLV_E_IO || st == CLV_E_UNIT || st == CLV_E_FORMAT ||
           st == CLV_E_MISSING;
}

clv_status look_at_units(struct clv_conductor *c, enum clv_phase phase, struct looks *ret,
                         struct clv_error *err)
{
    char title[80];
    struct clv_error why = {0};
    if (phase == CLV_PHASE_NONE)
        snprintf(title, sizeof(title), "Querying every crypto unit");
    else
        snprintf(title, sizeof(title), "Querying every crypto unit (%s)", clv_phase_name(phase));
    ret->why = calloc(CLV_MAX_UNITS + 1, sizeof(ret->why[0]));
    if (ret->why == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the units' answers");
    struct run run = {.c = c, .phase = phase, .title = title, .why = ret->why};
    clv_status st = trust_again(&run, &why);
    if (is_silence(st)) {
        for (size_t i = 0; i < c->ceremony->num_units; i++)
            snprintf(ret->why[c->ceremony->units[i].number], sizeof(ret->why[0]), "%s", why.fact);
        return CLV_OK;
    }
    select_if(c, is_trusted);
    if (st == CLV_OK && clv_fleet_num_selected(c->fleet) > 0)
        st = run_order(&run, &(struct clv_order){.kind = CLV_ORDER_QUERY}, &why);
    if (st != CLV_OK && err)
        *err = why;
    return st;
}

void looks_clear(struct looks *looks)
{
    free(looks->why);
    looks->why = NULL;
}

struct clv_event look_event(const struct clv_conductor *c, const struct looks *looks,
                            unsigned number)
{
    const struct clv_unit_state *state =
        number <= clv_fleet_num_units(c->fleet) ? clv_fleet_state(c->fleet, number) : NULL;
    bool known = state && state->known && looks->why[number][0] == '\0';
    struct clv_event e = event_of(known ? CLV_EVENT_UNIT_STATE : CLV_EVENT_UNIT_SILENT);
    e.unit = number;
    SET(e.text, "%s", looks->why[number]);
    if (!known)
        return e;
    struct clv_observed *o = &e.observed;
    o->imprint = state->imprint;
    o->num_admins = state->num_admins;
    memcpy(o->admin_ski, state->admin_ski, sizeof(o->admin_ski));
    o->sign_threshold = state->sign_threshold;
    o->revoke_threshold = state->revoke_threshold;
    o->new_state = state->new_state;
    o->current_state = state->current_state;
    memcpy(o->new_pattern, state->new_pattern, sizeof(o->new_pattern));
    memcpy(o->current_pattern, state->current_pattern, sizeof(o->current_pattern));
    return e;
}

/* Only of a unit whose registers are empty: the others need the key no more. */
static clv_status note_importer(struct clv_conductor *c, const struct clv_unit_record *unit,
                                struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_IMPORTER_GONE);
    e.unit = unit->number;
    if (!unit->importer || !unit->known || unit->observed.new_state != CLV_NEW_EMPTY ||
        unit->observed.current_state != CLV_CURRENT_EMPTY ||
        clv_fleet_importer_current(c->fleet, unit->number))
        return CLV_OK;
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN,
             "Unit %u no longer holds the importer key that parts were sealed for.", e.unit);
    return st;
}

static bool all_passed(const struct clv_ceremony *engine, enum clv_phase phase)
{
    for (size_t i = 0; i < engine->num_units; i++)
        if (!engine->units[i].set_aside &&
            !clv_phase_passed(engine, &engine->units[i], phase, NULL, 0))
            return false;
    return true;
}

clv_status task_query(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    struct looks looks = {0};
    clv_status st = look_at_units(c, task->phase, &looks, err);
    for (size_t i = 0; st == CLV_OK && i < c->ceremony->num_units; i++) {
        if (c->ceremony->units[i].set_aside)
            continue;
        struct clv_event e = look_event(c, &looks, c->ceremony->units[i].number);
        st = record(c, &e, err);
        if (st == CLV_OK)
            st = note_importer(c, &c->ceremony->units[i], err);
    }
    looks_clear(&looks);
    bool passed = all_passed(c->ceremony, task->phase);
    struct clv_event over = event_of(CLV_EVENT_BARRIER_OVER);
    over.phase = task->phase;
    if (st == CLV_OK)
        st = record(c, &over, err);
    stage_refresh(c, false);
    if (st == CLV_OK && passed)
        tell(c, CLV_TONE_DONE, "All %zu units confirmed by query: %s.",
             clv_ceremony_num_active(c->ceremony), clv_phase_name(task->phase));
    return st;
}

/* ---- ordering them ---- */

/* clang-format off */
static const struct {
    enum clv_order_kind order;
    const char *title;
    bool pattern;
} orders[CLV_NUM_PHASES] = {
    [CLV_PHASE_RESET]         = { CLV_ORDER_ZEROIZE,       "Zeroizing every crypto unit",         false },
    [CLV_PHASE_ADMINS]        = { CLV_ORDER_ADMIN_ADD,     "Adding an administrator",             false },
    [CLV_PHASE_THRESHOLDS]    = { CLV_ORDER_THRESHOLDS,    "Setting thresholds, leaving imprint", false },
    [CLV_PHASE_IMPORTERS]     = { CLV_ORDER_IMPORTER,      "Making importer keys",                false },
    [CLV_PHASE_LOAD]          = { CLV_ORDER_LOAD,          "Loading the new register",            false },
    [CLV_PHASE_COMMIT]        = { CLV_ORDER_COMMIT,        "Committing the new register",         true  },
    [CLV_PHASE_SET_IMMEDIATE] = { CLV_ORDER_SET_IMMEDIATE, "Set immediate",                       true  },
    [CLV_PHASE_CLEAR_NEW]     = { CLV_ORDER_CLEAR_NEW,     "Clearing the new register",           false },
};
/* clang-format on */

static bool any_due(const struct clv_conductor *c)
{
    for (size_t i = 0; i < c->ceremony->num_units; i++)
        if (c->ceremony->units[i].due)
            return true;
    return false;
}

clv_status task_order(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    struct clv_ep11_signer signers[CLV_MAX_SIGNERS];
    size_t num_signers = 0;
    struct clv_writer certificate = {0};
    struct run run = {
        .c = c, .phase = task->phase, .command = true, .title = orders[task->phase].title};
    struct clv_order order = {.kind = orders[task->phase].order,
                              .signers = signers,
                              .sign_threshold = c->config.script->sign_threshold,
                              .revoke_threshold = c->config.script->revoke_threshold};
    if (orders[task->phase].pattern)
        memcpy(order.pattern, c->ceremony->pattern, sizeof(order.pattern));
    clv_status st = open_signers(c, signers, &num_signers, err);
    order.num_signers = num_signers;
    bool complete = task->phase != CLV_PHASE_ADMINS;
    select_if(c, is_due);
    if (st == CLV_OK && !complete && any_due(c))
        st = admin_certificate(c, task->slot, &certificate, &complete, err);
    order.certificate = clv_writer_view(&certificate);
    if (st == CLV_OK && complete && any_due(c))
        st = run_order(&run, &order, err);
    clv_writer_clear(&certificate);
    if (st == CLV_OK)
        st = settle_services(c, task->phase, err);
    struct clv_event over = event_of(CLV_EVENT_ORDER_OVER);
    over.phase = task->phase;
    if (st == CLV_OK)
        st = record(c, &over, err);
    stage_refresh(c, false);
    return st;
}
