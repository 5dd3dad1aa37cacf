#include "kill_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what, const char *path)
{
    fprintf(stderr, "kill sweep: cannot %s %s: %s\n", what, path, strerror(errno));
    exit(99);
}

/* ---- walking --------------------------------------------------------------------------------- */

typedef void visitor(void *ctx, const char *path, const char *relative, const struct stat *st);

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list(const char *dir, char ***ret)
{
    DIR *d = opendir(dir);
    char **names = NULL;
    size_t num = 0;
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        names = realloc(names, (num + 1) * sizeof(*names));
        if (names == NULL || (names[num++] = strdup(e->d_name)) == NULL)
            die("remember a name of", dir);
    }
    if (d)
        closedir(d);
    if (num > 0)
        qsort(names, num, sizeof(*names), by_name);
    *ret = names;
    return num;
}

/* Folders before what is in them; what disappears meanwhile is left out. */
static void walk(const char *top, const char *relative, visitor *visit, void *ctx)
{
    char dir[PATH_MAX], path[PATH_MAX], below[PATH_MAX], **names = NULL;
    struct stat st;
    snprintf(dir, sizeof(dir), "%s%s%s", top, relative[0] ? "/" : "", relative);
    size_t num = list(dir, &names);
    for (size_t i = 0; i < num; i++) {
        bool fits = (size_t)snprintf(path, sizeof(path), "%s/%s", dir, names[i]) < sizeof(path) &&
                    (size_t)snprintf(below, sizeof(below), "%s%s%s", relative,
                                     relative[0] ? "/" : "", names[i]) < sizeof(below);
        if (fits && lstat(path, &st) == 0) {
            visit(ctx, path, below, &st);
            if (S_ISDIR(st.st_mode))
                walk(top, below, visit, ctx);
        }
        free(names[i]);
    }
    free(names);
}

/* ---- fingerprints ---------------------------------------------------------------------------- */

/* FNV-1a: two states of one run are told apart, nobody is trying to deceive. */
static void mix(uint64_t *hash, const void *data, size_t len)
{
    for (const uint8_t *p = data; len-- > 0; p++)
        *hash = (*hash ^ *p) * UINT64_C(0x100000001b3);
}

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static void mix_stat(void *ctx, const char *path, const char *relative, const struct stat *st)
{
    (void)path;
    mix(ctx, relative, strlen(relative) + 1);
    mix(ctx, &st->st_mode, sizeof(st->st_mode));
    mix(ctx, &st->st_ino, sizeof(st->st_ino));
    if (S_ISDIR(st->st_mode))
        return; /* its names are walked */
    mix(ctx, &st->st_size, sizeof(st->st_size));
    mix(ctx, &st->st_ctim, sizeof(st->st_ctim));
}

uint64_t kill_folder_touched(const char *dir)
{
    uint64_t hash = HASH_BEGIN;
    if (access(dir, F_OK) != 0)
        return 0;
    walk(dir, "", mix_stat, &hash);
    return hash;
}

static void mix_file(uint64_t *hash, const char *path)
{
    uint8_t buf[16384];
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
        mix(hash, buf, (size_t)n);
    if (fd >= 0)
        close(fd);
}

uint64_t kill_file_content(const char *path)
{
    uint64_t hash = HASH_BEGIN;
    mix_file(&hash, path);
    return hash;
}

static void mix_bytes(void *ctx, const char *path, const char *relative, const struct stat *st)
{
    mix(ctx, relative, strlen(relative) + 1);
    mix(ctx, &st->st_mode, sizeof(st->st_mode));
    if (S_ISREG(st->st_mode))
        mix_file(ctx, path);
}

uint64_t kill_folder_content(const char *dir)
{
    uint64_t hash = HASH_BEGIN;
    if (access(dir, F_OK) != 0)
        return 0;
    walk(dir, "", mix_bytes, &hash);
    return hash;
}

/* ---- copies ---------------------------------------------------------------------------------- */

struct copy {
    const char *to, *like;
};

static bool same_file(const struct stat *a, const char *path)
{
    struct stat b;
    return lstat(path, &b) == 0 && b.st_size == a->st_size && b.st_mode == a->st_mode &&
           b.st_mtim.tv_sec == a->st_mtim.tv_sec && b.st_mtim.tv_nsec == a->st_mtim.tv_nsec;
}

static void copy_bytes(const char *from, const char *to, const struct stat *st)
{
    uint8_t buf[65536];
    ssize_t n;
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 07777);
    if (in < 0 || out < 0)
        die("copy to", to);
    while ((n = read(in, buf, sizeof(buf))) > 0)
        if (write(out, buf, (size_t)n) != n)
            die("write", to);
    /* So that the next copy knows it again. */
    if (futimens(out, (struct timespec[2]){st->st_atim, st->st_mtim}) != 0)
        die("date", to);
    close(in);
    close(out);
}

static void copy_one(void *ctx, const char *path, const char *relative, const struct stat *st)
{
    const struct copy *copy = ctx;
    char to[PATH_MAX], like[PATH_MAX] = "";
    if ((size_t)snprintf(to, sizeof(to), "%s/%s", copy->to, relative) >= sizeof(to) ||
        (copy->like &&
         (size_t)snprintf(like, sizeof(like), "%s/%s", copy->like, relative) >= sizeof(like)))
        die("name", relative);
    if (S_ISDIR(st->st_mode)) {
        if (mkdir(to, st->st_mode & 07777) != 0)
            die("make", to);
    } else if (S_ISREG(st->st_mode)) {
        if (!copy->like || !same_file(st, like) || link(like, to) != 0)
            copy_bytes(path, to, st);
    }
}

void kill_folder_copy(const char *from, const char *to, const char *like)
{
    struct copy copy = {to, like};
    if (access(from, F_OK) != 0)
        return; /* there was none yet: neither is there a copy */
    if (mkdir(to, 0700) != 0)
        die("make", to);
    walk(from, "", copy_one, &copy);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void kill_folder_remove(const char *dir)
{
    if (access(dir, F_OK) == 0)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
