/* The system calls on files, and allocation, in the hands of a test.
 *
 * Linked into a test program, the shim stands before the C library: calls on files below one folder
 * are counted, listed, made to fail, or written down with their data. As clv_shim.so it does the
 * same to a program it is preloaded into (see shim_env.c for the variables).
 *
 *     shim_watch(folder);                     count from 0, list what is called
 *     ... the walk ...
 *     num = shim_calls();
 *     shim_watch(folder);
 *     shim_fail(&(struct shim_fault){.at = 3, .times = 1, .errnum = ENOSPC});
 *     ... the walk again: its third call fails ...
 *     shim_off();
 *
 * One watch at a time in a process; children inherit it. Not for sanitizer builds where
 * shim_memory.c is linked in: both replace malloc(). */
#ifndef CLV_TESTS_SHIM_H
#define CLV_TESTS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* X(name, word) */
#define SHIM_OPS(X)                                                                                \
    X(SHIM_OPEN, "open") /* for reading, folders too */                                            \
    X(SHIM_CREATE, "open-write")                                                                   \
    X(SHIM_READ, "read")                                                                           \
    X(SHIM_WRITE, "write")                                                                         \
    X(SHIM_SYNC, "fsync")                                                                          \
    X(SHIM_RENAME, "rename") /* and link */                                                        \
    X(SHIM_UNLINK, "unlink")                                                                       \
    X(SHIM_MKDIR, "mkdir")                                                                         \
    X(SHIM_TRUNCATE, "ftruncate")                                                                  \
    X(SHIM_ALLOCATE, "fallocate")

enum shim_op {
#define SHIM_ENUM(name, word) name,
    SHIM_OPS(SHIM_ENUM)
#undef SHIM_ENUM
        SHIM_NUM_OPS
};
const char *shim_op_word(enum shim_op op);

#define SHIM_PATH 512

/* Begins to count calls on paths below the folder (an absolute path; NULL: watches nothing). */
void shim_watch(const char *folder);
void shim_off(void);

#define SHIM_FOR_EVER UINT64_MAX

/* Which calls fail, and how. */
struct shim_fault {
    uint64_t at;    /* the first one, counted from 1; 0: none */
    uint64_t times; /* how many in a row; SHIM_FOR_EVER */
    int errnum;     /* 0: a write is merely short */
    bool shortened; /* a write that fails puts half of its bytes down first, and says so */
    bool reads;     /* calls that only read fail, too (while times > 1 lasts) */
};
void shim_fail(const struct shim_fault *fault);

uint64_t shim_calls(void);
uint64_t shim_failures(void);

/* What the call of this number (from 1) was, and on which path, relative to the folder; false above
 * SHIM_LISTED. */
#define SHIM_LISTED 8192
struct shim_call {
    enum shim_op op;
    char path[120]; /* the end of it, when it is longer */
};
bool shim_call_at(uint64_t number, struct shim_call *ret);

/* Where calls are written down, for power.h; -1: nowhere. */
void shim_trace(int fd);
/* Writes a note of the test's own into the trace. */
void shim_mark(const char *text);

/* ---- the trace ------------------------------------------------------------------------------ */

enum shim_kind {
    TRACE_CREATE,   /* path, node */
    TRACE_WRITE,    /* node, at, data */
    TRACE_TRUNCATE, /* node, at */
    TRACE_SYNC,     /* node */
    TRACE_SYNC_DIR, /* path */
    TRACE_RENAME,   /* path, data: the new path */
    TRACE_LINK,     /* the same */
    TRACE_UNLINK,   /* path */
    TRACE_MKDIR,    /* path */
    TRACE_MARK,     /* data: text */
};
/* Followed by path_len and data_len bytes. Paths are relative to the watched folder. */
struct shim_record {
    uint32_t kind, path_len, data_len, unused;
    uint64_t node, at; /* node: of the file, as long as it lives */
};

/* ---- allocation (shim_memory.c) -------------------------------------------------------------- */

/* The allocation of this number from now on (from 1) fails; 0: none does. Counted from 0 again. */
void shim_memory_fail(uint64_t at);
/* Stops counting; returns how many allocations there were. */
uint64_t shim_memory_stop(void);

#endif
