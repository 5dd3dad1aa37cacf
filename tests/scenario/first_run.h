/* One whole rehearsal with three-owners.txt, played before the first test of a program: what its
 * tests look at, and what the second ceremony starts from. Link first_run.c and it happens. */
#ifndef CLV_TESTS_FIRST_RUN_H
#define CLV_TESTS_FIRST_RUN_H

#include "scene.h"

/* As if this test had played it; of its own is only what is in memory. */
void first_run(struct scene *ret);
void first_run_clear(struct scene *s);

#endif
