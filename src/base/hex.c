#include "claviger/base/text.h"

static const char digits[] = "0123456789abcdef";

void clv_hex(const void *data, size_t len, char *out)
{
    const uint8_t *p = data;
    for (size_t i = 0; i < len; i++) {
        *out++ = digits[p[i] >> 4];
        *out++ = digits[p[i] & 15];
    }
    *out = '\0';
}

void clv_hex_groups(const void *data, size_t len, size_t group, char *out, size_t cap)
{
    const uint8_t *p = data;
    size_t pos = 0;
    for (size_t i = 0; i < 2 * len && pos + 1 < cap; i++) {
        if (i > 0 && group > 0 && i % group == 0) {
            out[pos++] = ' ';
            if (pos + 1 >= cap)
                break;
        }
        out[pos++] = digits[i % 2 == 0 ? p[i / 2] >> 4 : p[i / 2] & 15];
    }
    if (cap > 0)
        out[pos] = '\0';
}

/* All ones when lo <= c <= hi, else 0, without a branch. */
static unsigned in_range(unsigned c, unsigned lo, unsigned hi)
{
    return (((c - lo) | (hi - c)) >> 31) - 1U;
}

/* The value of a hex digit, or 0xff: no table look-up and no branch whose choice could tell which
 * digit it was. */
static unsigned digit_value(char c)
{
    unsigned u = (unsigned char)c;
    unsigned lower = u | 0x20;
    unsigned number = in_range(u, '0', '9');
    unsigned letter = in_range(lower, 'a', 'f');
    return (number & (u - '0')) | (letter & (lower - 'a' + 10)) | (~(number | letter) & 0xffU);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static clv_status check_digits(const char *text, size_t text_len, size_t wanted,
                               struct clv_error *err)
{
    size_t num = 0;
    for (size_t i = 0; i < text_len; i++) {
        if (is_blank(text[i]))
            continue;
        if (digit_value(text[i]) > 15)
            return clv_fail(err, CLV_E_INPUT, "character %zu is not a hexadecimal digit", i + 1);
        num++;
    }
    if (num != wanted)
        return clv_fail(err, CLV_E_INPUT, "there are %zu hexadecimal digits, %zu are needed", num,
                        wanted);
    return CLV_OK;
}

clv_status clv_unhex(const char *text, size_t text_len, void *out, size_t len,
                     struct clv_error *err)
{
    clv_status status = check_digits(text, text_len, 2 * len, err);
    if (status != CLV_OK)
        return status;
    uint8_t *p = out;
    size_t num = 0;
    for (size_t i = 0; i < text_len; i++) {
        if (is_blank(text[i]))
            continue;
        unsigned high = num % 2 == 0 ? 0 : p[num / 2];
        p[num / 2] = (uint8_t)(high << 4 | digit_value(text[i]));
        num++;
    }
    return CLV_OK;
}
