/* Cosignatures of witnesses, asked for before the last receipts: who is ready, then the checkpoint
 * on the screen, then what their machine answers. Somebody who does not cosign is a deviation. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The checkpoint with its proof, one sheet a code. */
static clv_status show_checkpoint(struct clv_conductor *c, const struct clv_vkey *witness,
                                  uint64_t old_size, struct clv_error *err)
{
    struct clv_relay_codes codes;
    struct clv_writer request = {0};
    char title[100], text[300];
    clv_writer_init(&request);
    clv_status st = clv_journal_cosign_request(c->journal, old_size, &request, err);
    if (st == CLV_OK)
        st = clv_relay_request_codes(clv_writer_view(&request), clv_journal_key(c->journal), &codes,
                                     err);
    clv_writer_clear(&request);
    for (size_t i = 0; st == CLV_OK && i < codes.num; i++) {
        char *qr = NULL;
        snprintf(title, sizeof(title), "Checkpoint to be cosigned, code %zu of %zu", i + 1,
                 codes.num);
        snprintf(text, sizeof(text),
                 "Witness, scan this with your own machine: claviger cosign%s\n\n%.200s",
                 c->config.test_world ? " --test" : "", witness->name);
        st = clv_qr_render_text(codes.text[i], CLV_QR_DARK_GLYPHS, &qr, err);
        const struct clv_sheet sheet = {
            .title = title, .text = text, .qr = qr, .qr_ascii = codes.text[i]};
        if (st == CLV_OK)
            st = c->face->show(c->face->ctx, &sheet, true, err);
        free(qr);
    }
    return st;
}

static clv_status read_file(const char *path, struct clv_relayed *ret, struct clv_error *why)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, why);
    if (st == CLV_OK)
        st = clv_relay_cosignature_read(clv_view_of(data, len), ret, why);
    free(data);
    return st;
}

/* ---- one witness ----------------------------------------------------------------------------- */

/* Until their cosignature is in the journal, or they decide otherwise. */
struct asking {
    const struct clv_vkey *witness;
    unsigned number;
    uint64_t old_size;
    struct clv_writer typed;
    char problem[CLV_ERROR_TEXT];
    bool done, skipped;
};

static clv_status record_cosigned(struct clv_conductor *c, const struct clv_vkey *witness,
                                  const struct clv_cosignature *cosignature, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_COSIGNED);
    uint64_t size = clv_journal_signed_size(c->journal);
    e.number = (unsigned)size;
    clv_journal_root_at(c->journal, size, e.digest);
    clv_vkey_format(witness, e.text);
    clv_time_text((int64_t)cosignature->time * 1000, e.text2);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "The journal is cosigned by %s.", witness->name);
    return st;
}

/* They were asked and do not, with the reason. The receipts tell of it. */
static clv_status go_without(struct clv_conductor *c, const struct clv_vkey *witness,
                             unsigned number, struct clv_error *err)
{
    char id[40];
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    struct clv_question q = {.id = id,
                             .title = "No cosignature",
                             .prompt = "Why, and who decided it",
                             .help = "It stands on the receipts, as a numbered deviation."};
    snprintf(id, sizeof(id), "cosign.%u.why", number);
    SET(e.text, "%s cosigns the journal before the last receipts", witness->name);
    SET(e.text2, "the receipts are made without this cosignature; it can be added later");
    clv_status st = ask_text(c, &q, 64, e.name, sizeof(e.name), err);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = c->seated;
    if (st == CLV_OK)
        st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record.", e.number);
    return st;
}

static clv_status take_answer(struct clv_conductor *c, struct asking *a, const char *text,
                              struct clv_error *err)
{
    struct clv_relayed relayed = {0};
    struct clv_error why = {0};
    unsigned long long old = 0;
    char end = 0;
    bool given = true;
    clv_status st;
    if (strcmp(text, "none") == 0) {
        a->skipped = true;
        return CLV_OK;
    }
    if (sscanf(text, "old %18llu%c", &old, &end) == 1) {
        a->old_size = old;
        given = false;
        st = show_checkpoint(c, a->witness, a->old_size, &why);
    } else if (text[0] == '/' || text[0] == '.') {
        st = read_file(text, &relayed, &why);
    } else {
        st = clv_relay_cosignature_more(&a->typed, text, &relayed, &why);
    }
    if (st == CLV_OK && given) {
        st = clv_journal_cosigned(c->journal, &relayed.cosignature, a->witness, &why);
        a->done = st == CLV_OK;
        a->typed.len = 0;
    }
    snprintf(a->problem, sizeof(a->problem), "%s", why.fact);
    if (a->done)
        return record_cosigned(c, a->witness, &relayed.cosignature, err);
    if (st != CLV_E_INTERRUPTED && st != CLV_E_TERMINAL)
        return CLV_OK;
    if (err)
        *err = why;
    return st;
}

static clv_status ask_cosignature(struct clv_conductor *c, struct asking *a, struct clv_error *err)
{
    char id[40], who[200];
    snprintf(id, sizeof(id), "cosign.%u", a->number);
    snprintf(who, sizeof(who), "%.160s", a->witness->name);
    const char *lines[] = {
        who, "Scan the code that your machine shows, or type its eight rows, one after",
        "the other; or the path of a file (starting with / or .).",
        "If your machine names the entries you cosigned last, type: old NUMBER",
        "To go on without it, with a deviation on record, type: none"};
    struct clv_question q = {.kind = CLV_ASK_TEXT,
                             .id = id,
                             .title = "The witness's cosignature",
                             .lines = lines,
                             .num_lines = sizeof(lines) / sizeof(lines[0]),
                             .prompt = "Cosignature",
                             .max_len = 300,
                             .may_scan = true,
                             .may_deviate = true,
                             .help = "It says that this journal continues what the witness saw of "
                                     "it before, and stands on the receipts that come now."};
    clv_status st = show_checkpoint(c, a->witness, a->old_size, err);
    while (st == CLV_OK && !a->done && !a->skipped) {
        struct clv_reply reply;
        q.problem = a->problem[0] ? a->problem : NULL;
        st = ask(c, &q, &reply, err);
        if (st == CLV_OK)
            st = take_answer(c, a, reply.text, err);
    }
    return st;
}

static clv_status ask_ready(struct clv_conductor *c, const struct clv_vkey *witness,
                            unsigned number, bool *ret_ready, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"ready", "The witness's own machine is here: show the checkpoint", NULL},
        {"without", "Go on without this cosignature",
         "A numbered deviation. It can be added later: claviger cosign --add."},
    };
    char id[40], who[200];
    size_t choice = 0;
    snprintf(id, sizeof(id), "cosign.%u.ready", number);
    snprintf(who, sizeof(who), "%.160s", witness->name);
    const char *lines[] = {
        "Before the last receipts this witness cosigns the journal, with a key of",
        "their own on a machine of their own:", who};
    struct clv_question q = {.id = id,
                             .title = "The witness's cosignature",
                             .lines = lines,
                             .num_lines = sizeof(lines) / sizeof(lines[0]),
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2,
                             .may_deviate = true,
                             .help = "Asked first, so that the receipts can tell of it."};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret_ready = choice == 0;
    return st;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static clv_status witness_of(const struct clv_site *site, size_t i, struct clv_vkey *ret,
                             struct clv_error *err)
{
    const char *text = site->witness_keys[i];
    clv_status st = clv_cosigner_parse(clv_view_of(text, strlen(text)), ret, err);
    return clv_while(err, st, "reading the site's key of witness %zu", i + 1);
}

clv_status check_witnesses(const struct clv_site *site, struct clv_error *err)
{
    struct clv_vkey witness;
    clv_status st = CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < site->num_witness_keys; i++)
        st = witness_of(site, i, &witness, err);
    return st;
}

clv_status gather_cosigners(struct clv_conductor *c, struct cosigners *ret, struct clv_error *err)
{
    const struct clv_site *site = c->config.site;
    clv_status st = CLV_OK;
    *ret = (struct cosigners){.num = site->num_witness_keys};
    for (size_t i = 0; st == CLV_OK && i < ret->num; i++) {
        struct cosigner *w = &ret->cosigner[i];
        st = witness_of(site, i, &w->key, err);
        if (st == CLV_OK)
            st = ask_ready(c, &w->key, (unsigned)i + 1, &w->ready, err);
        if (st == CLV_OK && !w->ready)
            st = go_without(c, &w->key, (unsigned)i + 1, err);
    }
    return st;
}

static bool has_cosigned(const struct clv_conductor *c, const struct clv_vkey *witness)
{
    struct clv_note note;
    return clv_note_parse(clv_journal_note(c->journal), &note, NULL) == CLV_OK &&
           clv_note_check_cosigned(&note, witness, NULL, NULL) == CLV_OK;
}

static clv_status cosign_one(struct clv_conductor *c, struct cosigner *w, unsigned number,
                             struct clv_error *err)
{
    struct asking a = {.witness = &w->key,
                       .number = number,
                       .old_size = clv_journal_cosigned_size(c->journal, &w->key)};
    clv_writer_init(&a.typed);
    clv_status st = ask_cosignature(c, &a, err);
    clv_writer_clear(&a.typed);
    if (st == CLV_OK && a.skipped) {
        w->ready = false;
        st = go_without(c, &w->key, number, err);
    }
    return st;
}

/* The first who is ready and has not cosigned this head; all->num: nobody. */
static size_t next_cosigner(const struct clv_conductor *c, const struct cosigners *all)
{
    size_t i = 0;
    while (i < all->num && (!all->cosigner[i].ready || has_cosigned(c, &all->cosigner[i].key)))
        i++;
    return i;
}

/* Whoever comes back meanwhile has the head signed anew, and that is cosigned anew. */
clv_status cosign_head(struct clv_conductor *c, struct cosigners *all, struct clv_error *err)
{
    size_t before = c->ceremony->num_deviations, i;
    clv_status st = CLV_OK;
    while (st == CLV_OK && c->ceremony->num_deviations == before &&
           (i = next_cosigner(c, all)) < all->num)
        st = cosign_one(c, &all->cosigner[i], (unsigned)i + 1, err);
    return st;
}
