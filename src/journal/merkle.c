/* RFC 6962 hashing, and the checks of its two proofs. */
#include "claviger/journal/merkle.h"

#include <sodium.h>
#include <string.h>

static const uint8_t leaf_prefix = 0x00;
static const uint8_t node_prefix = 0x01;

void clv_merkle_leaf(struct clv_view entry, uint8_t out[CLV_HASH_LEN])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &leaf_prefix, 1);
    crypto_hash_sha256_update(&state, entry.data, entry.len);
    crypto_hash_sha256_final(&state, out);
}

void clv_merkle_node(const uint8_t left[CLV_HASH_LEN], const uint8_t right[CLV_HASH_LEN],
                     uint8_t out[CLV_HASH_LEN])
{
    uint8_t both[1 + 2 * CLV_HASH_LEN];
    both[0] = node_prefix;
    memcpy(both + 1, left, CLV_HASH_LEN);
    memcpy(both + 1 + CLV_HASH_LEN, right, CLV_HASH_LEN);
    crypto_hash_sha256(out, both, sizeof both);
}

void clv_merkle_empty(uint8_t out[CLV_HASH_LEN])
{
    crypto_hash_sha256(out, NULL, 0);
}

bool clv_hash_parse(struct clv_view base64, uint8_t ret[CLV_HASH_LEN])
{
    uint8_t hash[CLV_HASH_LEN];
    size_t len = 0;
    if (!clv_unbase64_into((const char *)base64.data, base64.len, hash, sizeof hash, &len) ||
        len != sizeof hash)
        return false;
    memcpy(ret, hash, sizeof hash);
    return true;
}

void clv_frontier_add(struct clv_frontier *f, const uint8_t leaf[CLV_HASH_LEN])
{
    uint8_t carry[CLV_HASH_LEN];
    unsigned level = 0;
    memcpy(carry, leaf, CLV_HASH_LEN);
    /* As adding one to a binary number: two complete subtrees of a size become one of the next. */
    for (uint64_t bits = f->size; bits & 1; bits >>= 1)
        clv_merkle_node(f->hash[level++], carry, carry);
    memcpy(f->hash[level], carry, CLV_HASH_LEN);
    f->size++;
}

void clv_frontier_root(const struct clv_frontier *f, uint8_t out[CLV_HASH_LEN])
{
    bool started = false;
    if (f->size == 0) {
        clv_merkle_empty(out);
        return;
    }
    for (unsigned level = 0; level < 64; level++) {
        if (!(f->size >> level & 1))
            continue;
        if (started)
            clv_merkle_node(f->hash[level], out, out);
        else
            memcpy(out, f->hash[level], CLV_HASH_LEN);
        started = true;
    }
}

size_t clv_merkle_path_len(uint64_t index, uint64_t size)
{
    size_t len = 0;
    uint64_t last = size - 1;
    for (; last > 0; index >>= 1, last >>= 1)
        if (index & 1 || index < last) /* a sibling on the left, or one on the right */
            len++;
    return len;
}

clv_status clv_merkle_path_root(uint64_t index, uint64_t size, const uint8_t leaf[CLV_HASH_LEN],
                                const struct clv_merkle_proof *path, uint8_t ret_root[CLV_HASH_LEN],
                                struct clv_error *err)
{
    uint8_t hash[CLV_HASH_LEN];
    size_t used = 0;
    if (index >= size)
        return clv_fail(err, CLV_E_FORGED, "entry %llu is not in a log of %llu entries",
                        (unsigned long long)index, (unsigned long long)size);
    if (path->num_hashes != clv_merkle_path_len(index, size))
        return clv_fail(err, CLV_E_FORGED, "the proof has %zu hashes, entry %llu of %llu needs %zu",
                        path->num_hashes, (unsigned long long)index, (unsigned long long)size,
                        clv_merkle_path_len(index, size));
    memcpy(hash, leaf, CLV_HASH_LEN);
    for (uint64_t last = size - 1; last > 0; index >>= 1, last >>= 1) {
        if (index & 1)
            clv_merkle_node(path->hash[used++], hash, hash);
        else if (index < last)
            clv_merkle_node(hash, path->hash[used++], hash);
    }
    memcpy(ret_root, hash, CLV_HASH_LEN);
    return CLV_OK;
}

static clv_status inconsistent(uint64_t old_size, uint64_t new_size, const char *what,
                               struct clv_error *err)
{
    return clv_fail(err, CLV_E_FORGED, "the log of %llu entries does not continue that of %llu: %s",
                    (unsigned long long)new_size, (unsigned long long)old_size, what);
}

/* Rebuilds both roots from the proof at once. source  RFC 9162 section 2.1.4.2 */
static clv_status rebuild_both(uint64_t old_size, const uint8_t *old_root, uint64_t new_size,
                               const uint8_t *new_root, const struct clv_merkle_proof *proof,
                               struct clv_error *err)
{
    uint64_t old_last = old_size - 1, new_last = new_size - 1;
    uint8_t old_hash[CLV_HASH_LEN], new_hash[CLV_HASH_LEN];
    size_t used = 0;
    for (; old_last & 1; old_last >>= 1, new_last >>= 1)
        ;
    /* A power of two is a subtree of the new tree, its root is known and not in the proof. */
    const uint8_t *first = old_last == 0 ? old_root : proof->hash[used++];
    memcpy(old_hash, first, CLV_HASH_LEN);
    memcpy(new_hash, first, CLV_HASH_LEN);
    for (; used < proof->num_hashes; used++) {
        if (new_last == 0)
            return inconsistent(old_size, new_size, "its proof is too long", err);
        if (old_last & 1 || old_last == new_last) {
            clv_merkle_node(proof->hash[used], old_hash, old_hash);
            clv_merkle_node(proof->hash[used], new_hash, new_hash);
            for (; !(old_last & 1) && old_last != 0; old_last >>= 1, new_last >>= 1)
                ;
        } else {
            clv_merkle_node(new_hash, proof->hash[used], new_hash);
        }
        old_last >>= 1;
        new_last >>= 1;
    }
    if (new_last != 0)
        return inconsistent(old_size, new_size, "its proof is too short", err);
    if (memcmp(old_hash, old_root, CLV_HASH_LEN) != 0 ||
        memcmp(new_hash, new_root, CLV_HASH_LEN) != 0)
        return inconsistent(old_size, new_size, "the proof leads to another root", err);
    return CLV_OK;
}

clv_status clv_merkle_check_consistency(uint64_t old_size, const uint8_t old_root[CLV_HASH_LEN],
                                        uint64_t new_size, const uint8_t new_root[CLV_HASH_LEN],
                                        const struct clv_merkle_proof *proof, struct clv_error *err)
{
    if (old_size == 0 || old_size > new_size)
        return inconsistent(old_size, new_size, "its size is out of range", err);
    if (old_size == new_size) {
        if (proof->num_hashes != 0 || memcmp(old_root, new_root, CLV_HASH_LEN) != 0)
            return inconsistent(old_size, new_size, "same size, another root", err);
        return CLV_OK;
    }
    if (proof->num_hashes == 0 || proof->num_hashes > CLV_PROOF_MAX)
        return inconsistent(old_size, new_size, "its proof is too short", err);
    return rebuild_both(old_size, old_root, new_size, new_root, proof, err);
}
