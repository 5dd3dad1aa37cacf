/* cryptounit-compare. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claviger/tke/units.h"
#include "session.h"

#define VALUE_COLUMNS 66 /* one SKI or one register fits */

static const char *const headers[] = {"SETTING", "COMPARISON", "CRYPTO UNITS", "VALUE"};
#define COLUMNS (sizeof(headers) / sizeof(headers[0]))

/* Long values go on in further rows, cut at blanks. */
static void add_value(struct units_list *list, const char *name, const char *comparison,
                      const struct clv_tke_value *value)
{
    const char *rest = value->text, *units = value->units;
    do {
        char piece[VALUE_COLUMNS + 1];
        size_t len = strlen(rest);
        while (len > VALUE_COLUMNS) {
            const char *blank = memrchr(rest, ' ', len);
            len = blank ? (size_t)(blank - rest) : VALUE_COLUMNS;
        }
        snprintf(piece, sizeof(piece), "%.*s", (int)len, rest);
        units_row(list, (const char *[]){name, comparison, units, piece});
        rest += len;
        rest += *rest == ' ';
        name = comparison = units = "";
    } while (*rest);
}

static void fill_setting(struct units_list *list, const struct clv_tke_setting *setting)
{
    for (size_t i = 0; i < setting->num_values; i++)
        add_value(list, i ? "" : setting->name,
                  i                ? ""
                  : setting->equal ? "same"
                                   : "DIFFERENT",
                  &setting->values[i]);
}

static void print_instance(struct units_list *list, const char *instance)
{
    printf("SERVICE INSTANCE: ");
    print_clean(stdout, instance);
    printf("\n");
    print_table(stdout, headers, COLUMNS, list->cells, list->num_rows);
    printf("\n");
    units_clear(list);
}

static void print_comparison(const struct clv_tke_comparison *c)
{
    struct units_list list = {.num_columns = COLUMNS};
    for (size_t i = 0; i < c->num_settings; i++) {
        fill_setting(&list, &c->settings[i]);
        if (i + 1 == c->num_settings ||
            strcmp(c->settings[i].instance, c->settings[i + 1].instance) != 0)
            print_instance(&list, c->settings[i].instance);
    }
    if (c->num_settings > 0)
        printf(c->equal ? "The crypto units of each service instance are configured the same.\n"
                        : "The crypto units are NOT configured the same.\n");
}

static json_t *json_of_comparison(const struct clv_tke_comparison *c)
{
    json_t *settings = json_array();
    for (size_t i = 0; i < c->num_settings; i++) {
        const struct clv_tke_setting *s = &c->settings[i];
        json_t *values = json_array();
        for (size_t k = 0; k < s->num_values; k++)
            json_array_append_new(values, json_pack("{ss ss}", "value", s->values[k].text, "units",
                                                    s->values[k].units));
        json_array_append_new(settings,
                              json_pack("{ss ss sb so}", "instance", s->instance, "name", s->name,
                                        "equal", (int)s->equal, "values", values));
    }
    return json_pack("{sb so}", "equal", (int)c->equal, "settings", settings);
}

int cmd_cryptounit_compare(const struct args *args)
{
    struct session s;
    struct clv_tke_comparison c = {0};
    int compared = 0;
    clv_status st = session_survey(args, &s);
    if (st == CLV_OK)
        st = clv_tke_compare(s.tke, &c, &s.error);
    if (st == CLV_OK && s.json)
        compared = print_results(&s, json_of_comparison(&c));
    else if (st == CLV_OK) {
        print_comparison(&c);
        compared = print_failures(&s);
    }
    if (st == CLV_OK && compared == 0 && !c.equal)
        compared = clv_exit_code(CLV_E_MISMATCH);
    clv_tke_comparison_clear(&c);
    int closed = session_close(&s, st);
    return closed ? closed : compared;
}
