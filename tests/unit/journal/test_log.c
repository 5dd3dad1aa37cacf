/* The journal as the ceremony uses it. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "folder.h"

static const char *dir;
static struct clv_journal *journal;
static struct clv_error err;

static void setup(void)
{
    dir = folder_new();
}

static void teardown(void)
{
    clv_journal_free(&journal);
    folder_remove(dir);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(log, .init = setup, .fini = teardown);

static void create(void)
{
    cr_assert_eq(clv_journal_create(dir, ID, true, clv_random_system(), &journal, &err), CLV_OK,
                 "%s", err.fact);
}

static void reopen(void)
{
    clv_journal_free(&journal);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_OK, "%s", err.fact);
}

static clv_status append(const char *entry)
{
    return clv_journal_append(journal, clv_view_of(entry, strlen(entry)), NULL, &err);
}

Test(log, goes_on_where_it_was)
{
    uint8_t before[CLV_HASH_LEN], after[CLV_HASH_LEN];
    struct clv_journal_entry e;
    create();
    journal_fill(journal, 5);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    journal_fill(journal, 7);
    clv_journal_root(journal, before);
    reopen();
    clv_journal_root(journal, after);
    cr_assert_arr_eq(before, after, CLV_HASH_LEN);
    cr_assert_eq(clv_journal_size(journal), 7);
    cr_assert_eq(clv_journal_signed_size(journal), 5);
    cr_assert_str_eq(clv_journal_ceremony_id(journal), ID);
    cr_assert(clv_journal_is_test(journal));
    journal_fill(journal, 9);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    for (uint64_t i = 1; i < 9; i++) {
        char want[64];
        snprintf(want, sizeof want, "{\"event\":\"turn\",\"n\":%u}", (unsigned)i);
        cr_assert_eq(clv_journal_read(journal, i, &e, &err), CLV_OK, "%s", err.fact);
        cr_assert_str_eq(e.text, want);
    }
    cr_assert_eq(clv_journal_read(journal, 9, &e, &err), CLV_E_MISSING);
    struct clv_journal_report r;
    cr_assert_eq(clv_journal_verify(dir, NULL, &r, &err), CLV_OK);
    cr_assert_eq(r.verdict, CLV_JOURNAL_INTACT, "%s", r.fault);
    cr_assert_eq(r.num_checkpoints, 2);
    cr_assert_eq(r.signed_size, 9);
}

Test(log, proves_its_entries_and_its_growth)
{
    create();
    journal_fill(journal, 6);
    struct clv_merkle_proof p;
    cr_assert_eq(clv_journal_prove(journal, 0, &p, &err), CLV_E_MISSING);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    uint8_t old_root[CLV_HASH_LEN], root[CLV_HASH_LEN], got[CLV_HASH_LEN], leaf[CLV_HASH_LEN];
    clv_journal_root(journal, old_root);
    journal_fill(journal, 11);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    clv_journal_root(journal, root);
    for (uint64_t i = 0; i < 11; i++) {
        struct clv_journal_entry e;
        cr_assert_eq(clv_journal_read(journal, i, &e, &err), CLV_OK);
        clv_merkle_leaf(clv_view_of(e.text, e.len), leaf);
        cr_assert_eq(clv_journal_prove(journal, i, &p, &err), CLV_OK);
        cr_assert_eq(clv_merkle_path_root(i, 11, leaf, &p, got, &err), CLV_OK);
        cr_assert_arr_eq(got, root, CLV_HASH_LEN);
    }
    cr_assert_eq(clv_journal_prove_consistency(journal, 6, &p, &err), CLV_OK);
    cr_assert_eq(clv_merkle_check_consistency(6, old_root, 11, root, &p, &err), CLV_OK);
    clv_journal_root_at(journal, 6, got);
    cr_assert_arr_eq(got, old_root, CLV_HASH_LEN);
}

Test(log, refuses_what_is_no_entry)
{
    char long_entry[CLV_JOURNAL_ENTRY_MAX + 2];
    create();
    cr_assert_eq(append("{\"event\":\"begun\"}"), CLV_E_INPUT, "entry 0 must name the key");
    journal_fill(journal, 2);
    memset(long_entry, 'x', sizeof long_entry);
    long_entry[CLV_JOURNAL_ENTRY_MAX + 1] = '\0';
    cr_assert_eq(append(long_entry), CLV_E_INPUT);
    cr_assert_eq(append(""), CLV_E_INPUT);
    cr_assert_eq(append("two\nlines"), CLV_E_INPUT);
    cr_assert_eq(append("bell\a"), CLV_E_INPUT);
    cr_assert_eq(append("delete\x7f"), CLV_E_INPUT);
    cr_assert_eq(append("half \xc3"), CLV_E_INPUT);
    cr_assert_eq(append("surrogate \xed\xa0\x80"), CLV_E_INPUT);
    cr_assert_eq(append("too high \xf4\x90\x80\x80"), CLV_E_INPUT);
    cr_assert_eq(append("M\u00fcller \u2713 \U0001f511"), CLV_OK);
    long_entry[CLV_JOURNAL_ENTRY_MAX] = '\0';
    cr_assert_eq(append(long_entry), CLV_OK);
    cr_assert_eq(clv_journal_size(journal), 4);
    reopen();
    cr_assert_eq(clv_journal_size(journal), 4);
}

Test(log, a_second_checkpoint_of_the_same_size_is_not_written)
{
    create();
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_E_USAGE);
    journal_fill(journal, 2);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    struct bytes one = folder_read(dir, CLV_JOURNAL_CHECKPOINTS);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    reopen();
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    struct bytes two = folder_read(dir, CLV_JOURNAL_CHECKPOINTS);
    cr_assert_eq(one.len, two.len);
    struct clv_view note = clv_journal_note(journal);
    cr_assert_eq(note.len + 1, one.len, "the note, and an empty line behind it");
    cr_assert_arr_eq(note.data, one.data, note.len);
    free(one.data);
    free(two.data);
}

Test(log, is_never_begun_twice)
{
    create();
    clv_journal_free(&journal);
    cr_assert_eq(clv_journal_create(dir, ID, true, clv_random_system(), &journal, &err),
                 CLV_E_EXISTS);
}

Test(log, an_empty_one_can_be_gone_on_with)
{
    create();
    reopen();
    cr_assert_eq(clv_journal_size(journal), 0);
    cr_assert_str_eq(clv_journal_ceremony_id(journal), ID);
    journal_fill(journal, 2);
}

Test(log, what_is_left_of_a_beginning_that_was_cut_off_is_replaced)
{
    create();
    clv_journal_free(&journal);
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, CLV_JOURNAL_LOG);
    cr_assert_eq(unlink(path), 0);
    create();
    journal_fill(journal, 1);
    reopen();
}

Test(log, belongs_to_one_process_at_a_time)
{
    struct clv_journal *other = NULL;
    create();
    journal_fill(journal, 2);
    cr_assert_eq(clv_journal_open(dir, &other, &err), CLV_E_RULE);
    size_t moved = 99;
    cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_E_RULE);
    cr_assert_eq(moved, 99);
    cr_assert_eq(clv_journal_open_readonly(dir, &other, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(clv_journal_size(other), 2);
    cr_assert_eq(clv_journal_append(other, clv_view_of("x", 1), NULL, &err), CLV_E_USAGE);
    clv_journal_free(&other);
}

Test(log, a_killed_process_leaves_no_lock_behind)
{
    int ready[2];
    char byte;
    create();
    journal_fill(journal, 2);
    clv_journal_free(&journal);
    cr_assert_eq(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct clv_journal *held = NULL;
        if (clv_journal_open(dir, &held, NULL) == CLV_OK && write(ready[1], "x", 1) == 1)
            for (;;)
                pause();
        _exit(1);
    }
    cr_assert_eq(read(ready[0], &byte, 1), 1);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_RULE);
    kill(child, SIGKILL);
    cr_assert_eq(waitpid(child, NULL, 0), child);
    reopen();
}

/* Appends until it is killed; says after each success how many there are. */
static void append_for_ever(int acknowledge)
{
    struct clv_journal *j = NULL;
    if (clv_journal_open(dir, &j, NULL) != CLV_OK)
        _exit(1);
    for (;;) {
        uint64_t seq = 0;
        static const char entry[] = "{\"event\":\"intent\",\"unit\":3,\"command\":\"commit\"}";
        if (clv_journal_append(j, clv_view_of(entry, sizeof entry - 1), &seq, NULL) != CLV_OK ||
            (seq % 3 == 0 && clv_journal_checkpoint(j, NULL) != CLV_OK) ||
            write(acknowledge, &seq, sizeof seq) != (ssize_t)sizeof seq)
            _exit(1);
    }
}

Test(log, killed_at_any_moment_loses_nothing_that_was_acknowledged)
{
    create();
    journal_fill(journal, 1);
    clv_journal_free(&journal);
    for (unsigned round = 0; round < 25; round++) {
        uint64_t seq = 0, last = 0;
        int acknowledged[2];
        size_t moved = 0;
        cr_assert_eq(pipe(acknowledged), 0);
        pid_t child = fork();
        if (child == 0)
            append_for_ever(acknowledged[1]);
        close(acknowledged[1]);
        for (unsigned n = 0; n <= round % 7; n++)
            cr_assert_eq(read(acknowledged[0], &last, sizeof last), (ssize_t)sizeof last);
        kill(child, SIGKILL);
        cr_assert_eq(waitpid(child, NULL, 0), child);
        while (read(acknowledged[0], &seq, sizeof seq) == (ssize_t)sizeof seq)
            last = seq;
        close(acknowledged[0]);
        cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK, "%s", err.fact);
        reopen();
        cr_assert_gt(clv_journal_size(journal), last, "round %u", round);
        clv_journal_free(&journal);
    }
}

Test(log, files_are_private)
{
    static const char *const names[] = {CLV_JOURNAL_LOG, CLV_JOURNAL_CHECKPOINTS, CLV_JOURNAL_VKEY,
                                        CLV_JOURNAL_KEY, CLV_JOURNAL_RESERVE};
    create();
    cr_assert_eq(clv_journal_reserve(journal, 65536, &err), CLV_OK, "%s", err.fact);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        cr_assert_eq(stat(path, &st), 0);
        cr_assert_eq(st.st_mode & 07777, 0600, "%s", names[i]);
    }
}

Test(log, every_change_of_the_key_file_is_noticed)
{
    create();
    journal_fill(journal, 2);
    clv_journal_free(&journal);
    struct bytes key = folder_read(dir, CLV_JOURNAL_KEY);
    for (size_t bit = 0; bit < 8 * key.len; bit++) {
        key.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        folder_write(dir, CLV_JOURNAL_KEY, key);
        clv_status status = clv_journal_open(dir, &journal, &err);
        cr_assert(status == CLV_E_DAMAGED || status == CLV_E_FOREIGN, "bit %zu", bit);
        key.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < key.len; len++) {
        folder_write(dir, CLV_JOURNAL_KEY, (struct bytes){key.data, len});
        cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_DAMAGED, "%zu", len);
    }
    folder_write(dir, CLV_JOURNAL_KEY, key);
    reopen();
    free(key.data);
}

Test(log, a_key_file_others_may_read_is_refused)
{
    char path[512];
    create();
    clv_journal_free(&journal);
    snprintf(path, sizeof path, "%s/%s", dir, CLV_JOURNAL_KEY);
    cr_assert_eq(chmod(path, 0644), 0);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_PERMISSION);
}

Test(log, a_linked_log_is_refused)
{
    char path[512], moved[520];
    create();
    clv_journal_free(&journal);
    snprintf(path, sizeof path, "%s/%s", dir, CLV_JOURNAL_LOG);
    snprintf(moved, sizeof moved, "%s-moved", path);
    cr_assert_eq(rename(path, moved), 0);
    cr_assert_eq(symlink(moved, path), 0);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_IO);
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_IO);
}

static clv_status count_entry(void *ctx, uint64_t seq, struct clv_view entry,
                              struct clv_error *fault)
{
    unsigned *num = ctx;
    (void)entry;
    if (seq == 4)
        return clv_fail(fault, CLV_E_RULE, "far enough");
    ++*num;
    return CLV_OK;
}

Test(log, each_visits_in_order_until_told_to_stop)
{
    unsigned num = 0;
    create();
    journal_fill(journal, 4);
    cr_assert_eq(clv_journal_each(journal, 1, count_entry, &num, &err), CLV_OK);
    cr_assert_eq(num, 3);
    journal_fill(journal, 6);
    cr_assert_eq(clv_journal_each(journal, 1, count_entry, &num, &err), CLV_E_RULE);
    cr_assert_eq(num, 6);
}

Test(log, an_entry_changed_on_the_disk_meanwhile_is_not_returned)
{
    struct clv_journal_entry e = {.len = 77};
    create();
    journal_fill(journal, 3);
    struct bytes log = folder_read(dir, CLV_JOURNAL_LOG);
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, CLV_JOURNAL_LOG);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(pwrite(fd, "X", 1, (off_t)(line_start(log, 3) - 3)), 1);
    close(fd);
    free(log.data);
    cr_assert_eq(clv_journal_read(journal, 2, &e, &err), CLV_E_DAMAGED);
    cr_assert_eq(e.len, 77);
    cr_assert_eq(clv_journal_read(journal, 1, &e, &err), CLV_OK);
}

/* ---- torn ends ------------------------------------------------------------------------------- */

static void cut(const char *name, size_t keep, const char *rubbish, size_t rubbish_len)
{
    struct bytes b = folder_read(dir, name);
    b.data = realloc(b.data, keep + rubbish_len + 1);
    if (rubbish_len)
        memcpy(b.data + keep, rubbish, rubbish_len);
    b.len = keep + rubbish_len;
    folder_write(dir, name, b);
    free(b.data);
}

Test(log, a_torn_end_is_set_aside_when_asked_to_and_never_else)
{
    create();
    journal_fill(journal, 4);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    struct bytes whole = folder_read(dir, CLV_JOURNAL_LOG);
    journal_fill(journal, 5);
    clv_journal_free(&journal);
    struct bytes longer = folder_read(dir, CLV_JOURNAL_LOG);
    for (size_t len = whole.len + 1; len < longer.len; len++) {
        size_t moved = 0;
        struct clv_journal_report r;
        folder_write(dir, CLV_JOURNAL_LOG, (struct bytes){longer.data, len});
        cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_DAMAGED);
        cr_assert_neq(err.hint[0], '\0');
        cr_assert_eq(clv_journal_verify(dir, NULL, &r, &err), CLV_OK);
        cr_assert_eq(r.verdict, CLV_JOURNAL_TORN);
        cr_assert_eq(r.fault_seq, 4);
        cr_assert_eq(r.torn_len, len - whole.len);
        cr_assert_eq(clv_journal_open_readonly(dir, &journal, &err), CLV_OK, "%s", err.fact);
        cr_assert_eq(clv_journal_size(journal), 4);
        clv_journal_free(&journal);
        cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK, "%s", err.fact);
        cr_assert_eq(moved, len - whole.len);
        reopen();
        cr_assert_eq(clv_journal_size(journal), 4);
        clv_journal_free(&journal);
    }
    struct bytes kept = folder_read(dir, "journal.torn-2");
    cr_assert_eq(kept.len, 2);
    cr_assert_arr_eq(kept.data, longer.data + whole.len, 2);
    free(kept.data);
    free(whole.data);
    free(longer.data);
}

Test(log, blocks_that_never_reached_the_disk_read_as_zeros_and_are_torn)
{
    static const char zeros[600];
    size_t moved = 0;
    create();
    journal_fill(journal, 4);
    clv_journal_free(&journal);
    struct bytes whole = folder_read(dir, CLV_JOURNAL_LOG);
    cut(CLV_JOURNAL_LOG, whole.len, zeros, sizeof zeros);
    cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_DAMAGED);
    cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK, "%s", err.fact);
    cr_assert_eq(moved, sizeof zeros);
    reopen();
    free(whole.data);
}

Test(log, a_torn_checkpoint_is_set_aside_too)
{
    create();
    journal_fill(journal, 4);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    struct bytes first = folder_read(dir, CLV_JOURNAL_CHECKPOINTS);
    journal_fill(journal, 6);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    clv_journal_free(&journal);
    struct bytes both = folder_read(dir, CLV_JOURNAL_CHECKPOINTS);
    for (size_t len = first.len + 1; len < both.len; len++) {
        size_t moved = 0;
        folder_write(dir, CLV_JOURNAL_CHECKPOINTS, (struct bytes){both.data, len});
        cr_assert_eq(clv_journal_open(dir, &journal, &err), CLV_E_DAMAGED, "%zu", len);
        cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_OK, "%s", err.fact);
        cr_assert_eq(moved, len - first.len);
        reopen();
        cr_assert_eq(clv_journal_size(journal), 6);
        cr_assert_eq(clv_journal_signed_size(journal), 4);
        clv_journal_free(&journal);
    }
    free(first.data);
    free(both.data);
}

Test(log, what_a_checkpoint_covers_is_never_set_aside)
{
    size_t moved = 99;
    create();
    journal_fill(journal, 4);
    cr_assert_eq(clv_journal_checkpoint(journal, &err), CLV_OK);
    clv_journal_free(&journal);
    struct bytes log = folder_read(dir, CLV_JOURNAL_LOG);
    cut(CLV_JOURNAL_LOG, log.len - 5, NULL, 0);
    cr_assert_eq(clv_journal_set_torn_aside(dir, &moved, &err), CLV_E_DAMAGED);
    cr_assert_eq(moved, 99);
    struct bytes same = folder_read(dir, CLV_JOURNAL_LOG);
    cr_assert_eq(same.len, log.len - 5);
    cr_assert_not(folder_has(dir, "journal.torn-1"));
    free(log.data);
    free(same.data);
}
