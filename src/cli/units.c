/* Crypto units one by one: surveyed, listed, and what became of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session.h"

clv_status session_survey(const struct args *args, struct session *s)
{
    clv_status st = session_open(args, s);
    if (st == CLV_OK)
        st = clv_tke_find(s->tke, &s->error);
    if (st == CLV_OK)
        st = clv_tke_remember_site(s->tke, &s->error);
    return st == CLV_OK ? clv_tke_survey(s->tke, &s->error) : st;
}

int session_results(struct session *s, clv_status st)
{
    int results = st == CLV_OK ? print_results(s, NULL) : 0;
    int closed = session_close(s, st);
    return closed ? closed : results;
}

/* ---- as text ---- */

static void add_cell(struct units_list *list, size_t at, const char *text)
{
    list->cells[at] = strdup(text);
    if (list->cells[at] == NULL)
        abort(); /* a line of a list */
}

void units_row(struct units_list *list, const char *const *texts)
{
    size_t at = list->num_rows * list->num_columns;
    const char **grown = realloc(list->cells, (at + list->num_columns) * sizeof(*grown));
    if (grown == NULL)
        abort();
    list->cells = grown;
    for (size_t i = 0; i < list->num_columns; i++)
        add_cell(list, at + i, texts[i]);
    list->num_rows++;
}

void units_clear(struct units_list *list)
{
    for (size_t i = 0; i < list->num_rows * list->num_columns; i++)
        free((void *)(uintptr_t)list->cells[i]);
    free(list->cells);
    list->cells = NULL;
    list->num_rows = 0;
}

/* fill() knows states; the number of the unit goes into the first cells of what it added. */
static void fill_unit(struct session *s, struct units_list *list, unsigned unit)
{
    char number[12];
    size_t first = list->num_rows;
    snprintf(number, sizeof(number), "%u", unit);
    list->fill(list, clv_fleet_state(clv_tke_fleet(s->tke), unit));
    for (size_t row = first; row < list->num_rows; row++) {
        free((void *)(uintptr_t)list->cells[row * list->num_columns]);
        add_cell(list, row * list->num_columns, number);
    }
}

static void print_instance(struct session *s, struct units_list *list, const char *instance,
                           bool *printed)
{
    size_t num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(s->tke, &num);
    for (size_t i = 0; i < num; i++)
        if (!rows[i].failed &&
            strcmp(clv_fleet_unit(clv_tke_fleet(s->tke), rows[i].unit)->instance_id, instance) == 0)
            fill_unit(s, list, rows[i].unit);
    if (list->num_rows > 0) {
        printf("%sSERVICE INSTANCE: ", *printed ? "\n" : "");
        print_clean(stdout, instance);
        printf("\n");
        print_table(stdout, list->headers, list->num_columns, list->cells, list->num_rows);
        *printed = true;
    }
    units_clear(list);
}

/* ---- as JSON ---- */

static json_t *json_of_register(const char *state, bool empty, const uint8_t *pattern)
{
    return json_pack("{ss so}", "state", state, "pattern",
                     empty ? json_null() : json_hex(pattern, CLV_EP11_PATTERN_LEN));
}

static json_t *json_of_state(const struct clv_unit_state *st)
{
    json_t *admins = json_array();
    for (unsigned i = 0; i < st->num_admins; i++)
        json_array_append_new(admins, json_pack("{so so}", "name", json_text(st->admin_name[i]),
                                                "ski", json_hex(st->admin_ski[i], CLV_SKI_LEN)));
    return json_pack("{sb si si so so so so}", "imprint-mode", (int)st->imprint,
                     "signature-threshold", (int)st->sign_threshold, "revocation-threshold",
                     (int)st->revoke_threshold, "administrators", admins, "new-register",
                     json_of_register(clv_ep11_new_state_text(st->new_state),
                                      st->new_state == CLV_NEW_EMPTY, st->new_pattern),
                     "current-register",
                     json_of_register(clv_ep11_current_state_text(st->current_state),
                                      st->current_state == CLV_CURRENT_EMPTY, st->current_pattern),
                     "control-points", json_hex(st->control_points, sizeof(st->control_points)));
}

static void print_json_surveyed(struct session *s)
{
    size_t num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(s->tke, &num);
    struct clv_fleet *fleet = clv_tke_fleet(s->tke);
    json_t *units = json_array();
    for (size_t i = 0; i < num; i++) {
        json_t *unit = json_of_unit(clv_fleet_unit(fleet, rows[i].unit));
        bool good = !rows[i].failed;
        json_object_set_new(unit, "state",
                            good ? json_of_state(clv_fleet_state(fleet, rows[i].unit))
                                 : json_null());
        json_object_set_new(unit, "error", good ? json_null() : json_of_error(&rows[i].error));
        json_array_append_new(units, unit);
    }
    print_json(s, "crypto-units", units);
}

int print_surveyed(struct session *s, struct units_list *list)
{
    const struct clv_site *site = clv_tke_site(s->tke);
    bool printed = false;
    if (s->json)
        print_json_surveyed(s);
    for (size_t i = 0; i < site->num_instances && !s->json; i++)
        print_instance(s, list, site->instances[i].id, &printed);
    return print_failures(s);
}
