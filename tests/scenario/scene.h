/* A whole rehearsal as a test sees it: answers in, the program's run, the journal out.
 *
 *     struct scene s = {0};
 *     scene_begin(&s, "three-owners.txt");
 *     scene_answer(&s, "trouble", "wait");
 *     scene_play(&s, "--drill", "unit-4-dies", NULL);
 *     cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
 *     ... s.journal ...
 *     scene_clear(&s);
 *
 * The program is the built one, in a process of its own; nothing of it is linked in. */
#ifndef CLV_TESTS_SCENE_H
#define CLV_TESTS_SCENE_H

#include "claviger/ceremony.h"
#include "run.h"

/* ---- a journal, decoded --------------------------------------------------------------------- */

struct journal {
    struct clv_event *event;
    size_t num;
};
/* Reads and verifies; fails the test when an entry does not decode. */
void journal_read(const char *dir, struct journal *ret);
void journal_clear(struct journal *j);
/* Index of the first event of the kind at or behind from; j->num when there is none. */
size_t journal_next(const struct journal *j, enum clv_event_kind kind, size_t from);
size_t journal_count(const struct journal *j, enum clv_event_kind kind);
const struct clv_event *journal_last(const struct journal *j);
/* How many outcomes of that phase and unit (0: any) had this word. */
size_t journal_outcomes(const struct journal *j, enum clv_phase phase, unsigned unit,
                        const char *word);
/* What holds in every journal, whatever happened: an outcome behind every intent unless the process
 * ended in between, a barrier behind
 * every order, our pattern in every commit and set immediate, commitments before parts. */
void journal_check(const struct journal *j, unsigned num_owners);
/* Steps a new engine through it: every event is accepted. Returns the state it ends in. */
enum clv_state journal_replay(const struct journal *j, const char *script_path);
/* Every turn and every barrier has a signed head behind it. */
void journal_check_heads(const struct journal *j, const char *dir);

/* ---- a rehearsal ---------------------------------------------------------------------------- */

struct scene {
    char *top;     /* a folder of the test's own */
    char *dir;     /* top/ceremony */
    char *answers; /* text of the answers file */
    struct run run;
    struct journal journal; /* of dir, after the run */
};

/* With the answers of tests/answers/NAME. */
void scene_begin(struct scene *s, const char *name);
/* One more answer to id; instead of every answer to id. */
void scene_answer(struct scene *s, const char *id, const char *value);
void scene_answer_only(struct scene *s, const char *id, const char *value);
/* "claviger rehearse --plain --answers ... --dir ..." and further options, up to NULL. The journal
 * is read when there is one. */
void scene_play(struct scene *s, ...);
/* In two halves. */
void scene_start(struct scene *s, ...);
void scene_finish(struct scene *s);
/* "claviger resume --plain --answers ... DIR", after a run that ended before its end. */
void scene_resume(struct scene *s, ...);
/* The ceremony folder is used once more by another run. */
void scene_rewind(struct scene *s);
void scene_clear(struct scene *s);

/* The output holds this sentence; a blank in it stands for any blanks and line ends. */
bool scene_said(const struct scene *s, const char *sentence);
bool says(const char *text, const char *sentence);
/* top/NAME and dir/NAME; to be freed. */
char *scene_path(const struct scene *s, const char *name);
char *ceremony_path(const struct scene *s, const char *name);
/* Whether a file of the ceremony is the same, byte for byte, in another folder. */
bool scene_same_in(const struct scene *s, const char *folder, const char *name);
/* The names in a folder that end so, sorted. */
struct names {
    char *name[64];
    size_t num;
};
void names_list(const char *dir, const char *ending, struct names *ret);
void names_clear(struct names *n);

#endif
