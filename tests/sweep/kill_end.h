/* What must hold when a ceremony that was killed has been resumed. */
#ifndef CLV_TESTS_KILL_END_H
#define CLV_TESTS_KILL_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KILL_NUM_UNITS 3
#define KILL_WHY 2048

/* The folders and files of one sweep. */
struct kill_place {
    char top[200];
    char dir[220];     /* top/ceremony: where every run and every resumption takes place */
    char first[220];   /* answers of the run that is killed: no answer to trouble */
    char second[220];  /* answers of a resumption */
    char output[220];  /* what the run printed */
    char resumed[220]; /* what the resumption printed */
};
/* top must be there; writes the answers. */
void kill_place_open(struct kill_place *p, const char *top);

/* Arguments of `claviger rehearse` and of `claviger resume`; borrowed from p. */
#define KILL_MAX_ARGS 12
void kill_rehearse_argv(const struct kill_place *p, const char *argv[KILL_MAX_ARGS]);
void kill_resume_argv(const struct kill_place *p, const char *argv[KILL_MAX_ARGS]);

/* What stands in the journal now, whole lines and whole checkpoints only. */
struct kill_record {
    char *log, *checkpoints; /* NULL: no such file */
};
struct kill_record kill_record_read(const struct kill_place *p);
void kill_record_clear(struct kill_record *r);
/* It stands there still, byte for byte. */
bool kill_record_kept(const struct kill_place *p, const struct kill_record *r, char *ret_why);

/* Resumes what a kill left in p->dir (or begins anew where nothing was begun: `claviger resume`
 * says so) and checks: the ceremony is complete; what stood in the journal and in its checkpoints
 * stands there still, byte for byte; all units are live with the one pattern that is on record,
 * have the administrator and the thresholds, and obeyed no command twice; every key file opens;
 * `claviger verify` finds all of it good; the ceremony's receipt is there. false: ret_why (KILL_WHY
 * bytes) says what does not. */
bool kill_end_good(const struct kill_place *p, char *ret_why);
/* The same without resuming: of a run that came to its end. */
bool kill_end_holds(const struct kill_place *p, char *ret_why);

/* Opens what is needed to open key files; once in a process. */
void kill_end_init(void);

#endif
