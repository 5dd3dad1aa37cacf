/* Lines out of a file or memory, through one buffer of fixed size. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

void lines_init_memory(struct lines *l, struct clv_view memory)
{
    *l = (struct lines){
        .fd = -1, .memory = memory.data, .len = memory.len, .limit = memory.len, .ended = true};
}

clv_status lines_init_fd(struct lines *l, int fd, struct clv_error *err)
{
    struct stat st;
    *l = (struct lines){.fd = -1};
    if (fstat(fd, &st) != 0)
        return clv_fail_errno(err, errno, "cannot read a log");
    uint8_t *buffer = malloc(LINES_BUFFER);
    if (!buffer)
        return clv_fail(err, CLV_E_MEMORY, "no memory to read a log");
    *l = (struct lines){.fd = fd, .buffer = buffer, .limit = (uint64_t)st.st_size};
    return CLV_OK;
}

void lines_clear(struct lines *l)
{
    free(l->buffer);
    *l = (struct lines){.fd = -1};
}

static const uint8_t *waiting(const struct lines *l)
{
    const uint8_t *base = l->buffer ? l->buffer : l->memory;
    return base ? base + l->start : NULL;
}

/* Makes room behind what waits and reads on; what is written to the file meanwhile stays unseen. */
static void refill(struct lines *l)
{
    uint64_t read_to = l->offset + l->len;
    if (l->start > 0)
        memmove(l->buffer, l->buffer + l->start, l->len);
    l->start = 0;
    size_t room = LINES_BUFFER - l->len;
    if (room > l->limit - read_to)
        room = (size_t)(l->limit - read_to);
    unsigned tries = 0;
    ssize_t got;
    do
        got = room == 0 ? 0 : pread(l->fd, l->buffer + l->len, room, (off_t)read_to);
    while (got < 0 && clv_again(&tries));
    if (got < 0)
        l->failed_errno = errno;
    if (got <= 0)
        l->ended = true;
    else
        l->len += (size_t)got;
}

bool lines_next(struct lines *l, struct line *ret)
{
    const uint8_t *newline = NULL;
    size_t looked = 0;
    for (;;) {
        if (l->len > looked)
            newline = memchr(waiting(l) + looked, '\n', l->len - looked);
        if (newline || l->ended || l->len == LINES_BUFFER)
            break;
        looked = l->len;
        refill(l);
    }
    if (l->len == 0 || l->failed_errno)
        return false;
    size_t text_len = newline ? (size_t)(newline - waiting(l)) : l->len;
    size_t taken = text_len + (newline ? 1 : 0);
    *ret = (struct line){
        .text = clv_view_of(waiting(l), text_len), .offset = l->offset, .whole = newline != NULL};
    l->start += taken;
    l->len -= taken;
    l->offset += taken;
    return true;
}

bool lines_at_end(struct lines *l)
{
    if (l->len == 0 && !l->ended)
        refill(l);
    return l->len == 0;
}

uint64_t lines_total(const struct lines *l)
{
    return l->limit;
}
