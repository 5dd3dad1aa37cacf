#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define QUOTE_BYTES 64 /* of the line, around the place; the rest would not fit a terminal */

struct place {
    size_t start, end; /* of the line */
    unsigned line, column;
};

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static struct place place_of(const struct clv_yaml_source *source, size_t at)
{
    struct place place = {.line = 1, .column = 1};
    if (at > source->len)
        at = source->len;
    /* Behind the final newline there is nothing to quote: point behind the last line instead. */
    if (at == source->len && at > 0 && source->text[at - 1] == '\n')
        at--;
    for (size_t i = 0; i < at; i++) {
        if (source->text[i] == '\n') {
            place.line++;
            place.start = i + 1;
            place.column = 1;
        } else if (!continues_character(source->text[i])) {
            place.column++;
        }
    }
    place.end = at;
    while (place.end < source->len && source->text[place.end] != '\n')
        place.end++;
    return place;
}

unsigned clv_yaml_line(const struct clv_yaml_source *source, size_t at)
{
    return place_of(source, at).line;
}

size_t clv_yaml_offset(const struct clv_yaml_source *source, unsigned line, unsigned column)
{
    size_t at = 0;
    for (; line > 1 && at < source->len; at++) {
        if (source->text[at] == '\n')
            line--;
    }
    for (; column > 1 && at < source->len && source->text[at] != '\n'; at++) {
        if (!continues_character(source->text[at]))
            column--;
    }
    while (at < source->len && continues_character(source->text[at]))
        at++;
    return at;
}

/* The part of the line around the place that fits, never cutting a character. */
static void quote(const struct clv_yaml_source *source, struct place place, size_t at,
                  struct clv_error *err)
{
    size_t from = place.start, to = place.end;
    if (at > to)
        at = to;
    if (to - from > QUOTE_BYTES) {
        from = at - from > QUOTE_BYTES / 2 ? at - QUOTE_BYTES / 2 : from;
        to = to - from > QUOTE_BYTES ? from + QUOTE_BYTES : to;
    }
    while (from > place.start && continues_character(source->text[from]))
        from--;
    while (to > at && to < place.end && continues_character(source->text[to]))
        to--;

    char line[QUOTE_BYTES + 32], before[QUOTE_BYTES + 8], marks[QUOTE_BYTES + 32];
    int margin = snprintf(line, sizeof line, "%5u | ", place.line);
    (void)snprintf(line + margin, sizeof line - (size_t)margin, "%.*s", (int)(to - from),
                   source->text + from);
    (void)snprintf(before, sizeof before, "%.*s", (int)(at - from), source->text + from);
    (void)snprintf(marks, sizeof marks, "%*s | %*s^", margin - 3, "", (int)clv_text_width(before),
                   "");
    clv_quote(err, line, marks);
}

clv_status clv_yaml_fail(const struct clv_yaml_source *source, size_t at, struct clv_error *err,
                         const char *fmt, ...)
{
    char what[CLV_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);

    struct place place = place_of(source, at);
    /* A long path would push the reason out of the error: its end says enough. */
    size_t name_len = strlen(source->name);
    const char *name = name_len > 60 ? clv_path_name(source->name) : source->name;
    clv_status status =
        clv_fail(err, CLV_E_SCRIPT, "%.60s:%u:%u: %s", name, place.line, place.column, what);
    quote(source, place, at, err);
    return status;
}

/* What may not stand anywhere in the file, with the reason; NULL if it may. */
static const char *objection(uint32_t code)
{
    static const struct {
        uint32_t from, to;
        const char *why;
    } rows[] = {
        {'\t', '\t', "a tab: use blanks"},
        {'\r', '\r', "a carriage return: save the file with plain line ends"},
        {0x00, 0x09, "a control character"},
        {0x0b, 0x1f, "a control character"},
        {0x7f, 0x9f, "a control character"},
        {0x00ad, 0x00ad, "a soft hyphen, which cannot be seen"},
        {0x061c, 0x061c, "a character that changes the writing direction"},
        {0x200b, 0x200f, "a character that cannot be seen"},
        {0x2028, 0x2029, "a line separator: use plain line ends"},
        {0x202a, 0x202e, "a character that changes the writing direction"},
        {0x2060, 0x206f, "a character that cannot be seen"},
        {0xfeff, 0xfeff, "a byte order mark: save the file without it"},
        {0xfff9, 0xffff, "a character that cannot be seen"},
        {0xe0000, 0xe0fff, "a character that cannot be seen"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (code >= rows[i].from && code <= rows[i].to)
            return rows[i].why;
    }
    return NULL;
}

clv_status clv_yaml_check(const struct clv_yaml_source *source, struct clv_error *err)
{
    if (source->len > CLV_SCRIPT_FILE_MAX) {
        return clv_fail(err, CLV_E_SCRIPT, "%.60s: larger than %d bytes",
                        clv_path_name(source->name), CLV_SCRIPT_FILE_MAX);
    }
    for (size_t at = 0; at < source->len;) {
        struct clv_utf8 c = clv_utf8_next(source->text + at, source->len - at);
        if (c.len == 0)
            return clv_yaml_fail(source, at, err, "a byte that is not UTF-8");
        const char *why = objection(c.code);
        if (why != NULL)
            return clv_yaml_fail(source, at, err, "%s", why);
        if (c.code == '%' && (at == 0 || source->text[at - 1] == '\n'))
            return clv_yaml_fail(source, at, err, "a YAML directive: not used here");
        at += c.len;
    }
    return CLV_OK;
}
