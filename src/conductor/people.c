/* Who is in the room: somebody leaves, is back, is replaced; and waiting for who has to be there.
 */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* ---- who ---- */

struct persons {
    unsigned seat[CLV_MAX_SEATS];
    char key[CLV_MAX_SEATS][40], label[CLV_MAX_SEATS][CLV_NAME_MAX * 4 + 60];
    struct clv_choice choice[CLV_MAX_SEATS];
    size_t num;
};

static void list_persons(const struct clv_conductor *c, bool away, struct persons *ret)
{
    for (unsigned i = 1; i <= c->ceremony->num_seats; i++) {
        const struct clv_seat *seat = seat_of(c, i);
        if (seat->away != away)
            continue;
        snprintf(ret->key[ret->num], sizeof(ret->key[0]), "%s.%u", role_key(seat->role),
                 seat->index);
        snprintf(ret->label[ret->num], sizeof(ret->label[0]), "%s (%s)", seat->name,
                 clv_role_name(seat->role));
        ret->choice[ret->num] = (struct clv_choice){ret->key[ret->num], ret->label[ret->num], NULL};
        ret->seat[ret->num++] = i;
    }
}

static clv_status ask_who(struct clv_conductor *c, const char *title, bool away, unsigned *ret,
                          struct clv_error *err)
{
    struct persons p = {0};
    size_t choice = 0;
    list_persons(c, away, &p);
    struct clv_question q = {.id = "people.who",
                             .title = title,
                             .prompt = "Who?",
                             .choices = p.choice,
                             .num_choices = p.num};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret = p.seat[choice];
    return st;
}

static bool anybody_away(const struct clv_conductor *c)
{
    for (unsigned i = 1; i <= c->ceremony->num_seats; i++)
        if (seat_of(c, i)->away)
            return true;
    return false;
}

/* ---- who agrees ---- */

/* Administrator and witness, whoever of them is there and is not the one it is about. */
static size_t approvers(const struct clv_conductor *c, unsigned about, unsigned ret[2])
{
    const unsigned asked[] = {clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1),
                              clv_ceremony_seat(c->ceremony, CLV_ROLE_WITNESS, 1),
                              clv_ceremony_seat(c->ceremony, CLV_ROLE_WITNESS, 2)};
    size_t num = 0;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]) && num < 2; i++)
        if (asked[i] != 0 && asked[i] != about && !seat_of(c, asked[i])->away)
            ret[num++] = asked[i];
    return num;
}

clv_status ask_consent(struct clv_conductor *c, const struct consent *x, bool *ret_agreed,
                       char *names, size_t cap, struct clv_error *err)
{
    const struct clv_choice choices[] = {
        {"agree", "I agree", "It is a numbered deviation, and on the receipt."},
        {"no", "I do not agree", x->refusing},
    };
    const char *lines[] = {x->what, x->reason};
    char title[CLV_NAME_MAX * 4 + 60];
    size_t choice = 0, len = strlen(names);
    snprintf(title, sizeof(title), "%s: do you agree?", x->name);
    struct clv_question q = {.id = x->role == CLV_ROLE_WITNESS ? "people.witness-agrees"
                                                               : "people.agrees",
                             .title = title,
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Do you agree?",
                             .choices = choices,
                             .num_choices = 2};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st != CLV_OK)
        return st;
    *ret_agreed = choice == 0;
    set_text(names + len, cap - len, "%s%s", len ? ", " : "", x->name);
    return CLV_OK;
}

/* Each at the keyboard. *ret_agreed: all did; names: who. */
static clv_status ask_agreement(struct clv_conductor *c, const struct clv_event *e,
                                const char *what, bool *ret_agreed, char *names, size_t cap,
                                struct clv_error *err)
{
    unsigned asked[2] = {0};
    size_t num = approvers(c, e->person, asked);
    clv_status st = CLV_OK;
    *ret_agreed = true;
    names[0] = '\0';
    for (size_t i = 0; st == CLV_OK && *ret_agreed && i < num; i++) {
        const struct clv_seat *seat = seat_of(c, asked[i]);
        const struct consent x = {.name = seat->name,
                                  .role = seat->role,
                                  .what = what,
                                  .reason = e->text,
                                  .refusing = "Nothing is recorded, nothing changes."};
        st = seat_person(c, asked[i], err);
        if (st == CLV_OK)
            st = ask_consent(c, &x, ret_agreed, names, cap, err);
    }
    return st;
}

/* ---- events ---- */

/* Their open key, what they typed, and what is remembered to tell equal passwords apart. */
static void forget_person(struct clv_conductor *c, const struct clv_seat *seat, bool for_good)
{
    if (seat->role == CLV_ROLE_SIGNER)
        close_signer(c, seat->index);
    if (!for_good)
        return;
    clv_same_guard_drop(c->guard, CLV_SAME_PASSWORD, seat->name);
    clv_same_guard_drop(c->guard, CLV_SAME_PART, seat->name);
}

clv_status ask_reason(struct clv_conductor *c, const char *title, char *buf, size_t cap,
                      struct clv_error *err)
{
    struct clv_question q = {.id = "people.reason",
                             .title = title,
                             .prompt = "Why, for the record",
                             .help = "One line. It stands in the journal and on the receipt."};
    return ask_text(c, &q, 100, buf, cap, err);
}

/* Records it, or tells why the ceremony's rules refuse it. */
static clv_status record_or_tell(struct clv_conductor *c, struct clv_event *e,
                                 struct clv_error *err)
{
    struct clv_error why = {0};
    clv_status st = record(c, e, &why);
    if (st == CLV_E_RULE || st == CLV_E_INPUT)
        return show_problem(c, "people.refused", &why, err);
    if (st != CLV_OK && err)
        *err = why;
    return st;
}

/* Handing on the turn of somebody who left takes administrator and witness: the one who left cannot
 * be asked. */
static clv_status person_leaves(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PERSON_LEFT);
    const struct clv_seat *seat = seat_of(c, person);
    char what[CLV_NAME_MAX * 4 + 160];
    bool agreed = true, turn = c->ceremony->turn == person;
    e.person = person;
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    SET(e.name, "%s", seat->name);
    clv_status st = ask_reason(c, "Somebody leaves the room", e.text, sizeof(e.text), err);
    snprintf(what, sizeof(what), "%s leaves the room%s.", seat->name,
             turn ? "; the turn goes to the next person, and begins anew when they are back" : "");
    if (st == CLV_OK && turn)
        st = ask_agreement(c, &e, what, &agreed, e.text2, sizeof(e.text2), err);
    if (st != CLV_OK || !agreed)
        return st;
    forget_person(c, seat, false);
    st = record_or_tell(c, &e, err);
    if (st == CLV_OK && seat->away)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record: %s left the room.", e.number,
             seat->name);
    return st;
}

static clv_status person_is_back(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PERSON_BACK);
    e.person = person;
    SET(e.name, "%s", seat_of(c, person)->name);
    clv_status st = record_or_tell(c, &e, err);
    if (st == CLV_OK && !seat_of(c, person)->away)
        tell(c, CLV_TONE_DONE, "%s is back.", e.name);
    return st;
}

static void replacement_text(const struct clv_conductor *c, const struct clv_seat *seat,
                             const char *name, char *buf, size_t cap)
{
    const char *follows = "";
    if (seat->role == CLV_ROLE_OWNER && c->ceremony->parts[seat->index - 1].made)
        follows = " The key part made by the one before is void: a new one is made, and all parts "
                  "are opened again.";
    if (seat->role == CLV_ROLE_SIGNER && c->ceremony->signers[seat->index - 1].ready)
        follows = " The signature key of the one before is not used: another one takes its place.";
    snprintf(buf, cap, "%s takes the seat of %s (%s).%s", name, seat->name,
             clv_role_name(seat->role), follows);
}

static clv_status person_is_replaced(struct clv_conductor *c, unsigned person,
                                     struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PERSON_REPLACED);
    const struct clv_seat before = *seat_of(c, person);
    const char *lines[] = {"The witness has seen who this is. One person, one duty."};
    char what[2 * CLV_NAME_MAX * 4 + 300];
    bool agreed = false;
    e.person = person;
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    struct clv_question q = {.id = "people.name",
                             .title = "Somebody is replaced",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "Name of the new person"};
    clv_status st = ask_text(c, &q, CLV_NAME_MAX, e.name, sizeof(e.name), err);
    if (st == CLV_OK)
        st = ask_reason(c, "Somebody is replaced", e.text, sizeof(e.text), err);
    replacement_text(c, &before, e.name, what, sizeof(what));
    if (st == CLV_OK)
        st = ask_agreement(c, &e, what, &agreed, e.text2, sizeof(e.text2), err);
    if (st != CLV_OK || !agreed)
        return st;
    unsigned before_num = (unsigned)c->ceremony->num_deviations;
    st = record_or_tell(c, &e, err);
    if (st != CLV_OK || c->ceremony->num_deviations == before_num)
        return st;
    forget_person(c, &before, true);
    if (c->seated == person)
        c->seated = 0; /* a curtain comes before the new one */
    tell(c, CLV_TONE_WARN, "Deviation %u is on record: %s is replaced by %s.", e.number,
         before.name, e.name);
    return CLV_OK;
}

/* ---- off the script: a deviation, or people ---- */

enum off_script { SOMETHING, LEAVES, BACK, REPLACED, NOTHING };

static clv_status ask_off_script(struct clv_conductor *c, enum off_script *ret,
                                 struct clv_error *err)
{
    struct clv_choice choices[5] = {
        {"script", "Something is not as the script has it", NULL},
        {"left", "Somebody leaves the room", NULL},
    };
    enum off_script meaning[5] = {SOMETHING, LEAVES};
    size_t num = 2, choice = 0;
    if (anybody_away(c)) {
        choices[num] = (struct clv_choice){"back", "Somebody is back", NULL};
        meaning[num++] = BACK;
    }
    choices[num] = (struct clv_choice){"replaced", "Somebody else takes a seat", NULL};
    meaning[num++] = REPLACED;
    choices[num] = (struct clv_choice){"nothing", "Nothing: go on", NULL};
    meaning[num++] = NOTHING;
    struct clv_question q = {.id = "deviation.what",
                             .title = "Off the script",
                             .prompt = "What happened?",
                             .choices = choices,
                             .num_choices = num};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret = meaning[choice];
    return st;
}

static clv_status note_off_script(struct clv_conductor *c, struct clv_error *err)
{
    enum off_script what = SOMETHING;
    unsigned person = 0;
    clv_status st = CLV_OK;
    if (clv_ceremony_notes_people(c->ceremony))
        st = ask_off_script(c, &what, err);
    if (st != CLV_OK || what == NOTHING)
        return st;
    if (what == SOMETHING)
        return record_deviation(c, err);
    st = ask_who(c, what == BACK ? "Somebody is back" : "Who is it?", what == BACK, &person, err);
    if (st != CLV_OK)
        return st;
    if (what == LEAVES)
        return person_leaves(c, person, err);
    if (what == BACK)
        return person_is_back(c, person, err);
    return person_is_replaced(c, person, err);
}

/* ---- waiting ---- */

static clv_status wait_for(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"back", "They are back", NULL},
        {"replaced", "Somebody else takes the seat",
         "A deviation; administrator and witness agree."},
        {"stop", "Stop the ceremony", "What was done stays; the record lists what is left."},
    };
    const struct clv_seat *seat = seat_of(c, person);
    char line[CLV_NAME_MAX * 4 + 160], time[CLV_TIME_TEXT];
    size_t choice = 0;
    clv_time_text(seat->left_ms, time);
    snprintf(line, sizeof(line), "%s (%s) left the room: %s.", seat->name,
             clv_role_name(seat->role), time);
    const char *lines[] = {line,
                           seat->role == CLV_ROLE_OWNER || seat->role == CLV_ROLE_SIGNER
                               ? "It is their turn, and nobody else can go first."
                               : "Nothing goes on without them.",
                           "Nothing secret is shown. You can take your time."};
    struct clv_question q = {.id = "people.waits",
                             .title = "The ceremony waits",
                             .lines = lines,
                             .num_lines = 3,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 3};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st != CLV_OK)
        return st;
    if (choice == 0)
        return person_is_back(c, person, err);
    return choice == 1 ? person_is_replaced(c, person, err) : leave_turn(c, person, STOP, err);
}

clv_status task_wait_for(struct clv_conductor *c, const struct clv_task *task,
                         struct clv_error *err)
{
    return wait_for(c, task->person, err);
}

/* ---- in the middle of a task ---- */

struct place {
    enum clv_state state;
    enum clv_phase phase;
    size_t step, station;
    unsigned turn;
};

static struct place place_now(const struct clv_conductor *c)
{
    const struct clv_ceremony *e = c->ceremony;
    return (struct place){e->state, e->phase, e->step, e->station, e->turn};
}

static bool moved(const struct clv_conductor *c, const struct place *from)
{
    struct place now = place_now(c);
    return now.state != from->state || now.phase != from->phase || now.step != from->step ||
           now.station != from->station || now.turn != from->turn;
}

clv_status off_script(struct clv_conductor *c, struct clv_error *err)
{
    const struct place before = place_now(c);
    unsigned seated = c->seated;
    clv_status st = note_off_script(c, err);
    /* Administrator and witness are waited for on the spot: the task goes on behind it. */
    for (unsigned person = clv_ceremony_waits_for(c->ceremony);
         st == CLV_OK && person != 0 && !moved(c, &before);
         person = clv_ceremony_waits_for(c->ceremony))
        st = wait_for(c, person, err);
    if (st == CLV_OK && moved(c, &before)) {
        c->task_is_over = true;
        return clv_fail(err, CLV_E_RULE, "the people at the keyboard have changed");
    }
    return st == CLV_OK ? seat_person(c, seated, err) : st;
}

/* Nobody typed: nothing of the turn is on the screen. Only the same person goes on with it. */
clv_status turn_paused(struct clv_conductor *c, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"here", "I am here, and go on", NULL},
        {"left", "Administrator and witness: the person has left",
         "The turn goes to the next one; it begins anew when they are back."},
    };
    unsigned person = c->ceremony->turn;
    const struct clv_seat *seat = seat_of(c, c->seated);
    clv_status st = c->face->curtain(c->face->ctx, "", seat ? seat->name : "",
                                     seat ? clv_role_name(seat->role) : "", true, err);
    if (st != CLV_OK || person == 0 || !clv_ceremony_notes_people(c->ceremony))
        return st;
    char line[CLV_NAME_MAX * 4 + 80];
    size_t choice = 0;
    snprintf(line, sizeof(line), "The turn of %s is paused. Nothing secret is shown.",
             seat_of(c, person)->name);
    const char *lines[] = {line, "What was typed is wiped. Only the same person can go on."};
    struct clv_question q = {.id = "turn.paused",
                             .title = "A paused turn",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Who is it?",
                             .choices = choices,
                             .num_choices = 2};
    st = ask_choice(c, &q, &choice, err);
    if (st != CLV_OK || choice == 0)
        return st;
    st = person_leaves(c, person, err);
    if (st != CLV_OK || c->ceremony->turn == person)
        return st == CLV_OK ? seat_person(c, person, err) : st;
    c->task_is_over = true;
    return clv_fail(err, CLV_E_RULE, "the people at the keyboard have changed");
}
