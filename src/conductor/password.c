/* New passwords: typed twice and judged, or offered and retyped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const char password_help[] =
    "At least 12 characters; several unusual words are better than few strange signs.\n"
    "Nothing you type is shown, not even how long it is. The file cannot be opened without this\n"
    "password, by anybody: there is no second copy and no reset.";

static clv_status judge(struct clv_conductor *c, const struct clv_secret *password,
                        struct clv_error *why)
{
    const char *words[CLV_MAX_SEATS + 3] = {"claviger", c->config.script->title};
    struct clv_password_verdict verdict = {0};
    for (unsigned i = 0; i < c->ceremony->num_seats; i++)
        words[i + 2] = c->ceremony->seats[i].name;
    clv_status st = clv_password_check(password, words, &verdict, why);
    if (st == CLV_OK && verdict.bits < c->config.script->password_min_bits)
        st = clv_fail(why, CLV_E_WEAK, "this password is too easily guessed (%.0f of %u bits)",
                      verdict.bits, c->config.script->password_min_bits);
    if (st == CLV_OK && c->seated)
        st = clv_same_guard_add(c->guard, CLV_SAME_PASSWORD, seat_of(c, c->seated)->name, password,
                                why);
    return st;
}

/* Typed twice; *ret stays NULL when the two differ or the password was refused. */
static clv_status type_twice(struct clv_conductor *c, const char *id, const char *what,
                             const char **problem, char *buf, size_t cap, struct clv_secret **ret,
                             struct clv_error *err)
{
    struct clv_secret *first = NULL, *second = NULL;
    char id1[80], id2[80];
    struct clv_error why = {0};
    snprintf(id1, sizeof(id1), "%s.password", id);
    snprintf(id2, sizeof(id2), "%s.password-again", id);
    struct clv_question q = {.id = id1,
                             .title = what,
                             .prompt = "New password",
                             .help = password_help,
                             .problem = *problem,
                             .max_len = CLV_PASSWORD_MAX};
    clv_status st = ask_secret(c, &q, &first, err);
    *problem = NULL;
    if (st == CLV_OK && judge(c, first, &why) != CLV_OK) {
        snprintf(buf, cap, "%s. Nothing was saved. %s", why.fact, why.hint);
        *problem = buf;
        goto out;
    }
    q.id = id2;
    q.prompt = "The same password again";
    q.problem = NULL;
    if (st == CLV_OK)
        st = ask_secret(c, &q, &second, err);
    if (st == CLV_OK && !clv_secret_equal(first, second)) {
        clv_same_guard_drop(c->guard, CLV_SAME_PASSWORD, seat_of(c, c->seated)->name);
        *problem = "The two entries differ. Nothing was saved. Type both again.";
    } else if (st == CLV_OK) {
        *ret = first;
        first = NULL;
    }
out:
    clv_secret_free(&first);
    clv_secret_free(&second);
    return st;
}

/* Shown once, then typed: a passphrase nobody wrote down opens nothing. */
static clv_status offer(struct clv_conductor *c, const char *id, const char *what,
                        struct clv_secret **ret, struct clv_error *err)
{
    struct clv_secret *phrase = NULL, *typed = NULL;
    char id_typed[80];
    snprintf(id_typed, sizeof(id_typed), "%s.passphrase-typed", id);
    clv_status st = clv_passphrase_generate(c->config.random, &phrase, err);
    const char *problem = NULL;
    while (st == CLV_OK && *ret == NULL) {
        struct clv_sheet sheet = {.title = "Your passphrase: note it now, nobody else may see it",
                                  .secret = phrase};
        st = c->face->show(c->face->ctx, &sheet, true, err);
        struct clv_question q = {.id = id_typed,
                                 .title = what,
                                 .prompt = "Type the passphrase",
                                 .help =
                                     "It was shown on the screen before. If you type it wrongly "
                                     "it is shown once more.",
                                 .problem = problem,
                                 .max_len = CLV_PASSWORD_MAX};
        if (st == CLV_OK)
            st = ask_secret(c, &q, &typed, err);
        if (st == CLV_OK && clv_secret_equal(phrase, typed)) {
            *ret = phrase;
            phrase = NULL;
        }
        problem = "That is not the passphrase. It is shown once more.";
        clv_secret_free(&typed);
    }
    clv_secret_free(&phrase);
    return st;
}

clv_status new_password(struct clv_conductor *c, const char *id, const char *what,
                        struct clv_secret **ret, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"own", "I choose a password of my own", NULL},
        {"offered", "Offer me a passphrase (128 bits, shown once)", NULL},
    };
    char id_source[80], problem_text[600];
    const char *problem = NULL;
    struct clv_secret *password = NULL;
    snprintf(id_source, sizeof(id_source), "%s.password-source", id);
    const char *lines[] = {"A password protects the file. Only you may know it."};
    struct clv_question q = {.id = id_source,
                             .title = what,
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "Which password?",
                             .help = password_help,
                             .choices = choices,
                             .num_choices = 2,
                             .initial = "own",
                             .may_deviate = true};
    size_t choice = 0;
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && choice == 1)
        st = offer(c, id, what, &password, err);
    while (st == CLV_OK && password == NULL)
        st = type_twice(c, id, what, &problem, problem_text, sizeof(problem_text), &password, err);
    if (st == CLV_OK)
        *ret = password;
    return st;
}
