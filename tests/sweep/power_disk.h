/* A disk in memory: what programs see of it, and what is safe. For power.c. */
#ifndef CLV_TESTS_POWER_DISK_H
#define CLV_TESTS_POWER_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim.h"

struct content {
    uint8_t *data;
    size_t len;
};
/* What is synced on one is safe, whatever becomes of the other. */
#define DISK_MEDIA 2
struct node {
    unsigned medium;
    uint64_t number; /* the shim's; used again for another file when this one is gone */
    struct content now, safe;
    bool dirty;
    size_t last_at, last_len; /* the last write that is not safe */
};
struct name {
    char *path;
    int node; /* -1: a folder */
};
struct names {
    struct name *name;
    size_t num;
};
/* A change of names that is not safe yet. */
struct change {
    enum shim_kind kind; /* CREATE, MKDIR, RENAME, LINK, UNLINK */
    unsigned medium;
    char *path, *to;
    int node;
};
#define DISK_MAX_CHANGES 64

struct disk {
    const char *second; /* the folder where the second medium begins; NULL: there is one */
    struct node *node;
    size_t num_nodes;
    struct names now, safe;
    struct change change[DISK_MAX_CHANGES];
    size_t num_changes;
};

void disk_apply(struct disk *d, const struct shim_record *r, const char *path, const uint8_t *data);
void disk_clear(struct disk *d);

void names_copy(const struct names *from, struct names *ret);
void names_change(struct names *n, const struct change *c);
void names_clear(struct names *n);

#endif
