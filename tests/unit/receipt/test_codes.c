/* Receipts and slips as the text of codes: any order, doubled, missing, mixed, misread. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"
#include "src/receipt/internal.h"

static struct ceremony c;
static struct clv_codes codes;
static struct clv_error err;
static char scanned[16384];

static void setup(void)
{
    c = ceremony_new(ID, true);
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), SERIAL, &codes, &err), CLV_OK, "%s",
                 err.fact);
}

static void teardown(void)
{
    ceremony_free(&c);
}

TestSuite(codes, .init = setup, .fini = teardown);

static void scan(const char *text, const char *end)
{
    strcat(scanned, text);
    strcat(scanned, end);
}

static clv_status join(void)
{
    struct text out = {0};
    char serial[CLV_SERIAL_MAX + 1];
    err = (struct clv_error){0};
    clv_status status = clv_receipt_from_codes(clv_view_of(scanned, strlen(scanned)), &out.data,
                                               &out.len, serial, &err);
    if (status == CLV_OK) {
        cr_assert_eq(out.len, c.receipt.len);
        cr_assert_arr_eq(out.data, c.receipt.data, out.len);
        cr_assert_str_eq(serial, SERIAL);
    }
    free(out.data);
    scanned[0] = '\0';
    return status;
}

Test(codes, come_back_as_exactly_the_same_file)
{
    cr_assert_geq(codes.num, 2);
    for (size_t i = 0; i < codes.num; i++) {
        struct clv_qr *qr = NULL;
        cr_assert_eq(clv_qr_new(codes.text[i], CLV_QR_Q, 20, &qr, &err), CLV_OK, "%s", err.fact);
        clv_qr_free(&qr);
        scan(codes.text[i], "\n");
    }
    cr_assert_eq(join(), CLV_OK, "%s", err.fact);
}

Test(codes, in_any_order_doubled_with_any_line_ends_and_slips_between)
{
    struct clv_slip slip;
    char text[CLV_SLIP_TEXT];
    cr_assert_eq(clv_slip_of(c.journal, "TURN", &slip, &err), CLV_OK);
    cr_assert_eq(clv_slip_format(&slip, text, &err), CLV_OK);
    scan("\r\n", "");
    for (size_t i = codes.num; i-- > 0;) {
        scan("QR-Code:", codes.text[i]);
        scan("\r\n", text);
        scan("\n  ", codes.text[i]);
        scan("", i ? "\r\n" : "");
    }
    cr_assert_eq(join(), CLV_OK, "%s", err.fact);
}

Test(codes, with_nothing_between_them)
{
    struct clv_slip slip;
    char text[CLV_SLIP_TEXT];
    cr_assert_eq(clv_slip_of(c.journal, "TURN", &slip, &err), CLV_OK);
    cr_assert_eq(clv_slip_format(&slip, text, &err), CLV_OK);
    scan(text, "");
    for (size_t i = codes.num; i-- > 0;)
        scan(codes.text[i], i == 1 ? text : "");
    cr_assert_eq(join(), CLV_OK, "%s", err.fact);
    for (size_t i = 0; i < codes.num; i++)
        scan("QR-Code:", codes.text[i]);
    cr_assert_eq(join(), CLV_OK, "%s", err.fact);
    for (size_t i = 0; i < codes.num; i++)
        scan(codes.text[i], i ? "0" : "");
    cr_assert_eq(join(), CLV_E_FORMAT, "a character that belongs to no code");
}

Test(codes, a_missing_one_is_named)
{
    for (size_t missing = 0; missing < codes.num; missing++) {
        char want[64];
        for (size_t i = 0; i < codes.num; i++)
            if (i != missing)
                scan(codes.text[i], "\n");
        cr_assert_eq(join(), CLV_E_MISSING);
        snprintf(want, sizeof want, "code %zu is missing", missing + 1);
        cr_assert_not_null(strstr(err.fact, want), "%s", err.fact);
        cr_assert_not_null(strstr(err.fact, SERIAL), "%s", err.fact);
    }
}

Test(codes, of_two_receipts_do_not_mix)
{
    struct clv_codes second;
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), "7F3A-04", &second, &err), CLV_OK);
    scan(codes.text[0], "\n");
    scan(second.text[1], "\n");
    cr_assert_eq(join(), CLV_E_FOREIGN);
    cr_assert_not_null(strstr(err.fact, "7F3A-03 and 7F3A-04"), "%s", err.fact);

    struct ceremony other = ceremony_new("CLV-20261124-0001", true);
    cr_assert_eq(clv_receipt_codes(view_of(other.receipt), SERIAL, &second, &err), CLV_OK);
    scan(codes.text[0], "\n");
    scan(second.text[1], "\n");
    cr_assert_eq(join(), CLV_E_FOREIGN);
    cr_assert_not_null(strstr(err.fact, "two ceremonies"), "%s", err.fact);
    ceremony_free(&other);

    other = ceremony_new(ID, true);
    cr_assert_eq(clv_receipt_codes(view_of(other.receipt), SERIAL, &second, &err), CLV_OK);
    scan(codes.text[0], "\n");
    scan(second.text[1], "\n");
    cr_assert_eq(join(), CLV_E_FOREIGN);
    cr_assert_not_null(strstr(err.fact, "different prints"), "%s", err.fact);
    ceremony_free(&other);
}

Test(codes, every_changed_character_is_noticed)
{
    for (size_t k = 0; k < codes.num; k++) {
        for (size_t at = 0; at < strlen(codes.text[k]); at++) {
            char *ch = &codes.text[k][at], old = *ch;
            *ch = old == 'A' ? 'B' : 'A';
            for (size_t i = 0; i < codes.num; i++)
                scan(codes.text[i], "\n");
            cr_assert_eq(join(), CLV_E_FORMAT, "code %zu character %zu", k, at);
            *ch = old;
        }
    }
}

Test(codes, every_shortened_code_is_noticed)
{
    for (size_t len = strlen(codes.text[0]) - 1; len > 0; len--) {
        codes.text[0][len] = '\0';
        for (size_t i = 0; i < codes.num; i++)
            scan(codes.text[i], "\n");
        cr_assert_eq(join(), CLV_E_FORMAT, "%zu", len);
    }
}

Test(codes, relabelled_with_good_check_values_are_noticed)
{
    for (size_t i = 0; i < codes.num; i++) {
        memcpy(strstr(codes.text[i], "20261123"), "20261124", 8);
        strrchr(codes.text[i], '.')[1] = '\0';
        code_close(&code_receipt, codes.text[i]);
        scan(codes.text[i], "\n");
    }
    cr_assert_eq(join(), CLV_E_FOREIGN);
}

Test(codes, rubbish)
{
    static const char *const bad[] = {"",
                                      "\n\n",
                                      "hello\n",
                                      "CLV1R.\n",
                                      "CLV1R.......\n",
                                      "CLV1R.A.B.1.1.C.D.E\n",
                                      "CLV1S.only a slip\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        scan(bad[i], "");
        cr_assert_eq(join(), CLV_E_FORMAT, "%zu", i);
    }
}

Test(codes, a_serial_that_does_not_fit_is_refused)
{
    static const char *const bad[] = {"", "7f3a-03", "7F3A:03", "12345678901234567", "7F3A 03"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(clv_receipt_codes(view_of(c.receipt), bad[i], &codes, &err), CLV_E_INPUT);
}

Test(codes, of_the_longest_entry)
{
    char entry[CLV_JOURNAL_ENTRY_MAX + 1];
    struct text r = {0};
    memset(entry, 'x', CLV_JOURNAL_ENTRY_MAX);
    entry[CLV_JOURNAL_ENTRY_MAX] = '\0';
    ceremony_append(&c, entry);
    cr_assert_eq(clv_journal_checkpoint(c.journal, &err), CLV_OK);
    cr_assert_eq(clv_receipt_encode(c.journal, NUM_ENTRIES, &r.data, &r.len, &err), CLV_OK);
    cr_assert_eq(clv_receipt_codes(view_of(r), SERIAL, &codes, &err), CLV_OK, "%s", err.fact);
    cr_assert_leq(codes.num, CLV_CODES_MAX);
    free(r.data);
}

/* ---- words ----------------------------------------------------------------------------------- */

Test(codes, words_come_back_in_characters_that_keyboards_agree_on)
{
    static const struct {
        const char *word, *spelled;
    } cases[] = {{"CLV-20261123-7F3A", "CLVX20261123X7F3A"},
                 {"CLOSE", "CLOSE"},
                 {"-", "X"},
                 {"WXYZ-", "W0W1W2W3X"},
                 {"TIMOTHY-ZW", "TIMOTHW2XW3W0"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64], word[33];
        code_word(cases[i].word, text);
        cr_assert_str_eq(text, cases[i].spelled);
        cr_assert(code_unword(clv_view_of(text, strlen(text)), strlen(cases[i].word), word));
        cr_assert_str_eq(word, cases[i].word);
        cr_assert_not(code_unword(clv_view_of(text, strlen(text)), strlen(word) - 1, text));
    }
}

Test(codes, words_have_one_spelling)
{
    static const char *const bad[] = {"", "W", "AW", "W4", "WW", "WX", "A-B", "Y", "Z", "a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char word[33];
        cr_assert_not(code_unword(clv_view_of(bad[i], strlen(bad[i])), 32, word), "%zu", i);
    }
}

Test(codes, of_a_ceremony_whose_id_needs_most_characters)
{
    static const char id[] = "WXYZWXYZWXYZWXYZWXYZWXYZWXYZWXYZ", serial[] = "ZZZZZZZZZZZZZZZZ";
    struct ceremony other = ceremony_new(id, true);
    uint8_t *text = NULL;
    size_t len = 0;
    char back[CLV_SERIAL_MAX + 1];
    cr_assert_eq(clv_receipt_codes(view_of(other.receipt), serial, &codes, &err), CLV_OK, "%s",
                 err.fact);
    for (size_t i = 0; i < codes.num; i++) {
        struct clv_qr *qr = NULL;
        cr_assert_eq(clv_qr_new(codes.text[i], CLV_QR_Q, CODE_VERSION_MAX, &qr, &err), CLV_OK);
        clv_qr_free(&qr);
        scan(codes.text[i], "\n");
    }
    cr_assert_eq(
        clv_receipt_from_codes(clv_view_of(scanned, strlen(scanned)), &text, &len, back, &err),
        CLV_OK, "%s", err.fact);
    cr_assert(clv_view_equal(clv_view_of(text, len), view_of(other.receipt)));
    cr_assert_str_eq(back, serial);
    free(text);
    ceremony_free(&other);
}

/* ---- slips ----------------------------------------------------------------------------------- */

static struct clv_slip slip;
static char slip_text[CLV_SLIP_TEXT];

static void make_slip(void)
{
    cr_assert_eq(clv_slip_of(c.journal, "CLOSE", &slip, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_slip_format(&slip, slip_text, &err), CLV_OK, "%s", err.fact);
}

Test(codes, a_slip_comes_back_and_fits_a_small_code)
{
    struct clv_slip again = {0};
    struct clv_qr *qr = NULL;
    make_slip();
    cr_assert_eq(clv_qr_new(slip_text, CLV_QR_M, 5, &qr, &err), CLV_OK, "%s", err.fact);
    clv_qr_free(&qr);
    cr_assert_not(strpbrk(slip_text, ":-YZ"));
    cr_assert_eq(clv_slip_parse(clv_view_of(slip_text, strlen(slip_text)), &again, &err), CLV_OK);
    cr_assert_str_eq(again.ceremony_id, ID);
    cr_assert_str_eq(again.kind, "CLOSE");
    cr_assert_eq(again.size, NUM_ENTRIES);
    cr_assert(again.test);
    cr_assert_arr_eq(again.root, slip.root, CLV_HASH_LEN);
    cr_assert_eq(clv_slip_check(&again, c.journal, &err), CLV_OK, "%s", err.fact);
    ceremony_append(&c, "{\"event\":\"later\"}");
    cr_assert_eq(clv_slip_check(&again, c.journal, &err), CLV_OK, "%s", err.fact);
}

Test(codes, every_change_of_a_slip_is_noticed)
{
    make_slip();
    for (size_t at = 0; at < strlen(slip_text); at++) {
        char old = slip_text[at];
        for (int ch = 33; ch < 127; ch++) {
            struct clv_slip again;
            if (ch == old || (ch >= 'a' && ch - 'a' + 'A' == old))
                continue; /* a small letter is the same */
            slip_text[at] = (char)ch;
            cr_assert_eq(clv_slip_parse(clv_view_of(slip_text, strlen(slip_text)), &again, &err),
                         CLV_E_FORMAT, "character %zu as %c", at, ch);
        }
        slip_text[at] = old;
        struct clv_slip again;
        cr_assert_eq(clv_slip_parse(clv_view_of(slip_text, at), &again, &err), CLV_E_FORMAT);
    }
}

Test(codes, a_slip_of_another_journal_or_of_a_longer_one_does_not_agree)
{
    make_slip();
    struct ceremony other = ceremony_new(ID, true);
    cr_assert_eq(clv_slip_check(&slip, other.journal, &err), CLV_E_FORGED);
    ceremony_free(&other);
    other = ceremony_new(ID, false);
    cr_assert_eq(clv_slip_check(&slip, other.journal, &err), CLV_E_FOREIGN);
    ceremony_free(&other);
    slip.size++;
    cr_assert_eq(clv_slip_check(&slip, c.journal, &err), CLV_E_FORGED);
    cr_assert_not_null(strstr(err.fact, "rolled back"));
    cr_assert_eq(clv_slip_of(c.journal, "close", &slip, &err), CLV_E_INPUT);
    cr_assert_eq(clv_slip_of(c.journal, "", &slip, &err), CLV_E_INPUT);
    cr_assert_eq(clv_slip_of(c.journal, "123456789", &slip, &err), CLV_E_INPUT);
}
