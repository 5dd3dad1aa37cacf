/* The commands as people use them: through a shell, in a folder of their own, with real crypto
 * units of claviger-unitd behind a socket.
 *
 *     struct shell s;
 *     shell_open(&s, "--units", "3", NULL);        (or NULL alone: no units)
 *     sh(&s, "claviger cryptounits --test --site site.yaml");
 *     cr_assert_eq(s.exit_code, 0, "%s", s.err);
 *     shell_close(&s);
 *
 * In the shell, `claviger` is the program of the build, `valid` holds JSON on its standard input
 * against the schema, the file `pw` holds a good password in its only line. */
#ifndef CLV_TESTS_CLI_SHELL_H
#define CLV_TESTS_CLI_SHELL_H

#include "unitd_process.h"

#define SHELL_PASSWORD "correct horse battery staple 77"

struct shell {
    char *dir;
    struct process units;
    bool has_units;
    int exit_code;
    char *out, *err; /* of the last sh() */
};

void shell_open(struct shell *s, ...) __attribute__((sentinel));
void shell_close(struct shell *s);
void sh(struct shell *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The last command ended with exit_code and said text on standard error. */
void shell_assert_refused(const struct shell *s, int exit_code, const char *text);
/* It ended with 0 and printed text. */
void shell_assert_said(const struct shell *s, const char *text);
/* What a shell needs before `claviger` means the right thing; for programs under a terminal. */
char *shell_preamble(const struct shell *s);
/* The name of the only file in the folder of key files whose name holds part; static. */
const char *shell_key(struct shell *s, const char *part);

#endif
