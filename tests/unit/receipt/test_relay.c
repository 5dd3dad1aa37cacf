/* Checkpoints and cosignatures as codes and rows: there and back, misread, mistyped, mixed up. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"

static struct clv_error err;

static struct clv_view text_view(const char *text)
{
    return clv_view_of(text, strlen(text));
}

static struct text request_of(const struct ceremony *c, uint64_t old_size)
{
    struct clv_writer w = {0};
    struct text t = {0};
    clv_writer_init(&w);
    cr_assert_eq(clv_journal_cosign_request(c->journal, old_size, &w, &err), CLV_OK, "%s",
                 err.fact);
    cr_assert_eq(clv_writer_detach(&w, &t.data, &t.len, NULL), CLV_OK);
    return t;
}

static struct clv_relay_codes codes_of(const struct ceremony *c, uint64_t old_size)
{
    struct clv_relay_codes codes;
    struct text t = request_of(c, old_size);
    cr_assert_eq(clv_relay_request_codes(view_of(t), clv_journal_key(c->journal), &codes, &err),
                 CLV_OK, "%s", err.fact);
    free(t.data);
    return codes;
}

static clv_status read_back(const char *scanned, struct text *ret, struct clv_vkey *key)
{
    err = (struct clv_error){0};
    return clv_relay_request_read(text_view(scanned), &ret->data, &ret->len, key, &err);
}

static void join_lines(const struct clv_relay_codes *codes, const char *end, char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t i = 0; i < codes->num; i++) {
        size_t len = strlen(out);
        snprintf(out + len, cap - len, "%s%s", codes->text[codes->num - 1 - i], end);
    }
}

Test(relay, a_request_comes_back_byte_for_byte)
{
    static const char *const ends[] = {"\n", "\r\n", "\n\n", " \n"};
    struct ceremony c = ceremony_new(ID, true);
    for (uint64_t old = 0; old <= NUM_ENTRIES; old++) {
        struct clv_relay_codes codes = codes_of(&c, old);
        struct text request = request_of(&c, old);
        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
            struct text back = {0};
            struct clv_vkey key;
            char scanned[4096];
            join_lines(&codes, ends[i], scanned, sizeof scanned);
            cr_assert_eq(read_back(scanned, &back, &key), CLV_OK, "%s", err.fact);
            cr_assert(clv_view_equal(view_of(back), view_of(request)));
            cr_assert(clv_vkey_equal(&key, clv_journal_key(c.journal)));
            free(back.data);
        }
        free(request.data);
    }
    ceremony_free(&c);
}

Test(relay, every_code_fits_the_smallest_screen)
{
    struct ceremony c = ceremony_new(ID, true);
    struct clv_relay_codes codes = codes_of(&c, 5);
    cr_assert_geq(codes.num, 2);
    for (size_t i = 0; i < codes.num; i++) {
        struct clv_qr *qr = NULL;
        cr_assert_eq(clv_qr_new(codes.text[i], CLV_QR_L, 5, &qr, &err), CLV_OK, "%s", err.fact);
        clv_qr_free(&qr);
    }
    ceremony_free(&c);
}

Test(relay, every_change_of_a_code_is_noticed)
{
    struct ceremony c = ceremony_new(ID, true);
    struct clv_relay_codes codes = codes_of(&c, 0);
    struct text back = {0};
    struct clv_vkey key;
    char scanned[4096];
    join_lines(&codes, "\n", scanned, sizeof scanned);
    size_t len = strlen(scanned);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        char was = scanned[bit / 8];
        scanned[bit / 8] = (char)(was ^ (1 << bit % 8));
        bool only_case = toupper(scanned[bit / 8]) == toupper(was);
        if (scanned[bit / 8] == '\0') {
            scanned[bit / 8] = was;
            continue;
        }
        clv_status status = read_back(scanned, &back, &key);
        cr_assert(status != CLV_OK || only_case, "bit %zu", bit);
        if (status == CLV_OK)
            free(back.data);
        scanned[bit / 8] = was;
    }
    for (size_t cut = 0; cut + 1 < len; cut++) {
        char was = scanned[cut];
        scanned[cut] = '\0';
        cr_assert_neq(read_back(scanned, &back, &key), CLV_OK, "cut at %zu", cut);
        scanned[cut] = was;
    }
    ceremony_free(&c);
}

Test(relay, what_is_missing_or_mixed_up_is_named)
{
    struct ceremony c = ceremony_new(ID, true), other = ceremony_new("CLV-OTHER", true);
    struct clv_relay_codes codes = codes_of(&c, 0), foreign = codes_of(&other, 0);
    struct text back = {0};
    struct clv_vkey key;
    char scanned[4096];
    cr_assert_eq(read_back(codes.text[0], &back, &key), CLV_E_MISSING);
    cr_assert(strstr(err.fact, "code 2 of 2"), "%s", err.fact);
    snprintf(scanned, sizeof scanned, "%s\n%s\n", codes.text[0], foreign.text[1]);
    cr_assert_eq(read_back(scanned, &back, &key), CLV_E_FOREIGN);
    snprintf(scanned, sizeof scanned, "%s\nhello\n%s\n", codes.text[0], codes.text[1]);
    cr_assert_eq(read_back(scanned, &back, &key), CLV_E_FORMAT);
    cr_assert_eq(read_back("", &back, &key), CLV_E_FORMAT);
    ceremony_free(&c);
    ceremony_free(&other);
}

Test(relay, a_request_of_somebody_else_is_not_put_into_codes)
{
    struct ceremony c = ceremony_new(ID, true), other = ceremony_new("CLV-OTHER", true);
    struct text t = request_of(&c, 0);
    struct clv_relay_codes codes;
    cr_assert_eq(clv_relay_request_codes(view_of(t), clv_journal_key(other.journal), &codes, NULL),
                 CLV_E_FOREIGN);
    cr_assert_eq(
        clv_relay_request_codes(text_view("old 0\n"), clv_journal_key(c.journal), &codes, NULL),
        CLV_E_FORMAT);
    free(t.data);
    ceremony_free(&c);
    ceremony_free(&other);
}

/* ---- the cosignature ------------------------------------------------------------------------- */

static struct clv_relayed sample(void)
{
    struct clv_relayed r = {.size = 57};
    r.cosignature.id = 0x8d66cf3f;
    r.cosignature.time = 1795424400;
    for (size_t i = 0; i < sizeof r.cosignature.signature; i++)
        r.cosignature.signature[i] = (uint8_t)(37 * i + 11);
    return r;
}

static clv_status read_cosignature(const char *text)
{
    struct clv_relayed back = {0}, want = sample();
    err = (struct clv_error){0};
    clv_status status = clv_relay_cosignature_read(text_view(text), &back, &err);
    if (status != CLV_OK)
        return status;
    bool same = back.size == want.size && back.cosignature.id == want.cosignature.id &&
                back.cosignature.time == want.cosignature.time &&
                memcmp(back.cosignature.signature, want.cosignature.signature,
                       sizeof want.cosignature.signature) == 0;
    return same ? CLV_OK : CLV_E_MISMATCH;
}

Test(relay, a_cosignature_comes_back_from_its_code)
{
    struct clv_relayed r = sample();
    char code[CLV_RELAY_CODE], text[CLV_RELAY_CODE + 20];
    struct clv_qr *qr = NULL;
    clv_relay_cosignature_code(&r, code);
    cr_assert_eq(read_cosignature(code), CLV_OK, "%s", err.fact);
    snprintf(text, sizeof text, "QR-Code:%s\r\n", code);
    cr_assert_eq(read_cosignature(text), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_qr_new(code, CLV_QR_L, 5, &qr, &err), CLV_OK, "%s", err.fact);
    clv_qr_free(&qr);
    for (size_t i = 0; code[i]; i++) {
        char was = code[i];
        code[i] = was == 'A' ? 'B' : 'A';
        cr_assert_neq(read_cosignature(code), CLV_OK, "character %zu", i);
        code[i] = was;
    }
    for (size_t len = strlen(code); len-- > 0;) {
        code[len] = '\0';
        cr_assert_neq(read_cosignature(code), CLV_OK, "cut at %zu", len);
    }
}

static void rows_text(char out[1024], void (*change)(char *text))
{
    struct clv_relayed r = sample();
    char rows[CLV_RELAY_ROWS][CLV_RELAY_ROW];
    clv_relay_cosignature_rows(&r, rows);
    out[0] = '\0';
    for (size_t i = 0; i < CLV_RELAY_ROWS; i++) {
        size_t len = strlen(out);
        snprintf(out + len, 1024 - len, "%s\n", rows[i]);
    }
    if (change)
        change(out);
}

static void as_people_type(char *text)
{
    for (; *text; text++) {
        *text = (char)tolower(*text);
        if (*text == '1' || *text == '0')
            *text = *text == '1' ? 'i' : 'o';
    }
}

Test(relay, a_cosignature_is_typed_row_by_row)
{
    char text[1024];
    rows_text(text, NULL);
    cr_assert_eq(read_cosignature(text), CLV_OK, "%s", err.fact);
    rows_text(text, as_people_type);
    cr_assert_eq(read_cosignature(text), CLV_OK, "%s", err.fact);
    *strchr(text, '\n') = '\0';
    cr_assert_eq(read_cosignature(text), CLV_E_MISSING);
    cr_assert(strstr(err.fact, "row 2, 3, 4, 5, 6, 7, 8"), "%s", err.fact);
}

/* As `claviger cosign` prints it: words, line, code, rows. The first line that is one decides. */
Test(relay, a_cosignature_is_found_in_what_was_printed)
{
    struct clv_relayed r = sample(), back;
    struct clv_vkey witness;
    struct clv_writer line = {0};
    char rows[1024], code[CLV_RELAY_CODE], text[3000];
    const uint8_t key[32] = {1};
    cr_assert_eq(clv_cosigner_init(&witness, "example.org/wen", key, &err), CLV_OK);
    clv_writer_init(&line);
    clv_cosignature_write(&r.cosignature, &witness, &line);
    clv_relay_cosignature_code(&r, code);
    rows_text(rows, NULL);
    snprintf(text, sizeof text, "Cosigned.\n\n%s\n%s", code, rows);
    cr_assert_eq(read_cosignature(text), CLV_OK, "%s", err.fact);
    snprintf(text, sizeof text, "Cosigned.\n  %.*s", (int)line.len - 1, (const char *)line.data);
    cr_assert_eq(clv_relay_cosignature_read(text_view(text), &back, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(back.cosignature.id, witness.id);
    cr_assert_arr_eq(back.cosignature.signature, r.cosignature.signature, 64);
    cr_assert_eq(back.size, 0);
    snprintf(text, sizeof text, "\u2014 example.org/wen AAAA\n%s\n", code);
    cr_assert_eq(read_cosignature(text), CLV_E_FORMAT);
    snprintf(text, sizeof text, "Cosigned.\n%s", rows);
    cr_assert_eq(read_cosignature(text), CLV_E_FORMAT);
    clv_writer_clear(&line);
}

/* Two check characters of 32: one in 1024 mistakes of the worst kind goes unnoticed in a row, and
 * is found by the signature. */
Test(relay, a_mistyped_row_is_named)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRSTUVWX";
    char rows[CLV_RELAY_ROWS][CLV_RELAY_ROW];
    struct clv_relayed r = sample();
    unsigned num_missed = 0, num = 0;
    clv_relay_cosignature_rows(&r, rows);
    for (unsigned i = 0; i < CLV_RELAY_ROWS; i++) {
        cr_assert_eq(read_cosignature(rows[i]), CLV_E_MISSING);
        cr_assert_null(strchr(err.fact, (char)('1' + i)), "%s", err.fact);
        for (size_t k = 1; rows[i][k]; k++)
            for (const char *a = alphabet; *a && rows[i][k] != ' '; a++) {
                char was = rows[i][k];
                rows[i][k] = *a;
                num += *a != was;
                num_missed += *a != was && read_cosignature(rows[i]) == CLV_E_MISSING;
                rows[i][k] = was;
            }
        rows[i][4] = rows[i][4] == 'A' ? 'B' : 'A';
        if (read_cosignature(rows[i]) != CLV_E_MISSING) {
            char want[16];
            snprintf(want, sizeof want, "row %u", i + 1);
            cr_assert(strstr(err.fact, want), "%s", err.fact);
        }
    }
    cr_assert_gt(num, 4000);
    cr_assert_lt(num_missed * 300, num, "%u of %u", num_missed, num);
    cr_assert_eq(read_cosignature("9 AAAA AAAA AAAA AAAA AA"), CLV_E_FORMAT);
    cr_assert_eq(read_cosignature("1 AAAA"), CLV_E_FORMAT);
}

/* The witness's program was started again between two rows: what it shows now is typed. One row is
 * typed many times, with many blanks, and one wrongly. */
Test(relay, rows_of_another_cosignature_begin_anew)
{
    char rows[CLV_RELAY_ROWS][CLV_RELAY_ROW], wide[240 + sizeof rows];
    struct clv_relayed before = sample(), now = sample(), back;
    struct clv_writer typed = {0};
    before.cosignature.signature[0] ^= 1; /* in row 2 */
    clv_writer_init(&typed);
    clv_relay_cosignature_rows(&before, rows);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(clv_relay_cosignature_more(&typed, rows[i], &back, &err), CLV_E_MISSING);
    clv_relay_cosignature_rows(&now, rows);
    cr_assert_eq(clv_relay_cosignature_more(&typed, rows[1], &back, &err), CLV_E_MISSING);
    cr_assert(strstr(err.fact, "another cosignature"), "%s", err.fact);
    snprintf(wide, sizeof wide, "%240s%s", "", rows[1]);
    for (size_t i = 0; i < 50; i++)
        cr_assert_eq(clv_relay_cosignature_more(&typed, wide, &back, &err), CLV_E_MISSING);
    cr_assert(strstr(err.fact, "row 1, 3, 4, 5, 6, 7, 8"), "%s", err.fact);
    cr_assert_eq(clv_relay_cosignature_more(&typed, "3 AAAA", &back, &err), CLV_E_FORMAT);
    cr_assert_eq(clv_relay_cosignature_more(&typed, "", &back, &err), CLV_E_MISSING);
    for (size_t i = CLV_RELAY_ROWS; i-- > 1;)
        cr_assert_eq(clv_relay_cosignature_more(&typed, rows[i], &back, &err), CLV_E_MISSING);
    cr_assert_eq(clv_relay_cosignature_more(&typed, rows[0], &back, &err), CLV_OK, "%s", err.fact);
    cr_assert_arr_eq(back.cosignature.signature, now.cosignature.signature, 64);
    clv_writer_clear(&typed);
}

Test(relay, there_is_one_spelling_of_bytes)
{
    struct clv_relay_codes codes;
    struct ceremony c = ceremony_new(ID, false);
    codes = codes_of(&c, 0);
    cr_assert(clv_relay_is_request(text_view(codes.text[0])));
    cr_assert_not(clv_relay_is_cosignature(text_view(codes.text[0])));
    cr_assert_null(strpbrk(codes.text[0], "IOYZ:-+*$% "));
    ceremony_free(&c);
}
