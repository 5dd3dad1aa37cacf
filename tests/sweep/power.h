/* What a power cut may leave of a folder: the trace of a run (shim.h), replayed up to any point.
 *
 * The disk is as unkind as POSIX lets it be. What a file holds is safe when the file was synced,
 * and a name is safe when its folder was. Everything later may be there, not there, or there in
 * part: written in other order, cut at a sector, or as a hole that reads as zeros.
 *
 *     struct power *p = power_new(trace_path);
 *     while (power_next(p))
 *         power_each_tree(p, dir, look, ctx);     dir is built anew for each call of look()
 *     power_free(&p); */
#ifndef CLV_TESTS_POWER_H
#define CLV_TESTS_POWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct power;

struct power *power_new(const char *trace_path);
void power_free(struct power **p);

/* What lies in this folder, which is given relative to the one that was watched, is on a medium of
 * its own: whatever it may hold is put beside whatever the other one may hold. Before the first
 * record. folder is borrowed. */
void power_split(struct power *p, const char *folder);

/* Goes one record on; false behind the last. */
bool power_next(struct power *p);
/* The last mark that was passed; "" before the first. */
const char *power_mark(const struct power *p);

/* what: the point and the variant, for messages. */
typedef void power_look(void *ctx, const char *what);
/* Builds each tree that differs from all before it, in dir (which is emptied), and looks at it.
 * Returns how many. */
size_t power_each_tree(struct power *p, const char *dir, power_look *look, void *ctx);
/* Only trees for which wanted() says so, by their number from 0 among all; NULL: all. */
void power_choose(struct power *p, bool (*wanted)(uint64_t number));

#endif
