/* Commitments: from paper, all of them before the first password of a load; typed again when one
 * was typed wrongly. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* A receipt of the day the part was made. */
static clv_status commitment_of_receipt(struct clv_view receipt, uint8_t ret[32],
                                        struct clv_error *err)
{
    struct clv_receipt_facts *facts = calloc(1, sizeof(*facts));
    struct clv_event e = {0};
    if (facts == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for a receipt");
    clv_status st = clv_receipt_verify(receipt, NULL, facts, err);
    if (st == CLV_OK)
        st = clv_event_decode(clv_view_of(facts->entry.text, facts->entry.len), &e, err);
    free(facts);
    if (st != CLV_OK)
        return clv_while(err, st, "reading the receipt");
    if (e.kind != CLV_EVENT_RECEIPT || strcmp(e.name, RECEIPT_OF_PART) != 0)
        return clv_fail(err, CLV_E_INPUT, "this is a receipt, but not the slip of a key part");
    memcpy(ret, e.digest, 32);
    return CLV_OK;
}

static clv_status commitment_of_codes(struct clv_view scanned, uint8_t ret[32],
                                      struct clv_error *err)
{
    uint8_t *receipt = NULL;
    size_t len = 0;
    clv_status st = clv_receipt_from_codes(scanned, &receipt, &len, NULL, err);
    if (st == CLV_OK)
        st = commitment_of_receipt(clv_view_of(receipt, len), ret, err);
    free(receipt);
    return st;
}

/* A receipt, or its codes as they were scanned. */
static clv_status commitment_of_file(const char *path, uint8_t ret[32], struct clv_error *err)
{
    uint8_t *data = NULL;
    size_t len = 0;
    clv_status st = clv_file_read(path, CLV_RECEIPT_MAX, &data, &len, err);
    struct clv_view text = clv_view_of(data, len);
    if (st == CLV_OK)
        st = clv_code_resembles(text) ? commitment_of_codes(text, ret, err)
                                      : commitment_of_receipt(text, ret, err);
    free(data);
    return st;
}

static clv_status begin_anew(struct clv_writer *scanned, struct clv_error *err)
{
    char fact[CLV_ERROR_TEXT];
    clv_status st = err->code;
    scanned->len = 0;
    snprintf(fact, sizeof(fact), "%s", err->fact);
    return clv_fail(err, st, "%s; scan the codes of your receipt again, all of them", fact);
}

/* One code more. errors  CLV_E_MISSING: the others; CLV_E_FORMAT: misread, those before it are
 * good */
static clv_status scan(struct clv_writer *scanned, const char *code, uint8_t ret[32],
                       struct clv_error *err)
{
    size_t before = scanned->len;
    clv_write_format(scanned, "%s\n", code);
    clv_status st = clv_writer_done(scanned, err);
    if (st == CLV_OK)
        st = commitment_of_codes(clv_writer_view(scanned), ret, err);
    if (st == CLV_E_FORMAT)
        scanned->len = before;
    return st == CLV_OK || st == CLV_E_FORMAT || st == CLV_E_MISSING ? st
                                                                     : begin_anew(scanned, err);
}

/* *ret_how: for the record. */
static clv_status take_commitment(struct clv_writer *scanned, const char *text, uint8_t ret[32],
                                  const char **ret_how, struct clv_error *err)
{
    if (clv_code_resembles(clv_view_of(text, strlen(text)))) {
        *ret_how = "scanned from paper";
        return scan(scanned, text, ret, err);
    }
    if (text[0] == '/' || text[0] == '.') {
        *ret_how = "receipt file";
        return commitment_of_file(text, ret, err);
    }
    *ret_how = "typed from paper";
    return clv_unhex(text, strlen(text), ret, 32, err);
}

static clv_status ask_commitment(struct clv_conductor *c, const struct clv_task *task,
                                 struct clv_event *e, struct clv_error *err)
{
    char id[80], problem[CLV_ERROR_TEXT];
    struct clv_writer scanned = {0};
    const char *how = "";
    snprintf(id, sizeof(id), "part.%u.commitment", task->slot);
    const char *lines[] = {
        "Take the slip of the day your part was made. Scan the codes of its receipt, one",
        "after the other, or type its commitment, 64 hex digits; or give the path of its",
        "receipt file or of its scanned codes (starting with / or .).",
        "All commitments are on record before the first password is asked."};
    struct clv_question q = {.kind = CLV_ASK_TEXT,
                             .id = id,
                             .title = "Your commitment",
                             .lines = lines,
                             .num_lines = 4,
                             .prompt = "Commitment",
                             .max_len = CLV_CODE_TEXT,
                             .may_scan = true,
                             .may_deviate = true,
                             .help = "The slip says \"Commitment\" and eight groups of eight "
                                     "digits. It is not secret. A part that does not match it is "
                                     "not loaded."};
    clv_writer_init(&scanned);
    clv_status st = CLV_OK;
    for (;;) {
        struct clv_reply reply;
        struct clv_error why = {0};
        st = ask(c, &q, &reply, err);
        if (st != CLV_OK || take_commitment(&scanned, reply.text, e->digest, &how, &why) == CLV_OK)
            break;
        snprintf(problem, sizeof(problem), "%s", why.fact);
        q.problem = problem;
    }
    clv_writer_clear(&scanned);
    SET(e->text, "%s", how);
    return st;
}

clv_status task_commitment(struct clv_conductor *c, const struct clv_task *task,
                           struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_COMMITMENT);
    e.person = task->person;
    e.slot = task->slot;
    char id[40];
    part_id(task, id, sizeof(id));
    clv_status st = begin_turn(c, task->person, err);
    if (st == CLV_OK)
        st = ask_commitment(c, task, &e, err);
    if (st == CLV_OK)
        st = record(c, &e, err);
    if (st == CLV_OK)
        return end_turn(c, task->person, err);
    return part_refused(c, task, id, false, st, err);
}

/* ---- the file and the slip differ ---- */

bool commitment_was_typed(const struct clv_conductor *c, unsigned slot)
{
    return !c->ceremony->parts[slot - 1].made;
}

static clv_status approve(struct clv_conductor *c, const struct clv_task *task,
                          struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    char names[CLV_NAME_MAX * 4 + 1];
    struct clv_question q = {.id = "commitment.approved-by",
                             .title = "For the record",
                             .prompt = "Approved by (names)",
                             .help = "Administrator and witness have looked at the slip."};
    clv_status st = ask_text(c, &q, CLV_NAME_MAX, names, sizeof(names), err);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = task->person;
    SET(e.text, "commitments are recorded once, from the slips");
    SET(e.name, "the commitment of key part %u was typed wrongly", task->slot);
    SET(e.text2, "it is typed again, every part is opened again (approved by %s)", names);
    return st == CLV_OK ? record(c, &e, err) : st;
}

/* Back in front of the first password: what was opened is wiped, and the rule holds as before. */
static clv_status take_back(struct clv_conductor *c, const struct clv_task *task,
                            struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_COMMITMENT_BACK);
    e.person = task->person;
    e.slot = task->slot;
    SET(e.text, "typed wrongly");
    clv_status st = approve(c, task, err);
    if (st == CLV_OK)
        st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN,
             "The commitment of key part %u is asked for again. What was opened is wiped.",
             task->slot);
    return st;
}

clv_status commitment_refused(struct clv_conductor *c, const struct clv_task *task,
                              const struct clv_error *why, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"other-file", "The slip is right: choose another file", NULL},
        {"commitment", "It was typed wrongly: type the commitment again, from the slip",
         "A numbered deviation. Every part that was opened is wiped and opened again."},
        {"stop", "Stop the ceremony", "Nothing was loaded."},
    };
    char id[60], fact[CLV_ERROR_TEXT + 60], hex[100];
    size_t choice = 0;
    snprintf(id, sizeof(id), "part.%u.mismatch", task->slot);
    snprintf(fact, sizeof(fact), "[!!] %s: the commitments do not match.", why->fact);
    clv_hex_groups(c->ceremony->parts[task->slot - 1].commitment, 32, 8, hex, sizeof(hex));
    const char *lines[] = {fact,
                           "",
                           "On record, as it was given:",
                           hex,
                           "",
                           "Compare it with the slip, group by group. If they are the same, the "
                           "file is the wrong one, or somebody has put another one in its place."};
    struct clv_question q = {.id = id,
                             .title = "This part is not the one on record",
                             .lines = lines,
                             .num_lines = sizeof(lines) / sizeof(lines[0]),
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 3,
                             .may_deviate = true};
    clv_same_guard_drop(c->guard, CLV_SAME_PART, seat_of(c, task->person)->name);
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK && choice == 1)
        return take_back(c, task, err);
    return st == CLV_OK && choice == 2 ? leave_turn(c, task->person, STOP, err) : st;
}
