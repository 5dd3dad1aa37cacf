#include <criterion/criterion.h>
#include <string.h>

#include "claviger/ep11.h"
#include "start.h"

TestSuite(attributes, .init = test_start);

static void refuse(const void *bytes, size_t len, uint32_t reason)
{
    struct clv_ep11_attributes attrs;
    uint32_t got = 0;
    memset(&attrs, 1, sizeof(attrs));
    cr_assert_eq(clv_ep11_attributes_decode(clv_view_of(bytes, len), &attrs, &got, NULL),
                 CLV_E_FORMAT);
    cr_assert_eq(got, reason);
    cr_assert(attrs.present[5], "the output changed");
    cr_assert_eq(clv_ep11_attributes_decode(clv_view_of(bytes, len), &attrs, NULL, NULL),
                 CLV_E_FORMAT);
}

Test(attributes, each_fault_has_its_reason)
{
    refuse("\0\0\0\1\0\0\0", 7, 41);
    refuse("\0\0\0\1\0\0\0\2\0\0\0\3", 12, 41);
    refuse("\0\0\0\0\0\0\0\2", 8, 42);
    refuse("\0\0\0\x0b\0\0\0\2", 8, 42);
    refuse("\xff\xff\xff\xff\0\0\0\2", 8, 42);
    refuse("\0\0\0\1\0\0\0\2\0\0\0\1\0\0\0\2", 16, 43);
}

Test(attributes, any_order_is_read_and_the_order_of_indexes_written)
{
    static const uint8_t bytes[] = {0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2};
    static const uint8_t sorted[] = {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 10, 0, 0, 0, 1};
    struct clv_ep11_attributes attrs;
    struct clv_writer w = {0};
    cr_assert_eq(clv_ep11_attributes_decode(clv_view_of(bytes, 16), &attrs, NULL, NULL), CLV_OK);
    cr_assert(attrs.present[1] && attrs.present[10] && !attrs.present[2]);
    cr_assert_eq(attrs.value[1], 2);
    clv_ep11_attributes_encode(&w, &attrs);
    cr_assert_eq(w.len, sizeof(sorted));
    cr_assert_arr_eq(w.data, sorted, sizeof(sorted));
    clv_writer_clear(&w);
}

Test(attributes, none_at_all_is_a_list)
{
    struct clv_ep11_attributes attrs;
    cr_assert_eq(clv_ep11_attributes_decode(clv_view_of(NULL, 0), &attrs, NULL, NULL), CLV_OK);
    for (size_t i = 0; i <= CLV_EP11_ATTR_MAX; i++)
        cr_assert_not(attrs.present[i]);
}
