#include "shell.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define MAX_ARGS 12

static void write_in(const struct shell *s, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", s->dir, name);
    file_write(path, text, strlen(text));
}

static void write_site(struct shell *s)
{
    char path[200], text[2000];
    size_t len = 0;
    snprintf(path, sizeof(path), "%s/root.hex", s->units.state);
    uint8_t *root = file_bytes(path, &len);
    snprintf(text, sizeof(text),
             "claviger-site: 1\nservice-instances:\n  - name: house\n    id: %s\n"
             "    endpoint: unix:%s\n    trusted-roots: [\"%.*s\"]\n    units: all\n"
             "deadlines:\n  query-seconds: 20\n  command-seconds: 20\n",
             s->units.instance, s->units.socket, (int)strcspn((char *)root, "\n"), (char *)root);
    write_in(s, "site.yaml", text);
    free(root);
}

void shell_open(struct shell *s, ...)
{
    const char *args[MAX_ARGS + 1] = {0};
    size_t num = 0;
    va_list list;
    va_start(list, s);
    for (const char *arg; num < MAX_ARGS && (arg = va_arg(list, const char *)) != NULL;)
        args[num++] = arg;
    va_end(list);
    memset(s, 0, sizeof(*s));
    s->dir = folder_make();
    write_in(s, "pw", SHELL_PASSWORD "\n");
    if (num == 0)
        return;
    s->has_units = true;
    process_open(&s->units);
    process_start(&s->units, args);
    write_site(s);
}

void shell_close(struct shell *s)
{
    if (s->has_units)
        process_close(&s->units);
    folder_remove(&s->dir);
    free(s->out);
    free(s->err);
}

char *shell_preamble(const struct shell *s)
{
    char *text = NULL;
    cr_assert_gt(asprintf(&text,
                          "cd %s; export HOME=%s; unset XDG_CONFIG_HOME XDG_STATE_HOME "
                          "XDG_DATA_HOME CLOUDTKEFILES; umask 077\n"
                          "claviger() { '%s/claviger' \"$@\"; }\n"
                          "valid() { python3 '%s/tests/tools/check-json' "
                          "'%s/docs/json.schema.json'; }\n",
                          s->dir, s->dir, CLV_BINARY_DIR, CLV_SOURCE_DIR, CLV_SOURCE_DIR),
                 0);
    return text;
}

void sh(struct shell *s, const char *fmt, ...)
{
    char *command = NULL, *script = NULL, *preamble = shell_preamble(s), path[512];
    struct run r;
    size_t len = 0;
    va_list args;
    va_start(args, fmt);
    cr_assert_gt(vasprintf(&command, fmt, args), 0);
    va_end(args);
    cr_assert_gt(asprintf(&script, "%s exec 2>stderr.txt\n%s\n", preamble, command), 0);
    run_program(&r, NULL, "/bin/sh", "-c", script, NULL);
    snprintf(path, sizeof(path), "%s/stderr.txt", s->dir);
    free(s->out);
    free(s->err);
    s->exit_code = r.exit_code;
    s->out = strdup(r.output);
    s->err = (char *)file_bytes(path, &len);
    run_clear(&r);
    free(command);
    free(script);
    free(preamble);
}

void shell_assert_refused(const struct shell *s, int exit_code, const char *text)
{
    cr_assert_eq(s->exit_code, exit_code, "%d\n%s\n%s", s->exit_code, s->out, s->err);
    cr_assert(strstr(s->err, text), "\"%s\" is not in:\n%s", text, s->err);
}

void shell_assert_said(const struct shell *s, const char *text)
{
    cr_assert_eq(s->exit_code, 0, "%d\n%s\n%s", s->exit_code, s->out, s->err);
    cr_assert(strstr(s->out, text), "\"%s\" is not in:\n%s", text, s->out);
}

const char *shell_key(struct shell *s, const char *part)
{
    static char name[256];
    sh(s, "cd .local/share/claviger && ls | grep %s", part);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(s->out, "\n"), s->out);
    cr_assert_str_neq(name, "");
    return name;
}
