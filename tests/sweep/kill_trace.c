#include "kill_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kill_calls.h"

#define MAX_TASKS 512
#define OPTIONS                                                                                    \
    (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |      \
     PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

const char *kill_role_name(enum kill_role role)
{
    static const char *const names[] = {"claviger", "claviger-unitd", "helper"};
    return names[role];
}

/* ---- who is there ---------------------------------------------------------------------------- */

struct task {
    pid_t tid; /* 0: free */
    pid_t process;
    bool known;   /* its parent told of it */
    bool waiting; /* stopped before its parent told of it */
    bool in_call; /* between entry and exit */
    struct kill_call call;
    struct kill_fds *fds; /* of its process */
};

struct trace {
    struct kill_run *run;
    struct task tasks[MAX_TASKS];
    struct kill_fds fds[KILL_MAX_PROCESSES];
    pid_t first;
    uint64_t points[KILL_NUM_ROLES];
    bool quiet; /* nobody is stopped at calls any more */
};

static struct task *find_task(struct trace *t, pid_t tid)
{
    struct task *unused = NULL;
    for (size_t i = 0; i < MAX_TASKS; i++) {
        if (t->tasks[i].tid == tid)
            return &t->tasks[i];
        if (t->tasks[i].tid == 0 && unused == NULL)
            unused = &t->tasks[i];
    }
    if (unused == NULL) {
        fprintf(stderr, "kill_trace: more than %d threads\n", MAX_TASKS);
        abort();
    }
    *unused = (struct task){.tid = tid};
    return unused;
}

static bool any_task(const struct trace *t)
{
    for (size_t i = 0; i < MAX_TASKS; i++)
        if (t->tasks[i].tid != 0)
            return true;
    return false;
}

static void introduce(struct trace *t, struct task *task, pid_t process,
                      const struct kill_fds *inherited)
{
    task->process = process;
    task->known = true;
    task->fds = kill_fds_of(t->fds, process, inherited);
}

/* ---- going on -------------------------------------------------------------------------------- */

static void go_on(const struct trace *t, const struct task *task, int signal_number)
{
    bool stops = t->run->look != NULL && !t->quiet;
    /* It may be gone already: SIGKILL waits for nobody. */
    (void)ptrace(stops ? PTRACE_SYSCALL : PTRACE_CONT, task->tid, NULL,
                 (void *)(intptr_t)signal_number);
}

static void forget(struct trace *t, struct task *task, int status)
{
    if (task->tid == t->first)
        t->run->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    if (task->tid == task->process && task->fds)
        task->fds->process = 0;
    *task = (struct task){0};
}

/* ---- one stop -------------------------------------------------------------------------------- */

static bool shares_files(enum kill_mark mark)
{
    return mark == KILL_CONTENT || mark == KILL_NAME || mark == KILL_SYNC;
}

/* Looks, and kills if that is what is wanted. */
static void look(struct trace *t, struct task *task, bool entry, bool did)
{
    enum kill_role role = task->fds->role;
    struct kill_stop stop = {.role = role,
                             .process = task->process,
                             .call = task->call.name,
                             .mark = task->call.mark,
                             .entry = entry,
                             .did = did,
                             .path = task->call.path};
    bool counts = stop.mark != KILL_NOTHING && stop.mark != KILL_SYNC;
    if (entry && counts)
        task->call.point = ++t->points[role];
    stop.point = counts ? task->call.point : 0;
    if (t->run->look(t->run->ctx, &stop)) {
        t->run->killed = true;
        t->quiet = true;
        (void)kill(task->process, SIGKILL);
    }
}

/* The call runs to its end while everybody else who stops stays stopped. */
static bool finish_call(struct trace *t, struct task *task)
{
    int status = 0;
    go_on(t, task, 0);
    while (waitpid(task->tid, &status, __WALL) < 0)
        if (errno != EINTR)
            return false;
    if (WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80))
        return true;
    if (!WIFSTOPPED(status))
        forget(t, task, status);
    else
        go_on(t, task, status >> 16 ? 0 : WSTOPSIG(status));
    return false;
}

static void at_exit_of_call(struct trace *t, struct task *task)
{
    struct __ptrace_syscall_info info = {0};
    (void)ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, (void *)sizeof(info), &info);
    bool did = info.op == PTRACE_SYSCALL_INFO_EXIT && !info.exit.is_error;
    task->in_call = false;
    kill_call_returned(&task->call, task->fds, did ? info.exit.rval : -1);
    if (!t->quiet)
        look(t, task, false, did);
    go_on(t, task, 0);
}

static void at_entry_of_call(struct trace *t, struct task *task,
                             const struct __ptrace_syscall_info *info)
{
    enum kill_role role = task->fds->role;
    kill_call_read(&task->call, task->tid, task->fds, info->entry.nr, info->entry.args);
    task->in_call = true;
    t->run->calls[role]++;
    t->run->marks[role] += task->call.mark != KILL_NOTHING && task->call.mark != KILL_SYNC;
    look(t, task, true, false);
    if (!t->quiet && shares_files(task->call.mark)) {
        if (finish_call(t, task))
            at_exit_of_call(t, task);
    } else {
        go_on(t, task, 0);
    }
}

static void at_call(struct trace *t, struct task *task)
{
    struct __ptrace_syscall_info info = {0};
    (void)ptrace(PTRACE_GET_SYSCALL_INFO, task->tid, (void *)sizeof(info), &info);
    if (t->quiet)
        go_on(t, task, 0);
    else if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
        at_entry_of_call(t, task, &info);
    else if (info.op == PTRACE_SYSCALL_INFO_EXIT && task->in_call)
        at_exit_of_call(t, task);
    else
        go_on(t, task, 0); /* the end of the call that made this process */
}

/* ---- births and new programs ----------------------------------------------------------------- */

static void at_birth(struct trace *t, const struct task *parent, int event)
{
    unsigned long child = 0;
    (void)ptrace(PTRACE_GETEVENTMSG, parent->tid, NULL, &child);
    struct task *task = find_task(t, (pid_t)child);
    bool thread = event == PTRACE_EVENT_CLONE;
    introduce(t, task, thread ? parent->process : (pid_t)child, thread ? NULL : parent->fds);
    if (task->waiting) {
        task->waiting = false;
        go_on(t, task, 0);
    }
}

static void at_new_program(const struct task *task)
{
    char path[64], name[32] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)task->process);
    FILE *f = fopen(path, "re");
    if (f && fgets(name, sizeof(name), f))
        name[strcspn(name, "\n")] = '\0';
    if (f)
        fclose(f);
    task->fds->role = strcmp(name, "claviger-unitd") == 0 ? KILL_UNITS
                      : strcmp(name, "claviger") == 0     ? KILL_CLAVIGER
                                                          : KILL_HELPER;
}

static void at_stop(struct trace *t, struct task *task, int status)
{
    int event = status >> 16, signal_number = WSTOPSIG(status);
    if (!task->known) {
        task->waiting = true;
        return;
    }
    if (signal_number == (SIGTRAP | 0x80)) {
        at_call(t, task);
        return;
    }
    if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
        at_birth(t, task, event);
    if (event == PTRACE_EVENT_EXEC)
        at_new_program(task);
    go_on(t, task, event ? 0 : signal_number);
}

/* ---- the run --------------------------------------------------------------------------------- */

static void become(const struct kill_run *run, const int *fds, int seized)
{
    char c;
    for (int i = 0; i < 3; i++)
        dup2(fds[i], i);
    if (run->preload) { /* by name and folder: a path to preload ends at a blank */
        setenv("LD_LIBRARY_PATH", CLV_BINARY_DIR "/tests/sweep", 1);
        setenv("LD_PRELOAD", run->preload, 1);
    }
    if (read(seized, &c, 1) != 1)
        _exit(127);
    execv(run->argv[0], (char *const *)(uintptr_t)run->argv);
    _exit(127);
}

static bool start(struct trace *t)
{
    int seized[2], out = open(t->run->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (out < 0 || null < 0 || pipe2(seized, O_CLOEXEC) != 0)
        return false;
    t->first = fork();
    if (t->first == 0)
        become(t->run, (int[3]){null, out, out}, seized[0]);
    close(seized[0]);
    close(null);
    close(out);
    bool good = t->first > 0 && ptrace(PTRACE_SEIZE, t->first, NULL, (void *)OPTIONS) == 0;
    if (good) {
        introduce(t, find_task(t, t->first), t->first, NULL);
        good = ptrace(PTRACE_INTERRUPT, t->first, NULL, NULL) == 0 && write(seized[1], "", 1) == 1;
    }
    close(seized[1]);
    if (!good && t->first > 0) {
        (void)kill(t->first, SIGKILL);
        (void)waitpid(t->first, NULL, 0);
    }
    return good;
}

/* ptrace's children cannot be waited for with a deadline: a child of ours ends first. */
static pid_t start_watch(unsigned seconds)
{
    pid_t pid = seconds ? fork() : -1;
    if (pid == 0) {
        struct timespec left = {.tv_sec = seconds};
        while (nanosleep(&left, &left) != 0)
            ;
        _exit(0);
    }
    return pid;
}

static void kill_everybody(struct trace *t)
{
    t->run->timed_out = t->quiet = true;
    for (size_t i = 0; i < MAX_TASKS; i++)
        if (t->tasks[i].tid != 0)
            (void)kill(t->tasks[i].tid, SIGKILL);
}

bool kill_trace(struct kill_run *run)
{
    struct trace *t = calloc(1, sizeof(*t));
    if (t == NULL)
        abort();
    t->run = run;
    run->exit_code = -1;
    run->timed_out = run->killed = false;
    memset(run->calls, 0, sizeof(run->calls));
    memset(run->marks, 0, sizeof(run->marks));
    bool started = start(t);
    pid_t watch = started ? start_watch(run->timeout_s) : -1;
    while (started && any_task(t)) {
        int status = 0;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid < 0 && errno == EINTR)
            continue;
        if (tid < 0)
            break;
        if (tid == watch) {
            watch = -1;
            kill_everybody(t);
            continue;
        }
        struct task *task = find_task(t, tid);
        if (WIFSTOPPED(status))
            at_stop(t, task, status);
        else
            forget(t, task, status);
    }
    if (watch > 0) {
        (void)kill(watch, SIGKILL);
        (void)waitpid(watch, NULL, 0);
    }
    free(t);
    return started;
}
