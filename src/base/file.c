#include "claviger/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base/secret.h"

#define TRIES_MAX 100

bool clv_again(unsigned *tries)
{
    return errno == EINTR && ++*tries < TRIES_MAX;
}

static clv_status check_plain(const struct stat *st, const char *path, size_t max_len,
                              struct clv_error *err)
{
    if (!S_ISREG(st->st_mode))
        return clv_fail(err, CLV_E_IO, "%s is not a plain file", path);
    if ((uintmax_t)st->st_size > max_len)
        return clv_fail(err, CLV_E_IO, "%s is larger than %zu bytes", path, max_len);
    return CLV_OK;
}

static clv_status check_private(const struct stat *st, const char *path, struct clv_error *err)
{
    if (st->st_uid != geteuid())
        return clv_fail(err, CLV_E_PERMISSION, "%s belongs to another user", path);
    if ((st->st_mode & 077) != 0) {
        (void)clv_fail(err, CLV_E_PERMISSION, "%s is open to other users (mode %04o)", path,
                       (unsigned)(st->st_mode & 07777));
        clv_hint(err, "If nobody else can have changed or copied it: chmod 600 %s", path);
        return CLV_E_PERMISSION;
    }
    if (st->st_nlink != 1)
        return clv_fail(err, CLV_E_PERMISSION, "%s has a second name in the file system", path);
    return CLV_OK;
}

/* Opens without waiting (a FIFO would) and without following a link in the last place. */
static clv_status open_plain(const char *path, size_t max_len, bool private, int *ret_fd,
                             struct clv_error *err)
{
    int fd = CLV_AGAIN(open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (fd < 0 && errno == ELOOP)
        return clv_fail(err, CLV_E_IO, "%s is a symbolic link, not a plain file", path);
    if (fd < 0 && errno == ENXIO)
        return clv_fail(err, CLV_E_IO, "%s is not a plain file", path);
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot open %s", path);

    struct stat st;
    clv_status status = fstat(fd, &st) == 0 ? check_plain(&st, path, max_len, err)
                                            : clv_fail_errno(err, errno, "cannot examine %s", path);
    if (status == CLV_OK && private)
        status = check_private(&st, path, err);
    if (status == CLV_OK)
        *ret_fd = fd;
    else
        (void)close(fd);
    return status;
}

/* Reads up to cap bytes, to the end of the file or less. */
static ssize_t read_up_to(int fd, uint8_t *out, size_t cap)
{
    size_t len = 0;
    unsigned tries = 0;
    while (len < cap) {
        ssize_t n = read(fd, out + len, cap - len);
        if (n < 0 && clv_again(&tries))
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        len += (size_t)n;
    }
    return (ssize_t)len;
}

/* The size is not trusted: a file may grow meanwhile, and files of /proc say 0. */
static clv_status read_open(int fd, const char *path, size_t max_len, uint8_t **ret_data,
                            size_t *ret_len, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0, cap = max_len < 4096 ? max_len : 4096;
    for (;;) {
        uint8_t *more = realloc(data, cap + 1);
        if (more == NULL) {
            free(data);
            return clv_fail(err, CLV_E_MEMORY, "there is not enough memory to read %s", path);
        }
        data = more;
        ssize_t n = read_up_to(fd, data + len, cap + 1 - len);
        if (n < 0) {
            int errnum = errno;
            free(data);
            return clv_fail_errno(err, errnum, "cannot read %s", path);
        }
        len += (size_t)n;
        if (len <= cap)
            break;
        if (cap == max_len) {
            free(data);
            return clv_fail(err, CLV_E_IO, "%s is larger than %zu bytes", path, max_len);
        }
        cap = max_len / 2 < cap ? max_len : cap * 2;
    }
    data[len] = 0;
    *ret_data = data;
    *ret_len = len;
    return CLV_OK;
}

static clv_status read_file(const char *path, size_t max_len, bool private, uint8_t **ret_data,
                            size_t *ret_len, struct clv_error *err)
{
    int fd = -1;
    clv_status status = open_plain(path, max_len, private, &fd, err);
    if (status != CLV_OK)
        return status;
    status = read_open(fd, path, max_len, ret_data, ret_len, err);
    (void)close(fd);
    return status;
}

clv_status clv_file_read(const char *path, size_t max_len, uint8_t **ret_data, size_t *ret_len,
                         struct clv_error *err)
{
    return read_file(path, max_len, false, ret_data, ret_len, err);
}

clv_status clv_file_read_private(const char *path, size_t max_len, uint8_t **ret_data,
                                 size_t *ret_len, struct clv_error *err)
{
    return read_file(path, max_len, true, ret_data, ret_len, err);
}

char *clv_path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    char *path = NULL;
    const char *slash = len > 0 && dir[len - 1] == '/' ? "" : "/";
    return asprintf(&path, "%s%s%s", dir, slash, name) < 0 ? NULL : path;
}

const char *clv_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}
