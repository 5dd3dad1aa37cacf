/* The last receipts: what stands on the owners' and on the ceremony's own, all on record under one
 * checkpoint before the first sheet is made. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define MAX_ROWS 200

/* Rows with their texts; a receipt has a few dozen. */
struct rows {
    struct clv_document_row row[MAX_ROWS];
    char text[MAX_ROWS][600], label[MAX_ROWS][100];
    size_t num;
};

static void add_row(struct rows *r, const char *label, bool mono, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void add_row(struct rows *r, const char *label, bool mono, const char *fmt, ...)
{
    if (r->num == MAX_ROWS)
        return;
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->text[r->num], sizeof(r->text[0]), fmt, args);
    va_end(args);
    snprintf(r->label[r->num], sizeof(r->label[0]), "%s", label);
    r->row[r->num] = (struct clv_document_row){r->label[r->num], r->text[r->num], mono};
    r->num++;
}

static void add_heading(struct rows *r, const char *text)
{
    if (r->num < MAX_ROWS)
        r->row[r->num++] = (struct clv_document_row){text, NULL, false};
}

static void add_patterns(const struct clv_conductor *c, struct rows *r)
{
    char hex[100], check[CLV_CHECK_TEXT];
    if (!c->ceremony->has_pattern)
        return;
    add_heading(r, "Combined key");
    clv_hex_groups(c->ceremony->pattern, CLV_PATTERN_LEN, 4, hex, sizeof(hex));
    add_row(r, "EP11-VP (computed here)", true, "%s", hex);
    add_row(r, "", false, "compared on the first 28 bytes; newer units show the last 4 as zeros");
    for (int k = CLV_CHECK_CCA_MKVP; k < CLV_NUM_CHECK_KINDS; k++) {
        clv_check_text(&c->checks, (enum clv_check_kind)k, check);
        const char *value = strchr(check, ' ');
        add_row(r,
                k == CLV_CHECK_KCV_CMAC0_5 ? "KCV-CMAC0, 5 bytes"
                                           : clv_check_name((enum clv_check_kind)k),
                true, "%s", value ? value + 1 : check);
    }
}

static void add_units(const struct clv_conductor *c, struct rows *r)
{
    add_heading(r, "Crypto units (as the last query showed them)");
    for (size_t i = 0; i < c->ceremony->num_units; i++) {
        const struct clv_unit_record *u = &c->ceremony->units[i];
        const struct clv_observed *o = &u->observed;
        char label[40], current[10] = "", key[17];
        bool valid = o->current_state == CLV_CURRENT_VALID;
        if (valid) {
            current[0] = ' ';
            clv_hex(o->current_pattern, 4, current + 1);
        }
        clv_hex(u->device_ski, 8, key);
        snprintf(label, sizeof(label), "Unit %u, %s", u->number, u->serial);
        if (u->left_out) {
            add_row(r, label, false, "SET ASIDE, never asked for anything: %s", u->trouble);
            continue;
        }
        add_row(r, label, false,
                "%s%s; new %s, current %s%s; administrators %u, thresholds %u/%u; "
                "device key %s; %s",
                u->set_aside ? "SET ASIDE: " : "", o->imprint ? "imprint mode" : "operational",
                clv_ep11_new_state_text(o->new_state),
                clv_ep11_current_state_text(o->current_state), current, o->num_admins,
                o->sign_threshold, o->revoke_threshold, key,
                clv_position_meaning(clv_reconcile(
                    o, u->known, c->ceremony->has_pattern ? c->ceremony->pattern : NULL)));
        add_row(r, "", false, "device certificates end in: %s", u->root);
    }
}

static void add_people(const struct clv_conductor *c, struct rows *r)
{
    add_heading(r, "People");
    for (unsigned i = 0; i < c->ceremony->num_seats; i++) {
        const struct clv_seat *seat = &c->ceremony->seats[i];
        char left[CLV_TIME_TEXT], back[CLV_TIME_TEXT];
        clv_time_text(seat->left_ms, left);
        clv_time_text(seat->back_ms, back);
        if (seat->here)
            add_row(r, clv_role_name(seat->role), false, "%s", seat->name);
        if (seat->here && seat->away)
            add_row(r, "", false, "left the room %s, not back", left);
        else if (seat->here && seat->num_absences > 0)
            add_row(r, "", false, "out of the room %s to %s%s", left, back,
                    seat->num_absences > 1 ? ", and before" : "");
    }
}

/* Where the signatures came from: on paper as well as in the journal. */
static void add_signature_keys(const struct clv_conductor *c, struct rows *r)
{
    add_heading(r, "Signature keys");
    for (unsigned i = 0; i < c->config.script->num_signers; i++) {
        const struct clv_signer_record *signer = &c->ceremony->signers[i];
        const char *at_service = service_key_of(signer->file);
        char label[40], ski[100], host[300];
        if (!signer->ready)
            continue;
        snprintf(label, sizeof(label), "Signature key %u", i + 1);
        if (at_service && has_service(c))
            add_row(r, label, false, "%s: signing service %s, key %s", signer->name,
                    service_host(c, host, sizeof(host)), at_service);
        else
            add_row(r, label, false, "%s: key file %s", signer->name, signer->file);
        clv_hex_groups(signer->ski, CLV_SKI_LEN, 4, ski, sizeof(ski));
        add_row(r, "", true, "%s", ski);
        if (signer->num_service_signatures > 0)
            add_row(r, "", false, "%u signatures for crypto units came from a signing service",
                    signer->num_service_signatures);
    }
}

static void add_void(const struct clv_conductor *c, struct rows *r)
{
    size_t num = c->ceremony->num_void, len = 0;
    size_t listed = num < CLV_MAX_VOID ? num : CLV_MAX_VOID;
    char list[CLV_MAX_VOID * (CLV_SERIAL_MAX + 2) + 1] = "none";
    for (size_t i = 0; i < listed && len < sizeof(list); i++)
        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%.4s-%02u", i ? ", " : "",
                                c->id + strlen(c->id) - 4, c->ceremony->void_receipts[i]);
    add_row(r, "Void receipts", false, "%s", list);
    if (num > listed)
        add_row(r, "", false, "and %zu more: the journal names them", num - listed);
}

static void add_deviations(const struct clv_conductor *c, struct rows *r)
{
    const struct clv_ceremony *e = c->ceremony;
    add_heading(r, "Off the script");
    add_row(r, "Deviations", false, "%zu", e->num_deviations);
    for (size_t i = 0; i < e->num_deviations; i++)
        add_row(r, "", false, "%u (step %u): expected: %.170s; happened: %.170s; decided: %.200s",
                e->deviations[i].number, e->deviations[i].step, e->deviations[i].expected,
                e->deviations[i].happened, e->deviations[i].decided);
    add_row(r, "Wrong passwords", false, "%u", e->num_wrong_passwords);
    add_row(r, "Orders repeated", false, "%u", e->num_retries);
    add_void(c, r);
    add_row(r, "Clock jumps", false, "%u%s", e->num_clock_jumps,
            e->num_clock_jumps
                ? ": the times on this sheet may be wrong; the order of the journal is not"
                : "");
}

static void add_identity(const struct clv_conductor *c, struct rows *r)
{
    char hash[100];
    clv_hex_groups(c->config.script->hash, 32, 4, hash, sizeof(hash));
    add_row(r, "Script", false, "%s (%s)", c->config.script->title, c->config.script->id);
    add_row(r, "SHA-256 of the script", true, "%s", hash);
    add_row(r, "Tool", false, "claviger %s", CLV_VERSION);
    add_row(r, "Journal key", true, "%s", clv_journal_vkey(c->journal));
}

static clv_status add_follow_up(struct clv_conductor *c, struct rows *r, struct clv_error *err)
{
    uint8_t hash[32];
    char hex[100];
    if (!follow_up_is_due(c))
        return CLV_OK;
    clv_status st = follow_up_write(c, hash, err);
    if (st != CLV_OK)
        return st;
    clv_hex_groups(hash, sizeof(hash), 4, hex, sizeof(hex));
    add_heading(r, "Follow-up for the units set aside");
    add_row(r, "Script and site file", true, "%s, %s", FOLLOW_UP_SCRIPT, FOLLOW_UP_SITE);
    add_row(r, "SHA-256 of the script", true, "%s", hex);
    add_row(r, "", false,
            "It asks for the same key files, commitments and pattern, and loads nothing else.");
    return CLV_OK;
}

/* Rows and request of one receipt; the texts live in r until the next one. */
struct receipt_plan {
    struct receipt_request request;
    char title[60];
};

static clv_status plan_ceremony_receipt(struct clv_conductor *c, struct rows *r,
                                        struct receipt_plan *p, struct clv_error *err)
{
    r->num = 0;
    add_identity(c, r);
    add_patterns(c, r);
    add_units(c, r);
    add_people(c, r);
    add_signature_keys(c, r);
    add_deviations(c, r);
    clv_status st = add_follow_up(c, r, err);
    if (st != CLV_OK)
        return st;
    add_heading(r, "How to check this sheet");
    add_row(r, "", false,
            "Scan the codes, or take the .tlog-proof file, and run: claviger verify "
            "FILE. A unit holds this key if the first 28 bytes of its verification pattern are "
            "the ones above. This sheet contains no secret.");
    p->request =
        (struct receipt_request){.kind = RECEIPT_OF_CEREMONY,
                                 .title = "Master key ceremony",
                                 .pattern = c->ceremony->has_pattern ? c->ceremony->pattern : NULL,
                                 .digest = c->config.script->hash,
                                 .whole_cast = true};
    return CLV_OK;
}

static void plan_owner_receipt(struct clv_conductor *c, unsigned slot, struct rows *r,
                               struct receipt_plan *p)
{
    const struct clv_part_record *part = &c->ceremony->parts[slot - 1];
    unsigned person = clv_ceremony_seat(c->ceremony, CLV_ROLE_OWNER, slot);
    struct check_rows checks;
    char hex[100];
    r->num = 0;
    add_row(r, "Key part", false, "%u of %u", slot, c->config.script->num_owners);
    add_row(r, "Owner", false, "%s", seat_of(c, person)->name);
    add_row(r, "Key file", true, "%s", part->file);
    clv_hex_groups(part->commitment, sizeof(part->commitment), 8, hex, sizeof(hex));
    add_row(r, "Commitment, matched", true, "%s", hex);
    fill_check_rows(c->part_checks[slot], &checks);
    for (size_t i = 0; i < checks.num; i++)
        add_row(r, checks.row[i].label, true, "%s", checks.text[i]);
    clv_hex_groups(c->ceremony->pattern, CLV_PATTERN_LEN, 4, hex, sizeof(hex));
    add_row(r, "EP11-VP of the combined key", true, "%s", hex);
    add_row(r, "Loaded into", false, "%zu crypto units, each confirmed by query",
            clv_ceremony_num_active(c->ceremony));
    add_row(r, "", false,
            "The part was opened once, sealed for each unit and wiped. Bring this "
            "sheet when the same key is loaded again.");
    snprintf(p->title, sizeof(p->title), "Key part %u of %u, loaded", slot,
             c->config.script->num_owners);
    p->request = (struct receipt_request){.kind = RECEIPT_OF_LOADED_PART,
                                          .title = p->title,
                                          .person = person,
                                          .pattern = c->ceremony->pattern,
                                          .digest = part->commitment};
}

/* The owners in order, then the ceremony's own. Takes what is prepared along. */
static clv_status plan_receipt(struct clv_conductor *c, unsigned index, struct rows *r,
                               struct receipt_plan *p, struct clv_error *err)
{
    struct prepared_receipt *prepared = p->request.prepared;
    clv_status st = CLV_OK;
    if (index < c->config.script->num_owners)
        plan_owner_receipt(c, index + 1, r, p);
    else
        st = plan_ceremony_receipt(c, r, p, err);
    p->request.rows = r->row;
    p->request.num_rows = r->num;
    p->request.prepared = prepared;
    return st;
}

#define MAX_LAST (CLV_MAX_SLOTS + 1)

/* The last receipts; the texts of one at a time. */
struct last_receipts {
    unsigned num;
    struct rows rows;
    struct receipt_plan plan[MAX_LAST];
    struct receipt_entry entry[MAX_LAST];
};

static clv_status record_all(struct clv_conductor *c, struct last_receipts *l,
                             struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned i = 0; st == CLV_OK && i < l->num; i++) {
        st = plan_receipt(c, i, &l->rows, &l->plan[i], err);
        if (st == CLV_OK)
            st = record_receipt(c, &l->plan[i].request, &l->entry[i], err);
    }
    return st == CLV_OK ? record_checkpoint(c, err) : st;
}

bool is_last_receipt(const char *kind)
{
    return strcmp(kind, RECEIPT_OF_CEREMONY) == 0 || strcmp(kind, RECEIPT_OF_LOADED_PART) == 0;
}

/* They stand in the record, and no sheet was made of them. */
static clv_status void_all(struct clv_conductor *c, const struct last_receipts *l,
                           struct clv_error *err)
{
    clv_status st = CLV_OK;
    for (unsigned i = 0; st == CLV_OK && i < l->num; i++)
        st = record_receipt_void(c, l->entry[i].number,
                                 "a deviation came before its sheet was made", err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN, "The last receipts are recorded again: they tell of the deviation.");
    return st;
}

/* Some have a sheet, some have none: all are made anew. */
static clv_status void_interrupted(struct clv_conductor *c, struct clv_error *err)
{
    struct history *h = c->history;
    clv_status st = CLV_OK;
    if (h == NULL || h->num_last_receipts == 0)
        return CLV_OK;
    for (size_t i = 0; st == CLV_OK && i < h->num_last_receipts; i++)
        st = record_receipt_void(c, h->last_receipts[i],
                                 "the ceremony was interrupted before all last receipts were made",
                                 err);
    if (st == CLV_OK)
        tell(c, CLV_TONE_WARN,
             "The last receipts are made anew: the ceremony was interrupted before all were made. "
             "Those that are there are void; tear their sheets with the witness.");
    h->num_last_receipts = 0;
    return st;
}

/* All are on record under one checkpoint, which the witnesses cosign, and each tells how many
 * deviations there were. */
static clv_status record_cosigned(struct clv_conductor *c, struct last_receipts *l,
                                  struct clv_error *err)
{
    struct cosigners cosigners;
    bool all_told = false;
    clv_status st = gather_cosigners(c, &cosigners, err);
    while (st == CLV_OK && !all_told) {
        size_t told = c->ceremony->num_deviations;
        st = record_all(c, l, err);
        if (st == CLV_OK)
            st = cosign_head(c, &cosigners, err);
        all_told = c->ceremony->num_deviations == told;
        if (st == CLV_OK && !all_told)
            st = void_all(c, l, err);
    }
    return st;
}

/* All proofs are written before anything else is. What becomes paper is told as it is then, and a
 * proof that cannot be written is left to make_receipt(). */
static clv_status make_receipts(struct clv_conductor *c, struct last_receipts *l,
                                struct clv_error *err)
{
    clv_status st = record_cosigned(c, l, err);
    for (unsigned i = 0; st == CLV_OK && i < l->num; i++)
        (void)prepare_receipt(c, &l->plan[i].request, &l->entry[i], &l->plan[i].request.prepared,
                              NULL);
    for (unsigned i = 0; st == CLV_OK && i < l->num; i++) {
        st = plan_receipt(c, i, &l->rows, &l->plan[i], err);
        if (st == CLV_OK)
            st = make_receipt(c, &l->plan[i].request, err);
    }
    for (unsigned i = 0; i < l->num; i++)
        prepared_free(&l->plan[i].request.prepared);
    return st;
}

clv_status task_receipts(struct clv_conductor *c, const struct clv_task *task,
                         struct clv_error *err)
{
    struct last_receipts *l = calloc(1, sizeof(*l));
    if (l == NULL)
        return clv_fail(err, CLV_E_MEMORY, "no memory for receipts");
    l->num = c->config.script->num_owners + 1;
    clv_status st = seat_person(c, task->person, err);
    if (st == CLV_OK)
        st = void_interrupted(c, err);
    if (st == CLV_OK)
        st = make_receipts(c, l, err);
    free(l);
    struct clv_event e = event_of(CLV_EVENT_RECEIPTS_OVER);
    e.number = c->num_documents;
    return st == CLV_OK ? record(c, &e, err) : st;
}
