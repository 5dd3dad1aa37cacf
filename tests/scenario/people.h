/* People at a terminal, and what runs beside them: prompts answered as they come, processes found.
 */
#ifndef CLV_TESTS_PEOPLE_H
#define CLV_TESTS_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "terminal.h"

/* What is typed when a text stands in the output since the last line typed. Each row is used once,
 * the first that fits first; rows may repeat. Prompts that only want Enter get it. */
struct typed {
    const char *prompt;
    const char *line;
    bool used;
};
/* Answers prompts of plain mode until the program says `until`; fails the test when a prompt has no
 * row or nothing comes for TERMINAL_PATIENCE_MS. */
void people_type(struct terminal *t, struct typed *rows, size_t num, const char *until);
/* The same, for what comes after all that was read so far. */
void people_go_on(struct terminal *t, struct typed *rows, size_t num, const char *until);

/* The software units that serve a ceremony folder: their process, 0 when there is none; where their
 * socket is (cap bytes). */
int units_find(const char *dir, char *ret_socket, size_t cap);
/* Waits until they and their socket are gone. */
void units_wait_gone(const char *dir, const char *socket);

#endif
