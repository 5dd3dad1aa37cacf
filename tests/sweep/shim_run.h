/* A rehearsal of three key parts on three units under the shim, and its end.
 *
 *     struct shim_place place;
 *     shim_place_open(&place);
 *     shim_rehearse(&place, &(struct shim_set){.program = "claviger", .fault = f}, &run);
 *     shim_to_the_end(&place, why);
 *     shim_place_close(&place); */
#ifndef CLV_TESTS_SHIM_RUN_H
#define CLV_TESTS_SHIM_RUN_H

#include "run.h"
#include "shim.h"

struct shim_place {
    char *top, *dir, *count, *trace; /* dir, ...: top/NAME */
    char *first, *second;            /* answers of a rehearsal, and of a resumption */
};
void shim_place_open(struct shim_place *p);
void shim_place_close(struct shim_place *p);
/* Removes what is in dir. */
void shim_place_empty(const struct shim_place *p);

/* What the shim does in a run; see shim_env.c. Zero: only the cheap password hash. */
struct shim_set {
    const char *program;
    struct shim_fault fault;
    uint64_t memory; /* the allocation that fails */
    bool count_memory;
    bool count; /* calls of program to place->count */
    bool trace; /* of all programs to place->trace; paths are below place->dir */
};

/* Plays to its end, or kills it after two minutes (exit code 137). */
void shim_rehearse(const struct shim_place *p, const struct shim_set *set, struct run *r);
void shim_resume(const struct shim_place *p, const struct shim_set *set, struct run *r);

/* Whether the units, the journal and the receipts are those of a complete ceremony: verified, three
 * units with one pattern, each command obeyed once. False: why says what is wrong. */
#define SHIM_WHY 4000
bool shim_is_complete(const struct shim_place *p, char why[SHIM_WHY]);
/* Resumes what is left, or begins where nothing was begun, and wants the complete ceremony. */
bool shim_to_the_end(const struct shim_place *p, char why[SHIM_WHY]);

/* What count wrote: "OP PATH" for each call, and how many allocations. */
struct shim_counts {
    char **call;
    size_t num;
    uint64_t allocations, failures;
};
void shim_counts_read(const struct shim_place *p, struct shim_counts *ret);
void shim_counts_clear(struct shim_counts *c);

#endif
