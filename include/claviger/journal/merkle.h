/* Merkle trees over SHA-256 as RFC 6962 section 2.1 defines them: leaf = H(0x00 || entry), node =
 * H(0x01 || left || right), the empty tree is H("").
 *
 *     struct clv_frontier f = {0};
 *     clv_merkle_leaf(clv_view_of(entry, len), leaf);
 *     clv_frontier_add(&f, leaf);                     O(log n) work, 2 KiB of state at any size
 *     clv_frontier_root(&f, root);
 *
 * No memory is allocated here. A full tree, which can prove, is the journal's own affair. */
#ifndef CLAVIGER_JOURNAL_MERKLE_H
#define CLAVIGER_JOURNAL_MERKLE_H

#include "claviger/base.h"

#define CLV_HASH_LEN 32
/* No tree of ours reaches 2^63 leaves: a path has at most 63 hashes, a consistency proof 64. */
#define CLV_PROOF_MAX 64

/* The roots of the complete subtrees from left to right: hash[k] is in use when bit k of size is
 * set, and covers 2^k leaves. Zero-initialised is the empty tree. */
struct clv_frontier {
    uint64_t size;
    uint8_t hash[64][CLV_HASH_LEN];
};

/* The hashes of an inclusion or consistency proof, in the order of RFC 6962. */
struct clv_merkle_proof {
    size_t num_hashes;
    uint8_t hash[CLV_PROOF_MAX][CLV_HASH_LEN];
};

void clv_merkle_leaf(struct clv_view entry, uint8_t out[CLV_HASH_LEN]);
/* out may be left or right. */
void clv_merkle_node(const uint8_t left[CLV_HASH_LEN], const uint8_t right[CLV_HASH_LEN],
                     uint8_t out[CLV_HASH_LEN]);
void clv_merkle_empty(uint8_t out[CLV_HASH_LEN]);
/* A hash as C2SP writes it: base64 of 32 bytes, its one spelling. False: something else. */
bool clv_hash_parse(struct clv_view base64, uint8_t ret[CLV_HASH_LEN]);

void clv_frontier_add(struct clv_frontier *f, const uint8_t leaf[CLV_HASH_LEN]);
void clv_frontier_root(const struct clv_frontier *f, uint8_t out[CLV_HASH_LEN]);

/* How many hashes the inclusion proof of leaf index has in a tree of size leaves; index < size. */
size_t clv_merkle_path_len(uint64_t index, uint64_t size);
/* The root that leaf and path lead to.
 * errors  CLV_E_FORGED: index outside the tree, or not exactly clv_merkle_path_len() hashes
 * source  RFC 6962 section 2.1.1; RFC 9162 section 2.1.3.2 */
clv_status clv_merkle_path_root(uint64_t index, uint64_t size, const uint8_t leaf[CLV_HASH_LEN],
                                const struct clv_merkle_proof *path, uint8_t ret_root[CLV_HASH_LEN],
                                struct clv_error *err);
/* Whether the tree of new_size leaves continues the one of old_size leaves.
 * errors  CLV_E_FORGED
 * source  RFC 6962 section 2.1.2; RFC 9162 section 2.1.4.2 */
clv_status clv_merkle_check_consistency(uint64_t old_size, const uint8_t old_root[CLV_HASH_LEN],
                                        uint64_t new_size, const uint8_t new_root[CLV_HASH_LEN],
                                        const struct clv_merkle_proof *proof,
                                        struct clv_error *err);

#endif
