/* Something slow in a thread of its own, while the face ticks. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "internal.h"

#define TICK_NS (33 * 1000 * 1000L)

struct job {
    work_fn *fn;
    void *arg;
    clv_status status;
    struct clv_error error;
    atomic_bool over;
};

static void *run_job(void *arg)
{
    struct job *job = arg;
    job->status = job->fn(job->arg, &job->error);
    atomic_store(&job->over, true);
    return NULL;
}

clv_status work(struct clv_conductor *c, const char *title, unsigned estimate_ms, work_fn *fn,
                void *arg, struct clv_error *err)
{
    struct job job = {.fn = fn, .arg = arg};
    struct clv_error interrupted = {0};
    clv_status asked = CLV_OK;
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_job, &job) != 0)
        return clv_fail(err, CLV_E_MEMORY, "no thread could be started");
    int64_t start = clv_now_ms(c->config.clock);
    while (!atomic_load(&job.over)) {
        struct clv_progress p = {.title = title,
                                 .elapsed_ms = (int)(clv_now_ms(c->config.clock) - start),
                                 .estimate_ms = (int)estimate_ms};
        if (asked == CLV_OK)
            asked = c->face->progress(c->face->ctx, &p, &interrupted);
        nanosleep(&(struct timespec){.tv_nsec = TICK_NS}, NULL);
    }
    pthread_join(thread, NULL);
    c->face->progress_end(c->face->ctx);
    if (job.status == CLV_OK && asked == CLV_OK)
        return CLV_OK;
    if (err)
        *err = asked != CLV_OK ? interrupted : job.error;
    return asked != CLV_OK ? asked : job.status;
}
