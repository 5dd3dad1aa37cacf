#include "unitd_bench.h"

#include "start.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* ---- ports ---- */

static void fill(void *ctx, void *out, size_t len)
{
    struct bench *bench = ctx;
    uint8_t *p = out;
    size_t n = len < bench->random_left ? len : bench->random_left;
    memcpy(p, bench->random, n);
    memmove(bench->random, bench->random + n, bench->random_left - n);
    bench->random_left -= n;
    for (size_t i = n; i < len; i++)
        p[i] = ++bench->random_count;
}

static clv_status real_importer(uint32_t type, struct clv_secret **ret_private, uint8_t **ret_bits,
                                size_t *ret_bits_len, struct clv_error *err)
{
    struct clv_unitd_ports real = clv_unitd_ports_default();
    return real.make_importer(real.ctx, type, ret_private, ret_bits, ret_bits_len, err);
}

static clv_status make_importer(void *ctx, uint32_t type, struct clv_secret **ret_private,
                                uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err)
{
    struct bench *bench = ctx;
    int kind = type == CLV_EP11_IMPORTER_P521 ? CLV_EP11_KEY_P521 : CLV_EP11_KEY_RSA;
    const struct clv_secret *given = bench->importer_private[kind];
    struct clv_view bits = bench->importer_bits[kind];
    bool known = type == CLV_EP11_IMPORTER_P521 || type == CLV_EP11_IMPORTER_RSA2048;
    if (!given || !known)
        return real_importer(type, ret_private, ret_bits, ret_bits_len, err);
    clv_status status = clv_secret_new(clv_secret_len(given), ret_private, err);
    if (status != CLV_OK)
        return status;
    memcpy(clv_secret_write(*ret_private), clv_secret_read(given), clv_secret_len(given));
    clv_secret_close(given);
    clv_secret_close(*ret_private);
    *ret_bits = malloc(bits.len);
    memcpy(*ret_bits, bits.data, bits.len);
    *ret_bits_len = bits.len;
    return CLV_OK;
}

static bool importer_ready(void *ctx, uint32_t type)
{
    const struct bench *bench = ctx;
    return !bench->rsa_is_pending || type == CLV_EP11_IMPORTER_P521;
}

static clv_status save(void *ctx, const void *state, size_t len, struct clv_error *err)
{
    struct bench *bench = ctx;
    if (bench->save_fails)
        return clv_fail(err, CLV_E_FULL, "no space left");
    clv_writer_clear(&bench->saved);
    clv_write_bytes(&bench->saved, state, len);
    bench->num_saves++;
    return CLV_OK;
}

/* ---- bench ---- */

static void find_device_point(struct bench *bench)
{
    struct answer answer;
    struct clv_ep11_device_cert cert;
    struct clv_writer w = {0}, block = {0};
    static const uint8_t index[4];
    struct clv_ep11_admin_block b = {
        .command = CLV_EP11_Q_DEVICE_CERT,
        .input = clv_view_of(index, sizeof(index)),
    };
    clv_ep11_admin_block_encode(&block, &b);
    struct clv_ep11_admin_request request = {
        .function = 1u << 16 | CLV_EP11_FN_ADMIN,
        .domain = bench->domain->index,
        .block = clv_writer_view(&block),
    };
    clv_ep11_admin_request_encode(&w, &request);
    bench_ask(bench, clv_writer_view(&w), &answer);
    cr_assert_eq(answer.block.return_code, 0);
    cr_assert_eq(clv_ep11_device_cert_decode(answer.block.output, &cert, NULL), CLV_OK);
    memcpy(bench->oa_point, cert.point, sizeof(bench->oa_point));
    memcpy(bench->module_id, answer.block.module_id, sizeof(bench->module_id));
    answer_clear(&answer);
    clv_writer_clear(&w);
    clv_writer_clear(&block);
}

void bench_open(struct bench *bench, struct clv_unitd_setup setup)
{
    static struct clv_random random = {.fill = fill};
    struct clv_error err = {0};
    test_start();
    random.ctx = bench;
    bench->ports = (struct clv_unitd_ports){
        .random = &random,
        .clock = clv_clock_system(),
        .make_importer = make_importer,
        .importer_ready = importer_ready,
        .save = save,
        .ctx = bench,
    };
    setup.ports = &bench->ports;
    setup.num_units[CLV_EP11_UNIT_OPERATIONAL] = 1;
    bench->module_index = setup.module_index;
    cr_assert_eq(clv_unitd_vault_new(&setup, &bench->vault, &err), CLV_OK, "%s", err.fact);
    bench->domain = clv_unitd_vault_domain(bench->vault, setup.first_domain);
    cr_assert_not_null(bench->domain);
    find_device_point(bench);
}

void bench_close(struct bench *bench)
{
    clv_unitd_vault_free(&bench->vault);
    clv_writer_clear(&bench->saved);
}

void bench_give_random(struct bench *bench, struct clv_view bytes)
{
    cr_assert_leq(bytes.len, sizeof(bench->random));
    memcpy(bench->random, bytes.data, bytes.len);
    bench->random_left = bytes.len;
}

uint8_t *bench_state(const struct bench *bench, size_t *ret_len)
{
    struct clv_writer w = {0};
    uint8_t *data = NULL;
    cr_assert_eq(clv_unitd_vault_encode(bench->vault, &w, NULL), CLV_OK);
    cr_assert_eq(clv_writer_detach(&w, &data, ret_len, NULL), CLV_OK);
    return data;
}

/* ---- answers ---- */

static bool knows_device(const struct bench *bench)
{
    return bench->oa_point[0] == 0x04;
}

void bench_ask(struct bench *bench, struct clv_view payload, struct answer *ret)
{
    struct clv_ep11_response rsp = {0};
    struct clv_error err = {0};
    *ret = (struct answer){.reason = CLV_EP11_NO_REASON};
    cr_assert_eq(clv_unitd_vault_answer(bench->vault, bench->module_index, bench->domain->index,
                                        payload, &ret->reply, &err),
                 CLV_OK, "%s", err.fact);
    if (ret->reply.delivery != CLV_UNITD_SEND)
        return;
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&ret->reply.payload), &rsp, &err), CLV_OK,
                 "%s", err.fact);
    ret->outer_code = rsp.return_value;
    ret->outer = rsp.return_value != 0;
    if (ret->outer)
        return;
    if (knows_device(bench))
        cr_assert_eq(
            clv_ep11_device_signature_verify(rsp.signatures, bench->oa_point, rsp.block, &err),
            CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_ep11_response_block_decode(rsp.block, &ret->block, &err), CLV_OK, "%s",
                 err.fact);
    ret->reason = clv_ep11_reason(&ret->block);
}

void bench_domain_info(struct bench *bench, uint8_t ret[80])
{
    struct clv_ep11_info_request request = {
        .function = 1u << 16 | CLV_EP11_FN_INFO,
        .domain = bench->domain->index,
        .type = CLV_EP11_INFO_DOMAIN,
    };
    struct clv_ep11_info_response rsp;
    struct clv_unitd_reply reply = {0};
    struct clv_writer w = {0};
    clv_ep11_info_request_encode(&w, &request);
    cr_assert_eq(clv_unitd_vault_answer(bench->vault, bench->module_index, bench->domain->index,
                                        clv_writer_view(&w), &reply, NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_info_response_decode(clv_writer_view(&reply.payload), &rsp, NULL),
                 CLV_OK);
    cr_assert_eq(rsp.return_value, 0);
    cr_assert_eq(rsp.payload.len, 80);
    memcpy(ret, rsp.payload.data, 80);
    clv_unitd_reply_clear(&reply);
    clv_writer_clear(&w);
}

void answer_clear(struct answer *answer)
{
    clv_unitd_reply_clear(&answer->reply);
}
