/* A secret being typed: from read(2) straight into guarded memory. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* How long the rest of a function key may take behind its ESC. */
#define ESCAPE_WAIT_MS 50
#define TYPING_MAX 4096
#define NO_BYTE (-1)
#define NO_MORE (-2)

clv_status clv_typing_init(struct clv_typing *typing, size_t max_len, struct clv_error *err)
{
    if (max_len == 0 || max_len > TYPING_MAX)
        return clv_fail(err, CLV_E_INTERNAL, "a secret of up to %zu bytes was to be typed",
                        max_len);
    struct clv_secret *secret = NULL;
    clv_status status = clv_secret_new(max_len + 1, &secret, err);
    if (status == CLV_OK)
        *typing = (struct clv_typing){.secret = secret, .max_len = max_len};
    return status;
}

void clv_typing_clear(struct clv_typing *typing)
{
    clv_secret_free(&typing->secret);
    *typing = (struct clv_typing){0};
}

void clv_typing_restart(struct clv_typing *typing)
{
    clv_wipe(clv_secret_write(typing->secret), typing->max_len + 1);
    clv_secret_close(typing->secret);
    typing->len = 0;
    typing->pasting = false;
}

struct clv_secret *clv_typing_take(struct clv_typing *typing)
{
    struct clv_secret *secret = typing->secret;
    clv_secret_shrink(secret, typing->len);
    *typing = (struct clv_typing){0};
    return secret;
}

static bool comes_soon(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, ESCAPE_WAIT_MS) > 0;
}

/* The place behind the last byte is where every byte arrives; what does not belong to the secret is
 * wiped there. Returns it in a register, NO_BYTE or NO_MORE. */
static int read_byte(struct clv_typing *typing, int fd)
{
    uint8_t *p = clv_secret_write(typing->secret) + typing->len;
    ssize_t n = read(fd, p, 1);
    int byte = n == 1 ? *p : n == 0 ? NO_MORE : NO_BYTE;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
        byte = NO_MORE;
    clv_secret_close(typing->secret);
    return byte;
}

static void wipe_slot(struct clv_typing *typing)
{
    clv_wipe(clv_secret_write(typing->secret) + typing->len, 1);
    clv_secret_close(typing->secret);
}

/* The bytes behind ESC are no part of a secret, unless somebody types very fast behind Esc: wiped
 * all the same. */
static enum clv_typed read_escape(struct clv_typing *typing, int fd)
{
    uint8_t seq[CLV_ESCAPE_MAX] = {0};
    size_t len = 0;
    while (len < sizeof seq && !clv_escape_complete(seq, len) && comes_soon(fd)) {
        int byte = read_byte(typing, fd);
        wipe_slot(typing);
        if (byte < 0)
            break;
        seq[len++] = (uint8_t)byte;
    }
    int key = 0;
    enum clv_escape meaning = clv_escape_meaning(seq, len, &key);
    clv_wipe(seq, sizeof seq);
    if (meaning == CLV_ESCAPE_PASTE_START)
        typing->pasting = true;
    if (meaning == CLV_ESCAPE_PASTE_END && typing->pasting) {
        typing->pasting = false;
        return typing->may_paste ? CLV_TYPED_MORE : CLV_TYPED_PASTED;
    }
    if (typing->pasting || meaning != CLV_ESCAPE_KEY)
        return typing->pasting ? CLV_TYPED_NOTHING : CLV_TYPED_CONTROL;
    typing->key = key;
    return CLV_TYPED_KEY;
}

/* One character: a lead byte and what follows it. */
static enum clv_typed take_back(struct clv_typing *typing)
{
    if (typing->len == 0)
        return CLV_TYPED_NOTHING;
    uint8_t *p = clv_secret_write(typing->secret);
    bool follower;
    do {
        follower = (p[--typing->len] & 0xc0) == 0x80;
        p[typing->len] = 0;
    } while (follower && typing->len > 0);
    clv_secret_close(typing->secret);
    return CLV_TYPED_MORE;
}

static enum clv_typed control(struct clv_typing *typing, int byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return CLV_TYPED_ENTER;
    case 0x08:
    case 0x7f:
        return take_back(typing);
    case 0x15: /* ^U */
        clv_typing_restart(typing);
        return CLV_TYPED_MORE;
    case 0x04: /* ^D */
        return typing->len == 0 ? CLV_TYPED_END : CLV_TYPED_CONTROL;
    case '\t':
    case 0x00:
        return CLV_TYPED_CONTROL;
    default:
        typing->key = byte + 'A' - 1;
        return CLV_TYPED_CTRL;
    }
}

enum clv_typed clv_typing_read(struct clv_typing *typing, int fd)
{
    int byte = read_byte(typing, fd);
    if (byte == NO_BYTE)
        return CLV_TYPED_NOTHING;
    bool refused = typing->deaf || (typing->pasting && !typing->may_paste);
    if (byte >= 0x20 && byte != 0x7f && !refused) {
        if (typing->len < typing->max_len) {
            typing->len++;
            return CLV_TYPED_MORE;
        }
        wipe_slot(typing);
        return CLV_TYPED_FULL;
    }
    wipe_slot(typing);
    if (byte == NO_MORE)
        return CLV_TYPED_END;
    if (byte == 0x1b)
        return read_escape(typing, fd);
    if (typing->pasting || (byte >= 0x20 && byte != 0x7f))
        return CLV_TYPED_NOTHING;
    return control(typing, byte);
}
