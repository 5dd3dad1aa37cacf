/* Setting aside what a power cut left behind the last whole record. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

#define TORN_FILES_MAX 999

/* The first free "<stem>.torn-<n>". */
static clv_status keep_copy(const char *dir, const char *stem, const uint8_t *data, size_t len,
                            struct clv_error *err)
{
    clv_status status = CLV_E_EXISTS;
    for (int n = 1; n <= TORN_FILES_MAX && status == CLV_E_EXISTS; n++) {
        char name[64];
        snprintf(name, sizeof name, "%s.torn-%d", stem, n);
        char *path = clv_path_join(dir, name);
        if (!path)
            return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
        status = clv_file_create(path, data, len, err);
        free(path);
    }
    return status;
}

static clv_status move_tail(int fd, const char *dir, const char *stem, uint64_t from, size_t len,
                            struct clv_error *err)
{
    uint8_t *tail = NULL;
    if (len == 0)
        return CLV_OK;
    tail = malloc(len);
    if (!tail)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the torn end");
    clv_status status = CLV_OK;
    ssize_t got = pread(fd, tail, len, (off_t)from);
    if (got < 0 || (size_t)got != len)
        status = clv_fail_errno(err, got < 0 ? errno : EIO, "cannot read the torn end");
    if (status == CLV_OK)
        status = keep_copy(dir, stem, tail, len, err);
    if (status == CLV_OK &&
        (CLV_AGAIN(ftruncate(fd, (off_t)from)) != 0 || CLV_AGAIN(fsync(fd)) != 0))
        status = clv_fail_errno(err, errno, "cannot cut the torn end off");
    free(tail);
    return status;
}

static clv_status examine(const char *dir, int log_fd, int checkpoints_fd,
                          struct clv_journal_report *ret_report, struct scan_end *ret_end,
                          struct clv_error *err)
{
    struct scan_sources src = {.log.fd = -1, .checkpoints.fd = -1};
    uint8_t *vkey_file = NULL;
    clv_status status = scan_open(&src, checkpoints_fd, log_fd, dir, &vkey_file, err);
    if (status == CLV_OK)
        status = journal_scan(&src, NULL, NULL, ret_report, ret_end, err);
    scan_close(&src);
    free(vkey_file);
    if (status == CLV_OK && ret_report->verdict != CLV_JOURNAL_TORN &&
        ret_report->code != CLV_E_MISMATCH && ret_report->code != CLV_OK)
        status = report_error(ret_report, err);
    return status;
}

clv_status clv_journal_set_torn_aside(const char *dir, size_t *ret_num_bytes, struct clv_error *err)
{
    struct clv_journal_report report = {0};
    struct scan_end end = {0};
    int lock_fd = -1, log_fd = -1, checkpoints_fd = -1;
    clv_status status = clv_journal_lock(dir, &lock_fd, err);
    if (status == CLV_OK)
        status = file_open(dir, CLV_JOURNAL_LOG, O_RDWR, &log_fd, err);
    if (status == CLV_OK)
        status = file_open(dir, CLV_JOURNAL_CHECKPOINTS, O_RDWR, &checkpoints_fd, err);
    if (status == CLV_OK)
        status = examine(dir, log_fd, checkpoints_fd, &report, &end, err);
    if (status == CLV_OK)
        status = move_tail(log_fd, dir, "journal", end.log_len, report.torn_len, err);
    if (status == CLV_OK)
        status = move_tail(checkpoints_fd, dir, "checkpoints", end.checkpoints_len,
                           report.torn_checkpoint_len, err);
    if (status == CLV_OK)
        *ret_num_bytes = report.torn_len + report.torn_checkpoint_len;
    const int fds[] = {checkpoints_fd, log_fd, lock_fd};
    for (size_t i = 0; i < sizeof fds / sizeof *fds; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    return clv_while(err, status, "setting aside the torn end of %s", dir);
}
