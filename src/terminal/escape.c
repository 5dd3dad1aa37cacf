#include <string.h>

#include "internal.h"

struct sequence {
    const char *bytes;
    int key;
};

/* clang-format off */
/* xterm, linux, vt100, rxvt. source  terminfo of ncurses-base: kf1.., kcuu1, kpp */
static const struct sequence keys[] = {
    {"OP", CLV_TYPED_F1},       {"[11~", CLV_TYPED_F1},       {"[[A", CLV_TYPED_F1},
    {"OQ", CLV_TYPED_F1 + 1},   {"[12~", CLV_TYPED_F1 + 1},   {"[[B", CLV_TYPED_F1 + 1},
    {"OR", CLV_TYPED_F1 + 2},   {"[13~", CLV_TYPED_F1 + 2},   {"[[C", CLV_TYPED_F1 + 2},
    {"OS", CLV_TYPED_F1 + 3},   {"[14~", CLV_TYPED_F1 + 3},   {"[[D", CLV_TYPED_F1 + 3},
    {"Ot", CLV_TYPED_F1 + 4},   {"[15~", CLV_TYPED_F1 + 4},   {"[[E", CLV_TYPED_F1 + 4},
    {"1",  CLV_TYPED_F1},       {"2",    CLV_TYPED_F1 + 1},   {"3",   CLV_TYPED_F1 + 2},
    {"4",  CLV_TYPED_F1 + 3},   {"5",    CLV_TYPED_F1 + 4},
    {"[A", CLV_TYPED_UP},       {"OA",   CLV_TYPED_UP},
    {"[B", CLV_TYPED_DOWN},     {"OB",   CLV_TYPED_DOWN},
    {"[5~", CLV_TYPED_PAGE_UP}, {"[6~",  CLV_TYPED_PAGE_DOWN},
    {"",   CLV_TYPED_ESCAPE},
};
/* clang-format on */

static bool is(const uint8_t *seq, size_t len, const char *bytes)
{
    return len == strlen(bytes) && memcmp(seq, bytes, len) == 0;
}

/* CSI: parameters and intermediates, then one final byte; `ESC [ [ A` is the Linux console's way.
 * SS3: one more byte. Anything else is Alt with a key. source  ECMA-48 section 5.4 */
bool clv_escape_complete(const uint8_t *seq, size_t len)
{
    if (len == 0)
        return false;
    if (seq[0] == 'O')
        return len >= 2;
    if (seq[0] != '[')
        return true;
    if (len < 2)
        return false;
    if (seq[1] == '[')
        return len >= 3;
    return seq[len - 1] >= 0x40 && seq[len - 1] <= 0x7e;
}

enum clv_escape clv_escape_meaning(const uint8_t *seq, size_t len, int *ret_key)
{
    if (is(seq, len, "[200~"))
        return CLV_ESCAPE_PASTE_START;
    if (is(seq, len, "[201~"))
        return CLV_ESCAPE_PASTE_END;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (is(seq, len, keys[i].bytes)) {
            *ret_key = keys[i].key;
            return CLV_ESCAPE_KEY;
        }
    }
    return CLV_ESCAPE_UNKNOWN;
}
