/* Signed notes against a published one, and hostile ones. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"

/* The example of the Go package golang.org/x/mod/sumdb/note, where the format comes from. */
static const char published_key[] =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char published_note[] =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/"
    "SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

static struct clv_view text_view(const char *text)
{
    return clv_view_of(text, strlen(text));
}

static clv_status check(struct clv_view data, const struct clv_vkey *key, struct clv_error *err)
{
    struct clv_note note;
    clv_status status = clv_note_parse(data, &note, err);
    return status == CLV_OK ? clv_note_verify(&note, key, err) : status;
}

static struct clv_vkey peter(void)
{
    struct clv_vkey key;
    struct clv_error err = {0};
    cr_assert_eq(clv_vkey_parse(text_view(published_key), &key, &err), CLV_OK, "%s", err.fact);
    return key;
}

Test(note, published_example_verifies)
{
    struct clv_vkey key = peter();
    struct clv_error err = {0};
    char again[CLV_VKEY_TEXT];
    cr_assert_eq(check(text_view(published_note), &key, &err), CLV_OK, "%s", err.fact);
    clv_vkey_format(&key, again);
    cr_assert_str_eq(again, published_key);
}

Test(note, every_bit_flip_is_refused)
{
    struct clv_vkey key = peter();
    char copy[sizeof published_note];
    for (size_t bit = 0; bit < 8 * strlen(published_note); bit++) {
        memcpy(copy, published_note, sizeof copy);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        cr_assert_neq(check(clv_view_of(copy, strlen(published_note)), &key, NULL), CLV_OK,
                      "bit %zu", bit);
    }
    for (size_t len = 0; len < strlen(published_note); len++)
        cr_assert_neq(check(clv_view_of(published_note, len), &key, NULL), CLV_OK, "%zu", len);
}

Test(note, every_change_of_a_verifier_key_is_refused)
{
    struct clv_vkey key;
    char copy[sizeof published_key];
    for (size_t bit = 0; bit < 8 * strlen(published_key); bit++) {
        memcpy(copy, published_key, sizeof copy);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        cr_assert_neq(clv_vkey_parse(clv_view_of(copy, strlen(published_key)), &key, NULL), CLV_OK,
                      "bit %zu", bit);
    }
    for (size_t len = 0; len < strlen(published_key); len++)
        cr_assert_neq(clv_vkey_parse(clv_view_of(published_key, len), &key, NULL), CLV_OK);
}

Test(note, sixteen_signatures_are_read_and_unknown_ones_ignored)
{
    struct clv_vkey key = peter();
    struct clv_note note;
    struct clv_error err = {0};
    char many[4096];
    size_t len = strlen(published_note);
    memcpy(many, published_note, len + 1);
    for (int i = 0; i < 15; i++)
        len += (size_t)snprintf(many + len, sizeof many - len,
                                "\u2014 witness%d.example AAAAAQIDBAUG\n", i);
    cr_assert_eq(clv_note_parse(clv_view_of(many, len), &note, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(note.num_signatures, 16);
    cr_assert_eq(clv_note_verify(&note, &key, &err), CLV_OK, "%s", err.fact);
}

Test(note, a_bad_signature_of_a_known_key_beside_a_good_one_is_refused)
{
    struct clv_vkey key = peter();
    struct clv_error err = {0};
    char both[1024];
    snprintf(both, sizeof both, "%s\u2014 PeterNeumann x08gowAAAAA=\n", published_note);
    cr_assert_eq(check(text_view(both), &key, &err), CLV_E_FORGED);
}

Test(note, malformed_notes)
{
    static const char *const bad[] = {
        "",
        "\n",
        "\n\n",
        "text\n",
        "text\n\n",
        "text\n\nno dash AAAAAQIDBAUG\n",
        "text\n\n\u2014 name\n",
        "text\n\n\u2014 name AAAAAQIDBAUG",
        "text\n\n\u2014 name AAAA\n",
        "text\n\n\u2014 na+me AAAAAQIDBAUG\n",
        "text\n\n\u2014 na\u2003me AAAAAQIDBAUG\n",
        "text\n\n\u2014  AAAAAQIDBAUG\n",
        "text\n\n\u2014 name AAAAAQIDBAUG \n",
        "te\txt\n\n\u2014 name AAAAAQIDBAUG\n",
        "te\rxt\n\n\u2014 name AAAAAQIDBAUG\n",
        "te\xff\n\n\u2014 name AAAAAQIDBAUG\n",
        "te\xc0\x8a\n\n\u2014 name AAAAAQIDBAUG\n",
    };
    struct clv_note note;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(clv_note_parse(text_view(bad[i]), &note, NULL), CLV_E_FORMAT, "note %zu", i);
}

Test(note, checkpoints)
{
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"example.com/log\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", true},
        {"example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nmore\nlines\n", true},
        {"example.com/log\n05\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false},
        {"example.com/log\n-5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false},
        {"example.com/log\n99999999999999999999\n"
         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
         false},
        {"example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n", false},
        {"example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n", false},
        {"example.com/log\n5\nAAAA\n", false},
        {"\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", false},
        {"example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nx\n", false},
        {"example.com/log\n5\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nx", false},
        {"example.com/log\n5\n", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clv_checkpoint c;
        struct clv_writer w = {0};
        clv_status status = clv_checkpoint_parse(text_view(cases[i].text), &c, NULL);
        cr_assert_eq(status, cases[i].good ? CLV_OK : CLV_E_FORMAT, "case %zu", i);
        if (!cases[i].good)
            continue;
        clv_writer_init(&w);
        clv_checkpoint_write(&c, &w);
        cr_assert(clv_view_equal(clv_writer_view(&w), text_view(cases[i].text)));
        clv_writer_clear(&w);
    }
}

Test(note, origins_carry_the_world)
{
    char origin[CLV_NOTE_NAME_MAX + 1], id[CLV_CEREMONY_ID_MAX + 1];
    bool test = false;
    cr_assert_eq(clv_origin_format("CLV-1", true, origin, NULL), CLV_OK);
    cr_assert_str_eq(origin, "claviger.invalid/test/CLV-1");
    cr_assert_eq(clv_origin_parse(text_view(origin), id, &test, NULL), CLV_OK);
    cr_assert(test);
    cr_assert_eq(clv_origin_format("CLV-1", false, origin, NULL), CLV_OK);
    cr_assert_str_eq(origin, "claviger.invalid/production/CLV-1");
    cr_assert_eq(clv_origin_parse(text_view(origin), id, &test, NULL), CLV_OK);
    cr_assert_not(test);
    cr_assert_str_eq(id, "CLV-1");
    cr_assert_eq(clv_origin_format("clv-1", true, origin, NULL), CLV_E_INPUT);
    cr_assert_eq(clv_origin_format("", true, origin, NULL), CLV_E_INPUT);
    cr_assert_eq(clv_origin_parse(text_view("claviger.invalid/test/"), id, &test, NULL),
                 CLV_E_FOREIGN);
    cr_assert_eq(clv_origin_parse(text_view("example.com/test/CLV-1"), id, &test, NULL),
                 CLV_E_FOREIGN);
}
