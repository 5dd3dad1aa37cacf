#include "claviger/base/text.h"

/* One row a form of RFC 3629: what the first byte looks like, and the smallest code that needs it
 * (anything below is an overlong form). */
static const struct {
    uint8_t mask, lead;
    uint32_t smallest;
} forms[] = {
    {0x80, 0x00, 0x0},
    {0xe0, 0xc0, 0x80},
    {0xf0, 0xe0, 0x800},
    {0xf8, 0xf0, 0x10000},
};

static bool is_scalar(uint32_t code)
{
    return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
}

struct clv_utf8 clv_utf8_next(const char *text, size_t len)
{
    const struct clv_utf8 invalid = {.code = 0xfffd, .len = 0};
    if (len == 0)
        return invalid;
    size_t form = 0;
    uint8_t first = (uint8_t)text[0];
    while (form < 4 && (first & forms[form].mask) != forms[form].lead)
        form++;
    if (form == 4 || len < form + 1)
        return invalid;

    uint32_t code = first & (uint8_t)~forms[form].mask;
    for (size_t i = 1; i <= form; i++) {
        uint8_t next = (uint8_t)text[i];
        if ((next & 0xc0) != 0x80)
            return invalid;
        code = code << 6 | (next & 0x3f);
    }
    if (code < forms[form].smallest || !is_scalar(code))
        return invalid;
    return (struct clv_utf8){.code = code, .len = form + 1};
}

bool clv_utf8_is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}
