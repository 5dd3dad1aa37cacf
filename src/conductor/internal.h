/* conductor, private: what a running ceremony holds, and the helpers its tasks share. */
#ifndef CONDUCTOR_INTERNAL_H
#define CONDUCTOR_INTERNAL_H

#include "claviger/ceremony.h"
#include "claviger/conductor.h"
#include "claviger/custody.h"
#include "claviger/journal.h"
#include "claviger/keyfile.h"
#include "claviger/receipt.h"
#include "claviger/unit.h"
#include "claviger/unit/signing.h"

/* A signature key of the signing service, in its owner's turn or open. */
struct service_key {
    bool open;
    bool given_up; /* in the order that is under way */
    struct clv_signing_key key;
    struct clv_secret *token;
    unsigned num_recorded; /* of its signatures: those that are on record or are none of an order */
};

struct clv_conductor {
    struct clv_conductor_config config;
    const struct clv_face *face;
    char id[CLV_CEREMONY_ID_MAX + 1];
    char *receipts_dir;
    struct clv_ceremony *ceremony;
    struct clv_journal *journal;
    struct clv_fleet *fleet;
    struct clv_kdf *kdf;
    enum clv_kdf_profile profile;
    struct clv_same_guard *guard;
    struct clv_accumulator *parts;
    struct clv_sigkey keys[CLV_MAX_SIGNERS]; /* open ones have a key */
    struct clv_signing *signing;             /* the site's service, NULL: none */
    struct service_key service_keys[CLV_MAX_SIGNERS];
    struct stage *stage;
    size_t shown_step; /* step whose opening words were read, + 1 */
    unsigned seated;   /* seat at the keyboard, 0: nobody yet */
    unsigned num_documents;
    struct clv_check_values checks;                             /* of the combined key */
    char part_checks[CLV_MAX_SLOTS + 1][CLV_CHECK_PART_RECORD]; /* as they are on record */
    struct history *history;                                    /* of a ceremony that is resumed */
    char printer[61];                                           /* print queue, "": none */
    unsigned num_mishaps;                                       /* of a drill, so far */
    const char *mirror; /* folder of the second copy of the journal, NULL: none */
    struct {
        unsigned medium; /* 1 or 2, 0: none that is not on record yet */
        char folder[512];
    } given_up;
    size_t reserve_seen;
    struct clock_mark {
        bool set;
        int64_t wall_ms, boot_ms;
    } clock;           /* at the last entry */
    bool only_looking; /* nothing may be written yet, no deviation either */
    bool task_is_over; /* who may do the task has changed: the engine's next one comes */
};

/* What a task returns: CLV_OK and the next task is asked for, or the reason to leave. */
typedef clv_status task_fn(struct clv_conductor *c, const struct clv_task *task,
                           struct clv_error *err);

/* ---- record.c: events into engine and journal ---- */
struct clv_event event_of(enum clv_event_kind kind);
/* Steps the engine, then appends; carries out checkpoint and wipes. A full disk pauses: people make
 * room or stop. errors  CLV_E_RULE: the engine refused, nothing was written */
clv_status record(struct clv_conductor *c, struct clv_event *event, struct clv_error *err);
clv_status record_simple(struct clv_conductor *c, enum clv_event_kind kind, unsigned person,
                         struct clv_error *err);
clv_status record_checkpoint(struct clv_conductor *c, struct clv_error *err);
/* Fills a text field of an event, cut at a character's border. */
void set_text(char *field, size_t cap, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define SET(field, ...) set_text(field, sizeof(field), __VA_ARGS__)

/* ---- pause.c: a journal that cannot be written ---- */
/* Pauses until people have mended it, or go on with one copy. errors  they stopped */
clv_status append_or_pause(struct clv_conductor *c, struct clv_view line, struct clv_error *err);
/* So with set_space_aside(). */
clv_status space_or_pause(struct clv_conductor *c, struct clv_error *err);

/* ---- space.c: disk space for what a ceremony writes ---- */
/* As much as the script, and the units known so far, may need; more than that stays. */
clv_status set_space_aside(struct clv_conductor *c, struct clv_error *err);
/* For a receipt that found the disk full. False: nothing is left, or receipts lie elsewhere. */
bool make_room_for_receipt(struct clv_conductor *c);

/* ---- media.c: the journal on two media ---- */
/* On record behind the first entry. */
clv_status note_media(struct clv_conductor *c, struct clv_error *err);
/* A copy that was given up is on record, and a deviation, as soon as anything is. */
clv_status note_given_up(struct clv_conductor *c, struct clv_error *err);
/* Before an interrupted ceremony's journal is opened: waits for the second medium, or goes on
 * without it. errors  CLV_E_INTERRUPTED: people left it */
clv_status find_mirror(struct clv_conductor *c, struct clv_error *err);
void remember_lacks(struct clv_conductor *c);
/* A line about a copy that is behind, or "". */
void lacks_text(const struct clv_conductor *c, char *buf, size_t cap);
clv_status note_caught_up(struct clv_conductor *c, struct clv_error *err);

/* ---- clock.c: a wall clock that jumps ---- */
/* Before each entry. */
clv_status clock_watch(struct clv_conductor *c, struct clv_error *err);
/* A resumed journal whose last entry is later than now. */
clv_status clock_compare_with_record(struct clv_conductor *c, struct clv_error *err);

/* ---- ask.c: questions ---- */
clv_status ask(struct clv_conductor *c, const struct clv_question *q, struct clv_reply *ret,
               struct clv_error *err);
clv_status ask_continue(struct clv_conductor *c, const char *id, const char *title,
                        const char *const *lines, size_t num_lines, struct clv_error *err);
/* One line that passes clv_text_check(); asked again, with what was wrong, until it does. */
clv_status ask_text(struct clv_conductor *c, const struct clv_question *q, size_t max_chars,
                    char *ret, size_t cap, struct clv_error *err);
clv_status ask_choice(struct clv_conductor *c, const struct clv_question *q, size_t *ret,
                      struct clv_error *err);
clv_status ask_phrase(struct clv_conductor *c, const struct clv_question *q, struct clv_error *err);
clv_status ask_secret(struct clv_conductor *c, const struct clv_question *q,
                      struct clv_secret **ret, struct clv_error *err);
/* Shows an error and waits for Enter: what happened, what was not changed, what to do now. */
clv_status show_problem(struct clv_conductor *c, const char *id, const struct clv_error *problem,
                        struct clv_error *err);
clv_status record_deviation(struct clv_conductor *c, struct clv_error *err);
void tell(struct clv_conductor *c, enum clv_tone tone, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- turn.c: who sits at the keyboard ---- */
const struct clv_seat *seat_of(const struct clv_conductor *c, unsigned person);
/* Curtain when somebody else sat there; then the stage shows the new one. */
clv_status seat_person(struct clv_conductor *c, unsigned person, struct clv_error *err);
/* As seat_person(), and the turn is on record. */
clv_status begin_turn(struct clv_conductor *c, unsigned person, struct clv_error *err);
clv_status end_turn(struct clv_conductor *c, unsigned person, struct clv_error *err);

/* ---- people.c: who is in the room ---- */
/* What F4 is for: a deviation, or somebody leaves, is back, is replaced. CLV_OK: the question goes
 * on. errors  with task_is_over set: leave the task, the engine has another one */
clv_status off_script(struct clv_conductor *c, struct clv_error *err);
/* The curtain when nobody typed in a secret turn; then the same person goes on, or has left. As
 * off_script(). */
clv_status turn_paused(struct clv_conductor *c, struct clv_error *err);
/* One line, for the record. */
clv_status ask_reason(struct clv_conductor *c, const char *title, char *buf, size_t cap,
                      struct clv_error *err);
/* What one person is asked to agree to. */
struct consent {
    const char *name;
    enum clv_role role;
    const char *what, *reason;
    const char *refusing; /* what a "no" does */
};
/* Whoever answered is added to names, with ", " between two. */
clv_status ask_consent(struct clv_conductor *c, const struct consent *x, bool *ret_agreed,
                       char *names, size_t cap, struct clv_error *err);
/* "part-owner": the role in ids of questions. */
const char *role_key(enum clv_role role);

/* ---- stage.c: the snapshot for the faces ---- */
clv_status stage_new(struct clv_conductor *c, struct clv_error *err);
void stage_free(struct clv_conductor *c);
void stage_refresh(struct clv_conductor *c, bool secret_turn);

/* ---- work.c: something slow, with progress ---- */
typedef clv_status work_fn(void *arg, struct clv_error *err);
/* Runs fn in a thread of its own while the face shows progress. ^C waits for fn to end, then
 * answers CLV_E_INTERRUPTED. */
clv_status work(struct clv_conductor *c, const char *title, unsigned estimate_ms, work_fn *fn,
                void *arg, struct clv_error *err);

/* ---- password.c: new passwords, and key files made and opened ---- */
/* Asks for a new password twice, or offers a passphrase and has it retyped. */
clv_status new_password(struct clv_conductor *c, const char *id, const char *what,
                        struct clv_secret **ret, struct clv_error *err);
clv_status create_keyfile(struct clv_conductor *c, const struct clv_keyfile_request *request,
                          const char *title, struct clv_keyfile_info *ret_info, char **ret_path,
                          struct clv_error *err);

enum after_failure { TRY_AGAIN, OTHER_FILE, LATER, STOP };
/* Opens a key file of the person whose turn it is: file (borrowed name in key_dir, NULL: choose),
 * password, and the ways out. *ret_after is TRY_AGAIN when it opened. */
struct opened {
    struct clv_secret *payload;
    struct clv_keyfile_info info;
    char file[CLV_NAME_MAX * 4 + 1];
};
clv_status open_keyfile(struct clv_conductor *c, const struct clv_task *task, const char *id,
                        enum clv_keyfile_kind kind, const char *file, struct opened *ret,
                        enum after_failure *ret_after, struct clv_error *err);
/* What to do after something was refused in somebody's turn. other: what OTHER_FILE means, NULL:
 * that is not offered. */
clv_status ask_after_failure(struct clv_conductor *c, const char *id, const struct clv_error *why,
                             const char *other, enum after_failure *ret, struct clv_error *err);
/* When a turn failed with something its person can mend: says so, asks what now, and answers CLV_OK
 * so that the engine's next task is asked for. Anything else, and CLV_OK, is returned as it is. */
clv_status survive_refusal(struct clv_conductor *c, const struct clv_task *task, const char *id,
                           bool other_file, clv_status st, struct clv_error *err);
/* Carries out LATER and STOP for the person whose turn it is. */
clv_status leave_turn(struct clv_conductor *c, unsigned person, enum after_failure how,
                      struct clv_error *err);

/* ---- token.c: access tokens of service instances ---- */
/* As hooks->token of a fleet: asks for a token, or that a new one be put in its file.
 * errors  CLV_E_DOUBT: the people go on without this service; CLV_E_INTERRUPTED */
clv_status ask_token(struct clv_conductor *c, const struct clv_service *service, const char *why,
                     struct clv_secret **ret, struct clv_error *err);

/* ---- service.c: signature keys of the signing service ---- */
#define SERVICE_PREFIX "service:" /* of its name, where a key file's would stand */
bool has_service(const struct clv_conductor *c);
/* The key's name behind the prefix, or NULL: it is a file. */
const char *service_key_of(const char *file);
/* "sign.example:8443", written to buf. */
const char *service_host(const struct clv_conductor *c, char *buf, size_t cap);
/* Of the site, if it names one. errors  CLV_E_WORLD: its keys are of the other world */
clv_status service_new(struct clv_conductor *c, struct clv_error *err);
void service_key_close(struct service_key *k);
/* ret: a name, or "" for a key file. create: that one would be made now. */
clv_status ask_key_source(struct clv_conductor *c, const char *id, bool create,
                          char ret[CLV_EP11_SIGNING_NAME_MAX + 1], struct clv_error *err);
/* Token, public key, the owner's phrase, a first signature; and the ways out. *ret_after is
 * TRY_AGAIN when it is open, OTHER_FILE when the owner wants another source. */
clv_status open_service_key(struct clv_conductor *c, const struct clv_task *task, const char *id,
                            const char *name, enum after_failure *ret_after, struct clv_error *err);

/* ---- service_token.c: access tokens of such keys ---- */
/* For a key that is to be opened; none may be needed. refused: the one before, or NULL. *why_not: a
 * file could not be read. Anything but CLV_OK: the question was not answered. */
clv_status service_token(struct clv_conductor *c, const char *id, struct service_key *k,
                         const struct clv_secret *refused, struct clv_error *why_not,
                         struct clv_error *err);
/* The service is asked once more in the middle of an order: a file may hold another token by now;
 * one that was typed and refused is typed anew, by the key's owner. */
clv_status service_token_again(struct clv_conductor *c, unsigned slot, const char *why,
                               struct clv_error *err);

/* ---- signing.c: who signs an order ---- */
void close_signer(struct clv_conductor *c, unsigned slot);
void close_all_signers(struct clv_conductor *c);
/* All open ones, from slot 1 on; ret has CLV_MAX_SIGNERS. */
clv_status open_signers(struct clv_conductor *c, struct clv_ep11_signer *ret, size_t *ret_num,
                        struct clv_error *err);
/* As hooks->signature of a fleet. errors  why->code: nothing is sent with this key any more */
clv_status ask_signature(struct clv_conductor *c, struct clv_signing_key *key,
                         const struct clv_error *why, struct clv_error *err);
/* How often the key has signed since this was asked last; number 0: not at all. */
struct clv_event signatures_since(struct clv_conductor *c, enum clv_phase phase, unsigned slot);
/* Behind an order: how often each key has signed is on record; keys that were given up are closed.
 */
clv_status settle_services(struct clv_conductor *c, enum clv_phase phase, struct clv_error *err);
/* *ret_there stays false when the key is not open, or was given up. */
clv_status admin_certificate(struct clv_conductor *c, unsigned slot, struct clv_writer *w,
                             bool *ret_there, struct clv_error *err);

/* ---- documents.c: receipts on screen and on paper ---- */
/* What a receipt is about, as its entry names it (docs/formats/events.md). */
#define RECEIPT_OF_PART "key-part"
#define RECEIPT_OF_LOADED_PART "part-loaded"
#define RECEIPT_OF_CEREMONY "ceremony"

struct receipt_request {
    const char *kind; /* RECEIPT_OF_...: for file names and the journal */
    const char *title;
    unsigned person;
    const uint8_t *pattern, *digest;
    const struct clv_document_row *rows;
    size_t num_rows;
    bool whole_cast; /* signature lines for everybody, else for person and witness */
    struct prepared_receipt *prepared; /* its proof is written; NULL: make_receipt() does it all */
};
/* Where a receipt stands in the journal. */
struct receipt_entry {
    unsigned number; /* of the document */
    uint64_t seq;
};
clv_status record_receipt(struct clv_conductor *c, const struct receipt_request *request,
                          struct receipt_entry *ret, struct clv_error *err);
/* The receipt with that serial counts no more; a stray copy of it is recognised. */
clv_status record_receipt_void(struct clv_conductor *c, unsigned serial, const char *why,
                               struct clv_error *err);
/* On record and under a checkpoint: writes proof and codes and reads them back. *ret:
 * prepared_free(), or used up by make_receipt(). */
clv_status prepare_receipt(struct clv_conductor *c, const struct receipt_request *request,
                           const struct receipt_entry *entry, struct prepared_receipt **ret,
                           struct clv_error *err);
void prepared_free(struct prepared_receipt **prepared);
/* Shows and prints it; what fails is made again, as a document of its own. request->prepared is
 * used up. */
clv_status make_receipt(struct clv_conductor *c, struct receipt_request *request,
                        struct clv_error *err);

/* ---- checks.c: check values for people, each with its name ---- */
#define MAX_CHECK_ROWS 5
struct check_rows {
    size_t num;
    char text[MAX_CHECK_ROWS][CLV_CHECK_TEXT];
    struct clv_document_row row[MAX_CHECK_ROWS]; /* borrowed from the texts */
};
/* record: as clv_check_part_record() writes it. */
void fill_check_rows(const char *record, struct check_rows *ret);
/* Of the combined key, to be read before it is loaded. */
clv_status show_pattern(struct clv_conductor *c, struct clv_error *err);

/* ---- follow_up.c ---- */
#define FOLLOW_UP_SCRIPT "follow-up.yaml"
#define FOLLOW_UP_SITE "follow-up-site.yaml"
/* Units were set aside, and there is a key to bring them to. */
bool follow_up_is_due(const struct clv_conductor *c);
/* Both files, the same each time; *ret_hash is the script's. */
clv_status follow_up_write(struct clv_conductor *c, uint8_t ret_hash[32], struct clv_error *err);

/* ---- printing.c ---- */
/* Prints the sheet if there is a printer, and asks how it looks. *ret_again: it is void, another
 * one is to be made. */
clv_status print_receipt(struct clv_conductor *c, const char *path, unsigned number,
                         const char *serial, bool *ret_again, struct clv_error *err);

/* ---- mishap.c: each does nothing but in its drill ---- */
#define DECOY "part-2-other.clvkey"
void mishap_recorded(struct clv_conductor *c, const struct clv_event *e);
clv_status mishap_typed(struct clv_conductor *c, const struct clv_task *task,
                        struct clv_secret **password, struct clv_error *err);
clv_status mishap_sealed(struct clv_conductor *c, const struct clv_keyfile_info *info,
                         const struct clv_secret *password, struct clv_error *err);
clv_status mishap_opening(struct clv_conductor *c, const struct clv_task *task,
                          struct clv_error *err);
/* true: the sheet is lost, err says how. */
bool mishap_printing(struct clv_conductor *c, struct clv_error *err);

/* ---- issue.c: a receipt's files ---- */
#define MAX_DOCUMENT_ROWS 220
#define MAX_COSIGNERS 4 /* named on paper */
struct issue {
    const struct clv_journal *journal;
    const char *dir, *stem, *serial;
    uint64_t seq;
};
/* Writes STEM.tlog-proof and STEM.codes of an entry under the last checkpoint, and reads both back:
 * a receipt counts when what was written proves what was meant. */
clv_status issue_receipt(const struct issue *issue, struct clv_codes *ret_codes,
                         struct clv_error *err);
/* "DIR/STEM.ending", the caller's to free. */
clv_status issue_path(const char *dir, const char *stem, const char *ending, char **ret,
                      struct clv_error *err);
/* Who cosigned the last checkpoint, as rows of a document. */
struct cosigner_rows {
    size_t num;
    char text[MAX_COSIGNERS][200];
};
void fill_cosigners(const struct clv_journal *j, struct cosigner_rows *ret);
/* Borrowed from the texts; how many rows, at most MAX_COSIGNERS. */
size_t add_cosigners(const struct cosigner_rows *cosigners, struct clv_document_row *rows);

/* ---- cosign.c: cosignatures in a ceremony ---- */
/* errors  CLV_E_FORMAT, CLV_E_UNSUPPORTED: a key that the site names is none */
clv_status check_witnesses(const struct clv_site *site, struct clv_error *err);
/* The witnesses whose keys the site names. */
struct cosigners {
    size_t num;
    struct cosigner {
        struct clv_vkey key;
        bool ready; /* false: a deviation says why */
    } cosigner[CLV_SITE_WITNESSES_MAX];
};
/* Asks who is ready, before anything tells of it. errors  those of asking */
clv_status gather_cosigners(struct clv_conductor *c, struct cosigners *ret, struct clv_error *err);
/* The head is cosigned by everybody who is ready. Returns early when there is one deviation more:
 * what was signed does not tell of it. errors  those of asking */
clv_status cosign_head(struct clv_conductor *c, struct cosigners *all, struct clv_error *err);

/* ---- the tasks ---- */
task_fn task_open, task_self_check, task_judge_checks, task_roll_call, task_find_units,
    task_review_units, task_signature_key, task_open_signer, task_create_part, task_commitment,
    task_open_part, task_pattern, task_confirm, task_order, task_query, task_decide, task_receipts,
    task_sign_off, task_wait_for, task_close;

/* ---- last_receipts.c ---- */
/* Whether a receipt of that kind is one of the last, and not one of a key part that was made. */
bool is_last_receipt(const char *kind);

/* ---- opening.c ---- */
/* The checks of the workstation, shown; how many failed. recorded: each is an event, too. */
clv_status check_workstation(struct clv_conductor *c, const char *id, bool recorded,
                             unsigned *ret_failed, struct clv_error *err);
/* What killed programs had begun to write in the folders of this ceremony goes, and is told. */
void clear_drafts(struct clv_conductor *c);
/* The words of the step that begins, once. */
clv_status open_step(struct clv_conductor *c, struct clv_error *err);

/* ---- units.c ---- */
/* "1,2,3,4,5,6": the active units, for phrases; ranges ("1-40,42") above a dozen. Written to buf.
 */
const char *unit_list(const struct clv_conductor *c, char *buf, size_t cap);
void forget_parts(struct clv_conductor *c);
/* The units that parts are sealed for: those whose importer key this process holds and that have
 * none yet. */
void select_for_parts(struct clv_conductor *c);
/* What a query brought, before it is on record. */
struct looks {
    char (*why)[240]; /* by unit number: why a unit cannot be believed, or "" */
};
/* Queries every active unit; in a new process finds and trusts them first. A unit that does not
 * answer is no error. errors  CLV_E_UNTRUSTED, CLV_E_MISMATCH: other units than those on record */
clv_status look_at_units(struct clv_conductor *c, enum clv_phase phase, struct looks *ret,
                         struct clv_error *err);
void looks_clear(struct looks *looks);
/* UNIT_STATE or UNIT_SILENT. */
struct clv_event look_event(const struct clv_conductor *c, const struct looks *looks,
                            unsigned number);

/* ---- history.c: what the journal of an interrupted ceremony says ---- */
struct past_unit {
    enum clv_phase phase; /* of the last order, CLV_PHASE_NONE: none */
    const char *outcome;  /* "done", "in doubt", or that none is on record */
};
struct resume_seat {
    unsigned person;
    char name[CLV_NAME_MAX * 4 + 1]; /* who has it now */
    bool replaced;                   /* another than on record; then: */
    char reason[CLV_NAME_MAX * 4 + 1], approved_by[CLV_NAME_MAX * 4 + 1];
};
struct resume_people {
    struct resume_seat seat[1 + CLV_SCRIPT_MAX_WITNESSES]; /* the administrator, witnesses */
    size_t num;
};
struct history {
    bool slip_compared; /* what resume.c found out */
    struct resume_people people;
    unsigned num_failed_checks;
    int64_t last_ms; /* time of the last entry */
    uint64_t num_entries;
    uint64_t lacks[CLV_JOURNAL_MEDIA]; /* entries that copy had not, when the journal was opened */
    size_t torn_len;                   /* bytes that were set aside */
    struct past_unit *units;           /* by unit number, CLV_MAX_UNITS + 1 */
    uint64_t part_made[CLV_MAX_SLOTS + 1]; /* entry, 0: none */
    unsigned part_slip[CLV_MAX_SLOTS + 1]; /* serial of the last slip behind it, 0: none */
    unsigned last_receipts[CLV_MAX_VOID];  /* serials of those on record and not void */
    size_t num_last_receipts;              /* 0 once they are over */
};
/* Opens and verifies the journal, sets a torn end aside if people agree, and steps the engine
 * through every entry.
 * errors  the verdicts on the journal; CLV_E_MISMATCH: another script or site; CLV_E_WORLD;
 *         CLV_E_RULE: it is over already, or another process holds it; CLV_E_INTERRUPTED: the torn
 *         end stays where it is */
clv_status history_take(struct clv_conductor *c, struct clv_error *err);
void history_free(struct history **h);
/* Where the ceremony would stand after its next barrier if it were resumed now and these were the
 * answers. Nothing is recorded. *ret is the caller's. */
clv_status history_foresee(struct clv_conductor *c, const struct looks *looks,
                           struct clv_ceremony **ret, struct clv_error *err);

/* ---- resume_people.c ---- */
/* Asks administrator and witnesses for their names, and who is somebody else why and whether the
 * others agree. Nothing is written. *ret_leave: somebody did not agree. */
clv_status resume_ask_people(struct clv_conductor *c, struct resume_people *ret, bool *ret_leave,
                             struct clv_error *err);
/* Behind the event RESUMED: who was replaced. */
clv_status resume_record_people(struct clv_conductor *c, const struct resume_people *people,
                                struct clv_error *err);

/* ---- resume.c ---- */
/* Everything people see and say before the ceremony goes on; the last thing is the event RESUMED.
 * Until then nothing is written. *ret_leave: they chose to leave it as it is. */
clv_status resume_ceremony(struct clv_conductor *c, bool *ret_leave, struct clv_error *err);
/* What is due behind that event: deviations, slips that are missing, key files nobody knows of. */
clv_status resume_settle(struct clv_conductor *c, struct clv_error *err);

/* ---- commitments.c ---- */
/* From paper, and not from the record of the day's own making. */
bool commitment_was_typed(const struct clv_conductor *c, unsigned slot);
/* The part that was opened is not the one its commitment is about: another file, or the commitment
 * once more. CLV_OK: the engine's next task is asked for. */
clv_status commitment_refused(struct clv_conductor *c, const struct clv_task *task,
                              const struct clv_error *why, struct clv_error *err);

/* ---- parts.c ---- */
/* "part.2" */
void part_id(const struct clv_task *task, char *buf, size_t cap);
/* A refused part costs its owner another try, and nobody anything else. */
clv_status part_refused(struct clv_conductor *c, const struct clv_task *task, const char *id,
                        bool other_file, clv_status st, struct clv_error *err);
/* The slip of a part that was made before an interruption, from its key file's header. */
clv_status slip_again(struct clv_conductor *c, unsigned slot, struct clv_error *err);

#endif
