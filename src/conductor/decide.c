/* What people confirm and decide: reset, commit, set immediate, and what to do in trouble. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* ---- reviewing the units ---- */

static bool is_clean(const struct clv_observed *o)
{
    return o->imprint && o->num_admins == 0 && o->new_state == CLV_NEW_EMPTY &&
           o->current_state == CLV_CURRENT_EMPTY;
}

#define MAX_ROWS 64

/* "[03].[14]" of "[zone].[host].[03].[14]": what tells the units of one module apart. */
static const char *place_in_module(const char *location)
{
    const char *place = location;
    for (unsigned skip = 0; skip < 2 && place; skip++)
        place = strchr(place + 1, '[');
    return place ? place : location;
}

static size_t fill_review(const struct clv_conductor *c, char (*text)[200], const char **lines)
{
    size_t num = 0;
    bool dirty = false;
    for (size_t i = 0; i < c->ceremony->num_units && num < MAX_ROWS; i++) {
        const struct clv_unit_record *u = &c->ceremony->units[i];
        const struct clv_observed *o = &u->observed;
        if (u->set_aside)
            continue;
        dirty = dirty || !is_clean(o);
        snprintf(text[num], sizeof(text[0]), "%s Unit %u  %s %s  %s, %u admins, new %s, current %s",
                 is_clean(o) ? "[ok]" : "[!!]", u->number, u->serial, place_in_module(u->location),
                 o->imprint ? "imprint" : "operational", o->num_admins,
                 clv_ep11_new_state_text(o->new_state),
                 clv_ep11_current_state_text(o->current_state));
        lines[num] = text[num];
        num++;
    }
    lines[num++] = "";
    lines[num++] = dirty ? "Some units are not as new. A reset makes all of them clean."
                         : "All look as new. Looking clean is not being clean: reset them.";
    return num;
}

static const struct clv_choice review_choices[] = {
    {"reset", "Reset every unit and read it back", "Administrators and both registers go."},
    {"stop", "Stop the ceremony", "No unit was changed."},
    {"go-on", "Go on without a reset", "Only for units in the state the script allows."},
};

clv_status task_review_units(struct clv_conductor *c, const struct clv_task *task,
                             struct clv_error *err)
{
    char text[MAX_ROWS][200], problem[CLV_ERROR_TEXT];
    const char *lines[MAX_ROWS + 2];
    bool only_reset = c->config.script->reset_units == CLV_RESET_REQUIRED;
    struct clv_question q = {.id = "units.review",
                             .title = "The crypto units",
                             .lines = lines,
                             .num_lines = fill_review(c, text, lines),
                             .prompt = "What now?",
                             .may_deviate = true,
                             .help = "Compare serial numbers and locations with your list.",
                             .choices = review_choices,
                             .num_choices = only_reset ? 2 : 3};
    clv_status st = seat_person(c, task->person, err);
    while (st == CLV_OK) {
        struct clv_event e = event_of(CLV_EVENT_REVIEWED);
        struct clv_error why = {0};
        size_t choice = 0;
        st = ask_choice(c, &q, &choice, err);
        if (st == CLV_OK && choice == 1)
            return leave_turn(c, task->person, STOP, err);
        e.ok = choice == 0;
        clv_status recorded = st == CLV_OK ? record(c, &e, &why) : st;
        if (st == CLV_OK && recorded != CLV_E_RULE) {
            if (recorded != CLV_OK && err)
                *err = why;
            return recorded;
        }
        snprintf(problem, sizeof(problem), "The script does not allow that for these units.");
        q.problem = problem;
    }
    return st;
}

/* ---- destructive steps ---- */

/* clang-format off */
static const struct {
    const char *id, *verb, *title, *warning;
} confirmations[CLV_NUM_PHASES] = {
    [CLV_PHASE_RESET] = { "zeroize", "zeroize", "Reset the crypto units",
        "Every administrator and both master key registers of these units are erased." },
    [CLV_PHASE_COMMIT] = { "commit", "commit", "Commit the new register",
        "The new register is committed. Nothing becomes live; it can still be cleared." },
    [CLV_PHASE_SET_IMMEDIATE] = { "set-immediate", "set immediate", "Point of no return",
        "The new register becomes the current master key. This cannot be taken back. Keys that "
        "are wrapped under another master key become unusable." },
};
/* clang-format on */

/* What is about to be affected, in words and as a pattern. */
static size_t fill_confirmation(const struct clv_conductor *c, const struct clv_task *task,
                                char standing[600], char pattern[100], const char **lines)
{
    struct clv_writer w = {0};
    size_t num = 0;
    clv_ceremony_standing(c->ceremony, &w);
    snprintf(standing, 600, "%.*s", (int)w.len, (const char *)w.data);
    clv_writer_clear(&w);
    lines[num++] = confirmations[task->phase].warning;
    lines[num++] = "";
    lines[num++] = standing;
    if (c->ceremony->has_pattern && task->phase != CLV_PHASE_RESET) {
        clv_hex_groups(c->ceremony->pattern, CLV_EP11_PATTERN_SIGNIFICANT, 4, pattern, 100);
        lines[num++] = "The expected pattern, computed here:";
        lines[num++] = pattern;
    }
    lines[num++] = "";
    lines[num++] = task->second_person
                       ? "A second person confirms: read the list and type it yourself."
                       : "Read the list aloud, then type the phrase.";
    return num;
}

clv_status task_confirm(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    char list[400], phrase[500], id[60], pattern[100], standing[600];
    const char *lines[8];
    snprintf(phrase, sizeof(phrase), "%s %s", confirmations[task->phase].verb,
             unit_list(c, list, sizeof(list)));
    snprintf(id, sizeof(id), "confirm.%s%s", confirmations[task->phase].id,
             task->second_person ? ".second" : "");
    struct clv_question q = {.id = id,
                             .title = confirmations[task->phase].title,
                             .lines = lines,
                             .num_lines = fill_confirmation(c, task, standing, pattern, lines),
                             .phrase = phrase,
                             .prompt = "Type the phrase",
                             .max_len = sizeof(phrase) - 1,
                             .may_deviate = true,
                             .help = "Nothing is sent before the phrase stands there exactly."};
    struct clv_event e = event_of(CLV_EVENT_CONFIRMED);
    e.phase = task->phase;
    e.person = task->person;
    clv_status st = seat_person(c, task->person, err);
    if (st == CLV_OK)
        st = ask_phrase(c, &q, err);
    SET(e.text, "%s", phrase);
    return st == CLV_OK ? record(c, &e, err) : st;
}

/* ---- trouble ---- */

/* clang-format off */
static const struct {
    const char *label, *hint; /* in front of what it does to each unit */
} decisions[CLV_NUM_DECISIONS] = {
    [CLV_DECIDE_WAIT]       = { "Wait, then ask the units again", "Changes nothing." },
    [CLV_DECIDE_RETRY]      = { "Ask the units; repeat the order where it is due",
                                "Never blindly: only where the query says so." },
    [CLV_DECIDE_SET_ASIDE]  = { "Set one unit aside and go on with the others",
                                "A numbered deviation, on the receipt." },
    [CLV_DECIDE_ROLL_BACK]  = { "Roll back: clear the new register on every unit",
                                "Nothing is live, so nothing is lost." },
    [CLV_DECIDE_LOAD_AGAIN] = { "Load again from the beginning", "Every owner is needed." },
    [CLV_DECIDE_STOP]       = { "Stop the ceremony here", "The record lists what is left." },
};
/* clang-format on */

/* Whose parts have to be opened again: all of them, for a key is the sum of its parts. */
static void write_owners(const struct clv_conductor *c, struct clv_writer *w)
{
    const char *gap = " Needed: ";
    for (unsigned i = 0; i < c->ceremony->num_seats; i++) {
        const struct clv_seat *seat = &c->ceremony->seats[i];
        if (seat->role != CLV_ROLE_OWNER)
            continue;
        clv_write_format(w, "%s%s", gap, seat->name);
        gap = ", ";
    }
    clv_write_text(w, " (key-part owners).");
}

/* What people read before they take a decision: its meaning, and what becomes of every unit. */
static void write_hint(const struct clv_conductor *c, enum clv_decision decision,
                       struct clv_writer *w)
{
    struct clv_writer units = {0};
    clv_ceremony_forecast(c->ceremony, decision, &units);
    clv_write_format(w, "%s ", decisions[decision].hint);
    clv_write_writer(w, &units);
    if (decision == CLV_DECIDE_LOAD_AGAIN ||
        (decision == CLV_DECIDE_RETRY && clv_ceremony_retry_needs_parts(c->ceremony)))
        write_owners(c, w);
    if (decision == clv_ceremony_recommended(c->ceremony))
        clv_write_text(w, " Recommended.");
    clv_write_u8(w, 0);
    clv_writer_clear(&units);
}

static size_t fill_trouble(struct clv_conductor *c, char (*text)[400], const char **lines)
{
    size_t num = 0;
    for (size_t i = 0; i < c->ceremony->num_units && num < MAX_ROWS; i++) {
        const struct clv_unit_record *u = &c->ceremony->units[i];
        char reason[240] = "";
        bool failed = u->due && u->progress != CLV_UNIT_DONE && u->progress != CLV_UNIT_IDLE;
        if (u->set_aside ||
            (clv_phase_passed(c->ceremony, u, c->ceremony->phase, reason, sizeof(reason)) &&
             !failed) ||
            (u->progress == CLV_UNIT_DONE && !u->known))
            continue;
        snprintf(text[num], sizeof(text[0]), "[!!] Unit %u (%s): %s", u->number, u->serial,
                 reason[0] ? reason : u->trouble);
        lines[num] = text[num];
        num++;
    }
    return num;
}

/* Which one: those that failed, by number. */
static clv_status ask_unit(struct clv_conductor *c, unsigned *ret, struct clv_error *err)
{
    char ids[MAX_ROWS][12], labels[MAX_ROWS][60];
    struct clv_choice choices[MAX_ROWS];
    unsigned numbers[MAX_ROWS];
    size_t num = 0, choice = 0;
    for (size_t i = 0; i < c->ceremony->num_units && num < MAX_ROWS; i++) {
        const struct clv_unit_record *u = &c->ceremony->units[i];
        if (u->set_aside || clv_phase_passed(c->ceremony, u, c->ceremony->phase, NULL, 0))
            continue;
        snprintf(ids[num], sizeof(ids[0]), "%u", u->number);
        snprintf(labels[num], sizeof(labels[0]), "Unit %u (%s)", u->number, u->serial);
        choices[num] = (struct clv_choice){ids[num], labels[num], NULL};
        numbers[num++] = u->number;
    }
    struct clv_question q = {.id = "trouble.unit",
                             .title = "Set a unit aside",
                             .prompt = "Which unit?",
                             .choices = choices,
                             .num_choices = num};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret = numbers[choice];
    return st;
}

static clv_status justify(struct clv_conductor *c, struct clv_event *e, struct clv_error *err)
{
    struct clv_question q = {
        .id = "trouble.reason", .title = "For the record", .prompt = "Reason of this decision"};
    clv_status st = ask_text(c, &q, 160, e->text, sizeof(e->text), err);
    q.id = "trouble.approved-by";
    q.prompt = "Approved by (names)";
    if (st == CLV_OK)
        st = ask_text(c, &q, CLV_NAME_MAX, e->name, sizeof(e->name), err);
    return st;
}

/* Leaving a unit out is a deviation by itself: numbered, on the receipt. */
static clv_status deviate_for_unit(struct clv_conductor *c, const struct clv_event *decision,
                                   struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = decision->person;
    SET(e.text, "every selected unit takes part in \"%s\"", clv_phase_name(c->ceremony->phase));
    SET(e.name, "unit %u failed", decision->unit);
    SET(e.text2, "unit %u is set aside: %s (approved by %s)", decision->unit, decision->text,
        decision->name);
    return record(c, &e, err);
}

static clv_status settle(struct clv_conductor *c, const struct clv_task *task,
                         enum clv_decision decision, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DECISION);
    clv_status st = CLV_OK;
    e.decision = decision;
    e.person = task->person;
    if (decision == CLV_DECIDE_SET_ASIDE)
        st = ask_unit(c, &e.unit, err);
    if (st == CLV_OK && decision != CLV_DECIDE_WAIT && decision != CLV_DECIDE_RETRY)
        st = justify(c, &e, err);
    if (st == CLV_OK && decision == CLV_DECIDE_SET_ASIDE)
        st = deviate_for_unit(c, &e, err);
    return st == CLV_OK ? record(c, &e, err) : st;
}

clv_status task_decide(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    char text[MAX_ROWS][400], standing[700], title[100];
    const char *lines[MAX_ROWS + 3];
    struct clv_choice choices[CLV_NUM_DECISIONS];
    enum clv_decision meaning[CLV_NUM_DECISIONS];
    struct clv_writer w = {0}, hints[CLV_NUM_DECISIONS] = {0};
    size_t num_choices = 0, choice = 0, num = fill_trouble(c, text, lines);
    clv_ceremony_standing(c->ceremony, &w);
    snprintf(standing, sizeof(standing), "%.*s", (int)w.len, (const char *)w.data);
    clv_writer_clear(&w);
    lines[num++] = "";
    lines[num++] = standing;
    for (int d = 0; d < CLV_NUM_DECISIONS; d++)
        if (task->options[d]) {
            write_hint(c, (enum clv_decision)d, &hints[d]);
            choices[num_choices] = (struct clv_choice){
                clv_decision_name((enum clv_decision)d), decisions[d].label,
                hints[d].data ? (const char *)hints[d].data : decisions[d].hint};
            meaning[num_choices++] = (enum clv_decision)d;
        }
    snprintf(title, sizeof(title), "Stopped at the barrier of \"%s\"", clv_phase_name(task->phase));
    struct clv_question q = {.id = "trouble",
                             .title = title,
                             .lines = lines,
                             .num_lines = num,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = num_choices,
                             .may_deviate = true,
                             .help = "You can take your time. Nothing more is sent before you "
                                     "decide."};
    clv_status st = seat_person(c, task->person, err);
    if (st == CLV_OK)
        st = ask_choice(c, &q, &choice, err);
    for (int d = 0; d < CLV_NUM_DECISIONS; d++)
        clv_writer_clear(&hints[d]);
    return st == CLV_OK ? settle(c, task, meaning[choice], err) : st;
}
