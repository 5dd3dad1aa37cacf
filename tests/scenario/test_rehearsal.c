/* The rehearsal as it is meant to go, with the scripts that are shipped. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "first_run.h"
#include "house.h"

#define REHEARSAL CLV_SOURCE_DIR "/ceremony-scripts/rehearsal.yaml"
#define TWO_OWNERS CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static void assert_ended_well(const struct scene *s, unsigned num_owners)
{
    cr_assert_eq(s->run.exit_code, 0, "exit %d:\n%s", s->run.exit_code, s->run.output);
    const struct clv_event *last = journal_last(&s->journal);
    cr_assert_eq(last->kind, CLV_EVENT_CLOSED);
    cr_assert_str_eq(last->name, "complete");
    journal_check(&s->journal, num_owners);
    journal_check_heads(&s->journal, s->dir);
}

/* ---- the journal of a ceremony without any trouble ---- */

static void assert_phases_in_order(const struct journal *j, size_t num_units)
{
    static const enum clv_phase phases[] = {
        CLV_PHASE_RESET, CLV_PHASE_ADMINS, CLV_PHASE_THRESHOLDS,   CLV_PHASE_IMPORTERS,
        CLV_PHASE_LOAD,  CLV_PHASE_COMMIT, CLV_PHASE_SET_IMMEDIATE};
    size_t at = 0;
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        at = journal_next(j, CLV_EVENT_ORDER_OVER, at);
        cr_assert_lt(at, j->num);
        cr_assert_eq(j->event[at].phase, phases[i]);
        cr_assert_eq(journal_outcomes(j, phases[i], 0, "done"), num_units);
        at++;
    }
    cr_assert_eq(journal_next(j, CLV_EVENT_ORDER_OVER, at), j->num);
    at = journal_next(j, CLV_EVENT_BARRIER_OVER, at);
    at = journal_next(j, CLV_EVENT_BARRIER_OVER, at + 1);
    cr_assert_eq(j->event[at].phase, CLV_PHASE_COMPARE);
}

static void assert_all_live(const struct journal *j, size_t num_units)
{
    size_t pattern = journal_next(j, CLV_EVENT_PATTERN, 0), num = 0;
    size_t end = journal_next(j, CLV_EVENT_RECEIPTS_OVER, 0);
    for (size_t i = end; i-- > 0 && j->event[i].kind != CLV_EVENT_ORDER_OVER;) {
        if (j->event[i].kind != CLV_EVENT_UNIT_STATE)
            continue;
        const struct clv_observed *o = &j->event[i].observed;
        cr_assert_eq(o->current_state, CLV_CURRENT_VALID);
        cr_assert_arr_eq(o->current_pattern, j->event[pattern].pattern,
                         CLV_EP11_PATTERN_SIGNIFICANT);
        cr_assert_eq(o->new_state, CLV_NEW_EMPTY);
        num++;
    }
    cr_assert_eq(num, 2 * num_units, "queried behind set immediate and to compare");
}

/* ---- what lies in the folder ---- */

static void assert_private(const char *folder, unsigned *ret_files)
{
    struct stat st;
    struct names names;
    cr_assert_eq(stat(folder, &st), 0);
    cr_assert_eq(st.st_mode & 07777, 0700, "%s", folder);
    names_list(folder, "", &names);
    for (size_t i = 0; i < names.num; i++) {
        char *path = clv_path_join(folder, names.name[i]);
        cr_assert_eq(stat(path, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            assert_private(path, ret_files);
        } else {
            cr_assert_eq(st.st_mode & 07777, 0600, "%s has mode %o", path, st.st_mode);
            (*ret_files)++;
        }
        free(path);
    }
    names_clear(&names);
}

static void assert_plain(const struct run *r)
{
    for (size_t i = 0; i < r->len; i++) {
        unsigned char c = (unsigned char)r->output[i];
        cr_assert(c == '\n' || (c >= 0x20 && c != 0x7f), "byte %zu of the output is %02x", i, c);
    }
}

struct snapshot {
    char *path[64];
    uint8_t *data[64];
    size_t len[64], num;
};

static void take_snapshot(const char *folder, struct snapshot *s)
{
    struct names names;
    struct stat st;
    names_list(folder, "", &names);
    for (size_t i = 0; i < names.num; i++) {
        char *path = clv_path_join(folder, names.name[i]);
        cr_assert_eq(stat(path, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            take_snapshot(path, s);
            free(path);
            continue;
        }
        cr_assert_lt(s->num, 64);
        s->path[s->num] = path;
        s->data[s->num] = file_bytes(path, &s->len[s->num]);
        s->num++;
    }
    names_clear(&names);
}

static void assert_same(struct snapshot *a, struct snapshot *b)
{
    cr_assert_eq(a->num, b->num);
    for (size_t i = 0; i < a->num; i++) {
        cr_assert_str_eq(a->path[i], b->path[i]);
        cr_assert_eq(a->len[i], b->len[i], "%s changed", a->path[i]);
        cr_assert_eq(memcmp(a->data[i], b->data[i], a->len[i]), 0, "%s changed", a->path[i]);
    }
}

static void clear_snapshot(struct snapshot *s)
{
    for (size_t i = 0; i < s->num; i++) {
        free(s->path[i]);
        free(s->data[i]);
    }
}

static off_t size_below(const char *folder, const char *name)
{
    struct stat st;
    off_t size = 0;
    char *path = clv_path_join(folder, name);
    cr_assert_eq(stat(path, &st), 0, "%s", path);
    if (S_ISREG(st.st_mode)) {
        size = st.st_size;
    } else {
        struct names names;
        names_list(path, "", &names);
        for (size_t i = 0; i < names.num; i++)
            size += size_below(path, names.name[i]);
        names_clear(&names);
    }
    free(path);
    return size;
}

/* What was set aside is let go at the end; the self-check told how much there was. */
static off_t kib_set_aside(const struct journal *j)
{
    size_t i = journal_next(j, CLV_EVENT_CHECK, 0);
    while (i < j->num && strcmp(j->event[i].name, "disk") != 0)
        i = journal_next(j, CLV_EVENT_CHECK, i + 1);
    cr_assert_lt(i, j->num, "the self-check looks at the disk");
    const char *told = strstr(j->event[i].text, "; ");
    unsigned kib = 0;
    cr_assert(told && sscanf(told, "; %u KiB set aside", &kib) == 1, "%s", j->event[i].text);
    return kib;
}

static void assert_space_was_enough(const struct journal *j, const char *dir)
{
    off_t journal = size_below(dir, "journal.log") + size_below(dir, "checkpoints.log");
    off_t receipts = size_below(dir, "receipts"), aside = kib_set_aside(j) * 1024;
    cr_assert_geq(aside, 2 * journal + receipts, "%ld and %ld were written, %ld set aside",
                  (long)journal, (long)receipts, (long)aside);
}

/* Of a random part everything is on record, with its name; opened, it says the same. */
static void assert_check_values(const struct journal *j)
{
    for (size_t i = journal_next(j, CLV_EVENT_PART_MADE, 0); i < j->num;
         i = journal_next(j, CLV_EVENT_PART_MADE, i + 1)) {
        const struct clv_event *made = &j->event[i];
        char hex[65], wanted[200];
        clv_hex(made->pattern, 32, hex);
        snprintf(wanted, sizeof(wanted), "EP11-VP %s, CCA-MKVP %.16s, WKVP %.32s, KCV-CMAC0 ", hex,
                 hex, hex);
        cr_assert_eq(strncmp(made->text, wanted, strlen(wanted)), 0, "%s", made->text);
        cr_assert(strstr(made->text, ", KCV-ECB0 "), "%s", made->text);
        size_t k = journal_next(j, CLV_EVENT_PART_OPENED, i);
        while (k < j->num && j->event[k].slot != made->slot)
            k = journal_next(j, CLV_EVENT_PART_OPENED, k + 1);
        cr_assert_lt(k, j->num);
        cr_assert_str_eq(j->event[k].text, made->text);
    }
}

Test(rehearsal, three_owners_load_six_units)
{
    struct scene s;
    unsigned num_files = 0;
    first_run(&s);
    assert_ended_well(&s, 3);
    assert_phases_in_order(&s.journal, 6);
    assert_all_live(&s.journal, 6);
    cr_assert_eq(journal_replay(&s.journal, REHEARSAL), CLV_STATE_CLOSED);
    assert_plain(&s.run);
    assert_private(s.dir, &num_files);
    cr_assert_gt(num_files, 25);
    assert_check_values(&s.journal);
    assert_space_was_enough(&s.journal, s.dir);
    first_run_clear(&s);
}

Test(rehearsal, the_same_folder_again_is_refused_and_unchanged)
{
    struct snapshot before = {0}, after = {0};
    struct scene s;
    struct run r;
    first_run(&s);
    take_snapshot(s.dir, &before);
    run_program(&r, NULL, "claviger", "rehearse", "--plain", "--answers",
                CLV_SOURCE_DIR "/tests/answers/three-owners.txt", "--dir", s.dir, "--units", "2",
                NULL);
    cr_assert_eq(r.exit_code, 7, "%s", r.output);
    cr_assert(strstr(r.output, "E-EXISTS"), "%s", r.output);
    take_snapshot(s.dir, &after);
    assert_same(&before, &after);
    clear_snapshot(&before);
    clear_snapshot(&after);
    run_clear(&r);
    first_run_clear(&s);
}

/* ---- other fleets ---- */

/* Everybody hears of every unit, each time, once: found, 8 queries, 7 orders. */
static void assert_told_of_each(const struct run *r, unsigned num_units)
{
    for (unsigned unit = 1; unit <= num_units; unit++) {
        char line[40];
        size_t num = 0;
        snprintf(line, sizeof(line), "\n  [ok] Unit %u: done (", unit);
        for (const char *at = r->output; (at = strstr(at, line)) != NULL; at++)
            num++;
        cr_assert_eq(num, 17, "unit %u was told of %zu times", unit, num);
    }
}

static void load_into(unsigned num_units)
{
    struct scene s;
    char number[8];
    snprintf(number, sizeof(number), "%u", num_units);
    scene_begin_short(&s, num_units);
    scene_play_short(&s, number, NULL);
    assert_ended_well(&s, 2);
    assert_phases_in_order(&s.journal, num_units);
    assert_all_live(&s.journal, num_units);
    assert_told_of_each(&s.run, num_units);
    cr_assert_eq(journal_replay(&s.journal, TWO_OWNERS), CLV_STATE_CLOSED);
    scene_clear(&s);
}

Test(rehearsal, one_unit_is_a_fleet)
{
    load_into(1);
}

Test(rehearsal, two_units)
{
    load_into(2);
}

Test(rehearsal, twenty_units)
{
    load_into(20);
}
