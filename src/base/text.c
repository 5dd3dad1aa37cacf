#include "claviger/base/text.h"

#include <string.h>

struct range {
    uint32_t first, last;
};

/* clang-format off */
/* On a screen or a receipt two names could look the same, or one read as another. Sorted. */
static const struct range hidden[] = {
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x0600, 0x0605},   /* Arabic number signs */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x06dd, 0x06dd},
    {0x070f, 0x070f},
    {0x0890, 0x0891},
    {0x08e2, 0x08e2},
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},
    {0x180b, 0x180f},   /* Mongolian selectors, vowel separator */
    {0x200b, 0x200f},   /* zero width, direction marks */
    {0x2028, 0x202e},   /* line and paragraph separators, direction overrides */
    {0x2060, 0x206f},   /* invisible operators, direction isolates */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},
    {0xfff0, 0xfffb},   /* interlinear annotation */
    {0xfffe, 0xffff},
    {0x110bd, 0x110bd},
    {0x110cd, 0x110cd},
    {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3},
    {0x1d173, 0x1d17a},
    {0xe0000, 0xe0fff}, /* tags, variation selectors */
};

static const struct range blanks[] = {
    {0x20, 0x20}, {0xa0, 0xa0}, {0x1680, 0x1680}, {0x2000, 0x200a}, {0x202f, 0x202f},
    {0x205f, 0x205f}, {0x2800, 0x2800}, {0x3000, 0x3000},
};

/* Marks that sit on the character before them. */
static const struct range combining[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
    {0x05c4, 0x05c5}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670}, {0x06d6, 0x06dc},
    {0x06df, 0x06e4}, {0x0900, 0x0902}, {0x093a, 0x093a}, {0x093c, 0x093c}, {0x0941, 0x0948},
    {0x094d, 0x094d}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x202a, 0x202e}, {0x2060, 0x2064}, {0x20d0, 0x20f0},
    {0x302a, 0x302d}, {0x3099, 0x309a}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff},
    {0xe0100, 0xe01ef},
};

/* Two columns: East Asian wide and full-width forms, and emoji. source Unicode Annex 11 */
static const struct range wide[] = {
    {0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x2e80, 0x303e},
    {0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf}, {0xa960, 0xa97c},
    {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe6f}, {0xff00, 0xff60}, {0xffe0, 0xffe6},
    {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd},
};
/* clang-format on */

#define IN(table, code) in_table(table, sizeof(table) / sizeof((table)[0]), code)

static bool in_table(const struct range *table, size_t num, uint32_t code)
{
    for (size_t i = 0; i < num && table[i].first <= code; i++) {
        if (code <= table[i].last)
            return true;
    }
    return false;
}

bool clv_utf8_is_hidden(uint32_t code)
{
    return IN(hidden, code);
}

static clv_status check_character(struct clv_utf8 c, size_t place, const char *what,
                                  struct clv_error *err)
{
    if (c.len == 0)
        return clv_fail(err, CLV_E_INPUT, "%s is not UTF-8 text (at byte %zu)", what, place + 1);
    if (clv_utf8_is_control(c.code))
        return clv_fail(err, CLV_E_INPUT, "%s has a control character (at byte %zu)", what,
                        place + 1);
    if (clv_utf8_is_hidden(c.code))
        return clv_fail(err, CLV_E_INPUT, "%s has an invisible character, U+%04X (at byte %zu)",
                        what, (unsigned)c.code, place + 1);
    return CLV_OK;
}

clv_status clv_text_check(const char *text, size_t max_chars, const char *what,
                          struct clv_error *err)
{
    size_t len = strlen(text), num = 0;
    bool visible = false;
    for (size_t pos = 0; pos < len; num++) {
        struct clv_utf8 c = clv_utf8_next(text + pos, len - pos);
        clv_status status = check_character(c, pos, what, err);
        if (status != CLV_OK)
            return status;
        visible = visible || !IN(blanks, c.code);
        pos += c.len;
    }
    if (!visible)
        return clv_fail(err, CLV_E_INPUT, "%s is empty", what);
    if (num > max_chars)
        return clv_fail(err, CLV_E_INPUT, "%s has %zu characters, at most %zu are allowed", what,
                        num, max_chars);
    return CLV_OK;
}

size_t clv_text_width(const char *text)
{
    size_t len = strlen(text), columns = 0;
    for (size_t pos = 0; pos < len;) {
        struct clv_utf8 c = clv_utf8_next(text + pos, len - pos);
        columns += c.len == 0 ? 1 : IN(combining, c.code) ? 0 : IN(wide, c.code) ? 2 : 1;
        pos += c.len == 0 ? 1 : c.len;
    }
    return columns;
}
