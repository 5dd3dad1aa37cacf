/* Traces of the model (barriers.pml), replayed on the code: the engine decides, software units
 * obey, and the test is the network between them, which loses and delays as the trace says.
 *
 * At every query the engine must stand in the phase of the model, and exactly the units that are
 * due in the model must be due; an intent for another unit, for another phase, or a second one is
 * refused. A command that a unit of the model takes must be obeyed by the unit, one that it refuses
 * must be refused. Importer keys are no part of the model: the units keep the ones they have. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "claviger/crypto.h"
#include "run.h"
#include "tests/unit/ceremony/play.h"
#include "unitd_people.h"

#define MODEL CLV_SOURCE_DIR "/tests/model/barriers.pml"
#define SCRIPT "tests/scripts/load-without-administrators.yaml"
#define NUM PLAY_UNITS
#define ALL_DONE 3 /* the model's last phase */

static const struct {
    enum clv_phase phase;
    uint32_t command;
} phases[] = {{CLV_PHASE_LOAD, CLV_EP11_IMPORT_WK},
              {CLV_PHASE_COMMIT, CLV_EP11_COMMIT_WK},
              {CLV_PHASE_SET_IMMEDIATE, CLV_EP11_FINALIZE_WK}};

/* ---- the stage ------------------------------------------------------------------------------- */

struct message {
    unsigned phase, count;
    struct clv_writer bytes;
};

struct actor {
    struct bench bench;
    uint8_t base[CLV_EP11_COUNTER_LEN]; /* the counter that the model calls 0 */
    uint8_t seen[CLV_EP11_COUNTER_LEN]; /* at the last query */
    struct message announced;           /* its intent is on record, it has not left */
    struct message wire[2];
    size_t num_wire;
    const char *outcome; /* of this order: "" before its intent */
};

struct stage {
    struct play p;
    struct people people;
    struct actor actor[NUM];
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    unsigned tried;    /* phase in which units were asked for what they must refuse */
    const char *trace; /* for messages */
    char line[80];
};

static struct stage s;

#define HERE "\"%s\" in the trace of %s"
#define WHERE s.line, s.trace

/* What 32 bytes of 1 and 32 bytes of 2 make together. */
static void expect_pattern(void)
{
    uint8_t key[33], hash[CLV_SHA256_LEN];
    key[0] = 1;
    memset(key + 1, 1 ^ 2, 32);
    clv_sha256(key, sizeof(key), hash);
    memset(s.pattern, 0, sizeof(s.pattern));
    memcpy(s.pattern, hash, CLV_EP11_PATTERN_SIGNIFICANT);
}

/* A unit with an administrator and an importer key, in another life than before. */
static void begin_actor(struct actor *a)
{
    uint8_t buf[4];
    if (!clv_unitd_in_imprint(a->bench.domain))
        bench_do(&a->bench, &s.people, CLV_EP11_ZEROIZE, (struct clv_view){0}, "0");
    memset(a->bench.domain->obeyed, 0, sizeof(a->bench.domain->obeyed));
    a->outcome = "";
    bench_operational(&a->bench, &s.people, 1, 1, 1, 0);
    bench_do(&a->bench, &s.people, CLV_EP11_GEN_IMPORTER, u32_input(buf, CLV_EP11_IMPORTER_P521),
             "0");
    memcpy(a->base, a->bench.domain->counter, sizeof(a->base));
}

static void clear_message(struct message *m)
{
    clv_writer_clear(&m->bytes);
    *m = (struct message){0};
}

/* What is still under way never arrives. */
static void end_actor(struct actor *a)
{
    clear_message(&a->announced);
    for (size_t i = 0; i < 2; i++)
        clear_message(&a->wire[i]);
    a->num_wire = 0;
}

static struct clv_observed observe(struct actor *a)
{
    const struct clv_unitd_domain *d = a->bench.domain;
    struct clv_observed o = {.imprint = clv_unitd_in_imprint(d), .num_admins = d->num_admins};
    struct clv_ep11_domain_info info;
    uint8_t bytes[80];
    for (unsigned i = 0; i < d->num_admins; i++)
        memcpy(o.admin_ski[i], d->admins[i].ski, CLV_SKI_LEN);
    o.sign_threshold = d->attributes[CLV_EP11_ATTR_SIGN_THRESHOLD];
    o.revoke_threshold = d->attributes[CLV_EP11_ATTR_REVOKE_THRESHOLD];
    bench_domain_info(&a->bench, bytes);
    cr_assert_eq(clv_ep11_domain_info_decode(clv_view_of(bytes, sizeof(bytes)), &info, NULL),
                 CLV_OK);
    o.new_state = clv_ep11_new_state(&info);
    o.current_state = clv_ep11_current_state(&info);
    memcpy(o.new_pattern, info.new_pattern, sizeof(o.new_pattern));
    memcpy(o.current_pattern, info.current_pattern, sizeof(o.current_pattern));
    return o;
}

/* ---- the conductor --------------------------------------------------------------------------- */

static bool accepted(struct clv_event event)
{
    return play_step(&s.p, event) == CLV_OK;
}

static void record(struct clv_event event)
{
    cr_assert(accepted(event), HERE ": %s is refused: %s", WHERE, clv_event_name(event.kind),
              s.p.err.fact);
}

static struct clv_event intent_of(unsigned unit, enum clv_phase phase)
{
    return (struct clv_event){.kind = CLV_EVENT_INTENT, .unit = unit + 1, .phase = phase};
}

static void record_outcome(unsigned unit, const char *word)
{
    struct clv_event e = {.kind = CLV_EVENT_OUTCOME, .unit = unit + 1, .phase = s.p.c->phase};
    snprintf(e.name, sizeof(e.name), "%s", word);
    record(e);
}

/* The waiting is over: an answer that has not come is a doubt. */
static void end_order(void)
{
    if (s.p.c->state != CLV_STATE_DISPATCH)
        return;
    for (unsigned i = 0; i < NUM; i++) {
        struct actor *a = &s.actor[i];
        if (s.p.c->units[i].due)
            record_outcome(i, a->outcome[0] ? a->outcome : "not-sent");
    }
    record((struct clv_event){.kind = CLV_EVENT_ORDER_OVER, .phase = s.p.c->phase});
}

static bool is_in_model(enum clv_phase phase)
{
    return phase == CLV_PHASE_LOAD || phase == CLV_PHASE_COMMIT || phase == CLV_PHASE_SET_IMMEDIATE;
}

/* One task, as the people of tests/unit/ceremony do it; our pattern, our units, and where a
 * decision is asked for, to give the order again. */
static void do_task(const struct clv_task *task)
{
    struct clv_event pattern = {.kind = CLV_EVENT_PATTERN};
    memcpy(pattern.pattern, s.pattern, sizeof(pattern.pattern));
    for (unsigned i = 0; i < NUM; i++)
        s.p.units[i + 1] = observe(&s.actor[i]);
    if (task->kind == CLV_TASK_PATTERN)
        record(pattern);
    else if (task->kind == CLV_TASK_DECIDE)
        record(play_decision(CLV_DECIDE_RETRY, 0));
    else
        cr_assert(play_task(&s.p), HERE ": nothing to do", WHERE);
}

static void go_to_next_order(void)
{
    struct clv_task task;
    for (int i = 0; i < 100; i++) {
        clv_ceremony_task(s.p.c, &task);
        if ((task.kind == CLV_TASK_ORDER && is_in_model(task.phase)) ||
            task.kind == CLV_TASK_RECEIPTS)
            return;
        do_task(&task);
    }
    cr_assert(false, HERE ": the engine goes round in circles", WHERE);
}

/* ---- what must be forbidden ------------------------------------------------------------------ */

static void check_intents(unsigned phase)
{
    for (unsigned i = 0; i < NUM; i++)
        for (unsigned k = 0; k < ALL_DONE; k++)
            if (k != phase || !s.p.c->units[i].due)
                cr_assert(!accepted(intent_of(i, phases[k].phase)), HERE ": unit %u may get %s",
                          WHERE, i + 1, clv_phase_name(phases[k].phase));
}

/* Set immediate, by somebody who does not care for barriers. */
static void check_unit_refuses(struct actor *a)
{
    struct order order = {.command = CLV_EP11_FINALIZE_WK,
                          .input = clv_view_of(s.pattern, sizeof(s.pattern)),
                          .signers = "0"};
    const struct clv_unitd_domain *d = a->bench.domain;
    if (!d->next_wk)
        bench_refuses(&a->bench, &s.people, &order, 96, 50);
    else if (!d->next_committed)
        bench_refuses(&a->bench, &s.people, &order, 96, 64);
}

/* ---- lines of a trace ------------------------------------------------------------------------ */

/* "query PHASE 011" */
static void on_query(unsigned phase, const char *due)
{
    end_order();
    go_to_next_order();
    if (phase == ALL_DONE) {
        cr_assert(s.p.c->state == CLV_STATE_RECEIPTS, HERE ": the engine is in \"%s\"", WHERE,
                  clv_state_name(s.p.c->state));
        return;
    }
    cr_assert(s.p.c->phase == phases[phase].phase && s.p.c->state == CLV_STATE_DISPATCH,
              HERE ": the engine is in \"%s\", \"%s\"", WHERE, clv_state_name(s.p.c->state),
              clv_phase_name(s.p.c->phase));
    for (unsigned i = 0; i < NUM; i++) {
        struct actor *a = &s.actor[i];
        cr_assert(s.p.c->units[i].due == (due[i] == '1'), HERE ": unit %u is %sdue", WHERE, i + 1,
                  s.p.c->units[i].due ? "" : "not ");
        memcpy(a->seen, a->bench.domain->counter, sizeof(a->seen));
        a->outcome = "";
        if (phase != s.tried)
            check_unit_refuses(a);
    }
    s.tried = phase;
    check_intents(phase);
}

static void write_command(struct actor *a, unsigned phase, struct clv_writer *w)
{
    struct clv_writer parts = {0};
    struct order order = {.command = phases[phase].command,
                          .input = clv_view_of(s.pattern, sizeof(s.pattern)),
                          .signers = "0"};
    if (phases[phase].phase == CLV_PHASE_LOAD) {
        import_input(&a->bench, &s.people, 2, "0", &parts);
        order.input = clv_writer_view(&parts);
        order.signers = NULL;
    }
    order_encode(&a->bench, &s.people, &order, w);
    clv_writer_clear(&parts);
}

static void check_count(const struct actor *a, unsigned count)
{
    uint8_t want[CLV_EP11_COUNTER_LEN];
    memcpy(want, a->base, sizeof(want));
    for (unsigned i = 0; i < count; i++)
        clv_ep11_counter_next(want, want);
    cr_assert(memcmp(want, a->bench.domain->counter, sizeof(want)) == 0, HERE ": another counter",
              WHERE);
}

static void on_intent(unsigned unit, unsigned phase, unsigned count)
{
    struct actor *a = &s.actor[unit];
    struct clv_event e = intent_of(unit, phases[phase].phase);
    cr_assert(memcmp(a->seen, a->bench.domain->counter, sizeof(a->seen)) == 0, HERE ": it moved",
              WHERE);
    check_count(a, count - 1);
    clv_ep11_counter_next(a->bench.domain->counter, e.counter);
    record(e);
    cr_assert(!accepted(e), HERE ": a second intent", WHERE);
    a->outcome = "in-doubt";
    a->announced = (struct message){.phase = phase, .count = count};
    write_command(a, phase, &a->announced.bytes);
}

static void on_send(unsigned unit, unsigned phase, unsigned count)
{
    struct actor *a = &s.actor[unit];
    cr_assert(a->announced.count == count && a->announced.phase == phase && a->num_wire < 2,
              HERE ": not announced", WHERE);
    a->wire[a->num_wire++] = a->announced;
    a->announced = (struct message){0};
}

static void on_moved(unsigned unit)
{
    const struct actor *a = &s.actor[unit];
    cr_assert(memcmp(a->seen, a->bench.domain->counter, sizeof(a->seen)) != 0, HERE ": it did not",
              WHERE);
}

static struct message arrive(struct actor *a, unsigned phase, unsigned count)
{
    struct message m = a->wire[0];
    cr_assert(a->num_wire > 0 && m.phase == phase && m.count == count, HERE ": not under way",
              WHERE);
    a->wire[0] = a->wire[1];
    a->wire[1] = (struct message){0};
    a->num_wire--;
    return m;
}

static void on_arrival(unsigned unit, unsigned phase, unsigned count, bool taken)
{
    struct actor *a = &s.actor[unit];
    struct message m = arrive(a, phase, count);
    struct answer answer;
    bench_ask(&a->bench, clv_writer_view(&m.bytes), &answer);
    cr_assert((answer.block.return_code == 0) == taken, HERE ": the unit answers %u, reason %u",
              WHERE, answer.block.return_code, answer.reason);
    answer_clear(&answer);
    clear_message(&m);
    if (taken)
        check_count(a, count);
    /* An answer to a command of before the crash finds nobody. */
    if (s.p.c->state == CLV_STATE_DISPATCH && strcmp(a->outcome, "in-doubt") == 0 &&
        a->num_wire == 0 && a->announced.count == 0)
        a->outcome = taken ? "done" : "refused";
}

static void on_lost(unsigned unit, unsigned phase, unsigned count)
{
    struct message m = arrive(&s.actor[unit], phase, count);
    clear_message(&m);
}

static void on_crash(void)
{
    for (unsigned i = 0; i < NUM; i++) {
        clear_message(&s.actor[i].announced);
        s.actor[i].outcome = "";
    }
    if (s.p.num_log > 0)
        play_resume(&s.p);
}

static void on_done(void)
{
    while (play_task(&s.p))
        ;
    cr_assert(s.p.c->state == CLV_STATE_CLOSED, HERE ": the engine is in \"%s\"", WHERE,
              clv_state_name(s.p.c->state));
    for (unsigned i = 0; i < NUM; i++)
        for (unsigned k = 0; k < ALL_DONE; k++)
            cr_assert_eq(s.actor[i].bench.domain->obeyed[phases[k].command], 1,
                         HERE ": unit %u, %s", WHERE, i + 1, clv_phase_name(phases[k].phase));
}

/* ---- a trace --------------------------------------------------------------------------------- */

static void on_line(const char *line)
{
    char word[12], due[8] = "";
    unsigned n[3] = {0};
    snprintf(s.line, sizeof(s.line), "%.79s", line);
    cr_assert_eq(sscanf(line, "@ %11s %u %u %u", word, &n[0], &n[1], &n[2]) >= 1, 1, "%s", line);
    cr_assert_lt(n[0], 4);
    cr_assert(strcmp(word, "query") == 0 || (n[0] < NUM && n[1] < ALL_DONE), "%s", line);
    if (strcmp(word, "query") == 0 && sscanf(line, "@ query %u %7s", &n[0], due) == 2)
        on_query(n[0], due);
    else if (strcmp(word, "intent") == 0)
        on_intent(n[0], n[1], n[2]);
    else if (strcmp(word, "send") == 0)
        on_send(n[0], n[1], n[2]);
    else if (strcmp(word, "moved") == 0)
        on_moved(n[0]);
    else if (strcmp(word, "take") == 0 || strcmp(word, "refuse") == 0)
        on_arrival(n[0], n[1], n[2], word[0] == 't');
    else if (strcmp(word, "crash") == 0)
        on_crash();
    else if (strcmp(word, "done") == 0)
        on_done();
    else if (strcmp(word, "lost") == 0)
        on_lost(n[0], n[1], n[2]);
    else
        cr_assert(false, "%s", line);
}

struct counts {
    unsigned traces, lines, crash, lost, moved, refuse;
};

static void replay(char *text, const char *name, struct counts *counts)
{
    char *rest = NULL;
    bool done = false;
    s.trace = name;
    s.tried = ALL_DONE;
    for (unsigned i = 0; i < NUM; i++)
        begin_actor(&s.actor[i]);
    play_begin(&s.p, SCRIPT);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "@ ", 2) != 0)
            continue;
        on_line(line);
        counts->lines++;
        counts->crash += strncmp(line, "@ crash", 7) == 0;
        counts->lost += strncmp(line, "@ lost", 6) == 0;
        counts->moved += strncmp(line, "@ moved", 7) == 0;
        counts->refuse += strncmp(line, "@ refuse", 8) == 0;
        done |= strcmp(line, "@ done") == 0;
    }
    cr_assert(done, "the trace of %s does not come to its end", name);
    counts->traces++;
    play_end(&s.p);
    for (unsigned i = 0; i < NUM; i++)
        end_actor(&s.actor[i]);
}

/* ---- simulations ----------------------------------------------------------------------------- */

/* late 0..NUM-1: the unit at which commands arrive late; NUM: none. */
static void simulate(unsigned long seed, unsigned crash, unsigned lose, unsigned late,
                     unsigned until, struct counts *counts)
{
    char n[30], c[30], l[30], u[30], t[30], name[200];
    struct run r;
    snprintf(n, sizeof(n), "-n%lu", seed);
    snprintf(c, sizeof(c), "-DCRASH_AT=%u", crash);
    snprintf(l, sizeof(l), "-DLOSE_AT=%u", lose);
    snprintf(u, sizeof(u), "-DLATE=%u", late);
    snprintf(t, sizeof(t), "-DLATE_UNTIL=%u", until);
    snprintf(name, sizeof(name), "spin -T %s %s %s %s %s", n, c, l, u, t);
    run_program(&r, NULL, "spin", "-T", n, c, l, u, t, MODEL, NULL);
    replay(r.output, name, counts);
    run_clear(&r);
}

#define NEVER 200
#define LAST_CHANCE 22 /* a run without trouble may crash so often */

static void open_stage(void)
{
    people_open(&s.people, 1, false);
    expect_pattern();
    for (unsigned i = 0; i < NUM; i++)
        bench_open(&s.actor[i].bench, (struct clv_unitd_setup){0});
}

static void close_stage(void)
{
    for (unsigned i = 0; i < NUM; i++)
        bench_close(&s.actor[i].bench);
    people_close(&s.people);
}

TestSuite(traces, .init = open_stage, .fini = close_stage);

Test(traces, the_code_permits_what_the_model_does_and_no_more)
{
    const char *given = getenv("CLV_TRACE_SEED");
    unsigned long seed = given ? strtoul(given, NULL, 10) : (unsigned long)time(NULL) % 100000;
    struct counts counts = {0};
    printf("traces of the model, CLV_TRACE_SEED=%lu\n", seed);
    for (unsigned crash = 0; crash < LAST_CHANCE; crash++) {
        for (unsigned after = 1; after <= 3; after++)
            simulate(seed + crash, crash, NEVER, (crash + after) % NUM, crash + after, &counts);
        simulate(seed + crash, crash, (unsigned)((seed + crash) % 9), NUM, 0, &counts);
    }
    printf("%u traces, %u lines, %u crashes, %u commands lost, %u refused, %u held back\n",
           counts.traces, counts.lines, counts.crash, counts.lost, counts.refuse, counts.moved);
    cr_assert_eq(counts.traces, 4 * LAST_CHANCE);
    cr_assert_geq(counts.crash, 4 * (LAST_CHANCE - 1));
    cr_assert_gt(counts.lost, 0);
    cr_assert_gt(counts.refuse, 0, "no command came late");
    cr_assert_gt(counts.moved, 0, "no command came between query and order");
}
