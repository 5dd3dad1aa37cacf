/* Secrets from inherited descriptors: byte by byte, so that one descriptor may hold several lines
 * and nothing of the next one is read ahead. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

static clv_status descriptor(const char *text, int *ret, struct clv_error *err)
{
    size_t digits = strspn(text, "0123456789");
    int fd = digits > 0 && digits < 6 && text[digits] == '\0' ? (int)strtol(text, NULL, 10) : -1;
    if (fd < 0 || fcntl(fd, F_GETFD) < 0) {
        clv_status st = clv_fail(err, CLV_E_USAGE, "that is not an open file descriptor");
        clv_hint(err, "Give the number of one: claviger ... --password-fd 3 3<FILE");
        return st;
    }
    *ret = fd;
    return CLV_OK;
}

/* -1: nothing more. */
static clv_status read_byte(int fd, uint8_t *at, bool *ret_end, struct clv_error *err)
{
    ssize_t n;
    do
        n = read(fd, at, 1);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return clv_fail_errno(err, errno, "cannot read the file descriptor");
    *ret_end = n == 0 || *at == '\n';
    return CLV_OK;
}

clv_status read_secret_fd(const char *text, size_t max_len, struct clv_secret **ret,
                          struct clv_error *err)
{
    struct clv_secret *secret = NULL;
    size_t len = 0;
    bool end = false;
    int fd = -1;
    clv_status st = descriptor(text, &fd, err);
    if (st == CLV_OK)
        st = clv_secret_new(max_len + 1, &secret, err);
    if (st != CLV_OK)
        return st;
    uint8_t *bytes = clv_secret_write(secret);
    while (st == CLV_OK && !end && len <= max_len) {
        st = read_byte(fd, bytes + len, &end, err);
        len += st == CLV_OK && !end;
    }
    if (len > 0 && end && bytes[len - 1] == '\r')
        len--;
    clv_secret_close(secret);
    if (st == CLV_OK && len > max_len)
        st = clv_fail(err, CLV_E_INPUT, "the line on the file descriptor is too long");
    if (st == CLV_OK && len == 0)
        st = clv_fail(err, CLV_E_INPUT, "there is no line on the file descriptor");
    if (st != CLV_OK) {
        clv_secret_free(&secret);
        return st;
    }
    clv_secret_shrink(secret, len);
    *ret = secret;
    return CLV_OK;
}
