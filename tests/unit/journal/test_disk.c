/* A disk that fails: at every call, once and for good. The log is afterwards as before, or
 * complete. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "src/journal/internal.h"

static const char *dir;
static struct clv_journal *journal;
static struct clv_error err;

/* What fails: the call of this number, counted over all kinds; from then on if it persists. */
static struct {
    unsigned calls, fail_at;
    bool persists;
    bool short_write; /* takes three bytes first */
    bool truncate_too;
    int errnum;
} disk;

static bool fails(void)
{
    disk.calls++;
    return disk.calls == disk.fail_at || (disk.persists && disk.calls > disk.fail_at);
}

static ssize_t fake_write(int fd, const void *data, size_t len)
{
    if (!fails())
        return write(fd, data, len);
    if (disk.short_write && len > 3 && write(fd, data, 3) == 3) {
        disk.fail_at = disk.calls + 1;
        disk.short_write = false;
        return 3;
    }
    errno = disk.errnum;
    return -1;
}

static int fake_sync(int fd)
{
    if (!fails())
        return fdatasync(fd);
    errno = disk.errnum;
    return -1;
}

static int fake_truncate(int fd, off_t len)
{
    if (!disk.truncate_too)
        return ftruncate(fd, len);
    errno = EIO;
    return -1;
}

static const struct journal_disk failing = {fake_write, fake_sync, fake_truncate};

static void setup(void)
{
    dir = folder_new();
    cr_assert_eq(clv_journal_create(dir, ID, true, clv_random_system(), &journal, &err), CLV_OK,
                 "%s", err.fact);
    journal_fill(journal, 3);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    journal_set_disk(journal, &failing);
    memset(&disk, 0, sizeof disk);
}

static void teardown(void)
{
    clv_journal_free(&journal);
    folder_remove(dir);
}

TestSuite(disk, .init = setup, .fini = teardown);

static const char entry[] = "{\"event\":\"intent\"}";

static clv_status append(void)
{
    return clv_journal_append(journal, clv_view_of(entry, sizeof entry - 1), NULL, &err);
}

static void good_again(uint64_t size)
{
    disk.fail_at = UINT32_MAX;
    disk.persists = false;
    cr_assert_eq(append(), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK, "%s", err.fact);
    struct clv_journal_report r;
    cr_assert_eq(clv_journal_verify(dir, NULL, &r, &err), CLV_OK);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert_eq(r.size, size + 1);
    clv_journal_free(&journal);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_OK, "%s", err.fact);
}

struct failure {
    int errnum;
    unsigned fail_at;
    bool persists, short_write;
    clv_status code;
};

/* clang-format off */
static const struct failure failures[] = {
    {ENOSPC, 1, false, false, CLV_E_FULL}, {ENOSPC, 1, true, false, CLV_E_FULL},
    {ENOSPC, 1, false, true,  CLV_E_FULL}, {ENOSPC, 1, true, true,  CLV_E_FULL},
    {EDQUOT, 1, true,  true,  CLV_E_FULL}, {EIO,    1, true, true,  CLV_E_IO},
    {EROFS,  1, true,  false, CLV_E_IO},   {EIO,    2, true, false, CLV_E_IO},
    {ENOSPC, 2, false, false, CLV_E_FULL},
};
/* clang-format on */

static void set(const struct failure *f)
{
    disk.calls = 0;
    disk.fail_at = f->fail_at;
    disk.persists = f->persists;
    disk.short_write = f->short_write;
    disk.errnum = f->errnum;
}

Test(disk, a_failed_append_changes_nothing_and_may_be_repeated)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        uint64_t size = clv_journal_size(journal);
        uint8_t before[CLV_HASH_LEN], after[CLV_HASH_LEN];
        struct bytes log = folder_read(dir, CLV_JOURNAL_LOG);
        clv_journal_root(journal, before);
        set(&failures[i]);
        cr_assert_eq(append(), failures[i].code, "failure %zu: %s", i, err.fact);
        cr_assert_neq(err.kept[0], '\0');
        clv_journal_root(journal, after);
        cr_assert_arr_eq(before, after, CLV_HASH_LEN);
        cr_assert_eq(clv_journal_size(journal), size);
        struct bytes same = folder_read(dir, CLV_JOURNAL_LOG);
        cr_assert_eq(same.len, log.len);
        cr_assert_arr_eq(same.data, log.data, log.len);
        free(log.data);
        free(same.data);
        good_again(size);
        journal_set_disk(journal, &failing);
    }
}

Test(disk, a_failed_checkpoint_changes_nothing_and_may_be_repeated)
{
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++) {
        disk.fail_at = UINT32_MAX;
        disk.persists = false;
        cr_assert_eq(append(), CLV_OK);
        uint64_t signed_size = clv_journal_signed_size(journal);
        set(&failures[i]);
        cr_assert_eq(clv_journal_checkpoint(journal, &err), failures[i].code, "failure %zu", i);
        cr_assert_eq(clv_journal_signed_size(journal), signed_size);
        good_again(clv_journal_size(journal));
        journal_set_disk(journal, &failing);
    }
}

Test(disk, interrupted_writes_go_on)
{
    disk.fail_at = 1;
    disk.errnum = EINTR;
    cr_assert_eq(append(), CLV_OK, "%s", err.fact);
    good_again(4);
}

Test(disk, nothing_follows_rubbish_that_could_not_be_cut_off)
{
    set(&(struct failure){EIO, 1, false, true, CLV_E_IO});
    disk.truncate_too = true;
    cr_assert_eq(append(), CLV_E_IO);
    cr_assert_eq(append(), CLV_E_INTERNAL);
    disk.truncate_too = false;
    cr_assert_eq(append(), CLV_E_INTERNAL);
    clv_journal_free(&journal);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_DAMAGED);
    size_t moved = 0;
    cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK);
    cr_assert_eq(moved, 3);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_OK, "%s", err.fact);
    good_again(3);
}

Test(disk, the_reserve_takes_what_a_full_disk_does_not)
{
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_reserve_left(journal), 65536);
    set(&(struct failure){ENOSPC, 1, false, true, CLV_E_FULL});
    err = (struct clv_error){0};
    cr_assert_eq(append(), CLV_OK, "%s", err.fact);
    cr_assert_eq(err.code, CLV_OK);
    cr_assert_eq(clv_journal_reserve_left(journal), 0);
    cr_assert_not(folder_has(dir, CLV_JOURNAL_RESERVE));
    set(&(struct failure){ENOSPC, 1, false, false, CLV_E_FULL});
    cr_assert_eq(append(), CLV_E_FULL);
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_OK);
    good_again(4);
    cr_assert_eq(clv_journal_reserve_left(journal), 65536);
}

Test(disk, more_that_is_not_to_be_had_leaves_what_there_was)
{
    const struct rlimit limit = {100000, 100000};
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_OK, "%s", err.fact);
    cr_assert_neq(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    cr_assert_neq(clv_journal_reserve(journal, 2 * 65536, &err), CLV_OK);
    cr_assert_eq(clv_journal_failed_medium(journal), 0);
    cr_assert_eq(clv_journal_reserve_left(journal), 65536);
    struct bytes b = folder_read(dir, CLV_JOURNAL_RESERVE);
    cr_assert_eq(b.len, 65536);
    free(b.data);
}

Test(disk, a_pipe_in_place_of_the_reserve_is_not_waited_for, .timeout = 20)
{
    char path[300];
    (void)snprintf(path, sizeof path, "%s/" CLV_JOURNAL_RESERVE, dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_E_IO, "%s", err.fact);
    cr_assert_eq(append(), CLV_OK);
}
