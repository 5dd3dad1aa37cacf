#include "unitd_people.h"

#include "start.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- people ---- */

static void make_certificate(struct people *people, unsigned i,
                             const struct clv_ep11_public_key *key)
{
    char name[20];
    snprintf(name, sizeof(name), "Person %u", i);
    cr_assert_eq(clv_ep11_admin_cert_encode(&people->cert[i], name, key, &people->signer[i], NULL),
                 CLV_OK);
}

static void make_p521(struct people *people, unsigned i)
{
    uint8_t point[CLV_P521_POINT_LEN] = {0};
    struct clv_ep11_public_key key = {
        .type = CLV_EP11_KEY_P521,
        .bits = clv_view_of(point, sizeof(point)),
    };
    cr_assert_eq(clv_p521_generate(&people->private[i], point, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_signer_p521(people->private[i], &people->signer[i], NULL), CLV_OK);
    make_certificate(people, i, &key);
}

static void make_rsa(struct people *people, unsigned i)
{
    uint8_t *bits = NULL;
    size_t len = 0;
    cr_assert_eq(clv_rsa_generate(2048, &people->private[i], &bits, &len, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_signer_rsa(people->private[i], &people->signer[i], NULL), CLV_OK);
    struct clv_ep11_public_key key = {
        .type = CLV_EP11_KEY_RSA,
        .bits = clv_view_of(bits, len),
        .rsa_bits = 2048,
    };
    make_certificate(people, i, &key);
    free(bits);
}

void people_open(struct people *people, unsigned num, bool with_rsa)
{
    test_start();
    *people = (struct people){0};
    for (unsigned i = 0; i < num; i++)
        make_p521(people, i);
    if (with_rsa)
        make_rsa(people, RSA_PERSON);
}

void people_close(struct people *people)
{
    for (unsigned i = 0; i < NUM_PEOPLE; i++) {
        clv_secret_free(&people->private[i]);
        clv_writer_clear(&people->cert[i]);
    }
}

/* ---- orders ---- */

static void encode_request(const struct bench *bench, const struct people *people,
                           const struct order *order, const struct clv_ep11_admin_block *block,
                           struct clv_writer *w)
{
    struct clv_writer encoded = {0}, signatures = {0};
    clv_ep11_admin_block_encode(&encoded, block);
    for (const char *s = order->signers; s && *s; s++)
        cr_assert_eq(clv_ep11_sign(&signatures, &people->signer[*s - '0'], 1,
                                   clv_writer_view(&encoded), NULL),
                     CLV_OK);
    struct clv_ep11_admin_request request = {
        .function = (order->ordinal ? order->ordinal : 1) << 16 | CLV_EP11_FN_ADMIN,
        .domain = bench->domain->index,
        .block = clv_writer_view(&encoded),
        .signatures = clv_writer_view(&signatures),
    };
    clv_ep11_admin_request_encode(w, &request);
    clv_writer_clear(&encoded);
    clv_writer_clear(&signatures);
}

static void domain_id_of(const struct bench *bench, uint8_t ret[CLV_EP11_DOMAIN_ID_LEN])
{
    struct clv_writer w;
    clv_writer_init_fixed(&w, ret, CLV_EP11_DOMAIN_ID_LEN);
    clv_write_u32(&w, bench->domain->index);
    clv_write_u32(&w, bench->domain->instance);
}

void order_encode(const struct bench *bench, const struct people *people, const struct order *order,
                  struct clv_writer *w)
{
    struct clv_ep11_admin_block block = {.command = order->command, .input = order->input};
    uint8_t next[CLV_EP11_COUNTER_LEN];
    clv_ep11_counter_next(bench->domain->counter, next);
    domain_id_of(bench, block.domain_id);
    if (order->domain_id)
        memcpy(block.domain_id, order->domain_id, sizeof(block.domain_id));
    if (!clv_ep11_is_query(order->command)) {
        block.module_id = clv_view_of(order->module_id ? order->module_id : bench->module_id,
                                      CLV_EP11_MODULE_ID_LEN);
        block.counter = order->counter ? clv_view_of(order->counter, order->counter_len)
                                       : clv_view_of(next, sizeof(next));
    }
    encode_request(bench, people, order, &block, w);
}

void bench_order(struct bench *bench, const struct people *people, const struct order *order,
                 struct answer *ret)
{
    struct clv_writer w = {0};
    order_encode(bench, people, order, &w);
    bench_ask(bench, clv_writer_view(&w), ret);
    clv_writer_clear(&w);
}

void bench_do(struct bench *bench, const struct people *people, uint32_t command,
              struct clv_view input, const char *signers)
{
    struct answer answer;
    struct order order = {.command = command, .input = input, .signers = signers};
    bench_order(bench, people, &order, &answer);
    cr_assert(!answer.outer);
    cr_assert_eq(answer.block.return_code, 0, "%s: %u/%u", clv_ep11_command_name(command),
                 answer.block.return_code, answer.reason);
    answer_clear(&answer);
}

void bench_refuses(struct bench *bench, const struct people *people, const struct order *order,
                   uint32_t code, uint32_t reason)
{
    struct answer answer;
    size_t before_len = 0, after_len = 0;
    uint8_t *before = bench_state(bench, &before_len);
    bench_order(bench, people, order, &answer);
    uint8_t *after = bench_state(bench, &after_len);
    const char *name = clv_ep11_command_name(order->command);
    cr_assert(!answer.outer, "%s: outer %u", name, answer.outer_code);
    cr_assert_eq(answer.block.return_code, code, "%s: %u/%u, want %u/%u", name,
                 answer.block.return_code, answer.reason, code, reason);
    cr_assert_eq(answer.reason, reason, "%s: reason %u, want %u", name, answer.reason, reason);
    cr_assert_eq(before_len, after_len, "%s", name);
    cr_assert_arr_eq(before, after, before_len, "%s changed something", name);
    answer_clear(&answer);
    free(before);
    free(after);
}

/* ---- states ---- */

struct clv_view attributes_input(struct clv_writer *w, const uint32_t *pairs)
{
    for (; pairs[0]; pairs += 2) {
        clv_write_u32(w, pairs[0]);
        clv_write_u32(w, pairs[1]);
    }
    return clv_writer_view(w);
}

struct clv_view u32_input(uint8_t buf[4], uint32_t v)
{
    for (int i = 0; i < 4; i++)
        buf[i] = (uint8_t)(v >> (24 - 8 * i));
    return clv_view_of(buf, 4);
}

void bench_operational(struct bench *bench, const struct people *people, unsigned num,
                       unsigned sign, unsigned revoke, uint32_t permissions)
{
    struct clv_writer w = {0};
    char signers[NUM_PEOPLE + 1] = "";
    for (unsigned i = 0; i < num; i++)
        bench_do(bench, people, CLV_EP11_ADMIN_LOGIN, clv_writer_view(&people->cert[i]), NULL);
    for (unsigned i = 0; i < sign; i++)
        signers[i] = (char)('0' + i);
    const uint32_t pairs[] = {1, sign, 2, revoke, 3, CLV_EP11_PERM_DOMAIN_DEFAULT | permissions,
                              0, 0};
    bench_do(bench, people, CLV_EP11_SET_ATTR, attributes_input(&w, pairs), signers);
    clv_writer_clear(&w);
}

/* ---- key parts ---- */

static struct clv_secret *part_of(unsigned i)
{
    struct clv_secret *part = NULL;
    cr_assert_eq(clv_secret_new(32, &part, NULL), CLV_OK);
    memset(clv_secret_write(part), (int)i + 1, 32);
    clv_secret_close(part);
    return part;
}

void import_input(const struct bench *bench, const struct people *people, unsigned num,
                  const char *signers, struct clv_writer *w)
{
    struct clv_ep11_public_key importer = {
        .type = bench->domain->importer_type,
        .bits = clv_view_of(bench->domain->importer_bits, bench->domain->importer_len),
    };
    for (unsigned i = 0; i < num; i++) {
        struct clv_secret *part = part_of(i);
        struct clv_writer sealed = {0};
        cr_assert_eq(clv_ep11_recipient_seal(&sealed, &importer, part, NULL), CLV_OK);
        struct order inner = {
            .command = CLV_EP11_IMPORT_WK,
            .input = clv_writer_view(&sealed),
            .signers = signers,
        };
        order_encode(bench, people, &inner, w);
        clv_writer_clear(&sealed);
        clv_secret_free(&part);
    }
}

void bench_import(struct bench *bench, const struct people *people, uint32_t type, unsigned num,
                  const char *signers, struct answer *ret)
{
    uint8_t buf[4];
    struct clv_writer w = {0};
    bench_do(bench, people, CLV_EP11_GEN_IMPORTER, u32_input(buf, type), signers);
    import_input(bench, people, num, signers, &w);
    struct order order = {.command = CLV_EP11_IMPORT_WK, .input = clv_writer_view(&w)};
    bench_order(bench, people, &order, ret);
    clv_writer_clear(&w);
}
