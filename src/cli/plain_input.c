#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "plain_internal.h"

static int idle_left(const struct clv_plain *p, int64_t since)
{
    if (!p->secret_turn || p->idle_seconds == 0)
        return -1;
    int64_t left = since + (int64_t)p->idle_seconds * 1000 - clv_now_ms(p->clock);
    return left > 0 ? (int)left : 0;
}

/* ^Z, or back from a stop: the mode again as it has to be, and the prompt. */
static void heed_stop(struct clv_plain *p, unsigned wake, const char *prompt, bool secret)
{
    bool refused = (wake & CLV_WAKE_SUSPEND) != 0 && secret;
    if ((wake & CLV_WAKE_SUSPEND) != 0 && !secret)
        clv_terminal_suspend(p->terminal);
    if (secret)
        clv_terminal_secret_mode(p->terminal);
    else
        clv_terminal_line_mode(p->terminal);
    clv_plain_print(p, "\n%s%s", refused ? "Suspending is refused while a secret is typed.\n" : "",
                    prompt);
}

/* Waits until fd can be read. ^Z stops the process here, unless a secret is being typed. */
static clv_status wait_input(struct clv_plain *p, int fd, const char *prompt, bool secret,
                             enum clv_plain_got *ret_got, struct clv_error *err)
{
    int64_t start = clv_now_ms(p->clock);
    for (;;) {
        unsigned wake = 0;
        int timeout_ms = idle_left(p, start);
        clv_status status = clv_terminal_wait(p->terminal, fd, timeout_ms, &wake, err);
        if (status != CLV_OK)
            return status;
        if (wake & (CLV_WAKE_SUSPEND | CLV_WAKE_CONTINUED))
            heed_stop(p, wake, prompt, secret);
        if ((wake & CLV_WAKE_INPUT) != 0)
            return CLV_OK;
        if (timeout_ms >= 0 && idle_left(p, start) == 0) {
            *ret_got = CLV_PLAIN_IDLE;
            return CLV_OK;
        }
    }
}

static clv_status fail_end(struct clv_error *err)
{
    return clv_fail(err, CLV_E_INTERRUPTED, "the input ended");
}

/* One byte of a line; *ret_byte is negative at the end of the input. */
static clv_status read_byte(struct clv_plain *p, const char *prompt, int *ret_byte,
                            enum clv_plain_got *ret_got, struct clv_error *err)
{
    uint8_t byte = 0;
    for (;;) {
        clv_status status = wait_input(p, p->in_fd, prompt, false, ret_got, err);
        if (status != CLV_OK || *ret_got == CLV_PLAIN_IDLE)
            return status;
        ssize_t n = read(p->in_fd, &byte, 1);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        *ret_byte = n == 1 ? byte : -1;
        return CLV_OK;
    }
}

clv_status clv_plain_read_line(struct clv_plain *p, const char *prompt, char *line,
                               enum clv_plain_got *ret_got, struct clv_error *err)
{
    enum clv_plain_got got = CLV_PLAIN_LINE_READ;
    size_t len = 0;
    bool too_long = false;
    clv_terminal_line_mode(p->terminal);
    clv_terminal_flush(p->terminal);
    clv_plain_text(p, prompt);
    for (;;) {
        int byte = -1;
        clv_status status = read_byte(p, prompt, &byte, &got, err);
        if (status != CLV_OK)
            return status;
        if (got == CLV_PLAIN_IDLE || byte == '\n')
            break;
        if (byte < 0 && len == 0)
            return fail_end(err);
        if (byte < 0)
            break;
        too_long = too_long || len + 1 == CLV_PLAIN_LINE;
        if (!too_long && byte != '\r' && byte != '\0')
            line[len++] = (char)byte;
    }
    line[len] = '\0';
    if (!isatty(p->in_fd))
        clv_plain_text(p, "\n"); /* nobody's Enter was echoed */
    *ret_got = too_long && got == CLV_PLAIN_LINE_READ ? CLV_PLAIN_TOO_LONG : got;
    return CLV_OK;
}

/* `?` alone asks for help, `!deviation` alone for a deviation: neither can be a password. */
static int menu_key(const struct clv_typing *typing)
{
    const uint8_t *bytes = clv_secret_read(typing->secret);
    int key = typing->len == 1 && bytes[0] == '?'                         ? '?'
              : typing->len == 10 && memcmp(bytes, "!deviation", 10) == 0 ? '!'
                                                                          : 0;
    clv_secret_close(typing->secret);
    return key;
}

static const char *note_of(enum clv_typed typed)
{
    return typed == CLV_TYPED_FULL      ? "That is too long: the last key was not taken."
           : typed == CLV_TYPED_CONTROL ? "That key cannot be part of it and was not taken."
           : typed == CLV_TYPED_PASTED  ? "A secret must be typed: nothing of the paste was taken."
                                        : NULL;
}

/* Until Enter; *ret_got IDLE otherwise. */
static clv_status type_secret(struct clv_plain *p, const char *prompt, struct clv_typing *typing,
                              enum clv_plain_got *ret_got, struct clv_error *err)
{
    enum clv_typed said = CLV_TYPED_NOTHING;
    for (;;) {
        clv_status status = wait_input(p, p->tty_fd, prompt, true, ret_got, err);
        if (status != CLV_OK || *ret_got == CLV_PLAIN_IDLE)
            return status;
        enum clv_typed typed = clv_typing_read(typing, p->tty_fd);
        if (typed == CLV_TYPED_END)
            return fail_end(err);
        if (typed == CLV_TYPED_ENTER && typing->len > 0)
            return CLV_OK;
        if (typed == CLV_TYPED_ENTER)
            clv_plain_print(p, "\nNothing was typed.\n%s", prompt);
        if (note_of(typed) != NULL && typed != said)
            clv_plain_print(p, "\n%s\n%s", note_of(typed), prompt);
        said = note_of(typed) != NULL ? typed : said;
    }
}

clv_status clv_plain_read_secret(struct clv_plain *p, const char *prompt, size_t max_len,
                                 bool may_paste, struct clv_secret **ret_secret, int *ret_key,
                                 enum clv_plain_got *ret_got, struct clv_error *err)
{
    struct clv_typing typing = {0};
    enum clv_plain_got got = CLV_PLAIN_LINE_READ;
    if (p->tty_fd < 0) {
        (void)clv_fail(err, CLV_E_TERMINAL, "there is no terminal to type a secret on");
        clv_hint(err, "Run it in a terminal. A rehearsal can take its answers from a file.");
        return CLV_E_TERMINAL;
    }
    clv_status status = clv_typing_init(&typing, max_len, err);
    if (status != CLV_OK)
        return status;
    typing.may_paste = may_paste;
    clv_terminal_secret_mode(p->terminal);
    clv_terminal_flush(p->terminal);
    clv_plain_text(p, prompt);
    status = type_secret(p, prompt, &typing, &got, err);
    clv_terminal_line_mode(p->terminal);
    clv_plain_text(p, "\n");
    if (status == CLV_OK) {
        *ret_key = got == CLV_PLAIN_LINE_READ ? menu_key(&typing) : 0;
        *ret_secret = got == CLV_PLAIN_LINE_READ && *ret_key == 0 ? clv_typing_take(&typing) : NULL;
        *ret_got = got;
    }
    clv_typing_clear(&typing);
    return status;
}
