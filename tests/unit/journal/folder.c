#include "folder.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void path_of(const char *dir, const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", dir, name);
}

const char *folder_new(void)
{
    struct clv_error err = {0};
    /* In memory where there is such a folder: these tests sync thousands of times. */
    char *dir = strdup("/dev/shm/clv-journal-XXXXXX");
    cr_assert_eq(clv_secret_init(&err), CLV_OK, "%s", err.fact);
    if (!mkdtemp(dir)) {
        free(dir);
        dir = strdup("/tmp/clv-journal-XXXXXX");
        cr_assert_not_null(mkdtemp(dir));
    }
    return dir;
}

void folder_remove(const char *dir)
{
    DIR *d = opendir(dir);
    cr_assert_not_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    cr_assert_eq(rmdir(dir), 0);
    free((void *)(uintptr_t)dir);
}

struct bytes folder_read(const char *dir, const char *name)
{
    char path[512];
    struct bytes b = {0};
    struct clv_error err = {0};
    path_of(dir, name, path);
    cr_assert_eq(clv_file_read(path, 1 << 26, &b.data, &b.len, &err), CLV_OK, "%s", err.fact);
    return b;
}

void folder_write(const char *dir, const char *name, struct bytes content)
{
    char path[512];
    path_of(dir, name, path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert_geq(fd, 0);
    cr_assert_eq(write(fd, content.data, content.len), (ssize_t)content.len);
    close(fd);
}

bool folder_has(const char *dir, const char *name)
{
    char path[512];
    path_of(dir, name, path);
    return access(path, F_OK) == 0;
}

void journal_begin(struct clv_journal *j)
{
    char entry[512];
    struct clv_error err = {0};
    snprintf(entry, sizeof entry, "{\"event\":\"begun\",\"key\":\"%s\"}", clv_journal_vkey(j));
    cr_assert_eq(clv_journal_append(j, clv_view_of(entry, strlen(entry)), NULL, &err), CLV_OK, "%s",
                 err.fact);
}

void journal_fill(struct clv_journal *j, unsigned num)
{
    if (clv_journal_size(j) == 0)
        journal_begin(j);
    while (clv_journal_size(j) < num) {
        char entry[64];
        uint64_t seq = UINT64_MAX;
        struct clv_error err = {0};
        snprintf(entry, sizeof entry, "{\"event\":\"turn\",\"n\":%u}",
                 (unsigned)clv_journal_size(j));
        cr_assert_eq(clv_journal_append(j, clv_view_of(entry, strlen(entry)), &seq, &err), CLV_OK,
                     "%s", err.fact);
        cr_assert_eq(seq, clv_journal_size(j) - 1);
    }
}

void journal_small(const char *dir, const char *id)
{
    static const unsigned signed_at[] = {3, 6, 8};
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_create(dir, id, true, clv_random_system(), &j, &err), CLV_OK, "%s",
                 err.fact);
    for (size_t i = 0; i < 3; i++) {
        journal_fill(j, signed_at[i]);
        cr_assert_eq(clv_journal_checkpoint(j, &err), CLV_OK, "%s", err.fact);
    }
    clv_journal_free(&j);
}

struct image image_load(const char *dir)
{
    return (struct image){.log = folder_read(dir, CLV_JOURNAL_LOG),
                          .checkpoints = folder_read(dir, CLV_JOURNAL_CHECKPOINTS),
                          .vkey = folder_read(dir, CLV_JOURNAL_VKEY)};
}

void image_free(struct image *m)
{
    free(m->log.data);
    free(m->checkpoints.data);
    free(m->vkey.data);
    *m = (struct image){0};
}

struct clv_journal_report image_verify(const struct image *m,
                                       const struct clv_journal_expect *expect)
{
    struct clv_journal_report report;
    clv_journal_verify_bytes(clv_view_of(m->log.data, m->log.len),
                             clv_view_of(m->checkpoints.data, m->checkpoints.len),
                             clv_view_of(m->vkey.data, m->vkey.len), expect, &report);
    cr_assert_eq(report.verdict == CLV_JOURNAL_INTACT, report.code == CLV_OK);
    cr_assert_eq(report.fault[0] == '\0', report.code == CLV_OK);
    return report;
}

size_t line_start(struct bytes text, size_t n)
{
    size_t at = 0;
    while (n-- > 0 && at < text.len) {
        const uint8_t *newline = memchr(text.data + at, '\n', text.len - at);
        at = newline ? (size_t)(newline - text.data) + 1 : text.len;
    }
    return at;
}
