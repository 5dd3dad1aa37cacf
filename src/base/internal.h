/* What the files of base share with each other and with nobody else. */
#ifndef CLAVIGER_BASE_INTERNAL_H
#define CLAVIGER_BASE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/error.h"

/* One decoded character of strict UTF-8 (no overlong form, no surrogate, nothing above U+10FFFF).
 */
struct clv_utf8 {
    uint32_t code;
    size_t len; /* bytes taken; 0: the bytes at this place are not UTF-8 */
};

struct clv_utf8 clv_utf8_next(const char *text, size_t len);

/* C0, DEL and C1 controls: what a terminal would obey. */
bool clv_utf8_is_control(uint32_t code);

/* The folder that holds path, opened, and the name inside it (borrowed from path). */
clv_status clv_folder_open(const char *path, int *ret_fd, const char **ret_name,
                           struct clv_error *err);
/* fsync of an open folder; file systems that know no such thing are taken as synced. Sets errno. */
bool clv_folder_sync_fd(int fd);

#endif
