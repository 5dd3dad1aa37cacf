#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/base.h"

Test(bytes, are_zero_when_each_one_is)
{
    uint8_t bytes[5] = {0};
    cr_assert(clv_bytes_are_zero(bytes, sizeof bytes));
    cr_assert(clv_bytes_are_zero(NULL, 0));
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0x80;
        cr_assert(!clv_bytes_are_zero(bytes, sizeof bytes));
        bytes[i] = 0;
    }
}

Test(reader, reads_big_endian_and_ends_exactly)
{
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 'a', 'b'};
    struct clv_reader r;
    clv_reader_init(&r, data, sizeof data);
    cr_assert_eq(clv_read_u8(&r, "a"), 1);
    cr_assert_eq(clv_read_u16(&r, "b"), 0x0203);
    cr_assert_eq(clv_read_u32(&r, "c"), 0x04050607);
    cr_assert_eq(clv_read_u64(&r, "d"), UINT64_C(0x08090a0b0c0d0e0f));
    cr_assert_eq(clv_reader_left(&r), 2);
    struct clv_view rest = clv_read_rest(&r);
    cr_assert_eq(rest.len, 2);
    cr_assert_eq(rest.data[0], 'a');
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
}

Test(reader, the_first_fault_sticks)
{
    static const uint8_t data[] = {1, 2, 3};
    struct clv_reader r;
    struct clv_error err = {0};
    clv_reader_init(&r, data, sizeof data);
    (void)clv_read_u8(&r, "version");
    cr_assert_eq(clv_read_u32(&r, "counter"), 0);
    cr_assert_not(clv_reader_ok(&r));
    cr_assert_eq(clv_reader_left(&r), 0);
    cr_assert_eq(clv_read_u8(&r, "later"), 0); /* a byte is left, but nobody gets it */
    cr_assert_eq(clv_read_rest(&r).len, 0);
    uint8_t buf[2] = {9, 9};
    clv_read_into(&r, buf, 2, "later");
    cr_assert_eq(buf[0] | buf[1], 0);
    clv_reader_fault(&r, "later", "is wrong as well");
    cr_assert_eq(clv_reader_done(&r, &err), CLV_E_FORMAT);
    cr_assert_str_eq(err.fact, "counter: ends too early (offset 1)");
}

Test(reader, a_nested_fault_reaches_the_outermost_with_its_offset)
{
    static const uint8_t data[] = {0, 0, 0, 0, 0, 0};
    struct clv_reader outer, middle, inner;
    struct clv_error err = {0};
    clv_reader_init(&outer, data, sizeof data);
    (void)clv_read_u8(&outer, "skip");
    clv_reader_sub(&outer, 4, &middle, "middle");
    (void)clv_read_u8(&middle, "skip");
    clv_reader_sub(&middle, 2, &inner, "inner");
    (void)clv_read_u8(&inner, "skip");
    (void)clv_read_u16(&inner, "field");
    cr_assert_not(clv_reader_ok(&outer));
    cr_assert_eq(clv_read_u8(&outer, "next"), 0);
    cr_assert_eq(clv_reader_done(&outer, &err), CLV_E_FORMAT);
    cr_assert_str_eq(err.fact, "field: ends too early (offset 3)");
}

Test(reader, a_sub_reader_cannot_leave_its_part)
{
    struct clv_reader r, inner;
    clv_reader_init(&r, "abcd", 4);
    clv_reader_sub(&r, 5, &inner, "too long");
    cr_assert_eq(clv_reader_left(&inner), 0);
    cr_assert_eq(inner.len, 0);
    cr_assert_not(clv_reader_ok(&inner));
}

Test(reader, huge_lengths_do_not_wrap)
{
    struct clv_reader r;
    clv_reader_init(&r, "abcd", 4);
    (void)clv_read_u8(&r, "a");
    cr_assert_eq(clv_read_bytes(&r, SIZE_MAX, "b").len, 0);
    cr_assert_not(clv_reader_ok(&r));
}

Test(reader, names_what_is_left_over)
{
    struct clv_reader r;
    struct clv_error err = {0};
    clv_reader_init(&r, "abc", 3);
    (void)clv_read_u8(&r, "a");
    cr_assert_eq(clv_reader_done(&r, &err), CLV_E_FORMAT);
    cr_assert_str_eq(err.fact, "2 bytes too many at the end (offset 1)");
    (void)clv_read_u8(&r, "b");
    cr_assert_eq(clv_reader_done(&r, &err), CLV_E_FORMAT);
    cr_assert_str_eq(err.fact, "1 byte too many at the end (offset 2)");
}

Test(reader, takes_nothing_from_nothing)
{
    struct clv_reader r;
    clv_reader_init(&r, NULL, 0);
    cr_assert_eq(clv_read_rest(&r).len, 0);
    cr_assert_not_null(clv_read_bytes(&r, 0, "empty").data);
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
}

Test(view, compares)
{
    cr_assert(clv_view_equal(clv_view_of("ab", 2), clv_view_of("ab", 2)));
    cr_assert_not(clv_view_equal(clv_view_of("ab", 2), clv_view_of("ac", 2)));
    cr_assert_not(clv_view_equal(clv_view_of("ab", 2), clv_view_of("ab", 1)));
    cr_assert(clv_view_equal(clv_view_of(NULL, 0), (struct clv_view){0}));
}

static void assert_written(const struct clv_writer *w, const void *want, size_t len)
{
    cr_assert_eq(clv_writer_done(w, NULL), CLV_OK);
    cr_assert(clv_view_equal(clv_writer_view(w), clv_view_of(want, len)));
}

Test(writer, writes_big_endian)
{
    static const char want[] = "\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0fxy\0\0n-7";
    struct clv_writer w;
    clv_writer_init(&w);
    clv_write_u8(&w, 1);
    clv_write_u16(&w, 0x0203);
    clv_write_u32(&w, 0x04050607);
    clv_write_u64(&w, UINT64_C(0x08090a0b0c0d0e0f));
    clv_write_text(&w, "xy");
    clv_write_zeros(&w, 2);
    clv_write_format(&w, "n%d", -7);
    clv_write_view(&w, clv_view_of(NULL, 0));
    assert_written(&w, want, sizeof want - 1);
    clv_writer_clear(&w);
    cr_assert_null(w.data);
    clv_writer_clear(&w);
}

Test(writer, grows_and_keeps_its_content)
{
    struct clv_writer w = {0};
    for (uint32_t i = 0; i < 100000; i++)
        clv_write_u32(&w, i);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_OK);
    struct clv_reader r;
    clv_reader_init(&r, w.data, w.len);
    for (uint32_t i = 0; i < 100000; i++)
        cr_assert_eq(clv_read_u32(&r, "i"), i);
    clv_writer_clear(&w);
}

Test(writer, inserts)
{
    struct clv_writer w = {0};
    clv_write_text(&w, "ad");
    clv_write_insert(&w, 1, "bc", 2);
    clv_write_insert(&w, 4, "e", 1);
    clv_write_insert(&w, 0, ">", 1);
    assert_written(&w, ">abcde", 6);
    clv_write_insert(&w, 7, "x", 1);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    clv_writer_clear(&w);
}

Test(writer, a_fixed_buffer_is_filled_to_the_last_byte_and_no_further)
{
    char buf[] = "######";
    struct clv_writer w;
    clv_writer_init_fixed(&w, buf, 5);
    clv_write_text(&w, "abc");
    clv_write_u16(&w, 0x6465);
    assert_written(&w, "abcde", 5);
    clv_write_u8(&w, 'f');
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    cr_assert_str_eq(buf, "abcde#");
    clv_writer_clear(&w);
}

Test(writer, a_failure_sticks)
{
    uint8_t buf[4];
    struct clv_writer w;
    clv_writer_init_fixed(&w, buf, sizeof buf);
    clv_write_zeros(&w, 5);
    clv_write_u8(&w, 1); /* would fit */
    cr_assert_eq(w.len, 0);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    clv_writer_clear(&w);
}

Test(writer, formatted_text_needs_room_for_its_nul_only_while_it_is_written)
{
    char buf[8];
    struct clv_writer w;
    clv_writer_init_fixed(&w, buf, sizeof buf);
    clv_write_format(&w, "%s", "1234567");
    assert_written(&w, "1234567", 7);
    clv_write_format(&w, "%s", "8");
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    clv_writer_clear(&w);
}

Test(writer, huge_lengths_do_not_wrap)
{
    struct clv_writer w = {0};
    clv_write_u8(&w, 1);
    clv_write_zeros(&w, SIZE_MAX);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    cr_assert_eq(w.len, 1);
    clv_writer_clear(&w);
}

Test(writer, hands_its_bytes_over)
{
    struct clv_writer w = {0};
    uint8_t *data = NULL;
    size_t len = 99;
    clv_write_text(&w, "abc");
    cr_assert_eq(clv_writer_detach(&w, &data, &len, NULL), CLV_OK);
    cr_assert_eq(len, 3);
    cr_assert_arr_eq(data, "abc", 3);
    cr_assert_null(w.data);
    free(data);
    cr_assert_eq(clv_writer_detach(&w, &data, &len, NULL), CLV_OK);
    cr_assert_eq(len, 0);
    cr_assert_not_null(data);
    free(data);
}

Test(writer, does_not_hand_borrowed_bytes_over)
{
    uint8_t buf[4], *data = NULL;
    size_t len = 0;
    struct clv_writer w;
    clv_writer_init_fixed(&w, buf, sizeof buf);
    cr_assert_eq(clv_writer_detach(&w, &data, &len, NULL), CLV_E_INTERNAL);
    cr_assert_null(data);
}

Test(writer, takes_over_what_another_holds_and_its_failure)
{
    uint8_t small[2];
    struct clv_writer whole = {0}, part = {0}, failed;
    clv_writer_init_fixed(&failed, small, sizeof small);
    clv_write_text(&part, "ab");
    clv_write_writer(&whole, &part);
    cr_assert_eq(clv_writer_done(&whole, NULL), CLV_OK);
    cr_assert(clv_view_equal(clv_writer_view(&whole), clv_view_of("ab", 2)));
    clv_write_text(&failed, "too long");
    clv_write_writer(&whole, &failed);
    cr_assert_neq(clv_writer_done(&whole, NULL), CLV_OK);
    clv_writer_clear(&whole);
    clv_writer_clear(&part);
}
