/* Fault plans: their words, and what each behaviour does to an answer and to the unit. */
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
    bench_open(&bench, (struct clv_unitd_setup){0});
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(fault, .init = open_all, .fini = close_all);

static void plan(const char *text)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_unitd_vault_add_fault(bench.vault, text, &err), CLV_OK, "%s", err.fact);
}

static void ask(uint32_t command, const char *signers, struct answer *ret)
{
    struct order order = {.command = command, .signers = signers};
    bench_order(&bench, &people, &order, ret);
}

static enum clv_unitd_delivery delivery_of(uint32_t command, const char *signers)
{
    struct answer answer;
    ask(command, signers, &answer);
    enum clv_unitd_delivery delivery = answer.reply.delivery;
    answer_clear(&answer);
    return delivery;
}

Test(fault, words_that_are_wrong_are_named)
{
    static const char *const wrong[] = {
        "",
        "*",
        "1",
        "1:commit",
        "0:commit:silent",
        "2:commit:silent",
        "x:commit:silent",
        "1:comit:silent",
        "1:commit:silence",
        "1:commit:silent:5",
        "1:commit:slow",
        "1:commit:slow:x",
        "1:commit:slow:99999999999",
        "1:commit:slow:5:6",
        "1:commit:refuse",
        "1:commit:refuse:0/48",
        "1:commit:refuse:101/",
        "1:commit:refuse:101/x",
        "1:commit:refuse:101/48/1",
        "1:commit:refuse:99999999999",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct clv_error err = {0};
        cr_assert_eq(clv_unitd_vault_add_fault(bench.vault, wrong[i], &err), CLV_E_USAGE, "%s",
                     wrong[i]);
        cr_assert(strlen(err.fact) > 0);
    }
}

Test(fault, fires_once_or_for_ever)
{
    plan("1:query:silent");
    cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_HOLD);
    cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_SEND);
    plan("1:query:drop*");
    for (int i = 0; i < 3; i++)
        cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_DROP);
}

Test(fault, strikes_only_its_command)
{
    bench_operational(&bench, &people, 2, 1, 1, 0);
    plan("1:clear:drop");
    cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_SEND);
    cr_assert_eq(delivery_of(CLV_EP11_ZEROIZE, NULL), CLV_UNITD_SEND);
    uint8_t counter[16];
    memcpy(counter, bench.domain->counter, 16);
    cr_assert_eq(delivery_of(CLV_EP11_CLEAR_WK, "0"), CLV_UNITD_DROP);
    cr_assert_arr_eq(counter, bench.domain->counter, 16, "dropped, not executed");
}

Test(fault, a_dead_unit_stays_dead)
{
    plan("1:any:die");
    for (int i = 0; i < 3; i++)
        cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_DROP);
}

Test(fault, died_after_obeying)
{
    bench_operational(&bench, &people, 2, 1, 1, 0);
    unsigned saves = bench.num_saves;
    uint8_t next[16];
    clv_ep11_counter_next(bench.domain->counter, next);
    plan("1:clear:die-after");
    cr_assert_eq(delivery_of(CLV_EP11_CLEAR_WK, "0"), CLV_UNITD_DROP);
    cr_assert_arr_eq(bench.domain->counter, next, 16);
    cr_assert_eq(bench.num_saves, saves + 1);
    cr_assert_eq(delivery_of(CLV_EP11_Q_ATTRS, NULL), CLV_UNITD_DROP);
}

Test(fault, slow_obeys_at_once_and_answers_late)
{
    struct answer answer;
    plan("1:query:slow:1234");
    ask(CLV_EP11_Q_ATTRS, NULL, &answer);
    cr_assert_eq(answer.reply.delay_ms, 1234);
    cr_assert_eq(answer.block.return_code, 0);
    answer_clear(&answer);
}

static void load_key(void)
{
    bench_operational(&bench, &people, 2, 1, 1, CLV_EP11_PERM_WK_RANDOM);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
}

Test(fault, lies_about_patterns)
{
    struct answer honest, lie, old;
    uint8_t info[80];
    load_key();
    ask(CLV_EP11_Q_WK, NULL, &honest);
    plan("1:query:wrong-pattern");
    ask(CLV_EP11_Q_WK, NULL, &lie);
    cr_assert(!clv_ep11_pattern_equal(honest.block.output.data, lie.block.output.data));
    plan("1:query:wrong-pattern");
    bench_domain_info(&bench, info);
    cr_assert(!clv_ep11_pattern_equal(honest.block.output.data, info + 4));
    plan("1:query:old-tail");
    ask(CLV_EP11_Q_WK, NULL, &old);
    cr_assert(clv_ep11_pattern_equal(honest.block.output.data, old.block.output.data));
    cr_assert(!clv_view_equal(honest.block.output, old.block.output));
    answer_clear(&honest);
    answer_clear(&lie);
    answer_clear(&old);
}

Test(fault, replays_the_answer_before)
{
    struct answer first, replayed;
    bench_operational(&bench, &people, 2, 1, 1, 0);
    plan("1:clear:replay");
    ask(CLV_EP11_Q_ATTRS, NULL, &first);
    ask(CLV_EP11_CLEAR_WK, "0", &replayed);
    cr_assert_eq(replayed.block.command, CLV_EP11_Q_ATTRS);
    cr_assert(clv_view_equal(clv_writer_view(&first.reply.payload),
                             clv_writer_view(&replayed.reply.payload)));
    cr_assert_arr_eq(first.block.counter, bench.domain->counter, 16, "not executed");
    answer_clear(&first);
    answer_clear(&replayed);
}

Test(fault, signs_with_another_key)
{
    struct order order = {.command = CLV_EP11_Q_ATTRS};
    struct clv_unitd_reply reply = {0};
    struct clv_ep11_response rsp;
    struct clv_writer w = {0};
    plan("1:query:wrong-key");
    order_encode(&bench, &people, &order, &w);
    cr_assert_eq(clv_unitd_vault_answer(bench.vault, 0, 0, clv_writer_view(&w), &reply, NULL),
                 CLV_OK);
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&reply.payload), &rsp, NULL), CLV_OK);
    cr_assert_eq(clv_ep11_device_signature_verify(rsp.signatures, bench.oa_point, rsp.block, NULL),
                 CLV_E_FORGED);
    clv_unitd_reply_clear(&reply);
    clv_writer_clear(&w);
}

Test(fault, refuses_what_is_right)
{
    bench_operational(&bench, &people, 2, 1, 1, 0);
    struct order order = {.command = CLV_EP11_CLEAR_WK, .signers = "0"};
    plan("1:clear:reject-counter");
    bench_refuses(&bench, &people, &order, 163, 19);
    plan("1:any:refuse-signature");
    bench_refuses(&bench, &people, &order, 192, 22);
    plan("1:any:refuse:209/85");
    bench_refuses(&bench, &people, &order, 209, 85);
    plan("1:clear:refuse:2147549186");
    bench_refuses(&bench, &people, &order, 0x80010002, CLV_EP11_NO_REASON);
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, nothing, "0");
}

Test(fault, comes_back_empty)
{
    struct answer answer;
    load_key();
    uint32_t instance = bench.domain->instance;
    plan("1:commit:come-back-empty");
    ask(CLV_EP11_COMMIT_WK, "0", &answer);
    cr_assert_eq(answer.block.return_code, 3);
    cr_assert_eq(answer.reason, 14);
    cr_assert_eq(bench.domain->instance, instance + 1);
    cr_assert_null(bench.domain->current_wk);
    cr_assert(clv_unitd_in_imprint(bench.domain));
    answer_clear(&answer);
}

Test(fault, restarts_without_what_it_keeps_while_it_runs)
{
    struct answer answer;
    static const uint8_t p521[4] = {0, 0, 0, CLV_EP11_IMPORTER_P521};
    load_key();
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, clv_view_of(p521, sizeof(p521)), "0");
    cr_assert_not_null(bench.domain->importer_private);
    unsigned num_admins = bench.domain->num_admins;
    plan("1:commit:restart");
    cr_assert_eq(delivery_of(CLV_EP11_COMMIT_WK, "0"), CLV_UNITD_DROP);
    cr_assert_null(bench.domain->importer_private);
    cr_assert_not_null(bench.domain->current_wk);
    cr_assert_eq(bench.domain->num_admins, num_admins);
    ask(CLV_EP11_Q_IMPORTER, NULL, &answer);
    cr_assert_neq(answer.block.return_code, 0);
    answer_clear(&answer);
}

Test(fault, obeys_and_is_cut_off)
{
    struct answer answer;
    plan("1:query:cut-short");
    ask(CLV_EP11_Q_ATTRS, NULL, &answer);
    cr_assert(answer.reply.cut_short, "the listener sends half of it");
    cr_assert_eq(answer.reply.delivery, CLV_UNITD_SEND);
    answer_clear(&answer);
    ask(CLV_EP11_Q_ATTRS, NULL, &answer);
    cr_assert_not(answer.reply.cut_short);
    answer_clear(&answer);
}
