#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/der.h"

/* One message with everything in it: SEQUENCE { OID, INTEGER, OCTETS(4), [0] { OCTETS } }. */
static const uint8_t message[] = {0x30, 0x16, 0x06, 0x02, 0x2a, 0x03, 0x02, 0x02,
                                  0x00, 0x80, 0x04, 0x04, 0x00, 0x01, 0x00, 0x02,
                                  0xa0, 0x06, 0x04, 0x04, 'a',  'b',  'c',  'd'};

struct fields {
    uint8_t number[4];
    uint32_t index;
    struct clv_view text;
};

static clv_status decode(const void *data, size_t len, struct fields *f, struct clv_error *err)
{
    struct clv_reader r, seq, explicit;
    clv_reader_init(&r, data, len);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "message");
    clv_der_expect(&seq, CLV_DER_OID, "\x2a\x03", 2, "kind");
    clv_der_read_unsigned(&seq, f->number, sizeof f->number, "number");
    f->index = clv_der_octets_u32(&seq, "index");
    clv_der_enter(&seq, CLV_DER_EXPLICIT_0, &explicit, "wrapper");
    f->text = clv_der_octets(&explicit, "text");
    clv_der_leave(&explicit);
    clv_der_leave(&seq);
    return clv_reader_done(&r, err);
}

static void encode(const struct fields *f, struct clv_writer *w)
{
    size_t seq = clv_der_open(w, CLV_DER_SEQUENCE);
    clv_der_write(w, CLV_DER_OID, "\x2a\x03", 2);
    clv_der_write_unsigned(w, f->number, sizeof f->number);
    clv_der_write_octets_u32(w, f->index);
    size_t explicit = clv_der_open(w, CLV_DER_EXPLICIT_0);
    clv_der_write_octets(w, f->text.data, f->text.len);
    clv_der_close(w, explicit);
    clv_der_close(w, seq);
}

Test(der, decodes_and_encodes_to_the_same_bytes)
{
    struct fields f = {0};
    struct clv_error err = {0};
    struct clv_writer w = {0};
    cr_assert_eq(decode(message, sizeof message, &f, &err), CLV_OK, "%s", err.fact);
    cr_assert_arr_eq(f.number, "\0\0\0\x80", 4);
    cr_assert_eq(f.index, 0x00010002);
    cr_assert(clv_view_equal(f.text, clv_view_of("abcd", 4)));
    encode(&f, &w);
    cr_assert(clv_view_equal(clv_writer_view(&w), clv_view_of(message, sizeof message)));
    clv_writer_clear(&w);
}

/* In memory of exactly its size, so that a read one byte too far shows. */
static clv_status decode_copy(const uint8_t *data, size_t len, struct clv_error *err)
{
    struct fields f = {0};
    uint8_t *copy = malloc(len > 0 ? len : 1);
    cr_assert_not_null(copy);
    memcpy(copy, data, len);
    clv_status status = decode(copy, len, &f, err);
    free(copy);
    return status;
}

Test(der, every_truncation_is_refused_with_field_and_offset)
{
    for (size_t len = 0; len < sizeof message; len++) {
        struct clv_error err = {0};
        cr_assert_eq(decode_copy(message, len, &err), CLV_E_FORMAT, "length %zu", len);
        cr_assert_not_null(strstr(err.fact, "(offset "), "%s", err.fact);
    }
}

Test(der, a_byte_more_is_refused)
{
    uint8_t longer[sizeof message + 1] = {0};
    memcpy(longer, message, sizeof message);
    cr_assert_eq(decode_copy(longer, sizeof longer, NULL), CLV_E_FORMAT);
}

/* A changed tag or length is refused; a changed value is read as such. Nothing else happens. */
Test(der, every_change_of_one_byte_is_refused_or_only_changes_a_value)
{
    static const size_t values[] = {8, 9, 12, 13, 14, 15, 20, 21, 22, 23};
    for (size_t at = 0; at < sizeof message; at++) {
        bool is_value = false;
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
            is_value = is_value || values[i] == at;
        for (unsigned v = 0; v < 256; v++) {
            uint8_t copy[sizeof message];
            memcpy(copy, message, sizeof message);
            copy[at] = (uint8_t)v;
            clv_status status = decode_copy(copy, sizeof copy, NULL);
            if (!is_value && v != message[at])
                cr_assert_eq(status, CLV_E_FORMAT, "byte %zu is %02x", at, v);
        }
    }
}

static const struct {
    const char *why;
    const char *bytes;
    size_t len;
    bool good;
} lengths[] = {
    {"short", "\x04\x01x", 3, true},
    {"one length byte", "\x04\x81\x01x", 4, true},
    {"two length bytes", "\x04\x82\x00\x01x", 5, true},
    {"three length bytes", "\x04\x83\x00\x00\x01x", 6, true},
    {"four length bytes", "\x04\x84\x00\x00\x00\x01x", 7, true},
    {"five length bytes", "\x04\x85\x00\x00\x00\x00\x01x", 8, false},
    {"indefinite", "\x04\x80x\x00\x00", 5, false},
    {"length cut off", "\x04\x82\x00", 3, false},
    {"no length", "\x04", 1, false},
    {"content cut off", "\x04\x02x", 3, false},
    {"enormous", "\x04\x84\xff\xff\xff\xffx", 7, false},
    {"127 length bytes", "\x04\xffx", 3, false},
};

Test(der, takes_definite_lengths_of_up_to_four_bytes)
{
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct clv_reader r;
        clv_reader_init(&r, lengths[i].bytes, lengths[i].len);
        struct clv_view v = clv_der_octets(&r, "field");
        cr_assert_eq(clv_reader_done(&r, NULL) == CLV_OK, lengths[i].good, "%s", lengths[i].why);
        cr_assert_eq(v.len, lengths[i].good ? 1 : 0, "%s", lengths[i].why);
    }
}

Test(der, refuses_tags_of_several_bytes)
{
    struct clv_reader r;
    struct clv_error err = {0};
    clv_reader_init(&r, "\x1f\x81\x00\x00", 4);
    (void)clv_der_read(&r, 0x1f, "field");
    cr_assert_eq(clv_reader_done(&r, &err), CLV_E_FORMAT);
    cr_assert_not_null(strstr(err.fact, "more than one byte"));
}

Test(der, peeks_without_moving)
{
    struct clv_reader r;
    clv_reader_init(&r, "\x05\x00", 2);
    cr_assert_eq(clv_der_peek(&r), CLV_DER_NULL);
    cr_assert_eq(clv_der_peek(&r), CLV_DER_NULL);
    (void)clv_der_read(&r, CLV_DER_NULL, "null");
    cr_assert_eq(clv_der_peek(&r), 0);
    cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
}

Test(der, whole_elements_keep_their_header)
{
    struct clv_reader r;
    clv_reader_init(&r, "\x05\x00\x31\x82\x00\x01x\x05", 8);
    (void)clv_der_read(&r, CLV_DER_NULL, "null");
    struct clv_view v = clv_der_whole(&r, CLV_DER_SET, "set");
    cr_assert(clv_view_equal(v, clv_view_of("\x31\x82\x00\x01x", 5)));
    cr_assert_eq(clv_der_whole(&r, CLV_DER_NULL, "cut").len, 0);
    cr_assert_not(clv_reader_ok(&r));
}

static const struct {
    const char *bytes;
    size_t len;
    const char *want; /* four bytes; NULL: refused */
} numbers[] = {
    {"\x02\x01\x00", 3, "\0\0\0\0"},
    {"\x02\x01\x7f", 3, "\0\0\0\x7f"},
    {"\x02\x02\x00\x80", 4, "\0\0\0\x80"},
    {"\x02\x05\x00\xff\xff\xff\xff", 7, "\xff\xff\xff\xff"},
    {"\x02\x07\x00\x00\x00\x01\x02\x03\x04", 9, "\1\2\3\4"},
    {"\x02\x00", 2, NULL},
    {"\x02\x01\x80", 3, NULL},
    {"\x02\x05\x01\x00\x00\x00\x00", 7, NULL},
    {"\x03\x01\x00", 3, NULL},
};

Test(der, reads_non_negative_numbers)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        struct clv_reader r;
        uint8_t out[4] = {9, 9, 9, 9};
        clv_reader_init(&r, numbers[i].bytes, numbers[i].len);
        clv_der_read_unsigned(&r, out, sizeof out, "number");
        bool good = clv_reader_done(&r, NULL) == CLV_OK;
        cr_assert_eq(good, numbers[i].want != NULL, "row %zu", i);
        cr_assert_arr_eq(out, good ? numbers[i].want : "\0\0\0\0", 4);
    }
}

Test(der, writes_minimal_numbers)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *want;
        size_t want_len;
    } rows[] = {
        {"", 0, "\x02\x01\x00", 3},
        {"\0\0\0", 3, "\x02\x01\x00", 3},
        {"\0\0\x7f", 3, "\x02\x01\x7f", 3},
        {"\0\x80", 2, "\x02\x02\x00\x80", 4},
        {"\x01\x00", 2, "\x02\x02\x01\x00", 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct clv_writer w = {0};
        clv_der_write_unsigned(&w, rows[i].bytes, rows[i].len);
        cr_assert(clv_view_equal(clv_writer_view(&w), clv_view_of(rows[i].want, rows[i].want_len)),
                  "row %zu", i);
        clv_writer_clear(&w);
    }
}

/* Every place where the length of the length changes, in all three ways of writing an element. */
Test(der, lengths_survive_the_round_trip)
{
    static const size_t sizes[] = {0, 1, 127, 128, 255, 256, 65535, 65536, 70000};
    static const size_t headers[] = {2, 2, 2, 3, 3, 4, 4, 5, 5};
    static uint8_t content[70000];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct clv_writer opened = {0}, direct = {0};
        size_t mark = clv_der_open(&opened, CLV_DER_OCTETS);
        clv_write_bytes(&opened, content, sizes[i]);
        clv_der_close(&opened, mark);
        clv_der_write_octets(&direct, content, sizes[i]);
        cr_assert_eq(opened.len, headers[i] + sizes[i]);
        cr_assert(clv_view_equal(clv_writer_view(&opened), clv_writer_view(&direct)));
        struct clv_reader r;
        clv_reader_init(&r, opened.data, opened.len);
        cr_assert_eq(clv_der_octets(&r, "content").len, sizes[i]);
        cr_assert_eq(clv_reader_done(&r, NULL), CLV_OK);
        clv_writer_clear(&opened);
        clv_writer_clear(&direct);
    }
}

Test(der, closes_with_the_long_form_of_real_units)
{
    struct clv_writer w = {0};
    size_t mark = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_write_zeros(&w, 0x66);
    clv_der_close_82(&w, mark);
    cr_assert_eq(w.len, 4 + 0x66);
    cr_assert_arr_eq(w.data, "\x30\x82\x00\x66", 4);
    clv_writer_clear(&w);
    mark = clv_der_open(&w, CLV_DER_SEQUENCE);
    clv_write_zeros(&w, 65536);
    clv_der_close_82(&w, mark);
    cr_assert_eq(clv_writer_done(&w, NULL), CLV_E_MEMORY);
    clv_writer_clear(&w);
}

Test(der, a_nested_element_ends_with_its_parent)
{
    struct clv_reader r, seq;
    struct clv_error err = {0};
    clv_reader_init(&r, "\x30\x03\x04\x05x....", 9);
    clv_der_enter(&r, CLV_DER_SEQUENCE, &seq, "outer");
    (void)clv_der_octets(&seq, "inner");
    cr_assert_eq(clv_reader_done(&r, &err), CLV_E_FORMAT);
    cr_assert_str_eq(err.fact, "inner: ends too early (offset 4)");
}
