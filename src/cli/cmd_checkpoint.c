/* checkpoint, and cosign --add: the ceremony's side of cosignatures. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/conductor.h"
#include "claviger/receipt.h"
#include "kept.h"
#include "witness.h"

clv_status print_code(const char *text, bool light, struct clv_error *err)
{
    char *lines = NULL;
    clv_status st = CLV_OK;
    if (light || isatty(STDOUT_FILENO))
        st =
            clv_qr_render_text(text, light ? CLV_QR_DARK_GLYPHS : CLV_QR_LIGHT_GLYPHS, &lines, err);
    if (st == CLV_OK)
        printf("%s%s\n", lines ? lines : "", text);
    free(lines);
    return st;
}

clv_status witness_options(const struct args *args, struct clv_vkey ret[CLV_WITNESSES_MAX],
                           size_t *ret_num, struct clv_error *err)
{
    const char *text;
    *ret_num = 0;
    while ((text = args_nth(args, "witness-key", *ret_num)) != NULL) {
        if (*ret_num == CLV_WITNESSES_MAX)
            return clv_fail(err, CLV_E_USAGE, "at most %d witness keys", CLV_WITNESSES_MAX);
        clv_status st = clv_cosigner_parse(clv_view_of(text, strlen(text)), &ret[*ret_num], err);
        if (st != CLV_OK)
            return clv_while(err, st, "reading --witness-key");
        ++*ret_num;
    }
    return CLV_OK;
}

/* ---- checkpoint ------------------------------------------------------------------------------ */

struct shown {
    struct clv_journal *journal;
    struct clv_vkey witnesses[CLV_WITNESSES_MAX];
    size_t num_witnesses;
    uint64_t old_size;
    struct clv_writer request;
    struct clv_relay_codes codes;
};

/* --old, or what the witness named (or any) cosigned last. */
static clv_status choose_old(const struct args *args, struct shown *c, struct clv_error *err)
{
    const char *text = args_text(args, "old");
    char *end = NULL;
    c->old_size =
        clv_journal_cosigned_size(c->journal, c->num_witnesses > 0 ? &c->witnesses[0] : NULL);
    if (text == NULL)
        return CLV_OK;
    c->old_size = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || strlen(text) > 18)
        return clv_fail(err, CLV_E_USAGE, "--old takes a number of entries");
    return CLV_OK;
}

static clv_status gather(const struct args *args, struct shown *c, struct clv_error *err)
{
    clv_status st = witness_options(args, c->witnesses, &c->num_witnesses, err);
    if (st == CLV_OK)
        st = clv_journal_open_readonly(args->operands[0], &c->journal, err);
    if (st == CLV_OK)
        st = choose_old(args, c, err);
    if (st == CLV_OK)
        st = clv_journal_cosign_request(c->journal, c->old_size, &c->request, err);
    if (st == CLV_OK)
        st = clv_relay_request_codes(clv_writer_view(&c->request), clv_journal_key(c->journal),
                                     &c->codes, err);
    return st;
}

static clv_status print_shown(const struct args *args, const struct shown *c, struct clv_error *err)
{
    uint8_t root[CLV_HASH_LEN];
    char groups[CLV_HASH_LEN * 3 + 1];
    uint64_t size = clv_journal_signed_size(c->journal);
    clv_journal_root_at(c->journal, size, root);
    clv_hex_groups(root, sizeof(root), 4, groups, sizeof(groups));
    fprintf(stderr, "%s %s: %" PRIu64 " entries signed of %" PRIu64 "\nRoot %s\nJournal key %s\n",
            clv_journal_is_test(c->journal) ? "TEST" : "Production",
            clv_journal_ceremony_id(c->journal), size, clv_journal_size(c->journal), groups,
            clv_journal_vkey(c->journal));
    fprintf(stderr,
            "For a witness who cosigned %" PRIu64 " entries last; another number: --old N\n",
            c->old_size);
    if (args_flag(args, "request")) {
        fwrite(c->request.data, 1, c->request.len, stdout);
        return CLV_OK;
    }
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < c->codes.num; i++)
        st = print_code(c->codes.text[i], args_flag(args, "light"), err);
    return st;
}

static void print_shown_json(struct session *s, const struct shown *c)
{
    uint8_t root[CLV_HASH_LEN];
    json_t *codes = json_array();
    clv_journal_root_at(c->journal, clv_journal_signed_size(c->journal), root);
    for (size_t i = 0; i < c->codes.num; i++)
        json_array_append_new(codes, json_string(c->codes.text[i]));
    s->test = clv_journal_is_test(c->journal);
    print_json(s, "checkpoint",
               json_pack("{ss ss sI sI so ss# so}", "ceremony", clv_journal_ceremony_id(c->journal),
                         "journal", clv_journal_vkey(c->journal), "entries",
                         (json_int_t)clv_journal_signed_size(c->journal), "old",
                         (json_int_t)c->old_size, "root", json_hex(root, sizeof(root)), "request",
                         (const char *)c->request.data, (int)c->request.len, "codes", codes));
}

int cmd_checkpoint(const struct args *args)
{
    struct session s = {.args = args, .json = args_flag(args, "json")};
    struct shown c = {0};
    if (args->num_operands != 1)
        return usage_error("checkpoint", "name the folder of one ceremony");
    clv_status st = start_up(&s.error);
    if (st == CLV_OK)
        st = gather(args, &c, &s.error);
    if (st == CLV_OK && s.json)
        print_shown_json(&s, &c);
    else if (st == CLV_OK)
        st = print_shown(args, &c, &s.error);
    clv_journal_free(&c.journal);
    clv_writer_clear(&c.request);
    return session_close(&s, st);
}

/* ---- cosign --add ---------------------------------------------------------------------------- */

/* Typed or scanned: one code, or rows until all eight are there. */
static clv_status ask_cosignature(struct session *s, struct clv_relayed *ret)
{
    char problem[CLV_ERROR_TEXT] = "";
    struct clv_writer typed = {0};
    struct clv_question q = {.kind = CLV_ASK_TEXT,
                             .id = "cosignature",
                             .title = "Cosignature",
                             .prompt = "Scan the code (CLV1W...), or type a row",
                             .help = "What `claviger cosign` showed on the witness's machine.",
                             .max_len = CLV_RELAY_CODE,
                             .may_scan = true};
    clv_status st = session_face(s, "FILE", &s->error);
    clv_writer_init(&typed);
    while (st == CLV_OK) {
        struct clv_reply reply = {0};
        struct clv_error why = {0};
        q.problem = problem[0] ? problem : NULL;
        st = s->face.ask(s->face.ctx, &q, &reply, &s->error);
        if (st != CLV_OK || clv_relay_cosignature_more(&typed, reply.text, ret, &why) == CLV_OK)
            break;
        snprintf(problem, sizeof(problem), "%s", why.fact);
    }
    clv_writer_clear(&typed);
    return st;
}

static clv_status read_cosignature(struct session *s, struct clv_relayed *ret)
{
    uint8_t *data = NULL;
    size_t len = 0;
    const char *what = s->args->num_operands > 0 ? s->args->operands[0] : NULL;
    if (what == NULL && s->can_ask)
        return ask_cosignature(s, ret);
    clv_status st = what == NULL || strcmp(what, "-") == 0
                        ? read_stdin(&data, &len, &s->error)
                        : clv_file_read(what, CLV_RECEIPT_MAX, &data, &len, &s->error);
    if (st == CLV_OK)
        st = clv_relay_cosignature_read(clv_view_of(data, len), ret, &s->error);
    free(data);
    return st;
}

/* Where it goes: the ceremony's folder, and that of the journal's second copy when it is there. */
struct copies {
    const char *dir;
    struct kept kept;
    const char *mirror, *missing; /* one of them at most; NULL: there is no second copy */
};

/* The journal of commands keeps no such note. */
static clv_status find_copies(struct copies *c, struct clv_error *err)
{
    clv_status st = kept_read(c->dir, &c->kept, err);
    if (st == CLV_E_MISSING) {
        *err = (struct clv_error){0};
        return CLV_OK;
    }
    if (c->kept.mirror && access(c->kept.mirror, F_OK) == 0)
        c->mirror = c->kept.mirror;
    else
        c->missing = c->kept.mirror;
    return st;
}

static clv_status add(struct session *s, const struct clv_vkey *witnesses, size_t num_witnesses,
                      const struct copies *copies, struct clv_cosigned_receipts *ret)
{
    struct clv_relayed relayed = {0};
    const struct clv_vkey *witness = NULL;
    clv_status st = read_cosignature(s, &relayed);
    for (size_t i = 0; st == CLV_OK && i < num_witnesses; i++)
        if (witnesses[i].id == relayed.cosignature.id)
            witness = &witnesses[i];
    if (st == CLV_OK && witness == NULL)
        st = clv_fail(&s->error, CLV_E_FOREIGN,
                      "the cosignature is of the key %08x, which is none of the --witness-key",
                      relayed.cosignature.id);
    const struct clv_late_cosignature late = {.dir = copies->dir,
                                              .mirror = copies->mirror,
                                              .receipts_dir = args_text(s->args, "receipts"),
                                              .cosignature = &relayed.cosignature,
                                              .witness = witness};
    return st == CLV_OK ? clv_conductor_add_cosignature(&late, ret, &s->error) : st;
}

static void tell_added(struct session *s, const struct copies *copies,
                       const struct clv_cosigned_receipts *done)
{
    s->test = done->test;
    if (s->json) {
        print_json(s, "added",
                   json_pack("{sI sI s[ss*] ss?}", "entries", (json_int_t)done->size, "receipts",
                             (json_int_t)done->num, "folders", copies->dir, copies->mirror,
                             "missing", copies->missing));
        return;
    }
    printf("The checkpoint of %" PRIu64
           " entries is cosigned; %zu receipts carry it, each a new file ending in -cosigned.\n",
           done->size, done->num);
    if (copies->mirror)
        printf("Both copies of the journal have it: %s and %s.\n", copies->dir, copies->mirror);
    if (copies->missing)
        printf("The second copy of the journal is not there and does not have it: %s\n"
               "When it is back, give the same cosignature once more.\n",
               copies->missing);
}

int add_cosignature(const struct args *args)
{
    struct session s;
    struct clv_vkey witnesses[CLV_WITNESSES_MAX];
    struct clv_cosigned_receipts done = {0};
    struct copies copies = {.dir = args_text(args, "add")};
    size_t num = 0;
    if (args->num_operands > 1)
        return usage_error("cosign", "name one file, or - for standard input");
    if (!args_text(args, "witness-key"))
        return usage_error("cosign", "--add needs --witness-key, the key of the witness from paper "
                                     "or from the site file");
    clv_status st = session_open(args, &s);
    if (st == CLV_OK)
        st = witness_options(args, witnesses, &num, &s.error);
    if (st == CLV_OK)
        st = find_copies(&copies, &s.error);
    if (st == CLV_OK)
        st = add(&s, witnesses, num, &copies, &done);
    if (st == CLV_OK)
        tell_added(&s, &copies, &done);
    kept_clear(&copies.kept);
    return session_close(&s, st);
}
