/* Commands of room tke against the real claviger-unitd, without a terminal.
 *
 *     struct bench b;
 *     bench_open(&b, NULL);
 *     bench_command(&b);                  a new session: units found and surveyed
 *     check_ok(clv_tke_zeroize(b.tke, &b.err), &b);
 *     bench_close(&b);
 *
 * Key files are made once before the first test: signature keys of Sofia, Tove and Nadia, key parts
 * of Kofi, Lena and Agnes, and two more that hold Kofi's part again. All have the same password and
 * belong to the TEST world; for production there are the plug-in's signature keys of Ines and Olga,
 * which cost less time. */
#ifndef CLV_TESTS_TKE_BENCH_H
#define CLV_TESTS_TKE_BENCH_H

#include "claviger/tke/units.h"
#include "unitd_process.h"

#define BENCH_UNITS 3

struct bench {
    struct process process;
    char dir[80], site[100], keys[100], config[100], state[100];
    bool production; /* the daemon was started with --production-tests */
    struct clv_tke *tke;
    struct clv_tke_port port;
    struct clv_tke_keys list;
    struct clv_error err;
    const char *units, *sigkeys; /* of the next session */
    char confirm[100];           /* what is typed */
    char asked[100];             /* what had to be typed last; "" nothing */
    unsigned num_passwords;      /* asked for */
};

/* Starts a daemon with three units; args: further arguments of it, ended by NULL, or NULL. */
void bench_open(struct bench *b, const char *const *args);
void bench_close(struct bench *b);
/* Ends the session there is and begins one: units found, trusted, queried. */
void bench_command(struct bench *b);
/* A key file of the folder by file name, borrowed until the next call. */
const struct clv_tke_key *bench_key(struct bench *b, enum clv_keyfile_kind kind, const char *file);
void bench_parts(struct bench *b, const char *names, const struct clv_tke_key **ret,
                 size_t *ret_num);

/* Whole commands on all selected units, which have to succeed on all. */
void bench_add(struct bench *b, const char *file);
void bench_thresholds(struct bench *b, unsigned sign, unsigned revoke);
void bench_load(struct bench *b, const char *names);

/* Every row is good; the sentence otherwise. */
void bench_all_done(struct bench *b);
/* The row of this unit failed before anything was sent, with this sentence. */
void bench_refused(struct bench *b, unsigned unit, const char *sentence);
/* So did those of all units. */
void bench_all_refused(struct bench *b, const char *sentence);
const struct clv_tke_row *bench_row(struct bench *b, unsigned unit);
/* What this session knows of a unit, to be changed as if the unit had said so: a state that takes
 * many commands to get into, or that no command of ours leads to. The next session asks it anew. */
struct clv_unit_state *bench_known(struct bench *b, unsigned unit);

#define check_ok(call, b)                                                                          \
    do {                                                                                           \
        clv_status st_ = (call);                                                                   \
        cr_assert_eq(st_, CLV_OK, "%s: %s", #call, (b)->err.fact);                                 \
    } while (0)

#endif
