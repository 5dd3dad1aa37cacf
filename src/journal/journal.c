/* The journal in memory: making one, forgetting one, and what can be asked of it. */
#include "claviger/journal.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

clv_status journal_alloc(const char *dir, const char *mirror, struct clv_journal **ret,
                         struct clv_error *err)
{
    struct clv_journal *j = calloc(1, sizeof *j);
    if (!j)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a journal");
    j->failed = MAX_MEDIA;
    j->disk = &journal_disk_system;
    clv_status status = medium_init(&j->medium[0], dir, err);
    clv_status second = medium_init(&j->medium[1], mirror, err);
    if (status != CLV_OK || second != CLV_OK) {
        clv_journal_free(&j);
        return CLV_E_MEMORY;
    }
    *ret = j;
    return CLV_OK;
}

void clv_journal_free(struct clv_journal **j)
{
    struct clv_journal *old = *j;
    *j = NULL;
    if (!old)
        return;
    for (size_t i = 0; i < MAX_MEDIA; i++)
        medium_clear(&old->medium[i]);
    clv_secret_free(&old->secret);
    clv_writer_clear(&old->note);
    tree_clear(&old->tree);
    free(old->offsets);
    free(old->lengths);
    free(old);
}

void journal_set_disk(struct clv_journal *j, const struct journal_disk *disk)
{
    j->disk = disk;
}

static clv_status grow_offsets(struct clv_journal *j, struct clv_error *err)
{
    size_t cap = j->offsets_cap ? j->offsets_cap * 2 : 64;
    uint64_t *offsets = reallocarray(j->offsets, cap, sizeof *offsets);
    if (offsets)
        j->offsets = offsets;
    uint32_t *lengths = reallocarray(j->lengths, cap, sizeof *lengths);
    if (lengths)
        j->lengths = lengths;
    if (!offsets || !lengths)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the journal's index");
    j->offsets_cap = cap;
    return CLV_OK;
}

clv_status journal_remember(struct clv_journal *j, uint64_t entry_offset, size_t entry_len,
                            const uint8_t leaf[CLV_HASH_LEN], struct clv_error *err)
{
    if (j->tree.size == j->offsets_cap && grow_offsets(j, err) != CLV_OK)
        return CLV_E_MEMORY;
    j->offsets[j->tree.size] = entry_offset;
    j->lengths[j->tree.size] = (uint32_t)entry_len;
    return tree_add(&j->tree, leaf, err);
}

clv_status journal_key_pair(const struct clv_secret *seed, struct clv_secret **ret_secret,
                            uint8_t ret_public[32], struct clv_error *err)
{
    struct clv_secret *secret = NULL;
    clv_status status = clv_secret_new(crypto_sign_SECRETKEYBYTES, &secret, err);
    if (status != CLV_OK)
        return status;
    crypto_sign_seed_keypair(ret_public, clv_secret_write(secret), clv_secret_read(seed));
    clv_secret_close(secret);
    clv_secret_close(seed);
    *ret_secret = secret;
    return CLV_OK;
}

/* ---- create ---------------------------------------------------------------------------------- */

static clv_status make_key(struct clv_journal *j, const char *ceremony_id,
                           const struct clv_random *random, struct clv_error *err)
{
    char origin[CLV_NOTE_NAME_MAX + 1];
    uint8_t public[32];
    struct clv_secret *seed = NULL;
    clv_status status = clv_origin_format(ceremony_id, j->test, origin, err);
    if (status == CLV_OK)
        status = clv_secret_new(32, &seed, err);
    if (status != CLV_OK)
        return status;
    clv_random_fill(random, clv_secret_write(seed), 32);
    clv_secret_close(seed);
    status = journal_key_pair(seed, &j->secret, public, err);
    if (status == CLV_OK)
        status = clv_vkey_init(&j->key, origin, public, err);
    clv_secret_free(&seed);
    if (status == CLV_OK) {
        clv_vkey_format(&j->key, j->vkey_text);
        memcpy(j->ceremony_id, ceremony_id, strlen(ceremony_id) + 1);
    }
    return status;
}

clv_status journal_seed(const struct clv_journal *j, struct clv_secret **ret_seed,
                        struct clv_error *err)
{
    struct clv_secret *seed = NULL;
    clv_status status = clv_secret_new(crypto_sign_SEEDBYTES, &seed, err);
    if (status != CLV_OK)
        return status;
    crypto_sign_ed25519_sk_to_seed(clv_secret_write(seed), clv_secret_read(j->secret));
    clv_secret_close(seed);
    clv_secret_close(j->secret);
    *ret_seed = seed;
    return CLV_OK;
}

static clv_status refuse_existing(const char *dir, struct clv_error *err)
{
    char *path = clv_path_join(dir, CLV_JOURNAL_LOG);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    bool there = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    free(path);
    if (!there)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_EXISTS, "there is a journal in %s already", dir);
    clv_hint(err, "Resume that ceremony, or choose another folder.");
    return CLV_E_EXISTS;
}

/* Private, locked, and without a journal. */
static clv_status take_folder(struct medium *m, struct clv_error *err)
{
    clv_status status = clv_dir_private(m->dir, err);
    if (status == CLV_OK)
        status = clv_journal_lock(m->dir, &m->lock_fd, err);
    return status == CLV_OK ? refuse_existing(m->dir, err) : status;
}

static clv_status make_copies(struct clv_journal *j, struct clv_error *err)
{
    struct clv_secret *seed = NULL;
    clv_status status = journal_seed(j, &seed, err);
    for (size_t i = 0; status == CLV_OK && i < MAX_MEDIA; i++)
        if (j->medium[i].dir)
            status = medium_create(&j->medium[i], j->vkey_text, seed, err);
    clv_secret_free(&seed);
    return status;
}

clv_status clv_journal_create_mirrored(const char *dir, const char *mirror, const char *ceremony_id,
                                       bool test, const struct clv_random *random,
                                       struct clv_journal **ret, struct clv_error *err)
{
    struct clv_journal *j = NULL;
    clv_status status = journal_alloc(dir, mirror, &j, err);
    if (status != CLV_OK)
        return status;
    j->test = test;
    status = take_folder(&j->medium[0], err);
    if (status == CLV_OK && mirror)
        status = take_folder(&j->medium[1], err);
    if (status == CLV_OK)
        status = make_key(j, ceremony_id, random, err);
    if (status == CLV_OK)
        status = make_copies(j, err);
    if (status == CLV_OK) {
        *ret = j;
        return CLV_OK;
    }
    clv_journal_free(&j);
    return clv_while(err, status, "beginning a journal in %s", dir);
}

clv_status clv_journal_create(const char *dir, const char *ceremony_id, bool test,
                              const struct clv_random *random, struct clv_journal **ret,
                              struct clv_error *err)
{
    return clv_journal_create_mirrored(dir, NULL, ceremony_id, test, random, ret, err);
}

/* ---- asking ---------------------------------------------------------------------------------- */

uint64_t clv_journal_size(const struct clv_journal *j)
{
    return j->tree.size;
}

uint64_t clv_journal_signed_size(const struct clv_journal *j)
{
    return j->signed_size;
}

void clv_journal_root(const struct clv_journal *j, uint8_t ret_root[CLV_HASH_LEN])
{
    tree_root(&j->tree, j->tree.size, ret_root);
}

void clv_journal_root_at(const struct clv_journal *j, uint64_t size, uint8_t ret_root[CLV_HASH_LEN])
{
    tree_root(&j->tree, size < j->tree.size ? size : j->tree.size, ret_root);
}

struct clv_view clv_journal_note(const struct clv_journal *j)
{
    return clv_writer_view(&j->note);
}

const struct clv_vkey *clv_journal_key(const struct clv_journal *j)
{
    return &j->key;
}

const char *clv_journal_vkey(const struct clv_journal *j)
{
    return j->vkey_text;
}

const char *clv_journal_ceremony_id(const struct clv_journal *j)
{
    return j->ceremony_id;
}

bool clv_journal_is_test(const struct clv_journal *j)
{
    return j->test;
}
