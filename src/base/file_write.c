#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base/file.h"
#include "claviger/base/ports.h"
#include "claviger/base/text.h"
#include "internal.h"

/* A file on its way: written under a name nobody looks for, in the folder it belongs to. */
struct draft {
    int folder_fd;
    const char *name; /* the one it will get */
    char temp[32];    /* the one it has; empty when there is none */
    int lock_fd;      /* held until it has its name, so that clv_drafts_remove() leaves it; or -1 */
};
#define DRAFT_TRIES 3

clv_status clv_fd_hold_standard(struct clv_error *err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int flags = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags) != fd)
            return clv_fail(err, CLV_E_IO, "a standard stream is closed, and no /dev/null");
    }
    return CLV_OK;
}

clv_status clv_fd_write_all(int fd, const void *data, size_t len, struct clv_error *err)
{
    const uint8_t *p = data;
    unsigned tries = 0;
    while (len > 0) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && clv_again(&tries))
            continue;
        if (n < 0)
            return clv_fail_errno(err, errno, "cannot write");
        p += n;
        len -= (size_t)n;
    }
    return CLV_OK;
}

static void draft_name(struct draft *d)
{
    uint8_t random[8];
    char hex[2 * sizeof random + 1];
    clv_random_fill(clv_random_system(), random, sizeof random);
    clv_hex(random, sizeof random, hex);
    (void)snprintf(d->temp, sizeof d->temp, ".%s.tmp", hex);
}

/* Another fd of the same open file: the lock outlives the one that is written to. False: somebody
 * removed the draft before it was locked. */
static bool draft_lock(struct draft *d, int fd)
{
    struct stat st;
    d->lock_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (d->lock_fd >= 0)
        (void)CLV_AGAIN(flock(d->lock_fd, LOCK_EX));
    return fstat(fd, &st) != 0 || st.st_nlink > 0;
}

static void draft_unlock(struct draft *d)
{
    if (d->lock_fd >= 0)
        (void)close(d->lock_fd);
    d->lock_fd = -1;
}

static int draft_open(struct draft *d)
{
    for (int i = 0;; i++) {
        draft_name(d);
        int fd = CLV_AGAIN(openat(d->folder_fd, d->temp,
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                  S_IRUSR | S_IWUSR));
        if (fd < 0 || draft_lock(d, fd) || i == DRAFT_TRIES)
            return fd;
        draft_unlock(d);
        (void)close(fd);
    }
}

static clv_status draft_fill(struct draft *d, const void *data, size_t len, struct clv_error *err)
{
    int fd = draft_open(d);
    if (fd < 0) {
        d->temp[0] = '\0';
        return clv_fail_errno(err, errno, "cannot create a file beside %s", d->name);
    }
    clv_status status = clv_fd_write_all(fd, data, len, err);
    /* Some file systems tell only here that the disk is full. */
    if (status == CLV_OK && CLV_AGAIN(fsync(fd)) != 0)
        status = clv_fail_errno(err, errno, "cannot bring %s safely to the disk", d->name);
    if (close(fd) != 0 && status == CLV_OK)
        status = clv_fail_errno(err, errno, "cannot finish %s", d->name);
    return status;
}

/* A link is as exclusive as renameat2(), which some file systems do not know. */
static bool move_exclusive(struct draft *d)
{
    int fd = d->folder_fd;
    if (CLV_AGAIN(renameat2(fd, d->temp, fd, d->name, RENAME_NOREPLACE)) == 0)
        return true;
    if ((errno != EINVAL && errno != ENOSYS) || CLV_AGAIN(linkat(fd, d->temp, fd, d->name, 0)) != 0)
        return false;
    (void)CLV_AGAIN(unlinkat(fd, d->temp, 0));
    return true;
}

static clv_status place_new(struct draft *d, struct clv_error *err)
{
    if (!move_exclusive(d)) {
        if (errno == EEXIST)
            return clv_fail(err, CLV_E_EXISTS, "%s exists already and is not overwritten", d->name);
        return clv_fail_errno(err, errno, "cannot give %s its name", d->name);
    }
    d->temp[0] = '\0';
    if (clv_folder_sync_fd(d->folder_fd))
        return CLV_OK;
    clv_status status =
        clv_fail_errno(err, errno, "cannot bring the folder of %s safely to the disk", d->name);
    if (CLV_AGAIN(unlinkat(d->folder_fd, d->name, 0)) != 0)
        clv_kept(err, "It is there, but a power cut may take it away; it could not be removed.");
    return status;
}

static clv_status place_over(struct draft *d, struct clv_error *err)
{
    if (CLV_AGAIN(renameat(d->folder_fd, d->temp, d->folder_fd, d->name)) != 0)
        return clv_fail_errno(err, errno, "cannot replace %s", d->name);
    d->temp[0] = '\0';
    if (clv_folder_sync_fd(d->folder_fd))
        return CLV_OK;
    clv_status status =
        clv_fail_errno(err, errno, "cannot bring the folder of %s safely to the disk", d->name);
    clv_kept(err, "The file has its new content, but a power cut may bring the old one back.");
    return status;
}

static clv_status write_beside(const char *path, const void *data, size_t len,
                               clv_status (*place)(struct draft *d, struct clv_error *err),
                               struct clv_error *err)
{
    struct draft d = {.folder_fd = -1, .lock_fd = -1};
    clv_status status = clv_folder_open(path, &d.folder_fd, &d.name, err);
    if (status != CLV_OK)
        return status;
    status = draft_fill(&d, data, len, err);
    if (status == CLV_OK)
        status = place(&d, err);
    if (d.temp[0] != '\0')
        (void)CLV_AGAIN(unlinkat(d.folder_fd, d.temp, 0));
    draft_unlock(&d);
    (void)close(d.folder_fd);
    return status;
}

clv_status clv_file_create(const char *path, const void *data, size_t len, struct clv_error *err)
{
    return write_beside(path, data, len, place_new, err);
}

clv_status clv_file_replace(const char *path, const void *data, size_t len, struct clv_error *err)
{
    return write_beside(path, data, len, place_over, err);
}

clv_status clv_file_remove(const char *path, struct clv_error *err)
{
    int folder_fd = -1;
    const char *name = NULL;
    clv_status status = clv_folder_open(path, &folder_fd, &name, err);
    if (status != CLV_OK)
        return status;
    if (CLV_AGAIN(unlinkat(folder_fd, name, 0)) != 0)
        status = clv_fail_errno(err, errno, "cannot remove %s", name);
    else if (!clv_folder_sync_fd(folder_fd))
        status =
            clv_fail_errno(err, errno, "cannot bring the removal of %s safely to the disk", name);
    (void)close(folder_fd);
    return status;
}
