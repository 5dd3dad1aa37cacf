/* What a system call may change for others, from its number and arguments. */
#ifndef CLV_TESTS_KILL_CALLS_H
#define CLV_TESTS_KILL_CALLS_H

#include "kill_trace.h"

#define KILL_MAX_PROCESSES 64
#define KILL_MAX_FDS 256
#define KILL_MAX_PATH 512

/* The descriptors of one process, as far as they are files that can be written. */
struct kill_fds {
    pid_t process; /* 0: free */
    enum kill_role role;
    char path[KILL_MAX_FDS][KILL_MAX_PATH]; /* "": no such file */
};
/* That of the process; when it is new, a copy of inherited (or empty) with the role of a helper.
 * The very first one is claviger. */
struct kill_fds *kill_fds_of(struct kill_fds *all, pid_t process, const struct kill_fds *inherited);

struct kill_call {
    const char *name;
    enum kill_mark mark;
    uint64_t number, point;
    uint64_t args[6];
    char path[KILL_MAX_PATH];
};

/* At the entry. */
void kill_call_read(struct kill_call *call, pid_t tid, const struct kill_fds *fds, uint64_t number,
                    const uint64_t *args);
/* At the exit, with what it returned; below 0: it failed. Keeps the descriptors. */
void kill_call_returned(const struct kill_call *call, struct kill_fds *fds, int64_t value);

#endif
