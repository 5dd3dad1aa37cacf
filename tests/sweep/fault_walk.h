/* One walk through a room, made to fail at every call it makes: each kind of fault at each call,
 * once and for good, then once more during the recovery, and each allocation.
 *
 *     static const struct walk walk = {"append", prepare, act, check, recover, settled};
 *     walk_sweep(&walk);                         prints the number of points
 *
 * A walk begins in a folder of its own. Whatever fails, check() wants the old state or the new one,
 * and what was told to the caller to be true. recover() then does what the program does next; when
 * nothing fails any more, settled() wants the end of the unbroken walk. */
#ifndef CLV_TESTS_FAULT_WALK_H
#define CLV_TESTS_FAULT_WALK_H

#include <criterion/criterion.h>

#include "claviger/base.h"
#include "shim.h"

struct walk {
    const char *name;
    /* Not counted. dir: fresh, mode 0700. */
    void (*prepare)(const char *dir);
    clv_status (*act)(const char *dir, struct clv_error *err);
    void (*check)(const char *dir, clv_status status, const struct clv_error *err);
    clv_status (*recover)(const char *dir, struct clv_error *err);
    void (*settled)(const char *dir);
    /* Lets go of what prepare() and the others hold; NULL: nothing. */
    void (*end)(void);
    bool no_memory_sweep; /* it does not allocate, or too much of it is not ours */
};

/* What fails just now, for messages. */
const char *walk_point(void);
/* Whether the fault does not end: nothing can be tidied up, and something may be left behind. */
bool walk_fault_lasts(void);
void walk_sweep(const struct walk *walk);

/* Numbers of files in a folder: with this ending, and left-over drafts. */
size_t folder_num(const char *dir, const char *ending);
size_t folder_num_drafts(const char *dir);

#endif
