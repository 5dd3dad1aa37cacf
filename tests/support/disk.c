#include "disk.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>

/* It ends with the last process in it, however that ends, and every mount with it. */
static bool alone(void)
{
    static bool done;
    if (!done)
        done = unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    return done;
}

bool disk_mount(const char *dir, const char *size)
{
    char options[60];
    (void)snprintf(options, sizeof options, "%s,mode=0700", size);
    return alone() && mount("tmpfs", dir, "tmpfs", 0, options) == 0;
}

void disk_unmount(const char *dir)
{
    cr_assert_eq(umount(dir), 0, "%s is still in use", dir);
}
