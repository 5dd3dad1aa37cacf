/* cryptounit-mk and the commands on the master key registers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/receipt.h"
#include "claviger/tke/units.h"
#include "session.h"

/* ---- list ---- */

static const char *const headers[] = {"CRYPTO UNIT NUM", "REGISTER", "STATUS",
                                      "VERIFICATION PATTERN"};

static void add_register(struct units_list *list, const char *name, const char *state, bool empty,
                         const uint8_t *pattern)
{
    char hex[2 * CLV_EP11_PATTERN_SIGNIFICANT + 1] = "-";
    if (!empty)
        clv_hex(pattern, CLV_EP11_PATTERN_SIGNIFICANT, hex);
    units_row(list, (const char *[]){"", name, state, hex});
}

static void fill(struct units_list *list, const struct clv_unit_state *s)
{
    add_register(list, "new", clv_ep11_new_state_text(s->new_state), s->new_state == CLV_NEW_EMPTY,
                 s->new_pattern);
    add_register(list, "current", clv_ep11_current_state_text(s->current_state),
                 s->current_state == CLV_CURRENT_EMPTY, s->current_pattern);
}

int cmd_cryptounit_mk(const struct args *args)
{
    struct session s;
    struct units_list list = {.headers = headers, .num_columns = 4, .fill = fill};
    clv_status st = session_survey(args, &s);
    int listed = st == CLV_OK ? print_surveyed(&s, &list) : 0;
    int closed = session_close(&s, st);
    return closed ? closed : listed;
}

/* ---- load ---- */

int cmd_cryptounit_mk_load(const struct args *args)
{
    struct session s;
    struct clv_tke_keys list = {0};
    const struct clv_tke_key *parts[CLV_EP11_MAX_PARTS];
    size_t num = 0;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = session_choose_keys(&s, CLV_KEYFILE_PART, "Key parts to load", "Which, two or more",
                                 &list, parts, CLV_EP11_MAX_PARTS, &num);
    if (st == CLV_OK)
        st = clv_tke_load(s.tke, parts, num, &s.error);
    clv_tke_keys_clear(&list);
    return session_results(&s, st);
}

/* ---- the expected pattern ---- */

static clv_status pattern_of_entry(const struct clv_receipt_facts *facts,
                                   uint8_t ret[CLV_EP11_PATTERN_LEN], struct clv_error *err)
{
    static const uint8_t none[CLV_EP11_PATTERN_LEN];
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    json_t *entry = json_loadb(facts->entry.text, facts->entry.len, JSON_REJECT_DUPLICATES, NULL);
    const char *kind = json_string_value(json_object_get(entry, "kind"));
    const char *hex = json_string_value(json_object_get(entry, "pattern"));
    /* The pattern on a slip of one part is that of the part. */
    bool good = kind && hex && strcmp(kind, "key-part") != 0 &&
                clv_unhex(hex, strlen(hex), pattern, sizeof(pattern), NULL) == CLV_OK &&
                memcmp(pattern, none, sizeof(none)) != 0;
    json_decref(entry);
    if (!good)
        return clv_fail(err, CLV_E_INPUT, "this receipt is not about a master key that was loaded");
    memcpy(ret, pattern, sizeof(pattern));
    return CLV_OK;
}

static clv_status pattern_of_receipt(const char *path, bool test, uint8_t ret[CLV_EP11_PATTERN_LEN],
                                     struct clv_error *err)
{
    struct clv_receipt_facts *facts = calloc(1, sizeof(*facts));
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = facts ? clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, err)
                          : clv_fail(err, CLV_E_MEMORY, "no memory for a receipt");
    if (st == CLV_OK)
        st = clv_receipt_verify(clv_view_of(data, len), NULL, facts, err);
    if (st == CLV_OK && facts->test != test)
        st = clv_fail(err, CLV_E_WORLD, "this receipt is of the other world");
    if (st == CLV_OK)
        st = pattern_of_entry(facts, ret, err);
    free(data);
    free(facts);
    return clv_while(err, st, "reading the receipt %s", path);
}

clv_status session_pattern(struct session *s, const char *text, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    if (text[0] == '/' || text[0] == '.')
        return pattern_of_receipt(text, clv_tke_is_test(s->tke), ret, &s->error);
    return clv_tke_pattern_from_text(text, ret, &s->error);
}

/* Ours: given, or on record from the load, or typed. Never what a unit says. */
static clv_status expected_pattern(struct session *s, uint8_t ret[CLV_EP11_PATTERN_LEN])
{
    char text[500];
    const struct clv_question q = {
        .kind = CLV_ASK_TEXT,
        .id = "pattern",
        .title = "Expected verification pattern",
        .prompt = "Pattern, or path of a receipt",
        .help = "56 or 64 hex digits (EP11-VP) from the paper of the load, or the path of its "
                "receipt file, starting with / or . The pattern a crypto unit shows is no "
                "substitute: it is what has to be compared.",
        .max_len = sizeof(text) - 1};
    clv_status st = CLV_E_MISSING;
    if (args_text(s->args, "pattern") == NULL)
        st = clv_tke_expected_pattern(s->tke, ret, &s->error);
    if (st != CLV_E_MISSING)
        return st;
    if (args_text(s->args, "pattern") == NULL && !s->can_ask)
        return st;
    s->error = (struct clv_error){0};
    st = session_text(s, "pattern", &q, text, sizeof(text));
    return st == CLV_OK ? session_pattern(s, text, ret) : st;
}

/* ---- commit, set immediate, clear ---- */

static int with_pattern(const struct args *args,
                        clv_status (*command)(struct clv_tke *, const uint8_t[CLV_EP11_PATTERN_LEN],
                                              struct clv_error *))
{
    struct session s;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = expected_pattern(&s, pattern);
    if (st == CLV_OK)
        st = command(s.tke, pattern, &s.error);
    return session_results(&s, st);
}

int cmd_cryptounit_mk_commit(const struct args *args)
{
    return with_pattern(args, clv_tke_commit);
}

int cmd_cryptounit_mk_setimm(const struct args *args)
{
    return with_pattern(args, clv_tke_set_immediate);
}

int cmd_cryptounit_mk_rotate(const struct args *args)
{
    return with_pattern(args, clv_tke_rotate);
}

static int clear(const struct args *args,
                 clv_status (*command)(struct clv_tke *, struct clv_error *))
{
    struct session s;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = command(s.tke, &s.error);
    return session_results(&s, st);
}

int cmd_cryptounit_mk_clrcur(const struct args *args)
{
    return clear(args, clv_tke_clear_current);
}

int cmd_cryptounit_mk_clrnew(const struct args *args)
{
    return clear(args, clv_tke_clear_new);
}
