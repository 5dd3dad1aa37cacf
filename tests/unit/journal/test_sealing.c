/* Forgery by somebody who knows the format, and the four published failures of journals that were
 * sealed: cut and continued, resealed with a newer key, unsealed and yet "verified", clock steps.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "folder.h"

static const char *dir, *other;
static struct image good;
static struct clv_journal_anchor slip; /* what paper says: 8 entries, this root */
static struct clv_vkey key;            /* and this key */

static void setup(void)
{
    dir = folder_new();
    other = folder_new();
    journal_small(dir, ID);
    good = image_load(dir);
    struct clv_journal_report r = image_verify(&good, NULL);
    slip.size = r.size;
    memcpy(slip.root, r.root, CLV_HASH_LEN);
    key = r.key;
}

static void teardown(void)
{
    image_free(&good);
    folder_remove(dir);
    folder_remove(other);
}

TestSuite(sealing, .init = setup, .fini = teardown);

static struct clv_journal_report with_slip(const struct image *m)
{
    struct clv_journal_expect expect = {.anchors = &slip, .num_anchors = 1};
    return image_verify(m, &expect);
}

/* Cuts the folder back to its first checkpoint and goes on with the key that lies in it. */
static struct image cut_and_continue(unsigned entries)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    struct bytes log = good.log, checkpoints = good.checkpoints;
    log.len = line_start(good.log, 3);
    checkpoints.len = line_start(good.checkpoints, 6);
    folder_write(dir, CLV_JOURNAL_LOG, log);
    folder_write(dir, CLV_JOURNAL_CHECKPOINTS, checkpoints);
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK, "%s", err.fact);
    while (clv_journal_size(j) < entries)
        cr_assert_eq(clv_journal_append(j, clv_view_of("another story", 13), NULL, &err), CLV_OK);
    cr_assert_eq(clv_journal_checkpoint(j, &err), CLV_OK);
    clv_journal_free(&j);
    return image_load(dir);
}

Test(sealing, paper_matches_the_journal_it_came_from)
{
    struct clv_journal_expect expect = {.key = &key, .anchors = &slip, .num_anchors = 1};
    struct clv_journal_report r = image_verify(&good, &expect);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert(r.key_given);
}

Test(sealing, cut_and_continued_is_found_by_any_slip)
{
    static const struct {
        unsigned entries;
        enum clv_journal_verdict want;
    } cases[] = {{3, CLV_JOURNAL_TRUNCATED},
                 {7, CLV_JOURNAL_TRUNCATED},
                 {8, CLV_JOURNAL_FORGED},
                 {12, CLV_JOURNAL_FORGED}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct image m = cut_and_continue(cases[i].entries);
        cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_INTACT,
                     "the folder alone cannot show it: its own key signed");
        cr_assert_eq(with_slip(&m).verdict, cases[i].want, "%s", with_slip(&m).fault);
        image_free(&m);
    }
}

Test(sealing, signed_again_with_a_newer_key_is_foreign)
{
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_create(other, ID, true, clv_random_system(), &j, &err), CLV_OK);
    journal_fill(j, 8);
    cr_assert_eq(clv_journal_checkpoint(j, &err), CLV_OK);
    clv_journal_free(&j);
    struct image newer = image_load(other);

    struct image checkpoints_only = good;
    checkpoints_only.checkpoints = newer.checkpoints;
    cr_assert_eq(image_verify(&checkpoints_only, NULL).verdict, CLV_JOURNAL_FOREIGN);

    struct clv_journal_expect expect = {.key = &key};
    cr_assert_eq(image_verify(&newer, NULL).verdict, CLV_JOURNAL_INTACT);
    struct clv_journal_report r = image_verify(&newer, &expect);
    cr_assert_eq(r.verdict, CLV_JOURNAL_FOREIGN, "%s", r.fault);
    cr_assert_eq(with_slip(&newer).verdict, CLV_JOURNAL_FORGED);
    image_free(&newer);
}

Test(sealing, unsealed_never_verifies)
{
    struct image m = good;
    m.checkpoints = (struct bytes){0};
    struct clv_journal_report r = image_verify(&m, NULL);
    cr_assert_eq(r.verdict, CLV_JOURNAL_UNSIGNED);
    cr_assert_neq(r.code, CLV_OK);
    r = with_slip(&m);
    cr_assert_eq(r.verdict, CLV_JOURNAL_UNSIGNED);
    m.log = (struct bytes){0};
    cr_assert_neq(image_verify(&m, NULL).code, CLV_OK);
}

Test(sealing, a_clock_that_steps_is_no_corruption)
{
    static const char *const times[] = {"2026-11-23T09:12:44Z", "1970-01-01T00:00:00Z",
                                        "2106-02-07T06:28:16Z", "2026-11-23T09:12:40Z"};
    struct clv_journal *j = NULL;
    struct clv_error err = {0};
    cr_assert_eq(clv_journal_open(dir, &j, &err), CLV_OK);
    for (size_t i = 0; i < 4; i++) {
        char entry[64];
        snprintf(entry, sizeof entry, "{\"time\":\"%s\"}", times[i]);
        cr_assert_eq(clv_journal_append(j, clv_view_of(entry, strlen(entry)), NULL, &err), CLV_OK);
    }
    cr_assert_eq(clv_journal_checkpoint(j, &err), CLV_OK);
    clv_journal_free(&j);
    struct image m = image_load(dir);
    cr_assert_eq(with_slip(&m).verdict, CLV_JOURNAL_INTACT);
    image_free(&m);
}

Test(sealing, files_of_two_ceremonies_do_not_mix)
{
    journal_small(other, "CLV-20261124-0001");
    struct image foreign = image_load(other), m = good;
    m.checkpoints = foreign.checkpoints;
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_FOREIGN);
    m = good;
    m.log = foreign.log;
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_DAMAGED, "journal.vkey disagrees");
    m.vkey = (struct bytes){0};
    struct clv_journal_report r = image_verify(&m, NULL);
    cr_assert_eq(r.verdict, CLV_JOURNAL_FOREIGN, "%s", r.fault);
    m = good;
    m.vkey = foreign.vkey;
    cr_assert_eq(image_verify(&m, NULL).verdict, CLV_JOURNAL_DAMAGED);
    image_free(&foreign);
}

/* A rehearsal's journal under a production name, with its own checkpoints: the name is signed. */
Test(sealing, a_rehearsal_cannot_be_renamed_into_production)
{
    struct image m = {.log.data = calloc(1, 2 * good.log.len),
                      .checkpoints.data = calloc(1, 2 * good.checkpoints.len)};
    const struct bytes from[] = {good.log, good.checkpoints};
    struct bytes *to[] = {&m.log, &m.checkpoints};
    for (size_t f = 0; f < 2; f++) {
        for (size_t i = 0; i < from[f].len;) {
            if (i + 5 <= from[f].len && memcmp(from[f].data + i, "/test", 5) == 0) {
                memcpy(to[f]->data + to[f]->len, "/production", 11);
                to[f]->len += 11;
                i += 5;
            } else {
                to[f]->data[to[f]->len++] = from[f].data[i++];
            }
        }
    }
    cr_assert_neq(image_verify(&m, NULL).code, CLV_OK);
    image_free(&m);
}
