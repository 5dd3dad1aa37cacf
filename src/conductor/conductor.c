/* A ceremony from its first entry to its last: ask the engine, do the task, ask again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

/* clang-format off */
static task_fn *const tasks[] = {
    [CLV_TASK_OPEN]          = task_open,
    [CLV_TASK_SELF_CHECK]    = task_self_check,
    [CLV_TASK_JUDGE_CHECKS]  = task_judge_checks,
    [CLV_TASK_ROLL_CALL]     = task_roll_call,
    [CLV_TASK_FIND_UNITS]    = task_find_units,
    [CLV_TASK_REVIEW_UNITS]  = task_review_units,
    [CLV_TASK_SIGNATURE_KEY] = task_signature_key,
    [CLV_TASK_OPEN_SIGNER]   = task_open_signer,
    [CLV_TASK_CREATE_PART]   = task_create_part,
    [CLV_TASK_COMMITMENT]    = task_commitment,
    [CLV_TASK_OPEN_PART]     = task_open_part,
    [CLV_TASK_PATTERN]       = task_pattern,
    [CLV_TASK_CONFIRM]       = task_confirm,
    [CLV_TASK_ORDER]         = task_order,
    [CLV_TASK_QUERY]         = task_query,
    [CLV_TASK_DECIDE]        = task_decide,
    [CLV_TASK_RECEIPTS]      = task_receipts,
    [CLV_TASK_SIGN_OFF]      = task_sign_off,
    [CLV_TASK_WAIT_FOR]      = task_wait_for,
    [CLV_TASK_CLOSE]         = task_close,
};
/* clang-format on */

/* Told apart by people by its date, by machines by its random half. */
static void make_id(struct clv_conductor *c)
{
    uint8_t random[4];
    time_t now = (time_t)(clv_now_wall_ms(c->config.clock) / 1000);
    struct tm tm;
    gmtime_r(&now, &tm);
    clv_random_fill(c->config.random, random, sizeof(random));
    snprintf(c->id, sizeof(c->id), "CLV-%04d%02d%02d-%02X%02X%02X%02X", (tm.tm_year + 1900) % 10000,
             (tm.tm_mon + 1) % 100, tm.tm_mday % 100, random[0], random[1], random[2], random[3]);
}

static clv_status make_folders(struct clv_conductor *c, struct clv_error *err)
{
    c->receipts_dir = c->config.receipts_dir ? strdup(c->config.receipts_dir)
                                             : clv_path_join(c->config.dir, "receipts");
    if (c->receipts_dir == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    clv_status st = clv_dir_private(c->config.dir, err);
    if (st == CLV_OK)
        st = clv_dir_private(c->receipts_dir, err);
    if (st == CLV_OK)
        st = clv_dir_private(c->config.key_dir, err);
    return st;
}

static clv_status make_custody(struct clv_conductor *c, struct clv_error *err)
{
    clv_status st = clv_kdf_profile_named(c->config.script->kdf_profile, &c->profile, err);
    if (st == CLV_OK)
        st = clv_kdf_new(c->profile, &c->kdf, err);
    if (st == CLV_OK)
        st = clv_same_guard_new(c->config.random, &c->guard, err);
    if (st == CLV_OK)
        st = clv_accumulator_new(c->config.random, &c->parts, err);
    return st;
}

static clv_status begin_journal(struct clv_conductor *c, struct clv_error *err)
{
    if (c->config.resume)
        return history_take(c, err);
    make_id(c);
    return clv_journal_create_mirrored(c->config.dir, c->mirror, c->id, c->config.test_world,
                                       c->config.random, &c->journal, err);
}

static clv_status check_world(const struct clv_conductor_config *config, struct clv_error *err)
{
    if (config->mishap == CLV_MISHAP_NONE || config->test_world)
        return CLV_OK;
    return clv_fail(err, CLV_E_RULE, "drills are for rehearsals only");
}

static clv_status prepare(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_conductor_config *config = &c->config;
    const struct clv_fleet_config fleet_config = {
        .test_world = config->test_world, .random = config->random, .clock = config->clock};
    clv_status st = check_world(config, err);
    if (st == CLV_OK)
        st = check_witnesses(config->site, err);
    if (st == CLV_OK)
        st = service_new(c, err);
    if (st == CLV_OK)
        st = make_folders(c, err);
    if (st == CLV_OK)
        st = clv_ceremony_new(config->script, &c->ceremony, err);
    if (st == CLV_OK)
        st = stage_new(c, err);
    if (st == CLV_OK)
        st = make_custody(c, err);
    if (st == CLV_OK)
        st = clv_fleet_from_site(config->site, &fleet_config, &c->fleet, err);
    if (st == CLV_OK)
        st = begin_journal(c, err);
    return st == CLV_OK ? set_space_aside(c, err) : st;
}

clv_status clv_conductor_new(const struct clv_conductor_config *config, struct clv_conductor **ret,
                             struct clv_error *err)
{
    struct clv_conductor *c = calloc(1, sizeof(*c));
    if (c == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a ceremony");
    c->config = *config;
    if (config->site->printer)
        snprintf(c->printer, sizeof(c->printer), "%s", config->site->printer);
    c->face = config->face;
    c->mirror = config->mirror;
    clv_status st = prepare(c, err);
    if (st != CLV_OK) {
        clv_conductor_free(&c);
        return clv_while(
            err, st, config->resume ? "resuming the ceremony in %s" : "preparing a ceremony in %s",
            config->dir);
    }
    *ret = c;
    return CLV_OK;
}

void clv_conductor_free(struct clv_conductor **conductor)
{
    struct clv_conductor *c = *conductor;
    if (c == NULL)
        return;
    close_all_signers(c);
    clv_signing_free(&c->signing);
    clv_fleet_free(&c->fleet);
    clv_accumulator_free(&c->parts);
    clv_same_guard_free(&c->guard);
    clv_kdf_free(&c->kdf);
    clv_journal_free(&c->journal);
    clv_ceremony_free(&c->ceremony);
    history_free(&c->history);
    stage_free(c);
    free(c->receipts_dir);
    free(c);
    *conductor = NULL;
}

const char *clv_conductor_ceremony_id(const struct clv_conductor *c)
{
    return c->id;
}

/* No question can be asked any more: the terminal may be gone. */
static clv_status append_unasked(struct clv_conductor *c, struct clv_event *e)
{
    struct clv_writer line = {0};
    struct clv_effects effects;
    e->wall_ms = clv_now_wall_ms(c->config.clock);
    clv_status st = clv_event_encode(e, &line, NULL);
    if (st == CLV_OK)
        st = clv_ceremony_step(c->ceremony, e, &effects, NULL);
    if (st == CLV_OK)
        st = clv_journal_append(c->journal, clv_writer_view(&line), NULL, NULL);
    clv_writer_clear(&line);
    return st;
}

/* Whatever stands open is wiped before anything is written: the power may go next. */
static clv_status interrupted(struct clv_conductor *c, const struct clv_error *why)
{
    struct clv_event e = event_of(CLV_EVENT_INTERRUPTED), given[CLV_MAX_SIGNERS];
    clv_status st = CLV_OK;
    for (unsigned i = 0; i < CLV_MAX_SIGNERS; i++)
        given[i] = signatures_since(c, c->ceremony->phase, i + 1);
    close_all_signers(c);
    forget_parts(c);
    for (unsigned i = 0; st == CLV_OK && i < CLV_MAX_SIGNERS; i++)
        if (given[i].number > 0)
            st = append_unasked(c, &given[i]);
    SET(e.text, "%s", why->fact);
    st = append_unasked(c, &e);
    return st == CLV_OK ? clv_journal_checkpoint(c->journal, NULL) : st;
}

static clv_status run_next_task(struct clv_conductor *c, bool *ret_over, struct clv_error *err)
{
    struct clv_task task;
    clv_ceremony_task(c->ceremony, &task);
    *ret_over = task.kind == CLV_TASK_NONE;
    /* The words of a step wait for those who are to hear them. */
    clv_status st = task.kind == CLV_TASK_WAIT_FOR ? CLV_OK : open_step(c, err);
    return st == CLV_OK && !*ret_over ? tasks[task.kind](c, &task, err) : st;
}

static clv_status run_tasks(struct clv_conductor *c, struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (bool over = false; st == CLV_OK && !over;) {
        st = run_next_task(c, &over, err);
        if (st != CLV_OK && c->task_is_over) {
            c->task_is_over = false;
            *err = (struct clv_error){0};
            st = CLV_OK;
        }
    }
    return st;
}

/* Nothing was written yet, and nothing is: who only looks leaves no trace. */
static clv_status go_on(struct clv_conductor *c, bool *ret_over, enum clv_ending *ret,
                        struct clv_error *err)
{
    bool leave = false;
    clv_status st = resume_ceremony(c, &leave, err);
    *ret_over = st == CLV_E_INTERRUPTED || leave;
    if (*ret_over)
        *ret = CLV_ENDING_LEFT;
    if (st != CLV_OK && !*ret_over)
        clv_kept(err, "Nothing was written: the ceremony is as it was.");
    return *ret_over ? CLV_OK : st;
}

clv_status clv_conductor_run(struct clv_conductor *c, enum clv_ending *ret, struct clv_error *err)
{
    struct clv_error why = {0};
    bool over = false;
    clv_status st = c->config.resume ? go_on(c, &over, ret, err) : CLV_OK;
    if (st != CLV_OK || over)
        return st;
    if (c->config.resume)
        st = resume_settle(c, &why);
    if (st == CLV_OK)
        st = run_tasks(c, &why);
    if (st == CLV_OK) {
        *ret = c->ceremony->state == CLV_STATE_CLOSED ? CLV_ENDING_CLOSED : CLV_ENDING_STOPPED;
        return CLV_OK;
    }
    clv_status noted = interrupted(c, &why);
    if (st == CLV_E_INTERRUPTED && noted == CLV_OK) {
        *ret = CLV_ENDING_INTERRUPTED;
        return CLV_OK;
    }
    clv_kept(&why, "Everything secret was wiped. The journal is whole up to its last entry.");
    if (err)
        *err = why;
    return st;
}
