/* Runs demo_face under the terminal emulator. */
#ifndef CLV_TESTS_DEMO_H
#define CLV_TESTS_DEMO_H

#include "terminal.h"

struct demo {
    struct terminal *t;
    char dir[64];
    char log[128]; /* what it was answered */
    char go[128];  /* make this file and the progress scene ends */
};

struct demo_options {
    const char *args[12]; /* options and scenes */
    const char *env[6];
    int rows, cols;
    bool raw_output, job_control;
};

void demo_start(struct demo *demo, const struct demo_options *options);
/* Waits for the end; returns the exit status. */
int demo_end(struct demo *demo);
/* Whether the log has the line; call after demo_end(). */
bool demo_answered(const struct demo *demo, const char *line);
void demo_let_go(const struct demo *demo);
void demo_clear(struct demo *demo);

#endif
