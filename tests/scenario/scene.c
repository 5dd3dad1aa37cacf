#include "scene.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OPTIONS 30

/* ---- answers -------------------------------------------------------------------------------- */

void scene_begin(struct scene *s, const char *name)
{
    char path[4096];
    size_t len = 0;
    *s = (struct scene){.top = folder_make()};
    s->dir = scene_path(s, "ceremony");
    setenv("XDG_STATE_HOME", s->top, 1); /* the book of drills */
    snprintf(path, sizeof(path), "%s/tests/answers/%s", CLV_SOURCE_DIR, name);
    s->answers = (char *)file_bytes(path, &len);
}

void scene_answer(struct scene *s, const char *id, const char *value)
{
    char *text = NULL;
    cr_assert(asprintf(&text, "%s%s: %s\n", s->answers, id, value) > 0);
    free(s->answers);
    s->answers = text;
}

static bool line_is(const char *line, const char *id)
{
    size_t len = strlen(id);
    return strncmp(line, id, len) == 0 && line[len] == ':';
}

void scene_answer_only(struct scene *s, const char *id, const char *value)
{
    char *keep = calloc(1, strlen(s->answers) + 1);
    size_t len = 0;
    cr_assert(keep);
    for (const char *line = s->answers; *line;) {
        size_t line_len = strcspn(line, "\n") + 1;
        if (!line_is(line, id)) {
            memcpy(keep + len, line, line_len);
            len += line_len;
        }
        line += line_len;
    }
    free(s->answers);
    s->answers = keep;
    if (value)
        scene_answer(s, id, value);
}

/* ---- the run -------------------------------------------------------------------------------- */

static void start(struct scene *s, const char *command, va_list options)
{
    const char *argv[MAX_OPTIONS] = {"claviger", command, "--plain"};
    size_t num = 3;
    char *path = scene_path(s, "answers.txt");
    argv[num++] = "--answers";
    argv[num++] = path;
    if (strcmp(command, "rehearse") == 0)
        argv[num++] = "--dir";
    argv[num++] = s->dir;
    for (const char *o; num + 1 < MAX_OPTIONS && (o = va_arg(options, const char *)) != NULL;)
        argv[num++] = o;
    file_write(path, s->answers, strlen(s->answers));
    run_start(&s->run, NULL, "claviger", argv);
    free(path);
}

void scene_start(struct scene *s, ...)
{
    va_list options;
    va_start(options, s);
    start(s, "rehearse", options);
    va_end(options);
}

void scene_finish(struct scene *s)
{
    char *log = ceremony_path(s, "journal.log");
    run_finish(&s->run);
    if (access(log, R_OK) == 0)
        journal_read(s->dir, &s->journal);
    free(log);
}

void scene_play(struct scene *s, ...)
{
    va_list options;
    va_start(options, s);
    start(s, "rehearse", options);
    va_end(options);
    scene_finish(s);
}

void scene_resume(struct scene *s, ...)
{
    va_list options;
    scene_rewind(s);
    va_start(options, s);
    start(s, "resume", options);
    va_end(options);
    scene_finish(s);
}

void scene_rewind(struct scene *s)
{
    run_clear(&s->run);
    journal_clear(&s->journal);
}

void scene_clear(struct scene *s)
{
    scene_rewind(s);
    free(s->answers);
    free(s->dir);
    folder_remove(&s->top);
    *s = (struct scene){0};
}

/* ---- looking -------------------------------------------------------------------------------- */

/* Whether text begins with the sentence; a blank in it stands for any blanks and line ends. */
static bool begins_so(const char *text, const char *sentence)
{
    while (*sentence) {
        if (*sentence == ' ' && isspace((unsigned char)*text)) {
            text += strspn(text, " \n\f");
            sentence++;
        } else if (*sentence++ != *text++) {
            return false;
        }
    }
    return true;
}

bool says(const char *text, const char *sentence)
{
    for (; *text; text++)
        if (begins_so(text, sentence))
            return true;
    return false;
}

bool scene_said(const struct scene *s, const char *sentence)
{
    return says(s->run.output, sentence);
}

static char *join(const char *folder, const char *name)
{
    char *path = clv_path_join(folder, name);
    cr_assert(path);
    return path;
}

char *scene_path(const struct scene *s, const char *name)
{
    return join(s->top, name);
}

char *ceremony_path(const struct scene *s, const char *name)
{
    return join(s->dir, name);
}

bool scene_same_in(const struct scene *s, const char *folder, const char *name)
{
    char *first = ceremony_path(s, name), *second = clv_path_join(folder, name);
    size_t a_len = 0, b_len = 0;
    uint8_t *a = file_bytes(first, &a_len), *b = file_bytes(second, &b_len);
    bool same = a_len == b_len && memcmp(a, b, a_len) == 0;
    free(first);
    free(second);
    free(a);
    free(b);
    return same;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_list(const char *folder, const char *ending, struct names *ret)
{
    DIR *dir = opendir(folder);
    cr_assert(dir, "%s is not there", folder);
    *ret = (struct names){0};
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name), end = strlen(ending);
        if (e->d_name[0] == '.' || len < end || strcmp(e->d_name + len - end, ending) != 0)
            continue;
        cr_assert_lt(ret->num, sizeof(ret->name) / sizeof(ret->name[0]));
        ret->name[ret->num++] = strdup(e->d_name);
    }
    closedir(dir);
    qsort(ret->name, ret->num, sizeof(ret->name[0]), by_name);
}

void names_clear(struct names *n)
{
    for (size_t i = 0; i < n->num; i++)
        free(n->name[i]);
    *n = (struct names){0};
}
