/* Plays a ceremony against the engine: people and units that do what they should, until told. */
#ifndef TEST_CEREMONY_PLAY_H
#define TEST_CEREMONY_PLAY_H

#include "claviger/ceremony.h"

#define PLAY_UNITS 3

struct play {
    struct clv_script *script;
    struct clv_ceremony *c;
    struct clv_observed units[PLAY_UNITS + 1]; /* what the units are, by number */
    bool dead[PLAY_UNITS + 1];                 /* answers nothing */
    bool lies[PLAY_UNITS + 1];                 /* shows another pattern */
    struct clv_event log[600];                 /* accepted events */
    size_t num_log;
    struct clv_effects effects; /* of the last step */
    struct clv_error err;       /* of the last refusal */
};

extern const uint8_t play_pattern[32];

/* script: file name in tests/scripts or ceremony-scripts. */
void play_begin(struct play *p, const char *script);
void play_end(struct play *p);
clv_status play_step(struct play *p, struct clv_event event);
/* Does the task the engine asks for, as it should be done. False when there is none left, or the
 * task is a decision. */
bool play_task(struct play *p);
void play_until(struct play *p, enum clv_state state, enum clv_phase phase);
struct clv_event play_decision(enum clv_decision decision, unsigned unit);

#endif
