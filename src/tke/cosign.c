/* A checkpoint cosigned: checked against what this witness remembers, remembered, then signed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* What one cosigning works with. */
struct cosigning {
    struct clv_tke *tke;
    const struct clv_tke_key *key;
    const struct clv_tke_cosigning *in;
    struct clv_vkey witness, journal;
    struct clv_cosign_request request;
    struct clv_witness_memories memories;
    char *memory_path;
    int lock_fd;
};

clv_status clv_tke_witness_key(const struct clv_tke_key *key, struct clv_vkey *ret,
                               struct clv_error *err)
{
    return clv_cosigner_init(ret, key->info.witness_name, key->info.witness_key, err);
}

static clv_status check_world(const struct cosigning *c, struct clv_error *err)
{
    char id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    clv_status st = clv_origin_parse(c->request.checkpoint.origin, id, &test, err);
    if (st != CLV_OK || test == c->tke->config.test_world)
        return st;
    return clv_fail(err, CLV_E_WORLD, "the checkpoint is of a %s ceremony, the witness's key is %s",
                    test ? "TEST" : "production", test ? "for production" : "for TEST");
}

/* Beside the key file: it belongs to the key wherever that is carried. */
static clv_status find_memory(struct cosigning *c, struct clv_error *err)
{
    const char *dir = NULL;
    clv_status st = clv_tke_key_dir(c->tke, &dir, err);
    if (st != CLV_OK)
        return st;
    size_t stem = strlen(c->key->file) - strlen(CLV_KEYFILE_SUFFIX);
    if (asprintf(&c->memory_path, "%s/%.*s.seen", dir, (int)stem, c->key->file) < 0) {
        c->memory_path = NULL;
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    }
    st = clv_journal_lock(dir, &c->lock_fd, err);
    return st == CLV_OK ? clv_witness_memories_load(c->memory_path, &c->witness, &c->memories, err)
                        : st;
}

static struct clv_witness_memory *recall(const struct cosigning *c)
{
    struct clv_vkey named = {0};
    struct clv_view origin = c->request.checkpoint.origin;
    if (origin.len < sizeof(named.name))
        memcpy(named.name, origin.data, origin.len);
    return clv_witness_recall(&c->memories, &named);
}

static clv_status confirm_new(struct cosigning *c, struct clv_error *err)
{
    const struct clv_tke_port *port = c->tke->config.port;
    char phrase[40], key[CLV_VKEY_TEXT];
    clv_vkey_format(&c->journal, key);
    const char *lines[] = {
        "You have not cosigned this journal before. Compare its key with the one "
        "on paper:",
        key};
    snprintf(phrase, sizeof(phrase), "trust %08x", c->journal.id);
    return c->in->key_from_paper ? CLV_OK : port->confirm(port->ctx, phrase, lines, 2, err);
}

/* The journal's key: the one remembered, which any other has to equal, or a new one. */
static clv_status choose_journal(struct cosigning *c, const struct clv_witness_memory *known,
                                 struct clv_error *err)
{
    if (known && c->in->journal && !clv_vkey_equal(&known->log, c->in->journal))
        return clv_fail(err, CLV_E_FOREIGN,
                        "this journal was cosigned before under the key %08x, not %08x",
                        known->log.id, c->in->journal->id);
    if (!known && !c->in->journal) {
        (void)clv_fail(err, CLV_E_MISSING, "the key of this journal is not known yet");
        clv_hint(err, "Give --key with the journal's key from paper.");
        return CLV_E_MISSING;
    }
    c->journal = known ? known->log : *c->in->journal;
    return CLV_OK;
}

static clv_status check(struct cosigning *c, uint64_t *ret_before, struct clv_error *err)
{
    struct clv_witness_memory nothing = {0}, *known = recall(c);
    clv_status st = choose_journal(c, known, err);
    if (st != CLV_OK)
        return st;
    nothing.log = c->journal;
    st = clv_witness_check(&c->request, known ? known : &nothing, err);
    *ret_before = known ? known->size : 0;
    if (st == CLV_OK && !known)
        st = confirm_new(c, err);
    return st;
}

static clv_status sign(struct cosigning *c, struct clv_cosignature *ret, struct clv_error *err)
{
    struct clv_secret *seed = NULL, *secret = NULL;
    uint64_t now = (uint64_t)clv_now_wall_ms(c->tke->config.clock) / 1000;
    clv_status st = clv_tke_open_payload(c->tke, c->key, &seed, err);
    if (st == CLV_OK)
        st = clv_witness_key_pair(seed, &secret, NULL, err);
    if (st == CLV_OK)
        st = clv_witness_remember(&c->memories, &c->journal, &c->request.checkpoint, now, err);
    if (st == CLV_OK)
        st = clv_witness_memories_store(c->memory_path, &c->memories, err);
    if (st == CLV_OK)
        st = clv_cosign(c->request.note.text, &c->witness, secret, now, ret, err);
    if (st == CLV_OK)
        st = clv_cosignature_check(ret, c->request.note.text, &c->witness, err);
    clv_secret_free(&seed);
    clv_secret_free(&secret);
    return st;
}

clv_status clv_tke_cosign(struct clv_tke *t, const struct clv_tke_key *key,
                          const struct clv_tke_cosigning *in, struct clv_tke_cosigned *ret,
                          struct clv_error *err)
{
    struct cosigning *c = calloc(1, sizeof(*c));
    struct clv_tke_cosigned cosigned = {0};
    if (c == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory to cosign with");
    *c = (struct cosigning){.tke = t, .key = key, .in = in, .lock_fd = -1};
    clv_status st = clv_tke_witness_key(key, &c->witness, err);
    if (st == CLV_OK)
        st = clv_cosign_request_parse(in->request, &c->request, err);
    if (st == CLV_OK)
        st = check_world(c, err);
    if (st == CLV_OK)
        st = find_memory(c, err);
    if (st == CLV_OK)
        st = check(c, &cosigned.before, err);
    if (st == CLV_OK)
        st = sign(c, &cosigned.cosignature, err);
    if (st == CLV_OK) {
        cosigned.witness = c->witness;
        cosigned.journal = c->journal;
        cosigned.size = c->request.checkpoint.size;
        memcpy(cosigned.root, c->request.checkpoint.root, sizeof(cosigned.root));
        *ret = cosigned;
    }
    clv_witness_memories_clear(&c->memories);
    if (c->lock_fd >= 0)
        (void)close(c->lock_fd);
    free(c->memory_path);
    free(c);
    return st;
}
