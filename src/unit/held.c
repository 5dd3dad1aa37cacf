/* Jobs that wait: for another access token, or for signatures of a service. When every open job is
 * held, people are asked; then all go on. */
#include <stdio.h>
#include <string.h>

#include "dispatch.h"

#define MAX_SIGNING 4 /* requests that a signing service gets at the same time */

/* ---- a refused access token ----------------------------------------------------------------- */

void clv_run_hold(struct clv_run *run, struct clv_job *job, struct clv_view body)
{
    struct clv_error why = {0};
    (void)clv_http_failed(CLV_E_DOUBT, CLV_HTTP_UNAUTHORIZED, body, &why);
    snprintf(job->refusal, sizeof job->refusal, "%s", why.fact);
    clv_run_close_exchange(run, job);
    job->held = true;
    job->held_ms = clv_now_ms(run->fleet->config.clock);
    run->num_held++;
}

/* ---- going on, or not ----------------------------------------------------------------------- */

/* A query is asked again as it was. A command begins with its questions once more; one that has not
 * got its signatures waits for them. */
static void resume(struct clv_run *run, struct clv_job *job)
{
    job->held = false;
    run->num_held--;
    if (job->is_signing) {
        job->result.error = (struct clv_error){0};
        return;
    }
    job->deadline_ms += clv_now_ms(run->fleet->config.clock) - job->held_ms;
    if (job->plan->steps[job->step].command) {
        job->again = true;
        memcpy(job->sent_counter, job->prelude.counter, CLV_EP11_COUNTER_LEN);
        job->step = 0;
        clv_run_advance(run, job);
        return;
    }
    if (clv_run_start_exchange(run, job, &job->result.error) != CLV_OK)
        clv_run_fail_step(run, job);
}

void clv_run_give_up(struct clv_run *run, struct clv_job *job, const struct clv_error *why)
{
    job->held = false;
    run->num_held--;
    job->kept_here = job->kept_here || job->is_signing;
    job->result.error = *why;
    clv_run_fail_step(run, job);
}

static void give_up_service(struct clv_run *run, const struct clv_service *service,
                            const struct clv_error *why)
{
    for (size_t i = 0; i < run->num_jobs; i++) {
        if (run->jobs[i].held && !run->jobs[i].is_signing &&
            run->jobs[i].session->service == service)
            clv_run_give_up(run, &run->jobs[i], why);
    }
}

/* ---- signatures of a service ---------------------------------------------------------------- */

static void hold_unsigned(struct clv_run *run, struct clv_job *job, const struct clv_error *why)
{
    clv_run_close_exchange(run, job);
    job->result.error = *why;
    job->held = true;
    run->num_held++;
}

static void give_up_key(struct clv_run *run, struct clv_signing_key *key,
                        const struct clv_error *why)
{
    for (size_t i = 0; i < run->num_jobs; i++) {
        struct clv_job *job = &run->jobs[i];
        if (job->held && job->is_signing && clv_signatures_awaited(&job->signatures) == key)
            clv_run_give_up(run, job, why);
    }
}

/* Once for all commands that wait for the same key. */
static void ask_about_signature(struct clv_run *run, const struct clv_job *job)
{
    struct clv_signing_key *key = clv_signatures_awaited(&job->signatures);
    struct clv_error why = job->result.error, err = {0};
    if (why.code == CLV_OK || job->num_asked_again != key->num_asked_again)
        return;
    if (run->hooks == NULL || run->hooks->signature == NULL)
        err = why;
    else if (run->hooks->signature(run->hooks->ctx, key, &why, &err) == CLV_OK) {
        key->num_asked_again++;
        return;
    } else if (err.code == CLV_OK)
        err = why;
    give_up_key(run, key, &err);
}

/* The service of a key that has failed is not asked for the others while people do not know yet. */
static bool is_known_to_fail(const struct clv_run *run, struct clv_job *job)
{
    const struct clv_signing_key *key = clv_signatures_awaited(&job->signatures);
    for (size_t i = 0; i < run->num_jobs; i++) {
        struct clv_job *other = &run->jobs[i];
        if (other->held && other->is_signing && clv_signatures_awaited(&other->signatures) == key)
            return true;
    }
    return false;
}

static size_t num_requests(const struct clv_run *run)
{
    size_t num = 0;
    for (size_t i = 0; i < run->num_jobs; i++)
        num += run->jobs[i].is_signing && run->jobs[i].exchange != NULL;
    return num;
}

static void ask_for_signature(struct clv_run *run, struct clv_job *job)
{
    struct clv_signing_key *key = clv_signatures_awaited(&job->signatures);
    struct clv_error why = {0};
    if (run->num_held > 0 && is_known_to_fail(run, job)) {
        hold_unsigned(run, job, &why); /* people hear the reason of the one that was asked */
        return;
    }
    job->num_asked_again = key->num_asked_again;
    if (num_requests(run) < MAX_SIGNING && clv_signatures_ask(job, &why) != CLV_OK)
        hold_unsigned(run, job, &why);
}

void clv_run_look_after_signing(struct clv_run *run, struct clv_job *job)
{
    bool there = false;
    struct clv_error why = {0};
    if (job->exchange == NULL) {
        ask_for_signature(run, job);
        return;
    }
    if (clv_signatures_look(job, &there, &why) != CLV_OK) {
        hold_unsigned(run, job, &why);
        return;
    }
    if (!there)
        return;
    clv_run_close_exchange(run, job);
    if (!clv_signatures_complete(&job->signatures))
        return;
    job->is_signing = false;
    job->deadline_ms += clv_now_ms(run->fleet->config.clock) - job->signing_ms;
    clv_run_advance(run, job);
}

/* ---- people are asked ----------------------------------------------------------------------- */

static void renew_token(struct clv_run *run, const struct clv_job *job)
{
    const struct clv_service *service = job->session->service;
    struct clv_error err = {0};
    if (job->token_number == service->token_number &&
        clv_fleet_renew_token(run->fleet, service, job->refusal, run->hooks, &err) != CLV_OK)
        give_up_service(run, service, &err);
}

/* Every open job waits for a token or a signature. All people are asked before anything goes on:
 * they take their time, and no deadline runs meanwhile. */
void clv_run_resume_held(struct clv_run *run)
{
    for (size_t i = 0; i < run->num_jobs; i++) {
        if (run->jobs[i].held && run->jobs[i].is_signing)
            ask_about_signature(run, &run->jobs[i]);
        else if (run->jobs[i].held)
            renew_token(run, &run->jobs[i]);
    }
    for (size_t i = 0; i < run->num_jobs; i++) {
        if (run->jobs[i].held)
            resume(run, &run->jobs[i]);
    }
}
