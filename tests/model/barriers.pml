/* Dispatch, barriers and resumption as a model for Spin (docs/testing.md, "The model").
 *
 * A conductor takes NUM units through load, commit and set immediate. What it knows for good is the
 * journal: which phase it is in. Everything else is gone when it crashes, which it may do once, before
 * any of its steps. It queries all units; by what they show it passes the barrier or stays, and the
 * units that are not behind the next barrier are due. Each of them is asked for its counter once more,
 * and gets its command only if the counter is the one of the query: a command of before the crash may
 * have arrived meanwhile. One command may be lost. Answers are not modelled: they end the waiting, as a
 * deadline does, and the barrier believes queries only.
 *
 * Units are as real ones are. A command's counter must be greater than the last one. A load replaces
 * what the new register holds; a commit wants it full; set immediate wants it committed.
 *
 * Checked: no command takes effect twice on a unit; set immediate takes effect only when every unit is
 * committed or live; when the conductor is done, all units are live; nothing deadlocks before that.
 * BROKEN_COUNTER, BROKEN_BARRIER and BROKEN_LOOK take one rule away each: the check must then fail.
 *
 * Lines that are printed begin with "@": tests/model/test_traces.c replays them on the code. A
 * simulation chooses too evenly to be interesting. So CRASH_AT and LOSE_AT, numbers from 0, say at which
 * opportunity the crash and the loss are to happen, and no command arrives at the unit LATE before the
 * opportunity LATE_UNTIL. */

#define NUM 3

/* Register states of a unit, in order; a phase takes a unit from one to the next. */
#define EMPTY 0
#define LOADED 1
#define READY 2
#define LIVE 3

byte state[NUM];   /* EMPTY .. LIVE: what load, commit, set immediate lead to */
byte counter[NUM]; /* of the last command taken */
bool applied[NUM * 3]; /* a phase took effect on a unit */

byte journal_phase = 0; /* 0 load, 1 commit, 2 set immediate, 3 all done: durable */
bool crashed = false;
bool lost_command = false;

/* Of the conductor: lost with it. */
bool due[NUM];
byte seen[NUM]; /* counter at the last query */
byte announced; /* counter of the command whose intent is in the journal; 0: none */

/* At most two commands to a unit are under way: one from before the crash, one from after. */
chan wire[NUM] = [2] of { byte /* phase */, byte /* counter */ };

#ifdef CRASH_AT
byte crash_chances = 0;
#define MAY_CRASH                                                                                  \
    if                                                                                             \
    :: crash_chances == CRASH_AT && !crashed -> crash_chances++; goto crash                        \
    :: else -> crash_chances++                                                                     \
    fi
#else
#define MAY_CRASH if :: !crashed -> goto crash :: true fi
#endif

#ifdef LATE
#define ARRIVES (me != LATE || crash_chances >= LATE_UNTIL)
#else
#define ARRIVES true
#endif

#ifdef LOSE_AT
byte lose_chances = 0;
#define IS_LOST (lose_chances == LOSE_AT)
#define COUNT_LOSE lose_chances++
#else
#define IS_LOST !lost_command
#define COUNT_LOSE skip
#endif

#ifdef BROKEN_COUNTER
#define COUNTER_IS_NEW true
#else
#define COUNTER_IS_NEW (count > counter[me])
#endif
#define REGISTER_FITS (phase == 0 || (phase == 1 && state[me] >= LOADED && state[me] <= READY) || \
                       (phase == 2 && state[me] == READY))

#ifdef BROKEN_BARRIER
#define BARRIER_PASSED (passed > 0)
#else
#define BARRIER_PASSED (passed == NUM)
#endif

#ifdef BROKEN_LOOK
#define NOTHING_CAME true
#else
#define NOTHING_CAME (counter[u] == seen[u])
#endif

inline check_live(n) {
    d_step {
        n = 0;
        do
        :: n < NUM -> assert(state[n] >= READY); n++
        :: else -> break
        od;
        n = 0
    }
}

proctype unit(byte me)
{
    byte phase, count, n;
end:
    do
    :: atomic {
        ARRIVES && nempty(wire[me]) -> wire[me] ? phase, count;
        if
        :: IS_LOST ->
            lost_command = true; /* never arrived */
            printf("@ lost %d %d %d\n", me, phase, count)
#ifdef LOSE_AT
        :: else ->
#else
        :: true ->
#endif
            if
            :: COUNTER_IS_NEW && REGISTER_FITS ->
                printf("@ take %d %d %d\n", me, phase, count);
                counter[me] = count;
                assert(!applied[me * 3 + phase]);
                applied[me * 3 + phase] = true;
                if
                :: phase == 2 -> check_live(n)
                :: else
                fi;
                state[me] = phase + 1
            :: else ->
                printf("@ refuse %d %d %d\n", me, phase, count)
            fi
        fi;
        COUNT_LOSE;
        phase = 0;
        count = 0
       }
    od
}

active proctype conductor()
{
    byte u, passed;
    atomic {
        u = 0;
        do
        :: u < NUM -> run unit(u); u++
        :: else -> break
        od;
        u = 0
    }
    do
    :: journal_phase == 3 -> break
    :: else ->
        MAY_CRASH;
        /* The barrier, and who is due behind it. */
        atomic {
            passed = 0;
            do
            :: u < NUM -> seen[u] = counter[u]; passed = passed + (state[u] > journal_phase); u++
            :: else -> break
            od;
            if
            :: BARRIER_PASSED -> journal_phase++
            :: else
            fi;
            u = 0;
            do
            :: u < NUM -> due[u] = (state[u] <= journal_phase); u++
            :: else -> break
            od;
            u = 0;
            passed = 0;
            printf("@ query %d %d%d%d\n", journal_phase, due[0], due[1], due[2])
        }
        do
        :: u < NUM && journal_phase < 3 ->
            if
            :: due[u] ->
                MAY_CRASH;
                /* Its counter, once more; then the intent. */
                atomic {
                    if
                    :: NOTHING_CAME && nfull(wire[u]) ->
                        announced = counter[u] + 1;
                        printf("@ intent %d %d %d\n", u, journal_phase, announced)
                    :: NOTHING_CAME && full(wire[u]) -> skip /* it is still being waited for */
                    :: !NOTHING_CAME -> printf("@ moved %d\n", u)
                    fi
                }
                if
                :: announced > 0 ->
                    MAY_CRASH;
                    atomic {
                        wire[u] ! journal_phase, announced;
                        printf("@ send %d %d %d\n", u, journal_phase, announced);
                        announced = 0
                    }
                :: else
                fi
            :: else
            fi;
            u++
        :: else -> break
        od;
        u = 0;
        goto next;
crash:
        atomic {
            printf("@ crash\n");
            crashed = true;
            announced = 0;
            u = 0;
            do
            :: u < NUM -> due[u] = false; seen[u] = 0; u++
            :: else -> break
            od;
            u = 0
        }
next:
        skip
    od;
    assert(state[0] == LIVE && state[1] == LIVE && state[2] == LIVE);
    printf("@ done\n")
}
