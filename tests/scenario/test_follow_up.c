/* A unit that was set aside is brought to the same key by the script that the first ceremony wrote
 * for it, and then holds what the others hold. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static void assert_said(const struct scene *s, const char *text)
{
    cr_assert(scene_said(s, text), "nobody said \"%s\":\n%s", text, s->run.output);
}

static void play_first(struct scene *s)
{
    scene_begin_short(s, 4);
    scene_answer(s, "trouble", "set-aside");
    scene_answer(s, "trouble.unit", "4");
    scene_answer(s, "trouble.reason", "no answer since the commit");
    scene_answer(s, "trouble.approved-by", "Ada Brandt, Wen Castellan");
    scene_phrases(s, 4, 4);
    scene_answer_only(s, "confirm.commit", "commit 1,2,3,4");
    scene_play_short(s, "4", "unit-4-dies");
    cr_assert_eq(s->run.exit_code, 0, "%s", s->run.output);
}

static const uint8_t *pattern_of(const struct journal *j)
{
    size_t at = journal_next(j, CLV_EVENT_PATTERN, 0);
    cr_assert_lt(at, j->num);
    return j->event[at].pattern;
}

static void begin_second(struct scene *s)
{
    scene_begin_short(s, 4);
    scene_answer_only(s, "units.review", "go-on");
    scene_answer_only(s, "confirm.zeroize", NULL);
    scene_answer_only(s, "confirm.commit", "commit 4");
    scene_answer_only(s, "confirm.set-immediate", "set immediate 4");
    scene_answer_only(s, "confirm.set-immediate.second", "set immediate 4");
}

static void assert_receipt_names_it(const struct scene *s)
{
    struct names names;
    struct run r;
    char hex[65], sentence[200];
    struct clv_script *script = NULL;
    struct clv_error err = {0};
    char *path = ceremony_path(s, "follow-up.yaml"), *dir = ceremony_path(s, "receipts");
    cr_assert_eq(clv_script_read(path, &script, &err), CLV_OK, "%s", err.fact);
    cr_assert_arr_eq(script->expected_pattern, pattern_of(&s->journal), 32);
    clv_hex(script->hash, 4, hex);
    names_list(dir, "-ceremony.pdf", &names);
    char *pdf = clv_path_join(dir, names.name[0]);
    run_program(&r, NULL, "pdftotext", "-layout", pdf, "-", NULL);
    cr_assert(says(r.output, "follow-up.yaml, follow-up-site.yaml"), "%s", r.output);
    snprintf(sentence, sizeof(sentence), "%.4s %.4s", hex, hex + 4);
    cr_assert(says(r.output, sentence), "%s is not in %s", sentence, r.output);
    snprintf(sentence, sizeof(sentence), "Follow-up script: follow-up.yaml, SHA-256 %.4s %.4s", hex,
             hex + 4);
    assert_said(s, sentence);
    cr_assert(strstr(journal_last(&s->journal)->text, sentence));
    run_clear(&r);
    clv_script_free(&script);
    names_clear(&names);
    free(pdf);
    free(path);
    free(dir);
}

Test(follow_up, a_unit_set_aside_comes_to_the_key_of_the_others)
{
    struct scene first, second;
    play_first(&first);
    assert_receipt_names_it(&first);
    begin_second(&second);
    scene_play(&second, "--follow-up", first.dir, NULL);
    cr_assert_eq(second.run.exit_code, 0, "%s", second.run.output);
    journal_check(&second.journal, 2);
    char *script = ceremony_path(&first, "follow-up.yaml");
    cr_assert_eq(journal_replay(&second.journal, script), CLV_STATE_CLOSED);
    cr_assert_arr_eq(pattern_of(&second.journal), pattern_of(&first.journal), 32);
    for (size_t i = 0; i < second.journal.num; i++)
        cr_assert(second.journal.event[i].unit == 0 || second.journal.event[i].unit == 4,
                  "entry %zu is about another unit", i);
    cr_assert_str_eq(journal_last(&second.journal)->text2, "");
    cr_assert_eq(journal_outcomes(&second.journal, CLV_PHASE_LOAD, 4, ""), 0);
    cr_assert_eq(journal_outcomes(&second.journal, CLV_PHASE_COMMIT, 4, "done"), 1,
                 "it held the key already: committed, not loaded twice");
    free(script);
    scene_clear(&second);
    scene_clear(&first);
}

Test(follow_up, there_is_none_where_nothing_was_set_aside)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_play(&s, "--follow-up", "/tmp", NULL);
    cr_assert_eq(s.run.exit_code, 7, "%s", s.run.output);
    assert_said(&s, "there is no follow-up in /tmp");
    scene_clear(&s);
}
