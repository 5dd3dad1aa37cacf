/* claviger rehearse: a whole ceremony on software units of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "claviger/script.h"
#include "internal.h"
#include "kept.h"

#define MAX_PLANS 8

/* What happens on which bad day; see docs/unitd.md for the fault plans. */
static const struct drill {
    const char *name;
    const char *faults[3];
} drills[] = {
    {"unit-4-dies", {"4:commit:die"}},       {"lying-unit", {"4:any:wrong-pattern*"}},
    {"silent-unit", {"4:commit:silent"}},    {"slow-unit", {"4:load:slow:20000"}},
    {"replaying-unit", {"4:setimm:replay"}}, {"wrong-key-unit", {"4:any:wrong-key*"}},
};

static clv_status find_drill(const char *name, const struct drill **ret, struct clv_error *err)
{
    *ret = NULL;
    for (size_t i = 0; name && i < sizeof(drills) / sizeof(drills[0]); i++)
        if (strcmp(drills[i].name, name) == 0)
            *ret = &drills[i];
    if (name && *ret == NULL)
        return clv_fail(err, CLV_E_USAGE, "there is no drill \"%s\"", name);
    return CLV_OK;
}

/* The plans of --faults, apart. *ret_text holds them; both are the caller's. */
static clv_status split_faults(const char *text, char **ret_text, const char *faults[MAX_PLANS + 1],
                               struct clv_error *err)
{
    char *copy = strdup(text), *rest = NULL;
    size_t num = 0;
    if (copy == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for fault plans");
    for (char *plan = strtok_r(copy, ",", &rest); plan; plan = strtok_r(NULL, ",", &rest)) {
        if (num == MAX_PLANS) {
            free(copy);
            return clv_fail(err, CLV_E_USAGE, "--faults takes at most %d plans", MAX_PLANS);
        }
        faults[num++] = plan;
    }
    faults[num] = NULL;
    *ret_text = copy;
    return CLV_OK;
}

/* $XDG_STATE_HOME/claviger/rehearsal-<time>: a new one each time. */
static char *default_dir(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char path[4096], stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
    if (state && state[0] == '/')
        snprintf(path, sizeof(path), "%s/claviger/rehearsal-%s-%ld", state, stamp, (long)getpid());
    else
        snprintf(path, sizeof(path), "%s/.local/state/claviger/rehearsal-%s-%ld", home ? home : ".",
                 stamp, (long)getpid());
    return strdup(path);
}

static int rehearse(struct ceremony_options *o, const char *const *faults, struct clv_error *err)
{
    struct rehearsal_units *units = NULL;
    struct clv_site *site = NULL;
    char *keys = o->keys ? strdup(o->keys) : clv_path_join(o->dir, "key-files");
    int exit_code = 9;
    clv_status st = clv_dir_private(o->dir, err);
    if (st == CLV_OK)
        st = kept_check_fresh(o->dir, err); /* before anything is started */
    if (st == CLV_OK && keys == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = rehearsal_units_start(o->dir, o->num_units, faults, &units, err);
    if (st == CLV_OK)
        st = rehearsal_units_site(units, &site, err);
    if (st == CLV_OK)
        exit_code = run_ceremony(o, site, keys, true);
    else
        exit_code = report(err);
    rehearsal_units_stop(&units);
    clv_site_free(&site);
    free(keys);
    return exit_code;
}

int cmd_rehearse(const struct args *args)
{
    struct ceremony_options o = {0};
    struct clv_error err = {0};
    const struct drill *drill = NULL;
    const char *plans[MAX_PLANS + 1] = {NULL};
    char *script = NULL, *dir = NULL, *plan_text = NULL;
    clv_status st = ceremony_options(args, &o, &err);
    if (st == CLV_OK && o.site)
        st = clv_fail(&err, CLV_E_USAGE, "a rehearsal brings its own units: no --site");
    if (st == CLV_OK)
        st = find_drill(o.drill, &drill, &err);
    if (st == CLV_OK && o.drill && o.faults)
        st = clv_fail(&err, CLV_E_USAGE, "either --drill or --faults");
    if (st == CLV_OK && o.faults)
        st = split_faults(o.faults, &plan_text, plans, &err);
    if (st == CLV_OK)
        st = start_up(&err);
    if (st == CLV_OK && !o.script && (st = find_script("rehearsal.yaml", &script, &err)) == CLV_OK)
        o.script = script;
    if (st == CLV_OK && !o.dir && (o.dir = dir = default_dir()) == NULL)
        st = clv_fail(&err, CLV_E_MEMORY, "no memory for a path");
    int exit_code = st == CLV_OK ? rehearse(&o, drill ? drill->faults : plans, &err) : report(&err);
    free(plan_text);
    free(script);
    free(dir);
    return exit_code;
}
