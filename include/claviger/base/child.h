/* A piece of work in a process of its own: for libraries that end the process, or never come back,
 * instead of failing. A ceremony must not end with them.
 *
 *     pid_t pid = clv_child_fork(60);
 *     if (pid < 0) ... errno ...
 *     if (pid == 0) {
 *         ... work, write the result where the parent reads it ...
 *         _exit(0);
 *     }
 *     if (!clv_child_done(pid)) ... it came to no result ...
 *
 * Secrets are not there in the child: their memory is wiped on fork. */
#ifndef CLAVIGER_BASE_CHILD_H
#define CLAVIGER_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* As fork(). In the child no signal handler of ours runs: signals wait. It does not outlive the
 * parent, whose locks it holds, nor so many seconds. */
pid_t clv_child_fork(unsigned seconds);
/* Waits. Whether it ended by _exit(0). */
bool clv_child_done(pid_t pid);

#endif
