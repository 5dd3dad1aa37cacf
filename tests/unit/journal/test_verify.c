/* Damaged, torn, truncated, rearranged: every small change of every file is found, and named. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

static const char *dir;
static struct image good;

static void setup(void)
{
    dir = folder_new();
    journal_small(dir, ID);
    good = image_load(dir);
}

static void teardown(void)
{
    image_free(&good);
    folder_remove(dir);
}

TestSuite(verify, .init = setup, .fini = teardown);

static size_t entry_at(struct bytes log, size_t offset)
{
    size_t seq = 0;
    while (offset < log.len && line_start(log, seq + 1) <= offset)
        seq++;
    return seq;
}

Test(verify, an_untouched_journal_is_intact)
{
    struct clv_journal_report r = image_verify(&good, NULL);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert_eq(r.size, 8);
    cr_assert_eq(r.signed_size, 8);
    cr_assert_eq(r.num_checkpoints, 3);
    cr_assert_str_eq(r.ceremony_id, ID);
    cr_assert(r.test);
    cr_assert_not(r.key_given);
}

Test(verify, every_bit_flip_of_the_log_names_its_entry)
{
    for (size_t bit = 0; bit < 8 * good.log.len; bit++) {
        good.log.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct clv_journal_report r = image_verify(&good, NULL);
        good.log.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        bool last_newline = bit / 8 == good.log.len - 1;
        cr_assert(r.at_entry, "bit %zu: %s", bit, r.fault);
        cr_assert_eq(r.fault_seq, entry_at(good.log, bit / 8), "bit %zu: %s", bit, r.fault);
        if (!last_newline && r.verdict != CLV_JOURNAL_TRUNCATED)
            cr_assert_eq(r.verdict, CLV_JOURNAL_DAMAGED, "bit %zu: %s", bit, r.fault);
    }
}

Test(verify, every_bit_flip_of_the_checkpoints_is_found)
{
    for (size_t bit = 0; bit < 8 * good.checkpoints.len; bit++) {
        good.checkpoints.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct clv_journal_report r = image_verify(&good, NULL);
        good.checkpoints.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert(r.verdict == CLV_JOURNAL_DAMAGED || r.verdict == CLV_JOURNAL_FORGED ||
                      r.verdict == CLV_JOURNAL_FOREIGN || r.verdict == CLV_JOURNAL_TORN,
                  "bit %zu: %s", bit, clv_journal_verdict_name(r.verdict));
    }
}

Test(verify, every_change_of_the_public_key_file_is_found)
{
    for (size_t bit = 0; bit < 8 * good.vkey.len; bit++) {
        good.vkey.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(image_verify(&good, NULL).verdict, CLV_JOURNAL_DAMAGED);
        good.vkey.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (good.vkey.len--; good.vkey.len > 0; good.vkey.len--)
        cr_assert_eq(image_verify(&good, NULL).verdict, CLV_JOURNAL_DAMAGED);
}

Test(verify, every_truncation_of_the_log_is_found)
{
    struct bytes whole = good.log;
    for (good.log.len = 0; good.log.len < whole.len; good.log.len++) {
        struct clv_journal_report r = image_verify(&good, NULL);
        cr_assert_eq(r.verdict, CLV_JOURNAL_TRUNCATED, "%zu: %s", good.log.len, r.fault);
        cr_assert_eq(r.fault_seq, entry_at(whole, good.log.len));
    }
}

Test(verify, every_truncation_of_the_checkpoints_is_found)
{
    size_t whole = good.checkpoints.len, per_note = line_start(good.checkpoints, 6);
    for (good.checkpoints.len = 0; good.checkpoints.len < whole; good.checkpoints.len++) {
        struct clv_journal_report r = image_verify(&good, NULL);
        enum clv_journal_verdict want = CLV_JOURNAL_TORN;
        if (good.checkpoints.len == 0)
            want = CLV_JOURNAL_UNSIGNED;
        else if (good.checkpoints.len % per_note == 0)
            want = CLV_JOURNAL_UNSIGNED_TAIL;
        cr_assert_eq(r.verdict, want, "%zu: %s", good.checkpoints.len, r.fault);
    }
}

Test(verify, unsigned_entries_are_never_called_intact)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK);
    journal_fill(j, 10);
    clv_journal_free(&j);
    image_free(&good);
    good = image_load(dir);
    struct clv_journal_report r = image_verify(&good, NULL);
    cr_assert_eq(r.verdict, CLV_JOURNAL_UNSIGNED_TAIL);
    cr_assert_eq(r.fault_seq, 8);
    cr_assert_eq(r.signed_size, 8);
    cr_assert_eq(r.size, 10);
}

/* ---- rearranged ------------------------------------------------------------------------------ */

static struct bytes lines_in_order(const size_t *order, size_t num)
{
    struct bytes out = {.data = malloc(2 * good.log.len)};
    for (size_t i = 0; i < num; i++) {
        size_t start = line_start(good.log, order[i]), end = line_start(good.log, order[i] + 1);
        memcpy(out.data + out.len, good.log.data + start, end - start);
        out.len += end - start;
    }
    return out;
}

static struct clv_journal_report with_lines(const size_t *order, size_t num)
{
    struct image m = good;
    m.log = lines_in_order(order, num);
    struct clv_journal_report r = image_verify(&m, NULL);
    free(m.log.data);
    return r;
}

Test(verify, swapped_entries)
{
    struct clv_journal_report r = with_lines((size_t[]){0, 1, 3, 2, 4, 5, 6, 7}, 8);
    cr_assert_eq(r.verdict, CLV_JOURNAL_DAMAGED);
    cr_assert_eq(r.fault_seq, 2);
}

Test(verify, a_doubled_entry)
{
    struct clv_journal_report r = with_lines((size_t[]){0, 1, 2, 3, 3, 4, 5, 6, 7}, 9);
    cr_assert_eq(r.verdict, CLV_JOURNAL_DAMAGED);
    cr_assert_eq(r.fault_seq, 4);
}

Test(verify, a_dropped_entry)
{
    struct clv_journal_report r = with_lines((size_t[]){0, 1, 2, 3, 4, 6, 7}, 7);
    cr_assert_eq(r.verdict, CLV_JOURNAL_DAMAGED);
    cr_assert_eq(r.fault_seq, 5);
}

static void put_line(struct bytes *log, uint64_t seq, const char *entry)
{
    uint8_t leaf[CLV_HASH_LEN];
    char digits[2 * CLV_HASH_LEN + 1];
    clv_merkle_leaf(clv_view_of(entry, strlen(entry)), leaf);
    clv_hex(leaf, sizeof leaf, digits);
    log->len += (size_t)sprintf((char *)log->data + log->len, "%u %.16s %s\n", (unsigned)seq,
                                digits, entry);
}

/* An entry rewritten with its check value: only the signature notices. */
Test(verify, an_entry_rewritten_with_care_is_narrowed_down_to_its_checkpoint)
{
    for (uint64_t seq = 1; seq < 8; seq++) {
        struct image m = good;
        size_t start = line_start(good.log, seq), end = line_start(good.log, seq + 1);
        m.log = (struct bytes){.data = malloc(2 * good.log.len), .len = start};
        memcpy(m.log.data, good.log.data, start);
        put_line(&m.log, seq, "{\"event\":\"turn\",\"n\":99}");
        memcpy(m.log.data + m.log.len, good.log.data + end, good.log.len - end);
        m.log.len += good.log.len - end;
        struct clv_journal_report r = image_verify(&m, NULL);
        cr_assert_eq(r.verdict, CLV_JOURNAL_FORGED);
        cr_assert_eq(r.fault_seq, seq < 3 ? 0 : seq < 6 ? 3 : 6, "%s", r.fault);
        free(m.log.data);
    }
}

Test(verify, checkpoints_out_of_order_or_missing)
{
    size_t n = line_start(good.checkpoints, 6);
    struct image m = good;
    uint8_t swapped[4096];
    m.checkpoints.data = swapped;
    memcpy(swapped, good.checkpoints.data + n, n);
    memcpy(swapped + n, good.checkpoints.data, n);
    memcpy(swapped + 2 * n, good.checkpoints.data + 2 * n, n);
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_FORGED);
    memcpy(swapped, good.checkpoints.data + n, 2 * n);
    m.checkpoints.len = 2 * n;
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_INTACT, "later ones cover it all");
    memcpy(swapped, good.checkpoints.data, n);
    memcpy(swapped + n, good.checkpoints.data, n);
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_UNSIGNED_TAIL);
}

/* ---- mutations at random --------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void mutate(struct bytes *b, uint64_t *state)
{
    size_t at = next_random(state) % b->len;
    size_t span = 1 + next_random(state) % 8;
    if (span > b->len - at)
        span = b->len - at;
    switch (next_random(state) % 4) {
    case 0: /* other bytes */
        for (size_t i = 0; i < span; i++)
            b->data[at + i] = (uint8_t)next_random(state);
        break;
    case 1: /* bytes taken out */
        memmove(b->data + at, b->data + at + span, b->len - at - span);
        b->len -= span;
        break;
    case 2: /* bytes doubled */
        memmove(b->data + at + span, b->data + at, b->len - at);
        b->len += span;
        break;
    default: /* bytes moved to the front */
        for (size_t i = 0; i < span; i++) {
            uint8_t c = b->data[i];
            b->data[i] = b->data[at + i];
            b->data[at + i] = c;
        }
    }
}

static void mutate_many(struct bytes *file, struct image *m, uint64_t seed)
{
    struct bytes original = *file;
    uint8_t *copy = malloc(original.len + 64);
    for (unsigned round = 0; round < 1500; round++) {
        memcpy(copy, original.data, original.len);
        *file = (struct bytes){copy, original.len};
        mutate(file, &seed);
        if (file->len == original.len && memcmp(copy, original.data, original.len) == 0)
            continue;
        cr_assert_neq(image_verify(m, NULL).code, CLV_OK, "round %u", round);
    }
    *file = original;
    free(copy);
}

Test(verify, random_mutations)
{
    mutate_many(&good.log, &good, 0x9e3779b97f4a7c15);
    mutate_many(&good.checkpoints, &good, 0xc2b2ae3d27d4eb4f);
}

Test(verify, files_and_memory_agree_through_a_buffer_that_is_smaller_than_the_log)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    char entry[3000];
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK);
    memset(entry, 'e', sizeof entry);
    for (size_t i = 0; i < 100; i++)
        cr_assert_eq(clv_journal_append(j, clv_view_of(entry, sizeof entry - i), NULL, &err),
                     CLV_OK);
    cr_assert_eq(clv_journal_checkpoint(j, &err), CLV_OK);
    clv_journal_free(&j);
    image_free(&good);
    good = image_load(dir);
    struct clv_journal_report memory = image_verify(&good, NULL), files;
    cr_assert_eq(clv_journal_verify(dir, NULL, &files, &err), CLV_OK);
    cr_assert_eq(memory.verdict, CLV_JOURNAL_INTACT, "%s", memory.fault);
    cr_assert_eq(files.verdict, CLV_JOURNAL_INTACT, "%s", files.fault);
    cr_assert_arr_eq(memory.root, files.root, CLV_HASH_LEN);
    cr_assert_eq(files.size, 108);
}
