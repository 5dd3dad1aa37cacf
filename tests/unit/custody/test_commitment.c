#include "keys.h"

#define NONCE "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"

static const struct clv_commitment_facts lena = {
    .ceremony = "rehearsal-1",
    .slot = 1,
    .owner = "Lena Vogt",
    .kind = "TEST random",
};

static void commit(const struct clv_commitment_facts *facts, const char *opening_hex,
                   uint8_t ret[CLV_COMMITMENT_LEN])
{
    struct clv_secret *opening = secret_hex(opening_hex);

    cr_assert_eq(clv_commitment_make(facts, opening, ret, NULL), CLV_OK);
    clv_secret_free(&opening);
}

/* Spelled out by hand: the encoding is part of the file format. */
Test(commitment, is_the_hash_of_the_documented_bytes)
{
    static const char encoded_hex[] = "636c6176696765722f706172742d636f6d6d69742f7631" /* tag */
                                      "0000000b72656865617273616c2d31" /* ceremony */
                                      "00000001"                       /* slot */
                                      "000000094c656e6120566f6774"     /* owner */
                                      "0000000b544553542072616e646f6d" /* kind */
        NONCE KEY_1;
    uint8_t encoded[sizeof encoded_hex / 2], want[CLV_COMMITMENT_LEN], got[CLV_COMMITMENT_LEN];

    cr_assert_eq(clv_unhex(encoded_hex, strlen(encoded_hex), encoded, sizeof encoded, NULL),
                 CLV_OK);
    clv_sha256(encoded, sizeof encoded, want);
    commit(&lena, NONCE KEY_1, got);
    cr_assert_arr_eq(got, want, sizeof want);
}

Test(commitment, binds_every_fact_the_nonce_and_the_part)
{
    struct clv_commitment_facts other[] = {lena, lena, lena, lena};
    uint8_t base[CLV_COMMITMENT_LEN], got[CLV_COMMITMENT_LEN];

    other[0].ceremony = "rehearsal-2";
    other[1].slot = 2;
    other[2].owner = "Lena Voigt";
    other[3].kind = "TEST typed";
    commit(&lena, NONCE KEY_1, base);
    for (size_t i = 0; i < 4; i++) {
        commit(&other[i], NONCE KEY_1, got);
        cr_assert_arr_neq(got, base, sizeof base, "fact %zu", i);
    }
    commit(&lena, NONCE KEY_2, got);
    cr_assert_arr_neq(got, base, sizeof base);
    commit(&lena, KEY_2 KEY_1, got);
    cr_assert_arr_neq(got, base, sizeof base);
}

Test(commitment, does_not_let_letters_move_between_facts)
{
    struct clv_commitment_facts a = lena, b = lena;
    uint8_t first[CLV_COMMITMENT_LEN], second[CLV_COMMITMENT_LEN];

    a.owner = "Lena VogtT";
    a.kind = "EST random";
    commit(&a, NONCE KEY_1, first);
    commit(&b, NONCE KEY_1, second);
    cr_assert_arr_neq(first, second, sizeof first);
}

Test(commitment, check_accepts_the_part_and_refuses_every_changed_bit)
{
    struct clv_secret *opening = secret_hex(NONCE KEY_1);
    uint8_t commitment[CLV_COMMITMENT_LEN];

    cr_assert_eq(clv_commitment_make(&lena, opening, commitment, NULL), CLV_OK);
    cr_assert_eq(clv_commitment_check(&lena, opening, commitment, NULL), CLV_OK);
    for (size_t bit = 0; bit < 8 * sizeof commitment; bit++) {
        commitment[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_assert_eq(clv_commitment_check(&lena, opening, commitment, NULL), CLV_E_MISMATCH);
        commitment[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    clv_secret_free(&opening);
}

/* The last mover's choice: a part picked after the others are known is not the committed one. */
Test(commitment, a_part_chosen_later_does_not_open_it)
{
    uint8_t commitment[CLV_COMMITMENT_LEN];
    struct clv_secret *forced = secret_hex(NONCE KEY_SUM);

    commit(&lena, NONCE KEY_1, commitment);
    cr_assert_eq(clv_commitment_check(&lena, forced, commitment, NULL), CLV_E_MISMATCH);
    clv_secret_free(&forced);
    cr_assert_eq(clv_secret_alive(), 0);
}

Test(commitment, needs_nonce_and_part)
{
    struct clv_secret *part = secret_hex(KEY_1);
    uint8_t commitment[CLV_COMMITMENT_LEN];

    cr_assert_eq(clv_commitment_make(&lena, part, commitment, NULL), CLV_E_FORMAT);
    clv_secret_free(&part);
}
