/* The fault sweep of whole programs: a rehearsal in which one call on a file fails, once or from
 * then on; what the program says; then it is mended and gone on with. Also one more fault in that.
 *
 * A class is a kind of call on a kind of file. By default each class is tried where it first and
 * last occurs; CLAVIGER_SWEEP_ALL tries every call, CLAVIGER_SWEEP_SAMPLE=N each Nth point. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim_run.h"

/* ---- what is tried --------------------------------------------------------------------------- */

static const struct shim_fault kinds[] = {
    {.errnum = ENOSPC}, {.errnum = EIO, .shortened = true}, {.errnum = EROFS},
    {.errnum = EINTR},  {.errnum = 0, .shortened = true},
};
#define NUM_KINDS (sizeof kinds / sizeof kinds[0])

/* "write receipts/03-key-part.pdf" is of the class of "write receipts/07-key-part.pdf". */
static void class_of(const char *call, char out[160])
{
    size_t n = 0;
    const char *draft = strstr(call, "/."); /* a random name until it gets its own */
    for (const char *at = call; *at && n + 2 < 160; at++) {
        if (draft && at == draft + 2 && isxdigit((unsigned char)*at)) {
            at += strspn(at, "0123456789abcdef");
            out[n++] = '*';
        }
        if (isdigit((unsigned char)*at)) {
            at += strspn(at, "0123456789") - 1;
            out[n++] = '#';
            continue;
        }
        out[n++] = *at;
    }
    out[n] = '\0';
    /* Four random letters end the name of a key file. */
    char *key = strstr(out, ".clvkey");
    if (key && key - out > 4)
        memcpy(key - 4, "xxxx", 4);
}

static bool occurs(const struct shim_counts *c, const char *class, size_t from, size_t to)
{
    char other[160];
    for (size_t i = from; i < to; i++) {
        class_of(c->call[i], other);
        if (strcmp(other, class) == 0)
            return true;
    }
    return false;
}

static bool is_chosen(const struct shim_counts *c, size_t i)
{
    char class[160];
    if (getenv("CLAVIGER_SWEEP_ALL"))
        return true;
    class_of(c->call[i], class);
    return !occurs(c, class, 0, i) || !occurs(c, class, i + 1, c->num);
}

static bool fits(const char *call, const struct shim_fault *f)
{
    if (strncmp(call, "write ", 6) == 0)
        return true;
    if (strncmp(call, "read ", 5) == 0 || strncmp(call, "open ", 5) == 0)
        return f->errnum == EIO || f->errnum == EINTR;
    return f->errnum != 0;
}

/* ---- one point ------------------------------------------------------------------------------- */

struct sweep {
    struct shim_place place;
    const char *program;
    struct shim_counts counts;
    uint64_t points, went_on, paused, compound, bad;
    uint64_t stride, number;
};

static void report(struct sweep *s, const char *call, const struct shim_fault *f, const char *what)
{
    s->bad++;
    fprintf(stderr, "[%s %s, %s%s%s] %s\n", s->program, call,
            f->errnum ? strerrorname_np(f->errnum) : "short", f->shortened ? " half" : "",
            f->times > 1 ? " for good" : "", what);
}

/* A program that ends says why, with a code, and what became of the ceremony. */
static bool says_why(const struct run *r, char why[SHIM_WHY])
{
    static const char *const about[] = {"was not begun", "as it was",   "resume",  "Nothing",
                                        "No key file",   "no key file", "is whole"};
    bool told = false;
    for (size_t i = 0; i < sizeof about / sizeof about[0]; i++)
        told |= strstr(r->output, about[i]) != NULL;
    const char *what = NULL;
    if (r->exit_code > 100 && r->exit_code != 130)
        what = "it crashed or hung";
    else if (r->exit_code == 130)
        what = "taken for a person's interruption";
    else if (!strstr(r->output, "E-"))
        what = "says no reason";
    else if (!told)
        what = "does not say what became of the ceremony";
    if (what)
        (void)snprintf(why, SHIM_WHY, "%s (exit %d):\n%s", what, r->exit_code,
                       r->output + (r->len > 1200 ? r->len - 1200 : 0));
    return what == NULL;
}

/* The resumption meets a fault of its own, at a call that differs from point to point. */
static void fail_recovery(struct sweep *s, const char *call, const struct shim_fault *first)
{
    struct run r;
    char why[SHIM_WHY];
    struct shim_fault second = {.at = 1 + (first->at * 7 + (uint64_t)first->errnum) % 60,
                                .times = 1,
                                .errnum = first->at % 2 ? EIO : ENOSPC};
    shim_resume(&s->place, &(struct shim_set){.program = "claviger", .fault = second}, &r);
    s->compound++;
    if (r.exit_code != 0 && !says_why(&r, why))
        report(s, call, first, why);
    bool over = r.exit_code == 0;
    run_clear(&r);
    if (!(over ? shim_is_complete(&s->place, why) : shim_to_the_end(&s->place, why)))
        report(s, call, first, why);
}

static void try_point(struct sweep *s, const char *call, const struct shim_fault *fault)
{
    struct run r;
    char why[SHIM_WHY];
    if (s->stride > 1 && s->number++ % s->stride != 0)
        return;
    shim_place_empty(&s->place);
    shim_rehearse(&s->place, &(struct shim_set){.program = s->program, .fault = *fault}, &r);
    s->points++;
    bool over = r.exit_code == 0;
    if (over)
        s->went_on++;
    else
        s->paused++;
    if (!over && !says_why(&r, why))
        report(s, call, fault, why);
    run_clear(&r);
    if (over && !shim_is_complete(&s->place, why))
        report(s, call, fault, why);
    if (!over && s->points % 2 == 0)
        fail_recovery(s, call, fault);
    else if (!over && !shim_to_the_end(&s->place, why))
        report(s, call, fault, why);
}

static void count_calls(struct sweep *s)
{
    struct run r;
    char why[SHIM_WHY];
    shim_rehearse(&s->place, &(struct shim_set){.program = s->program, .count = true}, &r);
    cr_assert_eq(r.exit_code, 0, "unbroken: %s", r.output);
    cr_assert(shim_is_complete(&s->place, why), "unbroken: %s", why);
    run_clear(&r);
    shim_counts_read(&s->place, &s->counts);
    cr_assert_gt(s->counts.num, 0);
}

static void sweep_program(const char *program)
{
    const char *sample = getenv("CLAVIGER_SWEEP_SAMPLE");
    struct sweep s = {.program = program, .stride = sample ? strtoull(sample, NULL, 10) : 1};
    shim_place_open(&s.place);
    count_calls(&s);
    for (size_t i = 0; i < s.counts.num; i++) {
        if (!is_chosen(&s.counts, i))
            continue;
        for (size_t k = 0; k < NUM_KINDS; k++) {
            struct shim_fault fault = kinds[k];
            if (!fits(s.counts.call[i], &fault))
                continue;
            fault.at = i + 1;
            fault.times = 1;
            try_point(&s, s.counts.call[i], &fault);
            fault.times = SHIM_FOR_EVER;
            try_point(&s, s.counts.call[i], &fault);
        }
    }
    printf("%s, %zu calls on files: %" PRIu64 " faults, %" PRIu64 " went on, %" PRIu64
           " stopped and were gone on with, %" PRIu64 " of them with one more fault: %" PRIu64
           " bad\n",
           program, s.counts.num, s.points, s.went_on, s.paused, s.compound, s.bad);
    fflush(stdout);
    shim_counts_clear(&s.counts);
    shim_place_close(&s.place);
    cr_assert_eq(s.bad, 0);
}

/* ---- memory ---------------------------------------------------------------------------------- */

#define NUM_ALLOCATIONS 400

static void try_allocation(struct sweep *s, uint64_t at)
{
    struct run r;
    char why[SHIM_WHY], call[60];
    struct shim_fault none = {.errnum = ENOMEM};
    (void)snprintf(call, sizeof call, "allocation %" PRIu64, at);
    shim_place_empty(&s->place);
    shim_rehearse(&s->place, &(struct shim_set){.program = s->program, .memory = at}, &r);
    s->points++;
    bool over = r.exit_code == 0;
    if (!over && !says_why(&r, why))
        report(s, call, &none, why);
    s->went_on += over;
    s->paused += !over;
    run_clear(&r);
    if (!(over ? shim_is_complete(&s->place, why) : shim_to_the_end(&s->place, why)))
        report(s, call, &none, why);
}

static void sweep_memory(const char *program)
{
    const char *sample = getenv("CLAVIGER_SWEEP_SAMPLE");
    uint64_t stride = sample ? strtoull(sample, NULL, 10) : 1;
    uint64_t num = stride < NUM_ALLOCATIONS ? NUM_ALLOCATIONS / stride : 1;
    struct sweep s = {.program = program};
    struct run r;
    shim_place_open(&s.place);
    shim_rehearse(&s.place,
                  &(struct shim_set){.program = program, .count = true, .count_memory = true}, &r);
    cr_assert_eq(r.exit_code, 0, "unbroken: %s", r.output);
    run_clear(&r);
    shim_counts_read(&s.place, &s.counts);
    /* Spread over the run, never the same place within a loop. */
    for (uint64_t i = 0; i < num; i++)
        try_allocation(&s, s.counts.allocations / num * i + 1 + (i * 7919) % 97);
    printf("%s, %" PRIu64 " allocations: %" PRIu64 " of them failed, %" PRIu64 " went on, %" PRIu64
           " stopped and were gone on with: %" PRIu64 " bad\n",
           program, s.counts.allocations, s.points, s.went_on, s.paused, s.bad);
    fflush(stdout);
    shim_counts_clear(&s.counts);
    shim_place_close(&s.place);
    cr_assert_eq(s.bad, 0);
}

Test(fault_ceremony, memory)
{
    sweep_memory("claviger");
    sweep_memory("claviger-unitd");
}

Test(fault_ceremony, claviger)
{
    sweep_program("claviger");
}

Test(fault_ceremony, units)
{
    sweep_program("claviger-unitd");
}
