/* The whole tree: level k holds the roots of the complete subtrees of 2^k leaves, left to right.
 * 64 bytes an entry in all. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static clv_status level_push(struct tree_level *l, const uint8_t hash[CLV_HASH_LEN],
                             struct clv_error *err)
{
    if (l->num == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        void *grown = reallocarray(l->hash, cap, CLV_HASH_LEN);
        if (!grown)
            return clv_fail(err, CLV_E_MEMORY, "no memory for the journal's tree");
        l->hash = grown;
        l->cap = cap;
    }
    memcpy(l->hash[l->num++], hash, CLV_HASH_LEN);
    return CLV_OK;
}

clv_status tree_add(struct tree *t, const uint8_t leaf[CLV_HASH_LEN], struct clv_error *err)
{
    uint8_t carry[CLV_HASH_LEN];
    unsigned level = 0;
    memcpy(carry, leaf, CLV_HASH_LEN);
    for (;;) {
        struct tree_level *l = &t->level[level];
        if (level_push(l, carry, err) != CLV_OK)
            break;
        if (l->num % 2 == 1) {
            t->size++;
            return CLV_OK;
        }
        clv_merkle_node(l->hash[l->num - 2], l->hash[l->num - 1], carry);
        level++;
    }
    while (level-- > 0) /* no memory half way: as if it had never been added */
        t->level[level].num--;
    return CLV_E_MEMORY;
}

void tree_drop_last(struct tree *t)
{
    t->size--;
    for (unsigned level = 0; level < 64; level++)
        t->level[level].num = (size_t)(t->size >> level);
}

void tree_clear(struct tree *t)
{
    for (unsigned i = 0; i < 64; i++)
        free(t->level[i].hash);
    *t = (struct tree){0};
}

const uint8_t *tree_leaf(const struct tree *t, uint64_t seq)
{
    return t->level[0].hash[seq];
}

static unsigned log2_floor(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n);
}

/* The largest power of two smaller than n; n > 1. */
static uint64_t split(uint64_t n)
{
    return (uint64_t)1 << log2_floor(n - 1);
}

/* Root of the n leaves from start on; start is a multiple of the largest power of two <= n, as
 * every range that RFC 6962 forms is. */
static void range_root(const struct tree *t, uint64_t start, uint64_t n, uint8_t out[CLV_HASH_LEN])
{
    unsigned level = log2_floor(n);
    if (n == (uint64_t)1 << level) {
        memcpy(out, t->level[level].hash[start >> level], CLV_HASH_LEN);
        return;
    }
    uint8_t right[CLV_HASH_LEN];
    range_root(t, start, split(n), out);
    range_root(t, start + split(n), n - split(n), right);
    clv_merkle_node(out, right, out);
}

void tree_root(const struct tree *t, uint64_t size, uint8_t out[CLV_HASH_LEN])
{
    if (size == 0)
        clv_merkle_empty(out);
    else
        range_root(t, 0, size, out);
}

/* PATH(m, D[n]) of RFC 6962 section 2.1.1, for the range that begins at start. */
static void path(const struct tree *t, uint64_t m, uint64_t start, uint64_t n,
                 struct clv_merkle_proof *p)
{
    if (n == 1)
        return;
    uint64_t k = split(n);
    if (m < k) {
        path(t, m, start, k, p);
        range_root(t, start + k, n - k, p->hash[p->num_hashes++]);
    } else {
        path(t, m - k, start + k, n - k, p);
        range_root(t, start, k, p->hash[p->num_hashes++]);
    }
}

void tree_inclusion(const struct tree *t, uint64_t seq, uint64_t size, struct clv_merkle_proof *p)
{
    p->num_hashes = 0;
    path(t, seq, 0, size, p);
}

/* SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2. */
static void subproof(const struct tree *t, uint64_t m, uint64_t start, uint64_t n, bool known,
                     struct clv_merkle_proof *p)
{
    if (m == n) {
        if (!known)
            range_root(t, start, n, p->hash[p->num_hashes++]);
        return;
    }
    uint64_t k = split(n);
    if (m <= k) {
        subproof(t, m, start, k, known, p);
        range_root(t, start + k, n - k, p->hash[p->num_hashes++]);
    } else {
        subproof(t, m - k, start + k, n - k, false, p);
        range_root(t, start, k, p->hash[p->num_hashes++]);
    }
}

void tree_consistency(const struct tree *t, uint64_t old_size, uint64_t size,
                      struct clv_merkle_proof *p)
{
    p->num_hashes = 0;
    subproof(t, old_size, 0, size, true, p);
}
