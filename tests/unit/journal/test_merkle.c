/* The tree against published roots, against itself computed another way, and its proofs against
 * every change of one of their parts. */
#include <criterion/criterion.h>
#include <string.h>

#include "src/journal/internal.h"

#define NUM 70

/* Leaves and roots of the Certificate Transparency test data (RFC 6962 trees of 0 to 8 leaves). */
static const char *const leaves[] = {"",
                                     "00",
                                     "10",
                                     "2021",
                                     "3031",
                                     "40414243",
                                     "5051525354555657",
                                     "606162636465666768696a6b6c6d6e6f"};
static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

/* MTH of RFC 6962, as it is written there. */
static void plain_root(const uint8_t (*leaf)[CLV_HASH_LEN], size_t n, uint8_t out[CLV_HASH_LEN])
{
    size_t k = 1;
    uint8_t left[CLV_HASH_LEN], right[CLV_HASH_LEN];
    if (n == 1) {
        memcpy(out, leaf[0], CLV_HASH_LEN);
        return;
    }
    while (2 * k < n)
        k *= 2;
    plain_root(leaf, k, left);
    plain_root(leaf + k, n - k, right);
    clv_merkle_node(left, right, out);
}

static struct tree tree;
static uint8_t leaf_hash[NUM][CLV_HASH_LEN], root_of[NUM + 1][CLV_HASH_LEN];

static void plant(void)
{
    struct clv_frontier f = {0};
    clv_frontier_root(&f, root_of[0]);
    for (unsigned i = 0; i < NUM; i++) {
        clv_merkle_leaf(clv_view_of(&i, sizeof i), leaf_hash[i]);
        clv_frontier_add(&f, leaf_hash[i]);
        clv_frontier_root(&f, root_of[i + 1]);
        cr_assert_eq(tree_add(&tree, leaf_hash[i], NULL), CLV_OK);
    }
}

static void fell(void)
{
    tree_clear(&tree);
}

TestSuite(merkle, .init = plant, .fini = fell);

Test(merkle, published_roots)
{
    struct clv_frontier f = {0};
    for (size_t n = 0; n <= 8; n++) {
        uint8_t root[CLV_HASH_LEN], entry[16], leaf[CLV_HASH_LEN];
        char hex[2 * CLV_HASH_LEN + 1];
        clv_frontier_root(&f, root);
        clv_hex(root, sizeof root, hex);
        cr_assert_str_eq(hex, roots[n]);
        if (n == 8)
            break;
        size_t len = strlen(leaves[n]) / 2;
        cr_assert_eq(clv_unhex(leaves[n], 2 * len, entry, len, NULL), CLV_OK);
        clv_merkle_leaf(clv_view_of(entry, len), leaf);
        clv_frontier_add(&f, leaf);
    }
}

Test(merkle, frontier_and_tree_agree_with_the_definition)
{
    for (size_t n = 1; n <= NUM; n++) {
        uint8_t plain[CLV_HASH_LEN], stored[CLV_HASH_LEN];
        plain_root((const uint8_t(*)[CLV_HASH_LEN])leaf_hash, n, plain);
        tree_root(&tree, n, stored);
        cr_assert_arr_eq(plain, root_of[n], CLV_HASH_LEN);
        cr_assert_arr_eq(plain, stored, CLV_HASH_LEN);
    }
}

Test(merkle, a_leaf_taken_back_leaves_no_trace)
{
    uint8_t before[CLV_HASH_LEN], after[CLV_HASH_LEN];
    for (size_t n = NUM; n > 1; n--) {
        tree_drop_last(&tree);
        tree_root(&tree, tree.size, after);
        cr_assert_eq(tree.size, n - 1);
        cr_assert_arr_eq(after, root_of[n - 1], CLV_HASH_LEN);
    }
    for (size_t n = 1; n < NUM; n++)
        cr_assert_eq(tree_add(&tree, leaf_hash[n], NULL), CLV_OK);
    tree_root(&tree, NUM, before);
    cr_assert_arr_eq(before, root_of[NUM], CLV_HASH_LEN);
}

Test(merkle, every_inclusion_proof_holds_and_no_other)
{
    for (uint64_t n = 1; n <= NUM; n++) {
        for (uint64_t i = 0; i < n; i++) {
            struct clv_merkle_proof p = {0};
            uint8_t root[CLV_HASH_LEN];
            tree_inclusion(&tree, i, n, &p);
            cr_assert_eq(p.num_hashes, clv_merkle_path_len(i, n));
            cr_assert_eq(clv_merkle_path_root(i, n, leaf_hash[i], &p, root, NULL), CLV_OK);
            cr_assert_arr_eq(root, root_of[n], CLV_HASH_LEN);
            for (size_t h = 0; h < p.num_hashes; h++) {
                p.hash[h][h % CLV_HASH_LEN] ^= 1;
                cr_assert_eq(clv_merkle_path_root(i, n, leaf_hash[i], &p, root, NULL), CLV_OK);
                cr_assert_arr_neq(root, root_of[n], CLV_HASH_LEN);
                p.hash[h][h % CLV_HASH_LEN] ^= 1;
            }
            p.num_hashes++;
            cr_assert_eq(clv_merkle_path_root(i, n, leaf_hash[i], &p, root, NULL), CLV_E_FORGED);
            cr_assert_eq(clv_merkle_path_root(n, n, leaf_hash[i], &p, root, NULL), CLV_E_FORGED);
        }
    }
}

Test(merkle, every_consistency_proof_holds_and_no_other)
{
    for (uint64_t n = 1; n <= NUM; n++) {
        for (uint64_t m = 1; m <= n; m++) {
            struct clv_merkle_proof p = {0};
            tree_consistency(&tree, m, n, &p);
            cr_assert_eq(clv_merkle_check_consistency(m, root_of[m], n, root_of[n], &p, NULL),
                         CLV_OK, "%d of %d", (int)m, (int)n);
            cr_assert_eq(clv_merkle_check_consistency(m, root_of[m - 1], n, root_of[n], &p, NULL),
                         CLV_E_FORGED);
            cr_assert_eq(clv_merkle_check_consistency(m, root_of[m], n, root_of[n - 1], &p, NULL),
                         CLV_E_FORGED);
            for (size_t h = 0; h < p.num_hashes; h++) {
                p.hash[h][0] ^= 0x80;
                cr_assert_eq(clv_merkle_check_consistency(m, root_of[m], n, root_of[n], &p, NULL),
                             CLV_E_FORGED);
                p.hash[h][0] ^= 0x80;
            }
            p.num_hashes++;
            cr_assert_eq(clv_merkle_check_consistency(m, root_of[m], n, root_of[n], &p, NULL),
                         CLV_E_FORGED);
        }
    }
}
