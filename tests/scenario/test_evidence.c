/* What a ceremony leaves, in the hands of somebody who was not there: claviger verify accepts all
 * of it, and nothing of it with a byte changed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "first_run.h"

static void assert_verdict(struct run *r, bool good, const char *what)
{
    if (good) {
        cr_assert_eq(r->exit_code, 0, "%s: %s", what, r->output);
        cr_assert(strstr(r->output, ": GOOD\n"), "%s: %s", what, r->output);
    } else {
        cr_assert_neq(r->exit_code, 0, "%s was accepted: %s", what, r->output);
        cr_assert_lt(r->exit_code, 128, "%s: %s", what, r->output);
        cr_assert_null(strstr(r->output, ": GOOD\n"), "%s: %s", what, r->output);
    }
    run_clear(r);
}

static void verify_path(const char *path, bool good)
{
    struct run r;
    run_program(&r, NULL, "claviger", "verify", path, NULL);
    assert_verdict(&r, good, path);
}

static void verify_stdin(const char *text, bool good, const char *what)
{
    struct run r;
    run_program(&r, text, "claviger", "verify", "-", NULL);
    assert_verdict(&r, good, what);
}

/* Spread over the file, the first and the last byte among them. */
#define NUM_PLACES 9
static size_t place(size_t i, size_t len)
{
    return i * (len - 1) / (NUM_PLACES - 1);
}

struct receipts {
    struct scene first;
    char *dir;
    struct names names;
};

static void receipts_open(struct receipts *r, const char *ending)
{
    first_run(&r->first);
    r->dir = ceremony_path(&r->first, "receipts");
    names_list(r->dir, ending, &r->names);
    cr_assert_eq(r->names.num, 7, "three slips, three receipts of owners, one of the ceremony");
}

static void receipts_clear(struct receipts *r)
{
    names_clear(&r->names);
    free(r->dir);
    first_run_clear(&r->first);
}

Test(evidence, receipt_files)
{
    struct receipts r;
    char *folder = folder_make(), *changed = clv_path_join(folder, "changed.tlog-proof");
    receipts_open(&r, ".tlog-proof");
    for (size_t i = 0; i < r.names.num; i++) {
        char *path = clv_path_join(r.dir, r.names.name[i]);
        size_t len = 0;
        free(file_bytes(path, &len));
        verify_path(path, true);
        for (size_t k = 0; k < NUM_PLACES; k++) {
            file_change_byte(path, changed, place(k, len));
            verify_path(changed, false);
        }
        free(path);
    }
    receipts_clear(&r);
    free(changed);
    folder_remove(&folder);
}

Test(evidence, codes_as_a_scanner_gives_them)
{
    struct receipts r;
    receipts_open(&r, ".codes");
    for (size_t i = 0; i < r.names.num; i++) {
        char *path = clv_path_join(r.dir, r.names.name[i]);
        size_t len = 0;
        char *text = (char *)file_bytes(path, &len);
        verify_stdin(text, true, path);
        verify_path(path, true);
        for (size_t k = 0; k < NUM_PLACES; k++) {
            size_t at = place(k, len - 1); /* the line end is nobody's */
            text[at] = (char)(text[at] ^ 1);
            verify_stdin(text, false, path);
            text[at] = (char)(text[at] ^ 1);
        }
        free(text);
        free(path);
    }
    receipts_clear(&r);
}

/* ---- paper ---- */

/* The codes of all pages of a sheet, as zbarimg prints them. */
static char *scan(const char *pdf, const char *folder)
{
    struct run r;
    struct names pages;
    char *prefix = clv_path_join(folder, "page");
    const char *argv[20] = {"zbarimg", "--nodbus", "-q", "--raw", "-Sbinary"};
    size_t num = 5;
    run_program(&r, NULL, "pdftoppm", "-r", "150", "-png", pdf, prefix, NULL);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
    names_list(folder, ".png", &pages);
    cr_assert(pages.num >= 1 && pages.num < 14);
    for (size_t i = 0; i < pages.num; i++)
        argv[num++] = clv_path_join(folder, pages.name[i]);
    run_start_quiet(&r, "zbarimg", argv);
    run_finish(&r);
    /* 4: a page without a code, which a long sheet may have */
    cr_assert(r.exit_code == 0 || r.exit_code == 4, "%s: exit %d", pdf, r.exit_code);
    cr_assert(strstr(r.output, "CLV1R."), "%s: no code was found", pdf);
    for (size_t i = 5; i < num; i++) {
        remove(argv[i]);
        free((void *)(uintptr_t)argv[i]);
    }
    names_clear(&pages);
    free(prefix);
    return r.output;
}

Test(evidence, paper_read_back_by_a_scanner)
{
    struct receipts r;
    char *folder = folder_make();
    receipts_open(&r, ".pdf");
    for (size_t i = 0; i < r.names.num; i++) {
        char *path = clv_path_join(r.dir, r.names.name[i]);
        char *codes = scan(path, folder);
        verify_stdin(codes, true, path);
        char *misread = strstr(codes, "CLV1R.") + 100;
        *misread = *misread == 'A' ? 'B' : 'A';
        verify_stdin(codes, false, path);
        free(codes);
        free(path);
    }
    receipts_clear(&r);
    folder_remove(&folder);
}

/* ---- the journal ---- */

static const char *const logs[] = {"journal.log", "checkpoints.log", "journal.vkey"};
#define NUM_LOGS (sizeof(logs) / sizeof(logs[0]))

static void copy(const char *from_dir, const char *to_dir, const char *name)
{
    char *from = clv_path_join(from_dir, name), *to = clv_path_join(to_dir, name);
    size_t len = 0;
    uint8_t *data = file_bytes(from, &len);
    file_write(to, data, len);
    free(data);
    free(from);
    free(to);
}

Test(evidence, the_journal)
{
    struct scene first;
    char *folder = folder_make();
    first_run(&first);
    verify_path(first.dir, true);
    for (size_t i = 0; i < NUM_LOGS; i++)
        copy(first.dir, folder, logs[i]);
    verify_path(folder, true);
    for (size_t i = 0; i < NUM_LOGS; i++) {
        char *from = ceremony_path(&first, logs[i]), *to = clv_path_join(folder, logs[i]);
        size_t len = 0;
        free(file_bytes(from, &len));
        for (size_t k = 0; k < NUM_PLACES; k++) {
            file_change_byte(from, to, place(k, len));
            verify_path(folder, false);
        }
        copy(first.dir, folder, logs[i]);
        free(from);
        free(to);
    }
    folder_remove(&folder);
    first_run_clear(&first);
}

/* What was cut off at the end stood under a signature, or is missed by the receipts. */
Test(evidence, a_journal_without_its_end)
{
    struct scene first;
    size_t len = 0;
    char *folder = folder_make();
    first_run(&first);
    for (size_t i = 0; i < NUM_LOGS; i++)
        copy(first.dir, folder, logs[i]);
    char *path = clv_path_join(folder, "journal.log");
    char *log = (char *)file_bytes(path, &len);
    char *last_line = log + len - 1;
    while (last_line[-1] != '\n')
        last_line--;
    file_write(path, log, (size_t)(last_line - log));
    verify_path(folder, false);
    free(log);
    free(path);
    folder_remove(&folder);
    first_run_clear(&first);
}

/* ---- one against the other ---- */

Test(evidence, a_receipt_against_its_journal)
{
    struct receipts r;
    struct run run;
    receipts_open(&r, ".tlog-proof");
    char *path = clv_path_join(r.dir, r.names.name[6]);
    run_program(&run, NULL, "claviger", "verify", "--journal", r.first.dir, path, NULL);
    assert_verdict(&run, true, path);
    char *vkey = ceremony_path(&r.first, "journal.vkey");
    size_t len = 0;
    char *key = (char *)file_bytes(vkey, &len);
    key[strcspn(key, "\n")] = '\0';
    run_program(&run, NULL, "claviger", "verify", "--key", key, path, NULL);
    assert_verdict(&run, true, path);
    free(key);
    free(vkey);
    free(path);
    receipts_clear(&r);
}
