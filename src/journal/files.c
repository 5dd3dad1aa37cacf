/* The files of a journal: appending durably or not at all, the lock, the key. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "internal.h"

#define SEED_LEN 32
static const char key_heading[] = "claviger journal key v1\n";
#define KEY_HEADING_LEN (sizeof key_heading - 1)
#define KEY_FILE_LEN (KEY_HEADING_LEN + 2 * SEED_LEN + 1)

const struct journal_disk journal_disk_system = {
    .write = write,
    .sync = fdatasync,
    .truncate = ftruncate,
};

clv_status file_open(const char *dir, const char *name, int flags, int *ret_fd,
                     struct clv_error *err)
{
    struct stat st;
    char *path = clv_path_join(dir, name);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    clv_status status = CLV_OK;
    int fd = CLV_AGAIN(open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (fd < 0)
        status = errno == ELOOP ? clv_fail(err, CLV_E_IO, "%s is a symbolic link", path)
                                : clv_fail_errno(err, errno, "cannot open %s", path);
    else if (fstat(fd, &st) != 0)
        status = clv_fail_errno(err, errno, "cannot examine %s", path);
    else if (!S_ISREG(st.st_mode))
        status = clv_fail(err, CLV_E_IO, "%s is not a plain file", path);
    if (status == CLV_OK)
        *ret_fd = fd;
    else if (fd >= 0)
        (void)close(fd);
    free(path);
    return status;
}

/* ---- appending ------------------------------------------------------------------------------- */

static int write_whole(int fd, const struct journal_disk *disk, struct clv_view data)
{
    unsigned tries = 0;
    while (data.len > 0) {
        ssize_t n = disk->write(fd, data.data, data.len);
        if (n < 0 && clv_again(&tries))
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        data = clv_view_of(data.data + n, data.len - (size_t)n);
    }
    return 0;
}

clv_status logfile_append(struct logfile *f, const struct journal_disk *disk, struct clv_view data,
                          struct clv_error *err)
{
    if (f->stuck)
        return clv_fail(err, CLV_E_INTERNAL,
                        "the journal could not be cut back after a failed write");
    int failed = write_whole(f->fd, disk, data);
    if (!failed && CLV_AGAIN(disk->sync(f->fd)) != 0)
        failed = errno;
    if (!failed) {
        f->len += data.len;
        return CLV_OK;
    }
    /* Everything before f->len was synced earlier: cutting there loses nothing acknowledged. */
    if (CLV_AGAIN(disk->truncate(f->fd, (off_t)f->len)) != 0)
        f->stuck = true;
    clv_status status = clv_fail_errno(err, failed, "cannot write to the journal");
    clv_kept(err,
             f->stuck ? "The journal ends in half a record." : "The journal is as it was before.");
    if (f->stuck)
        clv_hint(err, "Stop, make the disk work again, and resume the ceremony.");
    return clv_while(err, status, "recording what happens");
}

void logfile_cut(struct logfile *f, const struct journal_disk *disk, size_t len)
{
    f->len -= len;
    if (CLV_AGAIN(disk->truncate(f->fd, (off_t)f->len)) != 0)
        f->stuck = true;
}

bool logfile_is_there(const struct logfile *f, const char *dir, const char *name)
{
    struct stat st;
    char *path = clv_path_join(dir, name);
    bool there = path && lstat(path, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino;
    free(path);
    return there;
}

/* ---- the lock -------------------------------------------------------------------------------- */

/* " (process 4711)" as the kernel knows it; nothing where it does not tell. */
static void name_holder(int fd, char *ret, size_t cap)
{
    struct stat st;
    char line[200];
    int pid = 0;
    unsigned major = 0, minor = 0;
    unsigned long long inode = 0;
    FILE *locks = fopen("/proc/locks", "re");
    ret[0] = '\0';
    while (locks && fstat(fd, &st) == 0 && fgets(line, sizeof line, locks))
        if (sscanf(line, "%*d: FLOCK ADVISORY WRITE %d %x:%x:%llu", &pid, &major, &minor, &inode) ==
                4 &&
            pid > 0 && inode == st.st_ino && makedev(major, minor) == st.st_dev)
            snprintf(ret, cap, " (process %d)", pid);
    if (locks)
        (void)fclose(locks);
}

clv_status clv_journal_lock(const char *dir, int *ret_fd, struct clv_error *err)
{
    char holder[32];
    int fd = CLV_AGAIN(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot open the ceremony folder %s", dir);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *ret_fd = fd;
        return CLV_OK;
    }
    clv_status status = CLV_E_RULE;
    if (errno == EWOULDBLOCK) {
        name_holder(fd, holder, sizeof holder);
        (void)clv_fail(err, CLV_E_RULE, "another claviger%s is using the folder %s", holder, dir);
        clv_kept(err, "Nothing was changed.");
        clv_hint(err, "Go on in the other window, or end it there first.");
    } else {
        status = clv_fail_errno(err, errno, "cannot lock the ceremony folder %s", dir);
    }
    (void)close(fd);
    return status;
}

/* ---- the key --------------------------------------------------------------------------------- */

static void key_text(const struct clv_secret *seed, char out[KEY_FILE_LEN + 1])
{
    memcpy(out, key_heading, KEY_HEADING_LEN);
    clv_hex(clv_secret_read(seed), SEED_LEN, out + KEY_HEADING_LEN);
    clv_secret_close(seed);
    out[KEY_FILE_LEN - 1] = '\n';
    out[KEY_FILE_LEN] = '\0';
}

clv_status key_file_create(const char *dir, const struct clv_secret *seed, struct clv_error *err)
{
    char text[KEY_FILE_LEN + 1];
    char *path = clv_path_join(dir, CLV_JOURNAL_KEY);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    key_text(seed, text);
    clv_status status = clv_file_replace(path, text, KEY_FILE_LEN, err);
    clv_wipe(text, sizeof text);
    free(path);
    return status;
}

/* Only the text key_text() writes: one key, one file. */
static clv_status parse_key(const uint8_t *data, size_t len, struct clv_secret *seed,
                            struct clv_error *err)
{
    char exact[KEY_FILE_LEN + 1];
    clv_status status = CLV_E_DAMAGED;
    if (len == KEY_FILE_LEN) {
        status = clv_unhex((const char *)data + KEY_HEADING_LEN, 2 * (size_t)SEED_LEN,
                           clv_secret_write(seed), SEED_LEN, NULL);
        clv_secret_close(seed);
        key_text(seed, exact);
        if (memcmp(exact, data, KEY_FILE_LEN) != 0)
            status = CLV_E_DAMAGED;
        clv_wipe(exact, sizeof exact);
    }
    return status == CLV_OK ? CLV_OK
                            : clv_fail(err, CLV_E_DAMAGED, "%s is damaged", CLV_JOURNAL_KEY);
}

clv_status key_file_read(const char *dir, struct clv_secret **ret_seed, struct clv_error *err)
{
    struct clv_secret *seed = NULL;
    uint8_t *data = NULL;
    size_t len = 0;
    char *path = clv_path_join(dir, CLV_JOURNAL_KEY);
    clv_status status = path ? clv_secret_new(SEED_LEN, &seed, err)
                             : clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    if (status == CLV_OK)
        status = clv_file_read_private(path, 4096, &data, &len, err);
    if (status == CLV_OK)
        status = parse_key(data, len, seed, err);
    if (status == CLV_OK) {
        *ret_seed = seed;
        seed = NULL;
    }
    if (data)
        clv_wipe(data, len);
    free(data);
    free(path);
    clv_secret_free(&seed);
    return status;
}
