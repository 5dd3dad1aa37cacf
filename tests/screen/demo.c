#include "demo.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void demo_start(struct demo *demo, const struct demo_options *options)
{
    const char *argv[16] = {CLV_BINARY_DIR "/tests/screen/demo_face", "--log", demo->log};
    const char *env[8] = {0};
    static char go[160];
    size_t n = 3, e = 0;
    (void)snprintf(demo->dir, sizeof demo->dir, "/tmp/clv-demo-XXXXXX");
    cr_assert_not_null(mkdtemp(demo->dir));
    (void)snprintf(demo->log, sizeof demo->log, "%s/log", demo->dir);
    (void)snprintf(demo->go, sizeof demo->go, "%s/go", demo->dir);
    (void)snprintf(go, sizeof go, "DEMO_GO=%s", demo->go);
    for (size_t i = 0; i < 12 && options->args[i] != NULL; i++)
        argv[n++] = options->args[i];
    env[e++] = go;
    for (size_t i = 0; i < 6 && options->env[i] != NULL; i++)
        env[e++] = options->env[i];
    demo->t = terminal_spawn(&(struct terminal_options){
        .argv = argv,
        .env = env,
        .rows = options->rows,
        .cols = options->cols,
        .raw_output = options->raw_output,
        .job_control = options->job_control,
    });
}

int demo_end(struct demo *demo)
{
    return terminal_wait_exit(demo->t);
}

bool demo_answered(const struct demo *demo, const char *line)
{
    char text[1000];
    bool found = false;
    FILE *f = fopen(demo->log, "r");
    cr_assert_not_null(f);
    while (!found && fgets(text, sizeof text, f) != NULL) {
        text[strcspn(text, "\n")] = '\0';
        found = strcmp(text, line) == 0;
    }
    (void)fclose(f);
    return found;
}

void demo_let_go(const struct demo *demo)
{
    FILE *f = fopen(demo->go, "w");
    cr_assert_not_null(f);
    (void)fclose(f);
}

void demo_clear(struct demo *demo)
{
    terminal_free(&demo->t);
    (void)unlink(demo->log);
    (void)unlink(demo->go);
    (void)rmdir(demo->dir);
}
