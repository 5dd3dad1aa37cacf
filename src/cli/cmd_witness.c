/* witness-keys, witness-key-add, and cosign on the witness's machine. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/receipt.h"
#include "session.h"
#include "witness.h"

#define LINE_MAX 500
#define MAX_KEYS 16

/* ---- keys ------------------------------------------------------------------------------------ */

int cmd_witness_keys(const struct args *args)
{
    return list_keys(args, CLV_KEYFILE_WITNESS);
}

static clv_status ask_owner(struct session *s, char *ret, size_t cap)
{
    const struct clv_question q = {.kind = CLV_ASK_TEXT,
                                   .id = "name",
                                   .title = "Witness",
                                   .prompt = "Name of the witness",
                                   .help = "The name stands in the file's header and in lists.",
                                   .max_len = cap - 1};
    return session_text(s, "name", &q, ret, cap);
}

static clv_status tell_new(struct session *s, const struct clv_tke_key *key)
{
    struct clv_vkey vkey;
    char text[CLV_VKEY_TEXT];
    clv_status st = clv_tke_witness_key(key, &vkey, &s->error);
    if (st != CLV_OK)
        return st;
    clv_vkey_format(&vkey, text);
    if (s->json)
        print_json(s, "created",
                   json_pack("{ss ss sn sn ss}", "file", key->file, "kind", "witness-key",
                             "check-value", "ski", "witness-key", text));
    else
        printf("Saved %s, opened again with the same password.\n"
               "Witness key, for site files and for `claviger verify --witness-key`:\n%s\n",
               key->file, text);
    return CLV_OK;
}

int cmd_witness_key_add(const struct args *args)
{
    struct session s;
    struct clv_tke_key key = {0};
    char owner[CLV_KEYFILE_OWNER_MAX * 4 + 1];
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = ask_owner(&s, owner, sizeof(owner));
    const struct clv_tke_new_key in = {.owner = owner,
                                       .description = args_text(args, "description"),
                                       .profile = args_text(args, "profile"),
                                       .witness = args_text(args, "cosigner")};
    if (st == CLV_OK)
        st = clv_tke_add_witness(s.tke, &in, &key, &s.error);
    if (st == CLV_OK)
        st = tell_new(&s, &key);
    return session_close(&s, st);
}

/* ---- what is to be cosigned ------------------------------------------------------------------ */

/* Codes as a scanner types them, one a line, until none is missing. */
static clv_status scan_codes(struct session *s, struct clv_writer *ret)
{
    char problem[CLV_ERROR_TEXT] = "";
    struct clv_question q = {.kind = CLV_ASK_TEXT,
                             .id = "code",
                             .title = "Checkpoint to be cosigned",
                             .prompt = "Scan or type a code (CLV1C...)",
                             .help = "The codes that `claviger checkpoint` shows, in any order.",
                             .max_len = CLV_RELAY_CODE,
                             .may_scan = true};
    clv_status st = session_face(s, "FILE", &s->error);
    while (st == CLV_OK) {
        struct clv_reply reply = {0};
        struct clv_error why = {0};
        struct clv_vkey key;
        uint8_t *text = NULL;
        size_t len = 0, before = ret->len;
        q.problem = problem[0] ? problem : NULL;
        st = s->face.ask(s->face.ctx, &q, &reply, &s->error);
        if (st != CLV_OK)
            return st;
        clv_write_format(ret, "%s\n", reply.text);
        clv_status read = clv_relay_request_read(clv_writer_view(ret), &text, &len, &key, &why);
        free(text);
        if (read == CLV_OK)
            return clv_writer_done(ret, &s->error);
        if (read != CLV_E_MISSING)
            ret->len = before;
        snprintf(problem, sizeof(problem), "%s", why.fact);
    }
    return st;
}

static clv_status read_input(struct session *s, struct clv_writer *ret)
{
    uint8_t *data = NULL;
    size_t len = 0;
    const char *what = s->args->num_operands > 0 ? s->args->operands[0] : NULL;
    if (what == NULL && s->can_ask)
        return scan_codes(s, ret);
    clv_status st = what == NULL || strcmp(what, "-") == 0
                        ? read_stdin(&data, &len, &s->error)
                        : clv_file_read(what, CLV_RECEIPT_MAX, &data, &len, &s->error);
    if (st == CLV_OK)
        clv_write_bytes(ret, data, len);
    free(data);
    return st == CLV_OK ? clv_writer_done(ret, &s->error) : st;
}

/* Codes become the text that they stand for, and name the journal's key. */
static clv_status unpack_codes(struct session *s, struct clv_writer *input, struct clv_vkey *key,
                               bool *ret_named)
{
    uint8_t *text = NULL;
    size_t len = 0;
    *ret_named = clv_relay_is_request(clv_writer_view(input));
    if (!*ret_named)
        return CLV_OK;
    clv_status st = clv_relay_request_read(clv_writer_view(input), &text, &len, key, &s->error);
    if (st == CLV_OK) {
        input->len = 0;
        clv_write_bytes(input, text, len);
        st = clv_writer_done(input, &s->error);
    }
    free(text);
    return st;
}

/* ---- cosign ---------------------------------------------------------------------------------- */

static clv_status choose_witness(struct session *s, struct clv_tke_keys *list,
                                 const struct clv_tke_key **ret)
{
    const struct clv_tke_key *found[2];
    size_t num = 0;
    clv_status st = clv_tke_list_keys(s->tke, CLV_KEYFILE_WITNESS, list, &s->error);
    for (size_t i = 0; st == CLV_OK && i < list->num_keys && num < 2; i++)
        if (list->keys[i].number > 0)
            found[num++] = &list->keys[i];
    if (st == CLV_OK && num == 1 && !args_text(s->args, "keys")) {
        *ret = found[0];
        return CLV_OK;
    }
    clv_tke_keys_clear(list);
    if (st == CLV_OK)
        st = session_choose_keys(s, CLV_KEYFILE_WITNESS, "Keys of witnesses", "Which cosigns", list,
                                 found, 1, &num);
    if (st == CLV_OK)
        *ret = found[0];
    return st;
}

static json_t *rows_json(const struct clv_relayed *relayed)
{
    char rows[CLV_RELAY_ROWS][CLV_RELAY_ROW];
    json_t *array = json_array();
    clv_relay_cosignature_rows(relayed, rows);
    for (size_t i = 0; i < CLV_RELAY_ROWS; i++)
        json_array_append_new(array, json_string(rows[i]));
    return array;
}

static void print_cosigned_json(struct session *s, const struct clv_tke_cosigned *c,
                                const struct clv_relayed *relayed, const char *line)
{
    char witness[CLV_VKEY_TEXT], journal[CLV_VKEY_TEXT], time[CLV_TIME_TEXT], code[CLV_RELAY_CODE];
    clv_vkey_format(&c->witness, witness);
    clv_vkey_format(&c->journal, journal);
    clv_time_text((int64_t)c->cosignature.time * 1000, time);
    clv_relay_cosignature_code(relayed, code);
    print_json(s, "cosigned",
               json_pack("{ss ss sI sI so ss ss ss so}", "witness-key", witness, "journal", journal,
                         "entries", (json_int_t)c->size, "before", (json_int_t)c->before, "root",
                         json_hex(c->root, sizeof(c->root)), "time", time, "line", line, "code",
                         code, "rows", rows_json(relayed)));
}

static clv_status print_cosigned_text(struct session *s, const struct clv_tke_cosigned *c,
                                      const struct clv_relayed *relayed, const char *line)
{
    char rows[CLV_RELAY_ROWS][CLV_RELAY_ROW], code[CLV_RELAY_CODE], time[CLV_TIME_TEXT];
    char root[CLV_HASH_LEN * 3 + 1];
    clv_time_text((int64_t)c->cosignature.time * 1000, time);
    clv_hex_groups(c->root, sizeof(c->root), 4, root, sizeof(root));
    fprintf(stderr, "Cosigned %s: %" PRIu64 " entries, at %s.\nRoot %s\n", c->journal.name, c->size,
            time, root);
    if (c->before > 0)
        fprintf(stderr, "They continue the %" PRIu64 " entries that you cosigned last.\n",
                c->before);
    else
        fprintf(stderr, "The first checkpoint of this journal that you cosigned.\n");
    fprintf(stderr, "Bring it back as a line, as a code, or row by row, to the ceremony or to "
                    "`claviger cosign --add FOLDER`:\n");
    printf("%s\n", line);
    clv_relay_cosignature_code(relayed, code);
    clv_status st = print_code(code, args_flag(s->args, "light"), &s->error);
    clv_relay_cosignature_rows(relayed, rows);
    for (size_t i = 0; st == CLV_OK && i < CLV_RELAY_ROWS; i++)
        printf("%s\n", rows[i]);
    return st;
}

static clv_status print_cosigned(struct session *s, const struct clv_tke_cosigned *c)
{
    const struct clv_relayed relayed = {.cosignature = c->cosignature, .size = c->size};
    struct clv_writer line = {0};
    clv_writer_init(&line);
    clv_cosignature_write(&c->cosignature, &c->witness, &line);
    clv_write_u8(&line, 0);
    clv_status st = clv_writer_done(&line, &s->error);
    if (st == CLV_OK && s->json)
        print_cosigned_json(s, c, &relayed, (const char *)line.data);
    else if (st == CLV_OK)
        st = print_cosigned_text(s, c, &relayed, (const char *)line.data);
    clv_writer_clear(&line);
    return st;
}

static clv_status cosign(struct session *s, struct clv_writer *input)
{
    struct clv_tke_keys list = {0};
    const struct clv_tke_key *key = NULL;
    struct clv_tke_cosigned cosigned;
    struct clv_vkey named, given;
    bool is_named = false;
    const char *key_text = args_text(s->args, "key");
    clv_status st = key_text
                        ? clv_vkey_parse(clv_view_of(key_text, strlen(key_text)), &given, &s->error)
                        : CLV_OK;
    if (st == CLV_OK)
        st = read_input(s, input);
    if (st == CLV_OK)
        st = unpack_codes(s, input, &named, &is_named);
    if (st == CLV_OK && is_named && key_text && !clv_vkey_equal(&named, &given))
        st = clv_fail(&s->error, CLV_E_FOREIGN, "the codes are of another journal than --key says");
    if (st == CLV_OK)
        st = choose_witness(s, &list, &key);
    const struct clv_tke_cosigning in = {.request = clv_writer_view(input),
                                         .journal = key_text   ? &given
                                                    : is_named ? &named
                                                               : NULL,
                                         .key_from_paper = key_text != NULL};
    if (st == CLV_OK)
        st = clv_tke_cosign(s->tke, key, &in, &cosigned, &s->error);
    if (st == CLV_OK)
        st = print_cosigned(s, &cosigned);
    clv_tke_keys_clear(&list);
    return st;
}

int cmd_cosign(const struct args *args)
{
    struct session s;
    struct clv_writer input = {0};
    if (args_text(args, "add"))
        return add_cosignature(args);
    if (args->num_operands > 1)
        return usage_error("cosign", "name one file, or - for standard input");
    clv_status st = session_open(args, &s);
    clv_writer_init(&input);
    if (st == CLV_OK)
        st = cosign(&s, &input);
    clv_writer_clear(&input);
    return session_close(&s, st);
}
