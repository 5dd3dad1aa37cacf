/* What the tests of one program share: key files with known passwords, made once before the first
 * test and removed behind the last one. Link house.c and it happens. */
#ifndef CLV_TESTS_HOUSE_H
#define CLV_TESTS_HOUSE_H

#include "scene.h"

#define SOFIA_PASSWORD "copper lantern drifts over quiet harbours"
#define KOFI_PASSWORD "seven walnut bridges hum at dawn"
#define LENA_PASSWORD "violet engines forget their winters"

/* Folder with sofia.clvkey (signature key), kofi.clvkey and lena.clvkey (parts 1 and 2). */
const char *house_keys(void);
/* The commitment of a file of the house, 64 hex digits. */
void house_commitment(const char *file, char ret_hex[65]);
/* A folder of the test's own with copies of the three; to be freed. */
char *house_copy(const struct scene *s);

/* The answers two-owners.txt, with commitments, for that many units. */
void scene_begin_short(struct scene *s, unsigned num_units);
/* What is asked when it is resumed: the same people, no slip at hand, go on. */
void scene_answer_go_on(struct scene *s);
/* Plays the script load-two-owners.yaml with the files of the house; further options up to NULL. */
void scene_play_short(struct scene *s, const char *num_units, const char *drill);
/* What stands in phrases: the units but one (0: all) of so many, "1,2,4". */
void scene_phrases(struct scene *s, unsigned num_units, unsigned without);

#endif
