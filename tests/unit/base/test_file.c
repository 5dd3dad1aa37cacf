#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/base.h"

static char folder[64];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/clv-file-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    cr_assert_eq(chdir(folder), 0);
}

static void remove_folder(void)
{
    char command[128];
    cr_assert_eq(chdir("/"), 0);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder); /* the one of mkdtemp() */
    FILE *p = popen(command, "r");
    cr_assert_not_null(p);
    (void)pclose(p);
}

TestSuite(file, .init = make_folder, .fini = remove_folder);
TestSuite(folder, .init = make_folder, .fini = remove_folder);

static int num_entries(void)
{
    DIR *d = opendir(".");
    int num = 0;
    cr_assert_not_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d))
        num += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    (void)closedir(d);
    return num;
}

static void make(const char *path, const char *content)
{
    struct clv_error err = {0};
    cr_assert_eq(clv_file_create(path, content, strlen(content), &err), CLV_OK, "%s", err.fact);
}

static void assert_content(const char *path, const char *want)
{
    uint8_t *data = NULL;
    size_t len = 0;
    struct clv_error err = {0};
    cr_assert_eq(clv_file_read_private(path, 1 << 20, &data, &len, &err), CLV_OK, "%s", err.fact);
    cr_assert_str_eq((char *)data, want);
    cr_assert_eq(len, strlen(want));
    free(data);
}

static void assert_refused(const char *path, size_t max_len, clv_status want)
{
    uint8_t *data = NULL;
    size_t len = 77;
    struct clv_error err = {0};
    cr_assert_eq(clv_file_read_private(path, max_len, &data, &len, &err), want, "%s", err.fact);
    cr_assert_null(data);
    cr_assert_eq(len, 77);
    cr_assert_not_null(strstr(err.fact, path), "%s", err.fact);
}

Test(file, create_writes_a_private_file_and_leaves_nothing_else)
{
    struct stat st;
    umask(0);
    make("a", "hello");
    cr_assert_eq(stat("a", &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0600);
    assert_content("a", "hello");
    cr_assert_eq(num_entries(), 1);
}

Test(file, create_never_overwrites)
{
    struct clv_error err = {0};
    make("a", "one");
    cr_assert_eq(clv_file_create("a", "two", 3, &err), CLV_E_EXISTS);
    cr_assert_not_null(strstr(err.fact, "not overwritten"));
    assert_content("a", "one");
    cr_assert_eq(num_entries(), 1);
}

Test(file, create_does_not_follow_a_link)
{
    cr_assert_eq(symlink("target", "a"), 0);
    cr_assert_eq(clv_file_create("a", "x", 1, NULL), CLV_E_EXISTS);
    cr_assert_neq(access("target", F_OK), 0);
}

Test(file, replace_is_one_step_and_leaves_nothing_else)
{
    cr_assert_eq(clv_file_replace("a", "one", 3, NULL), CLV_OK);
    cr_assert_eq(clv_file_replace("a", "second", 6, NULL), CLV_OK);
    assert_content("a", "second");
    cr_assert_eq(num_entries(), 1);
}

Test(file, replace_replaces_a_link_not_its_target)
{
    make("target", "kept");
    cr_assert_eq(symlink("target", "a"), 0);
    cr_assert_eq(clv_file_replace("a", "new", 3, NULL), CLV_OK);
    assert_content("target", "kept");
    assert_content("a", "new");
}

Test(file, writes_and_reads_nothing)
{
    cr_assert_eq(clv_file_create("a", NULL, 0, NULL), CLV_OK);
    assert_content("a", "");
}

Test(file, needs_a_name_and_a_folder)
{
    static const char *const names[] = {"", "x/", ".", "..", "a/.."};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        cr_assert_eq(clv_file_create(names[i], "x", 1, NULL), CLV_E_IO, "%s", names[i]);
    cr_assert_eq(clv_file_create("absent/a", "x", 1, NULL), CLV_E_MISSING);
    char name[300];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_eq(clv_file_create(name, "x", 1, NULL), CLV_E_IO);
    cr_assert_eq(num_entries(), 0);
}

/* The limit on file sizes stands for a disk that runs full in the middle of a write. */
Test(file, a_write_that_fails_half_way_leaves_the_old_file_and_no_draft)
{
    const struct rlimit small = {1000, 1000};
    static char large[5000];
    make("a", "old");
    (void)signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    cr_assert_eq(clv_file_replace("a", large, sizeof large, NULL), CLV_E_IO);
    cr_assert_eq(clv_file_create("b", large, sizeof large, NULL), CLV_E_IO);
    assert_content("a", "old");
    cr_assert_eq(num_entries(), 1);
}

Test(file, a_full_disk_is_called_full)
{
    struct clv_error err = {0};
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    cr_assert_eq(clv_fd_write_all(fd, "x", 1, &err), CLV_E_FULL);
    cr_assert_not_null(strstr(err.fact, "cannot write"));
    (void)close(fd);
}

Test(file, reads_exactly_up_to_the_limit)
{
    uint8_t *data = NULL;
    size_t len = 0;
    make("a", "12345");
    cr_assert_eq(clv_file_read("a", 5, &data, &len, NULL), CLV_OK);
    cr_assert_eq(len, 5);
    cr_assert_eq(data[5], 0);
    free(data);
    assert_refused("a", 4, CLV_E_IO);
    assert_refused("a", 0, CLV_E_IO);
}

Test(file, reads_every_size_around_its_steps)
{
    static const size_t sizes[] = {1, 4095, 4096, 4097, 8191, 8192, 8193, 16385, 20000};
    static char big[20000];
    memset(big, 'b', sizeof big);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *data = NULL;
        size_t len = 0;
        cr_assert_eq(clv_file_replace("a", big, sizes[i], NULL), CLV_OK);
        cr_assert_eq(clv_file_read("a", sizes[i], &data, &len, NULL), CLV_OK);
        cr_assert(clv_view_equal(clv_view_of(data, len), clv_view_of(big, sizes[i])));
        free(data);
        cr_assert_eq(clv_file_read("a", sizes[i] - 1, &data, &len, NULL), CLV_E_IO);
    }
}

Test(file, reads_files_of_proc_that_say_they_are_empty)
{
    uint8_t *data = NULL;
    size_t len = 0;
    cr_assert_eq(clv_file_read("/proc/self/status", 1 << 16, &data, &len, NULL), CLV_OK);
    cr_assert_gt(len, 0);
    free(data);
    cr_assert_eq(clv_file_read("/proc/self/status", 20, &data, &len, NULL), CLV_E_IO);
}

Test(file, refuses_what_is_not_a_plain_file)
{
    cr_assert_eq(mkfifo("fifo", 0600), 0);
    cr_assert_eq(mkdir("dir", 0700), 0);
    make("a", "x");
    cr_assert_eq(symlink("a", "link"), 0);
    assert_refused("fifo", 100, CLV_E_IO);
    assert_refused("dir", 100, CLV_E_IO);
    assert_refused("link", 100, CLV_E_IO);
    assert_refused("/dev/zero", 100, CLV_E_IO);
    assert_refused("absent", 100, CLV_E_MISSING);
}

Test(file, a_private_file_is_closed_to_others)
{
    struct clv_error err = {0};
    uint8_t *data = NULL;
    size_t len = 0;
    make("a", "x");
    for (mode_t bit = 01; bit <= 040; bit <<= 1) {
        cr_assert_eq(chmod("a", 0600 | bit), 0);
        assert_refused("a", 100, CLV_E_PERMISSION);
    }
    cr_assert_eq(clv_file_read_private("a", 100, &data, &len, &err), CLV_E_PERMISSION);
    cr_assert_not_null(strstr(err.hint, "chmod 600 a"));
    cr_assert_eq(clv_file_read("a", 100, &data, &len, &err), CLV_OK);
    free(data);
}

Test(file, a_private_file_has_one_name)
{
    make("a", "x");
    cr_assert_eq(link("a", "second"), 0);
    assert_refused("a", 100, CLV_E_PERMISSION);
}

Test(file, a_private_file_is_ours)
{
    if (geteuid() != 0)
        cr_skip_test("only root can make such a file");
    make("a", "x");
    cr_assert_eq(chown("a", 65534, 65534), 0);
    assert_refused("a", 100, CLV_E_PERMISSION);
}

Test(file, removes)
{
    make("a", "x");
    cr_assert_eq(clv_file_remove("a", NULL), CLV_OK);
    cr_assert_eq(num_entries(), 0);
    cr_assert_eq(clv_file_remove("a", NULL), CLV_E_MISSING);
}

Test(folder, makes_parents)
{
    static const char *const made[] = {"x", "x/y", "x/y/z"};
    char path[128];
    struct stat st;
    umask(0);
    cr_assert_eq(clv_dir_private("x/y//z/", NULL), CLV_OK);
    cr_assert_eq(clv_dir_private("x/y/z", NULL), CLV_OK);
    for (size_t i = 0; i < 3; i++) {
        cr_assert_eq(stat(made[i], &st), 0);
        cr_assert(S_ISDIR(st.st_mode));
        cr_assert_eq(st.st_mode & 07777, 0700);
    }
    (void)snprintf(path, sizeof path, "%s/deep/er", folder);
    cr_assert_eq(clv_dir_private(path, NULL), CLV_OK);
}

Test(folder, refuses_one_that_is_open_to_others_and_says_the_chmod)
{
    for (mode_t bit = 01; bit <= 040; bit <<= 1) {
        struct clv_error err = {0};
        cr_assert_eq(mkdir("open", 0700), 0);
        cr_assert_eq(chmod("open", 0700 | bit), 0);
        cr_assert_eq(clv_dir_private("open", &err), CLV_E_PERMISSION);
        cr_assert_not_null(strstr(err.hint, "chmod 700 open"));
        cr_assert_eq(rmdir("open"), 0);
    }
}

Test(folder, refuses_what_is_not_a_folder)
{
    struct clv_error err = {0};
    make("a", "x");
    cr_assert_eq(clv_dir_private("a", &err), CLV_E_IO);
    cr_assert_not_null(strstr(err.fact, "not a folder"));
    cr_assert_eq(clv_dir_private("a/b", &err), CLV_E_IO);
    cr_assert_eq(clv_dir_private("", &err), CLV_E_MISSING);
    cr_assert_eq(clv_dir_sync("a", &err), CLV_E_IO);
    cr_assert_eq(clv_dir_sync(".", &err), CLV_OK);
}

Test(path, joins_and_names)
{
    char *path = clv_path_join("/a", "b");
    cr_assert_str_eq(path, "/a/b");
    free(path);
    path = clv_path_join("/a/", "b");
    cr_assert_str_eq(path, "/a/b");
    free(path);
    cr_assert_str_eq(clv_path_name("/a/b"), "b");
    cr_assert_str_eq(clv_path_name("b"), "b");
    cr_assert_str_empty(clv_path_name("b/"));
}

/* Exit status: how many of the three are open again, and 4 when one of them can be used. */
static int standard_after_holding(void)
{
    char byte = 0;
    int num = 0, fd;
    for (fd = 0; fd <= 2; fd++)
        (void)close(fd);
    cr_assert_eq(clv_fd_hold_standard(NULL), CLV_OK);
    for (fd = 0; fd <= 2; fd++)
        num += fcntl(fd, F_GETFD) >= 0;
    bool used = read(0, &byte, 1) >= 0 || write(1, &byte, 1) >= 0 || write(2, &byte, 1) >= 0;
    return num + (used ? 4 : 0);
}

Test(file, closed_standard_streams_are_held_and_stay_useless)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0)
        _exit(standard_after_holding());
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(status, 3 << 8);
}
