/* The space that is set aside: as much as the ceremony will write, and there when it is needed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "disk.h"
#include "house.h"

#define SHORT CLV_SOURCE_DIR "/tests/scripts/load-two-owners.yaml"

static long size_of(const char *folder, const char *name)
{
    struct stat st = {0};
    char *path = clv_path_join(folder, name);
    cr_assert_eq(stat(path, &st), 0, "%s is not there", path);
    free(path);
    return (long)st.st_size;
}

/* Stopped behind the search for units; the numbers are those of the table in decision 6. */
Test(space, more_units_more_space_on_both_media)
{
    static const struct {
        const char *units;
        long kib;
    } rows[] = {{"1", 896}, {"20", 1216}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s;
        scene_begin_short(&s, 1);
        scene_answer_only(&s, "units.review", "!interrupt");
        char *medium = scene_path(&s, "blue"), *mirror = scene_path(&s, "blue/ceremony");
        cr_assert_eq(mkdir(medium, 0700), 0);
        scene_play(&s, "--script", SHORT, "--keys", house_keys(), "--units", rows[i].units,
                   "--mirror", medium, NULL);
        cr_assert_eq(s.run.exit_code, 130, "%s", s.run.output);
        cr_assert_eq(size_of(s.dir, "journal.reserve"), rows[i].kib * 1024);
        cr_assert_eq(size_of(mirror, "journal.reserve"), rows[i].kib * 1024);
        free(medium);
        free(mirror);
        scene_clear(&s);
    }
}

/* The units of a rehearsal keep their state below the folder: on another disk here. */
static bool mount_two(const char *dir, const char *units)
{
    return mkdir(dir, 0700) == 0 && disk_mount(dir, "size=1000k") && mkdir(units, 0700) == 0 &&
           disk_mount(units, "size=24m");
}

/* What is left beside the space set aside holds one receipt, and three are due. */
Test(space, receipts_are_written_on_a_disk_that_is_full)
{
    struct scene s;
    struct names papers;
    scene_begin_short(&s, 1);
    char *units = ceremony_path(&s, "units"), *receipts = ceremony_path(&s, "receipts");
    if (!mount_two(s.dir, units)) {
        free(units);
        free(receipts);
        scene_clear(&s);
        cr_skip_test("no file system can be mounted here");
    }
    scene_answer(&s, "self-check.failed", "waive");
    scene_answer(&s, "deviation.expected", "16 MiB free");
    scene_answer(&s, "deviation.happened", "a small disk");
    scene_answer(&s, "deviation.decided", "go on, Ada Brandt");
    scene_play(&s, "--script", SHORT, "--keys", house_keys(), "--units", "1", NULL);
    cr_assert_eq(s.run.exit_code, 0, "%s", s.run.output);
    cr_assert(scene_said(&s, "The disk is full. The journal goes on in the space set aside"), "%s",
              s.run.output);
    cr_assert(!scene_said(&s, "A receipt is missing"), "%s", s.run.output);
    names_list(receipts, ".pdf", &papers);
    cr_assert_eq(papers.num, 3);
    names_clear(&papers);
    disk_unmount(units);
    disk_unmount(s.dir);
    free(units);
    free(receipts);
    scene_clear(&s);
}
