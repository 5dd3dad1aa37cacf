/* What becomes of each selected unit during one command. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

const struct clv_tke_row *clv_tke_rows(const struct clv_tke *t, size_t *ret_num)
{
    *ret_num = t->num_rows;
    return t->rows;
}

struct clv_tke_row *clv_tke_row(struct clv_tke *t, unsigned unit)
{
    for (size_t i = 0; i < t->num_rows; i++)
        if (t->rows[i].unit == unit)
            return &t->rows[i];
    return NULL;
}

size_t clv_tke_num_alive(const struct clv_tke *t)
{
    size_t num = 0;
    for (size_t i = 0; i < t->num_rows; i++)
        num += !t->rows[i].failed;
    return num;
}

enum clv_tke_total clv_tke_total(const struct clv_tke *t)
{
    size_t alive = clv_tke_num_alive(t);
    return alive == t->num_rows ? CLV_TKE_ALL : alive > 0 ? CLV_TKE_SOME : CLV_TKE_NONE;
}

void clv_tke_selection(const struct clv_tke *t, char *buf, size_t cap)
{
    unsigned max = t->num_rows ? t->rows[t->num_rows - 1].unit : 0;
    bool *set = calloc((size_t)max + 1, sizeof(*set));
    buf[0] = '\0';
    for (size_t i = 0; set && i < t->num_rows; i++)
        set[t->rows[i].unit] = true;
    if (set)
        clv_tke_number_list(set, max, buf, cap);
    free(set);
}

void clv_tke_refuse(struct clv_tke *t, unsigned unit, clv_status code, const char *hint,
                    const char *fmt, ...)
{
    struct clv_tke_row *row = clv_tke_row(t, unit);
    char fact[CLV_ERROR_TEXT];
    va_list args;
    if (row == NULL || row->failed)
        return;
    va_start(args, fmt);
    vsnprintf(fact, sizeof(fact), fmt, args);
    va_end(args);
    row->failed = clv_fail(&row->error, code, "%s", fact) != CLV_OK;
    row->outcome = CLV_OUTCOME_NOT_SENT;
    if (!row->sent)
        clv_kept(&row->error, "Nothing was sent to it.");
    if (hint)
        clv_hint(&row->error, "%s", hint);
    clv_fleet_select(t->fleet, unit, false);
}

void clv_tke_note(struct clv_tke *t, unsigned unit, const char *fmt, ...)
{
    struct clv_tke_row *row = clv_tke_row(t, unit);
    va_list args;
    if (row == NULL)
        return;
    va_start(args, fmt);
    vsnprintf(row->note, sizeof(row->note), fmt, args);
    va_end(args);
}
