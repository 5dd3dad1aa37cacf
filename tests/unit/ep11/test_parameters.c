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
