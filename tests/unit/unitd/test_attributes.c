/* Section e of the protocol page: what SET_ATTR may change, from which state. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "unitd_people.h"

#define DEFAULT CLV_EP11_PERM_DOMAIN_DEFAULT
#define OK 0, CLV_EP11_NO_REASON

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
}

TestSuite(attributes, .init = open_all, .fini = close_all);

struct change {
    const char *what;
    uint32_t pairs[11]; /* index, value, ..., 0 */
    uint32_t code, reason;
};

static void give(const struct change *change, const char *signers)
{
    struct clv_writer w = {0};
    struct order order = {.command = CLV_EP11_SET_ATTR, .signers = signers};
    order.input = attributes_input(&w, change->pairs);
    if (change->code == 0)
        bench_do(&bench, &people, CLV_EP11_SET_ATTR, order.input, signers);
    else
        bench_refuses(&bench, &people, &order, change->code, change->reason);
    clv_writer_clear(&w);
}

/* clang-format off */
static const struct change refused_in_imprint[] = {
    { "revocation threshold stays zero", {1, 2, 2, 0},                        209, 56 },
    { "more signers than people",        {1, 4, 2, 2},                        209, 57 },
    { "more revokers than people",       {1, 2, 2, 4},                        209, 58 },
    { "one signer without 1SIGN",        {1, 1, 2, 2, 3, DEFAULT & ~0x10u},   209, 78 },
    { "one revoker without 1SIGN",       {1, 2, 2, 1, 3, DEFAULT & ~0x10u},   209, 79 },
    { "unknown attribute",               {11, 2},                             209, 42 },
    { "the same attribute twice",        {1, 2, 1, 2},                        209, 43 },
    { "standards are read-only",         {1, 2, 2, 2, 5, 0xff},               209, 72 },
    { "left imprint is read-only",       {1, 2, 2, 2, 4, 0x40203},            209, 72 },
    { "a module's permission",           {1, 2, 2, 2, 3, DEFAULT | 0x100},    209, 72 },
    { "a module's change bit",           {1, 2, 2, 2, 3, DEFAULT | 0x2000000}, 209, 69 },
};

/* From thresholds 2 and 2 of three people, permissions default. */
static const struct change refused_after[] = {
    { "signature threshold to zero",  {1, 0},                  209, 76 },
    { "revocation threshold to zero", {2, 0},                  209, 77 },
    { "signature threshold above",    {1, 4},                  209, 57 },
    { "revocation threshold above",   {2, 4},                  209, 58 },
    { "left imprint cannot be undone", {4, 0x40202},           209, 72 },
    { "external warning",             {4, 0x40201},            209, 72 },
};
/* clang-format on */

Test(attributes, what_does_not_leave_imprint_mode)
{
    for (unsigned i = 0; i < 3; i++)
        bench_do(&bench, &people, CLV_EP11_ADMIN_LOGIN, clv_writer_view(&people.cert[i]), NULL);
    for (size_t i = 0; i < sizeof(refused_in_imprint) / sizeof(refused_in_imprint[0]); i++)
        give(&refused_in_imprint[i], "01");
    cr_assert(clv_unitd_in_imprint(bench.domain));
    give(&(struct change){"one signature for two", {1, 2, 2, 2}, 208, 21}, "0");
    give(&(struct change){"both signed", {1, 2, 2, 2, 4, 0x40202}, OK}, "01");
    cr_assert(!clv_unitd_in_imprint(bench.domain));
    cr_assert_eq(bench.domain->attributes[CLV_EP11_ATTR_MODE], 0x40203);
}

Test(attributes, in_imprint_mode_permissions_change_unsigned)
{
    give(&(struct change){"export on", {3, DEFAULT | 2}, OK}, NULL);
    cr_assert(clv_unitd_in_imprint(bench.domain));
    cr_assert_eq(bench.domain->attributes[CLV_EP11_ATTR_PERMISSIONS], DEFAULT | 2);
}

Test(attributes, rules_after_imprint_mode)
{
    bench_operational(&bench, &people, 3, 2, 2, 0);
    for (size_t i = 0; i < sizeof(refused_after) / sizeof(refused_after[0]); i++)
        give(&refused_after[i], "01");
    give(&(struct change){"a strength may be asked for", {4, 0x40207}, OK}, "01");
    give(&(struct change){"and fixed", {4, 0x00207}, OK}, "01");
    give(&(struct change){"for good", {4, 0x00203}, 209, 70}, "01");
    give(&(struct change){"the old threshold signs", {1, 3}, OK}, "12");
    give(&(struct change){"and then the new one", {1, 2}, 208, 21}, "01");
    give(&(struct change){"and then the new one", {1, 2}, OK}, "012");
}

Test(attributes, a_permission_moves_only_while_its_change_bit_stands)
{
    static const struct {
        uint32_t permission, change_bit;
    } bits[] = {
        {0x1, 0x10000},   {0x2, 0x20000},    {0x4, 0x40000},       {0x8, 0x80000},
        {0x20, 0x800000}, {0x40, 0x1000000}, {0x2000, 0x80000000},
    };
    bench_operational(&bench, &people, 2, 2, 2, 0);
    uint32_t now = DEFAULT;
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        now ^= bits[i].permission;
        give(&(struct change){"may still move", {3, now}, OK}, "01");
        now &= ~bits[i].change_bit;
        give(&(struct change){"bit given up", {3, now}, OK}, "01");
        give(&(struct change){"fixed now", {3, now ^ bits[i].permission}, 209, 70}, "01");
        give(&(struct change){"and for good", {3, now | bits[i].change_bit}, 209, 69}, "01");
    }
}

Test(attributes, a_threshold_moves_only_while_its_change_bit_stands)
{
    bench_operational(&bench, &people, 3, 2, 2, 0);
    give(&(struct change){"both given up", {3, DEFAULT & ~0x300000u}, OK}, "01");
    give(&(struct change){"sign", {1, 3}, 209, 71}, "01");
    give(&(struct change){"revoke", {2, 3}, 209, 71}, "01");
    give(&(struct change){"the same value is no change", {1, 2, 2, 2}, OK}, "01");
}

Test(attributes, one_sign_cannot_go_while_a_threshold_is_one)
{
    bench_operational(&bench, &people, 3, 1, 2, 0);
    give(&(struct change){"in use", {3, DEFAULT & ~0x10u}, 209, 74}, "0");
    give(&(struct change){"together", {1, 2, 3, DEFAULT & ~0x10u}, OK}, "0");
    give(&(struct change){"no way back to one", {1, 1}, 209, 78}, "01");
    give(&(struct change){"nor there", {2, 1}, 209, 79}, "01");
}

Test(attributes, list_of_odd_size)
{
    static const uint8_t seven[7] = {0, 0, 0, 1, 0, 0, 0};
    bench_operational(&bench, &people, 3, 2, 2, 0);
    struct order order = {
        .command = CLV_EP11_SET_ATTR, .signers = "01", .input = clv_view_of(seven, 7)};
    bench_refuses(&bench, &people, &order, 32, 41);
}

Test(attributes, newer_callers_see_ten)
{
    struct answer answer;
    struct order order = {.command = CLV_EP11_Q_ATTRS};
    for (unsigned ordinal = 1; ordinal <= 6; ordinal++) {
        struct clv_ep11_attributes list;
        order.ordinal = ordinal;
        bench_order(&bench, &people, &order, &answer);
        cr_assert_eq(clv_ep11_attributes_decode(answer.block.output, &list, NULL, NULL), CLV_OK);
        for (int i = 1; i <= CLV_EP11_ATTR_MAX; i++)
            cr_assert_eq(list.present[i], i <= 5 || ordinal >= 5, "ordinal %u, attribute %d",
                         ordinal, i);
        answer_clear(&answer);
    }
}
