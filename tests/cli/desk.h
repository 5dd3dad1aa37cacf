/* A desk with a workstation: the built claviger, key files, settings, and the real claviger-unitd.
 *
 *     struct desk d;
 *     desk_open(&d, "6", NULL);
 *     desk_ok(&d, "sigkey-add --name Sofia --password-fd 3 3<$PW");
 *     desk_says(&d, "Saved sofia-sigkey-");
 *     desk_close(&d);
 *
 * Commands go through a shell, as a script of somebody's would give them: $PW is a file with the
 * password that all key files have, $PW3 the same on three lines. Every command gets --no-input
 * and, except in production, --test. */
#ifndef CLV_TESTS_DESK_H
#define CLV_TESTS_DESK_H

#include "run.h"
#include "unitd_process.h"

struct desk {
    struct process process;
    struct run run; /* the last command: standard output and error together */
    char command[600];
    bool production;
};

/* fault: a plan for claviger-unitd, or NULL. */
void desk_open(struct desk *d, const char *num_units, const char *fault);
/* The same with units behind HTTPS and a token. The site file names their certificate. */
void desk_open_https(struct desk *d, const char *num_units);
/* Units 1 and 2 operational, 3 and 4 recovery, 5 failover; in production, with the plug-in's
 * signature keys of Ines and Olga, selected. $PW is Ines's password, $PW2 has both,
 * $DESK/olga is Olga's. */
void desk_open_recovery(struct desk *d, const char *fault);
void desk_close(struct desk *d);
/* Writes the site file anew; lines: what the instance has beside id, address and roots. */
void desk_write_site(const struct desk *d, const char *lines);
/* Runs one command to its end. */
void desk_run(struct desk *d, const char *command);
/* The same, and the exit code has to be 0, or as said. */
void desk_ok(struct desk *d, const char *command);
void desk_fails(struct desk *d, int exit_code, const char *command);
/* The last command printed this. */
void desk_says(const struct desk *d, const char *text);
/* Sofia's signature key, selected, and added everywhere; thresholds 1/1. */
void desk_leave_imprint(struct desk *d);
/* Parts of Kofi and Lena. */
void desk_parts(struct desk *d);

#endif
