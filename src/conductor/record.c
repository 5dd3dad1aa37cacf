/* Events go to the engine, then to the journal, before anything is done about them. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

struct clv_event event_of(enum clv_event_kind kind)
{
    return (struct clv_event){.kind = kind};
}

void set_text(char *field, size_t cap, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(field, cap, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len < cap)
        return;
    size_t end = cap - 1;
    while (end > 0 && ((unsigned char)field[end - 1] & 0xc0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)field[end - 1] >= 0xc0)
        end--;
    field[end] = '\0';
}

/* Errors have lines; entries of the journal do not. */
static void flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
}

clv_status record(struct clv_conductor *c, struct clv_event *event, struct clv_error *err)
{
    struct clv_effects effects = {0};
    struct clv_writer line = {0};
    clv_status st = CLV_OK;
    if (event->kind != CLV_EVENT_OPENED && event->kind != CLV_EVENT_CLOCK_JUMPED)
        st = clock_watch(c, err);
    if (st != CLV_OK)
        return clv_while(err, st, "noting that the clock jumped");
    event->wall_ms = clv_now_wall_ms(c->config.clock);
    flatten(event->name);
    flatten(event->text);
    flatten(event->text2);
    st = clv_event_encode(event, &line, err);
    if (st == CLV_OK)
        st = clv_ceremony_step(c->ceremony, event, &effects, err);
    if (st == CLV_OK)
        st = append_or_pause(c, clv_writer_view(&line), err);
    clv_writer_clear(&line);
    if (st == CLV_OK)
        mishap_recorded(c, event);
    if (effects.wipe_signers)
        close_all_signers(c);
    if (effects.wipe_parts)
        forget_parts(c);
    if (effects.wipe_sum)
        clv_accumulator_clear(c->parts, c->config.random);
    if (st == CLV_OK && effects.checkpoint)
        st = record_checkpoint(c, err);
    return st == CLV_OK ? note_given_up(c, err) : st;
}

clv_status record_simple(struct clv_conductor *c, enum clv_event_kind kind, unsigned person,
                         struct clv_error *err)
{
    struct clv_event event = event_of(kind);
    event.person = person;
    return record(c, &event, err);
}
