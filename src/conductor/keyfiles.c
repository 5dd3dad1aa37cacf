/* Key files in somebody's turn: made, chosen, opened, and the ways out when that fails. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define ANOTHER_FILE "Choose another file"
#define MAX_LISTED 40
#define DESCRIBED 800 /* holds a description and two names of the longest kind */

struct creation {
    struct clv_kdf *kdf;
    const struct clv_keyfile_request *request;
    struct clv_keyfile_info *ret_info;
    char **ret_path;
};

static clv_status do_create(void *arg, struct clv_error *err)
{
    struct creation *x = arg;
    return clv_keyfile_create(x->kdf, x->request, x->ret_info, x->ret_path, err);
}

clv_status create_keyfile(struct clv_conductor *c, const struct clv_keyfile_request *request,
                          const char *title, struct clv_keyfile_info *ret_info, char **ret_path,
                          struct clv_error *err)
{
    struct creation x = {c->kdf, request, ret_info, ret_path};
    unsigned estimate = 2 * clv_kdf_estimate_ms(c->kdf, request->info->profile);
    return work(c, title, estimate, do_create, &x, err);
}

struct opening {
    struct clv_kdf *kdf;
    const char *path;
    const struct clv_secret *password;
    struct opened *ret;
};

static clv_status do_open(void *arg, struct clv_error *err)
{
    struct opening *x = arg;
    return clv_keyfile_open(x->kdf, x->path, x->password, &x->ret->payload, &x->ret->info, err);
}

/* ---- which file ---- */

static void describe(const struct clv_keyfile_info *info, char *buf, size_t cap)
{
    char made[CLV_TIME_TEXT];
    clv_time_text(info->created_ms, made);
    if (info->of_plugin)
        snprintf(buf, cap, "signature key of the plug-in%s%s", info->description[0] ? ": " : "",
                 info->description);
    else if (info->kind == CLV_KEYFILE_PART)
        snprintf(buf, cap, "part %u of %s, made %.10s: %s", info->slot, info->owner, made,
                 info->description);
    else
        snprintf(buf, cap, "signature key \"%s\" of %s, made %.10s: %s", info->admin_name,
                 info->owner, made, info->description);
}

struct listing {
    struct clv_keyfile_list files;
    size_t num;
    char labels[MAX_LISTED][DESCRIBED];
    struct clv_choice choices[MAX_LISTED];
};

static void fill_listing(struct clv_conductor *c, struct listing *l)
{
    for (size_t i = 0; i < l->files.num_entries && l->num < MAX_LISTED; i++) {
        const struct clv_keyfile_entry *e = &l->files.entries[i];
        if (e->good && e->info.test_world != c->config.test_world)
            continue;
        if (e->good)
            describe(&e->info, l->labels[l->num], sizeof(l->labels[0]));
        else
            snprintf(l->labels[l->num], sizeof(l->labels[0]), "not usable: %s", e->why.fact);
        l->choices[l->num] =
            (struct clv_choice){clv_path_name(e->path), l->labels[l->num], clv_path_name(e->path)};
        l->num++;
    }
}

static clv_status choose_file(struct clv_conductor *c, const char *id, enum clv_keyfile_kind kind,
                              char *ret, size_t cap, struct clv_error *err)
{
    struct listing *l = calloc(1, sizeof(*l));
    char id_file[80];
    size_t choice = 0;
    if (l == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a list of files");
    snprintf(id_file, sizeof(id_file), "%s.file", id);
    clv_status st = clv_keyfile_list(c->config.key_dir, kind, &l->files, err);
    if (st == CLV_OK)
        fill_listing(c, l);
    if (st == CLV_OK && l->num == 0) {
        st = clv_fail(err, CLV_E_MISSING, "there is no %s key file in %s",
                      c->config.test_world ? "TEST" : "production", c->config.key_dir);
        clv_hint(err, "Put the file there (mode 0600) and try again.");
    }
    struct clv_question q = {.id = id_file,
                             .title = "Choose your key file",
                             .prompt = "Which file is yours?",
                             .choices = l->choices,
                             .num_choices = l->num,
                             .may_deviate = true};
    if (st == CLV_OK)
        st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        snprintf(ret, cap, "%s", l->choices[choice].key);
    clv_keyfile_list_clear(&l->files);
    free(l);
    return st;
}

/* ---- whether it is theirs ---- */

static clv_status check_header(struct clv_conductor *c, const struct clv_task *task,
                               enum clv_keyfile_kind kind, const struct clv_keyfile_info *info,
                               struct clv_error *err)
{
    clv_status st = clv_keyfile_check_world(info, c->config.test_world, err);
    if (st != CLV_OK)
        return st;
    const struct clv_seat *seat = seat_of(c, task->person);
    if (info->kind != kind)
        return clv_fail(err, CLV_E_FOREIGN, "this file holds a %s",
                        info->kind == CLV_KEYFILE_PART ? "key part, not a signature key"
                                                       : "signature key, not a key part");
    /* A file of the plug-in names no owner: that it opens with this person's password has to do. */
    if (!info->of_plugin && !clv_same_person(info->owner, seat->name))
        return clv_fail(err, CLV_E_FOREIGN, "this file belongs to %s, not to %s", info->owner,
                        seat->name);
    return CLV_OK;
}

static clv_status record_refusal(struct clv_conductor *c, const struct clv_task *task,
                                 const char *file, const struct clv_error *why,
                                 struct clv_error *err)
{
    bool wrong = why->code == CLV_E_PASSWORD;
    struct clv_event e = event_of(wrong ? CLV_EVENT_PASSWORD_WRONG : CLV_EVENT_FILE_REFUSED);
    e.person = task->person;
    e.number = c->ceremony->num_wrong_passwords + 1;
    SET(e.name, "%s", file);
    SET(e.text, "%s", why->fact);
    return record(c, &e, err);
}

/* ---- ways out ---- */

clv_status ask_after_failure(struct clv_conductor *c, const char *id, const struct clv_error *why,
                             const char *other, enum after_failure *ret, struct clv_error *err)
{
    struct clv_choice choices[4] = {{"again", "Try again", NULL}};
    enum after_failure meaning[4] = {TRY_AGAIN};
    size_t num = 1, choice = 0;
    if (other) {
        choices[num] = (struct clv_choice){"other-file", other, NULL};
        meaning[num++] = OTHER_FILE;
    }
    if (clv_ceremony_others_wait(c->ceremony)) {
        choices[num] = (struct clv_choice){"later", "Let somebody else go first",
                                           "Nothing of the others is lost."};
        meaning[num++] = LATER;
    }
    choices[num] = (struct clv_choice){"stop", "Stop the ceremony",
                                       "What was done stays; the record lists what is left."};
    meaning[num++] = STOP;
    char id_after[80], text[2048];
    snprintf(id_after, sizeof(id_after), "%s.after", id);
    clv_error_format(why, text, sizeof(text));
    const char *lines[] = {text};
    struct clv_question q = {.id = id_after,
                             .title = "That did not work",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = num,
                             .may_deviate = true};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret = meaning[choice];
    return st;
}

clv_status survive_refusal(struct clv_conductor *c, const struct clv_task *task, const char *id,
                           bool other_file, clv_status st, struct clv_error *err)
{
    static const clv_status survivable[] = {
        CLV_E_RULE,   CLV_E_EXISTS, CLV_E_FULL,     CLV_E_PERMISSION, CLV_E_IO,
        CLV_E_MEMORY, CLV_E_FORMAT, CLV_E_MISMATCH, CLV_E_MISSING,
    };
    bool go_on = false;
    for (size_t i = 0; i < sizeof(survivable) / sizeof(survivable[0]); i++)
        go_on = go_on || st == survivable[i];
    if (!go_on || c->ceremony->turn == 0 || c->task_is_over)
        return st;
    struct clv_error why = *err;
    enum after_failure after = TRY_AGAIN;
    *err = (struct clv_error){0};
    clv_kept(&why, "Nothing was changed, and nothing of the others is lost.");
    st = ask_after_failure(c, id, &why, other_file ? ANOTHER_FILE : NULL, &after, err);
    if (st == CLV_OK && (after == LATER || after == STOP))
        st = leave_turn(c, task->person, after, err);
    return st;
}

/* ---- open ---- */

static clv_status open_once(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            enum clv_keyfile_kind kind, const char *path, struct opened *ret,
                            struct clv_error *why, struct clv_error *err)
{
    char id_password[80], line[DESCRIBED], what[340];
    struct clv_secret *password = NULL;
    struct clv_keyfile_info info = {0};
    if (clv_keyfile_read_header(path, &info, why) != CLV_OK ||
        check_header(c, task, kind, &info, why) != CLV_OK)
        return CLV_OK;
    snprintf(id_password, sizeof(id_password), "%s.open.password", id);
    describe(&info, line, sizeof(line));
    const char *lines[] = {line, ret->file};
    struct clv_question q = {.id = id_password,
                             .title = "Open your key file",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Password of this file",
                             .help = "Nothing you type is shown. A wrong password does no harm.",
                             .max_len = CLV_PASSWORD_MAX};
    clv_status st = ask_secret(c, &q, &password, err);
    if (st != CLV_OK)
        return st;
    if (info.of_plugin)
        snprintf(what, sizeof(what), "Opening %s", ret->file);
    else
        snprintf(what, sizeof(what), "Opening %s (Argon2id, %u MiB)", ret->file,
                 clv_kdf_cost(info.profile)->memory_kib / 1024);
    struct clv_error failure = {0};
    st = mishap_typed(c, task, &password, err);
    if (st != CLV_OK) {
        clv_secret_free(&password);
        return st;
    }
    struct opening x = {c->kdf, path, password, ret};
    st = work(c, what, clv_kdf_estimate_ms(c->kdf, info.profile), do_open, &x, &failure);
    if (st == CLV_OK && clv_same_guard_add(c->guard, CLV_SAME_PASSWORD,
                                           seat_of(c, task->person)->name, password, why) != CLV_OK)
        clv_secret_free(&ret->payload);
    clv_secret_free(&password);
    if (st == CLV_E_INTERRUPTED) {
        clv_secret_free(&ret->payload);
        if (err)
            *err = failure;
        return st;
    }
    if (st != CLV_OK)
        *why = failure;
    return CLV_OK;
}

clv_status open_keyfile(struct clv_conductor *c, const struct clv_task *task, const char *id,
                        enum clv_keyfile_kind kind, const char *file, struct opened *ret,
                        enum after_failure *ret_after, struct clv_error *err)
{
    clv_status st = CLV_OK;
    *ret_after = file && file[0] ? TRY_AGAIN : OTHER_FILE;
    snprintf(ret->file, sizeof(ret->file), "%s", file ? file : "");
    while (st == CLV_OK) {
        struct clv_error why = {0};
        char *path = NULL;
        if (*ret_after == OTHER_FILE)
            st = choose_file(c, id, kind, ret->file, sizeof(ret->file), &why);
        if (st == CLV_OK && (path = clv_path_join(c->config.key_dir, ret->file)) == NULL)
            st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
        if (st == CLV_OK)
            st = open_once(c, task, id, kind, path, ret, &why, err);
        free(path);
        if (st == CLV_E_MISSING || st == CLV_E_PERMISSION)
            st = CLV_OK; /* the folder: told below, with the ways out */
        if (st != CLV_OK && err && err->code == CLV_OK)
            *err = why;
        if (st != CLV_OK)
            return st;
        if (ret->payload) {
            *ret_after = TRY_AGAIN;
            return CLV_OK;
        }
        clv_kept(&why, "Nothing was changed, and nothing of the others is lost.");
        st = record_refusal(c, task, ret->file, &why, err);
        if (st == CLV_OK)
            st = ask_after_failure(c, id, &why, ANOTHER_FILE, ret_after, err);
        if (st == CLV_OK && (*ret_after == LATER || *ret_after == STOP))
            return leave_turn(c, task->person, *ret_after, err);
        if (ret->file[0] == '\0')
            *ret_after = OTHER_FILE;
    }
    return st;
}
