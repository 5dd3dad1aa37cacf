/* A folder as a state: has it changed, and a copy of how it was. */
#ifndef CLV_TESTS_KILL_FOLDER_H
#define CLV_TESTS_KILL_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

/* Over the names, kinds, sizes, inodes and change times of everything below dir; 0 when there is no
 * dir. The kernel moves a change time with every change, so what is equal was not touched. */
uint64_t kill_folder_touched(const char *dir);
/* Over the names and the bytes of everything below dir. */
uint64_t kill_folder_content(const char *dir);
uint64_t kill_file_content(const char *path);

/* Copies files and folders (no sockets) from one folder to a new one. Files that are in `like`
 * unchanged since it was copied from the same folder become links to it; NULL: all are copied. */
void kill_folder_copy(const char *from, const char *to, const char *like);
void kill_folder_remove(const char *dir);

#endif
