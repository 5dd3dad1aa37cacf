/* Bytes that must not leak: key parts, keys, passwords.
 *
 * A clv_secret lives in guarded memory (libsodium: guard pages, canary, locked, left out of core
 * dumps and of forked children), inaccessible unless a span is open. It is moved, never copied;
 * zeroed when freed. Nothing prints one. Locking that fails is an error (CLV_E_MEMORY), never
 * silently skipped.
 *
 *     struct clv_secret *part = NULL;
 *     if (clv_secret_new(32, &part, err) != CLV_OK) goto out;
 *     uint8_t *p = clv_secret_write(part);
 *     ...
 *     clv_secret_close(part);
 * out:
 *     clv_secret_free(&part);
 *
 * Spans nest: write(), read(), close(), close() leaves the secret closed. A view taken from a span
 * dies with clv_secret_close(). Closing what is not open, and the like, is a bug and stops the
 * process.
 *
 * A secret belongs to one thread at a time. A forked child finds zeros in it; it may free it. Each
 * secret takes one locked page and some 25 microseconds to make. */
#ifndef CLAVIGER_BASE_SECRET_H
#define CLAVIGER_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "claviger/base/error.h"

struct clv_secret;

/* Once a process, before anything else (again does no harm): initialises libsodium, switches core
 * dumps and ptrace by other processes of the user off, raises the soft limit of locked memory to
 * the hard one, and proves that 512 KiB can be locked.
 * errors  CLV_E_MEMORY: locked memory refused, with the limit and what to do */
clv_status clv_secret_init(struct clv_error *err);

/* A secret of len bytes, all zero. len 1..65536. */
clv_status clv_secret_new(size_t len, struct clv_secret **ret, struct clv_error *err);
/* Wipes and frees; *s becomes NULL. NULL is fine. */
void clv_secret_free(struct clv_secret **s);

size_t clv_secret_len(const struct clv_secret *s);
/* Shortens the visible length (a password typed into a larger buffer); the rest is wiped. */
void clv_secret_shrink(struct clv_secret *s, size_t len);

/* Open a span: len bytes, until the matching clv_secret_close(). */
const uint8_t *clv_secret_read(const struct clv_secret *s);
uint8_t *clv_secret_write(struct clv_secret *s);
void clv_secret_close(const struct clv_secret *s);

/* Constant time. Different lengths are different. */
bool clv_secret_equal(const struct clv_secret *a, const struct clv_secret *b);
/* a ^= b, same length (checked: a mistake here is a bug and aborts). */
void clv_secret_xor(struct clv_secret *a, const struct clv_secret *b);
/* Whether every byte is the same (all zero included). Constant time. */
bool clv_secret_uniform(const struct clv_secret *s);

/* How many secrets are alive: tests ask after each turn. */
size_t clv_secret_alive(void);

/* Wipes ordinary memory in a way the compiler keeps. */
void clv_wipe(void *p, size_t len);

#endif
