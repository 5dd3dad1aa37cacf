/* After a ceremony: no password, no part and no combined key anywhere that anybody could look. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "new_secrets.h"

/* Each form is found where it is planted: else finding nothing would mean nothing. */
static void assert_search_works(const struct needles *n)
{
    char *folder = folder_make(), *path = clv_path_join(folder, "planted");
    for (size_t i = 0; i < n->num; i++) {
        uint8_t data[4096] = "something in front, ";
        size_t len = strlen((char *)data);
        memcpy(data + len, n->needle[i].bytes, n->needle[i].len);
        file_write(path, data, len + n->needle[i].len + 20);
        char *found = needles_in_folder(n, folder, 0, NULL, NULL);
        cr_assert(found, "%s was not found", n->needle[i].what);
        free(found);
    }
    free(path);
    folder_remove(&folder);
}

static void assert_nothing_in(const struct needles *n, const char *folder, time_t since,
                              const char *except, size_t at_least)
{
    size_t num_files = 0;
    char *found = needles_in_folder(n, folder, since, except, &num_files);
    cr_assert_null(found, "%s", found);
    cr_assert_geq(num_files, at_least, "only %zu files in %s", num_files, folder);
}

Test(secrets, are_nowhere_after_a_ceremony)
{
    struct scene s;
    struct needles n = {0};
    time_t start = time(NULL);
    scene_begin(&s, "typed-parts.txt");
    new_secrets(&s, &n);
    assert_search_works(&n);
    scene_play(&s, NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    cr_assert_eq(journal_count(&s.journal, CLV_EVENT_PASSWORD_WRONG), 2);

    char *answers = scene_path(&s, "answers.txt");
    cr_assert_null(needles_in(&n, s.run.output, s.run.len), "in the output: %s",
                   needles_in(&n, s.run.output, s.run.len));
    assert_nothing_in(&n, s.dir, 0, NULL, 30);
    assert_nothing_in(&n, "/tmp", start, answers, 30);
    assert_nothing_in(&n, "/var/tmp", start, NULL, 0);
    assert_nothing_in(&n, "/dev/shm", start, NULL, 0);
    cr_assert(needles_in(&n, s.answers, strlen(s.answers)), "the answers have them");
    free(answers);
    needles_clear(&n);
    scene_clear(&s);
}
