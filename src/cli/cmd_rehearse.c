/* claviger rehearse: a whole ceremony on software units of its own. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "claviger/script.h"
#include "drills.h"
#include "internal.h"
#include "kept.h"

#define MAX_PLANS 8
#define MAX_SHEET ((size_t)4 << 20)

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

/* $XDG_STATE_HOME/claviger: where rehearsals lie that were given no folder. */
static void state_dir(char *ret, size_t cap)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    if (state && state[0] == '/')
        snprintf(ret, cap, "%s/claviger", state);
    else
        snprintf(ret, cap, "%s/.local/state/claviger", home ? home : ".");
}

#define REHEARSAL "rehearsal-"

/* rehearsal-<time>: a new one each time. */
static char *default_dir(void)
{
    char state[4096], path[4200], stamp[32];
    time_t now = time(NULL);
    struct tm tm;
    state_dir(state, sizeof(state));
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", gmtime_r(&now, &tm));
    snprintf(path, sizeof(path), "%s/" REHEARSAL "%s-%ld", state, stamp, (long)getpid());
    return strdup(path);
}

/* The rehearsal before this one, NULL when there is none: their names go up with time. */
static char *last_dir(void)
{
    char state[4096], newest[256] = "";
    state_dir(state, sizeof(state));
    DIR *dir = opendir(state);
    for (struct dirent *e; dir && (e = readdir(dir)) != NULL;)
        if (strncmp(e->d_name, REHEARSAL, strlen(REHEARSAL)) == 0 && strcmp(e->d_name, newest) > 0)
            snprintf(newest, sizeof(newest), "%s", e->d_name);
    if (dir)
        closedir(dir);
    return newest[0] ? clv_path_join(state, newest) : NULL;
}

/* What the printer of a rehearsal prints lies in a folder. */
static clv_status print_to_folder(void *ctx, const char *queue, const char *path,
                                  struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    char *tray = clv_path_join(ctx, "printed");
    char *copy = tray ? clv_path_join(tray, clv_path_name(path)) : NULL;
    (void)queue;
    clv_status st =
        copy ? clv_dir_private(tray, err) : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        st = clv_file_read(path, MAX_SHEET, &data, &len, err);
    if (st == CLV_OK)
        st = clv_file_create(copy, data, len, err);
    free(data);
    free(copy);
    free(tray);
    return st;
}

static int rehearse(struct ceremony_options *o, const char *const *faults, struct clv_error *err)
{
    struct rehearsal_units *units = NULL;
    struct clv_site *site = NULL;
    char *keys = o->keys ? strdup(o->keys) : clv_path_join(o->dir, "key-files");
    int exit_code = 9, home_fd = -1;
    clv_status st = clv_dir_private(o->dir, err);
    if (st == CLV_OK)
        st = kept_check_fresh(o->dir, err); /* before anything is started */
    if (st == CLV_OK && keys == NULL)
        st = clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && o->follow_up) /* its units are one ceremony's at a time, too */
        st = clv_journal_lock(o->follow_up, &home_fd, err);
    if (st == CLV_OK)
        st = o->follow_up ? rehearsal_units_wait(o->follow_up, err) : CLV_OK;
    if (st == CLV_OK)
        st = rehearsal_units_start(o->follow_up ? o->follow_up : o->dir,
                                   o->follow_up ? 0 : o->num_units, faults, &units, err);
    if (st == CLV_OK && o->witness_key)
        st = rehearsal_units_witness(units, o->witness_key, err);
    if (st == CLV_OK && o->signing_service)
        st = rehearsal_units_signing(units, o->signing_service, err);
    if (st == CLV_OK)
        st = rehearsal_units_site(units, o->follow_up, &site, err);
    const struct clv_printer printer = {(void *)(uintptr_t)o->dir, print_to_folder};
    if (st == CLV_OK && o->practised && o->practised->mishap == CLV_MISHAP_PAPER_JAM) {
        site->printer = "printer of the rehearsal"; /* not freed: texts are held elsewhere */
        o->printer = &printer;
    }
    if (st == CLV_OK)
        exit_code = run_ceremony(o, site, keys, true);
    else {
        say_untouched(o, err);
        exit_code = report(err);
    }
    rehearsal_units_stop(&units);
    if (home_fd >= 0)
        close(home_fd);
    clv_site_free(&site);
    free(keys);
    return exit_code;
}

/* The same units, key files and people; other drills. */
static clv_status take_follow_up(struct ceremony_options *o, struct kept *before,
                                 struct clv_error *err)
{
    if (o->script)
        return clv_fail(err, CLV_E_USAGE, "a follow-up brings its own script: no --script");
    clv_status st = kept_follow_up(o->follow_up, before, err);
    if (st != CLV_OK)
        return st;
    o->script = before->script;
    o->keys = o->keys ? o->keys : before->key_dir;
    return CLV_OK;
}

int cmd_rehearse(const struct args *args)
{
    struct ceremony_options o = {0};
    struct clv_error err = {0};
    const char *plans[MAX_PLANS + 1] = {NULL};
    char *script = NULL, *dir = NULL, *plan_text = NULL;
    struct kept before = {0};
    clv_status st = ceremony_options(args, &o, &err);
    if (st == CLV_OK && o.site)
        st = clv_fail(&err, CLV_E_USAGE, "a rehearsal brings its own units: no --site");
    if (st == CLV_OK)
        st = drill_find(o.drill, &o.practised, &err);
    if (st == CLV_OK && o.practised)
        st = drill_check(o.practised, o.num_units, NULL, &err);
    if (st == CLV_OK && o.drill && o.faults)
        st = clv_fail(&err, CLV_E_USAGE, "either --drill or --faults");
    if (st == CLV_OK && o.faults)
        st = split_faults(o.faults, &plan_text, plans, &err);
    bool resume = false;
    char *last = st == CLV_OK && !o.dir && !o.follow_up ? last_dir() : NULL;
    struct ceremony_options before_this = o;
    before_this.dir = o.dir ? o.dir : last;
    if (st == CLV_OK && before_this.dir)
        st = offer_resume(&before_this, &resume, &err);
    if (st == CLV_OK && resume) {
        int exit_code = resume_folder(&before_this);
        free(plan_text);
        free(last);
        return exit_code;
    }
    free(last);
    if (st == CLV_OK && o.follow_up)
        st = take_follow_up(&o, &before, &err);
    if (st == CLV_OK)
        st = start_up(&err);
    if (st == CLV_OK && !o.script && (st = find_script("rehearsal.yaml", &script, &err)) == CLV_OK)
        o.script = script;
    if (st == CLV_OK && !o.dir && (o.dir = dir = default_dir()) == NULL)
        st = clv_fail(&err, CLV_E_MEMORY, "no memory for a path");
    if (st != CLV_OK)
        say_untouched(&o, &err);
    int exit_code =
        st == CLV_OK ? rehearse(&o, o.practised ? o.practised->faults : plans, &err) : report(&err);
    free(plan_text);
    kept_clear(&before);
    free(script);
    free(dir);
    return exit_code;
}
