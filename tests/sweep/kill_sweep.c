/* The kill sweep: SIGKILL at every point of a ceremony, and the resumption behind it.
 *
 *     kill_sweep sample [SEED]              points that matter, and some drawn by the seed
 *     kill_sweep all [SHARD/SHARDS [LOG]]   all; without what was good before, says LOG
 *
 * A point is the entry or the exit of a system call. The ceremony is a rehearsal with three key
 * parts and three units; password hashes are made cheap (shim_argon2.c).
 *
 * Not every point has a run of its own. What a SIGKILL leaves behind are files, and what other
 * programs were told; all else dies with the process. Two points with the same files and no byte
 * sent in between are the same point. So these are the jobs:
 *
 * States. One run is watched at each of its points. The ceremony's folder, the units' state in it,
 * may change in calls that are marked in kill_calls.c and nowhere else; that is checked at every
 * point. Each distinct content is kept. It is what both programs leave when both die there, and is
 * resumed.
 *
 * Twice. Each of these is resumed by a process that is killed at a point drawn from its number, and
 * resumed again.
 *
 * Marks. At the entry and at the exit of every marked call, claviger or claviger-unitd is really
 * killed in a run of its own. The other program lives on, as it will. Then the ceremony is resumed.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kill_end.h"
#include "kill_folder.h"
#include "kill_trace.h"

#define RUN_TIMEOUT_S 300
#define SKIPPED 77 /* as ctest is told */

/* ---- a point --------------------------------------------------------------------------------- */

struct point {
    enum kill_role role;
    const char *call;  /* NULL: any call that changes something for others */
    const char *path;  /* the path has this in it; NULL: any */
    const char *phase; /* once the journal has this in it; NULL: from the beginning */
    uint64_t nth;      /* from 1 */
    bool entry;
};

struct killer {
    const struct kill_place *place;
    const struct point *point;
    uint64_t seen;
    char where[700];
};

static bool journal_has(const struct kill_place *place, const char *text)
{
    struct kill_record r = kill_record_read(place);
    bool has = r.log && strstr(r.log, text);
    kill_record_clear(&r);
    return has;
}

static bool kill_there(void *ctx, const struct kill_stop *stop)
{
    struct killer *k = ctx;
    const struct point *p = k->point;
    if (stop->role != p->role || stop->entry != p->entry)
        return false;
    if (p->call ? strcmp(stop->call, p->call) != 0
                : stop->mark == KILL_NOTHING || stop->mark == KILL_SYNC)
        return false;
    if (p->path && strstr(stop->path, p->path) == NULL)
        return false;
    if ((p->phase && !journal_has(k->place, p->phase)) || ++k->seen != p->nth)
        return false;
    snprintf(k->where, sizeof(k->where), "%s at the %s of %s %s", kill_role_name(stop->role),
             stop->entry ? "entry" : "exit", stop->call, stop->path);
    return true;
}

/* ---- counting -------------------------------------------------------------------------------- */

struct tally {
    uint64_t calls, states, killed, earlier, failures, wanted;
    const char *log; /* file, or NULL */
    char *good;      /* what it held at the beginning */
    bool terminal;
};

static void progress(const struct tally *t, const char *what)
{
    if (t->terminal)
        fprintf(stderr, "\rkill sweep: %" PRIu64 " of %" PRIu64 ", %" PRIu64 " failures: %-20s",
                t->killed, t->wanted, t->failures, what);
    else if (t->killed % 100 == 0)
        fprintf(stderr, "kill sweep: %" PRIu64 " of %" PRIu64 ", %" PRIu64 " failures\n", t->killed,
                t->wanted, t->failures);
}

static bool was_good(struct tally *t, const char *name)
{
    char line[120];
    snprintf(line, sizeof(line), "\n%s good\n", name);
    bool good = strstr(t->good, line) != NULL;
    t->earlier += good;
    return good;
}

static void count(struct tally *t, const struct kill_place *place, const char *name,
                  const char *where, bool good, const char *why)
{
    FILE *f = t->log ? fopen(t->log, "ae") : NULL;
    if (f) {
        fprintf(f, "%s %s\n", name, good ? "good" : "FAILED");
        fclose(f);
    }
    t->killed++;
    if (!good) {
        char kept[300];
        snprintf(kept, sizeof(kept), "%s/failed-%" PRIu64, place->top, ++t->failures);
        kill_folder_remove(kept);
        kill_folder_copy(place->dir, kept, NULL);
        fprintf(stderr, "\nFAILED %s, killed %s: %s\n  what is left: %s\n", name, where, why, kept);
    }
    progress(t, name);
}

/* ---- one kill -------------------------------------------------------------------------------- */

static void must_trace(const struct kill_place *place, struct kill_run *run)
{
    if (kill_trace(run))
        return;
    kill_folder_remove(place->top);
    fprintf(stderr, "kill sweep: ptrace is not allowed here: nothing was tried\n");
    exit(SKIPPED);
}

/* Runs it from what is in the folder, kills it there and resumes. true: it held. */
static bool kill_and_resume(const struct kill_place *place, const char *const *argv,
                            const struct point *point, char *where, char *why)
{
    struct killer k = {.place = place, .point = point};
    struct kill_record before = kill_record_read(place);
    struct kill_run run = {.argv = argv,
                           .preload = CLV_ARGON2_SHIM,
                           .output = place->output,
                           .timeout_s = RUN_TIMEOUT_S,
                           .look = kill_there,
                           .ctx = &k};
    bool good = true;
    must_trace(place, &run);
    snprintf(where, sizeof(k.where), "%s", run.killed ? k.where : "nowhere: it had ended before");
    if (run.timed_out) {
        snprintf(why, KILL_WHY, "it hangs");
        good = false;
    }
    good = good && kill_end_good(place, why) && kill_record_kept(place, &before, why);
    kill_record_clear(&before);
    return good;
}

static void kill_new_run(struct tally *t, const struct kill_place *place, const char *name,
                         const struct point *point)
{
    const char *argv[KILL_MAX_ARGS];
    char where[sizeof(((struct killer *)NULL)->where)], why[KILL_WHY] = "";
    kill_folder_remove(place->dir);
    kill_rehearse_argv(place, argv);
    bool good = kill_and_resume(place, argv, point, where, why);
    count(t, place, name, where, good, why);
}

/* ---- the watched run ------------------------------------------------------------------------- */

struct watch {
    const struct kill_place *place;
    uint64_t touched;
    uint64_t *seen; /* content of each state */
    size_t num_seen, cap_seen;
    uint64_t surprises; /* changes outside of marked calls */
    bool keep;          /* states are kept */
};

static void state_path(const struct kill_place *place, uint64_t number, char *buf, size_t cap)
{
    snprintf(buf, cap, "%s/states/%05" PRIu64, place->top, number);
}

static void keep_state(struct watch *w)
{
    char to[300], like[300];
    uint64_t content = kill_folder_content(w->place->dir);
    for (size_t i = 0; i < w->num_seen; i++)
        if (w->seen[i] == content)
            return;
    if (w->num_seen == w->cap_seen) {
        w->cap_seen = 2 * w->cap_seen + 64;
        w->seen = realloc(w->seen, w->cap_seen * sizeof(*w->seen));
        if (w->seen == NULL)
            abort();
    }
    state_path(w->place, w->num_seen, to, sizeof(to));
    state_path(w->place, w->num_seen ? w->num_seen - 1 : 0, like, sizeof(like));
    if (w->keep)
        kill_folder_copy(w->place->dir, to, w->num_seen ? like : NULL);
    w->seen[w->num_seen++] = content;
}

static bool look_on(void *ctx, const struct kill_stop *stop)
{
    struct watch *w = ctx;
    uint64_t touched = kill_folder_touched(w->place->dir);
    if (touched == w->touched)
        return false;
    w->touched = touched;
    if (stop->entry || (stop->mark != KILL_CONTENT && stop->mark != KILL_NAME)) {
        w->surprises++;
        fprintf(stderr, "kill sweep: the folder changed before the %s of %s %s of %s\n",
                stop->entry ? "entry" : "exit", stop->call, stop->path, kill_role_name(stop->role));
    }
    keep_state(w);
    return false;
}

/* The unbroken run, at every point. false: it is no basis for a sweep. */
static bool watch_run(struct watch *w, struct kill_run *run)
{
    const char *argv[KILL_MAX_ARGS];
    char states[300], why[KILL_WHY] = "";
    snprintf(states, sizeof(states), "%s/states", w->place->top);
    kill_folder_remove(states);
    kill_folder_remove(w->place->dir);
    (void)mkdir(states, 0700);
    kill_rehearse_argv(w->place, argv);
    *run = (struct kill_run){.argv = argv,
                             .preload = CLV_ARGON2_SHIM,
                             .output = w->place->output,
                             .timeout_s = RUN_TIMEOUT_S,
                             .look = look_on,
                             .ctx = w};
    must_trace(w->place, run);
    if (run->exit_code == 0 && w->surprises == 0 && kill_end_holds(w->place, why))
        return true;
    fprintf(stderr, "kill sweep: the unbroken run ended with %d; %s\n", run->exit_code, why);
    return false;
}

/* ---- everything ------------------------------------------------------------------------------ */

static void lay_out_state(const struct kill_place *place, uint64_t number)
{
    char path[300];
    state_path(place, number, path, sizeof(path));
    kill_folder_remove(place->dir);
    kill_folder_copy(path, place->dir, NULL);
}

static void resume_state(struct tally *t, const struct kill_place *place, const char *name,
                         uint64_t number)
{
    char why[KILL_WHY] = "";
    lay_out_state(place, number);
    bool good = kill_end_good(place, why);
    count(t, place, name, "with both programs", good, why);
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

static void resume_state_twice(struct tally *t, const struct kill_place *place, const char *name,
                               uint64_t number)
{
    char where[sizeof(((struct killer *)NULL)->where)], why[KILL_WHY] = "";
    uint64_t seed = number;
    struct point point = {.role = draw(&seed) % 4 == 0 ? KILL_UNITS : KILL_CLAVIGER,
                          .nth = 1 + draw(&seed) % (1 + draw(&seed) % 200),
                          .entry = draw(&seed) % 2};
    const char *argv[KILL_MAX_ARGS];
    lay_out_state(place, number);
    kill_resume_argv(place, argv);
    bool good = kill_and_resume(place, argv, &point, where, why);
    count(t, place, name, where, good, why);
}

/* All that is to be done stands in one row: the states, the states once more, the marks of claviger
 * with entry and exit, those of claviger-unitd. */
struct row_of_jobs {
    uint64_t states, claviger, units;
};

static uint64_t num_jobs(const struct row_of_jobs *r)
{
    return 2 * (r->states + r->claviger + r->units);
}

static void do_mark(struct tally *t, const struct kill_place *place, enum kill_role role,
                    uint64_t half)
{
    char name[60];
    struct point point = {.role = role, .nth = 1 + half / 2, .entry = half % 2 == 0};
    snprintf(name, sizeof(name), "%s %" PRIu64 " %s", kill_role_name(role), point.nth,
             point.entry ? "entry" : "exit");
    if (!was_good(t, name))
        kill_new_run(t, place, name, &point);
}

static void do_job(struct tally *t, const struct kill_place *place, const struct row_of_jobs *r,
                   uint64_t job)
{
    char name[60];
    if (job >= 2 * (r->states + r->claviger)) {
        do_mark(t, place, KILL_UNITS, job - 2 * (r->states + r->claviger));
    } else if (job >= 2 * r->states) {
        do_mark(t, place, KILL_CLAVIGER, job - 2 * r->states);
    } else {
        bool twice = job >= r->states;
        uint64_t number = job % r->states;
        snprintf(name, sizeof(name), "%s %" PRIu64, twice ? "twice" : "state", number);
        if (!was_good(t, name))
            (twice ? resume_state_twice : resume_state)(t, place, name, number);
    }
}

/* In leaps, so that a sweep that is broken off has been everywhere a little. A prime: no job is
 * left out. */
#define LEAP 10007

static void do_jobs(struct tally *t, const struct kill_place *place, const struct row_of_jobs *r,
                    unsigned shard, unsigned shards)
{
    uint64_t num = num_jobs(r);
    for (uint64_t i = 0; i < num; i++) {
        uint64_t job = (i * LEAP) % num;
        if (job % shards == shard)
            do_job(t, place, r, job);
    }
}

static uint64_t sum(const uint64_t *n)
{
    return n[KILL_CLAVIGER] + n[KILL_UNITS] + n[KILL_HELPER];
}

static int run_all(const struct kill_place *place, struct tally *t, unsigned shard, unsigned shards)
{
    struct watch w = {.place = place, .keep = true};
    struct kill_run run;
    if (!watch_run(&w, &run))
        return 1;
    t->calls = sum(run.calls);
    t->states = w.num_seen;
    struct row_of_jobs jobs = {w.num_seen, run.marks[KILL_CLAVIGER], run.marks[KILL_UNITS]};
    t->wanted = num_jobs(&jobs) / shards;
    fprintf(stderr,
            "kill sweep: %" PRIu64 " system calls (%" PRIu64 " of claviger, %" PRIu64
            " of claviger-unitd), %" PRIu64 " points, %zu distinct states, %" PRIu64 " + %" PRIu64
            " calls that change something for others\n",
            t->calls, run.calls[KILL_CLAVIGER], run.calls[KILL_UNITS], 2 * t->calls, w.num_seen,
            run.marks[KILL_CLAVIGER], run.marks[KILL_UNITS]);
    do_jobs(t, place, &jobs, shard, shards);
    free(w.seen);
    printf("%s%" PRIu64 " system calls, %" PRIu64 " points, %" PRIu64 " distinct states, %" PRIu64
           " killed and resumed (%" PRIu64 " of them in an earlier run), %" PRIu64 " failures\n",
           t->terminal ? "\n" : "", t->calls, 2 * t->calls, t->states, t->killed + t->earlier,
           t->earlier, t->failures);
    return t->failures > 0;
}

/* ---- a sample -------------------------------------------------------------------------------- */

/* clang-format off */
static const struct point chosen[] = {
    /* role           call         path            behind                          nth entry */
    { KILL_CLAVIGER, "renameat2", ".clvkey",       NULL,                             2, true  },
    { KILL_CLAVIGER, "write",     "journal.log",   "\"event\":\"part-made\"",        2, false },
    { KILL_CLAVIGER, "sendto",    NULL,            "\"phase\":\"load\"",             2, false },
    { KILL_UNITS,    "renameat",  "units.state",   "\"phase\":\"commit\"",           2, true  },
    { KILL_UNITS,    "sendmsg",   NULL,            "\"phase\":\"commit\"",           2, true  },
    { KILL_CLAVIGER, "fdatasync", "journal.log",   "\"phase\":\"set immediate\"",    2, false },
};
/* clang-format on */

static int run_sample(const struct kill_place *place, struct tally *t, uint64_t seed)
{
    char name[60];
    printf("kill sweep: sample with seed %" PRIu64 "\n", seed);
    for (size_t i = 0; i < sizeof(chosen) / sizeof(chosen[0]); i++) {
        snprintf(name, sizeof(name), "chosen %zu", i + 1);
        kill_new_run(t, place, name, &chosen[i]);
    }
    for (int i = 0; i < 2; i++) {
        struct point p = {.role = i == 0 ? KILL_CLAVIGER : KILL_UNITS,
                          .nth = 1 + draw(&seed) % (i == 0 ? 900 : 300),
                          .entry = draw(&seed) % 2};
        snprintf(name, sizeof(name), "drawn %d", i + 1);
        kill_new_run(t, place, name, &p);
    }
    printf("%" PRIu64 " points killed and resumed, %" PRIu64 " failures\n", t->killed, t->failures);
    return t->failures > 0;
}

/* ---- the program ----------------------------------------------------------------------------- */

static int usage(void)
{
    fputs("usage: kill_sweep sample [SEED]\n       kill_sweep all [SHARD/SHARDS [LOG]]\n", stderr);
    return 2;
}

#define MAX_LOG (1u << 20)

/* What the log says of these programs; it is begun anew when it is of others. */
static char *read_log(const char *path)
{
    char *text = calloc(1, MAX_LOG + 2), heading[60];
    FILE *f = path ? fopen(path, "re") : NULL;
    uint64_t programs = kill_file_content(CLV_BINARY_DIR "/claviger") ^
                        3 * kill_file_content(CLV_BINARY_DIR "/claviger-unitd");
    int len = snprintf(heading, sizeof(heading), "\nprograms %016" PRIx64 "\n", programs);
    if (text == NULL)
        abort();
    text[0] = '\n';
    if (f) {
        (void)!fread(text + 1, 1, MAX_LOG, f);
        fclose(f);
    }
    if (strncmp(text, heading, (size_t)len) == 0)
        return text;
    f = path ? fopen(path, "we") : NULL;
    if (f) {
        fputs(heading + 1, f);
        fclose(f);
    }
    text[1] = '\0';
    return text;
}

int main(int argc, char **argv)
{
    char top[] = "/tmp/claviger-kill-XXXXXX";
    struct kill_place place;
    unsigned shard = 0, shards = 1;
    bool all = argc > 1 && strcmp(argv[1], "all") == 0;
    if (argc < 2 || (!all && strcmp(argv[1], "sample") != 0))
        return usage();
    if (all && argc > 2 && (sscanf(argv[2], "%u/%u", &shard, &shards) != 2 || shard >= shards))
        return usage();
    struct tally t = {.log = all && argc > 3 ? argv[3] : NULL, .terminal = isatty(2)};
    t.good = read_log(t.log);
    if (mkdtemp(top) == NULL)
        return 99;
    kill_place_open(&place, top);
    kill_end_init();
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    int result = all ? run_all(&place, &t, shard, shards) : run_sample(&place, &t, seed);
    free(t.good);
    if (t.failures == 0)
        kill_folder_remove(top);
    return result;
}
