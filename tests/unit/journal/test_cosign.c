/* What a witness is asked, checks and signs: against published requests, and hostile ones. */
#include <criterion/criterion.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

static struct clv_error err;

static struct clv_view text_view(const char *text)
{
    return clv_view_of(text, strlen(text));
}

/* ---- published: the requests in the tests of litewitness (FiloSottile/torchwood) ------------- */

#define SIGSUM_NAME                                                                                \
    "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
#define SIGSUM_KEY "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"
#define NOTE_1                                                                                     \
    SIGSUM_NAME                                                                                    \
    "\n1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n\u2014 " SIGSUM_NAME                     \
    " UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYr"           \
    "ajXpNUbIQY=\n"
#define NOTE_3                                                                                     \
    SIGSUM_NAME                                                                                    \
    "\n3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n\u2014 " SIGSUM_NAME                     \
    " UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawf"           \
    "AB8WVrx6go=\n"
#define NOTE_5                                                                                     \
    SIGSUM_NAME                                                                                    \
    "\n5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n\u2014 " SIGSUM_NAME                     \
    " UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJW"           \
    "AShei7sDww=\n"
#define PROOF_1_3                                                                                  \
    "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"                                               \
    "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
#define PROOF_3_5                                                                                  \
    "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"                                               \
    "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"                                               \
    "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=\n"                                               \
    "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"

static struct clv_witness_memory sigsum(void)
{
    struct clv_witness_memory m = {0};
    uint8_t key[32];
    cr_assert_eq(clv_unhex(SIGSUM_KEY, 64, key, 32, NULL), CLV_OK);
    cr_assert_eq(clv_vkey_init(&m.log, SIGSUM_NAME, key, NULL), CLV_OK);
    cr_assert_eq(m.log.id, 0x5202289b);
    return m;
}

/* Updates the memory when the request is good, as a witness does. */
static clv_status asked(struct clv_witness_memory *m, const char *text)
{
    struct clv_cosign_request r;
    err = (struct clv_error){0};
    clv_status status = clv_cosign_request_parse(text_view(text), &r, &err);
    if (status == CLV_OK)
        status = clv_witness_check(&r, m, &err);
    if (status == CLV_OK) {
        m->size = r.checkpoint.size;
        memcpy(m->root, r.checkpoint.root, sizeof m->root);
    }
    return status;
}

Test(cosign, published_requests_are_answered_as_published)
{
    struct clv_witness_memory m = sigsum();
    cr_assert_eq(asked(&m, "old 0\n\n" NOTE_1), CLV_OK, "%s", err.fact);
    cr_assert_eq(asked(&m, "old 1\n\n" NOTE_3), CLV_E_FORGED);
    cr_assert_eq(asked(&m, "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABA=\n\n" NOTE_3),
                 CLV_E_FORGED);
    cr_assert_eq(m.size, 1);
    cr_assert_eq(asked(&m, "old 1\n" PROOF_1_3 "\n" NOTE_3), CLV_OK, "%s", err.fact);
    cr_assert_eq(asked(&m, "old 1\nKgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                           "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI=\n"
                           "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n" NOTE_5),
                 CLV_E_MISMATCH);
    cr_assert(strstr(err.hint, "--old 3"), "%s", err.hint);
    cr_assert_eq(asked(&m, "old 3\n" PROOF_3_5 "\n" NOTE_5), CLV_OK, "%s", err.fact);
    cr_assert_eq(asked(&m, "old 0\n\n" NOTE_5), CLV_E_MISMATCH);
    cr_assert_eq(asked(&m, "old 5\n\n" NOTE_5), CLV_OK, "the same again: %s", err.fact);
    cr_assert_eq(asked(&m, "old 3\n\n" NOTE_3), CLV_E_FORGED, "rolled back");
    cr_assert(strstr(err.hint, "Do not cosign"), "%s", err.hint);
}

Test(cosign, a_request_of_another_log_or_key_is_refused)
{
    struct clv_witness_memory m = sigsum(), other = m;
    cr_assert_eq(clv_vkey_init(&other.log, SIGSUM_NAME "x", m.log.key, NULL), CLV_OK);
    cr_assert_eq(asked(&other, "old 0\n\n" NOTE_1), CLV_E_FOREIGN);
    other.log.key[0] ^= 1;
    cr_assert_eq(clv_vkey_init(&other.log, SIGSUM_NAME, other.log.key, NULL), CLV_OK);
    cr_assert_eq(asked(&other, "old 0\n\n" NOTE_1), CLV_E_FOREIGN);
}

Test(cosign, every_changed_bit_of_a_request_is_refused)
{
    static const char good[] = "old 1\n" PROOF_1_3 "\n" NOTE_3;
    char copy[sizeof good];
    struct clv_witness_memory start = sigsum();
    cr_assert_eq(asked(&start, "old 0\n\n" NOTE_1), CLV_OK);
    for (size_t bit = 0; bit < 8 * strlen(good); bit++) {
        struct clv_witness_memory m = start;
        memcpy(copy, good, sizeof copy);
        copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
        if (copy[bit / 8] == '\0')
            continue;
        cr_assert_neq(asked(&m, copy), CLV_OK, "bit %zu", bit);
    }
    for (size_t len = 0; len < strlen(good); len++) {
        struct clv_witness_memory m = start;
        memcpy(copy, good, sizeof copy);
        copy[len] = '\0';
        cr_assert_neq(asked(&m, copy), CLV_OK, "cut at %zu", len);
    }
}

Test(cosign, malformed_requests)
{
    static const char *const bad[] = {
        "",
        "old\n\n" NOTE_1,
        "old 01\n\n" NOTE_1,
        "old -1\n\n" NOTE_1,
        "old 0\r\n\n" NOTE_1,
        "old 0 \n\n" NOTE_1,
        "old 0\nAAAA\n\n" NOTE_1,
        "old 0\n",
        "old 0\n\n",
        "old 0\n\n\n" NOTE_1,
        "\nold 0\n\n" NOTE_1,
    };
    struct clv_witness_memory m = sigsum();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(asked(&m, bad[i]), CLV_E_FORMAT, "request %zu: %s", i, err.fact);
    cr_assert_eq(asked(&m, "old 0\n" PROOF_1_3 "\n" NOTE_1), CLV_E_FORMAT, "a proof from nothing");
    cr_assert_eq(asked(&m, "old 2\n\n" NOTE_1), CLV_E_FORMAT, "a proof from behind it");
}

/* The example of C2SP tlog-cosignature, whose public keys are not published. */
Test(cosign, the_published_line_is_read_and_written_again)
{
    static const char line[] =
        "\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/"
        "zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    struct clv_cosignature c;
    struct clv_view name;
    struct clv_writer w = {0};
    cr_assert_eq(clv_cosignature_parse(text_view(line), &name, &c, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(c.id, 0x8d66cf3f);
    cr_assert_eq(c.time, 1679315147);
    cr_assert(clv_view_equal(name, text_view("witness.example.com/w1")));
    struct clv_vkey key = {.name = "witness.example.com/w1", .id = c.id};
    clv_writer_init(&w);
    clv_cosignature_write(&c, &key, &w);
    cr_assert(clv_view_equal(clv_writer_view(&w), text_view(line)));
    clv_writer_clear(&w);
    for (size_t len = 0; len < strlen(line); len++)
        cr_assert_eq(clv_cosignature_parse(clv_view_of(line, len), &name, &c, NULL), CLV_E_FORMAT);
}

/* ---- our own
 * -------------------------------------------------------------------------------------- */

struct witness {
    struct clv_vkey key;
    struct clv_secret *secret;
};

static struct witness witness_new(const char *name, uint8_t seed_byte)
{
    struct witness w = {0};
    uint8_t seed[32], public[32];
    memset(seed, seed_byte, sizeof seed);
    cr_assert_eq(clv_secret_new(64, &w.secret, NULL), CLV_OK);
    crypto_sign_seed_keypair(public, clv_secret_write(w.secret), seed);
    clv_secret_close(w.secret);
    cr_assert_eq(clv_cosigner_init(&w.key, name, public, NULL), CLV_OK);
    return w;
}

static const char checkpoint[] =
    "claviger.invalid/test/CLV-20261123-7F3A\n3\nPLkH4SGdx13qwg13cVFhLF6aSRqElcIesPPqVUg6U4c=\n";

Test(cosign, a_cosignature_holds_for_one_checkpoint_key_and_time)
{
    struct witness wen = witness_new("example.org/wen", 7), other = witness_new("example.org/x", 8);
    struct clv_cosignature c, changed;
    cr_assert_eq(clv_cosign(text_view(checkpoint), &wen.key, wen.secret, 1795424400, &c, &err),
                 CLV_OK);
    cr_assert_eq(clv_cosignature_check(&c, text_view(checkpoint), &wen.key, &err), CLV_OK);
    cr_assert_eq(clv_cosignature_check(&c, text_view(checkpoint), &other.key, NULL), CLV_E_FOREIGN);
    cr_assert_eq(clv_cosignature_check(&c, clv_view_of(checkpoint, 20), &wen.key, NULL),
                 CLV_E_FORGED);
    changed = c;
    changed.time++;
    cr_assert_eq(clv_cosignature_check(&changed, text_view(checkpoint), &wen.key, NULL),
                 CLV_E_FORGED);
    for (size_t bit = 0; bit < 8 * sizeof c.signature; bit++) {
        changed = c;
        changed.signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        cr_assert_eq(clv_cosignature_check(&changed, text_view(checkpoint), &wen.key, NULL),
                     CLV_E_FORGED);
    }
    clv_secret_free(&wen.secret);
    clv_secret_free(&other.secret);
}

Test(cosign, keys_of_witnesses_and_of_journals_are_not_taken_for_each_other)
{
    struct witness wen = witness_new("example.org/wen", 7);
    struct clv_vkey journal, again;
    char text[CLV_VKEY_TEXT];
    cr_assert_eq(clv_vkey_init(&journal, "example.org/wen", wen.key.key, NULL), CLV_OK);
    cr_assert_neq(journal.id, wen.key.id);
    cr_assert_not(clv_vkey_equal(&journal, &wen.key));
    clv_vkey_format(&journal, text);
    cr_assert_eq(clv_cosigner_parse(text_view(text), &again, NULL), CLV_E_UNSUPPORTED);
    clv_vkey_format(&wen.key, text);
    cr_assert_eq(clv_vkey_parse(text_view(text), &again, NULL), CLV_E_UNSUPPORTED);
    cr_assert_eq(clv_cosigner_parse(text_view(text), &again, &err), CLV_OK, "%s", err.fact);
    cr_assert(clv_vkey_equal(&again, &wen.key));
    clv_secret_free(&wen.secret);
}

/* ---- in a journal
 * ---------------------------------------------------------------------------------- */

static struct clv_cosignature sign_head(const struct clv_journal *j, const struct witness *w)
{
    struct clv_note note;
    struct clv_cosignature c;
    cr_assert_eq(clv_note_parse(clv_journal_note(j), &note, NULL), CLV_OK);
    cr_assert_eq(clv_cosign(note.text, &w->key, w->secret, 1795424400, &c, NULL), CLV_OK);
    return c;
}

Test(cosign, a_journal_carries_cosignatures_and_stays_intact)
{
    const char *dir = folder_new();
    struct witness wen = witness_new("example.org/wen", 7), ola = witness_new("example.org/o", 8);
    struct clv_journal *j = NULL;
    struct clv_note note;
    uint64_t time = 0;
    journal_small(dir, ID);
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    struct clv_cosignature by_wen = sign_head(j, &wen), by_ola = sign_head(j, &ola);
    cr_assert_eq(clv_journal_cosigned_size(j, NULL), 0);
    cr_assert_eq(clv_journal_cosigned(j, &by_wen, &ola.key, NULL), CLV_E_FOREIGN);
    for (int twice = 0; twice < 2; twice++)
        cr_assert_eq(clv_journal_cosigned(j, &by_wen, &wen.key, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_cosigned(j, &by_ola, &ola.key, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_cosigned_size(j, &wen.key), 8);
    clv_journal_free(&j);

    struct image m = image_load(dir);
    struct clv_journal_report r = image_verify(&m, NULL);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert_eq(r.num_checkpoints, 5);
    image_free(&m);

    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_cosigned_size(j, &ola.key), 8);
    cr_assert_eq(clv_note_parse(clv_journal_note(j), &note, NULL), CLV_OK);
    cr_assert_eq(note.num_signatures, 3);
    cr_assert_eq(clv_note_check_cosigned(&note, &wen.key, &time, &err), CLV_OK);
    cr_assert_eq(time, 1795424400);
    journal_fill(j, 9);
    cr_assert_eq(clv_journal_checkpoint(j, NULL), CLV_OK);
    cr_assert_eq(clv_journal_cosigned(j, &by_wen, &wen.key, NULL), CLV_E_FORGED, "of before");
    cr_assert_eq(clv_journal_cosigned_size(j, &wen.key), 8);
    clv_journal_free(&j);
    clv_secret_free(&wen.secret);
    clv_secret_free(&ola.secret);
    folder_remove(dir);
}

/* What the journal would show this witness, put to them. */
static clv_status shown(const struct clv_journal *j, struct clv_witness_memory *m)
{
    struct clv_writer w = {0};
    clv_writer_init(&w);
    clv_status status = clv_journal_cosign_request(j, m->size, &w, &err);
    clv_write_u8(&w, 0);
    if (status == CLV_OK)
        status = asked(m, (const char *)w.data);
    clv_writer_clear(&w);
    return status;
}

Test(cosign, a_witness_follows_a_journal_as_it_grows)
{
    const char *dir = folder_new();
    struct clv_journal *j = NULL;
    struct clv_witness_memory m = {0};
    struct clv_writer w = {0};
    journal_small(dir, ID);
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    m.log = *clv_journal_key(j);
    for (unsigned num = 8; num < 20; num += 3) {
        journal_fill(j, num);
        cr_assert_eq(clv_journal_checkpoint(j, NULL), CLV_OK);
        cr_assert_eq(shown(j, &m), CLV_OK, "%u: %s", num, err.fact);
        cr_assert_eq(m.size, num);
    }
    clv_writer_init(&w);
    cr_assert_eq(clv_journal_cosign_request(j, 99, &w, NULL), CLV_E_MISSING);
    clv_writer_clear(&w);
    clv_journal_free(&j);
    folder_remove(dir);
}

static void copy_file(const char *from, const char *to, const char *name)
{
    struct bytes content = folder_read(from, name);
    folder_write(to, name, content);
    free(content.data);
}

/* Whoever has the folder has the journal's key: a copy can go on differently. */
Test(cosign, a_witness_notices_a_copy_that_went_on_differently)
{
    static const char *const names[] = {CLV_JOURNAL_LOG, CLV_JOURNAL_CHECKPOINTS, CLV_JOURNAL_VKEY,
                                        CLV_JOURNAL_KEY};
    const char *dir = folder_new(), *copy_dir = folder_new();
    struct clv_journal *j = NULL, *copy = NULL;
    struct clv_witness_memory m = {0}, before;
    journal_small(dir, ID);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        copy_file(dir, copy_dir, names[i]);
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_open(copy_dir, &copy, &err), CLV_OK, "%s", err.fact);
    m.log = *clv_journal_key(j);
    cr_assert_eq(clv_journal_append(copy, text_view("something else"), NULL, NULL), CLV_OK);
    journal_fill(j, 11);
    journal_fill(copy, 13);
    cr_assert_eq(clv_journal_checkpoint(j, NULL), CLV_OK);
    cr_assert_eq(clv_journal_checkpoint(copy, NULL), CLV_OK);
    cr_assert_eq(shown(j, &m), CLV_OK, "%s", err.fact);
    before = m;
    cr_assert_eq(shown(copy, &m), CLV_E_FORGED);
    cr_assert(strstr(err.hint, "two views"), "%s", err.hint);
    cr_assert_eq(memcmp(&m, &before, sizeof m), 0);
    clv_journal_free(&j);
    clv_journal_free(&copy);
    folder_remove(dir);
    folder_remove(copy_dir);
}
