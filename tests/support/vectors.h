/* The published test vectors, folder by folder.
 *
 * Two layouts exist, told apart by their files: "ep11" and "ep11-b" (each has a README.md that
 * names every field). The two folders of the source tree are always read. Further folders of the
 * same layouts can be named in CLAVIGER_VECTORS, separated by colons; a file they lack is skipped
 * with a note, while a folder of neither layout fails the test.
 *
 *     static void check_keys(struct vectors *v, json_t *root)
 *     {
 *         size_t i;
 *         json_t *admin;
 *         json_array_foreach(vectors_array(root, "admins"), i, admin) {
 *             struct clv_view ski = vectors_hex(v, admin, "ski");
 *             ...
 *         }
 *     }
 *
 *     Test(keys, ski)
 *     {
 *         vectors_each(VECTORS_EP11, "keys.json", check_keys);
 *     }
 *
 * Everything a check gets from here lives until it returns. A missing or malformed field fails the
 * test and names it. */
#ifndef CLAVIGER_TESTS_VECTORS_H
#define CLAVIGER_TESTS_VECTORS_H

#include "claviger/base.h"

#include <jansson.h>

enum vectors_layout { VECTORS_EP11, VECTORS_EP11_B };

struct vectors {
    char *folder;
    enum vectors_layout layout;
    bool ours; /* in the source tree: no file may be missing */
    struct vectors_memory *memory;
};

typedef void vectors_check(struct vectors *v, json_t *root);

/* Runs check on this file of every folder of the layout; at least one must have it. */
void vectors_each(enum vectors_layout layout, const char *file, vectors_check *check);

/* Another file of the same folder; NULL when an extra folder lacks it. */
json_t *vectors_load(struct vectors *v, const char *file);

/* The bytes of a hex string: member of an object, or a string itself. */
struct clv_view vectors_hex(struct vectors *v, const json_t *object, const char *member);
struct clv_view vectors_hex_of(struct vectors *v, const json_t *string);
/* Hex of at most eight digits as a number. */
uint32_t vectors_u32(struct vectors *v, const json_t *object, const char *member);
/* A copy of a hex field in locked memory, freed with the rest. */
struct clv_secret *vectors_secret(struct vectors *v, const json_t *object, const char *member);

const char *vectors_text(const json_t *object, const char *member);
json_int_t vectors_int(const json_t *object, const char *member);
bool vectors_bool(const json_t *object, const char *member);
json_t *vectors_array(const json_t *object, const char *member);
json_t *vectors_object(const json_t *object, const char *member);
bool vectors_has(const json_t *object, const char *member);

/* Hands memory over to be freed (with free()) when the check returns. */
void vectors_keep(struct vectors *v, void *memory);
/* A growing writer that is cleared when the check returns. */
struct clv_writer *vectors_writer(struct vectors *v);

/* Fails the test unless both are the same; shows both in hex. */
void vectors_same(struct clv_view got, struct clv_view want, const char *what);

#endif
