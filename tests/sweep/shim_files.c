/* Calls on files below the watched folder: counted, made to fail, written down. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

static struct {
    pthread_mutex_t lock;
    bool on;
    char folder[SHIM_PATH];
    size_t folder_len;
    struct shim_fault fault;
    uint64_t calls, failures;
    bool half_done; /* a shortened write was begun: the next call fails */
    int trace_fd;
    struct shim_call listed[SHIM_LISTED];
} shim = {.lock = PTHREAD_MUTEX_INITIALIZER, .trace_fd = -1};

static const char *const words[] = {
#define SHIM_WORD(name, word) [name] = word,
    SHIM_OPS(SHIM_WORD)
#undef SHIM_WORD
};

const char *shim_op_word(enum shim_op op)
{
    return words[op];
}

/* ---- control --------------------------------------------------------------------------------- */

void shim_watch(const char *folder)
{
    shim.on = false;
    shim.fault = (struct shim_fault){0};
    shim.calls = shim.failures = 0;
    shim.half_done = false;
    if (!folder)
        return;
    (void)snprintf(shim.folder, sizeof shim.folder, "%s", folder);
    shim.folder_len = strlen(shim.folder);
    shim.on = true;
}

void shim_off(void)
{
    shim.on = false;
}

void shim_fail(const struct shim_fault *fault)
{
    shim.fault = *fault;
}

uint64_t shim_calls(void)
{
    return shim.calls;
}

uint64_t shim_failures(void)
{
    return shim.failures;
}

bool shim_call_at(uint64_t number, struct shim_call *ret)
{
    if (number == 0 || number > shim.calls || number > SHIM_LISTED)
        return false;
    *ret = shim.listed[number - 1];
    return true;
}

void shim_trace(int fd)
{
    shim.trace_fd = fd;
}

/* ---- which path ------------------------------------------------------------------------------ */

/* Makes "dir of fd" + path absolute, without looking at links. */
static bool absolute(int dir_fd, const char *path, char out[SHIM_PATH])
{
    char dir[SHIM_PATH] = "", name[64];
    if (path[0] != '/' && dir_fd == AT_FDCWD && !getcwd(dir, sizeof dir))
        return false;
    if (path[0] != '/' && dir_fd != AT_FDCWD) {
        (void)snprintf(name, sizeof name, "/proc/self/fd/%d", dir_fd);
        ssize_t len = readlink(name, dir, sizeof dir - 1);
        if (len <= 0)
            return false;
        dir[len] = '\0';
    }
    int len = path[0] == '/' ? snprintf(out, SHIM_PATH, "%s", path)
                             : snprintf(out, SHIM_PATH, "%s/%s", dir, path);
    while (len > 1 && len < SHIM_PATH && out[len - 1] == '/')
        out[--len] = '\0';
    return len > 0 && len < SHIM_PATH;
}

/* The path below the folder, "." for the folder itself; NULL when it is not there. */
static const char *inside(const char *path)
{
    if (strncmp(path, shim.folder, shim.folder_len) != 0)
        return NULL;
    if (path[shim.folder_len] == '\0')
        return ".";
    return path[shim.folder_len] == '/' ? path + shim.folder_len + 1 : NULL;
}

static const char *watched_path(int dir_fd, const char *path, char buf[SHIM_PATH])
{
    return shim.on && absolute(dir_fd, path, buf) ? inside(buf) : NULL;
}

static const char *watched_fd(int fd, char buf[SHIM_PATH])
{
    char name[64];
    if (!shim.on || fd < 0 || fd == shim.trace_fd)
        return NULL;
    (void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(name, buf, SHIM_PATH - 1);
    if (len <= 0)
        return NULL;
    buf[len] = '\0';
    return inside(buf);
}

/* ---- failing --------------------------------------------------------------------------------- */

static bool only_reads(enum shim_op op)
{
    return op == SHIM_OPEN || op == SHIM_READ;
}

static bool is_hit(enum shim_op op)
{
    const struct shim_fault *f = &shim.fault;
    if (f->at == 0 || shim.calls < f->at || shim.failures >= f->times)
        return false;
    return shim.calls == f->at || f->reads || !only_reads(op);
}

static void list_call(enum shim_op op, const char *path)
{
    size_t len = strlen(path), cap = sizeof shim.listed[0].path;
    if (shim.calls >= SHIM_LISTED)
        return;
    shim.listed[shim.calls].op = op;
    (void)snprintf(shim.listed[shim.calls].path, cap, "%s",
                   len < cap ? path : path + len - cap + 1);
}

enum verdict { PASSES, FAILS, IS_SHORT };

static enum verdict judge(enum shim_op op)
{
    const struct shim_fault *f = &shim.fault;
    bool half_done = shim.half_done;
    shim.half_done = false;
    if (!half_done && !is_hit(op))
        return PASSES;
    if (!half_done && op == SHIM_WRITE && (f->shortened || f->errnum == 0)) {
        shim.half_done = f->errnum != 0;
        shim.failures += f->errnum == 0;
        return IS_SHORT;
    }
    if (f->errnum == 0)
        return PASSES;
    shim.failures++;
    return FAILS;
}

/* Counts a call. True: it fails, and errno is set. */
static bool fails(enum shim_op op, const char *path, bool *ret_short)
{
    int saved = errno;
    pthread_mutex_lock(&shim.lock);
    list_call(op, path);
    shim.calls++;
    enum verdict verdict = judge(op);
    pthread_mutex_unlock(&shim.lock);
    errno = verdict == FAILS ? shim.fault.errnum : saved;
    if (ret_short)
        *ret_short = verdict == IS_SHORT;
    return verdict == FAILS;
}

/* ---- writing down ---------------------------------------------------------------------------- */

/* Programs share a trace: what is done and what is written must be in the same order. */
static void begin_trace(void)
{
    if (shim.trace_fd >= 0)
        (void)flock(shim.trace_fd, LOCK_EX);
}

static void end_trace(void)
{
    if (shim.trace_fd >= 0)
        (void)flock(shim.trace_fd, LOCK_UN);
}

static void put(const void *data, size_t len)
{
    const uint8_t *p = data;
    while (len > 0) {
        long n = syscall(SYS_write, shim.trace_fd, p, len);
        if (n <= 0)
            abort();
        p += n;
        len -= (size_t)n;
    }
}

static void note(enum shim_kind kind, const char *path, uint64_t node, uint64_t at,
                 const void *data, size_t len)
{
    if (shim.trace_fd < 0)
        return;
    int saved = errno;
    struct shim_record r = {.kind = kind,
                            .path_len = path ? (uint32_t)strlen(path) : 0,
                            .data_len = (uint32_t)len,
                            .node = node,
                            .at = at};
    put(&r, sizeof r);
    put(path, r.path_len);
    put(data, r.data_len);
    errno = saved;
}

static uint64_t node_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

void shim_mark(const char *text)
{
    note(TRACE_MARK, NULL, 0, 0, text, strlen(text));
}

/* ---- the calls ------------------------------------------------------------------------------- */

/* As system calls: nothing of a sanitizer or of another shim stands behind this one. */

static int do_open(int dir_fd, const char *path, int flags, mode_t mode)
{
    char buf[SHIM_PATH];
    const char *below = watched_path(dir_fd, path, buf);
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
    struct stat st;
    if (!below)
        return (int)syscall(SYS_openat, dir_fd, path, flags, mode);
    if (fails(writes ? SHIM_CREATE : SHIM_OPEN, below, NULL))
        return -1;
    begin_trace();
    bool is_new = (flags & O_CREAT) && fstatat(dir_fd, path, &st, AT_SYMLINK_NOFOLLOW) != 0;
    int fd = (int)syscall(SYS_openat, dir_fd, path, flags, mode);
    if (fd >= 0 && is_new)
        note(TRACE_CREATE, below, node_of(fd), 0, NULL, 0);
    else if (fd >= 0 && (flags & O_TRUNC))
        note(TRACE_TRUNCATE, NULL, node_of(fd), 0, NULL, 0);
    end_trace();
    return fd;
}

static mode_t mode_from(int flags, va_list args)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_from(flags, args);
    va_end(args);
    return do_open(AT_FDCWD, path, flags, mode);
}

int openat(int fd, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_from(flags, args);
    va_end(args);
    return do_open(fd, path, flags, mode);
}

/* What a fortified build calls. */
int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return do_open(AT_FDCWD, path, flags, 0);
}

int __openat_2(int fd, const char *path, int flags);
int __openat_2(int fd, const char *path, int flags)
{
    return do_open(fd, path, flags, 0);
}

static ssize_t do_read(int fd, void *data, size_t len, off_t at)
{
    char buf[SHIM_PATH];
    const char *below = watched_fd(fd, buf);
    if (below && fails(SHIM_READ, below, NULL))
        return -1;
    return at < 0 ? syscall(SYS_read, fd, data, len) : syscall(SYS_pread64, fd, data, len, at);
}

ssize_t read(int fd, void *data, size_t len)
{
    return do_read(fd, data, len, -1);
}

ssize_t pread(int fd, void *data, size_t len, off_t at)
{
    return do_read(fd, data, len, at);
}

ssize_t __read_chk(int fd, void *data, size_t len, size_t cap);
ssize_t __read_chk(int fd, void *data, size_t len, size_t cap)
{
    if (len > cap)
        abort();
    return do_read(fd, data, len, -1);
}

ssize_t __pread_chk(int fd, void *data, size_t len, off_t at, size_t cap);
ssize_t __pread_chk(int fd, void *data, size_t len, off_t at, size_t cap)
{
    if (len > cap)
        abort();
    return do_read(fd, data, len, at);
}

/* Where a write() will go. */
static uint64_t place_of(int fd)
{
    struct stat st;
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && (flags & O_APPEND) && fstat(fd, &st) == 0)
        return (uint64_t)st.st_size;
    off_t at = lseek(fd, 0, SEEK_CUR);
    return at < 0 ? 0 : (uint64_t)at;
}

static ssize_t do_write(int fd, const void *data, size_t len, off_t at)
{
    char buf[SHIM_PATH];
    const char *below = watched_fd(fd, buf);
    bool shortened = false;
    if (!below)
        return at < 0 ? syscall(SYS_write, fd, data, len)
                      : syscall(SYS_pwrite64, fd, data, len, at);
    if (fails(SHIM_WRITE, below, &shortened))
        return -1;
    if (shortened && len > 1)
        len /= 2;
    begin_trace();
    uint64_t place = at < 0 ? place_of(fd) : (uint64_t)at;
    ssize_t n =
        at < 0 ? syscall(SYS_write, fd, data, len) : syscall(SYS_pwrite64, fd, data, len, at);
    if (n > 0)
        note(TRACE_WRITE, NULL, node_of(fd), place, data, (size_t)n);
    end_trace();
    return n;
}

ssize_t write(int fd, const void *data, size_t len)
{
    return do_write(fd, data, len, -1);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    return do_write(fd, data, len, at);
}

static int do_sync(int fd, long call)
{
    char buf[SHIM_PATH];
    struct stat st;
    const char *below = watched_fd(fd, buf);
    if (!below)
        return (int)syscall(call, fd);
    if (fails(SHIM_SYNC, below, NULL))
        return -1;
    begin_trace();
    /* The trace stands for the disk: waiting for the real one would show nothing more. */
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        note(TRACE_SYNC_DIR, below, 0, 0, NULL, 0);
    else
        note(TRACE_SYNC, NULL, node_of(fd), 0, NULL, 0);
    end_trace();
    return 0;
}

int fsync(int fd)
{
    return do_sync(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return do_sync(fd, SYS_fdatasync);
}

static int do_rename(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    char from_buf[SHIM_PATH], to_buf[SHIM_PATH];
    const char *below = watched_path(to_fd, to, to_buf);
    const char *old = watched_path(from_fd, from, from_buf);
    if (!below || !old)
        return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    if (fails(SHIM_RENAME, below, NULL))
        return -1;
    begin_trace();
    int failed = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    if (!failed)
        note(TRACE_RENAME, old, 0, 0, below, strlen(below));
    end_trace();
    return failed;
}

int rename(const char *from, const char *to)
{
    return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    return do_rename(from_fd, from, to_fd, to, 0);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    return do_rename(from_fd, from, to_fd, to, flags);
}

static int do_link(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    char from_buf[SHIM_PATH], to_buf[SHIM_PATH];
    const char *below = watched_path(to_fd, to, to_buf);
    const char *old = watched_path(from_fd, from, from_buf);
    if (!below || !old)
        return (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
    if (fails(SHIM_RENAME, below, NULL))
        return -1;
    begin_trace();
    int failed = (int)syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
    if (!failed)
        note(TRACE_LINK, old, 0, 0, below, strlen(below));
    end_trace();
    return failed;
}

int link(const char *from, const char *to)
{
    return do_link(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    return do_link(from_fd, from, to_fd, to, flags);
}

int unlinkat(int fd, const char *path, int flags)
{
    char buf[SHIM_PATH];
    const char *below = watched_path(fd, path, buf);
    if (!below)
        return (int)syscall(SYS_unlinkat, fd, path, flags);
    if (fails(SHIM_UNLINK, below, NULL))
        return -1;
    begin_trace();
    int failed = (int)syscall(SYS_unlinkat, fd, path, flags);
    if (!failed)
        note(TRACE_UNLINK, below, 0, 0, NULL, 0);
    end_trace();
    return failed;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
    char buf[SHIM_PATH];
    const char *below = watched_path(fd, path, buf);
    if (!below || strcmp(below, ".") == 0)
        return (int)syscall(SYS_mkdirat, fd, path, mode);
    if (fails(SHIM_MKDIR, below, NULL))
        return -1;
    begin_trace();
    int failed = (int)syscall(SYS_mkdirat, fd, path, mode);
    if (!failed)
        note(TRACE_MKDIR, below, 0, 0, NULL, 0);
    end_trace();
    return failed;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}

int ftruncate(int fd, off_t len)
{
    char buf[SHIM_PATH];
    const char *below = watched_fd(fd, buf);
    if (!below)
        return (int)syscall(SYS_ftruncate, fd, len);
    if (fails(SHIM_TRUNCATE, below, NULL))
        return -1;
    begin_trace();
    int failed = (int)syscall(SYS_ftruncate, fd, len);
    if (!failed)
        note(TRACE_TRUNCATE, NULL, node_of(fd), (uint64_t)len, NULL, 0);
    end_trace();
    return failed;
}

/* Returns the error, as the function it stands for. */
int posix_fallocate(int fd, off_t at, off_t len)
{
    char buf[SHIM_PATH];
    const char *below = watched_fd(fd, buf);
    int saved = errno;
    if (below && fails(SHIM_ALLOCATE, below, NULL)) {
        int errnum = errno;
        errno = saved;
        return errnum;
    }
    begin_trace();
    long failed = syscall(SYS_fallocate, fd, 0, at, len);
    int errnum = failed ? errno : 0;
    if (!failed && below)
        note(TRACE_TRUNCATE, NULL, node_of(fd), (uint64_t)(at + len), NULL, 0);
    end_trace();
    errno = saved;
    return errnum;
}
