/* Power cuts during a whole rehearsal, of claviger and its units at once: whatever the disk kept,
 * the ceremony is gone on with and ends as if nothing had been.
 *
 * Each tree takes two runs of the programs: CLAVIGER_SWEEP_SAMPLE=N takes each Nth of them. */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "claviger/base.h"
#include "power.h"
#include "shim_run.h"

static uint64_t stride = 1;

static bool is_wanted(uint64_t number)
{
    return number % stride == 0;
}

struct look {
    struct shim_place *place;
    uint64_t bad;
};

/* An intent that was acknowledged and lost would show: a unit would obey a command twice. */
static void look_at_ceremony(void *ctx, const char *what)
{
    struct look *l = ctx;
    char why[SHIM_WHY];
    if (shim_to_the_end(l->place, why))
        return;
    l->bad++;
    fprintf(stderr, "[%s] %s\n", what, why);
}

static void record(struct shim_place *place)
{
    struct run r;
    shim_rehearse(place, &(struct shim_set){.trace = true}, &r);
    cr_assert_eq(r.exit_code, 0, "%s", r.output);
    run_clear(&r);
}

Test(power_ceremony, rehearsal)
{
    const char *sample = getenv("CLAVIGER_SWEEP_SAMPLE");
    struct shim_place place;
    struct look l = {.place = &place};
    size_t points = 0, trees = 0;
    if (sample)
        stride = strtoull(sample, NULL, 10);
    shim_place_open(&place);
    record(&place);
    struct power *p = power_new(place.trace);
    power_choose(p, is_wanted);
    do {
        trees += power_each_tree(p, place.dir, look_at_ceremony, &l);
        points++;
    } while (power_next(p));
    power_free(&p);
    printf("a rehearsal: power cut at %zu points, %zu trees: %" PRIu64 " bad\n", points, trees,
           l.bad);
    fflush(stdout);
    shim_place_close(&place);
    cr_assert_gt(trees, 0);
    cr_assert_eq(l.bad, 0);
}
