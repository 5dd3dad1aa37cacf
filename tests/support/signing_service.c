#include "signing_service.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "claviger/base.h"

#define MAX_OPTIONS 30

static void become_service(const char *dir, const char *const *options, const int pipe_ends[2])
{
    const char *argv[MAX_OPTIONS + 4] = {"python3",
                                         CLV_SOURCE_DIR "/tests/support/signing_service.py", dir};
    for (size_t i = 0; options != NULL && i < MAX_OPTIONS && options[i] != NULL; i++)
        argv[3 + i] = options[i];
    dup2(pipe_ends[0], STDIN_FILENO);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
    execvp("python3", (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* The address is there, or the service has ended without one. */
static void wait_for_url(const struct signing_service *s, const char *dir)
{
    char *url = clv_path_join(dir, "url");
    siginfo_t info = {0};
    while (access(url, R_OK) != 0 && info.si_pid == 0) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000L}, NULL);
        waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    }
    cr_assert_eq(info.si_pid, 0, "the signing service did not start");
    free(url);
}

void signing_service_start(struct signing_service *s, const char *dir, const char *const *options)
{
    int pipe_ends[2];
    cr_assert_eq(pipe2(pipe_ends, O_CLOEXEC), 0);
    s->pid = fork();
    if (s->pid == 0)
        become_service(dir, options, pipe_ends);
    close(pipe_ends[0]);
    s->input = pipe_ends[1];
    wait_for_url(s, dir);
}

void signing_service_stop(struct signing_service *s)
{
    close(s->input);
    cr_assert_eq(waitpid(s->pid, NULL, 0), s->pid);
}
