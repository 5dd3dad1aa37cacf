/* Files on their way that a killed program left: ".0123456789abcdef.tmp". */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base/file.h"
#include "internal.h"

#define DIGITS 16

static bool has_draft_name(const char *name)
{
    return name[0] == '.' && strspn(name + 1, "0123456789abcdef") == DIGITS &&
           strcmp(name + 1 + DIGITS, ".tmp") == 0;
}

/* As we make them, and nobody is at it. A second name is what a kill leaves between link and unlink
 * on file systems that cannot rename exclusively. */
static bool is_left(int folder_fd, const char *name, int fd)
{
    struct stat st, again;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
           (st.st_mode & 07777) == (S_IRUSR | S_IWUSR) && st.st_nlink <= 2 &&
           flock(fd, LOCK_EX | LOCK_NB) == 0 &&
           fstatat(folder_fd, name, &again, AT_SYMLINK_NOFOLLOW) == 0 &&
           again.st_dev == st.st_dev && again.st_ino == st.st_ino;
}

static clv_status remove_draft(int folder_fd, const char *name, size_t *num, struct clv_error *err)
{
    clv_status status = CLV_OK;
    int fd = CLV_AGAIN(
        openat(folder_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (fd < 0)
        return CLV_OK; /* gone, a link, or not for us to read: not ours */
    if (is_left(folder_fd, name, fd)) {
        if (CLV_AGAIN(unlinkat(folder_fd, name, 0)) == 0)
            (*num)++;
        else
            status = clv_fail_errno(err, errno, "cannot remove %s", name);
    }
    (void)close(fd);
    return status;
}

clv_status clv_drafts_remove(const char *dir, size_t *ret_num, struct clv_error *err)
{
    size_t num = 0;
    clv_status status = CLV_OK;
    DIR *folder = opendir(dir);
    if (folder == NULL && errno == ENOENT) {
        *ret_num = 0;
        return CLV_OK;
    }
    if (folder == NULL)
        return clv_fail_errno(err, errno, "cannot look into the folder %s", dir);
    for (struct dirent *e; status == CLV_OK && (e = readdir(folder)) != NULL;)
        if (has_draft_name(e->d_name))
            status = remove_draft(dirfd(folder), e->d_name, &num, err);
    if (status == CLV_OK && num > 0 && !clv_folder_sync_fd(dirfd(folder)))
        status = clv_fail_errno(err, errno, "cannot bring the folder %s safely to the disk", dir);
    (void)closedir(folder);
    if (status == CLV_OK)
        *ret_num = num;
    return status;
}
