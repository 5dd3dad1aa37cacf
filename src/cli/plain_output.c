#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plain_internal.h"

static void write_out(struct clv_plain *p, const void *data, size_t len)
{
    const uint8_t *at = data;
    while (len > 0 && !p->broken) {
        ssize_t n = write(p->out_fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            p->broken = true;
            p->errnum = errno;
            return;
        }
        at += n;
        len -= (size_t)n;
    }
}

static void write_clean(struct clv_plain *p, const uint8_t *s, size_t len)
{
    uint8_t out[1024];
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        struct clv_utf8 c = clv_utf8_next((const char *)s + i, len - i);
        size_t letter = c.len;
        bool clean = letter > 0 && !clv_utf8_is_control(c.code) && !clv_utf8_is_hidden(c.code);
        bool as_it_is = s[i] == '\n' || (clean && (letter == 1 || p->utf8));
        if (n + 4 > sizeof out) {
            write_out(p, out, n);
            n = 0;
        }
        if (as_it_is)
            memcpy(out + n, s + i, letter);
        else
            out[n] = '?';
        n += as_it_is ? letter : 1;
        i += letter == 0 ? 1 : letter;
    }
    write_out(p, out, n);
}

void clv_plain_text(struct clv_plain *p, const char *text)
{
    write_clean(p, (const uint8_t *)text, strlen(text));
}

void clv_plain_print(struct clv_plain *p, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len < 0)
        return;
    clv_plain_text(p, text);
    free(text);
}

void clv_plain_lines(struct clv_plain *p, const char *prefix, const char *text)
{
    while (text[0] != '\0') {
        size_t len = strcspn(text, "\n");
        if (len > 0)
            clv_plain_text(p, prefix);
        write_clean(p, (const uint8_t *)text, len);
        clv_plain_text(p, "\n");
        text += len + (text[len] == '\n');
    }
}

void clv_plain_reveal(struct clv_plain *p, const struct clv_secret *secret)
{
    write_out(p, clv_secret_read(secret), clv_secret_len(secret));
    clv_secret_close(secret);
    clv_plain_text(p, "\n");
}

clv_status clv_plain_check(struct clv_plain *p, struct clv_error *err)
{
    if (!p->broken)
        return CLV_OK;
    return clv_fail(err, CLV_E_TERMINAL, "the output cannot be written any more: %s",
                    strerrordesc_np(p->errnum));
}
