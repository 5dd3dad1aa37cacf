/* A small finished ceremony to make receipts of, and a folder for it. */
#ifndef TESTS_RECEIPT_CEREMONY_H
#define TESTS_RECEIPT_CEREMONY_H

#include "claviger/receipt.h"

#define ID "CLV-20261123-7F3A"
#define SERIAL "7F3A-03"
#define NUM_ENTRIES 12
#define RECEIPT_SEQ 7 /* the entry with a lot in it */

struct text {
    uint8_t *data;
    size_t len;
};

struct ceremony {
    const char *dir;
    struct clv_journal *journal; /* 12 entries, all signed */
    struct text receipt;         /* of entry RECEIPT_SEQ */
};

struct ceremony ceremony_new(const char *id, bool test);
void ceremony_free(struct ceremony *c);
struct clv_view view_of(struct text t);
/* Appends one more entry to the journal, unsigned. */
void ceremony_append(struct ceremony *c, const char *entry);
/* Standard output of a program with these arguments. */
struct text run(const char *const *arguments);
char *path_in(const char *dir, const char *name);

#endif
