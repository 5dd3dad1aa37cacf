/* People on a bad day: wrong passwords, wrong files, another order, a stop. Nothing of the others
 * is lost. */
#include <criterion/criterion.h>
#include <string.h>

#include "house.h"

#define SCRIPT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

Test(people, wrong_passwords_cost_only_time)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "signature-key.1.open.password", "not the one that was chosen");
    scene_answer(&s, "signature-key.1.after", "again");
    scene_answer(&s, "signature-key.1.open.password", SOFIA_PASSWORD);
    scene_answer(&s, "signature-key.1.open.password", SOFIA_PASSWORD);
    scene_answer_only(&s, "part.1.open.password", "also not the one");
    scene_answer(&s, "part.1.after", "later");
    scene_answer(&s, "part.1.file", "lena.clvkey");
    scene_answer(&s, "part.1.after", "other-file");
    scene_answer(&s, "part.1.file", "kofi.clvkey");
    scene_answer(&s, "part.1.open.password", KOFI_PASSWORD);
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    journal_check(&s.journal, 2);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_CLOSED);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PASSWORD_WRONG), 2);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_FILE_REFUSED), 1);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_TURN_LATER), 1);
    size_t opened = journal_next(&s.journal, CLV_EVENT_PART_OPENED, 0);
    cr_assert_eq(s.journal.event[opened].slot, 2, "Lena went first");
    cr_assert(scene_said(&s, "Nothing was changed, and nothing of the others is lost."));
    cr_assert(scene_said(&s, "this file belongs to Lena Fähnrich, not to Kofi Eklund"));
    cr_assert(scene_said(&s, "E-PASSWORD"));
    scene_clear(&s);
}

Test(people, stopping_is_a_way_out)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "part.2.open.password", "also not the one");
    scene_answer(&s, "part.2.after", "stop");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 1, "%s", s.run.output);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_STOPPED);
    cr_assert_eq(journal_outcomes(&s.journal, CLV_PHASE_LOAD, 0, "done"), 0);
    cr_assert(strstr(journal_last(&s.journal)->text, "Stopped in step 6 of 11"), "%s",
              journal_last(&s.journal)->text);
    scene_clear(&s);
}

/* ---- who leaves, comes back, is replaced ---- */

static void agree_to_a_reason(struct scene *s, const char *reason)
{
    scene_answer(s, "people.reason", reason);
    scene_answer(s, "people.agrees", "agree");
    scene_answer(s, "people.witness-agrees", "agree");
}

/* Kofi is gone in the middle of his turn, before his password: the others go on, then wait. */
Test(people, an_owner_leaves_in_their_turn_and_comes_back)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "part.1.open.password", "!idle");
    scene_answer(&s, "part.1.open.password", "!idle");
    scene_answer(&s, "turn.paused", "here");
    scene_answer(&s, "turn.paused", "left");
    agree_to_a_reason(&s, "a call from home");
    scene_answer(&s, "people.waits", "back");
    scene_answer(&s, "part.1.file", "kofi.clvkey");
    scene_answer(&s, "part.1.open.password", KOFI_PASSWORD);
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    journal_check(&s.journal, 2);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_CLOSED);
    size_t opened = journal_next(&s.journal, CLV_EVENT_PART_OPENED, 0);
    cr_assert_eq(s.journal.event[opened].slot, 2, "Lena went first");
    size_t left = journal_next(&s.journal, CLV_EVENT_PERSON_LEFT, 0);
    cr_assert_lt(left, opened);
    cr_assert_str_eq(s.journal.event[left].text, "a call from home");
    cr_assert_str_eq(s.journal.event[left].text2, "Ada Brandt, Wen Castellan");
    cr_assert_gt(journal_next(&s.journal, CLV_EVENT_PERSON_BACK, 0), opened);
    cr_assert_eq(journal_last(&s.journal)->number, 1, "one deviation");
    cr_assert(scene_said(&s, "The turn of Kofi Eklund is paused. Nothing secret is shown."));
    cr_assert(scene_said(&s, "Kofi Eklund leaves the room; the turn goes to the next person, and "
                             "begins anew when they are back."));
    cr_assert(scene_said(&s, "Deviation 1 is on record: Kofi Eklund left the room."));
    cr_assert(scene_said(&s, "It is their turn, and nobody else can go first."));
    cr_assert(scene_said(&s, "Kofi Eklund is back."));
    scene_clear(&s);
}

/* The witness goes, and another one comes; the owner who contributed goes, and does not come back.
 */
Test(people, a_witness_is_replaced_and_an_owner_is_not_there_at_the_end)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "confirm.commit", "!deviation");
    scene_answer(&s, "deviation.what", "left");
    scene_answer(&s, "people.who", "witness.1");
    scene_answer(&s, "people.reason", "taken ill");
    scene_answer(&s, "people.waits", "replaced");
    scene_answer(&s, "people.name", "Omar Haddad");
    scene_answer(&s, "people.reason", "the deputy takes over");
    scene_answer(&s, "people.agrees", "agree");
    scene_answer(&s, "confirm.commit", "!deviation");
    scene_answer(&s, "deviation.what", "left");
    scene_answer(&s, "people.who", "part-owner.2");
    scene_answer(&s, "people.reason", "the last train");
    scene_answer(&s, "confirm.commit", "!deviation");
    scene_answer(&s, "deviation.what", "nothing");
    scene_answer(&s, "confirm.commit", "commit 1");
    scene_answer(&s, "sign-off.away", "without");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    journal_check(&s.journal, 2);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_CLOSED);
    cr_assert_eq(journal_last(&s.journal)->number, 3, "three deviations");
    size_t off = journal_next(&s.journal, CLV_EVENT_SIGNED_OFF, 0);
    while (s.journal.event[off].ok)
        off = journal_next(&s.journal, CLV_EVENT_SIGNED_OFF, off + 1);
    cr_assert_str_eq(s.journal.event[off].text, "not in the room at the sign-off");
    cr_assert(scene_said(&s, "Nothing goes on without them."));
    cr_assert(scene_said(&s, "Omar Haddad takes the seat of Wen Castellan (witness)."));
    cr_assert(
        scene_said(&s, "Deviation 2 is on record: Wen Castellan is replaced by Omar Haddad."));
    scene_clear(&s);
}

/* A file belongs to its owner: who replaces one brings a part of their own. Somebody with another
 * duty cannot; who does not agree changes nothing. */
Test(people, an_owner_is_replaced_before_the_parts_are_opened)
{
    struct scene s;
    scene_begin_short(&s, 1);
    scene_answer_only(&s, "part.2.open.password", "!idle");
    scene_answer(&s, "turn.paused", "left");
    agree_to_a_reason(&s, "will not come back");
    scene_answer(&s, "people.waits", "replaced");
    scene_answer(&s, "people.name", "Sofia Dahl");
    agree_to_a_reason(&s, "she is here");
    scene_answer(&s, "people.waits", "replaced");
    scene_answer(&s, "people.name", "Omar Haddad");
    scene_answer(&s, "people.reason", "the deputy");
    scene_answer(&s, "people.agrees", "no");
    scene_answer(&s, "people.waits", "replaced");
    scene_answer(&s, "people.name", "Omar Haddad");
    agree_to_a_reason(&s, "the deputy");
    scene_answer(&s, "part.2.commitment", "!interrupt");
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_COMMITMENTS);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PERSON_REPLACED), 1);
    cr_assert(scene_said(&s, "Sofia Dahl"));
    cr_assert(
        scene_said(&s, "Deviation 2 is on record: Lena Fähnrich is replaced by Omar Haddad."));
    scene_clear(&s);
}

/* A digit of the slip was read wrongly: the way back in front of the first password. */
Test(people, a_mistyped_commitment_is_typed_again)
{
    struct scene s;
    char hex[65];
    scene_begin_short(&s, 1);
    house_commitment("lena.clvkey", hex);
    hex[7] = hex[7] == '0' ? '1' : '0';
    scene_answer_only(&s, "part.2.commitment", hex);
    house_commitment("lena.clvkey", hex);
    scene_answer(&s, "part.2.commitment", hex);
    scene_answer(&s, "part.2.mismatch", "commitment");
    scene_answer(&s, "commitment.approved-by", "Ada Brandt, Wen Castellan");
    scene_answer(&s, "part.1.open.password", KOFI_PASSWORD);
    scene_answer(&s, "part.2.file", "lena.clvkey");
    scene_answer(&s, "part.2.open.password", LENA_PASSWORD);
    scene_play_short(&s, "1", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    journal_check(&s.journal, 2);
    cr_assert_eq(journal_replay(&s.journal, SCRIPT), CLV_STATE_CLOSED);
    cr_assert(scene_said(&s, "this part is not the one on the slip of Lena Fähnrich: the "
                             "commitments do not match."),
              "%s", s.run.output);
    cr_assert(scene_said(&s, "The commitment of key part 2 is asked for again. What was opened is "
                             "wiped."));
    size_t back = journal_next(&s.journal, CLV_EVENT_COMMITMENT_BACK, 0);
    size_t again = journal_next(&s.journal, CLV_EVENT_COMMITMENT, back);
    cr_assert_lt(again, journal_next(&s.journal, CLV_EVENT_PART_OPENED, back),
                 "on record before a part is opened again");
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_DEVIATION), 1);
    cr_assert_eq(journal_last(&s.journal)->number, 1);
    scene_clear(&s);
}
