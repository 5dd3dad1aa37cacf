/* The snapshot the faces draw from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct unit_cells {
    char admins[40], new_reg[48], current[48], note[60];
};

struct stage {
    struct clv_stage view;
    const char **titles;
    struct clv_stage_unit *units;
    struct unit_cells *cells;
    size_t num_units;
    char role[80];
};

clv_status stage_new(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_script *script = c->config.script;
    c->stage = calloc(1, sizeof(*c->stage));
    if (c->stage)
        c->stage->titles = calloc(script->num_steps + 1, sizeof(char *));
    if (c->stage == NULL || c->stage->titles == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for the screen");
    for (size_t i = 0; i < script->num_steps; i++)
        c->stage->titles[i] = script->steps[i].title;
    return CLV_OK;
}

void stage_free(struct clv_conductor *c)
{
    if (c->stage == NULL)
        return;
    free(c->stage->titles);
    free(c->stage->units);
    free(c->stage->cells);
    free(c->stage);
    c->stage = NULL;
}

static void register_text(char *buf, size_t cap, const char *state, const uint8_t *pattern,
                          bool full)
{
    char hex[9] = "";
    if (full)
        clv_hex(pattern, 4, hex);
    snprintf(buf, cap, "%s%s%s", state, full ? " " : "", hex);
}

static const char *note_of(const struct clv_unit_record *u)
{
    static const char *const notes[] = {
        [CLV_UNIT_IDLE] = "",
        [CLV_UNIT_SENT] = "sent",
        [CLV_UNIT_DONE] = "",
        [CLV_UNIT_REFUSED] = "refused",
        [CLV_UNIT_NOT_SENT] = "not sent",
        [CLV_UNIT_DOUBT] = "in doubt",
        [CLV_UNIT_UNTRUSTED] = "not trusted",
    };
    if (u->set_aside)
        return "set aside";
    return u->trouble[0] && !u->known && u->progress == CLV_UNIT_IDLE ? "no answer"
                                                                      : notes[u->progress];
}

static void fill_unit(const struct clv_unit_record *u, struct unit_cells *cells,
                      struct clv_stage_unit *ret)
{
    const struct clv_observed *o = &u->observed;
    bool seen = u->known || o->num_admins || o->imprint;
    snprintf(cells->admins, sizeof(cells->admins), seen ? "%u, thresholds %u/%u" : "?",
             o->num_admins, o->imprint ? 0 : o->sign_threshold,
             o->imprint ? 0 : o->revoke_threshold);
    register_text(cells->new_reg, sizeof(cells->new_reg),
                  seen ? clv_ep11_new_state_text(o->new_state) : "?", o->new_pattern,
                  seen && o->new_state != CLV_NEW_EMPTY);
    register_text(cells->current, sizeof(cells->current),
                  seen ? clv_ep11_current_state_text(o->current_state) : "?", o->current_pattern,
                  seen && o->current_state == CLV_CURRENT_VALID);
    snprintf(cells->note, sizeof(cells->note), "%s", note_of(u));
    *ret = (struct clv_stage_unit){.number = u->number,
                                   .serial = u->serial,
                                   .location = u->location,
                                   .mode = !seen        ? "?"
                                           : o->imprint ? "imprint"
                                                        : "operational",
                                   .admins = cells->admins,
                                   .new_reg = cells->new_reg,
                                   .current = cells->current,
                                   .note = cells->note,
                                   .trouble = u->set_aside || u->progress >= CLV_UNIT_REFUSED ||
                                              u->trouble[0]};
}

static bool grow(struct stage *s, size_t num)
{
    if (num <= s->num_units)
        return true;
    free(s->units);
    free(s->cells);
    s->units = calloc(num, sizeof(s->units[0]));
    s->cells = calloc(num, sizeof(s->cells[0]));
    s->num_units = s->units && s->cells ? num : 0;
    return s->num_units == num;
}

void stage_refresh(struct clv_conductor *c, bool secret_turn)
{
    struct stage *s = c->stage;
    const struct clv_ceremony *engine = c->ceremony;
    const struct clv_seat *seat = seat_of(c, c->seated);
    size_t num_steps = c->config.script->num_steps;
    size_t num_units = grow(s, engine->num_units) ? engine->num_units : 0;
    for (size_t i = 0; i < num_units; i++)
        fill_unit(&engine->units[i], &s->cells[i], &s->units[i]);
    if (seat)
        snprintf(s->role, sizeof(s->role), "%s", clv_role_name(seat->role));
    s->view = (struct clv_stage){
        .title = c->config.script->title,
        .ceremony_id = c->id,
        .test_world = c->config.test_world,
        .step = (unsigned)(engine->step < num_steps ? engine->step + 1 : num_steps),
        .num_steps = (unsigned)num_steps,
        .step_titles = s->titles,
        .person = seat ? seat->name : "",
        .role = seat ? s->role : "",
        .units = s->units,
        .num_units = num_units,
        .secret_turn = secret_turn,
        .idle_seconds = secret_turn ? c->config.script->idle_seconds : 0,
    };
    c->face->stage(c->face->ctx, &s->view);
}
