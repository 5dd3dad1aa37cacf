#include "kept.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/ceremony.h"
#include "claviger/crypto.h"
#include "claviger/journal.h"

#define MAX_FILE (1u << 20)

/* ---- a folder that is taken ---- */

static bool is_over(const char *dir)
{
    struct clv_journal *journal = NULL;
    struct clv_journal_entry *last = calloc(1, sizeof(*last));
    struct clv_event e = {0};
    bool over = last && clv_journal_open_readonly(dir, &journal, NULL) == CLV_OK &&
                clv_journal_size(journal) > 0 &&
                clv_journal_read(journal, clv_journal_size(journal) - 1, last, NULL) == CLV_OK &&
                clv_event_decode(clv_view_of(last->text, last->len), &e, NULL) == CLV_OK &&
                e.kind == CLV_EVENT_CLOSED;
    clv_journal_free(&journal);
    free(last);
    return over;
}

clv_status kept_check_free(const char *dir, struct clv_error *err)
{
    int fd = -1;
    clv_status st = clv_journal_lock(dir, &fd, err);
    if (fd >= 0)
        close(fd);
    return st;
}

bool kept_is_unfinished(const char *dir)
{
    char *log = clv_path_join(dir, CLV_JOURNAL_LOG);
    bool unfinished =
        log && access(log, F_OK) == 0 && !is_over(dir) && kept_check_free(dir, NULL) != CLV_E_RULE;
    free(log);
    return unfinished;
}

clv_status kept_check_fresh(const char *dir, struct clv_error *err)
{
    char *log = clv_path_join(dir, CLV_JOURNAL_LOG);
    clv_status st = CLV_OK;
    if (log == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (access(log, F_OK) == 0 && is_over(dir)) {
        st = clv_fail(err, CLV_E_EXISTS, "there is a ceremony in %s already", dir);
        clv_hint(err, "Name a new folder with --dir.");
    } else if (access(log, F_OK) == 0 && (st = kept_check_free(dir, err)) == CLV_OK) {
        st = clv_fail(err, CLV_E_EXISTS, "there is an unfinished ceremony in %s", dir);
        clv_hint(err, "Go on with it: claviger resume %s", dir);
    }
    if (st != CLV_OK)
        clv_kept(err, "Nothing in it was changed.");
    free(log);
    return st;
}

/* ---- writing ---- */

static clv_status keep_file(const char *from, const uint8_t *hash, const char *dir,
                            const char *name, struct clv_error *err)
{
    uint8_t *data = NULL, found[CLV_SHA256_LEN];
    size_t len = 0;
    char *path = clv_path_join(dir, name);
    clv_status st = path ? clv_file_read(from, MAX_FILE, &data, &len, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK) {
        clv_sha256(data, len, found);
        if (memcmp(found, hash, sizeof(found)) != 0)
            st = clv_fail(err, CLV_E_MISMATCH, "%s changed while it was read", from);
    }
    if (st == CLV_OK)
        st = clv_file_replace(path, data, len, err);
    free(data);
    free(path);
    return clv_while(err, st, "keeping a copy of %s", from);
}

static clv_status add_place(struct clv_writer *w, const char *what, const char *path,
                            struct clv_error *err)
{
    char *absolute = realpath(path, NULL);
    if (absolute == NULL)
        return clv_fail(err, CLV_E_MISSING, "%s cannot be found", path);
    clv_write_format(w, "%s: %s\n", what, absolute);
    free(absolute);
    return CLV_OK;
}

static clv_status write_places(const char *dir, const char *site, const char *key_dir,
                               const char *mirror, const struct kept_rehearsal *rehearsal,
                               struct clv_error *err)
{
    struct clv_writer w = {0};
    char *path = clv_path_join(dir, KEPT_PLACES);
    clv_status st =
        path ? clv_dir_private(key_dir, err) : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = add_place(&w, "key-files", key_dir, err);
    if (st == CLV_OK && site)
        st = add_place(&w, "site", site, err);
    if (st == CLV_OK && mirror)
        st = add_place(&w, "mirror", mirror, err);
    if (st == CLV_OK && rehearsal->drill)
        clv_write_format(&w, "drill: %s\n", rehearsal->drill);
    if (st == CLV_OK && rehearsal->follow_up)
        st = add_place(&w, "follow-up", rehearsal->follow_up, err);
    if (st == CLV_OK)
        st = clv_writer_done(&w, err);
    if (st == CLV_OK)
        st = clv_file_replace(path, w.data, w.len, err);
    clv_writer_clear(&w);
    free(path);
    return st;
}

clv_status kept_write(const char *dir, const char *script, const uint8_t *script_hash,
                      const char *site, const uint8_t *site_hash, const char *key_dir,
                      const char *mirror, const struct kept_rehearsal *rehearsal,
                      struct clv_error *err)
{
    clv_status st = clv_dir_private(dir, err);
    if (st == CLV_OK)
        st = keep_file(script, script_hash, dir, KEPT_SCRIPT, err);
    if (st == CLV_OK && site)
        st = keep_file(site, site_hash, dir, KEPT_SITE, err);
    if (st == CLV_OK)
        st = write_places(dir, site, key_dir, mirror, rehearsal, err);
    return st;
}

/* ---- reading ---- */

void kept_clear(struct kept *kept)
{
    free(kept->script);
    free(kept->site);
    free(kept->key_dir);
    free(kept->site_folder);
    free(kept->drill);
    free(kept->follow_up);
    free(kept->mirror);
    *kept = (struct kept){0};
}

static clv_status take_line(struct kept *kept, char *line, struct clv_error *err)
{
    static const char key_files[] = "key-files: ", site[] = "site: ", drill[] = "drill: ",
                      follow_up[] = "follow-up: ", mirror[] = "mirror: ";
    char **where = NULL, *value = NULL;
    if (strncmp(line, key_files, strlen(key_files)) == 0) {
        where = &kept->key_dir;
        value = line + strlen(key_files);
    } else if (strncmp(line, site, strlen(site)) == 0) {
        where = &kept->site_folder;
        value = line + strlen(site);
        *(char *)(uintptr_t)clv_path_name(value) = '\0';
    }
    if (strncmp(line, follow_up, strlen(follow_up)) == 0) {
        where = &kept->follow_up;
        value = line + strlen(follow_up);
    }
    if (strncmp(line, drill, strlen(drill)) == 0 && kept->drill == NULL) {
        kept->drill = strdup(line + strlen(drill));
        return kept->drill ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a name");
    }
    if (strncmp(line, mirror, strlen(mirror)) == 0) {
        where = &kept->mirror;
        value = line + strlen(mirror);
    }
    if (where == NULL || *where || value[0] != '/')
        return clv_fail(err, CLV_E_FORMAT, "\"%.40s\" is no line of it", line);
    *where = strdup(value);
    return *where ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
}

static clv_status read_places(const char *path, struct kept *kept, struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    char *rest = NULL, *text = NULL;
    clv_status st = clv_file_read(path, 4 * PATH_MAX + 100, &data, &len, err);
    if (st == CLV_OK && (text = strndup((const char *)data, len)) == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    for (char *line = text ? strtok_r(text, "\n", &rest) : NULL; st == CLV_OK && line;
         line = strtok_r(NULL, "\n", &rest))
        st = take_line(kept, line, err);
    if (st == CLV_OK && kept->key_dir == NULL)
        st = clv_fail(err, CLV_E_FORMAT, "it names no folder of key files");
    free(data);
    free(text);
    return clv_while(err, st, "reading %s", path);
}

clv_status kept_read(const char *dir, struct kept *ret, struct clv_error *err)
{
    struct kept kept = {.script = clv_path_join(dir, KEPT_SCRIPT),
                        .site = clv_path_join(dir, KEPT_SITE)};
    char *places = clv_path_join(dir, KEPT_PLACES);
    clv_status st = CLV_OK;
    if (kept.script == NULL || kept.site == NULL || places == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = read_places(places, &kept, err);
    free(places);
    if (st != CLV_OK) {
        kept_clear(&kept);
        return st;
    }
    *ret = kept;
    return CLV_OK;
}

clv_status kept_follow_up(const char *dir, struct kept *ret, struct clv_error *err)
{
    struct kept kept = {0};
    char *script = clv_path_join(dir, "follow-up.yaml");
    char *site = clv_path_join(dir, "follow-up-site.yaml");
    clv_status st = script && site ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && access(script, F_OK) != 0) {
        st = clv_fail(err, CLV_E_MISSING, "there is no follow-up in %s", dir);
        clv_hint(err, "It is written when a ceremony comes to its end and has set units aside.");
    }
    if (st == CLV_OK)
        st = kept_check_free(dir, err);
    if (st == CLV_OK)
        st = kept_read(dir, &kept, err);
    if (st == CLV_OK) {
        free(kept.script);
        free(kept.site);
        kept.script = script;
        kept.site = site;
        *ret = kept;
        return CLV_OK;
    }
    free(script);
    free(site);
    return st;
}
