/* The examination of the workstation, before anybody types a secret. */
#ifndef CONDUCTOR_SELFCHECK_H
#define CONDUCTOR_SELFCHECK_H

#include "internal.h"

struct check_result {
    const char *name;
    bool ok;
    char found[480];
};

/* At most cap results. Never fails: a check that cannot be made is a failed check. */
size_t self_check(const struct clv_conductor *c, struct check_result *results, size_t cap);

#endif
