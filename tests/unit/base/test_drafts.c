/* A program is killed between writing a file and giving it its name: what it left is removed by the
 * next one, and nothing else is. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/base.h"
#include "run.h"

#define DRAFT ".0123456789abcdef.tmp"

static char *dir;
static struct clv_error err;

static void setup(void)
{
    dir = folder_make();
    cr_assert_eq(chdir(dir), 0);
}

static void teardown(void)
{
    cr_assert_eq(chdir("/"), 0);
    folder_remove(&dir);
}

TestSuite(drafts, .init = setup, .fini = teardown);

/* ---- a kill at the moment the file would get its name ---------------------------------------- */

static enum { NEVER, IN_FRONT, BEHIND_LINK } dies; /* in the child only */

int __real_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to);
int __wrap_renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    if (dies == IN_FRONT)
        (void)raise(SIGKILL);
    return __real_renameat(from_fd, from, to_fd, to);
}

int __real_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags);
int __wrap_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
    if (dies == IN_FRONT)
        (void)raise(SIGKILL);
    if (dies == BEHIND_LINK) { /* as on a file system that does not know it */
        errno = EINVAL;
        return -1;
    }
    return __real_renameat2(from_fd, from, to_fd, to, flags);
}

int __real_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags);
int __wrap_linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    int made = __real_linkat(from_fd, from, to_fd, to, flags);
    if (dies == BEHIND_LINK)
        (void)raise(SIGKILL);
    return made;
}

typedef clv_status write_fn(const char *path, const void *data, size_t len, struct clv_error *err);

static void killed(write_fn *write_file, int when)
{
    int status = 0;
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        dies = when;
        _exit(write_file("key", "sealed", 6, NULL) == CLV_OK ? 0 : 1);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static size_t removed(void)
{
    size_t num = 99;
    cr_assert_eq(clv_drafts_remove(dir, &num, &err), CLV_OK, "%s", err.fact);
    return num;
}

Test(drafts, of_a_killed_program_are_removed)
{
    static write_fn *const ways[] = {clv_file_create, clv_file_replace};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        killed(ways[i], IN_FRONT);
        cr_assert_neq(access("key", F_OK), 0);
        cr_assert_eq(removed(), 1);
        cr_assert_eq(removed(), 0);
    }
    cr_assert_eq(clv_file_create("key", "sealed", 6, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(removed(), 0, "a file that has its name is none");
}

/* With two names a private file is not read: nobody could tell who has the other one. */
Test(drafts, a_second_name_is_taken_from_a_finished_file)
{
    uint8_t *data = NULL;
    size_t len = 0;
    killed(clv_file_create, BEHIND_LINK);
    cr_assert_eq(clv_file_read_private("key", 100, &data, &len, &err), CLV_E_PERMISSION);
    cr_assert_eq(removed(), 1);
    cr_assert_eq(clv_file_read_private("key", 100, &data, &len, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(len, 6);
    free(data);
}

/* ---- what is not ours ------------------------------------------------------------------------ */

static void make(const char *name, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, "x", 1) == 1 && fchmod(fd, mode) == 0);
    close(fd);
}

Test(drafts, other_files_are_left_alone)
{
    static const char *const names[] = {"0123456789abcdef.tmp",
                                        ".0123456789abcde.tmp",
                                        ".0123456789abcdef0.tmp",
                                        ".0123456789ABCDEF.tmp",
                                        ".0123456789abcdef.tmp~",
                                        ".0123456789abcdef",
                                        ".key.tmp",
                                        "key.clvkey"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        make(names[i], 0600);
    make(".aaaaaaaaaaaaaaaa.tmp", 0644);
    make(".bbbbbbbbbbbbbbbb.tmp", 0400);
    cr_assert_eq(symlink("key.clvkey", ".cccccccccccccccc.tmp"), 0);
    cr_assert_eq(mkdir(".dddddddddddddddd.tmp", 0700), 0);
    cr_assert_eq(mkfifo(".eeeeeeeeeeeeeeee.tmp", 0600), 0);
    make(".ffffffffffffffff.tmp", 0600);
    cr_assert_eq(link(".ffffffffffffffff.tmp", "two"), 0);
    cr_assert_eq(link(".ffffffffffffffff.tmp", "three"), 0);
    cr_assert_eq(removed(), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        cr_assert_eq(access(names[i], F_OK), 0, "%s is gone", names[i]);
    size_t num = 99;
    cr_assert_eq(clv_drafts_remove("nowhere", &num, &err), CLV_OK);
    cr_assert_eq(num, 0);
}

Test(drafts, another_user_s_are_left_alone)
{
    make(DRAFT, 0600);
    if (chown(DRAFT, 65534, 65534) != 0)
        cr_skip_test("only root can give a file away");
    cr_assert_eq(removed(), 0);
}

/* As long as somebody writes it, it is locked. */
Test(drafts, one_that_is_being_written_is_left_alone)
{
    make(DRAFT, 0600);
    int fd = open(DRAFT, O_RDONLY | O_CLOEXEC);
    cr_assert(fd >= 0 && flock(fd, LOCK_EX) == 0);
    cr_assert_eq(removed(), 0);
    close(fd);
    cr_assert_eq(removed(), 1);
}

/* Between making a draft and locking it there is a moment: a draft that was removed then is made
 * once more. */
Test(drafts, whoever_writes_never_notices)
{
    static write_fn *const ways[] = {clv_file_create, clv_file_replace};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            for (unsigned k = 0; k < 50; k++)
                if (ways[i]("key", "sealed", 6, NULL) != CLV_OK || unlink("key") != 0)
                    _exit(1);
            _exit(0);
        }
        cr_assert_geq(pid, 0);
        while (waitpid(pid, &status, WNOHANG) == 0)
            (void)removed();
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a draft was taken away");
    }
}
