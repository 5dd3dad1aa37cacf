#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(parameters, .init = test_start);

Test(parameters, maps_have_a_limit)
{
    const struct clv_ep11_parameter entries[] = {
        {0x1c, 1, {0}}, {0x19, 0, clv_view_of("part", 4)}, {0x1f, 12, {0}}};
    struct clv_ep11_parameter got[3];
    struct clv_writer w = {0};
    size_t num = 77;
    clv_ep11_parameters_encode(&w, entries, 3);
    cr_assert_eq(clv_ep11_parameters_decode(clv_writer_view(&w), got, 2, &num, NULL), CLV_E_FORMAT);
    cr_assert_eq(num, 77);
    cr_assert_eq(clv_ep11_parameters_decode(clv_writer_view(&w), got, 3, &num, NULL), CLV_OK);
    cr_assert_eq(num, 3);
    cr_assert_eq(got[1].tag, 0x19);
    cr_assert(clv_view_equal(got[1].data, entries[1].data));
    clv_writer_clear(&w);
}

Test(parameters, an_entry_has_at_least_six_bytes)
{
    struct clv_ep11_parameter got[3];
    size_t num = 0;
    cr_assert_eq(clv_ep11_parameters_decode(clv_view_of("\x30\x07\x04\x05\0\x1c\0\0\0", 9), got, 3,
                                            &num, NULL),
                 CLV_E_FORMAT);
}

Test(parameters, a_holders_certificate_has_its_marks_and_a_point)
{
    struct clv_secret *scalar = NULL;
    uint8_t point[CLV_P521_POINT_LEN], got[CLV_P521_POINT_LEN];
    uint8_t cert[CLV_EP11_KPH_CERT_LEN + 1] = {0};
    cr_assert_eq(clv_p521_generate(&scalar, point, NULL), CLV_OK);
    clv_ep11_kph_cert_encode(point, cert);
    struct clv_view view = clv_view_of(cert, CLV_EP11_KPH_CERT_LEN);
    cr_assert_eq(clv_ep11_kph_cert_decode(view, got, NULL), CLV_OK);
    cr_assert_arr_eq(got, point, sizeof(point));
    for (size_t at = 36; at < 44 + CLV_P521_POINT_LEN; at++) {
        cert[at] ^= 1;
        cr_assert_eq(clv_ep11_kph_cert_decode(view, got, NULL), CLV_E_FORMAT, "byte %zu", at);
        cert[at] ^= 1;
    }
    view.len++;
    cr_assert_eq(clv_ep11_kph_cert_decode(view, got, NULL), CLV_E_FORMAT);
    clv_secret_free(&scalar);
}

/* ---- exported keys ---- */

static clv_status export_of(const struct clv_ep11_parameter *entries, size_t num,
                            struct clv_view *ret_part)
{
    static uint8_t bytes[400];
    struct clv_error err = {0};
    struct clv_writer w;
    clv_writer_init_fixed(&w, bytes, sizeof(bytes));
    clv_ep11_parameters_encode(&w, entries, num);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_OK);
    clv_status status = clv_ep11_export_answer_decode(clv_writer_view(&w), ret_part, &err);
    cr_assert_eq(err.code, status);
    return status;
}

Test(parameters, an_export_is_one_part)
{
    const struct clv_ep11_parameter entries[] = {{0x1a, 0, clv_view_of("signature", 9)},
                                                 {0x19, 0, clv_view_of("part", 4)},
                                                 {0x19, 1, clv_view_of("more", 4)},
                                                 {0x1b, 2, {0}}};
    const struct clv_ep11_parameter split[] = {entries[1], entries[3]};
    struct clv_view part = {0};
    cr_assert_eq(export_of(entries, 0, &part), CLV_E_FORMAT);
    cr_assert_eq(export_of(entries, 1, &part), CLV_E_FORMAT);
    cr_assert_eq(export_of(entries, 3, &part), CLV_E_FORMAT);
    cr_assert_eq(export_of(split, 2, &part), CLV_E_FORMAT);
    cr_assert_eq(part.len, 0);
    cr_assert_eq(export_of(entries, 2, &part), CLV_OK);
    cr_assert(clv_view_equal(part, entries[1].data));
}

Test(parameters, an_export_that_is_cut_is_none)
{
    const struct clv_ep11_parameter entries[] = {{0x1b, 1, {0}}, {0x19, 0, clv_view_of("part", 4)}};
    struct clv_view part = {0};
    struct clv_writer w = {0};
    clv_ep11_parameters_encode(&w, entries, 2);
    for (size_t len = 0; len < w.len; len++)
        cr_assert_eq(clv_ep11_export_answer_decode(clv_view_of(w.data, len), &part, NULL),
                     CLV_E_FORMAT, "%zu bytes", len);
    clv_writer_clear(&w);
}
