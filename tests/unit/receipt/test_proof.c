/* Receipts as files: what they say, and that nothing else passes for them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"

static struct ceremony c, other;
static struct clv_error err;
static struct clv_receipt_facts facts;

static void setup(void)
{
    c = ceremony_new(ID, true);
}

static void teardown(void)
{
    ceremony_free(&c);
}

TestSuite(proof, .init = setup, .fini = teardown);

static clv_status verify(struct clv_view v)
{
    err = (struct clv_error){0};
    return clv_receipt_verify(v, NULL, &facts, &err);
}

Test(proof, says_what_the_journal_says)
{
    struct clv_journal_entry e;
    uint8_t root[CLV_HASH_LEN];
    cr_assert_eq(verify(view_of(c.receipt)), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_read(c.journal, RECEIPT_SEQ, &e, &err), CLV_OK);
    clv_journal_root(c.journal, root);
    cr_assert_str_eq(facts.ceremony_id, ID);
    cr_assert(facts.test);
    cr_assert_eq(facts.seq, RECEIPT_SEQ);
    cr_assert_eq(facts.size, NUM_ENTRIES);
    cr_assert_arr_eq(facts.root, root, CLV_HASH_LEN);
    cr_assert_str_eq(facts.entry.text, e.text);
    cr_assert(clv_vkey_equal(&facts.key, clv_journal_key(c.journal)));
    cr_assert_not(facts.key_given);
    cr_assert_eq(clv_receipt_verify(view_of(c.receipt), clv_journal_key(c.journal), &facts, &err),
                 CLV_OK);
    cr_assert(facts.key_given);
}

Test(proof, every_entry_has_one)
{
    for (uint64_t seq = 0; seq < NUM_ENTRIES; seq++) {
        struct text r = {0};
        cr_assert_eq(clv_receipt_encode(c.journal, seq, &r.data, &r.len, &err), CLV_OK);
        cr_assert_eq(verify(view_of(r)), CLV_OK, "%s", err.fact);
        cr_assert_eq(facts.seq, seq);
        free(r.data);
    }
}

Test(proof, an_unsigned_entry_has_none)
{
    struct text r = {0};
    ceremony_append(&c, "{\"event\":\"late\"}");
    cr_assert_eq(clv_receipt_encode(c.journal, NUM_ENTRIES, &r.data, &r.len, &err), CLV_E_MISSING);
    cr_assert_eq(clv_receipt_encode(c.journal, 99, &r.data, &r.len, &err), CLV_E_MISSING);
    cr_assert_null(r.data);
}

Test(proof, every_bit_flip_is_refused)
{
    for (size_t bit = 0; bit < 8 * c.receipt.len; bit++) {
        c.receipt.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        clv_status status = verify(view_of(c.receipt));
        c.receipt.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert(status == CLV_E_FORMAT || status == CLV_E_FORGED || status == CLV_E_FOREIGN ||
                      status == CLV_E_UNSUPPORTED,
                  "bit %zu: %s", bit, clv_code_name(status));
        cr_assert_neq(err.fact[0], '\0');
    }
}

Test(proof, every_truncation_is_refused)
{
    for (size_t len = 0; len < c.receipt.len; len++)
        cr_assert_eq(verify(clv_view_of(c.receipt.data, len)), CLV_E_FORMAT, "%zu", len);
}

Test(proof, every_byte_put_in_or_taken_out_is_refused)
{
    uint8_t *copy = malloc(c.receipt.len + 1);
    for (size_t at = 0; at <= c.receipt.len; at++) {
        memcpy(copy, c.receipt.data, at);
        copy[at] = 'A';
        memcpy(copy + at + 1, c.receipt.data + at, c.receipt.len - at);
        cr_assert_neq(verify(clv_view_of(copy, c.receipt.len + 1)), CLV_OK, "%zu", at);
        if (at == c.receipt.len)
            break;
        memcpy(copy + at, c.receipt.data + at + 1, c.receipt.len - at - 1);
        cr_assert_neq(verify(clv_view_of(copy, c.receipt.len - 1)), CLV_OK, "%zu", at);
    }
    free(copy);
}

static char *replaced(const char *from, const char *to)
{
    char *at = strstr((char *)c.receipt.data, from);
    char *out = calloc(1, c.receipt.len + strlen(to) + 1);
    cr_assert_not_null(at);
    size_t before = (size_t)(at - (char *)c.receipt.data);
    memcpy(out, c.receipt.data, before);
    strcat(out, to);
    strcat(out, at + strlen(from));
    return out;
}

Test(proof, another_entry_with_the_same_proof_is_forged)
{
    char entry[1024];
    snprintf(entry, sizeof entry, "{\"event\":\"other\"}\n%s\n", clv_journal_vkey(c.journal));
    char *extra = clv_base64(entry, strlen(entry));
    char *line = strchr((char *)c.receipt.data, '\n') + 1, old[2048] = "";
    strncat(old, line, strcspn(line, "\n"));
    char now[2048];
    snprintf(now, sizeof now, "extra %s", extra);
    char *forged = replaced(old, now);
    cr_assert_eq(verify(clv_view_of(forged, strlen(forged))), CLV_E_FORGED);
    cr_assert_not_null(strstr(err.fact, "entry 7"), "%s", err.fact);
    free(forged);
    free(extra);
}

Test(proof, a_rehearsal_cannot_be_renamed_into_production)
{
    char *forged = replaced("\n\nclaviger.invalid/test/", "\n\nclaviger.invalid/production/");
    cr_assert_eq(verify(clv_view_of(forged, strlen(forged))), CLV_E_FOREIGN);
    free(forged);
}

Test(proof, of_another_ceremony_or_key_is_foreign)
{
    other = ceremony_new(ID, true);
    const struct clv_vkey *key = clv_journal_key(other.journal);
    cr_assert_eq(clv_receipt_verify(view_of(c.receipt), key, &facts, &err), CLV_E_FOREIGN);
    cr_assert_eq(clv_receipt_verify(view_of(other.receipt), key, &facts, &err), CLV_OK);
    ceremony_free(&other);
}

Test(proof, cosignatures_are_carried_and_come_back_out_of_codes)
{
    static const char line[] = "\u2014 witness.example/w1 AAAAAQIDBAUGBwgJ\n";
    struct clv_codes codes;
    struct text again = {0};
    char *with = replaced("\u2014 claviger", "\u2014 claviger");
    with = realloc(with, c.receipt.len + sizeof line);
    strcat(with, line);
    struct clv_view v = clv_view_of(with, strlen(with));
    cr_assert_eq(verify(v), CLV_OK, "%s", err.fact);
    cr_assert_eq(facts.num_cosigners, 1);
    cr_assert_eq(clv_receipt_codes(v, SERIAL, &codes, &err), CLV_OK, "%s", err.fact);
    char scanned[8192] = "";
    for (size_t i = 0; i < codes.num; i++) {
        strcat(scanned, codes.text[i]);
        strcat(scanned, "\n");
    }
    cr_assert_eq(clv_receipt_from_codes(clv_view_of(scanned, strlen(scanned)), &again.data,
                                        &again.len, NULL, &err),
                 CLV_OK, "%s", err.fact);
    cr_assert_str_eq((char *)again.data, with);
    free(again.data);
    free(with);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

Test(proof, random_mutations_are_refused)
{
    uint64_t state = 0x9e3779b97f4a7c15;
    uint8_t *copy = malloc(c.receipt.len);
    for (int round = 0; round < 2000; round++) {
        memcpy(copy, c.receipt.data, c.receipt.len);
        for (uint64_t n = 1 + next_random(&state) % 6; n > 0; n--)
            copy[next_random(&state) % c.receipt.len] = (uint8_t)next_random(&state);
        if (memcmp(copy, c.receipt.data, c.receipt.len) != 0)
            cr_assert_neq(verify(clv_view_of(copy, c.receipt.len)), CLV_OK, "round %d", round);
    }
    free(copy);
}
