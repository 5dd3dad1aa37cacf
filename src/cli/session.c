/* A session of room tke behind a command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "session.h"

static const char *option_of(const struct args *args, const char *name)
{
    return args_known(args, name) ? args_text(args, name) : NULL;
}

/* `--units` and `--sigkeys` of the commands that choose what is remembered are not the ones that
 * stand for one command. */
static bool for_one_command(const struct args *args)
{
    return args->command->group == GROUP_UNITS || args->command->group == GROUP_REGISTERS;
}

clv_status session_open(const struct args *args, struct session *s)
{
    bool one = for_one_command(args);
    *s = (struct session){.args = args,
                          .json = option_of(args, "json") != NULL,
                          .can_ask = option_of(args, "no-input") == NULL && isatty(STDIN_FILENO)};
    session_fill_port(s);
    struct clv_tke_config config = {.site_file = option_of(args, "site"),
                                    .key_dir = option_of(args, "key-dir"),
                                    .units = one ? option_of(args, "units") : NULL,
                                    .sigkeys = one ? option_of(args, "sigkeys") : NULL,
                                    .test_world = option_of(args, "test") != NULL,
                                    .port = &s->port};
    clv_status st = start_up(&s->error);
    return st == CLV_OK ? clv_tke_open(&config, &s->tke, &s->error) : st;
}

int session_close(struct session *s, clv_status st)
{
    int exit_code = st == CLV_OK ? 0 : clv_exit_code(st);
    clv_plain_close(&s->plain);
    if (st != CLV_OK && s->json)
        print_json(s, "error", json_of_error(&s->error));
    if (st != CLV_OK)
        exit_code = report(&s->error);
    clv_tke_close(&s->tke);
    return exit_code;
}

clv_status session_text(struct session *s, const char *option, const struct clv_question *q,
                        char *ret, size_t cap)
{
    struct clv_reply reply = {0};
    const char *given = args_text(s->args, option);
    clv_status st = CLV_OK;
    if (given && strlen(given) >= cap)
        return clv_fail(&s->error, CLV_E_INPUT, "what --%s says is too long", option);
    if (given == NULL)
        st = session_face(s, option, &s->error);
    if (given == NULL && st == CLV_OK)
        st = s->face.ask(s->face.ctx, q, &reply, &s->error);
    if (st == CLV_OK)
        snprintf(ret, cap, "%s", given ? given : reply.text);
    return st;
}

clv_status session_secret(struct session *s, const char *option, size_t index,
                          const struct clv_question *q, struct clv_secret **ret,
                          struct clv_error *err)
{
    struct clv_reply reply = {0};
    const char *given = args_known(s->args, option) ? args_nth(s->args, option, index) : NULL;
    if (given) {
        clv_status read = read_secret_fd(given, q->max_len, ret, err);
        return clv_while(err, read, "reading --%s", option);
    }
    clv_status st = session_face(s, option, err);
    if (st == CLV_OK)
        st = s->face.ask(s->face.ctx, q, &reply, err);
    if (st == CLV_OK)
        *ret = reply.secret;
    return st;
}

#define MAX_LINES 2000

clv_status session_choose(struct session *s, const char *option, char *list, const char *title,
                          const char *prompt, const char *help, char *ret, size_t cap)
{
    const char **lines = calloc(MAX_LINES, sizeof(*lines));
    size_t num = 0;
    clv_status st =
        lines && list ? CLV_OK : clv_fail(&s->error, CLV_E_MEMORY, "no memory for a list");
    char *rest = list;
    for (char *line; st == CLV_OK && num < MAX_LINES && (line = strsep(&rest, "\n")) != NULL;)
        if (rest || line[0])
            lines[num++] = line;
    const struct clv_question q = {.kind = CLV_ASK_TEXT,
                                   .id = option,
                                   .title = title,
                                   .lines = lines,
                                   .num_lines = num,
                                   .prompt = prompt,
                                   .help = help,
                                   .max_len = cap - 1 < 500 ? cap - 1 : 500};
    if (st == CLV_OK)
        st = session_text(s, option, &q, ret, cap);
    free(lines);
    free(list);
    return st;
}
