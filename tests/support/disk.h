/* A small disk of a test's own: a tmpfs that nobody else sees and that no crash leaves mounted.
 *
 *     if (!disk_mount(dir, "size=24m"))
 *         cr_skip_test("no file system can be mounted here");
 *     ...
 *     disk_unmount(dir);
 *
 * The first one gives the test's process a name space of mounts for itself; programs that it starts
 * from then on are in there, too. */
#ifndef CLV_TESTS_DISK_H
#define CLV_TESTS_DISK_H

#include <stdbool.h>

/* False: not allowed here. */
bool disk_mount(const char *dir, const char *size);
void disk_unmount(const char *dir);

#endif
