/* claviger run: a production ceremony on the units of a site file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "claviger/keyfile.h"
#include "claviger/script.h"
#include "internal.h"
#include "kept.h"

static clv_status check_options(const struct ceremony_options *o, struct clv_error *err)
{
    if (o->answers || o->drill) {
        clv_status st = clv_fail(err, CLV_E_RULE, "%s is for rehearsals only",
                                 o->answers ? "--answers" : "--drill");
        clv_kept(err, "Nothing was started.");
        clv_hint(err, "In production people answer. To try it: claviger rehearse");
        return st;
    }
    if (o->follow_up && (o->script || o->site))
        return clv_fail(err, CLV_E_USAGE, "a follow-up brings its own script and site file");
    if (!o->dir || (!o->follow_up && (!o->script || !o->site)))
        return clv_fail(err, CLV_E_USAGE, "--script, --site and --dir are needed");
    return CLV_OK;
}

/* --keys, else the site file's folder, else the default one. */
static clv_status key_folder(const struct ceremony_options *o, const struct clv_site *site,
                             char **ret, struct clv_error *err)
{
    const char *given = o->keys ? o->keys : site->key_files_folder;
    if (given == NULL)
        return clv_keyfile_default_dir(ret, err);
    *ret = strdup(given);
    return *ret ? CLV_OK : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
}

/* Relative names in a site file start where the file is. */
static clv_status read_site(const char *path, struct clv_site **ret, struct clv_error *err)
{
    char folder[4096];
    snprintf(folder, sizeof(folder), "%.*s", (int)(clv_path_name(path) - path), path);
    clv_status st = clv_site_read(path, ret, err);
    return st == CLV_OK ? clv_site_resolve(*ret, folder[0] ? folder : ".", err) : st;
}

int cmd_run(const struct args *args)
{
    struct ceremony_options o = {0};
    struct clv_error err = {0};
    struct clv_site *site = NULL;
    struct kept before = {0};
    char *keys = NULL;
    clv_status st = ceremony_options(args, &o, &err);
    if (st == CLV_OK)
        st = check_options(&o, &err);
    bool resume = false;
    if (st == CLV_OK)
        st = offer_resume(&o, &resume, &err);
    if (st == CLV_OK && resume)
        return resume_folder(&o);
    if (st == CLV_OK && o.follow_up &&
        (st = kept_follow_up(o.follow_up, &before, &err)) == CLV_OK) {
        o.script = before.script;
        o.site = before.site;
        o.keys = o.keys ? o.keys : before.key_dir;
    }
    if (st == CLV_OK)
        st = kept_check_fresh(o.dir, &err);
    if (st == CLV_OK)
        st = start_up(&err);
    if (st == CLV_OK)
        st = read_site(o.site, &site, &err);
    if (st == CLV_OK)
        st = key_folder(&o, site, &keys, &err);
    if (st != CLV_OK)
        say_untouched(&o, &err);
    int exit_code = st == CLV_OK ? run_ceremony(&o, site, keys, false) : report(&err);
    clv_site_free(&site);
    kept_clear(&before);
    free(keys);
    return exit_code;
}
