/* What the files of base share with each other and with nobody else. */
#ifndef CLAVIGER_BASE_INTERNAL_H
#define CLAVIGER_BASE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/error.h"

/* The folder that holds path, opened, and the name inside it (borrowed from path). */
clv_status clv_folder_open(const char *path, int *ret_fd, const char **ret_name,
                           struct clv_error *err);
/* fsync of an open folder; file systems that know no such thing are taken as synced. Sets errno. */
bool clv_folder_sync_fd(int fd);

#endif
