/* Paper: rasterised, read with an independent reader, verified; and the text on it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ceremony.h"

static struct ceremony c;
static struct clv_codes codes;
static struct clv_error err;
static char slip_text[CLV_SLIP_TEXT];

static const struct clv_document_row rows[] = {
    {"Owner", "Lena M\u00fcller-Gro\u00df, \u0141\u00f3d\u017a", false},
    {"Key part", "2 of 3", false},
    {NULL, NULL, false},
    {"Check values", NULL, false},
    {"Verification pattern (EP11-VP)",
     "868b c7a7 e0c1 d758 cf6f 0931 034e 05e4 5498 30ef 5565 7a35 ecd7 1293", true},
    {"Remark",
     "A long remark that goes on for so long that it has to be broken into several lines of the "
     "value column, because otherwise it would run off the right edge of the sheet of paper.",
     false},
};

static const struct clv_document_line lines[] = {
    {"Lena M\u00fcller-Gro\u00df, key-part owner 2", "I made this part alone and sealed it."},
    {"Wen, witness", NULL},
};

static struct clv_document doc;

static void setup(void)
{
    struct clv_slip slip;
    c = ceremony_new(ID, true);
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), SERIAL, &codes, &err), CLV_OK);
    cr_assert_eq(clv_slip_of(c.journal, "PART", &slip, &err), CLV_OK);
    cr_assert_eq(clv_slip_format(&slip, slip_text, &err), CLV_OK);
    doc = (struct clv_document){.kind = "Key-part receipt",
                                .title = "Key part 2 of 3",
                                .serial = SERIAL,
                                .ceremony_id = ID,
                                .test = true,
                                .printed_at = "2026-11-23T09:12:44Z",
                                .rows = rows,
                                .num_rows = sizeof rows / sizeof *rows,
                                .lines = lines,
                                .num_lines = 2,
                                .codes = (const char(*)[CLV_CODE_TEXT])codes.text,
                                .num_codes = codes.num,
                                .slip = slip_text,
                                .footer = "script 9f3a0c11, entry 7, log head 491176b0"};
}

static void teardown(void)
{
    ceremony_free(&c);
}

TestSuite(document, .init = setup, .fini = teardown);

/* The codes of one page, as zbarimg prints them: one a line. */
static void scan_page(const char *stem, unsigned page, struct text *all)
{
    char name[512];
    snprintf(name, sizeof name, "%s-%u.pgm", stem, page);
    struct text out = run((const char *const[]){ZBARIMG, "--nodbus", "-q", "--raw", name, NULL});
    memcpy(all->data + all->len, out.data, out.len);
    all->len += out.len;
    free(out.data);
}

static void expect_receipt_on_paper(const char *path, const char *dpi, unsigned from, unsigned to)
{
    struct text scanned = {.data = calloc(1, 1 << 16)}, again = {0};
    struct clv_receipt_facts facts;
    char *stem = path_in(c.dir, "page");
    free(run((const char *const[]){PDFTOPPM, "-r", dpi, "-gray", path, stem, NULL}).data);
    for (unsigned page = from; page <= to; page++)
        scan_page(stem, page, &scanned);
    cr_assert_eq(clv_receipt_from_codes(view_of(scanned), &again.data, &again.len, NULL, &err),
                 CLV_OK, "%s dpi: %s", dpi, err.fact);
    cr_assert_eq(again.len, c.receipt.len);
    cr_assert_arr_eq(again.data, c.receipt.data, again.len);
    cr_assert_eq(clv_receipt_verify(view_of(again), clv_journal_key(c.journal), &facts, &err),
                 CLV_OK);
    cr_assert_not_null(strstr((char *)scanned.data, slip_text), "the slip is on it too");
    free(scanned.data);
    free(again.data);
    free(stem);
}

static const char *const dpis[] = {"150", "300"};

Test(document, codes_read_back_from_paper_and_verify)
{
    char *path = path_in(c.dir, "receipt.pdf");
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_E_EXISTS);
    for (size_t i = 0; i < 2; i++)
        expect_receipt_on_paper(path, dpis[i], 1, 1);
    free(path);
}

/* Eleven codes: over the edge of the page, all of them still read. */
Test(document, many_codes_go_on_on_the_next_page)
{
    char entry[3000], *path = path_in(c.dir, "receipt.pdf");
    memset(entry, 'e', sizeof entry - 1);
    entry[sizeof entry - 1] = '\0';
    ceremony_append(&c, entry);
    cr_assert_eq(clv_journal_checkpoint(c.journal, &err), CLV_OK);
    free(c.receipt.data);
    cr_assert_eq(clv_receipt_encode(c.journal, NUM_ENTRIES, &c.receipt.data, &c.receipt.len, &err),
                 CLV_OK);
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), SERIAL, &codes, &err), CLV_OK);
    cr_assert_gt(codes.num, 9);
    doc.num_codes = codes.num;
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK, "%s", err.fact);
    for (size_t i = 0; i < 2; i++)
        expect_receipt_on_paper(path, dpis[i], 1, 3);
    free(path);
}

static struct text text_of(const char *path)
{
    return run((const char *const[]){PDFTOTEXT, "-layout", path, "-", NULL});
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

Test(document, facts_and_the_world_are_on_every_page)
{
    char *path = path_in(c.dir, "receipt.pdf");
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK);
    struct text t = text_of(path);
    const char *text = (const char *)t.data;
    cr_assert_not_null(strstr(text, "Lena M\u00fcller-Gro\u00df, \u0141\u00f3d\u017a"), "%s", text);
    cr_assert_not_null(strstr(text, "7a35 ecd7"));
    cr_assert_not_null(strstr(text, "page 1 of 1"));
    cr_assert_eq(count(text, "TEST - NOT A RECORD"), 2);
    cr_assert_eq(count(text, "PRODUCTION"), 0);
    cr_assert_eq(count(text, "log head 491176b0"), 1);
    cr_assert_eq(count(text, SERIAL), 1 + (unsigned)codes.num);
    free(t.data);
    free(path);
}

Test(document, production_says_so)
{
    char *path = path_in(c.dir, "receipt.pdf");
    doc.test = false;
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK);
    struct text t = text_of(path);
    cr_assert_eq(count((char *)t.data, "PRODUCTION"), 2);
    cr_assert_eq(count((char *)t.data, "TEST"), 0);
    free(t.data);
    free(path);
}

Test(document, the_same_document_gives_the_same_bytes)
{
    struct text a = {0}, b = {0};
    cr_assert_eq(clv_document_pdf(&doc, &a.data, &a.len, &err), CLV_OK);
    sleep(1); /* a clock that had any part in it would show */
    cr_assert_eq(clv_document_pdf(&doc, &b.data, &b.len, &err), CLV_OK);
    cr_assert_eq(a.len, b.len);
    cr_assert_arr_eq(a.data, b.data, a.len);
    free(a.data);
    free(b.data);
}

Test(document, is_black_on_white_only)
{
    char *path = path_in(c.dir, "receipt.pdf"), *stem = path_in(c.dir, "mono"), name[512];
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK);
    free(run((const char *const[]){PDFTOPPM, "-r", "300", "-gray", "-aa", "no", "-aaVector", "no",
                                   path, stem, NULL})
             .data);
    snprintf(name, sizeof name, "%s-1.pgm", stem);
    FILE *f = fopen(name, "rb");
    int c1, width, height;
    size_t grey = 0;
    cr_assert_eq(fscanf(f, "P5 %d %d 255", &width, &height), 2);
    cr_assert_eq(fgetc(f), '\n');
    while ((c1 = fgetc(f)) != EOF)
        grey += c1 != 0 && c1 != 255;
    fclose(f);
    cr_assert_eq(grey, 0);
    free(path);
    free(stem);
}

Test(document, many_rows_go_on_over_many_pages_in_both_paper_sizes)
{
    struct clv_document_row many[150];
    char *path = path_in(c.dir, "long.pdf");
    for (size_t i = 0; i < 150; i++)
        many[i] = rows[i % 6];
    doc.rows = many;
    doc.num_rows = 150;
    doc.letter = true;
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK, "%s", err.fact);
    struct text t = text_of(path);
    const char *pages = strstr((char *)t.data, "page 1 of ");
    cr_assert_not_null(pages);
    unsigned num = (unsigned)strtoul(pages + 10, NULL, 10);
    cr_assert_geq(num, 3);
    cr_assert_eq(count((char *)t.data, "TEST - NOT A RECORD"), 2 * num, "top and bottom of each");
    cr_assert_eq(count((char *)t.data, "log head 491176b0"), num);
    cr_assert_eq(count((char *)t.data, "Lena M\u00fcller-Gro\u00df, \u0141"), 25);
    free(t.data);
    free(path);
}

static unsigned num_pages(void)
{
    char *path = path_in(c.dir, "pages.pdf");
    cr_assert_eq(clv_document_write_pdf(&doc, path, &err), CLV_OK, "%s", err.fact);
    struct text t = text_of(path);
    const char *of = strstr((char *)t.data, "page 1 of ");
    cr_assert_not_null(of);
    unsigned num = (unsigned)strtoul(of + 10, NULL, 10);
    free(t.data);
    unlink(path);
    free(path);
    return num;
}

/* Two people sign in the right half of the sheet, whether the slip's code is left or right; a
 * statement needs the whole width. */
Test(document, a_receipt_of_two_people_is_one_sheet)
{
    static const struct clv_document_line two[] = {{"Lena, key-part owner", NULL},
                                                   {"Wen, witness", NULL}};
    struct clv_document_row facts[12];
    char three[3][CLV_CODE_TEXT];
    for (size_t i = 0; i < 12; i++)
        facts[i] = rows[0];
    for (size_t i = 0; i < 3; i++)
        memcpy(three[i], codes.text[0], sizeof(three[i]));
    doc.rows = facts;
    doc.num_rows = 12;
    doc.codes = (const char(*)[CLV_CODE_TEXT])three;
    doc.lines = two;
    for (doc.num_codes = 2; doc.num_codes <= 3; doc.num_codes++)
        cr_assert_eq(num_pages(), 1, "%zu codes", doc.num_codes);
    doc.num_codes = 3;
    doc.lines = lines;
    cr_assert_eq(num_pages(), 2);
}

Test(document, text_that_could_play_tricks_is_refused)
{
    static const char *const bad[] = {"line\nbreak", "escape \x1b[2J", "half \xc3",
                                      "turned \u202e round"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct clv_document_row row = {"Owner", bad[i], false};
        struct text pdf = {0};
        char *text = NULL;
        doc.rows = &row;
        doc.num_rows = 1;
        cr_assert_eq(clv_document_pdf(&doc, &pdf.data, &pdf.len, &err), CLV_E_INPUT, "%zu", i);
        cr_assert_eq(clv_document_text(&doc, &text, &err), CLV_E_INPUT, "%zu", i);
    }
}

Test(document, a_code_that_does_not_fit_is_refused)
{
    struct text pdf = {0};
    memset(codes.text[0], 'A', CLV_CODE_TEXT - 1);
    memset(codes.text[1], 'a', 10);
    cr_assert_neq(clv_document_pdf(&doc, &pdf.data, &pdf.len, &err), CLV_OK);
    cr_assert_null(pdf.data);
}

Test(document, as_plain_text)
{
    char *text = NULL;
    cr_assert_eq(clv_document_text(&doc, &text, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(count(text, "TEST - NOT A RECORD"), 2);
    cr_assert_not_null(strstr(text, "Owner                   Lena M\u00fcller-Gro\u00df"));
    cr_assert_not_null(strstr(text, "Wen, witness"));
    cr_assert_not_null(strstr(text, "log head 491176b0"));
    for (char *at = text, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        cr_assert_not_null(end);
        *end = '\0';
        cr_assert_leq(clv_text_width(at), 78, "%s", at);
    }
    free(text);
}
