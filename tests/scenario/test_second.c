/* Parts and signature keys that exist are loaded: the second flow, and the roles of other scripts.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "first_run.h"
#include "house.h"

#define EXISTING CLV_SOURCE_DIR "/ceremony-scripts/load-existing-parts.yaml"
#define TWO_OWNERS CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"
#define THREE_SIGNERS CLV_SOURCE_DIR "/tests/scripts/two-owners-three-signers.yaml"

static const struct clv_event *pattern_of(const struct journal *j)
{
    size_t at = journal_next(j, CLV_EVENT_PATTERN, 0);
    cr_assert_lt(at, j->num, "there is no pattern");
    return &j->event[at];
}

/* The name in folder that begins so. */
static void find_name(const char *folder, const char *start, char *ret, size_t cap)
{
    struct names names;
    names_list(folder, ".clvkey", &names);
    ret[0] = '\0';
    for (size_t i = 0; i < names.num; i++)
        if (strncmp(names.name[i], start, strlen(start)) == 0)
            snprintf(ret, cap, "%s", names.name[i]);
    names_clear(&names);
    cr_assert(ret[0], "there is no %s in %s", start, folder);
}

/* From a receipt file, from scanned codes, and from paper by hand. */
static void answer_commitments(struct scene *s, const struct scene *first)
{
    char hex[65];
    char *file = ceremony_path(first, "receipts/01-key-part.tlog-proof");
    char *codes = ceremony_path(first, "receipts/02-key-part.codes");
    scene_answer(s, "part.1.commitment", file);
    scene_answer(s, "part.2.commitment", codes);
    size_t at = journal_next(&first->journal, CLV_EVENT_PART_MADE, 0);
    while (first->journal.event[at].slot != 3)
        at = journal_next(&first->journal, CLV_EVENT_PART_MADE, at + 1);
    clv_hex(first->journal.event[at].digest, 32, hex);
    scene_answer(s, "part.3.commitment", hex);
    free(file);
    free(codes);
}

/* Lena takes the wrong file first: nothing but her time is lost. */
static void answer_files(struct scene *s, const char *keys)
{
    char sofia[100], kofi[100], lena[100], marek[100];
    find_name(keys, "sofia", sofia, sizeof(sofia));
    find_name(keys, "kofi", kofi, sizeof(kofi));
    find_name(keys, "lena", lena, sizeof(lena));
    find_name(keys, "marek", marek, sizeof(marek));
    scene_answer(s, "signature-key.1.file", sofia);
    scene_answer(s, "part.1.file", kofi);
    scene_answer(s, "part.2.file", kofi);
    scene_answer(s, "part.2.after", "other-file");
    scene_answer(s, "part.2.file", lena);
    scene_answer(s, "part.3.file", marek);
}

/* Where text stands last, or first. */
static size_t last_place(const struct run *r, const char *text)
{
    size_t place = 0;
    for (const char *at = r->output; (at = strstr(at, text)) != NULL; at++)
        place = (size_t)(at - r->output);
    cr_assert_gt(place, 0, "nobody said \"%s\"", text);
    return place;
}

static size_t first_place(const struct run *r, const char *text)
{
    const char *at = strstr(r->output, text);
    cr_assert(at, "nobody said \"%s\"", text);
    return (size_t)(at - r->output);
}

Test(second, the_parts_of_the_first_ceremony_give_the_same_key)
{
    struct scene first, s;
    first_run(&first);
    char *keys = ceremony_path(&first, "key-files");
    scene_begin(&s, "load-existing.txt");
    answer_commitments(&s, &first);
    answer_files(&s, keys);
    scene_play(&s, "--script", EXISTING, "--keys", keys, NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    cr_assert_arr_eq(pattern_of(&s.journal)->pattern, pattern_of(&first.journal)->pattern, 32);
    journal_check(&s.journal, 3);
    cr_assert_eq(journal_replay(&s.journal, EXISTING), CLV_STATE_CLOSED);

    size_t refused = journal_next(&s.journal, CLV_EVENT_FILE_REFUSED, 0);
    cr_assert_lt(refused, s.journal.num);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_FILE_REFUSED), 1);
    cr_assert(scene_said(&s, "this file belongs to Kofi Eklund, not to Lena Fähnrich"));
    cr_assert_lt(last_place(&s.run, "Your commitment"), first_place(&s.run, "part 1 of Kofi"),
                 "a part's password was asked for before all commitments were on record");
    free(keys);
    scene_clear(&s);
    first_run_clear(&first);
}

Test(second, a_part_that_is_not_on_the_slip_is_not_loaded)
{
    struct scene s;
    char hex[65];
    scene_begin_short(&s, 1);
    house_commitment("lena.clvkey", hex);
    hex[63] = hex[63] == '0' ? '1' : '0';
    scene_answer_only(&s, "part.2.commitment", hex);
    scene_answer(&s, "part.2.mismatch", "stop");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert(scene_said(&s, "this part is not the one on the slip of Lena Fähnrich"));
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PART_REFUSED), 1);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_LOAD, 0, "done"), 0);
    cr_assert_eq(journal_replay(&s.journal, TWO_OWNERS), CLV_STATE_STOPPED);
    cr_assert_str_eq(journal_last(&s.journal)->name, "stopped");
    scene_clear(&s);
}

Test(second, two_owners_and_three_signers_of_whom_two_must_sign)
{
    struct scene s;
    scene_begin(&s, "three-signers.txt");
    scene_play(&s, "--script", THREE_SIGNERS, "--units", "2", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    journal_check(&s.journal, 2);
    cr_assert_eq(journal_replay(&s.journal, THREE_SIGNERS), CLV_STATE_CLOSED);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_ADMINS, 1, "done"), 3);
    size_t end = journal_next(&s.journal, CLV_EVENT_RECEIPTS_OVER, 0);
    const struct clv_event *e = &s.journal.event[end];
    while (e->kind != CLV_EVENT_UNIT_STATE)
        e--;
    cr_assert_eq(e->observed.num_admins, 3);
    cr_assert_eq(e->observed.sign_threshold, 2);
    cr_assert_eq(e->observed.revoke_threshold, 2);
    scene_clear(&s);
}
