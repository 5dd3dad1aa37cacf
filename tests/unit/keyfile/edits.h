/* Ways to spoil a key file: whole lines, single values, and the checksum made to fit again, as
 * somebody who can compute SHA-256 would do. */
#ifndef CLAVIGER_TESTS_KEYFILE_EDITS_H
#define CLAVIGER_TESTS_KEYFILE_EDITS_H

#include "claviger/keyfile.h"

#define EDIT_LINES 40

/* A file as lines without their ends; borrowed from the text it was made of. */
struct edit {
    struct clv_view lines[EDIT_LINES];
    size_t num;
};

struct edit edit_open(struct clv_view file);
/* Index of the line that begins with "name: ". */
size_t edit_find(const struct edit *e, const char *name);
void edit_replace(struct edit *e, size_t at, const char *text);
void edit_remove(struct edit *e, size_t at);
void edit_insert(struct edit *e, size_t at, struct clv_view line);
void edit_swap(struct edit *e, size_t a, size_t b);
/* The lines again, with the last line as it stands, or with a checksum that fits in its place. */
struct clv_view edit_close(const struct edit *e, bool fitting); /* data to be freed */
/* A copy in which the checksum line is replaced by one that fits; data to be freed. */
struct clv_view with_fitting_checksum(struct clv_view file);

clv_status parse(struct clv_view file);

#endif
