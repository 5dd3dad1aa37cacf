/* The worked examples of docs/formats/journal.md and receipt.md, taken from the pages themselves.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"

static struct clv_error err;

static struct text page(const char *name)
{
    char path[512];
    struct text t = {0};
    snprintf(path, sizeof path, "%s/docs/formats/%s", CLV_SOURCE_DIR, name);
    cr_assert_eq(clv_file_read(path, 1 << 20, &t.data, &t.len, &err), CLV_OK, "%s", err.fact);
    return t;
}

/* What is between "```<label>" and "```". */
static struct clv_view block(struct text t, const char *label)
{
    char fence[64];
    snprintf(fence, sizeof fence, "\n```%s\n", label);
    char *start = strstr((char *)t.data, fence);
    cr_assert_not_null(start, "%s", label);
    start += strlen(fence);
    char *end = strstr(start, "```\n");
    cr_assert_not_null(end, "%s", label);
    return clv_view_of(start, (size_t)(end - start));
}

static void expect_hash(struct text t, const char *label, const uint8_t hash[CLV_HASH_LEN])
{
    char row[256], hex[2 * CLV_HASH_LEN + 1];
    clv_hex(hash, CLV_HASH_LEN, hex);
    snprintf(row, sizeof row, "| %s | `%s` |", label, hex);
    cr_assert_not_null(strstr((char *)t.data, row), "%s", row);
}

/* Independent of the journal room's own reading of lines. */
static void expect_hashes(struct text t, struct clv_view log)
{
    struct clv_frontier f = {0};
    uint8_t hash[CLV_HASH_LEN];
    const char *at = (const char *)log.data, *log_end = at + log.len;
    while (at < log_end) {
        char label[32];
        const char *entry = strchr(strchr(at, ' ') + 1, ' ') + 1, *end = strchr(entry, '\n');
        clv_merkle_leaf(clv_view_of(entry, (size_t)(end - entry)), hash);
        snprintf(label, sizeof label, "leaf %u", (unsigned)f.size);
        expect_hash(t, label, hash);
        clv_frontier_add(&f, hash);
        clv_frontier_root(&f, hash);
        if (f.size == 3)
            expect_hash(t, "root of 3", hash);
        at = end + 1;
    }
    expect_hash(t, "root of 5", hash);
}

Test(examples, the_journal_of_the_page_is_intact)
{
    struct text t = page("journal.md");
    struct clv_journal_report r;
    struct clv_view log = block(t, "journal.log");
    clv_journal_verify_bytes(log, block(t, "checkpoints.log"), block(t, "journal.vkey"), NULL, &r);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert_eq(r.size, 5);
    cr_assert_eq(r.num_checkpoints, 2);
    expect_hashes(t, log);
    free(t.data);
}

Test(examples, the_receipt_of_the_page_verifies_and_its_code_carries_it)
{
    struct text t = page("receipt.md"), journal = page("journal.md"), again = {0};
    struct clv_view receipt = block(t, "tlog-proof"), vkey = block(journal, "journal.vkey");
    struct clv_receipt_facts facts;
    struct clv_vkey key;
    char serial[CLV_SERIAL_MAX + 1];
    cr_assert_eq(clv_vkey_parse(clv_view_of(vkey.data, vkey.len - 1), &key, &err), CLV_OK);
    cr_assert_eq(clv_receipt_verify(receipt, &key, &facts, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(facts.seq, 1);
    cr_assert_not_null(strstr((char *)journal.data, facts.entry.text));
    cr_assert_eq(clv_receipt_from_codes(block(t, "code"), &again.data, &again.len, serial, &err),
                 CLV_OK, "%s", err.fact);
    cr_assert(clv_view_equal(view_of(again), receipt));
    cr_assert_str_eq(serial, SERIAL);
    free(t.data);
    free(journal.data);
    free(again.data);
}

Test(examples, the_slip_of_the_page_is_of_its_journal)
{
    struct text t = page("receipt.md"), journal = page("journal.md");
    struct clv_slip slip;
    struct clv_journal_anchor anchor;
    struct clv_journal_report r;
    cr_assert_eq(clv_slip_parse(block(t, "slip"), &slip, &err), CLV_OK, "%s", err.fact);
    anchor.size = slip.size;
    memcpy(anchor.root, slip.root, CLV_HASH_LEN);
    struct clv_journal_expect expect = {.anchors = &anchor, .num_anchors = 1};
    clv_journal_verify_bytes(block(journal, "journal.log"), block(journal, "checkpoints.log"),
                             block(journal, "journal.vkey"), &expect, &r);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    free(t.data);
    free(journal.data);
}
