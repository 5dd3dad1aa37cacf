#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(info, .init = test_start);

Test(info, states_follow_the_flags)
{
    static const struct {
        uint32_t flags;
        enum clv_ep11_current_state current;
        enum clv_ep11_new_state new_state;
    } cases[] = {
        {0x00, CLV_CURRENT_EMPTY, CLV_NEW_EMPTY},
        {0x02, CLV_CURRENT_VALID, CLV_NEW_EMPTY},
        {0x04, CLV_CURRENT_EMPTY, CLV_NEW_UNCOMMITTED},
        {0x08, CLV_CURRENT_EMPTY, CLV_NEW_EMPTY}, /* committed without a key means nothing */
        {0x0c, CLV_CURRENT_EMPTY, CLV_NEW_COMMITTED},
        {0xfffffff1, CLV_CURRENT_EMPTY, CLV_NEW_EMPTY},
        {0xffffffff, CLV_CURRENT_VALID, CLV_NEW_COMMITTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct clv_ep11_domain_info info = {.flags = cases[i].flags};
        cr_assert_eq(clv_ep11_current_state(&info), cases[i].current);
        cr_assert_eq(clv_ep11_new_state(&info), cases[i].new_state);
    }
    cr_assert_str_eq(clv_ep11_new_state_text(CLV_NEW_UNCOMMITTED), "Full uncommitted");
    cr_assert_str_eq(clv_ep11_new_state_text(CLV_NEW_COMMITTED), "Full committed");
    cr_assert_str_eq(clv_ep11_current_state_text(CLV_CURRENT_VALID), "Valid");
}

Test(info, shorter_payloads_are_refused_longer_ones_read)
{
    static const uint8_t zeros[200];
    struct clv_ep11_domain_info domain;
    struct clv_ep11_module_info module;
    for (size_t len = 0; len <= sizeof(zeros); len++) {
        cr_assert_eq(clv_ep11_domain_info_decode(clv_view_of(zeros, len), &domain, NULL),
                     len < 80 ? CLV_E_FORMAT : CLV_OK);
        cr_assert_eq(clv_ep11_module_info_decode(clv_view_of(zeros, len), &module, NULL),
                     len < 196 ? CLV_E_FORMAT : CLV_OK);
    }
}

Test(info, a_refusal_may_come_without_a_payload)
{
    static const uint8_t refused[] = {0x30, 18, 4, 4, 0, 1, 0, 38, 4, 4,
                                      0,    0,  0, 3, 4, 4, 0, 0,  0, 3};
    struct clv_ep11_info_response rsp;
    uint8_t bytes[sizeof(refused)];
    memcpy(bytes, refused, sizeof(bytes));
    cr_assert_eq(clv_ep11_info_response_decode(clv_view_of(bytes, sizeof(bytes)), &rsp, NULL),
                 CLV_OK);
    cr_assert_eq(rsp.return_value, 3);
    bytes[sizeof(bytes) - 1] = 0;
    cr_assert_eq(clv_ep11_info_response_decode(clv_view_of(bytes, sizeof(bytes)), &rsp, NULL),
                 CLV_E_FORMAT);
}

Test(info, the_payload_has_a_two_byte_length)
{
    struct clv_writer w = {0};
    const struct clv_ep11_info_response rsp = {
        .function = 0x00010026, .domain = 3, .payload = clv_view_of("payload", 7)};
    clv_ep11_info_response_encode(&w, &rsp);
    cr_assert_eq(w.len, 4 + 18 + 4 + 7);
    cr_assert_arr_eq(w.data, "\x30\x82\x00\x1d", 4);
    cr_assert_arr_eq(w.data + 22, "\x04\x82\x00\x07", 4);
    clv_writer_clear(&w);
}
