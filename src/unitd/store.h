/* The folder of a service instance: state file, trust anchor, and the lock that keeps a second
 * daemon out. */
#ifndef CLAVIGER_SRC_UNITD_STORE_H
#define CLAVIGER_SRC_UNITD_STORE_H

#include "claviger/unitd.h"
#include "workshop.h"

struct store {
    char *state_path, *key_path, *root_path, *instance_path;
    struct clv_secret *key; /* the state is sealed under it */
    int lock_fd;
    struct workshop workshop;
    struct clv_unitd_ports ports; /* the default ones, saving here, with keys from the workshop */
};

/* Makes or checks the folder and takes the lock, until store_close() or the end of the process.
 * errors  CLV_E_PERMISSION; CLV_E_EXISTS: another daemon has it */
clv_status store_open(struct store *store, const char *dir, struct clv_error *err);
void store_close(struct store *store);
/* Reads the state if there is one (*ret stays NULL if not). */
clv_status store_load(struct store *store, struct clv_unitd_vault **ret, struct clv_error *err);
/* Saves a new vault's state. */
clv_status store_create(struct store *store, const struct clv_unitd_vault *vault,
                        struct clv_error *err);
/* What a client needs to know: root.hex, the root's public point as 266 hex digits, and
 * instance.id, the UUID of the service instance. Neither ends in a newline. */
clv_status store_publish(const struct store *store, const struct clv_unitd_vault *vault,
                         struct clv_error *err);

#endif
