/* One line of journal.log: "<seq> <check> <entry>". The check value is the front of the leaf hash:
 * accidental damage stays within its line. */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

bool text_is_clean(struct clv_view text, bool newlines)
{
    for (size_t i = 0; i < text.len;) {
        uint8_t c = text.data[i];
        if ((c < 0x20 && !(newlines && c == '\n')) || c == 0x7f)
            return false;
        size_t len = clv_utf8_next((const char *)text.data + i, text.len - i).len;
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
