/* Key parts: created alone, committed to, opened, matched, sealed for every unit, wiped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void part_id(const struct clv_task *task, char *buf, size_t cap)
{
    snprintf(buf, cap, "part.%u", task->slot);
}

/* ---- creation ---- */

/* One entry of 64 digits. *ret stays NULL, and why says the reason, when it is not a key part. */
static clv_status type_part(struct clv_conductor *c, const char *id, const char *prompt,
                            const char *problem, struct clv_secret **ret, struct clv_error *why,
                            struct clv_error *err)
{
    struct clv_secret *typed = NULL;
    struct clv_question q = {.id = id,
                             .title = "Value of your key part",
                             .prompt = prompt,
                             .problem = problem,
                             .max_len = 200,
                             .help = "64 hexadecimal digits (32 bytes). Blanks between them are "
                                     "skipped; upper and lower case are the same."};
    clv_status st = ask_secret(c, &q, &typed, err);
    if (st == CLV_OK && clv_part_from_hex(typed, ret, why) != CLV_OK)
        *ret = NULL;
    clv_secret_free(&typed);
    return st;
}

static clv_status typed_value(struct clv_conductor *c, const char *id, struct clv_secret **ret,
                              struct clv_error *err)
{
    char first_id[80], again_id[80], text[CLV_ERROR_TEXT * 2];
    const char *problem = NULL;
    clv_status st = CLV_OK;
    snprintf(first_id, sizeof(first_id), "%s.value", id);
    snprintf(again_id, sizeof(again_id), "%s.value-again", id);
    while (st == CLV_OK && *ret == NULL) {
        struct clv_secret *first = NULL, *again = NULL;
        struct clv_error why = {0};
        st = type_part(c, first_id, "Key part, 64 hex digits", problem, &first, &why, err);
        if (first)
            st = type_part(c, again_id, "The same value again", NULL, &again, &why, err);
        if (st == CLV_OK && first && again && clv_secret_equal(first, again)) {
            *ret = first;
            first = NULL;
        }
        snprintf(text, sizeof(text), "%s. Nothing was saved.",
                 why.fact[0] ? why.fact : "The two entries differ");
        problem = text;
        clv_secret_free(&first);
        clv_secret_free(&again);
    }
    return st;
}

static clv_status make_value(struct clv_conductor *c, const char *id, enum clv_part_origin *origin,
                             struct clv_secret **ret, struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"random", "A random part, made by this workstation", NULL},
        {"value", "A value I bring (64 hexadecimal digits)",
         "Only a short check value of it is printed: a full hash would help guessing."},
    };
    char id_kind[80];
    size_t choice = 0;
    snprintf(id_kind, sizeof(id_kind), "%s.kind", id);
    const char *lines[] = {"You are alone at the keyboard. Nothing you type here is shown.",
                           "A key part is 32 bytes. Nobody but you opens the file it goes into."};
    struct clv_question q = {.id = id_kind,
                             .title = "Your key part",
                             .lines = lines,
                             .num_lines = 2,
                             .prompt = "Which kind of part?",
                             .choices = choices,
                             .num_choices = 2,
                             .initial = "random",
                             .may_deviate = true};
    clv_status st = ask_choice(c, &q, &choice, err);
    if (st != CLV_OK)
        return st;
    *origin = choice == 0 ? CLV_ORIGIN_RANDOM : CLV_ORIGIN_TYPED;
    if (*origin == CLV_ORIGIN_RANDOM)
        return clv_part_random(c->config.random, ret, err);
    return typed_value(c, id, ret, err);
}

static clv_status record_made(struct clv_conductor *c, const struct clv_task *task,
                              const struct clv_keyfile_info *info, const char *file,
                              struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PART_MADE);
    e.person = task->person;
    e.slot = task->slot;
    SET(e.text, "%s", c->part_checks[task->slot]);
    if (info->has_pattern)
        memcpy(e.pattern, info->pattern, sizeof(e.pattern));
    memcpy(e.digest, info->commitment, sizeof(e.digest));
    memcpy(e.digest2, info->file_id, sizeof(e.digest2));
    SET(e.name, "%s", file);
    SET(e.text2, "%s", info->description);
    return record(c, &e, err);
}

static clv_status slip_for_part(struct clv_conductor *c, const struct clv_task *task,
                                const struct clv_keyfile_info *info, const char *file,
                                struct clv_error *err)
{
    char part[40], commitment[100], id[100], kdf[80], title[80];
    struct check_rows checks;
    const struct clv_kdf_cost *cost = clv_kdf_cost(info->profile);
    snprintf(part, sizeof(part), "%u of %u", task->slot, c->config.script->num_owners);
    fill_check_rows(c->part_checks[task->slot], &checks);
    clv_hex_groups(info->commitment, sizeof(info->commitment), 8, commitment, sizeof(commitment));
    clv_hex_groups(info->file_id, sizeof(info->file_id), 8, id, sizeof(id));
    snprintf(kdf, sizeof(kdf), "Argon2id, %s: %u MiB, %u passes, %u lanes", cost->name,
             cost->memory_kib / 1024, cost->passes, cost->lanes);
    snprintf(title, sizeof(title), "Key part %u of %u", task->slot, c->config.script->num_owners);
    const struct clv_document_row before[] = {
        {"Key part", part, false},
        {"Owner", info->owner, false},
        {"Description", info->description, false},
    };
    const struct clv_document_row behind[] = {
        {"Commitment", commitment, true},
        {"Key file", file, true},
        {"SHA-256 of the file", id, true},
        {"Password", "verified by opening the file again", false},
        {"Key derivation", kdf, false},
        {NULL, NULL, false},
        {NULL,
         "The commitment is asked for when this part is loaded. Keep this sheet with you, "
         "apart from the key file. It contains no secret.",
         false},
    };
    enum {
        NUM_BEFORE = sizeof(before) / sizeof(before[0]),
        NUM_BEHIND = sizeof(behind) / sizeof(behind[0])
    };
    struct clv_document_row rows[NUM_BEFORE + MAX_CHECK_ROWS + NUM_BEHIND];
    memcpy(rows, before, sizeof(before));
    memcpy(rows + NUM_BEFORE, checks.row, checks.num * sizeof(rows[0]));
    memcpy(rows + NUM_BEFORE + checks.num, behind, sizeof(behind));
    struct receipt_request request = {.kind = RECEIPT_OF_PART,
                                      .title = title,
                                      .person = task->person,
                                      .pattern = info->has_pattern ? info->pattern : NULL,
                                      .digest = info->commitment,
                                      .rows = rows,
                                      .num_rows = NUM_BEFORE + checks.num + NUM_BEHIND};
    return make_receipt(c, &request, err);
}

clv_status slip_again(struct clv_conductor *c, unsigned slot, struct clv_error *err)
{
    const char *file = c->ceremony->parts[slot - 1].file;
    struct clv_task task = {.slot = slot,
                            .person = clv_ceremony_seat(c->ceremony, CLV_ROLE_OWNER, slot)};
    struct clv_keyfile_info info = {0};
    char *path = clv_path_join(c->config.key_dir, file);
    clv_status st = path ? clv_keyfile_read_header(path, &info, err)
                         : clv_fail(err, CLV_E_MEMORY, "no memory for a path");
    if (st == CLV_OK && memcmp(info.commitment, c->ceremony->parts[slot - 1].commitment,
                               sizeof(info.commitment)) != 0)
        st = clv_fail(err, CLV_E_MISMATCH, "%s is not the file on record", file);
    if (st == CLV_OK)
        st = slip_for_part(c, &task, &info, file, err);
    free(path);
    return st;
}

static clv_status seal_part(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            struct clv_keyfile_info *info, const struct clv_secret *part,
                            char **ret_path, struct clv_error *err)
{
    char id_text[80];
    struct clv_secret *password = NULL;
    snprintf(id_text, sizeof(id_text), "%s.description", id);
    struct clv_question q = {.id = id_text,
                             .title = "Your key part",
                             .may_deviate = true,
                             .prompt = "Description of this key part",
                             .help = "Something you will recognise in a year. It is printed on "
                                     "your slip and not secret."};
    clv_status st = ask_text(c, &q, CLV_KEYFILE_DESCRIPTION_MAX, info->description,
                             sizeof(info->description), err);
    if (st == CLV_OK)
        st = new_password(c, id, "Password of your key part", &password, err);
    struct clv_keyfile_request request = {.dir = c->config.key_dir,
                                          .info = info,
                                          .password = password,
                                          .payload = part,
                                          .random = c->config.random};
    if (st == CLV_OK)
        st = create_keyfile(c, &request, "Sealing your key part and opening it again", info,
                            ret_path, err);
    if (st == CLV_OK)
        st = mishap_sealed(c, info, password, err);
    if (st != CLV_OK)
        clv_same_guard_drop(c->guard, CLV_SAME_PASSWORD, seat_of(c, task->person)->name);
    clv_secret_free(&password);
    return st;
}

static clv_status create_part(struct clv_conductor *c, const struct clv_task *task, const char *id,
                              struct clv_error *err)
{
    struct clv_keyfile_info info = {.kind = CLV_KEYFILE_PART,
                                    .test_world = c->config.test_world,
                                    .slot = task->slot,
                                    .created_ms = clv_now_wall_ms(c->config.clock),
                                    .profile = c->profile};
    struct clv_secret *part = NULL;
    const char *owner = seat_of(c, task->person)->name;
    char *path = NULL;
    snprintf(info.owner, sizeof(info.owner), "%s", owner);
    snprintf(info.ceremony, sizeof(info.ceremony), "%s", c->id);
    clv_status st = make_value(c, id, &info.origin, &part, err);
    if (st == CLV_OK)
        st = clv_part_check(part, err);
    if (st == CLV_OK)
        st = clv_same_guard_add(c->guard, CLV_SAME_PART, owner, part, err);
    if (st == CLV_OK)
        st = clv_check_part_record(part, info.origin == CLV_ORIGIN_TYPED,
                                   c->part_checks[task->slot], err);
    if (st == CLV_OK)
        st = seal_part(c, task, id, &info, part, &path, err);
    clv_secret_free(&part);
    if (st == CLV_OK)
        st = record_made(c, task, &info, clv_path_name(path), err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "Key part %u is in %s: reopened with its password.", task->slot,
             clv_path_name(path));
    if (st == CLV_OK)
        st = slip_for_part(c, task, &info, clv_path_name(path), err);
    free(path);
    return st;
}

clv_status part_refused(struct clv_conductor *c, const struct clv_task *task, const char *id,
                        bool other_file, clv_status st, struct clv_error *err)
{
    if (st != CLV_OK)
        clv_same_guard_drop(c->guard, CLV_SAME_PART, seat_of(c, task->person)->name);
    return survive_refusal(c, task, id, other_file, st, err);
}

clv_status task_create_part(struct clv_conductor *c, const struct clv_task *task,
                            struct clv_error *err)
{
    char id[40];
    part_id(task, id, sizeof(id));
    clv_status st = begin_turn(c, task->person, err);
    if (st != CLV_OK)
        return st;
    st = create_part(c, task, id, err);
    if (st == CLV_OK)
        return end_turn(c, task->person, err);
    return part_refused(c, task, id, false, st, err);
}

/* ---- loading ---- */

static clv_status refuse_part(struct clv_conductor *c, const struct clv_task *task,
                              const struct clv_error *why, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PART_REFUSED);
    e.person = task->person;
    e.slot = task->slot;
    SET(e.text, "%s", why->fact);
    return record(c, &e, err);
}

/* In this order: the commitment names a swapped file before anything else is done with it. */
static clv_status use_part(struct clv_conductor *c, const struct clv_task *task,
                           const struct opened *opened, struct clv_error *err)
{
    const struct clv_part_record *part = &c->ceremony->parts[task->slot - 1];
    if (memcmp(part->commitment, opened->info.commitment, sizeof(part->commitment)) != 0)
        return clv_fail(err, CLV_E_MISMATCH, "this part is not the one on the slip of %s",
                        seat_of(c, task->person)->name);
    clv_status st = clv_part_check(opened->payload, err);
    if (st == CLV_OK)
        st = clv_same_guard_add(c->guard, CLV_SAME_PART, seat_of(c, task->person)->name,
                                opened->payload, err);
    select_for_parts(c);
    if (st == CLV_OK && clv_fleet_num_selected(c->fleet) > 0)
        st = clv_fleet_seal_part(c->fleet, task->slot, opened->payload, err);
    if (st == CLV_OK)
        st = clv_accumulator_add(c->parts, opened->payload, err);
    return st;
}

static clv_status record_opened(struct clv_conductor *c, const struct clv_task *task,
                                const struct opened *opened, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PART_OPENED);
    e.person = task->person;
    e.slot = task->slot;
    SET(e.text, "%s", c->part_checks[task->slot]);
    memcpy(e.digest, opened->info.commitment, sizeof(e.digest));
    memcpy(e.digest2, opened->info.file_id, sizeof(e.digest2));
    SET(e.name, "%s", opened->file);
    return record(c, &e, err);
}

static clv_status open_part(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            bool *ret_left, struct clv_error *err)
{
    struct opened opened = {0};
    struct clv_error why = {0};
    enum after_failure after = TRY_AGAIN;
    clv_status st = open_keyfile(c, task, id, CLV_KEYFILE_PART,
                                 c->ceremony->parts[task->slot - 1].file, &opened, &after, err);
    *ret_left = after == LATER || after == STOP;
    if (st != CLV_OK || *ret_left)
        return st;
    st = clv_check_part_record(opened.payload, opened.info.origin == CLV_ORIGIN_TYPED,
                               c->part_checks[task->slot], &why);
    if (st == CLV_OK)
        st = use_part(c, task, &opened, &why);
    clv_secret_free(&opened.payload);
    if (st == CLV_OK)
        return record_opened(c, task, &opened, err);
    clv_status recorded = refuse_part(c, task, &why, err);
    c->ceremony->parts[task->slot - 1].file[0] = '\0'; /* the next try chooses a file */
    if (recorded == CLV_OK && st == CLV_E_MISMATCH && commitment_was_typed(c, task->slot)) {
        *ret_left = true;
        return commitment_refused(c, task, &why, err);
    }
    if (recorded == CLV_OK && err)
        *err = why;
    return recorded == CLV_OK ? st : recorded;
}

clv_status task_open_part(struct clv_conductor *c, const struct clv_task *task,
                          struct clv_error *err)
{
    char id[40];
    bool left = false;
    part_id(task, id, sizeof(id));
    clv_status st = begin_turn(c, task->person, err);
    if (st == CLV_OK)
        st = mishap_opening(c, task, err);
    if (st == CLV_OK)
        st = open_part(c, task, id, &left, err);
    if (st == CLV_OK && !left) {
        tell(c, CLV_TONE_DONE, "Key part %u matches its commitment; sealed for every unit, wiped.",
             task->slot);
        return end_turn(c, task->person, err);
    }
    return part_refused(c, task, id, true, st, err);
}

void forget_parts(struct clv_conductor *c)
{
    if (c->fleet)
        clv_fleet_forget_parts(c->fleet);
    if (c->parts)
        clv_accumulator_clear(c->parts, c->config.random);
}

/* ---- the combined key's pattern: computed here, nowhere else ---- */

/* The sum of the parts is no key to load: on record, then the owners begin again, or all stop. */
static clv_status refuse_pattern(struct clv_conductor *c, unsigned person, struct clv_error *why,
                                 struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"again", "Open the parts again; one of them must be another one", NULL},
        {"stop", "Stop the ceremony", "Nothing was loaded."},
    };
    struct clv_event refused = event_of(CLV_EVENT_PART_REFUSED);
    char text[2048];
    const char *lines[] = {text};
    size_t choice = 0;
    clv_kept(why, "Nothing was loaded.");
    clv_error_format(why, text, sizeof(text));
    SET(refused.text, "%s", why->fact);
    struct clv_question q = {.id = "pattern.refused",
                             .title = "The combined key is refused",
                             .lines = lines,
                             .num_lines = 1,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2,
                             .may_deviate = true};
    clv_status st = record(c, &refused, err);
    if (st == CLV_OK)
        st = ask_choice(c, &q, &choice, err);
    return st == CLV_OK && choice == 1 ? leave_turn(c, person, STOP, err) : st;
}

static clv_status record_pattern(struct clv_conductor *c, struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_PATTERN);
    clv_status st = clv_accumulator_check_values(c->parts, &c->checks, err);
    if (st != CLV_OK)
        return st;
    clv_check_record(&c->checks, e.text);
    memcpy(e.pattern, c->checks.pattern, sizeof(e.pattern));
    return record(c, &e, err);
}

clv_status task_pattern(struct clv_conductor *c, const struct clv_task *task, struct clv_error *err)
{
    struct clv_error why = {0};
    clv_status st = seat_person(c, task->person, err);
    if (st != CLV_OK)
        return st;
    st = record_pattern(c, &why);
    if (st == CLV_OK)
        return show_pattern(c, err);
    if (st == CLV_E_RULE)
        return refuse_pattern(c, task->person, &why, err);
    if (err)
        *err = why;
    return st;
}
