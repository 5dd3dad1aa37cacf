/* A folder of its own for each test, and a small journal in it. */
#ifndef TESTS_JOURNAL_FOLDER_H
#define TESTS_JOURNAL_FOLDER_H

#include "claviger/journal.h"

#define ID "CLV-20261123-7F3A"

struct bytes {
    uint8_t *data;
    size_t len;
};

/* A new empty folder; its name lives until the process ends. Removed by folder_remove(). */
const char *folder_new(void);
void folder_remove(const char *dir);
struct bytes folder_read(const char *dir, const char *name);
void folder_write(const char *dir, const char *name, struct bytes content);
bool folder_has(const char *dir, const char *name);

/* Entry 0, naming the key, then appends "entry <n>" texts up to num entries. */
void journal_begin(struct clv_journal *j);
void journal_fill(struct clv_journal *j, unsigned num);
/* 8 entries, signed at 3, 6 and 8; closed. */
void journal_small(const char *dir, const char *id);

/* The three files that are verified. */
struct image {
    struct bytes log, checkpoints, vkey;
};
struct image image_load(const char *dir);
void image_free(struct image *m);
struct clv_journal_report image_verify(const struct image *m,
                                       const struct clv_journal_expect *expect);
/* Where line n (from 0) begins; the number of lines gives the length. */
size_t line_start(struct bytes text, size_t n);

#endif
