#include "claviger/base/child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child, all signals blocked. */
static void limit_life(pid_t parent, unsigned seconds)
{
    sigset_t alarm_only;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* gone before we asked */
        _exit(1);
    (void)signal(SIGALRM, SIG_DFL);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
    (void)alarm(seconds);
}

pid_t clv_child_fork(unsigned seconds)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0)
        limit_life(parent, seconds);
    else
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

bool clv_child_done(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
