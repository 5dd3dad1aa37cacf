#ifndef CLV_TUI_INTERNAL_H
#define CLV_TUI_INTERNAL_H

#include "claviger/tui.h"
#include "display.h"
#include "grid.h"
#include "page.h"

#define CLV_TUI_RECORD 400 /* lines of the running record that are kept */
#define CLV_TUI_TEXT CLV_REPLY_TEXT
#define CLV_TUI_HINTS 10

/* ---- what the screens draw from (snapshot.c) ---- */

/* A stage of our own: the conductor's is only borrowed for the length of a call. */
struct clv_tui_stage {
    struct clv_stage s; /* points into memory */
    void *memory;
};
bool clv_tui_stage_set(struct clv_tui_stage *stage, const struct clv_stage *from);
void clv_tui_stage_clear(struct clv_tui_stage *stage);

struct clv_tui_record {
    struct {
        enum clv_tone tone;
        char *line;
    } rows[CLV_TUI_RECORD];
    size_t first, num;
};
void clv_tui_record_add(struct clv_tui_record *record, enum clv_tone tone, const char *line);
/* i 0 is the oldest one kept. */
const char *clv_tui_record_line(const struct clv_tui_record *record, size_t i,
                                enum clv_tone *ret_tone);
void clv_tui_record_clear(struct clv_tui_record *record);
const char *clv_tui_mark(enum clv_tone tone); /* "[ok]" */
enum clv_tui_style clv_tui_mark_style(enum clv_tone tone);

/* ---- one line of text being typed (field.c) ---- */

struct clv_tui_field {
    char text[CLV_TUI_TEXT];
    size_t max_len, at; /* at: byte offset of the cursor */
    bool full;          /* the last key did not fit */
};
void clv_tui_field_set(struct clv_tui_field *field, const char *text, size_t max_len);
bool clv_tui_field_key(struct clv_tui_field *field, const struct clv_tui_key *key);
void clv_tui_field_draw(const struct clv_tui_field *field, struct clv_tui_grid *g, int row, int col,
                        int cols);

/* ---- screens ---- */

struct clv_tui;

struct clv_tui_hint {
    const char *key, *what;
};

/* One screen. draw fills body from the snapshots in t and returns how many rows it used; the rest
 * shows the running record. key returns true when the screen is done. */
struct clv_tui_screen {
    int (*draw)(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body);
    bool (*key)(struct clv_tui *t, const struct clv_tui_key *key);
    /* Keys valid now, at most CLV_TUI_HINTS; returns how many. */
    size_t (*hints)(struct clv_tui *t, struct clv_tui_hint *ret);
    bool whole; /* the body is the window: no header, rail, record or footer */
};

extern const struct clv_tui_screen clv_tui_between_screen; /* nothing is asked: the record */
extern const struct clv_tui_screen clv_tui_ask_screen;
extern const struct clv_tui_screen clv_tui_help_screen, clv_tui_units_screen,
    clv_tui_record_screen; /* lie over another screen until Enter or Esc */
extern const struct clv_tui_screen clv_tui_text_sheet_screen, clv_tui_code_sheet_screen;
extern const struct clv_tui_screen clv_tui_curtain_screen;
extern const struct clv_tui_screen clv_tui_progress_screen;

struct clv_tui_ask {
    const struct clv_question *q;
    struct clv_tui_field field;
    size_t selected;   /* num_choices: none yet */
    size_t number;     /* digits typed so far */
    bool typed;        /* something of a secret was */
    const char *shown; /* present(): the answer that came from elsewhere */
    char note[160];
    struct clv_reply reply;
};

struct clv_tui_draft { /* text that a deviation interrupted */
    char id[128];
    char text[CLV_TUI_TEXT];
};

struct clv_tui {
    struct clv_terminal *terminal;
    struct clv_display *display;
    const struct clv_clock *clock;
    struct clv_tui_grid grid;
    struct clv_tui_stage stage;
    struct clv_tui_record record;

    const struct clv_tui_screen *base, *over; /* over: NULL or what lies on it */
    int base_top, over_top;                   /* scrolled by so many rows */
    bool scrolled;                            /* by hand: the focus may be out of sight */
    bool too_small, pasting;
    bool repaint;  /* the next drawing is from scratch */
    bool revealed; /* there is a secret on the screen */
    bool working;  /* between progress() and progress_end() */
    int64_t last_key_ms;

    /* Of the call that is going on; NULL or zero outside of it. */
    struct clv_tui_ask ask;
    struct clv_typing typing;
    const struct clv_sheet *sheet;
    const struct clv_progress *progress;
    const char *curtain_previous, *curtain_next, *curtain_role;
    struct clv_tui_draft draft;
};

/* frame.c: draws screen and frame, and shows them. */
void clv_tui_draw(struct clv_tui *t);
/* keys.c: the one function that supplies keys. timeout_ms as for poll(); without a key in that time
 * the code is CLV_KEY_NONE.
 * errors  CLV_E_INTERRUPTED */
clv_status clv_tui_next_key(struct clv_tui *t, int timeout_ms, struct clv_tui_key *ret,
                            struct clv_error *err);
/* loop.c: draws screen and gives it keys until it is done. *ret_idle: the person went away. */
clv_status clv_tui_run(struct clv_tui *t, const struct clv_tui_screen *screen, bool *ret_idle,
                       struct clv_error *err);
/* Makes screen the current one, draws it and looks for signals without waiting. */
clv_status clv_tui_glance(struct clv_tui *t, const struct clv_tui_screen *screen,
                          struct clv_error *err);
void clv_tui_flush(struct clv_tui *t);
void clv_tui_help(struct clv_tui *t); /* lays the help over the screen */
/* What the call borrowed is gone: the screen stays as it is, the next drawing is of the record. */
void clv_tui_nothing_asked(struct clv_tui *t);
/* Scrolls by PgUp, PgDn, arrows; false when key is another one. */
bool clv_tui_scroll(int *top, const struct clv_tui_key *key, int page);

/* screen_code.c: the sheet's code, or what size of window it needs. */
void clv_tui_code_draw(struct clv_tui *t, struct clv_tui_grid *g, struct clv_tui_area body);

/* The parts of the face. */
clv_status clv_tui_face_ask(void *ctx, const struct clv_question *q, struct clv_reply *ret,
                            struct clv_error *err);
clv_status clv_tui_face_present(void *ctx, const struct clv_question *q, const char *shown,
                                struct clv_error *err);
clv_status clv_tui_face_show(void *ctx, const struct clv_sheet *sheet, bool wait,
                             struct clv_error *err);
clv_status clv_tui_face_curtain(void *ctx, const char *previous, const char *next,
                                const char *next_role, bool wait, struct clv_error *err);
clv_status clv_tui_face_progress(void *ctx, const struct clv_progress *p, struct clv_error *err);
void clv_tui_face_progress_end(void *ctx);

#endif
