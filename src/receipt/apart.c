/* Drawing in a process of its own. What looks for fonts crashes or hangs when it finds no memory,
 * and a ceremony must not end in the middle of a turn for want of a PDF. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base/child.h"
#include "internal.h"

/* It takes a fraction of one. */
#define CHILD_SECONDS 60

/* What the child leaves in the file: how it went, and the document behind it. */
struct result {
    clv_status status;
    struct clv_error why;
};

/* In the child. */
static _Noreturn void draw_and_exit(int fd, const struct clv_document *doc)
{
    struct result result = {0};
    uint8_t *pdf = NULL;
    size_t len = 0;
    result.status = document_draw(doc, &pdf, &len, &result.why);
    clv_status status = clv_fd_write_all(fd, &result, sizeof result, NULL);
    if (status == CLV_OK && len > 0)
        status = clv_fd_write_all(fd, pdf, len, NULL);
    _exit(status == CLV_OK ? 0 : 1);
}

static bool read_at(int fd, void *out, size_t len, off_t at)
{
    uint8_t *p = out;
    while (len > 0) {
        ssize_t n = pread(fd, p, len, at);
        if (n <= 0)
            return false;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static clv_status take_result(int fd, uint8_t **ret_pdf, size_t *ret_len, struct clv_error *err)
{
    struct result result;
    struct stat st;
    if (fstat(fd, &st) != 0 || !read_at(fd, &result, sizeof result, 0))
        return clv_fail(err, CLV_E_INTERNAL, "the drawn document cannot be read");
    if (result.status != CLV_OK) {
        if (err)
            *err = result.why;
        return result.status;
    }
    size_t len = (size_t)st.st_size - sizeof result;
    uint8_t *pdf = malloc(len + 1);
    if (pdf == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the document");
    if (!read_at(fd, pdf, len, sizeof result)) {
        free(pdf);
        return clv_fail(err, CLV_E_INTERNAL, "the drawn document cannot be read");
    }
    *ret_pdf = pdf;
    *ret_len = len;
    return CLV_OK;
}

clv_status document_draw_apart(const struct clv_document *doc, uint8_t **ret_pdf, size_t *ret_len,
                               struct clv_error *err)
{
    int fd = memfd_create("document", MFD_CLOEXEC);
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot set memory aside for the document");
    clv_status status = CLV_OK;
    pid_t pid = clv_child_fork(CHILD_SECONDS);
    if (pid == 0)
        draw_and_exit(fd, doc);
    if (pid < 0)
        status = clv_fail_errno(err, errno, "cannot start the process that draws documents");
    else if (!clv_child_done(pid))
        status = clv_fail(err, CLV_E_INTERNAL, "the process that draws documents failed");
    if (status == CLV_OK)
        status = take_result(fd, ret_pdf, ret_len, err);
    (void)close(fd);
    return status;
}
