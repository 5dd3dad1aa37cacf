/* The saved state: what comes back, what is refused, and what a full disk changes (nothing). */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_people.h"

static struct bench bench;
static struct people people;

static void open_all(void)
{
    struct answer answer;
    people_open(&people, 3, false);
    bench_open(&bench, (struct clv_unitd_setup){.first_domain = 4});
    bench_operational(&bench, &people, 3, 2, 2, CLV_EP11_PERM_WK_RANDOM);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, (struct clv_view){0}, "0");
    bench_import(&bench, &people, CLV_EP11_IMPORTER_P521, 2, "0", &answer);
    cr_assert_eq(answer.block.return_code, 0);
    answer_clear(&answer);
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(state, .init = open_all, .fini = close_all);

static clv_status decode(const uint8_t *data, size_t len, struct clv_unitd_vault **ret)
{
    struct clv_error err = {0};
    *ret = NULL;
    clv_status status = clv_unitd_vault_decode(clv_view_of(data, len), &bench.ports, ret, &err);
    cr_assert_eq(status, err.code);
    return status;
}

Test(state, comes_back_as_it_was)
{
    size_t len = 0;
    uint8_t *data = bench_state(&bench, &len);
    struct clv_unitd_vault *vault = NULL;
    struct clv_writer w = {0};
    cr_assert_eq(decode(data, len, &vault), CLV_OK);
    cr_assert_eq(clv_unitd_vault_encode(vault, &w, NULL), CLV_OK);
    cr_assert_eq(w.len, len);
    cr_assert_arr_eq(w.data, data, len);
    cr_assert(clv_secret_equal(clv_unitd_vault_domain(vault, 4)->next_wk, bench.domain->next_wk));
    clv_writer_clear(&w);
    clv_unitd_vault_free(&vault);
    free(data);
}

Test(state, saved_before_the_answer)
{
    size_t len = 0;
    uint8_t *data = bench_state(&bench, &len);
    cr_assert_eq(bench.saved.len, len);
    cr_assert_arr_eq(bench.saved.data, data, len);
    free(data);
}

/* Zeroize ends a unit's life, not the count of what it did: a second load would show. */
Test(state, what_was_obeyed_is_counted_and_kept)
{
    static const struct {
        uint32_t command, times;
    } want[] = {{CLV_EP11_ZEROIZE, 1},  {CLV_EP11_GEN_WK, 1},    {CLV_EP11_GEN_IMPORTER, 1},
                {CLV_EP11_SET_ATTR, 1}, {CLV_EP11_IMPORT_WK, 1}, {CLV_EP11_COMMIT_WK, 0}};
    struct order refused = {.command = CLV_EP11_CLEAR_WK};
    struct answer answer;
    struct clv_writer w = {0};
    bench_order(&bench, &people, &refused, &answer);
    answer_clear(&answer);
    cr_assert_eq(bench.domain->obeyed[CLV_EP11_CLEAR_WK], 0, "a refusal is not counted");
    bench_do(&bench, &people, CLV_EP11_ZEROIZE, (struct clv_view){0}, "01");
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++)
        cr_assert_eq(bench.domain->obeyed[want[i].command], want[i].times, "%s",
                     clv_ep11_command_name(want[i].command));
    cr_assert_eq(clv_unitd_vault_describe(bench.vault, &w, NULL), CLV_OK);
    clv_write_u8(&w, 0);
    cr_assert_not_null(strstr((char *)w.data, "IMPORT_WK 1, DOM_ZEROIZE 1\n"), "%s", w.data);
    cr_assert_not_null(strstr((char *)w.data, "imprint mode     yes\n"), "%s", w.data);
    clv_writer_clear(&w);
}

Test(state, queries_and_refusals_save_nothing)
{
    struct answer answer;
    unsigned saves = bench.num_saves;
    struct order query = {.command = CLV_EP11_Q_ATTRS};
    struct order refused = {.command = CLV_EP11_CLEAR_WK};
    bench_order(&bench, &people, &query, &answer);
    answer_clear(&answer);
    bench_order(&bench, &people, &refused, &answer);
    answer_clear(&answer);
    cr_assert_eq(bench.num_saves, saves);
}

Test(state, a_full_disk_changes_nothing)
{
    static const uint32_t commands[] = {CLV_EP11_CLEAR_WK, CLV_EP11_CLEAR_NEXT_WK,
                                        CLV_EP11_ZEROIZE};
    bench.save_fails = true;
    for (size_t i = 0; i < 3; i++) {
        struct order order = {.command = commands[i], .signers = "01"};
        bench_refuses(&bench, &people, &order, 0x80010002, CLV_EP11_NO_REASON);
    }
    uint8_t buf[4];
    struct order importer = {.command = CLV_EP11_GEN_IMPORTER, .signers = "0"};
    importer.input = u32_input(buf, 3);
    bench_refuses(&bench, &people, &importer, 0x80010002, CLV_EP11_NO_REASON);
    bench.save_fails = false;
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, (struct clv_view){0}, "0");
}

Test(state, every_truncation_is_refused)
{
    size_t len = 0;
    uint8_t *data = bench_state(&bench, &len);
    struct clv_unitd_vault *vault = NULL;
    for (size_t n = 0; n < len; n++)
        cr_assert_eq(decode(data, n, &vault), CLV_E_DAMAGED, "%zu bytes", n);
    free(data);
}

Test(state, every_changed_byte_is_refused)
{
    size_t len = 0;
    uint8_t *data = bench_state(&bench, &len);
    struct clv_unitd_vault *vault = NULL;
    for (size_t i = 0; i < len; i++) {
        data[i] ^= 0x20;
        clv_status want = i == 14 || i == 15 ? CLV_E_UNSUPPORTED : CLV_E_DAMAGED;
        cr_assert_eq(decode(data, len, &vault), want, "byte %zu", i);
        data[i] ^= 0x20;
    }
    free(data);
}

/* A wrong content under a right checksum: never a crash, never a leak, and what is taken encodes to
 * the same bytes again. */
Test(state, a_forged_checksum_does_not_help)
{
    size_t len = 0;
    uint8_t *data = bench_state(&bench, &len);
    struct clv_unitd_vault *vault = NULL;
    size_t alive = clv_secret_alive();
    for (size_t i = 16; i + CLV_SHA256_LEN < len; i++) {
        data[i] ^= 0xff;
        clv_sha256(data, len - CLV_SHA256_LEN, data + len - CLV_SHA256_LEN);
        if (decode(data, len, &vault) == CLV_OK) {
            struct clv_writer w = {0};
            cr_assert_eq(clv_unitd_vault_encode(vault, &w, NULL), CLV_OK);
            cr_assert_eq(w.len, len);
            cr_assert_arr_eq(w.data, data, len, "byte %zu", i);
            clv_writer_clear(&w);
            clv_unitd_vault_free(&vault);
        }
        data[i] ^= 0xff;
        cr_assert_eq(clv_secret_alive(), alive);
    }
    free(data);
}
