#include "scanner.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define NUM_KEYS 47

/* clang-format off */
const struct layout usual_layouts[] = {
    {"US",         "`1234567890-="  "qwertyuiop[]\\" "asdfghjkl;'" "zxcvbnm,./"},
    {"UK",         "`1234567890-="  "qwertyuiop[]#"  "asdfghjkl;'" "zxcvbnm,./"},
    {"German",     "^1234567890ß´"  "qwertzuiopü+#"  "asdfghjklöä" "yxcvbnm,.-"},
    {"Swiss",      "§1234567890'^"  "qwertzuiopü¨$"  "asdfghjklöä" "yxcvbnm,.-"},
    {"Italian",    "\\1234567890'ì" "qwertyuiopè+ù"  "asdfghjklòà" "zxcvbnm,.-"},
    {"Spanish",    "º1234567890'¡"  "qwertyuiop`+ç"  "asdfghjklñ´" "zxcvbnm,.-"},
    {"Portuguese", "\\1234567890'«" "qwertyuiop+´~"  "asdfghjklçº" "zxcvbnm,.-"},
    {"Swedish",    "§1234567890+´"  "qwertyuiopå¨'"  "asdfghjklöä" "zxcvbnm,.-"},
    {"Danish",     "½1234567890+´"  "qwertyuiopå¨'"  "asdfghjklæø" "zxcvbnm,.-"},
    {"Norwegian",  "|1234567890+\\" "qwertyuiopå¨'"  "asdfghjkløæ" "zxcvbnm,.-"},
    {NULL, NULL},
};
const struct layout other_layouts[] = {
    {"French",     "²&é\"'(-è_çà)=" "azertyuiop^$*"  "qsdfghjklmù" "wxcvbn,;:!"},
    {"Belgian",    "²&é\"'(§è!çà)-" "azertyuiop^$µ"  "qsdfghjklmù" "wxcvbn,;:="},
    {"Czech",      ";+ěščřžýáíé=´"  "qwertzuiopú)¨"  "asdfghjklů§" "yxcvbnm,.-"},
    {"Slovak",     ";+ľščťžýáíé=´"  "qwertzuiopúäň"  "asdfghjklô§" "yxcvbnm,.-"},
    {"Hungarian",  "0123456789öüó"  "qwertzuiopőúű"  "asdfghjkléá" "yxcvbnm,.-"},
    {"Turkish",    "\"1234567890*-" "qwertyuıopğü,"  "asdfghjklşi" "zxcvbnmöç."},
    {NULL, NULL},
};
/* clang-format on */

/* Bytes of the character at p. */
static size_t char_len(const char *p)
{
    size_t len = 1;
    while (((unsigned char)p[len] & 0xc0) == 0x80)
        len++;
    return len;
}

static const char *key_at(const struct layout *layout, size_t number)
{
    const char *p = layout->keys;
    for (size_t i = 0; i < number; i++)
        p += char_len(p);
    return p;
}

static size_t key_of(const struct layout *layout, char c)
{
    size_t i = 0;
    while (i < NUM_KEYS && *key_at(layout, i) != c)
        i++;
    cr_assert_lt(i, NUM_KEYS, "no key of a %s keyboard gives %c", layout->name, c);
    return i;
}

static bool is_between(char c, char from, char to)
{
    return c >= from && c <= to;
}

char *scanner_types(const char *text, const struct layout *scanner, const struct layout *computer,
                    bool caps_lock)
{
    char *out = calloc(4, strlen(text) + 1), *to = out;
    for (; *text; text++) {
        bool shift = is_between(*text, 'A', 'Z');
        const char *key =
            key_at(computer, key_of(scanner, shift ? (char)(*text - 'A' + 'a') : *text));
        size_t len = char_len(key);
        memcpy(to, key, len);
        if (shift != caps_lock && is_between(*to, 'a', 'z'))
            *to = (char)(*to - 'a' + 'A');
        to += len;
    }
    return out;
}
