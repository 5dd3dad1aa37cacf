/* What became of an order, in words. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

const char *clv_outcome_name(enum clv_outcome outcome)
{
    static const char *const names[] = {
        [CLV_OUTCOME_DONE] = "done",           [CLV_OUTCOME_REFUSED] = "refused",
        [CLV_OUTCOME_NOT_SENT] = "not sent",   [CLV_OUTCOME_DOUBT] = "in doubt",
        [CLV_OUTCOME_UNTRUSTED] = "untrusted",
    };
    return (size_t)outcome < sizeof names / sizeof names[0] ? names[outcome] : "unknown outcome";
}

void clv_unit_text(const struct clv_session *session, char out[CLV_UNIT_TEXT])
{
    snprintf(out, CLV_UNIT_TEXT, "crypto unit %u (%s, domain %u)", session->unit.number,
             session->unit.serial, session->domain);
}

clv_status clv_http_failed(clv_status code, long http_status, struct clv_view body,
                           struct clv_error *err)
{
    enum { SHOWN = 120 }; /* the first characters of what the service says */
    (void)clv_fail(err, code, "the service answered HTTP %ld: %.*s", http_status,
                   (int)(body.len < SHOWN ? body.len : SHOWN),
                   body.len == 0 ? "" : (const char *)body.data);
    if (http_status == 401 || http_status == 403)
        clv_hint(err, "The access token is missing, wrong or too old: get a new one.");
    else if (http_status == 404)
        clv_hint(err, "Check the instance id and the address in the site file.");
    return code;
}

clv_status clv_job_refused(struct clv_job *job, const struct clv_answer *answer,
                           struct clv_error *err)
{
    uint32_t code = answer->block.return_code;
    uint32_t reason = clv_ep11_reason(&answer->block);
    job->result.return_code = code;
    job->result.reason = reason;
    const char *command = clv_ep11_command_name(job->ask.command);
    const char *text = clv_ep11_code_text(code, reason);
    if (reason == CLV_EP11_NO_REASON)
        (void)clv_fail(err, CLV_E_UNIT, "the unit refused %s: %s (return code %u)", command, text,
                       code);
    else
        (void)clv_fail(err, CLV_E_UNIT, "the unit refused %s: %s (return code %u, reason %u)",
                       command, text, code, reason);
    return CLV_E_UNIT;
}

static enum clv_outcome outcome_of(const struct clv_job *job)
{
    bool command = clv_order_is_command(job->order->kind);
    clv_status code = job->result.error.code;
    if (code == CLV_OK)
        return CLV_OUTCOME_DONE;
    if (job->kept_here)
        return CLV_OUTCOME_NOT_SENT;
    if (code == CLV_E_UNIT)
        return CLV_OUTCOME_REFUSED;
    if (code == CLV_E_UNTRUSTED || code == CLV_E_FORGED || code == CLV_E_WORLD)
        return CLV_OUTCOME_UNTRUSTED;
    if (!command && (code == CLV_E_DOUBT || code == CLV_E_TIMEOUT))
        return CLV_OUTCOME_DOUBT;
    return job->sent ? CLV_OUTCOME_DOUBT : CLV_OUTCOME_NOT_SENT;
}

static const char *advice(const struct clv_job *job)
{
    switch (job->result.outcome) {
    case CLV_OUTCOME_REFUSED:
        return "Find out why before giving the order again.";
    case CLV_OUTCOME_UNTRUSTED:
        return "Believe nothing this unit says: check the way to it, check its device certificates "
               "again, or set it aside.";
    case CLV_OUTCOME_DOUBT:
        return job->sent ? "The command may or may not have been carried out: query the unit "
                           "before anything else. It is not sent again."
                         : "Only its state was asked for: ask again. If that does not help, check "
                           "the unit's service and the way to it.";
    case CLV_OUTCOME_NOT_SENT:
        return job->kept_here ? "Give the order again when the cause is gone."
                              : "Check that the unit's service runs and can be reached from here; "
                                "then give the order again.";
    case CLV_OUTCOME_DONE:
        break;
    }
    return "";
}

static void advise(struct clv_job *job)
{
    struct clv_error *err = &job->result.error;
    if (clv_order_is_command(job->order->kind) && !job->sent)
        clv_kept(err, "The command was not sent. Nothing was changed in this unit.");
    else if (job->result.outcome == CLV_OUTCOME_REFUSED)
        clv_kept(err, "Nothing was changed in this unit.");
    clv_hint(err, "%s", advice(job));
}

void clv_job_conclude(struct clv_job *job)
{
    struct clv_error *err = &job->result.error;
    job->result.outcome = outcome_of(job);
    if (job->result.outcome == CLV_OUTCOME_DONE)
        return;
    if (job->result.outcome == CLV_OUTCOME_DOUBT)
        err->code = CLV_E_DOUBT; /* whatever kept us from knowing */
    else if (err->code == CLV_E_DOUBT)
        err->code = CLV_E_IO;

    char unit[CLV_UNIT_TEXT];
    clv_unit_text(job->session, unit);
    (void)clv_while(err, err->code, "giving %s the order: %s", unit,
                    clv_order_name(job->order->kind));
    advise(job);
    if (job->sent && job->order->kind == CLV_ORDER_ZEROIZE &&
        job->result.outcome != CLV_OUTCOME_REFUSED) {
        job->session->zeroize_open = true;
        memcpy(job->session->zeroize_counter, job->prelude.counter, CLV_EP11_COUNTER_LEN);
    }
}
