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
