#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base/file.h"
#include "internal.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

static clv_status open_folder(const char *path, int *ret_fd, struct clv_error *err)
{
    int fd = CLV_AGAIN(open(path, FOLDER_FLAGS));
    if (fd < 0 && errno == ENOTDIR)
        return clv_fail(err, CLV_E_IO, "%s is not a folder", path);
    if (fd < 0)
        return clv_fail_errno(err, errno, "cannot open the folder %s", path);
    *ret_fd = fd;
    return CLV_OK;
}

clv_status clv_folder_open(const char *path, int *ret_fd, const char **ret_name,
                           struct clv_error *err)
{
    const char *name = clv_path_name(path);
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return clv_fail(err, CLV_E_IO, "%s does not name a file", path);
    if (strlen(name) > 255)
        return clv_fail(err, CLV_E_IO, "the file name is longer than 255 bytes");

    size_t dir_len = (size_t)(name - path);
    char *dir = dir_len > 0 ? strndup(path, dir_len) : strdup(".");
    if (dir == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    clv_status status = open_folder(dir, ret_fd, err);
    if (status == CLV_OK)
        *ret_name = name;
    free(dir);
    return status;
}

bool clv_folder_sync_fd(int fd)
{
    return CLV_AGAIN(fsync(fd)) == 0 || errno == EINVAL;
}

clv_status clv_dir_sync(const char *path, struct clv_error *err)
{
    int fd = -1;
    clv_status status = open_folder(path, &fd, err);
    if (status != CLV_OK)
        return status;
    if (!clv_folder_sync_fd(fd))
        status = clv_fail_errno(err, errno, "cannot bring the folder %s safely to the disk", path);
    (void)close(fd);
    return status;
}

/* Brings a new folder's name to the disk: without it, a power cut would take what is in it. A
 * parent that may be searched but not read cannot be synced by us. */
static clv_status sync_parent(const char *path, struct clv_error *err)
{
    int fd = -1;
    const char *name = NULL;
    struct clv_error why = {0};
    clv_status status = clv_folder_open(path, &fd, &name, &why);
    if (status == CLV_E_PERMISSION)
        return CLV_OK;
    if (status == CLV_OK && !clv_folder_sync_fd(fd))
        status = clv_fail_errno(&why, errno, "cannot bring the folder %s safely to the disk", path);
    if (fd >= 0)
        (void)close(fd);
    if (status != CLV_OK && err)
        *err = why;
    return status;
}

/* Makes the folder whose path ends at `end`; one that is there already is fine. */
static clv_status make_one(char *path, char *end, struct clv_error *err)
{
    char kept = *end;
    *end = '\0';
    clv_status status = CLV_OK;
    if (CLV_AGAIN(mkdir(path, S_IRWXU)) == 0) {
        status = sync_parent(path, err);
        if (status != CLV_OK)
            (void)rmdir(path); /* the next try makes it anew, and syncs again */
    } else if (errno != EEXIST) {
        status = clv_fail_errno(err, errno, "cannot make the folder %s", path);
    }
    *end = kept;
    return status;
}

static clv_status make_all(char *path, struct clv_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0) /* nothing to make: parents may be read-only */
        return CLV_OK;
    clv_status status = CLV_OK;
    for (char *p = path; status == CLV_OK && *p != '\0';) {
        p += strspn(p, "/");
        p += strcspn(p, "/");
        status = make_one(path, p, err);
    }
    return status;
}

static clv_status check_private_folder(int fd, const char *path, struct clv_error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return clv_fail_errno(err, errno, "cannot examine the folder %s", path);
    if (st.st_uid != geteuid())
        return clv_fail(err, CLV_E_PERMISSION, "the folder %s belongs to another user", path);
    if ((st.st_mode & 077) == 0)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_PERMISSION, "the folder %s is open to other users (mode %04o)", path,
                   (unsigned)(st.st_mode & 07777));
    clv_hint(err, "Close it: chmod 700 %s", path);
    return CLV_E_PERMISSION;
}

clv_status clv_dir_private(const char *path, struct clv_error *err)
{
    char *copy = strdup(path);
    if (copy == NULL)
        return clv_fail(err, CLV_E_MEMORY, "there is not enough memory");
    clv_status status = make_all(copy, err);
    free(copy);
    if (status != CLV_OK)
        return status;

    int fd = -1;
    status = open_folder(path, &fd, err);
    if (status != CLV_OK)
        return status;
    status = check_private_folder(fd, path, err);
    (void)close(fd);
    return status;
}
