/* One line of text being typed. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

void clv_tui_field_set(struct clv_tui_field *field, const char *text, size_t max_len)
{
    size_t most = sizeof field->text - 1;
    *field = (struct clv_tui_field){.max_len = max_len == 0     ? 200
                                               : max_len > most ? most
                                                                : max_len};
    (void)snprintf(field->text, sizeof field->text, "%s", text != NULL ? text : "");
    field->at = strlen(field->text);
}

static bool is_follower(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static size_t before(const struct clv_tui_field *field)
{
    size_t at = field->at;
    while (at > 0 && is_follower(field->text[--at]))
        ;
    return at;
}

static size_t behind(const struct clv_tui_field *field)
{
    size_t at = field->at;
    if (field->text[at] == '\0')
        return at;
    do
        at++;
    while (is_follower(field->text[at]));
    return at;
}

static void insert(struct clv_tui_field *field, const char *text)
{
    size_t len = strlen(field->text), n = strlen(text);
    field->full = len + n > field->max_len;
    if (field->full)
        return;
    memmove(field->text + field->at + n, field->text + field->at, len - field->at + 1);
    memcpy(field->text + field->at, text, n);
    field->at += n;
}

static void cut(struct clv_tui_field *field, size_t from, size_t to)
{
    memmove(field->text + from, field->text + to, strlen(field->text + to) + 1);
    field->at = from;
}

bool clv_tui_field_key(struct clv_tui_field *field, const struct clv_tui_key *key)
{
    field->full = false;
    /* clang-format off */
    switch ((int)key->code) {
    case CLV_KEY_CHAR:       insert(field, key->text); break;
    case CLV_KEY_BACKSPACE:  cut(field, before(field), field->at); break;
    case CLV_KEY_DELETE:     cut(field, field->at, behind(field)); break;
    case CLV_KEY_LEFT:       field->at = before(field); break;
    case CLV_KEY_RIGHT:      field->at = behind(field); break;
    case CLV_KEY_HOME:       field->at = 0; break;
    case CLV_KEY_END:        field->at = strlen(field->text); break;
    case CLV_KEY_ERASE_LINE: cut(field, 0, strlen(field->text)); break;
    default:                 return false;
    }
    /* clang-format on */
    return true;
}

static int columns(const char *text, size_t len, bool utf8)
{
    int sum = 0;
    for (size_t i = 0; i < len;) {
        struct clv_glyph c = clv_glyph_next(text + i, len - i, utf8);
        sum += c.columns;
        i += c.len;
    }
    return sum;
}

void clv_tui_field_draw(const struct clv_tui_field *field, struct clv_tui_grid *g, int row, int col,
                        int cols)
{
    size_t from = 0;
    while (columns(field->text + from, field->at - from, g->utf8) >= cols)
        from += clv_glyph_next(field->text + from, field->at - from, g->utf8).len;
    clv_grid_fill(g, (struct clv_tui_area){row, col, 1, cols}, CLV_STYLE_FIELD);
    (void)clv_grid_text(g, row, col, col + cols, CLV_STYLE_FIELD, field->text + from);
    g->cursor_row = row;
    g->cursor_col = col + columns(field->text + from, field->at - from, g->utf8);
}
