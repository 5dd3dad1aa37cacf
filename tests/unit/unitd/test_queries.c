/* Queries, module information, control points, device certificates, and payloads that are wrong. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_people.h"

static const struct clv_view nothing;
static struct bench bench;
static struct people people;

static void open_all(void)
{
    people_open(&people, 2, false);
    bench_open(&bench, (struct clv_unitd_setup){.first_domain = 1});
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
}

TestSuite(queries, .init = open_all, .fini = close_all);

static void ask(uint32_t command, struct clv_view input, struct answer *ret)
{
    struct order order = {.command = command, .input = input};
    bench_order(&bench, &people, &order, ret);
}

static void refuses(uint32_t command, struct clv_view input, uint32_t code, uint32_t reason)
{
    struct order order = {.command = command, .input = input};
    bench_refuses(&bench, &people, &order, code, reason);
}

Test(queries, the_chain_ends_in_the_published_root)
{
    struct clv_ep11_device_cert cert[2] = {0};
    struct clv_unitd_listing listing;
    uint8_t buf[4], root_ski[CLV_SKI_LEN];
    struct answer answer[2];
    clv_unitd_vault_listing(bench.vault, &listing);
    for (uint32_t i = 0; i < 2; i++) {
        ask(CLV_EP11_Q_DEVICE_CERT, u32_input(buf, i), &answer[i]);
        cr_assert_eq(clv_ep11_device_cert_decode(answer[i].block.output, &cert[i], NULL), CLV_OK);
    }
    clv_ep11_device_ski(listing.root_point, root_ski);
    cr_assert_eq(clv_ep11_device_cert_verify(&cert[0], cert[1].point, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_device_cert_verify(&cert[1], listing.root_point, NULL), CLV_OK);
    cr_assert_arr_eq(cert[0].signer_ski, cert[1].subject_ski, CLV_SKI_LEN);
    cr_assert_arr_eq(cert[1].signer_ski, root_ski, CLV_SKI_LEN);
    refuses(CLV_EP11_Q_DEVICE_CERT, u32_input(buf, 2), 96, 60);
    refuses(CLV_EP11_Q_DEVICE_CERT, u32_input(buf, 0x01000000), 96, 60);
    refuses(CLV_EP11_Q_DEVICE_CERT, clv_view_of(buf, 3), 33, 59);
    answer_clear(&answer[0]);
    answer_clear(&answer[1]);
}

Test(queries, empty_registers_and_missing_keys_say_so)
{
    refuses(CLV_EP11_Q_WK, nothing, 96, 49);
    refuses(CLV_EP11_Q_NEXT_WK, nothing, 96, 50);
    refuses(CLV_EP11_Q_IMPORTER, nothing, 96, 1);
    refuses(CLV_EP11_Q_ADMINS, clv_view_of(people.signer[0].ski, CLV_SKI_LEN), 96, 33);
    refuses(CLV_EP11_Q_ADMINS, clv_view_of(people.signer[0].ski, 31), 32, 32);
    refuses(CLV_EP11_Q_ATTRS, clv_view_of("x", 1), 33, CLV_EP11_NO_REASON);
}

Test(queries, administrators_and_importer_key)
{
    struct answer answer;
    uint8_t buf[4];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    ask(CLV_EP11_Q_ADMINS, nothing, &answer);
    cr_assert_eq(answer.block.output.len, 2 * CLV_SKI_LEN);
    answer_clear(&answer);
    ask(CLV_EP11_Q_ADMINS, clv_view_of(people.signer[1].ski, CLV_SKI_LEN), &answer);
    cr_assert(clv_view_equal(answer.block.output, clv_writer_view(&people.cert[1])));
    answer_clear(&answer);
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, u32_input(buf, 3), "0");
    ask(CLV_EP11_Q_IMPORTER, nothing, &answer);
    struct clv_ep11_public_key key;
    cr_assert_eq(clv_ep11_spki_decode(answer.block.output, &key, NULL), CLV_OK);
    cr_assert_arr_eq(key.bits.data, bench.domain->importer_bits, CLV_P521_POINT_LEN);
    answer_clear(&answer);
}

Test(queries, control_points)
{
    struct answer answer;
    uint8_t mask[16] = {0};
    struct order order = {.input = clv_view_of(mask, sizeof(mask)), .signers = "0"};
    bench_operational(&bench, &people, 2, 1, 1, 0);
    mask[15] = 0x01;
    bench_do(&bench, &people, CLV_EP11_CP_DEL, order.input, "0");
    ask(CLV_EP11_Q_CTRLPOINTS, nothing, &answer);
    cr_assert_eq(answer.block.output.len, 16);
    cr_assert_eq(answer.block.output.data[15], 0xfe);
    answer_clear(&answer);
    bench_do(&bench, &people, CLV_EP11_CP_ADD, order.input, "0");
    cr_assert_eq(bench.domain->control_points[15], 0xff);
    mask[0] = 0x80; /* adding is no longer allowed */
    mask[15] = 0x10;
    bench_do(&bench, &people, CLV_EP11_CP_DEL, order.input, "0");
    order.command = CLV_EP11_CP_ADD;
    bench_refuses(&bench, &people, &order, 80, 46);
    mask[0] = 0x40; /* and now removing is not */
    bench_do(&bench, &people, CLV_EP11_CP_DEL, order.input, "0");
    mask[5] = 0x10;
    order.command = CLV_EP11_CP_DEL;
    bench_refuses(&bench, &people, &order, 80, 47);
    memset(mask, 0, sizeof(mask));
    order.command = CLV_EP11_CP_SET;
    bench_refuses(&bench, &people, &order, 80, 47);
    memcpy(mask, bench.domain->control_points, sizeof(mask));
    bench_do(&bench, &people, CLV_EP11_CP_SET, order.input, "0");
    order.input.len = 15;
    bench_refuses(&bench, &people, &order, 32, 44);
}

/* ---- get_xcp_info ---- */

static uint32_t info(uint32_t domain, uint32_t type, struct clv_ep11_module_info *ret)
{
    struct clv_ep11_info_request request = {1u << 16 | CLV_EP11_FN_INFO, domain, type, 0};
    struct clv_ep11_info_response rsp;
    struct clv_unitd_reply reply = {0};
    struct clv_writer w = {0};
    clv_ep11_info_request_encode(&w, &request);
    cr_assert_eq(clv_unitd_vault_answer(bench.vault, 0, 1, clv_writer_view(&w), &reply, NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_info_response_decode(clv_writer_view(&reply.payload), &rsp, NULL),
                 CLV_OK);
    if (ret && rsp.return_value == 0)
        cr_assert_eq(clv_ep11_module_info_decode(rsp.payload, ret, NULL), CLV_OK);
    clv_unitd_reply_clear(&reply);
    clv_writer_clear(&w);
    return rsp.return_value;
}

Test(queries, module_information_says_test)
{
    struct clv_ep11_module_info module = {0};
    cr_assert_eq(info(1, CLV_EP11_INFO_MODULE, &module), 0);
    cr_assert_eq(memcmp(module.serial, "TEST", 4), 0);
    cr_assert_eq(memcmp(module.serial, bench.module_id, 8), 0);
    cr_assert_eq(memcmp(module.firmware_hash, "TEST", 4), 0);
    cr_assert_eq(strlen(module.time), 16);
    cr_assert_eq(module.num_domains, 1);
    cr_assert_eq(info(2, CLV_EP11_INFO_DOMAIN, NULL), 3);
    cr_assert_eq(info(1, 7, NULL), 84);
}

Test(queries, production_tests_do_not_say_test)
{
    struct clv_unitd_vault *vault = NULL;
    struct clv_unitd_listing listing;
    struct clv_unitd_setup setup = {
        .production_tests = true, .num_units = {6, 1, 1}, .ports = &bench.ports};
    cr_assert_eq(clv_unitd_vault_new(&setup, &vault, NULL), CLV_OK);
    clv_unitd_vault_listing(vault, &listing);
    cr_assert_eq(memcmp(listing.serial, "SW", 2), 0);
    cr_assert_null(strstr(listing.serial, "TEST"));
    cr_assert_eq(listing.num_units, 8);
    cr_assert_eq(listing.units[6].kind, CLV_EP11_UNIT_RECOVERY);
    cr_assert_eq(listing.units[7].kind, CLV_EP11_UNIT_FAILOVER);
    clv_unitd_vault_free(&vault);
}

/* ---- payloads that are wrong ---- */

static uint32_t outer_code(uint32_t domain, struct clv_view payload)
{
    struct clv_unitd_reply reply = {0};
    struct clv_ep11_response rsp = {0};
    cr_assert_eq(clv_unitd_vault_answer(bench.vault, 0, domain, payload, &reply, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&reply.payload), &rsp, NULL), CLV_OK);
    clv_unitd_reply_clear(&reply);
    return rsp.return_value;
}

static void whole_request(struct clv_writer *w, unsigned ordinal)
{
    struct order order = {.command = CLV_EP11_ADMIN_LOGIN, .ordinal = ordinal, .signers = "01"};
    order.input = clv_writer_view(&people.cert[0]);
    order_encode(&bench, &people, &order, w);
}

Test(queries, outer_errors)
{
    struct clv_writer w = {0}, seven = {0};
    whole_request(&w, 1);
    whole_request(&seven, 7);
    cr_assert_eq(outer_code(2, clv_writer_view(&w)), 3, "a domain that is not served");
    cr_assert_eq(outer_code(1, clv_writer_view(&seven)), 84, "an ordinal from the future");
    cr_assert_eq(outer_code(1, nothing), 7);
    cr_assert_eq(bench.num_saves, 0);
    clv_writer_clear(&w);
    clv_writer_clear(&seven);
}

Test(queries, every_truncation_is_refused_and_changes_nothing)
{
    struct clv_writer w = {0};
    size_t len = 0, after_len = 0;
    uint8_t *before = bench_state(&bench, &len);
    whole_request(&w, 1);
    for (size_t n = 0; n < w.len; n++)
        cr_assert_neq(outer_code(1, clv_view_of(w.data, n)), 0, "%zu bytes", n);
    uint8_t *after = bench_state(&bench, &after_len);
    cr_assert_eq(len, after_len);
    cr_assert_arr_eq(before, after, len);
    free(before);
    free(after);
    clv_writer_clear(&w);
}

/* Signed by an administrator in a unit that wants one signature: no flipped bit may get through. */
Test(queries, no_flipped_bit_of_a_signed_command_is_accepted)
{
    struct clv_writer w = {0};
    struct answer answer;
    struct order order = {.command = CLV_EP11_CLEAR_WK, .signers = "0"};
    bench_operational(&bench, &people, 1, 1, 1, 0);
    order_encode(&bench, &people, &order, &w);
    uint8_t *copy = malloc(w.len);
    for (size_t i = 0; i < 8 * w.len; i++) {
        memcpy(copy, w.data, w.len);
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        uint8_t before[CLV_EP11_COUNTER_LEN];
        memcpy(before, bench.domain->counter, sizeof(before));
        bench_ask(&bench, clv_view_of(copy, w.len), &answer);
        /* The API ordinal is not signed, and may be any of 1 to 6. */
        bool ordinal = i / 8 == 6 || i / 8 == 7;
        if (!answer.outer && !ordinal)
            cr_assert_neq(answer.block.return_code, 0, "bit %zu", i);
        if (answer.outer || answer.block.return_code)
            cr_assert_arr_eq(before, bench.domain->counter, sizeof(before));
        memcpy(bench.domain->counter, before, sizeof(before));
        answer_clear(&answer);
    }
    free(copy);
    clv_writer_clear(&w);
}
