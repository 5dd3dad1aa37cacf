/* The text of a code: a word, fields and a check value with dots between them, in characters that
 * keyboards have in the same place. The forms are in docs/formats/receipt.md and witness.md. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

static const char reader_start[] = "QR-Code:";
#define SHORTEST 60 /* characters: no ceremony id is as long, every code is longer */

/* clang-format off */
const struct code_form code_receipt     = {.word = "CLV1R", .num_fields = 6, .check_len = 8};
const struct code_form code_slip        = {.word = "CLV1S", .num_fields = 5, .check_len = 8};
const struct code_form code_request     = {.word = "CLV1C", .num_fields = 4, .check_len = 4, .by_hand = true};
const struct code_form code_cosignature = {.word = "CLV1W", .num_fields = 1, .check_len = 4, .by_hand = true};
/* clang-format on */

/* ---- characters ------------------------------------------------------------------------------ */

struct clv_view trim(struct clv_view v)
{
    while (v.len && memchr(" \t\r\n", v.data[0], 4))
        v = clv_view_of(v.data + 1, v.len - 1);
    while (v.len && memchr(" \t\r\n", v.data[v.len - 1], 4))
        v.len--;
    return v;
}

bool view_starts(struct clv_view v, const char *prefix)
{
    size_t len = strlen(prefix);
    return v.len >= len && memcmp(v.data, prefix, len) == 0;
}

static char capital(uint8_t c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

/* As it counts in a code of this form; '\0': in none. */
static char code_char(const struct code_form *form, uint8_t c)
{
    char upper = capital(c);
    if (upper == '.')
        return '.';
    if (!form->by_hand && (upper == 'I' || upper == 'O'))
        return upper;
    return base32_char(c);
}

static struct clv_view without_label(struct clv_view text)
{
    text = trim(text);
    if (view_starts(text, reader_start))
        text =
            clv_view_of(text.data + sizeof reader_start - 1, text.len - (sizeof reader_start - 1));
    return text;
}

/* ---- words: ceremony ids, serials, kinds ----------------------------------------------------- */

static const char escaped[] = "WXYZ";

void code_word(const char *word, char *out)
{
    for (; *word; word++) {
        const char *at = strchr(escaped, *word);
        if (at)
            *out++ = 'W';
        *out++ = *word == '-' ? 'X' : at ? (char)('0' + (at - escaped)) : *word;
    }
    *out = '\0';
}

bool code_unword(struct clv_view field, size_t max, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < field.len; i++) {
        char c = (char)field.data[i];
        if (len == max)
            return false;
        if (c == 'W') {
            if (++i == field.len || field.data[i] < '0' || field.data[i] > '3')
                return false;
            c = escaped[field.data[i] - '0'];
        } else if (c == 'X') {
            c = '-';
        } else if (!is_upper_word(clv_view_of(&c, 1), 1) || strchr("-YZ", c)) {
            return false;
        }
        out[len++] = c;
    }
    out[len] = '\0';
    return len > 0;
}

bool code_number(struct clv_view field, unsigned max, unsigned *ret)
{
    unsigned n = 0;
    if (field.len == 0 || field.len > 2 || field.data[0] == '0')
        return false;
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] < '0' || field.data[i] > '9')
            return false;
        n = n * 10 + (unsigned)(field.data[i] - '0');
    }
    *ret = n;
    return n <= max;
}

/* ---- the whole ------------------------------------------------------------------------------- */

void code_close(const struct code_form *form, char *text)
{
    size_t len = strlen(text);
    base32_check(text, len - 1, text + len, form->check_len);
}

bool code_starts(struct clv_view text, const struct code_form *form)
{
    size_t len = strlen(form->word);
    text = without_label(text);
    if (text.len <= len || text.data[len] != '.')
        return false;
    for (size_t i = 0; i < len; i++)
        if (code_char(form, text.data[i]) != form->word[i])
            return false;
    return true;
}

bool clv_code_resembles(struct clv_view text)
{
    text = without_label(text);
    return text.len > 3 && capital(text.data[0]) == 'C' && capital(text.data[1]) == 'L' &&
           capital(text.data[2]) == 'V' && (text.data[3] == '1' || text.len >= SHORTEST);
}

/* Letters, digits or dot of a code became others on the way. */
static bool typed_elsewhere(struct clv_view text)
{
    if (!clv_code_resembles(text))
        return false;
    text = without_label(text);
    for (size_t i = 0; i < text.len; i++)
        if (code_char(&code_receipt, text.data[i]) == '\0')
            return true;
    return text.data[3] != '1';
}

clv_status code_refuse(struct clv_view text, const char *otherwise, struct clv_error *err)
{
    if (!typed_elsewhere(text))
        return clv_fail(err, CLV_E_FORMAT, "%s", otherwise);
    (void)clv_fail(err, CLV_E_FORMAT,
                   "the scanner typed this code for another keyboard: set the scanner and this "
                   "computer to the same layout, or both to US");
    clv_hint(err, "Letters, digits and the dot have to be the same keys on both sides. See "
                  "\"Scanners that type\" in docs/formats/receipt.md.");
    return CLV_E_FORMAT;
}

static bool normalise(const struct code_form *form, struct clv_view text, char *out)
{
    if (text.len >= CODE_TEXT)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((out[i] = code_char(form, text.data[i])) == '\0')
            return false;
    out[text.len] = '\0';
    return true;
}

static bool split_fields(const struct code_form *form, struct code_text *code)
{
    char *at = code->text;
    for (size_t i = 0; i <= form->num_fields; i++) {
        char *dot = strchr(at, '.');
        if (!dot)
            return false;
        if (i > 0)
            code->field[i - 1] = clv_view_of(at, (size_t)(dot - at));
        at = dot + 1;
    }
    code->check = at;
    return strlen(at) == form->check_len && !strchr(at, '.');
}

clv_status code_open(struct clv_view text, const struct code_form *form, struct code_text *ret,
                     struct clv_error *err)
{
    char check[CODE_CHECK_MAX + 1], fault[60];
    text = without_label(text);
    snprintf(fault, sizeof fault, "this is not the whole text of a code %s", form->word);
    if (!code_starts(text, form) || !normalise(form, text, ret->text) || !split_fields(form, ret))
        return code_refuse(text, fault, err);
    base32_check(ret->text, (size_t)(ret->check - ret->text) - 1, check, form->check_len);
    if (strcmp(check, ret->check) != 0)
        return clv_fail(err, CLV_E_FORMAT, "the code was misread: its check value does not fit");
    return CLV_OK;
}

/* ---- what a reader printed ------------------------------------------------------------------- */

/* Up to the end of the code that the line starts with; some readers print codes without anything
 * between them (zbarimg --raw -Sbinary does). */
static size_t code_len(struct clv_view line)
{
    const struct code_form *form = code_starts(line, &code_receipt) ? &code_receipt
                                   : code_starts(line, &code_slip)  ? &code_slip
                                                                    : NULL;
    size_t dots = 0, len = 0;
    if (form == NULL)
        return line.len;
    while (len < line.len && dots <= form->num_fields)
        dots += line.data[len++] == '.';
    return line.len - len > form->check_len ? len + form->check_len : line.len;
}

/* A line without its end: LF, CRLF or CR. */
static struct clv_view take_line(struct clv_view *rest)
{
    size_t len = 0, end = 0;
    while (len < rest->len && rest->data[len] != '\n' && rest->data[len] != '\r')
        len++;
    end = len + (len < rest->len);
    if (end < rest->len && rest->data[len] == '\r' && rest->data[end] == '\n')
        end++;
    struct clv_view line = clv_view_of(rest->data, len);
    *rest = clv_view_of(rest->data + end, rest->len - end);
    return line;
}

bool take_code(struct clv_view *rest, struct clv_view *ret)
{
    while (rest->len > 0) {
        const uint8_t *end = rest->data + rest->len;
        struct clv_view line = take_line(rest);
        size_t len = code_len(line);
        if (len < line.len) /* what is behind it, line end included, comes next */
            *rest = clv_view_of(line.data + len, (size_t)(end - line.data) - len);
        *ret = clv_view_of(line.data, len);
        if (without_label(*ret).len > 0)
            return true;
    }
    return false;
}
