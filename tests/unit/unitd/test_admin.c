#include <criterion/criterion.h>
#include <string.h>

#include "claviger/der.h"
#include "unitd_people.h"

static struct bench bench;
static struct people people;

static void open_all(void)
{
    people_open(&people, 9, true);
    bench_open(&bench, (struct clv_unitd_setup){0});
}

static void close_all(void)
{
    bench_close(&bench);
    people_close(&people);
}

TestSuite(admin, .init = open_all, .fini = close_all);

static struct clv_view cert(unsigned person)
{
    return clv_writer_view(&people.cert[person]);
}

static struct clv_view ski(unsigned person)
{
    return clv_view_of(people.signer[person].ski, CLV_SKI_LEN);
}

static void refuses(uint32_t command, struct clv_view input, const char *signers, uint32_t code,
                    uint32_t reason)
{
    struct order order = {.command = command, .input = input, .signers = signers};
    bench_refuses(&bench, &people, &order, code, reason);
}

Test(admin, eight_fit_and_no_more)
{
    for (unsigned i = 0; i < CLV_EP11_MAX_ADMINS; i++) {
        struct answer answer;
        struct order order = {.command = CLV_EP11_ADMIN_LOGIN, .input = cert(i)};
        bench_order(&bench, &people, &order, &answer);
        cr_assert_eq(answer.block.return_code, 0);
        cr_assert_eq(answer.block.output.len, (i + 1) * CLV_SKI_LEN);
        cr_assert_arr_eq(answer.block.output.data + (size_t)i * CLV_SKI_LEN, ski(i).data,
                         CLV_SKI_LEN);
        answer_clear(&answer);
    }
    refuses(CLV_EP11_ADMIN_LOGIN, cert(8), NULL, 261, 39);
    refuses(CLV_EP11_ADMIN_LOGIN, cert(3), NULL, 256, 38);
}

Test(admin, an_rsa_administrator_signs_like_the_others)
{
    bench_do(&bench, &people, CLV_EP11_ADMIN_LOGIN, cert(RSA_PERSON), NULL);
    bench_operational(&bench, &people, 1, 1, 1, 0);
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, (struct clv_view){0}, "9");
    refuses(CLV_EP11_CLEAR_WK, (struct clv_view){0}, "1", 257, 33);
}

Test(admin, what_is_not_a_certificate_is_refused)
{
    struct clv_view whole = cert(0);
    static uint8_t huge[CLV_UNITD_MAX_CERT + 1];
    refuses(CLV_EP11_ADMIN_LOGIN, (struct clv_view){0}, NULL, 33, CLV_EP11_NO_REASON);
    refuses(CLV_EP11_ADMIN_LOGIN, clv_view_of(whole.data, whole.len - 1), NULL, 32, 40);
    refuses(CLV_EP11_ADMIN_LOGIN, clv_view_of(huge, sizeof(huge)), NULL, 32, 40);
}

Test(admin, removal_stops_at_the_thresholds)
{
    bench_operational(&bench, &people, 4, 2, 3, 0);
    refuses(CLV_EP11_ADMIN_LOGOUT, clv_view_of(ski(0).data, 31), "012", 32, 32);
    refuses(CLV_EP11_ADMIN_LOGOUT, ski(5), "012", 32, 33);
    bench_do(&bench, &people, CLV_EP11_ADMIN_LOGOUT, ski(1), "012");
    cr_assert_eq(bench.domain->num_admins, 3);
    cr_assert_arr_eq(bench.domain->admins[1].ski, ski(2).data, CLV_SKI_LEN);
    refuses(CLV_EP11_ADMIN_LOGOUT, ski(3), "023", 209, 66);
}

Test(admin, the_last_one_stays)
{
    bench_operational(&bench, &people, 1, 1, 1, 0);
    refuses(CLV_EP11_ADMIN_LOGOUT, ski(0), "0", 209, 68);
}

Test(admin, in_imprint_mode_even_the_last_one_goes)
{
    bench_do(&bench, &people, CLV_EP11_ADMIN_LOGIN, cert(0), NULL);
    bench_do(&bench, &people, CLV_EP11_ADMIN_LOGOUT, ski(0), NULL);
    cr_assert_eq(bench.domain->num_admins, 0);
}

static struct clv_view replacement(struct clv_writer *w, struct clv_view old, struct clv_view new)
{
    size_t mark = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write_octets(w, old.data, old.len);
    clv_der_write_octets(w, new.data, new.len);
    clv_der_close(w, mark);
    return clv_writer_view(w);
}

Test(admin, replaced_by_another)
{
    struct clv_writer good = {0}, absent = {0}, there = {0};
    bench_operational(&bench, &people, 2, 2, 2, 0);
    refuses(CLV_EP11_ADMIN_REPLACE, replacement(&absent, ski(4), cert(5)), "01", 32, 33);
    refuses(CLV_EP11_ADMIN_REPLACE, replacement(&there, ski(0), cert(1)), "01", 256, 38);
    refuses(CLV_EP11_ADMIN_REPLACE, cert(5), "01", 32, 40);
    bench_do(&bench, &people, CLV_EP11_ADMIN_REPLACE, replacement(&good, ski(0), cert(5)), "01");
    cr_assert_eq(bench.domain->num_admins, 2);
    cr_assert_arr_eq(bench.domain->admins[0].ski, ski(5).data, CLV_SKI_LEN);
    bench_do(&bench, &people, CLV_EP11_CLEAR_WK, (struct clv_view){0}, "5");
    clv_writer_clear(&good);
    clv_writer_clear(&absent);
    clv_writer_clear(&there);
}

Test(admin, nine_signatures_are_too_many)
{
    bench_operational(&bench, &people, 2, 1, 1, 0);
    refuses(CLV_EP11_CLEAR_WK, (struct clv_view){0}, "001100110", 208, 87);
}
