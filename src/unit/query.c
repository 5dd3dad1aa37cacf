/* QUERY: everything a ceremony wants to know of one unit, as one consistent snapshot.
 *
 * Only the committed bit and the firmware version come from unsigned answers; what those say about
 * the registers must agree with the signed ones. All signed answers must show the same life and
 * counter of the domain: if somebody changes the unit meanwhile, the query starts over, once. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- reading outputs ------------------------------------------------------------------------ */

bool clv_in_imprint(const struct clv_ep11_attributes *attributes)
{
    return attributes->present[CLV_EP11_ATTR_SIGN_THRESHOLD] &&
           attributes->value[CLV_EP11_ATTR_SIGN_THRESHOLD] == 0;
}

clv_status clv_take_attributes(const struct clv_answer *answer, struct clv_ep11_attributes *ret,
                               struct clv_error *err)
{
    return clv_ep11_attributes_decode(answer->block.output, ret, NULL, err);
}

static int compare_skis(const void *a, const void *b)
{
    return memcmp(a, b, CLV_SKI_LEN);
}

clv_status clv_take_admins(const struct clv_answer *answer,
                           uint8_t ret_ski[CLV_EP11_MAX_ADMINS][CLV_SKI_LEN], unsigned *ret_num,
                           struct clv_error *err)
{
    struct clv_view list = answer->block.output;
    if (list.len % CLV_SKI_LEN != 0 || list.len / CLV_SKI_LEN > CLV_EP11_MAX_ADMINS)
        return clv_fail(err, CLV_E_DOUBT, "a list of administrators of %zu bytes", list.len);
    *ret_num = (unsigned)(list.len / CLV_SKI_LEN);
    if (list.len > 0)
        memcpy(ret_ski, list.data, list.len);
    qsort(ret_ski, *ret_num, CLV_SKI_LEN, compare_skis);
    return CLV_OK;
}

/* An empty register is told in three ways: an error about a missing key, an empty output, zeros. */
static clv_status take_pattern(struct clv_job *job, const struct clv_answer *answer,
                               uint8_t ret_pattern[CLV_EP11_PATTERN_LEN], bool *ret_present,
                               struct clv_error *err)
{
    enum { CKR_KEY_HANDLE_INVALID = 96, CKR_KEY_NEEDED = 102 };
    static const uint8_t zeros[CLV_EP11_PATTERN_LEN];
    const struct clv_ep11_response_block *block = &answer->block;

    memset(ret_pattern, 0, CLV_EP11_PATTERN_LEN);
    *ret_present = false;
    if (block->return_code == CKR_KEY_HANDLE_INVALID || block->return_code == CKR_KEY_NEEDED)
        return CLV_OK;
    if (block->return_code != 0)
        return clv_job_refused(job, answer, err);
    if (block->output.len == 0)
        return CLV_OK;
    if (block->output.len != CLV_EP11_PATTERN_LEN)
        return clv_fail(err, CLV_E_DOUBT, "a verification pattern of %zu bytes", block->output.len);
    memcpy(ret_pattern, block->output.data, CLV_EP11_PATTERN_LEN);
    *ret_present = memcmp(ret_pattern, zeros, sizeof zeros) != 0;
    return CLV_OK;
}

/* ---- steps ---------------------------------------------------------------------------------- */

#define ASKS(function, number)                                                                     \
    static clv_status function(struct clv_job *job, struct clv_error *err)                         \
    {                                                                                              \
        (void)err;                                                                                 \
        job->ask = (struct clv_ask){.command = (number)};                                          \
        return CLV_OK;                                                                             \
    }
ASKS(ask_attributes, CLV_EP11_Q_ATTRS)
ASKS(ask_admins, CLV_EP11_Q_ADMINS)
ASKS(ask_current, CLV_EP11_Q_WK)
ASKS(ask_new, CLV_EP11_Q_NEXT_WK)
ASKS(ask_control_points, CLV_EP11_Q_CTRLPOINTS)
ASKS(ask_importer, CLV_EP11_Q_IMPORTER)
#undef ASKS

/* Whether this signed answer shows the unit as the first one did. */
static bool unchanged(struct clv_job *job, const struct clv_answer *answer)
{
    const struct clv_unit_state *state = &job->snapshot.state;
    return memcmp(answer->block.domain_id, state->domain_id, CLV_EP11_DOMAIN_ID_LEN) == 0 &&
           memcmp(answer->block.counter, state->counter, CLV_EP11_COUNTER_LEN) == 0;
}

static clv_status changed_meanwhile(struct clv_job *job, enum clv_next *ret_next,
                                    struct clv_error *err)
{
    if (job->snapshot.restarted)
        return clv_fail(err, CLV_E_DOUBT,
                        "the unit keeps changing while it is asked: somebody else works on it");
    job->snapshot = (struct clv_snapshot){.restarted = true};
    *ret_next = CLV_NEXT_RESTART;
    return CLV_OK;
}

static clv_status take_attributes(struct clv_job *job, const struct clv_answer *answer,
                                  enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    struct clv_unit_state *state = &job->snapshot.state;
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    clv_status status = clv_take_attributes(answer, &state->attributes, err);
    if (status != CLV_OK)
        return status;
    const struct clv_ep11_attributes *a = &state->attributes;
    state->imprint = clv_in_imprint(a);
    state->sign_threshold = a->present[CLV_EP11_ATTR_SIGN_THRESHOLD]
                                ? a->value[CLV_EP11_ATTR_SIGN_THRESHOLD]
                                : CLV_EP11_THRESHOLD_MISSING;
    state->revoke_threshold = a->present[CLV_EP11_ATTR_REVOKE_THRESHOLD]
                                  ? a->value[CLV_EP11_ATTR_REVOKE_THRESHOLD]
                                  : CLV_EP11_THRESHOLD_MISSING;
    memcpy(state->domain_id, answer->block.domain_id, CLV_EP11_DOMAIN_ID_LEN);
    memcpy(state->counter, answer->block.counter, CLV_EP11_COUNTER_LEN);
    return CLV_OK;
}

static clv_status take_admins(struct clv_job *job, const struct clv_answer *answer,
                              enum clv_next *ret_next, struct clv_error *err)
{
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    struct clv_unit_state *state = &job->snapshot.state;
    return clv_take_admins(answer, state->admin_ski, &state->num_admins, err);
}

static bool has_admins(const struct clv_job *job)
{
    return job->snapshot.state.num_admins > 0;
}

static clv_status ask_admin_cert(struct clv_job *job, struct clv_error *err)
{
    (void)err;
    const struct clv_snapshot *snapshot = &job->snapshot;
    job->ask = (struct clv_ask){
        .command = CLV_EP11_Q_ADMINS,
        .input = clv_view_of(snapshot->state.admin_ski[snapshot->next_admin], CLV_SKI_LEN)};
    return CLV_OK;
}

static clv_status take_admin_cert(struct clv_job *job, const struct clv_answer *answer,
                                  enum clv_next *ret_next, struct clv_error *err)
{
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    struct clv_snapshot *snapshot = &job->snapshot;
    unsigned i = snapshot->next_admin;
    struct clv_ep11_admin_cert cert;
    clv_status status = clv_ep11_admin_cert_decode(answer->block.output, &cert, err);
    if (status != CLV_OK)
        return status;
    if (memcmp(cert.ski, snapshot->state.admin_ski[i], CLV_SKI_LEN) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the certificate of administrator %u holds another key than its SKI says",
                        i + 1);
    memcpy(snapshot->state.admin_name[i], cert.name, sizeof cert.name);
    snapshot->state.admin_name[i][sizeof cert.name - 1] = '\0';
    snapshot->next_admin++;
    if (snapshot->next_admin < snapshot->state.num_admins)
        *ret_next = CLV_NEXT_SAME;
    return CLV_OK;
}

static clv_status take_current(struct clv_job *job, const struct clv_answer *answer,
                               enum clv_next *ret_next, struct clv_error *err)
{
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    return take_pattern(job, answer, job->snapshot.current, &job->snapshot.has_current, err);
}

static clv_status take_new(struct clv_job *job, const struct clv_answer *answer,
                           enum clv_next *ret_next, struct clv_error *err)
{
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    return take_pattern(job, answer, job->snapshot.new, &job->snapshot.has_new, err);
}

static clv_status ask_domain_info(struct clv_job *job, struct clv_error *err)
{
    (void)err;
    job->ask = (struct clv_ask){.info_type = CLV_EP11_INFO_DOMAIN};
    return CLV_OK;
}

static clv_status take_domain_info(struct clv_job *job, const struct clv_answer *answer,
                                   enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    clv_status status = clv_ep11_domain_info_decode(answer->info, &job->snapshot.info, err);
    if (status != CLV_OK)
        return status;
    if (job->snapshot.info.domain != job->session->domain)
        return clv_fail(err, CLV_E_UNTRUSTED, "the domain information is about domain %u, not %u",
                        job->snapshot.info.domain, job->session->domain);
    return CLV_OK;
}

static clv_status ask_module_info(struct clv_job *job, struct clv_error *err)
{
    (void)err;
    job->ask = (struct clv_ask){.info_type = CLV_EP11_INFO_MODULE};
    return CLV_OK;
}

static clv_status take_module_info(struct clv_job *job, const struct clv_answer *answer,
                                   enum clv_next *ret_next, struct clv_error *err)
{
    (void)ret_next;
    struct clv_ep11_module_info info;
    clv_status status = clv_ep11_module_info_decode(answer->info, &info, err);
    if (status != CLV_OK)
        return status;
    if (memcmp(info.serial, job->session->identity.module_id, CLV_EP11_SERIAL_LEN) != 0)
        return clv_fail(err, CLV_E_UNTRUSTED,
                        "the module information is about another crypto module");
    job->snapshot.firmware_major = info.firmware_version[0];
    job->snapshot.firmware_minor = info.firmware_version[1];
    return CLV_OK;
}

/* ---- importer key: does the unit still hold the one parts were sealed for? ------------------- */

static bool keeps_importer(const struct clv_job *job)
{
    return job->session->has_importer;
}

static clv_status take_importer(struct clv_job *job, const struct clv_answer *answer,
                                enum clv_next *ret_next, struct clv_error *err)
{
    enum { CKR_FUNCTION_NOT_SUPPORTED = 84 };
    (void)err;
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    if (answer->block.return_code == CKR_FUNCTION_NOT_SUPPORTED)
        return CLV_OK; /* then the life of the domain has to tell */
    struct clv_ep11_public_key key;
    bool held = answer->block.return_code == 0 &&
                clv_ep11_spki_decode(answer->block.output, &key, NULL) == CLV_OK &&
                clv_view_equal(key.bits, clv_view_of(job->session->importer, CLV_P521_POINT_LEN));
    job->snapshot.importer_gone = !held;
    return CLV_OK;
}

/* ---- the end: unsigned against signed, then keep it ------------------------------------------ */

static bool register_agrees(bool flag, const uint8_t unsigned_pattern[CLV_EP11_PATTERN_LEN],
                            bool present, const uint8_t pattern[CLV_EP11_PATTERN_LEN])
{
    return flag == present && (!present || clv_ep11_pattern_equal(unsigned_pattern, pattern));
}

static clv_status cross_check(const struct clv_snapshot *snapshot, struct clv_error *err)
{
    const struct clv_ep11_domain_info *info = &snapshot->info;
    if (register_agrees((info->flags & CLV_EP11_FLAG_CURRENT) != 0, info->current_pattern,
                        snapshot->has_current, snapshot->current) &&
        register_agrees((info->flags & CLV_EP11_FLAG_NEXT) != 0, info->new_pattern,
                        snapshot->has_new, snapshot->new))
        return CLV_OK;
    return clv_fail(err, CLV_E_UNTRUSTED,
                    "the unsigned domain information does not agree with the unit's signed answers "
                    "about its registers");
}

/* What the system around the unit shows, where it shows anything. */
static clv_status second_opinion(const struct clv_job *job, struct clv_error *err)
{
    const struct clv_snapshot *snapshot = &job->snapshot;
    const struct clv_transport *transport = &job->fleet->transport;
    struct clv_registers seen = {0};
    if (transport->registers == NULL ||
        !transport->registers(transport->ctx, job->session->service, job->session->path, &seen))
        return CLV_OK;
    bool valid = seen.current_state == CLV_CURRENT_VALID;
    bool current =
        !seen.knows_current ||
        (valid == snapshot->has_current &&
         (!valid || !seen.has_current || clv_ep11_pattern_equal(seen.current, snapshot->current)));
    bool new = !seen.knows_new || (seen.new_state == clv_ep11_new_state(&snapshot->info) &&
                                   (seen.new_state == CLV_NEW_EMPTY || !seen.has_new ||
                                    clv_ep11_pattern_equal(seen.new, snapshot->new)));
    if (current && new)
        return CLV_OK;
    return clv_fail(
        err, CLV_E_UNTRUSTED,
        "the kernel of this machine shows other registers than the unit's signed answers");
}

static void keep_snapshot(struct clv_job *job)
{
    struct clv_snapshot *snapshot = &job->snapshot;
    struct clv_unit_state *state = &snapshot->state;
    memcpy(state->current_pattern, snapshot->current, CLV_EP11_PATTERN_LEN);
    memcpy(state->new_pattern, snapshot->new, CLV_EP11_PATTERN_LEN);
    state->current_state = clv_ep11_current_state(&snapshot->info);
    state->new_state = clv_ep11_new_state(&snapshot->info);
    state->known = true;
    job->session->state = *state;
    job->session->importer_gone |= snapshot->importer_gone;
    job->session->unit.firmware_major = snapshot->firmware_major;
    job->session->unit.firmware_minor = snapshot->firmware_minor;
}

static clv_status take_control_points(struct clv_job *job, const struct clv_answer *answer,
                                      enum clv_next *ret_next, struct clv_error *err)
{
    struct clv_unit_state *state = &job->snapshot.state;
    if (!unchanged(job, answer))
        return changed_meanwhile(job, ret_next, err);
    if (answer->block.return_code != 0)
        return clv_job_refused(job, answer, err);
    if (answer->block.output.len != sizeof state->control_points)
        return clv_fail(err, CLV_E_DOUBT, "control points of %zu bytes", answer->block.output.len);
    memcpy(state->control_points, answer->block.output.data, sizeof state->control_points);
    clv_status status = cross_check(&job->snapshot, err);
    if (status == CLV_OK)
        status = second_opinion(job, err);
    if (status == CLV_OK)
        keep_snapshot(job);
    return status;
}

/* The last step is a signed one: it proves that nothing moved since the first. */
/* clang-format off */
static const struct clv_step query_steps[] = {
    { "asking for its attributes",        false, NULL,           ask_attributes,     take_attributes,     false },
    { "asking for its administrators",    false, NULL,           ask_admins,         take_admins,         false },
    { "asking for an administrator",      false, has_admins,     ask_admin_cert,     take_admin_cert,     false },
    { "asking for its current register",  false, NULL,           ask_current,        take_current,        false },
    { "asking for its domain information",false, NULL,           ask_domain_info,    take_domain_info,    false },
    { "asking for its new register",      false, NULL,           ask_new,            take_new,            false },
    { "asking for its module information",false, NULL,           ask_module_info,    take_module_info,    false },
    { "asking for its importer key",      false, keeps_importer, ask_importer,       take_importer,       false },
    { "asking for its control points",    false, NULL,           ask_control_points, take_control_points, false },
};
/* clang-format on */

const struct clv_plan clv_query_plan = {query_steps, sizeof query_steps / sizeof query_steps[0]};
