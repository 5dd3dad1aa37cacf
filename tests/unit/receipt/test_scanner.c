/* Scanners that type: every kind of code, from every usual layout to every other one. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ceremony.h"
#include "scanner.h"

static struct ceremony c;
static struct clv_error err;

static void setup(void)
{
    c = ceremony_new(ID, true);
}

static void teardown(void)
{
    ceremony_free(&c);
}

TestSuite(scanner, .init = setup, .fini = teardown);

static struct clv_view text_view(const char *text)
{
    return clv_view_of(text, strlen(text));
}

/* ---- each kind: its codes, and what reading them gives --------------------------------------- */

struct printed {
    size_t num;
    char text[CLV_CODES_MAX][CLV_CODE_TEXT];
};

static struct printed print_receipt(void)
{
    struct clv_codes codes;
    struct printed p = {0};
    cr_assert_eq(clv_receipt_codes(view_of(c.receipt), SERIAL, &codes, &err), CLV_OK);
    p.num = codes.num;
    memcpy(p.text, codes.text, sizeof p.text);
    return p;
}

static clv_status read_receipt(const char *scanned)
{
    struct text again = {0};
    clv_status status =
        clv_receipt_from_codes(text_view(scanned), &again.data, &again.len, NULL, &err);
    cr_assert(status != CLV_OK || clv_view_equal(view_of(again), view_of(c.receipt)));
    free(again.data);
    return status;
}

static struct printed print_slip(void)
{
    struct clv_slip slip;
    struct printed p = {.num = 1};
    cr_assert_eq(clv_slip_of(c.journal, "CLOSE", &slip, &err), CLV_OK);
    cr_assert_eq(clv_slip_format(&slip, p.text[0], &err), CLV_OK);
    return p;
}

static clv_status read_slip(const char *scanned)
{
    struct clv_slip slip;
    clv_status status = clv_slip_parse(text_view(scanned), &slip, &err);
    return status == CLV_OK ? clv_slip_check(&slip, c.journal, &err) : status;
}

static struct clv_view request_of(struct clv_writer *w)
{
    clv_writer_init(w);
    cr_assert_eq(clv_journal_cosign_request(c.journal, 3, w, &err), CLV_OK, "%s", err.fact);
    return clv_writer_view(w);
}

static struct printed print_request(void)
{
    struct clv_relay_codes codes;
    struct clv_writer w = {0};
    struct printed p = {0};
    cr_assert_eq(clv_relay_request_codes(request_of(&w), clv_journal_key(c.journal), &codes, &err),
                 CLV_OK);
    cr_assert_leq(codes.num, CLV_CODES_MAX);
    for (p.num = 0; p.num < codes.num; p.num++)
        snprintf(p.text[p.num], CLV_CODE_TEXT, "%s", codes.text[p.num]);
    clv_writer_clear(&w);
    return p;
}

static clv_status read_request(const char *scanned)
{
    struct text again = {0};
    struct clv_vkey key;
    struct clv_writer w = {0};
    clv_status status =
        clv_relay_request_read(text_view(scanned), &again.data, &again.len, &key, &err);
    cr_assert(status != CLV_OK || clv_view_equal(view_of(again), request_of(&w)));
    clv_writer_clear(&w);
    free(again.data);
    return status;
}

static struct clv_relayed cosignature(void)
{
    struct clv_relayed r = {.size = 57, .cosignature = {.id = 0x542ae975, .time = 1795425164}};
    for (size_t i = 0; i < sizeof r.cosignature.signature; i++)
        r.cosignature.signature[i] = (uint8_t)(7 * i);
    return r;
}

static struct printed print_cosignature(void)
{
    struct clv_relayed r = cosignature();
    struct printed p = {.num = 1};
    clv_relay_cosignature_code(&r, p.text[0]);
    return p;
}

static clv_status read_cosignature(const char *scanned)
{
    struct clv_relayed r = cosignature(), again;
    clv_status status = clv_relay_cosignature_read(text_view(scanned), &again, &err);
    cr_assert(status != CLV_OK ||
              (again.size == r.size && again.cosignature.id == r.cosignature.id &&
               again.cosignature.time == r.cosignature.time));
    if (status == CLV_OK)
        cr_assert_arr_eq(again.cosignature.signature, r.cosignature.signature,
                         sizeof r.cosignature.signature);
    return status;
}

static const struct kind {
    const char *word;
    struct printed (*print)(void);
    clv_status (*read)(const char *scanned);
} kinds[] = {
    {"CLV1R.", print_receipt, read_receipt},
    {"CLV1S.", print_slip, read_slip},
    {"CLV1C.", print_request, read_request},
    {"CLV1W.", print_cosignature, read_cosignature},
};
#define NUM_KINDS (sizeof kinds / sizeof *kinds)

/* ---- typed ----------------------------------------------------------------------------------- */

static clv_status scan(const struct kind *kind, const struct layout *scanner,
                       const struct layout *computer, bool caps_lock, const char *before,
                       const char *behind)
{
    struct printed p = kind->print();
    struct clv_writer w = {0};
    clv_writer_init(&w);
    for (size_t i = 0; i < p.num; i++) {
        cr_assert_eq(strncmp(p.text[i], kind->word, strlen(kind->word)), 0);
        char *arrived = scanner_types(p.text[i], scanner, computer, caps_lock);
        clv_write_format(&w, "%s%s%s", before, arrived, behind);
        free(arrived);
    }
    clv_write_u8(&w, 0);
    err = (struct clv_error){0};
    clv_status status = kind->read((const char *)w.data);
    clv_writer_clear(&w);
    return status;
}

Test(scanner, every_code_arrives_whole_between_usual_keyboards)
{
    for (size_t i = 0; i < NUM_KINDS; i++)
        for (const struct layout *from = usual_layouts; from->name; from++)
            for (const struct layout *to = usual_layouts; to->name; to++)
                for (int caps_lock = 0; caps_lock <= 1; caps_lock++)
                    cr_assert_eq(scan(&kinds[i], from, to, caps_lock, "", "\n"), CLV_OK,
                                 "%s from %s to %s, Caps Lock %d: %s", kinds[i].word, from->name,
                                 to->name, caps_lock, err.fact);
}

Test(scanner, with_what_scanners_send_before_and_behind)
{
    static const char *const around[][2] = {
        {"", "\n"}, {"", "\r\n"}, {"\t", "\n"}, {"", "\t\n"}, {"\t", "\t\r\n"}, {" ", " \n"},
    };
    for (size_t i = 0; i < NUM_KINDS; i++)
        for (size_t k = 0; k < sizeof around / sizeof *around; k++)
            cr_assert_eq(scan(&kinds[i], &usual_layouts[0], &usual_layouts[0], false, around[k][0],
                              around[k][1]),
                         CLV_OK, "%s in way %zu: %s", kinds[i].word, k, err.fact);
}

Test(scanner, what_was_typed_for_another_keyboard_is_refused_with_the_reason)
{
    for (size_t i = 0; i < NUM_KINDS; i++)
        for (const struct layout *to = other_layouts; to->name; to++)
            for (int caps_lock = 0; caps_lock <= 1; caps_lock++) {
                cr_assert_eq(scan(&kinds[i], &usual_layouts[0], to, caps_lock, "", "\n"),
                             CLV_E_FORMAT, "%s to %s", kinds[i].word, to->name);
                cr_assert(strstr(err.fact, "for another keyboard"), "%s to %s: %s", kinds[i].word,
                          to->name, err.fact);
            }
}

/* The tables can fail: neither Y nor Z nor a hyphen comes through. */
Test(scanner, other_characters_do_not_arrive)
{
    char *arrived = scanner_types("ZY", &usual_layouts[0], &usual_layouts[2], false);
    cr_assert_str_eq(arrived, "YZ");
    free(arrived);
    arrived = scanner_types("A-B.1", &usual_layouts[0], &usual_layouts[2], true);
    cr_assert_str_eq(arrived, "aßb.1");
    free(arrived);
    arrived = scanner_types("CLV1M.", &usual_layouts[0], &other_layouts[0], false);
    cr_assert_str_eq(arrived, "CLV&,:");
    free(arrived);
}
