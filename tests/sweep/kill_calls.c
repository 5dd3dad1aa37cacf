#include "kill_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/* ---- the table ------------------------------------------------------------------------------- */

#define NO_PATH -1

/* fd, path: which argument it is. */
struct row {
    long number;
    const char *name;
    enum kill_mark mark;
    int fd, path;
};

/* clang-format off */
static const struct row rows[] = {
    /* number             name            changes       descriptor  path */
    { SYS_openat,        "openat",        KILL_NAME,    -1,         1 }, /* when it makes or empties one */
    { SYS_open,          "open",          KILL_NAME,    -1,         0 },
    { SYS_creat,         "creat",         KILL_NAME,    -1,         0 },
    { SYS_write,         "write",         KILL_CONTENT,  0,        -1 },
    { SYS_pwrite64,      "pwrite64",      KILL_CONTENT,  0,        -1 },
    { SYS_writev,        "writev",        KILL_CONTENT,  0,        -1 },
    { SYS_ftruncate,     "ftruncate",     KILL_CONTENT,  0,        -1 },
    { SYS_fallocate,     "fallocate",     KILL_CONTENT,  0,        -1 },
    { SYS_fsync,         "fsync",         KILL_SYNC,     0,        -1 },
    { SYS_fdatasync,     "fdatasync",     KILL_SYNC,     0,        -1 },
    { SYS_rename,        "rename",        KILL_NAME,    -1,         1 },
    { SYS_renameat,      "renameat",      KILL_NAME,    -1,         3 },
    { SYS_renameat2,     "renameat2",     KILL_NAME,    -1,         3 },
    { SYS_link,          "link",          KILL_NAME,    -1,         1 },
    { SYS_linkat,        "linkat",        KILL_NAME,    -1,         3 },
    { SYS_symlink,       "symlink",       KILL_NAME,    -1,         1 },
    { SYS_symlinkat,     "symlinkat",     KILL_NAME,    -1,         2 },
    { SYS_unlink,        "unlink",        KILL_NAME,    -1,         0 },
    { SYS_unlinkat,      "unlinkat",      KILL_NAME,    -1,         1 },
    { SYS_mkdir,         "mkdir",         KILL_NAME,    -1,         0 },
    { SYS_mkdirat,       "mkdirat",       KILL_NAME,    -1,         1 },
    { SYS_rmdir,         "rmdir",         KILL_NAME,    -1,         0 },
    { SYS_chmod,         "chmod",         KILL_NAME,    -1,         0 },
    { SYS_fchmod,        "fchmod",        KILL_NAME,     0,        -1 },
    { SYS_bind,          "bind",          KILL_NAME,    -1,        -1 }, /* a Unix socket gets a name */
    { SYS_sendto,        "sendto",        KILL_SENT,    -1,        -1 },
    { SYS_sendmsg,       "sendmsg",       KILL_SENT,    -1,        -1 },
    { SYS_kill,          "kill",          KILL_SIGNAL,  -1,        -1 },
    { SYS_exit_group,    "exit_group",    KILL_NOTHING, -1,        -1 },
    { SYS_close,         "close",         KILL_NOTHING, -1,        -1 },
    { SYS_dup2,          "dup2",          KILL_NOTHING, -1,        -1 },
    { SYS_read,          "read",          KILL_NOTHING, -1,        -1 },
    { SYS_mmap,          "mmap",          KILL_NOTHING, -1,        -1 },
    { SYS_munmap,        "munmap",        KILL_NOTHING, -1,        -1 },
    { SYS_mprotect,      "mprotect",      KILL_NOTHING, -1,        -1 },
    { SYS_poll,          "poll",          KILL_NOTHING, -1,        -1 },
    { SYS_recvfrom,      "recvfrom",      KILL_NOTHING, -1,        -1 },
    { SYS_epoll_wait,    "epoll_wait",    KILL_NOTHING, -1,        -1 },
    { SYS_futex,         "futex",         KILL_NOTHING, -1,        -1 },
};
/* clang-format on */

static const struct row *find_row(uint64_t number)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((uint64_t)rows[i].number == number)
            return &rows[i];
    return NULL;
}

/* ---- descriptors ----------------------------------------------------------------------------- */

struct kill_fds *kill_fds_of(struct kill_fds *all, pid_t process, const struct kill_fds *inherited)
{
    struct kill_fds *unused = NULL;
    bool first = true;
    for (size_t i = 0; i < KILL_MAX_PROCESSES; i++) {
        first &= all[i].process == 0;
        if (all[i].process == process)
            return &all[i];
        if (all[i].process == 0 && unused == NULL)
            unused = &all[i];
    }
    if (unused == NULL) {
        fprintf(stderr, "kill_trace: more than %d processes\n", KILL_MAX_PROCESSES);
        abort();
    }
    if (inherited)
        memcpy(unused->path, inherited->path, sizeof(unused->path));
    else
        memset(unused->path, 0, sizeof(unused->path));
    unused->process = process;
    unused->role = first ? KILL_CLAVIGER : KILL_HELPER;
    return unused;
}

static void set_path(struct kill_fds *fds, int64_t fd, const char *path)
{
    if (fd >= 0 && fd < KILL_MAX_FDS)
        snprintf(fds->path[fd], sizeof(fds->path[0]), "%s", path);
}

static bool opens(uint64_t number)
{
    return number == SYS_openat || number == SYS_open || number == SYS_creat;
}

static uint64_t open_flags(const struct kill_call *call)
{
    return call->number == SYS_creat  ? O_CREAT | O_WRONLY | O_TRUNC
           : call->number == SYS_open ? call->args[1]
                                      : call->args[2];
}

/* ---- a call ---------------------------------------------------------------------------------- */

/* Word by word: all that a tracer may do to a program that is not dumpable. */
static void read_text(pid_t tid, uint64_t at, char *buf, size_t cap)
{
    size_t len = 0;
    while (len + sizeof(long) < cap) {
        errno = 0;
        long word = ptrace(PTRACE_PEEKDATA, tid, (void *)(uintptr_t)(at + len), NULL);
        if (errno != 0)
            break;
        memcpy(buf + len, &word, sizeof(word));
        if (memchr(buf + len, 0, sizeof(word)))
            return;
        len += sizeof(word);
    }
    buf[len] = '\0';
}

void kill_call_read(struct kill_call *call, pid_t tid, const struct kill_fds *fds, uint64_t number,
                    const uint64_t *args)
{
    const struct row *row = find_row(number);
    *call = (struct kill_call){.name = row ? row->name : "another call", .number = number};
    memcpy(call->args, args, sizeof(call->args));
    if (row == NULL)
        return;
    call->mark = row->mark;
    if (row->path >= 0)
        read_text(tid, args[row->path], call->path, sizeof(call->path));
    if (row->fd >= 0 && args[row->fd] < KILL_MAX_FDS)
        snprintf(call->path, sizeof(call->path), "%s", fds->path[args[row->fd]]);
    /* Pipes, terminals and sockets were not opened by a name. */
    if (row->fd >= 0 && call->path[0] == '\0')
        call->mark = KILL_NOTHING;
    if (opens(number) && (open_flags(call) & (O_CREAT | O_TRUNC)) == 0)
        call->mark = KILL_NOTHING;
}

void kill_call_returned(const struct kill_call *call, struct kill_fds *fds, int64_t value)
{
    bool writable = (open_flags(call) & O_ACCMODE) != O_RDONLY;
    if (value < 0)
        return;
    if (opens(call->number))
        set_path(fds, value, writable && strncmp(call->path, "/dev/", 5) != 0 ? call->path : "");
    else if (call->number == SYS_close)
        set_path(fds, (int64_t)call->args[0], "");
    else if (call->number == SYS_dup2 && call->args[0] < KILL_MAX_FDS &&
             call->args[1] < KILL_MAX_FDS)
        memmove(fds->path[call->args[1]], fds->path[call->args[0]], KILL_MAX_PATH);
}
