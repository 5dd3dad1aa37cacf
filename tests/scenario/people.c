#include "people.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GLANCE_MS 5

static void wait_a_little(unsigned *waited_ms, const char *for_what)
{
    cr_assert_lt(*waited_ms, TERMINAL_PATIENCE_MS, "still waiting: %s", for_what);
    (void)nanosleep(&(struct timespec){.tv_nsec = GLANCE_MS * 1000000L}, NULL);
    *waited_ms += GLANCE_MS;
}

/* ---- typing --------------------------------------------------------------------------------- */

static bool ends_with(const char *text, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && memcmp(text + len - n, end, n) == 0;
}

/* What to type at the prompt that stands at the end of text, NULL when there is none yet. */
static const char *line_for(const char *text, size_t len, struct typed *rows, size_t num)
{
    static const char *const only_enter[] = {"[? help] ", "[Enter goes on] ",
                                             "press Enter when you are seated: "};
    bool prompt = ends_with(text, len, ": ");
    for (size_t i = 0; i < sizeof(only_enter) / sizeof(only_enter[0]); i++)
        if (ends_with(text, len, only_enter[i]))
            return "";
    for (size_t i = 0; i < num && prompt; i++)
        if (!rows[i].used && memmem(text, len, rows[i].prompt, strlen(rows[i].prompt)) != NULL) {
            rows[i].used = true;
            return rows[i].line;
        }
    return NULL;
}

static void type_from(struct terminal *t, size_t from, struct typed *rows, size_t num,
                      const char *until)
{
    size_t len = 0, seen = 0;
    unsigned waited_ms = 0;
    for (;;) {
        terminal_drain(t);
        const char *text = (const char *)terminal_stream(t, &len);
        if (len > from && memmem(text + from, len - from, until, strlen(until)) != NULL)
            return;
        waited_ms = len > seen ? 0 : waited_ms;
        seen = len;
        const char *line = len > from ? line_for(text + from, len - from, rows, num) : NULL;
        if (line != NULL) {
            from = len;
            terminal_send(t, line);
            terminal_send(t, "\r");
            continue;
        }
        if (waited_ms + GLANCE_MS >= TERMINAL_PATIENCE_MS)
            fprintf(stderr, "%.*s\n", (int)(len - from), text + from);
        wait_a_little(&waited_ms, until);
    }
}

void people_type(struct terminal *t, struct typed *rows, size_t num, const char *until)
{
    type_from(t, 0, rows, num, until);
}

void people_go_on(struct terminal *t, struct typed *rows, size_t num, const char *until)
{
    size_t len = 0;
    (void)terminal_stream(t, &len);
    type_from(t, len, rows, num, until);
}

/* ---- processes ------------------------------------------------------------------------------ */

/* Arguments of a process, NUL between them. */
static size_t read_arguments(const char *pid, char *buf, size_t cap)
{
    char path[300];
    snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
    FILE *f = fopen(path, "re");
    size_t len = f ? fread(buf, 1, cap - 1, f) : 0;
    if (f)
        fclose(f);
    buf[len] = '\0';
    return len;
}

static const char *argument_behind(const char *args, size_t len, const char *name)
{
    for (const char *at = args; at < args + len; at += strlen(at) + 1)
        if (strcmp(at, name) == 0)
            return at + strlen(at) + 1;
    return "";
}

int units_find(const char *dir, char *ret_socket, size_t cap)
{
    char args[8192], state[4096];
    int found = 0;
    DIR *proc = opendir("/proc");
    cr_assert(proc);
    snprintf(state, sizeof(state), "%s/units", dir);
    for (struct dirent *e; !found && (e = readdir(proc)) != NULL;) {
        size_t len = e->d_name[0] >= '0' && e->d_name[0] <= '9'
                         ? read_arguments(e->d_name, args, sizeof(args))
                         : 0;
        if (len == 0 || strcmp(argument_behind(args, len, "--state"), state) != 0)
            continue;
        found = atoi(e->d_name);
        snprintf(ret_socket, cap, "%s", argument_behind(args, len, "--socket"));
    }
    closedir(proc);
    return found;
}

void units_wait_gone(const char *dir, const char *socket)
{
    char other[200];
    unsigned waited_ms = 0;
    while (units_find(dir, other, sizeof(other)) != 0 || access(socket, F_OK) == 0)
        wait_a_little(&waited_ms, "the software units are still there");
}
