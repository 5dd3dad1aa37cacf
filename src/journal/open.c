/* Going on with a journal: everything is verified and then built up again in memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

clv_status report_error(const struct clv_journal_report *report, struct clv_error *err)
{
    (void)clv_fail(err, report->code, "%s", report->fault);
    if (report->verdict == CLV_JOURNAL_TORN)
        clv_hint(err, "A power cut or a kill does this. Set the torn end aside and resume.");
    if (report->verdict == CLV_JOURNAL_TRUNCATED)
        clv_hint(err, "Compare with the slips on paper. Somebody or something removed entries.");
    return report->code;
}

static clv_status remember_entry(void *ctx, const struct record *record, uint64_t line_offset,
                                 struct clv_error *err)
{
    return journal_remember(ctx, line_offset + record->entry_at, record->entry.len, record->leaf,
                            err);
}

static clv_status remember_checkpoint(void *ctx, struct clv_view note,
                                      const struct clv_checkpoint *c, struct clv_error *err)
{
    struct clv_journal *j = ctx;
    j->note.len = 0;
    clv_write_view(&j->note, note);
    j->signed_size = c->size;
    journal_note_cosigners(j, note, c->size);
    return clv_writer_done(&j->note, err);
}

static bool acceptable(const struct clv_journal_report *report, bool readonly)
{
    return report->verdict == CLV_JOURNAL_INTACT || report->verdict == CLV_JOURNAL_UNSIGNED_TAIL ||
           report->verdict == CLV_JOURNAL_UNSIGNED ||
           (readonly && report->verdict == CLV_JOURNAL_TORN);
}

/* An empty journal has its key only in the file. */
static clv_status take_key(struct clv_journal *j, const struct clv_journal_report *report,
                           struct clv_view vkey_file, struct clv_error *err)
{
    j->key = report->key;
    clv_status status = CLV_OK;
    if (report->size == 0 && vkey_file.len > 0)
        status = clv_vkey_parse(clv_view_of(vkey_file.data, vkey_file.len - 1), &j->key, err);
    else if (report->size == 0)
        status = clv_fail(err, CLV_E_MISSING, "the journal is empty and names no key");
    if (status == CLV_OK)
        status = clv_origin_parse(clv_view_of(j->key.name, strlen(j->key.name)), j->ceremony_id,
                                  &j->test, err);
    if (status == CLV_OK)
        clv_vkey_format(&j->key, j->vkey_text);
    return status;
}

static clv_status rebuild(struct clv_journal *j, struct clv_error *err)
{
    struct scan_sources src = {.log.fd = -1, .checkpoints.fd = -1};
    const struct scan_sink sink = {remember_entry, remember_checkpoint, j};
    struct clv_journal_report report;
    struct scan_end end = {0};
    uint8_t *vkey_file = NULL;
    struct medium *lead = media_lead(j);
    clv_status status = scan_open(&src, lead->log[CHECKPOINTS].fd, lead->log[ENTRIES].fd, lead->dir,
                                  &vkey_file, err);
    if (status == CLV_OK)
        status = journal_scan(&src, NULL, &sink, &report, &end, err);
    if (status == CLV_OK && !acceptable(&report, j->readonly))
        status = report_error(&report, err);
    if (status == CLV_OK)
        status = take_key(j, &report, src.vkey_file, err);
    lead->log[ENTRIES].len = end.log_len;
    lead->log[CHECKPOINTS].len = end.checkpoints_len;
    scan_close(&src);
    free(vkey_file);
    return status;
}

static clv_status take_secret(struct clv_journal *j, struct clv_error *err)
{
    uint8_t public[32];
    struct clv_secret *seed = NULL;
    clv_status status = key_file_read(media_lead(j)->dir, &seed, err);
    if (status == CLV_OK)
        status = journal_key_pair(seed, &j->secret, public, err);
    clv_secret_free(&seed);
    if (status == CLV_OK && memcmp(public, j->key.key, sizeof public) != 0)
        status = clv_fail(err, CLV_E_FOREIGN, "%s is not the key this journal was begun with",
                          CLV_JOURNAL_KEY);
    return status;
}

/* A second copy that was never begun, or on a new medium, has a folder and no journal yet. */
static clv_status open_second(struct medium *m, struct clv_error *err)
{
    char *path = clv_path_join(m->dir, CLV_JOURNAL_LOG);
    if (!path)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a file name");
    bool begun = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
    free(path);
    return begun ? medium_open(m, O_RDWR | O_APPEND, err)
                 : clv_journal_lock(m->dir, &m->lock_fd, err);
}

static uint64_t size_of(const struct medium *m, enum which_log which)
{
    struct stat st;
    return m->log[which].fd >= 0 && fstat(m->log[which].fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The one that is longer; both were written in the same order. */
static void choose_lead(struct clv_journal *j)
{
    const struct medium *a = &j->medium[0], *b = &j->medium[1];
    uint64_t first = size_of(a, ENTRIES), second = size_of(b, ENTRIES);
    bool longer =
        second > first || (second == first && size_of(b, CHECKPOINTS) > size_of(a, CHECKPOINTS));
    j->lead = b->dir && longer ? 1 : 0;
}

static clv_status open_media(struct clv_journal *j, struct clv_error *err)
{
    clv_status status = medium_open(&j->medium[0], O_RDWR | O_APPEND, err);
    if (status == CLV_OK && j->medium[1].dir)
        status = open_second(&j->medium[1], err);
    if (status != CLV_OK)
        return status;
    choose_lead(j);
    status = rebuild(j, err);
    if (status == CLV_OK)
        status = take_secret(j, err);
    struct medium *other = &j->medium[1 - j->lead];
    if (status == CLV_OK && other->dir && other->log[ENTRIES].fd >= 0)
        status = media_compare(j, other, false, err);
    return status;
}

clv_status clv_journal_open_mirrored(const char *dir, const char *mirror, struct clv_journal **ret,
                                     struct clv_error *err)
{
    struct clv_journal *j = NULL;
    clv_status status = journal_alloc(dir, mirror, &j, err);
    if (status != CLV_OK)
        return status;
    status = open_media(j, err);
    if (status == CLV_OK) {
        for (size_t i = 0; i < MAX_MEDIA; i++)
            if (j->medium[i].dir)
                medium_find_reserve(&j->medium[i]);
        *ret = j;
        return CLV_OK;
    }
    clv_journal_free(&j);
    return clv_while(err, status, "opening the journal in %s", dir);
}

clv_status clv_journal_open(const char *dir, struct clv_journal **ret, struct clv_error *err)
{
    return clv_journal_open_mirrored(dir, NULL, ret, err);
}

clv_status clv_journal_open_readonly(const char *dir, struct clv_journal **ret,
                                     struct clv_error *err)
{
    struct clv_journal *j = NULL;
    clv_status status = journal_alloc(dir, NULL, &j, err);
    if (status != CLV_OK)
        return status;
    j->readonly = true;
    status = medium_open(&j->medium[0], O_RDONLY, err);
    if (status == CLV_OK)
        status = rebuild(j, err);
    if (status == CLV_OK) {
        *ret = j;
        return CLV_OK;
    }
    clv_journal_free(&j);
    return clv_while(err, status, "reading the journal in %s", dir);
}
