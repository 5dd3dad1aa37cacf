/* Runs a program to its end and keeps what it printed.
 *
 *     struct run r;
 *     run_program(&r, NULL, "claviger", "verify", dir, NULL);
 *     cr_assert_eq(r.exit_code, 0, "%s", r.output);
 *     run_clear(&r);
 *
 * Programs of the build are found by name; standard input is empty unless given; what the program
 * prints on standard output and error is kept together. */
#ifndef CLV_TESTS_RUN_H
#define CLV_TESTS_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct run {
    int exit_code; /* 128 + signal when killed */
    char *output;  /* NUL behind it */
    size_t len;
    pid_t pid; /* while it runs */
    int fd;
};

void run_program(struct run *r, const char *input, const char *program, ...);
/* In two halves: something is done to it meanwhile. */
void run_start(struct run *r, const char *input, const char *program, const char *const *argv);
/* The same, and what it prints on standard error is lost: only standard output is kept. */
void run_start_quiet(struct run *r, const char *program, const char *const *argv);
/* Reads until the output holds text; false when the program ended before. */
bool run_wait_text(struct run *r, const char *text);
void run_finish(struct run *r);
void run_clear(struct run *r);

/* A fresh folder of mode 0700, removed with everything in it by folder_remove(). */
char *folder_make(void);
void folder_remove(char **folder);

/* Whole file; fails the test when it cannot be read. The caller's to free(). */
uint8_t *file_bytes(const char *path, size_t *ret_len);
void file_write(const char *path, const void *data, size_t len);
/* Copy with one byte changed. */
void file_change_byte(const char *from, const char *to, size_t at);

#endif
