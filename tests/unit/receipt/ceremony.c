#include "ceremony.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char full_entry[] =
    "{\"event\":\"receipt\",\"serial\":\"7F3A-03\",\"kind\":\"part\",\"owner\":\"Lena M\u00fcller-"
    "Gro\u00df\",\"part\":2,\"of\":3,\"pattern\":\"868bc7a7e0c1d758cf6f0931034e05e4549830ef55657a35"
    "ecd71293\",\"commitment\":"
    "\"ef8a9b7ae36f09705ce756ebc410f475e64e68aed3a690ebcdae11b1f0c4a385\","
    "\"units\":[{\"serial\":\"TEST0001\",\"domain\":1},{\"serial\":\"TEST0002\",\"domain\":1}]}";

void ceremony_append(struct ceremony *c, const char *entry)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_append(c->journal, clv_view_of(entry, strlen(entry)), NULL, &err),
                 CLV_OK, "%s", err.fact);
}

struct ceremony ceremony_new(const char *id, bool test)
{
    struct ceremony c = {0};
    struct clv_error err = {0};
    char entry[512], *dir = strdup("/tmp/clv-receipt-XXXXXX");
    cr_assert_eq(clv_secret_init(&err), CLV_OK, "%s", err.fact);
    cr_assert_not_null(mkdtemp(dir));
    c.dir = dir;
    cr_assert_eq(clv_journal_create(dir, id, test, clv_random_system(), &c.journal, &err), CLV_OK,
                 "%s", err.fact);
    for (int i = 0; i < NUM_ENTRIES; i++) {
        if (i == 0)
            snprintf(entry, sizeof entry, "{\"key\":\"%s\"}", clv_journal_vkey(c.journal));
        else
            snprintf(entry, sizeof entry, "{\"event\":\"turn\",\"n\":%d}", i);
        ceremony_append(&c, i == RECEIPT_SEQ ? full_entry : entry);
    }
    cr_assert_eq(clv_journal_checkpoint(c.journal, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_receipt_encode(c.journal, RECEIPT_SEQ, &c.receipt.data, &c.receipt.len, &err),
                 CLV_OK, "%s", err.fact);
    return c;
}

void ceremony_free(struct ceremony *c)
{
    DIR *d = opendir(c->dir);
    clv_journal_free(&c->journal);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        if (e->d_name[0] != '.')
            unlinkat(dirfd(d), e->d_name, 0);
    closedir(d);
    cr_assert_eq(rmdir(c->dir), 0);
    free((void *)(uintptr_t)c->dir);
    free(c->receipt.data);
}

struct clv_view view_of(struct text t)
{
    return clv_view_of(t.data, t.len);
}

char *path_in(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    cr_assert_not_null(path);
    return path;
}

struct text run(const char *const *arguments)
{
    struct text out = {.data = malloc(1 << 20)};
    int pipes[2];
    ssize_t n;
    cr_assert_eq(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execv(arguments[0], (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    close(pipes[1]);
    while ((n = read(pipes[0], out.data + out.len, (1 << 20) - 1 - out.len)) > 0)
        out.len += (size_t)n;
    close(pipes[0]);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d", arguments[0], status);
    out.data[out.len] = '\0';
    return out;
}
