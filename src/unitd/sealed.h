/* The state at rest: sealed under a key in a file of its own. A real unit keeps its registers behind
 * hardware; this keeps them out of copies, backups and searches of the state file, and no more: who
 * has both files has the keys.
 *
 * source  docs/unitd.md "State file"; XChaCha20-Poly1305 of libsodium */
#ifndef CLAVIGER_SRC_UNITD_SEALED_H
#define CLAVIGER_SRC_UNITD_SEALED_H

#include "claviger/base.h"

/* The key in the file at path; a new one when there is none and make is set.
 * errors  CLV_E_MISSING, CLV_E_PERMISSION, CLV_E_DAMAGED: not a key file */
clv_status sealed_key(const char *path, bool make, struct clv_secret **ret, struct clv_error *err);
/* Appends the sealed form of state to w. */
clv_status sealed_write(const struct clv_secret *key, struct clv_view state, struct clv_writer *w,
                        struct clv_error *err);
/* *ret_state is fresh memory: the caller wipes and frees it.
 * errors  CLV_E_DAMAGED: altered, cut off, or sealed under another key */
clv_status sealed_read(const struct clv_secret *key, struct clv_view file, uint8_t **ret_state,
                       size_t *ret_len, struct clv_error *err);

#endif
