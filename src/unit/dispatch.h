/* One order on many units, inside the event loop: what dispatch.c and held.c share. */
#ifndef CLV_UNIT_DISPATCH_H
#define CLV_UNIT_DISPATCH_H

#include "internal.h"

struct clv_run {
    struct clv_fleet *fleet;
    const struct clv_fleet_hooks *hooks;
    struct clv_job *jobs;
    size_t num_jobs, num_open, num_held;
    int64_t last_tick_ms;
    struct clv_error stopped; /* code CLV_OK: go on */
};

/* ---- dispatch.c ---- */
void clv_run_close_exchange(struct clv_run *run, struct clv_job *job);
/* job->result.error says how it went. */
void clv_run_fail_step(struct clv_run *run, struct clv_job *job);
/* Sends the next step this unit needs, or ends the job. */
void clv_run_advance(struct clv_run *run, struct clv_job *job);
clv_status clv_run_start_exchange(struct clv_run *run, struct clv_job *job, struct clv_error *err);

/* ---- held.c ---- */
/* The service refused the access token; body is what it said. */
void clv_run_hold(struct clv_run *run, struct clv_job *job, struct clv_view body);
/* A job that is held ends. */
void clv_run_give_up(struct clv_run *run, struct clv_job *job, const struct clv_error *why);
/* Every open job is held. */
void clv_run_resume_held(struct clv_run *run);
/* A job that is_signing, and is not held. */
void clv_run_look_after_signing(struct clv_run *run, struct clv_job *job);

#endif
