/* Durable, exclusive, careful files.
 *
 * Reading refuses what is not a plain file, symbolic links and more than a stated size, so that a
 * FIFO, a device or a gigabyte cannot stop a ceremony. Writing goes beside the name, is synced,
 * moved into place and the folder synced: after a power cut there is the old file or the new one,
 * never neither. Nothing here writes to a file it did not create in the same call. */
#ifndef CLAVIGER_BASE_FILE_H
#define CLAVIGER_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/error.h"

/* Whole file into fresh memory, the caller's to free(). One zero byte is added behind the content
 * and not counted.
 * errors  CLV_E_MISSING, CLV_E_PERMISSION, CLV_E_IO (not a plain file, larger than max_len) */
clv_status clv_file_read(const char *path, size_t max_len, uint8_t **ret_data, size_t *ret_len,
                         struct clv_error *err);
/* As clv_file_read(), and refuses a file that is not ours or that group or others may read. */
clv_status clv_file_read_private(const char *path, size_t max_len, uint8_t **ret_data,
                                 size_t *ret_len, struct clv_error *err);

/* A new file of mode 0600, durable when CLV_OK is returned.
 * errors  CLV_E_EXISTS: the name is taken, nothing was touched; CLV_E_FULL, CLV_E_IO: nothing is
 *         left behind */
clv_status clv_file_create(const char *path, const void *data, size_t len, struct clv_error *err);
/* As clv_file_create(), replacing what was there in one step. */
clv_status clv_file_replace(const char *path, const void *data, size_t len, struct clv_error *err);
/* Unlinks and syncs the folder. */
clv_status clv_file_remove(const char *path, struct clv_error *err);

/* Removes what a program that was killed while it wrote left in dir: hidden files named as drafts
 * of the two functions above, plain, ours, of mode 0600, and not being written by anybody now.
 * Nothing else is touched; a folder that is not there holds none. *ret_num: how many. */
clv_status clv_drafts_remove(const char *dir, size_t *ret_num, struct clv_error *err);

/* Makes path (and its parents) a folder of mode 0700 if it is not there; if it is, checks that it
 * is a folder, ours, and closed to group and others.
 * errors  CLV_E_PERMISSION: with the chmod to run */
clv_status clv_dir_private(const char *path, struct clv_error *err);
clv_status clv_dir_sync(const char *path, struct clv_error *err);

/* "dir/name" in fresh memory, the caller's to free(); NULL without memory. */
char *clv_path_join(const char *dir, const char *name);
/* The part behind the last '/'; borrowed. */
const char *clv_path_name(const char *path);

/* First of all in a program: where standard input, output or error is closed, /dev/null takes its
 * place, so that no file opened later gets its number and what was meant for people. It is opened
 * the wrong way round: using it still fails, as with the closed one. */
clv_status clv_fd_hold_standard(struct clv_error *err);
/* Writes all of it, retrying EINTR and short writes. */
clv_status clv_fd_write_all(int fd, const void *data, size_t len, struct clv_error *err);

/* Whether a system call that failed is to be made again, since only a signal came in between. Not
 * for ever: *tries, 0 before the first call, counts. */
bool clv_again(unsigned *tries);
/* A system call, made so: int fd = CLV_AGAIN(open(path, flags)); */
#define CLV_AGAIN(call)                                                                            \
    (__extension__({                                                                               \
        int clv_result;                                                                            \
        unsigned clv_tries = 0;                                                                    \
        do                                                                                         \
            clv_result = (call);                                                                   \
        while (clv_result < 0 && clv_again(&clv_tries));                                           \
        clv_result;                                                                                \
    }))

#endif
