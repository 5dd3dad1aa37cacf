/* One claviger at a time: a second one on the same ceremony is refused before it starts or waits
 * for anything, and is told which process the first one is. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "house.h"
#include "people.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static void assert_refused(const struct scene *s, pid_t holder, const char *dir)
{
    char fact[400];
    snprintf(fact, sizeof(fact), "another claviger (process %d) is using the folder %s",
             (int)holder, dir);
    cr_assert_eq(s->run.exit_code, 8, "%s", s->run.output);
    cr_assert(scene_said(s, fact), "%s", s->run.output);
    cr_assert(scene_said(s, "Nothing was changed."), "%s", s->run.output);
    cr_assert(scene_said(s, "Go on in the other window, or end it there first."), "%s",
              s->run.output);
}

/* With units that still run the old way was to wait for them to end. */
Test(alone, a_second_one_on_a_running_rehearsal_is_refused_at_once)
{
    struct scene s;
    scene_begin_short(&s, 1);
    static const char program[] = CLV_BINARY_DIR "/claviger";
    const char *argv[] = {program,      "rehearse", "--plain", "--script", SHORT, "--keys",
                          house_keys(), "--units",  "1",       "--dir",    s.dir, NULL};
    struct terminal *t = terminal_spawn(&(struct terminal_options){.argv = argv});
    terminal_expect(t, "Does the clock on the wall agree?");
    scene_resume(&s, NULL);
    assert_refused(&s, terminal_pid(t), s.dir);
    scene_rewind(&s);
    scene_play(&s, "--script", SHORT, NULL);
    assert_refused(&s, terminal_pid(t), s.dir);
    terminal_send(t, KEY_ENTER);
    terminal_expect(t, "Name of the ceremony administrator");
    terminal_send(t, KEY_CTRL_C);
    cr_assert_eq(terminal_wait_exit(t), 130);
    terminal_free(&t);
    scene_clear(&s);
}

Test(alone, a_follow_up_waits_for_the_end_of_the_ceremony_before_it)
{
    struct scene s;
    int lock = -1;
    scene_begin_short(&s, 1);
    char *before = scene_path(&s, "before"), *script = scene_path(&s, "before/follow-up.yaml");
    cr_assert_eq(clv_dir_private(before, NULL), CLV_OK);
    file_write(script, "", 0);
    cr_assert_eq(clv_journal_lock(before, &lock, NULL), CLV_OK);
    scene_play(&s, "--follow-up", before, NULL);
    assert_refused(&s, getpid(), before);
    close(lock);
    free(script);
    free(before);
    scene_clear(&s);
}
