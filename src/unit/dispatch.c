/* The event loop: one order on many units at once.
 *
 * Each unit has a job, which walks through the steps of its plan by itself: nobody waits for
 * anybody. The loop drives the transport, ticks, looks after every job, and ends when each has an
 * outcome. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

#define TIMEOUT_GRACE_MS 50 /* the transport's own deadline comes first: it knows more */

/* ---- ending a job --------------------------------------------------------------------------- */

void clv_run_close_exchange(struct clv_run *run, struct clv_job *job)
{
    if (job->exchange != NULL)
        run->fleet->transport.close(run->fleet->transport.ctx, &job->exchange);
    job->exchange = NULL;
}

static void finish(struct clv_run *run, struct clv_job *job)
{
    clv_run_close_exchange(run, job);
    clv_job_conclude(job);
    memcpy(job->result.counter, job->session->counter, CLV_EP11_COUNTER_LEN);
    job->result.elapsed_ms = (int)(clv_now_ms(run->fleet->config.clock) - job->started_ms);
    clv_writer_clear(&job->input);
    clv_writer_clear(&job->body);
    clv_signatures_clear(&job->signatures);
    free(job->chain.cert);
    job->chain.cert = NULL;
    job->over = true;
    run->num_open--;
    if (run->hooks != NULL && run->hooks->result != NULL)
        run->hooks->result(run->hooks->ctx, &job->result);
}

void clv_run_fail_step(struct clv_run *run, struct clv_job *job)
{
    if (job->step < job->plan->num_steps)
        (void)clv_while(&job->result.error, job->result.error.code, "%s",
                        job->plan->steps[job->step].name);
    finish(run, job);
}

static void keep_here(struct clv_run *run, struct clv_job *job)
{
    job->result.error = run->stopped;
    job->kept_here = true;
    finish(run, job);
}

/* ---- asking --------------------------------------------------------------------------------- */

static clv_status announce(struct clv_run *run, struct clv_job *job, struct clv_error *err)
{
    if (run->hooks == NULL || run->hooks->intent == NULL)
        return CLV_OK;
    const struct clv_order *order = job->order;
    struct clv_intent intent = {
        .unit = job->session->unit.number, .order = order->kind, .command = job->ask.command};
    memcpy(intent.counter, job->prelude.counter, CLV_EP11_COUNTER_LEN);
    if (clv_order_carries_pattern(order->kind) &&
        !clv_bytes_are_zero(order->pattern, sizeof order->pattern)) {
        intent.has_pattern = true;
        memcpy(intent.pattern, order->pattern, CLV_EP11_PATTERN_LEN);
    }
    clv_status status = run->hooks->intent(run->hooks->ctx, &intent, err);
    if (status != CLV_OK && err->code == CLV_OK)
        return clv_fail(err, status, "the intent could not be recorded");
    return status;
}

clv_status clv_run_start_exchange(struct clv_run *run, struct clv_job *job, struct clv_error *err)
{
    int64_t left_ms = job->deadline_ms - clv_now_ms(run->fleet->config.clock);
    if (left_ms <= 0)
        return clv_fail(err, CLV_E_TIMEOUT, "no time was left for the unit");
    job->token_number = job->session->service->token_number;
    return run->fleet->transport.start(run->fleet->transport.ctx, job->session->service,
                                       job->session->path, (const char *)job->body.data,
                                       (int)left_ms, &job->exchange, err);
}

/* The unit's counter says whether a command that met a refused token was carried out all the same:
 * if it stands where it stood, the intent on record still is the one for it. */
static clv_status check_again(const struct clv_job *job, struct clv_error *err)
{
    if (clv_ep11_counter_compare(job->prelude.counter, job->sent_counter) == 0)
        return CLV_OK;
    return clv_fail(err, CLV_E_DOUBT,
                    "the service refused the access token, and the unit's transaction counter has "
                    "moved all the same");
}

static clv_status send_step(struct clv_run *run, struct clv_job *job, const struct clv_step *step,
                            struct clv_error *err)
{
    clv_status status = step->ask(job, err);
    if (status != CLV_OK)
        return status;
    clv_writer_clear(&job->body);
    status = clv_body_encode(&job->body, job->session, &job->ask, err);
    if (status == CLV_OK && !clv_signatures_complete(&job->signatures)) {
        job->is_signing = true;
        job->signing_ms = clv_now_ms(run->fleet->config.clock);
        return CLV_OK;
    }
    if (status == CLV_OK && step->command)
        status = job->again ? check_again(job, err) : announce(run, job, err);
    if (status == CLV_OK)
        status = clv_run_start_exchange(run, job, err);
    if (status == CLV_OK && step->command)
        job->sent = true;
    return status;
}

void clv_run_advance(struct clv_run *run, struct clv_job *job)
{
    const struct clv_plan *plan = job->plan;
    while (job->step < plan->num_steps && plan->steps[job->step].needed != NULL &&
           !plan->steps[job->step].needed(job))
        job->step++;
    if (job->step == plan->num_steps) {
        finish(run, job);
        return;
    }
    job->asked_twice = false;
    if (run->stopped.code != CLV_OK) {
        keep_here(run, job);
        return;
    }
    if (send_step(run, job, &plan->steps[job->step], &job->result.error) != CLV_OK) {
        job->kept_here = !job->again && job->result.error.code != CLV_E_TIMEOUT;
        clv_run_fail_step(run, job);
    }
}

/* ---- answers -------------------------------------------------------------------------------- */

static clv_status believe(struct clv_job *job, const struct clv_step *step,
                          const struct clv_answer *answer, struct clv_error *err)
{
    if (step->unpinned || job->ask.info_type != 0)
        return CLV_OK;
    struct clv_session *session = job->session;
    clv_status status = clv_answer_verify(answer, session->identity.point, err);
    if (status == CLV_OK)
        status = clv_answer_bind(session, &job->ask, answer, session->identity.module_id, err);
    if (status == CLV_OK)
        status = clv_answer_fresh(session, &job->ask, answer, err);
    return status;
}

static void follow(struct clv_job *job, enum clv_next next)
{
    if (next == CLV_NEXT_STEP)
        job->step++;
    else if (next == CLV_NEXT_RESTART)
        job->step = 0;
}

/* A signed or bound answer that makes no sense leaves us as wise as none. */
static void nonsense_is_doubt(struct clv_error *err)
{
    if (err->code == CLV_E_FORMAT || err->code == CLV_E_UNSUPPORTED)
        err->code = CLV_E_DOUBT;
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void answered(struct clv_run *run, struct clv_job *job, long http_status,
                     struct clv_view body)
{
    const struct clv_step *step = &job->plan->steps[job->step];
    struct clv_error *err = &job->result.error;
    struct clv_answer answer = {0};
    enum clv_next next = CLV_NEXT_STEP;

    if (http_status == CLV_HTTP_UNAUTHORIZED && run->stopped.code == CLV_OK) {
        clv_run_hold(run, job, body);
        return;
    }
    clv_status status = clv_answer_decode(job->session, &job->ask, http_status, body, &answer, err);
    clv_run_close_exchange(run, job);
    if (status == CLV_OK)
        status = believe(job, step, &answer, err);
    if (status == CLV_OK)
        status = step->take(job, &answer, &next, err);
    clv_answer_clear(&answer);
    if (status != CLV_OK) {
        nonsense_is_doubt(err);
        clv_run_fail_step(run, job);
        return;
    }
    follow(job, next);
    clv_run_advance(run, job);
}

/* A query whose connection broke is asked once more: servers close idle connections. A command
 * never is. */
static void broken(struct clv_run *run, struct clv_job *job, const char *why)
{
    char why_text[CLV_ERROR_TEXT]; /* why dies with the exchange */
    snprintf(why_text, sizeof why_text, "%s", why);
    clv_run_close_exchange(run, job);
    if (!job->plan->steps[job->step].command && !job->asked_twice && run->stopped.code == CLV_OK) {
        job->asked_twice = true;
        if (clv_run_start_exchange(run, job, NULL) == CLV_OK)
            return;
    }
    (void)clv_fail(&job->result.error, CLV_E_DOUBT, "no whole answer: %s", why_text);
    clv_run_fail_step(run, job);
}

static void not_sent(struct clv_run *run, struct clv_job *job, const char *why)
{
    job->sent = false; /* the transport is sure of it */
    (void)clv_fail(&job->result.error, CLV_E_IO, "the unit cannot be reached: %s", why);
    clv_run_fail_step(run, job);
}

static void timed_out(struct clv_run *run, struct clv_job *job)
{
    int64_t waited_ms = clv_now_ms(run->fleet->config.clock) - job->started_ms;
    (void)clv_fail(&job->result.error, CLV_E_TIMEOUT, "no answer within %.1f s",
                   (double)waited_ms / 1000);
    clv_run_fail_step(run, job);
}

static void look_after(struct clv_run *run, struct clv_job *job)
{
    long http_status = 0;
    struct clv_view body = {0};
    const char *why = "";
    switch (run->fleet->transport.state(job->exchange, &http_status, &body, &why)) {
    case CLV_EXCHANGE_ANSWERED:
        answered(run, job, http_status, body);
        return;
    case CLV_EXCHANGE_NOT_SENT:
        not_sent(run, job, why);
        return;
    case CLV_EXCHANGE_BROKEN:
        broken(run, job, why);
        return;
    case CLV_EXCHANGE_PENDING:
        break;
    }
    if (clv_now_ms(run->fleet->config.clock) >= job->deadline_ms + TIMEOUT_GRACE_MS)
        timed_out(run, job);
}

/* ---- the loop ------------------------------------------------------------------------------- */

/* Queries still out are given up at once; commands that left are waited for. */
static void stop(struct clv_run *run)
{
    for (size_t i = 0; i < run->num_jobs; i++) {
        struct clv_job *job = &run->jobs[i];
        if (job->held)
            clv_run_give_up(run, job, &run->stopped);
        else if (!job->over && !job->sent)
            keep_here(run, job);
    }
}

static void tick(struct clv_run *run)
{
    int64_t now_ms = clv_now_ms(run->fleet->config.clock);
    if (now_ms - run->last_tick_ms < CLV_TICK_MS)
        return;
    run->last_tick_ms = now_ms;
    if (run->hooks == NULL || run->hooks->tick == NULL || run->stopped.code != CLV_OK)
        return;
    struct clv_error err = {0};
    clv_status status = run->hooks->tick(run->hooks->ctx, &err);
    if (status == CLV_OK)
        return;
    if (err.code == CLV_OK)
        (void)clv_fail(&err, status, "stopped");
    run->stopped = err;
    stop(run);
}

static int ms_to_next_tick(const struct clv_run *run)
{
    int64_t left_ms = run->last_tick_ms + CLV_TICK_MS - clv_now_ms(run->fleet->config.clock);
    return left_ms < 1 ? 1 : (int)left_ms;
}

static void run_jobs(struct clv_run *run)
{
    run->last_tick_ms = clv_now_ms(run->fleet->config.clock);
    for (size_t i = 0; i < run->num_jobs; i++) {
        if (!run->jobs[i].over)
            clv_run_advance(run, &run->jobs[i]);
        tick(run);
    }
    while (run->num_open > 0) {
        if (run->num_held == run->num_open) {
            clv_run_resume_held(run);
            continue;
        }
        run->fleet->transport.poll(run->fleet->transport.ctx, ms_to_next_tick(run));
        tick(run);
        for (size_t i = 0; i < run->num_jobs; i++) {
            struct clv_job *job = &run->jobs[i];
            if (!job->over && !job->held && job->is_signing)
                clv_run_look_after_signing(run, job);
            else if (!job->over && !job->held)
                look_after(run, job);
            tick(run);
        }
    }
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static void job_init(struct clv_job *job, struct clv_fleet *fleet, struct clv_session *session,
                     const struct clv_order *order)
{
    int64_t now_ms = clv_now_ms(fleet->config.clock);
    bool command = clv_order_is_command(order->kind);
    *job = (struct clv_job){.fleet = fleet,
                            .session = session,
                            .order = order,
                            .plan = clv_order_plan(order->kind),
                            .started_ms = now_ms,
                            .deadline_ms = now_ms + (command ? fleet->config.command_timeout_ms
                                                             : fleet->config.query_timeout_ms)};
    job->decided = session->seen;
    memcpy(job->decided_domain_id, session->domain_id, CLV_EP11_DOMAIN_ID_LEN);
    memcpy(job->decided_counter, session->counter, CLV_EP11_COUNTER_LEN);
    job->result.unit = session->unit.number;
    job->result.order = order->kind;
    job->result.reason = CLV_EP11_NO_REASON;
}

static clv_status make_jobs(struct clv_run *run, const struct clv_order *order,
                            struct clv_error *err)
{
    struct clv_fleet *fleet = run->fleet;
    run->jobs = calloc(fleet->num_sessions + 1, sizeof *run->jobs);
    if (run->jobs == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for %zu units", fleet->num_sessions);
    for (size_t i = 0; i < fleet->num_sessions; i++) {
        struct clv_session *session = fleet->sessions[i];
        if (!clv_order_is_for(order, session))
            continue;
        clv_status status = clv_order_check_unit(order, fleet, session, err);
        if (status != CLV_OK)
            return status;
        job_init(&run->jobs[run->num_jobs++], fleet, session, order);
    }
    if (run->num_jobs == 0)
        return clv_fail(err, CLV_E_USAGE, "no crypto unit is selected for this order");
    run->num_open = run->num_jobs;
    return CLV_OK;
}

clv_status clv_fleet_run(struct clv_fleet *fleet, const struct clv_order *order,
                         const struct clv_fleet_hooks *hooks, struct clv_error *err)
{
    struct clv_run run = {.fleet = fleet, .hooks = hooks};
    clv_status status = clv_order_check(order, err);
    if (status == CLV_OK)
        status = make_jobs(&run, order, err);
    if (status == CLV_OK)
        run_jobs(&run);
    free(run.jobs);
    return status;
}
