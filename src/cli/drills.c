#include "drills.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/journal.h"
#include "claviger/script.h"

#define BOOK_MAX ((size_t)64 << 10)

/* What happens on which bad day; docs/unitd.md has the fault plans. */
/* clang-format off */
const struct drill drills[] = {
    { .name = "unit-4-dies",           .what = "unit 4 is gone from commit on",
      .faults = {"4:commit:die"},         .num_units = 4, .sign = CLV_EVENT_DECISION },
    { .name = "power-cut-after-three", .what = "the power goes when three units are live",
      .faults = {"4:setimm:slow:3600000", "5:setimm:silent*", "6:setimm:silent*"}, .num_units = 6,
      .mishap = CLV_MISHAP_POWER_CUT,      .sign = CLV_EVENT_RESUMED },
    { .name = "wrong-password",        .what = "a key sticks while owner 2 types the password",
      .mishap = CLV_MISHAP_STUCK_KEY,      .sign = CLV_EVENT_PASSWORD_WRONG },
    { .name = "owner-leaves",          .what = "owner 2 is called away in the middle of the load",
      .mishap = CLV_MISHAP_OWNER_LEAVES,   .sign = CLV_EVENT_PERSON_LEFT },
    { .name = "swapped-part",          .what = "another part lies in the place of owner 2's",
      .mishap = CLV_MISHAP_SWAPPED_PART,   .creates_parts = true, .sign = CLV_EVENT_PART_REFUSED },
    { .name = "lying-unit",            .what = "unit 4 shows another pattern",
      .faults = {"4:any:wrong-pattern*"},  .num_units = 4, .sign = CLV_EVENT_DECISION },
    { .name = "printer-jams",          .what = "the first sheet does not come out",
      .mishap = CLV_MISHAP_PAPER_JAM,      .sign = CLV_EVENT_RECEIPT_VOID },
    { .name = "silent-unit",           .what = "unit 4 does not answer the commit",
      .faults = {"4:commit:silent"},       .num_units = 4, .sign = CLV_EVENT_DECISION },
    { .name = "slow-unit",             .what = "unit 4 loads, and answers too late",
      .faults = {"4:load:slow:20000"},     .num_units = 4, .sign = CLV_EVENT_OUTCOME, .sign_name = "in-doubt" },
    { .name = "restarting-unit",       .what = "unit 4 restarts before it loads",
      .faults = {"4:load:restart"},        .num_units = 4, .sign = CLV_EVENT_IMPORTER_GONE },
    { .name = "replaying-unit",        .what = "unit 4 answers set immediate with an old answer",
      .faults = {"4:setimm:replay"},       .num_units = 4, .sign = CLV_EVENT_DECISION },
    { .name = "wrong-key-unit",        .what = "unit 4 signs with another key",
      .faults = {"4:any:wrong-key*"},      .num_units = 4, .sign = CLV_EVENT_UNIT_LEFT_OUT },
};
/* clang-format on */
const size_t num_drills = sizeof(drills) / sizeof(drills[0]);

clv_status drill_find(const char *name, const struct drill **ret, struct clv_error *err)
{
    char names[400] = "";
    size_t len = 0;
    *ret = NULL;
    for (size_t i = 0; name && i < num_drills; i++) {
        if (strcmp(drills[i].name, name) == 0)
            *ret = &drills[i];
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%s", len ? ", " : "",
                                drills[i].name);
    }
    if (name == NULL || *ret)
        return CLV_OK;
    (void)clv_fail(err, CLV_E_USAGE, "there is no drill \"%s\"", name);
    clv_hint(err, "There are: %s.", names);
    return CLV_E_USAGE;
}

clv_status drill_check(const struct drill *drill, unsigned num_units,
                       const struct clv_script *script, struct clv_error *err)
{
    if (num_units < drill->num_units)
        return clv_fail(err, CLV_E_USAGE, "the drill \"%s\" needs %u crypto units", drill->name,
                        drill->num_units);
    if (script && drill->creates_parts && clv_script_find(script, CLV_STEP_CREATE_PARTS) == NULL)
        return clv_fail(err, CLV_E_USAGE,
                        "the drill \"%s\" needs a script with the step create-parts", drill->name);
    return CLV_OK;
}

/* ---- the book ---- */

/* $XDG_STATE_HOME/claviger/drills/HASH; the caller's to free(). NULL: there is no place for it. */
static char *book_path(const uint8_t hash[32], bool make)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char dir[4096], hex[65];
    if (state && state[0] == '/')
        snprintf(dir, sizeof(dir), "%s/claviger/drills", state);
    else if (home && home[0] == '/')
        snprintf(dir, sizeof(dir), "%s/.local/state/claviger/drills", home);
    else
        return NULL;
    clv_hex(hash, 32, hex);
    if (make && clv_dir_private(dir, NULL) != CLV_OK)
        return NULL;
    return clv_path_join(dir, hex);
}

/* The text of the book, "" when there is none; the caller's to free(). */
static char *read_book(const struct drill_book *book)
{
    char *path = book_path(book->script_hash, false), *text = NULL;
    uint8_t *data = NULL;
    size_t len = 0;
    if (path && clv_file_read(path, BOOK_MAX, &data, &len, NULL) == CLV_OK)
        text = strndup((const char *)data, len);
    free(data);
    free(path);
    return text ? text : strdup("");
}

static bool is_in(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (const char *line = text; line && *line;) {
        if (strncmp(line, name, len) == 0 && line[len] == ' ')
            return true;
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    return false;
}

static clv_status look_for_sign(void *ctx, uint64_t seq, struct clv_view entry,
                                struct clv_error *err)
{
    struct drill_book *book = ctx;
    struct clv_event e = {0};
    (void)seq;
    clv_status st = clv_event_decode(entry, &e, err);
    if (st == CLV_OK && e.kind == book->drill->sign &&
        (book->drill->sign_name == NULL || strcmp(e.name, book->drill->sign_name) == 0))
        book->seen = true;
    return st;
}

static bool bad_day_came(struct drill_book *book)
{
    struct clv_journal *journal = NULL;
    book->seen = false;
    if (clv_journal_open_readonly(book->dir, &journal, NULL) == CLV_OK)
        (void)!clv_journal_each(journal, 0, look_for_sign, book, NULL);
    clv_journal_free(&journal);
    return book->seen;
}

/* A book that cannot be written costs a note, not the ceremony. */
static void closed(void *ctx, const char *ceremony_id, int64_t wall_ms)
{
    struct drill_book *book = ctx;
    struct clv_writer w = {0};
    char time[CLV_TIME_TEXT];
    if (book->drill == NULL || !bad_day_came(book))
        return;
    char *path = book_path(book->script_hash, true), *text = read_book(book);
    clv_time_text(wall_ms, time);
    if (text)
        clv_write_text(&w, text);
    clv_write_format(&w, "%s %s %s\n", book->drill->name, time, ceremony_id);
    if (path && text && clv_writer_done(&w, NULL) == CLV_OK && w.len < BOOK_MAX)
        (void)!clv_file_replace(path, w.data, w.len, NULL);
    clv_writer_clear(&w);
    free(path);
    free(text);
}

static void list(const char *text, bool passed, char *ret, size_t cap)
{
    size_t len = 0;
    snprintf(ret, cap, "none");
    for (size_t i = 0; i < num_drills && len < cap; i++)
        if (is_in(text, drills[i].name) == passed)
            len += (size_t)snprintf(ret + len, cap - len, "%s%s", len ? ", " : "", drills[i].name);
}

static void say(void *ctx, char *passed, char *missing, size_t cap)
{
    const struct drill_book *book = ctx;
    char *text = read_book(book);
    list(text ? text : "", true, passed, cap);
    list(text ? text : "", false, missing, cap);
    free(text);
}

void drill_book_init(struct drill_book *book, const struct drill *drill, const char *dir,
                     const struct clv_script *script)
{
    *book = (struct drill_book){.drill = drill, .dir = dir};
    memcpy(book->script_hash, script->hash, sizeof(book->script_hash));
    book->port = (struct clv_drill_book){.ctx = book, .closed = closed, .say = say};
}
