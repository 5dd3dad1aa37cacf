/* Access tokens of service instances: typed, or brought in a file. None is ever on record. */
#include <stdio.h>

#include "internal.h"

static clv_status go_without(const char *why, struct clv_error *err)
{
    return clv_fail(err, CLV_E_DOUBT, "%s", why);
}

static clv_status type_token(struct clv_conductor *c, const char *title, struct clv_secret **ret,
                             struct clv_error *err)
{
    const char *lines[] = {"The service wants to know who is calling."};
    struct clv_question q = {.id = "units.token",
                             .title = title,
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "Access token",
                             .help = "The whole value of the Authorization header, with the word "
                                     "Bearer in front if the service wants that. Nothing of it is "
                                     "shown. It may be pasted.",
                             .max_len = CLV_EP11_TOKEN_MAX,
                             .may_paste = true};
    return ask_secret(c, &q, ret, err);
}

/* *ret stays NULL when the file has it. */
static clv_status ask_for_file(struct clv_conductor *c, const struct clv_service *service,
                               const char *title, const char *why, struct clv_secret **ret,
                               struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"again", "The file holds a new one: go on", NULL},
        {"another", "Type or paste one instead", "The file stays as it is."},
        {"without", "Go on without this service", "Its crypto units count as not answering."},
    };
    enum { AGAIN, ANOTHER, WITHOUT };
    char where[400];
    size_t choice = AGAIN;
    snprintf(where, sizeof(where), "Put a new access token in %s (mode 0600).",
             service->token_file);
    const char *lines[] = {why, "Nothing is lost: what was under way waits.", where};
    struct clv_question q = {.id = "units.token-file",
                             .title = title,
                             .lines = lines,
                             .num_lines = 3,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = sizeof(choices) / sizeof(choices[0])};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && choice == ANOTHER)
        st = type_token(c, title, ret, err);
    return st == CLV_OK && choice == WITHOUT ? go_without(why, err) : st;
}

/* Another one, or go on without this service. */
static clv_status ask_whether(struct clv_conductor *c, const char *title, const char *why,
                              struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"another", "Give another access token", NULL},
        {"without", "Go on without this service", "Its crypto units count as not answering."},
    };
    size_t choice = 0;
    const char *lines[] = {why, "Nothing is lost: what was under way waits."};
    struct clv_question q = {.id = "units.token-refused",
                             .title = title,
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2};
    clv_status st = ask_choice(c, &q, &choice, err);
    return st == CLV_OK && choice == 1 ? go_without(why, err) : st;
}

clv_status ask_token(struct clv_conductor *c, const struct clv_service *service, const char *why,
                     struct clv_secret **ret, struct clv_error *err)
{
    char title[120];
    snprintf(title, sizeof(title), "Access token of %.80s", service->name);
    clv_status st = CLV_OK;
    if (why && service->token_file) {
        st = ask_for_file(c, service, title, why, ret, err);
    } else {
        st = why ? ask_whether(c, title, why, err) : CLV_OK;
        st = st == CLV_OK ? type_token(c, title, ret, err) : st;
    }
    if (st == CLV_OK && *ret != NULL)
        tell(c, CLV_TONE_INFO, "Going on with another access token of %s.", service->name);
    return st;
}
