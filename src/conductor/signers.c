/* Signature keys: made or opened, used once to prove they work, opened again for a load. A key is
 * in a file, or with the signing service of the site. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void key_id(const struct clv_task *task, char *buf, size_t cap)
{
    snprintf(buf, cap, "signature-key.%u", task->slot);
}

static clv_status record_ready(struct clv_conductor *c, const struct clv_task *task,
                               const struct clv_keyfile_info *info, const char *file,
                               const char *how, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_SIGKEY_READY);
    e.person = task->person;
    e.slot = task->slot;
    memcpy(e.digest, info->ski, sizeof(e.digest));
    memcpy(e.digest2, info->file_id, sizeof(e.digest2));
    SET(e.name, "%s", info->admin_name);
    SET(e.text, "%s", file);
    SET(e.text2, "%s", how);
    return record(c, &e, err);
}

/* Printable ASCII, because that is what a unit stores. */
static clv_status ask_admin_name(struct clv_conductor *c, const char *id, const char *person,
                                 char ret[CLV_KEYFILE_ADMIN_MAX + 1], struct clv_error *err)
{
    char id_name[80];
    snprintf(id_name, sizeof(id_name), "%s.name", id);
    const char *lines[] = {"The crypto units keep this name with the administrator's certificate.",
                           "Letters without accents, digits and blanks; at most 30."};
    struct clv_question q = {.id = id_name,
                             .title = "Name of the administrator",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Administrator name",
                             .may_deviate = true,
                             .help = "The list of administrators of each unit shows this name."};
    (void)person;
    for (;;) {
        clv_status st = ask_text(c, &q, CLV_KEYFILE_ADMIN_MAX, ret, CLV_KEYFILE_ADMIN_MAX + 1, err);
        if (st != CLV_OK)
            return st;
        size_t good = strspn(ret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  " '()+,-./:=?");
        if (ret[good] == '\0')
            return CLV_OK;
        q.problem = "A unit's certificate cannot carry that character. Use plain letters, digits "
                    "and blanks.";
    }
}

static clv_status create_key(struct clv_conductor *c, const struct clv_task *task, const char *id,
                             struct clv_error *err)
{
    struct clv_sigkey *key = &c->keys[task->slot - 1];
    struct clv_keyfile_info info = {.kind = CLV_KEYFILE_SIGKEY,
                                    .test_world = c->config.test_world,
                                    .slot = task->slot,
                                    .created_ms = clv_now_wall_ms(c->config.clock),
                                    .profile = c->profile};
    struct clv_secret *password = NULL;
    char *path = NULL;
    snprintf(info.owner, sizeof(info.owner), "%s", seat_of(c, task->person)->name);
    snprintf(info.ceremony, sizeof(info.ceremony), "%s", c->id);
    snprintf(info.description, sizeof(info.description), "Signature key %u", task->slot);
    clv_status st = ask_admin_name(c, id, info.owner, info.admin_name, err);
    if (st == CLV_OK)
        st = new_password(c, id, "Password of your signature key", &password, err);
    if (st == CLV_OK)
        st = clv_sigkey_generate(key, err);
    struct clv_keyfile_request request = {.dir = c->config.key_dir,
                                          .info = &info,
                                          .password = password,
                                          .payload = key->key,
                                          .random = c->config.random};
    if (st == CLV_OK)
        st = create_keyfile(c, &request, "Sealing your signature key and opening it again", &info,
                            &path, err);
    clv_secret_free(&password);
    if (st == CLV_OK)
        st = clv_sigkey_prove(key, c->config.random, err);
    if (st == CLV_OK)
        st = record_ready(c, task, &info, clv_path_name(path), "created, reopened, used once", err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "Signature key %u is in %s: reopened and used once.", task->slot,
             clv_path_name(path));
    free(path);
    return st;
}

static clv_status record_opened(struct clv_conductor *c, const struct clv_task *task,
                                const uint8_t ski[CLV_SKI_LEN], const char *file, const char *how,
                                struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_SIGNER_OPENED);
    e.person = task->person;
    e.slot = task->slot;
    memcpy(e.digest, ski, sizeof(e.digest));
    SET(e.name, "%s", file);
    SET(e.text, "%s", how);
    return record(c, &e, err);
}

static clv_status take_opened(struct clv_conductor *c, const struct clv_task *task, const char *id,
                              struct opened *file, bool first, struct clv_error *err)
{
    struct clv_sigkey *key = &c->keys[task->slot - 1];
    clv_sigkey_clear(key);
    clv_status st = clv_sigkey_from_payload(file->info.sigkey_type, &file->payload, key, err);
    if (st == CLV_OK)
        st = clv_sigkey_prove(key, c->config.random, err);
    if (st == CLV_OK && first && file->info.admin_name[0] == '\0')
        st = ask_admin_name(c, id, seat_of(c, task->person)->name, file->info.admin_name, err);
    const char *how =
        file->info.of_plugin ? "file of the plug-in opened, used once" : "opened, used once";
    if (st != CLV_OK)
        return st;
    return first ? record_ready(c, task, &file->info, file->file, how, err)
                 : record_opened(c, task, key->ski, file->file, how, err);
}

static clv_status open_file(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            const char *file, bool first, bool *ret_left, struct clv_error *err)
{
    struct opened opened = {0};
    enum after_failure after = TRY_AGAIN;
    clv_status st = open_keyfile(c, task, id, CLV_KEYFILE_SIGKEY, file, &opened, &after, err);
    *ret_left = after == LATER || after == STOP;
    if (st != CLV_OK || *ret_left)
        return st;
    st = take_opened(c, task, id, &opened, first, err);
    clv_secret_free(&opened.payload);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "Signature key %u is open.", task->slot);
    return st;
}

/* ---- a key of the signing service ---- */

static clv_status take_service_key(struct clv_conductor *c, const struct clv_task *task,
                                   const char *id, bool first, struct clv_error *err)
{
    const struct clv_signing_key *key = &c->service_keys[task->slot - 1].key;
    struct clv_keyfile_info info = {0}; /* there is no file: its id stays zero */
    char file[sizeof(SERVICE_PREFIX) + CLV_EP11_SIGNING_NAME_MAX], how[400], host[300];
    snprintf(file, sizeof(file), SERVICE_PREFIX "%s", key->name);
    snprintf(how, sizeof(how), "signing service %s, used once",
             service_host(c, host, sizeof(host)));
    memcpy(info.ski, key->ski, sizeof(info.ski));
    clv_status st =
        first ? ask_admin_name(c, id, seat_of(c, task->person)->name, info.admin_name, err)
              : CLV_OK;
    if (st == CLV_OK)
        st = first ? record_ready(c, task, &info, file, how, err)
                   : record_opened(c, task, key->ski, file, how, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "Signature key %u signs through the signing service \"%s\".",
             task->slot, c->config.site->signing.name);
    return st;
}

static clv_status open_at_service(struct clv_conductor *c, const struct clv_task *task,
                                  const char *id, const char *name, bool first,
                                  enum after_failure *ret_after, struct clv_error *err)
{
    clv_status st = open_service_key(c, task, id, name, ret_after, err);
    return st == CLV_OK && *ret_after == TRY_AGAIN ? take_service_key(c, task, id, first, err) : st;
}

/* From where it was opened last; the owner may choose another source when that fails. */
static clv_status open_key(struct clv_conductor *c, const struct clv_task *task, const char *id,
                           const char *file, bool first, bool *ret_left, struct clv_error *err)
{
    const struct clv_script_step *step = clv_script_find(c->config.script, CLV_STEP_SIGNATURE_KEYS);
    bool create = first && step->keys == CLV_KEYS_CREATE;
    char name[CLV_EP11_SIGNING_NAME_MAX + 1] = "";
    bool known = file != NULL && (service_key_of(file) == NULL || has_service(c));
    clv_status st = CLV_OK;
    if (known && service_key_of(file))
        snprintf(name, sizeof(name), "%s", service_key_of(file));
    for (;;) {
        enum after_failure after = TRY_AGAIN;
        if (!known && has_service(c))
            st = ask_key_source(c, id, create, name, err);
        if (st == CLV_OK && name[0] == '\0')
            return create ? create_key(c, task, id, err)
                          : open_file(c, task, id, service_key_of(file) ? NULL : file, first,
                                      ret_left, err);
        if (st == CLV_OK)
            st = open_at_service(c, task, id, name, first, &after, err);
        *ret_left = after == LATER || after == STOP;
        if (st != CLV_OK || after != OTHER_FILE)
            return st;
        known = false;
    }
}

/* A refused key costs its owner another try, and nobody anything else. */
static clv_status try_again(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            clv_status st, struct clv_error *err)
{
    if (st != CLV_OK) {
        close_signer(c, task->slot);
        clv_same_guard_drop(c->guard, CLV_SAME_PASSWORD, seat_of(c, task->person)->name);
    }
    return survive_refusal(c, task, id, false, st, err);
}

static clv_status open_in_turn(struct clv_conductor *c, const struct clv_task *task,
                               const char *file, bool first, struct clv_error *err)
{
    char id[40];
    bool left = false;
    key_id(task, id, sizeof(id));
    clv_status st = begin_turn(c, task->person, err);
    if (st == CLV_OK)
        st = open_key(c, task, id, file, first, &left, err);
    if (st == CLV_OK && !left)
        return end_turn(c, task->person, err);
    return try_again(c, task, id, st, err);
}

clv_status task_signature_key(struct clv_conductor *c, const struct clv_task *task,
                              struct clv_error *err)
{
    return open_in_turn(c, task, NULL, true, err);
}

clv_status task_open_signer(struct clv_conductor *c, const struct clv_task *task,
                            struct clv_error *err)
{
    return open_in_turn(c, task, c->ceremony->signers[task->slot - 1].file, false, err);
}
