/* Plays a ceremony against the engine: people and units that do what they should, until told. */
#ifndef TEST_CEREMONY_PLAY_H
#define TEST_CEREMONY_PLAY_H

#include <setjmp.h>

#include "claviger/ceremony.h"

#define PLAY_UNITS 3

struct play {
    struct clv_script *script;
    struct clv_ceremony *c;
    struct clv_observed units[PLAY_UNITS + 1]; /* what the units are, by number */
    bool dead[PLAY_UNITS + 1];                 /* answers nothing */
    bool lies[PLAY_UNITS + 1];                 /* shows another pattern */
    bool restarted[PLAY_UNITS + 1];            /* since it was asked: its importer key is gone */
    bool early; /* a unit has obeyed as soon as the intent is on record, else with its answer */
    unsigned num_orders[PLAY_UNITS + 1][CLV_NUM_PHASES]; /* obeyed; an administrator counts each */
    struct clv_event log[600];                           /* accepted events */
    size_t num_log;
    size_t power_cut; /* nothing happens behind so many events: longjmp() to cut; 0: never */
    jmp_buf cut;
    struct clv_effects effects; /* of the last step */
    struct clv_error err;       /* of the last refusal */
};

extern const uint8_t play_pattern[32];

/* script: file name in tests/scripts or ceremony-scripts. */
void play_begin(struct play *p, const char *script);
void play_end(struct play *p);
/* Another process: a new engine steps through the log. The units are as they are. */
void play_replay(struct play *p);
/* And goes on. */
void play_resume(struct play *p);
clv_status play_step(struct play *p, struct clv_event event);
/* Does the task the engine asks for, as it should be done. False when there is none left, or the
 * task is a decision. */
bool play_task(struct play *p);
/* The unit loses its importer key and its new register. */
void play_restart(struct play *p, unsigned unit);
void play_until(struct play *p, enum clv_state state, enum clv_phase phase);
struct clv_event play_decision(enum clv_decision decision, unsigned unit);

#endif
