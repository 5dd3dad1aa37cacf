/* A session: where things are, and what is read once. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Below the base folder that variable names, or below the home folder. */
static char *user_dir(const char *variable, const char *below_home)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    char path[4096];
    if (base && base[0] == '/')
        snprintf(path, sizeof(path), "%s/claviger", base);
    else
        snprintf(path, sizeof(path), "%s/%s/claviger", home ? home : ".", below_home);
    return strdup(path);
}

static clv_status make_paths(struct clv_tke *t, struct clv_error *err)
{
    const struct clv_tke_config *c = &t->config;
    char *state = c->state_dir ? strdup(c->state_dir) : user_dir("XDG_STATE_HOME", ".local/state");
    t->config_dir = c->config_dir ? strdup(c->config_dir) : user_dir("XDG_CONFIG_HOME", ".config");
    if (t->config_dir)
        t->settings_path =
            clv_path_join(t->config_dir, c->test_world ? "settings-test.json" : "settings.json");
    if (state)
        t->journal_dir = clv_path_join(state, c->test_world ? "commands-test" : "commands");
    free(state);
    return t->settings_path && t->journal_dir
               ? CLV_OK
               : clv_fail(err, CLV_E_MEMORY, "no memory for the paths of the settings");
}

clv_status clv_tke_open(const struct clv_tke_config *config, struct clv_tke **ret,
                        struct clv_error *err)
{
    struct clv_tke *t = calloc(1, sizeof(*t));
    if (t == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a session");
    t->config = *config;
    if (t->config.clock == NULL)
        t->config.clock = clv_clock_system();
    if (t->config.random == NULL)
        t->config.random = clv_random_system();
    clv_status st = make_paths(t, err);
    if (st == CLV_OK)
        st = clv_tke_settings_read(t->settings_path, &t->settings, err);
    if (st != CLV_OK) {
        clv_tke_close(&t);
        return st;
    }
    *ret = t;
    return CLV_OK;
}

void clv_tke_close(struct clv_tke **tke)
{
    struct clv_tke *t = *tke;
    if (t == NULL)
        return;
    for (size_t i = 0; i < CLV_TKE_MAX_SIGKEYS; i++)
        clv_sigkey_clear(&t->keys[i]);
    clv_tke_service_clear(&t->service);
    clv_fleet_free(&t->fleet);
    clv_site_free(&t->site);
    clv_kdf_free(&t->kdf);
    clv_journal_free(&t->journal);
    clv_tke_settings_clear(&t->settings);
    free(t->rows);
    free(t->config_dir);
    free(t->settings_path);
    free(t->journal_dir);
    free(t->key_dir);
    free(t);
    *tke = NULL;
}

static const char *site_file(const struct clv_tke *t)
{
    return t->config.site_file ? t->config.site_file : t->settings.site_file;
}

/* Relative names in a site file start where the file is. */
clv_status clv_tke_read_site(struct clv_tke *t, struct clv_error *err)
{
    const char *path = site_file(t);
    char folder[4096];
    if (t->site)
        return CLV_OK;
    if (path == NULL) {
        clv_status st = clv_fail(err, CLV_E_USAGE, "no site file is known");
        clv_hint(err, "Name it once: claviger cryptounits --site FILE. It is remembered.");
        return st;
    }
    snprintf(folder, sizeof(folder), "%.*s", (int)(clv_path_name(path) - path), path);
    clv_status st = clv_site_read(path, &t->site, err);
    if (st == CLV_OK)
        st = clv_site_resolve(t->site, folder[0] ? folder : ".", err);
    if (st != CLV_OK)
        clv_site_free(&t->site);
    return st;
}

/* Given, else the site file's (when there is one), else CLOUDTKEFILES or the default. */
clv_status clv_tke_key_dir(struct clv_tke *t, const char **ret, struct clv_error *err)
{
    clv_status st = CLV_OK;
    if (t->key_dir == NULL && t->config.key_dir)
        t->key_dir = strdup(t->config.key_dir);
    else if (t->key_dir == NULL && site_file(t)) {
        st = clv_tke_read_site(t, err);
        if (st == CLV_OK && t->site->key_files_folder)
            t->key_dir = strdup(t->site->key_files_folder);
    }
    if (st == CLV_OK && t->key_dir == NULL)
        st = clv_keyfile_default_dir(&t->key_dir, err);
    if (st == CLV_OK)
        *ret = t->key_dir;
    return st;
}

bool clv_tke_is_test(const struct clv_tke *t)
{
    return t->config.test_world;
}

const struct clv_tke_port *clv_tke_port(const struct clv_tke *t)
{
    return t->config.port;
}

const char *clv_tke_journal_dir(const struct clv_tke *t)
{
    return t->journal_dir;
}

clv_status clv_tke_save(struct clv_tke *t, struct clv_error *err)
{
    clv_status st = clv_dir_private(t->config_dir, err);
    if (st == CLV_OK)
        st = clv_tke_settings_write(t->settings_path, &t->settings, err);
    return clv_while(err, st, "keeping the settings in %s", t->settings_path);
}

clv_status clv_tke_prepare_kdf(struct clv_tke *t, enum clv_kdf_profile profile,
                               struct clv_error *err)
{
    return t->kdf ? CLV_OK : clv_kdf_new(profile, &t->kdf, err);
}

void clv_tke_say(struct clv_tke *t, const char *fmt, ...)
{
    char line[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof(line), fmt, args);
    va_end(args);
    if (t->config.port && t->config.port->note)
        t->config.port->note(t->config.port->ctx, line);
}

clv_status clv_tke_remember_site(struct clv_tke *t, struct clv_error *err)
{
    if (t->config.site_file == NULL)
        return CLV_OK;
    char *path = realpath(t->config.site_file, NULL);
    if (path == NULL)
        return clv_fail(err, CLV_E_MISSING, "the site file %s is not there", t->config.site_file);
    if (t->settings.site_file && strcmp(t->settings.site_file, path) == 0) {
        free(path);
        return CLV_OK;
    }
    free(t->settings.site_file);
    t->settings.site_file = path;
    clv_status st = clv_tke_save(t, err);
    if (st == CLV_OK)
        clv_tke_say(t, "The site file %s is used from now on.", path);
    return st;
}
