/* RSA keys are made in a process beside the daemon, one at a time: they take seconds, and nobody
 * else's request is to wait for that. */
#ifndef CLAVIGER_SRC_UNITD_WORKSHOP_H
#define CLAVIGER_SRC_UNITD_WORKSHOP_H

#include <sys/types.h>

#include "claviger/unitd.h"

#define WORKSHOP_SIZES 3 /* 2048, 3072, 4096 bits */

struct workshop_key {
    struct clv_secret *private;
    uint8_t *bits;
    size_t bits_len;
};

struct workshop {
    pid_t pid; /* of the process at work, 0: none */
    int fd;    /* where its key comes out; only while it is at work */
    size_t slot;
    bool broken; /* a process came to nothing: keys are made by the daemon itself from now on */
    struct workshop_key keys[WORKSHOP_SIZES]; /* made and not yet taken */
};

/* Whether a key of this importer type can be had without waiting; if not, work on it begins, or on
 * what was asked for before. */
bool workshop_ready(struct workshop *w, uint32_t type);
/* The importer key: one that lies there, or one made now. As make_importer of struct
 * clv_unitd_ports. */
clv_status workshop_take(struct workshop *w, uint32_t type, struct clv_secret **ret_private,
                         uint8_t **ret_bits, size_t *ret_bits_len, struct clv_error *err);
/* Readable when a key is finished; -1: no process is at work. */
int workshop_fd(const struct workshop *w);
void workshop_collect(struct workshop *w);
/* Ends what is at work, frees what lies there. */
void workshop_close(struct workshop *w);

#endif
