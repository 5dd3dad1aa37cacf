/* conductor: carries out what the engine asks for, through ports.
 *
 *     struct clv_conductor *c;
 *     clv_conductor_new(&config, &c, err);
 *     clv_conductor_run(c, err);       until the ceremony is closed, stopped or interrupted
 *     clv_conductor_free(&c);
 *
 * The engine (room ceremony) decides what comes next; the conductor does it: asks people through a
 * face, opens key files, gives orders to the fleet, writes every event to the journal before it
 * acts on it, prints receipts. It holds the only secrets of a running ceremony, each for one turn.
 *
 * A face is one of the two ways people meet it: the TUI and the plain line-by-line mode. Both get
 * the same questions; what a face never does: validate, decide, write files, or keep an answer. */
#ifndef CLAVIGER_CONDUCTOR_H
#define CLAVIGER_CONDUCTOR_H

#include "claviger/base.h"
#include "claviger/journal.h"
#include "claviger/script.h"

struct clv_face;

/* ---- running a ceremony ------------------------------------------------------------------- */

struct clv_conductor;

/* A bad day on this side of the wire, for rehearsals (--drill). */
enum clv_mishap {
    CLV_MISHAP_NONE,
    CLV_MISHAP_POWER_CUT,    /* as soon as three units are live: power_cut() is called */
    CLV_MISHAP_STUCK_KEY,    /* the last character of owner 2's password does not come, once */
    CLV_MISHAP_SWAPPED_PART, /* another part of owner 2 lies in the place of theirs */
    CLV_MISHAP_OWNER_LEAVES, /* owner 2 is called away before their part is open */
    CLV_MISHAP_PAPER_JAM,    /* the first sheet does not come out of the printer */
};

/* How a sheet gets on paper. errors  CLV_E_IO, with what the printer says */
struct clv_printer {
    void *ctx;
    clv_status (*print)(void *ctx, const char *queue, const char *path, struct clv_error *err);
};

/* Which drills were passed with this script, for the first page and the last. */
struct clv_drill_book {
    void *ctx;
    /* A rehearsal is complete, and its last entry is in the journal. */
    void (*closed)(void *ctx, const char *ceremony_id, int64_t wall_ms);
    /* Names, with commas between them, or "none"; each of cap bytes. */
    void (*say)(void *ctx, char *passed, char *missing, size_t cap);
};

/* Everything is borrowed and must outlive the conductor. */
struct clv_conductor_config {
    const struct clv_script *script;
    const struct clv_site *site; /* roots loaded */
    const char *dir;             /* ceremony folder: journal; made if it is not there */
    const char *mirror;          /* folder of the journal's second copy; NULL: one copy */
    const char *receipts_dir;    /* NULL: "receipts" in dir */
    const char *key_dir;         /* where key files are made and looked for */
    bool test_world;
    bool resume; /* dir holds an interrupted ceremony: go on with it */
    const struct clv_face *face;
    const struct clv_clock *clock;
    const struct clv_random *random;
    const struct clv_printer *printer;   /* NULL: the system's print queue */
    const struct clv_drill_book *drills; /* NULL: nothing is said of drills */
    enum clv_mishap mishap;              /* refused in production */
    void (*power_cut)(void *ctx);        /* of CLV_MISHAP_POWER_CUT; does not return */
    void *power_cut_ctx;
};

enum clv_ending {
    CLV_ENDING_CLOSED,      /* all steps done, everybody signed off or dissented */
    CLV_ENDING_STOPPED,     /* stopped by decision; the record says what is left */
    CLV_ENDING_INTERRUPTED, /* ^C, a signal, the terminal went away; the journal says so */
    CLV_ENDING_LEFT,        /* not resumed: nothing was written */
};

/* Takes the folder (one ceremony, one process) and prepares the memory for Argon2. With resume:
 * verifies the journal and replays it; script and site must be those of its first entry.
 * errors  CLV_E_EXISTS: a journal is there; CLV_E_PERMISSION, CLV_E_MEMORY, CLV_E_IO; with resume
 *         also CLV_E_RULE: over already, or another process holds it; CLV_E_MISMATCH: another
 *         script or site; CLV_E_WORLD; CLV_E_DAMAGED, CLV_E_FORGED: what is wrong with the journal;
 *         CLV_E_INTERRUPTED: it ends in half an entry and people left it so */
clv_status clv_conductor_new(const struct clv_conductor_config *config, struct clv_conductor **ret,
                             struct clv_error *err);
void clv_conductor_free(struct clv_conductor **c);
/* Runs to the end of the ceremony, one way or another.
 * errors  what kept it from going on although the people wanted to; the journal is as far as it
 *         came, everything secret is wiped */
clv_status clv_conductor_run(struct clv_conductor *c, enum clv_ending *ret, struct clv_error *err);
/* "CLV-20261123-7F3A91C2"; valid after new. */
const char *clv_conductor_ceremony_id(const struct clv_conductor *c);

/* ---- afterwards --------------------------------------------------------------------------- */

struct clv_late_cosignature {
    const char *dir;          /* of the ceremony */
    const char *mirror;       /* of the journal's second copy, which gets it, too; NULL: none */
    const char *receipts_dir; /* NULL: "receipts" in dir */
    const struct clv_cosignature *cosignature;
    const struct clv_vkey *witness;
};
struct clv_cosigned_receipts {
    size_t num; /* receipts written anew */
    uint64_t size;
    bool test;
};
/* Adds a witness's cosignature of the last checkpoint to the journal, and writes every receipt of
 * the ceremony once more, with it, as NN-KIND-cosigned. Once more with the same cosignature brings
 * a second copy up to date that was not there.
 * errors  those of opening the journal and of clv_journal_cosigned(); of writing the receipts: the
 *         cosignature is in the journal then */
clv_status clv_conductor_add_cosignature(const struct clv_late_cosignature *late,
                                         struct clv_cosigned_receipts *ret, struct clv_error *err);

/* ---- what a face shows ------------------------------------------------------------------- */

/* Where the ceremony is: for the header, the step list and the unit table. All borrowed, valid
 * until the next call of the face. */
struct clv_stage_unit {
    unsigned number;
    const char *serial;   /* "TEST0001" */
    const char *location; /* "[test].[SW-CS1].[00].[01]" */
    const char *mode;     /* "imprint" / "operational" / "?" */
    const char *admins;   /* "1 of 8, thresholds 1/1" */
    const char *new_reg;  /* "Full committed ef8a9b7a" */
    const char *current;  /* "Valid ef8a9b7a" */
    const char *note;     /* "set aside", "in doubt", "no answer", or "" */
    bool trouble;         /* show first and marked */
};
struct clv_stage {
    const char *title;       /* of the script */
    const char *ceremony_id; /* "CLV-20261123-7F3A" */
    bool test_world;         /* TEST banner on every screen */
    unsigned step;           /* 1-based, 0 before the first */
    unsigned num_steps;
    const char *const *step_titles;
    const char *person; /* at the keyboard: "Lena", or "" */
    const char *role;   /* "key-part owner 2 of 3" */
    const struct clv_stage_unit *units;
    size_t num_units;
    bool secret_turn;      /* idle closes the curtain */
    unsigned idle_seconds; /* 0: no idle curtain */
};

/* ---- what a face asks -------------------------------------------------------------------- */

enum clv_ask_kind {
    CLV_ASK_CONTINUE, /* Enter */
    CLV_ASK_TEXT,     /* one line */
    CLV_ASK_SECRET,   /* never shown, not even its length; straight into guarded memory */
    CLV_ASK_CHOICE,   /* one of choices */
    CLV_ASK_PHRASE,   /* `phrase` must be typed exactly: destructive steps */
};

struct clv_choice {
    const char *key;   /* stable: what --answers and the journal use */
    const char *label; /* one line */
    const char *hint;  /* what it will do, or NULL */
};

/* One question. The same for both faces and for --answers. */
struct clv_question {
    enum clv_ask_kind kind;
    const char *id;           /* stable, dotted: "part.1.password" */
    const char *title;        /* of the screen: "Your key part" */
    const char *const *lines; /* facts and instructions above the prompt; "" is an empty line */
    size_t num_lines;
    const char *prompt;  /* "Description of this key part" */
    const char *help;    /* for `?` and F1; several lines allowed */
    const char *problem; /* what was wrong with the last answer, or NULL */
    const struct clv_choice *choices;
    size_t num_choices;
    const char *phrase;
    const char *initial; /* text already in the field, or NULL */
    size_t max_len;      /* bytes of a text or secret; 0: 200 */
    bool may_scan;       /* TEXT: from a scanner that types, too. What it sends behind the code is
                          * not for the next question */
    bool may_paste;      /* SECRET: from a clipboard, too: what is no secret of a person */
    bool may_deviate;    /* F4 (plain: "!deviation") is offered */
};

enum clv_reply_kind {
    CLV_REPLY_ANSWER,
    CLV_REPLY_DEVIATION, /* the person wants to record one; then the question is asked again */
    CLV_REPLY_IDLE,      /* nobody typed for idle_seconds in a secret turn: curtain, ask again */
};

#define CLV_REPLY_TEXT 768 /* with the final NUL: the code of a receipt goes in */

struct clv_reply {
    enum clv_reply_kind kind;
    char text[CLV_REPLY_TEXT]; /* TEXT and PHRASE: UTF-8; not validated beyond max_len */
    size_t choice;             /* CHOICE: index */
    struct clv_secret *secret; /* SECRET: the caller's to free */
};

/* A document to look at: receipts, the script. Not secret. A generated passphrase is shown with
 * secret set: never kept in any scrollback buffer of ours, erased from the screen afterwards. */
struct clv_sheet {
    const char *title;
    const char *text;                /* UTF-8, lines */
    const char *qr;                  /* rendered code as UTF-8 half-block lines, or NULL */
    const char *qr_ascii;            /* the payload as text, for plain mode and mono screens */
    const struct clv_secret *secret; /* shown instead of text when not NULL */
};

enum clv_tone { CLV_TONE_INFO, CLV_TONE_DONE, CLV_TONE_WARN, CLV_TONE_FAIL };

struct clv_progress {
    const char *title; /* "Opening key part 2 (Argon2id, 256 MiB)" */
    int elapsed_ms;
    int estimate_ms;          /* 0: not known */
    unsigned done, total;     /* units, or 0 */
    const char *const *lines; /* one line a unit, as results come */
    size_t num_lines;
};

struct clv_face {
    void *ctx;
    /* The stage changed. Never waits. */
    void (*stage)(void *ctx, const struct clv_stage *stage);
    /* Waits for one reply. Type-ahead from before the question is thrown away.
     * errors  CLV_E_INTERRUPTED: ^C, SIGTERM, SIGHUP or the terminal went away;
     *         CLV_E_TERMINAL: cannot go on showing things */
    clv_status (*ask)(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                      struct clv_error *err);
    /* Draws the question and an answer that came from elsewhere (--answers) without waiting. shown
     * is NULL for secrets. */
    clv_status (*present)(void *ctx, const struct clv_question *q, const char *shown,
                          struct clv_error *err);
    /* One line of what happened; a running record on the screen. */
    void (*tell)(void *ctx, enum clv_tone tone, const char *line);
    /* Shows a document; waits for Enter when wait is set. */
    clv_status (*show)(void *ctx, const struct clv_sheet *sheet, bool wait, struct clv_error *err);
    /* Between two people: nothing of the one before stays visible; waits (when wait is set) until
     * the next one says they are seated. previous may be "". */
    clv_status (*curtain)(void *ctx, const char *previous, const char *next, const char *next_role,
                          bool wait, struct clv_error *err);
    /* While something works; called about every 33 ms. Plain mode prints a line at the start, then
     * one every 30 s.
     * errors  CLV_E_INTERRUPTED */
    clv_status (*progress)(void *ctx, const struct clv_progress *p, struct clv_error *err);
    /* The work that progress() showed is over. */
    void (*progress_end)(void *ctx);
};

/* ---- answers from a file: TEST ceremonies only -------------------------------------------- */

struct clv_answers;
/* Lines "id: answer"; '#' starts a comment line. A line answers one question of that id, the first
 * left one first: an id may stand several times (first wrong, then right). An id that ends in '*'
 * answers every question whose id begins so and that has no line of its own, but never twice in a
 * row one that refused it. A choice is answered with its key. `!deviation` asks for a deviation,
 * `!interrupt` is ^C, `!idle` to a secret question is nobody typing until the curtain closes.
 * Values are kept in guarded memory until used. errors  CLV_E_FORMAT: with the line; CLV_E_MISSING,
 * CLV_E_IO */
clv_status clv_answers_read(const char *path, struct clv_answers **ret, struct clv_error *err);
void clv_answers_free(struct clv_answers **answers);
/* A face that takes its answers from the file and shows everything on inner (borrowed, as answers),
 * without waiting. A question without an answer is an error that names its id: never a guess. Plain
 * CONTINUE questions need none.
 * errors  of ask: CLV_E_USAGE: no answer left, or no such choice */
clv_status clv_answers_face(struct clv_answers *answers, const struct clv_face *inner,
                            struct clv_face *ret, struct clv_error *err);
/* How many lines were never used; the number of the first one in *ret_line when there are any. */
size_t clv_answers_unused(const struct clv_answers *answers, unsigned *ret_line);

#endif
