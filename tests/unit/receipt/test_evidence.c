/* One call for all evidence, as `claviger verify` uses it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"

static struct ceremony c;
static struct clv_evidence_report report;
static struct clv_error err;

static void setup(void)
{
    c = ceremony_new(ID, true);
}

static void teardown(void)
{
    ceremony_free(&c);
}

TestSuite(evidence, .init = setup, .fini = teardown);

static enum clv_evidence_kind verify(struct clv_view v, const struct clv_evidence_expect *expect)
{
    cr_assert_eq(clv_evidence_verify_bytes(v, expect, &report, &err), CLV_OK, "%s", err.fact);
    cr_assert_neq(report.verdict[0], '\0');
    return report.kind;
}

static void expect_text(const char *what)
{
    char *text = NULL;
    cr_assert_eq(clv_evidence_text(&report, &text, &err), CLV_OK);
    cr_assert_not_null(strstr(text, what), "%s", text);
    for (const char *at = text; *at; at++)
        cr_assert(*at == '\n' || (unsigned char)*at >= 0x20);
    free(text);
}

Test(evidence, a_folder)
{
    cr_assert_eq(clv_evidence_verify(c.dir, NULL, &report, &err), CLV_OK);
    cr_assert_eq(report.kind, CLV_EVIDENCE_JOURNAL);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    expect_text("HOLDS");
    expect_text("TEST - NOT A RECORD");
    ceremony_append(&c, "{\"event\":\"late\"}");
    cr_assert_eq(clv_evidence_verify(c.dir, NULL, &report, &err), CLV_OK);
    cr_assert_eq(report.code, CLV_E_MISMATCH);
    expect_text("DOES NOT HOLD");
    cr_assert_eq(clv_evidence_verify("/nonexistent", NULL, &report, &err), CLV_E_MISSING);
}

Test(evidence, a_receipt_file)
{
    char *path = path_in(c.dir, "03-part.tlog-proof");
    struct clv_evidence_expect expect = {.key = clv_journal_key(c.journal), .journal_dir = c.dir};
    cr_assert_eq(clv_file_create(path, c.receipt.data, c.receipt.len, &err), CLV_OK);
    cr_assert_eq(clv_evidence_verify(path, NULL, &report, &err), CLV_OK);
    cr_assert_eq(report.kind, CLV_EVIDENCE_RECEIPT);
    cr_assert_eq(report.code, CLV_OK);
    cr_assert_neq(report.advice[0], '\0', "says where the key came from");
    expect_text("named by this evidence");
    expect_text("units.2.serial");
    expect_text("Lena M\u00fcller-Gro\u00df");
    cr_assert_eq(clv_evidence_verify(path, &expect, &report, &err), CLV_OK);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    expect_text("the key you gave");
    expect_text("agrees with the journal of 12 entries");
    free(path);
}

Test(evidence, every_changed_byte_of_a_receipt_is_rejected)
{
    for (size_t i = 0; i < c.receipt.len; i++) {
        c.receipt.data[i] ^= 1;
        verify(view_of(c.receipt), NULL);
        cr_assert_neq(report.code, CLV_OK, "byte %zu", i);
        c.receipt.data[i] ^= 1;
    }
}

Test(evidence, codes_and_slips)
{
    struct clv_codes codes;
    struct clv_slip slip;
    struct clv_evidence_expect expect = {.journal_dir = c.dir};
    char scanned[8192] = "", text[CLV_SLIP_TEXT];
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), SERIAL, &codes, &err), CLV_OK);
    for (size_t i = codes.num; i-- > 0;) {
        strcat(scanned, codes.text[i]);
        strcat(scanned, "\n");
    }
    cr_assert_eq(verify(clv_view_of(scanned, strlen(scanned)), &expect), CLV_EVIDENCE_CODES);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    expect_text(SERIAL);
    verify(clv_view_of(codes.text[0], strlen(codes.text[0])), NULL);
    cr_assert_eq(report.code, CLV_E_MISSING);
    expect_text("is missing");

    cr_assert_eq(clv_slip_of(c.journal, "TURN", &slip, &err), CLV_OK);
    cr_assert_eq(clv_slip_format(&slip, text, &err), CLV_OK);
    cr_assert_eq(verify(clv_view_of(text, strlen(text)), NULL), CLV_EVIDENCE_SLIP);
    cr_assert_eq(report.code, CLV_OK);
    expect_text("not signed");
    verify(clv_view_of(text, strlen(text)), &expect);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    slip.size = 99;
    cr_assert_eq(clv_slip_format(&slip, text, &err), CLV_OK);
    verify(clv_view_of(text, strlen(text)), &expect);
    cr_assert_eq(report.code, CLV_E_DAMAGED);
    expect_text("rolled back");
}

Test(evidence, a_receipt_against_another_journal)
{
    struct ceremony other = ceremony_new(ID, true);
    struct clv_evidence_expect expect = {.journal_dir = other.dir};
    verify(view_of(c.receipt), &expect);
    cr_assert_eq(report.code, CLV_E_FOREIGN, "%s", report.verdict);
    ceremony_free(&other);
}

Test(evidence, a_bare_checkpoint)
{
    struct clv_view note = clv_journal_note(c.journal);
    struct clv_evidence_expect expect = {.key = clv_journal_key(c.journal)};
    cr_assert_eq(verify(note, NULL), CLV_EVIDENCE_CHECKPOINT);
    cr_assert_eq(report.code, CLV_E_MISSING, "nothing to check the signature with");
    verify(note, &expect);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    expect = (struct clv_evidence_expect){.journal_dir = c.dir};
    verify(note, &expect);
    cr_assert_eq(report.code, CLV_OK, "%s", report.verdict);
    struct ceremony other = ceremony_new(ID, true);
    expect = (struct clv_evidence_expect){.key = clv_journal_key(other.journal)};
    verify(note, &expect);
    cr_assert_eq(report.code, CLV_E_FOREIGN);
    ceremony_free(&other);
}

Test(evidence, anything_else_is_named_as_such)
{
    static const char *const things[] = {"", "hello\n", "%PDF-1.5\n", "\177ELF"};
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        cr_assert_eq(verify(clv_view_of(things[i], strlen(things[i])), NULL), CLV_EVIDENCE_UNKNOWN);
        cr_assert_eq(report.code, CLV_E_FORMAT);
    }
}

Test(evidence, entries_as_lines)
{
    static const struct {
        const char *entry, *want;
    } cases[] = {
        {"{\"a\":1,\"b\":\"x\"}", "  a                       1\n  b                       x\n"},
        {"{\"a\":{\"b\":[true,null]}}",
         "  a.b.1                   true\n  a.b.2                   null\n"},
        {"{\"a\":\"\\u001b[2J\"}", "  a                       \"\\u001B[2J\"\n"},
        {"{\"a\":\"\\u202e\"}", "  a                       \"\\u202E\"\n"},
        {"not json", "  not json\n"},
        {"[1,2]", "  [1,2]\n"},
        {"{\"a\":1,\"a\":2}", "  {\"a\":1,\"a\":2}\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = NULL;
        cr_assert_eq(
            clv_entry_text(clv_view_of(cases[i].entry, strlen(cases[i].entry)), &text, &err),
            CLV_OK);
        cr_assert_str_eq(text, cases[i].want);
        free(text);
    }
}
