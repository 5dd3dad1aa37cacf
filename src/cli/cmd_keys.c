/* mks, mk-add, mk-rm, sigkeys, sigkey-add, sigkey-import, sigkey-rm, sigkey-sel. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

#define MAX_CHOSEN 64
#define LIST_LEN 2048

/* ---- lists ---- */

int list_keys(const struct args *args, enum clv_keyfile_kind kind)
{
    struct session s;
    struct clv_tke_keys keys = {0};
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = clv_tke_list_keys(s.tke, kind, &keys, &s.error);
    if (st == CLV_OK)
        print_keys(&s, kind, &keys);
    clv_tke_keys_clear(&keys);
    return session_close(&s, st);
}

int cmd_mks(const struct args *args)
{
    return list_keys(args, CLV_KEYFILE_PART);
}

int cmd_sigkeys(const struct args *args)
{
    return list_keys(args, CLV_KEYFILE_SIGKEY);
}

/* ---- new files ---- */

static clv_status ask_value(struct session *s, struct clv_secret **ret)
{
    const struct clv_question q = {
        .kind = CLV_ASK_SECRET,
        .id = "value",
        .title = "Value of the key part",
        .prompt = "64 hexadecimal digits",
        .help = "Blanks between digits are skipped. Nothing you type is shown.",
        .max_len = 160};
    return session_secret(s, "value-fd", 0, &q, ret, &s->error);
}

static clv_status ask_name(struct session *s, bool part, char *ret, size_t cap)
{
    const struct clv_question q = {
        .kind = CLV_ASK_TEXT,
        .id = "name",
        .title = part ? "Owner of the key part" : "Name of the administrator",
        .prompt = part ? "Owner" : "Administrator name",
        .help = part ? "The name stands in the file's header and in lists."
                     : "The list of administrators of each crypto unit shows this name. At most 30 "
                       "letters without accents, digits and blanks.",
        .max_len = cap - 1};
    return session_text(s, "name", &q, ret, cap);
}

static void tell_new_key(struct session *s, const struct clv_tke_key *key, bool part)
{
    char check[CLV_CHECK_TEXT], ski[2 * CLV_SKI_LEN + 1];
    clv_keyfile_check_text(&key->info, check);
    clv_hex(key->info.ski, CLV_SKI_LEN, ski);
    if (s->json) {
        print_json(s, "created",
                   json_pack("{ss ss so so sn}", "file", key->file, "kind",
                             part ? "key-part" : "signature-key", "check-value",
                             part ? json_string(check) : json_null(), "ski",
                             part ? json_null() : json_string(ski), "witness-key"));
        return;
    }
    printf("Saved %s, opened again with the same password.\n%s %s\n", key->file,
           part ? "Check value:" : "Subject key identifier:", part ? check : ski);
}

static int add_command(const struct args *args, bool part, bool typed)
{
    struct session s;
    struct clv_tke_key key = {0};
    struct clv_secret *value = NULL;
    char name[CLV_KEYFILE_OWNER_MAX * 4 + 1];
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = ask_name(&s, part, name, part ? sizeof(name) : CLV_KEYFILE_ADMIN_MAX + 1);
    if (st == CLV_OK && typed)
        st = ask_value(&s, &value);
    const struct clv_tke_new_key in = {.owner = name,
                                       .admin_name = part ? NULL : name,
                                       .description = args_text(args, "description"),
                                       .profile = args_text(args, "profile"),
                                       .value = value};
    if (st == CLV_OK)
        st = part ? clv_tke_add_part(s.tke, &in, &key, &s.error)
                  : clv_tke_add_sigkey(s.tke, &in, &key, &s.error);
    if (st == CLV_OK)
        tell_new_key(&s, &key, part);
    clv_secret_free(&value);
    return session_close(&s, st);
}

int cmd_mk_add(const struct args *args)
{
    bool typed = args_flag(args, "value");
    if (args_flag(args, "random") == typed)
        return usage_error("mk-add", "name one of --random and --value");
    if (args_flag(args, "value-fd") && !typed)
        return usage_error("mk-add", "--value-fd belongs to --value");
    return add_command(args, true, typed);
}

int cmd_sigkey_add(const struct args *args)
{
    return add_command(args, false, false);
}

int cmd_sigkey_import(const struct args *args)
{
    struct session s;
    struct clv_tke_key key = {0};
    if (args->num_operands != 1)
        return usage_error("sigkey-import", "name the file");
    clv_status st = session_open(args, &s);
    const struct clv_tke_new_key in = {.admin_name = args_text(args, "name"),
                                       .description = args_text(args, "description"),
                                       .profile = args_text(args, "profile")};
    if (st == CLV_OK)
        st = clv_tke_import_sigkey(s.tke, args->operands[0], &in, &key, &s.error);
    if (st == CLV_OK)
        tell_new_key(&s, &key, false);
    if (st == CLV_OK && !s.json)
        printf("The old file still opens with its old password: remove its copies when the new one "
               "is kept.\n");
    return session_close(&s, st);
}

/* ---- removed, selected ---- */

/* Lists the files and takes a choice of them. */
static clv_status choose(struct session *s, enum clv_keyfile_kind kind, const char *title,
                         const char *prompt, struct clv_tke_keys *list, char chosen[LIST_LEN])
{
    clv_status st = clv_tke_list_keys(s->tke, kind, list, &s->error);
    if (st == CLV_OK)
        st = session_choose(s, "keys", keys_text(kind, list), title, prompt,
                            "Numbers of the list (KEYNUM), file names or owners, separated by "
                            "commas.",
                            chosen, LIST_LEN);
    return st;
}

clv_status session_choose_keys(struct session *s, enum clv_keyfile_kind kind, const char *title,
                               const char *prompt, struct clv_tke_keys *list,
                               const struct clv_tke_key **ret, size_t cap, size_t *ret_num)
{
    char chosen[LIST_LEN];
    clv_status st = choose(s, kind, title, prompt, list, chosen);
    return st == CLV_OK ? clv_tke_choose_keys(list, chosen, ret, cap, ret_num, &s->error) : st;
}

static void tell_removed(struct session *s, const struct clv_tke_key *const *keys, size_t num)
{
    json_t *files = json_array();
    for (size_t i = 0; i < num; i++) {
        json_array_append_new(files, json_text(keys[i]->file));
        if (!s->json)
            printf("Removed %s.\n", keys[i]->file);
    }
    if (s->json)
        print_json(s, "removed", files);
    else
        json_decref(files);
}

static int remove_command(const struct args *args, enum clv_keyfile_kind kind)
{
    struct session s;
    struct clv_tke_keys list = {0};
    const struct clv_tke_key *keys[MAX_CHOSEN];
    size_t num = 0;
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = session_choose_keys(&s, kind, "Remove key files from this workstation", "Remove which",
                                 &list, keys, MAX_CHOSEN, &num);
    if (st == CLV_OK)
        st = clv_tke_remove_keys(s.tke, keys, num, &s.error);
    if (st == CLV_OK)
        tell_removed(&s, keys, num);
    clv_tke_keys_clear(&list);
    return session_close(&s, st);
}

int cmd_mk_rm(const struct args *args)
{
    return remove_command(args, CLV_KEYFILE_PART);
}

int cmd_sigkey_rm(const struct args *args)
{
    return remove_command(args, CLV_KEYFILE_SIGKEY);
}

int cmd_sigkey_sel(const struct args *args)
{
    struct session s;
    struct clv_tke_keys list = {0};
    const struct clv_tke_key *keys[MAX_CHOSEN];
    char chosen[LIST_LEN];
    size_t num = 0;
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = choose(&s, CLV_KEYFILE_SIGKEY, "Signature keys that sign commands",
                    "Which, in the order they sign", &list, chosen);
    if (st == CLV_OK && strcmp(chosen, "none") != 0)
        st = clv_tke_choose_keys(&list, chosen, keys, MAX_CHOSEN, &num, &s.error);
    if (st == CLV_OK)
        st = clv_tke_select_sigkeys(s.tke, keys, num, &s.error);
    clv_tke_keys_clear(&list);
    if (st == CLV_OK)
        st = clv_tke_list_keys(s.tke, CLV_KEYFILE_SIGKEY, &list, &s.error);
    if (st == CLV_OK)
        print_keys(&s, CLV_KEYFILE_SIGKEY, &list);
    clv_tke_keys_clear(&list);
    return session_close(&s, st);
}
