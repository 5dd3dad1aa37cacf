#include "kill_end.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/ceremony.h"
#include "claviger/crypto.h"
#include "claviger/journal.h"
#include "claviger/keyfile.h"
#include "kill_trace.h"

#define CLAVIGER CLV_BINARY_DIR "/claviger"
#define UNITD CLV_BINARY_DIR "/claviger-unitd"
#define ANSWERS CLV_SOURCE_DIR "/tests/answers/three-owners.txt"
#define RESUME_TIMEOUT_S 120

/* As in tests/answers/three-owners.txt. */
#define SIGNER_PASSWORD "copper lantern drifts over quiet harbours"
#define PART_1_PASSWORD "seven walnut bridges hum at dawn"
#define PART_2_PASSWORD "violet engines forget their winters"
#define PART_3_PASSWORD "brass kites argue with the marshes"

static bool wrong(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool wrong(char *why, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, KILL_WHY, format, args);
    va_end(args);
    return false;
}

/* ---- the place ------------------------------------------------------------------------------- */

static char *read_text(const char *path)
{
    FILE *f = fopen(path, "re");
    size_t len = 0, got;
    char *text = calloc(1, 1);
    if (f == NULL || text == NULL) {
        free(text);
        if (f)
            fclose(f);
        return NULL;
    }
    do {
        text = realloc(text, len + 65536 + 1);
        if (text == NULL)
            abort();
        got = fread(text + len, 1, 65536, f);
        len += got;
    } while (got > 0);
    text[len] = '\0';
    fclose(f);
    return text;
}

/* The answers for six units, for three; what else the resumption is asked. */
static void write_answers(const char *path, const char *more)
{
    char *text = read_text(ANSWERS);
    FILE *f = fopen(path, "we");
    if (text == NULL || f == NULL) {
        fprintf(stderr, "kill sweep: the answers cannot be written\n");
        exit(99);
    }
    for (const char *at = text; *at;) {
        const char *six = strstr(at, "1,2,3,4,5,6");
        size_t len = six ? (size_t)(six - at) : strlen(at);
        fprintf(f, "%.*s%s", (int)len, at, six ? "1,2,3" : "");
        at += len + (six ? strlen("1,2,3,4,5,6") : 0);
    }
    fputs(more, f);
    fclose(f);
    free(text);
}

void kill_place_open(struct kill_place *p, const char *top)
{
    snprintf(p->top, sizeof(p->top), "%s", top);
    snprintf(p->dir, sizeof(p->dir), "%s/ceremony", top);
    snprintf(p->first, sizeof(p->first), "%s/first.txt", top);
    snprintf(p->second, sizeof(p->second), "%s/second.txt", top);
    snprintf(p->output, sizeof(p->output), "%s/run.out", top);
    snprintf(p->resumed, sizeof(p->resumed), "%s/resumed.out", top);
    write_answers(p->first, "");
    write_answers(p->second, "\nresume.administrator: Ada Brandt\nresume.witness.1: Wen Castellan\n"
                             "resume.slip: none\n"
                             "resume.torn: set-aside\n"
                             "resume.go-on: go-on\n"
                             "trouble: retry\ntrouble: retry\ntrouble: retry\n" /* not for ever */
                             "signature-key.1.open.password*: " SIGNER_PASSWORD "\n"
                             "part.1.open.password*: " PART_1_PASSWORD "\n"
                             "part.2.open.password*: " PART_2_PASSWORD "\n"
                             "part.3.open.password*: " PART_3_PASSWORD "\n"
                             "confirm.zeroize*: zeroize 1,2,3\n"
                             "confirm.commit*: commit 1,2,3\n"
                             "confirm.set-immediate*: set immediate 1,2,3\n");
}

void kill_rehearse_argv(const struct kill_place *p, const char *argv[KILL_MAX_ARGS])
{
    const char *all[] = {CLAVIGER, "rehearse", "--plain", "--answers", p->first,
                         "--dir",  p->dir,     "--units", "3",         NULL};
    memcpy(argv, all, sizeof(all));
}

void kill_resume_argv(const struct kill_place *p, const char *argv[KILL_MAX_ARGS])
{
    const char *all[] = {CLAVIGER, "resume", "--plain", "--answers", p->second, p->dir, NULL};
    memcpy(argv, all, sizeof(all));
}

static int run(const char *const *argv, const char *output)
{
    struct kill_run r = {
        .argv = argv, .preload = CLV_ARGON2_SHIM, .output = output, .timeout_s = RESUME_TIMEOUT_S};
    if (!kill_trace(&r))
        return -1;
    return r.timed_out ? 124 : r.exit_code;
}

/* ---- the journal ----------------------------------------------------------------------------- */

static char *read_log(const struct kill_place *p, const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), "%s/%s", p->dir, name);
    return read_text(path);
}

/* Whole lines, and in checkpoints.log whole notes: what is torn may be set aside. */
static void cut_torn(char *text, const char *end)
{
    char *last = NULL;
    for (char *at = text; text && (at = strstr(at, end)) != NULL; at += strlen(end))
        last = at + strlen(end);
    if (text)
        *(last ? last : text) = '\0';
}

struct kill_record kill_record_read(const struct kill_place *p)
{
    struct kill_record r = {read_log(p, CLV_JOURNAL_LOG), read_log(p, CLV_JOURNAL_CHECKPOINTS)};
    cut_torn(r.log, "\n");
    cut_torn(r.checkpoints, "\n\n");
    return r;
}

void kill_record_clear(struct kill_record *r)
{
    free(r->log);
    free(r->checkpoints);
    *r = (struct kill_record){0};
}

static bool begins_with(const char *text, const char *start)
{
    return start == NULL || (text != NULL && strncmp(text, start, strlen(start)) == 0);
}

/* More than the promise: what was written but not yet synced is still there, too. */
bool kill_record_kept(const struct kill_place *p, const struct kill_record *before, char *why)
{
    struct kill_record now = kill_record_read(p);
    bool log = begins_with(now.log, before->log);
    bool notes = begins_with(now.checkpoints, before->checkpoints);
    kill_record_clear(&now);
    if (!log)
        return wrong(why, "entries of the journal are lost or changed");
    if (!notes)
        return wrong(why, "checkpoints are lost or changed");
    return true;
}

struct summary {
    struct clv_event last;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    uint8_t ski[CLV_SKI_LEN];
    unsigned num_parts, num_patterns;
};

static clv_status take(void *ctx, uint64_t seq, struct clv_view entry, struct clv_error *err)
{
    struct summary *s = ctx;
    (void)seq;
    clv_status st = clv_event_decode(entry, &s->last, err);
    if (st != CLV_OK)
        return st;
    if (s->last.kind == CLV_EVENT_PATTERN) {
        memcpy(s->pattern, s->last.pattern, sizeof(s->pattern));
        s->num_patterns++;
    }
    if (s->last.kind == CLV_EVENT_SIGKEY_READY)
        memcpy(s->ski, s->last.digest, sizeof(s->ski));
    s->num_parts += s->last.kind == CLV_EVENT_PART_MADE;
    return CLV_OK;
}

static bool journal_is_complete(const struct kill_place *p, struct summary *s, char *why)
{
    struct clv_journal *journal = NULL;
    struct clv_error err = {0};
    clv_status st = clv_journal_open_readonly(p->dir, &journal, &err);
    if (st == CLV_OK)
        st = clv_journal_each(journal, 0, take, s, &err);
    clv_journal_free(&journal);
    if (st != CLV_OK)
        return wrong(why, "the journal cannot be read: %s", err.fact);
    if (s->last.kind != CLV_EVENT_CLOSED || strcmp(s->last.name, "complete") != 0)
        return wrong(why, "the last entry is \"%s\" \"%s\"", clv_event_name(s->last.kind),
                     s->last.name);
    if (s->num_parts != 3)
        return wrong(why, "%u key parts are on record", s->num_parts);
    return true;
}

/* ---- the units ------------------------------------------------------------------------------- */

/* "COMMIT_WK 1" as a word of the line. */
static unsigned times_obeyed(const char *line, const char *command)
{
    size_t len = strlen(command);
    for (const char *at = line; (at = strstr(at, command)) != NULL; at += len)
        if (at[-1] == ' ' && at[len] == ' ')
            return (unsigned)strtoul(at + len, NULL, 10);
    return 0;
}

/* Once each, however often a process died. A reset and an importer key may be asked for anew: they
 * are orders of their own, and the second one finds the unit as the first one did. */
static bool obeyed_once(unsigned unit, const char *line, char *why)
{
    static const char *const once[] = {"DOM_ADMIN_LOGIN", "DOM_SET_ATTR", "IMPORT_WK", "COMMIT_WK",
                                       "FINALIZE_WK"};
    static const char *const never[] = {"CLEAR_WK", "CLEAR_NEXT_WK", "GEN_WK", "DOM_ADMIN_LOGOUT"};
    for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
        if (times_obeyed(line, once[i]) != 1)
            return wrong(why, "unit %u obeyed %s %u times", unit, once[i],
                         times_obeyed(line, once[i]));
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (times_obeyed(line, never[i]) != 0)
            return wrong(why, "unit %u obeyed %s", unit, never[i]);
    return true;
}

static bool unit_is_live(unsigned unit, const char *text, const struct summary *s, char *why)
{
    char ski[2 * CLV_SKI_LEN + 1], pattern[2 * CLV_EP11_PATTERN_LEN + 1], want[600], heading[40];
    clv_hex(s->ski, CLV_SKI_LEN, ski);
    clv_hex(s->pattern, CLV_EP11_PATTERN_LEN, pattern);
    memset(pattern + 2 * CLV_EP11_PATTERN_SIGNIFICANT, '0',
           2 * (CLV_EP11_PATTERN_LEN - CLV_EP11_PATTERN_SIGNIFICANT));
    snprintf(heading, sizeof(heading), "Unit %u, ", unit);
    snprintf(want, sizeof(want),
             "  imprint mode     no\n"
             "  administrators   %s\n"
             "  thresholds       1 to sign, 1 to revoke\n"
             "  new register     empty\n"
             "  current register valid, %s\n"
             "  obeyed           ",
             ski, pattern);
    const char *at = strstr(text, heading);
    const char *body = at ? strchr(at, '\n') : NULL;
    if (body == NULL || strncmp(body + 1, want, strlen(want)) != 0)
        return wrong(why, "unit %u is not as it must be:\n%.600s\nbut ought to be:\n%s", unit,
                     at ? at : text, want);
    char line[400];
    snprintf(line, sizeof(line), " %.*s", (int)strcspn(body + 1 + strlen(want), "\n"),
             body + 1 + strlen(want));
    return obeyed_once(unit, line, why);
}

static bool units_are_live(const struct kill_place *p, const struct summary *s, char *why)
{
    char state[300];
    snprintf(state, sizeof(state), "%s/units", p->dir);
    const char *argv[] = {UNITD, "--state", state, "--show", NULL};
    char output[300];
    snprintf(output, sizeof(output), "%s/show.out", p->top);
    int code = run(argv, output);
    char *text = read_text(output);
    bool good = code == 0 && text ? true : wrong(why, "the units cannot be shown: %s", text);
    for (unsigned unit = 1; good && unit <= KILL_NUM_UNITS; unit++)
        good = unit_is_live(unit, text, s, why);
    free(text);
    return good;
}

/* ---- the key files --------------------------------------------------------------------------- */

static struct clv_kdf *kdf;

void kill_end_init(void)
{
    struct clv_error err = {0};
    if (clv_secret_init(&err) != CLV_OK || clv_crypto_init(&err) != CLV_OK ||
        clv_kdf_new(CLV_KDF_STANDARD, &kdf, &err) != CLV_OK) {
        fprintf(stderr, "kill sweep: %s\n", err.fact);
        exit(99);
    }
}

static const char *password_of(const struct clv_keyfile_info *info)
{
    static const char *const parts[] = {PART_1_PASSWORD, PART_2_PASSWORD, PART_3_PASSWORD};
    if (info->kind == CLV_KEYFILE_SIGKEY)
        return SIGNER_PASSWORD;
    return info->slot >= 1 && info->slot <= 3 ? parts[info->slot - 1] : "";
}

static bool key_file_opens(const struct clv_keyfile_entry *entry, char *why)
{
    struct clv_secret *password = NULL, *payload = NULL;
    struct clv_keyfile_info info;
    struct clv_error err = {0};
    const char *text = password_of(&entry->info);
    if (!entry->good)
        return wrong(why, "key file %s: %s", entry->path, entry->why.fact);
    clv_status st = clv_secret_new(strlen(text), &password, &err);
    if (st == CLV_OK) {
        memcpy(clv_secret_write(password), text, strlen(text));
        clv_secret_close(password);
        st = clv_keyfile_open(kdf, entry->path, password, &payload, &info, &err);
    }
    clv_secret_free(&password);
    clv_secret_free(&payload);
    return st == CLV_OK ? true : wrong(why, "key file %s: %s", entry->path, err.fact);
}

/* Also those that a kill kept off the record: a file with our suffix is whole. */
static bool key_files_open(const struct kill_place *p, char *why)
{
    struct clv_keyfile_list list = {0};
    struct clv_error err = {0};
    char dir[300];
    snprintf(dir, sizeof(dir), "%s/key-files", p->dir);
    if (clv_keyfile_list(dir, CLV_KEYFILE_ANY, &list, &err) != CLV_OK)
        return wrong(why, "the key files cannot be listed: %s", err.fact);
    bool good = list.num_entries >= 4 ? true : wrong(why, "%zu key files", list.num_entries);
    for (size_t i = 0; good && i < list.num_entries; i++)
        good = key_file_opens(&list.entries[i], why);
    clv_keyfile_list_clear(&list);
    return good;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static bool evidence_is_good(const struct kill_place *p, char *why)
{
    const char *argv[] = {CLAVIGER, "verify", p->dir, NULL};
    char output[300];
    snprintf(output, sizeof(output), "%s/verify.out", p->top);
    if (run(argv, output) == 0)
        return true;
    char *text = read_text(output);
    wrong(why, "claviger verify: %s", text ? text : "");
    free(text);
    return false;
}

static bool receipt_is_there(const struct kill_place *p, char *why)
{
    char path[300];
    for (unsigned serial = 1; serial < 30; serial++) {
        snprintf(path, sizeof(path), "%s/receipts/%02u-ceremony.pdf", p->dir, serial);
        if (access(path, R_OK) == 0)
            return true;
    }
    return wrong(why, "there is no receipt of the ceremony");
}

bool kill_end_holds(const struct kill_place *p, char *ret_why)
{
    struct summary *s = calloc(1, sizeof(*s));
    bool good = s && journal_is_complete(p, s, ret_why) && units_are_live(p, s, ret_why) &&
                key_files_open(p, ret_why) && evidence_is_good(p, ret_why) &&
                receipt_is_there(p, ret_why);
    free(s);
    return good;
}

/* Nothing is on record: there is nothing to go on with, and a new beginning is what claviger says.
 */
static bool nothing_was_begun(const struct kill_record *before, int exit_code)
{
    return exit_code == 7 && (before->log == NULL || before->log[0] == '\0');
}

bool kill_end_good(const struct kill_place *p, char *ret_why)
{
    struct kill_record before = kill_record_read(p);
    const char *argv[KILL_MAX_ARGS];
    kill_resume_argv(p, argv);
    int code = run(argv, p->resumed);
    if (nothing_was_begun(&before, code)) {
        kill_rehearse_argv(p, argv);
        code = run(argv, p->resumed);
    }
    bool over = code == 8; /* it had come to its end before */
    bool good = true;
    if (code != 0 && !over) {
        char *text = read_text(p->resumed);
        size_t len = text ? strlen(text) : 0;
        good =
            wrong(ret_why, "exit %d: ...%s", code, text ? text + (len > 900 ? len - 900 : 0) : "");
        free(text);
    }
    good = good && kill_record_kept(p, &before, ret_why) && kill_end_holds(p, ret_why);
    kill_record_clear(&before);
    return good;
}
