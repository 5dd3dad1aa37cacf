/* The follow-up: script and site file for the units that were set aside, in the ceremony folder. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

bool follow_up_is_due(const struct clv_conductor *c)
{
    bool any = false;
    for (size_t i = 0; i < c->ceremony->num_units; i++)
        any = any || c->ceremony->units[i].set_aside;
    return any && c->ceremony->has_pattern && !c->ceremony->stopping;
}

static bool is_set_aside(const struct clv_conductor *c, unsigned number)
{
    for (size_t i = 0; i < c->ceremony->num_units; i++)
        if (c->ceremony->units[i].number == number)
            return c->ceremony->units[i].set_aside;
    return false;
}

/* Numbers count through the instances of a site: those that are left out count no more. */
static clv_status select_units(struct clv_conductor *c, struct clv_site_selection *selections,
                               struct clv_error *err)
{
    const struct clv_site *site = c->config.site;
    unsigned num_units = (unsigned)clv_fleet_num_units(c->fleet), before = 0;
    for (size_t i = 0; i < site->num_instances; i++) {
        struct clv_site_selection *s = &selections[i];
        unsigned here = 0;
        s->units = calloc(num_units + 1, sizeof(s->units[0]));
        if (s->units == NULL)
            return clv_fail(err, CLV_E_MEMORY, "no memory for a follow-up");
        for (unsigned n = 1; n <= num_units; n++) {
            if (strcmp(clv_fleet_unit(c->fleet, n)->instance_id, site->instances[i].id) != 0)
                continue;
            here++;
            if (is_set_aside(c, n))
                s->units[s->num++] = before + here;
        }
        before += s->num > 0 ? here : 0;
    }
    return CLV_OK;
}

/* A unit that has left imprint mode is not reset without a signature, and need not be: its
 * administrators are those of the ceremony. */
static bool any_obeys_us(const struct clv_conductor *c)
{
    for (size_t i = 0; i < c->ceremony->num_units; i++) {
        const struct clv_unit_record *unit = &c->ceremony->units[i];
        if (unit->set_aside && !unit->left_out && !unit->observed.imprint)
            return true;
    }
    return false;
}

/* What is written is read as it will be read on the day. */
static clv_status check_both(struct clv_view script, struct clv_view site, uint8_t ret_hash[32],
                             struct clv_error *err)
{
    struct clv_script *read_script = NULL;
    struct clv_site *read_site = NULL;
    clv_status st = clv_script_parse(FOLLOW_UP_SCRIPT, script.data, script.len, &read_script, err);
    if (st == CLV_OK)
        st = clv_site_parse(FOLLOW_UP_SITE, site.data, site.len, &read_site, err);
    if (st == CLV_OK)
        memcpy(ret_hash, read_script->hash, 32);
    clv_script_free(&read_script);
    clv_site_free(&read_site);
    return st;
}

static clv_status save(struct clv_conductor *c, const char *name, struct clv_view data,
                       struct clv_error *err)
{
    char *path = clv_path_join(c->config.dir, name);
    clv_status st = path ? clv_file_replace(path, data.data, data.len, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    free(path);
    return st;
}

/* Resumed at the very end, a ceremony has not asked for its units: what is written stands. */
static clv_status hash_of_written(const struct clv_conductor *c, uint8_t ret_hash[32],
                                  struct clv_error *err)
{
    struct clv_script *script = NULL;
    char *path = clv_path_join(c->config.dir, FOLLOW_UP_SCRIPT);
    clv_status st = path ? clv_script_read(path, &script, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK)
        memcpy(ret_hash, script->hash, 32);
    clv_script_free(&script);
    free(path);
    return st;
}

clv_status follow_up_write(struct clv_conductor *c, uint8_t ret_hash[32], struct clv_error *err)
{
    const struct clv_site *site = c->config.site;
    struct clv_site_selection *selections = calloc(site->num_instances, sizeof(selections[0]));
    struct clv_writer script = {0}, units = {0};
    if (clv_fleet_num_units(c->fleet) == 0) {
        free(selections);
        return hash_of_written(c, ret_hash, err);
    }
    clv_status st = selections ? select_units(c, selections, err)
                               : clv_fail(err, CLV_E_MEMORY, "no memory for a follow-up");
    if (st == CLV_OK) {
        clv_script_follow_up(c->config.script, c->id, c->ceremony->pattern, !any_obeys_us(c),
                             &script);
        clv_site_follow_up(site, selections, &units);
        st = clv_writer_done(&script, err);
    }
    if (st == CLV_OK)
        st = clv_writer_done(&units, err);
    if (st == CLV_OK)
        st = check_both(clv_writer_view(&script), clv_writer_view(&units), ret_hash, err);
    if (st == CLV_OK)
        st = save(c, FOLLOW_UP_SCRIPT, clv_writer_view(&script), err);
    if (st == CLV_OK)
        st = save(c, FOLLOW_UP_SITE, clv_writer_view(&units), err);
    for (size_t i = 0; selections && i < site->num_instances; i++)
        free(selections[i].units);
    free(selections);
    clv_writer_clear(&script);
    clv_writer_clear(&units);
    return clv_while(err, st, "writing the follow-up for units set aside");
}
