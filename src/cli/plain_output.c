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

/* Length of the UTF-8 character at s, 0 when there is none. Enough to let a letter pass whole: what
 * it means does not matter here, only that no control character hides in it. */
static size_t letter_len(const uint8_t *s, size_t left)
{
    size_t len = s[0] >= 0xc2 && s[0] < 0xe0   ? 2
                 : (s[0] & 0xf0) == 0xe0       ? 3
                 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
                                               : 0;
    if (len == 0 || len > left || (s[0] == 0xc2 && s[1] < 0xa0)) /* C1 controls */
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    return len;
}

static void write_clean(struct clv_plain *p, const uint8_t *s, size_t len)
{
    uint8_t out[1024];
    size_t n = 0;
    for (size_t i = 0; i < len;) {
        size_t letter = s[i] < 0x80 ? 1 : letter_len(s + i, len - i);
        bool control = s[i] < 0x20 || s[i] == 0x7f;
        bool as_it_is = s[i] == '\n' || (letter == 1 && !control) || (letter > 1 && p->utf8);
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
