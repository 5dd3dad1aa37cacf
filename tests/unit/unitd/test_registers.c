/* The wrapping key's way through the registers: importer keys, parts, commit, finalize, export. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_people.h"

static const struct clv_view nothing;
static struct bench bench;
static struct people people;

static void open_all(void)
{
    people_open(&people, 4, false);
    bench_open(&bench, (struct clv_unitd_setup){0});
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(registers, .init = open_all, .fini = close_all);

/* Pattern of a key all of whose bytes are the same. */
static void pattern(uint8_t byte, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    uint8_t text[33];
    memset(text, byte, sizeof(text));
    text[0] = 0x01;
    clv_sha256(text, sizeof(text), ret);
    memset(ret + CLV_EP11_PATTERN_SIGNIFICANT, 0, 4);
}

static void refuses(uint32_t command, struct clv_view input, const char *signers, uint32_t code,
                    uint32_t reason)
{
    struct order order = {.command = command, .input = input, .signers = signers};
    bench_refuses(&bench, &people, &order, code, reason);
}

static void import_ok(uint32_t type, unsigned num, uint8_t want_byte)
{
    uint8_t want[CLV_EP11_PATTERN_LEN];
    struct answer answer;
    pattern(want_byte, want);
    bench_import(&bench, &people, type, num, "1", &answer);
    cr_assert_eq(answer.block.return_code, 0, "type %u, %u parts: %u/%u", type, num,
                 answer.block.return_code, answer.reason);
    cr_assert_eq(answer.block.output.len, sizeof(want));
    cr_assert_arr_eq(answer.block.output.data, want, sizeof(want));
    answer_clear(&answer);
}

Test(registers, parts_are_xored_whatever_the_importer_key)
{
    static const uint32_t types[] = {CLV_EP11_IMPORTER_P521, CLV_EP11_IMPORTER_RSA2048,
                                     CLV_EP11_IMPORTER_RSA3072};
    bench_operational(&bench, &people, 2, 1, 1, CLV_EP11_PERM_WK_1PART);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        import_ok(types[i], 1, 1);
        import_ok(types[i], 2, 1 ^ 2);
        import_ok(types[i], 3, 1 ^ 2 ^ 3);
    }
    import_ok(CLV_EP11_IMPORTER_P521, 20, 20);
}

Test(registers, the_largest_importer_key_fits_and_is_saved)
{
    bench_operational(&bench, &people, 2, 1, 1, 0);
    import_ok(CLV_EP11_IMPORTER_RSA4096, 2, 1 ^ 2);
    struct clv_unitd_vault *vault = NULL;
    cr_assert_eq(clv_unitd_vault_decode(clv_writer_view(&bench.saved), &bench.ports, &vault, NULL),
                 CLV_OK);
    clv_unitd_vault_free(&vault);
}

Test(registers, importer_keys_of_other_types_are_refused)
{
    static const uint32_t types[] = {2, 4, 5, 6, 8, 9, 0xffffffff};
    uint8_t buf[4];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        refuses(CLV_EP11_GEN_IMPORTER, u32_input(buf, types[i]), "0", 32, 55);
    refuses(CLV_EP11_GEN_IMPORTER, clv_view_of(buf, 3), "0", 32, 54);
}

static enum clv_unitd_delivery order_importer(uint32_t type)
{
    uint8_t buf[4];
    struct answer answer;
    struct clv_writer w = {0};
    struct order order = {
        .command = CLV_EP11_GEN_IMPORTER, .input = u32_input(buf, type), .signers = "0"};
    order_encode(&bench, &people, &order, &w);
    bench_ask(&bench, clv_writer_view(&w), &answer);
    enum clv_unitd_delivery delivery = answer.reply.delivery;
    answer_clear(&answer);
    clv_writer_clear(&w);
    return delivery;
}

Test(registers, while_a_key_is_being_made_nothing_has_happened)
{
    size_t len = 0, len_after = 0;
    bench_operational(&bench, &people, 2, 1, 1, 0);
    uint8_t *before = bench_state(&bench, &len);
    bench.rsa_is_pending = true;
    cr_assert_eq(order_importer(CLV_EP11_IMPORTER_RSA2048), CLV_UNITD_LATER);
    cr_assert_eq(order_importer(CLV_EP11_IMPORTER_RSA2048), CLV_UNITD_LATER);
    uint8_t *after = bench_state(&bench, &len_after);
    cr_assert_eq(len, len_after);
    cr_assert_arr_eq(before, after, len);
    cr_assert_eq(order_importer(CLV_EP11_IMPORTER_P521), CLV_UNITD_SEND);
    bench.rsa_is_pending = false;
    cr_assert_eq(order_importer(CLV_EP11_IMPORTER_RSA2048), CLV_UNITD_SEND);
    cr_assert_eq(bench.domain->importer_type, CLV_EP11_KEY_RSA);
    free(before);
    free(after);
}

Test(registers, import_has_its_own_refusals)
{
    struct clv_writer one = {0}, two = {0}, unsigned_part = {0}, many = {0};
    uint8_t buf[4];
    bench_operational(&bench, &people, 2, 2, 1, 0);
    refuses(CLV_EP11_IMPORT_WK, nothing, NULL, 32, 2);
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, u32_input(buf, 3), "0");
    import_input(&bench, &people, 1, "0", &one);
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&one), NULL, 80, 81);
    import_input(&bench, &people, 2, NULL, &unsigned_part);
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&unsigned_part), NULL, 208, 21);
    import_input(&bench, &people, 21, "0", &many);
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&many), NULL, 32, 75);
    import_input(&bench, &people, 2, "3", &two);
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&two), NULL, 257, 33);
    refuses(CLV_EP11_IMPORT_WK, clv_view_of(two.data, two.len - 1), NULL, 32, 3);
    clv_writer_clear(&one);
    clv_writer_clear(&two);
    clv_writer_clear(&unsigned_part);
    clv_writer_clear(&many);
}

Test(registers, parts_made_for_an_earlier_key_do_not_open)
{
    struct clv_writer w = {0};
    uint8_t buf[4];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, u32_input(buf, 3), "0");
    struct clv_unitd_domain *d = bench.domain;
    uint8_t old[CLV_P521_POINT_LEN], now[CLV_P521_POINT_LEN];
    memcpy(old, d->importer_bits, sizeof(old));
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, u32_input(buf, 3), "0");
    memcpy(now, d->importer_bits, sizeof(now));
    memcpy(d->importer_bits, old, sizeof(old));
    import_input(&bench, &people, 2, "0", &w);
    memcpy(d->importer_bits, now, sizeof(now));
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&w), NULL, 32, 27);
    clv_writer_clear(&w);
}

Test(registers, import_commit_finalize_clear)
{
    uint8_t vp[CLV_EP11_PATTERN_LEN], other[CLV_EP11_PATTERN_LEN];
    bench_operational(&bench, &people, 3, 2, 2, 0);
    pattern(1 ^ 2, vp);
    pattern(9, other);
    struct clv_view right = clv_view_of(vp, sizeof(vp)), wrong = clv_view_of(other, sizeof(other));
    refuses(CLV_EP11_COMMIT_WK, right, "01", 96, 50);
    refuses(CLV_EP11_FINALIZE_WK, right, NULL, 96, 50);
    import_ok(CLV_EP11_IMPORTER_P521, 2, 1 ^ 2);
    refuses(CLV_EP11_COMMIT_WK, wrong, "01", 101, 48);
    refuses(CLV_EP11_COMMIT_WK, clv_view_of(vp, 28), "01", 101, 48);
    refuses(CLV_EP11_FINALIZE_WK, right, "0", 96, 64);
    vp[31] = 0x77; /* the last four bytes do not count */
    bench_do(&bench, &people, CLV_EP11_COMMIT_WK, right, "01");
    refuses(CLV_EP11_FINALIZE_WK, wrong, "0", 101, 48);
    bench_do(&bench, &people, CLV_EP11_FINALIZE_WK, right, NULL);
    cr_assert_null(bench.domain->next_wk);
    cr_assert_not_null(bench.domain->current_wk);
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, nothing, "2");
    cr_assert_null(bench.domain->current_wk);
}

Test(registers, an_import_over_a_committed_register_is_uncommitted)
{
    uint8_t vp[CLV_EP11_PATTERN_LEN];
    bench_operational(&bench, &people, 2, 1, 1, 0);
    pattern(1 ^ 2, vp);
    import_ok(CLV_EP11_IMPORTER_P521, 2, 1 ^ 2);
    bench_do(&bench, &people, CLV_EP11_COMMIT_WK, clv_view_of(vp, sizeof(vp)), "0");
    import_ok(CLV_EP11_IMPORTER_P521, 3, 1 ^ 2 ^ 3);
    cr_assert(!bench.domain->next_committed);
    bench_do(&bench, &people, CLV_EP11_CLEAR_NEXT_WK, nothing, "0");
    cr_assert_null(bench.domain->next_wk);
}

Test(registers, a_random_key_goes_where_there_is_room)
{
    bench_operational(&bench, &people, 2, 1, 1, CLV_EP11_PERM_WK_RANDOM);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    cr_assert_not_null(bench.domain->current_wk);
    cr_assert_null(bench.domain->next_wk);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    cr_assert_not_null(bench.domain->next_wk);
    refuses(CLV_EP11_GEN_WK, nothing, "0", 80, 53);
    cr_assert(!clv_secret_equal(bench.domain->current_wk, bench.domain->next_wk));
}

Test(registers, what_permissions_forbid)
{
    struct clv_writer w = {0};
    static const uint32_t no_import[] = {3, CLV_EP11_PERM_DOMAIN_DEFAULT & ~1u, 0};
    bench_operational(&bench, &people, 2, 1, 1, 0);
    refuses(CLV_EP11_GEN_WK, nothing, "0", 80, 52);
    refuses(CLV_EP11_EXPORT_WK, clv_view_of("x", 1), "0", 80, 131);
    bench_do(&bench, &people, CLV_EP11_SET_ATTR, attributes_input(&w, no_import), "0");
    struct clv_writer parts = {0};
    uint8_t buf[4];
    bench_do(&bench, &people, CLV_EP11_GEN_IMPORTER, u32_input(buf, 3), "0");
    import_input(&bench, &people, 2, "0", &parts);
    refuses(CLV_EP11_IMPORT_WK, clv_writer_view(&parts), NULL, 80, 80);
    clv_writer_clear(&w);
    clv_writer_clear(&parts);
}

/* ---- export ---- */

struct holder {
    struct clv_secret *scalar;
    uint8_t cert[CLV_EP11_KPH_CERT_LEN];
};

static void holder_open(struct holder *h)
{
    uint8_t point[CLV_P521_POINT_LEN];
    cr_assert_eq(clv_p521_generate(&h->scalar, point, NULL), CLV_OK);
    clv_ep11_kph_cert_encode(point, h->cert);
}

static void export_request(struct clv_writer *w, const struct holder *holders, uint32_t num,
                           uint32_t needed)
{
    struct clv_ep11_parameter entries[8] = {{0x1c, needed, {0}}, {0x1f, 0x0c, {0}}};
    for (uint32_t i = 0; i < num; i++)
        entries[2 + i] = (struct clv_ep11_parameter){
            0x1d, i, clv_view_of(holders[i].cert, CLV_EP11_KPH_CERT_LEN)};
    clv_ep11_parameters_encode(w, entries, 2 + num);
}

/* Opens what was exported and XORs it: the register's key must come out. */
static void check_export(struct clv_view output, const struct holder *holders, uint32_t num,
                         const struct clv_secret *key)
{
    struct clv_ep11_parameter entries[40];
    struct clv_secret *sum = NULL;
    size_t n = 0;
    uint32_t reason = 0, signatures = 0;
    cr_assert_eq(clv_ep11_parameters_decode(output, entries, 40, &n, NULL), CLV_OK);
    for (size_t i = 0; i < n; i++) {
        struct clv_secret *part = NULL;
        if (entries[i].tag == 0x1a)
            signatures++;
        if (entries[i].tag != 0x19)
            continue;
        cr_assert_lt(entries[i].index, num);
        cr_assert_eq(clv_ep11_recipient_open(entries[i].data, CLV_EP11_KEY_P521,
                                             holders[entries[i].index].scalar, &part, &reason,
                                             NULL),
                     CLV_OK);
        if (!sum)
            cr_assert_eq(clv_secret_new(32, &sum, NULL), CLV_OK);
        clv_secret_xor(sum, part);
        clv_secret_free(&part);
    }
    cr_assert_eq(signatures, num);
    cr_assert(clv_secret_equal(sum, key));
    clv_secret_free(&sum);
}

Test(registers, export_to_one_and_to_three_holders)
{
    struct holder holders[3] = {0};
    const uint32_t permissions =
        CLV_EP11_PERM_WK_EXPORT | CLV_EP11_PERM_WK_RANDOM | CLV_EP11_PERM_WK_1PART;
    for (int i = 0; i < 3; i++)
        holder_open(&holders[i]);
    bench_operational(&bench, &people, 2, 1, 1, permissions);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    for (uint32_t num = 1; num <= 3; num += 2) {
        struct clv_writer w = {0};
        struct answer answer;
        export_request(&w, holders, num, num);
        struct order order = {
            .command = CLV_EP11_EXPORT_WK, .input = clv_writer_view(&w), .signers = "0"};
        bench_order(&bench, &people, &order, &answer);
        check_export(answer.block.output, holders, num, bench.domain->current_wk);
        answer_clear(&answer);
        order.command = CLV_EP11_EXPORT_NEXT_WK;
        bench_order(&bench, &people, &order, &answer);
        check_export(answer.block.output, holders, num, bench.domain->next_wk);
        answer_clear(&answer);
        clv_writer_clear(&w);
    }
    for (int i = 0; i < 3; i++)
        clv_secret_free(&holders[i].scalar);
}

Test(registers, export_refuses_what_it_cannot_do)
{
    struct holder holder = {0};
    struct clv_writer none = {0}, one = {0}, fewer = {0};
    holder_open(&holder);
    const struct holder both[2] = {holder, holder};
    bench_operational(&bench, &people, 2, 1, 1, CLV_EP11_PERM_WK_EXPORT | CLV_EP11_PERM_WK_RANDOM);
    export_request(&none, NULL, 0, 1);
    export_request(&one, &holder, 1, 1);
    export_request(&fewer, both, 2, 1);
    refuses(CLV_EP11_EXPORT_WK, clv_writer_view(&one), "0", 96, 49);
    refuses(CLV_EP11_EXPORT_NEXT_WK, clv_writer_view(&one), "0", 96, 50);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    refuses(CLV_EP11_EXPORT_WK, clv_writer_view(&none), "0", 3, 102);
    refuses(CLV_EP11_EXPORT_WK, clv_view_of("x", 1), "0", 3, 102);
    refuses(CLV_EP11_EXPORT_WK, clv_writer_view(&fewer), "0", 3, 102);
    refuses(CLV_EP11_EXPORT_WK, clv_writer_view(&one), "0", 80, 81);
    clv_writer_clear(&none);
    clv_writer_clear(&one);
    clv_writer_clear(&fewer);
    clv_secret_free(&holder.scalar);
}

/* ---- zeroize ---- */

Test(registers, zeroize_leaves_nothing_and_starts_another_life)
{
    uint8_t before[CLV_EP11_COUNTER_LEN];
    size_t fresh = clv_secret_alive();
    struct answer answer;
    bench_operational(&bench, &people, 3, 2, 2, CLV_EP11_PERM_WK_RANDOM);
    import_ok(CLV_EP11_IMPORTER_P521, 2, 1 ^ 2);
    bench_do(&bench, &people, CLV_EP11_GEN_WK, nothing, "0");
    uint32_t instance = bench.domain->instance;
    memcpy(before, bench.domain->counter, sizeof(before));
    struct order order = {.command = CLV_EP11_ZEROIZE, .signers = "01"};
    bench_order(&bench, &people, &order, &answer);
    cr_assert_eq(answer.block.return_code, 0);
    cr_assert_eq(answer.block.output.len, 0);
    cr_assert_eq(bench.domain->instance, instance + 1);
    cr_assert_arr_eq(answer.block.counter, bench.domain->counter, CLV_EP11_COUNTER_LEN);
    cr_assert(memcmp(before, bench.domain->counter, sizeof(before)) != 0);
    cr_assert(clv_unitd_in_imprint(bench.domain));
    cr_assert_eq(bench.domain->num_admins, 0);
    cr_assert_eq(bench.domain->attributes[CLV_EP11_ATTR_PERMISSIONS], CLV_EP11_PERM_DOMAIN_DEFAULT);
    cr_assert_eq(clv_secret_alive(), fresh);
    answer_clear(&answer);
}
