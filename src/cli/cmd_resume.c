/* claviger resume: goes on with an interrupted ceremony, production or rehearsal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/journal.h"
#include "claviger/script.h"
#include "drills.h"
#include "internal.h"
#include "kept.h"

/* Which world it is, from the journal itself; nothing is locked or written yet. */
static clv_status look_at_journal(const char *dir, bool *ret_test, struct clv_error *err)
{
    struct clv_journal *journal = NULL;
    clv_status st = clv_journal_open_readonly(dir, &journal, err);
    if (st == CLV_OK)
        *ret_test = clv_journal_is_test(journal);
    if (st == CLV_E_MISSING)
        clv_hint(err, "Name the folder of a ceremony; `claviger rehearse` and `claviger run` begin "
                      "one.");
    clv_journal_free(&journal);
    return st;
}

static clv_status check_options(const struct ceremony_options *o, bool test, struct clv_error *err)
{
    if (test || !o->answers)
        return CLV_OK;
    clv_status st = clv_fail(err, CLV_E_RULE, "--answers is for rehearsals only");
    clv_kept(err, "Nothing was started.");
    clv_hint(err, "In production people answer.");
    return st;
}

/* ---- a rehearsal brings its units back to life ---- */

/* The state of the units is in one folder: that of the ceremony before, the one named, or the one
 * with the journal's first copy when the second is named. Without it there is nothing to resume. */
static clv_status find_units(const struct ceremony_options *o, const char **ret,
                             struct clv_error *err)
{
    const char *const places[] = {o->follow_up ? o->follow_up : o->dir, o->mirror};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (places[i] && rehearsal_units_are_in(places[i])) {
            *ret = places[i];
            return CLV_OK;
        }
    char second[600] = "";
    if (places[1])
        snprintf(second, sizeof(second), ", nor in %s/units", places[1]);
    clv_status st = clv_fail(err, CLV_E_MISSING,
                             "the software crypto units of this rehearsal are gone: their state is "
                             "not in %s/units%s",
                             places[0], second);
    clv_kept(err, "Nothing was started and nothing was written: the journal is as it was.");
    clv_hint(err,
             "Bring that folder back to %s/units, then resume. If it is lost, so are the units: "
             "begin a new rehearsal. (In production units keep themselves.)",
             places[0]);
    return st;
}

static int resume_rehearsal(const struct ceremony_options *o, const char *keys,
                            struct clv_error *err)
{
    struct rehearsal_units *units = NULL;
    struct clv_site *site = NULL;
    const char *home = NULL;
    int home_fd = -1;
    clv_status st = find_units(o, &home, err);
    if (st == CLV_OK && o->follow_up)
        st = clv_journal_lock(o->follow_up, &home_fd, err);
    if (st == CLV_OK)
        st = rehearsal_units_wait(home, err);
    if (st == CLV_OK)
        st = rehearsal_units_start(home, 0, NULL, &units, err);
    if (st == CLV_OK)
        st = rehearsal_units_site(units, o->follow_up, &site, err);
    if (st != CLV_OK)
        say_untouched(o, err);
    int exit_code = st == CLV_OK ? run_ceremony(o, site, keys, true) : report(err);
    rehearsal_units_stop(&units);
    if (home_fd >= 0)
        close(home_fd);
    clv_site_free(&site);
    return exit_code;
}

/* ---- production ---- */

static int resume_production(const struct ceremony_options *o, const struct kept *kept,
                             const char *keys, struct clv_error *err)
{
    struct clv_site *site = NULL;
    clv_status st = clv_site_read(kept->site, &site, err);
    if (st == CLV_OK)
        st = clv_site_resolve(site, kept->site_folder ? kept->site_folder : ".", err);
    int exit_code = st == CLV_OK ? run_ceremony(o, site, keys, false) : report(err);
    clv_site_free(&site);
    return exit_code;
}

int resume_folder(struct ceremony_options *o)
{
    struct clv_error err = {0};
    struct kept kept = {0};
    bool test = false;
    o->resume = true;
    clv_status st = look_at_journal(o->dir, &test, &err);
    if (st == CLV_OK)
        st = check_options(o, test, &err);
    if (st == CLV_OK)
        st = kept_check_free(o->dir, &err);
    if (st == CLV_OK)
        st = kept_read(o->dir, &kept, &err);
    if (st == CLV_OK)
        st = start_up(&err);
    if (st != CLV_OK) {
        kept_clear(&kept);
        say_untouched(o, &err);
        return report(&err);
    }
    const char *keys = o->keys ? o->keys : kept.key_dir;
    o->script = kept.script;
    o->mirror = kept.mirror;
    o->follow_up = kept.follow_up;
    (void)!drill_find(kept.drill, &o->practised, NULL); /* one of another version is none */
    int exit_code =
        test ? resume_rehearsal(o, keys, &err) : resume_production(o, &kept, keys, &err);
    kept_clear(&kept);
    return exit_code;
}

int cmd_resume(const struct args *args)
{
    struct ceremony_options o = {0};
    struct clv_error err = {0};
    clv_status st = ceremony_options(args, &o, &err);
    if (st == CLV_OK && args->num_operands != 1)
        st = clv_fail(&err, CLV_E_USAGE, "name the folder of the ceremony");
    if (st != CLV_OK)
        return report(&err);
    o.dir = args->operands[0];
    return resume_folder(&o);
}
