/* What only a person can give, asked on the terminal or taken from options. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "session.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static clv_status open_face(struct session *s, struct clv_error *err)
{
    if (s->plain)
        return CLV_OK;
    return clv_plain_open(&(struct clv_plain_config){.out_fd = STDERR_FILENO}, &s->plain, &s->face,
                          err);
}

clv_status session_face(struct session *s, const char *option, struct clv_error *err)
{
    if (s->can_ask)
        return open_face(s, err);
    clv_status st = clv_fail(err, CLV_E_USAGE, "--%s is missing, and nobody can be asked", option);
    clv_kept(err, "Nothing was changed.");
    clv_hint(err, "Give --%s, or run the command in a terminal without --no-input.", option);
    return st;
}

/* ---- passwords ---- */

static clv_status password(void *ctx, const struct clv_tke_key *key, const char *problem,
                           struct clv_secret **ret, struct clv_error *err)
{
    struct session *s = ctx;
    const char *whose = key->of_plugin                         ? key->info.description
                        : key->info.kind == CLV_KEYFILE_SIGKEY ? key->info.admin_name
                                                               : key->info.owner;
    char title[700];
    snprintf(title, sizeof(title), "Password of %s%s%s%s", key->file, whose[0] ? " (" : "", whose,
             whose[0] ? ")" : "");
    const struct clv_question q = {.kind = CLV_ASK_SECRET,
                                   .id = "password",
                                   .title = title,
                                   .prompt = "Password",
                                   .problem = problem,
                                   .help = "Nothing you type is shown, not even how long it is.",
                                   .max_len = CLV_PASSWORD_MAX};
    return session_secret(s, "password-fd", s->num_passwords++, &q, ret, err);
}

static const char new_help[] =
    "At least 12 characters; several unusual words are better than few strange signs.\n"
    "Nothing you type is shown. The file cannot be opened without this password, by anybody:\n"
    "there is no second copy and no reset.";

/* Typed twice; *ret stays NULL, with the reason in problem, when it will not do. */
static clv_status type_twice(struct session *s, const char *const *words, char *problem, size_t cap,
                             struct clv_secret **ret, struct clv_error *err)
{
    struct clv_question q = {.kind = CLV_ASK_SECRET,
                             .id = "new-password",
                             .title = "Password of the new file",
                             .prompt = "New password",
                             .problem = problem[0] ? problem : NULL,
                             .help = new_help,
                             .max_len = CLV_PASSWORD_MAX};
    struct clv_reply first = {0}, second = {0};
    struct clv_password_verdict verdict = {0};
    struct clv_error why = {0};
    clv_status st = s->face.ask(s->face.ctx, &q, &first, err);
    if (st != CLV_OK)
        return st;
    if (clv_password_check(first.secret, words, &verdict, &why) != CLV_OK) {
        snprintf(problem, cap, "%s. Nothing was saved. %s", why.fact, why.hint);
        clv_secret_free(&first.secret);
        return CLV_OK;
    }
    q.id = "new-password-again";
    q.prompt = "The same password again";
    q.problem = NULL;
    st = s->face.ask(s->face.ctx, &q, &second, err);
    if (st == CLV_OK && clv_secret_equal(first.secret, second.secret)) {
        *ret = first.secret;
        first.secret = NULL;
    } else {
        snprintf(problem, cap, "The two entries differ. Nothing was saved. Type both again.");
    }
    clv_secret_free(&first.secret);
    clv_secret_free(&second.secret);
    return st;
}

/* Shown once, then typed: a passphrase nobody wrote down opens nothing. */
static clv_status offer_passphrase(struct session *s, struct clv_secret **ret,
                                   struct clv_error *err)
{
    struct clv_secret *phrase = NULL;
    struct clv_question q = {.kind = CLV_ASK_SECRET,
                             .id = "passphrase-typed",
                             .title = "Password of the new file",
                             .prompt = "Type the passphrase",
                             .max_len = CLV_PASSWORD_MAX};
    clv_status st = clv_passphrase_generate(clv_random_system(), &phrase, err);
    while (st == CLV_OK && *ret == NULL) {
        const struct clv_sheet sheet = {
            .title = "Your passphrase: note it now, nobody else may see it", .secret = phrase};
        struct clv_reply reply = {0};
        st = s->face.show(s->face.ctx, &sheet, true, err);
        if (st == CLV_OK)
            st = s->face.ask(s->face.ctx, &q, &reply, err);
        if (st == CLV_OK && clv_secret_equal(phrase, reply.secret)) {
            *ret = phrase;
            phrase = NULL;
        }
        clv_secret_free(&reply.secret);
        q.problem = "That is not the passphrase that was shown.";
    }
    clv_secret_free(&phrase);
    return st;
}

static clv_status ask_new_password(struct session *s, const char *const *words,
                                   struct clv_secret **ret, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"own", "Type a password of your own", NULL},
        {"made", "Take a passphrase that is made for you", "It is shown once, then typed."},
    };
    const struct clv_question q = {.kind = CLV_ASK_CHOICE,
                                   .id = "password-kind",
                                   .title = "Password of the new file",
                                   .prompt = "Choose",
                                   .help = new_help,
                                   .choices = choices,
                                   .num_choices = LEN(choices)};
    struct clv_reply reply = {0};
    char problem[600] = "";
    clv_status st = s->face.ask(s->face.ctx, &q, &reply, err);
    if (st == CLV_OK && reply.choice == 1)
        return offer_passphrase(s, ret, err);
    while (st == CLV_OK && *ret == NULL)
        st = type_twice(s, words, problem, sizeof(problem), ret, err);
    return st;
}

static clv_status new_password(void *ctx, const char *const *words, struct clv_secret **ret,
                               struct clv_error *err)
{
    struct session *s = ctx;
    struct clv_secret *secret = NULL;
    struct clv_password_verdict verdict = {0};
    const char *given = args_nth(s->args, "password-fd", s->num_passwords++);
    clv_status st;
    if (given) {
        st = read_secret_fd(given, CLV_PASSWORD_MAX, &secret, err);
        if (st == CLV_OK)
            st = clv_password_check(secret, words, &verdict, err);
    } else {
        st = session_face(s, "password-fd", err);
        if (st == CLV_OK)
            st = ask_new_password(s, words, &secret, err);
    }
    if (st == CLV_OK)
        *ret = secret;
    else
        clv_secret_free(&secret);
    return st;
}

/* ---- access tokens ---- */

static clv_status nobody_has_one(const struct clv_service *service, const char *why,
                                 struct clv_error *err)
{
    (void)clv_fail(err, CLV_E_USAGE, "%s", why ? why : "this service wants an access token");
    if (service->token_file)
        clv_hint(err, "Put a new access token in %s and run the command again.",
                 service->token_file);
    else
        clv_hint(err, "Give --token-fd, or run the command in a terminal without --no-input.");
    return CLV_E_USAGE;
}

/* As in a ceremony; going on without the service is ^C here. *ret_type: not from the file. */
static clv_status ask_for_file(struct session *s, const struct clv_service *service,
                               const char *title, const char *why, bool *ret_type,
                               struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"again", "The file holds a new one: go on", NULL},
        {"another", "Type or paste one instead", "The file stays as it is."},
    };
    char where[400];
    snprintf(where, sizeof(where), "Put a new access token in %s (mode 0600).",
             service->token_file);
    const char *lines[] = {why, "Nothing is lost: what was under way waits.", where};
    const struct clv_question q = {.kind = CLV_ASK_CHOICE,
                                   .id = "token-file",
                                   .title = title,
                                   .lines = lines,
                                   .num_lines = 3,
                                   .prompt = "What now?",
                                   .choices = choices,
                                   .num_choices = 2};
    struct clv_reply reply = {0};
    clv_status st = s->face.ask(s->face.ctx, &q, &reply, err);
    if (st == CLV_OK)
        *ret_type = reply.choice == 1;
    return st;
}

static clv_status token(void *ctx, const struct clv_service *service, const char *why,
                        struct clv_secret **ret, struct clv_error *err)
{
    struct session *s = ctx;
    const char *given = args_nth(s->args, "token-fd", s->num_tokens++);
    char title[120];
    snprintf(title, sizeof(title), "Access token of %.80s", service->name);
    const struct clv_question q = {.kind = CLV_ASK_SECRET,
                                   .id = "token",
                                   .title = title,
                                   .prompt = "Access token",
                                   .problem = service->token_file ? NULL : why,
                                   .help = "The whole value of the Authorization header, with the "
                                           "word Bearer in front if the service wants that. "
                                           "Nothing you type is shown.",
                                   .max_len = CLV_EP11_TOKEN_MAX,
                                   .may_paste = true};
    struct clv_reply reply = {0};
    if (given)
        return read_secret_fd(given, CLV_EP11_TOKEN_MAX, ret, err);
    if (!s->can_ask)
        return nobody_has_one(service, why, err);
    bool type = true;
    clv_status st = session_face(s, "token-fd", err);
    if (st == CLV_OK && why && service->token_file)
        st = ask_for_file(s, service, title, why, &type, err);
    if (st == CLV_OK && type)
        st = s->face.ask(s->face.ctx, &q, &reply, err);
    if (st == CLV_OK && type)
        *ret = reply.secret;
    return st;
}

static clv_status key_token(void *ctx, const char *name, const char *why, struct clv_secret **ret,
                            struct clv_error *err)
{
    const struct clv_service as_service = {.name = name};
    return token(ctx, &as_service, why, ret, err);
}

/* ---- confirmations ---- */

static clv_status not_confirmed(const char *phrase, struct clv_error *err)
{
    clv_status st = clv_fail(err, CLV_E_RULE, "it was not confirmed: that is not \"%s\"", phrase);
    clv_kept(err, "Nothing was changed.");
    clv_hint(err, "The phrase names exactly what is selected now. Look at the selection first.");
    return st;
}

static clv_status confirm(void *ctx, const char *phrase, const char *const *lines, size_t num_lines,
                          struct clv_error *err)
{
    struct session *s = ctx;
    const char *given = args_text(s->args, "confirm");
    struct clv_question q = {.kind = CLV_ASK_PHRASE,
                             .id = "confirm",
                             .title = "This cannot be taken back",
                             .lines = lines,
                             .num_lines = num_lines,
                             .prompt = "Phrase",
                             .phrase = phrase,
                             .max_len = 500,
                             .help = "Type the phrase as it stands there, or press ^C to stop."};
    struct clv_reply reply = {0};
    if (given)
        return strcmp(given, phrase) == 0 ? CLV_OK : not_confirmed(phrase, err);
    if (!s->can_ask) {
        clv_status st = clv_fail(err, CLV_E_USAGE, "--confirm is missing, and nobody can be asked");
        clv_kept(err, "Nothing was changed.");
        clv_hint(err, "For what is selected now: --confirm \"%s\"", phrase);
        return st;
    }
    clv_status st = session_face(s, "confirm", err);
    if (st == CLV_OK)
        st = s->face.ask(s->face.ctx, &q, &reply, err);
    if (st == CLV_OK && strcmp(reply.text, phrase) != 0)
        st = not_confirmed(phrase, err);
    return st;
}

/* ---- talk ---- */

static void note(void *ctx, const char *line)
{
    (void)ctx;
    print_clean(stderr, line);
    fputc('\n', stderr);
}

/* Also what makes ^C arrive between two units instead of in the middle of one. */
static clv_status tick(void *ctx, struct clv_error *err)
{
    struct session *s = ctx;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    clv_status st = open_face(s, err);
    if (s->waiting_since == 0)
        s->waiting_since = ms;
    const struct clv_progress p = {.title = "Waiting for the crypto units",
                                   .elapsed_ms = (int)(ms - s->waiting_since)};
    return st == CLV_OK ? s->face.progress(s->face.ctx, &p, err) : st;
}

void session_fill_port(struct session *s)
{
    s->port = (struct clv_tke_port){.person = s->can_ask && !(args_known(s->args, "password-fd") &&
                                                              args_text(s->args, "password-fd")),
                                    .password = password,
                                    .new_password = new_password,
                                    .token = args_known(s->args, "token-fd") ? token : NULL,
                                    .key_token = args_known(s->args, "token-fd") ? key_token : NULL,
                                    .confirm = confirm,
                                    .note = note,
                                    .tick = tick,
                                    .ctx = s};
}
