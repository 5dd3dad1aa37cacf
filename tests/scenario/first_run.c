#include "first_run.h"

#include <criterion/criterion.h>
#include <criterion/hooks.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_RUN "CLAVIGER_TEST_FIRST_RUN"

ReportHook(PRE_ALL)(struct criterion_test_set *set)
{
    struct scene s;
    char number[16];
    (void)set;
    scene_begin(&s, "three-owners.txt");
    scene_start(&s, NULL);
    run_finish(&s.run);
    char *output = scene_path(&s, "output"), *code = scene_path(&s, "exit-code");
    snprintf(number, sizeof(number), "%d", s.run.exit_code);
    file_write(output, s.run.output, s.run.len);
    file_write(code, number, strlen(number));
    setenv(FIRST_RUN, s.top, 1);
    free(output);
    free(code);
    first_run_clear(&s);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
    char *top = strdup(getenv(FIRST_RUN));
    (void)stats;
    folder_remove(&top);
}

void first_run(struct scene *ret)
{
    const char *top = getenv(FIRST_RUN);
    size_t len = 0;
    cr_assert(top, "the first rehearsal was not played");
    *ret = (struct scene){.top = strdup(top)};
    ret->dir = scene_path(ret, "ceremony");
    char *output = scene_path(ret, "output"), *code = scene_path(ret, "exit-code");
    ret->run.output = (char *)file_bytes(output, &ret->run.len);
    char *number = (char *)file_bytes(code, &len);
    ret->run.exit_code = atoi(number);
    cr_assert_eq(ret->run.exit_code, 0, "%s", ret->run.output);
    journal_read(ret->dir, &ret->journal);
    free(number);
    free(output);
    free(code);
}

void first_run_clear(struct scene *s)
{
    scene_rewind(s);
    free(s->answers);
    free(s->dir);
    free(s->top);
    *s = (struct scene){0};
}
