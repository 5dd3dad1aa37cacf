#include "claviger/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "claviger/base/text.h"
#include "internal.h"

static const struct {
    const char *name;
    int exit_code;
} codes[] = {
#define CLV_CODE_ROW(name, text, exit_code) [name] = {text, exit_code},
    CLV_CODES(CLV_CODE_ROW)
#undef CLV_CODE_ROW
};

static bool known(clv_status code)
{
    return (size_t)code < sizeof codes / sizeof codes[0];
}

const char *clv_code_name(clv_status code)
{
    return known(code) ? codes[code].name : "E-INTERNAL";
}

int clv_exit_code(clv_status code)
{
    return known(code) ? codes[code].exit_code : 9;
}

/* Errors quote file names and answers of strangers. A terminal must never obey them, nobody is to
 * read them as something else, and a text cut at the limit must not end inside a character. */
static void make_printable(char *text, bool cut)
{
    size_t len = strlen(text), pos = 0;
    while (pos < len) {
        struct clv_utf8 c = clv_utf8_next(text + pos, len - pos);
        if (c.len == 0 && cut && len - pos < 4)
            break;
        if (c.len == 0 || clv_utf8_is_control(c.code) || clv_utf8_is_hidden(c.code)) {
            memset(text + pos, '?', c.len == 0 ? 1 : c.len);
            c.len = c.len == 0 ? 1 : c.len;
        }
        pos += c.len;
    }
    text[pos] = '\0';
}

/* Formats into a buffer of its own first: the arguments may point into the error being written. */
__attribute__((format(printf, 2, 0))) static void set_text(char out[CLV_ERROR_TEXT],
                                                           const char *fmt, va_list args)
{
    char text[CLV_ERROR_TEXT] = "";
    int len = vsnprintf(text, sizeof text, fmt, args);
    make_printable(text, len >= (int)sizeof text);
    memcpy(out, text, sizeof text);
}

clv_status clv_fail(struct clv_error *err, clv_status code, const char *fmt, ...)
{
    if (err == NULL)
        return code;
    char fact[CLV_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    set_text(fact, fmt, args);
    va_end(args);

    *err = (struct clv_error){.code = code};
    memcpy(err->fact, fact, sizeof fact);
    return code;
}

static clv_status code_of_errno(int errnum)
{
    static const struct {
        int errnum;
        clv_status code;
    } rows[] = {
        {ENOSPC, CLV_E_FULL},      {EDQUOT, CLV_E_FULL},   {ENOMEM, CLV_E_MEMORY},
        {ENOENT, CLV_E_MISSING},   {EEXIST, CLV_E_EXISTS}, {EACCES, CLV_E_PERMISSION},
        {EPERM, CLV_E_PERMISSION},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].errnum == errnum)
            return rows[i].code;
    }
    return CLV_E_IO;
}

clv_status clv_fail_errno(struct clv_error *err, int errnum, const char *fmt, ...)
{
    char fact[CLV_ERROR_TEXT];
    va_list args;
    va_start(args, fmt);
    set_text(fact, fmt, args);
    va_end(args);

    const char *reason = strerrordesc_np(errnum);
    return clv_fail(err, code_of_errno(errnum), "%s: %s", fact,
                    reason != NULL ? reason : "unknown reason");
}

void clv_quote(struct clv_error *err, const char *line, const char *marks)
{
    if (err == NULL)
        return;
    const char *texts[] = {line, marks};
    for (size_t i = 0; i < 2; i++) {
        int len = snprintf(err->quote[i], sizeof err->quote[i], "%s", texts[i]);
        make_printable(err->quote[i], len >= (int)sizeof err->quote[i]);
    }
}

clv_status clv_while(struct clv_error *err, clv_status status, const char *fmt, ...)
{
    if (status == CLV_OK || err == NULL)
        return status;
    if (err->code == CLV_OK)
        (void)clv_fail(err, status, "a step failed without saying why");
    if (err->num_whiles < CLV_ERROR_WHILES) {
        va_list args;
        va_start(args, fmt);
        set_text(err->whiles[err->num_whiles++], fmt, args);
        va_end(args);
    }
    return status;
}

void clv_kept(struct clv_error *err, const char *fmt, ...)
{
    if (err == NULL || err->kept[0] != '\0')
        return;
    va_list args;
    va_start(args, fmt);
    set_text(err->kept, fmt, args);
    va_end(args);
}

void clv_hint(struct clv_error *err, const char *fmt, ...)
{
    if (err == NULL || err->hint[0] != '\0')
        return;
    va_list args;
    va_start(args, fmt);
    set_text(err->hint, fmt, args);
    va_end(args);
}

struct lines {
    char *buf;
    size_t cap, len;
};

static void add_line(struct lines *out, const char *prefix, const char *text)
{
    if (text[0] == '\0' || out->len + 1 >= out->cap)
        return;
    int n = snprintf(out->buf + out->len, out->cap - out->len, "%s%s%s", out->len > 0 ? "\n" : "",
                     prefix, text);
    size_t room = out->cap - out->len - 1;
    out->len += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room;
}

void clv_error_format(const struct clv_error *err, char *buf, size_t cap)
{
    if (cap == 0)
        return;
    buf[0] = '\0';
    struct lines out = {.buf = buf, .cap = cap};
    add_line(&out, "", err->fact);
    add_line(&out, "", err->quote[0]);
    add_line(&out, "", err->quote[1]);
    for (unsigned i = 0; i < err->num_whiles && i < CLV_ERROR_WHILES; i++)
        add_line(&out, "  while ", err->whiles[i]);
    add_line(&out, "", err->kept);
    add_line(&out, "", err->hint);
    add_line(&out, "", clv_code_name(err->code));
}
