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

/* ---- docs/formats/witness.md ----------------------------------------------------------------- */

static struct clv_cosign_request request_of(struct clv_view text)
{
    struct clv_cosign_request r;
    cr_assert_eq(clv_cosign_request_parse(text, &r, &err), CLV_OK, "%s", err.fact);
    return r;
}

static struct clv_vkey key_of(struct text t, const char *label, bool witness)
{
    struct clv_view text = block(t, label);
    struct clv_vkey key;
    text.len--;
    cr_assert_eq(witness ? clv_cosigner_parse(text, &key, &err) : clv_vkey_parse(text, &key, &err),
                 CLV_OK, "%s", err.fact);
    return key;
}

Test(examples, the_request_of_the_page_is_good_and_its_codes_carry_it)
{
    struct text t = page("witness.md"), journal = page("journal.md"), read = {0};
    struct clv_vkey key = key_of(journal, "journal.vkey", false), named;
    struct clv_witness_memory seen = {.log = key, .size = 3};
    struct clv_cosign_request r = request_of(block(t, "request"));
    struct clv_relay_codes codes;
    struct clv_writer w = {0};
    cr_assert_eq(clv_unhex("3cb907e1219dc75deac20d777151612c5e9a491a8495c21eb0f3ea55483a5387", 64,
                           seen.root, sizeof seen.root, NULL),
                 CLV_OK);
    cr_assert_eq(clv_witness_check(&r, &seen, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(
        clv_relay_request_read(block(t, "request-codes"), &read.data, &read.len, &named, &err),
        CLV_OK, "%s", err.fact);
    cr_assert(clv_view_equal(view_of(read), block(t, "request")));
    cr_assert(clv_vkey_equal(&named, &key));
    cr_assert_eq(clv_relay_request_codes(view_of(read), &key, &codes, &err), CLV_OK);
    for (size_t i = 0; i < codes.num; i++)
        clv_write_format(&w, "%s\n", codes.text[i]);
    cr_assert(clv_view_equal(clv_writer_view(&w), block(t, "request-codes")));
    clv_writer_clear(&w);
    free(read.data);
    free(t.data);
    free(journal.data);
}

Test(examples, the_cosignature_of_the_page_holds_in_each_of_its_forms)
{
    struct text t = page("witness.md");
    struct clv_vkey key = key_of(t, "witness-key", true);
    struct clv_cosign_request r = request_of(block(t, "request"));
    struct clv_relayed from_code, from_rows;
    struct clv_cosignature from_line;
    struct clv_view name;
    char code[CLV_RELAY_CODE], rows[CLV_RELAY_ROWS][CLV_RELAY_ROW];
    cr_assert_eq(clv_cosignature_parse(block(t, "cosignature"), &name, &from_line, &err), CLV_OK);
    cr_assert_eq(clv_cosignature_check(&from_line, r.note.text, &key, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_eq(clv_relay_cosignature_read(block(t, "cosignature-code"), &from_code, &err), CLV_OK,
                 "%s", err.fact);
    cr_assert_eq(clv_relay_cosignature_read(block(t, "cosignature-rows"), &from_rows, &err), CLV_OK,
                 "%s", err.fact);
    cr_assert_eq(memcmp(&from_code, &from_rows, sizeof from_code), 0);
    cr_assert_eq(memcmp(&from_code.cosignature, &from_line, sizeof from_line), 0);
    cr_assert_eq(from_code.size, 5);
    clv_relay_cosignature_code(&from_code, code);
    cr_assert_eq(memcmp(block(t, "cosignature-code").data, code, strlen(code)), 0);
    clv_relay_cosignature_rows(&from_code, rows);
    cr_assert_eq(memcmp(block(t, "cosignature-rows").data, rows[0], strlen(rows[0])), 0);
    free(t.data);
}

Test(examples, the_memory_of_the_page_is_read_and_written_again)
{
    struct text t = page("witness.md"), journal = page("journal.md");
    struct clv_vkey key = key_of(t, "witness-key", true);
    struct clv_vkey log = key_of(journal, "journal.vkey", false);
    struct clv_witness_memories m;
    struct clv_writer w = {0};
    struct clv_view text = block(t, "witness-memory");
    char *copy = strndup((const char *)text.data, text.len);
    cr_assert_eq(clv_witness_memories_read(text, &m, &err), CLV_OK, "%s", err.fact);
    cr_assert(clv_vkey_equal(&m.witness, &key));
    cr_assert_eq(clv_witness_recall(&m, &log)->size, 5);
    cr_assert_eq(clv_witness_memories_write(&m, &w, &err), CLV_OK);
    cr_assert(clv_view_equal(clv_writer_view(&w), text));
    clv_writer_clear(&w);
    clv_witness_memories_clear(&m);
    for (size_t bit = 0; bit < 8 * text.len; bit++) {
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        cr_assert_eq(clv_witness_memories_read(clv_view_of(copy, text.len), &m, NULL),
                     CLV_E_DAMAGED, "bit %zu", bit);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
    }
    for (size_t len = 0; len < text.len; len++)
        cr_assert_eq(clv_witness_memories_read(clv_view_of(copy, len), &m, NULL), CLV_E_DAMAGED);
    free(copy);
    free(t.data);
    free(journal.data);
}
