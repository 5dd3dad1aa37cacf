/* The beginning: identity, self-check, roll call. */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "selfcheck.h"

clv_status task_open(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    (void)task;
    struct clv_event e = event_of(CLV_EVENT_OPENED);
    e.ok = c->config.test_world;
    memcpy(e.digest, c->config.script->hash, sizeof(e.digest));
    memcpy(e.digest2, c->config.site->hash, sizeof(e.digest2));
    SET(e.name, "%s", c->id);
    SET(e.text, "claviger %s", CLV_VERSION);
    SET(e.text2, "%s", clv_journal_vkey(c->journal));
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        clear_drafts(c);
    return st == CLV_OK ? note_media(c, err) : st;
}

/* No ceremony depends on it: a draft that stays is never read. */
void clear_drafts(struct clv_conductor *c)
{
    const char *const dirs[] = {c->config.key_dir, c->config.dir, c->receipts_dir, c->mirror};
    for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
        size_t num = 0;
        if (dirs[i] && clv_drafts_remove(dirs[i], &num, NULL) == CLV_OK && num > 0)
            tell(
                c, CLV_TONE_INFO,
                "Removed from %s: %zu hidden file%s that an interrupted program had begun to write "
                "and nobody ever used.",
                dirs[i], num, num > 1 ? "s" : "");
    }
}

/* ---- what the administrator reads aloud when a step begins ---- */

clv_status open_step(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_ceremony *engine = c->ceremony;
    if (engine->state == CLV_STATE_NEW || engine->step >= c->config.script->num_steps ||
        c->shown_step == engine->step + 1)
        return CLV_OK;
    const struct clv_script_step *step = &c->config.script->steps[engine->step];
    char id[60];
    snprintf(id, sizeof(id), "step.%s", clv_step_word(step->kind));
    c->shown_step = engine->step + 1;
    clv_status st = seat_person(c, clv_ceremony_seat(engine, CLV_ROLE_ADMINISTRATOR, 1), err);
    if (st != CLV_OK || step->say == NULL)
        return st;
    const char *lines[] = {"Read aloud:", "", step->say};
    struct clv_question q = {.kind = CLV_ASK_CONTINUE,
                             .id = id,
                             .title = step->title,
                             .lines = lines,
                             .num_lines = 3,
                             .help = step->help,
                             .prompt = "Press Enter to begin this step",
                             .may_deviate = engine->state != CLV_STATE_SELF_CHECK};
    struct clv_reply reply;
    return ask(c, &q, &reply, err);
}

/* ---- self-check ---- */

#define MAX_CHECKS 16

static clv_status record_check(struct clv_conductor *c, const struct check_result *r,
                               struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_CHECK);
    e.ok = r->ok;
    SET(e.name, "%s", r->name);
    SET(e.text, "%s", r->found);
    return record(c, &e, err);
}

struct checking {
    const struct clv_conductor *c;
    struct check_result results[MAX_CHECKS];
    size_t num;
};

static clv_status do_checks(void *arg, struct clv_error *err)
{
    struct checking *x = arg;
    (void)err;
    x->num = self_check(x->c, x->results, MAX_CHECKS);
    return CLV_OK;
}

clv_status check_workstation(struct clv_conductor *c, const char *id, bool recorded,
                             unsigned *ret_failed, struct clv_error *err)
{
    struct checking x = {.c = c};
    char text[MAX_CHECKS][540];
    const char *lines[MAX_CHECKS + 2];
    unsigned failed = 0;
    clv_status st = work(c, "Checking the workstation", 0, do_checks, &x, err);
    for (size_t i = 0; st == CLV_OK && i < x.num; i++) {
        if (recorded)
            st = record_check(c, &x.results[i], err);
        failed += !x.results[i].ok;
        snprintf(text[i], sizeof(text[0]), "%s %-14s %s", x.results[i].ok ? "[ok]" : "[!!]",
                 x.results[i].name, x.results[i].found);
        lines[i] = text[i];
    }
    lines[x.num] = "";
    lines[x.num + 1] = failed ? "A check failed: nothing goes on without a decision."
                              : "Does the clock on the wall agree?";
    if (st == CLV_OK)
        st = ask_continue(c, id, "The workstation", lines, x.num + 2, err);
    if (st == CLV_OK)
        *ret_failed = failed;
    return st;
}

clv_status task_self_check(struct clv_conductor *c, const struct clv_task *task,
                           struct clv_error *err)
{
    (void)task;
    struct clv_event over = event_of(CLV_EVENT_CHECKS_OVER);
    clv_status st = check_workstation(c, "self-check.read", true, &over.number, err);
    return st == CLV_OK ? record(c, &over, err) : st;
}

clv_status task_judge_checks(struct clv_conductor *c, const struct clv_task *task,
                             struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"repeat", "It is mended: check again", NULL},
        {"waive", "Go on all the same, with a deviation on record", NULL},
        {"stop", "Stop the ceremony", "Nothing was changed anywhere."},
    };
    static const enum clv_decision decisions[] = {CLV_DECIDE_REPEAT, CLV_DECIDE_WAIVE,
                                                  CLV_DECIDE_STOP};
    size_t choice = 0;
    struct clv_question q = {.id = "self-check.failed",
                             .title = "A check of the workstation failed",
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 3};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && decisions[choice] == CLV_DECIDE_WAIVE)
        st = record_deviation(c, err);
    struct clv_event e = event_of(CLV_EVENT_DECISION);
    e.decision = decisions[choice];
    e.person = task->person;
    SET(e.text, "self-check");
    return st == CLV_OK ? record(c, &e, err) : st;
}

/* ---- roll call ---- */

const char *role_key(enum clv_role role)
{
    static const char *const keys[] = {
        [CLV_ROLE_ADMINISTRATOR] = "administrator",
        [CLV_ROLE_WITNESS] = "witness",
        [CLV_ROLE_OWNER] = "part-owner",
        [CLV_ROLE_SIGNER] = "signature-key-owner",
    };
    return keys[role];
}

static clv_status seat_one(struct clv_conductor *c, unsigned person, const char **problem,
                           char *buf, size_t cap, struct clv_error *err)
{
    const struct clv_seat *seat = seat_of(c, person);
    char id[60], prompt[80];
    struct clv_event e = event_of(CLV_EVENT_PERSON_HERE);
    struct clv_error why = {0};
    e.person = person;
    snprintf(id, sizeof(id), "roll.%s.%u", role_key(seat->role), seat->index);
    snprintf(prompt, sizeof(prompt), "Name of the %s", clv_role_name(seat->role));
    if (seat->role == CLV_ROLE_OWNER || seat->role == CLV_ROLE_SIGNER)
        snprintf(prompt, sizeof(prompt), "Name of %s %u", clv_role_name(seat->role), seat->index);
    const char *lines[] = {"The witness has seen who this is. One person, one duty."};
    struct clv_question q = {.id = id,
                             .title = "Roll call",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = prompt,
                             .problem = *problem,
                             .may_deviate = true,
                             .help = "The name stands on receipts and in the journal as typed."};
    clv_status st = ask_text(c, &q, CLV_NAME_MAX, e.name, sizeof(e.name), err);
    if (st != CLV_OK)
        return st;
    SET(e.text, "%s %u", clv_role_name(seat->role), seat->index);
    st = record(c, &e, &why);
    *problem = NULL;
    if (st == CLV_E_RULE || st == CLV_E_INPUT) {
        snprintf(buf, cap, "%s", why.fact);
        *problem = buf;
        return CLV_OK;
    }
    if (st != CLV_OK && err)
        *err = why;
    return st;
}

clv_status task_roll_call(struct clv_conductor *c, const struct clv_task *task,
                          struct clv_error *err)
{
    (void)task;
    char buf[CLV_ERROR_TEXT];
    const char *problem = NULL;
    clv_status st = CLV_OK;
    for (unsigned person = 1; st == CLV_OK && person <= c->ceremony->num_seats;) {
        if (!seat_of(c, person)->here)
            st = seat_one(c, person, &problem, buf, sizeof(buf), err);
        person += seat_of(c, person)->here;
    }
    struct clv_event e = event_of(CLV_EVENT_ROLL_COMPLETE);
    e.number = c->ceremony->num_seats;
    if (st == CLV_OK)
        st = record(c, &e, err);
    if (st == CLV_OK)
        c->seated = clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1);
    return st;
}
