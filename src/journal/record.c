/* One line of journal.log: "<seq> <check> <entry>". The check value is the front of the leaf hash:
 * accidental damage stays within its line. */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

/* Length of the UTF-8 character at p, 0 when it is not one. source  RFC 3629 section 4 */
static size_t utf8_char(const uint8_t *p, size_t left)
{
    uint8_t low = 0x80, high = 0xbf;
    size_t len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xc2 || p[0] > 0xf4 || left < len)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0; /* no longer form than needed */
    if (p[0] == 0xed)
        high = 0x9f; /* no surrogates */
    if (p[0] == 0xf0)
        low = 0x90;
    if (p[0] == 0xf4)
        high = 0x8f; /* nothing above U+10FFFF */
    if (p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    return len;
}

bool text_is_clean(struct clv_view text, bool newlines)
{
    for (size_t i = 0; i < text.len;) {
        uint8_t c = text.data[i];
        if ((c < 0x20 && !(newlines && c == '\n')) || c == 0x7f)
            return false;
        size_t len = utf8_char(text.data + i, text.len - i);
        if (len == 0)
            return false;
        i += len;
    }
    return true;
}

clv_status entry_check(struct clv_view entry, struct clv_error *err)
{
    if (entry.len == 0 || entry.len > CLV_JOURNAL_ENTRY_MAX)
        return clv_fail(err, CLV_E_INPUT, "a journal entry has 1 to %d bytes, this one %zu",
                        CLV_JOURNAL_ENTRY_MAX, entry.len);
    if (!text_is_clean(entry, false))
        return clv_fail(err, CLV_E_INPUT,
                        "a journal entry is UTF-8 without control characters, this one is not");
    return CLV_OK;
}

static void check_digits(const uint8_t leaf[CLV_HASH_LEN], char out[RECORD_CHECK_DIGITS + 1])
{
    clv_hex(leaf, RECORD_CHECK_DIGITS / 2, out);
}

bool decimal_parse(struct clv_view text, uint64_t *ret)
{
    uint64_t value = 0;
    if (text.len == 0 || text.len > 18 || (text.data[0] == '0' && text.len > 1))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret = value;
    return true;
}

enum record_fault record_parse(struct clv_view line, struct record *ret)
{
    struct record r = {0};
    char digits[RECORD_CHECK_DIGITS + 1];
    const uint8_t *blank = line.len ? memchr(line.data, ' ', line.len) : NULL;
    if (!blank || !decimal_parse(clv_view_of(line.data, (size_t)(blank - line.data)), &r.seq))
        return RECORD_MALFORMED;
    size_t check_at = (size_t)(blank - line.data) + 1;
    r.entry_at = check_at + RECORD_CHECK_DIGITS + 1;
    if (line.len <= r.entry_at || line.data[r.entry_at - 1] != ' ')
        return RECORD_MALFORMED;
    r.entry = clv_view_of(line.data + r.entry_at, line.len - r.entry_at);
    clv_merkle_leaf(r.entry, r.leaf);
    check_digits(r.leaf, digits);
    if (memcmp(line.data + check_at, digits, RECORD_CHECK_DIGITS) != 0)
        return RECORD_BAD_CHECK;
    if (entry_check(r.entry, NULL) != CLV_OK)
        return RECORD_MALFORMED;
    *ret = r;
    return RECORD_GOOD;
}

void record_write(struct clv_writer *w, uint64_t seq, struct clv_view entry,
                  const uint8_t leaf[CLV_HASH_LEN])
{
    char digits[RECORD_CHECK_DIGITS + 1];
    check_digits(leaf, digits);
    clv_write_format(w, "%" PRIu64 " %s ", seq, digits);
    clv_write_view(w, entry);
    clv_write_u8(w, '\n');
}
