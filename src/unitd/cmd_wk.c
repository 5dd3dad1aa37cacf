/* Wrapping keys: generate an importer key, import, commit, finalize, generate, clear. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define WK_LEN 32

/* ---- verification patterns ---- */

void pattern_of(const struct clv_secret *key, bool tail, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    static const uint8_t one = 0x01;
    struct clv_view pieces[2] = {clv_view_of(&one, 1)};
    pieces[1] = clv_view_of(clv_secret_read(key), clv_secret_len(key));
    clv_sha256_pieces(pieces, 2, ret);
    clv_secret_close(key);
    if (!tail)
        memset(ret + CLV_EP11_PATTERN_SIGNIFICANT, 0,
               CLV_EP11_PATTERN_LEN - CLV_EP11_PATTERN_SIGNIFICANT);
}

void pattern_told(const struct clv_secret *key, enum lie lie, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    memset(ret, 0, CLV_EP11_PATTERN_LEN);
    if (!key)
        return;
    pattern_of(key, lie == LIE_TAIL, ret);
    if (lie == LIE_PATTERN)
        ret[0] ^= 0x01;
}

void write_pattern(struct call *call, const struct clv_secret *key)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    pattern_told(key, call->lie, pattern);
    clv_write_bytes(&call->output, pattern, sizeof(pattern));
}

/* ---- importer key ---- */

enum verdict cmd_generate_importer(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    const struct clv_unitd_ports *ports = &call->vault->ports;
    struct clv_secret *private = NULL;
    uint8_t *bits = NULL;
    size_t bits_len = 0;
    struct clv_view input = call->block.input;
    if (input.len != 4)
        return V_IMPORTER_LENGTH;
    uint32_t type = (uint32_t)input.data[0] << 24 | (uint32_t)input.data[1] << 16 |
                    (uint32_t)input.data[2] << 8 | input.data[3];
    clv_status status = ports->make_importer(ports->ctx, type, &private, &bits, &bits_len, NULL);
    if (status != CLV_OK)
        return status == CLV_E_UNSUPPORTED ? V_IMPORTER_TYPE : V_INTERNAL;
    domain->importer_private = private;
    domain->importer_type = type == CLV_EP11_IMPORTER_P521 ? CLV_EP11_KEY_P521 : CLV_EP11_KEY_RSA;
    enum verdict v = V_INTERNAL;
    if (bits_len <= sizeof(domain->importer_bits)) {
        memcpy(domain->importer_bits, bits, bits_len);
        domain->importer_len = bits_len;
        v = query_importer(call);
    }
    free(bits);
    return v;
}

/* ---- import ---- */

struct part {
    struct clv_ep11_admin_request request;
    struct clv_ep11_admin_block block;
};

/* The input is one complete request a part, one behind the other. */
static enum verdict read_parts(struct clv_view input, struct part parts[CLV_EP11_MAX_PARTS],
                               size_t *ret_num)
{
    struct clv_reader r;
    size_t num = 0;
    clv_reader_init(&r, input.data, input.len);
    while (clv_reader_left(&r) > 0) {
        if (num == CLV_EP11_MAX_PARTS)
            return V_PARTS_TOO_MANY;
        clv_ep11_admin_request_read(&r, &parts[num++].request);
    }
    if (clv_reader_done(&r, NULL) != CLV_OK)
        return V_PART_MALFORMED;
    *ret_num = num;
    return num == 0 ? V_NO_PARTS : V_OK;
}

static enum verdict check_part(const struct call *call, struct part *part)
{
    bool bad_domain_id = false;
    unsigned signed_by = 0;
    if (clv_ep11_admin_block_decode(part->request.block, &part->block, &bad_domain_id, NULL) !=
            CLV_OK ||
        bad_domain_id)
        return V_PART_MALFORMED;
    if ((part->request.function & 0xffff) != CLV_EP11_FN_ADMIN ||
        part->block.command != CLV_EP11_IMPORT_WK)
        return V_PART_COMMAND;
    enum verdict v = check_identity(call, &part->block);
    if (v == V_DOMAIN_ID || part->request.domain != call->domain->index)
        return V_PART_DOMAIN;
    if (v == V_DOMAIN_INSTANCE)
        return V_PART_INSTANCE;
    if (v == V_OK && !clv_view_equal(part->block.counter, call->block.counter))
        v = V_COUNTER_PASSED;
    if (v == V_OK)
        v = check_signatures(call->domain, part->request.signatures, part->block.whole, &signed_by);
    if (v == V_OK && signed_by == 0)
        v = V_SIGNATURES_TOO_FEW;
    return v;
}

static enum verdict add_part(const struct call *call, const struct part *part,
                             struct clv_secret **sum)
{
    struct clv_secret *clear = NULL;
    uint32_t reason = CLV_EP11_NO_REASON;
    if (clv_ep11_recipient_open(part->block.input, call->domain->importer_type,
                                call->domain->importer_private, &clear, &reason, NULL) != CLV_OK)
        return verdict_of_reason(reason, V_INTERNAL);
    enum verdict v = V_OK;
    if (clv_secret_len(clear) != WK_LEN) {
        v = V_KEY_SIZE;
    } else if (!*sum) {
        *sum = clear;
        clear = NULL;
    } else {
        clv_secret_xor(*sum, clear);
    }
    clv_secret_free(&clear);
    return v;
}

static enum verdict check_import(const struct clv_unitd_domain *domain, size_t num_parts)
{
    if (!permitted(domain, CLV_EP11_PERM_WK_IMPORT))
        return V_IMPORT_PROHIBITED;
    if (num_parts == 1 && !permitted(domain, CLV_EP11_PERM_WK_1PART))
        return V_1PART_PROHIBITED;
    return domain->importer_private ? V_OK : V_NO_IMPORTER;
}

/* All parts are checked before the first is opened. A full register is replaced, uncommitted. */
enum verdict cmd_import_wk(struct call *call)
{
    struct part parts[CLV_EP11_MAX_PARTS] = {0};
    struct clv_secret *sum = NULL;
    size_t num = 0;
    enum verdict v = read_parts(call->block.input, parts, &num);
    if (v == V_OK)
        v = check_import(call->domain, num);
    for (size_t i = 0; i < num && v == V_OK; i++)
        v = check_part(call, &parts[i]);
    for (size_t i = 0; i < num && v == V_OK; i++)
        v = add_part(call, &parts[i], &sum);
    if (v != V_OK) {
        clv_secret_free(&sum);
        return v;
    }
    call->domain->next_wk = sum;
    call->domain->next_committed = false;
    write_pattern(call, sum);
    return V_OK;
}

/* ---- commit, finalize ---- */

static enum verdict check_next(const struct call *call)
{
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    struct clv_view asked = call->block.input;
    pattern_of(call->domain->next_wk, true, pattern);
    if (asked.len != sizeof(pattern) || !clv_ep11_pattern_equal(asked.data, pattern))
        return V_PATTERN;
    return V_OK;
}

enum verdict cmd_commit_wk(struct call *call)
{
    if (!call->domain->next_wk)
        return V_NEXT_EMPTY;
    enum verdict v = check_next(call);
    if (v != V_OK)
        return v;
    call->domain->next_committed = true;
    write_pattern(call, call->domain->next_wk);
    return V_OK;
}

enum verdict cmd_finalize_wk(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    if (!domain->next_wk)
        return V_NEXT_EMPTY;
    if (!domain->next_committed)
        return V_NOT_COMMITTED;
    enum verdict v = check_next(call);
    if (v != V_OK)
        return v;
    domain->current_wk = domain->next_wk;
    domain->next_wk = NULL;
    domain->next_committed = false;
    write_pattern(call, domain->current_wk);
    return V_OK;
}

/* ---- generate, clear ---- */

enum verdict cmd_generate_wk(struct call *call)
{
    struct clv_unitd_domain *domain = call->domain;
    struct clv_secret *key = NULL;
    if (!permitted(domain, CLV_EP11_PERM_WK_RANDOM))
        return V_RANDOM_PROHIBITED;
    if (domain->current_wk && domain->next_wk)
        return V_BOTH_FULL;
    if (clv_secret_new(WK_LEN, &key, NULL) != CLV_OK)
        return V_INTERNAL;
    clv_random_fill(call->vault->ports.random, clv_secret_write(key), WK_LEN);
    clv_secret_close(key);
    if (!domain->current_wk)
        domain->current_wk = key;
    else
        domain->next_wk = key;
    write_pattern(call, key);
    return V_OK;
}

enum verdict cmd_clear_wk(struct call *call)
{
    call->domain->current_wk = NULL;
    return V_OK;
}

enum verdict cmd_clear_next_wk(struct call *call)
{
    call->domain->next_wk = NULL;
    call->domain->next_committed = false;
    return V_OK;
}
