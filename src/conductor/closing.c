/* The end: sign-off, and the entry that lists what was off the script and what is left. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* ---- sign-off ---- */

/* Who is not there cannot agree, and blocks nobody. */
static clv_status sign_off_without(struct clv_conductor *c, unsigned person, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"back", "They are back, and sign off", NULL},
        {"without", "Sign off without them", "The record says that they were not there."},
    };
    const struct clv_seat *seat = seat_of(c, person);
    char line[CLV_NAME_MAX * 4 + 60], time[CLV_TIME_TEXT];
    size_t choice = 0;
    clv_time_text(seat->left_ms, time);
    snprintf(line, sizeof(line), "%s left the room: %s.", seat->name, time);
    const char *lines[] = {line};
    struct clv_question q = {.id = "sign-off.away",
                             .title = "Sign-off",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2};
    struct clv_event e = event_of(CLV_EVENT_PERSON_BACK);
    clv_status st = seat_person(c, clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1), err);
    if (st == CLV_OK)
        st = ask_choice(c, &q, &choice, err);
    if (choice == 1) {
        e.kind = CLV_EVENT_SIGNED_OFF;
        SET(e.text, "not in the room at the sign-off");
    }
    e.person = person;
    SET(e.name, "%s", seat->name);
    return st == CLV_OK ? record(c, &e, err) : st;
}

clv_status task_sign_off(struct clv_conductor *c, const struct clv_task *task,
                         struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"agree", "I was present; the record is true", NULL},
        {"disagree", "I do not agree, and say why", "Recorded; it does not block the others."},
    };
    struct clv_event over = event_of(CLV_EVENT_ROLL_COMPLETE);
    over.number = c->ceremony->num_seats;
    if (task->person == 0)
        return record(c, &over, err);
    if (seat_of(c, task->person)->away)
        return sign_off_without(c, task->person, err);
    struct clv_event e = event_of(CLV_EVENT_SIGNED_OFF);
    char id[40], count[100];
    size_t choice = 0;
    e.person = task->person;
    snprintf(id, sizeof(id), "sign-off.%u", task->person);
    snprintf(count, sizeof(count), "Deviations: %zu. Receipts: %u. Units: %zu.",
             c->ceremony->num_deviations, c->num_documents, clv_ceremony_num_active(c->ceremony));
    const char *lines[] = {"Present throughout, followed except as noted, true record:", count};
    struct clv_question q = {.id = id,
                             .title = "Sign-off",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Do you agree?",
                             .choices = choices,
                             .num_choices = 2,
                             .may_deviate = true};
    clv_status st = seat_person(c, task->person, err);
    if (st == CLV_OK)
        st = ask_choice(c, &q, &choice, err);
    e.ok = choice == 0;
    struct clv_question why = {
        .id = "sign-off.remark", .title = "Sign-off", .prompt = "What do you not agree with"};
    if (st == CLV_OK && choice == 1)
        st = ask_text(c, &why, 160, e.text, sizeof(e.text), err);
    return st == CLV_OK ? record(c, &e, err) : st;
}

/* ---- the last entry ---- */

/* With the receipt the files were written; they are the same again. */
static void write_follow_up(struct clv_conductor *c, struct clv_writer *w)
{
    uint8_t hash[32];
    char hex[100];
    if (!follow_up_is_due(c) || follow_up_write(c, hash, NULL) != CLV_OK)
        return;
    clv_hex_groups(hash, sizeof(hash), 4, hex, sizeof(hex));
    clv_write_format(w, " Follow-up script: %s, SHA-256 %s.", FOLLOW_UP_SCRIPT, hex);
}

static void list_left(struct clv_conductor *c, struct clv_event *e)
{
    const struct clv_ceremony *engine = c->ceremony;
    struct clv_writer aside = {0}, left = {0};
    for (size_t i = 0; i < engine->num_units; i++)
        if (engine->units[i].set_aside)
            clv_write_format(&aside, "%sunit %u (%s)", aside.len ? ", " : "",
                             engine->units[i].number, engine->units[i].serial);
    if (engine->stopping) {
        clv_ceremony_standing(engine, &left);
        clv_write_format(&left, " Stopped in step %zu of %zu.",
                         engine->step < engine->script->num_steps ? engine->step + 1
                                                                  : engine->script->num_steps,
                         engine->script->num_steps);
    } else if (aside.len) {
        clv_write_text(&left, "Load the same key into the units set aside, with the same parts.");
        write_follow_up(c, &left);
    }
    SET(e->text2, "%.*s", (int)aside.len, aside.len ? (const char *)aside.data : "");
    SET(e->text, "%.*s", (int)left.len, left.len ? (const char *)left.data : "");
    clv_writer_clear(&aside);
    clv_writer_clear(&left);
}

/* What this script was practised with: on the last page of a rehearsal. */
static void drills_text(const struct clv_conductor *c, char *buf, size_t cap)
{
    char passed[240], missing[240], hash[20];
    const struct clv_drill_book *book = c->config.drills;
    buf[0] = '\0';
    if (book == NULL || !c->config.test_world)
        return;
    if (c->ceremony->state == CLV_STATE_CLOSED)
        book->closed(book->ctx, c->id, clv_now_wall_ms(c->config.clock));
    book->say(book->ctx, passed, missing, sizeof(passed));
    clv_hex_groups(c->config.script->hash, 8, 4, hash, sizeof(hash));
    snprintf(buf, cap, "Drills passed with this script (SHA-256 %s ...): %s. Not practised: %s.",
             hash, passed, missing);
}

clv_status task_close(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_CLOSED);
    const struct clv_ceremony *engine = c->ceremony;
    e.number = (unsigned)engine->num_deviations;
    SET(e.name, "%s", engine->stopping ? "stopped" : "complete");
    list_left(c, &e);
    char last[700], aside[600];
    snprintf(last, sizeof(last), "%s", e.text[0] ? e.text : "Nothing is left to do.");
    snprintf(aside, sizeof(aside), "Units set aside: %s", e.text2[0] ? e.text2 : "none");
    char deviations[60], drills[600];
    snprintf(deviations, sizeof(deviations), "Deviations: %u", e.number);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        clv_journal_drop_reserve(c->journal);
    drills_text(c, drills, sizeof(drills));
    const char *lines[] = {engine->state == CLV_STATE_STOPPED ? "The ceremony was stopped."
                                                              : "The ceremony is complete.",
                           "",
                           deviations,
                           aside,
                           last,
                           drills,
                           "",
                           "The journal is sealed in",
                           c->config.dir,
                           "Check it anywhere with: claviger verify FOLDER"};
    (void)task;
    if (st == CLV_OK)
        st =
            ask_continue(c, "closed.read", "The end", lines, sizeof(lines) / sizeof(lines[0]), err);
    return st;
}
