/* Who is connected, and who is asked to leave when it gets crowded: first those who have not yet
 * had an answer, then those whose last answer is longest ago. Clients that open connections and
 * send nothing, or send slowly, do not keep others out. */
#ifndef CLAVIGER_SRC_UNITD_CROWD_H
#define CLAVIGER_SRC_UNITD_CROWD_H

#include <stdbool.h>
#include <stddef.h>

/* One connection. */
struct guest {
    int fd;
    bool served;  /* has had an answer */
    bool waiting; /* its request was taken, and the answer is held back (a fault) */
    bool leaving; /* was asked to leave */
    struct guest *prev, *next;
};

/* Most connections at a time, where the process may have as many files. */
#define CROWD_MAX 960
/* How many connections this process can have, CROWD_MAX at most: allows itself what it may, and
 * leaves room for the files of the state. 0: hardly any. */
unsigned crowd_room(void);

/* In the order of their last answers, or of their coming; zeroed is an empty one. */
struct crowd {
    struct guest *first, *last;
    size_t num;
};

/* A new connection; NULL without memory. It is the crowd's until crowd_leave(). */
struct guest *crowd_enter(struct crowd *crowd, int fd);
void crowd_leave(struct crowd *crowd, struct guest *guest);
/* It has had an answer now. */
void crowd_served(struct crowd *crowd, struct guest *guest);
/* Shuts one connection down, whose owner then finds it closed by the other side. Whoever waits for
 * an answer stays. */
void crowd_thin(struct crowd *crowd);

#endif
