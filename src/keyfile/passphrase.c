/* Generated passphrases: eight groups consonant-vowel-consonant-vowel-consonant. Sixteen consonants
 * and four vowels make a group 4 + 2 + 4 + 2 + 4 = 16 bits, so every bit of chance is used and none
 * is bent. No digit, i or l to mistake for one another; no y and z, which change places between
 * keyboards.
 */
#include "internal.h"

enum { GROUPS = 8, GROUP_LETTERS = 5 };

_Static_assert(GROUPS *(GROUP_LETTERS + 1) - 1 == CLV_PASSPHRASE_LEN, "length of a passphrase");
_Static_assert(sizeof CLV_CONSONANTS - 1 == 16 && sizeof CLV_VOWELS - 1 == 4, "whole bits");

static uint8_t *spell_group(uint8_t *out, unsigned bits)
{
    *out++ = (uint8_t)CLV_CONSONANTS[bits >> 12 & 15];
    *out++ = (uint8_t)CLV_VOWELS[bits >> 10 & 3];
    *out++ = (uint8_t)CLV_CONSONANTS[bits >> 6 & 15];
    *out++ = (uint8_t)CLV_VOWELS[bits >> 4 & 3];
    *out++ = (uint8_t)CLV_CONSONANTS[bits & 15];
    return out;
}

clv_status clv_passphrase_generate(const struct clv_random *random,
                                   struct clv_secret **ret_passphrase, struct clv_error *err)
{
    struct clv_secret *text = NULL;
    struct clv_secret *chance = NULL;
    clv_status st = clv_secret_new(CLV_PASSPHRASE_LEN, &text, err);

    if (st == CLV_OK)
        st = clv_secret_new(2 * GROUPS, &chance, err);
    if (st == CLV_OK) {
        uint8_t *bits = clv_secret_write(chance);
        uint8_t *out = clv_secret_write(text);

        clv_random_fill(random, bits, 2 * GROUPS);
        for (size_t i = 0; i < GROUPS; i++) {
            if (i > 0)
                *out++ = '-';
            out = spell_group(out, (unsigned)bits[2 * i] << 8 | bits[2 * i + 1]);
        }
        clv_secret_close(text);
        clv_secret_close(chance);
        *ret_passphrase = text;
        text = NULL;
    }
    clv_secret_free(&chance);
    clv_secret_free(&text);
    return st;
}
