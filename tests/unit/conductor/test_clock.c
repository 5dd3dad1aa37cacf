/* A clock that jumps while a ceremony goes on, and one that stands before the last entry of a
 * ceremony that is resumed: both are noted, and nothing else changes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/ceremony.h"
#include "claviger/conductor.h"
#include "claviger/journal.h"
#include "run.h"

#define START INT64_C(1790000000000)

/* ---- a clock in the hands of the test -------------------------------------------------------- */

struct hands {
    int64_t wall_ms, boot_ms;
    int64_t jump_ms; /* of the wall clock, at the question of this id */
    const char *at;
};

static int64_t wall(void *ctx)
{
    return ((struct hands *)ctx)->wall_ms;
}

static int64_t boot(void *ctx)
{
    return ((struct hands *)ctx)->boot_ms;
}

/* ---- people who answer at once --------------------------------------------------------------- */

struct people {
    struct hands *hands;
    unsigned num_told;
};

static clv_status answer(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                         struct clv_error *err)
{
    struct people *p = ctx;
    p->hands->wall_ms += 700;
    p->hands->boot_ms += 700;
    if (p->hands->at && strcmp(q->id, p->hands->at) == 0)
        p->hands->wall_ms += p->hands->jump_ms;
    if (strcmp(q->id, "roll.witness.1") == 0)
        return clv_fail(err, CLV_E_INTERRUPTED, "far enough");
    *ret = (struct clv_reply){0};
    if (q->kind == CLV_ASK_TEXT)
        snprintf(ret->text, sizeof(ret->text), "Ada Brandt");
    for (size_t i = 0; i < q->num_choices; i++)
        if (strcmp(q->choices[i].key, "waive") == 0)
            ret->choice = i;
    return CLV_OK;
}

static void told(void *ctx, enum clv_tone tone, const char *line)
{
    ((struct people *)ctx)->num_told += tone == CLV_TONE_WARN && strstr(line, "The clock jumped");
}

static void stage(void *ctx, const struct clv_stage *s)
{
    (void)ctx;
    (void)s;
}

static clv_status curtain(void *ctx, const char *previous, const char *next, const char *role,
                          bool wait, struct clv_error *err)
{
    (void)ctx, (void)previous, (void)next, (void)role, (void)wait, (void)err;
    return CLV_OK;
}

static clv_status progress(void *ctx, const struct clv_progress *p, struct clv_error *err)
{
    (void)ctx, (void)p, (void)err;
    return CLV_OK;
}

static void progress_end(void *ctx)
{
    (void)ctx;
}

/* ---- a ceremony as far as the roll call ------------------------------------------------------ */

static const char site_text[] =
    "claviger-site: 1\nservice-instances:\n  - name: none\n"
    "    id: 96fe3f8d-9792-45bc-a9fb-2594222deaf2\n    endpoint: unix:/nowhere/at/all\n"
    "    trusted-roots: "
    "[\"040112ec7b6c304f2ded0dcbc0d8ec3c43ee2fb377052a46517747bfe5ad35e68f50016644a438cc6c20c4d1b25"
    "085eea9c83a99514d9b39b6e3d60f472237ac894d8" /* a public one of the trade */
    "1002b53cdf6a39ca67e258a0e714d6609d7ea3f687aa0b3bf8b69f92e7dcf539792abb8b063be8f9393124c10271d4"
    "c569626cb6e8ea79f502670c201848e328041a7\"]\n";

static unsigned play(const char *dir, struct hands *hands, bool resume)
{
    struct people people = {.hands = hands};
    const struct clv_face face = {&people, stage,   answer,   NULL,        told,
                                  NULL,    curtain, progress, progress_end};
    const struct clv_clock clock = {.wall_ms = wall, .monotonic_ms = boot, .boot_ms = boot, hands};
    struct clv_script *script = NULL;
    struct clv_site *site = NULL;
    struct clv_conductor *c = NULL;
    struct clv_error err = {0};
    enum clv_ending ending = CLV_ENDING_CLOSED;
    cr_assert_eq(
        clv_script_read(CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml", &script, &err),
        CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_site_parse("site.yaml", site_text, sizeof(site_text) - 1, &site, &err), CLV_OK,
                 "%s", err.fact);
    struct clv_conductor_config config = {.script = script,
                                          .site = site,
                                          .dir = dir,
                                          .key_dir = dir,
                                          .test_world = true,
                                          .resume = resume,
                                          .face = &face,
                                          .clock = &clock,
                                          .random = clv_random_system()};
    cr_assert_eq(clv_conductor_new(&config, &c, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_conductor_run(c, &ending, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(ending, CLV_ENDING_INTERRUPTED);
    clv_conductor_free(&c);
    clv_site_free(&site);
    clv_script_free(&script);
    return people.num_told;
}

struct jumps {
    unsigned num;
    struct clv_event last;
};

static clv_status look(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    struct jumps *j = ctx;
    struct clv_event e;
    (void)seq;
    clv_status st = clv_event_decode(entry, &e, err);
    if (st == CLV_OK && e.kind == CLV_EVENT_CLOCK_JUMPED) {
        j->num++;
        j->last = e;
    }
    return st;
}

static struct jumps jumps_in(const char *dir)
{
    struct clv_journal *journal = NULL;
    struct jumps j = {0};
    cr_assert_eq(clv_journal_open_readonly(dir, &journal, NULL), CLV_OK);
    cr_assert_eq(clv_journal_each(journal, 0, look, &j, NULL), CLV_OK);
    clv_journal_free(&journal);
    return j;
}

static void setup(void)
{
    cr_assert_eq(clv_secret_init(NULL), CLV_OK);
    cr_assert_eq(clv_crypto_init(NULL), CLV_OK);
}

TestSuite(clock, .init = setup);

Test(clock, a_jump_either_way_is_noted_once)
{
    static const struct {
        int64_t jump_ms;
        unsigned num, seconds;
        bool back;
    } rows[] = {
        {0, 0, 0, false},
        {1500, 0, 0, false},
        {2500, 1, 2, false},
        {-701, 1, 0, true},
        {-3600000, 1, 3600, true},
        {INT64_C(4102444800000), 1, 4102444800u, false}, /* 2100: a counter that came back wrong */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *dir = folder_make();
        struct hands hands = {START, 5000, rows[i].jump_ms, "roll.administrator.1"};
        cr_assert_eq(play(dir, &hands, false), rows[i].num, "row %zu", i);
        struct jumps j = jumps_in(dir);
        cr_assert_eq(j.num, rows[i].num, "row %zu", i);
        if (j.num) {
            cr_assert_eq(j.last.number, rows[i].seconds, "row %zu: %u", i, j.last.number);
            cr_assert_eq(j.last.ok, rows[i].back);
        }
        folder_remove(&dir);
    }
}

/* The machine slept, or worked for long: both clocks agree. */
Test(clock, time_that_passes_is_no_jump)
{
    char *dir = folder_make();
    struct hands hands = {START, 5000, 0, NULL};
    play(dir, &hands, false);
    hands.wall_ms += 7200000;
    hands.boot_ms += 7200000;
    cr_assert_eq(play(dir, &hands, true), 0);
    cr_assert_eq(jumps_in(dir).num, 0);
    folder_remove(&dir);
}

Test(clock, a_last_entry_that_is_later_than_now_is_noted)
{
    char *dir = folder_make();
    struct hands hands = {START, 5000, 0, NULL};
    play(dir, &hands, false);
    hands = (struct hands){INT64_C(1000), 5000, 0, NULL}; /* 1970: the battery is empty */
    cr_assert_eq(play(dir, &hands, true), 1);
    struct jumps j = jumps_in(dir);
    cr_assert_eq(j.num, 1);
    cr_assert(j.last.ok);
    cr_assert_eq(strncmp(j.last.text, "2026-09-21T", 11), 0, "%s", j.last.text);
    folder_remove(&dir);
}
