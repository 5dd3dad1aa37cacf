/* ceremony: the engine. What has happened, what comes next, what is refused. No I/O.
 *
 *     struct clv_ceremony *c;
 *     clv_ceremony_new(script, &c, err);
 *     clv_ceremony_step(c, &event, &effects, err);   accepted: journal it; refused: nothing changed
 *     clv_ceremony_task(c, &task);                   what to do now
 *
 * An event is a fact (somebody sat down, a unit answered, a person decided). The journal is the
 * list of accepted events; a ceremony is rebuilt by stepping a new engine through it. The engine
 * has no clock, no randomness, no files, no terminal, no secret: events carry seat and slot
 * numbers, public patterns, commitments and names.
 *
 * What only a process holds (open signature keys, sealed parts, importer keys, whose turn it is) is
 * gone when the process is: the event RESUMED says so, and goes back to the barrier of the last
 * command that was sent, where every unit is queried. What units or people have done is not undone.
 *
 * Three tables make the ceremony (docs/ceremony.md shows them, generated):
 *   program.c   for each kind of script step, the stations it passes: a state, perhaps a phase, and
 *               whether the station is needed
 *   rules.c     for each state and event: guard, action, where to go
 *   reconcile.c for each observed pair of registers: what it means, what may be done
 *
 * source  docs/ceremony.md; docs/formats/journal.md for the events as JSON */
#ifndef CLAVIGER_CEREMONY_H
#define CLAVIGER_CEREMONY_H

#include "claviger/base.h"
#include "claviger/custody.h"
#include "claviger/ep11.h"
#include "claviger/script.h"

#define CLV_MAX_SEATS 16 /* administrator, 3 witnesses, 3 owners, 8 signers */
#define CLV_MAX_SLOTS 3  /* key parts */
#define CLV_MAX_SIGNERS 8
#define CLV_MAX_UNITS 1024
#define CLV_NAME_MAX 64
#define CLV_MAX_VOID 32

/* ---- states, with what each guarantees ---- */
/* clang-format off */
#define CLV_STATES(X)                                                                                      \
    X(NEW,               "new",               "nothing is recorded yet")                                   \
    X(SELF_CHECK,        "self-check",        "the ceremony has an identity; nobody has typed anything")   \
    X(SELF_CHECK_FAILED, "self-check failed", "as self-check; somebody must decide")                       \
    X(ROLL_CALL,         "roll call",         "the workstation passed, or its faults are on record")       \
    X(FIND_UNITS,        "find units",        "every seat of the script has a person")                     \
    X(REVIEW_UNITS,      "review units",      "every selected unit is trusted and its state known")        \
    X(SIGNATURE_KEYS,    "signature keys",    "no unit has been changed since the review but by a reset")  \
    X(OPEN_SIGNERS,      "open signature keys", "every signature key is on record and was used once")      \
    X(CREATE_PARTS,      "create key parts",  "parts are sealed in files; none is in memory between turns")\
    X(COMMITMENTS,       "commitments",       "no password of a load has been asked")                      \
    X(OPEN_PARTS,        "open key parts",    "every commitment is on record; units hold importer keys")   \
    X(PATTERN,           "expected pattern",  "every part matched its commitment and is sealed for all units") \
    X(CONFIRM,           "confirm",           "every unit passed the barrier before this phase")           \
    X(DISPATCH,          "dispatch",          "an intent stands in the journal before each command")       \
    X(BARRIER,           "barrier",           "no command is on its way")                                  \
    X(TROUBLE,           "trouble",           "no command is on its way; nothing goes on without a decision") \
    X(ROLLED_BACK,       "rolled back",       "the new register is empty on every selected unit")          \
    X(RECEIPTS,          "receipts",          "all selected units were compared and are the same")         \
    X(SIGN_OFF,          "sign-off",          "every receipt is written and was read back")                \
    X(CLOSING,           "closing",           "everybody has signed off or dissented")                     \
    X(CLOSED,            "closed",            "the last entry lists deviations, units set aside, what is left") \
    X(STOPPED,           "stopped",           "as closed, but before the end of the script")
/* clang-format on */
enum clv_state {
#define CLV_STATE_ENUM(name, text, guarantee) CLV_STATE_##name,
    CLV_STATES(CLV_STATE_ENUM)
#undef CLV_STATE_ENUM
        CLV_NUM_STATES
};
const char *clv_state_name(enum clv_state state);
const char *clv_state_guarantee(enum clv_state state);

/* ---- phases: one order to all selected units, then a barrier ---- */
enum clv_phase {
    CLV_PHASE_NONE,
    CLV_PHASE_SURVEY, /* query only */
    CLV_PHASE_RESET,
    CLV_PHASE_ADMINS,
    CLV_PHASE_THRESHOLDS,
    CLV_PHASE_IMPORTERS,
    CLV_PHASE_LOAD,
    CLV_PHASE_COMMIT,
    CLV_PHASE_SET_IMMEDIATE,
    CLV_PHASE_COMPARE, /* query only: all the same, all live */
    CLV_PHASE_CLEAR_NEW,
    CLV_NUM_PHASES
};
const char *clv_phase_name(enum clv_phase phase); /* "set immediate" */

/* ---- events ---- */
/* Fields of an event; each kind has its own subset (event.c lists them with their JSON names). */
struct clv_observed {
    bool imprint;
    unsigned num_admins;
    uint8_t admin_ski[CLV_EP11_MAX_ADMINS][CLV_SKI_LEN]; /* sorted */
    unsigned sign_threshold, revoke_threshold;
    enum clv_ep11_new_state new_state;
    enum clv_ep11_current_state current_state;
    uint8_t new_pattern[CLV_EP11_PATTERN_LEN], current_pattern[CLV_EP11_PATTERN_LEN];
};

enum clv_role { CLV_ROLE_ADMINISTRATOR, CLV_ROLE_WITNESS, CLV_ROLE_OWNER, CLV_ROLE_SIGNER };
const char *clv_role_name(enum clv_role role); /* "key-part owner" */

/* X(name, json name) */
/* clang-format off */
#define CLV_EVENTS(X)                                                                                  \
    X(OPENED,          "opened")           /* id, world, script, tool, journal key */                  \
    X(CHECK,           "check")            /* one line of the self-check */                            \
    X(CHECKS_OVER,     "checks-over")                                                                  \
    X(PERSON_HERE,     "person-here")                                                                  \
    X(ROLL_COMPLETE,   "roll-complete")                                                                \
    X(PERSON_LEFT,     "person-left")      /* the room, before the sign-off: a deviation */            \
    X(PERSON_BACK,     "person-back")                                                                  \
    X(PERSON_REPLACED, "person-replaced")  /* somebody else takes the seat: a deviation */             \
    X(UNIT_SEEN,       "unit-seen")        /* identity, pinned */                                      \
    X(UNIT_LEFT_OUT,   "unit-left-out")    /* selected, but never trusted: set aside */                \
    X(UNITS_FOUND,     "units-found")                                                                  \
    X(UNIT_STATE,      "unit-state")       /* observed by query */                                     \
    X(UNIT_SILENT,     "unit-silent")      /* a query brought nothing to rely on */                    \
    X(IMPORTER_GONE,   "importer-gone")    /* a query showed that our importer key is lost there */    \
    X(REVIEWED,        "reviewed")                                                                     \
    X(TURN_BEGUN,      "turn-begun")                                                                   \
    X(TURN_ENDED,      "turn-ended")                                                                   \
    X(TURN_LATER,      "turn-later")       /* somebody else goes first */                              \
    X(PASSWORD_WRONG,  "password-wrong")                                                               \
    X(FILE_REFUSED,    "file-refused")                                                                 \
    X(SIGKEY_READY,    "signature-key-ready") /* created or opened, and used once */                   \
    X(SIGNER_OPENED,   "signer-opened")                                                                \
    X(SIGNERS_CLOSED,  "signers-closed")                                                               \
    X(SIGNER_CLOSED,   "signer-closed")    /* one: it did not sign when it was asked */                \
    X(SERVICE_SIGNED,  "service-signed")   /* how often a signing service signed for an order */       \
    X(PART_MADE,       "part-made")                                                                    \
    X(COMMITMENT,      "commitment")                                                                   \
    X(COMMITMENT_BACK, "commitment-back")  /* typed wrongly: the load begins anew */                   \
    X(PART_OPENED,     "part-opened")                                                                  \
    X(PART_REFUSED,    "part-refused")                                                                 \
    X(PATTERN,         "pattern")                                                                      \
    X(CONFIRMED,       "confirmed")                                                                    \
    X(INTENT,          "intent")                                                                       \
    X(OUTCOME,         "outcome")                                                                      \
    X(ORDER_OVER,      "order-over")                                                                   \
    X(BARRIER_OVER,    "barrier-over")                                                                 \
    X(DECISION,        "decision")                                                                     \
    X(DEVIATION,       "deviation")                                                                    \
    X(RECEIPT,         "receipt")                                                                      \
    X(RECEIPT_VOID,    "receipt-void")     /* its sheet is spoilt; another serial takes its place */   \
    X(COSIGNED,        "cosigned")         /* a witness's cosignature is on the last checkpoint */     \
    X(RECEIPTS_OVER,   "receipts-over")                                                                \
    X(SIGNED_OFF,      "signed-off")                                                                   \
    X(CLOCK_JUMPED,    "clock-jumped")     /* against the clock that only counts */                    \
    X(MEDIUM,          "medium")           /* a copy of the journal begins, is given up, catches up */ \
    X(INTERRUPTED,     "interrupted")                                                                  \
    X(RESUMED,         "resumed")          /* another process goes on */                               \
    X(CLOSED,          "closed")
/* clang-format on */
enum clv_event_kind {
#define CLV_EVENT_ENUM(name, text) CLV_EVENT_##name,
    CLV_EVENTS(CLV_EVENT_ENUM)
#undef CLV_EVENT_ENUM
        CLV_NUM_EVENTS
};
const char *clv_event_name(enum clv_event_kind kind);

enum clv_decision {
    CLV_DECIDE_REPEAT,    /* do the self-check again */
    CLV_DECIDE_WAIVE,     /* go on in spite of a failed check: a deviation */
    CLV_DECIDE_WAIT,      /* query again, change nothing */
    CLV_DECIDE_RETRY,     /* query, then give the order again where the query says it is due */
    CLV_DECIDE_SET_ASIDE, /* go on without one unit: a deviation */
    CLV_DECIDE_ROLL_BACK, /* clear the new register on every selected unit */
    CLV_DECIDE_LOAD_AGAIN,
    CLV_DECIDE_STOP,
    CLV_NUM_DECISIONS
};
const char *clv_decision_name(enum clv_decision decision); /* "set-aside" */

struct clv_event {
    enum clv_event_kind kind;
    int64_t wall_ms; /* noted, never decides */
    unsigned person; /* seat number, 1-based; 0: none */
    unsigned unit;   /* 1-based */
    unsigned slot;   /* key part 1..3, or number of a signature key */
    unsigned number; /* attempt, deviation number, count, seconds; see event.c */
    bool ok;
    enum clv_phase phase;
    enum clv_decision decision;
    uint8_t pattern[CLV_EP11_PATTERN_LEN];
    uint8_t digest[32];  /* commitment, SKI, hash of a script or document */
    uint8_t digest2[32]; /* hash of a file */
    uint8_t counter[CLV_EP11_COUNTER_LEN];
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    struct clv_observed observed;
    char name[CLV_NAME_MAX * 4 + 1]; /* person, order, check, file: UTF-8 */
    char text[512];                  /* sentence, reason, description */
    char text2[512];                 /* decided, remark */
};

/* One event as one line of JSON, for the journal; appended without a newline.
 * source  docs/formats/journal.md, "entries" */
clv_status clv_event_encode(const struct clv_event *event, struct clv_writer *w,
                            struct clv_error *err);
/* Strict: unknown kinds and members, missing members, wrong types are refused.
 * errors  CLV_E_FORMAT */
clv_status clv_event_decode(struct clv_view line, struct clv_event *ret, struct clv_error *err);

/* Name and form of an event's n-th member ("unit", "number"), behind "event" and "time"; NULL when
 * there is none. For the format's page. */
const char *clv_event_member(enum clv_event_kind kind, size_t n, const char **ret_form);

/* ---- what the engine knows ---- */
struct clv_seat {
    enum clv_role role;
    unsigned index; /* 1-based within the role */
    char name[CLV_NAME_MAX * 4 + 1];
    bool here;
    bool away; /* was here, and has left the room */
    bool signed_off;
    bool agrees;
    unsigned num_absences;
    int64_t left_ms, back_ms; /* of the last absence: for receipts, never decides */
};

enum clv_unit_progress {
    CLV_UNIT_IDLE, /* nothing sent in this phase */
    CLV_UNIT_SENT, /* intent on record, no outcome */
    CLV_UNIT_DONE,
    CLV_UNIT_REFUSED,
    CLV_UNIT_NOT_SENT,
    CLV_UNIT_DOUBT,
    CLV_UNIT_UNTRUSTED,
};

struct clv_unit_record {
    unsigned number;
    char serial[CLV_EP11_SERIAL_LEN + 1];
    char location[80];
    char root[80]; /* in which root its device certificates end, and how we know that one */
    uint8_t module_id[CLV_EP11_MODULE_ID_LEN];
    uint8_t device_ski[CLV_SKI_LEN];
    bool set_aside;
    bool left_out;   /* set aside because it could not be trusted: nothing of it is known */
    bool due;        /* gets the order of the phase */
    bool known;      /* observed is from the last query, and nothing was sent since */
    bool reset_sent; /* a reset of this ceremony may have come to it */
    bool importer;   /* this process holds an importer key of it, for the load that is going on */
    bool sealed;     /* and every part sealed for that key */
    enum clv_phase furthest; /* the last phase of a load whose order was sent to it */
    struct clv_observed observed;
    enum clv_unit_progress progress;
    uint8_t last_counter[CLV_EP11_COUNTER_LEN]; /* of the last intent */
    char trouble[240];                          /* sentence of the last failure, or "" */
};

struct clv_signer_record {
    bool ready; /* key on record and used once */
    bool open;  /* in this process, now */
    uint8_t ski[CLV_SKI_LEN];
    char name[CLV_NAME_MAX * 4 + 1]; /* administrator name in the certificate */
    char file[CLV_NAME_MAX * 4 + 1]; /* or "service:" and the key's name there */
    unsigned num_service_signatures; /* what a signing service gave for orders */
};

struct clv_part_record {
    bool made;      /* in this ceremony */
    bool committed; /* commitment on record */
    bool opened;    /* matched, sealed for all units; wiped */
    uint8_t commitment[32];
    uint8_t pattern[CLV_EP11_PATTERN_LEN]; /* of a random part; zero for a typed one */
    char file[CLV_NAME_MAX * 4 + 1];
};

/* A station of the program. */
struct clv_place {
    bool known, rolling_back;
    size_t step, station;
};

struct clv_deviation {
    unsigned number;
    unsigned step;
    char expected[512], happened[CLV_NAME_MAX * 4 + 80], decided[512];
};

struct clv_ceremony {
    const struct clv_script *script; /* borrowed */
    enum clv_state state;
    enum clv_phase phase;
    size_t step;    /* index into script->steps */
    size_t station; /* index into the step's program */
    char id[CLV_NAME_MAX];
    bool test_world;
    unsigned num_failed_checks;
    struct clv_seat seats[CLV_MAX_SEATS];
    unsigned num_seats;
    unsigned turn;                 /* seat that has the keyboard, 0: the administrator */
    unsigned queue[CLV_MAX_SEATS]; /* who comes next in a state of turns */
    unsigned round;                /* ADMINS: which administrator is being added, 0-based */
    bool reset_wanted;
    bool rolling_back; /* the stations are those of a roll back, not those of the step */
    bool retry;        /* a decision or a resumption asked for it */
    bool undecided;    /* in trouble, and nobody has decided yet */
    bool resumed;      /* and nothing was sent since: what is destructive is confirmed again */
    bool from_start;   /* a retry was asked for: units whose key is lost may be loaded again */
    bool first_confirmed;
    struct clv_place last_order; /* where the last command was sent from */
    bool holds_parts;            /* sealed forms are in memory */
    bool stopping;               /* the next CLOSED ends in STOPPED */
    struct clv_unit_record *units;
    size_t num_units;
    struct clv_signer_record signers[CLV_MAX_SIGNERS];
    struct clv_part_record parts[CLV_MAX_SLOTS];
    bool has_pattern;
    uint8_t pattern[CLV_EP11_PATTERN_LEN]; /* the expected one: ours */
    struct clv_deviation *deviations;
    size_t num_deviations;
    unsigned num_retries, num_wrong_passwords, num_receipts, num_resumptions, num_clock_jumps;
    unsigned
        void_receipts[CLV_MAX_VOID]; /* serials, in order; as many as num_void, if it holds them */
    size_t num_void;
};

/* ---- running it ---- */
struct clv_effects {
    bool checkpoint; /* sign the journal's head now: a turn or a phase has ended */
    bool wipe_parts; /* no part, sum or sealed form may stay */
    bool wipe_sum;   /* parts are opened once more: the sum of them begins anew */
    bool wipe_signers;
};

enum clv_task_kind {
    CLV_TASK_OPEN, /* give the ceremony its identity */
    CLV_TASK_SELF_CHECK,
    CLV_TASK_JUDGE_CHECKS,
    CLV_TASK_ROLL_CALL,
    CLV_TASK_FIND_UNITS,
    CLV_TASK_REVIEW_UNITS,
    CLV_TASK_SIGNATURE_KEY, /* person, slot: create or open, prove */
    CLV_TASK_OPEN_SIGNER,   /* person, slot */
    CLV_TASK_CREATE_PART,   /* person, slot */
    CLV_TASK_COMMITMENT,    /* person, slot */
    CLV_TASK_OPEN_PART,     /* person, slot */
    CLV_TASK_PATTERN,
    CLV_TASK_CONFIRM, /* phase, person */
    CLV_TASK_ORDER,   /* phase, to every unit that is due; slot: administrator to add */
    CLV_TASK_QUERY,   /* phase: query every unit, then BARRIER_OVER */
    CLV_TASK_DECIDE,  /* options */
    CLV_TASK_RECEIPTS,
    CLV_TASK_SIGN_OFF, /* person; who is away cannot agree */
    CLV_TASK_WAIT_FOR, /* person: nothing goes on before they are back or replaced */
    CLV_TASK_CLOSE,
    CLV_TASK_NONE, /* closed or stopped */
};
struct clv_task {
    enum clv_task_kind kind;
    enum clv_phase phase;
    unsigned person; /* seat */
    unsigned slot;
    bool second_person;              /* CONFIRM: this is the second confirmation */
    bool options[CLV_NUM_DECISIONS]; /* DECIDE */
};

clv_status clv_ceremony_new(const struct clv_script *script, struct clv_ceremony **ret,
                            struct clv_error *err);
void clv_ceremony_free(struct clv_ceremony **c);
/* errors  CLV_E_RULE: refused, with the reason; nothing changed */
clv_status clv_ceremony_step(struct clv_ceremony *c, const struct clv_event *event,
                             struct clv_effects *ret_effects, struct clv_error *err);
void clv_ceremony_task(const struct clv_ceremony *c, struct clv_task *ret);

/* Seat number of a role's n-th person (both 1-based); 0: there is none. */
unsigned clv_ceremony_seat(const struct clv_ceremony *c, enum clv_role role, unsigned index);
/* Who has to be back, or replaced, before anything goes on: administrator and witnesses always, the
 * others when everybody whose turn could come is away. 0: nobody. */
unsigned clv_ceremony_waits_for(const struct clv_ceremony *c);
/* Whether people may leave, come back and be replaced now: from the roll call to the end. */
bool clv_ceremony_notes_people(const struct clv_ceremony *c);
/* Whether somebody who is here could take their turn before the one who has it. */
bool clv_ceremony_others_wait(const struct clv_ceremony *c);
/* Units that are selected and not set aside. */
size_t clv_ceremony_num_active(const struct clv_ceremony *c);
/* Whether a turn of this role (owner or signer) lies ahead on the straight way to the sign-off. */
bool clv_ceremony_needs(const struct clv_ceremony *c, enum clv_role role);
/* Whether the station of the survey, where every unit is known, lies behind. */
bool clv_ceremony_knows_units(const struct clv_ceremony *c);

/* ---- reconciliation (reconcile.c) ---- */
enum clv_position {
    CLV_POS_UNKNOWN,     /* no answer: in doubt */
    CLV_POS_IMPRINT,     /* administrators not set */
    CLV_POS_EMPTY,       /* not loaded */
    CLV_POS_LOADED,      /* full uncommitted, ours */
    CLV_POS_READY,       /* full committed, ours */
    CLV_POS_LIVE,        /* current is ours, new is empty */
    CLV_POS_FOREIGN_NEW, /* new register holds something else */
    CLV_POS_ROTATION,    /* ours in the new register, another key live */
    CLV_POS_REDUNDANT,   /* ours in both */
    CLV_POS_OTHER_LIVE,  /* another key live, new empty */
    CLV_NUM_POSITIONS
};
enum clv_position clv_reconcile(const struct clv_observed *observed, bool known,
                                const uint8_t *expected /* NULL: none yet */);
const char *clv_position_meaning(enum clv_position position); /* "loaded, not committed" */
const char *clv_position_next(enum clv_position position);    /* one recommended action */
/* Whether the unit is where it must be behind the barrier of this phase; reason (cap 240) says why
 * not. */
bool clv_phase_passed(const struct clv_ceremony *c, const struct clv_unit_record *unit,
                      enum clv_phase phase, char *reason, size_t cap);
/* What holds the key, what is live: a sentence or two for people, from the observed states. */
void clv_ceremony_standing(const struct clv_ceremony *c, struct clv_writer *w);

/* What a decision will do to every unit, for people who are about to take it: "Units 1-3: the new
 * register is cleared. Unit 4: in doubt: asked first." source  docs/ceremony.md "Decisions" */
void clv_ceremony_forecast(const struct clv_ceremony *c, enum clv_decision decision,
                           struct clv_writer *w);
/* Whether a retry here begins with parts being opened again, for units that lost what was sealed
 * for them. */
bool clv_ceremony_retry_needs_parts(const struct clv_ceremony *c);
/* The one recommended decision in trouble, from the group rules. */
enum clv_decision clv_ceremony_recommended(const struct clv_ceremony *c);

/* The rules as a table for docs and tests. */
struct clv_rule_row {
    const char *state, *event, *guard, *action, *next;
};
size_t clv_rules_list(const struct clv_rule_row **ret_rows);

#endif
