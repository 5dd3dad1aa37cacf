#include "play.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

const uint8_t play_pattern[32] = {0xef, 0x8a, 0x9b, 0x7a, 1, 2, 3};

void play_begin(struct play *p, const char *script)
{
    char path[512];
    struct clv_error err = {0};
    memset(p, 0, sizeof(*p));
    snprintf(path, sizeof(path), "%s/%s", CLV_SOURCE_DIR, script);
    cr_assert_eq(clv_script_read(path, &p->script, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_ceremony_new(p->script, &p->c, &err), CLV_OK);
    for (int i = 1; i <= PLAY_UNITS; i++)
        p->units[i].imprint = true;
}

void play_end(struct play *p)
{
    clv_ceremony_free(&p->c);
    clv_script_free(&p->script);
}

clv_status play_step(struct play *p, struct clv_event event)
{
    if (p->power_cut && p->num_log >= p->power_cut)
        longjmp(p->cut, 1);
    memset(&p->err, 0, sizeof(p->err));
    clv_status st = clv_ceremony_step(p->c, &event, &p->effects, &p->err);
    if (st == CLV_OK && p->num_log < sizeof(p->log) / sizeof(p->log[0]))
        p->log[p->num_log++] = event;
    return st;
}

static void must(struct play *p, struct clv_event event)
{
    cr_assert_eq(play_step(p, event), CLV_OK, "%s: %s", clv_event_name(event.kind), p->err.fact);
}

void play_replay(struct play *p)
{
    struct clv_error err = {0};
    clv_ceremony_free(&p->c);
    cr_assert_eq(clv_ceremony_new(p->script, &p->c, &err), CLV_OK);
    for (size_t i = 0; i < p->num_log; i++)
        cr_assert_eq(clv_ceremony_step(p->c, &p->log[i], &p->effects, &err), CLV_OK,
                     "event %zu, %s: %s", i, clv_event_name(p->log[i].kind), err.fact);
}

void play_resume(struct play *p)
{
    play_replay(p);
    must(p, (struct clv_event){.kind = CLV_EVENT_RESUMED, .person = 1});
}

struct clv_event play_decision(enum clv_decision decision, unsigned unit)
{
    return (struct clv_event){
        .kind = CLV_EVENT_DECISION, .decision = decision, .unit = unit, .person = 1};
}

static void call_roll(struct play *p)
{
    for (unsigned i = 1; i <= p->c->num_seats; i++) {
        struct clv_event e = {.kind = CLV_EVENT_PERSON_HERE, .person = i};
        snprintf(e.name, sizeof(e.name), "Person %u", i);
        must(p, e);
    }
    must(p, (struct clv_event){.kind = CLV_EVENT_ROLL_COMPLETE});
}

static void find_units(struct play *p)
{
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        struct clv_event e = {.kind = CLV_EVENT_UNIT_SEEN, .unit = i};
        memcpy(e.module_id, "TEST0001", 8);
        e.digest[0] = (uint8_t)i;
        must(p, e);
    }
    must(p, (struct clv_event){.kind = CLV_EVENT_UNITS_FOUND, .number = PLAY_UNITS});
}

static void take_turn(struct play *p, const struct clv_task *task)
{
    struct clv_event e = {.person = task->person, .slot = task->slot};
    must(p, (struct clv_event){.kind = CLV_EVENT_TURN_BEGUN, .person = task->person});
    e.digest[0] = (uint8_t)(0x10 + task->slot);
    snprintf(e.name, sizeof(e.name), "file-%u", task->slot);
    e.kind = task->kind == CLV_TASK_SIGNATURE_KEY ? CLV_EVENT_SIGKEY_READY
             : task->kind == CLV_TASK_OPEN_SIGNER ? CLV_EVENT_SIGNER_OPENED
             : task->kind == CLV_TASK_CREATE_PART ? CLV_EVENT_PART_MADE
             : task->kind == CLV_TASK_COMMITMENT  ? CLV_EVENT_COMMITMENT
                                                  : CLV_EVENT_PART_OPENED;
    must(p, e);
    must(p, (struct clv_event){.kind = CLV_EVENT_TURN_ENDED, .person = task->person});
}

/* What an order does to a unit that works. One that came too often is refused by a real unit. */
static void obey(struct play *p, unsigned number, const struct clv_task *task)
{
    struct clv_observed *u = &p->units[number];
    p->num_orders[number][task->phase]++;
    switch (task->phase) {
    case CLV_PHASE_RESET:
        *u = (struct clv_observed){.imprint = true};
        break;
    case CLV_PHASE_ADMINS:
        cr_assert_lt(u->num_admins, CLV_EP11_MAX_ADMINS);
        memcpy(u->admin_ski[u->num_admins++], p->c->signers[task->slot - 1].ski, 32);
        break;
    case CLV_PHASE_THRESHOLDS:
        cr_assert(u->imprint, "thresholds twice");
        u->imprint = false;
        u->sign_threshold = p->script->sign_threshold;
        u->revoke_threshold = p->script->revoke_threshold;
        break;
    case CLV_PHASE_LOAD:
        cr_assert_eq(u->new_state, CLV_NEW_EMPTY, "loaded twice");
        u->new_state = CLV_NEW_UNCOMMITTED;
        memcpy(u->new_pattern, play_pattern, 32);
        break;
    case CLV_PHASE_COMMIT:
        cr_assert_eq(u->new_state, CLV_NEW_UNCOMMITTED, "committed twice");
        u->new_state = CLV_NEW_COMMITTED;
        break;
    case CLV_PHASE_SET_IMMEDIATE:
        cr_assert_eq(u->new_state, CLV_NEW_COMMITTED, "set immediate twice");
        u->current_state = CLV_CURRENT_VALID;
        memcpy(u->current_pattern, u->new_pattern, 32);
        u->new_state = CLV_NEW_EMPTY;
        break;
    case CLV_PHASE_CLEAR_NEW:
        u->new_state = CLV_NEW_EMPTY;
        break;
    case CLV_PHASE_NONE:
    case CLV_PHASE_SURVEY:
    case CLV_PHASE_IMPORTERS:
    case CLV_PHASE_COMPARE:
    case CLV_NUM_PHASES:
        break;
    }
}

static void give_order(struct play *p, const struct clv_task *task)
{
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        if (!p->c->units[i - 1].due)
            continue;
        struct clv_event e = {.kind = CLV_EVENT_INTENT, .phase = task->phase, .unit = i};
        must(p, e);
        bool refuses = p->restarted[i] && task->phase >= CLV_PHASE_LOAD &&
                       task->phase <= CLV_PHASE_SET_IMMEDIATE;
        bool obeys = !p->dead[i] && !refuses;
        if (obeys && p->early)
            obey(p, i, task);
        e.kind = CLV_EVENT_OUTCOME;
        snprintf(e.name, sizeof(e.name), "%s",
                 p->dead[i] ? "in-doubt"
                 : refuses  ? "refused"
                            : "done");
        must(p, e);
        if (obeys && !p->early)
            obey(p, i, task);
    }
    must(p, (struct clv_event){.kind = CLV_EVENT_ORDER_OVER, .phase = task->phase});
}

static void query(struct play *p, const struct clv_task *task)
{
    for (unsigned i = 1; i <= PLAY_UNITS; i++) {
        struct clv_event e = {.kind = p->dead[i] ? CLV_EVENT_UNIT_SILENT : CLV_EVENT_UNIT_STATE,
                              .unit = i,
                              .observed = p->units[i]};
        if (p->lies[i])
            e.observed.new_pattern[5] ^= 1;
        if (!p->c->units[i - 1].set_aside)
            must(p, e);
        if (!p->dead[i] && p->restarted[i] && p->c->units[i - 1].importer)
            must(p, (struct clv_event){.kind = CLV_EVENT_IMPORTER_GONE, .unit = i});
        p->restarted[i] = p->restarted[i] && p->dead[i];
    }
    must(p, (struct clv_event){.kind = CLV_EVENT_BARRIER_OVER, .phase = task->phase});
}

static void simple(struct play *p, enum clv_event_kind kind, const struct clv_task *task)
{
    struct clv_event e = {.kind = kind, .phase = task->phase, .person = task->person};
    e.ok = kind == CLV_EVENT_SIGNED_OFF || kind == CLV_EVENT_OPENED ||
           (kind == CLV_EVENT_REVIEWED && p->script->reset_units != CLV_RESET_NEVER);
    if (kind == CLV_EVENT_PATTERN)
        memcpy(e.pattern, play_pattern, 32);
    if (kind == CLV_EVENT_SIGNED_OFF && task->person == 0)
        e.kind = CLV_EVENT_ROLL_COMPLETE;
    must(p, e);
}

void play_restart(struct play *p, unsigned unit)
{
    p->units[unit].new_state = CLV_NEW_EMPTY;
    p->restarted[unit] = true;
}

bool play_task(struct play *p)
{
    struct clv_task task;
    clv_ceremony_task(p->c, &task);
    switch (task.kind) {
    case CLV_TASK_OPEN:
        simple(p, CLV_EVENT_OPENED, &task);
        return true;
    case CLV_TASK_SELF_CHECK:
        simple(p, CLV_EVENT_CHECKS_OVER, &task);
        return true;
    case CLV_TASK_ROLL_CALL:
        call_roll(p);
        return true;
    case CLV_TASK_FIND_UNITS:
        find_units(p);
        return true;
    case CLV_TASK_REVIEW_UNITS:
        simple(p, CLV_EVENT_REVIEWED, &task);
        return true;
    case CLV_TASK_SIGNATURE_KEY:
    case CLV_TASK_OPEN_SIGNER:
    case CLV_TASK_CREATE_PART:
    case CLV_TASK_COMMITMENT:
    case CLV_TASK_OPEN_PART:
        take_turn(p, &task);
        return true;
    case CLV_TASK_PATTERN:
        simple(p, CLV_EVENT_PATTERN, &task);
        return true;
    case CLV_TASK_CONFIRM:
        simple(p, CLV_EVENT_CONFIRMED, &task);
        return true;
    case CLV_TASK_ORDER:
        give_order(p, &task);
        return true;
    case CLV_TASK_QUERY:
        query(p, &task);
        return true;
    case CLV_TASK_RECEIPTS:
        simple(p, CLV_EVENT_RECEIPTS_OVER, &task);
        return true;
    case CLV_TASK_SIGN_OFF:
        simple(p, CLV_EVENT_SIGNED_OFF, &task);
        return true;
    case CLV_TASK_CLOSE:
        simple(p, CLV_EVENT_CLOSED, &task);
        return true;
    case CLV_TASK_JUDGE_CHECKS:
    case CLV_TASK_DECIDE:
    case CLV_TASK_WAIT_FOR:
    case CLV_TASK_NONE:
        return false;
    }
    return false;
}

void play_until(struct play *p, enum clv_state state, enum clv_phase phase)
{
    for (int i = 0; i < 200; i++) {
        if (p->c->state == state && p->c->phase == phase)
            return;
        if (!play_task(p))
            break;
    }
    cr_assert(p->c->state == state && p->c->phase == phase, "reached %s/%s, not %s/%s",
              clv_state_name(p->c->state), clv_phase_name(p->c->phase), clv_state_name(state),
              clv_phase_name(phase));
}
