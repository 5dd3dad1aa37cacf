#include "shim_run.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/base.h"

#define NUM_UNITS 3

/* What is asked when something fails, and when a ceremony is resumed. */
static const char when_broken[] = "\njournal.full: retry\n"
                                  "journal.full: retry\n"
                                  "journal.full: stop\n"
                                  "receipt.failed: retry\n"
                                  "receipt.failed: retry\n"
                                  "trouble: retry\n"
                                  "trouble: retry\n"
                                  "signature-key.1.after: again\n"
                                  "part.1.after: again\n"
                                  "part.2.after: again\n"
                                  "part.3.after: again\n";
static const char when_mended[] =
    "\nresume.administrator: Ada Brandt\nresume.witness.1: Wen Castellan\n"
    "resume.slip: none\n"
    "resume.torn: set-aside\n"
    "resume.go-on: go-on\n"
    "trouble*: retry\n"
    "signature-key.1.open.password*: "
    "copper lantern drifts over quiet harbours\n"
    "part.1.open.password*: seven walnut bridges hum at dawn\n"
    "part.2.open.password*: violet engines forget their winters\n"
    "part.3.open.password*: brass kites argue with the marshes\n"
    "confirm.zeroize*: zeroize 1,2,3\n"
    "confirm.commit*: commit 1,2,3\n"
    "confirm.set-immediate*: set immediate 1,2,3\n";

/* ---- the place ------------------------------------------------------------------------------- */

/* The text with each `from` as `to`. */
static void put_text(FILE *f, const char *text, const char *from, const char *to)
{
    for (const char *at = text; *at;) {
        const char *found = strstr(at, from);
        size_t upto = found ? (size_t)(found - at) : strlen(at);
        fprintf(f, "%.*s%s", (int)upto, at, found ? to : "");
        at += upto + (found ? strlen(from) : 0);
    }
}

/* units: as the phrases name them, "1,2,3". */
static void write_answers(const char *path, const char *more, const char *units)
{
    size_t len = 0;
    char *text = (char *)file_bytes(CLV_SOURCE_DIR "/tests/answers/three-owners.txt", &len);
    FILE *f = fopen(path, "we");
    cr_assert(f);
    put_text(f, text, "1,2,3,4,5,6", units);
    put_text(f, text, "1,2,3,4,5,6", units); /* what is done again is asked again */
    fputs(when_broken, f);
    put_text(f, more, "1,2,3", units);
    fclose(f);
    free(text);
}

static char *join(const char *dir, const char *name)
{
    char *path = clv_path_join(dir, name);
    cr_assert(path);
    return path;
}

void shim_place_open(struct shim_place *p)
{
    char top[] = "/dev/shm/claviger-sweep-XXXXXX";
    p->top = mkdtemp(top) ? strdup(top) : folder_make();
    p->dir = join(p->top, "c");
    p->first = join(p->top, "first.txt");
    p->second = join(p->top, "second.txt");
    p->count = join(p->top, "count");
    p->trace = join(p->top, "trace");
    write_answers(p->first, "", "1,2,3");
    write_answers(p->second, when_mended, "1,2,3");
}

void shim_place_empty(const struct shim_place *p)
{
    char *dir = strdup(p->dir);
    folder_remove(&dir);
}

void shim_place_close(struct shim_place *p)
{
    free(p->dir);
    free(p->first);
    free(p->second);
    free(p->count);
    free(p->trace);
    folder_remove(&p->top);
}

/* ---- a run ----------------------------------------------------------------------------------- */

static void put(const char *name, const char *value)
{
    if (value)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

static void set_environment(const struct shim_place *p, const struct shim_set *set)
{
    char fault[100], memory[30];
    const struct shim_fault *f = &set->fault;
    (void)snprintf(fault, sizeof fault, "%" PRIu64 " %" PRIu64 " %d %d %d", f->at, f->times,
                   f->errnum, f->shortened, f->reads);
    (void)snprintf(memory, sizeof memory, "%" PRIu64, set->memory);
    /* By name and folder: a path to preload ends at a blank. */
    put("LD_LIBRARY_PATH", CLV_BINARY_DIR "/tests/sweep");
    put("LD_PRELOAD", "clv_shim.so");
    put("CLV_SHIM_FOLDER", set->trace ? p->dir : set->program ? p->top : NULL);
    put("CLV_SHIM_PROGRAM", set->program);
    put("CLV_SHIM_FAULT", f->at ? fault : NULL);
    put("CLV_SHIM_MEMORY", set->memory || set->count_memory ? memory : NULL);
    put("CLV_SHIM_COUNT", set->count ? p->count : NULL);
    put("CLV_SHIM_TRACE", set->trace ? p->trace : NULL);
    if (set->count)
        (void)unlink(p->count);
}

static void clear_environment(void)
{
    static const char *const names[] = {"LD_LIBRARY_PATH",  "LD_PRELOAD",     "CLV_SHIM_FOLDER",
                                        "CLV_SHIM_PROGRAM", "CLV_SHIM_FAULT", "CLV_SHIM_MEMORY",
                                        "CLV_SHIM_COUNT",   "CLV_SHIM_TRACE"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        unsetenv(names[i]);
}

static void play(const struct shim_place *p, const struct shim_set *set, const char *const *argv,
                 struct run *r)
{
    set_environment(p, set);
    run_start(r, NULL, "timeout", argv);
    clear_environment();
    run_finish(r);
}

#define CLAVIGER "timeout", "-s", "KILL", "120", CLV_BINARY_DIR "/claviger"

void shim_rehearse(const struct shim_place *p, const struct shim_set *set, struct run *r)
{
    const char *argv[] = {CLAVIGER, "rehearse", "--plain", "--answers", p->first,
                          "--dir",  p->dir,     "--units", "3",         NULL};
    play(p, set, argv, r);
}

void shim_resume(const struct shim_place *p, const struct shim_set *set, struct run *r)
{
    const char *argv[] = {CLAVIGER, "resume", "--plain", "--answers", p->second, p->dir, NULL};
    play(p, set, argv, r);
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool wrong(char why[SHIM_WHY], const char *what, const struct run *r)
{
    size_t skip = r->len > 1500 ? r->len - 1500 : 0;
    (void)snprintf(why, SHIM_WHY, "%s (exit %d):\n%s", what, r->exit_code, r->output + skip);
    return false;
}

static size_t times(const char *text, const char *word)
{
    size_t num = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        num++;
    return num;
}

/* Whether the word stands NUM_UNITS times, with the same line behind it. */
static bool all_alike(const char *text, const char *word)
{
    const char *first = strstr(text, word);
    char line[300];
    if (!first)
        return false;
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(first, "\n"), first);
    return times(text, line) == NUM_UNITS && times(text, word) == NUM_UNITS;
}

static bool units_are_live(const struct shim_place *p, char why[SHIM_WHY])
{
    static const char *const once[] = {"IMPORT_WK 1,", " COMMIT_WK 1,", "FINALIZE_WK 1",
                                       "DOM_ADMIN_LOGIN 1,", "new register     empty"};
    struct run r;
    char *units = join(p->dir, "units");
    run_program(&r, NULL, "claviger-unitd", "--state", units, "--show", NULL);
    bool good = r.exit_code == 0 && all_alike(r.output, "current register valid, ");
    for (size_t i = 0; i < sizeof once / sizeof once[0]; i++)
        good = good && times(r.output, once[i]) == NUM_UNITS;
    if (!good)
        (void)wrong(why, "the units are not as they must be", &r);
    run_clear(&r);
    free(units);
    return good;
}

bool shim_is_complete(const struct shim_place *p, char why[SHIM_WHY])
{
    struct run r;
    run_program(&r, NULL, "claviger", "verify", p->dir, NULL);
    bool good = r.exit_code == 0 ? true : wrong(why, "claviger verify", &r);
    run_clear(&r);
    return good && units_are_live(p, why);
}

static bool is_begun(const struct shim_place *p)
{
    char *log = join(p->dir, "journal.log");
    bool begun = access(log, F_OK) == 0;
    free(log);
    return begun;
}

/* A unit that was found late stands behind the others in the phrases: people type what they see. */
static bool learn_phrase(const struct shim_place *p, const struct run *r)
{
    static const char before[] = "To go on, type exactly: zeroize ";
    const char *at = strstr(r->output, before);
    char units[20];
    if (!at || sscanf(at + strlen(before), "%19[0-9,]", units) != 1 || strcmp(units, "1,2,3") == 0)
        return false;
    write_answers(p->second, when_mended, units);
    return true;
}

static void go_on(const struct shim_place *p, struct run *r)
{
    if (is_begun(p))
        shim_resume(p, &(struct shim_set){0}, r);
    else
        shim_rehearse(p, &(struct shim_set){0}, r);
}

bool shim_to_the_end(const struct shim_place *p, char why[SHIM_WHY])
{
    struct run r;
    go_on(p, &r);
    if (r.exit_code == 2 && learn_phrase(p, &r)) {
        run_clear(&r);
        go_on(p, &r);
        write_answers(p->second, when_mended, "1,2,3");
    }
    bool good = r.exit_code == 0 || strstr(r.output, "is over: it is complete");
    if (!good)
        (void)wrong(why, "it cannot be gone on with", &r);
    run_clear(&r);
    return good && shim_is_complete(p, why);
}

/* ---- counts ---------------------------------------------------------------------------------- */

void shim_counts_read(const struct shim_place *p, struct shim_counts *ret)
{
    size_t len = 0;
    char *rest = NULL, *text = (char *)file_bytes(p->count, &len);
    *ret = (struct shim_counts){.call = calloc(len + 1, sizeof *ret->call)};
    cr_assert(ret->call);
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (sscanf(line, "allocations %" SCNu64, &ret->allocations) == 1 ||
            sscanf(line, "failures %" SCNu64, &ret->failures) == 1)
            continue;
        ret->call[ret->num++] = strdup(line);
    }
    free(text);
}

void shim_counts_clear(struct shim_counts *c)
{
    for (size_t i = 0; i < c->num; i++)
        free(c->call[i]);
    free(c->call);
    *c = (struct shim_counts){0};
}
