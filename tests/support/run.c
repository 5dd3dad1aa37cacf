#include "run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS 40

static FILE *input_file(const char *input)
{
    FILE *f = tmpfile();
    cr_assert(f);
    fputs(input ? input : "", f);
    fflush(f);
    lseek(fileno(f), 0, SEEK_SET);
    return f;
}

static void exec_program(const char *program, const char *const *argv)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", CLV_BINARY_DIR, program);
    execv(path, (char *const *)(uintptr_t)argv);
    if (errno == ENOENT)
        execvp(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static void start(struct run *r, const char *input, const char *program, const char *const *argv,
                  bool quiet)
{
    int pipe_fds[2];
    FILE *in = input_file(input);
    memset(r, 0, sizeof(*r));
    cr_assert_eq(pipe2(pipe_fds, O_CLOEXEC), 0);
    r->output = calloc(1, 1);
    r->pid = fork();
    if (r->pid == 0) {
        dup2(fileno(in), 0);
        dup2(pipe_fds[1], 1);
        dup2(quiet ? open("/dev/null", O_WRONLY) : pipe_fds[1], 2);
        exec_program(program, argv);
    }
    cr_assert(r->pid > 0 && r->output);
    fclose(in);
    close(pipe_fds[1]);
    r->fd = pipe_fds[0];
}

void run_start(struct run *r, const char *input, const char *program, const char *const *argv)
{
    start(r, input, program, argv, false);
}

void run_start_quiet(struct run *r, const char *program, const char *const *argv)
{
    start(r, NULL, program, argv, true);
}

static bool read_more(struct run *r)
{
    char buf[65536];
    ssize_t n;
    do
        n = read(r->fd, buf, sizeof(buf));
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    r->output = realloc(r->output, r->len + (size_t)n + 1);
    memcpy(r->output + r->len, buf, (size_t)n);
    r->len += (size_t)n;
    r->output[r->len] = '\0';
    return true;
}

bool run_wait_text(struct run *r, const char *text)
{
    while (memmem(r->output, r->len, text, strlen(text)) == NULL)
        if (!read_more(r))
            return false;
    return true;
}

void run_finish(struct run *r)
{
    int status = 0;
    while (read_more(r))
        ;
    close(r->fd);
    waitpid(r->pid, &status, 0);
    r->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void run_program(struct run *r, const char *input, const char *program, ...)
{
    const char *argv[MAX_ARGS] = {program};
    va_list args;
    va_start(args, program);
    for (size_t n = 1; n + 1 < MAX_ARGS; n++)
        if ((argv[n] = va_arg(args, const char *)) == NULL)
            break;
    va_end(args);
    run_start(r, input, program, argv);
    run_finish(r);
}

void run_clear(struct run *r)
{
    free(r->output);
    memset(r, 0, sizeof(*r));
}

char *folder_make(void)
{
    char *folder = strdup("/tmp/claviger-test-XXXXXX");
    cr_assert(folder && mkdtemp(folder));
    return folder;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_remove(char **folder)
{
    nftw(*folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*folder);
    *folder = NULL;
}

uint8_t *file_bytes(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rbe");
    cr_assert(f, "%s cannot be read", path);
    fseek(f, 0, SEEK_END);
    *ret_len = (size_t)ftell(f);
    rewind(f);
    uint8_t *data = calloc(1, *ret_len + 1);
    cr_assert_eq(fread(data, 1, *ret_len, f), *ret_len);
    fclose(f);
    return data;
}

void file_write(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    cr_assert(fd >= 0 && write(fd, data, len) == (ssize_t)len);
    close(fd);
}

void file_change_byte(const char *from, const char *to, size_t at)
{
    size_t len;
    uint8_t *data = file_bytes(from, &len);
    data[at % len] ^= 1;
    file_write(to, data, len);
    free(data);
}
