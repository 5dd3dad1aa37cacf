/* A journal on two media: every cut between the two writes, every failure of either, copies that
 * are behind, copies that disagree, media that are gone. */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"
#include "src/journal/internal.h"

#define ENTRIES_BEFORE 4

static const char *dirs[2];
static struct clv_journal *journal;
static struct clv_error err;

/* The call of this number fails, or ends the process, counted over all kinds; a write has taken so
 * many bytes before. */
static struct {
    unsigned calls, at;
    bool kill;
    size_t taken;
    int errnum;
} disk;

static bool hits(void)
{
    return ++disk.calls == disk.at;
}

static int ends(void)
{
    if (disk.kill)
        _exit(7);
    errno = disk.errnum;
    return -1;
}

static ssize_t fake_write(int fd, const void *data, size_t len)
{
    if (!hits())
        return write(fd, data, len);
    if (disk.taken > 0 && write(fd, data, disk.taken < len ? disk.taken : len) < 0)
        return -1;
    return ends();
}

static int fake_sync(int fd)
{
    return hits() ? ends() : fdatasync(fd);
}

static const struct journal_disk faulty = {fake_write, fake_sync, ftruncate};

static void open_both(void)
{
    err = (struct clv_error){0};
    cr_assert_eq(clv_journal_open_mirrored(dirs[0], dirs[1], &journal, &err), CLV_OK, "%s / %s",
                 err.fact, err.whiles[0]);
    journal_set_disk(journal, &faulty);
}

static void setup(void)
{
    dirs[0] = folder_new();
    dirs[1] = folder_new();
    cr_assert_eq(clv_journal_create_mirrored(dirs[0], dirs[1], ID, true, clv_random_system(),
                                             &journal, &err),
                 CLV_OK, "%s", err.fact);
    journal_fill(journal, ENTRIES_BEFORE);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    journal_set_disk(journal, &faulty);
    memset(&disk, 0, sizeof disk);
}

static void teardown(void)
{
    clv_journal_free(&journal);
    folder_remove(dirs[0]);
    folder_remove(dirs[1]);
}

TestSuite(mirror, .init = setup, .fini = teardown);

static bool same(const char *name)
{
    struct bytes a = folder_read(dirs[0], name), b = folder_read(dirs[1], name);
    bool equal = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
    free(a.data);
    free(b.data);
    return equal;
}

/* Both are the same journal, intact, of so many entries. */
static void both_are(uint64_t size)
{
    cr_assert(same(CLV_JOURNAL_LOG) && same(CLV_JOURNAL_CHECKPOINTS) && same(CLV_JOURNAL_VKEY) &&
              same(CLV_JOURNAL_KEY));
    for (int i = 0; i < 2; i++) {
        struct clv_journal_report r;
        cr_assert_eq(clv_journal_verify(dirs[i], NULL, &r, &err), CLV_OK);
        cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
        cr_assert_eq(r.size, size);
    }
}

static clv_status append(void)
{
    static const char entry[] = "{\"event\":\"intent\"}";
    return clv_journal_append(journal, clv_view_of(entry, sizeof entry - 1), NULL, &err);
}

static void go_on(uint64_t size)
{
    journal_fill(journal, (unsigned)size);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK, "%s", err.fact);
    both_are(size);
}

Test(mirror, both_copies_are_the_journal)
{
    both_are(ENTRIES_BEFORE);
    clv_journal_free(&journal);
    open_both();
    cr_assert_eq(clv_journal_lacks(journal, 0) + clv_journal_lacks(journal, 1), 0);
    go_on(ENTRIES_BEFORE + 3);
    clv_journal_free(&journal);
    /* And each is one by itself. */
    cr_assert_eq(clv_journal_open(dirs[1], &journal, &err), CLV_OK, "%s", err.fact);
    journal_fill(journal, ENTRIES_BEFORE + 5);
    clv_journal_free(&journal);
    open_both();
    cr_assert_eq(clv_journal_lacks(journal, 0), 2);
    go_on(ENTRIES_BEFORE + 6);
}

/* ---- the process ends anywhere --------------------------------------------------------------- */

static void settle_torn(void)
{
    struct clv_journal_report r;
    for (int i = 0; i < 2; i++) {
        size_t moved = 0;
        cr_assert_eq(clv_journal_verify(dirs[i], NULL, &r, &err), CLV_OK);
        if (r.verdict == CLV_JOURNAL_TORN)
            cr_assert_eq(clv_journal_set_torn_aside(dirs[i], &moved, &err), CLV_OK);
    }
}

/* In a process of its own, which opens the journal itself: secrets do not outlive a fork. */
static int write_until_cut(unsigned at, size_t taken)
{
    clv_journal_free(&journal);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        open_both();
        disk.calls = 0;
        disk.at = at;
        disk.taken = taken;
        disk.kill = true;
        _exit(append() == CLV_OK && clv_journal_checkpoint(journal, NULL) == CLV_OK ? 0 : 9);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* At every call; a write is cut at the ends of its fields and in between. */
Test(mirror, a_cut_anywhere_loses_nothing)
{
    static const size_t cuts[] = {0, 1, 2, 3, 18, 19, 20, 37, 38, 60, 120, 200};
    uint64_t size = ENTRIES_BEFORE;
    unsigned num = 0;
    int ended = 7;
    for (unsigned at = 1; ended == 7; at++) {
        bool writes = at % 2 == 1;
        for (size_t i = 0; ended == 7 && i < (writes ? sizeof cuts / sizeof *cuts : 1); i++) {
            ended = write_until_cut(at, cuts[i]);
            cr_assert(ended == 7 || ended == 0, "%d", ended);
            settle_torn();
            open_both();
            cr_assert_geq(clv_journal_size(journal), size, "an entry is lost");
            cr_assert_leq(clv_journal_size(journal), size + 1);
            size = clv_journal_size(journal) + 1;
            go_on(size);
            num += ended == 7;
        }
    }
    cr_assert_eq(num, 4 * sizeof cuts / sizeof *cuts + 4, "entry and checkpoint, on both");
}

/* ---- a copy that is behind ------------------------------------------------------------------- */

static void cut_file(const char *dir, const char *name, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    cr_assert_eq(truncate(path, (off_t)len), 0);
}

Test(mirror, a_copy_that_is_behind_catches_up_with_the_next_entry)
{
    uint64_t size = ENTRIES_BEFORE;
    for (int behind = 0; behind < 2; behind++)
        for (uint64_t has = 0; has <= ENTRIES_BEFORE; has++) {
            struct bytes log = folder_read(dirs[behind], CLV_JOURNAL_LOG);
            clv_journal_free(&journal);
            cut_file(dirs[behind], CLV_JOURNAL_LOG, line_start(log, has));
            cut_file(dirs[behind], CLV_JOURNAL_CHECKPOINTS, 0);
            free(log.data);
            open_both();
            cr_assert_eq(clv_journal_lacks(journal, (size_t)behind), size - has);
            cr_assert_eq(clv_journal_lacks(journal, (size_t)(1 - behind)), 0);
            cr_assert_eq(clv_journal_size(journal), size);
            cr_assert_not(same(CLV_JOURNAL_CHECKPOINTS), "opening writes nothing");
            go_on(++size);
            cr_assert_eq(clv_journal_lacks(journal, (size_t)behind), 0);
        }
}

Test(mirror, an_empty_folder_gets_everything)
{
    clv_journal_free(&journal);
    folder_remove(dirs[1]);
    dirs[1] = folder_new();
    open_both();
    cr_assert_eq(clv_journal_lacks(journal, 1), ENTRIES_BEFORE);
    cr_assert_not(folder_has(dirs[1], CLV_JOURNAL_LOG), "opening writes nothing");
    go_on(ENTRIES_BEFORE + 1);
}

Test(mirror, a_folder_that_is_not_there_is_no_copy)
{
    clv_journal_free(&journal);
    cr_assert_eq(clv_journal_open_mirrored(dirs[0], "/nowhere/at/all", &journal, &err),
                 CLV_E_MISSING);
    open_both();
}

/* ---- copies that disagree -------------------------------------------------------------------- */

/* Both go on alone, from the same journal. */
static void fork_at(unsigned seq)
{
    for (int i = 0; i < 2; i++) {
        char entry[40];
        cr_assert_eq(clv_journal_open(dirs[i], &journal, &err), CLV_OK);
        journal_fill(journal, seq);
        snprintf(entry, sizeof entry, "{\"event\":\"fork\",\"n\":%d}", i);
        cr_assert_eq(clv_journal_append(journal, clv_view_of(entry, strlen(entry)), NULL, &err),
                     CLV_OK);
        journal_fill(journal, seq + 3 + (unsigned)i);
        cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
        clv_journal_free(&journal);
    }
}

static void refuses(clv_status code, const char *fact)
{
    struct image before[2] = {image_load(dirs[0]), image_load(dirs[1])};
    err = (struct clv_error){0};
    clv_status status = clv_journal_open_mirrored(dirs[0], dirs[1], &journal, &err);
    cr_assert_eq(status, code, "%s", err.fact);
    cr_assert(strstr(err.fact, fact), "%s", err.fact);
    for (int i = 0; i < 2; i++) {
        struct image after = image_load(dirs[i]);
        cr_assert(after.log.len == before[i].log.len &&
                  memcmp(after.log.data, before[i].log.data, after.log.len) == 0 &&
                  after.checkpoints.len == before[i].checkpoints.len);
        image_free(&after);
        image_free(&before[i]);
    }
}

Test(mirror, a_fork_is_named_and_nothing_is_overwritten)
{
    char fact[80];
    clv_journal_free(&journal);
    fork_at(ENTRIES_BEFORE + 2);
    snprintf(fact, sizeof fact, "the copies of the journal differ from entry %u on",
             ENTRIES_BEFORE + 2);
    refuses(CLV_E_MISMATCH, fact);
    cr_assert(strstr(err.kept, "Neither copy was changed."), "%s", err.kept);
}

Test(mirror, another_journal_is_no_copy)
{
    clv_journal_free(&journal);
    folder_remove(dirs[1]);
    dirs[1] = folder_new();
    journal_small(dirs[1], ID);
    refuses(CLV_E_FOREIGN, "of the key");
}

/* Every change of one byte, and every length, of either copy: refused, or behind; never continued
 * as something else. */
Test(mirror, a_damaged_copy_is_never_continued, .timeout = 300)
{
    clv_journal_free(&journal);
    for (int which = 0; which < 2; which++) {
        struct bytes log = folder_read(dirs[which], CLV_JOURNAL_LOG);
        for (size_t at = 0; at < log.len; at++) {
            log.data[at] ^= 1;
            folder_write(dirs[which], CLV_JOURNAL_LOG, log);
            cr_assert_neq(clv_journal_open_mirrored(dirs[0], dirs[1], &journal, &err), CLV_OK,
                          "copy %d, byte %zu", which, at);
            log.data[at] ^= 1;
        }
        for (size_t len = 0; len < log.len; len++) {
            folder_write(dirs[which], CLV_JOURNAL_LOG, (struct bytes){log.data, len});
            clv_status status = clv_journal_open_mirrored(dirs[0], dirs[1], &journal, &err);
            cr_assert(status == CLV_E_DAMAGED ||
                          (status == CLV_OK && clv_journal_lacks(journal, (size_t)which) > 0),
                      "copy %d, %zu bytes: %s", which, len, err.fact);
            clv_journal_free(&journal);
        }
        folder_write(dirs[which], CLV_JOURNAL_LOG, log);
        free(log.data);
    }
    open_both();
}

/* ---- a medium that fails --------------------------------------------------------------------- */

Test(mirror, an_append_is_on_both_or_on_none)
{
    static const int errors[] = {ENOSPC, EIO, EROFS};
    uint64_t size = ENTRIES_BEFORE;
    for (size_t e = 0; e < 3; e++)
        for (unsigned at = 1; at <= 4; at++) {
            disk.calls = 0;
            disk.at = at;
            disk.taken = at % 2 ? 5 : 0;
            disk.errnum = errors[e];
            cr_assert_eq(append(), e == 0 ? CLV_E_FULL : CLV_E_IO, "%u", at);
            cr_assert_eq(clv_journal_failed_medium(journal), (at - 1) / 2);
            cr_assert(strstr(err.whiles[1], dirs[(at - 1) / 2]), "%s", err.whiles[1]);
            cr_assert_eq(clv_journal_size(journal), size);
            both_are(size);
            if (at % 2)
                cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK, "%s", err.fact);
            go_on(++size);
        }
}

static void move_away(int which, char out[600])
{
    snprintf(out, 600, "%s.away", dirs[which]);
    cr_assert_eq(rename(dirs[which], out), 0);
}

Test(mirror, a_medium_that_comes_back_is_taken_up_again)
{
    uint64_t size = ENTRIES_BEFORE;
    for (int which = 0; which < 2; which++) {
        char away[600];
        move_away(which, away);
        cr_assert_eq(append(), CLV_E_IO);
        cr_assert_eq(clv_journal_failed_medium(journal), (size_t)which);
        cr_assert(strstr(err.fact, "any more"), "%s", err.fact);
        cr_assert_neq(clv_journal_mend(journal, &err), CLV_OK);
        cr_assert_eq(append(), CLV_E_IO);
        cr_assert_eq(rename(away, dirs[which]), 0);
        cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK, "%s", err.fact);
        go_on(++size);
    }
}

Test(mirror, it_goes_on_with_one_and_the_other_catches_up_later)
{
    uint64_t size = ENTRIES_BEFORE;
    for (int which = 0; which < 2; which++) {
        char away[600];
        move_away(which, away);
        cr_assert_eq(append(), CLV_E_IO);
        cr_assert_eq(clv_journal_give_up(journal, (size_t)which, &err), CLV_OK, "%s", err.fact);
        cr_assert_null(clv_journal_medium(journal, (size_t)which));
        cr_assert_eq(clv_journal_give_up(journal, (size_t)(1 - which), &err), CLV_E_RULE);
        journal_fill(journal, (unsigned)(size += 2));
        struct clv_journal_entry e;
        cr_assert_eq(clv_journal_read(journal, size - 1, &e, &err), CLV_OK, "%s", err.fact);
        clv_journal_free(&journal);
        cr_assert_eq(rename(away, dirs[which]), 0);
        open_both();
        cr_assert_eq(clv_journal_lacks(journal, (size_t)which), 2);
        go_on(++size);
    }
}

Test(mirror, something_else_in_its_place_is_not_taken_up)
{
    char away[600], kept[600];
    move_away(1, away);
    cr_assert_eq(append(), CLV_E_IO);
    cr_assert_eq(mkdir(dirs[1], 0700), 0);
    journal_small(dirs[1], ID);
    cr_assert_neq(clv_journal_mend(journal, &err), CLV_OK);
    struct bytes log = folder_read(dirs[1], CLV_JOURNAL_LOG);
    cr_assert_gt(log.len, 0, "it is not overwritten");
    free(log.data);
    snprintf(kept, sizeof kept, "%s", dirs[1]);
    folder_remove(dirs[1]);
    dirs[1] = strdup(kept);
    cr_assert_eq(rename(away, dirs[1]), 0);
    cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK, "%s", err.fact);
    go_on(ENTRIES_BEFORE + 1);
}

static int truncate_fails(int fd, off_t len)
{
    (void)fd;
    (void)len;
    errno = EIO;
    return -1;
}

Test(mirror, rubbish_that_could_not_be_cut_is_cut_when_it_is_mended)
{
    static const struct journal_disk uncut = {fake_write, fake_sync, truncate_fails};
    for (unsigned at = 1; at <= 4; at++) {
        disk.calls = 0;
        disk.at = at;
        disk.taken = 7;
        disk.errnum = EIO;
        journal_set_disk(journal, &uncut);
        cr_assert_eq(append(), CLV_E_IO);
        cr_assert_eq(append(), CLV_E_INTERNAL);
        cr_assert_neq(clv_journal_mend(journal, &err), CLV_OK, "it still cannot be cut");
        journal_set_disk(journal, &faulty);
        cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK, "%u: %s", at, err.fact);
        go_on(ENTRIES_BEFORE + at);
    }
}

/* ---- one process ----------------------------------------------------------------------------- */

Test(mirror, both_folders_are_locked)
{
    struct clv_journal *other = NULL;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(clv_journal_open(dirs[i], &other, &err), CLV_E_RULE);
        cr_assert_eq(clv_journal_open_mirrored(dirs[1 - i], dirs[i], &other, &err), CLV_E_RULE);
    }
}

Test(mirror, space_is_set_aside_on_both)
{
    cr_assert_eq(clv_journal_reserve(journal, 3 * 65536, &err), CLV_OK);
    for (int i = 0; i < 2; i++) {
        struct bytes b = folder_read(dirs[i], CLV_JOURNAL_RESERVE);
        cr_assert_eq(b.len, 3 * 65536);
        free(b.data);
    }
    disk.at = 3;
    disk.errnum = ENOSPC;
    cr_assert_eq(append(), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_reserve_left(journal), 2 * 65536, "given back in pieces");
    cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK);
    cr_assert_eq(clv_journal_reserve_left(journal), 3 * 65536, "and taken again");
}

Test(mirror, space_is_let_go_when_nothing_more_comes)
{
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_OK);
    clv_journal_drop_reserve(journal);
    cr_assert_eq(clv_journal_reserve_left(journal), 0);
    cr_assert_eq(append(), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_mend(journal, &err), CLV_OK);
    for (int i = 0; i < 2; i++)
        cr_assert_not(folder_has(dirs[i], CLV_JOURNAL_RESERVE));
}

Test(mirror, space_beside_the_first_copy_is_given_back_for_other_files)
{
    static const size_t left[] = {65536, 3 * 65536};
    cr_assert_not(clv_journal_give_back(journal, 1));
    cr_assert_eq(clv_journal_reserve(journal, 3 * 65536, &err), CLV_OK);
    cr_assert(clv_journal_give_back(journal, 65537));
    for (int i = 0; i < 2; i++) {
        struct bytes b = folder_read(dirs[i], CLV_JOURNAL_RESERVE);
        cr_assert_eq(b.len, left[i]);
        free(b.data);
    }
    cr_assert_eq(clv_journal_reserve_left(journal), 65536);
    cr_assert(clv_journal_give_back(journal, SIZE_MAX));
    cr_assert_not(clv_journal_give_back(journal, 1));
}
