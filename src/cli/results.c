/* What became of each selected unit: failures first. */
#include <stdio.h>
#include <string.h>

#include "session.h"

static int exit_code_of(enum clv_tke_total total)
{
    return total == CLV_TKE_ALL ? 0 : total == CLV_TKE_SOME ? 10 : 6;
}

static json_t *json_of_row(struct session *s, const struct clv_tke_row *row)
{
    json_t *unit = json_of_unit(clv_fleet_unit(clv_tke_fleet(s->tke), row->unit));
    json_object_set_new(unit, "done", json_boolean(!row->failed));
    json_object_set_new(unit, "outcome", json_string(clv_outcome_name(row->outcome)));
    json_object_set_new(unit, "order", json_string(clv_order_name(row->order)));
    json_object_set_new(unit, "note", json_text(row->note));
    json_object_set_new(unit, "error", row->failed ? json_of_error(&row->error) : json_null());
    return unit;
}

static void print_json_results(struct session *s, const struct clv_tke_row *rows, size_t num,
                               json_t *details)
{
    static const char *const totals[] = {
        [CLV_TKE_ALL] = "all", [CLV_TKE_SOME] = "some", [CLV_TKE_NONE] = "none"};
    json_t *units = json_array();
    for (int failed = 1; failed >= 0; failed--)
        for (size_t i = 0; i < num; i++)
            if (rows[i].failed == failed)
                json_array_append_new(units, json_of_row(s, &rows[i]));
    json_t *body = json_pack("{ss so}", "total", totals[clv_tke_total(s->tke)], "units", units);
    if (details)
        json_object_set_new(body, "details", details);
    print_json(s, "results", body);
}

static void print_line(const char *text)
{
    if (text[0] == '\0')
        return;
    printf("    ");
    print_clean(stdout, text);
    printf("\n");
}

static void print_row(struct session *s, const struct clv_tke_row *row)
{
    const struct clv_unit *unit = clv_fleet_unit(clv_tke_fleet(s->tke), row->unit);
    printf("%-6s  %u  ", row->failed ? "FAILED" : "ok", row->unit);
    print_clean(stdout, unit->location);
    if (row->failed || row->note[0])
        printf("  ");
    print_clean(stdout, row->failed ? row->error.fact : row->note);
    printf("\n");
    if (!row->failed)
        return;
    print_line(row->error.kept);
    print_line(row->error.hint);
}

int print_failures(struct session *s)
{
    size_t num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(s->tke, &num);
    for (size_t i = 0; i < num && !s->json; i++)
        if (rows[i].failed)
            print_row(s, &rows[i]);
    return exit_code_of(clv_tke_total(s->tke));
}

int print_results(struct session *s, json_t *details)
{
    size_t num = 0;
    const struct clv_tke_row *rows = clv_tke_rows(s->tke, &num);
    enum clv_tke_total total = clv_tke_total(s->tke);
    if (s->json) {
        print_json_results(s, rows, num, details);
        return exit_code_of(total);
    }
    json_decref(details);
    for (int failed = 1; failed >= 0; failed--)
        for (size_t i = 0; i < num; i++)
            if (rows[i].failed == failed)
                print_row(s, &rows[i]);
    printf("%s on %zu of %zu selected crypto units.\n", total == CLV_TKE_ALL ? "Done" : "NOT done",
           total == CLV_TKE_ALL ? num : num - clv_tke_num_alive(s->tke), num);
    return exit_code_of(total);
}
