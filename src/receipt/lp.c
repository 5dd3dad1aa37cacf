/* The system's print command, in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "claviger/base/child.h"
#include "claviger/receipt/print.h"

#define NOT_THERE 127 /* as a shell says it */
#define SAID_MAX 200

/* In the child. A process group of its own: neither ^C at the terminal nor our end reaches what it
 * started, and both are ended together. */
static _Noreturn void become_lp(const char *queue, const char *path, int said_fd)
{
    sigset_t none;
    int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    sigemptyset(&none);
    (void)setpgid(0, 0);
    if (null_fd >= 0 && dup2(null_fd, STDIN_FILENO) >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0 &&
        dup2(said_fd, STDERR_FILENO) >= 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0)
        execlp("lp", "lp", "-d", queue, "--", path, (char *)NULL);
    _exit(NOT_THERE);
}

static bool wait_for(pid_t pid, int *ret_status)
{
    while (waitpid(pid, ret_status, 0) < 0)
        if (errno != EINTR)
            return false;
    return true;
}

/* The first line that it wrote, or "". */
static void read_said(int fd, char ret[SAID_MAX])
{
    ssize_t len = pread(fd, ret, SAID_MAX - 1, 0);
    ret[len > 0 ? len : 0] = '\0';
    ret[strcspn(ret, "\n")] = '\0';
}

static clv_status judge(int status, int said_fd, unsigned seconds, struct clv_error *err)
{
    char said[SAID_MAX];
    read_said(said_fd, said);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return CLV_OK;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return clv_fail(err, CLV_E_TIMEOUT, "lp did not come back within %u s", seconds);
    if (WIFSIGNALED(status))
        return clv_fail(err, CLV_E_IO, "lp was ended by signal %d", WTERMSIG(status));
    if (WEXITSTATUS(status) == NOT_THERE && said[0] == '\0')
        return clv_fail(err, CLV_E_MISSING, "there is no lp on this workstation");
    return said[0]
               ? clv_fail(err, CLV_E_IO, "%s", said)
               : clv_fail(err, CLV_E_IO, "lp ended with %d and said nothing", WEXITSTATUS(status));
}

clv_status clv_lp_print(const char *queue, const char *path, unsigned seconds,
                        struct clv_error *err)
{
    int status = 0, said_fd = memfd_create("lp", MFD_CLOEXEC);
    if (said_fd < 0)
        return clv_fail_errno(err, errno, "cannot set memory aside for what lp says");
    clv_status st = CLV_OK;
    pid_t pid = clv_child_fork(seconds);
    if (pid == 0)
        become_lp(queue, path, said_fd);
    if (pid < 0 || !wait_for(pid, &status))
        st = clv_fail_errno(err, errno, "cannot run lp");
    else
        st = judge(status, said_fd, seconds, err);
    if (st == CLV_E_TIMEOUT)
        (void)kill(-pid, SIGKILL); /* what it started */
    (void)close(said_fd);
    return st;
}
