/* Orders: which command, how many signatures, which input. One row an order. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum signatures {
    SIGN_NONE,
    SIGN_ONE,
    SIGN_THRESHOLD,     /* the unit's signature threshold */
    SIGN_REVOCATION,    /* its revocation threshold */
    SIGN_NEW_THRESHOLD, /* the threshold this very order sets */
    SIGN_ZEROIZE,       /* one if the unit permits that, else the threshold */
    SIGN_CONTROL,       /* likewise, for control points */
};

struct row {
    const char *name;
    uint32_t command; /* 0: a plan of its own */
    enum signatures in_imprint, operational;
    clv_status (*input)(struct clv_job *job, struct clv_error *err); /* NULL: empty */
    bool has_pattern;
    bool nested; /* the parts inside are signed, the command around them is not */
};

static clv_status certificate_input(struct clv_job *job, struct clv_error *err);
static clv_status ski_input(struct clv_job *job, struct clv_error *err);
static clv_status attributes_input(struct clv_job *job, struct clv_error *err);
static clv_status importer_input(struct clv_job *job, struct clv_error *err);
static clv_status parts_input(struct clv_job *job, struct clv_error *err);
static clv_status pattern_input(struct clv_job *job, struct clv_error *err);
static clv_status control_input(struct clv_job *job, struct clv_error *err);
static clv_status export_input(struct clv_job *job, struct clv_error *err);

/* clang-format off */
static const struct row rows[] = {
    /* order                      name                       command                 in imprint mode     afterwards       input              pattern nested */
    [CLV_ORDER_TRUST]         = { "trust",                   0,                      SIGN_NONE,          SIGN_NONE,       NULL,              false, false },
    [CLV_ORDER_QUERY]         = { "query",                   0,                      SIGN_NONE,          SIGN_NONE,       NULL,              false, false },
    [CLV_ORDER_ZEROIZE]       = { "zeroize",                 CLV_EP11_ZEROIZE,       SIGN_NONE,          SIGN_ZEROIZE,    NULL,              false, false },
    [CLV_ORDER_ADMIN_ADD]     = { "add administrator",       CLV_EP11_ADMIN_LOGIN,   SIGN_NONE,          SIGN_THRESHOLD,  certificate_input, false, false },
    [CLV_ORDER_ADMIN_REMOVE]  = { "remove administrator",    CLV_EP11_ADMIN_LOGOUT,  SIGN_NONE,          SIGN_REVOCATION, ski_input,         false, false },
    [CLV_ORDER_THRESHOLDS]    = { "set thresholds",          CLV_EP11_SET_ATTR,      SIGN_NEW_THRESHOLD, SIGN_THRESHOLD,  attributes_input,  false, false },
    [CLV_ORDER_IMPORTER]      = { "generate importer key",   CLV_EP11_GEN_IMPORTER,  SIGN_ONE,           SIGN_ONE,        importer_input,    false, false },
    [CLV_ORDER_LOAD]          = { "load",                    CLV_EP11_IMPORT_WK,     SIGN_ONE,           SIGN_ONE,        parts_input,       true,  true  },
    [CLV_ORDER_COMMIT]        = { "commit",                  CLV_EP11_COMMIT_WK,     SIGN_THRESHOLD,     SIGN_THRESHOLD,  pattern_input,     true,  false },
    [CLV_ORDER_SET_IMMEDIATE] = { "set immediate",           CLV_EP11_FINALIZE_WK,   SIGN_ONE,           SIGN_ONE,        pattern_input,     true,  false },
    [CLV_ORDER_CLEAR_NEW]     = { "clear new register",      CLV_EP11_CLEAR_NEXT_WK, SIGN_ONE,           SIGN_ONE,        NULL,              false, false },
    [CLV_ORDER_CLEAR_CURRENT] = { "clear current register",  CLV_EP11_CLEAR_WK,      SIGN_ONE,           SIGN_ONE,        NULL,              false, false },
    [CLV_ORDER_CONTROL_POINTS]= { "add control points",      CLV_EP11_CP_ADD,        SIGN_CONTROL,       SIGN_CONTROL,    control_input,     false, false },
    [CLV_ORDER_GENERATE]      = { "generate master key",     CLV_EP11_GEN_WK,        SIGN_ONE,           SIGN_ONE,        NULL,              true,  false },
    [CLV_ORDER_EXPORT]        = { "export current key",      CLV_EP11_EXPORT_WK,     SIGN_THRESHOLD,     SIGN_THRESHOLD,  export_input,      false, false },
    [CLV_ORDER_EXPORT_NEW]    = { "export new key",          CLV_EP11_EXPORT_NEXT_WK,SIGN_THRESHOLD,     SIGN_THRESHOLD,  export_input,      false, false },
};
/* clang-format on */

static const struct row *row_of(enum clv_order_kind kind)
{
    static const struct row unknown = {.name = "unknown order"};
    return (size_t)kind < sizeof rows / sizeof rows[0] ? &rows[kind] : &unknown;
}

const char *clv_order_name(enum clv_order_kind kind)
{
    return row_of(kind)->name;
}

uint32_t clv_order_command(enum clv_order_kind kind)
{
    return row_of(kind)->command;
}

bool clv_order_is_command(enum clv_order_kind kind)
{
    return clv_order_command(kind) != 0;
}

bool clv_order_has_recipient(enum clv_order_kind kind)
{
    return row_of(kind)->input == export_input;
}

bool clv_order_carries_pattern(enum clv_order_kind kind)
{
    return row_of(kind)->has_pattern;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static clv_status certificate_input(struct clv_job *job, struct clv_error *err)
{
    clv_write_view(&job->input, job->order->certificate);
    return clv_writer_done(&job->input, err);
}

static clv_status ski_input(struct clv_job *job, struct clv_error *err)
{
    clv_write_bytes(&job->input, job->order->ski, CLV_SKI_LEN);
    return clv_writer_done(&job->input, err);
}

static clv_status pattern_input(struct clv_job *job, struct clv_error *err)
{
    clv_write_bytes(&job->input, job->order->pattern, CLV_EP11_PATTERN_LEN);
    return clv_writer_done(&job->input, err);
}

static clv_status control_input(struct clv_job *job, struct clv_error *err)
{
    clv_write_bytes(&job->input, job->order->control_points, CLV_EP11_CONTROL_POINTS_LEN);
    return clv_writer_done(&job->input, err);
}

static struct clv_session *recipient_of(const struct clv_job *job)
{
    return clv_fleet_session(job->fleet, job->order->recipient);
}

static clv_status export_input(struct clv_job *job, struct clv_error *err)
{
    clv_ep11_export_request_encode(&job->input, recipient_of(job)->importer);
    return clv_writer_done(&job->input, err);
}

static clv_status importer_input(struct clv_job *job, struct clv_error *err)
{
    clv_write_u32(&job->input, CLV_EP11_IMPORTER_P521);
    return clv_writer_done(&job->input, err);
}

/* The permissions IBM's tools set when a unit leaves imprint mode. docs/unit-driver.md lists them.
 */
static uint32_t first_permissions(uint32_t permissions, enum clv_unit_kind kind)
{
    enum { WK_EXPORT_AND_RANDOM = CLV_EP11_PERM_WK_EXPORT | CLV_EP11_PERM_WK_RANDOM };
    const uint32_t may_change_disturb = 0x80000000u;

    permissions |= CLV_EP11_PERM_ZERO_1SIGN | CLV_EP11_PERM_WK_IMPORT | CLV_EP11_PERM_WK_1PART;
    if (kind == CLV_UNIT_RECOVERY) {
        permissions |= WK_EXPORT_AND_RANDOM | CLV_EP11_PERM_DO_NOT_DISTURB;
        return permissions & ~may_change_disturb;
    }
    permissions &= ~(uint32_t)CLV_EP11_PERM_WK_EXPORT;
    if (permissions & may_change_disturb)
        permissions |= CLV_EP11_PERM_DO_NOT_DISTURB;
    return permissions & ~may_change_disturb;
}

static clv_status attributes_input(struct clv_job *job, struct clv_error *err)
{
    const struct clv_ep11_attributes *now = &job->prelude.attributes;
    struct clv_ep11_attributes set = {0};
    for (unsigned i = CLV_EP11_ATTR_SIGN_THRESHOLD; i <= CLV_EP11_ATTR_MODE; i++) {
        if (!now->present[i])
            return clv_fail(err, CLV_E_DOUBT, "the unit does not show its attribute %u", i);
        set.present[i] = true;
        set.value[i] = now->value[i];
    }
    set.value[CLV_EP11_ATTR_SIGN_THRESHOLD] = job->order->sign_threshold;
    set.value[CLV_EP11_ATTR_REVOKE_THRESHOLD] = job->order->revoke_threshold;
    if (clv_in_imprint(now))
        set.value[CLV_EP11_ATTR_PERMISSIONS] =
            first_permissions(now->value[CLV_EP11_ATTR_PERMISSIONS], job->session->unit.kind);
    clv_ep11_attributes_encode(&job->input, &set);
    return clv_writer_done(&job->input, err);
}

/* One signed request a part; the signers take turns, so that several of them vouch for the key. */
static clv_status parts_input(struct clv_job *job, struct clv_error *err)
{
    clv_status status = CLV_OK;
    size_t turn = 0;
    if (!clv_session_importer_current(job->session)) {
        (void)clv_fail(err, CLV_E_RULE,
                       "the unit no longer holds the importer key its parts were sealed for");
        clv_hint(err, "Generate an importer key; then each owner has to open their part again.");
        return CLV_E_RULE;
    }
    for (size_t i = 0; status == CLV_OK && i < CLV_EP11_MAX_PARTS; i++) {
        const struct clv_sealed *part = &job->session->parts[i];
        if (part->data == NULL)
            continue;
        struct clv_ask inner = {.command = CLV_EP11_IMPORT_WK,
                                .counter = job->prelude.counter,
                                .input = clv_view_of(part->data, part->len),
                                .signers = &job->prelude.signers[turn],
                                .num_signers = 1,
                                .signatures = &job->signatures};
        status = clv_request_encode(&job->input, job->session, &inner, err);
        turn = (turn + 1) % job->prelude.num_signers;
    }
    return status;
}

/* ---- who signs ------------------------------------------------------------------------------ */

static unsigned threshold(const struct clv_ep11_attributes *attributes, unsigned index)
{
    return attributes->present[index] ? attributes->value[index] : CLV_EP11_THRESHOLD_MISSING;
}

static unsigned one_if(uint32_t permission, const struct clv_ep11_attributes *now)
{
    return now->value[CLV_EP11_ATTR_PERMISSIONS] & permission
               ? 1
               : threshold(now, CLV_EP11_ATTR_SIGN_THRESHOLD);
}

static unsigned needed_by(const struct clv_order *order, const struct clv_ep11_attributes *now)
{
    const struct row *row = row_of(order->kind);
    switch (clv_in_imprint(now) ? row->in_imprint : row->operational) {
    case SIGN_ONE:
        return 1;
    case SIGN_THRESHOLD:
        return threshold(now, CLV_EP11_ATTR_SIGN_THRESHOLD);
    case SIGN_REVOCATION:
        return threshold(now, CLV_EP11_ATTR_REVOKE_THRESHOLD);
    case SIGN_NEW_THRESHOLD:
        return order->sign_threshold;
    case SIGN_ZEROIZE:
        return one_if(CLV_EP11_PERM_ZERO_1SIGN, now);
    case SIGN_CONTROL:
        return one_if(CLV_EP11_PERM_CP_1SIGN, now);
    case SIGN_NONE:
        break;
    }
    return 0;
}

unsigned clv_order_signatures(const struct clv_order *order, const struct clv_unit_state *state)
{
    return needed_by(order, &state->attributes);
}

static unsigned signatures_needed(const struct clv_job *job)
{
    return needed_by(job->order, &job->prelude.attributes);
}

static bool is_admin(const struct clv_prelude *prelude, const uint8_t ski[CLV_SKI_LEN])
{
    for (unsigned i = 0; i < prelude->num_admins; i++) {
        if (memcmp(prelude->admin_ski[i], ski, CLV_SKI_LEN) == 0)
            return true;
    }
    return false;
}

static bool chosen_already(const struct clv_prelude *prelude, const uint8_t ski[CLV_SKI_LEN])
{
    for (size_t i = 0; i < prelude->num_signers; i++) {
        if (memcmp(prelude->signers[i]->ski, ski, CLV_SKI_LEN) == 0)
            return true;
    }
    return false;
}

/* The first ones given that are administrators of this unit; nobody counts twice. LOAD takes all of
 * them, its parts are signed in turn. */
static clv_status choose_signers(struct clv_job *job, struct clv_error *err)
{
    const struct clv_order *order = job->order;
    struct clv_prelude *prelude = &job->prelude;
    size_t needed = signatures_needed(job);
    size_t wanted = row_of(order->kind)->nested ? CLV_EP11_MAX_ADMINS : needed;

    prelude->num_signers = 0;
    for (size_t i = 0; i < order->num_signers && prelude->num_signers < wanted &&
                       prelude->num_signers < CLV_EP11_MAX_ADMINS;
         i++) {
        const struct clv_ep11_signer *signer = &order->signers[i];
        if (is_admin(prelude, signer->ski) && !chosen_already(prelude, signer->ski))
            prelude->signers[prelude->num_signers++] = signer;
    }
    if (prelude->num_signers >= needed)
        return CLV_OK;
    (void)clv_fail(
        err, CLV_E_RULE,
        "the unit needs %zu signature%s for this order; signature keys given: %zu, of its "
        "administrators among them: %zu",
        needed, needed == 1 ? "" : "s", order->num_signers, prelude->num_signers);
    clv_hint(err, "Open the signature keys that are missing, then give the order again.");
    return CLV_E_RULE;
}

/* ---- the plan of every command: counter and attributes, administrators, the command ---------- */

static clv_status ask_attributes(struct clv_job *job, struct clv_error *err)
{
    (void)err;
    job->ask = (struct clv_ask){.command = CLV_EP11_Q_ATTRS};
    return CLV_OK;
}

static clv_status take_attributes(struct clv_job *job, const struct clv_answer *answer,
                                  enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    return clv_take_attributes(answer, &job->prelude.attributes, err);
}

static bool wants_signatures(const struct clv_job *job)
{
    return signatures_needed(job) > 0;
}

static clv_status ask_admins(struct clv_job *job, struct clv_error *err)
{
    (void)err;
    job->ask = (struct clv_ask){.command = CLV_EP11_Q_ADMINS};
    return CLV_OK;
}

static clv_status take_admins(struct clv_job *job, const struct clv_answer *answer,
                              enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    return clv_take_admins(answer, job->prelude.admin_ski, &job->prelude.num_admins, err);
}

/* The order was decided on by what the last query showed. A command that arrived behind it, late
 * from another process or from somebody else, may have done what this one is to do; most commands
 * would be obeyed once more. Between this look and the command the unit itself refuses whichever
 * comes second: both carry the same counter. */
static clv_status check_unmoved(const struct clv_job *job, struct clv_error *err)
{
    const struct clv_session *session = job->session;
    bool same_life =
        memcmp(job->decided_domain_id, session->domain_id, CLV_EP11_DOMAIN_ID_LEN) == 0;
    if (!job->decided || !same_life ||
        clv_ep11_counter_compare(job->decided_counter, session->counter) == 0)
        return CLV_OK;
    return clv_fail(err, CLV_E_DOUBT,
                    "the unit's transaction counter has moved since it was last asked: another "
                    "command has reached it; query it before anything else");
}

static clv_status ask_command(struct clv_job *job, struct clv_error *err)
{
    const struct row *row = row_of(job->order->kind);
    clv_status status = job->again ? CLV_OK : check_unmoved(job, err);
    if (status == CLV_OK)
        status = choose_signers(job, err);
    if (status != CLV_OK)
        return status;
    clv_ep11_counter_next(job->session->counter, job->prelude.counter);
    clv_writer_clear(&job->input);
    if (row->input != NULL) {
        status = row->input(job, err);
        if (status != CLV_OK)
            return status;
    }
    job->ask = (struct clv_ask){.command = row->command,
                                .counter = job->prelude.counter,
                                .input = clv_writer_view(&job->input),
                                .signers = job->prelude.signers,
                                .num_signers = row->nested ? 0 : job->prelude.num_signers,
                                .signatures = &job->signatures};
    return CLV_OK;
}

static clv_status keep_importer(struct clv_job *job, const struct clv_answer *answer,
                                struct clv_error *err)
{
    struct clv_session *session = job->session;
    struct clv_ep11_public_key key;
    if (clv_ep11_spki_decode(answer->block.output, &key, err) != CLV_OK ||
        key.type != CLV_EP11_KEY_P521 || key.bits.len != CLV_P521_POINT_LEN)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the unit says it made an importer key, but shows no P-521 key");
    clv_session_forget_parts(session); /* sealed for the key this one replaces */
    memcpy(session->importer, key.bits.data, CLV_P521_POINT_LEN);
    memcpy(session->importer_domain_id, session->domain_id, CLV_EP11_DOMAIN_ID_LEN);
    session->has_importer = true;
    session->importer_gone = false;
    return CLV_OK;
}

/* Signed by the unit that gives it; the one it is for can only see that it does not fit, not whose
 * mistake that was, so it is looked at here. */
static clv_status keep_export(struct clv_job *job, const struct clv_answer *answer,
                              struct clv_error *err)
{
    struct clv_session *recipient = recipient_of(job);
    struct clv_ep11_public_key importer = {
        .type = CLV_EP11_KEY_P521, .bits = clv_view_of(recipient->importer, CLV_P521_POINT_LEN)};
    struct clv_view part;
    clv_status status = clv_ep11_export_answer_decode(answer->block.output, &part, err);
    if (status == CLV_OK)
        status = clv_ep11_recipient_check(part, &importer, err);
    if (status == CLV_OK)
        return clv_session_keep_part(recipient, part, err);
    struct clv_error inner = err ? *err : (struct clv_error){0};
    return clv_fail(err, CLV_E_UNTRUSTED, "what it exported is no key part for crypto unit %u: %s",
                    job->order->recipient, inner.fact);
}

/* Recorded as reported; whoever gave the order compares it with their own. */
static void record_pattern(struct clv_job *job, const struct clv_answer *answer)
{
    if (!row_of(job->order->kind)->has_pattern || answer->block.output.len != CLV_EP11_PATTERN_LEN)
        return;
    job->result.has_reported = true;
    memcpy(job->result.reported_pattern, answer->block.output.data, CLV_EP11_PATTERN_LEN);
}

static clv_status take_command(struct clv_job *job, const struct clv_answer *answer,
                               enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    record_pattern(job, answer);
    if (job->order->kind == CLV_ORDER_IMPORTER)
        return keep_importer(job, answer, err);
    if (clv_order_has_recipient(job->order->kind))
        return keep_export(job, answer, err);
    if (job->order->kind == CLV_ORDER_ZEROIZE)
        job->session->importer_gone = true;
    return CLV_OK;
}

/* clang-format off */
static const struct clv_step command_steps[] = {
    { "asking for its attributes and counter", false, NULL,             ask_attributes, take_attributes, false },
    { "asking for its administrators",         false, wants_signatures, ask_admins,     take_admins,     false },
    { "sending the command",                   true,  NULL,             ask_command,    take_command,    false },
};
/* clang-format on */

static const struct clv_plan command_plan = {command_steps,
                                             sizeof command_steps / sizeof command_steps[0]};

const struct clv_plan *clv_order_plan(enum clv_order_kind kind)
{
    if (kind == CLV_ORDER_TRUST)
        return &clv_trust_plan;
    return kind == CLV_ORDER_QUERY ? &clv_query_plan : &command_plan;
}
