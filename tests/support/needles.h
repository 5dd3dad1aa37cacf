/* Secrets of one run, in every form they could leak in, and a search for them.
 *
 *     struct needles n = {0};
 *     needles_add(&n, "part 1", part, 32);
 *     cr_assert_null(needles_in_folder(&n, dir));
 *     cr_assert_null(needles_in(&n, output, len));
 *     needles_clear(&n);
 *
 * Forms: the bytes; hex in both cases, plain and in groups of 2, 4 and 8 digits; base64 at each of
 * its three offsets. Make secrets new for each run: other tests' files are then no false alarm. */
#ifndef CLV_TESTS_NEEDLES_H
#define CLV_TESTS_NEEDLES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct needle {
    char *what; /* "part 1, hex" */
    uint8_t *bytes;
    size_t len;
};
struct needles {
    struct needle *needle;
    size_t num;
};

void needles_add(struct needles *n, const char *what, const void *secret, size_t len);
void needles_clear(struct needles *n);
/* What was found, or NULL. */
const char *needles_in(const struct needles *n, const void *data, size_t len);
/* In every regular file below folder that was changed at or behind since (0: in all), except the
 * one of that path (may be NULL). "part 1, hex in /tmp/x", to be freed; NULL when nothing was
 * found. *ret_num_files (may be NULL): how many files were looked at. */
char *needles_in_folder(const struct needles *n, const char *folder, time_t since,
                        const char *except, size_t *ret_num_files);

#endif
