/* A small journal that the sweeps write: entries that can be told beforehand. */
#ifndef CLV_TESTS_LOGS_H
#define CLV_TESTS_LOGS_H

#include "claviger/journal.h"

#define LOGS_ID "CLV-20261123-FA17"
#define LOGS_NUM 5 /* entries when everything is written; a checkpoint behind each second one */

/* What was acknowledged so far, by any of these; logs_forget() begins a new journal. */
struct logs_acked {
    uint64_t entries, signed_entries;
};
extern struct logs_acked logs_acked;
void logs_forget(void);
/* Called whenever it grows; NULL: nothing is. */
extern void (*logs_on_acked)(void);

/* Begins it, or goes on with what is there, a torn end set aside. */
clv_status logs_open(const char *dir, struct clv_journal **ret, struct clv_error *err);
/* The same with a second copy. */
clv_status logs_open_mirrored(const char *dir, const char *mirror, struct clv_journal **ret,
                              struct clv_error *err);
/* Appends up to num entries and signs at the end. */
clv_status logs_write(struct clv_journal *j, uint64_t num, struct clv_error *err);

/* Fails the test, with what in the message, unless every acknowledged entry is there and none is
 * but ours. A torn end is allowed. */
void logs_check(const char *dir, const char *what);
/* And all LOGS_NUM, intact and signed. */
void logs_check_whole(const char *dir, const char *what);

#endif
