/* Requests and responses: what is refused, and that a refusal leaves the output alone. */
#include <criterion/criterion.h>
#include <string.h>

#include "src/ep11/internal.h"
#include "start.h"

TestSuite(message, .init = test_start);

static const uint8_t id16[16] = "16 bytes of text";

static struct clv_ep11_admin_block sample_block(void)
{
    struct clv_ep11_admin_block block = {.command = CLV_EP11_COMMIT_WK,
                                         .domain_id = {0, 0, 0, 8, 0, 0, 0, 1},
                                         .module_id = clv_view_of(id16, 16),
                                         .counter = clv_view_of(id16, 16),
                                         .input = clv_view_of("pattern", 7)};
    return block;
}

static void write_request(struct clv_writer *w)
{
    struct clv_writer inner = {0};
    struct clv_ep11_admin_block block = sample_block();
    clv_ep11_admin_block_encode(&inner, &block);
    const struct clv_ep11_admin_request req = {.function = 0x00010029,
                                               .domain = 8,
                                               .block = clv_writer_view(&inner),
                                               .signatures = clv_view_of("signatures", 10)};
    clv_ep11_admin_request_encode(w, &req);
    clv_writer_clear(&inner);
    cr_assert_eq(clv_writer_done(w, NULL), CLV_OK);
}

static void write_response(struct clv_writer *w)
{
    struct clv_writer inner = {0};
    struct clv_ep11_response_block block = {
        .command = CLV_EP11_COMMIT_WK, .return_code = 101, .output = clv_view_of("\0\0\0\x30", 4)};
    clv_ep11_response_block_encode(&inner, &block);
    const struct clv_ep11_response rsp = {.function = 0x00010029,
                                          .domain = 8,
                                          .block = clv_writer_view(&inner),
                                          .signatures = clv_view_of("signatures", 10)};
    clv_ep11_response_encode(w, &rsp);
    clv_writer_clear(&inner);
    cr_assert_eq(clv_writer_done(w, NULL), CLV_OK);
}

Test(message, a_request_comes_back_as_it_was)
{
    struct clv_writer w = {0};
    struct clv_ep11_admin_request req;
    struct clv_ep11_admin_block block;
    write_request(&w);
    cr_assert_eq(clv_ep11_admin_request_decode(clv_writer_view(&w), &req, NULL), CLV_OK);
    cr_assert_eq(req.function, 0x00010029);
    cr_assert_eq(req.domain, 8);
    cr_assert(clv_view_equal(req.signatures, clv_view_of("signatures", 10)));
    cr_assert_eq(clv_ep11_admin_block_decode(req.block, &block, NULL, NULL), CLV_OK);
    const struct clv_ep11_admin_block want = sample_block();
    cr_assert_eq(block.command, want.command);
    cr_assert_arr_eq(block.domain_id, want.domain_id, sizeof(block.domain_id));
    cr_assert(clv_view_equal(block.module_id, want.module_id));
    cr_assert(clv_view_equal(block.counter, want.counter));
    cr_assert(clv_view_equal(block.input, want.input));
    cr_assert_eq(clv_ep11_peek_function(clv_writer_view(&w)), CLV_EP11_FN_ADMIN);
    clv_writer_clear(&w);
}

/* Every proper beginning of a message, and the message with one byte more, is refused. */
static void refuse_other_lengths(struct clv_view good,
                                 clv_status (*decode)(struct clv_view, struct clv_error *))
{
    uint8_t longer[1024];
    struct clv_error err = {0};
    cr_assert_lt(good.len, sizeof(longer));
    memcpy(longer, good.data, good.len);
    longer[good.len] = 0;
    cr_assert_eq(decode(good, &err), CLV_OK);
    cr_assert_eq(err.code, CLV_OK);
    for (size_t len = 0; len < good.len; len++) {
        err = (struct clv_error){0};
        cr_assert_eq(decode(clv_view_of(good.data, len), &err), CLV_E_FORMAT, "%zu bytes", len);
        cr_assert_eq(err.code, CLV_E_FORMAT);
        cr_assert_gt(err.num_whiles, 0);
        cr_assert_eq(decode(clv_view_of(good.data, len), NULL), CLV_E_FORMAT);
    }
    cr_assert_eq(decode(clv_view_of(longer, good.len + 1), &err), CLV_E_FORMAT);
}

static clv_status decode_request(struct clv_view bytes, struct clv_error *err)
{
    struct clv_ep11_admin_request req;
    struct clv_ep11_admin_request before;
    memset(&req, 0x5a, sizeof(req));
    memset(&before, 0x5a, sizeof(before));
    clv_status status = clv_ep11_admin_request_decode(bytes, &req, err);
    if (status != CLV_OK)
        cr_assert_arr_eq(&req, &before, sizeof(req), "the output changed");
    return status;
}

static clv_status decode_block(struct clv_view bytes, struct clv_error *err)
{
    struct clv_ep11_admin_block block;
    return clv_ep11_admin_block_decode(bytes, &block, NULL, err);
}

static clv_status decode_response(struct clv_view bytes, struct clv_error *err)
{
    struct clv_ep11_response rsp;
    return clv_ep11_response_decode(bytes, &rsp, err);
}

static clv_status decode_response_block(struct clv_view bytes, struct clv_error *err)
{
    struct clv_ep11_response_block block;
    return clv_ep11_response_block_decode(bytes, &block, err);
}

Test(message, other_lengths_are_refused)
{
    struct clv_writer w = {0};
    struct clv_ep11_admin_request req;
    struct clv_ep11_response rsp;
    write_request(&w);
    refuse_other_lengths(clv_writer_view(&w), decode_request);
    cr_assert_eq(clv_ep11_admin_request_decode(clv_writer_view(&w), &req, NULL), CLV_OK);
    refuse_other_lengths(req.block, decode_block);
    clv_writer_clear(&w);
    write_response(&w);
    refuse_other_lengths(clv_writer_view(&w), decode_response);
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&w), &rsp, NULL), CLV_OK);
    refuse_other_lengths(rsp.block, decode_response_block);
    clv_writer_clear(&w);
}

Test(message, a_domain_id_of_another_size_is_left_to_the_caller)
{
    static const uint8_t bytes[] = {0x30, 0x13, 0x04, 0x04, 0, 0, 0, 0x0d, 0x04, 0x05, 1,
                                    2,    3,    4,    5,    4, 0, 4, 0,    4,    0};
    struct clv_ep11_admin_block block;
    bool wrong = false;
    struct clv_view view = clv_view_of(bytes, sizeof(bytes));
    cr_assert_eq(clv_ep11_admin_block_decode(view, &block, &wrong, NULL), CLV_OK);
    cr_assert(wrong);
    cr_assert_arr_eq(block.domain_id, "\0\0\0\0\0\0\0\0", 8);
    cr_assert_eq(clv_ep11_admin_block_decode(view, &block, NULL, NULL), CLV_E_FORMAT);
}

Test(message, an_outer_error_has_three_elements)
{
    struct clv_writer w = {0};
    struct clv_ep11_response got;
    const struct clv_ep11_response rsp = {
        .function = 0x00010029, .domain = 3, .return_value = CLV_EP11_NO_REASON};
    clv_ep11_response_encode(&w, &rsp);
    cr_assert_eq(w.len, 22);
    cr_assert_arr_eq(w.data, "\x30\x82\x00\x12", 4);
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&w), &got, NULL), CLV_OK);
    cr_assert_eq(got.return_value, rsp.return_value);
    cr_assert_eq(got.block.len, 0);
    w.data[w.len - 1] = w.data[w.len - 2] = w.data[w.len - 3] = w.data[w.len - 4] = 0;
    cr_assert_eq(clv_ep11_response_decode(clv_writer_view(&w), &got, NULL), CLV_E_FORMAT);
    clv_writer_clear(&w);
}

Test(message, units_lengths_have_two_bytes)
{
    struct clv_writer w = {0};
    write_response(&w);
    cr_assert_arr_eq(w.data, "\x30\x82", 2);
    cr_assert_arr_eq(w.data + 4 + 18, "\x04\x82", 2);
    cr_assert_arr_eq(w.data + 4 + 18 + 4, "\x30\x82", 2);
    clv_writer_clear(&w);
}

Test(message, reason_is_the_output_of_a_failed_block)
{
    struct clv_ep11_response_block b = {.return_code = 101,
                                        .output = clv_view_of("\0\0\0\x30 and more", 13)};
    cr_assert_eq(clv_ep11_reason(&b), 48);
    b.output.len = 3;
    cr_assert_eq(clv_ep11_reason(&b), CLV_EP11_NO_REASON);
    b.output.len = 4;
    b.return_code = 0;
    cr_assert_eq(clv_ep11_reason(&b), CLV_EP11_NO_REASON);
}

Test(message, commands_have_names)
{
    cr_assert_str_eq(clv_ep11_command_name(CLV_EP11_FINALIZE_WK), "FINALIZE_WK");
    cr_assert_str_eq(clv_ep11_command_name(CLV_EP11_Q_NEXT_WK), "query NEXT_WK");
    cr_assert_str_eq(clv_ep11_command_name(0x7f), "unknown command");
    cr_assert(clv_ep11_is_query(CLV_EP11_Q_ATTRS));
    cr_assert_not(clv_ep11_is_query(CLV_EP11_ZEROIZE));
}

Test(message, function_of_something_else_is_none)
{
    cr_assert_eq(clv_ep11_peek_function(clv_view_of(NULL, 0)), 0);
    cr_assert_eq(clv_ep11_peek_function(clv_view_of("text", 4)), 0);
    cr_assert_eq(clv_ep11_peek_function(clv_view_of("\x30\x02\x04\x00", 4)), 0);
}
