/* Runs claviger and everything it starts under ptrace, and looks at the entry and at the exit of
 * every system call of every thread.
 *
 *     struct kill_run run = {.argv = argv, .preload = shim, .look = look, .ctx = &mine};
 *     kill_trace(&run);
 *     ... run.exit_code, run.calls[KILL_CLAVIGER] ...
 *
 * look() is called at each stop while nothing that the programs share is being changed: a call that
 * changes a file is let run to its end before anybody else is looked at. When look() returns true,
 * the process that stopped gets SIGKILL there: a call at whose entry that happens is not carried
 * out. The others are then left to themselves until they end.
 *
 * Works for a program that gives up being dumpable, and without privileges: memory is read word by
 * word, and descriptors are followed from the calls that make them. Linux on x86-64. */
#ifndef CLV_TESTS_KILL_TRACE_H
#define CLV_TESTS_KILL_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum kill_role {
    KILL_CLAVIGER,
    KILL_UNITS,  /* claviger-unitd */
    KILL_HELPER, /* what claviger forks for a moment */
    KILL_NUM_ROLES
};
const char *kill_role_name(enum kill_role role);

/* What a call may change for others. */
enum kill_mark {
    KILL_NOTHING, /* it looks, or changes what dies with the process */
    KILL_CONTENT, /* bytes of a file */
    KILL_NAME,    /* a name in a folder: made, moved, removed */
    KILL_SENT,    /* bytes to another process */
    KILL_SIGNAL,  /* another process is signalled */
    KILL_SYNC,    /* nothing but how long it lasts: what a kill leaves is the same */
};

struct kill_stop {
    enum kill_role role;
    pid_t process;
    const char *call; /* "renameat2", or "another call" */
    enum kill_mark mark;
    bool entry;     /* else exit */
    bool did;       /* at the exit: it succeeded */
    uint64_t point; /* at a mark: which of its role, from 1; the entry and the exit have the same */
    const char *path; /* of a name, or behind the descriptor; "" when not known */
};

typedef bool kill_look(void *ctx, const struct kill_stop *stop);

struct kill_run {
    const char *const *argv; /* the program is argv[0], a path */
    const char *preload;     /* for LD_PRELOAD: a library beside the sweep */
    const char *output;      /* file for what it prints */
    unsigned timeout_s;      /* then everything is killed */
    kill_look *look;         /* NULL: not stopped at calls */
    void *ctx;
    /* afterwards */
    int exit_code; /* of the first program; 128 + n for signal n */
    bool timed_out, killed;
    uint64_t calls[KILL_NUM_ROLES]; /* system calls that were entered */
    uint64_t marks[KILL_NUM_ROLES]; /* those with a mark, without syncs */
};

/* false: tracing is not allowed here; nothing was run. */
bool kill_trace(struct kill_run *run);

#endif
