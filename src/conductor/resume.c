/* Going on after an interruption: what is on record, what the units show, who is needed; then one
 * event, and the ceremony goes on as any other. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define MAX_ROWS 64

/* What the dialogue gathers for the event. */
struct resumption {
    char slip[200];
    bool slip_agrees;
    unsigned num_failed_checks;
};

/* ---- what is on record ---- */

static void span_text(int64_t ms, char *buf, size_t cap)
{
    int64_t minutes = ms / 60000;
    if (ms < 0)
        snprintf(buf, cap, "the clock stands before the last entry: look at it");
    else if (minutes < 120)
        snprintf(buf, cap, "%" PRId64 " minutes ago by this clock", minutes);
    else
        snprintf(buf, cap, "%" PRId64 " hours %" PRId64 " minutes ago by this clock", minutes / 60,
                 minutes % 60);
}

static clv_status show_record(struct clv_conductor *c, struct clv_error *err)
{
    const struct clv_ceremony *engine = c->ceremony;
    const struct history *h = c->history;
    size_t num_steps = c->config.script->num_steps;
    size_t step = engine->step < num_steps ? engine->step : num_steps - 1;
    uint8_t root[CLV_HASH_LEN];
    char id[100], where[300], when[160], time[CLV_TIME_TEXT], span[80], head[160], hex[17],
        torn[100], lacks[600];
    clv_journal_root(c->journal, root);
    clv_hex(root, 8, hex);
    clv_time_text(h->last_ms, time);
    span_text(clv_now_wall_ms(c->config.clock) - h->last_ms, span, sizeof(span));
    snprintf(id, sizeof(id), "%s %s", c->config.test_world ? "Rehearsal" : "Ceremony", c->id);
    snprintf(where, sizeof(where), "Interrupted in step %zu of %zu, \"%s\" (%s).", step + 1,
             num_steps, c->config.script->steps[step].title, clv_state_name(engine->state));
    snprintf(when, sizeof(when), "Last entry: %s, %s.", time, span);
    snprintf(head, sizeof(head), "The journal is intact: %" PRIu64 " entries, log head %s.",
             h->num_entries, hex);
    snprintf(torn, sizeof(torn), "A torn end of %zu bytes was set aside.", h->torn_len);
    lacks_text(c, lacks, sizeof(lacks));
    const char *lines[10] = {id, where, when, head};
    size_t num = 4;
    if (h->torn_len)
        lines[num++] = torn;
    if (lacks[0] != '\0')
        lines[num++] = lacks;
    lines[num++] = "";
    lines[num++] = "Nothing secret outlived the interruption: open keys, parts and their sealed";
    lines[num++] = "forms were in memory only. What units and people had done is on record and";
    lines[num++] = "is not done again.";
    return ask_continue(c, "resume.read", "An interrupted ceremony", lines, num, err);
}

/* ---- the witness's last slip ---- */

/* The foot of a sheet names an entry and the head of the log behind it. */
static bool root_begins(const struct clv_conductor *c, uint64_t size, const uint8_t *prefix,
                        size_t len)
{
    uint8_t root[CLV_HASH_LEN];
    if (size == 0 || size > clv_journal_size(c->journal))
        return false;
    clv_journal_root_at(c->journal, size, root);
    return memcmp(root, prefix, len) == 0;
}

static clv_status not_this_journal(struct clv_error *err)
{
    clv_status st =
        clv_fail(err, CLV_E_FORGED, "this journal is not the one the slip was printed from");
    clv_hint(err, "Stop here. Entries were removed or changed, or this is another copy of the "
                  "folder. Keep folder and slip as they are.");
    return st;
}

/* errors  CLV_E_INPUT: not a slip, ask again; CLV_E_FORGED: stop */
static clv_status compare_slip(struct clv_conductor *c, const char *text, struct resumption *r,
                               struct clv_error *err)
{
    struct clv_slip slip = {0};
    uint8_t prefix[8];
    char hex[17] = "", end = 0;
    uint64_t entry = 0;
    if (clv_code_resembles(clv_view_of(text, strlen(text)))) {
        if (clv_slip_parse(clv_view_of(text, strlen(text)), &slip, err) != CLV_OK)
            return CLV_E_INPUT;
        if (clv_slip_check(&slip, c->journal, err) != CLV_OK)
            return not_this_journal(err);
        snprintf(r->slip, sizeof(r->slip), "agrees: code of a slip at %" PRIu64 " entries",
                 slip.size);
    } else {
        if (sscanf(text, "%" SCNu64 " %16[0-9A-Fa-f] %c", &entry, hex, &end) != 2 ||
            strlen(hex) != 16 || clv_unhex(hex, 16, prefix, sizeof(prefix), NULL) != CLV_OK)
            return clv_fail(err, CLV_E_INPUT,
                            "that is neither the code of a slip nor an entry number and a log head "
                            "of 16 digits");
        if (!root_begins(c, entry + 1, prefix, sizeof(prefix)) &&
            !root_begins(c, entry, prefix, sizeof(prefix)))
            return not_this_journal(err);
        snprintf(r->slip, sizeof(r->slip), "agrees: log head at entry %" PRIu64 ", typed", entry);
    }
    r->slip_agrees = c->history->slip_compared = true;
    return CLV_OK;
}

static clv_status ask_slip(struct clv_conductor *c, struct resumption *r, struct clv_error *err)
{
    const char *lines[] = {
        "Witness, take the last sheet or slip that this ceremony printed. Its foot says",
        "\"entry N, log head\" and 16 digits. Type both: 41 0123456789abcdef",
        "or scan the code of the slip. If there is none at hand, type: none"};
    struct clv_question q = {.id = "resume.slip",
                             .title = "The witness's last slip",
                             .lines = lines,
                             .num_lines = 3,
                             .prompt = "Slip",
                             .may_scan = true,
                             .help =
                                 "Whoever has the folder could put an older copy in its place. The "
                                 "paper finds that. Going on without it is a deviation."};
    char problem[CLV_ERROR_TEXT], text[512];
    if (c->ceremony->num_receipts == 0) {
        snprintf(r->slip, sizeof(r->slip), "none was printed yet");
        c->history->slip_compared = true;
        return CLV_OK;
    }
    for (;;) {
        struct clv_error why = {0};
        clv_status st = ask_text(c, &q, 300, text, sizeof(text), err);
        if (st != CLV_OK)
            return st;
        if (strcmp(text, "none") == 0) {
            snprintf(r->slip, sizeof(r->slip), "not compared: none at hand");
            return CLV_OK;
        }
        st = compare_slip(c, text, r, &why);
        if (st == CLV_OK)
            return CLV_OK;
        if (st != CLV_E_INPUT) {
            if (err)
                *err = why;
            return st;
        }
        snprintf(problem, sizeof(problem), "%s", why.fact);
        q.problem = problem;
    }
}

/* ---- the units: on record, and now ---- */

static size_t fill_units(const struct clv_conductor *c, const struct looks *looks,
                         char (*text)[500], const char **lines)
{
    const struct clv_ceremony *engine = c->ceremony;
    size_t num = 0;
    for (size_t i = 0; i < engine->num_units && num < MAX_ROWS; i++) {
        const struct clv_unit_record *u = &engine->units[i];
        const struct past_unit *past = &c->history->units[u->number];
        struct clv_event e = look_event(c, looks, u->number);
        bool known = e.kind == CLV_EVENT_UNIT_STATE;
        enum clv_position pos =
            clv_reconcile(&e.observed, known, engine->has_pattern ? engine->pattern : NULL);
        bool good = known && pos != CLV_POS_FOREIGN_NEW && pos != CLV_POS_ROTATION &&
                    pos != CLV_POS_REDUNDANT;
        if (u->set_aside)
            snprintf(text[num], sizeof(text[0]), "     Unit %u (%s): set aside", u->number,
                     u->serial);
        else
            snprintf(text[num], sizeof(text[0]),
                     "%s Unit %u (%s): on record %s%s%s. It shows: %s%s%s. Next: %s",
                     good ? "[ok]" : "[!!]", u->number, u->serial,
                     past->phase == CLV_PHASE_NONE ? "no command" : clv_phase_name(past->phase),
                     past->phase == CLV_PHASE_NONE ? "" : ", ",
                     past->phase == CLV_PHASE_NONE ? "" : past->outcome, clv_position_meaning(pos),
                     known || looks->why[u->number][0] == '\0' ? "" : ": ",
                     known ? "" : looks->why[u->number], clv_position_next(pos));
        lines[num] = text[num];
        num++;
    }
    return num;
}

static void list_people(const struct clv_conductor *c, enum clv_role role, bool wanted,
                        bool needed[2], struct clv_writer *w)
{
    size_t num = 0;
    for (unsigned i = 0; i < c->ceremony->num_seats; i++) {
        const struct clv_seat *seat = &c->ceremony->seats[i];
        if (seat->role != role || !seat->here || needed[role == CLV_ROLE_OWNER] != wanted)
            continue;
        clv_write_format(w, "%s%s", w->len ? ", " : "", seat->name);
        num++;
    }
    if (num > 0)
        clv_write_format(w, " (%s%s)", clv_role_name(role), num > 1 ? "s" : "");
}

static void people_text(const struct clv_conductor *c, const struct clv_ceremony *next, bool wanted,
                        char *buf, size_t cap)
{
    struct clv_writer w = {0};
    bool needed[2] = {clv_ceremony_needs(next, CLV_ROLE_SIGNER),
                      clv_ceremony_needs(next, CLV_ROLE_OWNER)};
    list_people(c, CLV_ROLE_SIGNER, wanted, needed, &w);
    list_people(c, CLV_ROLE_OWNER, wanted, needed, &w);
    snprintf(buf, cap, "%s %.*s.",
             wanted ? "Needed to go on:" : "Not needed before the sign-off:", (int)w.len,
             w.len ? (const char *)w.data : "");
    if (w.len == 0)
        snprintf(buf, cap, "%s nobody but administrator and witness.",
                 wanted ? "Needed to go on:" : "");
    if (w.len == 0 && !wanted)
        buf[0] = '\0';
    clv_writer_clear(&w);
}

static void way_text(const struct clv_ceremony *next, char *buf, size_t cap)
{
    size_t num_steps = next->script->num_steps;
    if (next->state == CLV_STATE_TROUBLE)
        snprintf(
            buf, cap,
            "Not every unit is where it must be: nothing is sent before you decide. Next comes "
            "the list of what is safe.");
    else if (next->step >= num_steps)
        snprintf(buf, cap, "Next: the end of the ceremony.");
    else
        snprintf(buf, cap, "Next: step %zu of %zu, \"%s\" (%s).", next->step + 1, num_steps,
                 next->script->steps[next->step].title, clv_state_name(next->state));
}

/* Agreeing is the decision: what the lines say comes next is what will be done. */
static clv_status ask_go_on(struct clv_conductor *c, const struct looks *looks, bool *ret_leave,
                            struct clv_error *err)
{
    static const struct clv_choice choices[] = {
        {"go-on", "Go on with the ceremony", "Every unit is queried again first."},
        {"leave", "Leave everything as it is", "Nothing is written; resume another time."},
    };
    char text[MAX_ROWS][500], standing[700] = "", needed[600], spared[600], way[300];
    const char *lines[MAX_ROWS + 8];
    struct clv_ceremony *next = NULL;
    size_t num = 0, choice = 0;
    clv_status st = history_foresee(c, looks, &next, err);
    if (st != CLV_OK)
        return st;
    if (looks->why)
        num = fill_units(c, looks, text, lines);
    if (num > 0) {
        struct clv_writer w = {0};
        clv_ceremony_standing(next, &w);
        snprintf(standing, sizeof(standing), "%.*s", (int)w.len, (const char *)w.data);
        clv_writer_clear(&w);
        lines[num++] = "";
        lines[num++] = standing;
    }
    people_text(c, next, true, needed, sizeof(needed));
    people_text(c, next, false, spared, sizeof(spared));
    way_text(next, way, sizeof(way));
    clv_ceremony_free(&next);
    lines[num++] = way;
    lines[num++] = needed;
    lines[num++] = spared;
    struct clv_question q = {.id = "resume.go-on",
                             .title = "On record and now",
                             .lines = lines,
                             .num_lines = num,
                             .prompt = "What now?",
                             .choices = choices,
                             .num_choices = 2,
                             .help =
                                 "A command without an outcome on record may have worked: the unit "
                                 "was asked, and what it shows decides. Nothing is sent twice."};
    st = ask_choice(c, &q, &choice, err);
    if (st == CLV_OK)
        *ret_leave = choice == 1;
    return st;
}

static clv_status compare_units(struct clv_conductor *c, bool *ret_leave, struct clv_error *err)
{
    struct looks looks = {0};
    clv_status st = CLV_OK;
    if (c->ceremony->num_units > 0 && c->ceremony->state != CLV_STATE_FIND_UNITS)
        st = look_at_units(c, CLV_PHASE_NONE, &looks, err);
    if (st == CLV_OK)
        st = ask_go_on(c, &looks, ret_leave, err);
    looks_clear(&looks);
    return st;
}

/* ---- the event ---- */

static void read_boot_id(char *buf, size_t cap)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, buf, cap - 1) : 0;
    if (fd >= 0)
        close(fd);
    buf[n > 0 ? n : 0] = '\0';
    buf[strcspn(buf, "\n")] = '\0';
}

static clv_status record_resumed(struct clv_conductor *c, const struct resumption *r,
                                 struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_RESUMED);
    int64_t away = (clv_now_wall_ms(c->config.clock) - c->history->last_ms) / 1000;
    char boot[64];
    read_boot_id(boot, sizeof(boot));
    e.person = clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1);
    e.number = away < 0 ? 0 : away > UINT32_MAX ? UINT32_MAX : (unsigned)away;
    e.slot = c->history->torn_len > UINT32_MAX ? UINT32_MAX : (unsigned)c->history->torn_len;
    e.ok = r->slip_agrees;
    SET(e.name, "%s", c->history->people.seat[0].name);
    SET(e.text, "%s", r->slip);
    SET(e.text2, "%s", boot);
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_DONE, "The ceremony goes on. The interruption is on record.");
    return st;
}

clv_status resume_ceremony(struct clv_conductor *c, bool *ret_leave, struct clv_error *err)
{
    struct resumption r = {0};
    if (c->ceremony->state == CLV_STATE_NEW)
        return CLV_OK; /* nothing is on record: it begins */
    c->only_looking = true;
    clv_status st = show_record(c, err);
    if (st == CLV_OK)
        st = resume_ask_people(c, &c->history->people, ret_leave, err);
    if (st == CLV_OK && !*ret_leave)
        st = ask_slip(c, &r, err);
    if (st == CLV_OK && !*ret_leave && c->ceremony->state > CLV_STATE_SELF_CHECK_FAILED)
        st = check_workstation(c, "resume.checks", false, &r.num_failed_checks, err);
    if (st == CLV_OK && !*ret_leave)
        st = compare_units(c, ret_leave, err);
    c->only_looking = false;
    if (st == CLV_OK && !*ret_leave)
        st = record_resumed(c, &r, err);
    c->history->num_failed_checks = r.num_failed_checks;
    return st;
}

/* ---- behind it ---- */

static clv_status deviate(struct clv_conductor *c, const char *expected, const char *happened,
                          struct clv_error *err)
{
    struct clv_event e = event_of(CLV_EVENT_DEVIATION);
    e.number = (unsigned)c->ceremony->num_deviations + 1;
    e.person = clv_ceremony_seat(c->ceremony, CLV_ROLE_ADMINISTRATOR, 1);
    SET(e.text, "%s", expected);
    SET(e.name, "%s", happened);
    SET(e.text2, "resumed all the same, as agreed on the screen");
    clv_status st = record(c, &e, err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "Deviation %u is on record: %s.", e.number, happened);
    return st;
}

static clv_status record_deviations(struct clv_conductor *c, struct clv_error *err)
{
    const struct history *h = c->history;
    clv_status st = CLV_OK;
    if (!h->slip_compared)
        st = deviate(c, "a resumed journal is compared with the witness's last slip",
                     "the journal was not compared with a slip", err);
    if (st == CLV_OK && h->num_failed_checks > 0)
        st = deviate(c, "the workstation passes its checks before a ceremony goes on",
                     "a check of the workstation failed", err);
    return st;
}

static bool slip_is_there(const struct clv_conductor *c, unsigned serial)
{
    char name[60];
    snprintf(name, sizeof(name), "%02u-key-part.pdf", serial);
    char *path = clv_path_join(c->receipts_dir, name);
    bool there = path && access(path, F_OK) == 0;
    free(path);
    return there;
}

/* A part was made, and the power went before its slip was written. */
static clv_status write_missing_slips(struct clv_conductor *c, struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned slot = 1; st == CLV_OK && slot <= CLV_MAX_SLOTS; slot++) {
        if (c->history->part_made[slot] == 0 || !c->ceremony->parts[slot - 1].made ||
            slip_is_there(c, c->history->part_slip[slot]))
            continue;
        tell(c, CLV_TONE_WARN, "The slip of key part %u was not written yet: it is made now.",
             slot);
        st = slip_again(c, slot, err);
    }
    return st;
}

/* A key that was opened from another file, or from a service, is on record all the same. */
static bool is_on_record(const struct clv_conductor *c, const struct clv_keyfile_info *info,
                         const char *file)
{
    for (unsigned i = 0; i < CLV_MAX_SLOTS; i++)
        if (strcmp(c->ceremony->parts[i].file, file) == 0)
            return true;
    for (unsigned i = 0; i < CLV_MAX_SIGNERS; i++)
        if (strcmp(c->ceremony->signers[i].file, file) == 0 ||
            (info->kind == CLV_KEYFILE_SIGKEY && c->ceremony->signers[i].ready &&
             memcmp(c->ceremony->signers[i].ski, info->ski, CLV_SKI_LEN) == 0))
            return true;
    return false;
}

/* A file was sealed, and the power went before that was on record. Nobody can say that it was read
 * back, so it is not used; it is its owner's to destroy. */
static void tell_of_strays(struct clv_conductor *c)
{
    struct clv_keyfile_list list = {0};
    if (clv_keyfile_list(c->config.key_dir, CLV_KEYFILE_ANY, &list, NULL) != CLV_OK)
        return;
    for (size_t i = 0; i < list.num_entries; i++) {
        const struct clv_keyfile_entry *e = &list.entries[i];
        const char *file = clv_path_name(e->path);
        if (e->good && strcmp(e->info.ceremony, c->id) == 0 && !is_on_record(c, &e->info, file))
            tell(
                c, CLV_TONE_WARN,
                "Key file %s of %s was sealed but is not on record: it is not used. %s makes a new "
                "one.",
                file, e->info.owner, e->info.owner);
    }
    clv_keyfile_list_clear(&list);
}

clv_status resume_settle(struct clv_conductor *c, struct clv_error *err)
{
    if (c->history->num_entries == 0)
        return CLV_OK;
    clear_drafts(c);
    tell_of_strays(c);
    clv_status st = note_caught_up(c, err);
    if (st == CLV_OK)
        st = clock_compare_with_record(c, err);
    if (st == CLV_OK)
        st = resume_record_people(c, &c->history->people, err);
    if (st == CLV_OK)
        st = record_deviations(c, err);
    if (st == CLV_OK && c->ceremony->state != CLV_STATE_CLOSING)
        st = write_missing_slips(c, err);
    return st;
}
