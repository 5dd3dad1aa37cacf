/* Who may do what and when, stated here a second time and independently: section c of the protocol
 * page, row by row. */
#include <criterion/criterion.h>
#include <string.h>

#include "unitd_people.h"

#define NO CLV_EP11_NO_REASON

/* Inputs that pass or fail on other grounds than the ones tested here. */
static const uint8_t bytes32[32] = {1};

/* clang-format off */
static const struct {
    uint32_t command;
    size_t input_len;   /* of bytes32 */
    bool in_imprint;    /* answered there */
    unsigned signatures; /* outside, at thresholds 3 to sign and 2 to revoke */
} rows[] = {
    { CLV_EP11_ADMIN_LOGIN,    32, true,  3 },
    { CLV_EP11_ADMIN_LOGOUT,   32, true,  2 },
    { CLV_EP11_ADMIN_REPLACE,  32, true,  3 },
    { CLV_EP11_SET_ATTR,       32, true,  3 },
    { CLV_EP11_GEN_IMPORTER,    3, false, 1 },
    { CLV_EP11_GEN_WK,          0, false, 1 },
    { CLV_EP11_COMMIT_WK,      32, false, 3 },
    { CLV_EP11_FINALIZE_WK,    32, false, 0 },
    { CLV_EP11_EXPORT_WK,      32, false, 3 },
    { CLV_EP11_EXPORT_NEXT_WK, 32, false, 3 },
    { CLV_EP11_ZEROIZE,         0, true,  3 },
    { CLV_EP11_CP_SET,         15, false, 3 },
    { CLV_EP11_CP_ADD,         15, false, 3 },
    { CLV_EP11_CP_DEL,         15, false, 3 },
    { CLV_EP11_CLEAR_WK,        0, false, 1 },
    { CLV_EP11_CLEAR_NEXT_WK,   0, false, 1 },
};
/* clang-format on */

#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct bench bench;
static struct people people;

static void open_all(void)
{
    people_open(&people, 5, false);
    bench_open(&bench, (struct clv_unitd_setup){.first_domain = 2, .module_index = 0});
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(permissions, .init = open_all, .fini = close_all);

static struct order order_of(size_t row, const char *signers)
{
    return (struct order){
        .command = rows[row].command,
        .input = clv_view_of(bytes32, rows[row].input_len),
        .signers = signers,
    };
}

Test(permissions, imprint_mode_refuses_all_that_touches_keys)
{
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct order order = order_of(i, NULL);
        if (!rows[i].in_imprint)
            bench_refuses(&bench, &people, &order, 179, 34);
    }
}

Test(permissions, one_signature_too_few_is_refused)
{
    bench_operational(&bench, &people, 4, 3, 2, 0);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        char signers[] = "012";
        if (rows[i].signatures == 0)
            continue;
        signers[rows[i].signatures - 1] = 0;
        struct order order = order_of(i, signers);
        bench_refuses(&bench, &people, &order, 208, 21);
    }
}

Test(permissions, one_administrator_twice_counts_once)
{
    bench_operational(&bench, &people, 4, 3, 2, 0);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        const char *twice[] = {NULL, NULL, "00", "011"};
        struct order order = order_of(i, twice[rows[i].signatures]);
        if (order.signers)
            bench_refuses(&bench, &people, &order, 208, 21);
    }
}

Test(permissions, enough_signatures_reach_the_command_itself)
{
    struct answer answer;
    bench_operational(&bench, &people, 4, 3, 2, 0);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        const char *enough[] = {NULL, "0", "01", "012"};
        struct order order = order_of(i, enough[rows[i].signatures]);
        if (rows[i].command == CLV_EP11_ZEROIZE)
            continue; /* it would work */
        bench_order(&bench, &people, &order, &answer);
        cr_assert_neq(answer.block.return_code, 208, "%s", clv_ep11_command_name(order.command));
        cr_assert_neq(answer.block.return_code, 179, "%s", clv_ep11_command_name(order.command));
        answer_clear(&answer);
    }
}

Test(permissions, a_stranger_or_a_bad_signature_spoils_even_what_needs_none)
{
    bench_operational(&bench, &people, 4, 3, 2, 0);
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct order order = order_of(i, "4");
        bench_refuses(&bench, &people, &order, 257, 33);
    }
}

Test(permissions, one_signature_suffices_where_the_permission_says_so)
{
    struct answer answer;
    bench_operational(&bench, &people, 4, 3, 2, CLV_EP11_PERM_ZERO_1SIGN | CLV_EP11_PERM_CP_1SIGN);
    struct order cp = order_of(12, "3");
    bench_order(&bench, &people, &cp, &answer);
    cr_assert_eq(answer.block.return_code, 32);
    answer_clear(&answer);
    bench_do(&bench, &people, CLV_EP11_ZEROIZE, (struct clv_view){0}, "3");
    cr_assert(clv_unitd_in_imprint(bench.domain));
}

Test(permissions, unknown_commands_are_refused_in_every_state)
{
    static const uint32_t unknown[] = {0x00, 0x01, 0x03, 0x0f, 0x19, 0x27, 0x10001, 0x10013};
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct order order = {.command = unknown[i]};
        bench_refuses(&bench, &people, &order, 84, 11);
    }
    bench_operational(&bench, &people, 4, 3, 2, 0);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
        struct order order = {.command = unknown[i], .signers = "012"};
        bench_refuses(&bench, &people, &order, 84, 11);
    }
}

/* The order of the checks: each order is wrong in its own way and in all later ways. */
Test(permissions, checks_come_in_the_documented_order)
{
    uint8_t domain_id[8] = {0}, module_id[16] = {0}, counter[16] = {0};
    struct order order = {.command = CLV_EP11_COMMIT_WK, .signers = "4"};
    order.domain_id = domain_id;
    order.module_id = module_id;
    order.counter = counter;
    order.counter_len = 8;
    bench_refuses(&bench, &people, &order, 3, 13);
    domain_id[3] = (uint8_t)bench.domain->index;
    bench_refuses(&bench, &people, &order, 3, 14);
    order.domain_id = NULL;
    bench_refuses(&bench, &people, &order, 32, 17);
    memcpy(module_id, bench.module_id, 8);
    module_id[8] = (uint8_t)~bench.module_id[8];
    bench_refuses(&bench, &people, &order, 32, 16);
    order.module_id = NULL;
    bench_refuses(&bench, &people, &order, 163, 18);
    order.counter_len = 16;
    bench_refuses(&bench, &people, &order, 163, 19);
    order.counter = NULL;
    bench_refuses(&bench, &people, &order, 179, 34);
    bench_operational(&bench, &people, 4, 3, 2, 0);
    bench_refuses(&bench, &people, &order, 257, 33);
    order.signers = "01";
    bench_refuses(&bench, &people, &order, 208, 21);
    order.signers = "012";
    bench_refuses(&bench, &people, &order, 33, NO);
    order.input = clv_view_of(bytes32, 32);
    bench_refuses(&bench, &people, &order, 96, 50);
}

Test(permissions, counters_may_skip_but_not_stand_still)
{
    uint8_t counter[16];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    memcpy(counter, bench.domain->counter, 16);
    struct order order = {
        .command = CLV_EP11_CLEAR_WK, .signers = "0", .counter = counter, .counter_len = 16};
    bench_refuses(&bench, &people, &order, 163, 19);
    counter[7] += 1;
    struct answer answer;
    bench_order(&bench, &people, &order, &answer);
    cr_assert_eq(answer.block.return_code, 0);
    cr_assert_arr_eq(answer.block.counter, counter, 16);
    cr_assert_arr_eq(bench.domain->counter, counter, 16);
    answer_clear(&answer);
    bench_refuses(&bench, &people, &order, 163, 19);
}

Test(permissions, the_counter_wraps_to_zero)
{
    static const uint8_t zero[16];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    memset(bench.domain->counter, 0xff, 16);
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, (struct clv_view){0}, "0");
    cr_assert_arr_eq(bench.domain->counter, zero, 16);
}
