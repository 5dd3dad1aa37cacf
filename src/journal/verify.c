/* Verifying a journal as a stranger, from a folder or from bytes. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/* The checkpoints' length is taken first: those written meanwhile stay unseen, and so no checkpoint
 * can be ahead of the records read. */
clv_status scan_open(struct scan_sources *src, int checkpoints_fd, int log_fd, const char *dir,
                     uint8_t **ret_vkey_file, struct clv_error *err)
{
    uint8_t *vkey = NULL;
    size_t vkey_len = 0;
    char *path = clv_path_join(dir, CLV_JOURNAL_VKEY);
    clv_status status = path ? clv_file_read(path, 4096, &vkey, &vkey_len, err)
                             : clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    free(path);
    if (status == CLV_OK)
        status = lines_init_fd(&src->checkpoints, checkpoints_fd, err);
    if (status == CLV_OK)
        status = lines_init_fd(&src->log, log_fd, err);
    if (status != CLV_OK) {
        free(vkey);
        return status;
    }
    src->has_vkey_file = true;
    src->vkey_file = clv_view_of(vkey, vkey_len);
    *ret_vkey_file = vkey;
    return CLV_OK;
}

void scan_close(struct scan_sources *src)
{
    lines_clear(&src->log);
    lines_clear(&src->checkpoints);
}

clv_status clv_journal_verify(const char *dir, const struct clv_journal_expect *expect,
                              struct clv_journal_report *ret_report, struct clv_error *err)
{
    struct scan_sources src = {.log.fd = -1, .checkpoints.fd = -1};
    struct clv_journal_report report;
    uint8_t *vkey_file = NULL;
    int log_fd = -1, checkpoints_fd = -1;
    clv_status status = file_open(dir, CLV_JOURNAL_LOG, O_RDONLY, &log_fd, err);
    if (status == CLV_OK)
        status = file_open(dir, CLV_JOURNAL_CHECKPOINTS, O_RDONLY, &checkpoints_fd, err);
    if (status == CLV_OK)
        status = scan_open(&src, checkpoints_fd, log_fd, dir, &vkey_file, err);
    if (status == CLV_OK)
        status = journal_scan(&src, expect, NULL, &report, NULL, err);
    if (status == CLV_OK)
        *ret_report = report;
    scan_close(&src);
    free(vkey_file);
    if (log_fd >= 0)
        (void)close(log_fd);
    if (checkpoints_fd >= 0)
        (void)close(checkpoints_fd);
    return status;
}

void clv_journal_verify_bytes(struct clv_view log, struct clv_view checkpoints,
                              struct clv_view vkey_file, const struct clv_journal_expect *expect,
                              struct clv_journal_report *ret_report)
{
    struct scan_sources src = {.has_vkey_file = vkey_file.len > 0, .vkey_file = vkey_file};
    lines_init_memory(&src.log, log);
    lines_init_memory(&src.checkpoints, checkpoints);
    clv_status status = journal_scan(&src, expect, NULL, ret_report, NULL, NULL);
    if (status != CLV_OK) { /* memory neither fails to read nor has a sink that could refuse */
        ret_report->verdict = CLV_JOURNAL_DAMAGED;
        ret_report->code = status;
        (void)snprintf(ret_report->fault, sizeof ret_report->fault,
                       "there is not enough memory to look at it");
    }
    scan_close(&src);
}
