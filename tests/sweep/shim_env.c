/* clv_shim.so: what a program does that the shim is preloaded into, from its environment.
 *
 *     CLV_SHIM_FOLDER   watched; absolute
 *     CLV_SHIM_PROGRAM  only in the program of this name; the others are left alone
 *     CLV_SHIM_FAULT    "AT TIMES ERRNO SHORTENED READS", numbers as in struct shim_fault
 *     CLV_SHIM_COUNT    file that gets "OP PATH" lines when the program ends
 *     CLV_SHIM_TRACE    file that gets the trace, of all programs
 *     CLV_SHIM_MEMORY   number of the allocation that fails; 0: only counted */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

static pid_t watcher; /* children that only fork report nothing */

static void __attribute__((constructor)) begin(void)
{
    const char *folder = getenv("CLV_SHIM_FOLDER"), *program = getenv("CLV_SHIM_PROGRAM");
    const char *fault = getenv("CLV_SHIM_FAULT"), *trace = getenv("CLV_SHIM_TRACE");
    const char *memory = getenv("CLV_SHIM_MEMORY");
    if (!folder || (program && strcmp(program, program_invocation_short_name) != 0))
        return;
    watcher = getpid();
    shim_watch(folder);
    if (trace)
        shim_trace((int)syscall(SYS_openat, AT_FDCWD, trace,
                                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    struct shim_fault f = {0};
    int shortened = 0, reads = 0;
    if (fault && sscanf(fault, "%" SCNu64 " %" SCNu64 " %d %d %d", &f.at, &f.times, &f.errnum,
                        &shortened, &reads) == 5) {
        f.shortened = shortened != 0;
        f.reads = reads != 0;
        shim_fail(&f);
    }
    if (memory)
        shim_memory_fail(strtoull(memory, NULL, 10));
}

static void __attribute__((destructor)) end(void)
{
    const char *count = getenv("CLV_SHIM_COUNT");
    char line[200];
    struct shim_call call;
    uint64_t allocations = shim_memory_stop();
    if (!count || watcher != getpid())
        return;
    shim_off();
    int fd = open(count, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    for (uint64_t i = 1; shim_call_at(i, &call); i++) {
        int len = snprintf(line, sizeof line, "%s %s\n", shim_op_word(call.op), call.path);
        if (write(fd, line, (size_t)len) != len)
            break;
    }
    int len = snprintf(line, sizeof line, "allocations %" PRIu64 "\nfailures %" PRIu64 "\n",
                       allocations, shim_failures());
    if (write(fd, line, (size_t)len) != len)
        (void)unlink(count);
    close(fd);
}
