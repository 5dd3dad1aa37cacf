/* The vault: makes and frees the units, takes one request payload, gives one reply.
 *
 * A command works on a copy of its domain. Secrets are pointers in that copy: what a handler
 * replaces is freed when the copy becomes the domain, what it made is freed when the copy is thrown
 * away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device.h"

#define MAX_API_ORDINAL 6

/* ---- making and freeing ---- */

static void configure(struct clv_unitd_domain *domain, const struct clv_unitd_setup *setup)
{
    if (setup->permissions != 0)
        domain->attributes[CLV_EP11_ATTR_PERMISSIONS] = setup->permissions;
    if (setup->control_points)
        memcpy(domain->control_points, setup->control_points, sizeof(domain->control_points));
}

static void init_units(struct clv_unitd_vault *vault, const struct clv_unitd_setup *setup)
{
    unsigned n = 0;
    for (int kind = 0; kind < CLV_UNITD_NUM_KINDS; kind++) {
        for (unsigned i = 0; i < setup->num_units[kind]; i++, n++) {
            uint8_t instance[4];
            clv_random_fill(setup->ports->random, instance, sizeof(instance));
            vault->units[n].kind = (enum clv_ep11_unit_kind)kind;
            domain_reset(&vault->units[n].domain, setup->first_domain + n,
                         (uint32_t)instance[0] << 16 | (uint32_t)instance[1] << 8 | instance[2],
                         setup->ports->random);
            configure(&vault->units[n].domain, setup);
        }
    }
}

clv_status clv_unitd_vault_new(const struct clv_unitd_setup *setup, struct clv_unitd_vault **ret,
                               struct clv_error *err)
{
    unsigned num = 0;
    for (int kind = 0; kind < CLV_UNITD_NUM_KINDS; kind++) {
        if (setup->num_units[kind] > CLV_UNITD_MAX_UNITS)
            return clv_fail(err, CLV_E_USAGE, "more than %d units", CLV_UNITD_MAX_UNITS);
        num += setup->num_units[kind];
    }
    if (num == 0 || num > CLV_UNITD_MAX_UNITS)
        return clv_fail(err, CLV_E_USAGE, "a service instance has 1 to %d units, not %u",
                        CLV_UNITD_MAX_UNITS, num);
    struct clv_unitd_vault *vault = calloc(1, sizeof(*vault));
    struct unit *units = calloc(num, sizeof(*units));
    if (!vault || !units) {
        free(vault);
        free(units);
        return clv_fail(err, CLV_E_MEMORY, "out of memory for %u units", num);
    }
    vault->ports = *setup->ports;
    vault->units = units;
    vault->num_units = num;
    init_units(vault, setup);
    clv_status status = identity_new(&vault->identity, setup, err);
    if (status != CLV_OK)
        clv_unitd_vault_free(&vault);
    else
        *ret = vault;
    return status;
}

void clv_unitd_vault_free(struct clv_unitd_vault **vault_at)
{
    static const struct clv_unitd_domain nothing;
    struct clv_unitd_vault *vault = *vault_at;
    if (!vault)
        return;
    for (unsigned i = 0; i < vault->num_units; i++) {
        domain_settle(&nothing, &vault->units[i].domain);
        free(vault->units[i].last_answer);
    }
    identity_clear(&vault->identity);
    clv_secret_free(&vault->wrong_scalar);
    free(vault->units);
    free(vault->faults);
    free(vault);
    *vault_at = NULL;
}

struct unit *vault_unit(struct clv_unitd_vault *vault, uint32_t domain_index)
{
    for (unsigned i = 0; i < vault->num_units; i++)
        if (vault->units[i].domain.index == domain_index)
            return &vault->units[i];
    return NULL;
}

struct clv_unitd_domain *clv_unitd_vault_domain(struct clv_unitd_vault *vault, uint32_t index)
{
    struct unit *unit = vault_unit(vault, index);
    return unit ? &unit->domain : NULL;
}

void clv_unitd_vault_listing(const struct clv_unitd_vault *vault, struct clv_unitd_listing *ret)
{
    const struct identity *identity = &vault->identity;
    *ret = (struct clv_unitd_listing){
        .module_index = identity->module_index,
        .production_tests = identity->production_tests,
        .num_units = vault->num_units,
    };
    memcpy(ret->instance_id, identity->instance_id, sizeof(ret->instance_id));
    memcpy(ret->serial, identity->module_id, CLV_EP11_SERIAL_LEN);
    memcpy(ret->root_point, identity->root_point, CLV_P521_POINT_LEN);
    for (unsigned i = 0; i < vault->num_units; i++) {
        struct clv_ep11_listed_unit *unit = &ret->units[i];
        uint32_t domain = vault->units[i].domain.index;
        ret->domain[i] = domain;
        unit->kind = vault->units[i].kind;
        hsm_id_text(identity, domain, unit->hsm_id);
        memcpy(unit->serial_number, ret->serial, sizeof(unit->serial_number));
        snprintf(unit->state, sizeof(unit->state), "active");
        snprintf(unit->location, sizeof(unit->location), "[%s].[SW-CS1].[%02u].[%02u]",
                 identity->production_tests ? "software" : "test", identity->module_index, domain);
    }
}

void clv_unitd_reply_clear(struct clv_unitd_reply *reply)
{
    clv_writer_clear(&reply->payload);
    *reply = (struct clv_unitd_reply){0};
}

/* ---- settling a working copy ---- */

void domain_settle(const struct clv_unitd_domain *keep, struct clv_unitd_domain *drop)
{
    struct clv_secret *kept[] = {keep->current_wk, keep->next_wk, keep->importer_private};
    struct clv_secret **dropped[] = {&drop->current_wk, &drop->next_wk, &drop->importer_private};
    for (size_t i = 0; i < 3; i++) {
        bool lives_on = false;
        for (size_t k = 0; k < 3; k++)
            lives_on |= *dropped[i] == kept[k];
        if (!lives_on)
            clv_secret_free(dropped[i]);
    }
}

/* Saves all units, this one with the given state. */
static clv_status save_with(const struct clv_unitd_vault *vault, struct unit *unit,
                            const struct clv_unitd_domain *domain, struct clv_error *err)
{
    struct clv_writer w = {0};
    if (!vault->ports.save)
        return CLV_OK;
    clv_status status = state_encode(vault, unit, domain, &w, err);
    if (status == CLV_OK)
        status = vault->ports.save(vault->ports.ctx, w.data, w.len, err);
    clv_writer_clear(&w);
    return status;
}

/* A unit must not say "refused" of what may stand on the disk. */
static void leave_doubt(struct clv_unitd_vault *vault, struct unit *unit, struct clv_error *err)
{
    if (unit->in_doubt && save_with(vault, unit, &unit->domain, err) == CLV_OK)
        unit->in_doubt = false;
}

clv_status vault_commit(struct clv_unitd_vault *vault, struct unit *unit,
                        struct clv_unitd_domain *work, struct clv_error *err)
{
    clv_status status = save_with(vault, unit, work, err);
    if (status != CLV_OK) {
        unit->in_doubt = status == CLV_E_DOUBT;
        domain_settle(&unit->domain, work);
        return clv_while(err, status, "saving the state of unit in domain %u", unit->domain.index);
    }
    domain_settle(work, &unit->domain);
    unit->domain = *work;
    return CLV_OK;
}

/* ---- replies ---- */

/* What a signed answer says of the command: a verdict, or what a fault plan puts in its place. */
struct judgement {
    uint32_t return_code, reason;
};

static clv_status outer_error(uint32_t function, uint32_t domain, uint32_t value,
                              struct clv_unitd_reply *reply, struct clv_error *err)
{
    struct clv_ep11_response rsp = {.function = function, .domain = domain, .return_value = value};
    clv_ep11_response_encode(&reply->payload, &rsp);
    return clv_writer_done(&reply->payload, err);
}

static clv_status inner_reply(struct call *call, const struct unit *unit,
                              const struct judgement *judgement, bool wrong_key,
                              struct clv_unitd_reply *reply, struct clv_error *err)
{
    const struct clv_unitd_domain *domain = &unit->domain;
    struct clv_writer domain_id = {0}, reason = {0}, block = {0}, signature = {0};
    struct clv_ep11_response_block answer = {
        .command = call->block.command,
        .return_code = judgement->return_code,
        .output = clv_writer_view(&call->output),
    };
    clv_writer_init_fixed(&domain_id, answer.domain_id, sizeof(answer.domain_id));
    clv_write_u32(&domain_id, domain->index);
    clv_write_u32(&domain_id, domain->instance);
    memcpy(answer.module_id, call->vault->identity.module_id, CLV_EP11_MODULE_ID_LEN);
    memcpy(answer.counter, domain->counter, CLV_EP11_COUNTER_LEN);
    if (judgement->return_code != verdict_code(V_OK)) {
        if (judgement->reason != CLV_EP11_NO_REASON)
            clv_write_u32(&reason, judgement->reason);
        answer.output = clv_writer_view(&reason);
    }
    /* An answer that lacks what memory was short for would be signed all the same. */
    clv_status status = clv_writer_done(&call->output, err);
    if (status == CLV_OK)
        status = clv_writer_done(&reason, err);
    clv_ep11_response_block_encode(&block, &answer);
    if (status == CLV_OK)
        status = clv_writer_done(&block, err);
    if (status == CLV_OK)
        status = device_sign(call->vault, wrong_key, clv_writer_view(&block), &signature, err);
    if (status == CLV_OK) {
        struct clv_ep11_response rsp = {
            .function = call->request.function,
            .domain = call->request.domain,
            .block = clv_writer_view(&block),
            .signatures = clv_writer_view(&signature),
        };
        clv_ep11_response_encode(&reply->payload, &rsp);
        status = clv_writer_done(&reply->payload, err);
    }
    clv_writer_clear(&reason);
    clv_writer_clear(&block);
    clv_writer_clear(&signature);
    return status;
}

/* ---- one request ---- */

/* Runs the call on a working copy and settles it. */
static enum verdict execute(struct call *call, struct unit *unit, struct clv_error *trouble)
{
    struct clv_unitd_domain work = unit->domain;
    call->domain = &work;
    enum verdict verdict = call_run(call);
    if (clv_writer_done(&call->output, NULL) != CLV_OK)
        verdict = V_INTERNAL;
    if (verdict != V_OK || clv_ep11_is_query(call->block.command))
        domain_settle(&unit->domain, &work);
    else if (vault_commit(call->vault, unit, &work, trouble) != CLV_OK)
        verdict = V_INTERNAL;
    call->domain = &unit->domain;
    return verdict;
}

/* What a power cut without battery does: the unit is as new, and says so only when asked. */
static clv_status empty_unit(struct clv_unitd_vault *vault, struct unit *unit,
                             struct clv_error *err)
{
    struct clv_unitd_domain work = unit->domain;
    struct call call = {.vault = vault, .domain = &work};
    if (cmd_zeroize(&call) != V_OK)
        return clv_fail(err, CLV_E_INTERNAL, "a unit cannot be emptied");
    return vault_commit(vault, unit, &work, err);
}

/* What a unit keeps for as long as it runs is gone: importer key and next register. */
static clv_status restart_unit(struct clv_unitd_vault *vault, struct unit *unit,
                               struct clv_error *err)
{
    struct clv_unitd_domain work = unit->domain;
    work.importer_private = work.next_wk = NULL;
    work.importer_type = (enum clv_ep11_key_type)0;
    work.importer_len = 0;
    work.next_committed = false;
    return vault_commit(vault, unit, &work, err);
}

static const struct fault *take_fault(struct clv_unitd_vault *vault, const struct unit *unit,
                                      uint32_t command, struct clv_unitd_reply *reply)
{
    static const struct behaviour as_usual = {.executes = true};
    static const struct fault none = {.behaviour = &as_usual};
    uint32_t number = (uint32_t)(unit - vault->units) + 1;
    const struct fault *fault = fault_take(vault->faults, vault->num_faults, number, command);
    if (!fault)
        return &none;
    reply->delivery = fault->behaviour->delivery;
    reply->delay_ms = fault->delay_ms;
    reply->cut_short = fault->behaviour->cuts_short;
    return fault;
}

/* Kept only where a fault could ask for it. */
static void remember_answer(const struct clv_unitd_vault *vault, struct unit *unit,
                            const struct clv_unitd_reply *reply)
{
    uint8_t *copy = vault->num_faults ? malloc(reply->payload.len) : NULL;
    if (!copy)
        return;
    memcpy(copy, reply->payload.data, reply->payload.len);
    free(unit->last_answer);
    unit->last_answer = copy;
    unit->last_answer_len = reply->payload.len;
}

/* Whether the command needs a key that is yet to be made. */
static bool has_to_wait(const struct call *call)
{
    const struct clv_unitd_ports *ports = &call->vault->ports;
    struct clv_reader r;
    if (!ports->importer_ready || call->block.command != CLV_EP11_GEN_IMPORTER)
        return false;
    clv_reader_init(&r, call->block.input.data, call->block.input.len);
    uint32_t type = clv_read_u32(&r, "importer type");
    return clv_reader_done(&r, NULL) == CLV_OK && !ports->importer_ready(ports->ctx, type);
}

static clv_status answer_call(struct call *call, struct unit *unit, struct clv_unitd_reply *reply,
                              struct clv_error *err)
{
    if (has_to_wait(call)) {
        reply->delivery = CLV_UNITD_LATER;
        return CLV_OK;
    }
    const struct fault *fault = take_fault(call->vault, unit, call->block.command, reply);
    const struct behaviour *b = fault->behaviour;
    enum verdict verdict = b->refuses;
    if (b->empties && empty_unit(call->vault, unit, &reply->trouble) != CLV_OK)
        verdict = V_INTERNAL;
    if (b->restarts && restart_unit(call->vault, unit, &reply->trouble) != CLV_OK)
        verdict = V_INTERNAL;
    if (b->replays && unit->last_answer) {
        clv_write_bytes(&reply->payload, unit->last_answer, unit->last_answer_len);
        return clv_writer_done(&reply->payload, err);
    }
    call->lie = b->lie;
    if (verdict == V_OK && (b->executes || b->replays))
        verdict = execute(call, unit, &reply->trouble);
    unit->dead |= b->dies;
    if (unit->in_doubt)
        reply->delivery = CLV_UNITD_DROP;
    if (reply->delivery != CLV_UNITD_SEND)
        return CLV_OK;
    struct judgement judgement = {verdict_code(verdict), verdict_reason(verdict)};
    if (fault->return_code != 0)
        judgement = (struct judgement){fault->return_code, fault->reason};
    clv_status status = inner_reply(call, unit, &judgement, b->wrong_key, reply, err);
    if (status == CLV_OK && !b->wrong_key)
        remember_answer(call->vault, unit, reply);
    return status;
}

static bool function_is_served(uint32_t function)
{
    uint32_t ordinal = function >> 16;
    return ordinal >= 1 && ordinal <= MAX_API_ORDINAL && (function & 0xffff) == CLV_EP11_FN_ADMIN;
}

static clv_status answer_admin(struct clv_unitd_vault *vault, uint32_t domain,
                               struct clv_view payload, struct clv_unitd_reply *reply,
                               struct clv_error *err)
{
    struct call call = {.vault = vault};
    struct unit *unit = vault_unit(vault, domain);
    if (clv_ep11_admin_request_decode(payload, &call.request, NULL) != CLV_OK)
        return outer_error(1u << 16 | CLV_EP11_FN_ADMIN, domain, OUTER_MALFORMED, reply, err);
    uint32_t function = call.request.function;
    if (!function_is_served(function))
        return outer_error(function, domain, OUTER_UNKNOWN_FUNCTION, reply, err);
    if (!unit || call.request.domain != domain)
        return outer_error(function, call.request.domain, OUTER_NO_DOMAIN, reply, err);
    if (clv_ep11_admin_block_decode(call.request.block, &call.block, &call.domain_id_malformed,
                                    NULL) != CLV_OK)
        return outer_error(function, domain, OUTER_MALFORMED, reply, err);
    clv_status status = answer_call(&call, unit, reply, err);
    clv_writer_clear(&call.output);
    return status;
}

static clv_status info_reply(const struct clv_ep11_info_request *request, uint32_t return_value,
                             struct clv_view payload, struct clv_unitd_reply *reply,
                             struct clv_error *err)
{
    struct clv_ep11_info_response rsp = {
        .function = request->function,
        .domain = request->domain,
        .return_value = return_value,
        .payload = payload,
    };
    clv_ep11_info_response_encode(&reply->payload, &rsp);
    return clv_writer_done(&reply->payload, err);
}

/* To a fault plan this is a query like the others; there is no signature to spoil. */
static clv_status answer_info(struct clv_unitd_vault *vault, uint32_t domain,
                              struct clv_view payload, struct clv_unitd_reply *reply,
                              struct clv_error *err)
{
    struct clv_ep11_info_request request = {0};
    struct clv_view none = {0};
    struct clv_writer w = {0};
    struct unit *unit = vault_unit(vault, domain);
    if (clv_ep11_info_request_decode(payload, &request, NULL) != CLV_OK)
        return info_reply(&request, OUTER_MALFORMED, none, reply, err);
    if (!unit || request.domain != domain)
        return info_reply(&request, OUTER_NO_DOMAIN, none, reply, err);
    const struct behaviour *b = take_fault(vault, unit, CLV_EP11_Q_ATTRS, reply)->behaviour;
    if (b->empties && empty_unit(vault, unit, &reply->trouble) != CLV_OK)
        return info_reply(&request, verdict_code(V_INTERNAL), none, reply, err);
    if (b->restarts && restart_unit(vault, unit, &reply->trouble) != CLV_OK)
        return info_reply(&request, verdict_code(V_INTERNAL), none, reply, err);
    unit->dead |= b->dies;
    if (reply->delivery != CLV_UNITD_SEND)
        return CLV_OK;
    bool known = info_payload(vault, &unit->domain, request.type, b->lie, &w);
    clv_status status = clv_writer_done(&w, err);
    if (status == CLV_OK)
        status = info_reply(&request, known ? 0 : OUTER_UNKNOWN_FUNCTION, clv_writer_view(&w),
                            reply, err);
    clv_writer_clear(&w);
    return status;
}

clv_status clv_unitd_vault_answer(struct clv_unitd_vault *vault, unsigned module_index,
                                  uint32_t domain, struct clv_view payload,
                                  struct clv_unitd_reply *ret, struct clv_error *err)
{
    struct clv_unitd_reply reply = {0};
    struct unit *unit = vault_unit(vault, domain);
    clv_status status = CLV_OK;
    if (unit)
        leave_doubt(vault, unit, &reply.trouble);
    if (unit && (unit->dead || unit->in_doubt))
        reply.delivery = CLV_UNITD_DROP;
    else if (module_index != vault->identity.module_index)
        status = outer_error(1u << 16 | CLV_EP11_FN_ADMIN, domain, OUTER_NO_DOMAIN, &reply, err);
    else if ((clv_ep11_peek_function(payload) & 0xffff) == CLV_EP11_FN_INFO)
        status = answer_info(vault, domain, payload, &reply, err);
    else
        status = answer_admin(vault, domain, payload, &reply, err);
    if (status != CLV_OK)
        clv_unitd_reply_clear(&reply);
    else
        *ret = reply;
    return status;
}
