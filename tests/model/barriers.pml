/* Dispatch, barriers and resumption as a model for Spin (docs/testing.md, "The model").
 *
 * A conductor takes NUM units through load, commit and set immediate. What it knows for good is the
 * journal: which phase it is in. Everything else is gone when it crashes, which it may do once, before
 * any of its steps. Commands carry a counter; a unit takes a command only when the counter is greater
 * than its own, and only in the register state that the command is for. A command may be delivered
 * late, behind the crash and behind the query that follows it. One command may be lost. Answers are
 * not modelled: they end the waiting, as a deadline does, and the barrier believes queries only.
 *
 * Checked: no command takes effect twice on a unit; set immediate takes effect only when every unit is
 * committed or live; when the conductor is done, all units are live; nothing deadlocks before that.
 * BROKEN_COUNTER and BROKEN_BARRIER take one rule away each: the check must then fail. */

#define NUM 3

/* Register states of a unit, in order; a phase takes a unit from one to the next. */
#define EMPTY 0
#define LOADED 1
#define READY 2
#define LIVE 3

byte state[NUM];   /* EMPTY .. LIVE: what load, commit, set immediate lead to */
byte counter[NUM]; /* of the last command taken */
byte applied[NUM * 3]; /* how often a phase took effect on a unit */

byte journal_phase = 0; /* 0 load, 1 commit, 2 set immediate, 3 all done: durable */
bool crashed = false;
bool lost_command = false;

/* At most two commands to a unit are under way: one from before the crash, one from after. */
chan wire[NUM] = [2] of { byte /* phase */, byte /* counter */ };

inline check_live(n) {
    d_step {
        byte i = 0;
        do
        :: i < NUM -> assert(state[i] >= READY); i++
        :: else -> break
        od;
        i = 0
    }
}

proctype unit(byte me)
{
    byte phase, count;
end:
    do
    :: wire[me] ? phase, count ->
        atomic {
            if
            :: !lost_command -> lost_command = true /* never arrived */
            :: true ->
                if
#ifdef BROKEN_COUNTER
                :: state[me] >= phase ->
#else
                :: count > counter[me] && state[me] == phase ->
#endif
                    counter[me] = count;
                    if
                    :: phase == 2 -> check_live(me)
                    :: else
                    fi;
                    if
                    :: state[me] == phase -> state[me] = phase + 1
                    :: else -> skip
                    fi;
                    applied[me * 3 + phase]++;
                    assert(applied[me * 3 + phase] == 1)
                :: else -> skip /* refused: counter passed, or not in that state */
                fi;
            fi
        }
    od
}

/* A crash forgets where the conductor was within its phase; the journal knows the phase. */
#define MAY_CRASH if :: !crashed -> crashed = true; goto resume :: true fi

active proctype conductor()
{
    byte u, passed;
    atomic {
        u = 0;
        do
        :: u < NUM -> run unit(u); u++
        :: else -> break
        od
    }
resume:
    do
    :: journal_phase == 3 -> break
    :: else ->
        /* The query: what every unit shows decides who is due. The intent is in the journal before
         * the command leaves; what it adds is evidence, so the model need not keep it. */
        u = 0;
        do
        :: u < NUM ->
            MAY_CRASH;
            atomic {
                if
                :: state[u] == journal_phase ->
                    if
                    :: nfull(wire[u]) -> wire[u] ! journal_phase, counter[u] + 1
                    :: full(wire[u]) -> skip /* its answers are still being waited for */
                    fi
                :: state[u] != journal_phase -> skip /* not due */
                fi
            }
            u++
        :: else -> break
        od;
        MAY_CRASH;
        /* The barrier: query again. Answers only say that waiting may end; timeouts do as well. */
        atomic {
            u = 0;
            passed = 0;
            do
            :: u < NUM ->
                if
                :: state[u] > journal_phase -> passed++
                :: else
                fi;
                u++
            :: else -> break
            od;
            if
#ifdef BROKEN_BARRIER
            :: passed > 0 -> journal_phase++
#else
            :: passed == NUM -> journal_phase++
#endif
            :: else
            fi
        }
    od;
    assert(state[0] == LIVE && state[1] == LIVE && state[2] == LIVE)
}
