/* Transaction counters and verification patterns: compared, counted on, never interpreted. */
#include "internal.h"

#include <string.h>

void clv_ep11_counter_next(const uint8_t counter[CLV_EP11_COUNTER_LEN],
                           uint8_t ret_next[CLV_EP11_COUNTER_LEN])
{
    unsigned carry = 1;
    for (size_t i = CLV_EP11_COUNTER_LEN; i-- > 0;) {
        unsigned sum = counter[i] + carry;
        ret_next[i] = (uint8_t)sum;
        carry = sum >> 8;
    }
}

int clv_ep11_counter_compare(const uint8_t a[CLV_EP11_COUNTER_LEN],
                             const uint8_t b[CLV_EP11_COUNTER_LEN])
{
    return memcmp(a, b, CLV_EP11_COUNTER_LEN);
}

bool clv_ep11_pattern_equal(const uint8_t a[CLV_EP11_PATTERN_LEN],
                            const uint8_t b[CLV_EP11_PATTERN_LEN])
{
    return memcmp(a, b, CLV_EP11_PATTERN_SIGNIFICANT) == 0;
}
