/* One copy of the journal: its folder, its lock, its two logs, and the space set aside there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* The reserve is given back in pieces, so that nobody else on the disk takes all of it. */
#define RESERVE_STEP (64u * 1024)

const char *medium_log_name(enum which_log which)
{
    return which == ENTRIES ? CLV_JOURNAL_LOG : CLV_JOURNAL_CHECKPOINTS;
}

clv_status medium_init(struct medium *m, const char *dir, struct clv_error *err)
{
    *m = (struct medium){.lock_fd = -1, .log = {{.fd = -1}, {.fd = -1}}};
    if (dir && (m->dir = strdup(dir)) == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a journal");
    return CLV_OK;
}

void medium_close(struct medium *m)
{
    int *const fds[] = {&m->log[ENTRIES].fd, &m->log[CHECKPOINTS].fd, &m->lock_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
        if (*fds[i] >= 0)
            (void)close(*fds[i]);
        *fds[i] = -1;
    }
}

void medium_clear(struct medium *m)
{
    medium_close(m);
    free(m->dir);
    m->dir = NULL;
}

/* ---- opening --------------------------------------------------------------------------------- */

static clv_status open_log(struct medium *m, enum which_log which, int flags, struct clv_error *err)
{
    struct stat st;
    struct logfile *f = &m->log[which];
    clv_status status = file_open(m->dir, medium_log_name(which), flags, &f->fd, err);
    if (status == CLV_OK && fstat(f->fd, &st) != 0)
        status = clv_fail_errno(err, errno, "cannot examine %s", medium_log_name(which));
    if (status == CLV_OK) {
        f->dev = st.st_dev;
        f->ino = st.st_ino;
    }
    return status;
}

static clv_status open_logs(struct medium *m, int flags, struct clv_error *err)
{
    m->begun = true;
    clv_status status = open_log(m, ENTRIES, flags, err);
    return status == CLV_OK ? open_log(m, CHECKPOINTS, flags, err) : status;
}

/* What was read may still be on its way to the disk, written by a process that was killed. */
static clv_status sync_logs(struct medium *m, struct clv_error *err)
{
    for (int which = 0; which < NUM_LOGS; which++)
        if (CLV_AGAIN(fsync(m->log[which].fd)) != 0)
            return clv_fail_errno(err, errno, "cannot write the journal to disk");
    return CLV_OK;
}

clv_status medium_open(struct medium *m, int flags, struct clv_error *err)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY;
    clv_status status =
        writes && m->lock_fd < 0 ? clv_journal_lock(m->dir, &m->lock_fd, err) : CLV_OK;
    if (status == CLV_OK)
        status = open_logs(m, flags, err);
    return status == CLV_OK && writes ? sync_logs(m, err) : status;
}

/* ---- creating -------------------------------------------------------------------------------- */

static clv_status make_file(const char *dir, const char *name, const char *text,
                            clv_status (*make)(const char *, const void *, size_t,
                                               struct clv_error *),
                            struct clv_error *err)
{
    char *path = clv_path_join(dir, name);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    clv_status status = make(path, text, strlen(text), err);
    free(path);
    return status;
}

/* journal.log comes last: what is there without it never signed anything and is replaced. */
clv_status medium_create(struct medium *m, const char *vkey, const struct clv_secret *seed,
                         struct clv_error *err)
{
    char line[CLV_VKEY_TEXT + 1];
    snprintf(line, sizeof line, "%s\n", vkey);
    clv_status status = key_file_create(m->dir, seed, err);
    if (status == CLV_OK)
        status = make_file(m->dir, CLV_JOURNAL_VKEY, line, clv_file_replace, err);
    if (status == CLV_OK)
        status = make_file(m->dir, CLV_JOURNAL_CHECKPOINTS, "", clv_file_replace, err);
    if (status == CLV_OK)
        status = make_file(m->dir, CLV_JOURNAL_LOG, "", clv_file_create, err);
    return status == CLV_OK ? open_logs(m, O_RDWR | O_APPEND, err) : status;
}

/* ---- writing --------------------------------------------------------------------------------- */

/* A folder that was removed takes writes for as long as its files are open: into nothing. */
clv_status medium_check(const struct medium *m, struct clv_error *err)
{
    for (int which = 0; which < NUM_LOGS; which++) {
        const struct logfile *f = &m->log[which];
        clv_status status = CLV_OK;
        if (f->fd < 0 || !logfile_is_there(f, m->dir, medium_log_name((enum which_log)which)))
            status = clv_fail(err, CLV_E_IO, "%s is not in %s any more",
                              medium_log_name((enum which_log)which), m->dir);
        else if (f->stuck)
            status =
                clv_fail(err, CLV_E_INTERNAL, "%s in %s could not be cut back after a failed write",
                         medium_log_name((enum which_log)which), m->dir);
        if (status != CLV_OK) {
            clv_kept(err, "Nothing was written.");
            clv_hint(err, "Bring the medium back as it was.");
            return status;
        }
    }
    return CLV_OK;
}

static clv_status fill_reserve(const char *path, size_t bytes, struct clv_error *err)
{
    /* O_NONBLOCK: a pipe of that name is refused instead of waited for. */
    int flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = CLV_AGAIN(open(path, flags, 0600));
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot create %s", path);
    struct stat before = {0};
    int failed = fstat(fd, &before) != 0 ? errno : posix_fallocate(fd, 0, (off_t)bytes);
    if (!failed && CLV_AGAIN(fsync(fd)) != 0)
        failed = errno;
    /* What was set aside before is still good; a part of more is not. */
    bool kept = failed && before.st_size > 0 && CLV_AGAIN(ftruncate(fd, before.st_size)) == 0;
    (void)close(fd);
    if (!failed)
        return CLV_OK;
    if (!kept)
        (void)unlink(path);
    return clv_fail_errno(err, failed, "cannot set %zu bytes of disk space aside", bytes);
}

clv_status medium_reserve(struct medium *m, size_t bytes, struct clv_error *err)
{
    char *path = clv_path_join(m->dir, CLV_JOURNAL_RESERVE);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    clv_status status = fill_reserve(path, bytes, err);
    if (status == CLV_OK)
        m->reserve = bytes;
    else
        medium_find_reserve(m);
    free(path);
    return clv_while(err, status, "preparing %s", m->dir);
}

void medium_find_reserve(struct medium *m)
{
    struct stat st;
    char *path = clv_path_join(m->dir, CLV_JOURNAL_RESERVE);
    bool there = path && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0;
    m->reserve = there ? (size_t)st.st_size : 0;
    free(path);
}

void medium_spend_reserve(struct medium *m)
{
    char *path = clv_path_join(m->dir, CLV_JOURNAL_RESERVE);
    size_t left = m->reserve > RESERVE_STEP ? m->reserve - RESERVE_STEP : 0;
    if (path && (left == 0 || truncate(path, (off_t)left) != 0)) {
        (void)unlink(path);
        left = 0;
    }
    free(path);
    m->reserve = left;
}

void medium_drop_reserve(struct medium *m)
{
    char *path = clv_path_join(m->dir, CLV_JOURNAL_RESERVE);
    if (path)
        (void)unlink(path);
    free(path);
    medium_find_reserve(m);
}

clv_status medium_append(struct medium *m, enum which_log which, const struct journal_disk *disk,
                         struct clv_view data, struct clv_error *err)
{
    struct clv_error why = {0};
    clv_status status = logfile_append(&m->log[which], disk, data, &why);
    while (status == CLV_E_FULL && m->reserve > 0 && !m->log[which].stuck) {
        medium_spend_reserve(m);
        why = (struct clv_error){0};
        status = logfile_append(&m->log[which], disk, data, &why);
    }
    if (status != CLV_OK && err)
        *err = why;
    return clv_while(err, status, "writing in %s", m->dir);
}
