/* What the screens draw from: copies of our own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* Fills one block of memory; with base NULL it only counts. */
struct arena {
    char *base;
    size_t len;
};

static void *take(struct arena *a, size_t len)
{
    void *p = a->base != NULL ? a->base + a->len : NULL;
    a->len += len;
    return p;
}

static const char *copy_text(struct arena *a, const char *text)
{
    size_t len = strlen(text != NULL ? text : "") + 1;
    char *p = take(a, len);
    if (p != NULL)
        memcpy(p, text != NULL ? text : "", len);
    return p;
}

/* Arrays first: they need alignment, text does not. */
static void copy_stage(struct arena *a, const struct clv_stage *from, struct clv_stage *to)
{
    struct clv_stage_unit *units = take(a, from->num_units * sizeof *units);
    const char **titles = take(a, from->num_steps * sizeof *titles);
    struct clv_stage copy = *from;
    copy.title = copy_text(a, from->title);
    copy.ceremony_id = copy_text(a, from->ceremony_id);
    copy.person = copy_text(a, from->person);
    copy.role = copy_text(a, from->role);
    for (size_t i = 0; i < from->num_steps; i++) {
        const char *title = copy_text(a, from->step_titles[i]);
        if (titles != NULL)
            titles[i] = title;
    }
    for (size_t i = 0; i < from->num_units; i++) {
        struct clv_stage_unit unit = from->units[i];
        unit.serial = copy_text(a, unit.serial);
        unit.location = copy_text(a, unit.location);
        unit.mode = copy_text(a, unit.mode);
        unit.admins = copy_text(a, unit.admins);
        unit.new_reg = copy_text(a, unit.new_reg);
        unit.current = copy_text(a, unit.current);
        unit.note = copy_text(a, unit.note);
        if (units != NULL)
            units[i] = unit;
    }
    copy.units = units;
    copy.step_titles = titles;
    *to = copy;
}

bool clv_tui_stage_set(struct clv_tui_stage *stage, const struct clv_stage *from)
{
    struct arena a = {0};
    struct clv_stage copy = {0};
    copy_stage(&a, from, &copy);
    a = (struct arena){.base = malloc(a.len)};
    if (a.base == NULL)
        return false;
    copy_stage(&a, from, &copy);
    clv_tui_stage_clear(stage);
    *stage = (struct clv_tui_stage){.s = copy, .memory = a.base};
    return true;
}

void clv_tui_stage_clear(struct clv_tui_stage *stage)
{
    free(stage->memory);
    *stage = (struct clv_tui_stage){0};
}

void clv_tui_record_add(struct clv_tui_record *record, enum clv_tone tone, const char *line)
{
    char *copy = strdup(line);
    if (copy == NULL)
        return; /* the journal has it */
    if (record->num == CLV_TUI_RECORD) {
        free(record->rows[record->first].line);
        record->first = (record->first + 1) % CLV_TUI_RECORD;
        record->num--;
    }
    size_t at = (record->first + record->num++) % CLV_TUI_RECORD;
    record->rows[at].tone = tone;
    record->rows[at].line = copy;
}

const char *clv_tui_record_line(const struct clv_tui_record *record, size_t i,
                                enum clv_tone *ret_tone)
{
    size_t at = (record->first + i) % CLV_TUI_RECORD;
    *ret_tone = record->rows[at].tone;
    return record->rows[at].line;
}

void clv_tui_record_clear(struct clv_tui_record *record)
{
    for (size_t i = 0; i < record->num; i++)
        free(record->rows[(record->first + i) % CLV_TUI_RECORD].line);
    *record = (struct clv_tui_record){0};
}

/* clang-format off */
static const struct {
    const char *mark;
    enum clv_tui_style style;
} tones[] = {
    [CLV_TONE_INFO] = {"    ", CLV_STYLE_TEXT},
    [CLV_TONE_DONE] = {"[ok]", CLV_STYLE_DONE},
    [CLV_TONE_WARN] = {"[--]", CLV_STYLE_WARN},
    [CLV_TONE_FAIL] = {"[!!]", CLV_STYLE_FAIL},
};
/* clang-format on */

const char *clv_tui_mark(enum clv_tone tone)
{
    return tones[tone].mark;
}

enum clv_tui_style clv_tui_mark_style(enum clv_tone tone)
{
    return tones[tone].style;
}
